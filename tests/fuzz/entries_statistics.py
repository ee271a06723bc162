"""How to apply each function: statistics, searching, counting, grids, batches of rows."""

from __future__ import annotations

import numpy as np

from tests.fuzz.entries import entry, in_nnet, in_tensor, is_number, is_whole, labels, pair

# Statistics.


@entry("tensor.ptp")
def spread(pool, name):
    x = pool.number()
    axis = pool.axis(x) if x.value.ndim and pool.flag() else None
    return f"{name}({x.text}, axis={axis})"


@entry("tensor.cov")
def covariance(pool, name):
    x = pool.pick(lambda x: 0 < x.value.ndim < 3 and x.value.dtype != bool)
    options = f"rowvar={pool.flag()}, bias={pool.flag()}"
    if pool.chance(3):
        options += f", y={x.text if pool.flag() else pool.like(x, is_number).text}"
    return f"{name}({x.text}, {options}{pool.choice(['', '', ', ddof=0'])})"


@entry(*in_tensor("topk argtopk topk_and_argtopk"))
def largest_few(pool, name):
    x = pool.array(at_least=1)
    axis = None if pool.chance(4) else pool.axis(x)
    n = x.value.size if axis is None else x.value.shape[axis]
    if not n:
        pool.unfit()
    k = pool.integer(1, min(n, 3))
    options = ", idx_dtype='int32'" if "arg" in name and pool.flag() else ""
    return f"{name}({x.text}, {-k if pool.chance(3) else k}, axis={axis}{options})"


@entry("tensor.bincount", "extra_ops.bincount")
def counted(pool, name):
    n = pool.choice([3, 5, 1])
    x = pool.array(1) if pool.flag() else pool.new((pool.choice([4, 2, 6]),), "int64")
    options = pool.choice(["", f", minlength={pool.size(4)}"])
    if pool.chance(3):
        options += f", weights={pool.like(x).text}"
    return f"{name}(tensor.cast(abs({x.text}), 'int64') % {n}{options})"


# Searching.


@entry("tensor.searchsorted", "extra_ops.searchsorted")
def searched(pool, name):
    x, v = pool.array(1), pool.array()
    side = pool.choice(["left", "right"])
    if pool.chance(3):
        order = f"tensor.argsort({x.text})"
        return f"{name}({x.text}, {v.text}, side={side!r}, sorter={order})"
    return f"{name}(tensor.sort({x.text}), {v.text}, side={side!r})"


@entry("extra_ops.Unique")
def distinct(pool, name):
    flags = ", ".join(str(pool.flag()) for _ in range(3))
    return f"{name}({flags})({pool.array(1).text})"


@entry("tensor.choose")
def chosen(pool, name):
    x = pool.number()
    choices = [x.text, *(pool.broadcasting(x, where=is_number).text for _ in range(2))]
    mode = pool.choice(["raise", "clip", "wrap"])
    shape = x.value.shape[pool.integer(0, x.value.ndim) :]
    a = pool.rng.randint(0, 3 if mode == "raise" or pool.chance(20) else 6, shape)
    a = np.asarray(a, pool.choice(["int64", "int8"]))
    a = pool.leaf(a) if pool.flag() else pool.constant(a)
    if pool.chance(4):
        stacked = f"tensor.stack([{x.text}, {x.text}, {x.text} * 2])"
        return f"{name}({a.text}, {stacked}, mode={mode!r})"
    return f"{name}({a.text}, [{', '.join(choices)}], mode={mode!r})"


@entry("tensor.compress", "extra_ops.compress")
def compressed(pool, name):
    x = pool.array()
    axis = pool.axis(x) if x.value.ndim and pool.flag() else None
    n = x.value.size if axis is None else x.value.shape[axis]
    mask = pool.numbers((pool.integer(0, n),), pool.choice(["bool", "int8"]))
    mask = pool.leaf(mask) if pool.chance(3) else pool.constant(mask)
    return f"{name}({mask.text}, {x.text}, axis={axis})"


