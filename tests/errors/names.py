"""The names that stand in the code of tests/errors/texts.txt, and a few mistakes made to order."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import numpy as np

from blocks import explain, function, tensor
from blocks.bricks import Linear, application
from blocks.bricks.base import Brick
from blocks.compile.arguments import In
from blocks.compile.gemm import Gemm
from blocks.compile.kernels import own_kernel
from blocks.compile.plain import plain_kernel
from blocks.config import config
from blocks.graph import (
    ComputationGraph,
    RandomStreams,
    apply_dropout,
    apply_noise,
    backend,
    clone,
    collect_parameters,
    consider_constant,
    get_test_value,
    grad,
    ifelse,
    jacobian,
    pydotprint,
    shared,
    undefined_grad,
    verify_grad,
)
from blocks.graph.annotations import Annotation, add_annotation
from blocks.graph.loops import scan, until
from blocks.graph.op import Kernel, Op
from blocks.graph.ops import elementwise
from blocks.graph.ops.batched import BatchedDot
from blocks.graph.ops.crossentropy_op import SoftmaxCrossEntropyGrad
from blocks.graph.ops.map import map_rows
from blocks.graph.ops.pattern import sizes_of
from blocks.graph.ops.random import Bernoulli, RandomUniform
from blocks.graph.ops.random_choice import Distinct
from blocks.graph.ops.random_counts import Binomial
from blocks.graph.ops.repeat import Tile
from blocks.graph.ops.shape import Reshape
from blocks.graph.ops.sizes import MakeVector, SpecifyShape
from blocks.graph.ops.softmax_op import SoftmaxGrad
from blocks.graph.ops.subtensor import SubtensorGradient
from blocks.graph.printing import debugprint, pp
from blocks.graph.traversal import rebuild, toposort
from blocks.graph.types import TensorType
from blocks.graph.variable import constant
from blocks.roles import COST, add_role

__all__ = ["NAMES"]

nlinalg, slinalg, nnet = tensor.nlinalg, tensor.slinalg, tensor.nnet


@dataclass(frozen=True)
class Bad(Op):
    """The identity, with a mistake in its gradient."""

    mistake: str

    def infer(self, *types):
        return types

    def grad(self, inputs, outputs, output_gradients):
        if self.mistake == "none":
            return super().grad(inputs, outputs, output_gradients)
        return [] if self.mistake == "short" else [tensor.ones((2, 2))]

    def lower(self, *types):
        raise NotImplementedError

    def reference(self, *arrays):
        return arrays


def without_engine(action):
    """Run something as if nothing had installed a compiler."""
    engine = backend._backend[:]
    backend._backend.clear()
    try:
        action()
    finally:
        backend._backend[:] = engine


def with_program(action, script):
    """Run something where a shell script of that text, if there is one, is Graphviz' dot."""
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, PATH=folder):
        if script:
            path = Path(folder, "dot")
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(0o755)
        action()


def with_test_values(action):
    """Run something while test values are asked for."""
    with config.use(compute_test_value="raise"):
        action()


def sample(x, value):
    """Give a symbol a test value."""
    x.tag.test_value = value
    return x


class Chooser(Brick):
    """Takes a row of its input, or the logarithm of all."""

    @application
    def apply(self, condition, x, index):
        return ifelse(condition > 0, x[index], tensor.log(x).sum(axis=0))

    @application
    def solve(self, a, b):
        return slinalg.solve(a, b)

    @application
    def positive(self, x, index):
        row = tensor.vector("row")
        return map_rows([row[row > 0][index]], {row: x})


def running_sum():
    """Return the op of a loop over a sequence, with a state."""
    y, _ = scan(lambda row, total: total + row, tensor.vector("s"), tensor.scalar("total"))
    (op,) = (node.op for node in toposort([y]) if node.op.inner_outputs())
    return op


def kernel_of(source):
    """Compile the function that a text defines, as a kernel."""
    namespace = {}
    exec(source, namespace)
    own_kernel(Kernel(namespace["f"]), [])


cost = (tensor.vector("features") ** 2).sum()
add_role(cost, COST)

FUNCTIONS = [
    Bad,
    BatchedDot,
    ComputationGraph,
    Gemm,
    In,
    MakeVector,
    Reshape,
    SoftmaxCrossEntropyGrad,
]
FUNCTIONS += [
    SoftmaxGrad,
    SpecifyShape,
    SubtensorGradient,
    TensorType,
    Tile,
    add_annotation,
    constant,
]
FUNCTIONS += [debugprint, function, grad, kernel_of, pp, rebuild, shared, sizes_of, without_engine]
FUNCTIONS += [clone, collect_parameters, get_test_value, ifelse, jacobian, map_rows, plain_kernel]
FUNCTIONS += [
    explain,
    pydotprint,
    sample,
    undefined_grad,
    verify_grad,
    with_program,
    with_test_values,
]

FUNCTIONS += [Bernoulli, Binomial, Distinct, RandomStreams, RandomUniform]
FUNCTIONS += [apply_dropout, apply_noise, scan, until]

NAMES = {
    **{item.__name__: item for item in FUNCTIONS},
    "np": np,
    "tensor": tensor,
    "nlinalg": nlinalg,
    "slinalg": slinalg,
    "nnet": nnet,
    "elementwise": elementwise,
    "consider_constant": consider_constant,
    "cost": cost,
    "chooser": Chooser(name="chooser"),
    "linear": Linear(4, 3, name="linear"),
    "brick": Annotation(),
    "x": tensor.vector("x"),
    "y": tensor.vector("y"),
    "z": tensor.scalar("z"),
    "X": tensor.matrix("X"),
    "M": tensor.matrix("M"),
    "x3": tensor.vector("x3", shape=(3,)),
    "X43": tensor.matrix("X43", shape=(4, 3)),
    "x4": tensor.vector("x4", shape=(4,)),
    "namesake": tensor.vector("x"),
    "features": tensor.vector("features"),
    "feature": tensor.vector("feature"),
    "i": tensor.lscalar("i"),
    "v": tensor.lvector("v"),
    "mask": tensor.vector("mask", dtype="bool"),
    "W": shared(np.zeros((4, 3)), "W", shape=(4, 3)),
    "W3": shared(np.zeros(3), "W3", shape=(3,)),
    "b": shared(np.zeros(2), "b"),
    "n": shared(0, "n"),
    "sums": running_sum(),
    "rng": RandomStreams(1),
    "state": np.array([1, 0], "uint64"),
}
