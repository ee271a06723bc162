"""Data sets that Blocks knows by name: one file each, which finds, reads and describes it."""

from blocks.datastreams.builtin.digits import Digits
from blocks.datastreams.builtin.mnist import MNIST

__all__ = ["MNIST", "Digits"]
