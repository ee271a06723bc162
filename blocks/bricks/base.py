"""The brick: a parametrised operation with a life cycle.

A brick is constructed, allocated (its parameters come into being, full of NaN),
initialized (they get their first values) and applied to variables. Applying allocates by
itself. Bricks form a tree: a parent pushes its configuration to its children, allocates
and initializes them before itself, and applies them in its own applications.

============================ ===========================================================
the user (or a parent) calls a subclass overrides
============================ ===========================================================
push_allocation_config()     _push_allocation_config(): set what children need to allocate
allocate()                   _allocate(): append parameters to ``self.parameters``
push_initialization_config() _push_initialization_config(): set the children's schemes
initialize()                 _initialize(): give the parameters their first values
apply(x)                     the method under ``@application``
============================ ===========================================================

Each of the first four does the one above it first, if nobody has yet. How applications
work is explained in `blocks.bricks.application`, lazy arguments in `blocks.bricks.lazy`.
"""

from __future__ import annotations

import inspect
from abc import ABC
from collections import Counter
from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from blocks.bricks.application import (
    Application,
    BoundApplication,
    application,
    rename_function,
)
from blocks.bricks.calls import ApplicationCall, copy_and_tag, path_of
from blocks.bricks.lazy import LazyNone, NoneAllocation, NoneInitialization, args_to_kwargs, lazy
from blocks.bricks.members import Children, Parameters
from blocks.errors import BrickError, nearest
from blocks.graph.annotations import Annotation
from blocks.graph.variable import Variable
from blocks.notebook import code, tree
from blocks.representation import short

__all__ = [
    "BRICK_DELIMITER",
    "Application",
    "ApplicationCall",
    "BoundApplication",
    "Brick",
    "Children",
    "LazyNone",
    "NoneAllocation",
    "NoneInitialization",
    "Parameters",
    "application",
    "args_to_kwargs",
    "copy_and_tag",
    "lazy",
    "path_of",
    "rename_function",
]

BRICK_DELIMITER = "/"
"""What separates the names of bricks in a path."""


