"""The exceptions: their place in Python's hierarchy, and the hints of `nearest`."""

import inspect

import numpy as np
import pytest

from blocks import errors
from blocks.errors import BlocksError, DtypeError, ShapeError, described, listed, locate, nearest

BUILT_IN = {
    "BrickError": ValueError,
    "DataError": ValueError,
    "DisconnectedInputError": ValueError,
    "DtypeError": TypeError,
    "GradientError": ValueError,
    "GraphError": ValueError,
    "IndexRangeError": IndexError,
    "MissingInputError": ValueError,
    "NonFiniteError": FloatingPointError,
    "RangeError": ValueError,
    "ShapeError": ValueError,
    "SourceError": ValueError,
    "UninitializedError": ValueError,
    "UnusedInputError": ValueError,
}


@pytest.mark.parametrize(("name", "built_in"), BUILT_IN.items())
def test_built_in_exceptions_still_catch(name, built_in):
    error = getattr(errors, name)
    assert issubclass(error, BlocksError)
    with pytest.raises(built_in, match=r"^brick: expected this, got that"):
        raise error("brick: expected this, got that. Do so.")


def test_the_list_of_exceptions_is_complete():
    classes = filter(inspect.isclass, vars(errors).values())
    own = {cls.__name__ for cls in classes if issubclass(cls, BaseException)}
    assert own == {*BUILT_IN, "BlocksError", "ConfigurationError"}
    assert set(errors.__all__) == own | {"described", "listed", "locate", "nearest"}
    assert errors.__all__ == sorted(errors.__all__)


@pytest.mark.parametrize(
    ("name", "candidates", "hint"),
    [
        ("feature", ["features", "targets"], " Did you mean 'features'?"),
        ("floatx", ["floatX", "mode"], " Did you mean 'floatX'?"),
        ("x", ["features"], ""),
        ("x", [], ""),
        ("targets", iter(["target"]), " Did you mean 'target'?"),
    ],
)
def test_nearest(name, candidates, hint):
    assert nearest(name, candidates) == hint


def test_nearest_names_three_at_most():
    assert nearest("w", ["w1", "w2", "w3", "w4"]).count("'") == 6


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "int 3"),
        (None, "NoneType None"),
        ("features", "str 'features'"),
        (np.zeros((100, 3), "float32"), "ndarray float32 (100, 3)"),
        (range(10_000), "range range(0, 10000)"),
        ([[0] * 9] * 9, "list [" + "[0, 0, 0, 0, 0, 0, ...], " * 3 + "[..."),
        (DtypeError, "type <class 'blocks.errors.DtypeError'>"),
    ],
)
def test_described(value, text):
    assert described(value) == text


def test_described_is_one_short_line():
    for value in ("a\nb" * 500, ["x" * 500] * 500, {i: "y" * 99 for i in range(99)}, [[[[[]]]]]):
        assert len(described(value)) < 100
        assert "\n" not in described(value)


def test_listed():
    assert listed([]) == ""
    assert listed(["a", 1], " and ") == "a and 1"
    assert listed(range(6)) == "0, 1, 2, 3, 4, 5"
    assert listed(range(7)) == "0, 1, 2, 3, 4, 5, ... (7 in all)"


@pytest.mark.parametrize(
    ("message", "place", "expected"),
    [
        ("dot: expected", "/mlp.apply", "/mlp.apply: dot: expected"),
        ("dot: expected", "", "dot: expected"),
        ("/mlp/linear_0.apply: dot", "/mlp.apply", "/mlp/linear_0.apply: dot"),
        ("gradient of /mlp.apply: dot", "/mlp.apply", "gradient of /mlp.apply: dot"),
    ],
)
def test_locate(message, place, expected):
    error = ShapeError(message)
    locate(error, place)
    assert str(error) == expected
