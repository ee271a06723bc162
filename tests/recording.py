"""Extensions that tests of the main loop use: they record, or act at a chosen moment."""

from blocks.extensions import SimpleExtension, TrainingExtension
from blocks.extensions.callbacks import CALLBACK_NAMES


class Recorder(SimpleExtension):
    """Notes every callback, but those about batches, with the iterations done."""

    def __init__(self):
        self.events = []
        names = [name for name in CALLBACK_NAMES if not name.endswith("batch")]
        super().__init__(**dict.fromkeys(names, True))

    def do(self, which_callback, *args):
        self.events.append((str(which_callback), self.main_loop.status["iterations_done"]))


class WriteBatch(TrainingExtension):
    def after_batch(self, batch):
        self.main_loop.log.current_row["batch"] = batch


class At(SimpleExtension):
    """Runs a function at one callback, once that many iterations are done."""

    def __init__(self, callback, iterations, function, **kwargs):
        self.function = function
        super().__init__(**kwargs)
        self.add_condition([callback], lambda log: log.status["iterations_done"] == iterations)

    def do(self, which_callback, *args):
        self.function()


def fail(error):
    def function():
        raise error

    return function
