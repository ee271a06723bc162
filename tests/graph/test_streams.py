"""Streams: states that functions advance, seeds, dtypes and shapes as in Theano, errors."""

import numpy as np
import pytest

from blocks import function, shared, tensor
from blocks.config import config
from blocks.errors import BlocksError, DtypeError, RangeError, ShapeError
from blocks.graph import ComputationGraph, MRG_RandomStreams, RandomStreams, grad

MODES = ["compiled", "reference"]
each_mode = pytest.mark.parametrize("mode", MODES)
each_stream = pytest.mark.parametrize("stream", [RandomStreams, MRG_RandomStreams])


@each_stream
def test_every_call_draws_anew(stream):
    """The same numbers in both modes, and in a process that starts where another one was."""
    runs = []
    for mode in MODES:
        rng = stream(seed=5)
        f = function([], [rng.uniform((3,)), rng.uniform((3,))], mode=mode)
        runs.append(np.stack([np.stack(f()) for _ in range(4)]))
    np.testing.assert_array_equal(*runs)
    assert len(np.unique(runs[0])) == runs[0].size


@each_mode
def test_states_are_saved_and_restored(tmp_path, mode):
    rng = RandomStreams(5)
    f = function([], [rng.normal((2,)), rng.permutation(n=5)], mode=mode)
    f()
    states = [state.get_value() for state, _ in rng.state_updates]
    np.savez(tmp_path / "states.npz", *states)
    expected = f()
    f()
    with np.load(tmp_path / "states.npz") as saved:
        for (state, _), value in zip(rng.updates(), saved.values(), strict=True):
            state.set_value(value)
    for a, b in zip(f(), expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_draw_has_a_state_of_its_own():
    rng = MRG_RandomStreams(5)
    x, y = rng.uniform((3,)), rng.normal((3,))
    other = MRG_RandomStreams(5).uniform((3,))
    assert len({x.rng, y.rng, other.rng}) == 3
    assert x.rng.get_value()[0] != y.rng.get_value()[0]
    assert (x.rng.get_value() == other.rng.get_value()).all()
    assert x.update == rng.state_updates[0] == (x.rng, x.rng.default_update)
    f = function([], x)
    f()
    assert [s.get_value()[1] for s in (x.rng, y.rng, other.rng)] == [1, 0, 0]


def test_updates_may_be_left_out_or_given():
    rng = RandomStreams(5)
    x = rng.uniform((3,))
    fixed = function([], x, no_default_updates=True)
    np.testing.assert_array_equal(fixed(), fixed())
    moved = function([], x, updates=rng.updates())
    first = moved()
    assert (moved() != first).all()
    start = tensor.constant(np.array([1, 0], "uint64"))
    given = function([], x, givens={x.rng: start}, no_default_updates=True)
    np.testing.assert_array_equal(given(), given())


def test_one_draw_in_two_functions_and_twice_in_one():
    """A function draws once for all who use a variable; another one goes on from there."""
    rng = RandomStreams(5)
    x = rng.uniform((3,))
    f, g = function([], [x, x + 1, x - x]), function([], x)
    first, more, nothing = f()
    np.testing.assert_array_equal(more, first + 1)
    assert not nothing.any()
    assert (g() != first).all()


def test_seeds():
    rng = RandomStreams(5)
    f = function([], [rng.uniform((3,)), rng.binomial((50,))])
    first = f()
    rng.seed(6)
    other = f()
    rng.seed(5)
    again = f()
    rng.seed()
    for a, b, c, d in zip(first, other, again, f(), strict=True):
        assert (a != b).any()
        np.testing.assert_array_equal(a, c)
        np.testing.assert_array_equal(a, d)
    by_six = RandomStreams(6)
    np.testing.assert_array_equal(by_six.uniform((3,)).eval(), other[0])
    draws = [s.uniform((2,)).eval()[0] for s in (RandomStreams([1, 2]), RandomStreams(2**80))]
    draws += [RandomStreams().uniform((2,)).eval()[0] for _ in range(2)]  # from the system
    draws += [RandomStreams(seed).uniform((2,)).eval()[0] for seed in (0, 1, np.int64(2))]
    assert len(set(draws)) == 7
    assert MRG_RandomStreams().default_instance_seed == 12345


@pytest.mark.parametrize("floatX", ["float32", "float64"])
def test_dtypes(floatX):
    """Those of floatX and the parameters, unless another one is asked for."""
    wide, narrow = tensor.dscalar("wide"), tensor.fscalar("narrow")
    with config.use(floatX=floatX):
        rng = MRG_RandomStreams(1)
        assert rng.uniform((2,)).dtype == rng.normal((2,)).dtype == floatX
        assert rng.uniform((2,), low=0.1, high=3).dtype == floatX
        assert rng.normal((2,), avg=narrow).dtype == floatX
        assert rng.normal((2,), std=wide).dtype == "float64"
        assert rng.uniform((2,), high=wide, dtype="float32").dtype == "float32"
        assert rng.truncated_normal((2,), avg=narrow).dtype == floatX
        assert rng.normal((2,), truncate=True, dtype="floatX").dtype == floatX
        for draw in (rng.binomial, rng.poisson, rng.multinomial, rng.random_integers):
            assert draw().dtype == "int64"
            assert draw(dtype="int8").dtype == "int8"
        assert rng.permutation(n=3).dtype == rng.choice(a=3).dtype == "int64"
        assert rng.choice(a=np.float32([1, 2])).dtype == "float32"
        assert rng.binomial((2,), p=0.3, dtype=config.floatX).dtype == floatX


@each_mode
def test_shapes(mode):
    """Of the size, or of the parameters; numbers, symbols, vectors of sizes."""
    x, n, sizes = tensor.matrix("x"), tensor.lscalar("n"), tensor.lvector("sizes")
    rng = RandomStreams(1)
    row = tensor.row("row")
    cases = [
        (rng.uniform(), ()),
        (rng.uniform(3), (3,)),
        (rng.normal(()), ()),
        (rng.normal((2, n)), (2, 4)),
        (rng.uniform(x.shape), (3, 5)),
        (rng.uniform(x.shape[:1]), (3,)),
        (rng.uniform(sizes, ndim=3), (2, 1, 4)),
        (rng.normal(avg=x), (3, 5)),
        (rng.normal(avg=x, std=row), (3, 5)),
        (rng.uniform((3, 5), high=row), (3, 5)),
        (rng.binomial(n=3, p=row - row), (1, 5)),
        (rng.binomial((3, 5), n=2, p=row - row), (3, 5)),
        (rng.binomial(p=row - row), (1, 5)),
        (rng.poisson((3, 5), row), (3, 5)),
        (rng.random_integers((n,), 1, n), (4,)),
        (rng.permutation((2,), n), (2, 4)),
        (rng.permutation(n=n), (4,)),
        (rng.multinomial((2,), 3, [0.5, 0.25, 0.25]), (2, 3)),
        (rng.multinomial(pvals=[[0.5, 0.5]] * 4), (4, 2)),
        (rng.choice((2, 2), a=n, replace=False), (2, 2)),
        (rng.choice(n, p=[0.5, 0.5], a=None), (4,)),
        (rng.shuffle_row_elements(x), (3, 5)),
        (MRG_RandomStreams(1).choice(2, replace=False, p=np.full((3, 4), 0.25)), (3, 2)),
        (MRG_RandomStreams(1).multinomial_wo_replacement(n=3, pvals=np.full((2, 4), 0.25)), (2, 3)),
    ]
    variables = [y for y, _ in cases]
    f = function([x, n, sizes, row], variables, mode=mode)
    results = f(np.ones((3, 5)), 4, [2, 1, 4], np.ones((1, 5)))
    for y, result, (_, shape) in zip(variables, results, cases, strict=True):
        assert result.shape == shape, y
        assert all(a in (None, b) for a, b in zip(y.type.shape, shape, strict=True)), y
        assert result.dtype == y.dtype


def test_a_graph_with_draws():
    """Default updates are found, inputs are told apart, replacing keeps the draw."""
    x = tensor.vector("x")
    rng = RandomStreams(1)
    noise = rng.normal(x.shape)
    y = x + noise
    graph = ComputationGraph(y)
    assert graph.inputs == [x]
    assert graph.updates == dict(rng.state_updates)
    assert graph.shared_variables == [noise.rng]
    assert graph.has_inputs(noise)  # it needs the sizes of x
    assert not ComputationGraph(rng.normal((2,))).has_inputs(rng.normal((2,)))
    new = graph.replace({x: 2 * x})
    assert new.updates == graph.updates
    both = function([x], [y, new.outputs[0]])
    first, second = both([1.0, 2.0])
    np.testing.assert_allclose(second - first, [1, 2])
    step = new.get_theano_function()
    assert (step([0.0, 0.0])[0] != step([0.0, 0.0])[0]).all()
    twin = tensor.constant(0.0)
    assert graph.replace({noise: twin + 0 * x}).updates == {}


def test_a_shared_probability():
    """It may change while training goes on; what it cannot be is found in the call."""
    p = shared(0.0, "p")
    for mode in MODES:
        f = function([], RandomStreams(1).binomial((100,), p=p), mode=mode)
        p.set_value(0.0)
        assert f().sum() == 0
        p.set_value(1.0)
        assert f().sum() == 100
        for wrong in (1.5, -0.1, np.nan):
            p.set_value(wrong)
            with pytest.raises(RangeError, match=f"probabilities from 0 to 1, got {wrong} "):
                f()


rng = RandomStreams(1)
matrix = tensor.matrix("matrix")
ERRORS = [
    (lambda: rng.binomial((2,), p=1.5), RangeError, "binomial: expected probabilities from 0 to 1"),
    (lambda: rng.binomial((2,), p=[0.5, -1]), RangeError, r"got -1.0 \(1 of 2 values\). Check how"),
    (lambda: rng.binomial((2,), n=-1), RangeError, r"numbers of trials from 0 to 1e.09, got -1 "),
    (lambda: rng.binomial((2,), n=1.5), DtypeError, "binomial: expected an integer n, got 1.5"),
    (lambda: rng.poisson((2,), -2), RangeError, "poisson: expected rates from 0 to 1e"),
    (
        lambda: rng.multinomial(pvals=[[0.5, 0.4], [0.5, 0.5]]),
        RangeError,
        r"multinomial: expected probabilities that sum to 1, got a sum of 0.9 \(1 of 2 rows\). Div",
    ),
    (lambda: rng.multinomial(pvals=1.0), ShapeError, "multinomial: expected rows of probabiliti"),
    (lambda: rng.choice((2,), 2, p=[0.5, 0.6]), RangeError, "choice: expected probabilities that"),
    (lambda: rng.choice((2,), a=None), ShapeError, "choice: expected a or p, got neither"),
    (lambda: rng.choice((2,), a=matrix), ShapeError, "choice: expected a number or a vector to c"),
    (lambda: rng.choice(2, p=[[0.5, 0.5]]), ShapeError, "vector of probabilities to draw with re"),
    (
        lambda: rng.choice((9,), a=[1, 2, 3], p=[0.5, 0.5]),
        ShapeError,
        "choice: expected a probability for each of 3 elements, got 2 probabilities. Give as many",
    ),
    (lambda: rng.choice((9,), 2, p=[0.2, 0.3, 0.5]), ShapeError, "each of 2 elements, got 3 prob"),
    (lambda: rng.choice((1,), 2, False, [0.2, 0.3, 0.5]), ShapeError, "2 elements, got 3 prob"),
    (lambda: rng.choice((9,), 1.5), DtypeError, "choice: expected an integer n, got 1.5"),
    (lambda: rng.choice((2,), a=0), RangeError, "choice: expected elements of at least 1, got 0"),
    (lambda: rng.permutation(n=-1), RangeError, "permutation: expected n of at least 0, got -1"),
    (lambda: rng.random_integers((2,), 3, 1), RangeError, "ranges high - low . 1 of at least 1"),
    (
        lambda: rng.uniform((2, -1)),
        ShapeError,
        r"uniform: expected sizes of at least 0, got \(2, -",
    ),
    (
        lambda: rng.uniform((2,), dtype="int8"),
        DtypeError,
        "uniform: expected a floating dtype, got",
    ),
    (
        lambda: rng.uniform(tensor.lvector()),
        ShapeError,
        "expected a size of known length, got int6",
    ),
    (
        lambda: rng.uniform((2, 3), ndim=1),
        ShapeError,
        "expected a size of 1 axes, as ndim says, got",
    ),
    (lambda: rng.normal((2,), avg=matrix), ShapeError, "parameters of at most 1 axes, got float64"),
    (lambda: rng.shuffle_row_elements(1.0), ShapeError, "shuffle_row_elements: expected at least"),
    (
        lambda: RandomStreams(-1),
        RangeError,
        "RandomStreams: expected a seed, that is integers of at",
    ),
    (
        lambda: MRG_RandomStreams("x"),
        RangeError,
        "expected a seed, .* got str 'x'. Give one integer",
    ),
]


@pytest.mark.parametrize(("build", "error", "message"), ERRORS)
def test_errors_when_the_graph_is_built(build, error, message):
    with pytest.raises(error, match=message):
        build()


@each_mode
@pytest.mark.parametrize(
    ("build", "value", "message"),
    [
        (lambda p: rng.binomial(p=p), [[0.5, 2.0]], "binomial: expected probabilities from 0 to 1"),
        (lambda p: rng.binomial(n=3, p=p), [[np.nan]], r"got nan \(1 of 1 values\)"),
        (lambda p: rng.multinomial(pvals=p), [[0.5, 0.6]], "that sum to 1, got a sum of 1.1"),
        (lambda p: rng.multinomial(pvals=p), [[-0.5, 1.5]], "from 0 to 1, got -0.5"),
        (lambda p: rng.poisson(lam=p), [[-0.5]], "poisson: expected rates from 0"),
        (
            lambda p: rng.choice(2, None, False, p),
            [[0.5, 0.5], [1.0, 0.0]],
            "choice: expected to draw from 0 to 1 elements without .* in row 1, got 2.",
        ),
        (lambda p: rng.choice((9,), 3, p=p[0]), [[0.5, 0.5]], "choice: .* 3 elements, got 2 prob"),
        (
            lambda p: rng.choice((1,), p[0], False, p[:, 0]),
            [[0.5, 0.5], [0.5, 0.5], [0.0, 0.0]],
            "choice: .* each of 2 elements, got 3 prob",
        ),
        (lambda p: rng.choice((9,), p[0]), np.ones((1, 0)), "choice: expected elements of at lea"),
        (lambda p: rng.uniform((p.shape[0] - 2,)), [[1.0]], r"sizes of at least 0, got \(-1,\)"),
    ],
)
def test_errors_when_a_function_runs(build, value, message, mode):
    f = function([matrix], build(matrix), mode=mode)
    with pytest.raises(BlocksError, match=message):
        f(value)


def test_probabilities_of_float32():
    """Sums of what a softmax returns are 1 only to the precision of float32."""
    x = tensor.fmatrix("x")
    logits = np.random.RandomState(1).normal(0, 3, (20, 1000)).astype("float32")
    counts = rng.multinomial(pvals=tensor.nnet.softmax(x)).eval({x: logits})
    assert (counts.sum(axis=1) == 1).all()


def test_gradients():
    """Those by parameters that shift and scale; a draw of 0 or 1 has none by its probability."""
    low, high = tensor.scalars("low", "high")
    y = rng.uniform((100,), low, high)
    f = function([low, high], [y, *grad(y.sum(), [low, high])])
    y, by_low, by_high = f(1.0, 3.0)
    np.testing.assert_allclose(by_high, ((y - 1) / 2).sum())
    np.testing.assert_allclose(by_low + by_high, 100)
    p = tensor.scalar("p")
    mask = rng.binomial((10,), p=p, dtype="float64")
    with pytest.raises(BlocksError, match="expected"):
        grad(mask.sum(), p)
