"""Bidirectional: values, gradients, names, errors."""

import numpy as np
import pytest

from blocks import tensor
from blocks.bricks import (
    LSTM,
    Bidirectional,
)
from blocks.errors import BrickError
from tests.bricks.checks import check_float32, check_gradients, check_values
from tests.bricks.recurrent.layers import (
    KINDS,
    SCHEMES,
    STEPS,
    data,
    initial,
    layer,
    mask_of,
    of_child,
    walk,
)


def bidirectional(kind, T=4, batch=3, mask=None):
    brick = Bidirectional(layer(kind, 2, weights_init=None, seed=None), **SCHEMES)

    def reference(p, *sequences):
        there, back = (
            walk(
                lambda *v: STEPS[kind](own, *v),  # noqa: B023
                sequences,
                initial(own, kind, batch),
                mask,
                reverse,
            )
            for reverse, own in [
                (False, of_child(p, "/bidirectional/forward")),
                (True, of_child(p, "/bidirectional/backward")),
            ]
        )
        return [np.concatenate([x, y[::-1]], axis=2) for x, y in zip(there, back, strict=True)]

    keywords = {} if mask is None else {"mask": mask}
    return brick, "apply", data(kind, T, batch), keywords, reference


BIDIRECTIONAL = {
    f"{name}_{size}{'' if mask is None else '_mask'}": bidirectional(kind, T, batch, mask)
    for name, kind in KINDS.items()
    for size, T, batch in [("some", 4, 3), ("one_step", 1, 3), ("no_step", 0, 2), ("one", 3, 1)]
    for mask in (None, mask_of(T, batch))
}


@pytest.mark.parametrize("name", list(BIDIRECTIONAL))
def test_bidirectional(name):
    check_values(BIDIRECTIONAL[name])
    check_gradients(BIDIRECTIONAL[name])


@pytest.mark.parametrize("name", ["simple_some", "lstm_some_mask", "gru_some_mask"])
def test_bidirectional_float32(name):
    check_float32(BIDIRECTIONAL[name])


def test_bidirectional_names():
    brick = Bidirectional(LSTM(3), **SCHEMES)
    bound = brick.apply
    assert (bound.sequences, bound.states) == (["inputs", "mask"], ["states", "cells"])
    assert bound.outputs == ["states", "cells"]
    assert brick.get_dims(["inputs", "mask", "states", "cells"]) == [12, 0, 6, 6]
    assert [child.name for child in brick.children] == ["forward", "backward"]
    states, _ = brick.apply(tensor.tensor3("x"))
    assert (states.name, states.type.shape) == ("bidirectional_apply_states", (None, None, 6))
    brick.initialize()
    there, back = (child.parameters[0].get_value() for child in brick.children)
    assert (there != back).all()


MISTAKES = {
    "both directions backwards": (
        lambda: Bidirectional(LSTM(2)).apply(tensor.tensor3("x"), reverse=True),
        TypeError,
        r"^/bidirectional\.apply: expected whole sequences, to walk along in both directions, "
        r"got reverse=True\. Apply the brick lstm itself\.$",
    ),
    "one step in both directions": (
        lambda: Bidirectional(LSTM(2)).apply(tensor.matrix("x"), iterate=False),
        TypeError,
        r"^/bidirectional\.apply: expected whole sequences, .*, got iterate=False\.",
    ),
    "a class as prototype": (
        lambda: Bidirectional(LSTM),
        BrickError,
        r"^/bidirectional: expected a brick as prototype, got <class .*LSTM'>\. Create one",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake(name):
    act, error, text = MISTAKES[name]
    with pytest.raises(error, match=text):
        act()
