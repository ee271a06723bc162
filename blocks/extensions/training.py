"""Extensions that take part in training: change a variable, remember the best result."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from blocks.extensions.base import SimpleExtension

__all__ = ["SharedVariableModifier", "TrackTheBest"]


class SharedVariableModifier(SimpleExtension):
    """Give a shared variable a new value, a function of the iterations done.

    It changes a learning rate or another hyper-parameter in the course of training.

    Parameters
    ----------
    parameter
        The shared variable; its dtype is kept.
    function
        Given the number of iterations done, and the old value if it takes two arguments,
        returns the new value.
    num_args
        The number of arguments of `function`, 1 or 2; counted where None is given.
    **kwargs
        As of :class:`~blocks.extensions.base.SimpleExtension`; by default it runs after each
        batch.

    Examples
    --------
    A learning rate of 0.1 that is halved every 1000 batches:

    >>> from blocks.algorithms import Scale
    >>> rule = Scale(learning_rate=0.1)
    >>> extension = SharedVariableModifier(
    ...     rule.learning_rate, lambda n, rate: rate / 2, after_batch=False, every_n_batches=1000)
    """

    def __init__(
        self,
        parameter: Any,
        function: Callable[..., Any],
        num_args: int | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("after_batch", True)
        super().__init__(**kwargs)
        if num_args is None:
            num_args = _number_of_arguments(function)
        if num_args not in (1, 2):
            raise ValueError(
                f"{type(self).__name__}: expected a function of one argument (iterations done) or "
                f"two (and the old value), got {num_args}. Say which with num_args."
            )
        self.parameter = parameter
        self._function = function
        self._num_args = num_args

    @property
    def num_args(self) -> int:
        """The number of arguments of the function."""
        return self._num_args

    def function(self, *args: Any) -> Any:
        """Return the new value, from iterations done and, with two arguments, the old value."""
        return self._function(*args)

    def do(self, which_callback: str, *args: Any) -> None:
        """Set the new value."""
        inputs = (self.main_loop.log.status["iterations_done"], self.parameter.get_value())
        self.parameter.set_value(self.function(*inputs[: self.num_args]))


def _number_of_arguments(function: Callable[..., Any]) -> int:
    """Return how many positional arguments a function needs."""
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # some functions written in C tell nothing
        return 0
    needed = [p for p in parameters if p.kind in positional and p.default is p.empty]
    return len(needed) or sum(p.kind in positional for p in parameters)


class TrackTheBest(SimpleExtension):
    """Notice when a record of the log is better than ever before.

    The best value is kept in the status of the log as ``best_<record_name>``; a row with a new
    best gets a record named `notification_name`, which is True.

    Parameters
    ----------
    record_name
        The record to watch; rows without it are passed over.
    notification_name
        The record that tells of a new best; ``<record_name>_best_so_far`` by default.
    choose_best
        Given two values, returns the better: ``min`` or ``max``.
    **kwargs
        As of :class:`~blocks.extensions.base.SimpleExtension`; by default it runs after each
        epoch.

    Notes
    -----
    Put it after the extension that writes the record. NaN is never the best, and an equal value
    is not better.
    """

    def __init__(
        self,
        record_name: str,
        notification_name: str | None = None,
        choose_best: Callable[[Any, Any], Any] = min,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("after_epoch", True)
        super().__init__(**kwargs)
        self.record_name = record_name
        self.notification_name = notification_name or f"{record_name}_best_so_far"
        self.best_name = f"best_{record_name}"
        self.choose_best = choose_best

    def do(self, which_callback: str, *args: Any) -> None:
        """Compare the record with the best so far."""
        log = self.main_loop.log
        value = log.current_row.get(self.record_name)
        if value is None or value != value:  # NaN differs from itself
            return
        best = log.status.get(self.best_name)
        if best is None or (value != best and self.choose_best(value, best) == value):
            log.status[self.best_name] = value
            log.current_row[self.notification_name] = True
