"""In float32 training stays in float32: no variable, array or kernel is of double precision.

One float64 on the way (a literal, a count of examples, a mean of integers) would double the
memory traffic of all that follows, and round differently from what the user asked for.
"""

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
    VariableClipping,
)
from blocks.bricks import MLP, Identity, Rectifier, Softmax
from blocks.bricks.cost import CategoricalCrossEntropy, MisclassificationRate
from blocks.compile.function import Function
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


def variables_of(function):
    """Return what a function takes, keeps and computes, as it was compiled."""
    executor = function.executor
    nodes = [*executor.schedule.nodes, *(executor.prefix.nodes if executor.prefix else ())]
    found = [*function.inputs, *function.outputs, *function.updates, *executor.given]
    return [*found, *(x for node in nodes for x in (*node.inputs, *node.outputs))]


def kernels_of(function):
    """Return the compiled kernels of a function."""
    values = [x for plan in function.executor.plans.values() for x in plan.globals.values()]
    return [x for x in values if hasattr(x, "nopython_signatures")]


def doubles(functions):
    """Return a line for each thing of double precision in some functions."""
    found = []
    for function in functions:
        name = f"{function.name or function}"
        found += [
            f"{name}: {x} is {x.type}" for x in variables_of(function) if x.dtype == "float64"
        ]
        for kernel in kernels_of(function):
            code = "".join(kernel.inspect_llvm().values())
            if "float64" in str(kernel.nopython_signatures) or "double" in code:
                found.append(f"{name}: a kernel of {kernel.nopython_signatures}")
    return found


@pytest.mark.parametrize("kind", COSTS)
@pytest.mark.parametrize("rule", RULES)
def test_training_has_nothing_of_double_precision(rule, kind, functions):
    main_loop = train(RULES[rule], kind)
    assert len(functions) >= 3
    assert sum(len(kernels_of(function)) for function in functions) >= 6
    assert doubles(functions) == []
