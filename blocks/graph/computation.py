"""`ComputationGraph`: the variables behind some outputs, to query and to transform.

Examples
--------
>>> from blocks import tensor
>>> x, y = tensor.scalars("x", "y")
>>> graph = ComputationGraph(x * y + 1)
>>> graph.inputs
[x, y]
>>> graph.replace({x: 2 * x}).get_theano_function()(3.0, 4.0)
[array(25.)]
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy.typing as npt

from blocks.errors import GraphError, described, listed, nearest
from blocks.graph.annotations import Annotation
from blocks.graph.backend import compile_function
from blocks.graph.default_updates import default_updates
from blocks.graph.loop_replacement import replaced_loops
from blocks.graph.notebook import sections_html
from blocks.graph.op import as_variable
from blocks.graph.replacement import Replacement
from blocks.graph.traversal import explicit_inputs, inner_variables, toposort, variables
from blocks.graph.variable import Constant, SharedVariable, Variable
from blocks.representation import short_line
from blocks.roles import AUXILIARY, PARAMETER, has_roles

__all__ = ["ComputationGraph"]


class ComputationGraph:
    """The graph of everything that some outputs are computed from.

    Parameters
    ----------
    outputs
        A variable, or several.

    Attributes
    ----------
    outputs : list of Variable
        What the graph computes.
    variables : list of Variable
        Every variable of the graph, inputs before what uses them: those that `outputs`
        depend on, then the auxiliary variables of their annotations with what these
        depend on. The order is the same in every run.
    replaced : dict of Variable to Variable
        If `replace` made this graph: what became of each variable of the old one.

    Raises
    ------
    GraphError
        If an output is not a variable.
    """

    def __init__(self, outputs: Variable | Iterable[Variable]) -> None:
        self.outputs = [outputs] if isinstance(outputs, Variable) else _listed(outputs)
        for x in self.outputs:
            if not isinstance(x, Variable):
                raise GraphError(
                    f"ComputationGraph: expected variables as outputs, got {described(x)}. "
                    "Pass what blocks.tensor and bricks return."
                )
        self.replaced: dict[Variable, Variable] = {}
        self._main = variables(self.outputs)
        self._versions: list[Mapping[Variable, Variable]] = []
        self._auxiliary: dict[Variable, Variable] = {}
        self.variables = self._with_auxiliary()
        self._depending: dict[Variable, bool] | None = None

    def __iter__(self) -> Iterator[Variable]:
        """Iterate over `variables`."""
        return iter(self.variables)

    def __repr__(self) -> str:
        """Return the outputs, for messages."""
        return short_line(f"<{type(self).__name__} of {listed(self.outputs, most=4)}>")

    def _repr_html_(self) -> str:
        kinds = ("inputs", "parameters", "auxiliary_variables", "outputs")
        sections = {kind.replace("_", " "): getattr(self, kind) for kind in kinds}
        return sections_html(type(self).__name__, sections)

    def _with_auxiliary(self) -> list[Variable]:
        """Add the auxiliary variables of all annotations, and what they depend on."""
        found = dict.fromkeys(self._main)
        versions = {id(version): version for version in self._versions}
        seen: set[Annotation] = set()
        pending = self._main
        while pending:
            new: list[Variable] = []
            for x in pending:
                if not x.is_noted:
                    continue
                version = getattr(x.tag, "auxiliary_versions", None)
                if version is not None:
                    versions[id(version)] = version
                for annotation in getattr(x.tag, "annotations", []):
                    if annotation not in seen:
                        seen.add(annotation)
                        new.extend(annotation.auxiliary_variables)
            current = {x: _latest(x, versions.values()) for x in new}
            self._auxiliary.update(current)
            pending = [x for x in variables(current.values()) if x not in found]
            found.update(dict.fromkeys(pending))
        return list(found)

    @property
    def inputs(self) -> list[Variable]:
        """The inputs that the outputs depend on, without constants and shared variables."""
        return [x for x in self._main if _is_input(x)]

    @property
    def intermediary_variables(self) -> list[Variable]:
        """The variables that are neither inputs nor outputs."""
        ends = {*self.inputs, *self.outputs}
        return [x for x in self.variables if x not in ends]

    @property
    def shared_variables(self) -> list[SharedVariable]:
        """The shared variables that the outputs depend on."""
        return [x for x in self._main if isinstance(x, SharedVariable)]

    @property
    def parameters(self) -> list[SharedVariable]:
        """The shared variables with the role PARAMETER."""
        return [x for x in self.shared_variables if has_roles(x, [PARAMETER])]

    @property
    def auxiliary_variables(self) -> list[Variable]:
        """The variables with the role AUXILIARY, recorded for monitoring."""
        return [x for x in self.variables if has_roles(x, [AUXILIARY])]

    @property
    def scan_variables(self) -> list[Variable]:
        """The variables of the graphs inside of ops, such as the step of a scan.

        Among them are the auxiliary variables that the applications there have recorded.
        """
        found = dict.fromkeys(inner_variables(self.outputs))
        for x in list(found):
            for annotation in getattr(x.tag, "annotations", []) if x.is_noted else ():
                found.update(dict.fromkeys(annotation.auxiliary_variables))
        return list(found)

    @property
    def updates(self) -> dict[SharedVariable, Variable]:
        """The default updates of shared variables; and those of calls, to pass to functions."""
        found: dict[SharedVariable, Variable] = {}
        for x in self.variables:
            for annotation in getattr(x.tag, "annotations", []) if x.is_noted else ():
                found.update(getattr(annotation, "updates", {}))
        return found | default_updates(self.outputs)

    def dict_of_inputs(self) -> dict[str, Variable]:
        """Return the inputs by name.

        Raises
        ------
        GraphError
            If two inputs share a name, or one has none.

        Examples
        --------
        >>> from blocks import tensor
        >>> ComputationGraph(tensor.scalar("x") + 1).dict_of_inputs()
        {'x': x}
        """
        named: dict[str, Variable] = {}
        for x in self.inputs:
            if x.name is None or x.name in named:
                problem = "one without a name" if x.name is None else f"two named {x.name!r}"
                raise GraphError(
                    f"ComputationGraph: expected inputs with names of their own, got {problem} "
                    f"({x.type}). Give names where the inputs are made."
                )
            named[x.name] = x
        return named

    def has_inputs(self, variable: Variable) -> bool:
        """Tell whether a variable depends on an input that has to be given.

        Examples
        --------
        >>> from blocks import tensor
        >>> x = tensor.scalar("x")
        >>> ComputationGraph(x + 1).has_inputs(x + 1)
        True
        """
        if self._depending is None:
            self._depending = {x: _is_input(x) for x in self.variables}
            for node in toposort(self.variables):
                if any(self._depending.get(x) for x in node.inputs):
                    self._depending.update(dict.fromkeys(node.outputs, True))
        if variable not in self._depending:
            return bool(explicit_inputs([variable]))
        return self._depending[variable]

    def replace(
        self, replacements: Mapping[Variable, Any] | Iterable[tuple[Variable, Any]]
    ) -> ComputationGraph:
        """Return a new graph in which some variables are replaced, each exactly once.

        A replacement may use what it replaces, which is then not replaced again, and
        other targets, which are: ``{h1: 2 * h1, h2: 3 * h2}`` turns ``h2 = f(h1)`` into
        ``3 * f(2 * h1)``. Names, roles, tags and annotations of the variables that
        depend on a target are kept; auxiliary variables are replaced along, also in
        graphs made from the new outputs later.

        Parameters
        ----------
        replacements
            A map (or pairs) from variables to those that take their place, of the same
            dtype and number of axes. They may be variables inside of loops.

        Returns
        -------
        The new graph. Its ``replaced`` tells what became of each variable.

        Raises
        ------
        GraphError
            If a replacement has another type, or replacements need each other in a cycle.

        Warns
        -----
        UserWarning
            If a target is not in the graph, or is an auxiliary variable.

        Notes
        -----
        Objects in a tag that hold variables themselves, such as aggregation schemes, are
        taken over as they are, unless they have a method ``with_replaced(find)``. It
        returns the object for the new graph; ``find(variable)`` is the new version of
        any variable.

        Examples
        --------
        >>> from blocks import tensor
        >>> x = tensor.scalar("x")
        >>> h = x + 1
        >>> y = 10 * h
        >>> new = ComputationGraph(y).replace({h: 2 * h})
        >>> new.replaced[y].eval({x: 1.0})
        array(40.)
        """
        targets = self._checked(dict(replacements))
        known = set(self.variables)
        inside = {x: y for x, y in targets.items() if x not in known}
        if inside:
            targets = {x: y for x, y in targets.items() if x in known}
            targets |= replaced_loops(toposort(self.variables), inside)
        new = Replacement(targets)
        replaced = dict(zip(self.variables, new.all(self.variables), strict=True))
        versions = {old: replaced[now] for old, now in self._auxiliary.items()}
        versions.update((now, replaced[now]) for now in self._auxiliary.values())
        # Taking over notes may need more copies, so this list may grow on the way.
        for _, copy in new.copies:
            for x in copy.outputs:
                for name, note in vars(x.tag).items():
                    if hasattr(note, "with_replaced"):
                        setattr(x.tag, name, note.with_replaced(new))
                x.tag.auxiliary_versions = versions
        graph = ComputationGraph([replaced[x] for x in self.outputs])
        graph.replaced = replaced
        # Where only outputs were replaced, no copy carries the note.
        graph._versions = [versions]
        graph.variables = graph._with_auxiliary()
        return graph

    def _checked(self, replacements: dict[Any, Any]) -> dict[Variable, Variable]:
        found = {}
        known = {*self.variables, *self.scan_variables}
        for old, new in replacements.items():
            if not isinstance(old, Variable):
                raise GraphError(
                    f"replace: expected variables to replace, got {described(old)}. "
                    "Write {variable: replacement}."
                )
            if old not in known:
                warnings.warn(
                    f"replace: expected variables of the graph, got {old} ({old.type}), which "
                    f"is none of them and stays.{_hint(old, self.variables)}",
                    stacklevel=3,
                )
                continue
            if has_roles(old, [AUXILIARY]):
                warnings.warn(
                    f"replace: expected variables that something depends on, got {old} "
                    f"({old.type}), an auxiliary variable. It is only monitored.",
                    stacklevel=3,
                )
            found[old] = as_variable(new)
        return found

    def get_theano_function(self, additional_updates: Any = None, **kwargs: Any) -> Any:
        """Return a function from the inputs, in the order of `inputs`, to the outputs.

        Parameters
        ----------
        additional_updates
            Updates of shared variables, next to the default ones.
        **kwargs
            Options of ``blocks.compile.function``, such as ``mode``.

        Returns
        -------
        A function that returns a list with a value for each output.
        """
        return compile_function(self.inputs, self.outputs, updates=additional_updates, **kwargs)

    def get_snapshot(self, data: Mapping[Any, Any]) -> dict[Variable, npt.NDArray[Any]]:
        """Return the value of every variable that has a role, except shared ones.

        Shared variables are read and not updated.

        Parameters
        ----------
        data
            The value of each input, by its name (or the variable itself).

        Raises
        ------
        GraphError
            If the data of an input are missing.

        Examples
        --------
        >>> from blocks import tensor
        >>> from blocks.roles import COST, add_role
        >>> x = tensor.scalar("x")
        >>> cost = x * x
        >>> cost.name = "cost"
        >>> add_role(cost, COST)
        >>> ComputationGraph(cost).get_snapshot({"x": 3.0})
        {cost: array(9.)}
        """
        wanted = [
            x
            for x in self.variables
            if getattr(x.tag, "roles", []) and not isinstance(x, SharedVariable)
        ]
        inputs = explicit_inputs(wanted)
        values = []
        for x in inputs:
            if x not in data and x.name not in data:
                names = [str(key) for key in data]
                raise GraphError(
                    f"get_snapshot: expected data for {x} ({x.type}), got data for "
                    f"{listed(names) or 'nothing'}.{nearest(str(x), names)} "
                    "Add it to the data."
                )
            values.append(data[x] if x in data else data[x.name])
        snapshot = compile_function(inputs, wanted, no_default_updates=True)
        return dict(zip(wanted, snapshot(*values), strict=True))


def _listed(outputs: Any) -> list[Variable]:
    if not isinstance(outputs, Iterable) or isinstance(outputs, str):
        raise GraphError(
            f"ComputationGraph: expected a variable or several, got {described(outputs)}. "
            "Pass what blocks.tensor and bricks return."
        )
    return list(outputs)


def _is_input(x: Variable) -> bool:
    return x.owner is None and not isinstance(x, Constant | SharedVariable)


def _latest(x: Variable, versions: Iterable[Mapping[Variable, Variable]]) -> Variable:
    """Return what replacements have made of an auxiliary variable; each applies once."""
    left = list(versions)
    while True:
        for i, version in enumerate(left):
            if version.get(x, x) is not x:
                x = left.pop(i)[x]
                break
        else:
            return x


def _hint(x: Variable, known: Sequence[Variable]) -> str:
    names = {y.name for y in known if y.name is not None}
    if x.name in names:
        return " Another variable of that name is: replace it in the graph it belongs to."
    return nearest(x.name, names) if x.name is not None else ""
