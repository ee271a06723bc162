"""From graph to callable: simplify, fuse, plan, run."""

from blocks.compile.function import Function, In, function
from blocks.graph.backend import set_backend

__all__ = ["Function", "In", "function"]

set_backend(function)
