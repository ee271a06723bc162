"""The slow, plain way to run a graph: one NumPy call per node, nothing compiled.

It runs ``mode="reference"``, the oracle of the compiled engine, and ``mode="debug"``,
which checks every node for sizes and for NaN and infinity that its inputs did not have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from blocks.errors import BlocksError, NonFiniteError, ShapeError
from blocks.graph.op import Apply, Array, evaluate
from blocks.graph.traversal import located, toposort
from blocks.graph.types import Shape, TensorType
from blocks.graph.variable import Constant, SharedVariable, Variable

__all__ = ["Interpreter", "check_update", "concrete_type", "infer_at_run_time"]


def concrete_type(x: Variable, array: Array) -> TensorType:
    """Return the type of a variable with the sizes, and small values, of an array."""
    known = None
    if array.dtype.kind in "iu" and array.ndim <= 1 and array.size <= 16:
        known = tuple(map(int, array)) if array.ndim else int(array)
    return TensorType(x.dtype, array.shape, x.broadcastable, known)


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
        inputs = ", ".join(map(str, node.inputs))
        raise located(type(error)(f"{error} In {node.op}({inputs})."), node) from None
    return tuple(
        TensorType(t.dtype, new.shape, t.broadcastable, new.known)
        for t, new in zip(node.types, found, strict=True)
    )


def check_update(shared: SharedVariable, shape: Shape) -> None:
    """Raise if a new value has a size that the type of a shared variable excludes."""
    for size, got in zip(shared.type.shape, shape, strict=True):
        if size is not None and size != got:
            raise ShapeError(
                f"{shared.name or 'shared variable'}: expected an update of shape "
                f"{shared.type.sizes()}, got {shape}."
            )


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
    """

    def __init__(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        updates: Mapping[SharedVariable, Variable],
        check: bool = False,
    ) -> None:
        self.inputs = list(inputs)
        self.outputs = list(outputs)
        self.updates = dict(updates)
        self.check = check
        self.nodes = toposort([*outputs, *updates.values()], blockers=inputs)

    def run(self, arrays: Sequence[Array]) -> list[Array]:
        """Return the outputs for some inputs, and update the shared variables."""
        values = self._compute(arrays)
        outputs = [np.array(self._value(y, values)) for y in self.outputs]
        new_values = [self._value(y, values) for y in self.updates.values()]
        if self.check:
            self._check_updates(new_values, values)
        for x, value in zip(self.updates, new_values, strict=True):
            check_update(x, value.shape)
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
            for x in node.inputs:
                if x not in types:
                    types[x] = concrete_type(x, self._value(x, values))
            found = infer_at_run_time(node, [types[x] for x in node.inputs])
            operands = [self._value(x, values) for x in node.inputs]
            try:
                results = evaluate(node.op, found, operands)
            except BlocksError as error:
                raise located(error, node) from None
            if self.check:
                self._check(node, operands, results)
            for y, result in zip(node.outputs, results, strict=True):
                values[y] = result
                types[y] = concrete_type(y, result)
        return values

    @staticmethod
    def _value(x: Variable, values: Mapping[Variable, Array]) -> Array:
        if x in values:
            return values[x]
        if isinstance(x, Constant):
            return x.data
        assert isinstance(x, SharedVariable), x
        return x.array

    def _check_updates(self, new_values: Sequence[Array], values: Mapping[Variable, Array]) -> None:
        """Raise where NaN or infinity that came in with an input would be kept."""
        for x, new in zip(self.updates, new_values, strict=True):
            if _is_finite(new) or not _is_finite(x.array):
                continue
            sources = [y for y in self.inputs if not _is_finite(values[y])]
            if sources:
                came_in = ", ".join(_first_bad(y, values[y]) for y in sources)
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
            sizes = ", ".join(f"{a.dtype} {a.shape}" for a in operands)
            raise NonFiniteError(
                f"{node.origin.place or node.op}: expected finite values from {node.op}"
                f"({', '.join(map(str, node.inputs))}), got {_kind(result)} "
                f"in {_count(result)} of {result.size} elements, "
                f"from finite inputs ({sizes}). Built at {node.origin.line}."
            )


def _is_finite(array: Array) -> bool:
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())


def _kind(array: Array) -> str:
    return "NaN" if np.isnan(array).any() else "infinity"


def _count(array: Array) -> int:
    return int((~np.isfinite(array)).sum())


def _first_bad(x: Variable, array: Array) -> str:
    index = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
    return f"{x} ({array.dtype} {array.shape}: {array[index]} at {index})"