@entry("tensor.flatnonzero")
def nonzero_places(pool, name):
    return f"{name}({pool.array().text})"


@entry("tensor.inverse_permutation")
def unordered(pool, name):
    x = pool.pick(lambda x: 0 < x.value.ndim < 3)
    return f"{name}(tensor.argsort({x.text}))"


# Comparisons of several.


@entry(*in_tensor("largest smallest"))
def extreme_of_several(pool, name):
    x = pool.array()
    others = [pool.broadcasting(x).text for _ in range(pool.integer(0, 2))]
    return f"{name}({', '.join([x.text, *others])})"


@entry("tensor.ceil_intdiv")
def quotient(pool, name):
    x = pool.pick(is_whole)
    y = pool.broadcasting(x, where=is_whole)
    return f"{name}({x.text}, abs({y.text}) + 1)"


@entry(*in_tensor("isclose allclose"))
def close(pool, name):
    x, y = pair(pool, is_number)
    options = pool.choice(["", ", rtol=0.5", ", atol=0.5", ", equal_nan=True"])
    return f"{name}({x}, {y}{options})"


@entry(*in_tensor("gamma gammaln psi"))
def gamma(pool, name):
    x = pool.number().text
    return f"{name}({x})" if pool.chance(8) else f"{name}(abs({x}) + 0.5)"


# Grids.


@entry("tensor.mgrid", "tensor.ogrid")
def grid(pool, name):
    slices = []
    for _ in range(pool.integer(1, 2)):
        n = pool.size(pool.choice(pool.sizes))
        slices.append(pool.choice([f"0:{n}", f"0:{n}", f"-1:{n}:2", "0:2:0.5"]))
    return f"{name}[{', '.join(slices)}]"


@entry("tensor.tri")
def ones_below(pool, name):
    n, m = (pool.size(pool.choice(pool.sizes)) for _ in range(2))
    columns = pool.choice([m, "None"])
    return f"{name}({n}, {columns}, {pool.integer(-1, 1)}, {pool.choice(pool.dtypes)!r})"


@entry(*(f"{m}.fill_diagonal{o}" for m in ("tensor", "extra_ops") for o in ("", "_offset")))
def diagonal_filled(pool, name):
    x = pool.array(2)
    value = pool.choice([pool.array(0).text if pool.chance(3) else "0", "1", f"{x.text}.sum()"])
    offset = f", {pool.integer(-2, 2)}" if name.endswith("offset") else ""
    return f"{name}({x.text}, {value}{offset})"


@entry(*(f"{m}.unravel_index" for m in ("tensor", "extra_ops")))
def unraveled(pool, name):
    x = pool.pick(lambda x: x.value.ndim > 0 and x.value.size > 0)
    dims = pool.choice([f"{x.text}.shape", pool.sizes_of(x.value.shape)])
    i = pool.indices(x.value.size, pool.choice([(2,), (), (2, 2)]))
    return f"{name}(abs({i.text}) % {x.value.size}, {dims}, order={pool.choice(['C', 'F'])!r})"


@entry(*(f"{m}.ravel_multi_index" for m in ("tensor", "extra_ops")))
def raveled(pool, name):
    x = pool.pick(lambda x: x.value.ndim > 0 and x.value.size > 0)
    dims = pool.choice([f"{x.text}.shape", pool.sizes_of(x.value.shape)])
    common = pool.choice([(2,), (), (3,)])
    indices = ", ".join(pool.indices(n, common).text for n in x.value.shape)
    mode, order = pool.choice(["wrap", "clip", "raise"]), pool.choice(["C", "F"])
    return f"{name}([{indices}], {dims}, mode={mode!r}, order={order!r})"


@entry("tensor.get_vector_length", "tensor.is_flat")
def known_when_built(pool, name):
    x = pool.array()
    if name == "tensor.is_flat":
        return f"tensor.switch({name}({x.text}, {pool.integer(0, 2)}) + 0, {x.text}, 0)"
    return f"({x.text} + {name}({x.text}.shape))"


