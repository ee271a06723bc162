"""Aggregation schemes against NumPy, for any shapes and any division into batches."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blocks import tensor
from blocks.config import config
from blocks.errors import GraphError, ShapeError
from blocks.graph.computation import ComputationGraph
from blocks.monitoring import aggregation
from blocks.monitoring.aggregation import AggregationScheme, Aggregator, Mean, MonitoredQuantity
from blocks.monitoring.evaluators import DatasetEvaluator
from blocks.utils.theano_utils import shared_floatx


class Batches:
    """A stream of given batches."""

    def __init__(self, *batches):
        self.batches = batches

    def get_epoch_iterator(self, as_dict=False):
        assert as_dict
        return iter(self.batches)


def named(variable, name="q"):
    variable.name = name
    return variable


def evaluate(variable, arrays):
    """Return the aggregated value of a variable of x over batches."""
    evaluator = DatasetEvaluator([named(variable)])
    return evaluator.evaluate(Batches(*({"x": array} for array in arrays)))["q"]


# A quantity of a batch as graph and in NumPy, of 0, 1 and 2 axes.
QUANTITIES = [
    lambda x: x.max(),
    lambda x: x.mean(axis=0),
    lambda x: x.T.dot(x),
    lambda x: x.sum(axis=0, keepdims=True),
]
FOLDS = {
    "minimum": np.minimum.reduce,
    "maximum": np.maximum.reduce,
    "take_last": lambda values: values[-1],
    "concatenate": np.stack,
}

BATCHES = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.integers(1, 5).flatmap(
            lambda n: st.lists(
                st.lists(st.floats(-100, 100), min_size=width, max_size=width),
                min_size=n,
                max_size=n,
            ).map(np.array)
        ),
        min_size=1,
        max_size=4,
    )
)


@pytest.mark.parametrize("quantity", QUANTITIES, ids=["scalar", "vector", "matrix", "row"])
@pytest.mark.parametrize("name", FOLDS)
@settings(max_examples=15)
@given(batches=BATCHES)
def test_schemes_fold_over_batches(name, quantity, batches):
    with config.use(mode="reference"):
        variable = getattr(aggregation, name)(quantity(tensor.matrix("x")))
        found = evaluate(variable, batches)
    expected = FOLDS[name]([quantity(x) for x in batches])
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
    assert np.shape(found) == expected.shape


@pytest.mark.parametrize("quantity", QUANTITIES, ids=["scalar", "vector", "matrix", "row"])
@settings(max_examples=15)
@given(batches=BATCHES)
def test_the_default_is_the_plain_mean_over_batches(quantity, batches):
    with config.use(mode="reference"):
        found = evaluate(quantity(tensor.matrix("x")), batches)
    expected = np.mean([quantity(x) for x in batches], axis=0)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@settings(max_examples=15)
@given(batches=BATCHES)
def test_the_exact_mean_does_not_depend_on_batches(batches):
    with config.use(mode="reference"):
        x = tensor.matrix("x")
        found = evaluate(aggregation.mean(x.sum(axis=0), x.shape[0]), batches)
    expected = np.concatenate(batches).mean(axis=0)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@settings(max_examples=15)
@given(batches=BATCHES)
def test_perplexity(batches):
    with config.use(mode="reference"):
        x = tensor.matrix("x")
        found = evaluate(aggregation.perplexity(-(x**2).sum() / 1e4, x.shape[0]), batches)
    everything = np.concatenate(batches)
    expected = np.exp((everything**2).sum() / 1e4 / len(everything))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


SCHEMES = [*FOLDS, "mean"]


@pytest.mark.parametrize("floatX", ["float64", "float32"])
@pytest.mark.parametrize("quantity", QUANTITIES, ids=["scalar", "vector", "matrix", "row"])
@pytest.mark.parametrize("name", SCHEMES)
def test_compiled_again_and_again(name, quantity, floatX):
    """A second evaluation forgets the first one; dtypes are those of the variable."""
    config.floatX = floatX
    rng = np.random.RandomState(1)
    first = [rng.normal(size=(n, 2)).astype(floatX) for n in (3, 3, 1)]
    second = [-x - 5 for x in first[1:]]
    variable = named(getattr(aggregation, name)(quantity(tensor.matrix("x"))))
    evaluator = DatasetEvaluator([variable])
    fold = FOLDS.get(name, lambda values: np.mean(values, axis=0))
    for batches in (first, second, first):
        found = evaluator.evaluate(Batches(*({"x": x} for x in batches)))["q"]
        expected = fold([quantity(x) for x in batches])
        np.testing.assert_allclose(found, expected, rtol=1e-4)
        assert found.dtype == floatX


def test_values_are_not_changed_by_the_next_evaluation():
    evaluator = DatasetEvaluator([named(aggregation.take_last(tensor.matrix("x").sum(axis=0)))])
    found = evaluator.evaluate(Batches({"x": np.ones((2, 2))}))["q"]
    evaluator.evaluate(Batches({"x": np.zeros((2, 2))}))
    np.testing.assert_array_equal(found, [2.0, 2.0])


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int64"])
def test_integers_do_not_overflow(dtype):
    x = tensor.TensorType(dtype, (None,))("x")
    batches = [{"x": np.ones(200, dtype)}] * 3
    found = DatasetEvaluator([named(aggregation.mean(tensor.cast(x, "int8").max(), 1.0))])
    assert found.evaluate(Batches(*batches * 60))["q"] == 1.0
    total = DatasetEvaluator([named(aggregation.mean(x.sum(), 1.0))])
    assert total.evaluate(Batches(*batches))["q"] == 200.0


def test_nan_stays():
    x = np.array([[1.0], [np.nan]])
    for name in ("minimum", "maximum"):
        variable = getattr(aggregation, name)(tensor.matrix("x").sum())
        assert np.isnan(evaluate(variable, [x[:1], x[1:], x[:1]]))


@pytest.mark.parametrize("name", ["minimum", "maximum", "concatenate", "mean"])
def test_batches_must_give_one_shape(name):
    variable = getattr(aggregation, name)(tensor.matrix("x").sum(axis=1))
    variable.name = "sums"
    evaluator = DatasetEvaluator([variable])
    batches = Batches({"x": np.ones((3, 2))}, {"x": np.ones((2, 2))})
    message = r"expected values of one shape from all batches, got \(3,\) and then \(2,\)\. "
    with pytest.raises(ShapeError, match=message):
        evaluator.evaluate(batches)
    # Nothing is left behind for the next evaluation.
    found = evaluator.evaluate(Batches({"x": np.ones((2, 2))}))["sums"]
    np.testing.assert_array_equal(np.ravel(found), [2.0, 2.0])


@pytest.mark.parametrize("name", ["minimum", "maximum", "take_last", "concatenate"])
def test_functions_return_a_copy_of_the_same_name(name):
    x = tensor.scalar("x")
    variable = getattr(aggregation, name)(x)
    assert variable is not x
    assert variable.name == "x"
    assert not hasattr(x.tag, "aggregation_scheme")
    assert variable.tag.aggregation_scheme.variable is x


def test_mean_and_perplexity_compute_the_value_of_a_batch():
    total, count = tensor.scalars("total", "count")
    values = {total: 6.0, count: 4.0}
    assert aggregation.mean(total, count).eval(values) == 1.5
    assert aggregation.perplexity(total, count).eval(values) == pytest.approx(np.exp(-1.5))
    assert aggregation.mean(total, count).name == "total"


def test_schemes_follow_replacements():
    x, m = tensor.matrix("x"), tensor.matrix("m")
    h = 2 * x
    variable = named(aggregation.mean(h.sum(), h.shape[0]))
    (new,) = ComputationGraph(variable).replace({h: h * m}).outputs
    batches = [{"x": np.ones((n, 2)), "m": np.full((n, 2), 10.0)} for n in (3, 1)]
    assert DatasetEvaluator([new]).evaluate(Batches(*batches))["q"] == 40.0
    assert DatasetEvaluator([variable]).evaluate(Batches(*batches))["q"] == 4.0


class Product(AggregationScheme):
    """A scheme as users write it: the product over batches."""

    def get_aggregator(self):
        total = shared_floatx(1.0)
        return Aggregator(
            self,
            initialization_updates=[(total, 1.0)],
            accumulation_updates=[(total, total * self.variable)],
            readout_variable=total,
        )


def test_a_scheme_of_the_users_own():
    variable = tensor.vector("x").sum()
    variable.tag.aggregation_scheme = Product(variable)
    batches = [np.array([1.0, 2.0]), np.array([5.0])]
    assert evaluate(variable, batches) == 15.0
    assert evaluate(variable, batches[:1]) == 3.0


def test_abstract_classes():
    with pytest.raises(TypeError, match="abstract"):
        AggregationScheme(tensor.scalar())
    with pytest.raises(TypeError, match="abstract"):
        MonitoredQuantity()
    assert isinstance(Mean(1, 2).numerator, tensor.constant(1).__class__)


class Count(MonitoredQuantity):
    def initialize(self):
        self.count = 0

    def aggregate(self, *arrays):
        self.count += 1

    def get_aggregated_value(self):
        return self.count


def test_a_quantity_requires_variables():
    with pytest.raises(GraphError, match=r"Count: expected variables in requires, got str 'x'\."):
        Count(requires=["x"])
