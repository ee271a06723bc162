"""What must hold for every graph."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager, nullcontext
from unittest import mock

import numpy as np

from blocks import function, tensor
from blocks.compile import fuse, program
from blocks.errors import BlocksError, IndexRangeError, ShapeError
from blocks.graph import ComputationGraph
from blocks.graph.reading import value_inputs
from blocks.graph.traversal import toposort
from tests.fuzz.evaluate import Evaluator, Undefined, check_type, differences
from tests.fuzz.program import evaluate

NOISES = (1, -1)

counts = Counter()
"""What this process has checked."""


class Mismatch(AssertionError):
    """A result is not what it should be; `check` says in which script it shows."""

    def __init__(self, check, message):
        super().__init__(f"{check}: {message}")
        self.check = check


@contextmanager
def node_by_node():
    """Compile without simplification and fusion: each node is an instruction of its own."""
    with (
        mock.patch.object(program, "rewrite", lambda outputs, inputs: list(outputs)),
        mock.patch.object(program, "accumulate", lambda outputs, inputs, watched: list(outputs)),
        mock.patch.object(fuse, "LARGEST_GROUP", 1),
    ):
        yield


class Case:
    """A built program, with the arrays of a call."""

    def __init__(self, p):
        self.program = p
        self.made = p.build()
        self.inputs = [self.made[x.name] for x in p.inputs]
        self.states = [self.made[x.name] for x in p.states]
        self.arrays = [x.array for x in p.inputs]

    def find(self, text):
        """Return the variable that an expression means."""
        return tensor.as_tensor_variable(evaluate(text, self.made))

    def exact_and_noisy(self, variables, arrays):
        """Return the values of variables, and what they are with disturbed arithmetic.

        Where the values are an error, it is returned instead; its `is_idle` tells that
        only the size of the value is asked for, `kinds` which errors may come first.
        """
        known = dict(zip(self.inputs, arrays, strict=True))
        evaluator = Evaluator(known)
        try:
            exact = [np.array(evaluator(x)) for x in variables]
        except BlocksError as error:
            error.is_idle = evaluator.at not in values_needed(variables)
            error.kinds = kinds_of_errors(known, variables) | {type(error)}
            if isinstance(error, IndexRangeError):  # compiled code looks at all sizes first
                error.kinds.add(ShapeError)
            return error, []
        try:
            return exact, [evaluated(known, variables, n) for n in NOISES]
        except BlocksError:  # whether it is an error hangs on a rounding
            raise Undefined from None


def kinds_of_errors(known, variables):
    """Return the classes of all errors that nodes raise: which is met first is not said."""
    evaluator, kinds = Evaluator(known), set()
    for node in toposort(variables):
        try:
            evaluator(node.outputs[0])
        except BlocksError as error:
            kinds.add(type(error))
    return kinds


def values_needed(outputs):
    """Return the nodes whose values outputs depend on, not only their sizes."""
    needed, pending = set(), [y.owner for y in outputs]
    while pending:
        node = pending.pop()
        if node is not None and node not in needed:
            needed.add(node)
            pending += [x.owner for x in value_inputs(node)]
    return needed


def evaluated(known, variables, noise=0):
    """Return the values of variables from those of some others."""
    evaluator = Evaluator(known, noise)
    return [np.array(evaluator(x)) for x in variables]


def run(check, f, arrays):
    """Return the results of a function, or the error that it raises; check its manners."""
    before = [a.copy() for a in arrays]
    try:
        results = f(*arrays)
    except BlocksError as error:
        return error
    for a, b in zip(arrays, before, strict=True):
        if a.tobytes() != b.tobytes():
            raise Mismatch(check, f"an input was changed from {b} to {a}")
    memory = [*arrays, *(s.array for s in f.updates)]
    memory += [x.array for x in program_shared(f)]
    for i, result in enumerate(results):
        check_type(f.outputs[i], f.outputs[i].type, result)
        for other in [*memory, *results[:i]]:
            if np.may_share_memory(result, other):
                raise Mismatch(check, f"output {i} shares memory with something else")
    return results


def program_shared(f):
    """Return the shared variables that a function reads."""
    return ComputationGraph([*f.outputs, *f.updates.values()]).shared_variables


def compare(check, where, got, expected, noisy):
    """Check that results are what is expected, or the same kind of error."""
    if isinstance(expected, BlocksError) or isinstance(got, BlocksError):
        counts["errors"] += 1
        if getattr(expected, "is_idle", False):
            return  # compiled code may well compute only the size
        kinds = getattr(expected, "kinds", {type(expected)})
        if type(got) not in kinds:
            raise Mismatch(check, f"{where}: expected {expected!r}, got {got!r}")
        return
    for i, (a, b) in enumerate(zip(got, expected, strict=True)):
        if (a.dtype, a.shape) != (b.dtype, b.shape):
            message = f"{a.dtype} {a.shape}, expected {b.dtype} {b.shape}"
            raise Mismatch(check, f"{where}: result {i} is {message}")
        wrong = differences(a, b, [n[i] for n in noisy])
        counts["numbers"] += a.size
        if wrong.any():
            raise Mismatch(check, f"{where}: result {i} is\n{a}\nexpected\n{b}\nat\n{wrong}")


def check_outputs(p, is_compiled=False):
    """Outputs and updates: interpreted, compiled, node by node; twice, then for other sizes."""
    case = Case(p)
    outputs = [case.find(y) for y in p.outputs]
    updates = {case.made[x]: case.find(y) for x, y in p.updates}
    options = {"updates": updates, "on_unused_input": "ignore"}
    if len(p.outputs) % 2:
        for x in list(updates)[1:]:
            x.tag.watches = True  # instructions of its own, among the others
    functions = {
        "interpreted": function(case.inputs, outputs, mode="reference", **options),
        "compiled": function(case.inputs, outputs, mode="compiled", **options),
    }
    if not is_compiled:
        with node_by_node():
            functions["node by node"] = function(case.inputs, outputs, mode="compiled", **options)
    changed = dict(p.others)
    others = [changed.get(x.name, x.array) for x in p.inputs]
    for where, arrays in (("first", case.arrays), ("second", case.arrays), ("other", others)):
        if where == "other" and not changed:
            continue
        try:
            exact, noisy = case.exact_and_noisy([*outputs, *updates.values()], arrays)
        except Undefined:
            counts["undefined"] += 1
            return
        exact = refused(updates, exact) or exact
        before = [s.get_value() for s in case.states]
        found, expected = [], exact
        for name, f in functions.items():
            restore(case.states, before)
            with node_by_node() if name == "node by node" else nullcontext():
                results = run("outputs", f, arrays)
            if isinstance(results, list):
                results = results + [s.get_value() for s in updates]
            elif any(not same(s.array, b) for s, b in zip(case.states, before, strict=True)):
                message = f"{where} call, {name}: {results!r} changed a shared variable"
                raise Mismatch("outputs", message)
            compare("outputs", f"{where} call, {name}", results, expected, noisy)
            if not isinstance(exact, BlocksError):
                expected = results if name == "interpreted" else expected
            found.append(results)
        counts["calls"] += 1
        if isinstance(exact, BlocksError) and where != "other":
            restore(case.states, before)
            continue
        if not isinstance(found[0], BlocksError):
            restore(list(updates), found[0][len(outputs) :])


def refused(updates, values):
    """Return the error that new values of shared variables make, if they do not fit."""
    if isinstance(values, BlocksError):
        return None
    for state, value in zip(updates, values[len(values) - len(updates) :], strict=True):
        for size, got in zip(state.type.shape, value.shape, strict=True):
            if size not in (None, got):
                return ShapeError(f"{state}: {value.shape}")
    return None


def same(a, b):
    return a.shape == b.shape and a.tobytes() == b.tobytes()


def restore(states, values):
    """Give shared variables some values, in the memory that they have where it fits."""
    for state, value in zip(states, values, strict=True):
        if state.array.shape == value.shape:
            state.array[...] = value
        else:
            state.set_value(value)


def cost_of(case):
    """Return a cost, and the variables and leaves for its gradients."""
    p = case.program
    leaves = [x for x in p.leaves if x.array.dtype.kind == "f"]
    variables = [case.made[x.name] for x in leaves]
    terms = [tensor.sin(case.find(y)).sum() for y in p.cost]
    if not terms or not variables:
        return None, [], []
    cost = terms[0]
    for term in terms[1:]:
        cost = cost + term
    return cost, variables, leaves


def check_gradients(p):
    """Gradients of a cost: compiled against interpreted."""
    case = Case(p)
    cost, variables, leaves = cost_of(case)
    if cost is None:
        return
    gradients = tensor.grad(cost, variables, disconnected_inputs="ignore")
    for x, g, leaf in zip(variables, gradients, leaves, strict=True):
        if (g.dtype, g.broadcastable) != (x.dtype, x.broadcastable):
            raise Mismatch("gradients", f"{leaf.name} is {x.type}, its gradient {g.type}")
    outputs = [cost, *gradients]
    try:
        exact, noisy = case.exact_and_noisy(outputs, case.arrays)
    except Undefined:
        counts["undefined"] += 1
        return
    options = {"on_unused_input": "ignore"}
    expected, got = (
        run("gradients", function(case.inputs, outputs, mode=mode, **options), case.arrays)
        for mode in ("reference", "compiled")
    )
    if isinstance(expected, BlocksError):
        raise Mismatch("gradients", f"the gradient raises {expected!r}")
    compare("gradients", "interpreted", expected, exact, noisy)
    compare("gradients", "compiled", got, expected, noisy)
    for g, leaf in zip(got[1:], leaves, strict=True):
        if g.shape != leaf.array.shape:
            raise Mismatch("gradients", f"{leaf.name} {leaf.array.shape}: gradient {g.shape}")
    counts["gradients"] += 1
