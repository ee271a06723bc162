"""The user's namespace of symbolic functions.

Variables are made by their number of axes (`scalar`, `vector`, `matrix`, ...), combined by
operators and the functions found here, differentiated by `grad`, and turned into callables
by ``blocks.function``. The names are those of Theano's ``tensor``.

Examples
--------
>>> x, W, b = matrix("x"), matrix("W"), vector("b")
>>> y = tanh(dot(x, W) + b)
>>> y.eval({x: [[1.0, 2.0]], W: [[0.0], [0.0]], b: [0.0]})
array([[0.]])
"""

from __future__ import annotations

from blocks import compile as _engine  # noqa: F401  (eval() needs an engine)
from blocks.graph import constructors as _constructors
from blocks.graph import methods as _methods  # noqa: F401  (operators of variables)
from blocks.graph.constructors import *  # noqa: F403
from blocks.graph.derivatives import Lop, Rop
from blocks.graph.gradient import grad
from blocks.graph.jacobians import hessian, jacobian
from blocks.graph.ops import compare as _compare
from blocks.graph.ops import special as _special
from blocks.graph.ops import statistics as _statistics
from blocks.graph.ops.batched import batched_dot, batched_tensordot
from blocks.graph.ops.branch import ifelse
from blocks.graph.ops.compare import *  # noqa: F403
from blocks.graph.ops.creation import (
    alloc,
    arange,
    eye,
    fill,
    full,
    full_like,
    identity_like,
    ones,
    zeros,
)
from blocks.graph.ops.diagonal import diag, diagonal, tril, triu
from blocks.graph.ops.elementwise import (
    abs_,
    add,
    and_,
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    cast,
    ceil,
    clip,
    cos,
    cosh,
    deg2rad,
    eq,
    erf,
    erfc,
    exp,
    exp2,
    expm1,
    floor,
    ge,
    gt,
    identity,
    int_div,
    inv,
    invert,
    iround,
    isinf,
    isnan,
    le,
    log,
    log1p,
    log2,
    log10,
    lt,
    maximum,
    minimum,
    mod,
    mul,
    neg,
    neq,
    or_,
    pow,
    rad2deg,
    round,
    round_half_away_from_zero,
    round_half_to_even,
    sgn,
    sigmoid,
    sin,
    sinh,
    softplus,
    sqr,
    sqrt,
    sub,
    switch,
    tan,
    tanh,
    true_div,
    trunc,
    where,
    xor,
)
from blocks.graph.ops.gradients import consider_constant
from blocks.graph.ops.grid import (
    fill_diagonal,
    fill_diagonal_offset,
    mgrid,
    ogrid,
    ravel_multi_index,
    tri,
    unravel_index,
)
from blocks.graph.ops.index import inc_subtensor, set_subtensor
from blocks.graph.ops.join import as_tensor_variable, concatenate, join, split, stack
from blocks.graph.ops.linalg import (
    dot,
    norm,
    outer,
    tensordot,
    trace,
)
from blocks.graph.ops.order import argsort, cumprod, cumsum, diff, sort
from blocks.graph.ops.reduce import (
    all,
    any,
    argmax,
    argmin,
    logsumexp,
    max,
    max_and_argmax,
    mean,
    min,
    prod,
    std,
    sum,
    var,
)
from blocks.graph.ops.repeat import repeat, roll, tile
from blocks.graph.ops.search import choose, compress, inverse_permutation, searchsorted
from blocks.graph.ops.shape import (
    addbroadcast,
    dimshuffle,
    flatten,
    get_vector_length,
    is_flat,
    ones_like,
    patternbroadcast,
    reshape,
    shape,
    shape_i,
    shape_padaxis,
    shape_padleft,
    shape_padright,
    specify_shape,
    squeeze,
    swapaxes,
    transpose,
    unbroadcast,
    zeros_like,
)
from blocks.graph.ops.special import *  # noqa: F403
from blocks.graph.ops.stacks import horizontal_stack, stacklists, vertical_stack
from blocks.graph.ops.statistics import *  # noqa: F403
from blocks.graph.ops.take import flatnonzero, nonzero, nonzero_values, take
from blocks.graph.types import TensorType
from blocks.graph.variable import constant
from blocks.graph.verify import verify_grad
from blocks.tensor import extra_ops, nlinalg, nnet, shared_randomstreams, slinalg

