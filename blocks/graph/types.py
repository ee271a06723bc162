"""Types of variables: a dtype, and what is known of the size of each axis.

An axis broadcasts only if that is known when the graph is built: its size is known to
be 1, or it was declared broadcastable. Sizes that are unknown then are checked when the
function is called.

Examples
--------
>>> TensorType("float64", (None, 784))
TensorType('float64', (None, 784))
>>> str(TensorType("float64", (None, 784)))
'float64 (?, 784)'
"""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field, replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from blocks.config import config
from blocks.errors import DtypeError, ShapeError, listed

if TYPE_CHECKING:
    from blocks.graph.variable import Variable

__all__ = [
    "DTYPES",
    "Array",
    "Shape",
    "TensorType",
    "Types",
    "accumulator",
    "as_dtype",
    "broadcast_shapes",
    "broadcast_type",
    "dtype_name",
    "is_float",
    "is_integer",
    "upcast",
]

Array = npt.NDArray[Any]
Shape = tuple[int | None, ...]

FLOATS = ("float32", "float64")
INTEGERS = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
DTYPES = INTEGERS + FLOATS
"""The dtypes that a variable can have."""


def accumulator(dtype: str) -> str:
    """Return the dtype in which many numbers are added or multiplied up, before rounding.

    Examples
    --------
    >>> accumulator("float32"), accumulator("int64")
    ('float64', 'int64')
    """
    return "float64" if dtype == "float32" else dtype


def is_float(dtype: str) -> bool:
    """Tell whether a dtype holds real numbers.

    Examples
    --------
    >>> is_float("float32"), is_float("int8")
    (True, False)
    """
    return dtype in FLOATS


def is_integer(dtype: str) -> bool:
    """Tell whether a dtype holds integers or truth values.

    Examples
    --------
    >>> is_integer("bool"), is_integer("float64")
    (True, False)
    """
    return dtype in INTEGERS


@cache
def upcast(*dtypes: str) -> str:
    """Return the smallest dtype that holds all values of the given ones.

    Examples
    --------
    >>> upcast("int32", "float32")
    'float64'
    """
    return str(np.result_type(*map(np.dtype, dtypes)))


@cache
def dtype_name(dtype: np.dtype[Any]) -> str:
    """Return how NumPy writes a dtype, which takes it longer than to look it up.

    Examples
    --------
    >>> dtype_name(np.dtype("float32"))
    'float32'
    """
    return str(dtype)


def as_dtype(dtype: Any) -> str:
    """Return the name of a dtype, of the configured one for ``"floatX"``.

    Raises
    ------
    DtypeError
        If it is not one of `DTYPES`.

    Examples
    --------
    >>> as_dtype(np.float32), as_dtype("i4")
    ('float32', 'int32')
    """
    if type(dtype) is str and dtype in DTYPES:
        return dtype
    try:
        name: str = config.floatX if dtype == "floatX" else np.dtype(dtype).name
    except TypeError:
        name = ""
    if dtype is None:  # which NumPy would take for float64
        name = ""
    if name not in DTYPES:
        raise DtypeError(
            f"TensorType: expected one of the dtypes {', '.join(DTYPES)}, got {dtype!r}. "
            "Choose one of them, or 'floatX'."
        )
    return name


def _size(size: Any) -> int | None:
    """Return a size of an axis: -1 for a negative one, 1 or None for a flag."""
    if size is None or (type(size) is int and size >= 0):
        return size
    if isinstance(size, bool | np.bool_):
        return 1 if size else None
    return int(size) if size >= 0 else -1


