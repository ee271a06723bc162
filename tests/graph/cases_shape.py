"""The table of operations on shapes, indices, diagonals and matrices.

Each row says how to build a result from variables, and what NumPy makes of the same arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from blocks import tensor
from blocks.graph.ops.map import map_rows


@dataclass(frozen=True)
class Case:
    """A row: the inputs are arrays, shapes of random arrays, or functions that draw one."""

    id: str
    build: Callable[..., Any]
    inputs: tuple[Any, ...]
    expected: Callable[..., Any]

    def arrays(self, dtype: str = "float64") -> list[np.ndarray]:
        """Return the inputs; those given by shape in the given dtype."""
        rng = np.random.default_rng(1)
        return [
            x(rng).astype(dtype)
            if callable(x)
            else rng.normal(size=x).astype(dtype)
            if isinstance(x, tuple)
            else np.asarray(x)
            for x in self.inputs
        ]


def _slices(x, *key):
    return x[tuple(key)]


def _set(x, y, key):
    x = x.copy()
    x[key] = y
    return x


def _inc(x, y, key):
    x = x.copy()
    np.add.at(x, key, y)
    return x


def _nonzero_mask(x):
    return x[np.abs(x) > 0.5]


def _outer_products(x, y, z):
    """Return the products of the rows of x * z with those of y, in a loop."""
    a, b = tensor.vectors("a", "b", dtype=x.dtype)
    return map_rows([tensor.outer(a * z, b)], {a: x, b: y})[0]


def _numpy_hessian(x):
    H = np.diag(np.exp(x))
    H[0, 1] += 2 * x[1]
    H[1, 0] += 2 * x[1]
    H[1, 1] += 2 * x[0]
    return H


A, B, C, V, S = (4, 3), (3, 5), (2, 4, 3), (3,), ()
ALL = slice(None)
NUMBERS = np.array([2, 0, 2, -1])

AXES = [
    Case("transpose", lambda x: x.T, (C,), lambda x: x.T),
    Case("transpose axes", lambda x: x.transpose(1, 2, 0), (C,), lambda x: x.transpose(1, 2, 0)),
    Case("swapaxes", lambda x: x.swapaxes(0, -1), (C,), lambda x: x.swapaxes(0, -1)),
    Case("dimshuffle", lambda x: x.dimshuffle(1, "x", 0), (A,), lambda x: x.T[:, None]),
    Case("dimshuffle list", lambda x: x.dimshuffle(["x", 0]), (V,), lambda x: x[None]),
    Case("dimshuffle scalar", lambda x: x.dimshuffle("x", "x"), (S,), lambda x: x[None, None]),
    Case(
        "dimshuffle drop", lambda x: x.dimshuffle(0, "x", 1).dimshuffle(2, 0), (A,), lambda x: x.T
    ),
    Case("padleft", lambda x: tensor.shape_padleft(x, 2), (A,), lambda x: x[None, None]),
    Case("padright", lambda x: tensor.shape_padright(x), (A,), lambda x: x[..., None]),
    Case("padaxis", lambda x: tensor.shape_padaxis(x, -2), (A,), lambda x: x[:, None]),
    Case("squeeze", lambda x: x[:, None].squeeze(), (V,), lambda x: x),
    Case("addbroadcast", lambda x, y: tensor.addbroadcast(x, 0) * y, ((1, 3), A), np.multiply),
    Case("unbroadcast", lambda x: tensor.unbroadcast(x[None], 0), (V,), lambda x: x[None]),
]
SHAPES = [
    Case("reshape", lambda x: x.reshape((2, 6)), (A,), lambda x: x.reshape(2, 6)),
    Case("reshape -1", lambda x: x.reshape((3, -1)), (A,), lambda x: x.reshape(3, -1)),
    Case("reshape arguments", lambda x: x.reshape(2, 6), (A,), lambda x: x.reshape(2, 6)),
    Case("reshape 0-d", lambda x: x.reshape(()), ((1, 1),), lambda x: x.reshape(())),
    Case("reshape from 0-d", lambda x: x.reshape((1, 1)), (S,), lambda x: x.reshape(1, 1)),
    Case(
        "reshape symbolic",
        lambda x, y: x.reshape((y.shape[0], y.shape[1])),
        (A, (2, 6)),
        lambda x, y: x.reshape(y.shape),
    ),
    Case(
        "reshape vector",
        lambda x, n: x.reshape(n, ndim=2),
        (A, np.array([6, 2])),
        lambda x, n: x.reshape(n),
    ),
    Case("reshape of transpose", lambda x: x.T.reshape((2, 6)), (A,), lambda x: x.T.reshape(2, 6)),
    Case("flatten", lambda x: x.flatten(), (C,), lambda x: x.ravel()),
    Case("flatten 2", lambda x: x.flatten(2), (C,), lambda x: x.reshape(2, 12)),
    Case("flatten 0-d", lambda x: x.flatten(), (S,), lambda x: x.ravel()),
    Case("flatten of transpose", lambda x: x.T.flatten(2), (C,), lambda x: x.T.reshape(3, 8)),
    Case("specify_shape", lambda x: tensor.specify_shape(x, (None, 3)), (A,), lambda x: x),
    Case("shape in value", lambda x: x * x.shape[0], (A,), lambda x: x * len(x)),
    Case("size", lambda x: x / x.size, (A,), lambda x: x / x.size),
    Case("zeros_like", lambda x: x + tensor.zeros_like(x), (A,), lambda x: x),
    Case("ones_like", lambda x: tensor.ones_like(x) + x, (A,), lambda x: 1 + x),
]
JOINS = [
    Case("join 0", lambda x, y: tensor.join(0, x, y), (A, (2, 3)), lambda x, y: np.vstack([x, y])),
    Case(
        "concatenate 1",
        lambda x, y: tensor.concatenate([x, y, x], axis=-1),
        (A, (4, 2)),
        lambda x, y: np.hstack([x, y, x]),
    ),
    Case("stack", lambda x, y: tensor.stack([x, y]), (A, A), lambda x, y: np.stack([x, y])),
    Case("stack 1", lambda x, y: tensor.stack([x, y], axis=1), (V, V), lambda *x: np.stack(x, 1)),
    Case("stack arguments", lambda x, y: tensor.stack(x, y), (V, V), lambda *x: np.stack(x)),
    Case("stack scalars", lambda x, y: tensor.stack([x, y]), (S, S), lambda x, y: np.array([x, y])),
    Case(
        "as_tensor_variable",
        lambda x, y: tensor.as_tensor_variable([[x, 1.0], [y, x]]),
        (S, S),
        lambda x, y: np.array([[x, 1.0], [y, x]]),
    ),
    Case(
        "split",
        lambda x: tensor.split(x, [1, 2], 2, axis=1)[1],
        (A,),
        lambda x: x[:, 1:],
    ),
    Case("tile", lambda x: tensor.tile(x, (2, 3)), (A,), lambda x: np.tile(x, (2, 3))),
    Case("tile more", lambda x: tensor.tile(x, (2, 1, 2)), (A,), lambda x: np.tile(x, (2, 1, 2))),
    Case("tile fewer", lambda x: tensor.tile(x, 2), (A,), lambda x: np.tile(x, 2)),
    Case("repeat", lambda x: x.repeat(2, axis=1), (A,), lambda x: x.repeat(2, axis=1)),
    Case("repeat flat", lambda x: tensor.repeat(x, 3), (A,), lambda x: x.repeat(3)),
    Case(
        "repeat each", lambda x: x.repeat([1, 0, 2], axis=1), (A,), lambda x: x.repeat([1, 0, 2], 1)
    ),
    Case("roll", lambda x: tensor.roll(x, 4, axis=0), (A,), lambda x: np.roll(x, 4, axis=0)),
    Case("roll flat", lambda x: tensor.roll(x, -2), (A,), lambda x: np.roll(x, -2)),
]
KEYS = {
    "x[1]": (1,),
    "x[-1]": (-1,),
    "x[1, 2]": (1, 2),
    "x[1:]": (slice(1, None),),
    "x[:, 1:3]": (ALL, slice(1, 3)),
    "x[::-1]": (slice(None, None, -1),),
    "x[::2, ::-2]": (slice(None, None, 2), slice(None, None, -2)),
    "x[5:1]": (slice(5, 1),),
    "x[1:2]": (slice(1, 2),),
    "x[-2:]": (slice(-2, None),),
    "x[..., 0]": (..., 0),
    "x[None]": (None,),
    "x[:, None, 1]": (ALL, None, 1),
    "x[..., None]": (..., None),
    "x[array]": (NUMBERS,),
    "x[matrix]": (NUMBERS.reshape(2, 2),),
    "x[:, array]": (ALL, NUMBERS),
    "x[array, array]": (NUMBERS, np.array([0, 1, 1, 0])),
    "x[array, 1]": (NUMBERS, 1),
    "x[column, row]": (NUMBERS[:, None], np.array([[0, 1]])),
    "x[1:, array]": (slice(1, None), NUMBERS),
    "x[array, None]": (NUMBERS, None),
    "x[none]": (np.array([], dtype="int64"),),
    "x[mask]": (np.array([True, False, True, True]),),
    "x[:, mask]": (ALL, np.array([True, False, True])),
    "x[matrix mask]": (np.arange(12).reshape(4, 3) % 2 == 0,),
}
INDICES = [
    Case(name, lambda x, k=key: x[k], (A,), lambda x, k=key: x[k]) for name, key in KEYS.items()
]
INDICES += [
    Case(
        f"{name} 3-d",
        lambda x, k=key: x[k],
        (C,),
        lambda x, k=key: x[k],
    )
    for name, key in {
        "x[array, :, array]": (np.array([0, 1, 1]), ALL, np.array([0, 2, 0])),
        "x[0, :, array]": (0, ALL, NUMBERS),
        "x[:, array, array]": (ALL, NUMBERS, np.array([0, 1, 1, 0])),
        "x[:, array]": (ALL, NUMBERS),
        "x[..., array]": (..., NUMBERS),
        "x[None, array, None, 0]": (None, np.array([1, 0]), None, 0),
    }.items()
]
INDICES += [
    Case("x[i]", lambda x, i: x[i], (A, np.array(2)), lambda x, i: x[i]),
    Case("x[i:j]", lambda x, i, j: x[i:j], (A, np.array(1), np.array(-1)), lambda x, i, j: x[i:j]),
    Case("x[j::-1]", lambda x, j: x[j::-1], (A, np.array(2)), lambda x, j: x[j::-1]),
    Case("x[:, i]", lambda x, i: x[:, i], (A, np.array(-2)), lambda x, i: x[:, i]),
    Case("x[n]", lambda x, n: x[n], (A, NUMBERS), lambda x, n: x[n]),
    Case("x[n] int8", lambda x, n: x[n], (A, NUMBERS.astype("int8")), lambda x, n: x[n]),
    Case(
        "x[n, m]",
        lambda x, n: x[tensor.arange(4), n],
        (A, np.array([0, 1, 2, 0])),
        lambda x, n: x[np.arange(4), n],
    ),
    Case("x[x > 0.5]", lambda x: x[tensor.abs_(x) > 0.5], (A,), _nonzero_mask),
    Case(
        "take",
        lambda x: x.take([[0, 1], [2, 1]], axis=1),
        (A,),
        lambda x: x.take([[0, 1], [2, 1]], axis=1),
    ),
    Case("take flat", lambda x: tensor.take(x, [11, 0]), (A,), lambda x: x.take([11, 0])),
    Case("nonzero_values", lambda x: (x * (x > 0)).nonzero_values(), (A,), lambda x: x[x > 0]),
]
CHANGES = []
for _name, _key in {
    "[1]": (1,),
    "[1:, 0]": (slice(1, None), 0),
    "[::-2]": (slice(None, None, -2),),
    "[array]": (np.array([0, 2, 3]),),
    "[array, array]": (np.array([0, 2, 3]), np.array([0, 1, 0])),
    "[:, array]": (ALL, np.array([2, 0])),
}.items():
    _part = np.zeros(A)[_key].shape
    CHANGES += [
        Case(
            f"{_kind.__name__}{_name}{_note}",
            lambda x, y, k=_key, f=_kind: f(x[k], y),
            (A, _shape),
            lambda x, y, k=_key, f=_oracle: f(x, y, k),
        )
        for _kind, _oracle in ((tensor.set_subtensor, _set), (tensor.inc_subtensor, _inc))
        for _note, _shape in (("", _part), (" = scalar", ()))
    ]
CHANGES += [
    Case(
        "inc_subtensor[twice]",
        lambda x, y: tensor.inc_subtensor(x[NUMBERS], y),
        (A, (4, 3)),
        lambda x, y: _inc(x, y, (NUMBERS,)),
    ),
    Case(
        "inc_subtensor[two axes]",  # of one axis are the values that are added
        lambda x, y: tensor.inc_subtensor(x[np.array([[2, 1], [2, 0]])], y),
        ((3,), (2,)),
        lambda x, y: _inc(x, np.stack([y, y]), (np.array([[2, 1], [2, 0]]),)),
    ),
    Case(
        "set_subtensor[:, None, 1]",
        lambda x, y: tensor.set_subtensor(x[:, None, 1], y),
        (A, (4, 1)),
        lambda x, y: _set(x, y[:, 0], (ALL, 1)),
    ),
    Case(
        "set_subtensor[i:]",
        lambda x, y, i: tensor.set_subtensor(x[i:], y),
        (A, V, np.array(2)),
        lambda x, y, i: _set(x, y, (slice(2, None),)),
    ),
]
PRODUCTS = [
    Case("dot vv", tensor.dot, (V, V), np.dot),
    Case("dot mv", tensor.dot, (A, V), np.dot),
    Case("dot vm", tensor.dot, (V, B), np.dot),
    Case("dot mm", tensor.dot, (A, B), np.dot),
    Case("dot 3m", tensor.dot, (C, B), np.dot),
    Case("dot 3v", tensor.dot, (C, V), np.dot),
    Case("dot v3", tensor.dot, (V, (2, 3, 4)), np.dot),
    Case("dot m3", tensor.dot, (A, (2, 3, 5)), np.dot),
    Case("dot 33", tensor.dot, (C, (2, 3, 5)), np.dot),
    Case("dot scalar", tensor.dot, (S, A), np.dot),
    Case("dot row", lambda x, y: tensor.dot(x[None], y), (V, B), lambda x, y: x[None] @ y),
    Case("dot transposed", lambda x, y: tensor.dot(x.T, y), (A, (4, 5)), lambda x, y: x.T @ y),
    Case("matmul", lambda x, y: x @ y, (A, B), np.matmul),
    Case("tensordot 2", tensor.tensordot, (C, (4, 3, 5)), np.tensordot),
    Case("tensordot 0", lambda x, y: tensor.tensordot(x, y, 0), (V, V), np.outer),
    Case(
        "tensordot pairs",
        lambda x, y: tensor.tensordot(x, y, [[0, 2], [1, 0]]),
        (C, (3, 2, 5)),
        lambda x, y: np.tensordot(x, y, [[0, 2], [1, 0]]),
    ),
    Case("outer", tensor.outer, (V, (4,)), np.outer),
    Case("batched_dot", tensor.batched_dot, (C, (2, 3, 5)), np.matmul),
    Case("batched_dot 2-d", tensor.batched_dot, ((2, 3), (2, 3)), lambda x, y: (x * y).sum(axis=1)),
    Case(
        "batched_tensordot",
        lambda x, y: tensor.batched_tensordot(x, y, [[2], [1]]),
        (C, (2, 3, 5, 2)),
        lambda x, y: np.einsum("bik,bkjl->bijl", x, y),
    ),
    Case("norm", lambda x: x.norm(2), (A,), np.linalg.norm),
    Case("norm 1", lambda x: x.norm(1, axis=0), (A,), lambda x: np.abs(x).sum(0)),
    Case("norm 3", lambda x: x.norm(3), (V,), lambda x: (np.abs(x) ** 3).sum() ** (1 / 3)),
    Case("norm inf", lambda x: x.norm(np.inf), (A,), lambda x: np.abs(x).max()),
    Case("trace", lambda x: x.trace(), (A,), np.trace),
]
CREATIONS = [
    Case("alloc", lambda x: tensor.alloc(x, 2, 4, 3), (A,), lambda x: np.stack([x, x])),
    Case(
        "alloc scalar",
        lambda x, y: tensor.alloc(x, *y.shape),
        (S, A),
        lambda x, y: np.full(y.shape, x),
    ),
    Case("alloc row", lambda x: tensor.alloc(x[None], 2, 4, 3), (A,), lambda x: np.stack([x, x])),
    Case("alloc of size 1", lambda x: tensor.alloc(x, 1), ((1,),), lambda x: x),
    Case("fill", tensor.fill, (A, S), lambda x, y: np.full(x.shape, y)),
    Case("full_like", lambda x: x + tensor.full_like(x, 2), (A,), lambda x: x + 2),
    Case("zeros", lambda x: x + tensor.zeros(x.shape), (A,), lambda x: x),
    Case("ones", lambda x: x + tensor.ones((x.shape[0], 3)), (A,), lambda x: x + 1),
    Case("eye", lambda x: x * tensor.eye(4, 3, 1), (A,), lambda x: x * np.eye(4, 3, 1)),
    Case("identity_like", lambda x: x * tensor.identity_like(x), (A,), lambda x: x * np.eye(4, 3)),
    Case("arange", lambda x: x * tensor.arange(x.shape[1]), (A,), lambda x: x * np.arange(3)),
    Case("arange step", lambda x: x * tensor.arange(8, 2, -2), (V,), lambda x: x * [8, 6, 4]),
    Case("diag vector", lambda x: tensor.diag(x, 1), (V,), lambda x: np.diag(x, 1)),
    Case("diag matrix", lambda x: tensor.diag(x), (A,), np.diag),
    Case("diagonal", lambda x: x.diagonal(-1, 1, 2), (C,), lambda x: x.diagonal(-1, 1, 2)),
    Case("diagonal none", lambda x: x.diagonal(7), (A,), lambda x: x.diagonal(7)),
    Case("tril", lambda x: tensor.tril(x, 1), (C,), lambda x: np.tril(x, 1)),
    Case("triu", tensor.triu, (A,), np.triu),
]
BRANCHES = [
    Case("ifelse", lambda x, y: tensor.ifelse(x[0, 0] < 9, x, y), (A, A), lambda x, y: x),
    Case("ifelse else", lambda x, y: tensor.ifelse(x[0, 0] > 9, x, y), (A, A), lambda x, y: y),
    Case(
        "ifelse literal",
        lambda x, y: x + tensor.ifelse(y, 1, 0),
        (A, np.array(2)),
        lambda x, y: x + 1,
    ),
]
ORDERS = [
    Case("sort", lambda x: x.sort(axis=1), (C,), lambda x: np.sort(x, axis=1)),
    Case("sort flat", lambda x: tensor.sort(x, None), (A,), lambda x: np.sort(x, None)),
    Case(
        "argsort", lambda x: x * x.argsort(axis=0), (A,), lambda x: x * x.argsort(0, kind="stable")
    ),
    Case("cumsum", lambda x: x.cumsum(axis=1), (A,), lambda x: x.cumsum(axis=1)),
    Case("cumsum flat", lambda x: x.cumsum(), (A,), lambda x: x.cumsum()),
    Case("cumprod", lambda x: x.cumprod(axis=0), (C,), lambda x: x.cumprod(axis=0)),
    Case("diff", lambda x: tensor.diff(x, 2, axis=0), (A,), lambda x: np.diff(x, 2, axis=0)),
    Case(
        "to_one_hot",
        lambda x, y: x * tensor.extra_ops.to_one_hot(y, 3),
        (A, np.array([0, 2, 2, 1])),
        lambda x, y: x * np.eye(3)[y],
    ),
]
LOOPS = [
    Case("map", _outer_products, (A, (4, 2), V), lambda x, y, z: (x * z)[:, :, None] * y[:, None]),
    Case(
        "jacobian",
        lambda x, y: tensor.jacobian(tensor.tanh(tensor.dot(x, y)), x),
        (V, B),
        lambda x, y: (1 - np.tanh(x @ y) ** 2)[:, None] * y.T,
    ),
    Case(
        "jacobian of sort",
        lambda x: tensor.jacobian(tensor.sort(x) ** 2, x),
        (V,),
        lambda x: 2 * np.sort(x)[:, None] * np.eye(3)[np.argsort(x)],
    ),
    Case(
        "hessian",
        lambda x: tensor.hessian(tensor.exp(x).sum() + x[0] * x[1] ** 2, x),
        (V,),
        _numpy_hessian,
    ),
]
CASES = [
    *AXES,
    *SHAPES,
    *JOINS,
    *INDICES,
    *CHANGES,
    *PRODUCTS,
    *CREATIONS,
    *BRANCHES,
    *ORDERS,
    *LOOPS,
]
