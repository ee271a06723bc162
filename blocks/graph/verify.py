"""`verify_grad`: a gradient against finite differences.

Examples
--------
>>> from blocks import tensor
>>> verify_grad(tensor.tanh, [[0.5, -1.0]])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from blocks.errors import DtypeError, GradientError
from blocks.graph.backend import compile_function
from blocks.graph.gradient import grad
from blocks.graph.ops.elementwise import cast, mul
from blocks.graph.ops.reduce import sum as sum_
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable

__all__ = ["verify_grad"]

Array = npt.NDArray[Any]

STEP = {"float32": 3e-4, "float64": 1e-7}
TOLERANCE = {"float32": 1e-2, "float64": 1e-4}


def verify_grad(
    fun: Callable[..., Variable],
    pt: Sequence[Any],
    n_tests: int = 2,
    rng: np.random.RandomState | None = None,
    eps: float | None = None,
    out_type: str | None = None,
    abs_tol: float | None = None,
    rel_tol: float | None = None,
    mode: str | None = None,
    cast_to_output_type: bool = False,
    no_debug_ref: bool = True,
) -> None:
    """Check the gradient of a function by finite differences.

    The result of `fun` is reduced to a scalar by random weights w, f(x) = sum(w * fun(x)),
    and each element of the gradient is compared with (f(x + eps) - f(x - eps)) / (2 eps).

    Parameters
    ----------
    fun
        A function of variables that returns a variable, such as an op.
    pt
        The point: for each argument of `fun` an array of floating dtype.
    n_tests
        How often to check, each time with other weights.
    rng
        The generator that draws them, by default one with a fixed seed.
    eps
        The step, by default 3e-4 where an array is float32, else 1e-7.
    out_type
        The dtype in which the result of `fun` is summed; by default its own.
    abs_tol, rel_tol
        The errors that are allowed: one of the two may be larger. By default 1e-2 where an
        array is float32, else 1e-4.
    mode
        How the functions run; see ``blocks.function``.
    cast_to_output_type
        Whether the weights are of the dtype of the result, and not float64 at least where
        the result is.
    no_debug_ref
        Accepted for compatibility.

    Raises
    ------
    GradientError
        If the two differ, with the argument, the index and both numbers; it is also found
        as ``verify_grad.E_grad``. If `fun` returns anything but one variable.
    DtypeError
        If an array of `pt` is not of floating dtype.

    Examples
    --------
    >>> from blocks import tensor
    >>> verify_grad(lambda x, W: tensor.dot(x, W), [np.ones(2), np.ones((2, 3))])
    """
    arrays = [np.array(x) for x in pt]
    for number, array in enumerate(arrays):
        if str(array.dtype) not in STEP:
            raise DtypeError(
                f"verify_grad: expected arrays of float32 or float64, got {array.dtype} "
                f"{array.shape} as argument {number}. Convert it, or fix it in the function."
            )
    rng = np.random.RandomState(1) if rng is None else rng
    is_coarse = any(array.dtype == "float32" for array in arrays)
    coarsest = "float32" if is_coarse else "float64"
    step = STEP[coarsest] if eps is None else eps
    tolerances = [TOLERANCE[coarsest] if t is None else t for t in (abs_tol, rel_tol)]
    inputs = [
        TensorType(str(a.dtype), a.shape)(f"argument {number}") for number, a in enumerate(arrays)
    ]
    y = fun(*inputs)
    if not isinstance(y, Variable):
        raise GradientError(
            f"verify_grad: expected a function that returns one variable, got {y!r}. "
            "Select one of its outputs."
        )
    dtype = out_type or y.dtype
    weights = TensorType(dtype, y.type.shape, y.broadcastable)("weights")
    cost = sum_(mul(cast(y, dtype), weights))
    options = {"mode": mode, "on_unused_input": "ignore"}
    shape = compile_function(inputs, y, **options)(*arrays).shape
    value = compile_function([*inputs, weights], cost, **options)
    slopes = compile_function(
        [*inputs, weights], grad(cost, inputs, disconnected_inputs="ignore"), **options
    )
    for _ in range(n_tests):
        w = (rng.uniform(size=shape) + 0.5).astype(dtype)
        numeric = _differences(lambda *x, w=w: value(*x, w), arrays, step)
        _compare(slopes(*arrays, w), numeric, *tolerances)


verify_grad.E_grad = GradientError  # type: ignore[attr-defined]


def _differences(f: Callable[..., Array], arrays: Sequence[Array], step: float) -> list[Array]:
    """Return the central difference for each element of each array."""
    results = []
    for array in arrays:
        slopes = np.zeros(array.shape, "float64")
        for index in np.ndindex(array.shape):
            middle = array[index]
            values, places = [], []
            for offset in (step, -step):
                array[index] = middle + offset
                places.append(float(array[index]))  # what float32 has made of it
                values.append(float(f(*arrays)))
            array[index] = middle
            slopes[index] = (values[0] - values[1]) / (places[0] - places[1])
        results.append(slopes)
    return results


def _compare(
    found: Sequence[Array], numeric: Sequence[Array], abs_tol: float, rel_tol: float
) -> None:
    """Raise where both errors are too large, about the element where they are largest."""
    worst: tuple[float, int, tuple[int, ...], float, float] | None = None
    for number, (a, b) in enumerate(zip(found, numeric, strict=True)):
        absolute = np.abs(a - b)
        relative = absolute / np.maximum(np.maximum(np.abs(a), np.abs(b)), 1e-8)
        # NaN fails too: it is not below any tolerance.
        excess = np.minimum(absolute / abs_tol, relative / rel_tol)
        excess = np.where(np.isnan(excess), np.inf, excess)
        if excess.size and (worst is None or excess.max() > worst[0]):
            index = tuple(map(int, np.unravel_index(excess.argmax(), excess.shape)))
            worst = (excess[index], number, index, absolute[index], relative[index])
    if worst is None or worst[0] <= 1:
        return
    _, number, index, absolute_error, relative_error = worst
    array = found[number]
    raise GradientError(
        f"verify_grad: expected {numeric[number][index]:.6g} (finite differences) as the "
        f"gradient of argument {number} ({array.dtype} {array.shape}) at index {index}, got "
        f"{array[index]:.6g}: absolute error {absolute_error:.3g} (allowed {abs_tol:.3g}), "
        f"relative error {relative_error:.3g} (allowed {rel_tol:.3g}). Mend the gradient, or "
        "choose a point where the function is smooth."
    )
