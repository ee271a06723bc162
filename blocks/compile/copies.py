"""The kernels with which a plan copies values, and looks at them, besides those of its nodes."""

from __future__ import annotations

__all__ = ["CHECK_RANGE", "COPY", "COPY_COLUMNS", "COPY_STRIDED", "ZERO_COLUMNS"]

COPY = """
def kernel(x, y, n):
    for i in range(n):
        y[i] = x[i]
"""
COPY_COLUMNS = """
def kernel(x, y, n, m):
    for i in range(n):
        for j in range(m):
            y[i, j] = x[i, j]
"""
ZERO_COLUMNS = """
def kernel(y, n, m):
    for i in range(n):
        for j in range(m):
            y[i, j] = 0
"""
COPY_STRIDED = """
def kernel(x, y, start, n0, n1, n2, n3, s0, s1, s2, s3):
    k = 0
    for i0 in range(n0):
        for i1 in range(n1):
            for i2 in range(n2):
                first = start + i0 * s0 + i1 * s1 + i2 * s2
                for i3 in range(n3):
                    y[k] = x[first + i3 * s3]
                    k += 1
"""
CHECK_RANGE = """
def kernel(x, low, high, n):
    wrong = 0
    for i in range(n):
        if x[i] < low or x[i] >= high:
            wrong += 1
    if wrong > 0:
        raise ValueError
"""
