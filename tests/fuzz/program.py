"""Random graphs as programs: a list of expressions, which is also how they are printed.

A program holds the source text of each step, so that one text builds the graph here,
builds it in PyTensor, and is the script that reproduces a failure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from blocks import graph, tensor
from blocks.graph import distributions, shared
from blocks.tensor import bn, extra_ops, nlinalg, nnet, slinalg

NAMESPACE = {
    "np": np,
    "tensor": tensor,
    "nnet": nnet,
    "nlinalg": nlinalg,
    "extra_ops": extra_ops,
    "slinalg": slinalg,
    "bn": bn,
    "graph": graph,
    "distributions": distributions,
}


@dataclass(frozen=True)
class Leaf:
    """An input or a shared variable: its type, and the array that it holds."""

    name: str
    array: Any
    shape: tuple[int | None, ...]  # as declared
    broadcastable: tuple[bool, ...] = ()
    is_shared: bool = False

    def make(self):
        """Return the variable."""
        if self.is_shared:
            return shared(self.array, self.name, shape=self.shape)
        return tensor.TensorType(str(self.array.dtype), self.shape, self.broadcastable)(self.name)

    def text(self):
        """Write the lines of a script that make the array and the variable."""
        a, name = self.array, self.name
        value = f"np.array({a.tolist()}, {str(a.dtype)!r}).reshape({a.shape})"
        if self.is_shared:
            return f"{name} = shared({value}, {name!r}, shape={self.shape})"
        made = f"tensor.TensorType({str(a.dtype)!r}, {self.shape}, {self.broadcastable})({name!r})"
        return f"{name} = {made}\n{name}_value = {value}"


@dataclass(frozen=True)
class Program:
    """A graph to build: leaves, steps in order, what comes out and what is updated."""

    leaves: tuple[Leaf, ...]
    steps: tuple[tuple[str, str], ...] = ()  # name and expression
    outputs: tuple[str, ...] = ()
    updates: tuple[tuple[str, str], ...] = ()
    cost: tuple[str, ...] = ()  # of the outputs, what a cost may be made of
    replaced: tuple[tuple[str, str], ...] = ()
    others: tuple[tuple[str, Any], ...] = ()  # arrays of other sizes for some inputs

    @property
    def inputs(self):
        """The leaves that are given in a call."""
        return [leaf for leaf in self.leaves if not leaf.is_shared]

    @property
    def states(self):
        """The leaves that are shared variables."""
        return [leaf for leaf in self.leaves if leaf.is_shared]

    def build(self, namespace=NAMESPACE):
        """Return the variables by name."""
        made = {leaf.name: leaf.make() for leaf in self.leaves}
        for name, text in self.steps:
            made[name] = evaluate(text, made, namespace)
        return made

    def with_float64(self):
        """Return the same program with float64 in the place of float32."""
        leaves = []
        for leaf in self.leaves:
            wide = leaf.array.dtype == np.float32
            leaves.append(replace(leaf, array=leaf.array.astype("float64")) if wide else leaf)
        steps = tuple((name, text.replace("float32", "float64")) for name, text in self.steps)
        return replace(self, leaves=tuple(leaves), steps=steps)

    def without_waste(self):
        """Return the program without the steps that nothing needs."""
        pairs = [text for pair in (*self.updates, *self.replaced) for text in pair]
        used = set().union(*map(names, [*self.outputs, *self.cost, *pairs]))
        steps = []
        for name, text in reversed(self.steps):
            if name in used:
                steps.append((name, text))
                used |= names(text)
        return replace(self, steps=tuple(reversed(steps)))

    def script(self, check="outputs"):
        """Write a script that builds the graph and runs one of the checks on it."""
        lines = ["import numpy as np", "from numpy import inf, nan", ""]
        lines.append("from blocks import function, graph, tensor")
        lines += ["from blocks.graph import ComputationGraph, distributions, grad, shared"]
        lines += ["from blocks.tensor import bn, extra_ops, nlinalg, nnet, slinalg", ""]
        lines += [leaf.text() for leaf in self.leaves]
        lines += [f"{name} = {text}" for name, text in self.steps]
        given = ", ".join(leaf.name for leaf in self.inputs)
        arrays = ", ".join(f"{leaf.name}_value" for leaf in self.inputs)
        outputs = ", ".join(self.outputs)
        updates = ", ".join(f"({x}, {y})" for x, y in self.updates)
        if check == "gradients":
            real = ", ".join(x.name for x in self.leaves if x.array.dtype.kind == "f")
            terms = " + ".join(f"tensor.sin({y}).sum()" for y in self.cost) or "0"
            lines.append(f"cost = {terms}")
            lines.append(f"outputs = grad(cost, [{real}], disconnected_inputs='ignore')")
            updates = ""
        elif check == "replace":
            targets = ", ".join(f"{x}: {y}" for x, y in self.replaced)
            lines.append(f"outputs = ComputationGraph([{outputs}]).replace({{{targets}}}).outputs")
            updates = ""
        else:
            lines.append(f"outputs = [{outputs}]")
        before = ", ".join(f"({x.name}, {x.name}.get_value())" for x in self.states)
        lines += [f"states = [{before}]", 'for mode in ("reference", "compiled"):']
        lines += ["    for state, value in states:", "        state.set_value(value)"]
        lines += [
            f"    f = function([{given}], outputs, updates=[{updates}], mode=mode, "
            'on_unused_input="ignore")',
            f"    print(mode, f({arrays}), f({arrays}), [s.get_value() for s, _ in states])",
        ]
        if self.others:
            changed = dict(self.others)
            other = ", ".join(
                f"np.array({changed[x.name].tolist()}, {str(x.array.dtype)!r})"
                f".reshape({changed[x.name].shape})"
                if x.name in changed
                else f"{x.name}_value"
                for x in self.inputs
            )
            lines.append(f"    print(mode, f({other}))")
        return "\n".join(lines) + "\n"


def names(text):
    """Return the names of leaves and steps in an expression."""
    return set(re.findall(r"\b[xsv]\d+\b", text))


def evaluate(text, made, namespace=NAMESPACE):
    """Return the value of an expression over named variables."""
    return eval(text, {**namespace, **made})


@dataclass
class Item:
    """What a step may use: an expression, its variable and what that holds."""

    text: str
    variable: Any
    value: Any
    is_smooth: bool = True
    depth: int = field(default=0)
