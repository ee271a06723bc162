"""What is drawn from: the variables made so far, and choices that Hypothesis makes."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from hypothesis import strategies as st

from blocks.graph.types import is_float
from tests.fuzz.evaluate import Evaluator
from tests.fuzz.program import Item, Leaf, evaluate

INTEGERS = ("int64", "int32", "int16", "int8", "uint8", "uint16", "uint32", "uint64")
DTYPES = {
    "float64": ("float64",),
    "float32": ("float32",),
    "floats": ("float64", "float32"),
    "mixed": ("float64", "float32", *INTEGERS, "bool"),
}
LARGEST = 150  # elements of an array
MOST_LEAVES = 7


class Unfit(Exception):
    """There is nothing that fits; another step is drawn."""


@lru_cache(maxsize=512)
def _integers(low, high):
    return st.integers(low, high)


class Pool:
    """The variables of a program while it is drawn, with the arrays that they hold."""

    def __init__(self, draw):
        self._draw = draw
        self.rng = np.random.RandomState(self.integer(0, 2**16))
        self.dtypes = DTYPES[self.choice(["float64", "float32", "mixed", "mixed", "floats"])]
        self.sizes = self.choice([(2, 3), (1, 2, 3), (3, 1, 2, 0), (2, 2, 3, 4)])
        self.known = self.choice(["some", "none", "all", "some"])
        self.is_coarse = self.chance(5)
        self.is_wild = self.chance(12)  # NaN and infinity are let in
        self.leaves = []
        self.items = []
        self.steps = []
        self.evaluator = Evaluator({})

    # Choices. What is simple comes first, as Hypothesis shrinks towards it.

    def integer(self, low, high):
        """Return an integer from `low` to `high`."""
        return low if low == high else self._draw(_integers(low, high))

    def choice(self, options):
        """Return one of some options."""
        return options[self.integer(0, len(options) - 1)]

    def chance(self, n):
        """Return True once in `n` times."""
        return self.integer(0, n - 1) == n - 1

    def flag(self):
        """Return True or False."""
        return self.chance(2)

    def pick(self, where=lambda x: True):
        """Return one of the variables, the later ones more often."""
        fitting = [x for x in self.items if where(x)]
        if not fitting:
            raise Unfit
        if self.flag():
            return fitting[-1 - self.integer(0, min(2, len(fitting) - 1))]
        return self.choice(fitting)

    def number(self, ndim=None, at_least=0):
        """Return a variable that is not of truth values."""
        return self.pick(lambda x: x.value.dtype != bool and _has_axes(x, ndim, at_least))

    def real(self, ndim=None, at_least=0):
        """Return a variable of floats."""
        return self.pick(lambda x: x.value.dtype.kind == "f" and _has_axes(x, ndim, at_least))

    def array(self, ndim=None, at_least=0):
        """Return a variable of any dtype."""
        return self.pick(lambda x: _has_axes(x, ndim, at_least))

    def axis(self, x, extra=0):
        """Return an axis of a variable, counted from either end."""
        n = x.value.ndim + extra
        if not n:
            raise Unfit
        axis = self.integer(0, n - 1)
        return axis - n if self.chance(3) else axis

    def axes(self, x):
        """Return what a reduction takes: None, an axis, or several."""
        n = x.value.ndim
        kind = self.integer(0, 3)
        if kind == 0 or not n:
            return None
        if kind < 3:
            return self.axis(x)
        return tuple(a for a in range(n) if self.flag())

    # New variables.

    def numbers(self, shape, dtype):
        """Return an array of numbers that are short to print."""
        if dtype == "bool":
            return self.rng.uniform(size=shape) < 0.5
        if is_float(dtype):
            parts = 2 if self.is_coarse else 1024
            x = self.rng.randint(-2 * parts, 2 * parts + 1, shape) / parts
            if self.is_wild:
                odd = self.rng.choice([np.nan, np.inf, -np.inf, 0.0], shape)
                x = np.where(self.rng.uniform(size=shape) < 0.1, odd, x)
            return np.asarray(x, dtype)
        low = 0 if dtype.startswith("u") else -4
        return np.asarray(self.rng.randint(low, 6, shape), dtype)

    def declared(self, shape, known=None):
        """Return a shape as a type might declare it, and which axes broadcast."""
        known = self.known if known is None else known
        sizes = [n if known == "all" or (known == "some" and self.flag()) else None for n in shape]
        pairs = zip(sizes, shape, strict=True)
        flags = [size == 1 or (n == 1 and self.flag()) for size, n in pairs]
        # An axis of known size 1 need not broadcast.
        flags = [f and not (known == "some" and self.chance(8)) for f in flags]
        return tuple(sizes), tuple(flags)

    def leaf(self, array, is_shared=False, known=None):
        """Return a new input or shared variable that holds an array."""
        if len(self.leaves) >= MOST_LEAVES:
            return self.constant(array)
        shape, flags = self.declared(array.shape, known)
        name = f"{'s' if is_shared else 'x'}{len(self.leaves)}"
        leaf = Leaf(name, array, shape, () if is_shared else flags, is_shared)
        variable = leaf.make()
        self.leaves.append(leaf)
        self.evaluator.values[variable] = array
        item = Item(name, variable, array)
        self.items.append(item)
        return item

    def constant(self, array):
        """Return a literal array; it is not one of the variables."""
        text = repr(array.tolist()).replace("inf", "np.inf").replace("nan", "np.nan")
        text = f"tensor.constant(np.array({text}, {str(array.dtype)!r}).reshape({array.shape}))"
        return Item(text, evaluate(text, {}), array)

    def new(self, shape, dtype=None):
        """Return a new leaf or constant of a shape."""
        dtype = self.choice(self.dtypes) if dtype is None else dtype
        array = self.numbers(tuple(shape), dtype)
        return self.leaf(array) if self.chance(2) else self.constant(array)

    def shape(self, most=4):
        """Return a random shape."""
        ndim = self.choice([2, 1, 2, 3, 0, min(4, most), 1])
        return tuple(self.choice(self.sizes) for _ in range(min(ndim, most)))

    # Variables that fit others.

    def broadcasting(self, *others, where=lambda x: True):
        """Return a variable that combines with others, or a number."""
        kind = self.integer(0, 9)
        dtype = np.result_type(*(x.value.dtype for x in others))
        if kind == 0:
            return self.literal(dtype)
        fitting = [x for x in self.items if where(x) and _combine(x, *others)]
        if fitting and kind < 8:
            return self.choice(fitting)
        shape = np.broadcast_shapes(*(x.value.shape for x in others))
        if kind == 9:
            shape = tuple(1 if self.chance(3) else n for n in shape[self.integer(0, len(shape)) :])
        item = self.new(shape)
        if not where(item):
            raise Unfit
        return item

    def literal(self, dtype):
        """Return a Python number."""
        numbers = ["2", "1", "0", "3", "1.5", "0.5", "-1", "-0.25", "0.1"]
        if np.dtype(dtype).kind != "f":
            numbers = numbers[:4] if np.dtype(dtype).kind != "i" else [*numbers[:4], "-1"]
        text = self.choice(numbers)
        return Item(text, None, np.asarray(eval(text)))

    def like(self, x, where=lambda y: True):
        """Return a variable of the same shape: one of those made, or a new one."""
        fitting = [y for y in self.items if y.value.shape == x.value.shape and where(y)]
        return self.choice(fitting) if fitting and not self.chance(4) else self.new(x.value.shape)

    def size(self, n):
        """Return the text of a number n: as it is, as a size of something, or as an input."""
        kind = self.integer(0, 4)
        if kind in (1, 2):
            places = [(x, a) for x in self.items for a, m in enumerate(x.value.shape) if m == n]
            if places:
                x, axis = self.choice(places)
                forms = ["{}.shape[{}]", "tensor.shape({})[{}]", "tensor.shape_i({}, {})"]
                return self.choice(forms).format(x.text, axis)
        if kind == 3 and self.chance(2):
            return self.leaf(np.asarray(n, self.choice(["int64", "int32"]))).text
        return str(n)

    def sizes_of(self, shape):
        """Return the text of a shape whose sizes are numbers or symbols."""
        return "[" + ", ".join(map(self.size, shape)) + "]"

    def indices(self, size, shape):
        """Return a variable of integers below a size; Unfit if there are none."""
        if size == 0 and 0 not in shape:
            raise Unfit
        array = self.rng.randint(-size if self.flag() else 0, max(size, 1), shape)
        array = np.asarray(array, self.choice(["int64", "int64", "int32", "int8"]))
        return self.leaf(array) if self.chance(3) else self.constant(array)


def _has_axes(x, ndim, at_least):
    return x.value.ndim >= at_least if ndim is None else x.value.ndim == ndim


def _combine(*items):
    """Tell whether variables combine elementwise, by their types and by their sizes."""
    ndim = max(x.value.ndim for x in items)
    sizes = [set() for _ in range(ndim)]
    for x in items:
        flags = x.variable.broadcastable if x.variable is not None else ()
        for axis, (n, flag) in enumerate(zip(x.value.shape, flags, strict=True)):
            if not flag:
                sizes[axis + ndim - x.value.ndim].add(n)
    return all(len(s) <= 1 for s in sizes)
