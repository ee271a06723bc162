"""Random loops: what is compiled gives what the reference gives, and so do gradients.

The gradients of the reference are what finite differences say.
"""

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blocks import function, tensor
from blocks.compile import scalars  # noqa: F401 (decorated before compiling is switched off)
from blocks.config import config
from blocks.graph import grad
from blocks.graph.loops import scan, until

SIZE = 2  # columns of everything

UNARY = {
    "tanh": tensor.tanh,
    "sigmoid": tensor.nnet.sigmoid,
    "negative": lambda x: -x,
    "bounded": lambda x: x / (1 + x**2),
    "rectified": lambda x: tensor.maximum(x, 0.1 * x),
    "mean": lambda x: x.mean(axis=1, keepdims=True) + 0 * x,
    "total": lambda x: tensor.tanh(x.sum()) * x,
    "largest": lambda x: x - x.max(axis=1, keepdims=True),
    "turned": lambda x: x[:, ::-1],
    "first": lambda x: tensor.concatenate([x[:, :1], 2 * x[:, :1]], axis=1),
    "crossed": lambda x: x[:, 1].dimshuffle(0, "x") * x,
}
BINARY = {
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "choose": lambda x, y: tensor.switch(tensor.gt(x, y), x, 0.5 * y),
    "gate": lambda x, y: tensor.nnet.sigmoid(x) * y + (1 - tensor.nnet.sigmoid(x)) * x,
    "inner": lambda x, y: tensor.dot(x, y.T) @ y / 4,
}
MATRIX = {
    "dot": lambda x, W, V: tensor.dot(x, W),
    "transposed": lambda x, W, V: tensor.dot(x, W.T),
    "left": lambda x, W, V: tensor.dot(x, V)[:, :SIZE],
    "right": lambda x, W, V: tensor.dot(x, V)[:, SIZE:],
    "gates": lambda x, W, V: (
        tensor.tanh(tensor.dot(x, V)[:, :SIZE]) * tensor.nnet.sigmoid(tensor.dot(x, V)[:, SIZE:])
    ),
    "bias": lambda x, W, V: x + W[0],
    "row": lambda x, W, V: x * tensor.exp(V[1, :SIZE]),
}
KINDS = [*UNARY, *BINARY, *MATRIX]

loops = st.fixed_dictionaries(
    {
        "moves": st.lists(
            st.tuples(st.sampled_from(KINDS), st.integers(0, 9), st.integers(0, 9)), max_size=7
        ),
        "taps": st.lists(st.sampled_from([[-1], [-2, -1], [-2], [-3, -1]]), min_size=0, max_size=2),
        "sequence_taps": st.sampled_from([[0], [-1, 0], [0, 2], [1]]),
        "results": st.integers(0, 2),
        "backwards": st.booleans(),
        "steps": st.sampled_from([None, 0, 1, 3]),
        "ends": st.sampled_from([None, None, 0.5, 5.0]),
        "truncate": st.sampled_from([-1, -1, -1, 2]),
        "read": st.sampled_from(["all", "last", "first and last", "part"]),
        "dtype": st.sampled_from(["float64", "float64", "float32"]),
    }
)


