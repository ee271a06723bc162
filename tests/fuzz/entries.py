"""How to apply each function: elementwise ones, reductions, those of neural networks.

An entry takes the pool of what has been made and the name of a function, and returns the
text of an expression that is likely to fit. Values are kept moderate, and in the domain of
the function most of the time.
"""

from __future__ import annotations

from blocks.graph.types import is_float

TABLE = {}
"""From public names, as ``module.name``, or from what an operator is called, to entries."""

ROUGH = {"nnet.ultra_fast_sigmoid", "extra_ops.Unique", "'float32'"}
"""Parts of texts whose gradient is another, or none, or whose steps are those of float32."""


def entry(*names):
    """Enter a function into the table under some names."""

    def enter(function):
        for name in names:
            assert name not in TABLE, name
            TABLE[name] = function
        return function

    return enter


def in_tensor(names):
    return [f"tensor.{name}" for name in names.split()]


def in_nnet(names):
    return [f"nnet.{name}" for name in names.split()]


@entry(
    *in_tensor("abs abs_ sgn sign sqr square floor ceil trunc round iround sin cos arctan"),
    *in_tensor("arcsinh tanh erf erfc sigmoid softplus identity tensor_copy neg isnan isinf"),
    *in_tensor("deg2rad rad2deg round_half_to_even round_half_away_from_zero"),
    *in_nnet("elu hard_sigmoid relu selu sigmoid softplus tanh ultra_fast_sigmoid"),
)
def anywhere(pool, name):
    return f"{name}({pool.number().text})"


@entry(*in_tensor("exp exp2 expm1 sinh cosh tan"))
def steep(pool, name):
    x = pool.number().text
    return f"{name}({x})" if pool.chance(4) else f"{name}(tensor.sin({x}))"


@entry(*in_tensor("arcsin arccos arctanh"))
def within_one(pool, name):
    x = pool.number().text
    return f"{name}({x})" if pool.chance(8) else f"{name}(0.9 * tensor.sin({x}))"


@entry(*in_tensor("log log2 log10 log1p sqrt inv"))
def positive(pool, name):
    x = pool.number().text
    return f"{name}({x})" if pool.chance(8) else f"{name}(abs({x}) + 0.5)"


@entry(*in_tensor("arccosh"))
def above_one(pool, name):
    return f"{name}(1.25 + abs({pool.number().text}))"


@entry("options")
def with_option(pool, name):
    x = pool.number().text
    return pool.choice(
        [
            f"tensor.round({x}, 'half_away_from_zero')",
            f"nnet.relu({x}, 0.25)",
            f"nnet.elu({x}, 0.5)",
            f"{x}.clip(-0.5, 1)",
        ]
    )


def pair(pool, where=lambda x: True):
    """Return two expressions that combine, at most one of them a number."""
    x = pool.pick(where)
    y = pool.broadcasting(x, where=where)
    return (y.text, x.text) if pool.flag() else (x.text, y.text)


def is_number(x):
    return x.value.dtype != bool


def is_whole(x):
    return x.value.dtype.kind in "iu" and x.variable is not None


def is_truth(x):
    return x.value.dtype == bool


OPERATORS = {
    **{name: "({} + {})" for name in ("tensor.add",)},
    **{name: "({} * {})" for name in ("tensor.mul", "tensor.multiply")},
    **{name: "({} - {})" for name in ("tensor.sub", "tensor.subtract")},
}
COMPARISONS = "lt less le less_equal gt greater ge greater_equal eq equal neq not_equal"


@entry(*OPERATORS, *in_tensor("maximum minimum"), *in_tensor(COMPARISONS))
def two(pool, name):
    is_difference = name in ("tensor.sub", "tensor.subtract")
    x, y = pair(pool, is_number if is_difference else lambda x: True)
    if name in OPERATORS and pool.flag():
        return OPERATORS[name].format(x, y)
    if name in ("tensor.add", "tensor.mul") and pool.chance(5):
        return f"{name}({x}, {y}, {x})"
    return f"{name}({x}, {y})"


@entry(*in_tensor("true_div divide int_div floor_div mod"))
def division(pool, name):
    x, y = pair(pool, is_number)
    form = pool.choice(["", "", "", "", "raw"])
    return f"{name}({x}, {y})" if form else f"{name}({x}, abs({y}) + 1)"


@entry("tensor.pow", "tensor.power")
def power(pool, name):
    kind = pool.integer(0, 3)
    if kind == 0:
        return f"{name}({pool.number().text}, {pool.choice([2, 1, 3, 0, -1])})"
    x, y = pair(pool, is_number)
    if kind == 1:
        return f"{name}(abs({x}) + 0.5, tensor.tanh({y}))"
    return f"{name}({x}, {y})" if kind == 2 else f"tensor.sqrt(abs({x})) ** {pool.choice([2, 3])}"


@entry("tensor.arctan2")
def angle(pool, name):
    x, y = pair(pool)
    return f"{name}({x}, {y})" if pool.chance(4) else f"{name}({x}, abs({y}) + 0.5)"


@entry(*in_tensor("and_ bitwise_and or_ bitwise_or xor bitwise_xor"))
def bits(pool, name):
    where = is_truth if pool.flag() else is_whole
    x = pool.pick(where)
    y = pool.broadcasting(x, where=where)
    return f"{name}({x.text}, {y.text})"


@entry(*in_tensor("invert bitwise_not"))
def complement(pool, name):
    return f"{name}({pool.pick(lambda x: is_whole(x) or is_truth(x)).text})"


