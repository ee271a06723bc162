"""Drives the table of `cases`: types, values, gradients, odd inputs, in each mode."""

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

from blocks import function, tensor
from blocks.errors import DtypeError, IndexRangeError, ShapeError
from blocks.graph import distributions
from blocks.graph.ops import compare, elementwise, nn, special
from blocks.graph.ops import reduce as reductions
from blocks.graph.types import TensorType
from tests.graph import cases, cases_random, cases_special
from tests.graph.cases import SPECIAL, Input

CASES = [*cases.CASES, *cases_special.CASES, *cases_random.CASES]
DTYPES = ["float32", "float64"]
TOLERANCE = {"float32": {"rtol": 1e-4, "atol": 1e-5}, "float64": {"rtol": 1e-10, "atol": 1e-11}}

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
each_dtype = pytest.mark.parametrize("dtype", DTYPES)


def is_real(kind):
    return kind in ("real", "probabilities")


def symbols(case, dtype, shapes=None):
    """Return a symbol for each input, without its sizes unless they are given."""
    arrays = case.draw(dtype)
    result = []
    for k, (array, spec) in enumerate(zip(arrays, case.inputs, strict=True)):
        shape = (None,) * array.ndim if shapes is None else shapes[k]
        type_ = TensorType(str(array.dtype), shape, spec.broadcastable)
        result.append(type_(f"x{k}"))
    return result


@functools.cache
def compiled(case, dtype, mode):
    """Return the function of the result and of its gradients for some output gradient."""
    inputs = symbols(case, dtype)
    y = case.build(*inputs)
    outputs = [y]
    w = TensorType(y.dtype, y.type.shape, y.broadcastable)("w")
    if y.type.is_float:
        reals = [x for x in inputs if x.type.is_float]
        outputs += tensor.grad((y * w).sum(), reals)
    return function([*inputs, w], outputs, mode=mode, on_unused_input="ignore")


@functools.cache
def value(case, dtype):
    """Return the function of the result alone, by reference."""
    inputs = symbols(case, dtype)
    return function(inputs, case.build(*inputs), mode="reference")


def run(case, dtype, mode, arrays):
    """Return the result and its gradients for the output gradient 1, 1.5, 2, ..."""
    y = value(case, dtype)(*arrays)
    w = (1 + 0.5 * np.arange(y.size).reshape(y.shape) % 3).astype(y.dtype)
    return compiled(case, dtype, mode)(*arrays, w), w


def check_modes(case, dtype, arrays, gradients=True):
    """Compare the compiled results with the reference ones, and return the latter."""
    expected, _ = run(case, dtype, "reference", arrays)
    results, _ = run(case, dtype, "compiled", arrays)
    if not gradients:
        expected, results = expected[:1], results[:1]
    for x, y in zip(results, expected, strict=True):
        assert x.dtype == y.dtype
        assert x.shape == y.shape
        assert_close(x, y)
    return expected


def assert_close(x, y):
    """Compare numbers as the dtype of the first allows; NaN equals NaN."""
    tolerance = TOLERANCE.get(str(x.dtype), TOLERANCE["float64"])
    np.testing.assert_allclose(np.asarray(x, "float64"), np.asarray(y, "float64"), **tolerance)


@each_dtype
@each_case
def test_value_and_type(case, dtype):
    arrays = case.draw(dtype)
    y, *gradients = check_modes(case, dtype, arrays)
    known = case.build(*symbols(case, dtype, shapes=case.shapes()))
    unknown = case.build(*symbols(case, dtype))
    assert known.dtype == unknown.dtype == y.dtype
    assert known.type.shape == y.shape
    assert all(a in (None, b) for a, b in zip(unknown.type.shape, y.shape, strict=True))
    assert all(n == 1 or not flag for n, flag in zip(y.shape, unknown.broadcastable, strict=True))
    if case.expected is not None:
        assert_close(
            y,
            case.expected(*(a.astype("float64") if a.dtype.kind == "f" else a for a in arrays)),
        )
    if y.dtype.kind == "f" and any(is_real(i.kind) for i in case.inputs) and not case.widens:
        assert y.dtype == dtype or case.id == "cast: to float32"
    reals = [a for a in arrays if a.dtype.kind == "f"]
    for x, g in zip(reals, gradients, strict=bool(gradients)):
        assert (g.shape, g.dtype) == (x.shape, x.dtype)


