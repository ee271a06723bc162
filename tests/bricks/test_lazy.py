"""Lazy arguments and the markers that stand for them."""

import copy
import pickle

import pytest

from blocks.bricks import Linear, lazy
from blocks.bricks.base import LazyNone, NoneAllocation, NoneInitialization, args_to_kwargs
from blocks.errors import BrickError


def test_lazy_arguments_of_base_classes_add_up():
    class More(Linear):
        @lazy(allocation=["depth"])
        def __init__(self, depth, **kwargs):
            super().__init__(**kwargs)
            self.depth = depth

    assert sorted(More(2).allocation_args) == ["depth", "input_dim", "output_dim"]
    with pytest.raises(BrickError, match=r"^/more: expected input_dim before its parameters"):
        More(2, output_dim=3).allocate()


def test_markers_are_falsy_and_single():
    assert not NoneAllocation
    for made in (copy.deepcopy(NoneAllocation), pickle.loads(pickle.dumps(NoneAllocation))):
        assert made is NoneAllocation
    assert isinstance(NoneInitialization, LazyNone)
    assert copy.deepcopy(Linear()).input_dim is NoneAllocation


def test_args_to_kwargs():
    assert args_to_kwargs((1, 2), lambda a, b, c=0: None) == {"a": 1, "b": 2}
