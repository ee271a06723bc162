"""Batch normalization, found under this name in Theano's ``nnet``.

Examples
--------
>>> batch_normalization([1.0, 3.0], 2.0, 5.0, 2.0, 1.0).eval()
array([3., 7.])
"""

from __future__ import annotations

from blocks.graph.ops.normalization import (
    batch_normalization,
    batch_normalization_test,
    batch_normalization_train,
)

__all__ = ["batch_normalization", "batch_normalization_test", "batch_normalization_train"]
