"""The generator: known answers, any number of threads, any shape, and how random it looks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from blocks import function, tensor
from blocks.compile import parts
from blocks.compile.philox import binomial, philox, poisson
from blocks.config import config
from blocks.graph import distributions, shared
from blocks.graph.ops import random as ops
from blocks.graph.ops.random_counts import Binomial, Multinomial, Poisson
from blocks.graph.ops.random_words import words


def state_of(key, call=0):
    """Return a state that no compiler knows: of a constant one, draws are folded."""
    return shared(np.array([key, call], "uint64"), "state", shape=(2,))


STATE = state_of(2**63 + 12345, 7)

# Salmon and others publish these with their generator: counter, key, result.
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_known_answers(counter, key, expected):
    block, attempt, low, high = counter
    state = np.array([key[0] + (key[1] << 32), low + (high << 32)], "uint64")
    assert words(state, np.array([block]), attempt)[0].tolist() == list(expected)
    assert philox(state[0], state[1], block, attempt) == expected


SIZES = st.lists(st.integers(0, 7), max_size=4) | st.integers(0, 300).map(lambda n: [n])
DRAWS = {
    "uniform": lambda dtype, ndim, sizes: ops.RandomUniform(dtype, ndim)(STATE, sizes),
    "normal": lambda dtype, ndim, sizes: ops.RandomNormal(dtype, ndim)(STATE, sizes),
    "truncated": lambda dtype, ndim, sizes: ops.TruncatedNormal("float64", ndim)(STATE, sizes),
    "bernoulli": lambda dtype, ndim, sizes: ops.Bernoulli(dtype, ndim)(STATE, 0.3, sizes),
    "binomial": lambda dtype, ndim, sizes: Binomial(dtype, ndim)(STATE, 20, 0.3, sizes),
    "poisson": lambda dtype, ndim, sizes: Poisson(dtype, ndim)(STATE, 5.0, sizes),
}
TYPES = {"bernoulli": ["float32", "int64", "bool", "uint8"], "binomial": ["float64", "int16"]}
each_draw = pytest.mark.parametrize("name", DRAWS)


@each_draw
@settings(max_examples=15)
@given(data=st.data(), shape=SIZES)
def test_any_shape(name, data, shape):
    """Compiled and interpreted; with sizes that are known when the graph is built, or not."""
    dtype = data.draw(st.sampled_from(TYPES.get(name, ["float32", "float64"])))
    sizes = tensor.lvector("sizes")
    y = DRAWS[name](dtype, len(shape), sizes)
    assert y.type.shape == (None,) * len(shape)
    known = DRAWS[name](dtype, len(shape), tensor.constant(np.array(shape, "int64")))
    assert known.type.shape == tuple(shape)
    result = function([], known)()
    expected = function([sizes], y, mode="reference")(shape)
    assert (
        (result.dtype, result.shape) == (expected.dtype, expected.shape) == (y.dtype, tuple(shape))
    )
    rtol, atol = 0.0, 0.0
    if name in ("normal", "truncated"):
        eps = np.finfo(y.dtype).eps
        rtol, atol = 8 * eps, 4 * eps
    for other in (result, function([sizes], y)(shape)):
        np.testing.assert_allclose(other, expected, rtol=rtol, atol=atol)


@each_draw
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_any_number_of_threads(name, dtype, monkeypatch):
    monkeypatch.setattr(parts, "SMALLEST_WORK", 1)
    y = DRAWS[name](dtype, 2, [101, 53])
    p = tensor.alloc(np.array([0.2, 0.0, 0.8]), 77, 3)
    counts = Multinomial("int64")(STATE, 9, p)
    results = []
    for threads in (1, 2, 3, 7):
        with config.use(num_threads=threads):
            results.append(function([], [y, counts])())
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_sizes_that_are_values():
    """The draw itself is compiled, where sizes are numbers that the function is given."""
    n, x = tensor.iscalar("n"), tensor.matrix("x")
    for size in ((n, 3), (x.shape[0], n), tensor.stack([n, n])):
        y = distributions.normal(STATE, size, 1, 2, ndim=2)
        f = function([n, x], y, on_unused_input="ignore")
        result = f(2, np.ones((4, 5)))
        assert all(node.op.name != "normal" for node in f.executor.prefix.nodes)
        slow = function([n, x], y, on_unused_input="ignore", mode="reference")
        np.testing.assert_allclose(result, slow(2, np.ones((4, 5))), rtol=1e-14)
    f = function([x], distributions.normal(STATE, x.shape))
    f(np.ones((4, 5)))
    assert f.executor.prefix is None


def test_work_is_shared_among_threads():
    """Large draws fall into parts that a plan runs together; small ones do not."""
    with config.use(num_threads=2):
        for size, number in ((1 << 22, 2), (100, 1)):
            f = function([], ops.RandomUniform("float32")(STATE, [size]))
            f()
            (plan,) = f.executor.plans.values()
            assert len(plan.script.kernels) == number


SMOOTH = {
    "uniform": (lambda s, d: distributions.uniform(s, (20000,), dtype=d), stats.uniform),
    "uniform from -3 to 5": (
        lambda s, d: distributions.uniform(s, (20000,), -3, 5, dtype=d),
        stats.uniform(-3, 8),
    ),
    "normal": (lambda s, d: distributions.normal(s, (20000,), dtype=d), stats.norm),
    "normal of 2, 3": (
        lambda s, d: distributions.normal(s, (20000,), 2, 3.0, dtype=d),
        stats.norm(2, 3),
    ),
    "truncated normal": (
        lambda s, d: distributions.truncated_normal(s, (20000,), dtype=d),
        stats.truncnorm(-2, 2),
    ),
    "truncated normal of 1, 0.5": (
        lambda s, d: distributions.truncated_normal(s, (20000,), 1, 0.5, dtype=d),
        stats.truncnorm(-2, 2, 1, 0.5),
    ),
}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", SMOOTH)
def test_real_numbers(name, dtype, seed):
    """Kolmogorov and Smirnov, and the first four moments within 4.5 standard errors."""
    build, expected = SMOOTH[name]
    x = function([], build(state_of(seed), dtype))()
    assert x.dtype == dtype
    assert stats.kstest(x, expected.cdf).pvalue > 0.001
    mean, variance = expected.mean(), expected.var()
    for power in (1, 2, 3, 4):
        values = (x.astype("float64") - mean) ** power / variance ** (power / 2)
        moment = expected.expect(lambda t, k=power: (t - mean) ** k) / variance ** (power / 2)
        assert abs(values.mean() - moment) < 4.5 * values.std() / len(x) ** 0.5


def check_counts(x, expected, low, high):
    """Chi squared of counts against a discrete distribution, rare ones taken together."""
    values = np.arange(low, high + 1)
    wanted = expected.pmf(values) * x.size
    found = np.array([(x == v).sum() for v in values])
    assert found.sum() == x.size or (expected.cdf(high) < 1)
    common = wanted >= 5
    wanted = np.append(wanted[common], x.size - wanted[common].sum())
    found = np.append(found[common], x.size - found[common].sum())
    if wanted[-1] < 1:
        wanted, found = wanted[:-1], found[:-1]
        wanted *= found.sum() / wanted.sum()
    if len(wanted) > 1:
        assert stats.chisquare(found, wanted).pvalue > 0.001


@pytest.mark.parametrize("mode", ["compiled", "reference"])
@pytest.mark.parametrize(
    ("n", "p"), [(1, 0.3), (1, 0.999), (2, 0.5), (7, 0.9), (40, 0.01), (1000, 0.35), (5, 0.0)]
)
def test_binomial(n, p, mode):
    size = 20000 if mode == "compiled" else 2000
    x = function([], distributions.binomial(state_of(3), (size,), n, p), mode=mode)()
    check_counts(x, stats.binom(n, p), 0, n)
    y = tensor.alloc(tensor.constant(np.float64(p)), size)
    z = function([], distributions.binomial(state_of(3, 1), None, n, y), mode=mode)()
    check_counts(z, stats.binom(n, p), 0, n)
    assert x.min() >= 0
    assert x.max() <= n


def test_bernoulli_is_exact_at_its_ends():
    for p in (0.0, 1.0):
        x = function([], distributions.binomial(STATE, (100000,), p=p))()
        assert (x == p).all()


@pytest.mark.parametrize("lam", [0.0, 0.2, 3.0, 30.0, 2000.0])
def test_poisson(lam):
    x = function([], distributions.poisson(state_of(3), (20000,), lam))()
    check_counts(x, stats.poisson(lam), 0, int(2 * lam + 20))


def test_counts_end():
    """Where rounding leaves the sum of all probabilities below u, the search ends as well."""
    for u in (1 - 2.0**-53, 1.0, 2.0):
        assert 0 <= binomial(u, 1000, 0.3) <= 1000
        assert binomial(u, 3, 0.5) in range(4)
        for rate in (0.2, 3.0, 1e4):
            assert poisson(u, rate) >= 0


@pytest.mark.parametrize("n", [1, 2, 50])
def test_multinomial(n):
    p = np.array([0.1, 0.0, 0.25, 0.65, 0.0])
    state = state_of(4)
    x = function([], distributions.multinomial(state, (20000,), n, p))()
    assert x.shape == (20000, 5)
    assert (x.sum(axis=1) == n).all()
    for j, chance in enumerate(p):
        check_counts(x[:, j], stats.binom(n, chance), 0, n)
    covariance = np.cov(x.T)
    expected = n * (np.diag(p) - np.outer(p, p))
    assert np.abs(covariance - expected).max() < 0.05 * n**0.5


def test_integers():
    x = function([], distributions.random_integers(STATE, (20000,), -2, 4))()
    check_counts(x, stats.randint(-2, 5), -2, 4)
    wide = function([], distributions.random_integers(STATE, (2000,), 0, 2**40))()
    assert stats.kstest(wide / 2**40, "uniform").pvalue > 0.001


@pytest.mark.parametrize("p", [None, [0.5, 0.0, 0.3, 0.2]])
def test_choice_with_replacement(p):
    values = tensor.constant(np.array([10, 20, 30, 40]))
    x = function([], distributions.choice(STATE, (20000,), values, True, p))()
    chances = [0.25] * 4 if p is None else p
    check_counts(x // 10 - 1, stats.rv_discrete(values=(range(4), chances)), 0, 3)
    assert x.dtype == "int64"


def test_choice_without_replacement():
    """The first of two draws has the probabilities, the second those that are left."""
    p = np.array([0.5, 0.0, 0.3, 0.2])
    rows = tensor.alloc(tensor.constant(p), 20000, 4)
    x = function([], distributions.choice(STATE, 2, None, False, rows))()
    assert (x[:, 0] != x[:, 1]).all()
    check_counts(x[:, 0], stats.rv_discrete(values=(range(4), p)), 0, 3)
    second = [sum(p[i] * p[j] / (1 - p[i]) for i in range(4) if i != j) for j in range(4)]
    check_counts(x[:, 1], stats.rv_discrete(values=(range(4), second)), 0, 3)
    three = distributions.choice(STATE, (3,), 3, False)
    assert sorted(function([], three)().tolist()) == [0, 1, 2]


def test_permutations():
    x = function([], distributions.permutation(STATE, (24000,), 4))()
    assert (np.sort(x, axis=1) == np.arange(4)).all()
    numbers = np.unique(x @ [1000, 100, 10, 1], return_counts=True)[1]
    assert len(numbers) == 24
    assert stats.chisquare(numbers).pvalue > 0.001
    rows = np.arange(12.0).reshape(2, 2, 3)
    shuffled = function([], distributions.shuffle_row_elements(STATE, rows))()
    np.testing.assert_array_equal(np.sort(shuffled, axis=-1), rows)


def test_words_look_random():
    """Each bit is fair; neighbours, calls and keys that differ by 1 have nothing in common."""

    def bits(key, call):
        state = np.array([key, call], "uint64")
        return np.unpackbits(words(state, np.arange(4096), 0).view(np.uint8)).reshape(-1, 32)

    start = bits(1, 0)
    limit = 5 / len(start) ** 0.5
    assert np.abs(start.mean(axis=0) - 0.5).max() < limit / 2
    for other in (bits(1, 1), bits(2, 0), bits(1 << 32, 0), bits(1, 1 << 32), np.roll(start, 1, 0)):
        assert np.abs((start ^ other).mean(axis=0) - 0.5).max() < limit / 2
    for lag in (1, 2, 3):
        x = (words(np.array([9, 9], "uint64"), np.arange(25000), 0) / 2.0**32).reshape(-1)
        assert abs(np.corrcoef(x[lag:], x[:-lag])[0, 1]) < 4 / len(x) ** 0.5
    pairs = np.histogram2d(x[::2], x[1::2], bins=20)[0].reshape(-1)
    assert stats.chisquare(pairs).pvalue > 0.001


def test_one_state_is_one_draw_and_others_are_other_ones():
    """Equal draws are merged; what has a state of its own never is."""
    other = shared(STATE.get_value(), shape=(2,))
    draws = [ops.RandomUniform("float64")(s, [3]) for s in (STATE, STATE, other)]
    f = function([], [2 * y for y in draws])
    names = [node.op.name for node in f.maker.fgraph.toposort()]
    assert names.count("uniform") == 2
    first, second, third = f()
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, third)
    other.set_value(np.array([1, 0], "uint64"))
    first, second, third = f()  # nothing was computed when it was compiled
    np.testing.assert_array_equal(first, second)
    assert (first != third).all()


def test_gradients_by_parameters():
    """Where a distribution is a function of plain random numbers, they are those of that."""
    avg, std = tensor.scalars("avg", "std")
    y = distributions.normal(STATE, (1000,), avg, std)
    f = function([avg, std], [y, *tensor.grad(y.sum(), [avg, std])])
    y, by_avg, by_std = f(2.0, 3.0)
    assert by_avg == 1000
    np.testing.assert_allclose(by_std, (y - 2).sum() / 3)
