"""The training log, kept in memory.

A log maps a time, the number of iterations done, to a row, a dict of records. Row 0 holds what
was recorded before the first batch. ``log.status`` says how far training is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import MutableMapping
from numbers import Integral
from typing import Any
from uuid import uuid4

from blocks.notebook import code, heading, table
from blocks.representation import short

__all__ = ["TrainingLog", "TrainingLogBase"]


TIMES = ("iterations", "epochs")
SHOWN = 30  # rows in a notebook


class TrainingLogBase(ABC):
    """What every log has: an identity, a status and ways to its rows.

    A log is also a mapping from times to rows, as far as ``log[time]``, ``log.get(time)``,
    iteration and ``len``. ``log[time]`` gives a row to write to; ``log.get`` never makes one.

    Parameters
    ----------
    uuid
        The 16 bytes that identify the log; random, with a fresh status, where None is given.

    Attributes
    ----------
    uuid : bytes
        Identifies the log.
    status : dict
        ``iterations_done``, ``epochs_done``, ``_epoch_ends`` (the times at which epochs ended),
        ``resumed_from`` (the identity of the log that this one continues, or None), and what the
        main loop and the extensions add.
    """

    status: MutableMapping[str, Any]

    def __init__(self, uuid: bytes | None = None) -> None:
        self.uuid = uuid4().bytes if uuid is None else uuid
        if uuid is None:
            self.status.update(
                {"iterations_done": 0, "epochs_done": 0, "_epoch_ends": [], "resumed_from": None}
            )

    @property
    def h_uuid(self) -> str:
        """The identity of the log as 32 hexadecimal digits."""
        return self.uuid.hex()

    def resume(self) -> None:
        """Give the log a new identity and note the old one in ``status["resumed_from"]``."""
        old_identity, old_status = self.h_uuid, dict(self.status)
        self.uuid = uuid4().bytes
        self.status.update(old_status)  # a log in a database keeps its status by identity
        self.status["resumed_from"] = old_identity

    @abstractmethod
    def __getitem__(self, time: int) -> Any:
        """Return the row of a time, to read and to write."""

    @property
    def current_row(self) -> Any:
        """The row of the present time."""
        return self[self.status["iterations_done"]]

    @property
    def previous_row(self) -> Any:
        """The row of the time before the present one."""
        return self[self.status["iterations_done"] - 1]

    @property
    def last_epoch_row(self) -> Any:
        """The row of the time at which the last epoch ended."""
        if not self.status["_epoch_ends"]:
            raise IndexError(
                f"{type(self).__name__}: expected at least one epoch done, got none. "
                "Use current_row before the end of the first epoch."
            )
        return self[self.status["_epoch_ends"][-1]]


class TrainingLog(defaultdict[int, dict[str, Any]], TrainingLogBase):
    """A log in memory: a dict from times to rows, which are dicts too.

    A row is made when it is first asked for with ``log[time]``.

    Raises
    ------
    ValueError
        If a time is not an integer of at least 0.

    Examples
    --------
    >>> log = TrainingLog()
    >>> log.current_row["cost"] = 0.5
    >>> log.status["iterations_done"] += 1
    >>> log.previous_row
    {'cost': 0.5}
    >>> log.get(7) is None, len(log)
    (True, 1)
    """

    def __init__(self) -> None:
        defaultdict.__init__(self, dict)
        self.status: dict[str, Any] = {}
        TrainingLogBase.__init__(self)

    def __repr__(self) -> str:
        done = ", ".join(f"{self.status.get(f'{name}_done')} {name}" for name in TIMES)
        return f"<{type(self).__name__}: {done}, {len(self)} rows>"

    def _repr_html_(self) -> str:
        """Return the last rows as a table, a column for each record."""
        rows = sorted(self.items())[-SHOWN:]
        names = dict.fromkeys(name for _, row in rows for name in row)
        cells = [
            [str(time), *(code(short(row[name])) if name in row else "" for name in names)]
            for time, row in rows
        ]
        return heading(repr(self)) + table(["iterations done", *names], cells)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (), self.__dict__, None, iter(self.items())

    def copy(self) -> TrainingLog:
        """Return a log of the same identity with a copy of the status and the same rows."""
        other = type(self)()
        other.update(self)
        other.__dict__.update(self.__dict__, status=dict(self.status))
        return other

    __copy__ = copy

    def __getitem__(self, time: int) -> dict[str, Any]:
        """Return the row of a time, made empty where there is none."""
        if not isinstance(time, Integral) or time < 0:
            raise ValueError(
                f"{type(self).__name__}: expected a time, an integer of at least 0 (the number "
                f"of iterations done), got {time!r}."
            )
        return defaultdict.__getitem__(self, time)
