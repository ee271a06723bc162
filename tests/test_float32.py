"""In float32 training stays in float32: no variable, value or result is of double precision.

One float64 on the way (a literal, a count of examples, a mean of integers) would double the
memory traffic of all that follows, and round differently from what the user asked for.
The totals of sums and products are the exception: as in Theano they are float64 until the fold
is done, without which a sum of ten million numbers would keep three digits.
"""

import ast
import re

import numpy as np
import pytest

from blocks import tensor
from blocks.algorithms import (
    AdaDelta,
    AdaGrad,
    Adam,
    BasicMomentum,
    BasicRMSProp,
    CompositeRule,
    GradientDescent,
    Momentum,
    RemoveNotFinite,
    Restrict,
    RMSProp,
    Scale,
    StepClipping,
    StepRule,
    VariableClipping,
)
from blocks.bricks import MLP, Identity, Rectifier, Softmax
from blocks.bricks.cost import CategoricalCrossEntropy, MisclassificationRate
from blocks.compile import function as compiled
from blocks.compile import translate
from blocks.compile.function import Function
from blocks.compile.jit import native_source
from blocks.config import config
from blocks.datastreams import (
    DataStream,
    Flatten,
    IndexableDataset,
    ScaleAndShift,
    SequentialScheme,
)
from blocks.extensions import FinishAfter
from blocks.extensions.monitoring import DataStreamMonitoring, TrainingDataMonitoring
from blocks.filter import VariableFilter
from blocks.graph import ComputationGraph
from blocks.initialization import Constant, IsotropicGaussian
from blocks.main_loop import MainLoop
from blocks.model import Model
from blocks.roles import WEIGHT

RULES = {
    "none": lambda weights: None,
    "Scale": lambda weights: Scale(learning_rate=0.1),
    "BasicMomentum": lambda weights: BasicMomentum(momentum=0.9),
    "Momentum": lambda weights: Momentum(learning_rate=0.1, momentum=0.9),
    "AdaDelta": lambda weights: AdaDelta(),
    "AdaGrad": lambda weights: AdaGrad(),
    "Adam": lambda weights: Adam(),
    "Adam, decaying": lambda weights: Adam(decay_factor=0.99),
    "BasicRMSProp": lambda weights: BasicRMSProp(),
    "RMSProp": lambda weights: RMSProp(learning_rate=0.01),
    "StepClipping": lambda weights: StepClipping(threshold=0.1),
    "VariableClipping": lambda weights: VariableClipping(threshold=0.5, axis=0),
    "RemoveNotFinite": lambda weights: RemoveNotFinite(),
    "RemoveNotFinite, scaled": lambda weights: RemoveNotFinite(scaler=0.1),
    "Restrict": lambda weights: Restrict(Scale(0.1), weights),
    "CompositeRule": lambda weights: CompositeRule(
        [StepClipping(1.0), Momentum(0.1, 0.9), VariableClipping(1.0, axis=0), RemoveNotFinite()]
    ),
    "hyper-parameters of NumPy": lambda weights: Momentum(np.float64(0.1), np.array(0.9)),
}
COSTS = ("probabilities", "logits")


@pytest.fixture
def functions(monkeypatch):
    """All functions that are compiled while the test runs."""
    made = []
    executor = Function._executor

    def recorded(self):
        made.append(self)
        return executor(self)

    monkeypatch.setattr(Function, "_executor", recorded)
    return made


@pytest.fixture(autouse=True)
def _single_precision():
    with config.use(floatX="float32"):
        yield


def digits(seed):
    """Return a stream like that of MNIST: uint8 images, uint8 labels in a column."""
    rng = np.random.RandomState(seed)
    images = rng.randint(256, size=(50, 1, 4, 4)).astype("uint8")
    labels = rng.randint(3, size=(50, 1)).astype("uint8")
    dataset = IndexableDataset({"features": images, "targets": labels})
    stream = DataStream(dataset, iteration_scheme=SequentialScheme(50, 20))
    return Flatten(ScaleAndShift(stream, 1 / 255.0, 0, which_sources=("features",)))


def train(rule, kind="probabilities"):
    """Train as the tutorial does, with monitoring of all kinds; return the main loop."""
    x, y = tensor.matrix("features"), tensor.lmatrix("targets")
    mlp = MLP(
        [Rectifier(), Softmax() if kind == "probabilities" else Identity()],
        [16, 5, 3],
        weights_init=IsotropicGaussian(0.01),
        biases_init=Constant(0),
    )
    mlp.initialize()
    y_hat = mlp.apply(x)
    if kind == "probabilities":
        cost = CategoricalCrossEntropy().apply(y.flatten(), y_hat)
    else:
        cost = Softmax().categorical_cross_entropy(y.flatten(), y_hat).mean()
    error_rate = MisclassificationRate().apply(y.flatten(), y_hat).copy("error_rate")
    graph = ComputationGraph(cost)
    W1, W2 = VariableFilter(roles=[WEIGHT])(graph.variables)
    cost = cost + 0.005 * (W1**2).sum() + 0.005 * (W2**2).sum()
    cost.name = "cost"
    norm = W1.norm(2).copy("norm")
    algorithm = GradientDescent(cost=cost, parameters=graph.parameters, step_rule=rule([W1, W2]))
    quantities = [cost, error_rate, norm]
    main_loop = MainLoop(
        algorithm,
        digits(1),
        model=Model(cost),
        extensions=[
            TrainingDataMonitoring(
                [*quantities, algorithm.total_gradient_norm, algorithm.total_step_norm],
                prefix="train",
                after_epoch=True,
            ),
            DataStreamMonitoring(quantities, digits(2), prefix="test"),
            DataStreamMonitoring(quantities, digits(2), prefix="weighted", weighted=True),
            FinishAfter(after_n_epochs=2),
        ],
    )
    main_loop.run()
    return main_loop


