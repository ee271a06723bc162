"""What `explain` says of loops: how many steps of what, and each instruction of a step."""

import numpy as np

from blocks import explain, function, tensor
from blocks.graph import grad
from blocks.graph.loops import scan


def rnn(**kwargs):
    x, h, W = tensor.matrix("x"), tensor.matrix("h"), tensor.matrix("W")
    y, _ = scan(lambda row, h: tensor.tanh(row + h @ W), x, h, name="rnn")
    return function([x, h, W], [y, y[-1]], **kwargs)


def arrays(steps=5):
    return np.ones((steps, 3)), np.ones((2, 3)), np.ones((3, 3))


def table(f):
    """Return the lines of the table, but for the titles."""
    return str(explain(f)).split("\n\n")[1].splitlines()[1:]


def formulas(f):
    return [
        f"{i.number} {'  ' * depth}{i.formula}"
        for outer in explain(f).instructions
        for depth, i in outer.with_steps()
    ]


def test_a_loop_and_its_step():
    f = rnn()
    assert formulas(f)[:2] == ["0 rnn: steps of 1 instruction", "0:0   tanh(x[t] + h[t-1] @ W)"]
    f(*arrays())
    assert formulas(f)[:2] == ["0 rnn: 5 steps of 1 kernel", "0:0   tanh(x[t] + h[t-1] @ W)"]
    lines = table(f)
    assert lines[1].split()[0] == "0:0"
    assert lines[1].split()[-4:] == ["(2,", "3)", "%0[t]", "2x3x3"]
    assert lines[1].index("tanh") == lines[0].index("rnn") + 2
    (loop,) = explain(f).by_kind()["loop"]
    assert (loop.number, loop.steps[0].kind, loop.steps[0].product) == ("0", "product", (2, 3, 3))
    assert loop.steps[0].flops == 2 * 2 * 3 * 3
    assert "\n    #0:0 product: tanh(x[t] + h[t-1] @ W)\n" in str(loop)


def test_each_plan_has_its_steps():
    f = rnn()
    f(*arrays(1000))  # first: memory that grows makes plans anew
    f(*arrays(5))
    assert [explain(f, plan).instructions[0].formula for plan in (0, 1)] == [
        "rnn: 1,000 steps of 1 kernel",
        "rnn: 5 steps of 1 kernel",
    ]


def test_the_loop_backwards_with_states_of_which_the_last_is_kept():
    x, h = tensor.vector("x"), tensor.scalar("h")
    y, _ = scan(lambda row, h: tensor.sin(row * h), x, h, name="wave")
    f = function([x, h], grad(y[-1], h))
    f(np.ones(4), 0.5)
    forward, backward = explain(f).by_kind()["loop"]
    assert forward.formula == "wave: 4 steps of 1 kernel"
    assert backward.formula == "gradient of wave: 4 steps of 1 kernel"
    (step,) = backward.steps
    assert step.outputs[0].place == "gradient of h"
    assert step.in_place == ("gradient of h",)


def test_nested_loops_run_in_python():
    x, h = tensor.matrix("x"), tensor.vector("h")

    def outer(row, h):
        inner, _ = scan(lambda g: tensor.tanh(g + row), outputs_info=h, n_steps=3, name="inner")
        return inner[-1]

    y, _ = scan(outer, x, h, name="outer")
    f = function([x, h], y)
    f(np.ones((4, 2)), np.ones(2))
    found = formulas(f)
    assert found[0] == "0 outer: 4 steps of 3 instructions, in Python"
    assert found[1] == "0:0   inner: 3 steps of 1 kernel"
    assert found[2].startswith("0:0:0     tanh(")


def test_a_loop_whose_sizes_depend_on_values():
    x, n = tensor.vector("x"), tensor.lvector("n")
    y, _ = scan(lambda k: x[:k].sum(), n)
    f = function([x, n], y)
    f(np.ones(4), [1, 2])
    assert formulas(f) == ["0 scan: 2 steps, interpreted", "0:0   x[:n[t]]", "0:1   sum(%0:0)"]


def test_steps_may_be_a_value():
    x, n = tensor.vector("x"), tensor.lscalar("n")
    y, _ = scan(lambda x: 2 * x, outputs_info=x, n_steps=n + 1, name="doubling")
    f = function([x, n], y, profile=True)
    for k in (5, 2):  # the larger one first: memory that grows makes plans anew
        f(np.ones(3), k)
    assert "doubling: 6 steps of 1 kernel" in str(explain(f, 0))
    assert explain(f, 0).interpreted > 0  # how many steps there are is found out first


def test_the_time_of_a_loop():
    f = rnn(profile=True)
    for _ in range(3):
        f(*arrays(2000))
    found = explain(f)
    loop = found.instructions[0]
    assert loop.measured.calls == 3
    assert 0.3 < loop.measured.share < 1
    assert [step.measured for step in loop.steps] == [None]
    assert "loops " in str(found).partition("Time: ")[2]
    assert f.profile.calls == 3


def test_pages_and_pictures():
    f = rnn()
    f(*arrays())
    found = explain(f)
    for text in (found.html(), found._repr_html_()):
        assert ">0:0<" in text
        assert "<details style='margin-left: 2em'>" in text
        assert "rnn: 5 steps of 1 kernel" in text
    assert "rnn: 5 steps of 1 kernel" in found.svg()
    assert ">loops<" in found.svg()
