"""``repr``: one short line with the class and what the object is made of, for every class."""

import importlib
import inspect
import pkgutil
from pathlib import Path

import numpy as np
import pytest

import blocks
from blocks.representation import Represented, short, short_line
from tests.representation_cases import CASES

ROOT = Path(__file__).resolve().parents[1]
LONGEST = 100
NAMES_ONLY = {
    "AnnotatingList": "reads as the list that it stands for",
    "Apply": "reads as a formula",
    "BoundApplication": "reads as its path",
    "Children": "reads as the list that it stands for",
    "Constant": "reads as its value",
    "Parameters": "reads as the list that it stands for",
    "SharedVariable": "reads as its name: lists of variables are read most often",
    "Updates": "reads as the dict that it is",
    "Variable": "reads as its name: lists of variables are read most often",
}
"""Kinds whose text does not begin with the class, each with the reason."""

TABLES = {"Configuration": "a setting a line", "Explanation": "an instruction a line"}
"""Kinds that show more than a line, each with the reason."""

INTERNAL = {
    "blocks.compile": "parts of the engine, which no user holds",
    "blocks.graph.replacement": "made and dropped inside of `replace`",
}
UNSHOWN = {
    "CallStack": "a descriptor of applications",
    "CallbackName": "a str",
    "LoopBuilder": "made and dropped inside of `scan`",
    "LazyNone": "reads as NoneAllocation or NoneInitialization",
    "Op": "abstract; the ops are dataclasses",
    "RNGMixin": "a part of other classes",
    "Scheme": "a descriptor of classes of bricks",
    "SeedGenerator": "a descriptor of classes of bricks",
    "Symbol": "a base of variables",
    "TrainingLogBase": "abstract",
    "VariableRole": "reads as the name of the role, such as WEIGHT",
}
"""Classes without a case, each with the reason."""


@pytest.mark.parametrize("kind", [kind for kind in CASES if kind not in TABLES])
def test_one_short_line(kind):
    text = repr(CASES[kind])
    assert "\n" not in text
    assert len(text) <= LONGEST
    assert " object at 0x" not in text
    if kind not in NAMES_ONLY:
        assert type(CASES[kind]).__name__ in text


EXPECTED = {
    "Variable": "x",
    "Constant": "[1, 2]",
    "Apply": "x @ W",
    "Function": "<Function (x) -> (cost), updates of W, mode compiled>",
    "ComputationGraph": "<ComputationGraph of cost>",
    "Model": "<Model of cost>",
    "VariableFilter": "VariableFilter(bricks=[<Linear /layer: 3 -> 2>])",
    "Linear": "<Linear /layer: 3 -> 2>",
    "Brick": "<Rectifier /relu>",
    "MLP": "<MLP /mlp: 784 -> 100 -> 10>",
    "MLP without dims": "<MLP /mlp: ? -> ?>",
    "Application": "<Application Linear.apply>",
    "BoundApplication": "/layer.apply",
    "ApplicationCall": "<ApplicationCall of /layer.apply>",
    "Array": "Constant(constant=float64 (100, 100))",
    "Momentum": "Momentum(learning_rate=0.1, momentum=0.9)",
    "IndexableDataset": "IndexableDataset(sources=('x', 'y'), num_examples=4)",
    "SequentialScheme": "SequentialScheme(examples=range(0, 4), batch_size=2)",
    "Flatten": "Flatten(data_stream=DataStream(...), which_sources=('x',))",
    "Mean": "Mean(numerator=cost, denominator=1.0)",
    "TrainingLog": "<TrainingLog: 0 iterations, 0 epochs, 0 rows>",
    "SimpleExtension": "FinishAfter(when=['after_epoch'])",
    "Elementwise": "Elementwise(label='add')",
}


@pytest.mark.parametrize("kind", EXPECTED)
def test_what_is_shown(kind):
    assert repr(CASES[kind]) == EXPECTED[kind]


def public_classes():
    for module in pkgutil.walk_packages(blocks.__path__, "blocks."):
        path = importlib.util.find_spec(module.name).origin
        if (
            module.name.startswith(("blocks.legacy", "blocks.__main__"))
            or ROOT not in Path(path).parents
        ):
            continue
        for name, cls in vars(importlib.import_module(module.name)).items():
            own = inspect.isclass(cls) and cls.__module__ == module.name
            if own and not name.startswith("_") and not issubclass(cls, BaseException):
                yield cls


def test_every_class_shows_itself():
    classes = list(public_classes())
    assert len(classes) > 200
    ways = {type(case).__repr__ for case in CASES.values()} - {object.__repr__}
    left = {
        f"{cls.__module__}.{cls.__name__}"
        for cls in classes
        if cls.__repr__ not in ways
        and "__dataclass_fields__" not in vars(cls)
        and cls.__name__ not in UNSHOWN
        and not cls.__module__.startswith(tuple(INTERNAL))
        and not cls.__module__.startswith("blocks.roles")
    }
    assert left == set()


# The mixin


class Base(Represented):
    def __init__(self, first, second=2, **kwargs):
        self.first, self._second = first, second


class Derived(Base):
    kept_as = {"third": "kept", "fourth": ""}  # noqa: RUF012

    def __init__(self, third=None, fourth=4, name=None, **kwargs):
        self.kept, self.fourth, self.name = third, 5, name or type(self).__name__
        super().__init__(**kwargs)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Base(1), "Base(first=1)"),
        (Base(1, 2.0), "Base(first=1, second=2.0)"),
        (Derived(first=None), "Derived(first=None)"),
        (Derived(first=1, second=3, third=7), "Derived(third=7, first=1, second=3)"),
        (Derived(third=[], name="d", first=1), "Derived(name='d', first=1)"),
        (Base(np.float32(0.5)), "Base(first=0.5)"),
        (Base(np.zeros(3)), "Base(first=float64 (3,))"),
        (Base(Base("a" * 60)), "Base(first=Base(...))"),
        (Base("a\nb"), r"Base(first='a\nb')"),
    ],
)
def test_represented(value, text):
    assert repr(value) == text


def test_short():
    assert short(range(10**6)) == "range(0, 1000000)"
    assert short([[1.5] * 100] * 100, 20).endswith("...")
    assert short_line("x" * 100) == "x" * 100
    assert short_line("<" + "x" * 100 + ">") == "<" + "x" * 95 + "...>"
