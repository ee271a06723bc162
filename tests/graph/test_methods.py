"""Operators and methods of variables do as NumPy's; == is identity; eval keeps its functions."""

import copy
import inspect
import operator

import numpy as np
import pytest

from blocks import tensor
from blocks.errors import DtypeError
from blocks.graph.methods import ELEMENTWISE, METHODS, OPERATORS, REVERSED
from blocks.graph.types import TensorType
from blocks.graph.variable import Variable, shared

ARITHMETIC = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod,
    operator.pow, operator.lt, operator.le, operator.gt, operator.ge,
]  # fmt: skip
BITS = [operator.and_, operator.or_, operator.xor]


@pytest.mark.parametrize("mode", ["reference", "compiled"])
@pytest.mark.parametrize("function", ARITHMETIC, ids=lambda f: f.__name__)
def test_arithmetic(function, mode):
    x, y = tensor.vectors("x", "y")
    a, b = np.array([1.5, 2.0, 3.0]), np.array([2.0, 2.0, 0.5])
    got = function(x, y).eval({x: a, y: b}, mode=mode)
    np.testing.assert_allclose(got, function(a, b))
    np.testing.assert_allclose(function(x, 2.0).eval({x: a}, mode=mode), function(a, 2.0))
    np.testing.assert_allclose(function(2.0, x).eval({x: a}, mode=mode), function(2.0, a))


