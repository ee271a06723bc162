"""Small tools of Fuel that scripts with data sets of their own use."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any

from blocks.datastreams.streams import AbstractDataStream
from blocks.datastreams.transformers import AgnosticSourcewiseTransformer
from blocks.errors import DataError

__all__ = [
    "SingleMapping",
    "do_not_pickle_attributes",
    "lazy_property_factory",
    "multiple_paths_parser",
    "remember_cwd",
]


def multiple_paths_parser(value: Any) -> tuple[str, ...]:
    """Return the folders of a path such as ``~/data:~/more``.

    Examples
    --------
    >>> multiple_paths_parser(["a", "b"])
    ('a', 'b')
    """
    parts = value.split(os.pathsep) if isinstance(value, str) else value
    return tuple(os.path.expanduser(part) for part in parts)


@contextlib.contextmanager
def remember_cwd() -> Iterator[None]:
    """Return to the present working directory at the end of a ``with`` block.

    Examples
    --------
    >>> with remember_cwd():
    ...     os.chdir("/")
    """
    folder = os.getcwd()
    try:
        yield
    finally:
        os.chdir(folder)


def lazy_property_factory(lazy_property: str) -> property:
    """Return a property whose value ``load()`` sets when it is first read.

    Parameters
    ----------
    lazy_property
        The name of the property.

    Raises
    ------
    DataError
        When it is read, if ``load()`` does not set it.
    """
    hidden = f"_{lazy_property}"

    def get(self: Any) -> Any:
        if hidden not in vars(self):
            self.load()
        if hidden not in vars(self):
            raise DataError(
                f"{type(self).__name__}.load: expected it to set self.{lazy_property}, got "
                "nothing set. Assign it there."
            )
        return vars(self)[hidden]

    def set_(self: Any, value: Any) -> None:
        vars(self)[hidden] = value

    return property(get, set_, doc=f"{lazy_property}, read by load() when it is first used.")


def do_not_pickle_attributes(*lazy_properties: str) -> Callable[[type], type]:
    """Return a decorator of classes that leaves attributes out of their pickles.

    Parameters
    ----------
    *lazy_properties
        The attributes. The class has a method ``load()`` that sets them; it is called when
        one is read that is not set, so also after unpickling.

    Raises
    ------
    DataError
        If the class has no method ``load``.

    Examples
    --------
    >>> @do_not_pickle_attributes("numbers")
    ... class Numbers:
    ...     def load(self):
    ...         self.numbers = [1, 2]
    >>> Numbers().numbers
    [1, 2]
    """

    def decorate(class_: type) -> type:
        if not hasattr(class_, "load"):
            raise DataError(
                f"do_not_pickle_attributes: expected {class_.__name__} to have a method load(), "
                f"got none. Define it; it sets {', '.join(lazy_properties)}."
            )
        hidden = {f"_{name}" for name in lazy_properties}

        def __getstate__(self: Any) -> dict[str, Any]:
            return {key: value for key, value in vars(self).items() if key not in hidden}

        for name in lazy_properties:
            setattr(class_, name, lazy_property_factory(name))
        if "__getstate__" not in vars(class_):
            class_.__getstate__ = __getstate__  # type: ignore[attr-defined]
        return class_

    return decorate


class SingleMapping(AgnosticSourcewiseTransformer):
    """Applies a method ``mapping``, of one argument, to each of some sources.

    Parameters
    ----------
    data_stream
        The stream.
    which_sources
        The sources; by default all.
    """

    def __init__(self, data_stream: AbstractDataStream, which_sources: Any = None) -> None:
        super().__init__(data_stream, data_stream.produces_examples, which_sources=which_sources)

    def mapping(self, source: Any) -> Any:
        """Return the transformed data of one source."""
        raise NotImplementedError(
            f"{type(self).__name__}: expected a method mapping(source), got none. Write it, or "
            "use AgnosticSourcewiseTransformer."
        )

    def transform_any_source(self, source_data: Any, source_name: str) -> Any:
        """Return the transformed data of one source."""
        return self.mapping(source_data)
