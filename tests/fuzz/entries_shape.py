"""How to apply each function: shapes, broadcasting, creation."""

from __future__ import annotations

import math

from tests.fuzz.entries import entry, in_tensor


@entry("tensor.dimshuffle", "tensor.transpose", "x.T")
def reorder(pool, name):
    x = pool.array()
    n = x.value.ndim
    order = list(range(n))
    if n > 1 and name != "x.T":
        first = pool.integer(0, n - 1)
        order = [first, *(a for a in order[::-1] if a != first)]
    if name == "x.T":
        return f"{x.text}.T"
    if name == "tensor.transpose":
        return (
            f"tensor.transpose({x.text}, {order})" if pool.flag() else f"tensor.transpose({x.text})"
        )
    flags = x.variable.broadcastable
    kept = [a for a in order if not (flags[a] and pool.flag())]
    for _ in range(pool.integer(0, 2 if len(kept) < 4 else 0)):
        kept.insert(pool.integer(0, len(kept)), "x")
    return f"tensor.dimshuffle({x.text}, {kept})"


@entry("tensor.swapaxes")
def swap(pool, name):
    x = pool.array(at_least=1)
    return f"{name}({x.text}, {pool.axis(x)}, {pool.axis(x)})"


@entry(*in_tensor("shape_padleft shape_padright"))
def pad(pool, name):
    return f"{name}({pool.array().text}, {pool.integer(1, 2)})"


@entry("tensor.shape_padaxis")
def pad_axis(pool, name):
    x = pool.array()
    return f"{name}({x.text}, {pool.axis(x, extra=1)})"


@entry("tensor.squeeze", "extra_ops.squeeze")
def squeeze(pool, name):
    x = pool.array()
    axes = [a for a, flag in enumerate(x.variable.broadcastable) if flag]
    if axes and pool.flag():
        return f"{name}({x.text}, axis={pool.choice(axes)})"
    return f"{name}({x.text})"


def divisors(n):
    return [d for d in range(1, n + 1) if n % d == 0] or [0]


@entry("tensor.reshape", "x.reshape")
def reshape(pool, name):
    x = pool.array()
    rest, sizes = x.value.size, []
    for _ in range(pool.integer(0, 2)):
        sizes.append(pool.choice(divisors(rest)))
        rest = rest // sizes[-1] if sizes[-1] else 0
    if rest != 1 or pool.flag():
        sizes.insert(pool.integer(0, len(sizes)), rest)
    texts = [pool.size(n) for n in sizes]
    others = math.prod(sizes) if 0 not in sizes else 0
    if sizes and others and pool.chance(3):
        texts[pool.integer(0, len(sizes) - 1)] = "-1"
    if pool.chance(6):
        y = pool.array()
        if y.value.size == x.value.size:
            return f"{x.text}.reshape({y.text}.shape, {y.value.ndim})"
    shape = f"[{', '.join(texts)}]"
    if not sizes:
        shape = "np.zeros(0, 'int64')" if pool.flag() else "()"
    return (
        f"tensor.reshape({x.text}, {shape})" if "tensor" in name else f"{x.text}.reshape({shape})"
    )


@entry("tensor.flatten", "x.ravel")
def flatten(pool, name):
    x = pool.array()
    if name == "x.ravel":
        return f"{x.text}.ravel()"
    ndim = pool.integer(1, max(x.value.ndim, 1))
    return f"{name}({x.text}, {ndim})"


@entry("tensor.shape", "tensor.shape_i", "x.size")
def sizes(pool, name):
    x = pool.array()
    if name == "x.size":
        return f"{x.text}.size"
    return f"{name}({x.text})" if name == "tensor.shape" else f"{name}({x.text}, {pool.axis(x)})"


@entry("tensor.specify_shape")
def specify(pool, name):
    x = pool.array()
    return f"{name}({x.text}, {pool.sizes_of(x.value.shape)})"


@entry(*in_tensor("addbroadcast unbroadcast"))
def flags(pool, name):
    x = pool.array(at_least=1)
    axes = [a for a, n in enumerate(x.value.shape) if n == 1]
    if not axes:
        axes = [pool.axis(x)] if name == "tensor.unbroadcast" else pool.unfit()
    return f"{name}({x.text}, {pool.choice(axes)})"


@entry("tensor.patternbroadcast")
def pattern(pool, name):
    x = pool.array()
    chosen = tuple(n == 1 and pool.flag() for n in x.value.shape)
    return f"{name}({x.text}, {chosen})"


@entry(*in_tensor("ones_like zeros_like"))
def constant_like(pool, name):
    return f"{name}({pool.array().text})"


@entry("tensor.full_like", "tensor.fill", "tensor.second")
def filled(pool, name):
    x = pool.array()
    y = pool.array(0) if name == "tensor.full_like" else pool.broadcasting(x)
    return f"{name}({x.text}, {y.text})"


# New arrays.


@entry("tensor.zeros", "tensor.ones", "tensor.full", "tensor.alloc")
def create(pool, name):
    shape = pool.shape(3)
    if name in ("tensor.zeros", "tensor.ones"):
        return f"{name}({pool.sizes_of(shape)}, {pool.choice(pool.dtypes)!r})"
    x = pool.array()
    if x.value.ndim > 3:
        pool.unfit()
    shape = (*shape[: 3 - x.value.ndim], *x.value.shape)
    if name == "tensor.full":
        return f"{name}({pool.sizes_of(shape)}, {x.text})"
    given = pool.sizes_of(shape)
    return f"{name}({x.text}, *{given})" if pool.flag() else f"{name}({x.text}, {given})"


@entry("tensor.arange")
def arange(pool, name):
    kind = pool.integer(0, 3)
    if kind == 0:
        return f"{name}({pool.size(pool.choice(pool.sizes))})"
    if kind == 1:
        return f"{name}(1, {pool.size(5)}, 2, dtype={pool.choice(pool.dtypes[:1])!r})"
    return f"{name}(0.5, {pool.choice([2, 3])}, 0.5)" if kind == 2 else f"{name}(4, 0, -1)"


@entry("tensor.eye")
def eye(pool, name):
    n, m = (pool.size(pool.choice(pool.sizes)) for _ in range(2))
    return f"{name}({n}, {m}, {pool.integer(-1, 1)}, {pool.choice(pool.dtypes)!r})"


@entry("tensor.identity_like")
def identity_like(pool, name):
    return f"{name}({pool.array(2).text})"


@entry("tensor.constant", "tensor.as_tensor", "tensor.as_tensor_variable")
def literal(pool, name):
    if name == "tensor.constant" or pool.flag():
        array = pool.numbers(pool.shape(2), pool.choice(pool.dtypes))
        return pool.constant(array).text
    x = pool.array(0).text
    return f"{name}([{x}, {pool.choice([x, '2', '0.5'])}])"
