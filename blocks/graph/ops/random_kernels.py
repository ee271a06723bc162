"""The kernels that draw random numbers, as Numba compiles them.

They take the state, parameters, the shape, the array to fill, and which parts of it to fill.
`philox`, and what makes numbers of its words, are functions of `blocks.compile.philox`, which
is above this package: generated code imports them. A row is filled through indices that begin
at 0, as LLVM uses vector registers only where it sees that they are not negative.
"""

# ruff: noqa: F821
# mypy: disable-error-code="name-defined, no-untyped-def"

from __future__ import annotations

import numpy as np

__all__ = [
    "bernoulli",
    "binomials",
    "multinomial_counts",
    "normal_double",
    "normal_single",
    "poissons",
    "truncated_normal",
    "uniform_double",
    "uniform_single",
]


def uniform_single(state, shape, y, start, stop):
    """Fill with float32 numbers from 0 to below 1."""
    out = y.reshape(y.size)
    key, call = state[0], state[1]  # not read again after what is written to y
    for row in range(start, stop):
        base = row * 64
        if base + 64 <= out.size:
            piece = out[base : base + 64]
            for j in range(16):
                a, b, c, d = philox(key, call, row * 16 + j, 0)
                piece[j] = single(a)
                piece[16 + j] = single(b)
                piece[32 + j] = single(c)
                piece[48 + j] = single(d)
        else:
            for i in range(base, out.size):
                found = philox(key, call, row * 16 + i % 16, 0)
                out[i] = single(found[(i - base) // 16])


def uniform_double(state, shape, y, start, stop):
    """Fill with float64 numbers from 0 to below 1."""
    out = y.reshape(y.size)
    key, call = state[0], state[1]  # not read again after what is written to y
    for row in range(start, stop):
        base = row * 32
        if base + 32 <= out.size:
            piece = out[base : base + 32]
            for j in range(16):
                a, b, c, d = philox(key, call, row * 16 + j, 0)
                piece[j] = double(a, b)
                piece[16 + j] = double(c, d)
        else:
            for i in range(base, out.size):
                a, b, c, d = philox(key, call, row * 16 + i % 16, 0)
                out[i] = double(a, b) if i - base < 16 else double(c, d)


def normal_single(state, shape, y, start, stop):
    """Fill with normal numbers of float32."""
    out = y.reshape(y.size)
    key, call = state[0], state[1]  # not read again after what is written to y
    for row in range(start, stop):
        base = row * 64
        if base + 64 <= out.size:
            piece = out[base : base + 64]
            for j in range(16):
                a, b, c, d = philox(key, call, row * 16 + j, 0)
                first, second = normal_pair(a, b)
                third, fourth = normal_pair(c, d)
                piece[j] = first
                piece[16 + j] = second
                piece[32 + j] = third
                piece[48 + j] = fourth
        else:
            for i in range(base, out.size):
                a, b, c, d = philox(key, call, row * 16 + i % 16, 0)
                if i - base >= 32:
                    a, b = c, d
                first, second = normal_pair(a, b)
                out[i] = second if (i - base) // 16 % 2 else first


def normal_double(state, shape, y, start, stop):
    """Fill with normal numbers of float64."""
    out = y.reshape(y.size)
    key, call = state[0], state[1]  # not read again after what is written to y
    for row in range(start, stop):
        base = row * 32
        if base + 32 <= out.size:
            piece = out[base : base + 32]
            for j in range(16):
                first, second = normals(philox(key, call, row * 16 + j, 0))
                piece[j] = first
                piece[16 + j] = second
        else:
            for i in range(base, out.size):
                found = philox(key, call, row * 16 + i % 16, 0)
                first, second = normals(found)
                out[i] = first if i - base < 16 else second


def truncated_normal(state, shape, y, bound, start, stop):
    """Fill with normal numbers of float64, none farther from 0 than a bound."""
    out = y.reshape(y.size)
    key, call = state[0], state[1]  # not read again after what is written to y
    for row in range(start, stop):
        base = row * 32
        end = min(base + 32, out.size)
        if base + 32 == end:
            piece = out[base : base + 32]
            for j in range(16):
                first, second = normals(philox(key, call, row * 16 + j, 0))
                piece[j] = first
                piece[16 + j] = second
        else:
            for i in range(base, end):
                first, second = normals(philox(key, call, row * 16 + i % 16, 0))
                out[i] = first if i - base < 16 else second
        for i in range(base, end):
            attempt = 0
            while abs(out[i]) > bound:
                attempt += 1
                first, second = normals(philox(key, call, i, attempt))
                out[i] = first


def bernoulli(state, p, shape, y, start, stop):
    """Fill with ones and zeros, ones where a word of 32 bits is below p 2^32."""
    out = y.reshape(y.size)
    key, call = state[0], state[1]  # not read again after what is written to y
    wanted = np.float64(p.reshape(p.size)[0]) * 4294967296.0 + 0.5
    threshold = np.uint32(np.int64(min(wanted, 4294967295.0)))
    is_sure = wanted >= 4294967296.0
    for row in range(start, stop):
        base = row * 64
        if base + 64 <= out.size:
            piece = out[base : base + 64]
            for j in range(16):
                a, b, c, d = philox(key, call, row * 16 + j, 0)
                piece[j] = a < threshold or is_sure
                piece[16 + j] = b < threshold or is_sure
                piece[32 + j] = c < threshold or is_sure
                piece[48 + j] = d < threshold or is_sure
        else:
            for i in range(base, out.size):
                found = philox(key, call, row * 16 + i % 16, 0)
                out[i] = found[(i - base) // 16] < threshold or is_sure


def binomials(state, n, p, shape, y, start, stop):
    """Fill with numbers of successes; n and p are single numbers, or one for each element."""
    out, trials, chances = y.reshape(y.size), n.reshape(n.size), p.reshape(p.size)
    key, call = state[0], state[1]  # not read again after what is written to y
    for i in range(start, stop):
        found = philox(key, call, i, 0)
        count = np.int64(trials[i] if trials.size > 1 else trials[0])
        chance = np.float64(chances[i] if chances.size > 1 else chances[0])
        out[i] = binomial(double(found[0], found[1]), count, chance)


def poissons(state, rate, shape, y, start, stop):
    """Fill with numbers of events; the rate is a single number, or one for each element."""
    out, rates = y.reshape(y.size), rate.reshape(rate.size)
    key, call = state[0], state[1]  # not read again after what is written to y
    for i in range(start, stop):
        found = philox(key, call, i, 0)
        out[i] = poisson(
            double(found[0], found[1]), np.float64(rates[i] if rates.size > 1 else rates[0])
        )


def multinomial_counts(state, n, p, y, start, stop):
    """Fill rows with how often each of several things happens in n trials."""
    out, trials, chances = y.reshape(y.size), n.reshape(n.size), p.reshape(p.size)
    key, call = state[0], state[1]  # not read again after what is written to y
    size = p.shape[-1]
    for row in range(start, stop):
        first = row * size
        left = np.int64(trials[row] if trials.size > 1 else trials[0])
        mass = 0.0
        last = 0  # of those that can happen
        for j in range(size):
            chance = np.float64(chances[first + j])
            mass += chance
            if chance > 0.0:
                last = j
            out[first + j] = 0
        if left == 1:
            found = philox(key, call, row, 0)
            u = double(found[0], found[1]) * mass
            chosen = 0
            below = np.float64(chances[first])
            while below <= u and chosen < last:
                chosen += 1
                below += np.float64(chances[first + chosen])
            out[first + chosen] = 1
        else:
            for j in range(last):
                found = philox(key, call, row, j)
                chance = np.float64(chances[first + j])
                count = binomial(double(found[0], found[1]), left, min(chance / mass, 1.0))
                out[first + j] = count
                left -= count
                mass -= chance
            out[first + last] = left
