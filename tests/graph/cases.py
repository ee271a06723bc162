"""The table of elementwise operations, reductions and functions of neural networks.

A row says how to build a result from variables, what the variables hold, and what may be
asked of it. To add an operation is to add a row; `test_ops` does the rest. The rows of
operations on shapes are in `cases_shape`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from blocks.graph.ops import elementwise as e
from blocks.graph.ops import gradients, nn
from blocks.graph.ops import reduce as r


@dataclass(frozen=True)
class Input:
    """What a variable holds: numbers of some kind between two bounds."""

    shape: tuple[int, ...]
    kind: str = "real"  # or a dtype of integers, "bool", "probabilities" or "labels"
    low: float = -2.0
    high: float = 2.0
    broadcastable: tuple[bool, ...] = ()

    def draw(self, rng, dtype, shape, classes):
        """Return an array of that shape."""
        if self.kind == "real":
            return rng.uniform(self.low, self.high, shape).astype(dtype)
        if self.kind == "probabilities":
            x = rng.uniform(0.1, 1, shape)
            return (x / x.sum(axis=-1, keepdims=True)).astype(dtype)
        if self.kind == "labels":
            return rng.randint(0, max(classes, 1), shape)
        if self.kind == "bool":
            return rng.uniform(size=shape) < 0.5
        return rng.randint(int(self.low), int(self.high), shape).astype(self.kind)


@dataclass(frozen=True)
class Case:
    """A row of the table.

    The word before the first colon of `id` is the public name that it covers. `expected`
    is NumPy's word on it, where the op's own reference is not that already. `smooth` says
    whether finite differences agree with the gradient, `second` whether those of the
    gradient with the second one. `empty` and `special` say whether an axis of size 0, and
    NaN, infinity and zeros, make sense. `widens` says that integers make floats float64.
    """

    id: str
    build: Callable[..., Any]
    inputs: tuple[Input, ...]
    expected: Callable[..., Any] | None = None
    smooth: bool = True
    second: bool = False
    empty: bool = True
    special: bool = True
    widens: bool = False

    def shapes(self, change=lambda shape: shape):
        """Return the shapes of the inputs, with the first axis changed where it is shared."""
        ndim = max(len(i.shape) for i in self.inputs)
        return [
            change(i.shape)
            if i.shape and (len(i.shape) == ndim or i.kind == "labels") and not self._fixed(i)
            else i.shape
            for i in self.inputs
        ]

    @staticmethod
    def _fixed(x):
        return bool(x.broadcastable) and x.broadcastable[0]

    def draw(self, dtype, shapes=None, seed=1):
        """Return arrays for the inputs, the real ones in the given dtype."""
        rng = np.random.RandomState(seed)
        shapes = self.shapes() if shapes is None else shapes
        classes = shapes[0][-1] if shapes[0] else 0
        return [
            i.draw(rng, dtype, shape, classes) for i, shape in zip(self.inputs, shapes, strict=True)
        ]


def real(*shape, low=-2.0, high=2.0, broadcastable=()):
    return Input(shape, "real", low, high, broadcastable)


def ints(*shape, low=-4, high=5, dtype="int64"):
    return Input(shape, dtype, low, high)


X = real(3, 4)
POSITIVE = real(3, 4, low=0.2, high=3.0)

# Functions of one variable, and where they are smooth.
FUNCTIONS = {
    "exp": (-2, 2),
    "expm1": (-2, 2),
    "exp2": (-2, 2),
    "log": (0.2, 3),
    "log1p": (-0.8, 3),
    "log2": (0.2, 3),
    "log10": (0.2, 3),
    "sqrt": (0.2, 3),
    "inv": (0.5, 2),
    "sqr": (-2, 2),
    "neg": (-2, 2),
    "abs_": (-2, 2),
    "sgn": (-2, 2),
    "floor": (-2, 2),
    "ceil": (-2, 2),
    "trunc": (-2, 2),
    "round": (-2, 2),
    "sin": (-2, 2),
    "cos": (-2, 2),
    "tan": (-1, 1),
    "arcsin": (-0.9, 0.9),
    "arccos": (-0.9, 0.9),
    "arctan": (-2, 2),
    "sinh": (-2, 2),
    "cosh": (-2, 2),
    "tanh": (-2, 2),
    "arcsinh": (-2, 2),
    "arccosh": (1.2, 3),
    "arctanh": (-0.9, 0.9),
    "erf": (-2, 2),
    "erfc": (-2, 2),
    "sigmoid": (-3, 3),
    "softplus": (-3, 3),
    "hard_sigmoid": (-4, 4),
    "relu": (-2, 2),
    "elu": (-2, 2),
    "selu": (-2, 2),
    "identity": (-2, 2),
}
STEPS = ("sgn", "floor", "ceil", "trunc", "round")  # whose gradient is zero
ELEMENTWISE = [
    Case(name, getattr(e, name), (real(3, 4, low=low, high=high),), second=name not in STEPS)
    for name, (low, high) in FUNCTIONS.items()
]
ELEMENTWISE += [
    Case("ultra_fast_sigmoid", e.ultra_fast_sigmoid, (real(3, 4, low=-8, high=8),), smooth=False),
    Case(
        "round: half away from zero",
        lambda x: e.round(x * 2, "half_away_from_zero") / 2,
        (X,),
        lambda x: np.sign(x) * np.floor(np.abs(x * 2) + 0.5) / 2,
    ),
    Case("round: ties", lambda x: e.round(x / 2), (ints(9),), lambda x: np.round(x / 2)),
    Case("iround", e.iround, (X,), np.rint, special=False),
    Case("cast: to float32", lambda x: e.cast(x, "float32"), (X,), smooth=False),
    Case("cast: to int32", lambda x: e.cast(x, "int32"), (X,), np.trunc, special=False),
    Case("cast: to bool", lambda x: e.cast(x, "bool"), (ints(3, 4),), lambda x: x != 0),
    Case("relu: leaky", lambda x: e.relu(x, 0.1), (X,), lambda x: np.where(x > 0, x, 0.1 * x)),
    Case("relu: slopes", e.relu, (X, real(1, 4, broadcastable=(True, False)))),
    Case("elu: alpha", lambda x: e.elu(x, 0.5), (X,), second=True),
    Case("disconnected_grad", lambda x: x * gradients.disconnected_grad(x), (X,), smooth=False),
    Case("zero_grad", lambda x: x * gradients.zero_grad(x), (X,), smooth=False),
    Case("grad_clip", lambda x: gradients.grad_clip(x, -0.5, 0.5), (X,), smooth=False),
    Case("isnan", e.isnan, (X,)),
    Case("isinf", e.isinf, (X,)),
    Case("isinf: integers", e.isinf, (ints(3),)),
    Case("add", e.add, (X, X), second=True),
    Case("add: three", lambda x, y, z: e.add(x, y, z), (X, X, real(4)), lambda x, y, z: x + y + z),
    Case("sub", e.sub, (X, X)),
    Case("mul", e.mul, (X, X), second=True),
    Case("mul: row", e.mul, (X, real(1, 4, broadcastable=(True, False))), second=True),
    Case("mul: column", e.mul, (X, real(3, 1, broadcastable=(False, True))), empty=False),
    Case("mul: vector, scalar", lambda x, y, s: x * y * s, (X, real(4), real()), second=True),
    Case("mul: outer", lambda x, y: x.dimshuffle(0, "x") * y, (real(3), real(3)), empty=False),
    Case("true_div", e.true_div, (X, POSITIVE), second=True),
    Case("true_div: integers", e.true_div, (ints(20), ints(20))),
    Case("int_div", e.int_div, (X, POSITIVE)),
    Case("int_div: integers", e.int_div, (ints(40), ints(40))),
    Case("mod", e.mod, (X, POSITIVE)),
    Case("mod: signs", e.mod, (real(20, low=-5), real(20, low=-2, high=-0.5))),
    Case("mod: integers", e.mod, (ints(40), ints(40))),
    Case("pow", e.pow, (POSITIVE, X), second=True),
    Case("pow: square", lambda x: x**2, (X,), second=True),
    Case("pow: cube", lambda x: x**3, (X,), second=True),
    Case("pow: root", lambda x: x**0.5, (POSITIVE,), second=True),
    Case("pow: inverse", lambda x: x**-1, (POSITIVE,), second=True),
    Case("pow: integers", e.pow, (ints(60), ints(60, low=0)), np.power),
    Case(
        "pow: negative exponents",
        e.pow,
        (ints(60, low=1), ints(60)),
        lambda x, y: np.trunc(x.astype(float) ** y),  # NumPy has none for integers
    ),
    Case("pow: of 2", lambda x: 2**x, (X,), second=True),
    Case("arctan2", e.arctan2, (X, POSITIVE), second=True),
    Case("maximum", e.maximum, (X, X), second=True),
    Case("maximum: literal", lambda x: e.maximum(x, 0), (X,)),
    Case("minimum", e.minimum, (X, X)),
    Case("clip", lambda x: e.clip(x, -1, 1), (X,), lambda x: np.clip(x, -1, 1)),
    Case("clip: bounds", e.clip, (X, real(3, 4, high=-1), real(3, 4, low=1)), np.clip),
    Case("switch", lambda x, y: e.switch(x > 0, x, y), (X, X), second=True),
    Case("where", lambda c, x, y: e.where(c, x, y), (Input((3, 4), "bool"), X, X), np.where),
    Case("where: row", lambda c, x: e.where(c, x, 0), (Input((4,), "bool"), X), second=True),
    *(Case(name, getattr(e, name), (X, X)) for name in ("lt", "le", "gt", "ge")),
    *(Case(name, getattr(e, name), (ints(30), ints(30))) for name in ("eq", "neq")),
    Case("eq: mixed", e.eq, (ints(30), ints(30, dtype="int8"))),
    *(Case(name, getattr(e, name), (ints(30), ints(30))) for name in ("and_", "or_", "xor")),
    *(
        Case(f"{name}: truth values", getattr(e, name), (Input((9,), "bool"), Input((9,), "bool")))
        for name in ("and_", "or_", "xor")
    ),
    Case("invert", e.invert, (ints(9),)),
    Case("invert: truth values", e.invert, (Input((9,), "bool"),)),
    Case("invert: unsigned", e.invert, (ints(9, low=0, dtype="uint8"),)),
    Case("abs_: integers", abs, (ints(9, dtype="int8"),)),
    Case("sgn: integers", e.sgn, (ints(9),)),
    Case("sqr: truth values", e.sqr, (Input((9,), "bool"),)),
    Case("add: truth values", e.add, (Input((9,), "bool"), Input((9,), "bool"))),
    Case("mul: overflow", e.mul, (ints(9, low=50, high=90, dtype="int8"), ints(9, dtype="int8"))),
    Case("sub: unsigned", e.sub, (ints(9, low=0, dtype="uint8"), ints(9, low=0, dtype="uint8"))),
    Case("exp: small integers", e.exp, (ints(9, dtype="int8"),)),
    Case("mixed: int and float", lambda n, x: n * x + 1, (ints(4), X), widens=True),
    Case("chain", lambda x, y: e.tanh(x * y + 0.5) * e.sigmoid(-y) / (1 + x * x), (X, X)),
]

T = real(2, 3, 4)
REDUCTIONS = [
    *(
        Case(
            f"{name}: {axis}",
            lambda x, name=name, axis=axis: getattr(r, name)(x, axis=axis),
            (T,),
            lambda x, name=name, axis=axis: getattr(np, name)(
                x, axis=tuple(axis) if isinstance(axis, list) else axis
            ),
            second=True,
            empty=name in ("sum", "prod") or axis in (1, -1),
        )
        for name in ("sum", "mean", "prod", "max", "min", "var", "std")
        for axis in (None, 0, 1, -1, (0, 2), [1, 2])
        if axis in (None, 0, -1) or name in ("sum", "max")
    ),
    Case("sum: keepdims", lambda x: x / r.sum(x, axis=1, keepdims=True), (POSITIVE,), second=True),
    Case("sum: no axes", lambda x: r.sum(x, axis=()), (X,), lambda x: x),
    Case("sum: scalar", r.sum, (real(),), lambda x: x),
    Case("sum: long", r.sum, (real(5000),), np.sum),
    Case("sum: middle", lambda x: x.sum(axis=1), (real(5, 300, 7),), lambda x: x.sum(axis=1)),
    Case("sum: integers", lambda x: r.sum(x, axis=0), (ints(5, 4, dtype="int8"),)),
    Case("sum: truth values", lambda x: r.sum(x, axis=0), (Input((5, 4), "bool"),)),
    Case("sum: dtype", lambda x: r.sum(x, dtype="float64"), (X,), np.sum, widens=True),
    Case("sum: fused", lambda x, y: r.sum(e.sqr(x - y), axis=1), (X, X), second=True),
    Case("prod: integers", r.prod, (ints(6),)),
    Case("mean: integers", lambda x: r.mean(x, axis=0), (ints(5, 4),), empty=False),
    Case("mean: list", lambda x: r.mean(x, axis=[0, 1], keepdims=True), (X,), empty=False),
    Case("max: keepdims", lambda x: x - r.max(x, axis=1, keepdims=True), (X,)),
    Case("max: integers", lambda x: r.max(x, axis=1), (ints(5, 4),)),
    Case("min: unsigned", lambda x: r.min(x, axis=1), (ints(5, 4, low=0, dtype="uint8"),)),
    Case("max: truth values", lambda x: r.max(x, axis=1), (Input((5, 2), "bool"),)),
    Case(
        "var: ddof",
        lambda x: r.var(x, axis=0, ddof=1),
        (X,),
        lambda x: x.var(axis=0, ddof=1),
        empty=False,
    ),
    Case("var: corrected", lambda x: r.var(x, corrected=True), (X,), np.var, empty=False),
    Case("all", lambda x: r.all(x > 0, axis=1), (X,), lambda x: (x > 0).all(axis=1)),
    Case("all: numbers", lambda x: r.all(x), (ints(9),), np.all),
    Case("any", lambda x: r.any(x > 1, axis=0), (X,), lambda x: (x > 1).any(axis=0)),
    Case("any: keepdims", lambda x: r.any(x > 1, keepdims=True), (X,)),
    Case("argmax", lambda x: r.argmax(x, axis=1), (T,), lambda x: x.argmax(axis=1)),
    Case("argmax: all", r.argmax, (T,), np.argmax, empty=False),
    Case("argmax: ties", lambda x: r.argmax(x, axis=-1), (ints(9, 5),), lambda x: x.argmax(-1)),
    Case(
        "argmax: two",
        lambda x: r.argmax(x, axis=(0, 2), keepdims=True),
        (T,),
        lambda x: x.transpose(1, 0, 2).reshape(3, -1).argmax(axis=1).reshape(1, 3, 1),
        empty=False,
        special=False,
    ),
    Case("argmin", lambda x: r.argmin(x, axis=0), (T,), lambda x: x.argmin(axis=0), empty=False),
    Case("max_and_argmax", lambda x: r.max_and_argmax(x, axis=1)[0], (X,)),
    Case("max_and_argmax: index", lambda x: r.max_and_argmax(x, axis=1)[1], (X,)),
    Case(
        "logsumexp",
        lambda x: r.logsumexp(x, axis=1),
        (X,),
        lambda x: np.logaddexp.reduce(x, axis=1),
        second=True,
    ),
    Case(
        "logsumexp: keepdims",
        lambda x: r.logsumexp(1000 * x, keepdims=True),
        (X,),
        lambda x: np.logaddexp.reduce(1000 * x, axis=None, keepdims=True),
        empty=False,
        special=False,
    ),
]


def _softmax(x):
    x = np.exp(x - x.max(axis=-1, keepdims=True))
    return x / x.sum(axis=-1, keepdims=True)


def _picked(p, y):
    return -np.log(np.take_along_axis(p, y[..., np.newaxis], axis=-1)[..., 0])


LABELS = Input((3,), "labels")
P = Input((3, 4), "probabilities")
NN = [
    Case("softmax", nn.softmax, (X,), _softmax, second=True),
    Case("softmax: vector", nn.softmax, (real(5),), _softmax, empty=False),
    Case("softmax: tensor", nn.softmax, (T,), _softmax),
    Case("softmax: axis", lambda x: nn.softmax(x, axis=0), (X,), lambda x: _softmax(x.T).T),
    Case("softmax: large", lambda x: nn.softmax(1e4 * x), (X,), lambda x: _softmax(1e4 * x)),
    Case("logsoftmax", nn.logsoftmax, (X,), lambda x: np.log(_softmax(x)), second=True),
    Case("logsoftmax: of log", lambda x: e.log(nn.softmax(x)), (X,), second=True, special=False),
    Case("logsoftmax: large", lambda x: nn.logsoftmax(1e4 * x), (X,)),
    Case(
        "softmax_crossentropy",
        nn.softmax_crossentropy,
        (X, LABELS),
        lambda x, y: _picked(_softmax(x), y),
        second=True,
    ),
    Case(
        "softmax_crossentropy: steps",
        nn.softmax_crossentropy,
        (T, Input((2, 3), "labels")),
        lambda x, y: _picked(_softmax(x), y),
    ),
    Case(
        "softmax_crossentropy: one row",
        nn.softmax_crossentropy,
        (real(4), Input((), "labels")),
        empty=False,
    ),
    Case(
        "softmax_crossentropy: probabilities",
        nn.softmax_crossentropy,
        (X, P),
        lambda x, t: -(t * np.log(_softmax(x))).sum(axis=-1),
        second=True,
        special=False,
    ),
    Case("crossentropy_categorical_1hot", nn.crossentropy_categorical_1hot, (P, LABELS), _picked),
    Case(
        "categorical_crossentropy",
        nn.categorical_crossentropy,
        (P, LABELS),
        second=True,
    ),
    Case(
        "categorical_crossentropy: softmax",
        lambda x, y: nn.categorical_crossentropy(nn.softmax(x), y),
        (X, LABELS),
        lambda x, y: _picked(_softmax(x), y),
        second=True,
    ),
    Case(
        "categorical_crossentropy: probabilities",
        nn.categorical_crossentropy,
        (P, P),
        lambda p, t: -(t * np.log(p)).sum(axis=-1),
        second=True,
    ),
    Case(
        "binary_crossentropy",
        nn.binary_crossentropy,
        (P, P),
        lambda p, t: -(t * np.log(p) + (1 - t) * np.log(1 - p)),
        second=True,
        special=False,
    ),
    Case("binary_crossentropy: truth values", nn.binary_crossentropy, (P, Input((3, 4), "bool"))),
    Case(
        "sigmoid_binary_crossentropy",
        nn.sigmoid_binary_crossentropy,
        (X, P),
        lambda x, t: np.log1p(np.exp(x)) - t * x,
        second=True,
    ),
]

CASES = ELEMENTWISE + REDUCTIONS + NN
SPECIAL = (math.nan, math.inf, -math.inf, 0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1e30, 80.0)