@dataclass(frozen=True, repr=False)
class TensorType:
    """The dtype and the sizes of the axes of a variable, as far as they are known.

    Parameters
    ----------
    dtype
        The name of a NumPy dtype, one of `DTYPES`, or ``"floatX"`` for the configured one.
    shape
        The size of each axis, ``None`` where it is unknown. As in Theano a pattern of
        truth values is accepted too: ``True`` is an axis of size 1 that broadcasts.
    broadcastable
        Which axes broadcast. By default those whose size is known to be 1.
    known
        What is known of the value itself, for an integer scalar (an int) or vector (a
        tuple of ints, ``None`` where unknown): so sizes can be followed through
        ``x.shape`` and ``reshape``. It takes no part in comparisons.
    name
        Accepted for compatibility: types have no names.

    Raises
    ------
    DtypeError
        If the dtype is not one of `DTYPES`.
    ShapeError
        If a size is negative, or there is not one flag for each axis.

    Examples
    --------
    >>> TensorType("float32", (False, True))
    TensorType('float32', (None, 1))
    >>> TensorType("float32", (None, 1)).broadcastable
    (False, True)
    >>> TensorType(dtype="float32", broadcastable=(False, True))
    TensorType('float32', (None, 1))
    """

    dtype: str
    shape: Shape = ()
    broadcastable: tuple[bool, ...] = ()
    known: Any = field(default=None, compare=False)
    name: InitVar[str | None] = None

    def __post_init__(self, name: str | None) -> None:
        shape = tuple(map(_size, self.shape or self.broadcastable))
        if -1 in shape:
            raise ShapeError(
                f"TensorType: expected sizes of at least 0, got {self.shape}. "
                "Give None for a size that is not known."
            )
        flags = tuple(map(bool, self.broadcastable)) or tuple([size == 1 for size in shape])
        if len(flags) != len(shape):
            raise ShapeError(
                f"TensorType: expected a flag for each of {len(shape)} axes, got {flags}. "
                "Give one flag for each axis."
            )
        object.__setattr__(self, "dtype", as_dtype(self.dtype))
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "broadcastable", flags)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def numpy_dtype(self) -> np.dtype[Any]:
        """The dtype as a NumPy object."""
        return np.dtype(self.dtype)

    @property
    def is_float(self) -> bool:
        """Whether values are real numbers, so that gradients exist."""
        return is_float(self.dtype)

    @property
    def is_concrete(self) -> bool:
        """Whether the size of every axis is known."""
        return None not in self.shape

    def clone(self, **changes: Any) -> TensorType:
        """Return a copy with some fields replaced; a new shape gets new flags.

        Examples
        --------
        >>> TensorType("float64", (2, 3)).clone(dtype="int8")
        TensorType('int8', (2, 3))
        """
        if "shape" in changes:
            changes.setdefault("broadcastable", ())
        changes.setdefault("known", None)
        return replace(self, **changes)

    def make_variable(self, name: str | None = None) -> Variable:
        """Return a new variable of this type; calling the type does the same."""
        return self(name)

    if TYPE_CHECKING:  # bound in blocks.graph.methods

        def __call__(self, name: str | None = None) -> Variable:
            """Return a new variable of this type."""
            ...

    def _clash(self, other: TensorType) -> ShapeError:
        return ShapeError(f"merge: expected {self}, got {other}. Find out which of them is right.")

    def merge(self, other: TensorType) -> TensorType:
        """Return the type with what either of two types of one value knows.

        Raises
        ------
        ShapeError
            If both know the size of an axis and differ.
        """
        if self.ndim != other.ndim:
            raise self._clash(other)
        sizes = []
        for mine, theirs in zip(self.shape, other.shape, strict=True):
            if None not in (mine, theirs) and mine != theirs:
                raise self._clash(other)
            sizes.append(theirs if mine is None else mine)
        flags = tuple(a or b for a, b in zip(self.broadcastable, other.broadcastable, strict=True))
        known = other.known if self.known is None else self.known
        return replace(self, shape=tuple(sizes), broadcastable=flags, known=known)

    def sizes(self) -> str:
        """Write the shape for a message, with ``?`` for an unknown size.

        Examples
        --------
        >>> TensorType("int8", (None,)).sizes()
        '(?,)'
        """
        inner = ", ".join("?" if size is None else str(size) for size in self.shape)
        return f"({inner},)" if self.ndim == 1 else f"({inner})"

    def __str__(self) -> str:
        return f"{self.dtype} {self.sizes()}" if self.shape else f"{self.dtype} scalar"

    def __repr__(self) -> str:
        return f"TensorType({self.dtype!r}, {self.shape})"


Types = tuple[TensorType, ...]


def broadcast_shapes(name: str, *types: TensorType) -> tuple[Shape, tuple[bool, ...]]:
    """Return the shape, and which axes broadcast, of an elementwise result.

    Axes are aligned at the right, as in NumPy. An axis broadcasts only where its type
    says so; sizes that are unknown may turn out to fit.

    Parameters
    ----------
    name
        The operation, for the message.
    types
        The types of its inputs.

    Raises
    ------
    ShapeError
        If two known sizes of one axis differ and neither broadcasts.

    Examples
    --------
    >>> x, b = TensorType("float64", (None, 3)), TensorType("float64", (3,))
    >>> broadcast_shapes("add", x, b)
    ((None, 3), (False, False))
    """
    ndim = max(t.ndim for t in types)
    shape: list[int | None] = [1] * ndim
    flags = [True] * ndim
    for t in types:
        offset = ndim - t.ndim
        for axis, size in enumerate(t.shape, start=offset):
            if t.broadcastable[axis - offset]:
                continue
            if flags[axis] or shape[axis] is None:
                shape[axis] = size
            elif size is not None and shape[axis] != size:
                raise _mismatch(name, types, axis - ndim)
            flags[axis] = False
    return tuple(shape), tuple(flags)


@lru_cache(maxsize=4096)
def broadcast_type(name: str, dtype: str, *types: TensorType) -> TensorType:
    """Return the type of an elementwise result; nothing is known of its value.

    Most nodes of a graph are elementwise, of a few types.

    Parameters
    ----------
    name
        The operation, for the message.
    dtype
        The dtype of the result.
    types
        The types of its inputs.

    Raises
    ------
    ShapeError
        As `broadcast_shapes` does.

    Examples
    --------
    >>> x, b = TensorType("float64", (None, 3)), TensorType("float64", (3,))
    >>> broadcast_type("lt", "bool", x, b)
    TensorType('bool', (None, 3))
    """
    return TensorType(dtype, *broadcast_shapes(name, *types))


def _mismatch(name: str, types: tuple[TensorType, ...], axis: int) -> ShapeError:
    sizes = [t.shape[axis] for t in types if t.ndim >= -axis]
    differing = listed(("?" if size is None else size for size in sizes), " and ")
    hint = " Reshape or transpose one of them."
    if 1 in sizes:
        hint = (
            " Drop the axis of size 1 with flatten(), or let it broadcast, with keepdims=True "
            "where it is made or addbroadcast(x, axis)."
        )
    return ShapeError(
        f"{name}: expected inputs of one shape, got {listed((t.sizes() for t in types), ' and ')}, "
        f"which differ in axis {axis} ({differing}).{hint}"
    )
