"""What a function is called with: bound to its inputs, checked, and converted to their types.

A call like an earlier one has little to wait for: arrays whose dtypes fit and whose shapes
came before are taken as they are.

Examples
--------
>>> import numpy as np
>>> from blocks import tensor
>>> from blocks.compile.arguments import In
>>> inputs = Inputs([In(tensor.vector("x"))], None)
>>> inputs.taken((np.ones(2),)) is None
True
>>> inputs.checked("function", ([1, 2],), {})
[array([1., 2.])]
>>> inputs.taken((np.ones(2),))
[array([1., 1.])]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from blocks.compile.arguments import In, rank_hint
from blocks.errors import DtypeError, ShapeError, described, listed, nearest
from blocks.graph.op import Array
from blocks.graph.variable import Variable

__all__ = ["Inputs"]

NUMBERS = [np.dtype(code) for code in np.typecodes["AllInteger"] + np.typecodes["Float"] + "?"]
MOST_SHAPES = 1000  # remembered at a time


class Inputs:
    """The inputs of a function, as they take the arguments of its calls.

    Parameters
    ----------
    options
        The inputs with their options.
    allow_downcast
        Whether arguments may lose precision, where the option of an input does not say.
    """

    def __init__(self, options: Sequence[In], allow_downcast: bool | None) -> None:
        self.variables = [x.variable for x in options]
        self._names = {x.name: i for i, x in enumerate(options) if x.name is not None}
        self._defaults = {i: x.value for i, x in enumerate(options) if x.value is not None}
        self._strict = {x.variable for x in options if x.strict}
        self._downcast = [
            allow_downcast if x.allow_downcast is None else x.allow_downcast for x in options
        ]
        self._dtypes = [x.type.numpy_dtype for x in self.variables]
        self._convertible = [
            frozenset(d for d in NUMBERS if self._converts(x, d, downcast))
            for x, downcast in zip(self.variables, self._downcast, strict=True)
        ]
        self._shapes: set[tuple[tuple[int, ...], ...]] = set()  # that were checked

    def taken(self, arguments: Sequence[Any]) -> list[Array] | None:
        """Return the arrays of a call like an earlier one, or None: then look closer.

        Parameters
        ----------
        arguments
            What was given by position.
        """
        if len(arguments) != len(self._dtypes):
            return None
        arrays, shapes = [], []
        fitting = zip(arguments, self._dtypes, self._convertible, strict=True)
        for value, dtype, convertible in fitting:
            if type(value) is not np.ndarray:
                return None
            if value.dtype is not dtype:
                if value.dtype not in convertible:
                    return None
                value = value.astype(dtype)
            arrays.append(value)
            shapes.append(value.shape)
        return arrays if tuple(shapes) in self._shapes else None

    def checked(
        self, where: str, arguments: tuple[Any, ...], keywords: Mapping[str, Any]
    ) -> list[Array]:
        """Return the arrays of a call.

        Parameters
        ----------
        where
            The function, for messages.
        arguments, keywords
            What was given by position and by name.

        Raises
        ------
        TypeError
            If an input is given twice, not at all, or unknown.
        ShapeError, DtypeError
            If what is given does not fit.
        """
        arrays = []
        values = self._bound(where, arguments, keywords)
        for x, value, downcast in zip(self.variables, values, self._downcast, strict=True):
            array = self._converted(f"{where}, input {x}", x, value, downcast)
            _check_sizes(f"{where}, input {x}", x, array)
            arrays.append(array)
        if len(self._shapes) >= MOST_SHAPES:
            self._shapes.clear()
        self._shapes.add(tuple(array.shape for array in arrays))
        return arrays

    def _bound(
        self, where: str, arguments: tuple[Any, ...], keywords: Mapping[str, Any]
    ) -> list[Any]:
        """Return one value for each input."""
        count = len(self.variables)
        if len(arguments) > count:
            raise TypeError(
                f"{where}: expected {count} inputs, got {len(arguments)}. "
                "Give one array for each input."
            )
        values = dict(enumerate(arguments))
        for key, value in keywords.items():
            if key not in self._names:
                raise TypeError(
                    f"{where}: expected inputs named {listed(self._names)}, "
                    f"got {key!r}.{nearest(key, map(str, self._names))} "
                    "Give the others by position."
                )
            if [x.name for x in self.variables].count(key) > 1:
                raise TypeError(
                    f"{where}: expected one input named {key!r}, got several. "
                    "Give them by position, or names of their own."
                )
            if self._names[key] in values:
                raise TypeError(
                    f"{where}: expected the input {key!r} once, got it twice. "
                    "Leave out one of the two."
                )
            values[self._names[key]] = value
        for i, default in self._defaults.items():
            values.setdefault(i, default)
        missing = [str(x) for i, x in enumerate(self.variables) if i not in values]
        if missing:
            raise TypeError(
                f"{where}: expected {count} inputs, got no {listed(missing)}. "
                "Give it by position or by name."
            )
        return [values[i] for i in range(count)]

    def _converts(self, x: Variable, dtype: np.dtype[Any], downcast: bool | None) -> bool:
        """Say whether all arrays of a dtype are converted to that of an input."""
        target = x.type.numpy_dtype
        if x in self._strict:
            return dtype == target
        return bool(downcast) or np.can_cast(dtype, target, "safe")

    def _converted(self, where: str, x: Variable, value: Any, downcast: bool | None) -> Array:
        if isinstance(value, Variable):
            raise DtypeError(
                f"{where}: expected an array ({x.type}), got the symbol {value}. "
                "Call the function with numbers; use givens to replace it by a symbol."
            )
        try:
            array = np.asarray(value)
        except ValueError:
            raise ShapeError(
                f"{where}: expected an array ({x.type}), got {described(value)}, whose parts "
                "differ in shape. Pad them to one shape."
            ) from None
        if array.dtype.kind not in "biuf":
            raise DtypeError(
                f"{where}: expected numbers ({x.type}), got {array.dtype} {array.shape}. "
                "Convert it to numbers first."
            )
        if array.ndim != x.ndim:
            raise ShapeError(
                f"{where}: expected {x.ndim} axes ({x.type}), "
                f"got {array.ndim} ({array.dtype} {array.shape}).{rank_hint(x, array)}"
            )
        target = x.type.numpy_dtype
        if self._converts(x, array.dtype, downcast):
            return array.astype(target, copy=False)
        if x in self._strict:
            raise DtypeError(
                f"{where}: expected {x.type} and nothing else, got {array.dtype} {array.shape}. "
                f"Use astype({x.dtype!r}), or drop strict=True."
            )
        converted = array.astype(target)
        is_literal = not isinstance(value, np.ndarray | np.generic)
        if is_literal and (array.dtype.kind == "f" == target.kind or (converted == array).all()):
            return converted
        raise DtypeError(
            f"{where}: expected {x.type}, got {array.dtype} {array.shape}. Converting would lose "
            f"precision: use astype({x.dtype!r}), or the transformer Cast({x.dtype!r}) in a "
            "stream, or pass allow_input_downcast=True."
        )


def _check_sizes(where: str, x: Variable, array: Array) -> None:
    for size, flag, got in zip(x.type.shape, x.broadcastable, array.shape, strict=True):
        if (size is not None and size != got) or (flag and got != 1):
            raise ShapeError(
                f"{where}: expected {x.type}, "
                f"got {array.dtype} {array.shape}. Give an array of these sizes."
            )
