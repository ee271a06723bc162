"""What an object says of itself: its class and the arguments that it was made of.

Examples
--------
>>> class Scheme(Represented):
...     def __init__(self, examples, batch_size, seed=None):
...         self.examples, self.batch_size, self.seed = examples, batch_size, seed
>>> Scheme(range(1000), batch_size=20)
Scheme(examples=range(0, 1000), batch_size=20)
"""

from __future__ import annotations

import inspect
import reprlib
from collections.abc import Iterator
from typing import Any, ClassVar

__all__ = ["Represented", "short", "short_line"]

LONGEST = 100  # characters of a representation
MISSING = object()


def short(value: Any, length: int = 40) -> str:
    """Return a value as text of one line.

    Arrays show dtype and shape; shared variables their value, if that is a number.

    Examples
    --------
    >>> short(list(range(100))), short("a" * 100)
    ('[0, 1, 2, 3, 4, 5, ...]', "'aaaaaaaaaaaaaaaaa...aaaaaaaaaaaaaaaaaa'")
    """
    if hasattr(value, "get_value") and not getattr(value, "ndim", 1):
        value = value.get_value()
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and hasattr(value, "dtype"):
        return repr(value.item()) if shape == () else f"{value.dtype} {shape}"
    style = reprlib.Repr()
    style.maxother = style.maxstring = length
    text = " ".join(style.repr(value).split())
    if isinstance(value, Represented) and len(repr(value)) > length:
        return f"{type(value).__name__}(...)"
    return text if len(text) <= length else f"{text[: length - 3]}..."


def short_line(text: str) -> str:
    """Return the text of an object, cut before its last character if it is long."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 4]}...{text[-1]}"


def _parameters(cls: type) -> dict[str, Any]:
    """Return the parameters of a constructor, those of its bases included, and their defaults."""
    found: dict[str, Any] = {}
    for base in cls.__mro__:
        if "__init__" not in vars(base) or base is object:
            continue
        parameters = list(inspect.signature(vars(base)["__init__"]).parameters.values())[1:]
        for parameter in parameters:
            if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                found.setdefault(parameter.name, parameter.default)
        if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
            break
    return found


class Represented:
    """Lets ``repr`` show the arguments that differ from their defaults, shortened.

    An argument is shown if the object keeps it under its name, or its name after ``_``.
    """

    kept_as: ClassVar[dict[str, str]] = {}
    """The attributes that keep arguments under another name; ``""`` to leave one out."""

    def __repr__(self) -> str:
        return short_line(f"{type(self).__name__}({', '.join(self._arguments())})")

    def _arguments(self) -> Iterator[str]:
        for name, default in _parameters(type(self)).items():
            kept = self.kept_as.get(name, name)
            value = vars(self).get(kept, vars(self).get(f"_{kept}", MISSING))
            if value is not MISSING and not self._is_default(name, value, default):
                yield f"{name}={short(value)}"

    def _is_default(self, name: str, value: Any, default: Any) -> bool:
        if value is default:
            return True
        if name == "name":
            return bool(value == type(self).__name__)
        if default is None:  # stands for an empty list or dict
            return isinstance(value, list | dict | tuple) and not value
        plain = isinstance(default, int | float | str | tuple)
        return plain and type(value) is type(default) and bool(value == default)
