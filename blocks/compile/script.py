"""The text of a plan's run: lines of Python, and rows of kernels between them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from blocks.compile.calls import failing
from blocks.compile.jit import NativeKernel, compile_kernel
from blocks.compile.key import is_jit_disabled
from blocks.compile.plain import plain_kernel
from blocks.compile.segment import Dynamic, Segment, runner
from blocks.compile.team import PATIENCE, run_together
from blocks.errors import GraphError
from blocks.graph.op import Array

__all__ = ["AFTER", "BEFORE", "FIRST", "Place", "Script", "Signature"]

FIRST, AFTER, BEFORE = -3, -2, -1
"""Positions of what is interpreted first, and copied after and before all instructions."""

Signature: TypeAlias = Sequence[tuple[str, int] | str]
"""The types of a kernel's arguments, as `blocks.compile.jit.compile_kernel` takes them."""


def window(x: Array, offset: int, shape: tuple[int, ...]) -> Array:
    """Return an array that begins at a byte of another one: the last rows may be cut off."""
    strides = [x.itemsize * math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    rest = x.reshape(-1)[offset // x.itemsize :]
    return np.lib.stride_tricks.as_strided(rest, shape, strides)


@dataclass(frozen=True)
class Place:
    """An array argument of a kernel.

    Parameters
    ----------
    name
        The name, in the text, of a C-contiguous array.
    own_shape
        The shape of that array.
    shape
        The shape in which the kernel sees it.
    offset
        At which of its bytes the kernel's array begins.
    """

    name: str
    own_shape: tuple[int, ...]
    shape: tuple[int, ...]
    offset: int = 0


class Script:
    """A function under construction: what it names, and its lines.

    Kernels that follow one another become one `Segment`. With ``NUMBA_DISABLE_JIT=1`` each is
    a line that calls the kernel as plain Python.

    Attributes
    ----------
    globals : dict
        What the text names and does not make itself.
    kernels : list of NativeKernel
        What its segments call.
    is_plain : bool
        Whether kernels are called as plain Python.
    bodies : dict
        The sources of the kernels of each instruction, by its position.
    position : int or None
        The instruction to which the next lines and kernels belong.
    is_patient : bool
        Whether threads may look for more work for a while: not where BLAS wants processors.
    """

    def __init__(self) -> None:
        self.globals: dict[str, Any] = {"np": np, "empty": np.empty}
        self.kernels: list[NativeKernel] = []
        self.bodies: dict[int, list[str]] = {}
        self.position: int | None = None
        self.is_patient = True
        self._lines: list[str] = []
        self._indent = ""
        self._locals = 0
        self._segment = Segment()
        self._failures: list[tuple[int, str]] = []  # what explains the error of which kernel
        self._together: list[tuple[int, int]] = []  # which kernels run at the same time
        self._dynamic: dict[str, int] = {}  # the arrays that the segment gets in each run
        self._reshaped: dict[tuple[str, tuple[int, ...]], str] = {}
        # Fuzzing switches this while it runs.
        self.is_plain = is_jit_disabled()

    def begin(self, position: int) -> None:
        """Say that an instruction begins."""
        self.position = position

    def end(self) -> None:
        """Say that the instruction ends."""
        self.position = None

    def constant(self, value: Any, prefix: str) -> str:
        """Return the name of a value that is the same in each run."""
        name = f"{prefix}{len(self.globals)}"
        self.globals[name] = value
        return name

    def line(self, text: str) -> None:
        """Add a line, after all kernels so far."""
        self._end_segment()
        self._lines.append(self._indent + text)

    def local(self, expression: str) -> str:
        """Return a name for the value of an expression, taken after all kernels so far."""
        self._end_segment()
        return self.early_local(expression)

    def early_local(self, expression: str) -> str:
        """Return a name for the value of an expression that no kernel changes."""
        name = self.new_name()
        self._lines.append(f"{self._indent}{name} = {expression}")
        return name

    def new_name(self) -> str:
        """Return a name that the text has not used."""
        self._locals += 1
        return f"r{self._locals}"

    def reshaped(self, name: str, shape: tuple[int, ...]) -> str:
        """Return the name of an array in another shape."""
        key = (name, shape)
        if key not in self._reshaped:
            if name in self.globals:
                self._reshaped[key] = self.constant(self.globals[name].reshape(shape), "b")
            else:
                self._reshaped[key] = self.early_local(f"{name}.reshape({shape})")
        return self._reshaped[key]

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Put what is added inside under a line such as ``if x:``."""
        self.line(head)
        start, count = len(self._lines), len(self._reshaped)
        self._indent += "    "
        yield
        self._end_segment()
        if len(self._lines) == start:
            self._lines.append(f"{self._indent}pass")
        self._indent = self._indent[:-4]
        while len(self._reshaped) > count:
            self._reshaped.popitem()  # what got a name in there may not exist outside

    def launch(
        self,
        body: str,
        signature: Signature,
        arguments: Sequence[Place | float],
        on_failure: str | None = None,
    ) -> None:
        """Run a kernel.

        Parameters
        ----------
        body, signature
            As of `blocks.compile.jit.compile_kernel`.
        arguments
            Its arguments.
        on_failure
            What raises the error that explains why the kernel raised one.
        """
        if self.position is not None:
            self.bodies.setdefault(self.position, []).append(body)
        if self.is_plain and on_failure is not None:
            self.line(on_failure)  # it finds the same
            return
        if self.is_plain:
            texts = [self._seen(a) if isinstance(a, Place) else repr(a) for a in arguments]
            kernel = self.constant(plain_kernel(body, signature), "k")
            self.line(f"{kernel}({', '.join(texts)})")
            return
        if on_failure is not None:
            self._failures.append((len(self._segment.kernels), on_failure))
        native = compile_kernel(body, signature)
        self.is_patient &= "gemm(" not in body
        self.kernels.append(native)
        self._segment.add(
            native,
            [
                (self._array(a.name), a.shape, a.offset) if isinstance(a, Place) else a
                for a in arguments
            ],
        )

    def launch_together(
        self, body: str, signature: Signature, parts: Sequence[Sequence[Place | float]]
    ) -> None:
        """Run a kernel with each of several lists of arguments, at the same time."""
        start = len(self._segment.kernels)
        for arguments in parts:
            self.launch(body, signature, arguments)
        if len(parts) > 1:
            self._together.append((start, len(self._segment.kernels)))

    def _seen(self, x: Place) -> str:
        if not x.offset and x.own_shape == x.shape:
            return x.name
        if not x.offset and math.prod(x.own_shape) == math.prod(x.shape):
            return self.reshaped(x.name, x.shape)
        self.globals.setdefault("window", window)
        return f"window({x.name}, {x.offset}, {x.shape})"

    def _array(self, name: str) -> Array | Dynamic:
        array: Array | None = self.globals.get(name)
        if array is not None:
            return array
        return Dynamic(self._dynamic.setdefault(name, len(self._dynamic)))

    def _end_segment(self) -> None:
        count = len(self._segment.kernels)
        if not count:
            return
        words = self._segment.words()
        self.globals.setdefault("run_kernels", runner())
        self.constant(words, "m")  # the memory must stay
        arrays = "".join(f"{name}, " for name in self._dynamic)
        address = words.ctypes.data
        lines = [f"arrays = ({arrays})"]
        done = 0
        for start, end in [*self._together, (count, count)]:
            if start > done:
                lines.append(f"failed = run_kernels({address}, arrays, {done}, {start})")
                known = [(i, text) for i, text in self._failures if done <= i < start]
                lines += [f"if failed == {i}: {text}" for i, text in known]
                lines.append(f"if failed >= 0: {self._broken()}()")
            if end > start:
                self.globals.setdefault("run_together", run_together)
                arguments = f"{address}, arrays, {start}, {end}, patience"
                lines.append(f"if run_together({arguments}) >= 0: {self._broken()}()")
            done = end
        self._lines += [self._indent + line for line in lines]
        self._segment, self._dynamic = Segment(), {}
        self._failures.clear()
        self._together.clear()

    def _broken(self) -> str:
        """Return the name of what raises where a kernel raised and nobody knows why."""
        self.globals.setdefault("broken", self.broken)
        return "broken"

    @staticmethod
    def broken() -> None:
        """Say that a kernel raised, and that nobody knows why."""
        failing(
            GraphError(
                "function: expected kernels that stay within their arrays, got one that does not. "
                "Report this, with the function's explain(); mode='reference' runs without kernels."
            )
        )()

    def only_segment(self) -> tuple[Segment, list[str]] | None:
        """Return the kernels and the names of their dynamic arrays, if there is nothing else."""
        if self._lines or self._together or not self._segment.kernels:
            return None
        return self._segment, list(self._dynamic)

    def finish(self, inputs: int, results: Sequence[str]) -> tuple[str, Callable[..., list[Array]]]:
        """Return the text as a function of a number of inputs, and the function."""
        self._end_segment()
        self.globals["patience"] = PATIENCE if self.is_patient else 0
        arguments = ", ".join(f"i{i}" for i in range(inputs))
        body = "".join(f"    {line}\n" for line in self._lines)
        source = f"def run({arguments}):\n{body}    return [{', '.join(results)}]\n"
        exec(compile(source, "<plan>", "exec"), self.globals)
        run: Callable[..., list[Array]] = self.globals["run"]
        return source, run
