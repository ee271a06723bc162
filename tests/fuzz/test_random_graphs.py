"""Random graphs: compiled against interpreted, gradients, replace, types. `make fuzz` runs more."""

import numpy as np
import pytest

from blocks import tensor
from blocks.compile import function
from blocks.compile import program as compile_program
from blocks.errors import GraphError
from blocks.graph import ComputationGraph
from tests.fuzz import checks
from tests.fuzz.chunk import check_compiled, check_plain, run_chunk
from tests.fuzz.draw import NAMES
from tests.fuzz.program import NAMESPACE, Leaf, Program

CHUNKS = 20
PLAIN, COMPILED = 95, 5  # graphs of a chunk: 1,900 and 100 of the 2,000


@pytest.mark.parametrize("start", range(CHUNKS))
@pytest.mark.parametrize(
    ("number", "first", "check"),
    [(PLAIN, 0, check_plain), (COMPILED, CHUNKS, check_compiled)],  # seeds of their own
    ids=["plain", "compiled"],
)
def test_random_graphs(number, first, check, start):
    found = run_chunk(number, first + start, check)
    if found.error is not None:
        pytest.fail(f"{found.error}\n\n{found.script if found.program else ''}")
    assert found.counts["graphs"] >= number


NOT_DRAWN = {
    "tensor.grad": "every graph's gradients are checked",
    "tensor.TensorType": "every input is one",
    "tensor.verify_grad": "a check of gradients",
    "tensor.extra_ops": "a module",
    "tensor.nlinalg": "a module",
    "tensor.nnet": "a module",
    "tensor.shared_randomstreams": "a module",
    "tensor.slinalg": "a module",
    "nnet.bn": "a module",
}

MODULES = ("tensor", "nnet", "nlinalg", "slinalg", "extra_ops", "bn", "distributions")
OF_GRAPHS = {
    *("Lop", "Rop", "hessian", "jacobian", "subgraph_grad"),
    *("consider_constant", "disconnected_grad", "grad_clip", "undefined_grad", "zero_grad"),
    *("Print", "clone", "ifelse", "zero_grad_"),
}


def test_every_public_function_is_drawn():
    modules = {name: NAMESPACE[name] for name in MODULES}
    public = {f"{m}.{name}" for m, module in modules.items() for name in module.__all__}
    public |= {f"graph.{name}" for name in OF_GRAPHS}
    public -= {f"tensor.{name}" for name in tensor._constructors.__all__}
    missing = public - set(NAMES) - set(NOT_DRAWN)
    assert not missing, f"enter them in a table of tests/fuzz/entries*.py: {sorted(missing)}"
    assert set(NOT_DRAWN) <= public - set(NAMES)


def program(text, **options):
    leaf = Leaf("x0", np.array([0.5, 1.5, -1.0]), (None,), (False,))
    return Program((leaf,), (("v0", text),), ("v0",), cost=("v0",), **options)


def test_scripts_reproduce(capsys):
    p = program("tensor.exp(x0)", replaced=(("x0", "(x0 + x0)"),))
    for check, expected in (
        ("outputs", np.exp(p.leaves[0].array)),
        ("gradients", np.cos(np.exp(p.leaves[0].array)) * np.exp(p.leaves[0].array)),
        ("replace", np.exp(2 * p.leaves[0].array)),
    ):
        exec(p.script(check), {})
        assert capsys.readouterr().out.count(repr(expected)) == 4  # two calls in each mode


WRONG = {
    "value": ("tensor.exp(x0)", "outputs: first call, compiled: result 0 is"),
    "gradient": ("tensor.tanh(x0)", "gradients: the derivative is"),
}


@pytest.mark.parametrize("what", WRONG)
def test_checks_fail_on_wrong_results(what, monkeypatch):
    text, message = WRONG[what]
    op = program(text).build()["v0"].owner.op
    if what == "value":
        monkeypatch.setitem(op.__dict__, "text", "exp(x) + 1e-6")
    else:
        monkeypatch.setitem(op.__dict__, "gradient", lambda x, y, g: [g * (1 - y)])
    with pytest.raises(checks.Mismatch, match=message):
        check_plain(program(text))


def test_checks_fail_on_a_wrong_replacement(monkeypatch):
    monkeypatch.setattr(ComputationGraph, "replace", lambda self, replacements: self)
    with pytest.raises(checks.Mismatch, match="replace: result 0 is"):
        check_plain(program("tensor.exp(x0)", replaced=(("x0", "(x0 + x0)"),)))


def test_checks_fail_on_a_wrong_error(monkeypatch):
    def refuse(self, arrays):
        raise GraphError("no")

    monkeypatch.setattr(compile_program.Program, "run", refuse)
    with pytest.raises(checks.Mismatch, match=r"compiled: expected \[array.*got GraphError"):
        check_plain(program("tensor.exp(x0)"))


@pytest.mark.parametrize(
    ("results", "message"),
    [
        (lambda x: [x], "output 0 shares memory"),
        (lambda x: [np.add(x, 1, out=x) * 1], "an input was changed from"),
        (lambda x: [np.float32(x)], "float64 .* but float32"),
        (lambda x: [x[:1] * 1], r"float64 \(3,\) but \(1,\)"),
    ],
)
def test_checks_fail_on_bad_manners(results, message):
    x = tensor.vector("x", shape=(3,))
    f = function([x], [x * 2])
    f.executor.run = lambda arrays: results(*arrays)
    with pytest.raises(AssertionError, match=message):
        checks.run("outputs", f, [np.arange(3.0)])


@pytest.mark.parametrize("seed", range(5))
def test_size_1_axes_of_unknown_type(seed):
    """Arrays of size 1 where the type says nothing: they must not broadcast."""
    rng = np.random.RandomState(seed)
    x, y = tensor.matrices("x", "y")
    shape = tuple(rng.choice([1, 4], 2))
    outputs = [x * y, (x + y).sum(axis=0)]
    if shape[1] > 1:
        outputs.append((x - y).mean(axis=1, keepdims=True) + x * 0)
    with pytest.raises(ValueError, match="add: expected inputs of one shape"):
        function([x, y], [x.mean(axis=1) + y.sum(axis=1)])(np.ones((2, 3)), np.ones((4, 3)))
    arrays = [rng.randn(*shape), rng.randn(*shape)]
    expected, got = (function([x, y], outputs, mode=m)(*arrays) for m in ("reference", "compiled"))
    for a, b in zip(got, expected, strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-12)
