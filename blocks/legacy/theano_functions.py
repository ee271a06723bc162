"""Functions of Theano that have another signature here, or no other place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from blocks.compile import In
from blocks.errors import GraphError
from blocks.graph.op import Apply
from blocks.graph.ops.elementwise_op import elementwise, like
from blocks.graph.printing import debugprint as print_graph
from blocks.graph.traversal import inputs as inputs_of
from blocks.graph.traversal import toposort
from blocks.graph.traversal import variables as variables_of
from blocks.graph.variable import Variable

__all__ = [
    "Out",
    "Param",
    "ancestors",
    "cuda_available",
    "cuda_enabled",
    "debugprint",
    "grad_scale",
    "io_toposort",
    "ops",
    "orphans",
    "use",
    "variables",
]

cuda_available = cuda_enabled = False
"""There is no GPU backend; scripts ask before they use one."""


def use(device: str, *args: Any, **kwargs: Any) -> None:
    """Accept the CPU as device.

    Raises
    ------
    GraphError
        For any other device.
    """
    if device != "cpu":
        raise GraphError(
            f"theano.sandbox.cuda.use: expected 'cpu', got {device!r}. There is no GPU backend; "
            "remove the call."
        )


def io_toposort(
    inputs: Sequence[Variable],
    outputs: Sequence[Variable],
    orderings: None = None,
    clients: None = None,
) -> list[Apply]:
    """Return the applications between inputs and outputs, each after those it depends on.

    `orderings` and `clients` are accepted for compatibility.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.scalar("x")
    >>> [str(node.op) for node in io_toposort([x], [tensor.exp(-x)])]
    ['neg', 'exp']
    """
    return toposort(outputs, blockers=inputs)


def variables(inputs: Sequence[Variable], outputs: Sequence[Variable]) -> list[Variable]:
    """Return the variables between inputs and outputs, both included.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.scalar("x")
    >>> variables([x], [-x])
    [x, -x]
    """
    return list(dict.fromkeys([*inputs, *variables_of(outputs, blockers=inputs)]))


def orphans(inputs: Sequence[Variable], outputs: Sequence[Variable]) -> list[Variable]:
    """Return the variables without an owner that outputs need besides the inputs.

    Examples
    --------
    >>> from blocks import tensor
    >>> x, y = tensor.scalars("x", "y")
    >>> orphans([x], [x * y])
    [y]
    """
    return [x for x in inputs_of(outputs, blockers=inputs) if x not in set(inputs)]


def ops(inputs: Sequence[Variable], outputs: Sequence[Variable]) -> set[Apply]:
    """Return the applications between inputs and outputs, in no order.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.scalar("x")
    >>> [str(node.op) for node in ops([x], [-x])]
    ['neg']
    """
    return set(io_toposort(inputs, outputs))


def ancestors(
    variable_list: Sequence[Variable], blockers: Sequence[Variable] | None = None
) -> list[Variable]:
    """Return the variables that some are computed from, themselves included.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.scalar("x")
    >>> ancestors([-x])
    [x, -x]
    """
    return variables_of(variable_list, blockers=blockers or ())


def debugprint(
    obj: Any,
    depth: int = -1,
    print_type: bool = False,
    file: Any = None,
    ids: str = "CHAR",
    stop_on_name: bool = False,
    done: Any = None,
    print_storage: bool = False,
    print_clients: bool = False,
    used_ids: Any = None,
) -> str | None:
    """Print the graphs of variables as trees, by default without their types.

    Otherwise it is ``blocks.graph.printing.debugprint``, where the arguments are described.

    Examples
    --------
    >>> from blocks import tensor
    >>> print(debugprint(-tensor.scalar("x"), file="str"))
    neg [id A]
     |x [id B]
    """
    options = (done, print_storage, print_clients, used_ids)
    return print_graph(obj, depth, print_type, file, ids, stop_on_name, *options)


def grad_scale(x: Any, multiplier: float) -> Variable:
    """Return x itself, with a gradient that is multiplied by a number.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.scalar("x")
    >>> tensor.grad(grad_scale(x, -2), x).eval()
    array(-2.)
    """
    return elementwise(
        f"grad_scale[{multiplier}]",
        "x",
        lambda x: x,
        lambda x, y, g: [g * like(g, multiplier)],
        doc="x, with a gradient that is multiplied.",
    )(x)


def Out(variable: Variable, borrow: bool = False) -> Variable:
    """Return the variable: an output has no options here."""
    return variable


def Param(variable: Variable, default: Any = None, name: str | None = None, **options: Any) -> In:
    """Return an input of a function with a default: the older name of ``In``.

    Examples
    --------
    >>> from blocks import function, tensor
    >>> x = tensor.scalar("x")
    >>> function([Param(x, default=3.0)], 2 * x)()
    array(6.)
    """
    return In(variable, name=name, value=default, **options)
