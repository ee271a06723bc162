"""The names that stand in the code of tests/error_texts.py, and a few mistakes made to order."""

from dataclasses import dataclass

import numpy as np

from blocks import function, tensor
from blocks.compile.arguments import In
from blocks.compile.gemm import Gemm
from blocks.compile.kernels import own_kernel
from blocks.graph import ComputationGraph, backend, grad, shared
from blocks.graph.annotations import Annotation, add_annotation
from blocks.graph.op import Kernel, Op
from blocks.graph.ops import elementwise
from blocks.graph.ops.batched import BatchedDot
from blocks.graph.ops.crossentropy_op import SoftmaxCrossEntropyGrad
from blocks.graph.ops.pattern import sizes_of
from blocks.graph.ops.repeat import Tile
from blocks.graph.ops.shape import Reshape
from blocks.graph.ops.sizes import MakeVector, SpecifyShape
from blocks.graph.ops.softmax_op import SoftmaxGrad
from blocks.graph.ops.subtensor import SubtensorGradient
from blocks.graph.printing import debugprint, pp
from blocks.graph.traversal import rebuild
from blocks.graph.types import TensorType
from blocks.graph.variable import constant
from blocks.roles import COST, add_role

__all__ = ["NAMES"]


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

NAMES = {
    **{item.__name__: item for item in FUNCTIONS},
    "np": np,
    "tensor": tensor,
    "elementwise": elementwise,
    "cost": cost,
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
}
