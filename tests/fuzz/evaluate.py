"""A slow and plain evaluator: it checks every type, and measures how rounding spreads."""

import zlib

import numpy as np

from blocks.compile.interpreter import concrete_type, infer_at_run_time
from blocks.graph.evaluation import evaluate
from blocks.graph.ops.branch import IfElse
from blocks.graph.ops.map import Map
from blocks.graph.variable import Constant, SharedVariable

NOISE = {"float32": 3e-6, "float64": 1e-12}


DECOMPOSING = {
    f"blocks.graph.ops.{name}" for name in ("eigen", "factors", "inverse", "matrices", "solve")
}
"""Modules of ops that LAPACK computes: what it makes of NaN hangs on the order of its steps."""


class Undefined(Exception):
    """The value has no meaning that all machines share.

    Such as that of a float out of an integer's range, or the inverse of a matrix with NaN.
    """


class Evaluator:
    """Computes variables node by node, each when it is first asked for.

    With `noise` every number that an operation computes is wrong by that many units of
    `NOISE`, up or down at random but the same way each time; numbers that it only
    moves stay as they are. So results that hang on a rounding show themselves.

    What nodes know of sizes and values is checked, unless `is_replaced`: where other arrays
    stand for theirs, of other sizes perhaps.
    """

    def __init__(self, arrays, noise=0, is_replaced=False):
        self.values = dict(arrays)
        self.noise = noise
        self.is_replaced = is_replaced
        self.at = None  # the node that is computed, so the one that raised an error

    def __call__(self, x):
        """Return the array that a variable holds."""
        if x in self.values:
            return self.values[x]
        if isinstance(x, Constant):
            return x.data
        if isinstance(x, SharedVariable):
            return x.array
        if all(y in self.values or y.owner is None for y in x.owner.inputs):
            self._run(x.owner)
        else:
            self._demand(x.owner)
        return self.values[x]

    def _demand(self, node):
        """Run what a node needs, and the node: of the branches of a choice the chosen one."""
        pending = [node]
        while pending:
            node = pending[-1]
            needed = node.inputs
            if isinstance(node.op, IfElse):
                condition = node.inputs[0]
                needed = [condition]
                if condition.owner is None or condition in self.values:
                    needed = [chosen(node, self(condition))]
            missing = [y.owner for y in needed if y.owner is not None and y not in self.values]
            if missing:
                pending += missing[::-1]
            else:
                pending.pop()
                if node.outputs[0] not in self.values:
                    self._run(node)

    def _run(self, node):
        self.at = node
        if isinstance(node.op, IfElse):
            (y,) = node.outputs
            self.values[y] = self(chosen(node, self(node.inputs[0])))
            check_type(y, y.type, self.values[y])
            return
        operands = [self(x) for x in node.inputs]
        types = [concrete_type(x, a) for x, a in zip(node.inputs, operands, strict=True)]
        found = infer_at_run_time(node, types)
        if type(node.op).__module__ in DECOMPOSING and not all(map(_is_finite, operands)):
            raise Undefined
        if node.op.name.startswith("cast_"):
            _check_range(operands[0], found[0].dtype)
        if isinstance(node.op, Map):
            results = self._mapped(node.op, operands)
        else:
            results = evaluate(node.op, found, operands)
        for y, exact, result in zip(node.outputs, found, results, strict=True):
            if not self.is_replaced:
                check_type(y, y.type, result)
            check_type(y, exact, result)
            if self.noise and result.dtype.kind == "f":
                result = self._disturbed(node, operands, result)
            self.values[y] = result

    def _mapped(self, op, operands):
        symbols = [*op.rows, *op.others]

        def row(*arrays):
            within = Evaluator(dict(zip(symbols, arrays, strict=True)), self.noise)
            return [within(y) for y in op.results]

        return op._stack(operands, row)

    def _disturbed(self, node, operands, result):
        # The same numbers for the same operands, so that equal nodes stay equal.
        key = str(node.op).encode() + b"".join(a.tobytes() for a in operands)
        count = np.arange(1, result.size + 1, dtype=np.uint64).reshape(result.shape)
        random = count * np.uint64(zlib.crc32(key) | 1) * np.uint64(2654435761) % np.uint64(2**32)
        size = random / 2**31 - 1
        size = np.copysign(0.5 + abs(size) / 2, size)
        moved = [a.ravel() for a in operands if a.dtype.kind == "f"]
        is_moved = np.isin(result, np.concatenate(moved)) if moved else False
        scale = self.noise * NOISE[result.dtype.name]
        with np.errstate(all="ignore"):
            disturbed = (result * (1 + scale * size)).astype(result.dtype)
        return np.where(is_moved, result, disturbed)


def chosen(node, condition):
    """Return the branch that a condition chooses."""
    return node.inputs[1 if condition else 2]


def _is_finite(array):
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())


def _check_range(x, dtype):
    if x.dtype.kind == "f" and np.dtype(dtype).kind in "iu":
        limits = np.iinfo(dtype)
        # Not the limits themselves: as floats they are rounded, perhaps out of the range.
        if not (np.isfinite(x) & (x > limits.min - 0.5) & (x < limits.max * 0.999)).all():
            raise Undefined


def check_type(x, type, array):
    """Check that a type says nothing of a value that is not so."""
    assert array.dtype == type.dtype, f"{x}: {type} but {array.dtype}"
    assert array.ndim == type.ndim, f"{x}: {type} but {array.shape}"
    for size, flag, got in zip(type.shape, type.broadcastable, array.shape, strict=True):
        assert size in (None, got), f"{x}: {type} but {array.shape}"
        assert got == 1 or not flag, f"{x}: broadcasts {type.broadcastable} but {array.shape}"
    if type.known is not None:
        known = np.atleast_1d(np.array(type.known, object))
        assert known.size == array.size, f"{x}: known {type.known} but {array}"
        for expected, got in zip(known, array.ravel().tolist(), strict=True):
            assert expected is None or int(expected) == got, f"{x}: known {type.known}, {array}"


def deviation(x, expected, noisy):
    """Return by how much each number of a result may differ, from disturbed evaluations."""
    tolerance = 1e-10 if expected.dtype == np.float64 else 3e-5
    with np.errstate(all="ignore"):
        spread = np.max([np.abs(n.astype("d") - expected) for n in noisy], axis=0)
        size = np.abs(np.where(np.isfinite(expected), expected, 0).astype("d"))
    return tolerance * (size + (0 if expected.dtype == np.float64 else 1e-2)) + 50 * spread


def differences(got, expected, noisy):
    """Return where a result differs from the expected one by more than rounding explains.

    Elements whose disturbed values are infinite, NaN or another integer mean nothing.
    """
    if any(n.shape != expected.shape for n in noisy):  # its size hangs on a rounding
        return np.zeros(got.shape, bool)
    if expected.dtype.kind != "f":
        certain = np.all([n == expected for n in noisy], axis=0)
        return (got != expected) & certain
    finite = np.isfinite(expected)
    same = [np.isfinite(n) == finite for n in noisy]
    same += [finite | (n == expected) | (np.isnan(n) & np.isnan(expected)) for n in noisy]
    certain = np.all(same, axis=0)
    with np.errstate(all="ignore"):
        close = np.abs(got.astype("d") - expected) <= deviation(got, expected, noisy)
    equal = (got == expected) | (np.isnan(got) & np.isnan(expected))
    return certain & ~np.where(finite, close, equal)
