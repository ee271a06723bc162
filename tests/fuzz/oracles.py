"""What is checked against plain definitions: derivatives and replacement."""

from __future__ import annotations

import numpy as np

from blocks import tensor
from blocks.errors import BlocksError
from blocks.graph import ComputationGraph
from blocks.graph.ops.branch import IfElse
from blocks.graph.traversal import toposort
from tests.fuzz.checks import Case, Mismatch, cost_of, counts, evaluated
from tests.fuzz.evaluate import Evaluator, Undefined


def check_finite_differences(p):
    """Gradients of a cost against its central differences along a random direction."""
    try:
        case = Case(p)
    except BlocksError:  # its dtypes do not fit any more
        return
    cost, variables, leaves = cost_of(case)
    if cost is None or cost.dtype != "float64":
        return
    inputs = [*case.inputs, *case.states]
    arrays = [*case.arrays, *(x.array for x in p.states)]
    gradients = tensor.grad(cost, variables, disconnected_inputs="ignore")
    if has_ties(cost, dict(zip(inputs, arrays, strict=True))):
        counts["with ties"] += 1
        return
    known = dict(zip(inputs, arrays, strict=True))
    rng = np.random.RandomState(0)
    directions = {
        x: rng.uniform(-1, 1, leaf.array.shape) for x, leaf in zip(variables, leaves, strict=True)
    }

    def at(step):
        moved = {x: a + step * directions[x] if x in directions else a for x, a in known.items()}
        return float(evaluated(moved, [cost])[0])

    try:
        values = evaluated(known, gradients)
        h = 1e-5
        up, down, half_up, half_down, middle = map(at, (h, -h, h / 2, -h / 2, 0))
    except Undefined:
        return
    along = sum(float((g * directions[x]).sum()) for x, g in zip(variables, values, strict=True))
    central, half = (up - down) / (2 * h), (half_up - half_down) / h
    # How much the slopes on both sides differ: where the cost is smooth, half as much at half
    # the step; at a kink, such as a sort of equal numbers, as much.
    bend = abs(up + down - 2 * middle) / h
    half_bend = 2 * abs(half_up + half_down - 2 * middle) / h
    is_kink = bend > 0.05 * (1 + abs(half)) or (bend > 1e-6 and half_bend > 0.75 * bend)
    rough = abs(central - half)
    if not np.isfinite([along, central, half]).all() or is_kink:
        counts["kinks"] += 1
        return
    counts["finite differences"] += 1
    if abs(along - half) > 2e-5 * (1 + abs(half)) + 20 * rough:
        message = f"the derivative is {along}, by differences {half} (and {central})"
        raise Mismatch("gradients", message)


def has_ties(cost, known):
    """Tell whether a maximum is reached twice, where each place gets the gradient in full.

    Or whether a zero is left out by `nonzero`, whose gradient is none.
    """
    evaluator = Evaluator(known)
    for node in toposort([cost]):
        if node.op.name in ("max", "min"):
            x, y = evaluator(node.inputs[0]), evaluator(node.outputs[0])
            y = np.expand_dims(y, node.op.axes)
            if ((x == y).sum(axis=node.op.axes) > 1).any():
                return True
        if node.op.name == "nonzero" and (evaluator(node.inputs[0]) == 0).any():
            return True
        if node.op.name in ("maximum", "minimum", "clip"):
            x, *bounds = map(evaluator, node.inputs)
            if any((x == bound).any() for bound in bounds):
                return True
    return False


def check_replace(p):
    """`ComputationGraph.replace` against an evaluator that follows the definition."""
    if not p.replaced:
        return
    case = Case(p)
    outputs = [case.find(y) for y in p.outputs]
    graph = ComputationGraph(outputs)
    targets = {case.find(x): case.find(y) for x, y in p.replaced}
    targets = {x: y for x, y in targets.items() if x in graph.variables}
    try:
        new = graph.replace(targets)
    except BlocksError:
        counts["replacements refused"] += 1
        return
    known = dict(zip(case.inputs, case.arrays, strict=True))
    try:
        expected = [naive(y, targets, dict(known), None) for y in outputs]
        got = evaluated(known, new.outputs)
    except (Undefined, BlocksError):
        return
    counts["replace"] += 1
    for i, (a, b) in enumerate(zip(got, expected, strict=True)):
        if a.tobytes() != np.asarray(b, a.dtype).tobytes() or a.shape != b.shape:
            raise Mismatch("replace", f"result {i} is {a}, expected {b}")


def naive(x, targets, known, inside):
    """Evaluate what a variable means after replacing.

    A target is what takes its place, in which it is itself, and other targets are not.
    """
    if x is not inside and x in targets:
        return naive(targets[x], targets, known, x)
    if x.owner is None:
        return Evaluator(known)(x)
    within = None if x is inside else inside
    node = x.owner
    if isinstance(node.op, IfElse):  # only what is chosen
        condition, *branches = node.inputs
        is_else = not naive(condition, targets, known, within)
        return naive(branches[is_else], targets, known, within)
    values = {y: naive(y, targets, known, within) for y in node.inputs}
    return Evaluator(values, is_replaced=True)(x)
