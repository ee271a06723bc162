"""Functions of Theano that have another signature here, or no other place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from blocks.compile import In
from blocks.errors import GraphError
from blocks.graph.op import Apply
from blocks.graph.ops.elementwise_op import elementwise, like
from blocks.graph.printing import debugprint as print_graph
from blocks.graph.traversal import inputs as inputs_of
from blocks.graph.traversal import rebuild, toposort
from blocks.graph.traversal import variables as variables_of
from blocks.graph.variable import Constant, Variable

__all__ = [
    "Out",
    "Param",
    "ancestors",
    "clone",
    "clone_graph",
    "cuda_available",
    "cuda_enabled",
    "debugprint",
    "grad_scale",
    "io_toposort",
    "is_same_graph",
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
    [x, neg]
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
    [x, neg]
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

    The last four arguments are accepted for compatibility; see
    ``blocks.graph.printing.debugprint`` for the others.

    Examples
    --------
    >>> from blocks import tensor
    >>> print(debugprint(-tensor.scalar("x"), file="str"))
    neg [id A]
     |x [id B]
    """
    return print_graph(obj, depth, print_type, file, ids, stop_on_name)


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


def _pairs(replace: Any) -> dict[Variable, Variable]:
    return dict(replace.items() if isinstance(replace, Mapping) else replace or ())


def clone_graph(
    output: Any,
    replace: Any = None,
    strict: bool = True,
    share_inputs: bool = True,
    copy_inputs: Any = None,
) -> Any:
    """Return variables computed from others: ``theano.clone``.

    Parameters
    ----------
    output
        A variable or a list of them.
    replace
        What takes the place of what: a dict or a list of pairs.
    strict
        Whether a replacement must have the dtype and number of axes of its target.
    share_inputs, copy_inputs
        Accepted for compatibility: inputs that are not replaced are shared.

    Raises
    ------
    GraphError
        If `strict` and a replacement is of another kind than its target.

    Examples
    --------
    >>> from blocks import tensor
    >>> x, y = tensor.scalars("x", "y")
    >>> clone_graph(2 * x, replace={x: y}).eval({y: 4.0})
    array(8.)
    """
    pairs = _pairs(replace)
    for old, new in pairs.items():
        if strict and (old.ndim, old.dtype) != (new.ndim, new.dtype):
            raise GraphError(
                f"clone: expected a replacement of {old} like {old.type}, got {new} of type "
                f"{new.type}. Cast or reshape it, or pass strict=False."
            )
    single = isinstance(output, Variable)
    outputs, _ = rebuild([output] if single else list(output), pairs)
    return outputs[0] if single else outputs


def clone(
    inputs: Sequence[Variable], outputs: Sequence[Variable], copy_inputs: bool = True
) -> tuple[list[Variable], list[Variable]]:
    """Return copies of inputs and outputs of a graph: ``theano.gof.graph.clone``.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.scalar("x")
    >>> (z,), (y,) = clone([x], [x + 1])
    >>> z is x, y.eval({z: 1.0})
    (False, array(2.))
    """
    copies = [x.type(x.name) for x in inputs]
    new, _ = rebuild(outputs, dict(zip(inputs, copies, strict=True)))
    return copies, new


def is_same_graph(var1: Variable, var2: Variable, givens: Any = None, debug: bool = False) -> bool:
    """Tell whether two variables are computed in the same way from the same inputs.

    Parameters
    ----------
    var1, var2
        The variables.
    givens
        Replacements to make in both first: a dict or a list of pairs.
    debug
        Accepted for compatibility.

    Examples
    --------
    >>> from blocks import tensor
    >>> x, y = tensor.scalars("x", "y")
    >>> is_same_graph(x + 1, x + 1), is_same_graph(x + 1, y + 1)
    (True, False)
    >>> is_same_graph(x + 1, y + 1, givens={x: y})
    True
    """
    first, second = rebuild([var1, var2], _pairs(givens))[0]
    numbers: dict[Any, int] = {}
    number_of: dict[Variable, int] = {}
    for x in inputs_of([first, second]):
        key = (x.type, x.data.tobytes()) if isinstance(x, Constant) else x
        number_of[x] = numbers.setdefault(key, len(numbers))
    for node in toposort([first, second]):
        arguments = tuple(number_of[x] for x in node.inputs)
        for index, y in enumerate(node.outputs):
            number_of[y] = numbers.setdefault((node.op, arguments, index), len(numbers))
    return number_of[first] == number_of[second]


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
