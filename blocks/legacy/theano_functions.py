"""Functions of Theano that have another signature here, or no other place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from blocks.compile import In
from blocks.config import config
from blocks.errors import GraphError
from blocks.graph.op import Apply
from blocks.graph.traversal import toposort
from blocks.graph.traversal import variables as variables_of
from blocks.graph.variable import Variable

__all__ = [
    "DebugMode",
    "Mode",
    "NanGuardMode",
    "Out",
    "Param",
    "cuda_available",
    "cuda_enabled",
    "get_default_mode",
    "get_mode",
    "io_toposort",
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
    [x, neg]
    """
    return list(dict.fromkeys([*inputs, *variables_of(outputs, blockers=inputs)]))


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
