"""How an explanation names values, and writes what an instruction computes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from blocks.compile.gemm import Gemm, MatrixProduct
from blocks.graph.formula import formula, value_text
from blocks.graph.op import Apply, Array
from blocks.graph.ops.elementwise import add, mul, sub
from blocks.graph.variable import Constant, SharedVariable, Variable, constant

__all__ = ["Names", "written"]

LONGEST = 400  # symbols of a formula
UNUSED = "..."  # an input whose values are not needed: it only lends its shape


class Names:
    """The names of values: inputs and shared variables by theirs, results by numbers.

    Parameters
    ----------
    inputs
        The inputs of the function.
    shared
        The shared variables.

    Examples
    --------
    >>> from blocks import shared, tensor
    >>> x = tensor.vector("x")
    >>> names = Names([x, tensor.vector()], [shared(0.0, "b"), shared(1.0, "b")])
    >>> list(names.names.values())
    ['x', 'input_1', 'b', 'b_2']
    """

    def __init__(self, inputs: Sequence[Variable], shared: Iterable[SharedVariable]) -> None:
        self.names: dict[Variable, str] = {}
        for i, x in enumerate(inputs):
            self._add(x, [x.name or f"input_{i}"])
        paths = {x: _path(x) for x in shared}
        ends = [_end(path) for path in paths.values()]
        for x, path in paths.items():
            self._add(x, [_end(path), path] if ends.count(_end(path)) == 1 else [path])

    def _add(self, x: Variable, wanted: Sequence[str]) -> None:
        taken = set(self.names.values())
        more = (f"{wanted[-1]}_{i}" for i in range(2, len(taken) + 3))
        self.names[x] = next(name for name in [*wanted, *more] if name not in taken)

    def number(self, results: Sequence[Variable], position: int | str) -> None:
        """Name results after the position of what computes them."""
        for i, y in enumerate(results):
            self.names[y] = f"%{position}" if len(results) == 1 else f"%{position}.{i}"

    def of(self, x: Variable) -> str:
        """Return the name of a value."""
        if x in self.names:
            return self.names[x]
        return value_text(x) if isinstance(x, Constant) else UNUSED


def _path(x: SharedVariable) -> str:
    """Return the path of a parameter, or of the buffer of a step rule after its parameter's."""
    parameter = getattr(x.tag, "for_parameter", None)
    if isinstance(parameter, SharedVariable):
        return f"{_path(parameter)}.{x.name}"
    for annotation in getattr(x.tag, "annotations", ()):
        if hasattr(annotation, "get_hierarchical_name"):  # a brick
            return str(annotation.get_hierarchical_name(x)).lstrip("/")
    return x.name or "shared"


def _end(path: str) -> str:
    return path.rpartition("/")[2]


def known_text(value: Array) -> str:
    """Write a value that follows from sizes.

    Examples
    --------
    >>> import numpy as np
    >>> known_text(np.array([1 / 3], "float32")), known_text(np.zeros((2, 3)))
    ('0.333333', '<fixed float64 (2, 3)>')
    """
    return f"{value.item():.6g}" if value.size == 1 else f"<fixed {value.dtype} {value.shape}>"


def written(
    nodes: Sequence[Apply],
    results: Sequence[Variable],
    name: Callable[[Variable], str],
    named: Sequence[Variable],
) -> str:
    """Write what nodes compute, in terms of the names of what they read.

    Parameters
    ----------
    nodes
        The nodes, in order.
    results
        What others read of it.
    name
        Returns the name of a value.
    named
        The results that the text names: those of several, and what is updated in place.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.vector("x")
    >>> y = tensor.exp(x.sum() + 1)
    >>> written([y.owner.inputs[0].owner, y.owner], [y], lambda x: x.name or "%0", [])
    'exp(%0 + 1)'
    """
    made: dict[Variable, Variable] = {}
    parts: list[str] = []

    def shown(x: Variable) -> Variable:
        if x not in made:
            is_number = isinstance(x, Constant) and x.name is None
            made[x] = x if is_number else Variable(x.type, name=name(x))
            if is_number and x.ndim and x.data.size == 1:  # only its value is of interest
                made[x] = Variable(x.type, name=known_text(x.data))
        return made[x]

    for node in nodes:
        outputs = _shown_node(node, [shown(x) for x in node.inputs])
        made.update(zip(node.outputs, outputs, strict=True))
        for y in node.outputs:
            if y in results:
                parts.append(_assigned(name(y), made[y]) if y in named else _text(made[y]))
                if y in named:
                    made[y] = Variable(y.type, name=name(y))
    return "; ".join(parts)


def _text(x: Variable) -> str:
    return formula(x, limit=LONGEST)


def _assigned(name: str, y: Variable) -> str:
    """Write an assignment: ``W -= step`` where it changes what it assigns to."""
    node = y.owner
    if node is not None and node.op.name in ("add", "sub") and len(node.inputs) == 2:
        first, second = node.inputs
        if first.name == name and not any(first.broadcastable):
            return f"{name} {'+' if node.op.name == 'add' else '-'}= {_text(second)}"
    return f"{name} = {_text(y)}"


def _shown_node(node: Apply, inputs: Sequence[Variable]) -> Sequence[Variable]:
    if isinstance(node.op, Gemm):
        return [_gemm(node.op, *inputs)]
    return Apply(node.op, tuple(inputs), node.types, node.origin).outputs


def _gemm(
    op: Gemm, c: Variable, a: Variable, b: Variable, alpha: Variable, beta: Variable
) -> Variable:
    """Return what a gemm computes, as a reader would write it."""
    product = MatrixProduct(op.transpose_a, op.transpose_b)(a, b)
    combine, factor = add, _number(alpha)
    if factor is not None and factor < 0:
        combine, alpha = sub, constant(-factor, dtype=alpha.dtype)
    result: Variable = combine(_scaled(beta, c), _scaled(alpha, product))
    return result


def _scaled(factor: Variable, x: Variable) -> Variable:
    result: Variable = x if _number(factor) == 1 else mul(factor, x)
    return result


def _number(x: Variable) -> float | None:
    return float(x.data) if isinstance(x, Constant) and x.data.size == 1 else None
