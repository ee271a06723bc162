"""From an instruction to a compiled kernel, and how its arguments are laid out."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from blocks.compile.codegen import Fold, MatrixProduct, Statement, generate, literal, scratch
from blocks.compile.loops import Loops, Operand
from blocks.compile.schedule import Instruction
from blocks.errors import GraphError
from blocks.graph.op import Apply, Kernel, Product, Reduction, Scalar
from blocks.graph.types import TensorType
from blocks.graph.variable import Constant, Variable

__all__ = ["GroupKernel", "group_kernel", "own_kernel"]

EMBEDDED = frozenset([0, 1, -1, 2, -2, 3, 4, 0.5, -0.5])
"""Constants that become part of a kernel's source; others are arguments, so that a new
learning rate or weight decay compiles nothing."""


@dataclass(frozen=True)
class GroupKernel:
    """The generated kernel of a group.

    Parameters
    ----------
    source, signature
        What `blocks.compile.jit.compile_kernel` takes.
    arrays
        For each array argument, its variable and in which shape it is passed:
        ``None`` as it is, else the operand whose loops say so.
    loops
        The merged axes.
    space
        The variable whose shape the loops run over.
    scratch
        The array that follows those of `arrays`, if a fold needs memory for its totals.
    operations
        How many values it computes, reads and writes for each element.
    begins_with_product
        Whether a matrix product comes before its loops.
    is_divisible
        Whether parts of its outermost loop can run at the same time.
    by_rows
        The product, if only its epilogue reads it, and some rows can be computed at a time.
    """

    source: str
    signature: tuple[tuple[str, int] | str, ...]
    arrays: tuple[tuple[Variable, Operand | None], ...]
    loops: Loops
    space: Variable
    scratch: Operand | None
    operations: int
    begins_with_product: bool
    is_divisible: bool
    by_rows: Variable | None


# Layers that are alike have one text.
_generated = lru_cache(maxsize=4096)(generate)


def _varies(x: Variable, ndim: int) -> tuple[bool, ...]:
    missing = (False,) * (ndim - x.ndim)
    return missing + tuple(not flag for flag in x.broadcastable)


def _embedded(x: Variable) -> str | None:
    if isinstance(x, Constant) and x.data.size == 1 and x.data.item() in EMBEDDED:
        return literal(x.data.item(), x.dtype)
    return None


def group_kernel(instruction: Instruction) -> GroupKernel:
    """Return the kernel of a group of elementwise nodes, a product and a fold."""
    if instruction.kernel is None:
        instruction.kernel = _GroupBuilder(instruction).build()
    kernel: GroupKernel = instruction.kernel
    return kernel


class _GroupBuilder:
    def __init__(self, instruction: Instruction) -> None:
        self.instruction = instruction
        lowering = instruction.lowering
        self.last = instruction.node
        self.reduction = lowering if isinstance(lowering, Reduction) else None
        self.space = self.last.inputs[0] if self.reduction else self.last.outputs[0]
        self.ndim = self.space.ndim
        self.product = instruction.product
        self.values: dict[Variable, str] = {}  # how expressions name a value
        self.inputs: dict[Variable, Operand] = {}
        self.outputs: dict[Variable, Operand] = {}

    def build(self) -> GroupKernel:
        product_inputs = list(self.product.inputs) if self.product else []
        scalars = [n for n in self.instruction.nodes if n is not self.product]
        if self.reduction:
            scalars = scalars[:-1]
        self._name_inputs(scalars)
        self._name_outputs()
        product = self._matrix_product()
        statements = tuple([self._statement(node, i) for i, node in enumerate(scalars)])
        fold = self._fold()
        patterns = [x.varies for x in [*self.inputs.values(), *self.outputs.values()]]
        space = tuple(not flag for flag in self.space.broadcastable)
        patterns.append(space)
        if any(x in self.instruction.windows for x in [*self.inputs, *self.outputs]):
            patterns.append((*space[:-1], False))  # their rows do not follow each other
        if fold is not None:
            patterns += [fold.output.varies, fold.reduced]
        loops = Loops.merge(self.ndim, patterns)
        outputs = tuple((x, self.values[y]) for y, x in self.outputs.items() if y in self.values)
        source = _generated(loops, tuple(self.inputs.values()), statements, outputs, fold, product)
        arrays = self._arrays(product_inputs)
        signature: list[tuple[str, int] | str] = [
            (x.dtype, x.ndim if operand is None else loops.ndim(operand)) for x, operand in arrays
        ]
        totals = scratch(loops, fold) if fold is not None else None
        if totals is not None:
            signature.append((totals.dtype, loops.ndim(totals)))
        signature += ["int64"] * len(loops.groups)
        return GroupKernel(
            source,
            tuple(signature),
            tuple(arrays),
            loops,
            self.space,
            totals,
            operations=len(statements) + len(arrays),
            begins_with_product=product is not None,
            is_divisible=bool(loops.groups)
            and (fold is None or (totals is None and loops.varies(fold.output)[0])),
            by_rows=self._by_rows(product),
        )

    def _name_inputs(self, scalars: Sequence[Apply]) -> None:
        used = {x for node in scalars for x in node.inputs}
        if self.reduction:
            used.add(self.last.inputs[0])
        for x in self.instruction.reads:
            text = _embedded(x)
            if x not in used:
                continue  # read by the product only
            if text is not None:
                self.values[x] = text
                continue
            operand = Operand(f"x{len(self.inputs)}", x.dtype, _varies(x, self.ndim))
            self.inputs[x] = operand
            self.values[x] = f"v_{operand.name}"

    def _name_outputs(self) -> None:
        if self.reduction:
            return
        for y in self.instruction.writes:
            old = self.instruction.targets.get(y)
            if old is not None and old in self.inputs:
                self.outputs[y] = self.inputs[old]
            else:
                name = f"y{len(self.outputs)}"
                self.outputs[y] = Operand(name, y.dtype, _varies(y, self.ndim))

    def _matrix_product(self) -> MatrixProduct | None:
        if self.product is None:
            return None
        lowering = self.instruction.lowerings[self.product]
        assert isinstance(lowering, Product)
        (p,) = self.product.outputs
        if p in self.outputs:
            target = self.outputs[p]
        else:
            # The product goes where its epilogue writes, element by element, later; or to
            # scratch memory, where all of that is still read.
            scratch = Operand("p0", p.dtype, _varies(p, 2))
            taken = {*self.instruction.targets, *self.instruction.apart}
            fresh = (x for y, x in self.outputs.items() if y not in taken)
            target = next(
                (x for x in fresh if (x.dtype, x.varies) == (p.dtype, scratch.varies)), scratch
            )
            self.inputs[p] = target
            self.values[p] = f"v_{target.name}"
        return MatrixProduct(p.dtype, lowering.transpose, lowering.accumulate, target.name)

    def _by_rows(self, product: MatrixProduct | None) -> Variable | None:
        if self.product is None or product is None or product.transpose[0] or product.accumulate:
            return None
        (p,) = self.product.outputs
        is_scratch = product.output not in (x.name for x in self.outputs.values())
        return p if is_scratch and not self.space.broadcastable[0] else None

    def _statement(self, node: Apply, i: int) -> Statement:
        scalar = self.instruction.lowerings[node]
        assert isinstance(scalar, Scalar)
        (y,) = node.outputs
        # Inputs that only lend their shape have no value, and no expression names them.
        arguments = tuple(self.values.get(x, "None") for x in node.inputs)
        self.values[y] = f"t{i}"
        dtypes = tuple(x.dtype for x in node.inputs)
        return Statement(f"t{i}", y.dtype, scalar, arguments, dtypes)

    def _fold(self) -> Fold | None:
        if self.reduction is None:
            return None
        (x,), (y,) = self.last.inputs, self.last.outputs
        reduced = tuple(axis in self.reduction.axes for axis in range(self.ndim))
        varies = tuple(not flag and not r for flag, r in zip(x.broadcastable, reduced, strict=True))
        output = Operand("y0", y.dtype, varies)
        self.outputs[y] = output
        r = self.reduction
        return Fold(r.fold, r.start, r.accumulator, self.values[x], x.dtype, reduced, output)

    def _arrays(self, product_inputs: list[Variable]) -> list[tuple[Variable, Operand | None]]:
        """Return the arrays in the order of the kernel's arguments."""
        arrays: list[tuple[Variable, Operand | None]] = []
        p = self.product.outputs[0] if self.product else None
        if len(product_inputs) == 5:
            _, a, b, alpha, beta = product_inputs
            one = Operand("scale", a.dtype, (False,) * self.ndim)
            arrays += [(a, None), (b, None), (alpha, one), (beta, one)]
        elif product_inputs:
            arrays += [(x, None) for x in product_inputs]
        # By name, as generate() lists them: what is written over an input, or holds the
        # product that expressions read, is one argument.
        named = {operand.name: (x, operand) for x, operand in self.inputs.items() if x is p}
        named |= {operand.name: (y, operand) for y, operand in self.outputs.items()}
        named |= {operand.name: (x, operand) for x, operand in self.inputs.items() if x is not p}
        operands = [*self.inputs.values(), *self.outputs.values()]
        return arrays + [named[name] for name in dict.fromkeys(x.name for x in operands)]


@lru_cache(maxsize=256)
def _source(function: Callable[..., None]) -> str:
    try:
        text = textwrap.dedent(inspect.getsource(function))
    except OSError:
        text = ""
    head = f"def {function.__name__}("
    if head not in text:
        raise GraphError(
            f"{function.__qualname__}: expected a kernel whose source can be read, got one that "
            "was typed in. Put it into a file."
        )
    return "def kernel(" + text.split(head, 1)[1]


def own_kernel(
    lowering: Kernel, arrays: Sequence[TensorType]
) -> tuple[str, tuple[tuple[str, int] | str, ...]]:
    """Return the source and signature of the kernel that an op brings along.

    Parameters
    ----------
    lowering
        The op's lowering.
    arrays
        The types of the inputs, the outputs and the workspaces.
    """
    signature: list[tuple[str, int] | str] = [(t.dtype, t.ndim) for t in arrays]
    for value in lowering.static:
        signature.append(_scalar_type(value))
    if lowering.parts is not None:
        signature += ["int64", "int64"]
    return _source(lowering.function), tuple(signature)


def _scalar_type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "int64" if isinstance(value, int) else "float64"