def moved(arrays, directions, step):
    return [a if d is None else a + step * d for a, d in zip(arrays, directions, strict=True)]


def directions_of(arrays):
    rng = np.random.RandomState(2)
    return [rng.normal(size=a.shape) if a.dtype.kind == "f" else None for a in arrays]


@pytest.mark.parametrize(
    "case",
    [c for c in CASES if c.smooth and any(is_real(i.kind) for i in c.inputs)],
    ids=lambda case: case.id,
)
def test_gradient(case):
    """The derivative along a random direction, against a central difference."""
    arrays = case.draw("float64")
    (y, *gradients), w = run(case, "float64", "compiled", arrays)
    if not gradients:
        assert y.dtype.kind != "f"
        return
    directions = directions_of(arrays)
    step = 1e-6
    up, down = (value(case, "float64")(*moved(arrays, directions, s)) for s in (step, -step))
    numeric = ((up - down) * w).sum() / (2 * step)
    symbolic = sum(
        (g * d).sum()
        for g, d in zip(gradients, filter(lambda d: d is not None, directions), strict=True)
    )
    np.testing.assert_allclose(symbolic, numeric, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("case", [c for c in CASES if c.second], ids=lambda case: case.id)
def test_second_gradient(case):
    """The derivative of the gradient along a direction, against a central difference."""
    arrays = case.draw("float64")
    directions = directions_of(arrays)
    used = [d for d in directions if d is not None]
    inputs = symbols(case, "float64")
    y = case.build(*inputs)
    reals = [x for x in inputs if x.type.is_float]
    # A cost that is not linear in y, so that every second derivative counts.
    slopes = tensor.grad((y * tensor.tanh(y)).sum(), reals)
    along = sum((g * tensor.constant(d)).sum() for g, d in zip(slopes, used, strict=True))
    second = tensor.grad(along, reals)
    f = function(inputs, [along, *second], mode="reference")
    _, *products = f(*arrays)
    step = 1e-6
    up, down = (f(*moved(arrays, directions, s))[0] for s in (step, -step))
    symbolic = sum((h * d).sum() for h, d in zip(products, used, strict=True))
    np.testing.assert_allclose(symbolic, (up - down) / (2 * step), rtol=1e-5, atol=1e-6)


@each_dtype
@each_case
def test_size_1_and_empty_axes(case, dtype):
    check_modes(case, dtype, case.draw(dtype, case.shapes(lambda shape: (1, *shape[1:]))))
    if case.empty:
        check_modes(case, dtype, case.draw(dtype, case.shapes(lambda shape: (0, *shape[1:]))))


@each_dtype
@pytest.mark.parametrize("case", [c for c in CASES if c.special], ids=lambda case: case.id)
def test_nan_and_infinity(case, dtype):
    arrays = case.draw(dtype, case.shapes(lambda shape: (30, *shape[1:])))
    rng = np.random.RandomState(3)
    for i, array in zip(case.inputs, arrays, strict=True):
        if is_real(i.kind) and array.ndim:
            chosen = rng.choice(np.array(SPECIAL, dtype), array.shape)
            array[...] = np.where(rng.uniform(size=array.shape) < 0.7, chosen, array)
    check_modes(case, dtype, arrays, gradients=False)


@each_case
def test_inputs_that_are_not_contiguous(case):
    arrays = case.draw("float64")
    strided, reordered = [], []
    for a in arrays:
        strided.append(np.repeat(a, 2, axis=-1)[..., ::2] if a.ndim else a)
        reordered.append(np.array(a, order="F"))
    expected, _ = run(case, "float64", "reference", arrays)
    for odd in (strided, reordered, [a[::-1].copy()[::-1] if a.ndim else a for a in arrays]):
        results, _ = run(case, "float64", "compiled", odd)
        for x, y in zip(results, expected, strict=True):
            assert_close(x, y)


def test_every_public_name_has_a_row():
    names = {
        name
        for module in (elementwise, reductions, nn, special, compare, distributions)
        for name in module.__all__
    }
    names = {n for n in names if n.islower()} - {"elementwise"}
    assert names - {case.id.split(":")[0] for case in CASES} == set()
    assert len({case.id for case in CASES}) == len(CASES)


@settings(max_examples=40)
@given(
    mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3),
    st.sampled_from(["add", "maximum", "switch"]),
)
def test_broadcasting(shapes, name):
    """Known sizes of 1 broadcast; gradients come back in the shapes of the inputs."""
    rng = np.random.RandomState(0)
    arrays = [rng.normal(size=shape) for shape in shapes.input_shapes]
    x, y = (TensorType("float64", a.shape)() for a in arrays)
    build = {"switch": lambda x, y: tensor.switch(x > 0, x, y)}.get(name, getattr(tensor, name))
    expected = {
        "add": np.add,
        "maximum": np.maximum,
        "switch": lambda x, y: np.where(x > 0, x, y),
    }[name](*arrays)
    z = build(x, y)
    assert z.type.shape == expected.shape == shapes.result_shape
    result, *gradients = function([x, y], [z, *tensor.grad((z * z).sum(), [x, y])])(*arrays)
    np.testing.assert_array_equal(result, expected)
    assert [g.shape for g in gradients] == [a.shape for a in arrays]
    total = sum((g * a).sum() for g, a in zip(gradients, arrays, strict=True))
    np.testing.assert_allclose(total, 2 * (expected**2).sum(), rtol=1e-9, atol=1e-12)


