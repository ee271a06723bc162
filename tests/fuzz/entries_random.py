"""How to draw random numbers: pure functions of a state, which is an input or a constant."""

from __future__ import annotations

from tests.fuzz.entries import ROUGH, entry

REAL = [f"distributions.{name}" for name in ("uniform", "normal", "truncated_normal")]
COUNTS = [f"distributions.{name}" for name in ("binomial", "poisson", "random_integers")]
ROUGH.add("distributions.choice")


def state(pool):
    return pool.new((2,), "uint64").text


def size(pool):
    """Return the text of a size: that of a variable, or numbers."""
    if pool.flag():
        return f"{pool.array().text}.shape"
    return str(tuple(pool.choice([2, 3, 1, 20, 0]) for _ in range(pool.integer(0, 3))))


@entry(*REAL)
def real_numbers(pool, name):
    dtype = pool.choice(["", ", dtype='float32'", ", dtype='float64'"])
    if pool.flag():
        return f"{name}({state(pool)}, {size(pool)}{dtype})"
    x = pool.real()
    y = pool.literal(x.value.dtype) if pool.flag() else pool.like(x)
    return f"{name}({state(pool)}, None, {x.text}, {y.text}{dtype})"


@entry(*COUNTS)
def counts(pool, name):
    dtype = pool.choice(["", ", dtype='int8'", ", dtype='float32'", ", dtype='uint16'"])
    if pool.flag():
        return f"{name}({state(pool)}, {size(pool)}{dtype})"
    x = pool.number()
    whole = f"tensor.cast(abs({x.text}) % 8, 'int64')"
    parameters = {
        "distributions.binomial": f"{whole}, nnet.hard_sigmoid({x.text})",
        "distributions.poisson": f"tensor.cast({whole}, 'float32')",
        "distributions.random_integers": f"-3, {whole}",
    }
    return f"{name}({state(pool)}, None, {parameters[name]}{dtype})"


@entry("distributions.multinomial")
def several(pool, name):
    x = pool.array(2)
    p = pool.choice(["[0.25, 0.75]", "[[0.5, 0.0, 0.5], [0.25, 0.5, 0.25]]"])
    if x.value.shape[1] and pool.flag():
        return f"{name}({state(pool)}, pvals=nnet.softmax(tensor.sin(1.0 * {x.text})))"
    return f"{name}({state(pool)}, n={pool.choice([1, 5])}, pvals={p})"


@entry("distributions.choice")
def chosen(pool, name):
    x = pool.array(1)
    n = x.value.size
    if n and pool.flag():
        return f"{name}({state(pool)}, {size(pool)}, {x.text})"
    if pool.flag():
        return f"{name}({state(pool)}, ({n},), {x.text}, replace=False)"
    return f"{name}({state(pool)}, (4,), a=None, p=[0.5, 0.0, 0.25, 0.25])"


@entry("distributions.permutation")
def permuted(pool, name):
    return f"{name}({state(pool)}, {size(pool)}, {pool.size(3)})"


@entry("distributions.shuffle_row_elements")
def shuffled(pool, name):
    return f"{name}({state(pool)}, {pool.array(at_least=1).text})"
