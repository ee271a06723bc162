"""`function`: its arguments, its inputs, and what it says of bad ones."""

import numpy as np
import pytest

from blocks import tensor
from blocks.compile import In, function, inputs
from blocks.config import config
from blocks.errors import (
    DtypeError,
    GraphError,
    MissingInputError,
    NonFiniteError,
    ShapeError,
    UnusedInputError,
)
from blocks.graph import shared
from blocks.graph.origin import building
from blocks.graph.types import TensorType

x, y = tensor.matrix("x"), tensor.matrix("y")
n = tensor.lvector("n")


@pytest.fixture(params=["compiled", "reference", "debug"])
def mode(request):
    return request.param


def test_outputs_come_back_as_they_were_asked_for(mode):
    a = np.ones((2, 2))
    assert function([x], x * 2, mode=mode)(a).tolist() == [[2, 2], [2, 2]]
    assert isinstance(function([x], [x * 2], mode=mode)(a), list)
    assert set(function([x], {"twice": x * 2, "sum": x.sum()}, mode=mode)(a)) == {"twice", "sum"}
    assert function([], None, mode=mode)() is None


def test_inputs_by_name_and_default(mode):
    f = function([x, In(y, value=np.ones((1, 2)))], x + y, mode=mode)
    assert f(x=[[1, 2]]).tolist() == [[2, 3]]
    assert f([[1, 2]], y=[[5, 5]]).tolist() == [[6, 7]]


def test_givens_replace_before_compiling(mode):
    data = shared(np.arange(6.0).reshape(3, 2))
    i = tensor.lscalar("i")
    f = function([i], x.sum(), givens={x: data[i : i + 2]}, mode=mode)
    assert [float(f(j)) for j in (0, 1)] == [6.0, 14.0]


def test_default_updates(mode):
    state = shared(np.zeros(()))
    state.default_update = state + 1
    f = function([], state * 10, mode=mode)
    assert [float(f()) for _ in range(3)] == [0, 10, 20]
    assert float(function([], state, no_default_updates=True, mode=mode)()) == 3
    assert float(state.get_value()) == 3


ERRORS = [
    (
        lambda: function([x], y),
        MissingInputError,
        r"expected every input.*y \(float64 \(\?, \?\)\)",
    ),
    (lambda: function([x, y], x), UnusedInputError, "none that depends on y"),
    (lambda: function([x], x, on_unused_input="no"), GraphError, "'raise', 'warn' or 'ignore'"),
    (lambda: function([x, x], x), GraphError, "each input once"),
    (lambda: function([shared(1.0)], x), GraphError, "expected symbols as inputs"),
    (lambda: function(["x"], x), GraphError, "expected variables as inputs, got str"),
    (lambda: function([x], x, updates=[(x, x)]), GraphError, "updates of shared variables"),
    (lambda: function([], [], updates=[(_s, _s), (_s, _s + 1)]), GraphError, "one update of s"),
    (
        lambda: function([], [], updates={shared(np.zeros(2, "float32"), "w"): tensor.zeros((2,))}),
        DtypeError,
        r"update of w of float32, got float64. Use cast\(value, 'float32'\)",
    ),
    (lambda: function([], [], updates={_s: tensor.zeros((2,))}), ShapeError, "update of s like"),
    (lambda: function([x], x, mode="fast"), GraphError, "expected one of the modes"),
    (lambda: function([n], x.sum(), givens={x: n}), ShapeError, "expected a given for x like"),
]
_s = shared(0.0, "s")


