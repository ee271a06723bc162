"""`Model`: a graph whose parameters have paths, to read and to set their values.

Examples
--------
>>> import numpy as np
>>> from blocks import tensor
>>> from blocks.bricks import Linear
>>> linear = Linear(2, 1, use_bias=False)
>>> model = Model(linear.apply(tensor.matrix("x")))
>>> model.set_parameter_values({"/linear.W": np.ones((2, 1))})
>>> model.get_parameter_values()
OrderedDict([('/linear.W', array([[1.],
       [1.]]))])
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from blocks.errors import BrickError, nearest
from blocks.filter import get_brick
from blocks.graph.computation import ComputationGraph
from blocks.graph.variable import SharedVariable
from blocks.roles import PARAMETER, PERSISTENT, has_roles
from blocks.utils.theano_utils import parameter_path

__all__ = ["Model"]

logger = logging.getLogger(__name__)


class Model(ComputationGraph):
    """A graph with bricks, whose parameters are known by their paths.

    Parameters
    ----------
    outputs
        A variable or several: usually the cost, or what the network computes.

    Attributes
    ----------
    top_bricks : list of Brick
        The bricks of the graph that are no child of another one of it.

    Raises
    ------
    BrickError
        If two parameters have the same path, or one outside of bricks has no name.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = (get_brick(x) for x in [*self.variables, *self.scan_variables])
        bricks = list(dict.fromkeys(brick for brick in found if brick is not None))
        children = {child for brick in bricks for child in brick.children}
        self.top_bricks = [brick for brick in bricks if brick not in children]
        self._parameter_dict = self._by_path()

    def _by_path(self) -> OrderedDict[str, SharedVariable]:
        # Statistics of a population are kept with the parameters, and come after them.
        others = (x for x in self.shared_variables if not has_roles(x, [PARAMETER]))
        persistent = [x for x in others if has_roles(x, [PERSISTENT])]
        paths: OrderedDict[str, SharedVariable] = OrderedDict()
        for x in [*self.parameters, *persistent]:
            path = parameter_path(x)
            if x.name is None:
                raise BrickError(
                    f"Model: expected parameters with names, got one without ({x.type}"
                    f"{_of_brick(x)}). Pass name= where it is made."
                )
            if path in paths:
                raise BrickError(
                    f"Model: expected parameters with paths of their own, got two with {path}: "
                    f"{_described(paths[path])} and {_described(x)}. Pass another name= to one "
                    "of the bricks, or of the variables."
                )
            paths[path] = x
        return paths

    def get_parameter_dict(self) -> OrderedDict[str, SharedVariable]:
        """Return the parameters by path, such as ``/mlp/linear_0.W``.

        A parameter that belongs to no brick is known by its name.
        """
        return OrderedDict(self._parameter_dict)

    def get_parameter_values(self) -> OrderedDict[str, npt.NDArray[Any]]:
        """Return copies of the values of the parameters, by path."""
        return OrderedDict((path, x.get_value()) for path, x in self._parameter_dict.items())

    def set_parameter_values(
        self, parameter_values: Mapping[str, Any], strict: bool = True
    ) -> None:
        """Give the parameters new values: all of them, or none if anything does not fit.

        Parameters
        ----------
        parameter_values
            The values, by path.
        strict
            Whether there must be a value for each parameter and none besides. Otherwise
            both are logged as warnings.

        Raises
        ------
        BrickError
            If paths, shapes or dtypes do not fit; the message lists all that do not.

        Examples
        --------
        >>> from blocks import tensor
        >>> from blocks.bricks import Linear
        >>> model = Model(Linear(2, 1, use_bias=False).apply(tensor.matrix("x")))
        >>> model.set_parameter_values({"/linear.V": np.ones((2, 1))})
        Traceback (most recent call last):
        ...
        blocks.errors.BrickError: Model: expected a value for each parameter, of its shape and \
dtype, got 2 mismatches; nothing was changed.
          /linear.W: no value
          /linear.V: no such parameter. Did you mean '/linear.W'?
        """
        values = {path: np.asarray(value) for path, value in parameter_values.items()}
        paths = [path for path in self._parameter_dict]
        missing = [f"{path}: no value" for path in paths if path not in values]
        unknown = [
            f"{path}: no such parameter.{nearest(path, paths)}"
            for path in values
            if path not in self._parameter_dict
        ]
        wrong = []
        for path, x in self._parameter_dict.items():
            if path in values and (problem := _mismatch(x, values[path])):
                wrong.append(f"{path}: {problem}")
        if not strict:
            for line in missing + unknown:
                logger.warning("Model: %s", line)
        problems = [*(missing + unknown if strict else []), *wrong]
        if problems:
            count = f"{len(problems)} mismatches" if len(problems) > 1 else "one mismatch"
            raise BrickError(
                "Model: expected a value for each parameter, of its shape and dtype, got "
                f"{count}; nothing was changed.\n  " + "\n  ".join(problems)
            )
        for path, x in self._parameter_dict.items():
            if path in values:
                x.set_value(values[path])

    def get_top_bricks(self) -> list[Any]:
        """Return the bricks of the graph that are no child of another one of it."""
        return list(self.top_bricks)

    def check_sanity(self, algorithm: Any) -> None:
        """Warn in the log if an algorithm trains other parameters than the model's.

        Parameters
        ----------
        algorithm
            The training algorithm; only those with an attribute ``parameters`` are checked.
        """
        trained = getattr(algorithm, "parameters", None)
        if trained is None:
            return
        own = set(self.parameters)
        for what, some in (
            ("are in the model and not trained", [x for x in self.parameters if x not in trained]),
            ("are trained and not in the model", [x for x in trained if x not in own]),
        ):
            if some:
                logger.warning("These parameters %s: %s.", what, ", ".join(map(_described, some)))


def _mismatch(x: SharedVariable, value: npt.NDArray[Any]) -> str:
    """Say what does not fit, or return an empty text."""
    shape = x.array.shape
    if value.shape != shape:
        return f"expected shape {shape}, got {value.shape}"
    if not np.can_cast(value.dtype, x.dtype, "same_kind"):
        return f"expected {x.dtype}, got {value.dtype}"
    return ""


def _of_brick(x: SharedVariable) -> str:
    brick = get_brick(x)
    return "" if brick is None else f" of {brick!r}"


def _described(x: SharedVariable) -> str:
    """Name a parameter so that two of the same path can be told apart."""
    brick = get_brick(x)
    if brick is None:
        return f"{x.name} ({x.type}, outside of bricks)"
    return f"{parameter_path(x)} ({x.type}, of a {type(brick).__name__})"
