"""Every step rule against the parameters, costs and norms of the original, step by step."""

import numpy as np
import pytest

from blocks import tensor
from blocks.algorithms import GradientDescent
from blocks.algorithms.step_rules import Restrict
from blocks.bricks.cost import SquaredError
from blocks.compile import function
from blocks.config import config
from blocks.graph.op import as_variable
from tests.golden.harness import arrays, build, find_class, parameters, ready

AMPLIFIED = {"steps_default_rule": 1e-7}
"""A rate of 1 diverges there, to 1e7 in 20 steps, and with it the rounding of each step."""


def build_rule(spec, weights):
    """Return a step rule; the variables of `Restrict` are given as paths."""
    if spec is None:
        return None
    arguments = dict(spec["args"])
    if spec["class"] == "CompositeRule":
        return find_class("CompositeRule")(
            [build_rule(c, weights) for c in arguments["components"]]
        )
    if spec["class"] == "Restrict":
        rule = build_rule(arguments["step_rule"], weights)
        return Restrict(rule, [weights[path] for path in arguments["variables"]])
    return build(spec)


def algorithm_of(settings, data, weights, cost):
    rule = build_rule(settings["step_rule"], weights)
    if not settings.get("nan_gradients"):
        return GradientDescent(cost=cost, parameters=list(weights.values()), step_rule=rule)
    gradients = dict(zip(weights, tensor.grad(cost, list(weights.values())), strict=True))
    for path in settings["nan_gradients"]:
        gradients[path] = gradients[path] + as_variable(np.float64("nan"))
    pairs = [(weights[path], gradient) for path, gradient in gradients.items()]
    return GradientDescent(gradients=pairs, step_rule=rule)


@pytest.mark.parametrize("mode", ["compiled", "reference"])
@pytest.mark.parametrize("case", ready("steps"))
def test_steps(case, mode):
    config.mode = mode
    settings, data = case["config"], arrays(case)
    brick = build(settings["brick"])
    brick.allocate()
    weights = parameters(brick)
    assert list(weights) == case["expected"]["parameter_order"]
    for path, parameter in weights.items():
        parameter.set_value(data[f"param:{path}"])
    x, y = tensor.matrices("x", "y")
    cost = SquaredError().apply(y, brick.apply(x))
    algorithm = algorithm_of(settings, data, weights, cost)
    algorithm.initialize()
    shown = {
        "output:cost": cost,
        "output:total_gradient_norm": algorithm.total_gradient_norm,
        "output:total_step_norm": algorithm.total_step_norm,
    }
    watch = function([x, y], {k: v for k, v in shown.items() if k in data})
    found = {}
    per_step = {key: [] for key in data if key.startswith("output:")}
    assert per_step.keys() <= shown.keys()
    n_steps = len(data["output:cost"])
    assert n_steps >= 5
    n = len(data["input:x"])
    assert n == settings["n_batches"]
    for step in range(n_steps):
        batch = {"x": data["input:x"][step % n], "y": data["input:y"][step % n]}
        for key, value in watch(batch["x"], batch["y"]).items():
            per_step[key].append(value)
        algorithm.process_batch(batch)
        found |= {f"step{step + 1}:{k}": p.get_value() for k, p in weights.items()}
    found |= per_step
    expected = {k: v for k, v in data.items() if k.split(":")[0] not in ("param", "input")}
    assert any(key.startswith("step5:") for key in expected)
    tolerance = dict(case["tolerance"])
    tolerance["rtol"] = AMPLIFIED.get(case["case"], tolerance["rtol"])
    for key, value in expected.items():
        np.testing.assert_allclose(found[key], value, **tolerance, err_msg=key)
