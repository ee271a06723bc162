"""The bases of extensions that run under conditions set by their users."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from blocks.errors import nearest
from blocks.extensions.callbacks import CALLBACK_NAMES, CallbackName, TrainingExtension
from blocks.extensions.predicates import Predicate, always_true, has_done_epochs
from blocks.older import warn_older

__all__ = ["CompositeExtension", "SimpleExtension", "TrainingExtension"]

_CALLBACK_OF_TRIGGER = {
    "before_first_epoch": "before_epoch",
    "every_n_epochs": "after_epoch",
    "after_n_epochs": "after_epoch",
    "every_n_batches": "after_batch",
    "after_n_batches": "after_batch",
}
_OLDER_TRIGGERS = {"after_every_epoch": "after_epoch", "after_every_batch": "after_batch"}


class SimpleExtension(TrainingExtension):
    """An extension that does one thing, :meth:`do`, under the conditions that its user sets.

    Parameters
    ----------
    before_training, before_first_epoch, before_epoch, before_batch : bool
        Run at that moment.
    after_batch, after_epoch, after_training : bool
        Run at that moment.
    on_resumption, on_error, on_interrupt : bool
        Run at that moment.
    every_n_epochs, every_n_batches : int
        Run after each epoch or batch whose number is a multiple of this one.
    after_n_epochs, after_n_batches : int
        Run once, after the epoch or batch of this number.
    name : str, optional
        The name to find the extension by.

    Notes
    -----
    Several conditions may hold at the same moment; then :meth:`do` runs once for each of them.

    Examples
    --------
    >>> class Hello(SimpleExtension):
    ...     def do(self, which_callback, *args):
    ...         print("hello at", which_callback)
    >>> extension = Hello(every_n_epochs=2, after_training=True)
    >>> [name for name, predicate, arguments in extension.conditions]
    ['after_epoch', 'after_training']
    """

    BOOLEAN_TRIGGERS = frozenset(
        [
            "before_training",
            "before_first_epoch",
            "before_epoch",
            "before_batch",
            "on_resumption",
            "on_interrupt",
            "on_error",
            "after_epoch",
            "after_batch",
            "after_training",
        ]
    )
    INTEGER_TRIGGERS = frozenset(
        ["after_n_epochs", "after_n_batches", "every_n_epochs", "every_n_batches"]
    )

    def __init__(self, **kwargs: Any) -> None:
        self._conditions: list[tuple[str, Callable[[Any], bool], tuple[Any, ...]]] = []
        triggers = self.BOOLEAN_TRIGGERS | self.INTEGER_TRIGGERS | _OLDER_TRIGGERS.keys()
        conditions = {key: value for key, value in kwargs.items() if key in triggers}
        super().__init__(**{key: value for key, value in kwargs.items() if key not in triggers})
        self.set_conditions(**conditions)

    @property
    def conditions(self) -> tuple[tuple[str, Callable[[Any], bool], tuple[Any, ...]], ...]:
        """All conditions, each a callback's name, a predicate on the log and arguments."""
        return tuple(self._conditions)

    def _arguments(self) -> Iterator[str]:
        yield from super()._arguments()
        when = dict.fromkeys(callback for callback, _, _ in self._conditions)
        if when:
            yield f"when={list(when)}"

    def set_conditions(self, **kwargs: Any) -> SimpleExtension:
        """Replace all conditions by the given triggers, and return the extension.

        Parameters
        ----------
        **kwargs
            Triggers as in the constructor. False, None and 0 mean that one is off.

        Raises
        ------
        TypeError
            If a trigger does not exist or its value has the wrong type.
        ValueError
            If a number is negative or not whole.
        """
        conditions = [
            self._condition(trigger, value) for trigger, value in self._known(kwargs).items()
        ]
        self._conditions[:] = [condition for condition in conditions if condition is not None]
        self._note_callbacks()
        return self

    def _known(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        """Return the triggers under their present names."""
        known = sorted(self.BOOLEAN_TRIGGERS | self.INTEGER_TRIGGERS)
        triggers = {}
        for key, value in kwargs.items():
            trigger = _OLDER_TRIGGERS.get(key, key)
            if trigger != key:
                warn_older(type(self).__name__, key, trigger)
            if trigger not in known:
                raise TypeError(
                    f"{type(self).__name__}: expected one of the triggers {', '.join(known)}, "
                    f"got {key!r}.{nearest(key, known)}"
                )
            triggers[trigger] = value
        return triggers

    def _condition(
        self, trigger: str, value: Any
    ) -> tuple[str, Callable[[Any], bool], tuple[Any, ...]] | None:
        name = _CALLBACK_OF_TRIGGER.get(trigger, trigger)
        if not value:
            return None
        if trigger in self.BOOLEAN_TRIGGERS:
            return name, has_done_epochs if trigger == "before_first_epoch" else always_true, ()
        where = f"{type(self).__name__}: expected {trigger} to be a whole number above 0"
        if isinstance(value, bool) or not hasattr(value, "__int__"):
            raise TypeError(f"{where}, got {value!r}.")
        if int(value) != value or value < 0:
            raise ValueError(f"{where}, got {value!r}.")
        return name, Predicate(trigger, int(value)), ()

    def add_condition(
        self,
        callbacks_names: Sequence[str],
        predicate: Callable[[Any], bool] | None = None,
        arguments: Iterable[Any] | None = None,
    ) -> SimpleExtension:
        """Add a condition to run under, and return the extension.

        Parameters
        ----------
        callbacks_names
            A list or tuple of names of callbacks.
        predicate
            Given the log, says whether to run; always by default.
        arguments
            Further arguments for :meth:`do`, after those of the callback.

        Raises
        ------
        ValueError
            If `callbacks_names` is not a list or tuple of names of callbacks.

        Examples
        --------
        >>> from blocks.extensions import FinishAfter
        >>> from blocks.extensions.predicates import OnLogRecord
        >>> extension = FinishAfter().add_condition(["after_batch"], OnLogRecord("cost_is_nan"))
        """
        if not isinstance(callbacks_names, list | tuple):
            raise ValueError(
                f"{type(self).__name__}: expected a list or tuple of names of callbacks, got "
                f"{callbacks_names!r}. Put it in brackets."
            )
        for name in callbacks_names:
            if str(name) not in CALLBACK_NAMES:
                raise ValueError(
                    f"{type(self).__name__}: expected names of the callbacks "
                    f"{', '.join(CALLBACK_NAMES)}, got {name!r}.{nearest(name, CALLBACK_NAMES)}"
                )
        given = () if arguments is None else tuple(arguments)
        for name in callbacks_names:
            self._conditions.append((str(name), predicate or always_true, given))
        self._note_callbacks()
        return self

    def _note_callbacks(self) -> None:
        if type(self).dispatch is SimpleExtension.dispatch:  # another one may do more
            self.acts_at = frozenset(name for name, _, _ in self._conditions)

    def do(self, which_callback: CallbackName, *args: Any) -> None:
        """Do what the extension is for; to be overridden.

        Parameters
        ----------
        which_callback
            The name of the callback at which it runs.
        *args
            The arguments of the callback, then those of the condition; see :meth:`parse_args`.
        """
        raise NotImplementedError(
            f"{type(self).__name__}: expected a method do(which_callback, *args), got none. "
            "Define it."
        )

    def dispatch(self, callback_invoked: str, *from_main_loop: Any) -> None:
        """Run :meth:`do` once for each condition that holds at a callback."""
        invoked = str(callback_invoked)
        for name, predicate, arguments in self._conditions:
            if name == invoked and predicate(self.main_loop.log):
                self.do(CallbackName(invoked), *from_main_loop, *arguments)

    @staticmethod
    def parse_args(
        which_callback: str, args: Iterable[Any]
    ) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Separate the arguments of :meth:`do` into the main loop's and the condition's.

        Parameters
        ----------
        which_callback
            The name of the callback.
        args
            The arguments that :meth:`do` was given.

        Returns
        -------
        from_main_loop : tuple
            The batch or the exception, for the callbacks that have one.
        from_user : tuple
            The arguments that came with the condition.

        Examples
        --------
        >>> SimpleExtension.parse_args("after_batch", [{"features": 1}, "best.tar"])
        (({'features': 1},), ('best.tar',))
        """
        args = tuple(args)
        if str(which_callback) in ("before_batch", "after_batch", "on_error"):
            return args[:1], args[1:]
        return (), args


class CompositeExtension(SimpleExtension):
    """Several extensions that work as one.

    Each has its own conditions; those given here decide about :meth:`do` of the composite.

    Parameters
    ----------
    sub_extensions
        The extensions, in the order in which they run.
    run_before_children
        Whether :meth:`do` comes before them rather than after them.
    **kwargs
        As of :class:`SimpleExtension`.
    """

    def __init__(
        self,
        sub_extensions: Iterable[TrainingExtension],
        run_before_children: bool = True,
        **kwargs: Any,
    ) -> None:
        self.sub_extensions = list(sub_extensions)
        self.run_before_children = run_before_children
        super().__init__(**kwargs)

    def dispatch(self, callback_invoked: str, *from_main_loop: Any) -> None:
        """Run the sub-extensions at a callback, and :meth:`do` before or after them."""
        if self.run_before_children:
            super().dispatch(callback_invoked, *from_main_loop)
        for extension in self.sub_extensions:
            extension.dispatch(callback_invoked, *from_main_loop)
        if not self.run_before_children:
            super().dispatch(callback_invoked, *from_main_loop)

    @property
    def main_loop(self) -> Any:
        """The main loop that the extension and all sub-extensions serve."""
        return TrainingExtension.main_loop.__get__(self)

    @main_loop.setter
    def main_loop(self, value: Any) -> None:
        self._main_loop = value
        for extension in self.sub_extensions:
            extension.main_loop = value

    def do(self, which_callback: CallbackName, *args: Any) -> None:
        """Do nothing beyond what the sub-extensions do."""
