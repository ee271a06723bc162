"""Symbols by number of axes and dtype: ``matrix("x")``, ``lvectors("x", "y")``.

The first letter of a name gives the dtype: b, w, i, l for int8, int16, int32, int64, f and
d for float32 and float64; without one it is ``config.floatX``.

Examples
--------
>>> matrix("x").type, lvector("y").type
(TensorType('float64', (None, None)), TensorType('int64', (None,)))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from blocks.config import config
from blocks.errors import ShapeError
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable

__all__ = [
    "bcol",
    "bcols",
    "bmatrices",
    "bmatrix",
    "brow",
    "brows",
    "bscalar",
    "bscalars",
    "btensor3",
    "btensor3s",
    "btensor4",
    "btensor4s",
    "btensor5",
    "btensor5s",
    "bvector",
    "bvectors",
    "col",
    "cols",
    "dcol",
    "dcols",
    "dmatrices",
    "dmatrix",
    "drow",
    "drows",
    "dscalar",
    "dscalars",
    "dtensor3",
    "dtensor3s",
    "dtensor4",
    "dtensor4s",
    "dtensor5",
    "dtensor5s",
    "dvector",
    "dvectors",
    "fcol",
    "fcols",
    "fmatrices",
    "fmatrix",
    "frow",
    "frows",
    "fscalar",
    "fscalars",
    "ftensor3",
    "ftensor3s",
    "ftensor4",
    "ftensor4s",
    "ftensor5",
    "ftensor5s",
    "fvector",
    "fvectors",
    "icol",
    "icols",
    "imatrices",
    "imatrix",
    "irow",
    "irows",
    "iscalar",
    "iscalars",
    "itensor3",
    "itensor3s",
    "itensor4",
    "itensor4s",
    "itensor5",
    "itensor5s",
    "ivector",
    "ivectors",
    "lcol",
    "lcols",
    "lmatrices",
    "lmatrix",
    "lrow",
    "lrows",
    "lscalar",
    "lscalars",
    "ltensor3",
    "ltensor3s",
    "ltensor4",
    "ltensor4s",
    "ltensor5",
    "ltensor5s",
    "lvector",
    "lvectors",
    "matrices",
    "matrix",
    "row",
    "rows",
    "scalar",
    "scalars",
    "tensor",
    "tensor3",
    "tensor3s",
    "tensor4",
    "tensor4s",
    "tensor5",
    "tensor5s",
    "vector",
    "vectors",
    "wcol",
    "wcols",
    "wmatrices",
    "wmatrix",
    "wrow",
    "wrows",
    "wscalar",
    "wscalars",
    "wtensor3",
    "wtensor3s",
    "wtensor4",
    "wtensor4s",
    "wtensor5",
    "wtensor5s",
    "wvector",
    "wvectors",
]

PATTERNS: dict[str, tuple[bool, ...]] = {
    "scalar": (),
    "vector": (False,),
    "matrix": (False,) * 2,
    "row": (True, False),
    "col": (False, True),
    "tensor3": (False,) * 3,
    "tensor4": (False,) * 4,
    "tensor5": (False,) * 5,
}
PLURALS = {"matrix": "matrices"}
Constructor = Callable[..., Variable]


def tensor(
    dtype: str | None = None,
    broadcastable: Sequence[bool] = (),
    name: str | None = None,
    *,
    shape: Sequence[int | None] | None = None,
) -> Variable:
    """Return a symbol.

    Parameters
    ----------
    dtype
        Its dtype, by default ``config.floatX``.
    broadcastable
        For each axis, whether it has size 1 and broadcasts.
    name
        Its name, by which data sources are matched.
    shape
        The size of each axis, ``None`` where any will do.

    Examples
    --------
    >>> tensor("int8", (True, False)).type
    TensorType('int8', (1, None))
    """
    dtype = config.floatX if dtype in (None, "floatX") else dtype
    sizes = tuple(broadcastable if shape is None else shape)
    return Variable(TensorType(str(dtype), sizes), name=name)


def _singular(kind: str, dtype: str | None = None, label: str = "") -> Constructor:
    pattern = PATTERNS[kind]
    fixed = dtype

    def construct(
        name: str | None = None,
        dtype: str | None = None,
        *,
        shape: Sequence[int | None] | None = None,
    ) -> Variable:
        if shape is None:
            shape = tuple(1 if flag else None for flag in pattern)
        elif len(shape) != len(pattern):
            raise ShapeError(
                f"{kind}: expected {len(pattern)} sizes, got {tuple(shape)}. "
                "Give a size for each axis, None where it is not known."
            )
        return tensor(fixed or dtype, name=name, shape=shape)

    construct.__name__ = construct.__qualname__ = label + kind
    example = TensorType(fixed or "float64", pattern)
    construct.__doc__ = f"""Return a symbol with {len(pattern)} axes of {fixed or "floatX"}.

    Parameters
    ----------
    name
        Its name, by which data sources are matched.
    dtype
        {"Accepted for compatibility." if fixed else "Another dtype than floatX."}
    shape
        The size of each axis, ``None`` where any will do.

    Raises
    ------
    ShapeError
        If there is not one size for each axis.

    Examples
    --------
    >>> {label}{kind}("x").type
    {example!r}
    """
    return construct


def _plural(constructor: Constructor, kind: str, label: str = "") -> Callable[..., list[Variable]]:
    def construct(*names: Any, dtype: str | None = None) -> Any:
        if len(names) == 1 and isinstance(names[0], int):
            listed: list[str | None] = [None] * names[0]
        elif len(names) == 1:  # one string, whose letters are the names; or a list of names
            listed = list(names[0])
        else:
            listed = list(names)
        return [constructor(name, dtype) for name in listed]

    name = label + PLURALS.get(kind, kind + "s")
    construct.__name__ = construct.__qualname__ = name
    construct.__doc__ = f"""Return several symbols as `{label}{kind}` makes them.

    Parameters
    ----------
    *names
        Their names; or one string of letters, or a number of symbols without names.
    dtype
        As of `{label}{kind}`.

    Examples
    --------
    >>> {name}("x", "y"), len({name}(3))
    ([x, y], 3)
    """
    return construct


def _constructors(dtype: str | None = None, label: str = "") -> list[Constructor]:
    return [_singular(kind, dtype, label) for kind in PATTERNS]


def _plurals(*constructors: Constructor, label: str = "") -> list[Callable[..., list[Variable]]]:
    return [_plural(c, kind, label) for c, kind in zip(constructors, PATTERNS, strict=True)]


scalar, vector, matrix, row, col, tensor3, tensor4, tensor5 = _constructors()
(scalars, vectors, matrices, rows, cols, tensor3s, tensor4s, tensor5s) = _plurals(
    scalar, vector, matrix, row, col, tensor3, tensor4, tensor5
)
bscalar, bvector, bmatrix, brow, bcol, btensor3, btensor4, btensor5 = _constructors("int8", "b")
(bscalars, bvectors, bmatrices, brows, bcols, btensor3s, btensor4s, btensor5s) = _plurals(
    bscalar, bvector, bmatrix, brow, bcol, btensor3, btensor4, btensor5, label="b"
)
wscalar, wvector, wmatrix, wrow, wcol, wtensor3, wtensor4, wtensor5 = _constructors("int16", "w")
(wscalars, wvectors, wmatrices, wrows, wcols, wtensor3s, wtensor4s, wtensor5s) = _plurals(
    wscalar, wvector, wmatrix, wrow, wcol, wtensor3, wtensor4, wtensor5, label="w"
)
iscalar, ivector, imatrix, irow, icol, itensor3, itensor4, itensor5 = _constructors("int32", "i")
(iscalars, ivectors, imatrices, irows, icols, itensor3s, itensor4s, itensor5s) = _plurals(
    iscalar, ivector, imatrix, irow, icol, itensor3, itensor4, itensor5, label="i"
)
lscalar, lvector, lmatrix, lrow, lcol, ltensor3, ltensor4, ltensor5 = _constructors("int64", "l")
(lscalars, lvectors, lmatrices, lrows, lcols, ltensor3s, ltensor4s, ltensor5s) = _plurals(
    lscalar, lvector, lmatrix, lrow, lcol, ltensor3, ltensor4, ltensor5, label="l"
)
fscalar, fvector, fmatrix, frow, fcol, ftensor3, ftensor4, ftensor5 = _constructors("float32", "f")
(fscalars, fvectors, fmatrices, frows, fcols, ftensor3s, ftensor4s, ftensor5s) = _plurals(
    fscalar, fvector, fmatrix, frow, fcol, ftensor3, ftensor4, ftensor5, label="f"
)
dscalar, dvector, dmatrix, drow, dcol, dtensor3, dtensor4, dtensor5 = _constructors("float64", "d")
(dscalars, dvectors, dmatrices, drows, dcols, dtensor3s, dtensor4s, dtensor5s) = _plurals(
    dscalar, dvector, dmatrix, drow, dcol, dtensor3, dtensor4, dtensor5, label="d"
)
