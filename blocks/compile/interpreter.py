"""The slow, plain way to run a graph: one NumPy call per node, nothing compiled.

It runs ``mode="reference"``, the oracle of the compiled engine, and ``mode="debug"``,
which checks every node for sizes and for NaN and infinity that its inputs did not have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from blocks.compile.branches import guarded
from blocks.compile.threads import limit_threads
from blocks.errors import BlocksError, NonFiniteError, ShapeError, listed
from blocks.graph.branches import ALWAYS
from blocks.graph.evaluation import concrete_type, evaluate
from blocks.graph.op import Apply, Array
from blocks.graph.ops.branch import IfElse
from blocks.graph.ops.scan import Scan
from blocks.graph.traversal import located, toposort
from blocks.graph.types import TensorType
from blocks.graph.variable import Constant, SharedVariable, Variable

__all__ = ["Interpreter", "check_update", "infer_at_run_time", "step_of"]


def infer_at_run_time(node: Apply, types: Sequence[TensorType]) -> tuple[TensorType, ...]:
    """Return the types of a node's outputs with the sizes of this run.

    Raises
    ------
    BlocksError
        As raised by the op, with the brick and the user's line in the message.
    """
    try:
        found = node.op.infer(*types)
    except BlocksError as error:
        raise located(error, node) from None
    return tuple(
        [
            new
            if new.broadcastable == t.broadcastable and new.dtype == t.dtype
            else TensorType(t.dtype, new.shape, t.broadcastable, new.known)
            for t, new in zip(node.types, found, strict=True)
        ]
    )


def check_update(x: SharedVariable, y: Variable, shape: tuple[int | None, ...]) -> None:
    """Raise if a new value of a shared variable has a size that it cannot have."""
    for size, flag, got in zip(x.type.shape, x.broadcastable, shape, strict=True):
        if (size is not None and size != got) or (flag and got != 1):
            error = ShapeError(
                f"{x.name or 'shared variable'}: expected an update like {x.type}, got one of "
                f"shape {shape}. Compute a new value of that shape."
            )
            raise error if y.owner is None else located(error, y.owner)


class Interpreter:
    """Computes outputs and updates node by node with each op's reference.

    Parameters
    ----------
    inputs
        The variables whose arrays `run` takes.
    outputs
        The variables whose values it returns.
    updates
        The new value of each shared variable that it changes.
    check
        Whether to look for NaN and infinity after each node.
    run_loop
        Returns what runs a loop, if its step is not to be interpreted too.
    """

    def __init__(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        updates: Mapping[SharedVariable, Variable],
        check: bool = False,
        run_loop: Callable[[Apply], Callable[[Sequence[Array]], Sequence[Array]]] | None = None,
    ) -> None:
        self.run_loop = run_loop
        self.loops: dict[Apply, Callable[[Sequence[Array]], Sequence[Array]]] = {}
        self.inputs = list(inputs)
        self.outputs = list(outputs)
        self.updates = dict(updates)
        self.check = check
        roots = [*outputs, *updates.values()]
        self.nodes, self.guards = guarded(toposort(roots, blockers=inputs), roots)

    def run(self, arrays: Sequence[Array]) -> list[Array]:
        """Return the outputs for some inputs, and update the shared variables."""
        limit_threads()
        values = self._compute(arrays)
        outputs = [np.array(self._value(y, values)) for y in self.outputs]
        new_values = [self._value(y, values) for y in self.updates.values()]
        if self.check:
            self._check_updates(new_values, values)
            self._check_shared(outputs)
        for (x, y), value in zip(self.updates.items(), new_values, strict=True):
            check_update(x, y, value.shape)
        for x, value in zip(self.updates, new_values, strict=True):
            x.set_value(value)
        return outputs

    def look(self, arrays: Sequence[Array]) -> list[Array]:
        """Return the outputs without a copy: they may be views of inputs or shared variables."""
        values = self._compute(arrays)
        return [self._value(y, values) for y in self.outputs]

    def _compute(self, arrays: Sequence[Array]) -> dict[Variable, Array]:
        values: dict[Variable, Array] = dict(zip(self.inputs, arrays, strict=True))
        types: dict[Variable, TensorType] = {}
        for x, array in list(values.items()):
            types[x] = concrete_type(x, array)
        for node in self.nodes:
            if not any(
                all(bool(self._value(x, values)) == truth for x, truth in path)
                for path in self.guards.get(node, ALWAYS)
            ):
                continue
            if isinstance(node.op, IfElse):
                condition, *branches = node.inputs
                (y,) = node.outputs
                values[y] = self._value(branches[not self._value(condition, values)], values)
                types[y] = concrete_type(y, values[y])
                continue
            for x in node.inputs:
                if x not in types:
                    types[x] = concrete_type(x, self._value(x, values))
            found = infer_at_run_time(node, [types[x] for x in node.inputs])
            operands = [self._value(x, values) for x in node.inputs]
            try:
                results = self._evaluate(node, found, operands)
            except BlocksError as error:
                raise located(error, node) from None
            if self.check:
                self._check(node, operands, results)
            for y, result in zip(node.outputs, results, strict=True):
                values[y] = result
                types[y] = concrete_type(y, result)
        return values

    def _evaluate(
        self, node: Apply, types: tuple[TensorType, ...], operands: Sequence[Array]
    ) -> Sequence[Array]:
        if not isinstance(node.op, Scan):
            return evaluate(node.op, types, operands)
        if node not in self.loops:
            self.loops[node] = self.run_loop(node) if self.run_loop else self._loop(node.op)
        return self.loops[node](operands)

    def _loop(self, op: Scan) -> Callable[[Sequence[Array]], Sequence[Array]]:
        return partial(op.run, step=step_of(op, self.check))

    @staticmethod
    def _value(x: Variable, values: Mapping[Variable, Array]) -> Array:
        if x in values:
            return values[x]
        if isinstance(x, Constant):
            return x.data
        assert isinstance(x, SharedVariable), x
        return x.array

    def _check_shared(self, outputs: Sequence[Array]) -> None:
        """Raise where NaN of a shared variable, such as a parameter without a value, comes out."""
        if not any(a.dtype.kind == "f" and np.isnan(a).any() for a in outputs):
            return
        read = dict.fromkeys(x for node in self.nodes for x in node.inputs)
        for x in read:
            if isinstance(x, SharedVariable) and x.type.is_float and np.isnan(x.array).any():
                raise NonFiniteError(
                    f"{x}: expected a shared variable without NaN, got NaN in "
                    f"{int(np.isnan(x.array).sum())} of {x.array.size} elements, and so in an "
                    "output. Initialize the brick that it belongs to, or give it a value."
                )

    def _check_updates(self, new_values: Sequence[Array], values: Mapping[Variable, Array]) -> None:
        """Raise where NaN or infinity that came in with an input would be kept."""
        for x, new in zip(self.updates, new_values, strict=True):
            if _is_finite(new) or not _is_finite(x.array):
                continue
            sources = [y for y in self.inputs if not _is_finite(values[y])]
            if sources:
                came_in = listed(_first_bad(y, values[y]) for y in sources)
                raise NonFiniteError(
                    f"{x}: expected a finite new value, got {_kind(new)} in "
                    f"{_count(new)} of {new.size} elements, which came in with the input {came_in}."
                    " Check the data; nothing was changed."
                )

    @staticmethod
    def _check(node: Apply, operands: Sequence[Array], results: Sequence[Array]) -> None:
        for result in results:
            if _is_finite(result) or not all(map(_is_finite, operands)):
                continue  # good, or not made here: it came in
            sizes = listed(f"{a.dtype} {a.shape}" for a in operands)
            error = NonFiniteError(
                f"{node.op}: expected finite values, got {_kind(result)} in {_count(result)} of "
                f"{result.size} elements, from finite inputs ({sizes}). Keep them in the range "
                "where it is finite."
            )
            raise located(error, node)


def step_of(op: Scan, check: bool = False) -> Callable[[Sequence[Array]], list[Array]]:
    """Return what makes a step of a loop, node by node: from its symbols to `inner_outputs`."""
    return Interpreter(op.body.symbols, op.inner_outputs(), {}, check).look


def _is_finite(array: Array) -> bool:
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())


def _kind(array: Array) -> str:
    return "NaN" if np.isnan(array).any() else "infinity"


def _count(array: Array) -> int:
    return int((~np.isfinite(array)).sum())


def _first_bad(x: Variable, array: Array) -> str:
    index = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
    return f"{x} ({array.dtype} {array.shape}: {array[index]} at {index})"
