"""The kernels that draw random numbers: in vector registers, and faster than NumPy."""

import re

import numpy as np
import pytest

from blocks import function, shared
from blocks.compile.kernels import own_kernel
from blocks.graph.ops.random import Bernoulli, RandomNormal, RandomUniform, TruncatedNormal
from blocks.graph.streams import RandomStreams
from blocks.graph.types import TensorType
from tests.compile.test_folds import llvm_of

STATE, SHAPE, P = TensorType("uint64", (2,)), TensorType("int64", (2,)), TensorType("float32", ())
# The product of two words of 32 bits; for normal numbers the logarithm and the polynomials, too.
WORDS, REAL = r"mul nuw <\d+ x i64>", r"llvm.fma.v\d+f{}"


@pytest.mark.parametrize(
    ("op", "inputs", "patterns"),
    [
        (RandomUniform("float32", 2), [STATE, SHAPE], [WORDS]),
        (RandomUniform("float64", 2), [STATE, SHAPE], [WORDS]),
        (RandomNormal("float32", 2), [STATE, SHAPE], [WORDS, REAL.format(32)]),
        (RandomNormal("float64", 2), [STATE, SHAPE], [WORDS, REAL.format(64)]),
        (TruncatedNormal("float64", 2), [STATE, SHAPE], [WORDS, REAL.format(64)]),
        (Bernoulli("float32", 2), [STATE, P, SHAPE], [WORDS]),
        (Bernoulli("int64", 2), [STATE, P, SHAPE], [WORDS]),
    ],
    ids=str,
)
def test_vector_registers(op, inputs, patterns):
    """Whole rows are drawn side by side: one element at a time takes eight times as long."""
    code = llvm_of(*own_kernel(op.lower(*inputs), [*inputs, TensorType(op.dtype, (2, 3))]))
    for pattern in patterns:
        assert re.search(pattern, code), pattern


def test_a_new_state_is_written_over_the_old_one():
    rng = RandomStreams(1)
    kept = shared(np.zeros(3))
    f = function([], updates=[(kept, rng.uniform((3,)))])
    (state, _) = rng.state_updates[0]
    memory = state.array
    for call in range(1, 4):
        f()
        assert state.array is memory
        assert memory[1] == call
