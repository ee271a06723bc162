"""Gradient descent: parameters minus a step, which a rule makes of the gradients."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from blocks import tensor
from blocks.algorithms.base import UpdatesAlgorithm
from blocks.algorithms.step_rules import Scale, StepRule
from blocks.errors import BlocksError, DisconnectedInputError, GradientError, GraphError, described
from blocks.graph.computation import ComputationGraph
from blocks.graph.garbage import uncollected
from blocks.graph.op import as_variable
from blocks.graph.traversal import variables
from blocks.graph.variable import SharedVariable, Variable
from blocks.older import warn_older
from blocks.theano_expressions import l2_norm
from blocks.utils.theano_utils import parameter_path

__all__ = ["GradientDescent"]


class GradientDescent(UpdatesAlgorithm):
    """Minimize a cost: parameter = parameter - step, with steps from the gradients.

    Parameters
    ----------
    cost
        The scalar to minimize. Not needed if `gradients` are given.
    parameters
        The shared variables to change; by default all of the cost's graph with the role
        PARAMETER, or those of `gradients`.
    step_rule
        Makes steps from gradients; by default ``Scale()``, with a learning rate of 1.
    gradients
        The gradients, as a dict or a list of pairs from a parameter to its gradient, in
        place of those of the cost.
    known_grads
        The gradients by some variables on the way, from which to start.
    consider_constant
        Variables through which no gradient flows.
    params
        The older name of `parameters`.
    **kwargs
        Those of `UpdatesAlgorithm`: ``theano_func_kwargs``, ``on_unused_sources``.

    Attributes
    ----------
    gradients : OrderedDict
        The gradient of each parameter.
    steps : OrderedDict
        The step of each parameter, which is subtracted from it.
    step_rule_updates : list of pairs
        The updates of the buffers of the step rule.
    total_gradient_norm, total_step_norm : Variable
        The joint Euclidean norms of gradients and steps, for monitoring.

    Raises
    ------
    GradientError
        If the cost is not a scalar of floating dtype.
    DisconnectedInputError
        If the cost does not depend on a parameter.
    GraphError
        If parameters are not shared variables, or are not those of `gradients`.

    Examples
    --------
    >>> from blocks.algorithms import Scale
    >>> from blocks.utils.theano_utils import shared_floatx
    >>> W = shared_floatx([3.0, 4.0], name="W")
    >>> algorithm = GradientDescent(
    ...     cost=(W**2).sum(), parameters=[W], step_rule=Scale(learning_rate=0.25)
    ... )
    >>> algorithm.initialize()
    >>> algorithm.process_batch({})
    >>> W.get_value()
    array([1.5, 2. ])
    """

    kept_as: ClassVar = {"gradients": ""}

    def __init__(
        self,
        cost: Variable | None = None,
        parameters: Iterable[SharedVariable] | SharedVariable | None = None,
        step_rule: StepRule | None = None,
        gradients: Any = None,
        known_grads: Mapping[Variable, Variable] | None = None,
        consider_constant: Sequence[Variable] | None = None,
        *,
        params: Iterable[SharedVariable] | None = None,
        **kwargs: Any,
    ) -> None:
        name = type(self).__name__
        if params is not None:
            if parameters is not None:
                raise TypeError(f"{name}: expected parameters once, got parameters= and params=.")
            warn_older(name, "params=", "parameters=")
            parameters = params
        self.cost = cost
        if cost is not None:
            self._check_cost(cost)
        self._given = gradients is not None
        if gradients is not None:
            if known_grads or consider_constant:
                raise GraphError(
                    f"{name}: expected either gradients, or known_grads and consider_constant, "
                    "got both. The latter say how to compute gradients."
                )
            self.gradients = self._checked_gradients(gradients, parameters)
        else:
            wanted = self._wanted(parameters)
            self.gradients = self._computed(wanted, known_grads, consider_constant)
        self.parameters = list(self.gradients)
        self.step_rule = self._checked_rule(step_rule)
        with uncollected():
            self.total_gradient_norm = l2_norm(self.gradients.values())
            self.total_gradient_norm.name = "total_gradient_norm"
            self.steps, self.step_rule_updates = self._computed_steps()
            self.total_step_norm = l2_norm(self.steps.values())
            self.total_step_norm.name = "total_step_norm"
            updates = [(x, x - step) for x, step in self.steps.items()]
        further = kwargs.pop("updates", None)
        super().__init__(updates=updates, **kwargs)
        self.add_updates(self.step_rule_updates)
        if further is not None:
            self.add_updates(further)

    def _argument_names(self) -> Sequence[str]:
        return ("cost", "parameters", "step_rule", "gradients", "known_grads", "consider_constant")

    def _parameters_to_check(self) -> list[SharedVariable]:
        return [*dict.fromkeys([*super()._parameters_to_check(), *self.parameters])]

    def _check_cost(self, cost: Any) -> None:
        name = type(self).__name__
        if not isinstance(cost, Variable):
            raise GraphError(
                f"{name}: expected a variable as cost, got {described(cost)}. "
                "Pass what a cost brick returns."
            )
        if cost.ndim != 0:
            raise GradientError(
                f"{name}: expected a scalar cost, got {cost} of type {cost.type}. Reduce it "
                "first, with .mean() or .sum()."
            )
        if not cost.type.is_float:
            raise GradientError(
                f"{name}: expected a cost of floating dtype, got {cost} of type {cost.type}."
            )

    def _wanted(self, parameters: Any) -> list[SharedVariable]:
        name = type(self).__name__
        if self.cost is None:
            raise GraphError(
                f"{name}: expected a cost and parameters, or gradients, got "
                f"{'neither' if parameters is None else 'parameters only'}."
            )
        if parameters is None:
            parameters = ComputationGraph(self.cost).parameters
        found: list[Any] = [parameters] if isinstance(parameters, Variable) else list(parameters)
        if not found:
            raise GraphError(
                f"{name}: expected at least one parameter, got none. Pass "
                "ComputationGraph(cost).parameters, and check that the cost depends on a brick."
            )
        self._check_shared(found)
        return found

    def _check_shared(self, parameters: Sequence[Any]) -> None:
        name = type(self).__name__
        seen: set[Any] = set()
        for x in parameters:
            if not isinstance(x, SharedVariable):
                raise GraphError(
                    f"{name}: expected shared variables as parameters, got "
                    f"{type(x).__name__} {x}. Pass ComputationGraph(cost).parameters."
                )
            if not x.type.is_float:
                raise GraphError(
                    f"{name}: expected parameters of floating dtype, got {parameter_path(x)} of "
                    f"type {x.type}. Leave it out."
                )
            if x in seen:
                raise GraphError(
                    f"{name}: expected each parameter once, got {parameter_path(x)} twice."
                )
            seen.add(x)

    def _computed(
        self,
        parameters: list[SharedVariable],
        known_grads: Mapping[Variable, Variable] | None,
        consider_constant: Sequence[Variable] | None,
    ) -> OrderedDict[SharedVariable, Variable]:
        """Return the gradients of the cost."""
        found = tensor.grad(
            self.cost,
            parameters,
            consider_constant=consider_constant,
            known_grads=known_grads,
            disconnected_inputs="ignore",
            return_disconnected="none",
        )
        missing = [x for x, g in zip(parameters, found, strict=True) if g is None]
        if missing:
            inside = set(variables([self.cost, *(known_grads or {})]))  # type: ignore[list-item]
            reasons = {
                True: "reached only through operations without a gradient",
                False: "not in its graph",
            }
            listed = ", ".join(f"{parameter_path(x)} ({reasons[x in inside]})" for x in missing)
            raise DisconnectedInputError(
                f"{type(self).__name__}: expected the cost {self.cost} to depend on all "
                f"parameters, got one that does not depend on {listed}. Pass "
                "ComputationGraph(cost).parameters, or leave these out."
            )
        return OrderedDict(zip(parameters, found, strict=True))

    def _checked_gradients(
        self, gradients: Any, parameters: Any
    ) -> OrderedDict[SharedVariable, Variable]:
        name = type(self).__name__
        try:
            pairs = [(x, as_variable(g)) for x, g in OrderedDict(gradients).items()]
        except (TypeError, ValueError):
            raise GraphError(
                f"{name}: expected gradients as a dict or a list of pairs of a parameter and "
                f"its gradient, got {described(gradients)}."
            ) from None
        self._check_shared([x for x, _ in pairs])
        found = OrderedDict(pairs)
        if not found:
            raise GraphError(f"{name}: expected at least one gradient, got none.")
        if parameters is not None:
            wanted = [parameters] if isinstance(parameters, Variable) else list(parameters)
            self._check_shared(wanted)
            different = [parameter_path(x) for x in found if x not in wanted]
            different += [parameter_path(x) for x in wanted if x not in found]
            if different:
                raise GraphError(
                    f"{name}: expected gradients of just the parameters, got one of the two "
                    f"without {', '.join(different)}. Leave out parameters=."
                )
            found = OrderedDict((x, found[x]) for x in wanted)
        for x, gradient in found.items():
            _check_like(f"{name}, gradients", "gradient", x, gradient)
        return found

    def _checked_rule(self, rule: Any) -> StepRule:
        if rule is None:
            return Scale()
        if not isinstance(rule, StepRule):
            hint = f"Make one of it: {rule.__name__}()." if isinstance(rule, type) else ""
            raise TypeError(
                f"{type(self).__name__}: expected a step rule, got {rule!r}. "
                f"{hint or 'Pass one of blocks.algorithms, such as Scale(0.1).'}"
            )
        return rule

    def _computed_steps(self) -> tuple[OrderedDict[SharedVariable, Variable], list[Any]]:
        where = type(self.step_rule).__name__
        result = self.step_rule.compute_steps(OrderedDict(self.gradients))
        if not isinstance(result, tuple | list) or len(result) != 2:
            raise TypeError(
                f"{where}.compute_steps: expected the steps and a list of updates, got "
                f"{described(result)}. Return (steps, updates)."
            )
        steps, updates = result
        missing = [parameter_path(x) for x in self.parameters if x not in steps]
        if missing:
            raise GraphError(
                f"{where}.compute_steps: expected a step for each parameter, got none for "
                f"{', '.join(missing)}. Return the previous step where nothing is to change."
            )
        ordered = OrderedDict((x, as_variable(steps[x])) for x in self.parameters)
        for x, step in ordered.items():
            _check_like(f"{where}.compute_steps", "step", x, step)
        updates = list(updates.items()) if isinstance(updates, Mapping) else list(updates)
        return ordered, updates


def _check_like(where: str, what: str, x: SharedVariable, y: Variable) -> None:
    """Raise unless `y` can be subtracted from `x` without changing its type."""
    try:
        result = tensor.sub(x, y).type
        fits = result.ndim == x.ndim and result.dtype == x.dtype
    except BlocksError:
        fits = False
    if not fits:
        raise GraphError(
            f"{where}: expected a {what} for {parameter_path(x)} like it ({x.type}), got {y.type}. "
            f"Use tensor.cast(..., {x.dtype!r}), or shared variables of the parameter's dtype."
        )
