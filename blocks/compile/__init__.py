"""From graph to callable: simplify, fuse, plan, run."""

from blocks.compile.arguments import In
from blocks.compile.explanation.explain import explain
from blocks.compile.function import Function, function
from blocks.graph.backend import set_backend

__all__ = ["Function", "In", "explain", "function"]

set_backend(function)
