"""Random numbers in graphs, found under this name in Theano's ``tensor``.

Examples
--------
>>> RandomStreams(seed=1).uniform((2, 3)).type
TensorType('float64', (2, 3))
"""

from __future__ import annotations

from blocks.graph.streams import RandomStreams

__all__ = ["RandomStreams"]