@entry("tensor.batched_tensordot")
def batched_tensordot(pool, name):
    x = pool.pick(lambda x: x.value.ndim in (2, 3))
    shape = x.value.shape
    k = pool.integer(0, len(shape) - 1)
    y = pool.new((shape[0], *shape[len(shape) - k :], pool.choice([2, 1, 3])))
    axes = f"{k}"
    if k == 1 and pool.flag():
        axes = f"[[{len(shape) - 1}], [1]]"
    return f"{name}({x.text}, {y.text}, axes={axes})"


# Neural networks.


@entry("nnet.softmax_with_bias", *in_nnet("crossentropy_softmax_1hot"))
def softmax_of_rows(pool, name):
    x = pool.real(2)
    if name == "nnet.crossentropy_softmax_1hot":
        return f"{name}({x.text}, {labels(pool, x).text})"
    return f"{name}({x.text}, {pool.new(x.value.shape[1:], str(x.value.dtype)).text})"


@entry(
    *in_nnet("crossentropy_softmax_1hot_with_bias crossentropy_softmax_argmax_1hot_with_bias"),
)
def crossentropy_with_bias(pool, name):
    x = pool.real(2)
    b = pool.new(x.value.shape[1:], str(x.value.dtype))
    return f"{name}({x.text}, {b.text}, {labels(pool, x).text})"


@entry(*in_nnet("prepend_0_to_each_row prepend_1_to_each_row prepend_scalar_to_each_row"))
def prepended(pool, name):
    x = pool.array(2)
    if "scalar" not in name:
        return f"{name}({x.text})"
    value = pool.array(0).text if pool.chance(3) else pool.choice(["2", f"{x.text}.sum()"])
    return f"{name}({value}, {x.text})"


@entry("nnet.confusion_matrix")
def confusion(pool, name):
    n = pool.choice([3, 2, 4])
    shape = (pool.choice([3, 2, 4]),)
    return f"{name}({pool.indices(n, shape).text}, {pool.indices(n, shape).text})"


MODULES = ("bn", "nnet")


@entry(*(f"{m}.batch_normalization" for m in MODULES))
def normalized(pool, name):
    x = pool.real()
    gamma, beta, mean = (pool.broadcasting(x, where=is_number).text for _ in range(3))
    deviation = pool.broadcasting(x, where=is_number).text
    return f"{name}({x.text}, {gamma}, {beta}, {mean}, abs({deviation}) + 0.5)"


def batch(pool):
    """Return a batch, which axes are normalized, and a function that draws parameters."""
    x = pool.real(at_least=1)
    n = x.value.ndim
    kind = pool.integer(0, 2)
    axes, numbers = "'per-activation'", (0,)
    if kind == 1:
        axes, numbers = "'spatial'", (0, *range(2, n))
    if kind == 2:
        numbers = tuple(a for a in range(n) if pool.flag()) or (n - 1,)
        axes = str(numbers)
    rest = tuple(m for a, m in enumerate(x.value.shape) if a not in numbers)
    whole = tuple(1 if a in numbers else m for a, m in enumerate(x.value.shape))

    def parameter():
        if pool.chance(4):
            return pool.choice(["1", "0.5"])
        return pool.new(pool.choice([rest, whole]), str(x.value.dtype)).text

    return x, axes, parameter


@entry(*(f"{m}.batch_normalization_train" for m in MODULES))
def normalized_by_batch(pool, name):
    x, axes, parameter = batch(pool)
    options = f"axes={axes}, epsilon=0.25"
    if pool.chance(3):
        options += f", running_mean={parameter()}, running_var={parameter()}"
    return f"{name}({x.text}, {parameter()}, {parameter()}, {options})"


@entry(*(f"{m}.batch_normalization_test" for m in MODULES))
def normalized_by_statistics(pool, name):
    x, axes, parameter = batch(pool)
    arguments = f"{parameter()}, {parameter()}, {parameter()}, abs({parameter()}) + 0.5"
    return f"{name}({x.text}, {arguments}, axes={axes})"
