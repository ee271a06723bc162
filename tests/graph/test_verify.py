"""`verify_grad`: it agrees with good gradients, and finds bad ones."""

import numpy as np
import pytest

from blocks import tensor
from blocks.errors import DtypeError, GradientError
from blocks.graph import undefined_grad, verify_grad
from blocks.graph.ops.elementwise import elementwise
from blocks.graph.types import TensorType
from tests.graph.test_derivatives import ROWS, drawn


@pytest.mark.parametrize("case", ROWS, ids=lambda case: case.id)
def test_every_row(case):
    """Each element of each gradient of each row of the tables."""
    inputs, arrays = drawn(case)
    reals = [i for i, array in enumerate(arrays) if array.dtype.kind == "f"]

    def fun(*given):
        symbols = [
            given[reals.index(i)] if i in reals else tensor.constant(array.astype(inputs[i].dtype))
            for i, array in enumerate(arrays)
        ]
        return case.build(*symbols)

    if not fun(*(inputs[i] for i in reals)).type.is_float:
        return
    verify_grad(fun, [arrays[i] for i in reals], n_tests=1, mode="reference")


bad_exp = elementwise(
    "bad_exp", "exp(x)", np.exp, lambda x, y, g: [g * y * (1 + 0.001 * (x > 1))], doc="Exponential."
)
POINT = np.array([[0.5, -1.0, 2.0]])


@pytest.mark.parametrize("mode", ["reference", "compiled"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_good_gradients_pass(dtype, mode):
    W = np.arange(6, dtype=dtype).reshape(3, 2) / 3
    verify_grad(
        lambda x, W: tensor.nnet.softmax(tensor.dot(x, W)), [POINT.astype(dtype), W], mode=mode
    )


def test_a_bad_gradient_is_found():
    """The message tells where, and both numbers."""
    with pytest.raises(verify_grad.E_grad) as caught:
        verify_grad(lambda x, y: x + bad_exp(y), [POINT, POINT], n_tests=1)
    assert isinstance(caught.value, GradientError)
    weight = 0.5 + np.random.RandomState(1).uniform(size=(1, 3))[0, 2]
    slope = weight * np.exp(2)
    start, _, end = str(caught.value).partition(": absolute error ")
    assert start == (
        f"verify_grad: expected {slope:.6g} (finite differences) as the gradient of argument 1 "
        f"(float64 (1, 3)) at index (0, 2), got {1.001 * slope:.6g}"
    )
    assert end == (
        f"{0.001 * slope:.3g} (allowed 0.0001), relative error 0.000999 (allowed 0.0001). Mend "
        "the gradient, or choose a point where the function is smooth."
    )


def test_tolerances_and_steps():
    """One of the two errors may be large; a gradient of NaN is never good."""
    verify_grad(bad_exp, [POINT], rel_tol=0.01)
    verify_grad(bad_exp, [POINT], abs_tol=0.1)
    verify_grad(bad_exp, [POINT.astype("float32")])
    with pytest.raises(GradientError, match="got nan"):
        verify_grad(lambda x: tensor.switch(x > 5, tensor.sqrt(x - 5), x), [POINT])
    with pytest.raises(GradientError, match=r"expected \S+ \(finite"):
        verify_grad(abs, [[0.05]], eps=0.1)
    verify_grad(tensor.sqr, [POINT], eps=0.1)  # exact for polynomials of degree two


def test_weights_follow_the_generator():
    seen = []

    class Recorder(np.random.RandomState):
        def uniform(self, *args, **kwargs):
            seen.append(kwargs["size"])
            return super().uniform(*args, **kwargs)

    verify_grad(lambda x: x.sum(axis=0), [POINT], n_tests=3, rng=Recorder(0))
    assert seen == [(3,)] * 3


def test_sums_in_the_dtype_asked_for():
    """In a float32 sum, a million drowns the other element."""

    def fun(x):
        return tensor.concatenate([1e6 * tensor.ones_like(x), x])

    with pytest.raises(GradientError):
        verify_grad(fun, [np.float32([0.5])])
    verify_grad(fun, [np.float32([0.5])], out_type="float64")


x = TensorType("float64", (None,))("x")
ERRORS = {
    "integers": (
        lambda: verify_grad(tensor.sqr, [[1.0], [1]]),
        DtypeError,
        "verify_grad: expected arrays of float32 or float64, got int64 (1,) as argument 1. "
        "Convert it, or fix it in the function.",
    ),
    "outputs": (
        lambda: verify_grad(lambda x: [x, x], [POINT]),
        GradientError,
        "verify_grad: expected a function that returns one variable, got [argument 0, argument 0]. "
        "Select one of its outputs.",
    ),
    "undefined": (
        lambda: tensor.grad(undefined_grad(x).sum(), x),
        GradientError,
        "undefined_grad: expected no gradient through x (float64 (?,)), got a request for one. "
        "Differentiate an expression without undefined_grad. In undefined_grad(x).",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    act, error, text = ERRORS[name]
    with pytest.raises(error) as caught:
        act()
    assert str(caught.value).partition(" (built at")[0] == text
