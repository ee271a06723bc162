"""The names of Theano that scripts use, with their signatures, at both of their paths.

``tests/theano_names.txt`` lists them; whatever is not served yet stands in a set here that
only shrinks.
"""

import ast
import inspect
import itertools
import re
import warnings
from dataclasses import dataclass

import numpy as np
import pytest

from blocks import tensor
from blocks.graph import MRG_RandomStreams, RandomStreams, shared
from tests.test_docs import ROOT

LIST = ROOT / "tests" / "theano_names.txt"
EMPTY = inspect.Parameter.empty
Kind = inspect._ParameterKind

LATER = {
    "theano.tensor.nnet.conv2d",
    "theano.tensor.nnet.conv2d_transpose",
    "blocks.tensor.nnet.conv2d",
    "blocks.tensor.nnet.conv2d_transpose",
    "theano.tensor.nnet.abstract_conv.AbstractConv2d_gradInputs",
    "theano.tensor.nnet.abstract_conv.get_conv_output_shape",
    "theano.tensor.nnet.conv.ConvOp",
    "theano.tensor.nnet.conv.conv2d",
    "theano.tensor.signal.downsample.max_pool_2d",
    "theano.tensor.signal.pool.pool_2d",
}
"""Loops, convolutions and pooling: parts of their own, yet to be written."""


@dataclass(frozen=True)
class Name:
    """A name at its old path and ours, with the parameters Theano gave it."""

    old: str
    ours: str | None
    parameters: tuple[tuple[str, object, Kind], ...] | None

    def __str__(self):
        return self.old


def parameters_of(signature):
    """Return (name, default, kind) for each parameter of ``f(a, b=1)``."""
    arguments = ast.parse(f"def f{signature}: pass").body[0].args
    found = [(a.arg, EMPTY, Kind.POSITIONAL_ONLY) for a in arguments.posonlyargs]
    defaults = [EMPTY] * (len(arguments.args) - len(arguments.defaults))
    defaults += [ast.literal_eval(d) for d in arguments.defaults]
    found += [
        (a.arg, d, Kind.POSITIONAL_OR_KEYWORD)
        for a, d in zip(arguments.args, defaults, strict=True)
    ]
    if arguments.vararg:
        found.append((arguments.vararg.arg, EMPTY, Kind.VAR_POSITIONAL))
    keywords = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    found += [(a.arg, ast.literal_eval(d), Kind.KEYWORD_ONLY) for a, d in keywords]
    return tuple(found)


def entries(line):
    """Return the names and signatures that a line of the list stands for."""
    if match := re.fullmatch(r"@ (\w+)", line):
        return [(match[1], None)]
    if match := re.fullmatch(r"(\d): (.*)", line):
        operands = ", ".join([*"xyz"[: int(match[1])], "/"] if int(match[1]) else [])
        return [(name, f"({operands})") for name in match[2].split()]
    if match := re.fullmatch(r"\{(.*)\}\{(.*)\}", line):
        letters, kinds = (part.split(",") for part in match.groups())
        return [
            (letter + kind, "(*names)" if kind.endswith("s") else "(name=None)")
            for letter, kind in itertools.product(letters, kinds)
        ]
    name, signature = re.fullmatch(r"(\w+)(\(.*\))", line).groups()
    return [(name, signature)]


def read(text):
    """Return the names of the list."""
    names = []
    for line in text.splitlines():
        if match := re.match(r"\[(\S+) = (\S+)\]", line):
            old, ours = match.groups()
        elif line and not line.startswith("#"):
            names += [
                Name(
                    f"{old}.{name}",
                    None if ours == "-" else f"{ours}.{name}",
                    None if signature is None else parameters_of(signature),
                )
                for name, signature in entries(line)
            ]
    return names


NAMES = read(LIST.read_text(encoding="utf-8"))
EXAMPLES = {"Variable": tensor.vector("x"), "SharedVariable": shared(np.zeros(2))}
EXAMPLES["TensorVariable"] = EXAMPLES["Variable"]
EXAMPLES |= {s.__name__: s(seed=1) for s in (MRG_RandomStreams, RandomStreams)}


def find(path):
    """Return what ``from module import name`` gives; of a class, what an instance has."""
    module, _, name = path.rpartition(".")
    owner = module.rpartition(".")[2]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        if owner in EXAMPLES:
            find(module)  # the class, too
            return getattr(EXAMPLES[owner], name)
        scope = {}
        exec(f"from {module} import {name}", scope)
        return scope[name]


