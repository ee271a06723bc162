"""Every aggregation scheme against the values of the original, also over ragged batches."""

import numpy as np
import pytest

from blocks import tensor
from blocks.config import config
from blocks.datastreams import DataStream, IndexableDataset, SequentialScheme
from blocks.monitoring import aggregation
from blocks.monitoring.evaluators import DatasetEvaluator
from blocks.utils.theano_utils import shared_floatx
from tests.golden.harness import arrays, ready


def named(variable, name):
    variable.name = name
    return variable


def quantities(x, w):
    """Return the monitored variables that the README of the golden data describes."""
    log_likelihood = (-(x**2)).sum()
    found = [
        named(x.mean(), "default_mean"),
        named(x.mean(axis=0), "default_mean_vector"),
        named(aggregation.mean(x.dot(w).sum(), x.shape[0]), "proj_sum"),
        named(aggregation.perplexity(log_likelihood, x.shape[0]), "perplexity"),
        named((w**2).sum(), "w_norm2"),
    ]
    aggregated = {"xmax": x.max(), "vec": x.mean(axis=0), "sq": (x**2).sum()}
    for scheme in ("minimum", "maximum", "concatenate", "take_last"):
        for name, variable in aggregated.items():
            found.append(named(getattr(aggregation, scheme)(variable), f"{scheme}_{name}"))
    return found


@pytest.mark.parametrize("mode", ["compiled", "reference"])
@pytest.mark.parametrize("case", ready("monitoring"))
def test_monitoring(case, mode):
    config.mode = mode
    settings, data = case["config"], arrays(case)
    w = shared_floatx(data["input:w"], name="w")
    evaluator = DatasetEvaluator(quantities(tensor.matrix("x"), w))
    expected = {k: v for k, v in data.items() if k.startswith("output")}
    assert len(expected) == 34
    dataset = IndexableDataset({"x": data["input:x"]})
    counts = {"output": settings["n_examples"], "output2": settings["n_second"]}
    for kind, count in counts.items():
        scheme = SequentialScheme(count, settings["batch_size"])
        values = evaluator.evaluate(DataStream(dataset, iteration_scheme=scheme))
        assert list(values) == case["expected"]["names"]
        for name, value in values.items():
            wanted = expected[f"{kind}:{name}"]
            assert np.shape(value) == wanted.shape
            np.testing.assert_allclose(value, wanted, **case["tolerance"], err_msg=name)
