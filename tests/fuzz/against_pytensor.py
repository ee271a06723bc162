"""The same graphs built and run by PyTensor, which keeps the rules of Theano.

A step that PyTensor lacks or refuses is left out, with all that depends on it; how many
were compared is counted. `DTYPES` lists what is known to differ, and why.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.compile.mode import Mode
from pytensor.scalar.basic import autocast_float_as

from blocks import tensor
from blocks.errors import BlocksError
from tests.fuzz.checks import Case, Mismatch, counts, evaluated
from tests.fuzz.evaluate import Undefined, differences
from tests.fuzz.oracles import has_ties
from tests.fuzz.program import evaluate, names

MODE = Mode(linker="py", optimizer=None)

OTHERS = {
    " @ ": "there matmul, which treats three axes and more in another way than dot",
    "cumsum(": "there of integers in 64 bits, though the type does not say so",
    "cumprod(": "as cumsum",
    "full_like(": "there of the common dtype, in Theano of that of the first",
    "grid[": "there the grid of one slice is no list",
    "set_subtensor(": "there values cannot be set through new axes",
    "inc_subtensor(": "as set_subtensor",
}
"""What is not compared, as steps write it."""

DTYPES = {
    "cov(": "as var",
    "matrix_power(": "there a power of 0 is float64",
    "var(": "there dividing by an int64 makes float32 float64, as in Theano",
}
"""Functions, as steps name them, with other dtypes there."""

RENAMED = {
    "abs_": pt.abs,
    "divide": pt.true_div,
    "inv": pt.reciprocal,
    "multiply": pt.mul,
    "subtract": pt.sub,
    "shape_i": lambda x, i: x.shape[i],
    "dimshuffle": lambda x, pattern: x.dimshuffle(*pattern),
    "constant": pt.constant,
}


class Names:
    """Looks names up in a module, those that were renamed in a table first."""

    def __init__(self, module, renamed):
        self.module, self.renamed = module, renamed

    def __getattr__(self, name):
        return self.renamed[name] if name in self.renamed else getattr(self.module, name)


def norm(x, ord=None, axis=None):
    """PyTensor's norm, with roots that are not rounded to float32 first."""
    if not isinstance(ord, int) or ord < 3 or x.ndim != 1:
        return pt.linalg.norm(x, ord, axis)
    root = pt.constant(1 / ord, dtype=x.dtype)
    return (abs(x) ** ord).sum() ** root


NAMESPACE = {
    "np": np,
    "tensor": Names(pt, RENAMED),
    "extra_ops": Names(pt.extra_ops, {}),
    "nlinalg": Names(
        pt.linalg,
        {
            "diag": pt.diag,
            "tensordot": pt.tensordot,
            "trace": pt.trace,
            "norm": norm,
            "qr": lambda x, mode="reduced": pt.linalg.qr(x, mode),  # theirs is "full" by default
        },
    ),
    "nnet": SimpleNamespace(
        sigmoid=pt.sigmoid,
        softplus=pt.softplus,
        tanh=pt.tanh,
        softmax=lambda x, axis=-1: pt.special.softmax(x, axis=axis),
        logsoftmax=lambda x, axis=-1: pt.special.log_softmax(x, axis=axis),
    ),
}


def make(leaf):
    """Return PyTensor's variable for a leaf: there, size 1 that is known broadcasts."""
    if leaf.is_shared:
        return pytensor.shared(leaf.array, leaf.name)
    sizes = zip(leaf.shape, leaf.broadcastable, strict=True)
    shape = [1 if flag else None if size == 1 else size for size, flag in sizes]
    return pt.TensorType(str(leaf.array.dtype), tuple(shape))(leaf.name)


