"""What an explanation reads: the schedule of a function, or that of a loop's step.

Examples
--------
>>> from blocks import explain, function, tensor
>>> from blocks.graph.loops import scan
>>> x, start = tensor.vector("x"), tensor.scalar("start")
>>> y, _ = scan(lambda row, total: row + total, sequences=x, outputs_info=start)
>>> f = function([x, start], y)
>>> _ = f([1.0, 2.0, 3.0], 0.0)
>>> (loop,) = explain(f).by_kind()["loop"]
>>> print(loop.formula, [step.formula for step in loop.steps], sep=", ")
scan: 3 steps of 1 kernel, ['x[t] + start[t-1]']
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from blocks.compile.interpreter import Interpreter
from blocks.compile.looping import LoopBody
from blocks.compile.program import Program
from blocks.compile.schedule import Instruction, Schedule
from blocks.graph.ops.scan import Scan
from blocks.graph.variable import Variable

__all__ = ["Subject", "loop_text", "of_program", "of_step"]


@dataclass(frozen=True)
class Subject:
    """What to explain.

    Parameters
    ----------
    schedule
        The instructions.
    inputs
        What the caller gives.
    given
        The inputs, and what is interpreted before.
    prefix
        What is interpreted before, if anything is.
    names
        The names that values from outside have there.
    homes
        Where results are, that are put into arrays from outside.
    within
        The number of the instruction whose step this is.
    """

    schedule: Schedule
    inputs: Sequence[Variable]
    given: Sequence[Variable]
    prefix: Interpreter | None = None
    names: Mapping[Variable, str] = field(default_factory=dict)
    homes: Mapping[Variable, str] = field(default_factory=dict)
    within: str = ""


def of_program(program: Program, schedule: Schedule) -> Subject:
    """Return what there is to explain of a function."""
    return Subject(schedule, program.inputs, program.given, program.prefix)


def of_step(instruction: Instruction, number: str, outside: Callable[[Variable], str]) -> Subject:
    """Return what there is to explain of the step of a loop.

    Parameters
    ----------
    instruction
        The loop.
    number
        The number that it has in the explanation.
    outside
        Returns the names of values outside of the loop.
    """
    node, step = instruction.node, instruction.kernel
    assert isinstance(step, LoopBody)
    op, body = step.op, step.op.body
    _, sequences, _, others = op.split(node.inputs)
    names: dict[Variable, str] = {}
    for x, sequence in zip(body.rows, sequences, strict=True):
        names[x] = f"{outside(sequence)}[t]"
    for symbols, taps in zip(body.states, body.taps, strict=True):
        for x, tap in zip(symbols, taps, strict=True):
            base = (x.name or "state").partition("[")[0]
            names[x] = f"{base}[t{tap:+}]" if not op.backwards else f"{base}[t{-tap:+}]"
    names.update((x, outside(y)) for x, y in zip(body.others, others, strict=True))
    names.update((carry, carry.name or "state") for carry in step.carries.values())
    count = len(op.kept)
    written = [y for y, kept in zip(node.outputs, op.kept, strict=False) if kept]
    written += node.outputs[count : count + len(op.stacked)]
    homes = {y: f"{outside(x)}[t]" for y, x in zip(step.outputs, written, strict=False)}
    return Subject(step.schedule, step.inputs, step.inputs, names=names, homes=homes, within=number)


def loop_text(op: Scan, loop: Any, count: int) -> str:
    """Write how often a loop does what.

    Parameters
    ----------
    op
        The loop.
    loop
        What runs it; ``None`` if it has not run yet.
    count
        The number of instructions of a step.
    """
    if loop is None:
        return f"{op.label}: steps of {_counted(count, 'instruction')}"
    steps = f"{op.label}: {_counted(loop.steps, 'step')}"
    if loop.plan is None:
        return f"{steps}, interpreted"
    if loop.segment is None:
        return f"{steps} of {_counted(count, 'instruction')}, in Python"
    return f"{steps} of {_counted(len(loop.segment.kernels), 'kernel')}"


def _counted(number: int, what: str) -> str:
    return f"{int(number):,} {what}{'' if number == 1 else 's'}"