@pytest.mark.parametrize(("make", "error", "message"), ERRORS)
def test_bad_functions(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_the_nearest_name_is_suggested():
    with pytest.raises(MissingInputError, match="Did you mean 'features'"):
        function([tensor.matrix("features")], tensor.matrix("feature"))


CALLS = [
    ((np.ones(2),), ShapeError, r"input x: expected 2 axes .*, got 1 \(float64 \(2,\)\)"),
    ((np.ones((2, 2, 2)),), ShapeError, "Flatten it first"),
    ((np.array([["a"]]),), DtypeError, "expected numbers"),
    (([[1.0], [1.0, 2.0]],), ShapeError, "input x: expected an array"),
    ((x,), DtypeError, "got the symbol x"),
    ((), TypeError, "got no x"),
    ((1, 2), TypeError, "expected 1 inputs, got 2"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), CALLS)
def test_bad_calls(arguments, error, message, mode):
    with pytest.raises(error, match=message):
        function([x], x * 2, mode=mode)(*arguments)


@pytest.mark.parametrize(("arguments", "error", "message"), CALLS)
def test_bad_calls_after_good_ones(arguments, error, message):
    f = function([x], x * 2)
    f(np.ones((2, 2)))
    f(np.ones((2, 2)))
    with pytest.raises(error, match=message):
        f(*arguments)


def test_later_calls_are_converted_and_checked_like_the_first(monkeypatch):
    v = TensorType("float32", (None, 3))("v")
    f = function([v], v + np.float32(1))
    for _ in range(3):
        for dtype in ("float32", "uint8", ">f4", "bool"):
            y = f(np.ones((2, 3), dtype))
            assert (y.dtype, y.tolist()) == ("float32", [[2, 2, 2]] * 2)
        with pytest.raises(DtypeError, match="would lose precision"):
            f(np.ones((2, 3), "float64"))
        with pytest.raises(ShapeError, match=r"expected float32 \(\?, 3\), got float32 \(2, 4\)"):
            f(np.ones((2, 4), "float32"))
    monkeypatch.setattr(inputs, "MOST_SHAPES", 2)
    for n in (1, 2, 3, 1, 2, 3):
        assert f(np.zeros((n, 3), "float32")).shape == (n, 3)
        assert len(f._given._shapes) <= 2


def test_unknown_names_are_refused():
    with pytest.raises(TypeError, match="got 'features'"):
        function([x], x * 2)(features=1)


@pytest.mark.parametrize(
    ("dtype", "value", "fits"),
    [
        ("float32", np.ones(2, "float64"), False),
        ("float32", np.ones(2, "int8"), True),
        ("float32", [0.1, 0.2], True),
        ("int64", np.ones(2, "uint8"), True),
        ("int64", np.ones(2), False),
        ("int8", [1, 2], True),
        ("int8", [300, 2], False),
        ("int64", [1.5, 2], False),
    ],
)
def test_what_an_input_is_converted_from(dtype, value, fits, mode):
    v = tensor.vector("v", dtype=dtype)
    f = function([v], v, mode=mode)
    if fits:
        assert f(value).dtype == dtype
    else:
        with pytest.raises(DtypeError, match="would lose precision"):
            f(value)
        assert function([v], v, mode=mode, allow_input_downcast=True)(value).dtype == dtype


def test_debug_names_brick_op_and_line():
    with building("/mlp/linear_0.apply"):
        z = tensor.log(x)
    f = function([x], z.sum(), mode="debug")
    message = r"/mlp/linear_0.apply: log: expected finite values, got NaN in 1 of 4"
    with pytest.raises(NonFiniteError, match=message) as caught:
        f([[1.0, -1.0], [1.0, 1.0]])
    assert "test_function.py" in str(caught.value)
    assert np.isnan(f([[np.nan, 1.0]]))  # it came in, it was not made


def test_the_mode_is_a_setting():
    with config.use(mode="reference"):
        assert function([x], x).mode == "reference"
    assert function([x], x, mode="FAST_RUN").mode == "compiled"


def test_a_kernel_that_was_typed_in_says_so():
    from blocks.compile.kernels import own_kernel
    from blocks.graph.op import Kernel

    namespace = {}
    exec("def typed(x, y):\n    y[0] = x[0]\n", namespace)
    with pytest.raises(GraphError, match="typed: expected a kernel whose source can be read"):
        own_kernel(Kernel(namespace["typed"]), [])


def test_positions_are_those_of_theano():
    """The mode comes third, then updates and givens."""
    total, x = shared(0.0), tensor.scalar("x")
    f = function([x], total + x, "reference", [(total, total + 1)], {x: 2 * x})
    assert (f.mode, f(3.0), total.get_value()) == ("reference", 6, 1)


def test_a_strict_input_is_not_converted():
    i = tensor.lscalar("i")
    f = function([In(i, strict=True)], i + 1)
    assert f(np.int64(2)) == 3
    with pytest.raises(DtypeError) as caught:
        f(np.int32(2))
    assert str(caught.value) == (
        "function, input i: expected int64 scalar and nothing else, got int32 (). "
        "Use astype('int64'), or drop strict=True."
    )


def test_givens_of_another_dtype():
    v, w = tensor.fvector("v"), tensor.vector("w")
    with pytest.raises(DtypeError, match=r"expected a given .* or pass rebuild_strict=False"):
        function([w], v + np.float32(1), givens={v: w})
    f = function([w], v + np.float32(1), givens={v: w}, rebuild_strict=False)
    assert f([0.1]).dtype == "float64"


def test_copies():
    total, other, x = shared(0.0), shared(10.0), tensor.scalar("x")
    f = function([In(x, value=1.0)], {"old": total}, updates=[(total, total + x)], name="f")
    g = f.copy(swap={total: other}, name="g")
    assert (f()["old"], g()["old"], f()["old"]) == (0, 10, 1)
    assert (total.get_value(), other.get_value(), g.name) == (2, 11, "g")
    frozen = f.copy(delete_updates=True)
    assert (frozen()["old"], frozen()["old"], frozen.name) == (2, 2, "f")
    with pytest.raises(GraphError, match=r"^function f: expected a shared variable like .* int64"):
        f.copy(swap={total: shared(1)})
    with pytest.raises(GraphError, match=r"^function f: expected shared variables to swap, got x"):
        f.copy(swap={x: other})


def test_what_runs_can_be_looked_at_as_in_theano(mode):
    v, W = tensor.vector("v"), shared(np.ones(2), "W")
    f = function([v], tensor.exp(v * W) * 1, updates=[(W, W + v)], mode=mode)
    graph = f.maker.fgraph
    names = [str(node.op) for node in graph.toposort()]
    assert set(names) >= {"mul", "exp", "add"}
    assert mode != "compiled" or names.count("mul") == 1
    assert {node.op.name for node in graph.apply_nodes} == set(names)
    assert {v, W} <= graph.variables
    assert len(graph.outputs) == 2


def test_debug_mode_finds_parameters_without_a_value():
    W, v = shared(np.full((2, 3), np.nan), "W"), tensor.vector("v")
    f = function([v], tensor.tanh(v.dot(W)), mode="debug")
    with pytest.raises(NonFiniteError, match=r"^W: expected .* got NaN in 6 of 6 elements, and so"):
        f([1.0, 2.0])
    W.set_value(np.ones((2, 3)))
    np.testing.assert_allclose(f([1.0, 2.0]), np.tanh([3, 3, 3]))
    assert np.isnan(f([np.nan, 2.0])).all()  # it came in with the data
    unused = function([v], [v, W.shape[0]], mode="debug")
    W.set_value(np.full((2, 3), np.nan))
    assert unused([1.0])[1] == 2


@pytest.mark.parametrize("borrow", [False, True])
@pytest.mark.parametrize("dtype", [">f8", ">f4", ">i8", ">u2", "bool"])
def test_values_whose_bytes_are_in_another_order(dtype, borrow, mode):
    array = np.array([0, 1, 1, 0] if dtype == "bool" else [0, 1, 300, 3]).astype(dtype)
    native = array.dtype.newbyteorder("=")
    s = shared(array, borrow=borrow)
    assert s.get_value().dtype == tensor.constant(array).data.dtype == native
    old = function([], s, updates=[(s, tensor.maximum(s, array[::-1]))], mode=mode)
    np.testing.assert_array_equal(old(), array)
    np.testing.assert_array_equal(old(), np.maximum(array, array[::-1]))
    s.set_value(array, borrow=borrow)
    np.testing.assert_array_equal(old(), array)
    assert function([], shared(array[1], borrow=borrow), mode=mode)() == array[1]
    z = tensor.vector("z", dtype=native.name)
    larger = tensor.maximum(z, array)
    np.testing.assert_array_equal(function([z], larger, mode=mode)(array), array)
    np.testing.assert_array_equal(function([In(z, value=array)], larger, mode=mode)(), array)
    np.testing.assert_array_equal(function([], larger, givens={z: array}, mode=mode)(), array)
