"""Recurrent layers in NumPy, as their papers write them down, and cases to compare with."""

import numpy as np

from blocks.bricks import LSTM, GatedRecurrent, Identity, Logistic, Rectifier, SimpleRecurrent, Tanh
from blocks.initialization import IsotropicGaussian

SCHEMES = {"weights_init": IsotropicGaussian(0.5), "seed": 1}


def logistic(x):
    return 1 / (1 + np.exp(-x))


def simple_step(p, x, h, f=np.tanh):
    return [f(x + h @ p["W"])]


def lstm_step(p, x, h, c, f=np.tanh, s=logistic):
    x_i, x_f, x_c, x_o = np.split(x + h @ p["W_state"], 4, axis=-1)
    i = s(x_i + c * p["W_cell_to_in"])
    forget = s(x_f + c * p["W_cell_to_forget"])
    new_c = forget * c + i * f(x_c)
    o = s(x_o + new_c * p["W_cell_to_out"])
    return [o * f(new_c), new_c]


def gru_step(p, x, g, h, f=np.tanh, s=logistic):
    z, r = np.split(s(g + h @ p["state_to_gates"]), 2, axis=-1)
    a = f(x + (r * h) @ p["state_to_state"])
    return [z * a + (1 - z) * h]


STATES = {
    SimpleRecurrent: ["initial_state"],
    LSTM: ["initial_state", "initial_cells"],
    GatedRecurrent: ["initial_state"],
}
STEPS = {SimpleRecurrent: simple_step, LSTM: lstm_step, GatedRecurrent: gru_step}


def walk(step, sequences, states, mask=None, reverse=False, return_initial_states=False):
    """Return the states of each step, in the order of the walk."""
    times = range(len(sequences[0]))
    history = [states] if return_initial_states else []
    shapes = [state.shape for state in states]
    for t in reversed(times) if reverse else times:
        new = step(*(x[t] for x in sequences), *states)
        if mask is not None:
            m = mask[t][:, None]
            new = [m * y + (1 - m) * h for y, h in zip(new, states, strict=True)]
        states = new
        history.append(states)
    if not history:
        return [np.zeros((0, *shape)) for shape in shapes]
    return [np.stack(values) for values in zip(*history, strict=True)]


def initial(p, kind, batch):
    """Return the initial states of a layer, for each example."""
    return [np.tile(p[name], (batch, 1)) for name in STATES[kind]]


def of_child(p, path):
    """Return the parameters of one brick by their short names."""
    return {k.removeprefix(f"{path}."): v for k, v in p.items() if k.startswith(f"{path}.")}


def layer(kind, dim, **settings):
    settings = SCHEMES | settings
    if kind is SimpleRecurrent:
        settings.setdefault("activation", Tanh())
    return kind(dim, **settings)


def data(kind, T=4, batch=3, dim=2, seed=3):
    """Return the sequences that a layer takes."""
    rng = np.random.RandomState(seed)
    widths = {SimpleRecurrent: [dim], LSTM: [4 * dim], GatedRecurrent: [dim, 2 * dim]}[kind]
    return [rng.randn(T, batch, width) for width in widths]


def mask_of(T=4, batch=3):
    """Return a mask in which examples end at different steps, and one has a gap."""
    mask = (np.arange(T)[:, None] < np.linspace(T, 1, batch).round()).astype("float64")
    if T > 1:
        mask[1, 0] = 0
    return mask


def case(kind, T=4, batch=3, dim=2, mask=None, functions=(), **options):
    """Return a case for tests.bricks.checks."""
    settings = {}
    if functions:
        names = ["activation", "gate_activation"]
        settings = dict(zip(names, (brick for brick, _ in functions), strict=False))
    brick = layer(kind, dim, **settings)

    def reference(p, *sequences):
        def step(*values):
            return STEPS[kind](p, *values, *(f for _, f in functions))

        return walk(step, sequences, initial(p, kind, batch), mask, **options)

    keywords = options if mask is None else options | {"mask": mask}
    return brick, "apply", data(kind, T, batch, dim), keywords, reference


KINDS = {"simple": SimpleRecurrent, "lstm": LSTM, "gru": GatedRecurrent}
RELU = (Rectifier(), lambda x: np.maximum(x, 0))
LOGISTIC = (Logistic(), logistic)
IDENTITY = (Identity(), lambda x: x)

CASES = {}
for name, kind in KINDS.items():
    CASES |= {
        name: case(kind),
        f"{name}_mask": case(kind, mask=mask_of()),
        f"{name}_fractional_mask": case(kind, mask=mask_of() * 0.75),
        f"{name}_all_masked": case(kind, mask=np.zeros((4, 3))),
        f"{name}_reverse": case(kind, reverse=True),
        f"{name}_reverse_mask": case(kind, reverse=True, mask=mask_of()),
        f"{name}_initial": case(kind, return_initial_states=True),
        f"{name}_initial_reverse_mask": case(
            kind, return_initial_states=True, reverse=True, mask=mask_of()
        ),
        f"{name}_no_step": case(kind, T=0),
        f"{name}_one_step": case(kind, T=1),
        f"{name}_one_step_mask": case(kind, T=1, mask=mask_of(1)),
        f"{name}_one_example": case(kind, batch=1),
        f"{name}_one_example_mask": case(kind, batch=1, mask=mask_of(4, 1)),
        f"{name}_one_unit": case(kind, dim=1),
        f"{name}_all_one": case(kind, T=1, batch=1, dim=1),
    }
CASES |= {
    "simple_rectifier": case(SimpleRecurrent, functions=[RELU]),
    "lstm_functions": case(LSTM, functions=[LOGISTIC, IDENTITY]),
    "gru_functions": case(GatedRecurrent, functions=[IDENTITY, LOGISTIC]),
}
