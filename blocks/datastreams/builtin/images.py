"""The interface of labelled image data sets that are read from files by name."""

from __future__ import annotations

import functools
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from blocks.datastreams.datasets import IndexableDataset
from blocks.datastreams.indexing import Subset
from blocks.errors import DataError, IndexRangeError, nearest
from blocks.older import warn_older

__all__ = ["LabelledImages"]


class LabelledImages(IndexableDataset):
    """Interface of the data sets of images with one label each.

    The sources are ``features``, uint8 of shape (examples, channels, height, width), and
    ``targets``, uint8 of shape (examples, 1). The arrays are shared by all instances and are
    read-only. Pickling keeps what was asked for, not the data: they are read again when used.

    Parameters
    ----------
    which_sets
        The name of a set, or several whose examples are joined.
    subset
        Use only these examples of the joined sets: a slice, or a list of indices.
    load_in_memory
        Whether to hold the data in memory rather than to read them from the disk as they are
        used; only uncompressed files can be left on the disk.
    which_set
        The older name of `which_sets`.
    start, stop
        The older form of `subset`, ``slice(start, stop)``.
    **kwargs
        ``sources`` and ``axis_labels``, as of Dataset.
    """

    set_names: tuple[str, ...]
    """The names of the sets there are."""
    num_classes: int
    """Labels lie in [0, num_classes)."""

    def __init__(
        self,
        which_sets: str | Sequence[str] | None = None,
        subset: slice | Sequence[int] | None = None,
        load_in_memory: bool = True,
        which_set: str | None = None,
        start: int | None = None,
        stop: int | None = None,
        **kwargs: Any,
    ) -> None:
        name = type(self).__name__
        if which_set is not None:
            warn_older(name, "which_set", "which_sets")
            which_sets = which_set
        if isinstance(subset, int) and not isinstance(load_in_memory, bool):  # both by position
            start, stop, subset, load_in_memory = subset, load_in_memory, None, True
        if start is not None or stop is not None:
            if subset is not None:
                raise DataError(
                    f"{name}: expected subset, or start and stop, got both. Use subset."
                )
            warn_older(name, "start, stop", "subset=slice(start, stop)")
            subset = slice(start, stop)
        if not which_sets:
            raise DataError(
                f"{name}: expected which_sets among {', '.join(self.set_names)}, got "
                f"{which_sets!r}. Write for example {name}({self.set_names[0]!r})."
            )
        self.which_sets = (which_sets,) if isinstance(which_sets, str) else tuple(which_sets)
        for item in self.which_sets:
            if item not in self.set_names:
                raise DataError(
                    f"{name}: expected which_sets among {', '.join(self.set_names)}, got "
                    f"{item!r}.{nearest(str(item), self.set_names)}"
                )
        self.load_in_memory = load_in_memory
        self.which_examples = subset
        kwargs.setdefault(
            "axis_labels",
            {"features": ("batch", "channel", "height", "width"), "targets": ("batch", "index")},
        )
        super().__init__(self._load(), **kwargs)

    @abstractmethod
    def _read_set(self, which_set: str) -> tuple[np.ndarray, np.ndarray, str]:
        """Return images (n, height, width), labels (n,), and where they were read from."""

    @functools.cached_property
    def indexables(self) -> list[Any]:  # type: ignore[override]
        """The arrays of the sources; the constructor sets them, unpickling reads them anew."""
        loaded = self._load()
        return [loaded[source] for source in self.sources]

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the arrays: they are in the files."""
        state = self.__dict__.copy()
        state.pop("indexables", None)
        return state

    def _load(self) -> dict[str, np.ndarray]:
        parts = [self._checked_set(which_set) for which_set in self.which_sets]
        if len(parts) == 1:
            images, labels = parts[0]
        else:
            images, labels = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        if self.which_examples is not None:
            chosen = Subset(self.which_examples, len(labels))  # type: ignore[arg-type]
            images, labels = (
                chosen.index_within_subset(array, slice(None)) for array in (images, labels)
            )
        return {"features": images, "targets": labels}

    def _checked_set(self, which_set: str) -> tuple[np.ndarray, np.ndarray]:
        images, labels, where = self._read_set(which_set)
        if len(images) != len(labels):
            raise DataError(
                f"{where}: expected as many labels as images, got {len(labels)} labels and "
                f"{len(images)} images. Get both files again."
            )
        if len(labels) and labels.max() >= self.num_classes:
            raise IndexRangeError(
                f"{where}: expected labels from 0 to {self.num_classes - 1}, got "
                f"{labels.max()} at example {labels.argmax()}. The file is corrupt; get it again."
            )
        return images.reshape(len(images), 1, *images.shape[-2:]), labels.reshape(-1, 1)
