"""The strategy that draws programs."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from blocks.errors import BlocksError
from tests.fuzz import (  # noqa: F401  (they enter)
    entries_graph,
    entries_index,
    entries_linalg,
    entries_random,
    entries_several,
    entries_shape,
    entries_statistics,
)
from tests.fuzz.entries import ROUGH, TABLE
from tests.fuzz.evaluate import Undefined
from tests.fuzz.pool import LARGEST, Pool, Unfit
from tests.fuzz.program import Item, Program, evaluate, names

NAMES = sorted(TABLE)
LARGE = 30.0  # numbers beyond are made smaller


class Draft(Pool):
    """A pool that steps are added to."""

    def __init__(self, draw):
        super().__init__(draw)
        self.built = {}  # the variables by the names of leaves and steps
        self.doomed = []  # steps that raise when they run
        self.drawn = []  # which functions were applied

    def unfit(self):
        """Give up on this step."""
        raise Unfit

    def step(self):
        """Add an application of a random function, if one fits."""
        for _ in range(4):
            name = self.choice(NAMES)
            try:
                if self.add(TABLE[name](self, name), name):
                    self.drawn.append(name)
                    return
            except Unfit:
                continue

    def add(self, text, name):
        """Add a step; return whether it was of use."""
        try:
            built = evaluate(text, self.built)
        except BlocksError:
            return False
        try:
            values = [self.evaluator(x) for x in _listed(built)]
        except Undefined:
            return False
        except BlocksError:
            if not self.doomed and self.chance(3):
                self._keep(text, built)
                self.doomed.append(self.steps[-1][0])
            return False
        if any(v.size > LARGEST or v.ndim > 5 for v in values):
            return False
        if not isinstance(built, list | tuple) and values[0].dtype.kind == "f":
            text, built, values = self._moderate(text, built, values)
        is_finite = all(v.dtype.kind != "f" or np.isfinite(v).all() for v in values)
        if not (is_finite or self.is_wild):
            return False
        smooth = {x.text.split("[")[0]: x.is_smooth for x in self.items}
        is_smooth = (
            is_finite
            and not any(rough in text for rough in ROUGH)
            and all(smooth.get(n, True) for n in names(text))
        )
        label = self._keep(text, built)
        parts = (
            [label] if built is _listed(built)[0] else [f"{label}[{i}]" for i in range(len(values))]
        )
        for part, x, value in zip(parts, _listed(built), values, strict=True):
            self.items.append(Item(part, x, value, is_smooth))
        return True

    def _moderate(self, text, built, values):
        finite = np.abs(values[0][np.isfinite(values[0])].astype("d"))
        if finite.size and finite.max() > LARGE:
            form = "tensor.tanh({})" if finite.max() > 100 * LARGE else "(0.03125 * {})"
            text = form.format(text)
            built = evaluate(text, self.built)
            values = [self.evaluator(built)]
        return text, built, values

    def _keep(self, text, built):
        label = f"v{len(self.steps)}"
        self.steps.append((label, text))
        self.built[label] = built
        return label

    def leaf(self, array, is_shared=False, known=None):
        """Return a new input or shared variable that holds an array."""
        item = super().leaf(array, is_shared, known)
        if item.text.isalnum():
            self.built[item.text] = item.variable
        return item

    def try_value(self, text):
        """Return the value of an expression; Unfit if it has none."""
        try:
            return self.evaluator(evaluate(text, self.built))
        except (BlocksError, Undefined):
            raise Unfit from None


def _listed(built):
    return list(built) if isinstance(built, list | tuple) else [built]


@st.composite
def programs(draw):
    """Draw a program, with what is checked of it."""
    pool = Draft(draw)
    for _ in range(pool.integer(1, 3)):
        pool.leaf(pool.numbers(pool.shape(), pool.choice(pool.dtypes)))
    for _ in range(pool.integer(0, 2)):
        pool.leaf(pool.numbers(pool.shape(), pool.choice(pool.dtypes)), is_shared=True)
    for _ in range(pool.choice([6, 10, 3, 14, 8, 20, 1, 12])):
        pool.step()
    outputs = [pool.items[-1].text, *(pool.pick().text for _ in range(pool.integer(0, 3)))]
    smooth = [x for x in pool.items if x.is_smooth and x.value.dtype.kind == "f" and x.value.size]
    cost = [pool.choice(smooth[-8:]).text for _ in range(pool.integer(1, 3) if smooth else 0)]
    return Program(
        tuple(pool.leaves),
        tuple(pool.steps),
        tuple(outputs + pool.doomed),
        tuple(_updates(pool)),
        tuple(dict.fromkeys(cost)),
        tuple(_replaced(pool)),
        tuple(_others(pool)),
    ).without_waste()


def _updates(pool):
    for leaf in pool.leaves:
        if leaf.is_shared and not pool.chance(4):
            array = leaf.array
            fitting = [
                x
                for x in pool.items
                if (x.value.dtype, x.value.ndim) == (array.dtype, array.ndim)
                and (x.value.shape == array.shape or leaf.shape.count(None) == array.ndim)
            ]
            new = pool.choice(fitting).text
            if pool.flag() and array.dtype.kind == "f" and x_shape(fitting, new) == array.shape:
                new = f"({leaf.name} - 0.5 * {new})"
            yield leaf.name, new


def x_shape(items, text):
    """Return the shape of what a text names."""
    return next(x.value.shape for x in items if x.text == text)


def _replaced(pool):
    for _ in range(pool.integer(0, 2)):
        old = pool.pick()
        key = (old.value.dtype, old.value.shape)
        fitting = [x for x in pool.items if (x.value.dtype, x.value.shape) == key]
        new = pool.choice(fitting).text
        yield old.text, new if pool.flag() else f"({old.text} + {new})"


def _others(pool):
    """Yield arrays in which axes of unknown size have other sizes."""
    change = {n: pool.choice([n + 1, n + 2, 1, n, 0]) for n in (0, 1, 2, 3, 4)}
    for leaf in pool.leaves:
        if leaf.is_shared:
            continue
        shape = tuple(
            n
            if size is not None or (leaf.broadcastable and leaf.broadcastable[a])
            else change.get(n, n + 1)
            for a, (size, n) in enumerate(zip(leaf.shape, leaf.array.shape, strict=True))
        )
        if shape != leaf.array.shape:
            array = pool.numbers(shape, str(leaf.array.dtype))
            if leaf.array.dtype.kind in "iu" and leaf.array.size:
                array = np.resize(leaf.array, shape)  # they may be indices
            yield leaf.name, array