def built(p, ours):
    """Return PyTensor's variables by name, as far as they can be built."""
    made = {leaf.name: make(leaf) for leaf in p.leaves}
    for name, text in p.steps:
        counts["PyTensor steps left out"] += 1
        has_new_axis = "None" in text or "subtensor" not in text
        if not names(text) <= set(made) or (has_new_axis and any(o in text for o in OTHERS)):
            continue
        try:
            x = evaluate(text, made, NAMESPACE)
        except Exception:
            counts["PyTensor refuses"] += 1
            continue
        dtypes = [[str(y.dtype) for y in listed(z)] for z in (ours[name], x)]
        if dtypes[0] != dtypes[1]:
            if not any(function in text for function in DTYPES):
                raise Mismatch("PyTensor", f"{name} = {text} is {dtypes[0]}, there {dtypes[1]}")
            continue
        made[name] = x
        counts["PyTensor steps left out"] -= 1
    return made


def listed(x):
    return list(x) if isinstance(x, list | tuple) else [x]


def check_pytensor(p):
    """Compare the value of each step, and gradients, with PyTensor's."""
    case = Case(p)
    with autocast_float_as("float32", "float64"):
        theirs = built(p, case.made)
    inputs = [theirs[x.name] for x in p.inputs]
    known = dict(zip(case.inputs, case.arrays, strict=True))
    for name, text in p.steps:
        if name not in theirs:
            continue
        ours = listed(case.made[name])
        try:
            exact = evaluated(known, ours)
            noisy = [evaluated(known, ours, n) for n in (1, -1)]
        except (Undefined, BlocksError):
            continue
        got = results(inputs, listed(theirs[name]), case.arrays)
        if got is None:
            continue
        for i, (a, b) in enumerate(zip(got, exact, strict=True)):
            compare(f"{name} = {text}", i, a, b, [n[i] for n in noisy])
        counts["PyTensor steps"] += 1
    counts["PyTensor"] += 1
    gradients(case, theirs, inputs, known)


def results(inputs, outputs, arrays):
    """Return what PyTensor computes, or None where it fails."""
    try:
        f = pytensor.function(inputs, outputs, mode=MODE, on_unused_input="ignore")
        with np.errstate(all="ignore"):
            return [np.asarray(r) for r in f(*arrays)]
    except Exception:
        counts["PyTensor fails"] += 1
        return None


def compare(what, i, got, expected, noisy):
    """Check dtype, shape and numbers; `got` is PyTensor's."""
    if (got.dtype, got.shape) != (expected.dtype, expected.shape):
        theirs = f"{got.dtype} {got.shape}"
        raise Mismatch(
            "PyTensor", f"{what}, {i}: {expected.dtype} {expected.shape}, there {theirs}"
        )
    if differences(got, expected, noisy).any():
        raise Mismatch("PyTensor", f"{what}, {i}:\n{expected}\nthere\n{got}")


def gradients(case, theirs, inputs, known):
    """Compare the gradients of a cost that both can compute."""
    p = case.program
    terms = [y for y in p.cost if names(y) <= set(theirs)]
    leaves = [x for x in p.leaves if x.array.dtype.kind == "f"]
    if not terms or not leaves:
        return
    wrt = [case.made[x.name] for x in leaves]
    ours = tensor.grad(total(terms, case.made, tensor), wrt, disconnected_inputs="ignore")
    try:
        exact = evaluated(known, ours)
        noisy = [evaluated(known, ours, n) for n in (1, -1)]
        cost = total(terms, theirs, pt)
        wanted = [theirs[x.name] for x in leaves]
        found = pytensor.grad(cost, wanted, disconnected_inputs="ignore")
    except (Undefined, BlocksError):
        return
    except Exception:
        counts["PyTensor refuses"] += 1
        return
    got = results(inputs, found, case.arrays)
    # There, other than in Theano, elements that are equal share the gradient of a maximum.
    if got is None or has_ties(total(terms, case.made, tensor), known):
        return
    for leaf, a, b, *n in zip(leaves, got, exact, *noisy, strict=True):
        a = a.astype(b.dtype)  # there the gradient of a float32 may be a float64,
        a = np.where(np.isfinite(a), a, b)  # and 0 times infinity is not always avoided
        compare(f"gradient of {' + '.join(terms)} by {leaf.name}", 0, a, b, n)
    counts["PyTensor gradients"] += 1


def total(terms, made, module):
    """Return a scalar of some terms."""
    cost = 0
    for term in terms:
        cost = cost + module.sin(evaluate(term, made)).sum()
    return cost
