"""Extensions of the main loop: watch, record, print, stop, change.

Those that need more than a log have modules of their own: ``blocks.extensions.monitoring``,
``blocks.extensions.stopping``, ``blocks.extensions.training``.
"""

from blocks.extensions.base import CompositeExtension, SimpleExtension
from blocks.extensions.callbacks import CallbackName, TrainingExtension, callback
from blocks.extensions.display import Printing, ProgressBar
from blocks.extensions.predicates import Predicate, always_true, has_done_epochs
from blocks.extensions.stopping import FinishAfter
from blocks.extensions.timing import Timestamp, Timing

__all__ = [
    "CallbackName",
    "CompositeExtension",
    "FinishAfter",
    "Predicate",
    "Printing",
    "ProgressBar",
    "SimpleExtension",
    "Timestamp",
    "Timing",
    "TrainingExtension",
    "always_true",
    "callback",
    "has_done_epochs",
]
