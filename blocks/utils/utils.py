"""Small functions on lists, dictionaries and exceptions that know nothing of graphs."""

from __future__ import annotations

import contextlib
import sys
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

__all__ = [
    "change_recursion_limit",
    "dict_subset",
    "dict_union",
    "extract_args",
    "find_bricks",
    "ipdb_breakpoint",
    "pack",
    "print_shape",
    "print_sum",
    "repr_attrs",
    "reraise_as",
    "unpack",
]


def pack(arg: Any) -> list[Any]:
    """Return the items of a list, tuple or dict as a list, anything else as a list of one.

    Examples
    --------
    >>> pack((1, 2)), pack({"a": 3}), pack("one")
    ([1, 2], [3], ['one'])
    """
    if isinstance(arg, list | tuple):
        return list(arg)
    if isinstance(arg, Mapping):
        return list(arg.values())
    return [arg]


def unpack(arg: Any, singleton: bool = False) -> Any:
    """Return the item of a list or tuple of one, anything else as it is.

    Parameters
    ----------
    arg
        Anything.
    singleton
        Whether a list or tuple must have exactly one item.

    Raises
    ------
    ValueError
        If `singleton` is true and a list or tuple has another length.

    Examples
    --------
    >>> unpack([1]), unpack([1, 2]), unpack("one")
    (1, [1, 2], 'one')
    """
    if isinstance(arg, list | tuple):
        if len(arg) == 1:
            return arg[0]
        if singleton:
            raise ValueError(f"unpack: expected exactly one item, got {len(arg)}: {arg!r}.")
    return arg


def dict_subset(
    dict_: Any, keys: Iterable[Any], pop: bool = False, must_have: bool = True
) -> OrderedDict[Any, Any]:
    """Return the entries of a dictionary at some keys, in the order of the keys.

    Parameters
    ----------
    dict_
        The dictionary.
    keys
        The keys to take.
    pop
        Whether to remove the entries from `dict_`.
    must_have
        Whether a key that is not there is an error; otherwise it is left out.

    Raises
    ------
    KeyError
        If a key is not there and `must_have` is true.

    Examples
    --------
    >>> list(dict_subset({"a": 1, "b": 2}, ["b", "c"], must_have=False).items())
    [('b', 2)]
    """
    subset: OrderedDict[Any, Any] = OrderedDict()
    for key in keys:
        if must_have or key in dict_:
            subset[key] = dict_.pop(key) if pop else dict_[key]
    return subset


def dict_union(*dicts: Mapping[Any, Any], **kwargs: Any) -> OrderedDict[Any, Any]:
    """Return one dictionary with the entries of several, which must not share keys.

    Raises
    ------
    ValueError
        If a key occurs twice.

    Examples
    --------
    >>> list(dict_union({"a": 1}, {"b": 2}, c=3).items())
    [('a', 1), ('b', 2), ('c', 3)]
    """
    union: OrderedDict[Any, Any] = OrderedDict()
    for entries in (*dicts, kwargs):
        twice = [key for key in entries if key in union]
        if twice:
            raise ValueError(
                "dict_union: expected every key once, got "
                f"{', '.join(map(repr, twice))} twice. Rename or leave out one of them."
            )
        union.update(entries)
    return union


def repr_attrs(instance: Any, *attrs: str) -> str:
    """Return a text like ``<module.Class object at 0x7f...: attr=value>``.

    Examples
    --------
    >>> repr_attrs(3 + 4j, "imag")  # doctest: +ELLIPSIS
    '<builtins.complex object at 0x...: imag=4.0>'
    """
    kind = type(instance)
    values = ", ".join(f"{attr}={getattr(instance, attr)}" for attr in attrs)
    described = f": {values}" if values else ""
    return f"<{kind.__module__}.{kind.__name__} object at {id(instance):#x}{described}>"


