"""Recurrent bricks as users write them, with `recurrent`."""

import numpy as np

from blocks import tensor
from blocks.bricks import BaseRecurrent, application, recurrent

x3 = np.arange(24.0).reshape(4, 2, 3)


class Sum(BaseRecurrent):
    """Adds up a sequence, times a factor; also returns what it adds."""

    @recurrent(
        sequences=["inputs", "weights"],
        states=["total"],
        contexts=["factor"],
        outputs=["total", "added"],
    )
    def apply(self, inputs, total, factor, weights=None, application_call=None):
        """Return the new sum and what was added."""
        added = inputs * factor
        if weights is not None:
            added = added * weights.dimshuffle(0, "x")
        application_call.add_auxiliary_variable(added.mean(), name="mean")
        return total + added, added

    def get_dim(self, name):
        dims = {"inputs": 3, "total": 3, "added": 3, "weights": 0}
        return dims[name] if name in dims else super().get_dim(name)


class Powers(BaseRecurrent):
    """Has no sequences: x, x b, x b^2..."""

    @recurrent(sequences=[], states=["x"], contexts=["b"], outputs=["x"])
    def apply(self, x, b):
        return x * b

    def get_dim(self, name):
        return 2

    @application
    def initial_states(self, batch_size, *args, **kwargs):
        return [tensor.ones((batch_size, 2))]
