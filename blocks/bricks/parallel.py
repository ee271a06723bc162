"""Copies of one brick side by side: for several inputs, several outputs, or both.

All four bricks copy a ``prototype`` once for each name. With f_i for the copies:

============ ======================== ===================================================
Parallel     y_i = f_i(x_i)           several inputs, one output for each
Merge        y = f_1(x_1) + f_2(x_2)  several inputs, one output
Fork         y_i = f_i(x)             one input, several outputs
Distribute   y_i = x_i + f_i(s)       one source, added to several inputs
============ ======================== ===================================================

Inputs are given by position, in the order of their names, or by name. Outputs come as a
list, or with ``as_dict=True`` by name.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Sequence as Listed
from typing import Any

from blocks.bricks.base import (
    BRICK_DELIMITER,
    Brick,
    LazyNone,
    application,
    lazy,
    path_of,
)
from blocks.bricks.interfaces import Initializable
from blocks.bricks.members import copy_of
from blocks.bricks.simple import Linear
from blocks.errors import BrickError, nearest
from blocks.graph.variable import Variable

__all__ = ["Distribute", "Fork", "Merge", "Parallel"]


class Parallel(Initializable):
    """Applies copies of one brick, each to an input of its own: y_i = f_i(x_i).

    Shapes: (..., input_dims[i]) -> (..., output_dims[i]) for each i.

    Parameters
    ----------
    input_names
        The names of the inputs; the outputs have the same.
    input_dims, output_dims
        The sizes of the last axes of each input and output, in the order of the names or as
        a dict by name.
    prototype
        The brick that is copied for each input. It must have ``input_dim`` and
        ``output_dim``.
    child_prefix
        The copies are named ``<child_prefix>_<name of the input>``; by default
        ``transform_...``.
    **kwargs
        Those of `Initializable`. ``use_bias``, if given, is pushed to the copies.

    Raises
    ------
    BrickError
        If names are missing, malformed or not unique, or there are not as many dimensions.
    TypeError
        When it is applied to other inputs than those named.

    Examples
    --------
    >>> from blocks.bricks import Linear
    >>> from blocks.initialization import Constant
    >>> parallel = Parallel(["x", "y"], [2, 3], [1, 1], prototype=Linear(use_bias=False),
    ...                     weights_init=Constant(1))
    >>> parallel.initialize()
    >>> x, y = parallel.apply(x=[1.0, 2.0], y=[1.0, 1.0, 1.0])
    >>> x.eval(), y.eval(), parallel.children[0]
    (array([3.]), array([3.]), <Linear /parallel/transform_x: 2 -> 1>)
    """

    _input_names: list[str]

    @lazy(allocation=["input_names", "input_dims", "output_dims"])
    def __init__(
        self,
        input_names: Listed[str],
        input_dims: Listed[int],
        output_dims: Listed[int],
        prototype: Brick,
        child_prefix: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.prototype = prototype
        self.child_prefix = child_prefix or "transform"
        self.input_names = input_names
        self.input_dims: Any = input_dims
        self.output_dims: Any = output_dims

    @property
    def input_names(self) -> list[str]:
        """The names of the inputs. Setting them makes a copy of the prototype for each."""
        return self._input_names

    @input_names.setter
    def input_names(self, value: Listed[str]) -> None:
        names: Any = value if isinstance(value, LazyNone) else self._checked_names(value)
        self._input_names = names
        self.children = [
            copy_of(self.prototype, f"{self.child_prefix}_{name}", path_of(self))
            for name in names or ()
        ]

    def _checked_names(self, value: Any) -> Any:
        is_list = isinstance(value, Iterable) and not isinstance(value, str)
        names = list(value) if is_list else []
        wrong = [x for x in names if not isinstance(x, str) or not x or BRICK_DELIMITER in x]
        if not is_list or wrong or len(set(names)) < len(names):
            raise BrickError(
                f"{path_of(self)}: expected a list of different names without "
                f"{BRICK_DELIMITER!r}, got {value!r}. Each names an input or output, and a child."
            )
        return names

    def _push_allocation_config(self) -> None:
        input_dims, output_dims = self._dims("input_dims"), self._dims("output_dims")
        for name, child in self._named_children():
            child.input_dim = input_dims[name]
            child.output_dim = output_dims[name]
            if getattr(self, "use_bias", None) is not None:
                child.use_bias = self.use_bias

    def _dims(self, attribute: str) -> dict[str, int]:
        """Return by name what an attribute must hold: one dimension for each name."""
        value, names = getattr(self, attribute), self.input_names or []
        if isinstance(value, Mapping) and set(value) == set(names):
            return {name: value[name] for name in names}
        is_list = isinstance(value, Iterable) and not isinstance(value, Mapping)
        dims = list(value) if is_list else []
        if not is_list or len(dims) != len(names):
            raise BrickError(
                f"{path_of(self)}: expected {attribute} with one dimension for each of the "
                f"{len(names)} names {', '.join(names)}, got {value}. "
                f"Set {attribute} before the brick is allocated."
            )
        return dict(zip(names, dims, strict=True))

    @application
    def apply(self, *args: Variable, **kwargs: Variable) -> list[Variable]:
        """Return what each copy computes of its input."""
        return self._transformed(args, kwargs)

    @apply.property("inputs")
    def apply_inputs(self) -> list[str]:
        """Return the names of the inputs."""
        return self.input_names

    @apply.property("outputs")
    def apply_outputs(self) -> list[str]:
        """Return the names of the outputs, which are those of the inputs."""
        return self.input_names

    def _transformed(self, args: Any, kwargs: Any) -> list[Variable]:
        inputs = self._by_name(self.input_names, args, kwargs)
        return [child.apply(inputs[k]) for k, child in self._named_children()]

    def _named_children(self) -> Iterator[tuple[str, Any]]:
        return zip(self.input_names, self.children, strict=True)

    def _by_name(self, names: list[str], args: Any, kwargs: Any) -> dict[str, Variable]:
        """Return the inputs of ``apply`` by name; raise unless each is there once."""
        given = [*names[: len(args)], *kwargs]
        if len(args) > len(names) or sorted(given) != sorted(names):
            got = [f"{len(args)} by position"] if args or not kwargs else []
            got += [f"{name}=" for name in kwargs]
            hints = [nearest(name, names) for name in kwargs if name not in names]
            raise TypeError(
                f"{path_of(self)}.apply: expected each of the inputs {', '.join(names)} once, "
                f"got {' and '.join(got)}.{''.join(hints)}"
            )
        return {**dict(zip(names, args, strict=False)), **kwargs}

    def get_dim(self, name: str) -> int:
        """Return the dimension of an input or output.

        Of a `Parallel`, whose inputs and outputs have the same names, only where both have
        the same dimension.
        """
        dims = self._named_dims()
        return dims[name] if name in dims else super().get_dim(name)

    def _named_dims(self) -> dict[str, int]:
        output_dims = self._dims("output_dims")
        pairs = self._dims("input_dims").items()
        return {name: dim for name, dim in pairs if output_dims[name] == dim}


class Fork(Parallel):
    """Applies copies of one brick to one input, for several outputs: y_i = f_i(x).

    Shapes: (..., input_dim) -> (..., output_dims[i]) for each i.

    Parameters
    ----------
    output_names
        The names of the outputs.
    input_dim
        The size of the last axis of the input.
    prototype
        The brick that is copied for each output, by default ``Linear()``. The copies are
        named ``fork_<name of the output>``.
    **kwargs
        Those of `Parallel`: ``output_dims``, ``child_prefix``; and of `Initializable`.

    Examples
    --------
    >>> from blocks.initialization import Constant
    >>> fork = Fork(["mean", "deviation"], input_dim=2, output_dims=[1, 3],
    ...             weights_init=Constant(1), biases_init=Constant(0))
    >>> fork.initialize()
    >>> {k: y.eval() for k, y in fork.apply([1.0, 2.0], as_dict=True).items()}
    {'mean': array([3.]), 'deviation': array([3., 3., 3.])}
    """

    @lazy(allocation=["input_dim"])
    def __init__(
        self,
        output_names: Listed[str],
        input_dim: int,
        prototype: Brick | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("child_prefix", "fork")
        super().__init__(output_names, prototype=prototype or Linear(), **kwargs)
        self.input_dim = input_dim
        self.input_dims = None  # they follow from input_dim

    output_names = Parallel.input_names
    """The names of the outputs."""

    def _push_allocation_config(self) -> None:
        self.input_dims = [self.input_dim] * len(self.children)
        super()._push_allocation_config()

    @application(inputs=["input_"])
    def apply(self, input_: Variable) -> list[Variable]:
        """Return what each copy computes of ``input_``."""
        return [child.apply(input_) for child in self.children]

    @apply.property("outputs")
    def apply_outputs(self) -> list[str]:
        """Return the names of the outputs."""
        return self.input_names

    def _named_dims(self) -> dict[str, int]:
        return {"input_": self.input_dim, **self._dims("output_dims")}


class Distribute(Fork):
    """Adds a transformed source to several inputs: y_i = x_i + f_i(s).

    Shapes: s (..., source_dim) and x_i (..., target_dims[i]) -> y_i of the shape of x_i.

    Parameters
    ----------
    target_names
        The names of the inputs x_i, and of the outputs.
    source_name
        The name of the source s.
    target_dims
        The sizes of the last axes of the targets.
    source_dim
        The size of the last axis of the source.
    prototype
        The brick that is copied for each target, by default ``Linear(use_bias=False)``.
    **kwargs
        Those of `Initializable`, and ``child_prefix``.

    Examples
    --------
    >>> from blocks.initialization import Constant
    >>> distribute = Distribute(["x"], "s", [2], 1, weights_init=Constant(10))
    >>> distribute.initialize()
    >>> distribute.apply(x=[1.0, 2.0], s=[3.0]).eval()
    array([31., 32.])
    """

    @lazy(allocation=["source_name", "target_dims", "source_dim"])
    def __init__(
        self,
        target_names: Listed[str],
        source_name: str,
        target_dims: Listed[int],
        source_dim: int,
        prototype: Brick | None = None,
        **kwargs: Any,
    ) -> None:
        prototype = prototype or Linear(use_bias=False)
        # Their dimensions follow from the targets' and the source's, when they are pushed.
        super().__init__(target_names, None, prototype, output_dims=None, **kwargs)
        self.source_name = source_name
        self.target_dims: Any = target_dims
        self.source_dim = source_dim

    target_names = Parallel.input_names
    """The names of the targets, which are inputs and outputs."""

    def _push_allocation_config(self) -> None:
        if self.source_name in self.input_names:
            raise BrickError(
                f"{path_of(self)}: expected a source_name that no target has, got "
                f"{self.source_name!r}. The targets are {', '.join(self.input_names)}."
            )
        self.input_dim = self.source_dim
        self.output_dims = list(self._dims("target_dims").values())
        super()._push_allocation_config()

    @application
    def apply(self, **kwargs: Variable) -> list[Variable]:
        """Return each target plus what its copy computes of the source."""
        inputs = self._by_name(self.apply_inputs(), (), kwargs)
        source = inputs[self.source_name]
        return [inputs[k] + child.apply(source) for k, child in self._named_children()]

    @apply.property("inputs")
    def apply_inputs(self) -> list[str]:
        """Return the name of the source and those of the targets."""
        return [self.source_name, *self.input_names]

    @apply.property("outputs")
    def apply_outputs(self) -> list[str]:
        """Return the names of the targets."""
        return self.input_names

    def _named_dims(self) -> dict[str, int]:
        return {self.source_name: self.source_dim, **self._dims("target_dims")}


class Merge(Parallel):
    """Adds up transformed inputs: y = f_1(x_1) + f_2(x_2) + ...

    With the default prototype that is one affine map of all inputs side by side.

    Shapes: (..., input_dims[i]) for each i -> (..., output_dim).

    Parameters
    ----------
    input_names
        The names of the inputs.
    input_dims
        The sizes of their last axes.
    output_dim
        The size of the last axis of the output.
    prototype
        The brick that is copied for each input, by default ``Linear(use_bias=False)``. The
        copies are named ``transform_<name of the input>``.
    **kwargs
        Those of `Initializable`, and ``child_prefix``.

    Examples
    --------
    >>> from blocks.initialization import Constant
    >>> merge = Merge(["x", "y"], [2, 1], output_dim=1, weights_init=Constant(1))
    >>> merge.initialize()
    >>> merge.apply(x=[1.0, 2.0], y=[4.0]).eval()
    array([7.])
    """

    @lazy(allocation=["input_dims", "output_dim"])
    def __init__(
        self,
        input_names: Listed[str],
        input_dims: Listed[int],
        output_dim: int,
        prototype: Brick | None = None,
        **kwargs: Any,
    ) -> None:
        prototype = prototype or Linear(use_bias=False)
        super().__init__(input_names, input_dims, None, prototype, **kwargs)
        self.output_dim = output_dim

    def _push_allocation_config(self) -> None:
        if not self.children:
            raise BrickError(f"{path_of(self)}: expected at least one input name, got none.")
        self.output_dims = [self.output_dim] * len(self.children)
        super()._push_allocation_config()

    @application(outputs=["output"])
    def apply(self, *args: Variable, **kwargs: Variable) -> Variable:
        """Return the sum of what the copies compute of their inputs."""
        return functools.reduce(operator.add, self._transformed(args, kwargs))

    @apply.property("inputs")
    def apply_inputs(self) -> list[str]:
        """Return the names of the inputs."""
        return self.input_names

    def _named_dims(self) -> dict[str, int]:
        return {"output": self.output_dim, **self._dims("input_dims")}