def nodes_of(function):
    """Return the nodes of a function as it was compiled."""
    executor = function.executor
    if function.mode != "compiled":
        return executor.nodes
    return [*executor.schedule.nodes, *(executor.prefix.nodes if executor.prefix else ())]


def variables_of(function):
    """Return what a function takes, keeps and computes."""
    found = [*function.inputs, *function.outputs, *function.updates]
    return [*found, *(x for node in nodes_of(function) for x in (*node.inputs, *node.outputs))]


def kernels_of(function):
    """Return the kernels that a function has run; the interpreter has none."""
    plans = function.executor.plans.values() if function.mode == "compiled" else ()
    return [kernel for plan in plans for kernel in plan.script.kernels]


def doubles(functions):
    """Return a line for each variable, array or argument of double precision."""
    found = []
    for function in functions:
        name = function.name or str(function)
        found += [f"{name}: {x} {x.type}" for x in variables_of(function) if is_double(x.type)]
        for kernel in kernels_of(function):
            for argument, type_ in zip(*arguments_of(kernel), strict=True):
                if "float64" in str(type_) and argument != "totals":
                    found.append(f"{name}: a kernel of {argument}: {type_}")
    return found


def arguments_of(kernel):
    """Return the names of a kernel's arguments and their types."""
    (definition,) = ast.parse(kernel.body).body
    return [argument.arg for argument in definition.args.args], kernel.signature


def narrowed(text):
    """Return the source of a kernel with the totals of its folds in float32."""
    line = re.compile(r"^ *(total|totals|totals\[.*\]) \+?= .*$", re.MULTILINE)
    return line.sub(lambda match: match.group().replace("float64", "float32"), text)


def is_double(type_):
    return type_.dtype in ("float64", "complex128")


def promotions(kernel):
    """Return the lines of a kernel's machine-independent code that convert to double or back.

    Those for the totals of folds do not count.
    Kernels from the cache cannot be inspected, so it is compiled again, in memory.
    """
    text = narrowed(native_source(kernel.body, kernel.signature))
    fresh = translate.compiled(text, "slots")
    (text,) = fresh.inspect_llvm().values()
    return [x for x in text.splitlines() if "fpext" in x or "fptrunc" in x]


@pytest.mark.parametrize("kind", COSTS)
@pytest.mark.parametrize("rule", RULES)
def test_training_has_nothing_of_double_precision(rule, kind, functions):
    main_loop = train(RULES[rule], kind)
    assert {"training", "monitoring"} <= {function.name for function in functions}
    assert sum(len(kernels_of(function)) for function in functions) >= 6
    assert doubles(functions) == []
    row = main_loop.log.current_row
    values = {k: v for k, v in row.items() if k.startswith(("train_", "test_", "weighted_"))}
    assert len(values) == 11
    assert {k: v.dtype.name for k, v in values.items()} == dict.fromkeys(values, "float32")
    values = main_loop.model.get_parameter_values()
    assert {k: v.dtype.name for k, v in values.items()} == dict.fromkeys(values, "float32")
    assert all(np.isfinite(value).all() for value in values.values())


@pytest.mark.parametrize("kind", COSTS)
def test_integer_targets_stay_integers(kind, functions):
    train(RULES["Scale"], kind)
    (training,) = [function for function in functions if function.name == "training"]
    assert {x.name: x.dtype for x in training.inputs} == {"features": "float32", "targets": "int64"}
    casts = [
        f"{function.name}: {node.op} of {x.type}"
        for function in functions
        for node in nodes_of(function)
        for x in node.inputs
        if x.dtype.startswith(("int", "uint")) and x.ndim and str(node.op).startswith("cast")
    ]
    assert casts == []


def test_kernels_have_no_double_inside(functions):
    for rule, kind in (("Adam, decaying", "logits"), ("CompositeRule", "probabilities")):
        train(RULES[rule], kind)
    kernels = {k.address: k for f in functions for k in kernels_of(f)}
    assert len(kernels) > 20
    found = {name: promotions(kernel) for name, kernel in kernels.items()}
    assert [line for lines in found.values() for line in lines] == []


# The checks themselves


class InDouble(StepRule):
    """Halves the step, in double precision on the way."""

    def compute_step(self, parameter, previous_step):
        return (previous_step.astype("float64") / 2).astype("float32"), []


def test_double_precision_is_found(functions):
    train(lambda weights: InDouble())
    (training,) = [function for function in functions if function.name == "training"]
    assert any(re.search(r": cast\(.*, 'float64'\)", line) for line in doubles([training]))
    assert all(line.startswith("training: ") for line in doubles(functions))


def test_double_precision_inside_a_kernel_is_found(functions):
    x = tensor.vector("x")
    inside = compiled([x], tensor.exp(x.astype("float64")).astype("float32"))
    inside(np.ones(3, "float32"))
    assert [line for kernel in kernels_of(inside) for line in promotions(kernel)] != []


@pytest.mark.parametrize("axis", [0, 1])
def test_double_precision_beside_a_total_is_found(axis):
    x = tensor.matrix("x")
    wide = tensor.exp(x.astype("float64")).astype("float32")
    for value, is_found in [(tensor.exp(x), False), (wide, True)]:
        inside = compiled([x], value.sum(axis=axis))
        inside(np.ones((3, 2), "float32"))
        assert doubles([inside]) == [] or is_found
        assert any(promotions(kernel) for kernel in kernels_of(inside)) == is_found
