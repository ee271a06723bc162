"""Helpers for tests: a main loop that learns nothing, decorators that silence and skip."""

from __future__ import annotations

import contextlib
import functools
import io
import time
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any, TypeVar
from unittest import SkipTest

from blocks.algorithms import TrainingAlgorithm
from blocks.config import config
from blocks.datastreams import DataStream, IndexableDataset, SequentialExampleScheme
from blocks.datastreams.files import find_in_data_path
from blocks.errors import ConfigurationError, DataError
from blocks.main_loop import MainLoop

__all__ = [
    "MockAlgorithm",
    "MockMainLoop",
    "mock_stream",
    "silence_printing",
    "skip_if_configuration_set",
    "skip_if_not_available",
]

F = TypeVar("F", bound=Callable[..., Any])


def silence_printing(test: F) -> F:
    """Decorate a test so that what it prints on standard output is not shown.

    Examples
    --------
    >>> silence_printing(print)("hello")
    """

    @functools.wraps(test)
    def silent(*args: Any, **kwargs: Any) -> Any:
        with contextlib.redirect_stdout(io.StringIO()):
            return test(*args, **kwargs)

    return silent  # type: ignore[return-value]


def skip_if_not_available(
    modules: Iterable[str] | None = None,
    datasets: Iterable[str] | None = None,
    configurations: Iterable[str] | None = None,
) -> None:
    """Skip the running test if something it needs is not there.

    Parameters
    ----------
    modules
        Names of modules that must be importable.
    datasets
        Names of files that must be in the data path.
    configurations
        Names of settings that must have a value.

    Raises
    ------
    unittest.SkipTest
        If something is not there.

    Examples
    --------
    >>> skip_if_not_available(modules=["numpy"], configurations=["floatX"])
    """
    for module in modules or ():
        try:
            import_module(module)
        except ImportError:
            raise SkipTest(f"needs the module {module}") from None
    for dataset in datasets or ():
        try:
            find_in_data_path(dataset)
        except (OSError, DataError):
            raise SkipTest(f"needs {dataset} in the data path") from None
    for configuration in configurations or ():
        try:
            getattr(config, configuration)
        except (AttributeError, ConfigurationError):
            raise SkipTest(f"needs the setting {configuration}") from None


def skip_if_configuration_set(configuration: str, value: Any, message: str | None = None) -> None:
    """Skip the running test if a setting has a certain value.

    Parameters
    ----------
    configuration
        The name of the setting.
    value
        The value with which the test makes no sense.
    message
        The reason to show.

    Raises
    ------
    unittest.SkipTest
        If the setting has the value.

    Examples
    --------
    >>> skip_if_configuration_set("floatX", "float16")
    """
    if getattr(config, configuration) == value:
        raise SkipTest(message or f"makes no sense with {configuration} = {value!r}")


def mock_stream(num_examples: int = 10) -> DataStream:
    """Return a stream of single numbers from 0, of the source ``data``.

    Examples
    --------
    >>> list(mock_stream(2).get_epoch_iterator(as_dict=True))
    [{'data': 0}, {'data': 1}]
    """
    dataset = IndexableDataset({"data": list(range(num_examples))})
    return DataStream(dataset, iteration_scheme=SequentialExampleScheme(num_examples))


class MockAlgorithm(TrainingAlgorithm):
    """An algorithm that waits for each batch and learns nothing.

    Parameters
    ----------
    delay_time
        How long to wait, in seconds.

    Attributes
    ----------
    batches : list
        The batches so far.
    """

    def __init__(self, delay_time: float = 0) -> None:
        self.delay_time = delay_time
        self.batches: list[Any] = []
        self._initialized = False

    def initialize(self, **kwargs: Any) -> None:
        """Note that training starts."""
        self._initialized = True

    def process_batch(self, batch: Any) -> None:
        """Wait and note the batch."""
        if not self._initialized:
            raise RuntimeError(
                "MockAlgorithm: expected initialize() before process_batch(), got no such call."
            )
        self.batches.append(batch)
        time.sleep(self.delay_time)


class MockMainLoop(MainLoop):
    """A main loop with a mock algorithm on ten numbers.

    Parameters
    ----------
    delay_time
        How long the algorithm waits for each batch, in seconds.
    **kwargs
        As of :class:`~blocks.main_loop.MainLoop`; all are optional.

    Examples
    --------
    >>> from blocks.extensions import FinishAfter
    >>> main_loop = MockMainLoop(extensions=[FinishAfter(after_n_batches=3)])
    >>> main_loop.run()
    >>> main_loop.algorithm.batches
    [{'data': 0}, {'data': 1}, {'data': 2}]
    """

    def __init__(self, delay_time: float = 0, **kwargs: Any) -> None:
        kwargs.setdefault("algorithm", MockAlgorithm(delay_time))
        kwargs.setdefault("data_stream", mock_stream(10))
        super().__init__(**kwargs)
