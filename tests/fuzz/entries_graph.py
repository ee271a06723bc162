"""How to apply each function: branches, printing, derivatives as part of a graph."""

from __future__ import annotations

import numpy as np

from tests.fuzz.entries import ROUGH, entry, in_tensor

LARGEST_JACOBIAN = 40  # elements


def condition(pool):
    """Return the text of a scalar condition: on a size, a value, an input, a literal, another."""
    x = pool.array()
    kind = pool.integer(0, 5)
    if kind == 0:
        return f"{x.text}.sum() > {pool.choice([0, 1, -1])}"
    if kind == 1 and x.value.ndim:
        return f"tensor.gt({x.text}.shape[0], {pool.choice([2, 0, 1, 3])})"
    if kind == 2:
        return f"{pool.new((), pool.choice(['int8', 'bool', 'float64', 'int64'])).text}"
    if kind == 3:
        return f"{x.text}.size"
    if kind == 4:
        largest = f"{x.text}.max() > {pool.choice([0, 1])}"
        return f"graph.ifelse({x.text}.any(), {largest}, tensor.eq({x.text}.size, 1))"
    return pool.choice(["True", "0"])


def branch(pool, x, other):
    """Return the text of a branch that uses a variable, perhaps together with another."""
    forms = ["{x}", "tensor.exp(tensor.sin({x}))", "({x} + {y})", "({x} * 2)", "abs({x})"]
    return pool.choice(forms).format(x=x.text, y=other.text)


@entry("graph.ifelse", "tensor.ifelse")
def ifelse(pool, name):
    x = pool.number()
    same = pool.like(x, lambda y: y.value.dtype != bool)
    fitting = [y for y in pool.items if y.value.ndim == x.value.ndim and y.value.dtype != bool]
    y = pool.choice(fitting)  # whose sizes may be others
    first, second = branch(pool, x, same), branch(pool, y, y)
    if pool.chance(3):
        inner = f"{name}({condition(pool)}, {second}, {branch(pool, x, x)})"
        first, second = (first, inner) if pool.flag() else (inner, first)
    if pool.flag():
        first, second = second, first
    if pool.chance(5):
        return f"{name}({condition(pool)}, [{first}, {second}], [{second}, {first}])"
    return f"{name}({condition(pool)}, {first}, {second})"


@entry("graph.Print")
def printed(pool, name):
    return f"{name}(global_fn=lambda op, x: None)({pool.array().text})"


IDENTITIES = ["zero_grad", "zero_grad_", "consider_constant", "disconnected_grad"]
ROUGH.update(f"graph.{name}" for name in [*IDENTITIES, "grad_clip"])
ROUGH.add("tensor.consider_constant")


@entry(*(f"graph.{name}" for name in IDENTITIES), "tensor.consider_constant")
def other_gradient(pool, name):
    return f"{name}({pool.real().text})"


@entry("graph.undefined_grad")
def undefined_gradient(pool, name):
    return f"graph.disconnected_grad({name}({pool.real().text}))"


ROUGH.add("graph.undefined_grad")


@entry("graph.grad_clip")
def clipped_gradient(pool, name):
    return f"{name}({pool.real().text}, -0.5, {pool.choice([0.5, 1])})"


def smooth(pool, most):
    """Return a variable that may be differentiated, of few elements."""
    return pool.pick(
        lambda x: x.is_smooth and x.value.dtype.kind == "f" and 0 < x.value.size <= most
    )


@entry("graph.jacobian", *in_tensor("jacobian"))
def jacobian(pool, name):
    y = smooth(pool, 8)
    x = smooth(pool, LARGEST_JACOBIAN // y.value.size)
    flat = y.text if y.value.ndim == 1 else f"{y.text}.flatten()"
    if pool.flag():
        flat = f"(tensor.sin({x.text}).sum() * {flat})"
    return f"{name}({flat}, {x.text}, disconnected_inputs='ignore')"


@entry("graph.hessian", *in_tensor("hessian"))
def hessian(pool, name):
    y = smooth(pool, 8)
    x = pool.pick(
        lambda x: (
            x.is_smooth
            and x.value.dtype.kind == "f"
            and x.value.ndim == 1
            and 0 < x.value.size <= 6
        )
    )
    cost = f"(tensor.cos({x.text}).sum() * tensor.sin({y.text}).sum())"
    return f"{name}({cost}, {x.text}, disconnected_inputs='ignore')"


@entry("graph.Lop", *in_tensor("Lop"))
def left_product(pool, name):
    y, x = smooth(pool, 30), smooth(pool, 30)
    point = pool.like(y, lambda v: v.value.dtype == y.value.dtype)
    return f"{name}(({y.text} * {x.text}.sum()), {x.text}, {_as(point, y)})"


@entry("graph.Rop", *in_tensor("Rop"))
def right_product(pool, name):
    y, x = smooth(pool, 30), smooth(pool, 30)
    point = pool.like(x, lambda v: v.value.dtype == x.value.dtype)
    return f"{name}(({y.text} * {x.text}.sum()), {x.text}, {_as(point, x)})"


def _as(point, x):
    if point.value.dtype == x.value.dtype:
        return point.text
    return f"tensor.cast({point.text}, {np.dtype(x.value.dtype).name!r})"


@entry("graph.subgraph_grad")
def subgraph_gradient(pool, name):
    x, y = smooth(pool, 30), smooth(pool, 30)
    if x.text == y.text:
        pool.unfit()
    cost = f"(tensor.sin({x.text}).sum() * {y.text}.sum())"
    return f"{name}([{x.text}], [{y.text}], cost={cost})[0]"


@entry("graph.clone")
def cloned(pool, name):
    x = pool.array()
    y = pool.like(x, lambda v: v.value.dtype == x.value.dtype)
    if y.value.dtype != x.value.dtype:
        pool.unfit()
    return f"{name}({pool.array().text}, {{{x.text}: ({x.text} + {y.text})}}, strict=False)"
