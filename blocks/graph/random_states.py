"""The states of a stream of random numbers, and the seeds that they come from.

Examples
--------
>>> from blocks.graph.ops.random import RandomUniform
>>> states = RandomStates(seed=7)
>>> y = states.gen(RandomUniform("float64"), [2])
>>> states.state_updates
[(random_state_0, random_state_0 + [0, 1])]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from blocks.errors import RangeError, described
from blocks.graph.op import Array
from blocks.graph.ops.random import next_state
from blocks.graph.variable import SharedVariable, Variable, shared
from blocks.representation import Represented

__all__ = ["RandomStates", "Seed"]

Seed = int | Sequence[int] | None


class RandomStates(Represented):
    """Gives each draw a state of its own, which functions advance.

    Parameters
    ----------
    seed
        An integer, several, or ``None`` for one from the operating system.

    Attributes
    ----------
    default_instance_seed
        The seed it was made with.
    gen_seedgen : numpy.random.RandomState
        What the keys of the draws come from.
    state_updates : list of pairs of a SharedVariable and a Variable
        The state of each draw so far, and the next one.
    """

    kept_as: ClassVar[dict[str, str]] = {"seed": "default_instance_seed"}

    def __init__(self, seed: Seed) -> None:
        self.default_instance_seed = seed
        self.gen_seedgen = self._generator(seed)
        self.state_updates: list[tuple[SharedVariable, Variable]] = []

    def _generator(self, seed: Seed) -> np.random.RandomState:
        try:
            sequence = np.random.SeedSequence(seed)
        except (TypeError, ValueError):
            raise RangeError(
                f"{type(self).__name__}: expected a seed, that is integers of at least 0 or None, "
                f"got {described(seed)}. Give one integer."
            ) from None
        return np.random.RandomState(np.random.MT19937(sequence))

    def _fresh(self) -> Array:
        key = self.gen_seedgen.randint(2**64, size=1, dtype=np.uint64)
        return np.array([key[0], 0], np.uint64)

    def seed(self, seed: Seed = None) -> None:
        """Start anew: give each draw the state that a stream with this seed would give it.

        Parameters
        ----------
        seed
            The seed, by default the one the stream was made with.
        """
        self.gen_seedgen = self._generator(self.default_instance_seed if seed is None else seed)
        for state, _ in self.state_updates:
            state.set_value(self._fresh())

    def updates(self) -> list[tuple[SharedVariable, Variable]]:
        """Return the state of each draw and the next one, as `function` takes updates."""
        return list(self.state_updates)

    def gen(self, op: Callable[..., Variable], *args: Any, **kwargs: Any) -> Variable:
        """Return a draw with a state of its own.

        Parameters
        ----------
        op
            A function of a state, such as those of `blocks.graph.distributions`.
        *args, **kwargs
            What it takes besides the state.

        Returns
        -------
        The random variable. Its attribute ``rng`` is the state, and ``update`` a pair of that
        and the next state.
        """
        state = shared(self._fresh(), name=f"random_state_{len(self.state_updates)}", shape=(2,))
        result = op(state, *args, **kwargs)
        update = (state, next_state(state))
        state.default_update = update[1]
        state.tag.is_of_draw = True
        self.state_updates.append(update)
        vars(result).update(rng=state, update=update)
        return result
