"""Bricks side by side: values and gradients, life cycle, names, dimensions, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks import tensor
from blocks.bricks import MLP, Initializable, Linear, Tanh, application
from blocks.bricks.base import NoneAllocation
from blocks.bricks.members import copy_of
from blocks.bricks.parallel import Distribute, Fork, Merge, Parallel
from blocks.compile import function
from blocks.errors import BrickError
from blocks.filter import VariableFilter
from blocks.graph.computation import ComputationGraph
from blocks.initialization import Constant, IsotropicGaussian
from blocks.roles import INPUT, WEIGHT
from tests.bricks.checks import (
    check_float32,
    check_gradients,
    check_values,
    parameters,
    values_of,
)

rng = np.random.RandomState(3)
A, B, C = rng.randn(5, 2), rng.randn(5, 3), rng.randn(5, 1)
A3 = rng.randn(2, 5, 2)
SCHEMES = {"weights_init": IsotropicGaussian(0.5), "biases_init": IsotropicGaussian(0.5), "seed": 1}


def affine(p, path, x):
    y = x @ p[f"{path}.W"]
    return y + p[f"{path}.b"] if f"{path}.b" in p else y


class ByPosition(Distribute):
    """Lets the checks give inputs by position."""

    def apply_to(self, x, y, s, **kwargs):
        return self.apply(y=y, s=s, x=x, **kwargs)


CASES = {
    "parallel": (
        Parallel(["x", "y"], [2, 3], [4, 1], prototype=Linear(), **SCHEMES),
        "apply",
        [A, B],
        {},
        lambda p, x, y: [
            affine(p, "/parallel/transform_x", x),
            affine(p, "/parallel/transform_y", y),
        ],
    ),
    "parallel_one": (
        Parallel(["x"], [2], [3], Linear(use_bias=False), child_prefix="f", **SCHEMES),
        "apply",
        [A3],
        {},
        lambda p, x: affine(p, "/parallel/f_x", x),
    ),
    "merge": (
        Merge(["a", "b", "c"], [2, 3, 1], 4, **SCHEMES),
        "apply",
        [A, B, C],
        {},
        lambda p, a, b, c: sum(
            affine(p, f"/merge/transform_{name}", x)
            for name, x in zip("abc", (a, b, c), strict=True)
        ),
    ),
    "merge_biases": (
        Merge(["a", "b"], [2, 3], 4, prototype=Linear(), name="m", **SCHEMES),
        "apply",
        [A, B],
        {},
        lambda p, a, b: affine(p, "/m/transform_a", a) + affine(p, "/m/transform_b", b),
    ),
    "merge_no_example": (
        Merge(["a", "b"], [2, 3], 4, **SCHEMES),
        "apply",
        [A[:0], B[:0]],
        {},
        lambda p, a, b: np.zeros((0, 4)),
    ),
    "fork": (
        Fork(["y", "z"], 2, output_dims=[3, 1], **SCHEMES),
        "apply",
        [A],
        {},
        lambda p, x: [affine(p, "/fork/fork_y", x), affine(p, "/fork/fork_z", x)],
    ),
    "fork_mlps": (
        Fork(["y", "z"], 2, MLP([Tanh(), None], [None, 4, None]), output_dims=[3, 1], **SCHEMES),
        "apply",
        [A3],
        {},
        lambda p, x: [
            affine(
                p,
                f"/fork/fork_{k}/linear_1",
                np.tanh(affine(p, f"/fork/fork_{k}/linear_0", x)),
            )
            for k in "yz"
        ],
    ),
    "distribute": (
        ByPosition(["x", "y"], "s", [2, 3], 1, name="distribute", **SCHEMES),
        "apply_to",
        [A, B, C],
        {},
        lambda p, x, y, s: [
            x + affine(p, "/distribute/fork_x", s),
            y + affine(p, "/distribute/fork_y", s),
        ],
    ),
}


@pytest.mark.parametrize("case", list(CASES))
def test_value(case):
    check_values(CASES[case])


@pytest.mark.parametrize("case", [name for name in CASES if "no_example" not in name])
def test_gradient_against_finite_differences(case):
    check_gradients(CASES[case])


@pytest.mark.parametrize("case", list(CASES))
def test_float32_stays_float32(case):
    check_float32(CASES[case])


sizes = st.integers(1, 4)


@given(
    batch=st.sampled_from([(), (0,), (1,), (3,), (2, 0), (1, 2)]),
    dims=st.lists(st.tuples(sizes, sizes), min_size=1, max_size=3),
    source_dim=sizes,
)
def test_all_four_compute_what_numpy_does(batch, dims, source_dim):
    names = [f"x{i}" for i in range(len(dims))]
    inputs, outputs = [i for i, _ in dims], [o for _, o in dims]
    draw = np.random.RandomState(0)
    x = {k: draw.randn(*batch, i) for k, i in zip(names, inputs, strict=True)}
    s = draw.randn(*batch, source_dim)
    parallel = Parallel(names, inputs, outputs, Linear(), **SCHEMES)
    fork = Fork(names, source_dim, output_dims=outputs, **SCHEMES)
    distribute = Distribute(names, "s", inputs, source_dim, **SCHEMES)
    merge = Merge(names, inputs, source_dim, **SCHEMES)
    for brick in (parallel, fork, distribute, merge):
        brick.initialize()

    def transformed(brick, arguments):
        p, prefix = values_of(brick), brick.child_prefix
        return {k: affine(p, f"/{brick.name}/{prefix}_{k}", a) for k, a in arguments.items()}

    sources = dict.fromkeys(names, s)
    expected = {
        **{f"p{k}": y for k, y in transformed(parallel, x).items()},
        **{f"f{k}": y for k, y in transformed(fork, sources).items()},
        **{f"d{k}": x[k] + y for k, y in transformed(distribute, sources).items()},
        "m": sum(transformed(merge, x).values()),
    }
    found = {
        **{f"p{k}": y for k, y in parallel.apply(**x, as_dict=True).items()},
        **{f"f{k}": y for k, y in fork.apply(s, as_dict=True).items()},
        **{f"d{k}": y for k, y in distribute.apply(**x, s=s, as_dict=True).items()},
        "m": merge.apply(*x.values()),
    }
    assert list(found) == list(expected)
    values = function([], list(found.values()), mode="reference")()
    for key, value in zip(found, values, strict=True):
        np.testing.assert_allclose(value, expected[key], rtol=1e-12, atol=1e-14, err_msg=key)
        assert value.shape == expected[key].shape == found[key].type.shape


@pytest.mark.parametrize(
    ("brick", "inputs", "outputs", "dims", "children"),
    [
        (
            Parallel(["x", "y"], [2, 3], [2, 3], Linear()),
            ["x", "y"],
            ["x", "y"],
            {"x": 2, "y": 3},
            ["transform_x", "transform_y"],
        ),
        (
            Merge(["x", "y"], [2, 3], 4),
            ["x", "y"],
            ["output"],
            {"x": 2, "y": 3, "output": 4},
            ["transform_x", "transform_y"],
        ),
        (
            Fork(["x", "y"], 2, output_dims=[3, 4]),
            ["input_"],
            ["x", "y"],
            {"input_": 2, "x": 3, "y": 4},
            ["fork_x", "fork_y"],
        ),
        (
            Distribute(["x", "y"], "s", [2, 3], 4),
            ["s", "x", "y"],
            ["x", "y"],
            {"s": 4, "x": 2, "y": 3},
            ["fork_x", "fork_y"],
        ),
    ],
    ids=["parallel", "merge", "fork", "distribute"],
)
def test_names_and_dimensions(brick, inputs, outputs, dims, children):
    assert brick.apply.inputs == inputs
    assert brick.apply.outputs == outputs
    assert brick.get_dims(dims) == list(dims.values())
    assert [child.name for child in brick.children] == children
    brick.allocate()
    pairs = {
        k: (child.get_dim("input_"), child.get_dim("output"))
        for k, child in zip("xy", brick.children, strict=True)
    }
    source = dims.get("input_", dims.get("s"))
    assert pairs == {k: (source or dims[k], dims.get("output", dims[k])) for k in pairs}
    with pytest.raises(BrickError, match=rf"^/{brick.name}: expected the name of an input or out"):
        brick.get_dim("z")


def test_dimensions_may_be_given_by_name():
    fork = Fork(["x", "y"], 2, output_dims={"y": 4, "x": 3})
    merge = Merge(["x", "y"], {"y": 4, "x": 3}, 2)
    distribute = Distribute(["x", "y"], "s", {"y": 4, "x": 3}, 2)
    for brick in (fork, merge, distribute):
        brick.allocate()
        assert brick.get_dims(["y", "x"]) == [4, 3]
    assert fork.children[1].W.get_value().shape == (2, 4)
    assert merge.children[1].W.get_value().shape == (4, 2)
    assert distribute.children[1].W.get_value().shape == (2, 4)


def test_a_name_with_two_dimensions_has_no_one_dimension():
    parallel = Parallel(["x", "y"], [2, 3], [2, 4], Linear())
    assert parallel.get_dim("x") == 2
    with pytest.raises(BrickError, match=r"^/parallel: expected the name .*, got 'y'\."):
        parallel.get_dim("y")


class Parent(Initializable):
    """Sets everything that its children were not told."""

    def __init__(self, **kwargs):
        self.parts = [
            Parallel(prototype=Linear()),
            Merge(["x", "y"]),
            Fork(["x", "y"]),
            Distribute(["x", "y"]),
        ]
        super().__init__(children=self.parts, **kwargs)

    def _push_allocation_config(self):
        parallel, merge, fork, distribute = self.parts
        parallel.input_names, parallel.input_dims, parallel.output_dims = ["x", "y"], [1, 2], [3, 4]
        merge.input_dims, merge.output_dim = [1, 2], 3
        fork.input_dim, fork.output_dims = 1, [3, 4]
        distribute.source_name, distribute.source_dim, distribute.target_dims = "s", 1, [3, 4]


def test_a_parent_may_set_everything():
    parent = Parent(weights_init=Constant(1), biases_init=Constant(2))
    assert parent.parts[0].input_names is NoneAllocation
    parent.initialize()
    shapes = {path: value.shape for path, value in values_of(parent).items() if path.endswith(".W")}
    assert shapes == {
        "/parent/parallel/transform_x.W": (1, 3),
        "/parent/parallel/transform_y.W": (2, 4),
        "/parent/merge/transform_x.W": (1, 3),
        "/parent/merge/transform_y.W": (2, 3),
        "/parent/fork/fork_x.W": (1, 3),
        "/parent/fork/fork_y.W": (1, 4),
        "/parent/distribute/fork_x.W": (1, 3),
        "/parent/distribute/fork_y.W": (1, 4),
    }
    for parameter in parameters(parent):
        assert set(parameter.get_value().flat) == {1.0 if parameter.name == "W" else 2.0}


def test_dimensions_may_change_and_are_allocated_anew():
    fork = Fork(["x", "y"], 2, output_dims=[3, 4])
    fork.allocate()
    kept = fork.children[0].W
    fork.output_dims = [3, 5]
    fork.push_allocation_config()
    fork.allocate()
    assert fork.children[0].W is kept
    assert fork.children[1].W.get_value().shape == (2, 5)


def test_other_names_make_other_children():
    fork = Fork(["x", "y"], 2, output_dims=[3, 4])
    old = list(fork.children)
    fork.output_names = ["z"]
    fork.output_dims = [5]
    assert [child.name for child in fork.children] == ["fork_z"]
    assert (fork.input_names, fork.apply.outputs) == (["z"], ["z"])
    assert all(child.parents == [] for child in old)
    distribute = Distribute(["x"], "s", [2], 1)
    distribute.target_names = ["y"]
    assert distribute.apply.inputs == ["s", "y"]


@pytest.mark.parametrize("use_bias", [True, False])
def test_use_bias_reaches_the_copies(use_bias):
    bricks = [
        Parallel(["x"], [2], [2], Linear(), use_bias=use_bias),
        Merge(["x"], [2], 2, use_bias=use_bias),
        Fork(["x"], 2, output_dims=[2], use_bias=use_bias),
        Distribute(["x"], "s", [2], 2, use_bias=use_bias),
    ]
    for brick in bricks:
        brick.allocate()
        assert [x.name for x in parameters(brick)] == ["W", "b"][: 1 + use_bias]


@pytest.mark.parametrize(
    ("brick", "names"),
    [
        (Merge(["x"], [2], 2), ["W"]),
        (Merge(["x"], [2], 2, prototype=Linear()), ["W", "b"]),
        (Fork(["x"], 2, output_dims=[2]), ["W", "b"]),
        (Fork(["x"], 2, Linear(use_bias=False), output_dims=[2]), ["W"]),
        (Distribute(["x"], "s", [2], 2), ["W"]),
    ],
)
def test_without_use_bias_the_prototype_decides(brick, names):
    brick.allocate()
    assert [x.name for x in parameters(brick)] == names


def test_copies_leave_the_parents_of_the_prototype_behind():
    prototype = MLP([Tanh(), None], [2, 3, 2], name="net").linear_transformations[0]
    fork = Fork(["x", "y"], prototype=prototype)
    assert [child.parents for child in fork.children] == [[fork], [fork]]
    assert prototype.parents[0].name == "net"
    copied = copy_of(MLP([None], [2, 2]), "m", "/")
    assert [child.parents for child in copied.children] == [[copied]]


def test_inputs_by_position_and_by_name_are_found_by_name():
    merge = Merge(["a", "b", "c"], [2, 3, 1], 4)
    a, b, c = tensor.matrix("a"), tensor.matrix("b"), tensor.matrix("c")
    graph = ComputationGraph(merge.apply(a, c=c, b=b))
    found = VariableFilter(bricks=[merge], roles=[INPUT])(graph.variables)
    assert {x.name for x in found} == {"merge_apply_a", "merge_apply_b", "merge_apply_c"}
    assert len(VariableFilter(roles=[WEIGHT])(graph.variables)) == 3


class Twice(Merge):
    """Merges an input with itself."""

    @application(inputs=["input_"], outputs=["output"])
    def apply(self, input_):
        return super().apply(a=input_, b=input_)


def test_a_subclass_may_take_other_inputs():
    twice = Twice(["a", "b"], [2, 2], 1, weights_init=Constant(1))
    twice.initialize()
    np.testing.assert_allclose(twice.apply(A).eval(), 2 * A.sum(1, keepdims=True))
