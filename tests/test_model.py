"""`Model`: paths of parameters, reading and setting values, what is trained."""

import logging

import numpy as np
import pytest

from blocks import tensor
from blocks.algorithms import GradientDescent
from blocks.bricks import MLP, Linear, Tanh
from blocks.errors import BrickError
from blocks.graph.computation import ComputationGraph
from blocks.initialization import Constant
from blocks.model import Model
from blocks.roles import PARAMETER, PERSISTENT, add_role
from blocks.utils.theano_utils import shared_floatx


def mlp(**kwargs):
    return MLP([Tanh(), None], [3, 4, 2], **kwargs)


@pytest.fixture
def model():
    return Model(mlp().apply(tensor.matrix("x")))


PATHS = ["/mlp/linear_0.W", "/mlp/linear_0.b", "/mlp/linear_1.W", "/mlp/linear_1.b"]
SHAPES = [(3, 4), (4,), (4, 2), (2,)]


def values():
    return {path: np.full(SHAPES[i], i + 0.5) for i, path in enumerate(PATHS)}


def test_a_model_is_a_graph(model):
    assert isinstance(model, ComputationGraph)
    assert [x.name for x in model.inputs] == ["x"]


def test_parameters_have_paths(model):
    found = model.get_parameter_dict()
    assert sorted(found) == PATHS
    assert list(found.values()) == model.parameters
    found.clear()
    assert len(model.get_parameter_dict()) == 4


def test_values_are_set_and_read(model):
    model.set_parameter_values(values())
    found = model.get_parameter_values()
    assert sorted(found) == PATHS
    for path, value in values().items():
        np.testing.assert_array_equal(found[path], value)
    found[PATHS[0]][:] = 0
    assert model.get_parameter_dict()[PATHS[0]].get_value().all()


def test_values_of_one_model_fit_another(model):
    other = Model(mlp(weights_init=Constant(2), biases_init=Constant(1)).apply(tensor.matrix("y")))
    for brick in other.get_top_bricks():
        brick.initialize()
    model.set_parameter_values(other.get_parameter_values())
    assert (model.get_parameter_values()["/mlp/linear_1.W"] == 2).all()


def test_values_are_copied(model):
    given = values()
    model.set_parameter_values(given)
    for value in given.values():
        value[:] = 0
    for path, value in model.get_parameter_values().items():
        np.testing.assert_array_equal(value, values()[path])


def test_float32_values_are_accepted(model):
    model.set_parameter_values({k: v.astype("float32") for k, v in values().items()})
    assert all(x.dtype == "float64" for x in model.get_parameter_values().values())


def test_every_mismatch_is_listed_and_nothing_is_changed(model):
    model.set_parameter_values(values())
    bad = values()
    bad["/mlp/linear_0.W"] = np.zeros((4, 3))
    bad["/mlp/linear_0.b"] = np.zeros(4, complex)
    del bad["/mlp/linear_1.b"]
    bad["/mlp/linear_2.b"] = np.zeros(2)
    with pytest.raises(BrickError) as caught:
        model.set_parameter_values(bad)
    assert str(caught.value).split("\n  ") == [
        "Model: expected a value for each parameter, of its shape and dtype, got 4 mismatches; "
        "nothing was changed.",
        "/mlp/linear_1.b: no value",
        str(caught.value).split("\n  ")[2],
        "/mlp/linear_0.W: expected shape (3, 4), got (4, 3)",
        "/mlp/linear_0.b: expected float64, got complex128",
    ]
    assert "/mlp/linear_2.b: no such parameter. Did you mean '/mlp/linear_1.b'" in str(caught.value)
    for path, value in model.get_parameter_values().items():
        np.testing.assert_array_equal(value, values()[path])


def test_one_mismatch(model):
    with pytest.raises(BrickError, match=r"dtype, got one mismatch; nothing was changed\."):
        model.set_parameter_values({**values(), "/other.W": np.zeros(1)})