abs = abs_
as_tensor = as_tensor_variable
bitwise_and = and_
bitwise_not = invert
bitwise_or = or_
bitwise_xor = xor
divide = true_div
equal = eq
floor_div = int_div
greater = gt
greater_equal = ge
less = lt
less_equal = le
multiply = mul
not_equal = neq
power = pow
second = fill
sign = sgn
square = sqr
subtract = sub
tensor_copy = identity

__all__ = [
    "Lop",
    "Rop",
    "TensorType",
    "abs",
    "abs_",
    "add",
    "addbroadcast",
    "all",
    "alloc",
    "and_",
    "any",
    "arange",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "argmax",
    "argmin",
    "argsort",
    "as_tensor",
    "as_tensor_variable",
    "batched_dot",
    "batched_tensordot",
    "bitwise_and",
    "bitwise_not",
    "bitwise_or",
    "bitwise_xor",
    "cast",
    "ceil",
    "choose",
    "clip",
    "compress",
    "concatenate",
    "consider_constant",
    "constant",
    "cos",
    "cosh",
    "cumprod",
    "cumsum",
    "deg2rad",
    "diag",
    "diagonal",
    "diff",
    "dimshuffle",
    "divide",
    "dot",
    "eq",
    "equal",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "extra_ops",
    "eye",
    "fill",
    "fill_diagonal",
    "fill_diagonal_offset",
    "flatnonzero",
    "flatten",
    "floor",
    "floor_div",
    "full",
    "full_like",
    "ge",
    "get_vector_length",
    "grad",
    "greater",
    "greater_equal",
    "gt",
    "hessian",
    "horizontal_stack",
    "identity",
    "identity_like",
    "ifelse",
    "inc_subtensor",
    "int_div",
    "inv",
    "inverse_permutation",
    "invert",
    "iround",
    "is_flat",
    "isinf",
    "isnan",
    "jacobian",
    "join",
    "le",
    "less",
    "less_equal",
    "log",
    "log1p",
    "log2",
    "log10",
    "logsumexp",
    "lt",
    "max",
    "max_and_argmax",
    "maximum",
    "mean",
    "mgrid",
    "min",
    "minimum",
    "mod",
    "mul",
    "multiply",
    "neg",
    "neq",
    "nlinalg",
    "nnet",
    "nonzero",
    "nonzero_values",
    "norm",
    "not_equal",
    "ogrid",
    "ones",
    "ones_like",
    "or_",
    "outer",
    "patternbroadcast",
    "pow",
    "power",
    "prod",
    "rad2deg",
    "ravel_multi_index",
    "repeat",
    "reshape",
    "roll",
    "round",
    "round_half_away_from_zero",
    "round_half_to_even",
    "searchsorted",
    "second",
    "set_subtensor",
    "sgn",
    "shape",
    "shape_i",
    "shape_padaxis",
    "shape_padleft",
    "shape_padright",
    "shared_randomstreams",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "slinalg",
    "softplus",
    "sort",
    "specify_shape",
    "split",
    "sqr",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "stacklists",
    "std",
    "sub",
    "subtract",
    "sum",
    "swapaxes",
    "switch",
    "take",
    "tan",
    "tanh",
    "tensor_copy",
    "tensordot",
    "tile",
    "trace",
    "transpose",
    "tri",
    "tril",
    "triu",
    "true_div",
    "trunc",
    "unbroadcast",
    "unravel_index",
    "var",
    "verify_grad",
    "vertical_stack",
    "where",
    "xor",
    "zeros",
    "zeros_like",
]
for _module in (_constructors, _compare, _special, _statistics):
    __all__ += _module.__all__
