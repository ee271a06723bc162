"""The operations, one family per file.

A file may import those before it: broadcast, elementwise, axes, sizes, shape, reduce,
pattern, take, subtensor, index, join, repeat, creation, diagonal, order, linalg, inverse, nn.
"""