def test_only_a_part_of_the_values(model, caplog):
    model.set_parameter_values(values())
    part = {"/mlp/linear_1.b": np.array([7.0, 8.0]), "/other.W": np.zeros(1)}
    with caplog.at_level(logging.WARNING):
        model.set_parameter_values(part, strict=False)
    expected = {**values(), "/mlp/linear_1.b": part["/mlp/linear_1.b"]}
    for path, value in model.get_parameter_values().items():
        np.testing.assert_array_equal(value, expected[path])
    assert "/mlp/linear_0.W: no value" in caplog.text
    assert "/other.W: no such parameter." in caplog.text
    with pytest.raises(BrickError, match=r"/mlp/linear_1\.b: expected shape \(2,\), got \(3,\)"):
        model.set_parameter_values({"/mlp/linear_1.b": np.zeros(3)}, strict=False)


def test_top_bricks():
    x = tensor.matrix("x")
    first, second = mlp(), Linear(2, 2, name="second")
    model = Model(second.apply(first.apply(x)))
    assert set(model.get_top_bricks()) == {first, second}
    assert len(model.top_bricks) == 2


def test_a_parameter_outside_of_bricks_goes_by_its_name():
    x = tensor.matrix("x")
    scale = shared_floatx(2.0, name="scale")
    add_role(scale, PARAMETER)
    model = Model(scale * Linear(3, 2).apply(x))
    assert sorted(model.get_parameter_dict()) == ["/linear.W", "/linear.b", "scale"]


def test_persistent_values_come_after_the_parameters():
    statistics = shared_floatx([1.0], name="population_mean")
    add_role(statistics, PERSISTENT)
    model = Model(Linear(3, 1, use_bias=False).apply(tensor.matrix("x")) - statistics)
    assert list(model.get_parameter_dict()) == ["/linear.W", "population_mean"]
    assert len(model.parameters) == 1


def test_other_shared_variables_are_left_out():
    model = Model(Linear(3, 1).apply(tensor.matrix("x")) * shared_floatx(2.0, name="rate"))
    assert sorted(model.get_parameter_dict()) == ["/linear.W", "/linear.b"]


def test_two_bricks_of_one_path():
    x = tensor.matrix("x")
    message = (
        r"Model: expected parameters with paths of their own, got two with /linear\.W: "
        r"/linear\.W \(float64 \(3, 2\), of a Linear\) and /linear\.W \(float64 \(2, 5\), of a "
        r"Linear\)\. Pass another name= to one of the bricks"
    )
    with pytest.raises(BrickError, match=message):
        Model(Linear(2, 5, use_bias=False).apply(Linear(3, 2, use_bias=False).apply(x)))


def test_two_variables_of_one_name():
    a, b = (shared_floatx(1.0, name="scale") for _ in range(2))
    for x in (a, b):
        add_role(x, PARAMETER)
    with pytest.raises(BrickError, match=r"got two with scale: scale \(float64 scalar, outside of"):
        Model(a * b)


def test_a_parameter_without_a_name():
    a = shared_floatx(1.0)
    add_role(a, PARAMETER)
    with pytest.raises(BrickError, match=r"got one without \(float64 scalar\)\. Pass name= where"):
        Model(a * 2)


def test_a_brick_used_twice_appears_once():
    x, y = tensor.matrices("x", "y")
    linear = Linear(3, 2)
    model = Model(linear.apply(x) + linear.apply(y))
    assert sorted(model.get_parameter_dict()) == ["/linear.W", "/linear.b"]


def test_check_sanity(model, caplog):
    y = model.outputs[0]
    W, b = (model.get_parameter_dict()[f"/mlp/linear_0.{name}"] for name in "Wb")
    other = shared_floatx(1.0, name="other")
    everything = [*model.parameters]
    with caplog.at_level(logging.WARNING):
        model.check_sanity(GradientDescent(cost=y.sum(), parameters=everything))
        model.check_sanity(object())
    assert caplog.text == ""
    with caplog.at_level(logging.WARNING):
        few = GradientDescent(cost=(y * other).sum(), parameters=[W, b, other])
        model.check_sanity(few)
    assert "These parameters are in the model and not trained: /mlp/linear_1." in caplog.text
    assert "These parameters are trained and not in the model: other (float64" in caplog.text