class Brick(Annotation, ABC):
    """A parametrised operation on variables, with a life cycle.

    Parameters
    ----------
    name
        Its name, by default the name of its class in lower case. It is a part of the
        paths of its parameters, so bricks with parameters need different names under a
        parent.
    children
        The bricks that it uses.

    Attributes
    ----------
    parents : list of Brick
        The bricks that have it as child.
    parameters : Parameters
        The shared variables that training changes.
    allocated, initialized : bool
        Whether that step of the life cycle has been done. Set them to ``False`` to have
        it done again.
    allocation_config_pushed, initialization_config_pushed : bool
        Whether the configuration has been pushed to the children.
    print_shapes : bool
        Whether to print the shapes of inputs and outputs when they are computed.

    Examples
    --------
    >>> import numpy as np
    >>> from blocks import tensor
    >>> from blocks.bricks import Linear
    >>> from blocks.initialization import Constant
    >>> linear = Linear(2, 3, weights_init=Constant(1), biases_init=Constant(0))
    >>> linear.initialize()
    >>> x = tensor.matrix("x")
    >>> linear.apply(x).eval({x: np.ones((1, 2))})
    array([[2., 2., 2.]])
    """

    print_shapes = False
    decorators: Iterable[Any] = ()

    _children: Children
    _parameters: Parameters

    def __init__(
        self, name: str | None = None, children: Iterable[Brick] | None = None, **unknown: Any
    ) -> None:
        cls = type(self).__name__
        if unknown:
            key = next(iter(unknown))
            known = [k for base in type(self).__mro__ for k in _argument_names(base)]
            raise TypeError(
                f"{cls}: expected only arguments that it knows, got {key}=."
                f"{nearest(key, dict.fromkeys(known))}"
            )
        if name is not None and (not isinstance(name, str) or BRICK_DELIMITER in name or not name):
            raise BrickError(
                f"{cls}: expected a name without {BRICK_DELIMITER!r}, got {name!r}. "
                "It is one part of the paths of parameters."
            )
        super().__init__()
        self.name = cls.lower() if name is None else name
        self.parents: list[Brick] = []
        self.allocated = False
        self.allocation_config_pushed = False
        self.initialized = False
        self.initialization_config_pushed = False
        self._allocated_auxiliary: list[Variable] = []
        self.children = children or ()
        self.parameters = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for decorator in vars(cls).get("decorators", ()):
            decorator(cls)

    def __repr__(self) -> str:
        dims = getattr(self, "dims", None)
        if not dims:
            dims = [getattr(self, name, None) for name in ("input_dim", "output_dim")]
            dims = [] if dims == [None, None] else dims
        sizes = " -> ".join(short(size) if size or size == 0 else "?" for size in dims)
        return f"<{type(self).__name__} {path_of(self)}{': ' if sizes else ''}{sizes}>"

    def _repr_html_(self) -> str:
        def line(brick: Brick) -> str:
            shapes = [f"{x.name} {x.array.shape}" for x in brick.parameters]
            return " ".join(map(code, [repr(brick)[1:-1], *shapes]))

        return tree(self, line, lambda brick: brick.children)

    @property
    def parameters(self) -> Parameters:
        """The shared variables that training changes."""
        return self._parameters

    @parameters.setter
    def parameters(self, value: Iterable[Variable]) -> None:
        self._parameters = Parameters(self, value)

    @property
    def children(self) -> Children:
        """The bricks that this one uses."""
        return self._children

    @children.setter
    def children(self, value: Iterable[Brick]) -> None:
        new = Children(self, value)
        if "_children" in vars(self):
            del self._children[:]
        self._children = new

    def allocate(self) -> None:
        """Create the parameters of this brick and of all below it, full of NaN.

        A brick that is allocated already keeps its parameters, unless its configuration
        has changed their names, shapes or dtypes. So a brick with two parents has one
        set of parameters.

        Raises
        ------
        BrickError
            If configuration is missing, or if two bricks or two parameters would share
            a path.
        """
        self._require(NoneAllocation, "allocation_args", "before its parameters are allocated")
        if not self.allocation_config_pushed:
            self.push_allocation_config()
        for child in self.children:
            child.allocate()
        self._check_names()
        if self.allocated:
            self._allocate_again()
        else:
            self._allocate_parameters()
        self.allocated = True

    def _allocate(self) -> None:
        """Append the parameters to ``self.parameters``; for subclasses."""

    def _allocate_parameters(self) -> None:
        self.parameters = ()
        recorded = [x for x in self.auxiliary_variables if x not in self._allocated_auxiliary]
        self.auxiliary_variables = []
        self._allocate()
        self._allocated_auxiliary = self.auxiliary_variables
        self.auxiliary_variables = [*recorded, *self._allocated_auxiliary]
        counts = Counter(x.name for x in self.parameters if x is not None)
        for name, count in counts.items():
            if count > 1 and name is not None:
                raise BrickError(
                    f"{path_of(self)}: expected parameters with different names, got {count} "
                    f"named {name!r}. Pass another name= to one of them."
                )

    def _allocate_again(self) -> None:
        """Allocate on trial: if the new parameters are like the old ones, keep those."""
        before = dict(vars(self))
        changed = False
        try:
            self._allocate_parameters()
            old, new = before["_parameters"], self._parameters
            changed = _kinds(old) != _kinds(new)
            if changed and len(self.parents) > 1:
                changed = False
                parents = " and ".join(sorted(path_of(parent) for parent in self.parents))
                raise BrickError(
                    f"{path_of(self)}: expected one configuration from its parents {parents}, "
                    f"got parameters {_listed(old)} and then {_listed(new)}. Use two bricks, or "
                    "configure the parents alike."
                )
        finally:
            if changed:
                self.initialized = False
            else:
                vars(self).clear()
                vars(self).update(before)

    def _check_names(self) -> None:
        """Raise if two children with parameters have one name."""
        named: dict[str, Brick] = {}
        for child in self.children:
            if not _has_parameters(child):
                continue
            other = named.setdefault(child.name, child)
            if other is not child:
                kinds = " and ".join(type(brick).__name__ for brick in (other, child))
                raise BrickError(
                    f"{path_of(self)}: expected children with different names, got two named "
                    f"{child.name!r} ({kinds}), whose parameters would share the path "
                    f"{path_of(self)}/{child.name}. Pass another name= to one of them."
                )

    def initialize(self) -> None:
        """Give the parameters of this brick and of all below it their first values.

        Raises
        ------
        BrickError
            If a scheme is missing.
        """
        self._require(NoneInitialization, "initialization_args", "before it is initialized")
        if not self.allocated:
            self.allocate()
        if not self.initialization_config_pushed:
            self.push_initialization_config()
        for child in self.children:
            child.initialize()
        try:
            self._initialize()
        except AttributeError as error:
            # ``self.weights_init.initialize(...)`` where nobody has set weights_init.
            if error.name != "initialize" or error.obj is not None:
                raise
            missing = [key.lstrip("_") for key, value in vars(self).items() if value is None]
            missing = [key for key in missing if key.endswith("_init")]
            raise BrickError(
                f"{path_of(self)}: expected {' and '.join(missing) or 'a scheme'} before it is "
                "initialized, got none. Pass a scheme of blocks.initialization to the brick "
                "or to one of its parents."
            ) from None
        self.initialized = True

    def _initialize(self) -> None:
        """Give the parameters their first values; for subclasses."""

    def push_allocation_config(self) -> None:
        """Push to the children, and theirs, what they need to be allocated."""
        self._push_allocation_config()
        self.allocation_config_pushed = True
        for child in self.children:
            try:
                child.push_allocation_config()
            except Exception:
                self.allocation_config_pushed = False
                raise

    def _push_allocation_config(self) -> None:
        """Set attributes of the children before allocation; for subclasses."""

    def push_initialization_config(self) -> None:
        """Push to the children, and theirs, what they need to be initialized."""
        self._push_initialization_config()
        self.initialization_config_pushed = True
        for child in self.children:
            try:
                child.push_initialization_config()
            except Exception:
                self.initialization_config_pushed = False
                raise

    def _push_initialization_config(self) -> None:
        """Set attributes of the children before initialization; for subclasses."""

    def get_dim(self, name: str) -> int:
        """Return the dimension of an input or output by its name.

        Raises
        ------
        BrickError
            If the brick has no such input or output.
        """
        raise BrickError(
            f"{path_of(self)}: expected the name of an input or output with a dimension, got "
            f"{name!r}."
        )

    def get_dims(self, names: Iterable[str]) -> list[int]:
        """Return the dimensions of several inputs or outputs."""
        return [self.get_dim(name) for name in names]

    def get_unique_path(self) -> list[Brick]:
        """Return the bricks from a root of the tree down to this one.

        Of several parents the one whose name comes first in the alphabet counts.
        """
        path: list[Brick] = [self]
        while path[-1].parents:
            path.append(min(path[-1].parents, key=attrgetter("name")))
        return path[::-1]

    def get_hierarchical_name(self, parameter: Variable, delimiter: str = BRICK_DELIMITER) -> str:
        """Return the path of a parameter, such as ``/mlp/linear_0.W``.

        Parameters
        ----------
        parameter
            A parameter of this brick.
        delimiter
            What to put before each brick of the path.
        """
        names = [brick.name for brick in self.get_unique_path()]
        return f"{''.join(delimiter + name for name in names)}.{parameter.name}"

    def _require(self, marker: LazyNone, lists: str, when: str) -> None:
        names = dict.fromkeys(getattr(self, lists, ()))
        missing = [name for name in names if getattr(self, name) is marker]
        if missing:
            given = ", ".join(f"{name}=..." for name in missing)
            raise BrickError(
                f"{path_of(self)}: expected {' and '.join(missing)} {when}, got none. "
                f"Pass {given} to {type(self).__name__}, or set it on the brick or a parent."
            )


def _argument_names(cls: type) -> list[str]:
    """Return the names of the arguments that the constructor of one class declares."""
    init = vars(cls).get("__init__")
    if not inspect.isfunction(init):
        return []
    parameters = inspect.signature(init).parameters.values()
    return [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD and p.name != "self"]


def _has_parameters(brick: Brick) -> bool:
    return len(brick.parameters) > 0 or any(map(_has_parameters, brick.children))


def _kinds(parameters: Iterable[Variable]) -> list[Any]:
    return [None if x is None else (x.name, x.type) for x in parameters]


def _listed(parameters: Iterable[Variable]) -> str:
    return ", ".join(f"{x.name} {x.type.sizes()}" for x in parameters if x is not None)
