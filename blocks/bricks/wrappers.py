"""Wrappers: change all applications of a brick class at once."""

from __future__ import annotations

import functools
import operator
from abc import ABC, abstractmethod
from typing import Any

from blocks.bricks.application import Application, application, rename_function
from blocks.errors import ShapeError
from blocks.graph.variable import Variable
from blocks.representation import Represented

__all__ = ["BrickWrapper", "WithExtraDims"]


class BrickWrapper(Represented, ABC):
    """Interface of wrappers, to be listed in ``decorators`` of a brick class.

    A class that says ``decorators = [WithExtraDims()]`` gets a wrapped version of each
    application that it has or inherits.
    """

    def __call__(self, brick_class: type) -> None:
        """Wrap every application of a class, those of its base classes too."""
        found: dict[str, Application] = {}
        for cls in reversed(brick_class.__mro__):
            found.update({k: v for k, v in vars(cls).items() if isinstance(v, Application)})
        for wrapped in found.values():
            namespace: dict[str, Any] = {}
            self.wrap(wrapped, namespace)
            for name, value in namespace.items():
                setattr(brick_class, name, value)
                if isinstance(value, Application):
                    value.__set_name__(brick_class, name)

    @abstractmethod
    def wrap(self, wrapped: Application, namespace: dict[str, Any]) -> None:
        """Put a wrapped version of an application, under its name, into `namespace`."""


class WithExtraDims(BrickWrapper):
    """Lets applications that expect (batch, features) take inputs with more axes.

    A wrapped application takes ``extra_ndim``: the first ``extra_ndim + 1`` axes of each
    input are joined into one, and split again in each output. They must be the same for
    all inputs.

    Examples
    --------
    >>> import numpy as np
    >>> from blocks.bricks import NDimensionalSoftmax
    >>> x = np.zeros((2, 3, 4))
    >>> NDimensionalSoftmax().apply(x, extra_ndim=1).eval().shape
    (2, 3, 4)
    """

    def wrap(self, wrapped: Application, namespace: dict[str, Any]) -> None:
        """Put an application that takes ``extra_ndim`` into `namespace`."""
        name = wrapped.name

        def apply(
            self: Any, application: Any, *args: Any, extra_ndim: int = 0, **kwargs: Any
        ) -> Any:
            if not extra_ndim:
                return wrapped(self, *args, **kwargs)
            kwargs.update(zip(application.inputs, args, strict=False))
            inputs = {k: v for k, v in kwargs.items() if isinstance(v, Variable)}
            for key, x in inputs.items():
                if x.ndim <= extra_ndim:
                    raise ShapeError(
                        f"{application}: expected {key} with at least {extra_ndim + 1} axes for "
                        f"extra_ndim={extra_ndim}, got {x.type}."
                    )
                kwargs[key] = _join_first(x, extra_ndim + 1)
            first = next(iter(inputs.values()))
            sizes = [first.shape[axis] for axis in range(extra_ndim + 1)]
            outputs = wrapped(self, as_list=True, **kwargs)
            return [_split_first(y, sizes) for y in outputs]

        def apply_delegate(self: Any) -> Any:
            return wrapped.__get__(self)

        made = application(rename_function(apply, name))
        made.__doc__ = f"{wrapped.__doc__}\n\nTakes ``extra_ndim`` more axes in front."
        namespace[name] = made
        namespace[f"{name}_delegate"] = made.delegate(
            rename_function(apply_delegate, f"{name}_delegate")
        )


def _join_first(x: Variable, count: int) -> Variable:
    """Return `x` with its first axes joined into one."""
    rest = [x.shape[axis] for axis in range(count, x.ndim)]
    size = functools.reduce(operator.mul, (x.shape[axis] for axis in range(count)))
    joined: Variable = x.reshape([size, *rest], ndim=1 + len(rest))
    return joined


def _split_first(y: Variable, sizes: list[Variable]) -> Variable:
    """Return `y` with its first axis split into axes of the given sizes."""
    rest = [y.shape[axis] for axis in range(1, y.ndim)]
    split: Variable = y.reshape([*sizes, *rest], ndim=len(sizes) + len(rest))
    return split