def differences(function, parameters):
    """List in what a function does not take what Theano's took."""
    if not callable(function):
        return ["is not callable"]
    try:
        ours = list(inspect.signature(function).parameters.values())
    except ValueError:  # a class of C, OrderedDict for example
        return [f"has no {name}" for name, *_ in parameters]
    by_name = {p.name: p for p in ours}
    positions = [p for p in ours if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    any_number = next((p for p in ours if p.kind is p.VAR_POSITIONAL), None)
    any_name = any(p.kind is p.VAR_KEYWORD for p in ours)
    found = []
    for position, (name, default, kind) in enumerate(parameters):
        at = positions[position] if position < len(positions) else any_number
        if kind is Kind.VAR_POSITIONAL:
            found += [] if any_number else [f"takes no number of {name}"]
            continue
        if kind is Kind.POSITIONAL_ONLY:
            found += [] if at else [f"has no {name}"]
            continue
        named = by_name.get(name)
        if named is None and not (any_name and default is not EMPTY):
            found.append(f"has no {name}")
        elif named is None:
            continue
        elif kind is Kind.POSITIONAL_OR_KEYWORD and at not in (named, any_number):
            found.append(f"has {at.name if at else 'nothing'} in the place of {name}")
        elif default is not EMPTY and named.default != default:
            found.append(f"has {named.default!r} for {name}, not {default!r}")
    for extra in positions[len(parameters) :]:
        if extra.default is EMPTY:
            found.append(f"wants {extra.name}")
    return found


def gaps(path, parameters):
    """List what is wrong with a name at a path."""
    try:
        found = find(path)
    except (ImportError, AttributeError) as error:
        return [f"is not there: {error}"]
    return [] if parameters is None else differences(found, parameters)


PATHS = sorted({(path, n.parameters) for n in NAMES for path in (n.old, n.ours) if path}, key=str)


def test_the_list_has_every_name_that_was_counted(shared):
    """The counted names stand in one paragraph, ``tensor.matrix (23), function (18), ...``."""
    text = (shared / "api" / "theano.md").read_text(encoding="utf-8")
    paragraph = text.partition("## Counted")[2].partition("##")[0]
    counted = [re.sub(r"\s*\(\d+\)", "", name).strip(" .\n") for name in paragraph.split(",")]
    assert len(counted) > 70
    listed = {n.old.removeprefix("theano.") for n in NAMES}
    listed |= {"config.floatX", "theano.tensor"}
    aliases = {"gof.graph.Constant": "Constant"}
    assert [c for c in counted if aliases.get(c, c) not in listed] == []


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(("path", "parameters"), PATHS, ids=[path for path, _ in PATHS])
def test_each_name_resolves_with_its_signature(path, parameters):
    if path in LATER:
        assert gaps(path, parameters), f"remove {path} from the set of what is missing"
    else:
        assert gaps(path, parameters) == []


def test_what_is_missing_is_listed_once_and_known():
    assert {path for path, _ in PATHS} >= LATER


BROKEN = [
    ("(x, axis=None)", lambda x, axis=0: x, ["has 0 for axis, not None"]),
    (
        "(x, axis=None)",
        lambda axis=None, x=0: x,
        ["has axis in the place of x", "has x in the place of axis"],
    ),
    ("(x, axis=None)", lambda x: x, ["has no axis"]),
    ("(x, y, /)", lambda x: x, ["has no y"]),
    ("(*axes)", lambda axes: axes, ["takes no number of axes"]),
    ("(x)", lambda x, y: x, ["wants y"]),
    ("(x)", 3, ["is not callable"]),
    ("(x, *, axis=1)", lambda x, y=0, axis=None: x, ["has None for axis, not 1"]),
    ("(x=0)", lambda **options: 0, []),
    ("(x, /, axis=1)", lambda y, axis=1: 0, []),
    ("(x, axis=1)", lambda *x, axis=1: 0, []),
]


@pytest.mark.parametrize(("signature", "function", "expected"), BROKEN)
def test_each_kind_of_gap_is_found(signature, function, expected):
    found = differences(function, parameters_of(signature))
    assert found == expected


def test_a_type_by_keywords():
    """``broadcastable`` was the second parameter of types; a pattern may also be given there."""
    expected = tensor.TensorType("float32", (None, 1))
    for type_ in (
        tensor.TensorType(dtype="float32", broadcastable=(False, True)),
        tensor.TensorType("float32", [False, True], name="columns"),
        tensor.TensorType("float32", broadcastable=[False, True]),
    ):
        assert type_ == expected
        assert type_.broadcastable == (False, True)
        assert type_("x").type == expected
