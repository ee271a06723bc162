"""Functions of Theano that have another signature here, or no other place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from blocks.compile import In
from blocks.config import config
from blocks.errors import GraphError
from blocks.graph.op import Apply
from blocks.graph.traversal import inputs as inputs_of
from blocks.graph.traversal import rebuild, toposort
from blocks.graph.traversal import variables as variables_of
from blocks.graph.variable import Constant, Variable

__all__ = [
    "DebugMode",
    "Mode",
    "NanGuardMode",
    "Out",
    "Param",
    "clone",
    "clone_graph",
    "cuda_available",
    "cuda_enabled",
    "get_default_mode",
    "get_mode",
    "io_toposort",
    "is_same_graph",
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


def io_toposort(inputs: Sequence[Variable], outputs: Sequence[Variable]) -> list[Apply]:
    """Return the applications between inputs and outputs, each after those it depends on.

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


class Mode(str):
    """How functions run: a name that ``function(mode=...)`` takes; plug-ins are ignored.

    Examples
    --------
    >>> Mode(linker="cvm", optimizer="fast_run").excluding("fusion")
    'compiled'
    """

    def __new__(cls, linker: Any = None, optimizer: Any = None, **kwargs: Any) -> Mode:
        """Return the name."""
        return super().__new__(cls, "compiled")

    def including(self, *tags: str) -> Mode:
        """Return the mode: there is no optimizer to choose."""
        return self

    excluding = requiring = register = including


class _Checked(Mode):
    def __new__(cls, *args: Any, **kwargs: Any) -> _Checked:
        return str.__new__(cls, "debug")


class NanGuardMode(_Checked):
    """Checks each instruction for NaN and infinity: mode "debug"."""


class DebugMode(_Checked):
    """Checks each instruction: mode "debug"."""


def get_mode(mode: str | None = None) -> Mode:
    """Return the mode of a name, with the methods that modes have.

    Examples
    --------
    >>> get_mode("FAST_RUN").including("fusion")
    'FAST_RUN'
    """
    return str.__new__(Mode, config.mode if mode is None else mode)


def get_default_mode() -> Mode:
    """Return the mode that functions run in by default.

    Examples
    --------
    >>> get_default_mode()
    'compiled'
    """
    return get_mode()


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