def built(loop):
    """Return the inputs and outputs of a loop, gradients among them."""
    dtype = loop["dtype"]
    x = tensor.tensor3("x", dtype)
    W, V = tensor.matrix("W", dtype), tensor.matrix("V", dtype)
    states = [
        tensor.TensorType(dtype, (False,) * (2 + (min(taps) < -1)))(f"h{i}")
        for i, taps in enumerate(loop["taps"])
    ]
    count = max(loop["results"], 0 if states else 1)

    def step(*arguments):
        pool = list(arguments)
        for kind, i, j in loop["moves"]:
            a, b = pool[-1 - i % len(pool)], pool[-1 - j % len(pool)]
            if kind in UNARY:
                pool.append(UNARY[kind](a))
            elif kind in BINARY:
                pool.append(BINARY[kind](a, b))
            else:
                pool.append(MATRIX[kind](a, W, V))
        new = [tensor.tanh(pool[-1 - i] + 0.1 * i) for i in range(len(states))]
        outputs = [*new, *(pool[-1 - i % len(pool)] for i in range(count))]
        if loop["ends"] is None:
            return outputs
        return outputs, until(tensor.gt(abs(outputs[0]).sum(), loop["ends"]))

    infos = [{"initial": h, "taps": taps} for h, taps in zip(states, loop["taps"], strict=True)]
    outputs, _ = scan(
        step,
        sequences={"input": x, "taps": loop["sequence_taps"]},
        outputs_info=[*infos, *[None] * count],
        n_steps=loop["steps"],
        go_backwards=loop["backwards"],
        truncate_gradient=loop["truncate"],
        return_list=True,
    )
    read = {
        "all": lambda y: [y],
        "last": lambda y: [y[-1:]],
        "first and last": lambda y: [y[:1], 2 * y[-1:]],
        "part": lambda y: [y[1:, :, :1]],
    }
    parts = [part for y in outputs for part in read[loop["read"]](y)]
    cost = sum((part**2).sum() * (k + 1) for k, part in enumerate(parts))
    inputs = [x, W, V, *states]
    return inputs, [cost, *parts, *grad(cost, inputs, disconnected_inputs="ignore")]


def arrays(inputs, loop, length):
    rng = np.random.RandomState(length)
    depths = [-min(taps) for taps in loop["taps"]]
    shapes = [(length, 3, SIZE), (SIZE, SIZE), (SIZE, 2 * SIZE)]
    shapes += [(depth, 3, SIZE) if depth > 1 else (3, SIZE) for depth in depths]
    return [rng.uniform(-1, 1, s).astype(x.dtype) for x, s in zip(inputs, shapes, strict=True)]


def check(loop):
    with config.use(floatX=loop["dtype"]):  # that of Python's numbers beside float32
        inputs, outputs = built(loop)
    slow, fast = (
        function(inputs, outputs, mode=mode, on_unused_input="ignore")
        for mode in ("reference", "compiled")
    )
    rtol = 1e-9 if loop["dtype"] == "float64" else 2e-3
    for length in (6, 5, 6):
        given = arrays(inputs, loop, length)
        for y, a, b in zip(outputs, slow(*given), fast(*given), strict=True):
            assert a.shape == b.shape
            assert a.dtype == b.dtype == y.dtype == loop["dtype"]
            np.testing.assert_allclose(b, a, rtol=rtol, atol=rtol)

    if loop["dtype"] == "float64" and loop["truncate"] < 0:
        check_slope(slow, given, len(outputs) - len(inputs))


def check_slope(f, given, first):
    """Check gradients, the results from the first one on, along one direction."""
    rng, step = np.random.RandomState(1), 1e-5
    direction = [rng.uniform(-1, 1, x.shape) for x in given]
    middle = f(*given)
    ahead, behind = (
        float(f(*[x + sign * step * d for x, d in zip(given, direction, strict=True)])[0])
        for sign in (1, -1)
    )
    right, left = (ahead - float(middle[0])) / step, (float(middle[0]) - behind) / step
    if abs(right - left) > 1e-3 * (1 + abs(right)):
        return  # an edge, or the loop ends after another step there
    slope = sum((g * d).sum() for g, d in zip(middle[first:], direction, strict=True))
    np.testing.assert_allclose(slope, (right + left) / 2, rtol=1e-4, atol=1e-4)


@pytest.fixture
def plain(monkeypatch):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)


@pytest.mark.usefixtures("plain")
@settings(max_examples=25)
@given(loop=loops)
def test_as_plain_python(loop):
    check(loop)


@settings(max_examples=4)
@given(loop=loops)
def test_compiled(loop):
    check(loop)