x, y, t = tensor.matrix("x"), tensor.lvector("y"), tensor.tensor3("t", shape=(2, 0, 3))
ERRORS = [
    (lambda: tensor.add(x), TypeError, r"add: expected 2 inputs \(x, y\), got 1"),
    (lambda: -(x > 0), DtypeError, "neg: expected numbers, got bool. Use the logical operators"),
    (lambda: x & 1, DtypeError, "and_: expected integers, or truth values .* float64 and int8"),
    (lambda: elementwise.cast(x, "float99"), DtypeError, "cast: expected one of .* 'float99'"),
    (lambda: elementwise.round(x, "up"), ValueError, "'half_to_even' or .*, got 'up'"),
    (lambda: x.sum(axis=2), ShapeError, "sum: expected an axis of a variable with 2 axes, got 2"),
    (lambda: x.max(axis=(0, -2)), ShapeError, r"max: expected each axis at most once, got \(0, -2"),
    (lambda: x.sum(axis=y), ShapeError, "sum: expected an axis or several as numbers, got y"),
    (lambda: x.sum(axis=0.5), ShapeError, "sum: expected an axis or several as numbers, got 0.5"),
    (lambda: t.max(axis=1), ShapeError, r"max: expected at least one element along axis 1, got fl"),
    (lambda: t.argmin(axis=1), ShapeError, "argmin: expected at least one element along axis 1"),
    (lambda: reductions.mean(x, dtype="int32"), DtypeError, "mean: expected a floating dtype"),
    (lambda: nn.softmax(y), DtypeError, "softmax: expected real numbers, got int64"),
    (lambda: nn.softmax(1.5), ShapeError, "softmax: expected at least one axis, got float32 sca"),
    (lambda: nn.softmax_crossentropy(x, y > 0), DtypeError, "integer labels, got bool"),
    (lambda: nn.categorical_crossentropy(x, x[0]), DtypeError, "integer labels, got float64"),
    (
        lambda: nn.categorical_crossentropy(x, tensor.ltensor3()),
        ShapeError,
        r"categorical_crossentropy: expected one label for each row of float64 \(\?, \?\), got "
        r"labels int64 \(\?, \?, \?\). Flatten them",
    ),
    (
        lambda: nn.softmax_crossentropy(np.ones((3, 2)), [0, 1]),
        ShapeError,
        r"which differ in axis 0 \(3 and 2\)",
    ),
]


@pytest.mark.parametrize(("build", "error", "message"), ERRORS)
def test_errors(build, error, message):
    with pytest.raises(error, match=message):
        build()


