"""The training log: what happened at each iteration, and how far training is."""

from blocks.log.log import TrainingLog, TrainingLogBase

__all__ = ["BACKENDS", "TrainingLog", "TrainingLogBase"]

BACKENDS = {"python": TrainingLog}
"""The classes of logs by the name that ``config.log_backend`` gives them."""
