"""Extensions that end training."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Any

from blocks.extensions.base import CompositeExtension, SimpleExtension
from blocks.extensions.predicates import OnLogRecord
from blocks.extensions.training import TrackTheBest

__all__ = ["EarlyStopping", "FinishAfter", "FinishIfNoImprovementAfter"]


class FinishAfter(SimpleExtension):
    """End training when one of its conditions holds.

    Several such extensions go together: the first to ask ends training.

    Parameters
    ----------
    **kwargs
        As of :class:`~blocks.extensions.base.SimpleExtension`; there is no default.

    Notes
    -----
    The request is looked at after a batch and after an epoch, so give a trigger at these.

    Examples
    --------
    >>> extension = FinishAfter(after_n_epochs=10)
    """

    def do(self, which_callback: str, *args: Any) -> None:
        """Ask the main loop to end training."""
        self.main_loop.log.current_row["training_finish_requested"] = True


class FinishIfNoImprovementAfter(FinishAfter):
    """End training when nothing has improved for a number of iterations or epochs.

    Parameters
    ----------
    notification_name
        The record whose presence in a row tells of an improvement, as that of
        :class:`~blocks.extensions.training.TrackTheBest`. Its value does not matter.
    iterations, epochs
        How long to wait for the next improvement; exactly one of the two.
    patience_log_record
        The record of how long it will still wait; by default `notification_name` followed by
        ``_patience_epochs`` or ``_patience_iterations``.
    **kwargs
        As of :class:`~blocks.extensions.base.SimpleExtension`; by default it runs after each
        epoch.

    Notes
    -----
    It waits without limit for the first improvement. Put it after the extension that writes the
    notification. After a resumption it finds the last improvement in the log.
    """

    def __init__(
        self,
        notification_name: str,
        iterations: int | None = None,
        epochs: int | None = None,
        patience_log_record: str | None = None,
        **kwargs: Any,
    ) -> None:
        if (iterations is None) == (epochs is None):
            raise ValueError(
                f"{type(self).__name__}: expected exactly one of iterations and epochs, got "
                f"iterations={iterations!r}, epochs={epochs!r}. Give one of them."
            )
        kwargs.setdefault("after_epoch", True)
        super().__init__(**kwargs)
        self.notification_name = notification_name
        self.iterations = iterations
        self.epochs = epochs
        unit = "iterations" if epochs is None else "epochs"
        self.patience_log_record = patience_log_record or f"{notification_name}_patience_{unit}"
        self.last_best_iter: int | None = None
        self.last_best_epoch: int | None = None
        self._log_searched = False

    def update_best(self) -> None:
        """Note the present time if the current row tells of an improvement."""
        log = self.main_loop.log
        if self.notification_name in log.current_row:
            self.last_best_iter = log.status["iterations_done"]
            self.last_best_epoch = log.status.get("epochs_done")
        elif self.last_best_iter is None and log.status.get("resumed_from") is not None:
            self._search_log(log)

    def _search_log(self, log: Any) -> None:
        """Note the last improvement before training was resumed with a new extension."""
        if self._log_searched:
            return
        self._log_searched = True
        times = [time for time, row in log.items() if self.notification_name in row]
        if times:
            self.last_best_iter = max(times)
            self.last_best_epoch = bisect_right(log.status["_epoch_ends"], max(times))

    def do(self, which_callback: str, *args: Any) -> None:
        """Record the patience that is left, and end training when there is none."""
        self.update_best()
        if self.last_best_iter is None:
            return
        log = self.main_loop.log
        if self.epochs is not None:
            patience = self.epochs - (log.status["epochs_done"] - self.last_best_epoch)
        else:
            patience = self.iterations - (log.status["iterations_done"] - self.last_best_iter)
        log.current_row[self.patience_log_record] = patience
        if patience <= 0:
            super().do(which_callback, *args)


class EarlyStopping(CompositeExtension):
    """End training when a record of the log has stopped improving; save the best on the way.

    Parameters
    ----------
    record_name
        The record to watch.
    checkpoint_extension
        Saves when there is a new best: an extension with ``add_condition``, such as a
        ``Checkpoint``. Its own conditions hold as well.
    checkpoint_filename
        Where to save when there is a new best, in place of `checkpoint_extension`.
    notification_name
        The record that tells of a new best; ``<record_name>_best_so_far`` by default.
    choose_best
        Given two values, returns the better: ``min`` or ``max``.
    iterations, epochs
        How long to wait for the next improvement; exactly one of the two.
    **kwargs
        When to look at the record and decide, as of
        :class:`~blocks.extensions.base.SimpleExtension`; after each epoch by default.

    Notes
    -----
    Put it after the extension that writes the record. Nothing is saved unless
    `checkpoint_extension` or `checkpoint_filename` is given.

    Examples
    --------
    >>> extension = EarlyStopping("valid_error_rate", epochs=5)
    >>> [type(part).__name__ for part in extension.sub_extensions]
    ['TrackTheBest', 'FinishIfNoImprovementAfter']
    """

    def __init__(
        self,
        record_name: str,
        checkpoint_extension: Any = None,
        checkpoint_filename: str | None = None,
        notification_name: str | None = None,
        choose_best: Callable[[Any, Any], Any] = min,
        iterations: int | None = None,
        epochs: int | None = None,
        **kwargs: Any,
    ) -> None:
        if checkpoint_extension is not None and checkpoint_filename is not None:
            raise ValueError(
                f"{type(self).__name__}: expected checkpoint_extension or checkpoint_filename, "
                "got both. Leave out one of them."
            )
        if checkpoint_filename is not None:
            raise NotImplementedError(
                f"{type(self).__name__}: expected checkpoint_extension, got checkpoint_filename="
                f"{checkpoint_filename!r}, which this version cannot serve yet. "
                "Pass an extension that saves."
            )
        name = kwargs.pop("name", None)
        kwargs.setdefault("after_epoch", True)
        tracking = TrackTheBest(record_name, notification_name, choose_best=choose_best, **kwargs)
        stopping = FinishIfNoImprovementAfter(
            tracking.notification_name, iterations=iterations, epochs=epochs, **kwargs
        )
        sub_extensions: list[Any] = [tracking, stopping]
        if checkpoint_extension is not None:
            callbacks = list(dict.fromkeys(callback for callback, _, _ in tracking.conditions))
            checkpoint_extension.add_condition(callbacks, OnLogRecord(tracking.notification_name))
            sub_extensions.append(checkpoint_extension)
        super().__init__(sub_extensions, name=name)
