"""What every extension of the main loop has: callbacks that the main loop calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from blocks.errors import nearest
from blocks.representation import Represented

__all__ = [
    "CALLBACK_NAMES",
    "CallbackName",
    "TrainingExtension",
    "callback",
]

F = TypeVar("F", bound=Callable[..., Any])


def callback(func: F) -> F:
    """Mark a method of an extension as one that the main loop calls.

    Examples
    --------
    >>> @callback
    ... def before_lunch(self):
    ...     pass
    >>> before_lunch._is_callback
    True
    """
    func._is_callback = True  # type: ignore[attr-defined]
    return func


class TrainingExtension(Represented):
    """The base class of all extensions: does nothing at every callback.

    A subclass overrides the callbacks it needs. Where the same work is to be done at callbacks
    that the user chooses, derive from :class:`SimpleExtension` instead.

    Parameters
    ----------
    name
        The name to find the extension by; the class name by default.

    Attributes
    ----------
    main_loop : MainLoop
        The main loop that the extension serves; set when training starts.
    acts_at : frozenset of str or None
        The callbacks at which :meth:`dispatch` does something; None if it may at any of them.

    Examples
    --------
    >>> class Hello(TrainingExtension):
    ...     def after_batch(self, batch):
    ...         print("hello")
    >>> Hello().dispatch(CallbackName("after_batch"), {})
    hello
    """

    BOOLEAN_TRIGGERS: frozenset[str] = frozenset()
    INTEGER_TRIGGERS: frozenset[str] = frozenset()
    acts_at: frozenset[str] | None = None

    def __init__(self, name: str | None = None, **unknown: Any) -> None:
        if unknown:
            triggers = sorted(self.BOOLEAN_TRIGGERS | self.INTEGER_TRIGGERS)
            known = ["name", *triggers]
            hints = "".join(nearest(key, known) for key in unknown)
            raise TypeError(
                f"{type(self).__name__}: expected its own arguments, name"
                + (f" or the triggers {', '.join(triggers)}" if triggers else "")
                + f", got {', '.join(map(repr, unknown))}.{hints}"
            )
        self.name = type(self).__name__ if name is None else name

    @property
    def main_loop(self) -> Any:
        """The main loop that the extension serves."""
        try:
            return self._main_loop
        except AttributeError:
            raise ValueError(
                f"{type(self).__name__} {getattr(self, 'name', '')!r}: expected a main loop, got "
                "none. Pass it in `extensions` of MainLoop; run() sets `main_loop`."
            ) from None

    @main_loop.setter
    def main_loop(self, value: Any) -> None:
        self._main_loop = value

    def dispatch(self, callback_name: str, *args: Any) -> None:
        """Run what the extension does at a callback.

        The main loop calls this, and nothing else, at every callback in `acts_at`.

        Parameters
        ----------
        callback_name
            The name of the callback.
        *args
            The arguments of the callback.
        """
        getattr(self, str(callback_name))(*args)

    @callback
    def on_resumption(self) -> None:
        """Run after training was resumed, before its first epoch or batch."""

    @callback
    def on_error(self, exception: Exception) -> None:
        """Run after an exception stopped training, before it is raised again."""

    @callback
    def before_training(self) -> None:
        """Run before the algorithm is initialised."""

    @callback
    def before_epoch(self) -> None:
        """Run before the first batch of an epoch is read."""

    @callback
    def before_batch(self, batch: dict[str, Any]) -> None:
        """Run after a batch was read, before it is processed."""

    @callback
    def after_batch(self, batch: dict[str, Any]) -> None:
        """Run after a batch was processed and counted."""

    @callback
    def after_epoch(self) -> None:
        """Run after an epoch was done and counted."""

    @callback
    def after_training(self) -> None:
        """Run after training came to its end, also by an interrupt, but not by an exception."""

    @callback
    def on_interrupt(self) -> None:
        """Run between two batches, once an interrupt was received."""


CALLBACK_NAMES = tuple(
    name for name, value in vars(TrainingExtension).items() if getattr(value, "_is_callback", False)
)
"""The names of all callbacks."""


class CallbackName(str):
    """The name of a callback, which may be compared with names of callbacks only.

    A trigger is not a callback: ``before_first_epoch`` arrives in ``do`` as ``before_epoch``.
    So a comparison that can never hold is an error.

    Raises
    ------
    TypeError
        On comparison with a string that names no callback.

    Examples
    --------
    >>> CallbackName("after_epoch") == "after_epoch"
    True
    >>> CallbackName("after_epoch") == "every_n_epochs"
    Traceback (most recent call last):
    ...
    TypeError: CallbackName: expected the name of a callback, got 'every_n_epochs'. Compare with \
one of on_resumption, on_error, before_training, before_epoch, before_batch, after_batch, \
after_epoch, after_training, on_interrupt.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str) and str.__str__(other) not in CALLBACK_NAMES:
            raise TypeError(
                f"CallbackName: expected the name of a callback, got {str(other)!r}. "
                f"Compare with one of {', '.join(CALLBACK_NAMES)}."
            )
        return str.__eq__(self, other) is True

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__
