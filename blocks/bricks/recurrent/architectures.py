"""The recurrent layers: a simple one, LSTM and GRU.

None of them has biases or transforms its inputs: apply a `Linear` to the whole sequence
first, one matrix product for all steps. All of them take a mask of shape (time, batch).
Where it is 1 a step counts; where it is 0 the states stay what they were: so sequences that
were padded to one length end in the state of their last true step.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from blocks import tensor
from blocks.bricks.activations import Logistic, Tanh
from blocks.bricks.base import Brick, application, lazy
from blocks.bricks.interfaces import Initializable
from blocks.bricks.recurrent.base import BaseRecurrent, recurrent
from blocks.bricks.recurrent.parts import add_initial_state, add_weights, masked, part, repeated
from blocks.bricks.simple import checked_dim
from blocks.graph.variable import Variable

__all__ = ["LSTM", "GatedRecurrent", "SimpleRecurrent"]


class SimpleRecurrent(BaseRecurrent, Initializable):
    r"""The simple recurrent layer: h_t = f(x_t + h_{t-1} W).

    Shapes: inputs x (time, batch, dim) -> states h (time, batch, dim); W is (dim, dim), the
    initial state (dim,), zero at first and trained. `mask` (time, batch) keeps the old state
    where it is 0.

    Parameters
    ----------
    dim
        The size of the state, and of the last axis of the inputs.
    activation
        The brick of the function f, such as ``Tanh()``.
    **kwargs
        Those of `Initializable`; there are no biases.

    Raises
    ------
    ShapeError
        When inputs, mask or states do not fit ``dim`` or each other.

    References
    ----------
    J. L. Elman, *Finding structure in time*, Cognitive Science 14, 1990.

    Examples
    --------
    >>> from blocks.bricks import Identity
    >>> from blocks.initialization import Constant
    >>> brick = SimpleRecurrent(1, activation=Identity(), weights_init=Constant(2))
    >>> brick.initialize()
    >>> x = tensor.tensor3("x")
    >>> brick.apply(x).eval({x: [[[1.0]], [[1.0]], [[1.0]]]}).ravel()
    array([1., 3., 7.])
    """

    @lazy(allocation=["dim"])
    def __init__(self, dim: int, activation: Brick, **kwargs: Any) -> None:
        kwargs["children"] = [activation, *kwargs.get("children", ())]
        super().__init__(**kwargs)
        self.dim = dim

    @property
    def W(self) -> Variable:
        """The weights from the old state to the new one."""
        return self._parameter(0, "W")

    def get_dim(self, name: str) -> int:
        """Return the size of the last axis of an input or output; 0 for the mask."""
        dims = {"mask": 0, "inputs": self.dim, "states": self.dim}
        return dims[name] if name in dims else super().get_dim(name)

    def _allocate(self) -> None:
        dim = checked_dim(self, "dim")
        add_weights(self, "W", dim, dim)
        add_initial_state(self, "initial_state", dim)

    def _initialize(self) -> None:
        self.weights_init.initialize(self.parameters[0], self.rng)

    @recurrent(sequences=["inputs", "mask"], states=["states"], outputs=["states"], contexts=[])
    def apply(self, inputs: Variable, states: Variable, mask: Variable | None = None) -> Variable:
        """Return the new states.

        Parameters
        ----------
        inputs
            What is added to the transformed states: (batch, dim), over all steps
            (time, batch, dim).
        states
            The old states: (batch, dim).
        mask
            1 where the step counts, 0 where the states stay: (batch,), over all steps
            (time, batch).
        """
        new = self.children[0].apply(inputs + tensor.dot(states, self.W))
        return masked(mask, new, states)

    @application(outputs=apply.states)
    def initial_states(self, batch_size: Any, *args: Any, **kwargs: Any) -> list[Variable]:
        """Return the initial state, once for each example of the batch."""
        return [repeated(self.parameters[1], batch_size)]


class LSTM(BaseRecurrent, Initializable):
    r"""Long short-term memory, with peepholes: gates that see the cells.

    With x = (x_i, x_f, x_c, x_o) side by side in the inputs, s the logistic function, and
    products without a dot taken element by element::

        i   = s(x_i + h_{t-1} . W_i + c_{t-1} w_i)       input gate
        f   = s(x_f + h_{t-1} . W_f + c_{t-1} w_f)       forget gate
        c_t = f c_{t-1} + i tanh(x_c + h_{t-1} . W_c)    cells
        o   = s(x_o + h_{t-1} . W_o + c_t w_o)           output gate
        h_t = o tanh(c_t)                                states

    Shapes: inputs (time, batch, 4 * dim) -> states and cells (time, batch, dim). W_state,
    (dim, 4 * dim), is W_i, W_f, W_c and W_o side by side; w_i, w_f and w_o are W_cell_to_in,
    W_cell_to_forget and W_cell_to_out, (dim,). The initial state and cells, (dim,), are zero
    at first and trained. `mask` (time, batch) keeps both where it is 0.

    Parameters
    ----------
    dim
        The size of states and cells; the last axis of the inputs has 4 times that.
    activation
        The brick of what is tanh above, by default ``Tanh()``.
    gate_activation
        The brick of the function s of the gates, by default ``Logistic()``.
    **kwargs
        Those of `Initializable`; there are no biases.

    Raises
    ------
    ShapeError
        When inputs, mask or states do not fit ``dim`` or each other.

    References
    ----------
    S. Hochreiter and J. Schmidhuber, *Long short-term memory*, Neural Computation 9(8), 1997.
    F. A. Gers and J. Schmidhuber, *Recurrent nets that time and count*, IJCNN 2000: peepholes.

    Examples
    --------
    >>> from blocks.initialization import IsotropicGaussian
    >>> lstm = LSTM(3, weights_init=IsotropicGaussian(0.1))
    >>> lstm.initialize()
    >>> x = tensor.tensor3("x")
    >>> states, cells = lstm.apply(x)
    >>> states.eval({x: np.ones((5, 2, 12))}).shape
    (5, 2, 3)
    """

    @lazy(allocation=["dim"])
    def __init__(
        self,
        dim: int,
        activation: Brick | None = None,
        gate_activation: Brick | None = None,
        **kwargs: Any,
    ) -> None:
        self.activation: Any = activation or Tanh()
        self.gate_activation: Any = gate_activation or Logistic()
        children = [self.activation, self.gate_activation, *kwargs.get("children", ())]
        super().__init__(**(kwargs | {"children": children}))
        self.dim = dim

    def get_dim(self, name: str) -> int:
        """Return the size of the last axis of an input or output; 0 for the mask."""
        if name == "inputs":
            return 4 * self.dim
        dims = {"mask": 0, "states": self.dim, "cells": self.dim}
        return dims[name] if name in dims else super().get_dim(name)

    def _allocate(self) -> None:
        dim = checked_dim(self, "dim")
        add_weights(self, "W_state", dim, 4 * dim)
        for name in ("W_cell_to_in", "W_cell_to_forget", "W_cell_to_out"):
            add_weights(self, name, dim)
        add_initial_state(self, "initial_state", dim)
        add_initial_state(self, "initial_cells", dim)
        # Attributes, as in Blocks 0.2: a class made of this one may set them to something else.
        self.W_state, self.W_cell_to_in, self.W_cell_to_forget, self.W_cell_to_out = (
            self.parameters[:4]
        )
        self.initial_state_, self.initial_cells = self.parameters[4:]

    def _initialize(self) -> None:
        for weights in self.parameters[:4]:
            self.weights_init.initialize(weights, self.rng)

    @recurrent(
        sequences=["inputs", "mask"],
        states=["states", "cells"],
        contexts=[],
        outputs=["states", "cells"],
    )
    def apply(
        self, inputs: Variable, states: Variable, cells: Variable, mask: Variable | None = None
    ) -> tuple[Variable, Variable]:
        """Return the new states and cells.

        Parameters
        ----------
        inputs
            What is added to the transformed states, for the input gate, the forget gate,
            the cells and the output gate, side by side: (batch, 4 * dim), over all steps
            (time, batch, 4 * dim).
        states, cells
            The old ones: (batch, dim).
        mask
            1 where the step counts, 0 where states and cells stay: (batch,), over all
            steps (time, batch).
        """
        W_state, to_in, to_forget, to_out = self.parameters[:4]
        gate = self.gate_activation.apply
        activation = self.activation.apply
        x = tensor.dot(states, W_state) + inputs
        in_gate = gate(part(x, 0, self.dim) + cells * to_in)
        forget_gate = gate(part(x, 1, self.dim) + cells * to_forget)
        new_cells = forget_gate * cells + in_gate * activation(part(x, 2, self.dim))
        out_gate = gate(part(x, 3, self.dim) + new_cells * to_out)
        new_states = out_gate * activation(new_cells)
        return masked(mask, new_states, states), masked(mask, new_cells, cells)

    @application(outputs=apply.states)
    def initial_states(self, batch_size: Any, *args: Any, **kwargs: Any) -> list[Variable]:
        """Return the initial state and cells, once for each example of the batch."""
        return [repeated(state, batch_size) for state in self.parameters[4:]]


class GatedRecurrent(BaseRecurrent, Initializable):
    r"""The gated recurrent unit (GRU): gates mix the old state with a candidate.

    With g = (g_z, g_r) side by side in the gate inputs, s the logistic function, and products
    without a dot taken element by element::

        z   = s(g_z + h_{t-1} . U_z)                     update gate
        r   = s(g_r + h_{t-1} . U_r)                     reset gate
        a   = tanh(x_t + (r h_{t-1}) . U)                candidate
        h_t = z a + (1 - z) h_{t-1}                      states

    Shapes: inputs (time, batch, dim) and gate inputs (time, batch, 2 * dim) -> states
    (time, batch, dim). U is state_to_state, (dim, dim); state_to_gates, (dim, 2 * dim), is
    U_z and U_r side by side. The initial state, (dim,), is zero at first and trained. `mask`
    (time, batch) keeps the states where it is 0.

    Parameters
    ----------
    dim
        The size of the states.
    activation
        The brick of what is tanh above, by default ``Tanh()``.
    gate_activation
        The brick of the function s of the gates, by default ``Logistic()``.
    **kwargs
        Those of `Initializable`; there are no biases.

    Raises
    ------
    ShapeError
        When inputs, mask or states do not fit ``dim`` or each other.

    References
    ----------
    K. Cho et al., *Learning phrase representations using RNN encoder-decoder for statistical
    machine translation*, EMNLP 2014.

    Examples
    --------
    >>> from blocks.initialization import IsotropicGaussian
    >>> gru = GatedRecurrent(3, weights_init=IsotropicGaussian(0.1))
    >>> gru.initialize()
    >>> x, g = tensor.tensor3("x"), tensor.tensor3("g")
    >>> gru.apply(inputs=x, gate_inputs=g).eval(
    ...     {x: np.ones((5, 2, 3)), g: np.ones((5, 2, 6))}).shape
    (5, 2, 3)
    """

    @lazy(allocation=["dim"])
    def __init__(
        self,
        dim: int,
        activation: Brick | None = None,
        gate_activation: Brick | None = None,
        **kwargs: Any,
    ) -> None:
        self.activation: Any = activation or Tanh()
        self.gate_activation: Any = gate_activation or Logistic()
        children = [self.activation, self.gate_activation, *kwargs.get("children", ())]
        super().__init__(**(kwargs | {"children": children}))
        self.dim = dim

    @property
    def state_to_state(self) -> Variable:
        """The weights from the old state to the candidate."""
        return self._parameter(0, "state_to_state")

    @property
    def state_to_gates(self) -> Variable:
        """The weights from the old state to the update and the reset gates."""
        return self._parameter(1, "state_to_gates")

    def get_dim(self, name: str) -> int:
        """Return the size of the last axis of an input or output; 0 for the mask."""
        if name == "gate_inputs":
            return 2 * self.dim
        dims = {"mask": 0, "inputs": self.dim, "states": self.dim}
        return dims[name] if name in dims else super().get_dim(name)

    def _allocate(self) -> None:
        dim = checked_dim(self, "dim")
        add_weights(self, "state_to_state", dim, dim)
        add_weights(self, "state_to_gates", dim, 2 * dim)
        add_initial_state(self, "initial_state", dim)

    def _initialize(self) -> None:
        self.weights_init.initialize(self.parameters[0], self.rng)
        # A square matrix for each gate: so orthogonal weights are orthogonal for each.
        halves = [self.weights_init.generate(self.rng, (self.dim, self.dim)) for _ in range(2)]
        self.parameters[1].set_value(np.hstack(halves))

    @recurrent(
        sequences=["mask", "inputs", "gate_inputs"],
        states=["states"],
        outputs=["states"],
        contexts=[],
    )
    def apply(
        self,
        inputs: Variable,
        gate_inputs: Variable,
        states: Variable,
        mask: Variable | None = None,
    ) -> Variable:
        """Return the new states.

        Parameters
        ----------
        inputs
            What is added for the candidate: (batch, dim), over all steps (time, batch, dim).
        gate_inputs
            What is added for the update and the reset gates, side by side:
            (batch, 2 * dim), over all steps (time, batch, 2 * dim).
        states
            The old states: (batch, dim).
        mask
            1 where the step counts, 0 where the states stay: (batch,), over all steps
            (time, batch).
        """
        gates = self.gate_activation.apply(tensor.dot(states, self.state_to_gates) + gate_inputs)
        update, reset = part(gates, 0, self.dim), part(gates, 1, self.dim)
        candidate = self.activation.apply(tensor.dot(states * reset, self.state_to_state) + inputs)
        new = candidate * update + states * (1 - update)
        return masked(mask, new, states)

    @application(outputs=apply.states)
    def initial_states(self, batch_size: Any, *args: Any, **kwargs: Any) -> list[Variable]:
        """Return the initial state, once for each example of the batch."""
        return [repeated(self.parameters[2], batch_size)]
