"""What `explain` says of a function, as text, fields, pages and pictures."""

from html.parser import HTMLParser
from itertools import combinations
from xml.etree import ElementTree

import numpy as np
import pytest

from blocks import explain, function, shared, tensor
from blocks.graph import jacobian
from blocks.graph.ops.branch import ifelse
from tests.compile.layer import layer, ones, row

# The text

BEFORE = """\
f (compiled) for x float32 (?, ?)

#  computes         from   result  kept in    work
0  tanh(x @ W + b)  layer  (?, ?)  memory    ?x3x4
1  sum(%0 * %0)     layer  scalar  output
2  sum(%0, axis=0)  rule   (?,)    memory
3  b -= 0.1 * %2    rule   (?,)    in place

It has not run yet: sizes, memory and kernels are known after the first call.
Results are of float32 where no other dtype is named.
Graph: 8 nodes, simplified to 8, fused into 4 instructions.
Memory: shared variables 60 B."""

AFTER = """\
f (compiled) for x float32 (5, 4)

#  computes         from   result  kept in    work
0  tanh(x @ W + b)  layer  (5, 3)  byte 0    5x3x4
1  sum(%0 * %0)     layer  scalar  output     64 B
2  sum(%0, axis=0)  rule   (3,)    byte 64    72 B
3  b -= 0.1 * %2    rule   (3,)    in place   36 B

Results are of float32 where no other dtype is named.
Graph: 8 nodes, simplified to 8, fused into 4 instructions.
Memory: 192 B for 3 values of 96 B together; shared variables 60 B; outputs 4 B."""

INTERPRETED = """\
f (reference) for x float32 (?, ?)

#  computes         from   result  kept in    work
0  x @ W            layer  (?, ?)  new array
1  %0 + b           layer  (?, ?)  new array
2  tanh(%1)         layer  (?, ?)  new array
3  %2 * %2          layer  (?, ?)  new array
4  sum(%3)          layer  scalar  output
5  sum(%2, axis=0)  rule   (?,)    new array
6  0.1 * %5         rule   (?,)    new array
7  b - %6           rule   (?,)    new array
8  b = %7                  (3,)    in place

It is interpreted: NumPy runs each node, nothing is fused, planned or compiled.
Results are of float32 where no other dtype is named.
Graph: 8 nodes, simplified to 8.
Memory: shared variables 60 B."""


def test_text():
    f = layer()
    assert str(explain(f)) == BEFORE
    f(ones(5, 4))
    assert str(explain(f)) == repr(explain(f)) == AFTER


@pytest.mark.parametrize("mode", ["reference", "debug"])
def test_interpreted_functions_list_their_nodes(mode):
    f = layer(mode=mode)
    f(ones(5, 4))
    assert str(explain(f)) == INTERPRETED.replace("reference", mode)
    assert [i.kind for i in explain(f).instructions] == ["interpreted"] * 8 + ["copy"]


def test_lines_fit_even_with_long_names():
    x = tensor.matrix("a_name_of_some_length" * 4)
    y = x
    for _ in range(30):
        y = tensor.tanh(y.dot(x))
    f = function([x], y, profile=True)
    for _ in range(2):
        f(np.eye(3))
    lines = str(explain(f)).splitlines()
    assert max(map(len, lines)) <= 120
    assert len(lines) > 30


def test_details():
    f = layer()
    f(ones(5, 4))
    text = str(row(explain(f), 0))
    assert text.splitlines()[:3] == [
        "#0 product: tanh(x @ W + b)",
        "    reads  x float32 (5, 4)",
        "           W float32 (4, 3)",
    ]
    assert "    nodes  dot          /net/layer.apply (" in text
    assert [node.op for node in row(explain(f), 0).nodes] == ["dot", "add", "tanh"]
    assert "def kernel" not in str(explain(f))
    assert "sgemm(" in str(explain(f, source=True))


# The fields

