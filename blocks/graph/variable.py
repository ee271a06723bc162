"""Variables: the symbols, constants and shared values that a graph is made of.

Operators and methods of variables (``x + y``, ``x.sum()``, ``x[0]``) are bound in
`blocks.graph.methods`, when the operations exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from blocks.config import config
from blocks.errors import DtypeError, described
from blocks.graph.arrays import check_sizes, owned
from blocks.graph.formula import formula
from blocks.graph.notebook import variable_html
from blocks.graph.symbol import Symbol
from blocks.graph.types import TensorType, as_dtype, dtype_name

if TYPE_CHECKING:
    from blocks.graph.op import Apply

__all__ = ["Constant", "SharedVariable", "Tag", "Variable", "constant", "shared"]

DEPTH, LENGTH = 3, 60  # of the formula that stands for a variable without a name
LARGEST_FLOAT32 = float(np.finfo("float32").max)
LARGEST_KNOWN = 16  # longest integer vector whose value its type carries: a shape


class Tag(SimpleNamespace):
    """Notes on a variable: ``roles``, ``annotations``, ``name`` and whatever users add.

    Examples
    --------
    >>> Tag(name="W").copy() == Tag(name="W")
    True
    """

    def copy(self) -> Tag:
        """Return a copy whose lists can be changed without changing this one."""
        return Tag(**{k: list(v) if isinstance(v, list) else v for k, v in vars(self).items()})


class Variable(Symbol):
    """A symbol of a graph: an input, or the result of an operation.

    Parameters
    ----------
    type
        The dtype and the sizes of the axes as far as known.
    owner
        The application of an op that computes it; ``None`` for an input.
    index
        Which of the outputs of `owner` it is.
    name
        Its name, for printing and for matching it to a data source.

    Examples
    --------
    >>> x = TensorType("float64", (None, 3))("x")
    >>> x, x.ndim, x.dtype
    (x, 2, 'float64')
    """

    def __init__(
        self,
        type: TensorType,
        owner: Apply | None = None,
        index: int = 0,
        name: str | None = None,
    ) -> None:
        self.type = type
        self.owner = owner
        self.index = index
        self.name = name
        self._tag: Tag | None = None

    @property
    def tag(self) -> Tag:
        """Notes: roles, annotations and anything that users want to attach."""
        if self._tag is None:  # most variables of a graph have none
            self._tag = Tag()
        return self._tag

    @tag.setter
    def tag(self, tag: Tag) -> None:
        self._tag = tag

    @property
    def is_noted(self) -> bool:
        """Whether there can be notes: asking for `tag` makes an empty one."""
        return self._tag is not None

    @property
    def dtype(self) -> str:
        """The name of the dtype."""
        return self.type.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.type.ndim

    @property
    def broadcastable(self) -> tuple[bool, ...]:
        """Which axes broadcast."""
        return self.type.broadcastable

    def __bool__(self) -> bool:
        if self.owner is not None and self.dtype == "bool":
            raise TypeError(
                f"{self}: expected a value, got a symbol whose truth is not known yet. "
                "Use switch(condition, x, y), or eval() it."
            )
        return True

    def __str__(self) -> str:
        if self.name is not None:
            return self.name
        text = formula(self, depth=DEPTH)
        return text if len(text) <= LENGTH else f"{text[: LENGTH - 3]}..."

    def __repr__(self) -> str:
        """Return the name, or a short formula: lists of variables are read most often."""
        return str(self)

    def _repr_html_(self) -> str:
        return variable_html(self)

    if TYPE_CHECKING:  # bound in blocks.graph.methods
        shape: Variable
        T: Variable

        def __add__(self, other: Any) -> Variable: ...
        def __radd__(self, other: Any) -> Variable: ...
        def __sub__(self, other: Any) -> Variable: ...
        def __rsub__(self, other: Any) -> Variable: ...
        def __mul__(self, other: Any) -> Variable: ...
        def __rmul__(self, other: Any) -> Variable: ...
        def __truediv__(self, other: Any) -> Variable: ...
        def __rtruediv__(self, other: Any) -> Variable: ...
        def __floordiv__(self, other: Any) -> Variable: ...
        def __mod__(self, other: Any) -> Variable: ...
        def __pow__(self, other: Any) -> Variable: ...
        def __rpow__(self, other: Any) -> Variable: ...
        def __neg__(self) -> Variable: ...
        def __abs__(self) -> Variable: ...
        def __invert__(self) -> Variable: ...
        def __and__(self, other: Any) -> Variable: ...
        def __or__(self, other: Any) -> Variable: ...
        def __lt__(self, other: Any) -> Variable: ...
        def __le__(self, other: Any) -> Variable: ...
        def __gt__(self, other: Any) -> Variable: ...
        def __ge__(self, other: Any) -> Variable: ...
        def __getitem__(self, index: Any) -> Variable: ...
        def __iter__(self) -> Iterator[Variable]: ...
        def __getattr__(self, name: str) -> Any: ...  # x.sum(), x.eval() and the other methods


class Constant(Variable):
    """A variable with a fixed value.

    Parameters
    ----------
    value
        The value; it is made read-only.
    name
        A name for printing.

    Examples
    --------
    >>> constant(2.5)
    2.5
    """

    def __init__(self, value: npt.NDArray[Any], name: str | None = None) -> None:
        array = owned(value, borrow=False)
        array.flags.writeable = False
        known: Any = None
        if array.dtype.kind in "iu" and array.ndim <= 1 and array.size <= LARGEST_KNOWN:
            known = tuple(map(int, array)) if array.ndim else int(array)
        super().__init__(TensorType(dtype_name(array.dtype), array.shape, known=known), name=name)
        self.data = array

    @property
    def value(self) -> npt.NDArray[Any]:
        """The value, read-only."""
        return self.data


class SharedVariable(Variable):
    """A variable that holds a value which functions read and update.

    Parameters
    ----------
    value
        The first value; its dtype is kept from then on.
    type
        What later values must match.
    name
        Its name.

    Attributes
    ----------
    default_update : Variable or None
        The new value that a function without an explicit update assigns.
    is_lent : bool
        Whether others may hold its memory: an input may then be part of it.
    lendings : int
        How many shared variables have ever been lent.
    """

    is_lent = False
    lendings: ClassVar[int] = 0

    def __init__(self, value: npt.NDArray[Any], type: TensorType, name: str | None = None) -> None:
        super().__init__(type, name=name)
        self.array = value
        self.default_update: Variable | None = None

    def get_value(
        self, borrow: bool = False, return_internal_type: bool = False
    ) -> npt.NDArray[Any]:
        """Return the value.

        Parameters
        ----------
        borrow
            Return the array itself, which the next update may change, not a copy.
        return_internal_type
            Accepted for compatibility; the value is a NumPy array either way.

        Examples
        --------
        >>> shared(np.zeros(2)).get_value()
        array([0., 0.])
        """
        return self.lend() if borrow else self.array.copy()

    def lend(self) -> npt.NDArray[Any]:
        """Return the array itself, and note that functions may get it as an input."""
        if not self.is_lent:
            self.is_lent = True
            SharedVariable.lendings += 1
        return self.array

    def set_value(self, new_value: Any, borrow: bool = False) -> None:
        """Replace the value.

        Parameters
        ----------
        new_value
            The new value: of the old one's kind of dtype, to which it is converted, and
            number of axes.
        borrow
            Keep the given array itself where possible, not a copy.

        Raises
        ------
        DtypeError, ShapeError
            If dtype, number of axes or a fixed size differ.
        """
        array = np.asarray(new_value)
        where = self.name or "shared variable"
        if array.dtype != self.type.numpy_dtype:
            if not np.can_cast(array.dtype, self.type.numpy_dtype, "same_kind"):
                raise DtypeError(
                    f"{where}: expected {self.type}, got {array.dtype} {array.shape}. "
                    f"Convert it with astype({self.dtype!r})."
                )
            array = array.astype(self.type.numpy_dtype)
        check_sizes(where, self.type, array)
        self.array = owned(array, borrow)
        if borrow:
            self.lend()


def shared(
    value: Any,
    name: str | None = None,
    strict: bool = False,
    allow_downcast: bool | None = None,
    borrow: bool = False,
    *,
    broadcastable: tuple[bool, ...] | None = None,
    shape: tuple[int | None, ...] | None = None,
) -> SharedVariable:
    """Return a shared variable that starts with `value`.

    Parameters
    ----------
    value
        A NumPy array, a number, or a list of numbers.
    name
        Its name.
    strict, allow_downcast
        Accepted for compatibility; the dtype is that of `value`.
    borrow
        Keep the given array itself where possible, not a copy.
    broadcastable
        Which axes broadcast; by default none, not even those of size 1.
    shape
        The sizes that all later values must have, ``None`` where any will do. By
        default none is fixed.

    Examples
    --------
    >>> W = shared(np.zeros((3, 2)), name="W")
    >>> W.type
    TensorType('float64', (None, None))
    >>> shared(np.zeros((3, 2)), shape=(3, 2)).type
    TensorType('float64', (3, 2))
    """
    if isinstance(value, Variable):
        raise DtypeError(
            f"shared: expected a number or an array, got the symbol {value}. "
            "Give it a first value, and compute others through updates."
        )
    array = np.asarray(value)
    if array.dtype == np.float16 or array.dtype.kind not in "biuf":
        raise DtypeError(
            f"{name or 'shared'}: expected numbers, got {array.dtype} {array.shape}. "
            "Convert them to float32, float64 or integers."
        )
    sizes = (None,) * array.ndim if shape is None else shape
    flags = (False,) * array.ndim if broadcastable is None else broadcastable
    type_ = TensorType(dtype_name(array.dtype), sizes, flags)
    check_sizes(name or "shared", type_, array)
    variable = SharedVariable(owned(array, borrow), type_, name)
    if borrow:
        variable.lend()
    return variable


def constant(
    x: Any, name: str | None = None, ndim: int | None = None, dtype: Any = None
) -> Constant:
    """Return a constant; a Python number gets the smallest dtype that suits it.

    A Python float becomes floatX where that is float32, else float32 if it is exact
    and float64 if not; an int becomes the smallest of int8 to int64, or uint64.

    Parameters
    ----------
    x
        A number, an array or a nested list of numbers.
    name
        A name for printing.
    ndim
        Add leading axes of size 1 up to this number of axes.
    dtype
        The dtype, instead of the one found.

    Examples
    --------
    >>> constant(300).dtype, constant(0.5).dtype, constant(0.1).dtype
    ('int16', 'float32', 'float64')
    """
    if dtype is not None:
        array = np.asarray(x, dtype=as_dtype(dtype))
    elif isinstance(x, bool):
        array = np.asarray(x)
    elif isinstance(x, int):
        array = np.asarray(x, dtype=_int_dtype(x))
    elif isinstance(x, float) and not isinstance(x, np.floating):
        array = np.asarray(x, dtype=_float_dtype(x))
    else:
        array = np.asarray(x)
        if array.size == 0 and not hasattr(x, "dtype"):  # an empty list
            array = array.astype(config.floatX)
    if array.dtype.kind not in "biuf":
        raise DtypeError(
            f"constant: expected numbers, got {described(x)}. "
            "Give a number, an array or a nested list of numbers."
        )
    if ndim is not None:
        array = array.reshape((1,) * (ndim - array.ndim) + array.shape)
    return Constant(array, name)


def _int_dtype(x: int) -> str:
    for dtype in ("int8", "int16", "int32", "int64", "uint64"):
        if np.iinfo(dtype).min <= x <= np.iinfo(dtype).max:
            return dtype
    raise DtypeError(f"constant: expected an integer of at most 64 bits, got {x}. Use a float.")


def _float_dtype(x: float) -> str:
    if config.floatX == "float32":
        return "float32"
    # NaN is not exact, as in Theano.
    exact = float(np.float32(x)) == x if abs(x) <= LARGEST_FLOAT32 else abs(x) == np.inf
    return "float32" if exact else "float64"
