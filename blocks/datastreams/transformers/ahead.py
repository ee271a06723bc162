"""Reading ahead: the next batches are made while the present one is trained on.

Examples
--------
>>> from blocks.datastreams import DataStream, IndexableDataset, SequentialScheme
>>> dataset = IndexableDataset({"x": [1, 2, 3]})
>>> stream = ReadAhead(DataStream(dataset, iteration_scheme=SequentialScheme(3, batch_size=2)))
>>> list(stream.get_epoch_iterator())
[([1, 2],), ([3],)]
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from blocks.datastreams.schemes import positive
from blocks.datastreams.streams import AbstractDataStream
from blocks.datastreams.transformers.base import Transformer
from blocks.errors import DataError

__all__ = ["ReadAhead"]


class ReadAhead(Transformer):
    """Read the next batches or examples of a stream in a thread, before they are asked for.

    It pays where reading takes long and leaves a core idle: files, decompression, or NumPy at
    work on large arrays while BLAS has only some of the cores. With data in memory and BLAS on
    all cores it costs more than it saves.

    Parameters
    ----------
    data_stream
        The stream to read, with all that takes long in it.
    max_store
        How many batches or examples to read ahead at most.
    **kwargs
        As of :class:`~blocks.datastreams.transformers.Transformer`.

    Notes
    -----
    What comes out is what `data_stream` gives, in the same order. An exception that reading
    raises comes out where the data would have, with its traceback. The thread ends with the
    epoch, or when the epoch is left. Saved in the midst of an epoch, the stream keeps what is
    read already, so that a copy goes on with the next batch; nothing else may read from
    `data_stream` in the meantime.
    """

    def __init__(self, data_stream: AbstractDataStream, max_store: int = 2, **kwargs: Any) -> None:
        kwargs.setdefault("axis_labels", data_stream.axis_labels)
        super().__init__(data_stream, data_stream.produces_examples, **kwargs)
        self.max_store = positive("ReadAhead", "max_store", max_store)
        self._rest = _Rest()
        self._reader: _Reader | None = None

    def get_epoch_iterator(self, as_dict: bool = False) -> Iterator[Any]:
        """Start an epoch of the wrapped stream and return an iterator over it."""
        self._leave_epoch()
        return super().get_epoch_iterator(as_dict=as_dict)

    def get_data(self, request: Any = None) -> Any:
        """Return the next data; `request` must be None."""
        if request is not None:
            raise DataError(f"ReadAhead: expected no request, got {request!r}. Leave it out.")
        if self._reader is None:
            self._reader = _Reader(self.child_epoch_iterator, self.max_store, self._rest)
            weakref.finalize(self, self._reader.end).atexit = False
        return self._reader.take()

    def close(self) -> None:
        """End reading, and release what the wrapped stream holds open."""
        self._leave_epoch()
        super().close()

    def reset(self) -> None:
        """Go back to the beginning of the wrapped stream."""
        self._leave_epoch()
        super().reset()

    def next_epoch(self) -> None:
        """Go to the next epoch of the wrapped stream."""
        self._leave_epoch()
        super().next_epoch()

    def _pause(self) -> None:
        """Let the thread end, and keep what it has read."""
        if self._reader is not None:
            self._rest = self._reader.rest()
            self._reader = None

    def _leave_epoch(self) -> None:
        self._pause()
        self._rest = _Rest()

    def __getstate__(self) -> dict[str, Any]:
        """Return the state between two batches: nothing is read while it is being saved."""
        self._pause()
        return dict(self.__dict__)


class _Rest(NamedTuple):
    """What was read and not taken yet, and the exception that reading ended with, if it did."""

    items: Sequence[Any] = ()
    error: BaseException | None = None


class _Reader:
    """Reads an iterator to its end in a thread, a few items ahead of whoever takes them."""

    def __init__(self, iterator: Iterator[Any], most: int, rest: _Rest) -> None:
        self._iterator = iterator
        self._most = most
        self._ready = deque(rest.items)
        self._error = rest.error
        self._ends = rest.error is not None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, name="ReadAhead", daemon=True)
        self._thread.start()

    def take(self) -> Any:
        """Return the next item, or raise what reading it raised."""
        with self._changed:
            while not self._ready and self._error is None:
                self._changed.wait()
            self._changed.notify()
            if self._ready:
                return self._ready.popleft()
        assert self._error is not None
        raise self._error

    def end(self) -> None:
        """Let the thread end after the item that it is reading."""
        with self._changed:
            self._ends = True
            self._changed.notify()

    def rest(self) -> _Rest:
        """End the thread, wait for that, and return what nobody took."""
        self.end()
        self._thread.join()
        return _Rest(list(self._ready), self._error)

    def _read(self) -> None:
        while self._may_read():
            try:
                item = next(self._iterator)
            except BaseException as error:  # also StopIteration: whoever takes the data sees it
                with self._changed:
                    self._error = error
                    self._changed.notify()
                return
            with self._changed:
                self._ready.append(item)
                self._changed.notify()

    def _may_read(self) -> bool:
        """Wait until there is room for an item; tell whether to read one."""
        with self._changed:
            while len(self._ready) >= self._most and not self._ends:
                self._changed.wait()
            return not self._ends
