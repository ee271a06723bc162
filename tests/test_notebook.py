"""How objects show themselves in notebooks: what is there, folded how, and escaped."""

from html.parser import HTMLParser

import numpy as np
import pytest

from blocks import function, notebook, tensor
from blocks.bricks import MLP, Rectifier, Softmax
from blocks.bricks.cost import CategoricalCrossEntropy
from blocks.graph import ComputationGraph, shared
from blocks.initialization import Constant
from blocks.log import TrainingLog
from blocks.model import Model
from blocks.roles import WEIGHT, add_role

EVIL = "<script>alert('x')</script>&\""


class Reader(HTMLParser):
    """Checks that tags are closed in order, and collects what a reader sees."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.words, self.attributes = [], [], [], set()

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.append(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def read(item):
    text = item if isinstance(item, str) else item._repr_html_()
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    assert not {"script", "style", "link", "img"} & set(reader.tags)
    assert reader.attributes <= {"style", "open"}
    assert "color" not in text
    return reader


x, y = tensor.matrix("features"), tensor.lvector("targets")
W = shared(np.zeros((3, 2)), "W")
add_role(W, WEIGHT)


def network():
    mlp = MLP(
        [Rectifier(), Softmax()], [4, 3, 2], weights_init=Constant(0), biases_init=Constant(0)
    )
    cost = CategoricalCrossEntropy().apply(y, mlp.apply(x))
    cost.name = "cost"
    return mlp, cost


def test_variable():
    reader = read(tensor.exp(x @ W))
    assert "exp(features @ W)" in reader.words
    assert {"exp", "dot", "W", "WEIGHT", "float64 (?, ?)"} <= set(reader.words)
    assert reader.tags.count("details") == 2
    assert read(x).tags.count("details") == 0


@pytest.mark.parametrize("make", [ComputationGraph, Model])
def test_graph(make):
    _, cost = network()
    words = read(make(cost)).words
    assert words[0] == make.__name__
    assert {"inputs", "parameters", "outputs", "features", "targets", "W", "b", "cost"} <= set(
        words
    )
    assert {"WEIGHT", "BIAS", "OUTPUT"} <= set(words)


def test_function():
    f = function([x], (x @ W).sum(), updates=[(W, W * 2)], name="step")
    words = read(f).words
    assert words[0] == "function step, mode compiled"
    assert {"inputs", "features", "outputs", "sum(features @ W)", "new W", "W * 2"} <= set(words)


def test_brick():
    mlp, _ = network()
    reader = read(mlp)
    assert reader.words[0] == "MLP /mlp: 4 -> 3 -> 2"
    assert {"Linear /mlp/linear_0: 4 -> 3", "W (4, 3)", "b (3,)", "W (3, 2)"} <= set(reader.words)
    assert "Rectifier /mlp/rectifier" in reader.words
    assert "W (4, 3)" not in read(MLP([Rectifier()], [4, 3])).words  # not allocated


def test_log():
    log = TrainingLog()
    for time in range(50):
        log[time]["cost"] = time / 10
        log.status["iterations_done"] = time
    log[49]["valid_error"] = np.float32(0.5)
    reader = read(log)
    assert reader.words[0] == "<TrainingLog: 49 iterations, 0 epochs, 50 rows>"
    assert reader.tags.count("tr") == 1 + 30
    assert {"cost", "valid_error", "4.9", "0.5", "49", "20"} <= set(reader.words)
    assert "19" not in reader.words


@pytest.mark.parametrize(
    "make",
    [
        lambda: tensor.vector(EVIL),
        lambda: tensor.exp(tensor.vector(EVIL)),
        lambda: shared(0.0, EVIL),
        lambda: ComputationGraph(tensor.vector(EVIL) + 1),
        lambda: function([tensor.vector(EVIL)], [], name=EVIL, on_unused_input="ignore"),
        lambda: MLP([Rectifier(name="r")], [2, 3], name="a<b>&"),
        lambda: log_of(EVIL, 0.0),
        lambda: log_of("record", EVIL),
    ],
)
def test_names_are_escaped(make):
    reader = read(make())
    assert any("<" in word for word in reader.words)


def log_of(name, value):
    log = TrainingLog()
    log.current_row[name] = value
    return log


def test_large_graphs_end():
    z = x
    for _ in range(5000):
        z = z + 1
    reader = read(z)
    assert reader.words.count("...") >= 1
    assert len(z._repr_html_()) < 200_000


def test_what_is_shared_is_shown_once():
    h = tensor.exp(x)
    reader = read(h * h)
    assert reader.tags.count("details") == 2
    assert " ···" in reader.words


def test_table_and_tree():
    assert read(notebook.table(["a<b"], [["<b>x</b>"]])).words == ["a<b", "x"]
    assert read(notebook.heading("a & b")).words[0] == "a & b"
    text = notebook.tree(0, str, lambda i: [i + 1] * (i < 3), opened=2)
    assert text.count("<details") == 3
    assert text.count(" open>") == 2
