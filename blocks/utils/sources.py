"""Matching the inputs of a graph with the sources of a data stream, by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from blocks.errors import GraphError, SourceError, nearest
from blocks.graph.variable import Variable

__all__ = ["check_sources", "check_stream", "input_names"]


def input_names(where: str, inputs: Iterable[Variable]) -> list[str]:
    """Return the names of inputs, each of which must have a name of its own.

    Parameters
    ----------
    where
        Who asks, for the message.
    inputs
        The inputs of a graph.

    Raises
    ------
    GraphError
        If one has no name, or two share one.

    Examples
    --------
    >>> from blocks import tensor
    >>> input_names("training", tensor.matrices("x", "y"))
    ['x', 'y']
    """
    names: list[str] = []
    for x in inputs:
        if x.name is None or x.name in names:
            problem = "one without a name" if x.name is None else f"two named {x.name!r}"
            raise GraphError(
                f"{where}: expected inputs with names of their own, got {problem} ({x.type}). "
                "Give each variable the name of the source whose data it takes."
            )
        names.append(x.name)
    return names


def check_sources(where: str, names: Sequence[str], sources: Iterable[str]) -> None:
    """Raise unless there is a source for each input.

    Parameters
    ----------
    where
        Who asks, for the message.
    names
        The names of the inputs.
    sources
        The names of the sources.

    Raises
    ------
    SourceError
        If there is none for some; the message has the names that are most similar.
    """
    sources = [str(source) for source in sources]
    missing = [name for name in names if name not in sources]
    if missing:
        hints = "".join(dict.fromkeys(nearest(name, sources) for name in missing))
        raise SourceError(
            f"{where}: expected a source for each of the inputs {', '.join(names)}, got the "
            f"sources {', '.join(sources) or 'none'}: none for {', '.join(missing)}.{hints} Name "
            "variables as the sources, or rename sources with the transformer Rename."
        )


def check_stream(where: str, stream: Any) -> None:
    """Refuse what is no data stream, such as a data set without a scheme.

    Parameters
    ----------
    where
        Who asks, for the message.
    stream
        What was given as a data stream; None is left to whoever iterates.

    Raises
    ------
    TypeError
        If it has no ``get_epoch_iterator``.

    Examples
    --------
    >>> check_stream("MainLoop", [1, 2])
    Traceback (most recent call last):
    TypeError: MainLoop: expected a data stream, got list. Make one with DataStream(...
    """
    if stream is not None and not hasattr(stream, "get_epoch_iterator"):
        raise TypeError(
            f"{where}: expected a data stream, got {type(stream).__name__}. Make one with "
            "DataStream(dataset, iteration_scheme=...), or DataStream.default_stream(...)."
        )
