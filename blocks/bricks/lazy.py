"""Lazy arguments: settings of a brick that may be given after it was constructed.

`lazy` decorates a constructor and names arguments that may be left out. Those hold a
marker until they are set, by the user or by a parent that pushes its configuration:
`NoneAllocation` for what is needed to allocate parameters, `NoneInitialization` for what
is needed to initialize them. A marker that is still there then is an error.

Examples
--------
>>> from blocks.bricks import Linear
>>> linear = Linear(output_dim=10)
>>> linear.input_dim, linear.output_dim
(NoneAllocation, 10)
>>> linear.input_dim = 5
>>> linear.allocate()
>>> linear.W.get_value().shape
(5, 10)
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["LazyNone", "NoneAllocation", "NoneInitialization", "args_to_kwargs", "lazy"]


class LazyNone:
    """Marks a setting that is not known yet. There is one object per name.

    Parameters
    ----------
    name
        The name of the module's variable that holds the object.

    Examples
    --------
    >>> bool(NoneAllocation), NoneAllocation
    (False, NoneAllocation)
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:
        return self.name  # copies and pickles of the marker are the marker


NoneAllocation = LazyNone("NoneAllocation")
"""Marks a setting that must be known before parameters are allocated."""

NoneInitialization = LazyNone("NoneInitialization")
"""Marks a setting that must be known before parameters are initialized."""


def args_to_kwargs(args: Sequence[Any], f: Callable[..., Any]) -> dict[str, Any]:
    """Return positional arguments by the names that a function gives them.

    Examples
    --------
    >>> def f(x, y, z=3): ...
    >>> args_to_kwargs((1, 2), f)
    {'x': 1, 'y': 2}
    """
    return dict(inspect.signature(f).bind_partial(*args).arguments)


def lazy(
    allocation: Sequence[str] | None = None, initialization: Sequence[str] | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorate a constructor so that some of its arguments may be given later.

    Parameters
    ----------
    allocation
        The arguments needed by ``allocate()``.
    initialization
        The arguments needed by ``initialize()``.

    Notes
    -----
    The names are gathered in ``brick.allocation_args`` and ``brick.initialization_args``,
    over all classes of the brick; each must be an attribute (or property) of the brick.

    Examples
    --------
    >>> from blocks.bricks import Brick
    >>> class Scale(Brick):
    ...     @lazy(allocation=["dim"])
    ...     def __init__(self, dim, **kwargs):
    ...         super().__init__(**kwargs)
    ...         self.dim = dim
    >>> Scale().dim, Scale(3).dim, Scale().allocation_args
    (NoneAllocation, 3, ['dim'])
    """
    markers = {name: NoneAllocation for name in allocation or ()}
    markers |= {name: NoneInitialization for name in initialization or ()}

    def decorate(init: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(init)

        @functools.wraps(init)
        def lazy_init(self: Any, *args: Any, **kwargs: Any) -> None:
            self.allocation_args = [*getattr(self, "allocation_args", ()), *(allocation or ())]
            self.initialization_args = [
                *getattr(self, "initialization_args", ()),
                *(initialization or ()),
            ]
            try:
                bound = signature.bind_partial(self, *args, **kwargs)
            except TypeError as error:
                raise TypeError(f"{type(self).__name__}: {error}.") from None
            for name, marker in markers.items():
                bound.arguments.setdefault(name, marker)
            init(*bound.args, **bound.kwargs)

        return lazy_init

    return decorate