PRODUCTS = {
    "plain": lambda a, b: a.dot(b),
    "first transposed": lambda a, b: a.T.dot(b),
    "second transposed": lambda a, b: a.dot(b.T),
    "both transposed": lambda a, b: a.T.dot(b.T),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_products_have_m_n_k(name):
    a, b = tensor.matrices("a", "b")
    f = function([a, b], tensor.exp(PRODUCTS[name](a, b)))
    first = (7, 5) if "first" not in name and "both" not in name else (5, 7)
    last = (5, 3) if "second" not in name and "both" not in name else (3, 5)
    f(np.ones(first), np.ones(last))
    (found,) = explain(f).instructions
    assert found.product == (7, 3, 5)
    assert found.flops == explain(f).flops == 2 * 7 * 3 * 5
    assert found.nbytes == 8 * (7 * 5 + 5 * 3 + 7 * 3)


def test_gemm_reads_as_what_it_computes():
    x = tensor.matrix("x")
    W = shared(np.ones((4, 4)), "W")
    f = function([x], [], updates=[(W, W - 0.5 * (x.T.dot(x) + 0.01 * W))])
    f(np.ones((7, 4)))
    (found,) = explain(f).instructions
    assert found.formula == "W = 0.995 * W - 0.5 * (x.T @ x)"
    assert (found.product, found.in_place) == ((4, 4, 7), ("W",))
    assert found.outputs[0].place == "W"


def test_several_results_name_each_other():
    x = tensor.vector("x")
    W, velocity = shared(np.ones(3), "W"), shared(np.zeros(3), "velocity")
    step = 0.9 * velocity + 0.1 * x
    f = function([x], [], updates=[(W, W - step), (velocity, step)])
    f(np.ones(3))
    (found,) = explain(f).instructions
    assert found.formula == "velocity = 0.9 * velocity + 0.1 * x; W -= velocity"
    assert set(found.in_place) == {"W", "velocity"}


def test_memory_is_what_the_plan_holds():
    x = tensor.matrix("x")
    y = x
    for _ in range(6):
        y = tensor.tanh(y.dot(x))
    f = function([x], y.sum())
    f(np.eye(20))
    found = explain(f)
    assert found.memory_bytes == f.executor.memory.nbytes
    assert found.memory_bytes < found.value_bytes  # it is used again
    assert found.value_bytes == sum(r.nbytes for r in found.regions) == 6 * 20 * 20 * 8
    assert found.output_bytes == 8
    assert max(r.offset + r.nbytes for r in found.regions) == found.memory_bytes
    for one, other in combinations(found.regions, 2):
        apart = one.offset + one.nbytes <= other.offset or other.offset + other.nbytes <= one.offset
        assert apart or one.last < other.first or other.last < one.first
    places = {y.place: y.name for i in found.instructions for y in i.outputs}
    assert {f"byte {r.offset}" for r in found.regions} <= set(places)
    assert [r.first for r in found.regions] == [0, 1, 2, 3, 4, 5]
    assert [r.last for r in found.regions] == [1, 2, 3, 4, 5, 6]


def test_scratch_memory_counts():
    x = tensor.matrix("x", dtype="float32")
    f = function([x], x.sum(axis=0))
    f(ones(6, 5))
    found = explain(f)
    assert row(found, 0).scratch == found.value_bytes == 5 * 8  # totals in float64
    assert [r.name for r in found.regions] == ["scratch"]


def test_values_of_all_kinds():
    x, n = tensor.matrix("x"), tensor.iscalar("n")
    a, b = shared(np.zeros(3), "a"), shared(np.ones(3), "b")
    outputs = [x.flatten().sum(), tensor.nlinalg.matrix_inverse(x), jacobian(x[0] ** 2, x), a]
    f = function([x, n], [*outputs, x[:n].sum()], updates=[(a, b), (b, a)])
    f(np.eye(3), 2)
    found = explain(f)
    kinds = [i.kind for i in found.instructions]
    assert {"interpreted", "copy", "view", "python", "fold"} <= set(kinds)
    formulas = {i.formula: i.outputs[0] for i in found.instructions}
    assert formulas["x.flatten()"].place == "view of x"
    assert formulas["x[:%0]"].shape == (2, 3)
    assert formulas["matrix_inverse(x)"].place == "output"
    assert formulas["a = b; b = a"].place == "a"
    assert [i.position for i in found.instructions] == list(range(len(kinds)))


def test_branches_say_when_they_run():
    flag, x = tensor.bscalar("flag"), tensor.vector("x")
    size = ifelse(tensor.gt(x.shape[0], 2), tensor.log(x).sum(), x.sum())
    f = function([flag, x], [ifelse(flag, tensor.exp(x).sum(), tensor.tanh(x).sum()), size])
    f(1, np.ones(3))
    conditions = {i.formula: i.condition for i in explain(f).instructions}
    assert conditions["sum(exp(x))"] == "if flag"
    assert conditions["sum(tanh(x))"] == "if not flag"
    assert conditions["sum(log(x))"] == ""
    assert conditions["sum(x)"] == "never"


def test_a_branch_whose_sizes_do_not_fit_never_runs():
    flag, x, y = tensor.bscalar("flag"), tensor.vector("x"), tensor.vector("y")
    f = function([flag, x, y], ifelse(flag, (x * y).sum(), x.sum()))
    f(0, np.ones(3), np.ones(2))
    conditions = {i.formula: i.condition for i in explain(f).instructions}
    assert (conditions["sum(x * y)"], conditions["sum(x)"]) == ("never", "if not flag")


def test_plans_of_other_sizes():
    f = layer()
    for size in (8, 40, 3, 5):  # where memory grows, the plans before it are forgotten
        f(ones(size, 4))
    found = explain(f)
    assert (found.plans, found.plan, found.inputs[0].shape) == (3, 0, (40, 4))
    assert explain(f, plan=2).inputs[0].shape == (5, 4)
    assert "Sizes: plan 2 of 3, counted from 0" in str(explain(f, plan=2))


def test_the_graph_before_and_after():
    x = tensor.vector("x")
    f = function([x], x * 1 + 0 + tensor.exp(x))
    assert explain(f).ops == {"add": (2, 1), "exp": (1, 1), "mul": (1, 0)}


# Pages and pictures

EVIL = "<script>alert('x')</script>&\""


class Reader(HTMLParser):
    """Checks that tags are closed in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.words = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


@pytest.mark.parametrize("state", ["not run", "run", "profiled", "interpreted"])
def test_pages_are_well_formed(state, tmp_path):
    f = layer(profile=state == "profiled", mode="reference" if state == "interpreted" else None)
    if state != "not run":
        f(ones(5, 4))
    found = explain(f)
    page = Reader(found.html(tmp_path / "page.html"))
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == found.html()
    notebook = Reader(found._repr_html_())
    assert "script" not in page.tags
    for reader in (page, notebook):
        assert reader.tags.count("details") == len(found.instructions)
    picture = ElementTree.fromstring(found.svg(tmp_path / "picture.svg"))
    assert (tmp_path / "picture.svg").read_text(encoding="utf-8") == found.svg()
    texts = [element.text for element in picture.iter() if element.tag.endswith("text")]
    assert [t for t in texts if t in {i.formula for i in found.instructions}]
    assert any(t.startswith("memory, ") for t in texts) == bool(found.regions)


def test_a_bar_is_as_long_as_its_share():
    f = layer(profile=True)
    for _ in range(10):
        f(ones(5, 4))
    found = explain(f)
    picture = ElementTree.fromstring(found.svg())
    bars = [
        next(child for child in group if child.tag.endswith("rect"))
        for group in picture
        if group.tag.endswith("}g")
    ][: len(found.instructions)]
    widths = np.array([float(bar.get("width")) for bar in bars])
    shares = np.array([i.measured.share for i in found.instructions])
    assert widths.max() == 250
    np.testing.assert_allclose(widths / widths.max(), shares / shares.max(), atol=0.01)


def test_names_are_escaped():
    x = tensor.vector(EVIL)
    f = function([x], 2 * x, name=EVIL)
    f(np.ones(2))
    found = explain(f)
    assert "<script" not in found.html() + found._repr_html_() + found.svg()
    assert EVIL in " ".join(Reader(found.html()).words)
    assert EVIL in "".join(ElementTree.fromstring(found.svg()).itertext())
