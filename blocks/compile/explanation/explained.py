"""From a function to its explanation, whatever runs it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from blocks.compile.explanation.names import Names
from blocks.compile.explanation.nodes import interpreted
from blocks.compile.explanation.result import ExplainedInstruction, ExplainedValue, Explanation
from blocks.compile.interpreter import Interpreter
from blocks.errors import GraphError
from blocks.graph.op import Apply
from blocks.graph.traversal import toposort
from blocks.graph.trial_values import without_test_values
from blocks.graph.variable import SharedVariable, Variable

if TYPE_CHECKING:
    from blocks.compile.function import Function
    from blocks.compile.plan import Plan
    from blocks.compile.program import Program

__all__ = ["explained"]


def explained(function: Function, plan: int | None, source: bool) -> Explanation:
    """Return the explanation of a function; the parameters are those of `blocks.explain`."""
    with without_test_values():
        if isinstance(function.executor, Interpreter):
            return _interpreted(function)
        return _compiled(function, function.executor, plan, source)


def _title(function: Function) -> str:
    return f"{function.name or 'function'} ({function.mode})"


def _interpreted(function: Function) -> Explanation:
    executor = function.executor
    read = (x for node in executor.nodes for x in node.inputs)
    shared = [x for x in dict.fromkeys([*executor.updates, *read]) if isinstance(x, SharedVariable)]
    names = Names(function.inputs, shared)

    def value(x: Variable) -> ExplainedValue:
        shape = x.array.shape if isinstance(x, SharedVariable) else x.type.shape
        return ExplainedValue(names.of(x), x.dtype, shape, "input" if x.owner is None else "array")

    rows = interpreted(
        executor.nodes, executor.guards, names, lambda x: x.type.shape, set(executor.outputs)
    )
    if executor.updates:
        pairs = [(names.of(x), names.of(y)) for x, y in executor.updates.items()]
        rows.append(
            ExplainedInstruction(
                len(rows),
                "copy",
                "; ".join(f"{x} = {y}" for x, y in pairs),
                inputs=tuple(map(value, executor.updates.values())),
                outputs=tuple(replace(value(x), place=names.of(x)) for x in executor.updates),
            )
        )
    profile = function.profile
    return Explanation(
        _title(function),
        "interpreted",
        inputs=list(map(value, function.inputs)),
        instructions=rows,
        shared_bytes=sum(x.array.nbytes for x in shared),
        ops=_ops(function, executor.nodes),
        calls=None if profile is None else profile.calls,
        seconds=None if profile is None or not profile.calls else profile.seconds / profile.calls,
    )


def _ops(function: Function, run: list[Apply]) -> dict[str, tuple[int, int]]:
    """Return how often each op is in the graph as it was given, and as it is run."""
    roots = [*function.outputs, *function.updates.values()]
    given = Counter(node.op.name for node in toposort(roots, blockers=function.inputs))
    left = Counter(node.op.name for node in run)
    return {name: (given[name], left[name]) for name in sorted({*given, *left})}


def _compiled(
    function: Function, program: Program, number: int | None, source: bool
) -> Explanation:
    from blocks.compile.explanation.reading import Reader
    from blocks.compile.explanation.subjects import of_program

    plans = list(program.plans.values())
    if number is not None and not 0 <= number < len(plans):
        raise GraphError(
            f"explain: expected one of {len(plans)} plans, counted from 0, got plan {number}. "
            "Leave it out, or run the function with those sizes first."
        )
    plan = plans[number] if number is not None else max(plans, key=_weight, default=None)
    schedule = program.schedule if plan is None else plan.schedule
    reader = Reader(of_program(program, schedule), plan)
    profile, timings = function.profile, reader.timings
    prefix = [] if program.prefix is None else program.prefix.nodes
    results = {*reader.schedule.outputs} if plan is not None else set()
    seconds, interpreted_seconds, outside = reader.call_seconds()
    return Explanation(
        _title(function),
        "not run" if plan is None else "planned",
        inputs=[reader.value(x) for x in program.inputs],
        instructions=reader.instructions(),
        regions=reader.regions(),
        memory_bytes=0 if plan is None else plan.layout.size,
        shared_bytes=sum(x.array.nbytes for x in reader.shared),
        output_bytes=sum(reader.nbytes(y) or 0 for y in results),
        plans=len(plans),
        plan=0 if plan is None else plans.index(plan),
        ops=_ops(function, [*prefix, *reader.schedule.nodes]),
        calls=None if profile is None else 0 if timings is None else timings.calls,
        seconds=seconds,
        interpreted=interpreted_seconds,
        outside=outside,
        planning=None if profile is None else profile.planning_seconds,
        with_source=source,
    )


def _weight(plan: Plan) -> tuple[float, int]:
    """Return what the plan that matters has most of: time, or elements of inputs."""
    timings = getattr(plan, "timings", None)
    spent = 0.0 if timings is None else float(timings.totals()[-1])
    sizes = [plan.sizes.type(x).shape for x in plan.inputs]
    return spent, sum(_count(shape) for shape in sizes)


def _count(shape: tuple[int | None, ...]) -> int:
    count = 1
    for size in shape:
        count *= size or 0
    return count
