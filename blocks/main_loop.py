"""The main loop: trains batch by batch and epoch by epoch, and calls the extensions."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
import traceback
from collections.abc import Iterable, Iterator
from time import perf_counter
from typing import Any

from blocks.config import config
from blocks.errors import ConfigurationError, DataError, nearest
from blocks.extensions.callbacks import CALLBACK_NAMES, CallbackName, TrainingExtension
from blocks.log import BACKENDS, TrainingLogBase
from blocks.representation import Represented
from blocks.utils.profile import Profile, Timer
from blocks.utils.sources import check_stream
from blocks.utils.utils import change_recursion_limit

__all__ = ["MainLoop", "TrainingFinish"]

logger = logging.getLogger(__name__)

_CALLBACKS = {name: CallbackName(name) for name in CALLBACK_NAMES}


class TrainingFinish(Exception):
    """Raised inside the main loop, also by an extension, to end training in good order."""


class MainLoop(Represented):
    """Train with an algorithm on the batches of a data stream, epoch after epoch.

    In each epoch every batch of the stream goes to ``algorithm.process_batch``. Before and after
    the whole, each epoch and each batch the extensions run, in the order given. Training goes on
    until an extension asks for its end (``FinishAfter``), or the user interrupts it.

    Parameters
    ----------
    algorithm : TrainingAlgorithm
        Processes the batches; it is initialised when training starts.
    data_stream
        Gives the batches: its ``get_epoch_iterator(as_dict=True)`` returns an iterator over dicts
        from the name of a source to an array.
    model
        The model, kept for the extensions. It is not trained unless the algorithm does so.
    log : TrainingLogBase, optional
        The log to write to.
    log_backend : {'python'}, optional
        The kind of log to create if none is given; ``config.log_backend`` by default.
    extensions : iterable of TrainingExtension, optional
        What to run at the callbacks.

    Attributes
    ----------
    log : TrainingLogBase
        What has happened so far; ``log.status`` is how far training is.
    profile : Profile
        The time spent in each part; with ``config.profile`` it is reported at the end.

    Raises
    ------
    SourceError
        If the algorithm needs a source that the stream does not have.

    Notes
    -----
    The first SIGINT (Ctrl + C) ends training after the epoch; the second, or a SIGTERM, after the
    batch; the third interrupts at once. ``on_interrupt`` runs between two batches, so a parameter
    that is saved there is never half updated. Signals are left alone outside the main thread.

    When an extension or the algorithm raises, the log gets the record ``got_exception``,
    ``on_error`` runs, and the same exception leaves :meth:`run`. A second :meth:`run` continues
    where the first one ended.

    Examples
    --------
    >>> from blocks.extensions import FinishAfter
    >>> from blocks.utils.testing import MockAlgorithm, mock_stream
    >>> main_loop = MainLoop(
    ...     MockAlgorithm(), mock_stream(10), extensions=[FinishAfter(after_n_epochs=2)])
    >>> main_loop.run()
    >>> main_loop.status["iterations_done"], main_loop.log.current_row
    (20, {'training_finish_requested': True, 'training_finished': True})
    """

    def __init__(
        self,
        algorithm: Any,
        data_stream: Any,
        model: Any = None,
        log: TrainingLogBase | None = None,
        log_backend: str | None = None,
        extensions: Iterable[TrainingExtension] | None = None,
    ) -> None:
        self.algorithm = algorithm
        self.data_stream = data_stream
        self._model = model
        self.log: Any = _new_log(log_backend) if log is None else log
        self.extensions = _checked(extensions)
        self.profile = Profile()
        self.epoch_iterator: Iterator[dict[str, Any]] | None = None
        self._pending_interrupts: list[str] = []
        self.status.update(
            training_started=False,
            epoch_started=False,
            epoch_interrupt_received=False,
            batch_interrupt_received=False,
        )
        self._check_sources()

    @property
    def model(self) -> Any:
        """The model.

        Raises
        ------
        AttributeError
            If none was given.
        """
        if self._model is None:
            raise AttributeError(
                "MainLoop: expected a model, got none. Pass model=Model(cost) when making it."
            )
        return self._model

    @property
    def iteration_state(self) -> tuple[Any, Any]:
        """The data stream and the iterator over its current epoch: where in the data it is."""
        return self.data_stream, self.epoch_iterator

    @iteration_state.setter
    def iteration_state(self, value: tuple[Any, Any]) -> None:
        self.data_stream, self.epoch_iterator = value

    @property
    def status(self) -> Any:
        """How far training is: the status of the log."""
        return self.log.status

    def find_extension(self, name: str) -> TrainingExtension:
        """Return the one extension of a name.

        Raises
        ------
        ValueError
            If no extension has the name, or several have it.
        """
        found = [extension for extension in self.extensions if extension.name == name]
        if len(found) != 1:
            names = [extension.name for extension in self.extensions]
            raise ValueError(
                f"MainLoop: expected one extension named {name!r}, got {len(found)} among "
                f"{', '.join(names) or 'none'}.{nearest(name, names) if not found else ''}"
            )
        return found[0]

    def run(self) -> None:
        """Train until an extension or the user ends it.

        Called again, it continues, also after an exception and in the middle of an epoch.

        Raises
        ------
        DataError
            If the data stream has no batch in an epoch.
        Exception
            Whatever an extension or the algorithm raises.
        """
        self.profile.current.clear()
        self._pending_interrupts.clear()
        if hasattr(self._model, "check_sanity"):
            self._model.check_sanity(self.algorithm)
        try:
            with change_recursion_limit(config.recursion_limit):
                try:
                    with self._interruptible():
                        self._train()
                except TrainingFinish:
                    self.log.current_row["training_finished"] = True
                    self._run_extensions("after_training")
                except Exception as error:
                    self._on_error(error)
                    raise
        finally:
            if config.profile:
                self.profile.report()

    def _train(self) -> None:
        logger.info("Training starts.")
        for extension in self.extensions:
            extension.main_loop = self
        if not self.status["training_started"]:
            self._run_extensions("before_training")
            self._check_sources()  # monitored variables may need sources too
            with Timer("initialization", self.profile):
                self.algorithm.initialize()
            self.status["training_started"] = True
        # Not an `else`: an extension may have loaded a log before training.
        if self.status["iterations_done"] > 0:
            self.log.resume()
            self._run_extensions("on_resumption")
            self.status["epoch_interrupt_received"] = False
            self.status["batch_interrupt_received"] = False
        with Timer("training", self.profile):
            while True:
                self._run_epoch()

    def _run_epoch(self) -> None:
        status = self.status
        if not status["epoch_started"]:
            status["received_first_batch"] = False
            try:
                self.epoch_iterator = self.data_stream.get_epoch_iterator(as_dict=True)
            except StopIteration:  # the stream has no further epoch
                raise TrainingFinish from None
            status["epoch_started"] = True
            self._run_extensions("before_epoch")
        if self._pending_interrupts:
            self._serve_interrupts()
        with Timer("epoch", self.profile):
            while self._run_iteration():
                pass
        status["epoch_started"] = False
        status["epochs_done"] += 1
        status["_epoch_ends"] = [*status["_epoch_ends"], status["iterations_done"]]
        self._run_extensions("after_epoch")
        self._check_finish_training("epoch")

    def _run_iteration(self) -> bool:
        """Process the next batch; return whether there was one."""
        with Timer("read_data", self.profile):
            try:
                batch = next(self.epoch_iterator)  # type: ignore[arg-type]
            except StopIteration:
                if not self.status["received_first_batch"]:
                    raise self._empty_epoch() from None
                return False
        status = self.status
        status["received_first_batch"] = True
        self._run_extensions("before_batch", batch)
        with Timer("train", self.profile):
            self.algorithm.process_batch(batch)
        status["iterations_done"] += 1
        self._run_extensions("after_batch", batch)
        self._check_finish_training("batch")
        return True

    def _empty_epoch(self) -> DataError:
        epoch = self.status["epochs_done"] + 1
        remedy = (
            "Check that the data set and its iteration scheme have examples."
            if epoch == 1
            else "If it is a generator or another iterator it can be read only once: "
            "use a data set or an iterable that starts anew, or end after one epoch."
        )
        return DataError(
            f"MainLoop: expected at least one batch in each epoch, got none in epoch {epoch} "
            f"from {type(self.data_stream).__name__}. {remedy}"
        )

    def _run_extensions(self, name: str, *args: Any) -> None:
        callback_name, profile = _CALLBACKS[name], self.profile
        profile.enter(name)
        path, current, total = tuple(profile.current), profile.current, profile.total
        start = before = perf_counter()
        try:
            for extension in self.extensions:
                section = (*path, type(extension).__name__)
                acts_at = getattr(extension, "acts_at", None)
                if acts_at is not None and name not in acts_at:
                    total.setdefault(section, 0.0)
                    continue
                current.append(section[-1])  # by hand, as this runs at every batch
                extension.dispatch(callback_name, *args)
                current.pop()
                now = perf_counter()
                total[section] += now - before
                before = now
        except Exception as error:
            if not isinstance(error, TrainingFinish):
                _add_note(error, f"Raised in {name} of the extension {extension.name}.")
            raise
        finally:
            del current[len(path) :]
            profile.exit(perf_counter() - start)

    def _on_error(self, error: Exception) -> None:
        done = f"{self.status['epochs_done']} and iterations: {self.status['iterations_done']}"
        _add_note(error, f"MainLoop: training was stopped; epochs done: {done}.")
        self.log.current_row["got_exception"] = "".join(
            traceback.format_exception(type(error), error, error.__traceback__)
        )
        logger.error("Training was stopped by %s; running on_error.", type(error).__name__)
        for extension in self.extensions:
            try:
                extension.dispatch(_CALLBACKS["on_error"], error)
            except Exception:  # must not hide the error that stopped training
                logger.exception(
                    "The extension %s failed in on_error; the others still run.", extension.name
                )

    def _check_finish_training(self, level: str) -> None:
        """Raise TrainingFinish if the end of training is due after a batch or an epoch."""
        if self._pending_interrupts:
            self._serve_interrupts()
        status = self.status
        # log.get, unlike current_row, makes no row: most iterations have nothing to record
        row = self.log.get(status["iterations_done"])
        requested = row and row.get("training_finish_requested", False)
        if requested or status["batch_interrupt_received"]:
            raise TrainingFinish
        if level == "epoch" and status["epoch_interrupt_received"]:
            raise TrainingFinish

    def _serve_interrupts(self) -> None:
        """Record the interrupts that came since the last batch and run on_interrupt."""
        while self._pending_interrupts:
            record = self._pending_interrupts.pop(0)
            self.log.current_row[record] = True
            self.status[record] = True
            self._run_extensions("on_interrupt")
        if self.status["batch_interrupt_received"]:
            raise TrainingFinish

    @contextlib.contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Let SIGINT and SIGTERM end training in good order inside a ``with`` block."""
        original: dict[int, Any] = {}

        def restore() -> None:
            for number, handler in original.items():
                signal.signal(number, handler if handler is not None else signal.SIG_DFL)
            original.clear()

        def finish_batch(number: int, frame: Any) -> None:
            restore()
            logger.warning("Received an interrupt: training ends after this batch.")
            self._pending_interrupts.append("batch_interrupt_received")

        def finish_epoch(number: int, frame: Any) -> None:
            signal.signal(signal.SIGINT, finish_batch)
            logger.warning(
                "Received an interrupt: training ends after this epoch. "
                "Interrupt again to end it after this batch, and once more to end it at once."
            )
            self._pending_interrupts.append("epoch_interrupt_received")

        try:
            if threading.current_thread() is threading.main_thread():
                for number, handler in (
                    (signal.SIGINT, finish_epoch),
                    (signal.SIGTERM, finish_batch),
                ):
                    original[number] = signal.signal(number, handler)
            yield
        finally:
            restore()

    def _check_sources(self) -> None:
        """Let the algorithm check that the stream has the sources it needs."""
        check_stream("MainLoop", self.data_stream)
        sources = getattr(self.data_stream, "sources", None)
        check = getattr(self.algorithm, "check_sources", None)
        if check is not None and sources is not None:
            check(sources)


def _add_note(error: Exception, note: str) -> None:
    """Add a line to what the traceback shows; Python 3.10 has no such notes."""
    if hasattr(error, "add_note"):
        error.add_note(note)


def _new_log(backend: str | None) -> Any:
    backend = config.log_backend if backend is None else backend
    if backend not in BACKENDS:
        raise ConfigurationError(
            f"MainLoop: expected log_backend to be {' or '.join(map(repr, sorted(BACKENDS)))}, "
            f"got {backend!r}. Change the argument or config.log_backend."
        )
    return BACKENDS[backend]()


def _checked(extensions: Iterable[TrainingExtension] | None) -> list[TrainingExtension]:
    """Return the extensions as a list if each of them can be dispatched to."""
    if hasattr(extensions, "dispatch"):
        extensions = [extensions]  # type: ignore[list-item]  # one, without a list around it
    checked = list(extensions) if extensions is not None else []
    for extension in checked:
        if isinstance(extension, type) or not hasattr(extension, "dispatch"):
            raise TypeError(
                f"MainLoop: expected extensions to be instances of TrainingExtension, got "
                f"{extension!r}. Derive it from TrainingExtension, and call the class."
            )
    return checked
