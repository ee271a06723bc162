"""Predicates on the log: conditions for ``SimpleExtension.add_condition``."""

from __future__ import annotations

from typing import Any

from blocks.representation import Represented

__all__ = ["OnLogRecord", "Predicate", "always_true", "has_done_epochs"]


class Predicate(Represented):
    """The condition of a trigger with a number, such as ``every_n_epochs=2``.

    Parameters
    ----------
    condition
        ``every_n_epochs``, ``every_n_batches``, ``after_n_epochs`` or ``after_n_batches``.
    num
        The number: *every* means that it divides what is done, *after* that it equals it.

    Examples
    --------
    >>> from blocks.log import TrainingLog
    >>> log = TrainingLog()
    >>> log.status["epochs_done"] = 4
    >>> Predicate("every_n_epochs", 2)(log), Predicate("after_n_epochs", 2)(log)
    (True, False)
    """

    def __init__(self, condition: str, num: int) -> None:
        self.condition = condition
        self.num = num

    def __call__(self, log: Any) -> bool:
        """Say whether the condition holds at the present time of `log`."""
        counter = "epochs_done" if self.condition.endswith("epochs") else "iterations_done"
        done = log.status[counter]
        return bool(
            done % self.num == 0 if self.condition.startswith("every") else done == self.num
        )


def has_done_epochs(log: Any) -> bool:
    """Say whether no epoch has been done yet.

    The name is Blocks' own; it reads as the opposite of what the function has always returned.

    Examples
    --------
    >>> from blocks.log import TrainingLog
    >>> has_done_epochs(TrainingLog())
    True
    """
    return bool(log.status["epochs_done"] == 0)


def always_true(log: Any) -> bool:
    """Say yes, whatever is in the log."""
    return True


class OnLogRecord(Represented):
    """The condition that the current row of the log has a record that is true.

    Parameters
    ----------
    record_name
        The name of the record.

    Examples
    --------
    >>> from blocks.log import TrainingLog
    >>> log = TrainingLog()
    >>> log.current_row["cost_best_so_far"] = True
    >>> OnLogRecord("cost_best_so_far")(log)
    True
    """

    def __init__(self, record_name: str) -> None:
        self.record_name = record_name

    def __call__(self, log: Any) -> bool:
        """Say whether the record is there and true at the present time of `log`."""
        return bool(log.current_row.get(self.record_name, False))