def reraise_as(new_exc: Exception | str) -> NoReturn:
    """Raise another exception in place of the one being handled, which becomes its cause.

    The message tells of both, so that nothing is lost where only the message is shown. In new
    code prefer ``raise ... from error``.

    Parameters
    ----------
    new_exc
        The exception, or the message for a new one of the same class.

    Raises
    ------
    Exception
        `new_exc`, always; RuntimeError where no exception is being handled.

    Examples
    --------
    >>> try:
    ...     int("one")
    ... except ValueError:
    ...     try:
    ...         reraise_as(KeyError("no number"))
    ...     except KeyError as error:
    ...         print(type(error.__cause__).__name__)
    ValueError
    """
    original = sys.exc_info()[1]
    if original is None:
        raise RuntimeError(
            "reraise_as: expected an exception that is being handled, got none. "
            "Call it in an `except` block."
        )
    error: BaseException = type(original)(new_exc) if isinstance(new_exc, str) else new_exc
    if getattr(original, "reraised", False):
        told = str(original.args[0])
    else:
        told = ", ".join(map(str, original.args))
    message = ", ".join(map(str, error.args))
    message += f"\n\nOriginal exception:\n\t{type(original).__name__}" + (told and f": {told}")
    error.args = (message, *error.args[1:])
    error.reraised = True  # type: ignore[attr-defined]
    raise error.with_traceback(original.__traceback__) from original


def ipdb_breakpoint(x: Any) -> None:
    """Stop in the debugger; a hook for ``put_hook``, with the value at hand as `x`."""
    breakpoint()


def print_sum(x: Any, header: str | None = None) -> None:
    """Print the sum of an array; a hook for ``put_hook``.

    Examples
    --------
    >>> import numpy as np
    >>> print_sum(np.ones(3), header="ones")
    ones 3.0
    """
    print(*([] if header is None else [header]), x.sum())


def print_shape(x: Any, header: str | None = None) -> None:
    """Print the shape of an array; a hook for ``put_hook``.

    Examples
    --------
    >>> import numpy as np
    >>> print_shape(np.ones((3, 2)))
    (3, 2)
    """
    print(*([] if header is None else [header]), x.shape)


@contextlib.contextmanager
def change_recursion_limit(limit: int | None) -> Iterator[None]:
    """Change Python's recursion limit inside a ``with`` block, and restore it after it.

    Parameters
    ----------
    limit
        The limit; None leaves it as it is.

    Examples
    --------
    >>> with change_recursion_limit(5000):
    ...     sys.getrecursionlimit()
    5000
    """
    before = sys.getrecursionlimit()
    if limit is not None:
        sys.setrecursionlimit(limit)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def extract_args(expected: Sequence[str], *args: Any, **kwargs: Any) -> OrderedDict[str, Any]:
    """Match positional and keyword arguments with names known at run time only.

    Parameters
    ----------
    expected
        The names of the arguments, in order.
    *args, **kwargs
        The arguments of a call.

    Returns
    -------
    OrderedDict
        The values by name, in the order of `expected`.

    Raises
    ------
    KeyError
        If a keyword is not among the expected names.
    TypeError
        If there are too many positional arguments, or one is given by keyword too.
    ValueError
        If an argument is missing.

    Examples
    --------
    >>> list(extract_args(["x", "mask"], 1, mask=2).items())
    [('x', 1), ('mask', 2)]
    """
    names = f"the arguments {', '.join(expected)}"
    if len(args) > len(expected):
        raise TypeError(f"extract_args: expected {names}, got {len(args)} positional ones.")
    unknown = [name for name in kwargs if name not in expected]
    if unknown:
        raise KeyError(f"extract_args: expected {names}, got {', '.join(unknown)} too.")
    routed = dict(zip(expected, args, strict=False))
    twice = [name for name in kwargs if name in routed]
    if twice:
        raise TypeError(f"extract_args: expected each argument once, got {', '.join(twice)} twice.")
    routed.update(kwargs)
    missing = [name for name in expected if name not in routed]
    if missing:
        raise ValueError(f"extract_args: expected {names}, got no {', '.join(missing)}.")
    return OrderedDict((name, routed[name]) for name in expected)


def find_bricks(top_bricks: Iterable[Any], predicate: Callable[[Any], bool]) -> list[Any]:
    """Return the bricks of some trees that satisfy `predicate`, parents first, each once.

    Parameters
    ----------
    top_bricks
        The roots; anything with an attribute ``children`` will do.
    predicate
        Says of a brick whether to return it.
    """
    found = []
    visited: set[Any] = set()
    to_visit = deque(top_bricks)
    while to_visit:
        brick = to_visit.popleft()
        if brick in visited:
            continue
        visited.add(brick)
        if predicate(brick):
            found.append(brick)
        to_visit.extend(brick.children)
    return found
