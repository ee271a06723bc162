"""Extensions that record times."""

from __future__ import annotations

import datetime
from typing import Any

from blocks.extensions.base import SimpleExtension

__all__ = ["Timestamp", "Timing"]


class Timing(SimpleExtension):
    """Record the seconds that training and reading data took.

    The records are ``time_initialization``, and for each of ``train`` and ``read_data``
    ``time_<action>_this_epoch`` or ``time_<action>_this_batch``, the time since the last record
    of that kind, and ``time_<action>_total``.

    Parameters
    ----------
    prefix
        Put before the names of the records, with an underscore.
    **kwargs
        As of :class:`~blocks.extensions.base.SimpleExtension`; by default it runs before the
        first epoch and after each epoch. ``after_batch=True`` records each batch too.

    Notes
    -----
    Put it before :class:`~blocks.extensions.display.Printing`. With ``config.profile`` the main
    loop reports the times of all its parts, extensions included, at its end.
    """

    def __init__(self, prefix: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("before_first_epoch", True)
        kwargs.setdefault("after_epoch", True)
        super().__init__(**kwargs)
        self.prefix = f"{prefix}_" if prefix else ""
        self.current = {level: {"train": 0.0, "read_data": 0.0} for level in ("batch", "epoch")}

    def do(self, which_callback: str, *args: Any) -> None:
        """Record the times."""
        row = self.main_loop.log.current_row
        total = self.main_loop.profile.total
        if which_callback == "before_epoch":
            row[f"{self.prefix}time_initialization"] = total["initialization",]
        if str(which_callback) not in ("after_batch", "after_epoch"):
            return
        level = "batch" if which_callback == "after_batch" else "epoch"
        for action in ("train", "read_data"):
            now = total["training", "epoch", action]
            before = self.current[level][action]
            row[f"{self.prefix}time_{action}_this_{level}"] = now - before
            row[f"{self.prefix}time_{action}_total"] = now
            self.current[level][action] = now


class Timestamp(SimpleExtension):
    """Record the date and the time of day.

    Parameters
    ----------
    log_record
        The name of the record.
    separator
        What stands between the date and the time.
    **kwargs
        As of :class:`~blocks.extensions.base.SimpleExtension`; by default it runs before and
        after training, after each epoch, and on an error, an interrupt and a resumption.

    Examples
    --------
    >>> len(Timestamp().get_timestamp()) >= len("2015-06-01 12:00:00")
    True
    """

    DEFAULT_LOG_RECORD = "timestamp"

    def __init__(
        self, log_record: str = DEFAULT_LOG_RECORD, separator: str = " ", **kwargs: Any
    ) -> None:
        self.log_record = log_record
        self.separator = separator
        for trigger in (
            "before_training",
            "after_epoch",
            "on_error",
            "on_interrupt",
            "on_resumption",
            "after_training",
        ):
            kwargs.setdefault(trigger, True)
        super().__init__(**kwargs)

    def do(self, *args: Any) -> None:
        """Record the time."""
        self.main_loop.log.current_row[self.log_record] = self.get_timestamp()

    def get_timestamp(self) -> str:
        """Return the present local time as text; override it for another format."""
        return datetime.datetime.now().isoformat(self.separator)
