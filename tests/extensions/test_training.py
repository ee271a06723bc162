"""SharedVariableModifier and TrackTheBest."""

import numpy as np
import pytest

from blocks.errors import DtypeError
from blocks.extensions import FinishAfter, TrainingExtension
from blocks.extensions.training import SharedVariableModifier, TrackTheBest
from blocks.graph.variable import shared
from blocks.utils.testing import MockMainLoop


def trained(*extensions, batches=3):
    main_loop = MockMainLoop(extensions=[*extensions, FinishAfter(after_n_batches=batches)])
    main_loop.run()
    return main_loop


@pytest.mark.parametrize(
    ("function", "kwargs", "value"),
    [
        (lambda n: 10.0 / n, {}, 10 / 3),
        (lambda n, old: old * 0.5, {}, 1 / 8),
        (lambda n, scale=2.0: n * scale, {}, 6),
        (lambda *args: args[0], {"num_args": 1}, 3),
        (lambda *args: args[0] + args[1], {"num_args": 2}, 7),
        (lambda n, old: old + 1, {"after_batch": False, "after_n_batches": 2}, 2),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_shared_variable_modifier(function, kwargs, value, dtype):
    rate = shared(np.array(1, dtype=dtype))
    trained(SharedVariableModifier(rate, function, **kwargs))
    assert rate.get_value() == np.array(value, dtype=dtype)
    assert rate.get_value().dtype == dtype


def test_a_value_that_does_not_fit_is_an_error():
    count = shared(np.array(1))
    with pytest.raises(DtypeError, match=r"expected .*int64.* got float64"):
        trained(SharedVariableModifier(count, lambda n: 0.5))
    assert count.get_value() == 1


@pytest.mark.parametrize("function", [lambda: 1, lambda a, b, c: 1, lambda *args: 1])
def test_the_function_takes_one_or_two_arguments(function):
    with pytest.raises(ValueError, match=r"expected a function of one argument .* Say which with"):
        SharedVariableModifier(shared(np.array(1.0)), function)


def test_the_function_and_its_arguments_can_be_asked_for():
    extension = SharedVariableModifier(shared(np.array(1.0)), lambda n, old: n + old)
    assert extension.num_args == 2
    assert extension.function(1, 2) == 3


class Costs(TrainingExtension):
    def __init__(self, costs):
        self.costs = costs
        super().__init__()

    def after_batch(self, batch):
        cost = self.costs[self.main_loop.status["iterations_done"] - 1]
        if cost is not None:
            self.main_loop.log.current_row["cost"] = cost


@pytest.mark.parametrize(
    ("costs", "choose_best", "times", "best"),
    [
        ([3, 2, 2, 1, 4], min, [1, 2, 4], 1),
        ([3, 2, 2, 1, 4], max, [1, 5], 4),
        ([None, 2, None, 1], min, [2, 4], 1),
        ([np.nan, 2, np.nan, 1], min, [2, 4], 1),
        ([np.nan, 2, np.nan, 3], max, [2, 4], 3),
        ([np.float32(3), np.array(2.0)], min, [1, 2], 2),
        ([np.inf, 1], min, [1, 2], 1),
        ([None, None], min, [], None),
    ],
)
def test_track_the_best(costs, choose_best, times, best):
    tracker = TrackTheBest("cost", choose_best=choose_best, every_n_batches=1, after_epoch=False)
    main_loop = trained(Costs(costs), tracker, batches=len(costs))
    assert [t for t, row in main_loop.log.items() if "cost_best_so_far" in row] == times
    assert main_loop.status.get("best_cost") == best


def test_track_the_best_under_another_name():
    tracker = TrackTheBest("cost", notification_name="hooray", after_batch=True)
    assert trained(Costs([3, 2, 1]), tracker).log[1]["hooray"] is True
