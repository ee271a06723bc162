"""Learn to write like the documentation of this repository, letter by letter, with an LSTM.

Usage: python examples/char_lstm.py [FILE ...] [--epochs N] [--dim N] [--sample N] [--help]

It reads text files, by default docs/*.md, in pieces of 64 letters, and learns to say each
letter from those before it. After training it writes a text: it draws a letter from its own
probabilities, reads it, draws the next. Guessing by the frequency of letters costs 5 bits a
letter; 20 epochs on the documentation, under a minute, end at about 1.5, with words that are
mostly English, and with the tables and fences of Markdown.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from blocks import tensor
from blocks.algorithms import Adam, CompositeRule, GradientDescent, StepClipping
from blocks.bricks import LSTM, Initializable, Linear, NDimensionalSoftmax, application
from blocks.bricks.lookup import LookupTable
from blocks.compile import function
from blocks.config import config
from blocks.datastreams import DataStream, IndexableDataset, ShuffledScheme
from blocks.extensions import FinishAfter, Printing, ProgressBar
from blocks.extensions.monitoring import TrainingDataMonitoring
from blocks.graph import ComputationGraph
from blocks.initialization import Constant, IsotropicGaussian
from blocks.main_loop import MainLoop
from blocks.model import Model

DOCS = sorted((Path(__file__).resolve().parents[1] / "docs").glob("*.md"))


class Writer(Initializable):
    """Reads letters, as numbers, and gives the logits of the next letter."""

    def __init__(self, letters: int, dim: int, **kwargs):
        self.lookup = LookupTable(letters, 4 * dim)
        self.lstm = LSTM(dim)
        self.output = Linear(dim, letters)
        super().__init__(children=[self.lookup, self.lstm, self.output], **kwargs)

    @application(inputs=["read", "states", "cells"], outputs=["logits", "states", "cells"])
    def apply(self, read, states=None, cells=None, iterate=True):
        """Return the logits, (step, text, letter), and the states of the network."""
        inputs = self.lookup.apply(read)
        states, cells = self.lstm.apply(inputs, states=states, cells=cells, iterate=iterate)
        return self.output.apply(states), states, cells


def write(writer: Writer, letters: str, text: str, count: int, heat: float) -> str:
    """Return a text that the network goes on with; with little heat it writes what is probable."""
    read, h, c = tensor.lvector("read"), tensor.matrix("h"), tensor.matrix("c")
    logits, *new = writer.apply(read, h, c, iterate=False)
    step = function([read, h, c], [tensor.nnet.softmax(logits / heat)[0], *new])
    states, cells = [x.eval() for x in writer.lstm.initial_states(1)]
    rng, position = np.random.RandomState(1), 0
    while len(text) < count:
        chances, states, cells = step([letters.index(text[position])], states, cells)
        position += 1
        if position == len(text):
            chances = chances.astype("float64").cumsum()
            text += letters[np.searchsorted(chances, rng.rand() * chances[-1])]
    return text


def main(arguments: list[str] | None = None) -> MainLoop:
    """Train as the command line says, and return the main loop when it has run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", type=Path, nargs="*", default=DOCS)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--dim", type=int, default=128)
    parser.add_argument("--piece", type=int, default=64, help="letters that are read in a row")
    parser.add_argument("--sample", type=int, default=600, help="letters to write in the end")
    parser.add_argument("--begin", default="A brick ", help="what the text begins with")
    parser.add_argument("--heat", type=float, default=0.7)
    options = parser.parse_args(arguments)
    config.floatX = "float32"

    text = "".join(path.read_text(encoding="utf-8") for path in options.files)
    letters = "".join(sorted({*text, *options.begin}))
    number = {letter: i for i, letter in enumerate(letters)}
    codes = np.array([number[letter] for letter in text])
    pieces = np.lib.stride_tricks.sliding_window_view(codes, options.piece + 1)
    dataset = IndexableDataset({"text": pieces[:: options.piece]})
    print(f"{len(text)} letters, {len(letters)} different ones.")

    writer = Writer(
        len(letters), options.dim, weights_init=IsotropicGaussian(0.1), biases_init=Constant(0)
    )
    writer.initialize()
    piece = tensor.lmatrix("text")  # (text, step); recurrent bricks want (step, text)
    logits = writer.apply(piece.T[:-1])[0]
    softmax = NDimensionalSoftmax()
    nats = softmax.categorical_cross_entropy(piece.T[1:], logits, extra_ndim=1).mean()
    bits = nats / np.float32(np.log(2))
    bits.name = "bits_per_letter"
    rule = CompositeRule([StepClipping(5.0), Adam(0.01)])
    main_loop = MainLoop(
        GradientDescent(cost=nats, parameters=ComputationGraph(nats).parameters, step_rule=rule),
        DataStream(dataset, iteration_scheme=ShuffledScheme(dataset.num_examples, 20)),
        model=Model(nats),
        extensions=[
            TrainingDataMonitoring([bits], prefix="train", after_epoch=True),
            FinishAfter(after_n_epochs=options.epochs),
            ProgressBar(),
            Printing(),
        ],
    )
    main_loop.run()
    print(write(writer, letters, options.begin, options.sample, options.heat))
    print(f"Bits per letter: {float(main_loop.log.current_row['train_bits_per_letter']):.3f}")
    return main_loop


if __name__ == "__main__":
    main()
