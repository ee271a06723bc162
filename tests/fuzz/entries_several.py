"""How to apply each function: joins and products of several variables."""

from __future__ import annotations

from tests.fuzz.entries import entry


@entry("tensor.concatenate", "tensor.join")
def concatenate(pool, name):
    x = pool.array(at_least=1)
    axis = pool.axis(x)
    place = axis % x.value.ndim

    def without(y):
        return y.value.shape[:place] + y.value.shape[place + 1 :]

    fitting = [y for y in pool.items if y.value.ndim == x.value.ndim and without(y) == without(x)]
    parts = [x.text] + [pool.choice(fitting).text for _ in range(pool.integer(0, 2))]
    if pool.chance(3):
        shape = (*x.value.shape[:place], pool.choice(pool.sizes), *x.value.shape[place + 1 :])
        parts.append(pool.new(shape).text)
    if name == "tensor.join":
        return f"{name}({axis}, {', '.join(parts)})"
    return f"{name}([{', '.join(parts)}], axis={axis})"


@entry("tensor.stack", "tensor.stacklists", "tensor.horizontal_stack", "tensor.vertical_stack")
def stack(pool, name):
    x = pool.array(2 if "_stack" in name else None)
    parts = [x.text] + [pool.like(x).text for _ in range(pool.integer(0, 2))]
    if "_stack" in name:
        return f"{name}({', '.join(parts)})"
    if name == "tensor.stacklists":
        nested = f"[{', '.join(parts)}]"
        return (
            f"{name}([{nested}, {nested}])"
            if x.value.ndim < 3 and pool.flag()
            else f"{name}({nested})"
        )
    axis = pool.axis(x, extra=1)
    if pool.flag():
        return f"{name}({', '.join(parts)}, axis={axis})"
    return f"{name}([{', '.join(parts)}], axis={axis})"


@entry("tensor.split")
def split(pool, name):
    x = pool.array(at_least=1)
    axis = pool.axis(x)
    n = x.value.shape[axis]
    first = pool.integer(0, n)
    return f"{name}({x.text}, {pool.sizes_of((first, n - first))}, 2, axis={axis})"


# Products.


@entry("tensor.dot", "x @ y")
def dot(pool, name):
    x = pool.array()
    if x.value.ndim == 0:
        y = pool.array()
    else:
        n = x.value.shape[-1]

        def fits(y):
            return y.value.ndim and y.value.shape[-2 if y.value.ndim > 1 else 0] == n

        fitting = [y for y in pool.items if fits(y) and x.value.ndim + y.value.ndim < 7]
        shape = pool.choice([(n, 2), (n,), (n, 3), (2, n, 2), (n, 1)])
        y = pool.choice(fitting) if fitting and not pool.chance(3) else pool.new(shape)
    return f"({x.text} @ {y.text})" if name == "x @ y" else f"tensor.dot({x.text}, {y.text})"


@entry("gemm")
def accumulated(pool, name):
    x = pool.array(2)
    y = pool.new((x.value.shape[1], pool.choice(pool.sizes)))
    c = pool.new((x.value.shape[0], y.value.shape[1]))
    scale = pool.choice(["", "0.5 * ", "-1 * ", "0 * "])
    beta = pool.choice(["", "2 * ", "0.25 * ", "0 * "])
    sign = pool.choice(["+", "-"])
    product = f"{scale}tensor.dot({x.text}, {y.text})"
    return pool.choice([f"({beta}{c.text} {sign} {product})", f"({product} {sign} {beta}{c.text})"])


@entry("tensor.outer")
def outer(pool, name):
    return f"{name}({pool.array().text}, {pool.array().text})"


@entry("tensor.tensordot", "nlinalg.tensordot")
def tensordot(pool, name):
    x, y = pool.array(), pool.array()
    a, b = x.value.shape, y.value.shape
    numbers = [k for k in range(min(len(a), len(b)) + 1) if a[len(a) - k :] == b[:k]]
    pairs = [(i, j) for i, m in enumerate(a) for j, n in enumerate(b) if m == n]
    if pairs and pool.flag():
        i, j = pool.choice(pairs)
        return f"{name}({x.text}, {y.text}, axes=([{i}], [{j}]))"
    return f"{name}({x.text}, {y.text}, axes={pool.choice(numbers[::-1])})"


@entry("tensor.batched_dot")
def batched(pool, name):
    x = pool.pick(lambda x: x.value.ndim in (2, 3))
    n, k = x.value.shape[0], x.value.shape[-1]
    y = pool.new(pool.choice([(n, k, 2), (n, k), (n, k, 1)]))
    return f"{name}({x.text}, {y.text})"
