"""How to apply each function: indices, changed parts, diagonals, repetition."""

from __future__ import annotations

import numpy as np

from tests.fuzz.entries import entry


def part(pool, x, is_advanced=True):
    """Return the text of an index of a variable."""
    shape = x.value.shape
    entries, arrays = [], 0
    common = pool.choice([(2,), (3,), (1,), (2, 2), ()])
    count = pool.integer(1, len(shape))
    for n in shape[:count]:
        kind = pool.integer(0, 9 if is_advanced and arrays < 2 else 6)
        if kind in (7, 8) and arrays + 1 <= 2:
            entries.append(pool.indices(n, common).text)
            arrays += 1
        elif kind == 9 and n and not arrays:
            entries.append(repr(pool.rng.randint(-n, n, 2).tolist()))
            arrays += 1
        elif kind in (5, 6) and n and arrays == 0:
            i = pool.rng.randint(-n, n)
            entries.append(str(i) if i < 0 or pool.flag() else pool.size(i))
        else:
            entries.append(cut(pool, n))
    if pool.chance(5):
        entries.insert(pool.integer(0, len(entries)), "None")
    if pool.chance(6):
        entries.append("...")
    return ", ".join(entries)


def cut(pool, n):
    """Return the text of a slice."""
    low, high = (int(pool.rng.randint(-n - 1, n + 2)) for _ in range(2))
    forms = [":", f"{low}:", f":{high}", f"{low}:{high}", "::-1", "::2", f"{high}::-1", "1:"]
    text = pool.choice(forms)
    if text == "1:" and pool.chance(2):
        return f"{pool.size(1)}:"
    return text


@entry("x[...]", "x[...] again")
def index(pool, name):
    x = pool.array(at_least=1)
    return f"{x.text}[{part(pool, x)}]"


@entry("x[mask]")
def masked(pool, name):
    x = pool.array(at_least=1)
    if pool.flag():
        return f"{x.text}[{x.text} > {pool.choice([0, 1])}]"
    mask = pool.constant(pool.numbers(x.value.shape[:1], "bool"))
    return f"{x.text}[{mask.text}]"


@entry("tensor.set_subtensor", "tensor.inc_subtensor", "x.set_subtensor", "x.inc_subtensor")
def change(pool, name):
    x = pool.array(at_least=1)
    key = part(pool, x, is_advanced=name.endswith("inc_subtensor"))
    taken = pool.try_value(f"{x.text}[{key}]")
    if pool.flag():
        y = pool.choice(["0", "1", "2"])
    else:
        shape = taken.shape[pool.integer(0, taken.ndim) :]
        fitting = [
            i
            for i in pool.items
            if i.value.shape == shape and np.can_cast(i.value.dtype, x.value.dtype, "safe")
        ]
        y = (pool.choice(fitting) if fitting else pool.new(shape, str(x.value.dtype))).text
    function = name.replace("x.", "tensor.")
    return f"{function}({x.text}[{key}], {y})"


@entry("tensor.take", "x.take")
def take(pool, name):
    x = pool.array()
    axis = pool.axis(x) if x.value.ndim and pool.flag() else None
    n = x.value.size if axis is None else x.value.shape[axis]
    i = pool.indices(n, pool.choice([(2,), (3,), (), (2, 2)]))
    mode = pool.choice(["", ", mode='wrap'", ", mode='clip'"])
    text = f"({x.text}, {i.text}, axis={axis}{mode})"
    return (
        f"tensor.take{text}"
        if name == "tensor.take"
        else f"{x.text}.take{text[0]}{text[1:].split(', ', 1)[1]}"
    )


@entry("tensor.nonzero", "tensor.nonzero_values")
def nonzero(pool, name):
    return f"{name}({pool.array(at_least=1).text})"


@entry("tensor.diagonal", "tensor.trace", "nlinalg.trace")
def diagonal(pool, name):
    if name != "tensor.diagonal":
        return f"{name}({pool.array(2).text})"
    x = pool.array(at_least=2)
    a = pool.integer(0, x.value.ndim - 1)
    b = (a + 1) % x.value.ndim
    return f"{name}({x.text}, {pool.integer(-1, 1)}, {a}, {b})"


@entry("tensor.diag", "nlinalg.diag")
def diag(pool, name):
    return f"{name}({pool.pick(lambda x: x.value.ndim in (1, 2)).text}, {pool.integer(-1, 1)})"


@entry("tensor.tril", "tensor.triu")
def triangle(pool, name):
    return f"{name}({pool.array(2).text}, {pool.integer(-1, 1)})"


@entry("tensor.repeat", "extra_ops.repeat", "x.repeat")
def repeat(pool, name):
    x = pool.array()
    axis = pool.axis(x) if x.value.ndim and pool.flag() else None
    n = x.value.size if axis is None else x.value.shape[axis]
    if pool.chance(3):
        times = pool.constant(pool.rng.randint(0, 3, n)).text
    else:
        times = pool.size(pool.integer(0, 2))
    return f"{'tensor.repeat' if name[0] == 'x' else name}({x.text}, {times}, axis={axis})"


@entry("tensor.tile")
def tile(pool, name):
    x = pool.array()
    times = [pool.size(pool.choice([2, 1, 0, 1])) for _ in range(pool.integer(1, 3))]
    return f"{name}({x.text}, [{', '.join(times)}])"


@entry("tensor.roll")
def roll(pool, name):
    x = pool.array(at_least=1)
    axis = pool.axis(x) if pool.flag() else None
    return f"{name}({x.text}, {pool.integer(-2, 3)}, axis={axis})"
