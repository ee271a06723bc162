"""Builds and runs the cases of ../shared/golden, as its README describes them.

A case waits while a class that it needs does not exist; `waiting.txt` lists those.
"""

import importlib
import importlib.util
import json
from functools import cache

import numpy as np
import pytest

from blocks import tensor
from blocks.bricks.interfaces import reset_seeds
from blocks.compile import function
from blocks.config import config
from blocks.graph.types import TensorType
from tests.conftest import SHARED

GOLDEN = None if SHARED is None else SHARED / "golden"
FAMILIES = (
    "curves",
    "init_bricks",
    "init_schemes",
    "monitoring",
    "recurrent",
    "simple",
    "steps",
)
MODULES = [
    "blocks.bricks",
    *(
        f"blocks.bricks.{name}"
        for name in ("cost", "lookup", "parallel", "conv", "bn", "recurrent", "attention")
    ),
    "blocks.bricks.sequence_generators",
    "blocks.initialization",
    "blocks.algorithms",
]
RENAMED = {
    "BrickIdentity": ("blocks.bricks", "Identity"),
    "InitIdentity": ("blocks.initialization", "Identity"),
}


@cache
def index():
    """Return all cases by name; none where ../shared is absent."""
    if GOLDEN is None:
        return {}
    cases = json.loads((GOLDEN / "index.json").read_text(encoding="utf-8"))["cases"]
    return {case["case"]: case for case in cases}


def find_class(name):
    """Return a class of the configuration language, or None if it does not exist yet."""
    modules, attribute = MODULES, name
    if name in RENAMED:
        modules, attribute = [RENAMED[name][0]], RENAMED[name][1]
    for module in modules:
        if importlib.util.find_spec(module) is None:
            continue
        found = getattr(importlib.import_module(module), attribute, None)
        if found is not None:
            return found
    return None


def class_names(spec):
    """Return the names of the classes that a configuration needs."""
    if isinstance(spec, list):
        return {name for item in spec for name in class_names(item)}
    if not isinstance(spec, dict):
        return set()
    own = {spec["class"]} if "class" in spec else set()
    return own | {name for item in spec.values() for name in class_names(item)}


def waits(case):
    """Tell whether a case needs a class that does not exist yet."""
    return any(find_class(name) is None for name in class_names(case["config"]))


def ready(family):
    """Return the cases of a family that can run, as pytest parameters."""
    cases = [case for case in index().values() if case["family"] == family and not waits(case)]
    if not cases:
        return [pytest.param(None, marks=pytest.mark.skip(reason="needs ../shared"), id=family)]
    return [pytest.param(case, id=case["case"]) for case in cases]


def arrays(case):
    with np.load(GOLDEN / case["file"], allow_pickle=False) as archive:
        return dict(archive)


def build(spec):
    """Return what a configuration describes."""
    if isinstance(spec, list):
        return [build(item) for item in spec]
    if not isinstance(spec, dict):
        return spec
    if "tuple" in spec:
        return tuple(build(spec["tuple"]))
    if "class" in spec:
        return find_class(spec["class"])(**{k: build(v) for k, v in spec["args"].items()})
    return {key: build(value) for key, value in spec.items()}


def parameters(brick):
    """Return the parameters of a brick and all below it by path, in the tree's order."""
    found = {brick.get_hierarchical_name(x): x for x in brick.parameters if x is not None}
    for child in brick.children:
        found |= parameters(child)
    return found


class TwoGenerators(np.random.RandomState):
    """Draws positions from a second generator.

    Blocks 0.2 took the positions of `Sparse` from NumPy's global generator, ours come from
    the generator that `generate` is given. Handed this one, whose ``choice`` draws from a
    generator with the global seed of the golden data and whose other draws are untouched,
    `Sparse` must give the golden values, and leave the first generator where they left it.
    """

    def __init__(self, seed, positions_seed):
        super().__init__(seed)
        self.positions = np.random.RandomState(positions_seed)

    def choice(self, *args, **kwargs):
        return self.positions.choice(*args, **kwargs)


