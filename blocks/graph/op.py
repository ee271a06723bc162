"""The contract of an operation: types, gradient, lowering and reference in one place.

An op is a frozen dataclass whose fields are its static parameters. It says

- ``infer``: the types of its outputs from those of its inputs;
- ``grad``: the graph of its gradient;
- ``lower``: how the compiler runs it, as one of the lowerings of this file;
- ``reference``: what it computes, in plain NumPy, written apart from ``lower``: the
  oracle of its tests and what ``mode="reference"`` runs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from blocks.errors import BlocksError, DtypeError, GradientError, locate
from blocks.graph.formula import formula
from blocks.graph.origin import Origin, current_origin, place
from blocks.graph.recording import record
from blocks.graph.trial_values import compute_test_values
from blocks.graph.types import Array, TensorType, Types, accumulator
from blocks.graph.variable import Variable, constant

__all__ = [
    "Apply",
    "Array",
    "Branch",
    "Call",
    "Gradients",
    "Kernel",
    "Loop",
    "Lowering",
    "Op",
    "Pieces",
    "Product",
    "Reduction",
    "Scalar",
    "Types",
    "View",
    "as_variable",
]

Gradients = Sequence[Variable | None]


@dataclass(frozen=True)
class Scalar:
    """Lowering to one expression per element, which fuses with its neighbours.

    Parameters
    ----------
    text
        A Python expression in the names `arguments`. Its literals take the dtype of
        the result; the functions of ``blocks.compile.scalar_math`` are available.
    arguments
        The names of the inputs in `text`, in order.
    dtypes
        The dtype that each input is converted to before the expression is computed.
    """

    text: str
    arguments: tuple[str, ...]
    dtypes: tuple[str, ...]


@dataclass(frozen=True)
class Reduction:
    """Lowering to a fold over some axes, into which elementwise inputs fuse.

    Parameters
    ----------
    fold
        An expression in ``total`` and ``x``: one step of the fold.
    start
        The value of ``total`` before the first step, as text.
    axes
        The axes that are folded.
    dtype
        The dtype of the result.
    """

    fold: str
    start: str
    axes: tuple[int, ...]
    dtype: str

    @property
    def accumulator(self) -> str:
        """The dtype of ``total``: sums and products of float32 are folded in float64."""
        adds = self.fold in ("total + x", "total * x")
        return accumulator(self.dtype) if adds else self.dtype


@dataclass(frozen=True)
class Product:
    """Lowering to BLAS ``gemm``, into which the elementwise neighbours fuse.

    Parameters
    ----------
    transpose
        Which of the two matrices are read transposed.
    accumulate
        Whether the inputs are c, a, b, alpha, beta, for ``alpha * a @ b + beta * c``,
        and not only a, b.
    """

    transpose: tuple[bool, bool] = (False, False)
    accumulate: bool = False


@dataclass(frozen=True)
class Kernel:
    """Lowering to a function of the op's own, compiled by Numba.

    Parameters
    ----------
    function
        A plain function of the inputs, the outputs to fill, the workspaces and
        `static`. Arrays are C-contiguous. It allocates nothing, raises nothing, and
        uses only ``np``, ``math`` and its arguments.
    static
        Further arguments, fixed when the graph is compiled.
    workspace
        The shapes and dtypes of scratch arrays, from the concrete types of the inputs.
    check
        Called before the kernel with the inputs and the outputs to come, to raise on
        bad values such as labels out of range.
    within
        What `check` is about, if that is a range of integers: from the concrete types of
        the inputs and outputs, the position of the array, the least value and the first
        that is too large. Then a compiled kernel looks first, and `check` only says what
        was wrong.
    parts
        If the work falls into parts that may be done in any order, or at the same time: from
        the concrete types of the inputs and outputs, how many there are, and how many operations
        each takes. Then `function` is given two integers more, behind `static`: the first part
        to do, and the first not to do.
    """

    function: Callable[..., None]
    static: tuple[Any, ...] = ()
    workspace: Callable[..., Sequence[tuple[tuple[int, ...], str]]] | None = None
    check: Callable[..., None] | None = None
    within: Callable[..., tuple[int, int, int]] | None = None
    parts: Callable[..., tuple[int, int]] | None = None


@dataclass(frozen=True)
class Call:
    """Lowering to a NumPy function of the inputs that returns the tuple of outputs."""

    function: Callable[..., tuple[Array, ...]]


@dataclass(frozen=True)
class View:
    """Lowering to a function of the inputs that returns a view of the first one.

    A view costs no copy where its memory is contiguous. It may return a copy where
    NumPy must make one.
    """

    function: Callable[..., Array]


@dataclass(frozen=True)
class Branch:
    """Lowering to the second input or the third, of which only one is computed.

    The first input, a scalar, chooses.
    """


@dataclass(frozen=True)
class Loop:
    """Lowering to the step of a `Scan`, again and again.

    Parameters
    ----------
    reads
        For each input whether its values matter, and not only its sizes.
    """

    reads: tuple[bool, ...]


@dataclass(frozen=True)
class Pieces:
    """Lowering to an array that consists of others, along its last axis, and of zeros.

    The first input is the shape. The compiler makes it from gradients of slices.

    Parameters
    ----------
    starts
        At which index each of the other inputs begins.
    """

    starts: tuple[int, ...]


Lowering = Scalar | Reduction | Product | Kernel | Call | View | Branch | Loop | Pieces


class Op(ABC):
    """An operation of the language. Subclasses are frozen dataclasses.

    Attributes
    ----------
    is_pure : bool
        Whether all that it does is to compute its outputs. If not, as where it prints, it
        runs in each call, even on constants.
    """

    is_pure: ClassVar[bool] = True

    @property
    def name(self) -> str:
        """The name of the op in messages and printed graphs."""
        return type(self).__name__

    @abstractmethod
    def infer(self, *types: TensorType) -> Types:
        """Return the types of the outputs; raise if the inputs do not fit.

        It is called when the graph is built, with what is known then, and once for
        each new set of sizes when a function runs, with every size known.
        """

    def grad(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        output_gradients: Gradients,
    ) -> Gradients:
        """Return the gradients with respect to the inputs, as graph.

        Parameters
        ----------
        inputs, outputs
            Those of the application.
        output_gradients
            The gradient with respect to each output; ``None`` where none arrives.

        Returns
        -------
        One entry per input; ``None`` where the output does not depend smoothly on it.
        """
        raise GradientError(
            f"{self.name}: expected an op with a gradient, got one without. "
            "Define grad, or keep the op out of the cost."
        )

    def inner_outputs(self) -> Sequence[Variable]:
        """Return the outputs of the graph inside the op, if it has one: a loop's body."""
        return ()

    def advanced(self) -> Mapping[int, int]:
        """Return which inputs the op changes step by step, and the outputs that they end as."""
        return {}

    @abstractmethod
    def lower(self, *types: TensorType) -> Lowering:
        """Return how the compiler runs the op on inputs of these types."""

    @abstractmethod
    def reference(self, *arrays: Array) -> tuple[Array, ...]:
        """Compute the outputs with NumPy; dtypes are converted by the caller."""

    def apply(self, *inputs: Any) -> Apply:
        """Return the application of the op to some inputs."""
        variables = tuple(map(as_variable, inputs))
        try:
            node = Apply(self, variables, self.infer(*[x.type for x in variables]))
            compute_test_values(node)
        except BlocksError as error:
            locate(error, place())
            raise
        return node

    def __call__(self, *inputs: Any) -> Any:
        """Return the output of the op on some inputs; a tuple where there are several."""
        outputs = self.apply(*inputs).outputs
        return outputs[0] if len(outputs) == 1 else outputs

    def __str__(self) -> str:
        return self.name


def as_variable(x: Any) -> Variable:
    """Return `x` itself if it is a variable, else a constant of its value.

    Raises
    ------
    DtypeError
        If it is no number, or True or False: that is what ``x == y`` gives for variables.

    Examples
    --------
    >>> as_variable(3)
    3
    """
    if isinstance(x, Variable):
        return x
    if isinstance(x, bool):
        raise DtypeError(
            f"as_tensor_variable: expected a number or an array, got {x}. If it comes from "
            "x == y, which asks whether both are one symbol, use tensor.eq; as a truth value "
            f"write numpy.array({x})."
        )
    return constant(x)


@dataclass(eq=False)
class Apply:
    """One application of an op: what it reads, what it computes, where it came from.

    Parameters
    ----------
    op
        The op.
    inputs
        The variables that it reads.
    types
        The types of its outputs.
    """

    op: Op
    inputs: tuple[Variable, ...]
    types: Types
    origin: Origin = field(default_factory=current_origin)
    outputs: tuple[Variable, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.outputs = tuple([Variable(t, self, i) for i, t in enumerate(self.types)])
        record(self)

    def __repr__(self) -> str:
        text = formula(self.outputs[0], depth=2)
        return text.removesuffix("[0]") if len(self.outputs) > 1 else text
