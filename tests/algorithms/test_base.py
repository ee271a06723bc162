"""`UpdatesAlgorithm`: updates, and matching inputs with the sources of a batch."""

import copy

import numpy as np
import pytest

from blocks import tensor
from blocks.algorithms import TrainingAlgorithm, UpdatesAlgorithm
from blocks.errors import DtypeError, GraphError, ShapeError, SourceError
from blocks.utils.theano_utils import shared_floatx


@pytest.fixture
def total():
    return shared_floatx(0.0, name="total")


def accumulate(total, **kwargs):
    """Add the sums of x and y to a total."""
    x, y = tensor.vector("x"), tensor.vector("y")
    return UpdatesAlgorithm(updates=[(total, total + x.sum() + y.sum())], **kwargs)


BATCH = {"x": np.array([1.0, 2.0]), "y": np.array([3.0])}


def test_training_algorithm_is_abstract():
    with pytest.raises(TypeError, match="abstract"):
        TrainingAlgorithm()


def test_batches_are_matched_by_name(total):
    algorithm = accumulate(total)
    algorithm.initialize()
    algorithm.process_batch(BATCH)
    algorithm.process_batch(dict(reversed(BATCH.items())))
    assert total.get_value() == 12.0


@pytest.mark.parametrize("kind", [dict, list, tuple])
def test_updates_come_as_dict_or_pairs(total, kind):
    n = shared_floatx(1.0, name="n")
    algorithm = UpdatesAlgorithm(updates=kind([(total, total + 1)]))
    algorithm.add_updates(kind([(n, n + total)]))
    algorithm.initialize()
    algorithm.process_batch({})
    assert (total.get_value(), n.get_value()) == (1.0, 1.0)  # n by the old total
    algorithm.updates = kind([(total, total - 1)])
    assert [x for x, _ in algorithm.updates] == [total]


def test_values_may_be_numbers(total):
    algorithm = UpdatesAlgorithm(updates=[(total, 7.0)])
    algorithm.initialize()
    algorithm.process_batch({})
    assert total.get_value() == 7.0


def test_the_first_batch_initializes_if_nobody_has(total):
    accumulate(total).process_batch(BATCH)
    assert total.get_value() == 6.0


def test_updates_added_later_are_carried_out(total):
    n = shared_floatx(0.0, name="n")
    algorithm = accumulate(total)
    algorithm.initialize()
    algorithm.process_batch(BATCH)
    algorithm.add_updates([(n, n + 1)])
    algorithm.process_batch(BATCH)
    assert (total.get_value(), n.get_value()) == (12.0, 1.0)


def test_the_same_update_may_be_added_again(total):
    algorithm = accumulate(total)
    algorithm.add_updates(algorithm.updates)
    assert len(algorithm.updates) == 1


def test_inputs_are_in_a_fixed_order(total):
    names = [[x.name for x in accumulate(total).inputs] for _ in range(3)]
    assert names == [["x", "y"]] * 3


def test_options_of_the_function(total):
    algorithm = accumulate(total, theano_func_kwargs={"mode": "reference", "name": "counting"})
    algorithm.initialize()
    assert (algorithm._function.mode, algorithm._function.name) == ("reference", "counting")


def test_a_copy_compiles_anew(total):
    algorithm = accumulate(total)
    algorithm.initialize()
    algorithm.process_batch(BATCH)
    other = copy.copy(algorithm)  # uses what pickling uses
    assert other._function is None
    other.process_batch(BATCH)
    assert algorithm._function is not None
    assert total.get_value() == 12.0


# Sources


def test_check_sources_accepts_what_fits(total):
    algorithm = accumulate(total)
    algorithm.check_sources(("y", "x"))
    algorithm.initialize()
    algorithm.process_batch(BATCH)
    assert total.get_value() == 6.0


def test_a_missing_source(total):
    algorithm = UpdatesAlgorithm(updates=[(total, tensor.vector("features").sum())])
    message = (
        r"UpdatesAlgorithm: expected a source for each of the inputs features, got the sources "
        r"feature, labels: none for features\. Did you mean 'feature'\? Name variables as"
    )
    with pytest.raises(SourceError, match=message):
        algorithm.check_sources(["feature", "labels"])
    algorithm.initialize()
    with pytest.raises(SourceError, match=message):
        algorithm.process_batch({"feature": np.ones(2), "labels": np.ones(2)})


UNUSED = (
    r"UpdatesAlgorithm: expected only sources that the updates depend on \(x, y\), got z, id "
    r"too\. Pass on_unused_sources='ignore', or leave them out with the transformer FilterSources"
)
EXTRA = {**BATCH, "z": np.ones(2), "id": ["a", "b"]}


def test_unused_sources_raise_before_anything_is_compiled(total):
    algorithm = accumulate(total)
    algorithm.check_sources(EXTRA)  # extensions may come to need them
    with pytest.raises(SourceError, match=UNUSED):
        algorithm.initialize()
    assert algorithm._function is None


