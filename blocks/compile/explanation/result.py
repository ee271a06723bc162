"""What `explain` returns: the instructions of a function as plain values, and views of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from blocks.compile.explanation.units import shape_text

__all__ = [
    "ExplainedInstruction",
    "ExplainedNode",
    "ExplainedRegion",
    "ExplainedValue",
    "Explanation",
    "Measured",
]

Shape = tuple["int | None", ...]


@dataclass(frozen=True)
class ExplainedValue:
    """An array that an instruction reads or writes.

    Parameters
    ----------
    name
        How formulas name it: the name of an input or a shared variable, or ``%3`` for the
        result of the instruction 3.
    dtype, shape
        Its dtype and sizes; ``None`` for a size that is not known yet.
    place
        Where it is kept: ``"input"``, ``"output"``, ``"view of %1"``, the name of the shared
        variable whose memory it is written to, or ``"byte 1024"`` of the function's memory.
    """

    name: str
    dtype: str
    shape: Shape
    place: str

    def __str__(self) -> str:
        return f"{self.name} {self.dtype} {shape_text(self.shape)}"


@dataclass(frozen=True)
class ExplainedNode:
    """A node of the graph that is a part of an instruction.

    Parameters
    ----------
    op
        The name of its op.
    place
        The brick and application that made it, such as ``/mlp/linear_0.apply``; a gradient
        says of what. Empty outside of bricks.
    line
        The user's line, as ``file:number``.
    """

    op: str
    place: str
    line: str

    def __str__(self) -> str:
        parts = [self.place, f"({self.line})" if self.line else ""]
        return " ".join([f"{self.op:<12}", *filter(None, parts)])


@dataclass(frozen=True)
class ExplainedRegion:
    """A part of the memory of a function, for as long as it belongs to one value.

    Parameters
    ----------
    name
        The value, or ``"scratch"`` for what an instruction needs for itself.
    offset, nbytes
        The byte at which it begins, and its size.
    first, last
        The positions of the first and the last instruction that need it.
    """

    name: str
    offset: int
    nbytes: int
    first: int
    last: int


@dataclass(frozen=True)
class Measured:
    """The times of an instruction.

    Parameters
    ----------
    calls
        How often it ran.
    seconds
        How long a run takes: the mean over the faster half of recent calls.
    total_seconds
        The sum of all runs.
    share
        Its part of the time of a whole call.
    """

    calls: int
    seconds: float
    total_seconds: float
    share: float


@dataclass(frozen=True)
class ExplainedInstruction:
    """One instruction of a function.

    Parameters
    ----------
    position
        Its number.
    kind
        ``"product"``, ``"elementwise"``, ``"fold"``, ``"kernel"`` (an op's own loop),
        ``"view"``, ``"branch"``, ``"python"`` (a NumPy function), ``"loop"``, ``"copy"``, or
        ``"interpreted"``.
    formula
        What it computes.
    nodes
        The nodes that were fused into it.
    inputs, outputs
        What it reads and writes.
    in_place
        The names of the shared variables that it updates in their own memory.
    condition
        When it runs, if a branch of an `ifelse` alone needs it: ``"if flag"``, ``"never"``.
    product
        The m, n and k of the matrix product in it, of (m, k) by (k, n).
    flops
        The floating point operations of that product: 2 m n k.
    nbytes
        The bytes of all arrays that it reads and writes.
    scratch
        The bytes of the function's memory that it needs besides.
    sources
        The source of each kernel that it runs.
    measured
        Its times, after runs with ``profile=True``.
    steps
        Of a loop, what it does in each step.
    within
        In a step, the number of the loop.
    """

    position: int
    kind: str
    formula: str
    nodes: tuple[ExplainedNode, ...] = ()
    inputs: tuple[ExplainedValue, ...] = ()
    outputs: tuple[ExplainedValue, ...] = ()
    in_place: tuple[str, ...] = ()
    condition: str = ""
    product: Shape | None = None
    flops: int | None = None
    nbytes: int | None = None
    scratch: int = 0
    sources: tuple[str, ...] = ()
    measured: Measured | None = None
    steps: tuple[ExplainedInstruction, ...] = ()
    within: str = ""

    @property
    def number(self) -> str:
        """Its number as text; ``3:1`` in the step of the loop that is instruction 3."""
        return f"{self.within}:{self.position}" if self.within else str(self.position)

    def with_steps(self) -> Iterator[tuple[int, ExplainedInstruction]]:
        """Return it and, below it, what it does in each step, each with its depth."""
        yield 0, self
        for step in self.steps:
            for depth, inner in step.with_steps():
                yield depth + 1, inner

    @property
    def places(self) -> tuple[str, ...]:
        """The bricks that its nodes come from."""
        return tuple(dict.fromkeys(node.place for node in self.nodes if node.place))

    @property
    def gflops(self) -> float | None:
        """The speed of a product, in 10^9 floating point operations per second."""
        if self.measured is None or not self.flops or not self.measured.seconds:
            return None
        return self.flops / self.measured.seconds / 1e9

    @property
    def gigabytes(self) -> float | None:
        """The speed of anything else, in 10^9 bytes read and written per second."""
        if self.measured is None or self.flops or not self.nbytes or not self.measured.seconds:
            return None
        return self.nbytes / self.measured.seconds / 1e9

    def __str__(self) -> str:
        from blocks.compile.explanation.text import instruction_text

        return instruction_text(self, with_source=False)


@dataclass(frozen=True)
class Explanation:
    """What a function does when it is called, instruction by instruction.

    It prints as a table and shows itself in notebooks; `html` and `svg` make a page and a
    picture of it.

    Attributes
    ----------
    title : str
        The function.
    state : str
        ``"planned"``; ``"not run"`` if its sizes are not known yet; or ``"interpreted"``, in
        the modes ``"reference"`` and ``"debug"``.
    inputs : list of ExplainedValue
        What the caller gives.
    instructions : list of ExplainedInstruction
        What is done, in order.
    regions : list of ExplainedRegion
        Where intermediate values lie in the memory of the function, and when.
    memory_bytes, shared_bytes, output_bytes : int
        The sizes of that memory, of shared variables, and of the arrays for outputs.
    plans : int
        For how many sets of sizes there are plans; `plan` is the number of this one.
    ops : dict
        For each op how often it is in the graph that was given and in that which is run.
    calls, seconds, interpreted, outside : float or None
        With ``profile=True``: the calls with these sizes, and how long one takes, the mean
        over the faster half of recent ones; how much of it the interpreted instructions
        take; and how much is outside of all: arguments, memory of outputs, Python.
    planning : float or None
        With ``profile=True``: the seconds spent on planning, and compiling or loading kernels.
    with_source : bool
        Whether the text ends in the sources of the kernels.
    """

    title: str
    state: str
    inputs: list[ExplainedValue] = field(default_factory=list)
    instructions: list[ExplainedInstruction] = field(default_factory=list)
    regions: list[ExplainedRegion] = field(default_factory=list)
    memory_bytes: int = 0
    shared_bytes: int = 0
    output_bytes: int = 0
    plans: int = 0
    plan: int = 0
    ops: dict[str, tuple[int, int]] = field(default_factory=dict)
    calls: int | None = None
    seconds: float | None = None
    interpreted: float | None = None
    outside: float | None = None
    planning: float | None = None
    with_source: bool = False

    @property
    def value_bytes(self) -> int:
        """What intermediate values would need if each had memory of its own."""
        return sum(region.nbytes for region in self.regions)

    @property
    def flops(self) -> int:
        """The floating point operations of all products."""
        return sum(i.flops or 0 for i in self.instructions)

    def by_kind(self) -> dict[str, Sequence[ExplainedInstruction]]:
        """Return the instructions of each kind."""
        kinds: dict[str, list[ExplainedInstruction]] = {}
        for instruction in self.instructions:
            kinds.setdefault(instruction.kind, []).append(instruction)
        return dict(kinds)

    def __str__(self) -> str:
        from blocks.compile.explanation.text import text

        return text(self)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from blocks.compile.explanation.page import notebook

        return notebook(self)

    def html(self, path: str | Path | None = None) -> str:
        """Return a page that needs nothing else, with a picture and every instruction.

        Parameters
        ----------
        path
            A file to write it to.
        """
        from blocks.compile.explanation.page import page

        return _written(page(self), path)

    def svg(self, path: str | Path | None = None) -> str:
        """Return a picture: a bar for each instruction, and the memory at that time.

        Parameters
        ----------
        path
            A file to write it to.
        """
        from blocks.compile.explanation.chart import chart

        return _written(chart(self), path)


def _written(text: str, path: str | Path | None) -> str:
    if path is not None:
        Path(path).write_text(text, encoding="utf-8")
    return text