@entry("tensor.switch", "tensor.where")
def choose(pool, name):
    x = pool.array()
    y = pool.broadcasting(x)
    c = pool.broadcasting(x)
    if y.variable is None or c.variable is None:
        c = x
    condition = c.text if is_truth(c) and pool.flag() else f"{c.text} > {pool.choice([0, 1, 0.5])}"
    return f"{name}({condition}, {x.text}, {y.text})"


@entry("tensor.clip")
def clip(pool, name):
    x = pool.number()
    if pool.flag():
        return f"{name}({x.text}, {pool.choice([-1, 0, -0.5])}, {pool.choice([1, 2, 0.5])})"
    low = pool.broadcasting(x, where=is_number).text
    return f"{name}({x.text}, {low}, {low} + 1)"


@entry("tensor.cast", "x.astype")
def cast(pool, name):
    x = pool.array().text
    dtypes = ["float64", "float32", "int64", "int8", "bool", "uint8", "int32", "int16", "uint16"]
    dtype = pool.choice([d for d in dtypes if len(pool.dtypes) > 2 or d in pool.dtypes] or dtypes)
    form = "{}.astype({!r})" if name == "x.astype" else "tensor.cast({}, {!r})"
    return form.format(x, dtype)


# Reductions.


@entry(*in_tensor("sum prod max min any all mean var std logsumexp argmax argmin"))
def reduction(pool, name):
    x = pool.array()
    if name in ("tensor.var", "tensor.std", "tensor.logsumexp", "tensor.mean"):
        x = pool.number()
    axis = pool.axes(x)
    text = x.text
    if name == "tensor.std" and not pool.chance(4):
        text = f"({text} * tensor.arange({text}.size).reshape({text}.shape))"
    options = f"axis={axis}, keepdims={pool.flag()}"
    if name in ("tensor.sum", "tensor.prod", "tensor.mean") and pool.chance(8):
        dtypes = [d for d in pool.dtypes if is_float(d)]
        options += f", dtype={pool.choice(dtypes)!r}"
    if name == "tensor.var" and pool.chance(4):
        options += ", ddof=1"
    if pool.chance(4):
        return f"{text}.{name.split('.')[1]}({options})" if name != "tensor.logsumexp" else text
    return f"{name}({text}, {options})"


@entry("tensor.max_and_argmax")
def extreme(pool, name):
    x = pool.array()
    return f"{name}({x.text}, axis={pool.axes(x)}, keepdims={pool.flag()})"


@entry("tensor.norm")
def norm(pool, name):
    x = pool.number()
    order = pool.choice([2, 1, None, 3, 0, "np.inf", 2.5])
    shifted = f"(abs({x.text}) + 0.25)"
    return f"{name}({shifted}, {order}, axis={pool.axes(x)}, keepdims={pool.flag()})"


@entry("tensor.cumsum", "tensor.cumprod", "extra_ops.cumsum", "extra_ops.cumprod")
def running(pool, name):
    x = pool.number()
    return f"{name}({x.text}, axis={_axis_or_none(pool, x)})"


@entry("tensor.sort", "tensor.argsort")
def order(pool, name):
    x = pool.array()
    return f"{name}({x.text}, axis={_axis_or_none(pool, x)})"


@entry("tensor.diff", "extra_ops.diff")
def difference(pool, name):
    x = pool.number(at_least=1)
    return f"{name}({x.text}, n={pool.choice([1, 2, 0])}, axis={pool.axis(x)})"


def _axis_or_none(pool, x):
    return pool.axis(x) if x.value.ndim and not pool.chance(4) else None


# Neural networks.


@entry("nnet.softmax", "nnet.logsoftmax", "nnet.softmax_graph")
def softmax(pool, name):
    x = pool.real(at_least=1)
    text = f"{name}({x.text}, axis={pool.axis(x)})" if pool.chance(3) else f"{name}({x.text})"
    return f"tensor.log({text})" if name == "nnet.softmax" and pool.chance(5) else text


def labels(pool, x):
    """Return labels for the rows of a variable."""
    classes, rows = x.value.shape[-1], x.value.shape[:-1]
    if classes == 0 and 0 not in rows:
        pool.unfit()
    array = pool.rng.randint(0, max(classes, 1), rows).astype(pool.choice(["int64", "int32"]))
    return pool.leaf(array) if pool.flag() else pool.constant(array)


@entry(*in_nnet("categorical_crossentropy crossentropy_categorical_1hot softmax_crossentropy"))
def categorical(pool, name):
    x = pool.real(at_least=1)
    probabilities = f"nnet.softmax({x.text})"
    text = x.text if name == "nnet.softmax_crossentropy" else probabilities
    if name != "nnet.softmax_crossentropy" and pool.chance(3):
        text = f"(0.25 + abs({x.text}))"
    if name != "nnet.crossentropy_categorical_1hot" and pool.chance(3):
        return f"{name}({text}, nnet.softmax({pool.like(x, is_real).text}))"
    return f"{name}({text}, {labels(pool, x).text})"


def is_real(x):
    return x.value.dtype.kind == "f" and x.value.ndim > 0


@entry(*in_nnet("binary_crossentropy sigmoid_binary_crossentropy"))
def binary(pool, name):
    x = pool.real()
    y = pool.broadcasting(x)
    if y.variable is None:
        target = pool.choice(["0", "1", "0.25"])
    else:
        target = f"nnet.sigmoid({y.text})" if y.value.dtype.kind == "f" else f"({y.text} > 0)"
    text = f"nnet.sigmoid({x.text})" if name == "nnet.binary_crossentropy" else x.text
    return f"{name}({text}, {target})"


@entry("extra_ops.to_one_hot")
def one_hot(pool, name):
    n = pool.choice([3, 2, 1])
    y = pool.indices(n, pool.choice([(2,), (3,), (1,)]))
    return f"{name}(abs({y.text}) % {n}, {n})"