@pytest.mark.parametrize("mode", ["reference", "compiled"])
@pytest.mark.parametrize(
    "cost",
    [
        lambda x, y: nn.softmax_crossentropy(x, y),
        lambda x, y: nn.categorical_crossentropy(x, y),
        lambda x, y: tensor.grad(nn.categorical_crossentropy(x, y).sum(), x),
        lambda x, y: tensor.grad(nn.softmax_crossentropy(x, y).sum(), x),
    ],
)
def test_labels_out_of_range(cost, mode):
    f = function([x, y], cost(x, y), mode=mode)
    message = r"categorical_crossentropy: expected labels from 0 to 9, got {} \(row 3\). Check the"
    for label in (12, 10, -1):
        with pytest.raises(IndexRangeError, match=message.format(label)):
            f(np.ones((4, 10)), [0, 9, 0, label])


@pytest.mark.parametrize("mode", ["reference", "compiled"])
def test_empty_axis_at_run_time(mode):
    with pytest.raises(ShapeError, match="max: expected at least one element along axis 1"):
        function([x], x.max(axis=1), mode=mode)(np.ones((3, 0)))
    assert function([x], x.max(axis=1), mode=mode)(np.ones((0, 3))).shape == (0,)


@pytest.mark.parametrize("mode", ["reference", "compiled"])
def test_gradients_at_ties_and_kinks(mode):
    """Ties share the gradient in full, as in Theano; rectifiers have slope 0 at 0."""
    v = tensor.vector("v")
    costs = {
        "max": (v.max(), [1, 1, 0]),
        "maximum": (tensor.maximum(v, 2).sum(), [1, 1, 0]),
        "relu": (nn.relu(v - 2).sum(), [0, 0, 0]),
        "prod": ((v - 2).prod(), [0, 0, 0]),
        "prod of one zero": ((v - 1).prod(), [0, 0, 1]),
        "sgn": ((v * tensor.sgn(v - 2)).sum(), [0, 0, -1]),
    }
    for name, (cost, expected) in costs.items():
        result = function([v], tensor.grad(cost, v), mode=mode)([2.0, 2.0, 1.0])
        assert result.tolist() == expected, name


@pytest.mark.parametrize("mode", ["reference", "compiled"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("build", "inputs", "gradient"),
    [
        (nn.sigmoid, [-1e4, 1e4], [0, 0]),
        (nn.softplus, [-1e4, 1e4], [0, 1]),
        (nn.elu, [-1e4, 1e4], [0, 1]),
        (lambda x: nn.sigmoid_binary_crossentropy(x, [0.0, 1.0]), [1e4, -1e4], [1, -1]),
        (lambda x: nn.softmax_crossentropy(x, 0), [-1e4, 1e4], [-1, 1]),
        (lambda x: nn.categorical_crossentropy(nn.softmax(x), 0), [-1e4, 1e4], [-1, 1]),
        (
            lambda x: nn.categorical_crossentropy(nn.softmax(x), tensor.constant([0.0, 1.0])),
            [1e4, -1e4],
            [1, -1],
        ),
        (
            lambda x: nn.binary_crossentropy(nn.sigmoid(x), tensor.constant([1.0, 0.0])),
            [-1e4, 1e4],
            [-1, 1],
        ),
        (lambda x: tensor.log(nn.sigmoid(x)), [-1e4, 1e4], [1, 0]),
        (lambda x: tensor.log(nn.softmax(x)), [-1e4, 1e4], [1, -1]),
        (nn.logsoftmax, [-1e4, 1e4], [1, -1]),
        (reductions.logsumexp, [-1e4, 1e4], [0, 1]),
    ],
)
def test_far_from_zero(build, inputs, gradient, dtype, mode):
    v = TensorType(dtype, (None,))("v")
    y = build(v)
    f = function([v], [y, tensor.grad(y.sum(), v)], mode=mode)
    y, g = f(np.asarray(inputs, dtype))
    assert np.isfinite(y).all()
    assert g.dtype == dtype
    np.testing.assert_allclose(g, gradient, atol=1e-6)


def test_inputs_of_a_row_are_drawn_as_said():
    rng = np.random.RandomState(0)
    rows = Input((2, 3), "probabilities").draw(rng, "float64", (2, 3), 3)
    np.testing.assert_allclose(rows.sum(axis=1), 1)
    assert set(Input((50,), "labels").draw(rng, "float64", (50,), 3)) == {0, 1, 2}
