"""Sequences of bricks: each takes what the one before it returns."""

from __future__ import annotations

from collections.abc import Sequence as Listed
from typing import Any

from blocks.bricks.base import BoundApplication, Brick, application, lazy, path_of
from blocks.bricks.interfaces import Feedforward, Initializable
from blocks.bricks.members import copy_of
from blocks.bricks.simple import Linear
from blocks.errors import BrickError
from blocks.utils import pack

__all__ = ["MLP", "FeedforwardSequence", "Sequence"]


class Sequence(Brick):
    """Applies several applications one after the other.

    Parameters
    ----------
    application_methods
        The applications, such as ``linear.apply``; a brick stands for its ``apply``.
        Their bricks become children, each once.
    **kwargs
        Those of `Brick`.

    Raises
    ------
    BrickError
        If there is none, or one is not an application.

    Examples
    --------
    >>> from blocks.bricks import Rectifier, Tanh
    >>> Sequence([Rectifier().apply, Tanh().apply]).apply([-1.0, 1.0]).eval().round(4)
    array([0.    , 0.7616])
    """

    def __init__(
        self, application_methods: Listed[BoundApplication | Brick], **kwargs: Any
    ) -> None:
        methods = []
        for given in application_methods:
            method = given.apply if hasattr(given, "apply") else given
            if not isinstance(method, BoundApplication):
                raise BrickError(
                    f"{type(self).__name__}: expected applications of bricks, got {given!r}. "
                    "Pass brick.apply."
                )
            methods.append(method)
        if not methods:
            raise BrickError(f"{type(self).__name__}: expected at least one application, got none.")
        self.application_methods = methods
        bricks = dict.fromkeys(method.brick for method in methods)
        kwargs["children"] = [*kwargs.get("children", ()), *bricks]
        super().__init__(**kwargs)

    @application
    def apply(self, *args: Any) -> Any:
        """Return what the last application returns for the inputs of the first."""
        values: Any = args
        for method in self.application_methods:
            values = method(*pack(values))
        return values

    @apply.property("inputs")
    def apply_inputs(self) -> list[str]:
        """Return the names of the inputs of the first application."""
        return self.application_methods[0].inputs

    @apply.property("outputs")
    def apply_outputs(self) -> list[str]:
        """Return the names of the outputs of the last application."""
        return self.application_methods[-1].outputs


class FeedforwardSequence(Sequence, Feedforward):
    """A sequence of feedforward bricks: one input, one output.

    Its dimensions are those of its first and last brick.

    Examples
    --------
    >>> from blocks.bricks import Linear
    >>> first, last = Linear(name="first", output_dim=3), Linear(name="last", output_dim=2)
    >>> sequence = FeedforwardSequence([first.apply, last.apply])
    >>> sequence.input_dim = 4
    >>> first.input_dim, sequence.output_dim
    (4, 2)
    """

    @property
    def input_dim(self) -> int:
        """The size of the last axis of the input of the first brick."""
        dim: int = self.children[0].input_dim
        return dim

    @input_dim.setter
    def input_dim(self, value: int) -> None:
        self.children[0].input_dim = value

    @property
    def output_dim(self) -> int:
        """The size of the last axis of the output of the last brick."""
        dim: int = self.children[-1].output_dim
        return dim

    @output_dim.setter
    def output_dim(self, value: int) -> None:
        self.children[-1].output_dim = value


class MLP(FeedforwardSequence, Initializable):
    """A multilayer perceptron: affine maps, each followed by an activation.

    Parameters
    ----------
    activations
        The activations, one for each layer; ``None`` for no activation.
    dims
        The dimensions of the input and of each layer: one more than activations.
    prototype
        The brick that is copied for each affine map, by default ``Linear()``. The copies
        are named ``linear_0``, ``linear_1``, ...
    **kwargs
        Those of `Initializable`.

    Examples
    --------
    >>> from blocks import tensor
    >>> from blocks.bricks import Softmax, Tanh
    >>> mlp = MLP([Tanh(), Softmax()], [784, 100, 10])
    >>> mlp.apply(tensor.matrix("features"))
    mlp_apply_output
    >>> [child.name for child in mlp.children]
    ['linear_0', 'tanh', 'linear_1', 'softmax']
    """

    @lazy(allocation=["dims"])
    def __init__(
        self,
        activations: Listed[Any],
        dims: Listed[int | None],
        prototype: Brick | None = None,
        **kwargs: Any,
    ) -> None:
        self.activations = list(activations)
        self.prototype = Linear() if prototype is None else prototype
        self.linear_transformations = [
            copy_of(self.prototype, f"linear_{i}", type(self).__name__)
            for i in range(len(self.activations))
        ]
        methods = []
        for i, layer in enumerate(self.linear_transformations):
            methods.append(layer.apply)
            if self.activations[i] is not None:
                methods.append(self.activations[i])
        self.dims: list[Any] = list(dims) if dims else [None] * (len(self.activations) + 1)
        super().__init__(application_methods=methods, **kwargs)
        self._check_dims(complete=False)

    def _check_dims(self, complete: bool) -> None:
        layers = len(self.linear_transformations)
        if len(self.dims) != layers + 1 or (complete and None in self.dims):
            raise BrickError(
                f"{path_of(self)}: expected {layers + 1} dims, of the input and of each of "
                f"the {layers} layers, got {list(self.dims)}. Set dims before the brick is "
                "allocated."
            )

    @property
    def input_dim(self) -> Any:
        """The size of the last axis of the input."""
        return self.dims[0]

    @input_dim.setter
    def input_dim(self, value: int) -> None:
        self.dims[0] = value

    @property
    def output_dim(self) -> Any:
        """The size of the last axis of the output."""
        return self.dims[-1]

    @output_dim.setter
    def output_dim(self, value: int) -> None:
        self.dims[-1] = value

    def _push_allocation_config(self) -> None:
        self._check_dims(complete=True)
        for i, layer in enumerate(self.linear_transformations):
            layer.input_dim = self.dims[i]
            layer.output_dim = self.dims[i + 1]
            if getattr(self, "use_bias", None) is not None:
                layer.use_bias = self.use_bias