def test_unused_sources_of_a_batch_raise(total):
    algorithm = accumulate(total)
    algorithm.initialize()
    with pytest.raises(SourceError, match=UNUSED):
        algorithm.process_batch(EXTRA)
    algorithm.process_batch(BATCH)
    with pytest.raises(SourceError, match=UNUSED):
        algorithm.process_batch(EXTRA)
    assert total.get_value() == 6.0


def test_sources_that_extensions_come_to_need(total):
    algorithm = accumulate(total)
    algorithm.check_sources([*BATCH, "z"])
    z = tensor.vector("z")
    algorithm.add_updates([(shared_floatx(0.0, name="n"), z.sum())])
    algorithm.check_sources([*BATCH, "z"])
    algorithm.initialize()
    algorithm.process_batch({**BATCH, "z": np.ones(2)})
    assert total.get_value() == 6.0


@pytest.mark.parametrize("checked", [False, True])
def test_unused_sources_can_warn_once(total, checked):
    algorithm = accumulate(total, on_unused_sources="warn")
    if checked:
        algorithm.check_sources(EXTRA)

    def start():
        algorithm.initialize()
        algorithm.process_batch(EXTRA)

    with pytest.warns(UserWarning, match=UNUSED) as caught:
        start()
    assert len(caught) == 1
    algorithm.process_batch(EXTRA)
    assert total.get_value() == 12.0


def test_unused_sources_can_be_ignored(total):
    algorithm = accumulate(total, on_unused_sources="ignore")
    algorithm.check_sources(EXTRA)
    algorithm.initialize()
    algorithm.process_batch(EXTRA)
    assert total.get_value() == 6.0


# What a batch holds

WRONG = {
    "axes": (np.ones((2, 2)), ShapeError, r"input x: expected 1 axes \(float64 \(\?,\)\), got 2"),
    "strings": (np.array(["a"]), DtypeError, r"input x: expected numbers \(float64 \(\?,\)\)"),
    "complex": (np.array([1j]), DtypeError, r"input x: expected numbers"),
    "symbol": (tensor.vector("s"), DtypeError, r"input x: expected an array .* got the symbol s"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_array_is_named_by_its_source(total, case):
    value, error, message = WRONG[case]
    algorithm = accumulate(total)
    algorithm.initialize()
    with pytest.raises(error, match=message):
        algorithm.process_batch({**BATCH, "x": value})
    assert total.get_value() == 0.0


def test_float64_data_for_a_float32_input(total):
    x = tensor.fvector("x")
    algorithm = UpdatesAlgorithm(updates=[(total, total + x.sum())])
    algorithm.initialize()
    with pytest.raises(DtypeError, match=r"input x: expected float32 \(\?,\), got float64 \(1,\)"):
        algorithm.process_batch({"x": np.array([0.1])})


def test_batches_must_be_dicts(total):
    algorithm = accumulate(total)
    algorithm.initialize()
    with pytest.raises(TypeError, match=r"expected a batch as a dict .*as_dict=True"):
        algorithm.process_batch((np.ones(2), np.ones(1)))


# Bad updates

x_ = tensor.vector("x")
N = shared_floatx(0.0, name="n")
BAD = {
    "number": (3, r"UpdatesAlgorithm: expected updates as a dict or a list of pairs, got int 3\."),
    "singles": ([N], r"expected updates as pairs of a shared variable and its new value, got n\."),
    "symbol": ([(x_, x_)], r"expected updates of shared variables, got one of Variable x\."),
    "twice": ([(N, N + 1), (N, N + 2)], r"expected one update of n, got two\. Leave one out"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_updates(case):
    updates, message = BAD[case]
    with pytest.raises(GraphError, match=message):
        UpdatesAlgorithm(updates=updates)
    algorithm = UpdatesAlgorithm()
    with pytest.raises(GraphError, match=message):
        algorithm.add_updates(updates)
    assert algorithm.updates == []


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (tensor.vector(), tensor.vector("y"), r"got one without a name \(float64 \(\?,\)\)\. Give"),
        (tensor.vector("y"), tensor.vector("y"), r"got two named 'y' \(float64 \(\?,\)\)\. Give"),
    ],
)
def test_inputs_need_names_of_their_own(x, y, message):
    algorithm = UpdatesAlgorithm(updates=[(N, x.sum() + y.sum())])
    with pytest.raises(GraphError, match=r"expected inputs with names of their own, " + message):
        algorithm.initialize()


def test_other_bad_arguments(total):
    with pytest.raises(ValueError, match=r"expected on_unused_sources to be 'raise', 'warn' or"):
        UpdatesAlgorithm(on_unused_sources="no")
    with pytest.raises(TypeError, match=r"got update=\. Did you mean 'updates'\?"):
        UpdatesAlgorithm(update=[])
    with pytest.raises(TypeError, match=r"expected initialize\(\) without arguments, got seed"):
        accumulate(total).initialize(seed=1)
