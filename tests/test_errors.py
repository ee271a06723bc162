"""The exceptions: their place in Python's hierarchy, and the hints of `nearest`."""

import inspect

import pytest

from blocks import errors
from blocks.errors import BlocksError, nearest

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
    assert set(errors.__all__) == own | {"nearest"}
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
