"""Bricks and parameters found by their paths: ``/mlp/linear_0.W``.

Examples
--------
>>> from blocks.bricks import MLP, Tanh
>>> mlp = MLP([Tanh(), None], [4, 3, 2])
>>> mlp.allocate()
>>> Selector(mlp).select("/mlp/linear_1").bricks
[<Linear /mlp/linear_1: 3 -> 2>]
>>> Selector(mlp).select("/mlp/linear_1.b")
[b]
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from blocks.bricks.base import BRICK_DELIMITER, Brick, path_of
from blocks.errors import BrickError, described
from blocks.graph.variable import Variable
from blocks.representation import Represented

__all__ = ["Path", "Selector"]


class Path:
    """The way from a brick down to another, or to a parameter.

    Parameters
    ----------
    nodes
        Names as `BrickName`, and at the end perhaps one as `ParameterName`.

    Examples
    --------
    >>> path = Path.parse("/mlp/linear_0.W")
    >>> path.nodes, str(path)
    (('mlp', 'linear_0', 'W'), '/mlp/linear_0.W')
    >>> path == Path.parse("/mlp") + Path.parse("/linear_0.W")
    True
    """

    separator = BRICK_DELIMITER
    parameter_separator = "."
    separator_re = re.compile(f"([{separator}{parameter_separator}])")

    class BrickName(str):
        """The name of a brick in a path."""

        def part(self) -> str:
            """Return it as it is written in a path."""
            return Path.separator + self

    class ParameterName(str):
        """The name of a parameter in a path."""

        def part(self) -> str:
            """Return it as it is written in a path."""
            return Path.parameter_separator + self

    def __init__(self, nodes: Sequence[Path.BrickName | Path.ParameterName]) -> None:
        self.nodes = tuple(nodes)

    def __str__(self) -> str:
        return "".join(node.part() for node in self.nodes)

    def __repr__(self) -> str:
        return f"Path({str(self)!r})"

    def __add__(self, other: Path) -> Path:
        return Path(self.nodes + other.nodes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Path) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    @staticmethod
    def parse(string: str) -> Path:
        """Return the path that a string describes.

        Raises
        ------
        BrickError
            If it is none.
        """
        start, *elements = Path.separator_re.split(string)
        separators, names = elements[::2], elements[1::2]
        is_path = start == "" and names and all(names)
        if not is_path or Path.parameter_separator in separators[:-1]:
            raise BrickError(
                "Path: expected names of bricks, each after '/', and at the end perhaps that of "
                f"a parameter after '.', got {string!r}. Write it like '/mlp/linear_0.W'."
            )
        return Path(
            [
                Path.BrickName(name) if separator == Path.separator else Path.ParameterName(name)
                for separator, name in zip(separators, names, strict=True)
            ]
        )


class Selector(Represented):
    """Some bricks, from which paths start.

    Parameters
    ----------
    bricks
        A brick or several.

    Examples
    --------
    >>> from blocks.bricks import Linear
    >>> linear = Linear(2, 3)
    >>> linear.allocate()
    >>> list(Selector(linear).get_parameters())
    ['/linear.W', '/linear.b']
    """

    def __init__(self, bricks: Brick | Iterable[Brick]) -> None:
        self.bricks = [bricks] if isinstance(bricks, Brick) else list(bricks)

    def select(self, path: Path | str) -> Any:
        """Return what a path leads to.

        Parameters
        ----------
        path
            A path whose first name is that of one of the selected bricks.

        Returns
        -------
        A selector with the bricks of that path: one, none, or several if names repeat. If
        the path ends with the name of a parameter: the list of all parameters with that
        name of these bricks and of those below.

        Raises
        ------
        BrickError
            If the path is malformed, or is no path.
        """
        if not isinstance(path, Path | str):
            raise BrickError(
                f"Selector.select: expected a path, got {described(path)}. Write it like "
                "'/mlp/linear_0.W', or pass bricks to Selector."
            )
        nodes = (Path.parse(path) if isinstance(path, str) else path).nodes
        found, below = self.bricks, self.bricks
        for node in nodes:
            if isinstance(node, Path.ParameterName):
                return list(Selector(found).get_parameters(node).values())
            found = [brick for brick in below if brick.name == node]
            below = [child for brick in found for child in brick.children]
        return Selector(found)

    def get_parameters(self, parameter_name: str | None = None) -> OrderedDict[str, Variable]:
        """Return the parameters of the bricks and of those below, by path.

        Parameters
        ----------
        parameter_name
            Return those with this name only.

        Raises
        ------
        BrickError
            If two parameters have one path.
        """
        found: OrderedDict[str, Variable] = OrderedDict()
        for brick in self.bricks:
            for path, parameter in _parameters(brick, ""):
                if parameter_name is not None and parameter.name != parameter_name:
                    continue
                if found.setdefault(path, parameter) is not parameter:
                    raise BrickError(
                        f"{path_of(brick)}: expected parameters with paths of their own, got two "
                        f"with {path}. Pass another name= to one of the bricks."
                    )
        return found


def _parameters(brick: Brick, above: str) -> Iterator[tuple[str, Variable]]:
    """Return the parameters of a brick, then of those below, each with its path."""
    path = f"{above}{Path.separator}{brick.name}"
    for parameter in brick.parameters:
        if parameter is not None:
            yield f"{path}{Path.parameter_separator}{parameter.name}", parameter
    for child in brick.children:
        yield from _parameters(child, path)
