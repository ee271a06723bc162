"""The exceptions that Blocks raises, one class per kind of mistake.

A message reads ``<brick path or op>: expected <what>, got <what, with shapes>. <remedy>.``
Each class also derives from the built-in exception that Python users expect, so that
``except ValueError`` and ``except TypeError`` keep working.

Examples
--------
>>> issubclass(ShapeError, ValueError)
True
"""

from __future__ import annotations

import reprlib
from collections.abc import Iterable
from typing import Any

__all__ = [
    "BlocksError",
    "BrickError",
    "ConfigurationError",
    "DataError",
    "DisconnectedInputError",
    "DtypeError",
    "GradientError",
    "GraphError",
    "IndexRangeError",
    "MissingInputError",
    "NonFiniteError",
    "RangeError",
    "ShapeError",
    "SourceError",
    "UninitializedError",
    "UnusedInputError",
    "described",
    "listed",
    "locate",
    "nearest",
]


class BlocksError(Exception):
    """Base class of every exception that Blocks raises on its own account."""


class ShapeError(BlocksError, ValueError):
    """The number of axes or their sizes do not fit together."""


class DtypeError(BlocksError, TypeError):
    """A dtype is not what the operation can take, or data would lose precision."""


class IndexRangeError(BlocksError, IndexError):
    """An index or a label lies outside of its range."""


class RangeError(BlocksError, ValueError):
    """A number lies where it makes no sense, such as a probability above 1."""


class GraphError(BlocksError, ValueError):
    """A graph or a function over it cannot be built as asked."""


class MissingInputError(GraphError):
    """A graph depends on an input that was not given."""


class UnusedInputError(GraphError):
    """An input was given that no output or update depends on."""


class GradientError(BlocksError, ValueError):
    """A gradient does not exist or is asked for in a way that makes no sense."""


class DisconnectedInputError(GradientError):
    """The cost does not depend on a variable that a gradient is asked for."""


class NonFiniteError(BlocksError, FloatingPointError):
    """NaN or infinity came out of an operation whose inputs were finite."""


class BrickError(BlocksError, ValueError):
    """A brick is configured, named or used in a way that cannot work."""


class UninitializedError(BrickError):
    """Parameters still hold NaN: nobody has called ``initialize()``."""


class SourceError(BlocksError, ValueError):
    """Data sources and the inputs of a model do not match."""


class DataError(BlocksError, ValueError):
    """A data set is missing, empty, truncated or corrupt."""


class ConfigurationError(BlocksError):
    """A configuration value is missing or malformed, or its name is unknown."""


def locate(error: BlocksError, place: str) -> None:
    """Put the path of a brick before the message of an error, unless one stands there.

    Examples
    --------
    >>> error = ShapeError("dot: expected this, got that.")
    >>> locate(error, "/mlp/linear_0.apply")
    >>> str(error)
    '/mlp/linear_0.apply: dot: expected this, got that.'
    """
    if place and not str(error).startswith(("/", "gradient of /")):
        error.args = (f"{place}: {error}",)


def nearest(name: str, candidates: Iterable[str]) -> str:
    """Return a hint that lists the candidates most similar to `name`, or nothing.

    Examples
    --------
    >>> nearest("feature", ["features", "targets"])
    " Did you mean 'features'?"
    >>> nearest("x", ["features"])
    ''
    """
    import difflib  # only when something is wrong

    close = difflib.get_close_matches(name, list(candidates), n=3, cutoff=0.5)
    return f" Did you mean {' or '.join(map(repr, close))}?" if close else ""


def listed(items: Iterable[Any], between: str = ", ", most: int = 6) -> str:
    """Return the items as text, `most` of them at most, so that a message stays short.

    Examples
    --------
    >>> listed(["x", "y"], " and ")
    'x and y'
    >>> listed(range(100), most=3)
    '0, 1, 2, ... (100 in all)'
    """
    texts = list(map(str, items))
    if len(texts) <= most:
        return between.join(texts)
    return f"{between.join([*texts[:most], '...'])} ({len(texts)} in all)"


def described(value: Any) -> str:
    """Return the type of what was given instead and what it looks like, in one short line.

    Examples
    --------
    >>> described("features")
    "str 'features'"
    >>> described([[0.0] * 50] * 50)
    'list [[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, ...], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, ...], [...'
    """
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return f"{type(value).__name__} {value.dtype} {shape}"
    short = reprlib.Repr()
    short.maxother = short.maxstring = 60
    text = " ".join(short.repr(value).split())
    return f"{type(value).__name__} {text if len(text) <= 80 else text[:77] + '...'}"