def run_scheme(case):
    """Return what a case of runner "scheme" shows."""
    settings = case["config"]
    scheme = build(settings["scheme"])
    if settings["scheme"]["class"].startswith("Sparse"):
        rng = TwoGenerators(settings["seed"], settings["global_numpy_seed"])
    else:
        rng = np.random.RandomState(settings["seed"])
    draws = sum(name.startswith("output:draw_") for name in case["arrays"])
    shape = tuple(settings["shape"])
    found = {f"output:draw_{i}": scheme.generate(rng, shape) for i in range(draws)}
    return found | {"output:rng_next_uniform": np.asarray(rng.uniform())}


def run_init(case):
    """Return the bricks of a case of runner "init", initialized as in a fresh process."""
    settings = case["config"]
    reset_seeds()
    try:
        with config.use(default_seed=1):
            bricks = [build(spec) for spec in settings["bricks"]]
            if "global_numpy_seed" in settings:
                (brick,) = bricks
                brick.rng = TwoGenerators(brick.seed, settings["global_numpy_seed"])
            for i in settings.get("push_order", []):
                bricks[i].push_initialization_config()
            for change in settings.get("after_push", []):
                target = bricks[change["brick"]]
                for name in change.get("child", []):
                    (target,) = (child for child in target.children if child.name == name)
                setattr(target, change["attr"], build(change["value"]))
            for i in settings.get("init_order", range(len(bricks))):
                bricks[i].initialize()
            return bricks, {brick.name: brick.seed for brick in bricks}
    finally:
        reset_seeds()


def run_forward(case):
    """Return the brick of a case of runner "forward" and what it computes."""
    settings, data = case["config"], arrays(case)
    brick = build(settings["brick"])
    brick.allocate()
    weights = parameters(brick)
    for path, parameter in weights.items():
        parameter.set_value(data[f"param:{path}"])
    inputs = {}
    for name in settings["inputs"]:
        array = data[f"input:{name}"]
        inputs[name] = TensorType(str(array.dtype), (None,) * array.ndim)(name)
    positional = settings.get("positional", [])
    keywords = {name: x for name, x in inputs.items() if name not in positional}
    method = getattr(brick, settings.get("method", "apply"))
    outputs = method(
        *(inputs[name] for name in positional),
        **keywords,
        **build(settings.get("call_kwargs", {})),
        as_list=True,
    )
    names = case["expected"]["output_names"]
    wanted = {f"output:{name}": y for name, y in zip(names, outputs, strict=True)}
    if settings.get("grad", True):
        floats = [k for k, y in zip(names, outputs, strict=True) if y.type.is_float]
        cost = sum((wanted[f"output:{k}"] * data[f"cot:{k}"]).sum() for k in floats)
        leaves = {f"grad:{path}": x for path, x in weights.items()}
        leaves |= {f"grad_input:{name}": x for name, x in inputs.items()}
        leaves = {key: x for key, x in leaves.items() if key in data}
        gradients = tensor.grad(cost, list(leaves.values()), disconnected_inputs="ignore")
        wanted |= dict(zip(leaves, gradients, strict=True))
        wanted["output:cost"] = cost  # the README's sum, also where an output has this name
    compute = function(list(inputs.values()), wanted, on_unused_input="ignore")
    return brick, compute(*(data[f"input:{name}"] for name in inputs))


def check(case, found):
    """Compare what was found with every array that the case holds of that kind."""
    data = arrays(case)
    expected = {
        k: v for k, v in data.items() if k.split(":")[0] in {"output", "grad", "grad_input"}
    }
    assert set(found) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, **case["tolerance"], err_msg=name)
        assert found[name].shape == value.shape


def seed_is_set(brick):
    return getattr(brick, "_seed", None) is not None
