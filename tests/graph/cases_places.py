"""Rows of the table of `cases_shape`: grids, counts, searches, the largest few, classes."""

import numpy as np

from blocks import tensor
from blocks.tensor import extra_ops, nnet
from tests.graph.cases_shape import NUMBERS, A, B, C, Case, S, V

LABELS = np.array([0, 2, 2, 1])
SORTED = np.array([-1.0, 0.0, 0.5, 2.0])


def _small(x):
    """Return integers as int8, which float32 holds."""
    return tensor.cast(x, "int8")


def _filled(x, value, k=0):
    return np.where(np.eye(*x.shape, k, dtype=bool), value, x)


def _softmax(x):
    x = np.exp(x - x.max(axis=-1, keepdims=True))
    return x / x.sum(axis=-1, keepdims=True)


def _picked(x, y):
    return -np.log(_softmax(x)[np.arange(len(y)), y])


FILLS = [
    Case("fill_diagonal", extra_ops.fill_diagonal, (A, S), _filled),
    Case("fill_diagonal wide", extra_ops.fill_diagonal, (B, S), _filled),
    Case(
        "fill_diagonal_offset",
        lambda x, v: extra_ops.fill_diagonal_offset(x, v, -1),
        (A, S),
        lambda x, v: _filled(x, v, -1),
    ),
    Case("tri", lambda x: x * tensor.tri(4, 3, 1, "float32"), (A,), lambda x: x * np.tri(4, 3, 1)),
    Case("tri square", lambda x: x * tensor.tri(3, dtype="float32"), (V,), lambda x: x * np.tri(3)),
    Case("mgrid", lambda x: x * _small(tensor.mgrid[1:5, 0:6:2][1]), (A,), lambda x: x * [0, 2, 4]),
    Case("mgrid line", lambda x: x * _small(tensor.mgrid[0:3][0]), (V,), lambda x: x * [0, 1, 2]),
    Case(
        "ogrid",
        lambda x: x * _small(tensor.ogrid[: x.shape[0], : x.shape[1]][0]),
        (A,),
        lambda x: x * np.arange(4)[:, None],
    ),
    Case("second", tensor.second, (A, S), lambda x, y: np.full_like(x, y)),
]
PLACES = [
    Case(
        "unravel_index",
        lambda x: x[extra_ops.unravel_index(NUMBERS + 1, x.shape, ndim=2)],
        (A,),
        lambda x: x[np.unravel_index(NUMBERS + 1, x.shape)],
    ),
    Case(
        "unravel_index F",
        lambda x: x[extra_ops.unravel_index([5, 0, 11], (4, 3), order="F")],
        (A,),
        lambda x: x[np.unravel_index([5, 0, 11], x.shape, order="F")],
    ),
    Case(
        "ravel_multi_index",
        lambda x: x.flatten()[extra_ops.ravel_multi_index(([3, 0], [2, 1]), x.shape)],
        (A,),
        lambda x: x[[3, 0], [2, 1]],
    ),
    Case(
        "ravel_multi_index F",
        lambda x: x.T.flatten()[extra_ops.ravel_multi_index(([3, 0], [2, 1]), (4, 3), order="F")],
        (A,),
        lambda x: x[[3, 0], [2, 1]],
    ),
    Case(
        "ravel_multi_index clip",
        lambda x: x.flatten()[extra_ops.ravel_multi_index(([9, -1], [7, 1]), (4, 3), "clip")],
        (A,),
        lambda x: x[[3, 0], [2, 1]],
    ),
    Case(
        "ravel_multi_index wrap",
        lambda x: x.flatten()[extra_ops.ravel_multi_index(([4, -1], [3, 1]), (4, 3), "wrap")],
        (A,),
        lambda x: x[[0, 3], [0, 1]],
    ),
    Case("flatnonzero", lambda x: x.flatten()[tensor.flatnonzero(x)], (A,), lambda x: x.ravel()),
    Case(
        "nonzero matrix",
        lambda x: x * _small(tensor.nonzero(x, return_matrix=True)[1].reshape((4, 3))),
        (A,),
        lambda x: x * [0, 1, 2],
    ),
    Case(
        "compress",
        lambda x: extra_ops.compress([1, 0, 0, 1], x, axis=0),
        (A,),
        lambda x: x[[0, 3]],
    ),
    Case(
        "compress method",
        lambda x, c: c.compress(x),
        (V, np.array([True, False, True])),
        lambda x, c: x[c],
    ),
    Case(
        "inverse_permutation",
        lambda x: x[tensor.inverse_permutation([2, 0, 1])],
        (V,),
        lambda x: x[[1, 2, 0]],
    ),
    Case(
        "choose",
        lambda x, y, a: a.choose([x, y]),
        (V, V, np.array([1, 0, 1])),
        lambda x, y, a: np.choose(a, [x, y]),
    ),
    Case(
        "choose broadcast",
        lambda x, y, a: tensor.choose(a, [x, y, 0]),
        (A, S, np.array([1, 0, 2])),
        lambda x, y, a: np.choose(a, [x, y, 0.0]),
    ),
    Case(
        "choose stacked",
        lambda x: tensor.choose([3, 0, 1], tensor.specify_shape(x, (4, 3))),
        (A,),
        lambda x: x[[3, 0, 1], [0, 1, 2]],
    ),
    Case(
        "choose clip",
        lambda x, y: tensor.choose([7, -1, 1], [x, y], mode="clip"),
        (V, V),
        lambda x, y: np.choose([7, -1, 1], [x, y], mode="clip"),
    ),
    Case(
        "choose wrap",
        lambda x, y: tensor.choose([7, -1, 2], [x, y], mode="wrap"),
        (V, V),
        lambda x, y: np.choose([7, -1, 2], [x, y], mode="wrap"),
    ),
]
COUNTS = [
    Case(
        "searchsorted",
        lambda x: x * _small(extra_ops.searchsorted(SORTED, x)),
        (A,),
        lambda x: x * np.searchsorted(SORTED, x),
    ),
    Case(
        "searchsorted right",
        lambda x, v: x * _small(extra_ops.searchsorted(SORTED, v, side="right")),
        (S, np.array([0, -9, 9])),
        lambda x, v: x * np.searchsorted(SORTED, v, side="right"),
    ),
    Case(
        "searchsorted sorter",
        lambda x, v: x * _small(extra_ops.searchsorted(SORTED[::-1], v, sorter=[3, 2, 1, 0])),
        (S, np.array([0, -9, 9])),
        lambda x, v: x * np.searchsorted(SORTED, v),
    ),
    Case(
        "bincount",
        lambda x, y: x * _small(extra_ops.bincount(y)),
        (V, LABELS),
        lambda x, y: x * np.bincount(y),
    ),
    Case(
        "bincount weights",
        lambda x, y: extra_ops.bincount(y, x, minlength=5),
        ((4,), LABELS),
        lambda x, y: np.bincount(y, x, minlength=5),
    ),
    Case("ptp", lambda x: x.ptp(axis=1), (A,), lambda x: np.ptp(x, axis=1)),
    Case("ptp all", tensor.ptp, (A,), np.ptp),
    Case("cov", tensor.cov, (A,), np.cov),
    Case(
        "cov columns",
        lambda x, y: tensor.cov(x, y, rowvar=False, bias=True),
        (A, A),
        lambda x, y: np.cov(x, y, rowvar=False, bias=True),
    ),
    Case("cov ddof", lambda x: tensor.cov(x, ddof=2), (B,), lambda x: np.cov(x, ddof=2)),
    Case("topk", lambda x: tensor.topk(x, 2), (A,), lambda x: np.sort(x)[:, -2:]),
    Case(
        "topk smallest",
        lambda x: tensor.topk_and_argtopk(x, -2, axis=0)[0],
        (A,),
        lambda x: np.sort(x, axis=0)[:2],
    ),
    Case("topk flat", lambda x: tensor.topk(x, 5, None), (A,), lambda x: np.sort(x, None)[-5:]),
    Case(
        "argtopk",
        lambda x: x[tensor.argtopk(x, 2, idx_dtype="int32")],
        (V,),
        lambda x: np.sort(x)[-2:],
    ),
    Case(
        "batched_tensordot",
        lambda x, y: tensor.batched_tensordot(x, y, 1),
        ((2, 5, 3), (2, 3, 4)),
        np.matmul,
    ),
    Case(
        "batched_tensordot axes",
        lambda x, y: tensor.batched_tensordot(x, y, [[1, 3], [2, 1]]),
        ((2, 3, 4, 5), (2, 5, 3)),
        lambda x, y: np.einsum("bikj,bji->bk", x, y),
    ),
]
CLASSES = [
    Case(
        "crossentropy_softmax_1hot",
        lambda x, y: nnet.crossentropy_softmax_1hot(x, y)[0],
        (A, LABELS),
        _picked,
    ),
    Case(
        "crossentropy_softmax_1hot softmax",
        lambda x: nnet.crossentropy_softmax_1hot(x, LABELS)[1],
        (A,),
        _softmax,
    ),
    Case(
        "crossentropy_softmax_1hot_with_bias",
        lambda x, b, y: nnet.crossentropy_softmax_1hot_with_bias(x, b, y)[0],
        (A, V, LABELS),
        lambda x, b, y: _picked(x + b, y),
    ),
    Case(
        "crossentropy_softmax_argmax_1hot_with_bias",
        lambda x, b: x[
            np.arange(4), nnet.crossentropy_softmax_argmax_1hot_with_bias(x, b, LABELS)[2]
        ],
        (A, V),
        lambda x, b: x[np.arange(4), (x + b).argmax(axis=1)],
    ),
    Case("softmax_with_bias", nnet.softmax_with_bias, (A, V), lambda x, b: _softmax(x + b)),
    Case(
        "prepend",
        lambda x: nnet.prepend_1_to_each_row(nnet.prepend_0_to_each_row(x)),
        (A,),
        lambda x: np.hstack([np.ones((4, 1)), np.zeros((4, 1)), x]),
    ),
    Case(
        "prepend_scalar_to_each_row",
        nnet.prepend_scalar_to_each_row,
        (S, A),
        lambda v, x: np.hstack([np.full((4, 1), v), x]),
    ),
    Case(
        "confusion_matrix",
        lambda x, y: x * _small(nnet.confusion_matrix(y, [2, 2, 1, 1])[0]),
        (V, LABELS),
        lambda x, y: x * [[0, 0, 1], [0, 1, 0], [0, 1, 1]],
    ),
    Case(
        "unique",
        lambda x, y: x[extra_ops.Unique()(y)],
        (A, np.array([2, 0, 2])),
        lambda x, y: x[[0, 2]],
    ),
    Case(
        "unique parts",
        lambda x, y: x[0] * _small(tensor.concatenate(extra_ops.Unique(True, True, True)(y))),
        ((1,), np.array([2, 0, 2])),
        lambda x, y: x * np.array([0, 2, 1, 0, 1, 0, 1, 1, 2]),
    ),
    Case(
        "methods",
        lambda x: x.exp().sqrt().log1p().tanh().rad2deg().deg2rad(),
        (C,),
        lambda x: np.tanh(np.log1p(np.sqrt(np.exp(x)))),
    ),
]
CASES = [
    *(
        Case(
            f"take {mode}",
            lambda x, mode=mode: tensor.take(x, [[-9, 4], [2, 77]], 0, mode),
            (A,),
            lambda x, mode=mode: x.take([[-9, 4], [2, 77]], 0, mode=mode),
        )
        for mode in ("wrap", "clip")
    ),
    *FILLS,
    *PLACES,
    *COUNTS,
    *CLASSES,
]
