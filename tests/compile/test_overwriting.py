"""Values that are written over others, and products whose rows are computed some at a time."""

import numpy as np
import pytest

from blocks import tensor
from blocks.algorithms import Adam, GradientDescent, Momentum, Scale
from blocks.compile import function, parts
from blocks.config import config
from blocks.graph import shared
from blocks.graph.ops.effects import Print

RNG = np.random.RandomState(0)


@pytest.fixture
def _few_rows_at_once(monkeypatch):
    for name in ("SMALLEST_PART", "FEWEST_ROWS", "FEWEST_ROWS_OF_SMALL", "SMALLEST_WORK"):
        monkeypatch.setattr(parts, name, 1)


def overwritten(f):
    """Return for each value that is written over another one the names of both ops."""
    return [
        (str(old.owner.op), str(y.owner.op))
        for instruction in f.executor.schedule.instructions
        for y, old in instruction.overwrites.items()
    ]


def test_a_chain_stays_in_its_place():
    x = tensor.matrix("x", dtype="float32")
    y = x
    for _ in range(3):
        y = tensor.exp(-y.dot(x))  # a product cannot write over what it reads
        y = tensor.tanh(y) * y.sum(axis=0)
    f = function([x], y.sum())
    array = RNG.rand(40, 40).astype("float32")
    assert overwritten(f) == [("exp", "mul")] * 2  # the last is part of the sum
    assert f.executor.memory.size == 0
    np.testing.assert_allclose(f(array), y.sum().eval({x: array}, mode="reference"), rtol=1e-5)
    assert f.executor.memory.size <= 2 * 40 * 40 * 4 + 2 * 64 * 4


def kept(x):
    """Yield values of x that another one must not be written over, and who reads them later."""
    y = tensor.exp(x)
    total = y.sum(axis=0)
    yield y * total, [y]  # a result
    yield (y * total).sum(), [y[0] * 2]  # a view is read later
    yield (y * total).sum(), [y.T.dot(y)]  # a product reads it later
    small = tensor.exp(x.sum(axis=0, keepdims=True))
    yield (small * x).dot(x), [small.shape]  # it is smaller
    yield (y * 2 - y[1]).dot(x), []  # a view reads it, in another order
    narrow = tensor.cast(y + 1, "float32")
    yield (narrow.sum(axis=0) + tensor.cast(narrow, "float64")).dot(x), []  # it is narrower


@pytest.mark.parametrize("case", range(6))
def test_what_is_still_needed_stays(case):
    x = tensor.matrix("x")
    y, more = list(kept(x))[case]
    inputs, outputs = [x], [y, *more]
    both = [function(inputs, outputs, mode=m)(np.ones((8, 8)) / 2) for m in MODES]
    for got, expected in zip(*both, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-6)


MODES = ("compiled", "reference")


@pytest.mark.parametrize(
    "new",
    [lambda W: W - W[1], lambda W: W + W[::-1], lambda W: W * W.T, lambda W: W - W.flatten()[:3]],
)
def test_updates_that_read_views_of_the_old_value(new):
    results = []
    for mode in MODES:
        W = shared(np.arange(9.0).reshape(3, 3) + 1)
        function([], updates=[(W, new(W))], mode=mode)()
        results.append(W.get_value())
    np.testing.assert_array_equal(*results)


def train(rule, rows, mode, threads=1):
    """Return the parameters of a net after two steps, and the function."""
    rng = np.random.RandomState(1)
    x, y = tensor.matrix("x"), tensor.lvector("y")
    sizes = [(5, 7), (7, 6), (6, 3)]
    weights = [shared(rng.randn(*size)) for size in sizes]
    h = x
    for W in weights:
        h = tensor.tanh(h.dot(W))
    cost = tensor.nnet.categorical_crossentropy(tensor.nnet.softmax(h), y).mean()
    with config.use(mode=mode, num_threads=threads):
        algorithm = GradientDescent(cost=cost, parameters=weights, step_rule=rule())
        algorithm.initialize()
        for _ in range(2):
            batch = {"x": rng.randn(rows, 5), "y": rng.randint(0, 3, rows)}
            algorithm.process_batch(batch)
    return [W.get_value() for W in weights], algorithm._function


@pytest.mark.usefixtures("_few_rows_at_once")
@pytest.mark.parametrize("rows", [1, 63, 64, 65, 200, 1500])
@pytest.mark.parametrize("rule", [Scale, Momentum, Adam], ids=lambda rule: rule.__name__)
def test_gradients_of_activations_take_their_place(rule, rows):
    expected, _ = train(rule, rows, "reference")
    found = [train(rule, rows, "compiled", threads) for threads in (1, 2)]
    for values, f in found:
        for got, wanted in zip(values, expected, strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-12)
        assert len(overwritten(f)) >= (rule is not Scale) * 2
        (plan,) = f.executor.plans.values()
        instructions = plan.schedule.instructions
        at_once = [
            plan.layout.values[i.product.outputs[0]].shape[0]
            for i in instructions
            if i.overwrites and i.product is not None
        ]
        assert at_once == [min(rows, 384 if rows == 1500 else 64)] * len(at_once)
        assert len(at_once) == (rule is not Scale) * 2
    for a, b in zip(*(values for values, _ in found), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_value_that_is_printed_later_stays(capsys):
    x = tensor.vector("x")
    y = tensor.exp(x * 0).reshape((2, 1)).dot(np.ones((1, 2))).sum(axis=0)
    z = tensor.tanh(y * y.sum())
    f = function([x], z.sum() + Print("y")(y)[0])
    f(np.ones(2))
    assert "[2. 2.]" in capsys.readouterr().out


def test_columns_of_a_product_lie_apart_from_what_it_is_made_of():
    """The product is there before its columns are read, so its memory is in use from then on."""
    x, r, W = tensor.matrices("x", "r", "W")
    product = r + (2 * tensor.tanh(x)).dot(W)
    y = tensor.tanh(product[:, :2]) * product[:, 2:4] + product[:, 6:] * product[:, 4:6]
    rng = np.random.RandomState(0)
    arrays = [rng.normal(size=shape) for shape in [(3, 2), (3, 8), (2, 8)]]
    expected = function([x, r, W], y, mode="reference")(*arrays)
    np.testing.assert_allclose(function([x, r, W], y)(*arrays), expected, rtol=1e-12)