@pytest.mark.parametrize("function", BITS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", ["int64", "bool"])
def test_bits(function, dtype):
    x = TensorType(dtype, (None,))("x")
    a, b = np.array([0, 1, 1], dtype), np.array([1, 1, 0], dtype)
    np.testing.assert_array_equal(function(x, b).eval({x: a}), function(a, b))
    np.testing.assert_array_equal(function(tensor.constant(b), x).eval({x: a}), function(b, a))
    np.testing.assert_array_equal((~x).eval({x: a}), ~a)


def test_numpy_on_the_left():
    """An array leaves the operator to the variable."""
    x = tensor.vector("x")
    a = np.array([1.0, 2.0])
    for function in ARITHMETIC:
        y = function(a, x)
        assert isinstance(y, Variable)
        np.testing.assert_allclose(y.eval({x: 2 * a}), function(a, 2 * a))


def test_unary():
    x = tensor.vector("x")
    np.testing.assert_array_equal((-x).eval({x: [1.0, -2.0]}), [-1, 2])
    np.testing.assert_array_equal(abs(x).eval({x: [1.0, -2.0]}), [1, 2])


def test_equality_is_identity():
    x, y = tensor.vectors("x", "y")
    assert x == x
    assert x != y
    assert len({x, y, x}) == 2


A = np.arange(12.0).reshape(4, 3) - 4
CALLS = {
    "all": (lambda x: (x > -9).all(), lambda a: (a > -9).all()),
    "any": (lambda x: (x > 9).any(), lambda a: (a > 9).any()),
    "argmax": (lambda x: x.argmax(axis=1), lambda a: a.argmax(axis=1)),
    "argmin": (lambda x: x.argmin(axis=0), lambda a: a.argmin(axis=0)),
    "argsort": (lambda x: x.argsort(axis=0), lambda a: a.argsort(axis=0)),
    "astype": (lambda x: x.astype("int32"), lambda a: a.astype("int32")),
    "choose": (
        lambda x: (x > 0).astype("int8").choose([x, 2 * x]),
        lambda a: np.where(a > 0, 2 * a, a),
    ),
    "clip": (lambda x: x.clip(-1, a_max=2), lambda a: a.clip(-1, 2)),
    "compress": (lambda x: (x[:, 0] > 0).compress(x, axis=0), lambda a: a[a[:, 0] > 0]),
    "copy": (lambda x: x.copy(), lambda a: a),
    "cumprod": (lambda x: x.cumprod(), lambda a: a.cumprod()),
    "cumsum": (lambda x: x.cumsum(axis=1), lambda a: a.cumsum(axis=1)),
    "diagonal": (lambda x: x.diagonal(), lambda a: a.diagonal()),
    "dimshuffle": (lambda x: x.dimshuffle(1, 0), lambda a: a.T),
    "dot": (lambda x: x.dot(x.T), lambda a: a @ a.T),
    "fill": (lambda x: x.fill(2), lambda a: np.full_like(a, 2)),
    "flatten": (lambda x: x.flatten(), lambda a: a.ravel()),
    "inc_subtensor": (lambda x: x[0].inc_subtensor(1), lambda a: np.vstack([a[:1] + 1, a[1:]])),
    "max": (lambda x: x.max(), lambda a: a.max()),
    "mean": (lambda x: x.mean(axis=0), lambda a: a.mean(axis=0)),
    "min": (lambda x: x.min(axis=1), lambda a: a.min(axis=1)),
    "nonzero": (lambda x: x.nonzero()[1], lambda a: a.nonzero()[1]),
    "nonzero_values": (lambda x: x.nonzero_values(), lambda a: a[a != 0]),
    "norm": (lambda x: x.norm(2), np.linalg.norm),
    "ones_like": (lambda x: x.ones_like(), np.ones_like),
    "patternbroadcast": (lambda x: x.patternbroadcast((False, False)), lambda a: a),
    "prod": (lambda x: x.prod(axis=1), lambda a: a.prod(axis=1)),
    "ravel": (lambda x: x.ravel(), lambda a: a.ravel()),
    "ptp": (lambda x: x.ptp(axis=0), lambda a: np.ptp(a, axis=0)),
    "repeat": (lambda x: x.repeat(2, 0), lambda a: a.repeat(2, 0)),
    "reshape": (lambda x: x.reshape((2, -1)), lambda a: a.reshape(2, -1)),
    "round": (lambda x: (x / 4).round(), lambda a: (a / 4).round()),
    "searchsorted": (lambda x: x[:, 0].searchsorted(x[0]), lambda a: a[:, 0].searchsorted(a[0])),
    "set_subtensor": (lambda x: x[0].set_subtensor(1), lambda a: np.vstack([[[1] * 3], a[1:]])),
    "sort": (lambda x: (-x).sort(axis=1), lambda a: np.sort(-a, axis=1)),
    "squeeze": (lambda x: x[:1].squeeze(0), lambda a: a[0]),
    "std": (lambda x: x.std(), lambda a: a.std()),
    "sum": (lambda x: x.sum(axis=-1), lambda a: a.sum(axis=-1)),
    "swapaxes": (lambda x: x.swapaxes(0, 1), lambda a: a.T),
    "take": (lambda x: x.take([1], axis=1), lambda a: a.take([1], axis=1)),
    "trace": (lambda x: x.trace(), lambda a: a.trace()),
    "transpose": (lambda x: x.transpose(1, 0), lambda a: a.T),
    "var": (lambda x: x.var(axis=0), lambda a: a.var(axis=0)),
    "zeros_like": (lambda x: x.zeros_like(), np.zeros_like),
}


ELSEWHERE = {"clone", "eval", "get_parents"}  # which give no array: tested below, or by all


@pytest.mark.parametrize("name", sorted(set(METHODS) - set(ELEMENTWISE) - ELSEWHERE))
def test_methods(name):
    build, expected = CALLS[name]
    x = tensor.matrix("x", shape=A.shape)
    result = build(x).eval({x: A})
    np.testing.assert_allclose(result, expected(A))
    assert getattr(Variable, name).__doc__


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_functions_as_methods(name):
    x = tensor.vector("x")
    a = np.array([1.5, 2.5]) if name == "arccosh" else np.array([0.25, 0.5])
    np.testing.assert_allclose(getattr(x, name)().eval({x: a}), getattr(np, name)(a))
    assert getattr(Variable, name).__doc__


def test_a_clone_has_no_past_but_keeps_type_name_and_notes():
    x = tensor.matrix("x", shape=(2, None))
    y = 2 * x
    y.name, y.tag.note = "y", ["a"]
    twin = y.clone()
    assert (twin.name, twin.type, twin.owner, twin.tag) == ("y", y.type, None, y.tag)
    assert twin is not y
    twin.tag.note.append("b")
    assert y.tag.note == ["a"]
    assert y.get_parents() == [y.owner]
    assert x.get_parents() == []


def test_shared_variables_have_more_methods():
    x = shared(np.ones(3), name="x")
    twin = x.clone()
    assert (twin.name, twin.type) == ("x", x.type)
    x.container.value = np.array([1.0, 2.0])
    np.testing.assert_array_equal(x.get_value(), [1, 2])
    np.testing.assert_array_equal(x.container.data, [1, 2])
    x.container.value[0] = 7
    np.testing.assert_array_equal(x.get_value(), [1, 2])
    x.zero()
    np.testing.assert_array_equal(x.get_value(), [0, 0])
    np.testing.assert_array_equal(twin.get_value(), [1, 1, 1])


def test_methods_show_their_parameters():
    assert str(inspect.signature(tensor.vector().sum)).startswith("(axis: ")
    assert list(inspect.signature(Variable.clip).parameters) == ["self", "a_min", "a_max"]


def test_reshape_by_keyword():
    x = tensor.vector("x")
    assert x.reshape(shape=(2, 3)).type.shape == (2, 3)
    assert x.reshape(shape=x.shape[:1].astype("int64"), ndim=1).ndim == 1


def test_properties():
    x = tensor.tensor3("x")
    value = np.zeros((2, 3, 4))
    np.testing.assert_array_equal(x.shape.eval({x: value}), (2, 3, 4))
    assert x.size.eval({x: value}) == 24
    assert x.T.eval({x: value}).shape == (4, 3, 2)
    assert (x.ndim, x.dtype, x.broadcastable) == (3, "float64", (False,) * 3)


def test_every_operator_is_bound():
    for name in [*OPERATORS, *(f"__r{name}__" for name in REVERSED)]:
        assert name in vars(Variable)


def test_eval_keeps_its_functions(monkeypatch):
    from blocks.graph import backend

    built = []
    compile_function = backend._backend[0]

    def counting(*args, **kwargs):
        built.append(args)
        return compile_function(*args, **kwargs)

    monkeypatch.setattr(backend, "_backend", [counting])
    x, y = tensor.scalars("x", "y")
    z = x * y
    assert z.eval({x: 2.0, y: 3.0}) == 6
    assert z.eval({x: 2.0, y: 5.0}) == 10
    assert len(built) == 1
    assert z.eval({x: 2.0, y: 5.0}, mode="reference") == 10
    assert len(built) == 2


def test_evaluated_variables_can_be_copied():
    x = tensor.scalar("x")
    y = 2 * x
    assert y.eval({x: 2.0}) == 4
    twin_x, twin_y = copy.deepcopy((x, y))
    assert twin_y.eval({twin_x: 3.0}) == 6
    assert twin_y is not y


def test_type_makes_variables():
    x = TensorType("int8", (False, True))("x")
    assert (x.name, x.dtype, x.broadcastable) == ("x", "int8", (False, True))


def test_copy_is_new():
    x = tensor.vector("x")
    y = x.copy(name="y")
    assert y is not x
    assert y.name == "y"


def test_reshape_takes_sizes_or_a_vector():
    x, n = tensor.vector("x"), tensor.lvector("n")
    for y in (x.reshape((2, 3)), x.reshape(2, 3), x.reshape([2, 3], 2), x.reshape(n, 2)):
        values = {x: np.arange(6.0), n: [2, 3]}
        assert y.eval(values, on_unused_input="ignore").shape == (2, 3)


def test_truth_values_have_no_difference():
    x = tensor.tensor("bool", (False,), "x")
    with pytest.raises(DtypeError, match="sub: expected numbers, got bool"):
        x - x
