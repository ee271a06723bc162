"""Extensions that show how training goes on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from blocks.extensions.base import SimpleExtension
from blocks.extensions.callbacks import TrainingExtension

__all__ = ["Printing", "ProgressBar"]

_RULE = 79 * "-"
_TITLES = {
    "before_training": "BEFORE TRAINING",
    "before_epoch": "BEFORE ANOTHER EPOCH",
    "before_batch": "BEFORE ANOTHER BATCH",
    "after_batch": "AFTER ANOTHER BATCH",
    "after_epoch": "AFTER ANOTHER EPOCH",
    "after_training": "TRAINING HAS BEEN FINISHED",
    "on_resumption": "TRAINING HAS BEEN RESUMED",
    "on_interrupt": "TRAINING HAS BEEN INTERRUPTED",
    "on_error": "TRAINING HAS BEEN STOPPED BY AN ERROR",
}


class Printing(SimpleExtension):
    """Print the status and the current row of the log, sorted by name.

    Floats are shown with 6 significant digits, long arrays by their ends and their shape. Status
    entries and records whose names start with an underscore are not shown.

    Parameters
    ----------
    **kwargs
        As of :class:`~blocks.extensions.base.SimpleExtension`; by default it runs before the
        first epoch, after each epoch, after training, on resumption and on an interrupt.

    Notes
    -----
    Put it last, after the extensions that write records.
    """

    def __init__(self, **kwargs: Any) -> None:
        for trigger in (
            "before_first_epoch",
            "on_resumption",
            "after_training",
            "after_epoch",
            "on_interrupt",
        ):
            kwargs.setdefault(trigger, True)
        super().__init__(**kwargs)

    def do(self, which_callback: str, *args: Any) -> None:
        """Print a title, the status and the records."""
        log = self.main_loop.log
        epochs, iterations = log.status["epochs_done"], log.status["iterations_done"]
        title = _TITLES[str(which_callback)]
        if which_callback == "before_epoch" and epochs == 0:
            title = "BEFORE FIRST EPOCH"
        done = f"{_count(epochs, 'epoch')}, {_count(iterations, 'iteration')} done"
        lines = ["", _RULE, f"{title}  ({done})", _RULE]
        if which_callback != "on_interrupt":
            lines += ["Training status:", *_aligned(log.status)]
            lines += [f"Log records from the iteration {iterations}:", *_aligned(log.current_row)]
        print("\n".join(lines), flush=True)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _aligned(records: Mapping[str, Any]) -> list[str]:
    """Return a line for each record, the values in one column."""
    names = sorted(name for name in records if not name.startswith("_"))
    width = max(map(len, names), default=0) + 1
    lines = []
    for name in names:
        first, *rest = _short(records[name]).splitlines() or [""]
        lines.append(f"    {name + ':':<{width}} {first}")
        lines += [" " * (width + 5) + line for line in rest]
    return lines


def _short(value: Any) -> str:
    """Return a value as text that is easy to read."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    if isinstance(value, np.ndarray):
        with np.printoptions(precision=6, threshold=8, edgeitems=2, linewidth=60):
            text = str(value)
        return text if value.size <= 8 else f"{text}  shape {value.shape}"
    return str(value)


class ProgressBar(TrainingExtension):
    """Show a progress bar for each epoch, on standard error where that is a terminal.

    Parameters
    ----------
    **kwargs
        As of :class:`~blocks.extensions.base.TrainingExtension`.

    Attributes
    ----------
    bar : tqdm or None
        The bar of the running epoch; None between epochs and where there is no terminal.

    Raises
    ------
    ImportError
        Before training, if there is a terminal but no package tqdm.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bar: Any = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "bar": None}

    def get_iter_per_epoch(self) -> int | None:
        """Return the number of iterations per epoch as far as the data stream tells, or None.

        It is that of the iteration scheme of the stream, or of the stream below as long as a
        transformer does not say that it cuts the data differently.
        """
        stream = self.main_loop.data_stream
        scheme = getattr(stream, "iteration_scheme", None)
        while scheme is None and hasattr(stream, "data_stream"):
            below = stream.data_stream
            if getattr(below, "produces_examples", None) != stream.produces_examples:
                return None
            stream, scheme = below, getattr(below, "iteration_scheme", None)
        return _number_of_requests(scheme)

    def create_bar(self) -> Any:
        """Return a new bar for the epoch that starts, or None where there is no terminal."""
        if not _is_terminal(sys.stderr):
            return None
        return _tqdm()(
            total=self.get_iter_per_epoch(),
            desc=f"Epoch {self.main_loop.log.status['epochs_done'] + 1}",
            unit="batch",
            leave=False,
            file=sys.stderr,
        )

    def before_training(self) -> None:
        """Check that bars can be drawn if they are to be drawn."""
        if _is_terminal(sys.stderr):
            _tqdm()

    def before_epoch(self) -> None:
        """Start a new bar."""
        self._close()
        self.bar = self.create_bar()

    def on_resumption(self) -> None:
        """Start a bar if training goes on within an epoch."""
        self._close()
        if self.main_loop.status["epoch_started"]:
            self.bar = self.create_bar()

    def after_batch(self, batch: dict[str, Any]) -> None:
        """Move the bar by one iteration."""
        if self.bar is not None:
            self.bar.update()

    def after_epoch(self) -> None:
        """Remove the bar."""
        self._close()

    def after_training(self) -> None:
        """Remove the bar of an epoch that was not finished."""
        self._close()

    def on_error(self, exception: Exception) -> None:
        """Remove the bar."""
        self._close()

    def _close(self) -> None:
        if self.bar is not None:
            self.bar.close()
            self.bar = None


def _number_of_requests(scheme: Any) -> int | None:
    """Return the number of requests per epoch of an iteration scheme, or None."""
    if getattr(scheme, "num_batches", None) is not None:
        return int(scheme.num_batches)
    if getattr(scheme, "times", None) is not None:
        return int(scheme.times)
    examples = getattr(scheme, "num_examples", None)
    if examples is None and getattr(scheme, "indices", None) is not None:
        examples = len(scheme.indices)
    if examples is None:
        return None
    return int(-(-examples // getattr(scheme, "batch_size", 1)))


def _is_terminal(file: Any) -> bool:
    return file is not None and bool(file.isatty())


def _tqdm() -> Any:
    try:
        from tqdm import tqdm
    except ImportError as error:
        raise ImportError(
            "ProgressBar: expected the package tqdm, got none. "
            "Install it with `pip install tqdm`, or leave out ProgressBar."
        ) from error
    return tqdm
