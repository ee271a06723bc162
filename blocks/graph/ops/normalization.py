"""Batch normalization as functions: with given statistics, of a batch, at test time.

Examples
--------
>>> from blocks import tensor
>>> x = tensor.matrix("x")
>>> y, mean, inverse_deviation = batch_normalization_train(x, 1.0, 0.0, epsilon=0.0)
>>> y.eval({x: [[1.0], [3.0]]}).ravel(), mean.eval({x: [[1.0], [3.0]]})
(array([-1.,  1.]), array([[2.]]))
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from blocks.errors import GraphError, ShapeError
from blocks.graph.op import as_variable
from blocks.graph.ops.elementwise import cast, inv, sqr, sqrt
from blocks.graph.ops.elementwise_op import like
from blocks.graph.ops.reduce import mean as mean_of
from blocks.graph.ops.shape import addbroadcast, dimshuffle, normalize_axis, shape_i
from blocks.graph.variable import Variable, constant

__all__ = ["batch_normalization", "batch_normalization_test", "batch_normalization_train"]


def batch_normalization(
    inputs: Any, gamma: Any, beta: Any, mean: Any, std: Any, mode: str = "low_mem"
) -> Variable:
    """Return the inputs normalized with given statistics, (x - mean) / std * gamma + beta.

    Parameters
    ----------
    inputs
        What is normalized, x.
    gamma, beta
        Scale and shift; they broadcast against the inputs.
    mean, std
        Mean and standard deviation; they broadcast too.
    mode
        Accepted for compatibility; memory is planned by the compiler.

    Examples
    --------
    >>> batch_normalization([1.0, 3.0], 2.0, 5.0, 2.0, 1.0).eval()
    array([3., 7.])
    """
    result: Variable = (as_variable(inputs) - mean) * (as_variable(gamma) / std) + beta
    return result


def _axes(name: str, x: Variable, axes: str | int | Sequence[int]) -> tuple[int, ...]:
    """Return the axes over which statistics are taken."""
    if x.ndim == 0:
        raise ShapeError(f"{name}: expected a batch of inputs, got {x.type}. Add an axis.")
    if axes == "per-activation":
        return (0,)
    if axes == "spatial":
        return (0, *range(2, x.ndim))
    if isinstance(axes, str):
        raise GraphError(
            f"{name}: expected 'per-activation', 'spatial' or numbers as axes, got {axes!r}."
            " Name the axes by their numbers."
        )
    numbers = [axes] if isinstance(axes, int) else axes
    return tuple(sorted({normalize_axis(name, axis, x.ndim) for axis in numbers}))


def _aligned(name: str, parameter: Any, x: Variable, axes: tuple[int, ...]) -> Variable:
    """Return a parameter as a variable that broadcasts over the normalized axes."""
    value: Variable = as_variable(parameter)
    if value.ndim == 0:
        return value
    if value.ndim == x.ndim:
        return addbroadcast(value, *axes)
    kept = [axis for axis in range(x.ndim) if axis not in axes]
    if value.ndim == len(kept):
        position = {axis: i for i, axis in enumerate(kept)}
        return dimshuffle(value, *(position.get(axis, "x") for axis in range(x.ndim)))
    raise ShapeError(
        f"{name}: expected parameters with {x.ndim} or {len(kept)} axes for inputs of {x.type} "
        f"normalized over the axes {axes}, got {value.type}. Reshape them."
    )


def batch_normalization_train(
    inputs: Any,
    gamma: Any,
    beta: Any,
    axes: str | int | Sequence[int] = "per-activation",
    epsilon: float = 1e-4,
    running_average_factor: float = 0.1,
    running_mean: Any = None,
    running_var: Any = None,
) -> tuple[Variable, ...]:
    """Return the inputs normalized with the statistics of the batch.

    With the mean m and the variance v over `axes` the result is
    (x - m) / sqrt(v + epsilon) * gamma + beta.

    Parameters
    ----------
    inputs
        What is normalized, x.
    gamma, beta
        Scale and shift: with as many axes as the inputs (size 1 in `axes`), or with the
        axes that are not normalized.
    axes
        ``"per-activation"`` for the first axis, ``"spatial"`` for all but the second, or
        the numbers of the axes.
    epsilon
        What is added to the variance.
    running_average_factor
        How much the new statistics count in the running ones, f.
    running_mean, running_var
        Running statistics up to now, if there are any.

    Returns
    -------
    The result, the mean and the inverse standard deviation, the last two with size 1 in
    `axes`; then, where they were given, the new running mean, (1 - f) old + f m, and the new
    running variance, (1 - f) old + f v n / (n - 1), where n is the number of elements that
    a mean is taken of. Updates are left to the caller.

    Raises
    ------
    ShapeError
        If a parameter has another number of axes, or there is no axis.

    References
    ----------
    S. Ioffe and C. Szegedy, Batch Normalization: Accelerating Deep Network Training by
    Reducing Internal Covariate Shift, ICML 2015.

    Examples
    --------
    >>> from blocks import tensor
    >>> x = tensor.matrix("x")
    >>> results = batch_normalization_train(x, 1.0, 0.0, running_mean=[0.0], running_var=[1.0])
    >>> [y.eval({x: [[1.0], [3.0]]}).round(3).item() for y in results[3:]]
    [0.2, 1.1]
    """
    name = "batch_normalization_train"
    x = as_variable(inputs)
    numbers = _axes(name, x, axes)
    gamma, beta = (_aligned(name, parameter, x, numbers) for parameter in (gamma, beta))
    mean = mean_of(x, axis=numbers, keepdims=True)
    variance = mean_of(sqr(x - mean), axis=numbers, keepdims=True)
    inverse = inv(sqrt(variance + like(variance, epsilon)))
    results = [(x - mean) * (gamma * inverse) + beta, mean, inverse]
    factor = like(mean, running_average_factor)
    if running_mean is not None:
        old = _aligned(name, running_mean, x, numbers)
        results.append(old * (1 - factor) + mean * factor)
    if running_var is not None:
        old = _aligned(name, running_var, x, numbers)
        count: Variable = constant(1, dtype="int64")
        for axis in numbers:
            count = count * shape_i(x, axis)
        unbiased = variance * cast(count, mean.dtype) / cast(count - 1, mean.dtype)
        results.append(old * (1 - factor) + unbiased * factor)
    return tuple(results)


def batch_normalization_test(
    inputs: Any,
    gamma: Any,
    beta: Any,
    mean: Any,
    var: Any,
    axes: str | int | Sequence[int] = "per-activation",
    epsilon: float = 1e-4,
) -> Variable:
    """Return the inputs normalized with given mean and variance, as at test time.

    The result is (x - mean) / sqrt(var + epsilon) * gamma + beta.

    Parameters
    ----------
    inputs
        What is normalized, x.
    gamma, beta, mean, var
        Scale, shift, mean and variance, with axes as in `batch_normalization_train`.
    axes, epsilon
        As in `batch_normalization_train`.

    Raises
    ------
    ShapeError
        If a parameter has another number of axes, or there is no axis.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[1.0], [3.0]])
    >>> batch_normalization_test(x, [2.0], [1.0], [1.0], [4.0], epsilon=0.0).eval().ravel()
    array([1., 3.])
    """
    name = "batch_normalization_test"
    x = as_variable(inputs)
    numbers = _axes(name, x, axes)
    gamma, beta, mean, var = (_aligned(name, p, x, numbers) for p in (gamma, beta, mean, var))
    result: Variable = (x - mean) * (gamma / sqrt(var + like(var, epsilon))) + beta
    return result
