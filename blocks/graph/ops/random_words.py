"""Philox4x32-10 in NumPy, many counters at once: the oracle of the kernels that draw.

It is written apart from `blocks.compile.philox`, and gives the same bits.

References
----------
J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, *Parallel Random Numbers: As Easy as 1, 2,
3*, SC 2011.

Examples
--------
>>> [hex(word) for word in words(np.array([0, 0], "uint64"), np.arange(1), 0)[0]]
['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
"""

from __future__ import annotations

from typing import Any

import numpy as np

from blocks.graph.types import Array

__all__ = ["LANES", "doubles", "singles", "spread_out", "words"]

LANES = 16
"""How many blocks of words lie side by side, so that vector registers store them whole."""

ROUNDS = 10
FACTORS = np.array([0xCD9E8D57, 0xD2511F53], np.uint64)
WEYL = np.array([0x9E3779B9, 0xBB67AE85], np.uint64)
MASK = np.uint64(2**32 - 1)


def words(state: Array, blocks: Any, attempt: Any) -> Array:
    """Return four words for each block, of shape (number of blocks, 4) and dtype uint32.

    Parameters
    ----------
    state
        Key and number of the call, uint64.
    blocks
        The numbers of the blocks, below 2^32.
    attempt
        The second word of the counter: a number, or one for each block.
    """
    key = np.array([state[0] & MASK, state[0] >> np.uint64(32)])
    even = np.empty((len(blocks), 2), np.uint64)  # words 2 and 0, which are multiplied
    odd = np.empty_like(even)  # words 1 and 3
    even[:, 0], even[:, 1] = state[1] & MASK, blocks
    odd[:, 0], odd[:, 1] = attempt, state[1] >> np.uint64(32)
    for i in range(ROUNDS):
        product = even * FACTORS
        even = (product >> np.uint64(32)) ^ odd ^ ((key + WEYL * np.uint64(i)) & MASK)
        # High halves become words 0 and 2, low halves words 1 and 3.
        even, odd = even[:, ::-1], product & MASK
    return np.stack([even[:, 1], odd[:, 0], even[:, 0], odd[:, 1]], axis=1).astype(np.uint32)


def spread_out(samples: Array, size: int) -> Array:
    """Return the samples of all blocks in the order of the elements.

    Parameters
    ----------
    samples
        Of shape (number of blocks, samples of each): those of `LANES` blocks together fill
        a row of elements, first the first samples of all of them.
    size
        How many elements there are.

    Examples
    --------
    >>> order = spread_out(np.arange(32).reshape(16, 2), 18)
    >>> order[:3], order[-3:]
    (array([0, 2, 4]), array([30,  1,  3]))
    """
    count = samples.shape[1]
    rows = samples.reshape(-1, LANES, count).transpose(0, 2, 1)
    result: Array = rows.reshape(-1)[:size]
    return result


def singles(found: Array) -> Array:
    """Return float32 numbers from 0 to below 1, one for each word: its first 24 bits."""
    result: Array = (found >> 8).astype(np.float32) / np.float32(2**24)
    return result


def doubles(found: Array) -> Array:
    """Return float64 numbers from 0 to below 1, one for two words: 53 bits of them."""
    pairs = found.reshape(len(found), -1, 2).astype(np.uint64)
    bits = (pairs[..., 0] << np.uint64(32)) | pairs[..., 1]
    # Five bits of each half are left out: the lowest of the first, six of the second.
    whole = (bits >> np.uint64(37) << np.uint64(26)) | ((bits & MASK) >> np.uint64(6))
    result: Array = whole / 2.0**53
    return result
