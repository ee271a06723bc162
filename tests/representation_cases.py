"""One object of each public class, for tests of how it shows itself."""

import numpy as np

from blocks import (
    algorithms,
    bricks,
    datastreams,
    explain,
    extensions,
    function,
    initialization,
    select,
    tensor,
)
from blocks.algorithms.base import UpdatesAlgorithm
from blocks.bricks import cost as costs
from blocks.compile.arguments import In
from blocks.config import config
from blocks.datastreams import transformers
from blocks.datastreams.indexing import Subset
from blocks.datastreams.requests import Batches, Chained, Endless
from blocks.datastreams.streams import DataIterator
from blocks.extensions import monitoring
from blocks.extensions.predicates import OnLogRecord
from blocks.filter import VariableFilter
from blocks.graph import ComputationGraph, shared
from blocks.graph.annotations import Annotation
from blocks.graph.loops import Updates
from blocks.graph.origin import Origin, inheriting
from blocks.graph.variable import Tag, constant
from blocks.log import TrainingLog
from blocks.main_loop import MainLoop
from blocks.model import Model
from blocks.monitoring import aggregation as monitored
from blocks.monitoring.buffers import AggregationBuffer, MonitoredQuantityBuffer
from blocks.monitoring.evaluators import DatasetEvaluator
from blocks.utils.containers import AnnotatingList
from blocks.utils.profile import Profile, Timer
from blocks.utils.testing import MockAlgorithm, MockMainLoop

x, y = tensor.matrix("x"), tensor.lvector("y")
W = shared(np.zeros((3, 2)), "W")
mean = (x @ W).mean()
mean.name = "cost"
settings = {"weights_init": initialization.Constant(0), "biases_init": initialization.Constant(0)}
layer = bricks.Linear(3, 2, name="layer", **settings)
hidden = layer.apply(x)
call = hidden.tag.annotations[1]
dataset = datastreams.IndexableDataset({"x": np.zeros((4, 3)), "y": np.zeros(4)})
scheme = datastreams.SequentialScheme(4, 2)
stream = datastreams.DataStream(dataset, iteration_scheme=scheme)
algorithm = algorithms.GradientDescent(cost=mean, parameters=[W])


class Longest(monitored.MonitoredQuantity):
    def initialize(self):
        pass

    def aggregate(self, *args):
        pass

    def get_aggregated_value(self):
        return 0


CASES = {
    # graph
    "Variable": x,
    "SharedVariable": W,
    "Constant": constant([1, 2]),
    "Updates": Updates({W: W + 1}),
    "Container": W.container,
    "Grid": tensor.mgrid,
    "TensorType": x.type,
    "Tag": Tag(roles=[], name="x"),
    "Apply": (x @ W).owner,
    "Elementwise": (x + 1).owner.op,
    "Origin": Origin("/mlp.apply", "script.py:3"),
    "inheriting": inheriting(Origin("/mlp.apply", "script.py:3")),
    "Annotation": Annotation(),
    "ComputationGraph": ComputationGraph([mean]),
    "Function": function([x], mean, updates=[(W, W * 2)]),
    "Explanation": explain(function([x], mean)),
    "In": In(x, name="data"),
    "VariableFilter": VariableFilter(bricks=[layer], roles=[]),
    "Model": Model(mean),
    # bricks
    "Linear": layer,
    "Brick": bricks.Rectifier(name="relu"),
    "MLP": bricks.MLP([bricks.Tanh(), bricks.Softmax()], [784, 100, 10]),
    "MLP without dims": bricks.MLP([bricks.Tanh()], [None, None]),
    "Application": bricks.Linear.apply,
    "BoundApplication": layer.apply,
    "ApplicationCall": call,
    "Cost": costs.SquaredError(),
    "WithExtraDims": bricks.WithExtraDims(),
    "Parameters": layer.parameters,
    "Children": layer.children,
    "AnnotatingList": AnnotatingList([1, 2]),
    # initialization
    "Constant scheme": initialization.Constant(0),
    "IsotropicGaussian": initialization.IsotropicGaussian(0.01),
    "Uniform": initialization.Uniform(width=0.1),
    "Identity": initialization.Identity(2),
    "Orthogonal": initialization.Orthogonal(),
    "Sparse": initialization.Sparse(3, initialization.Constant(1)),
    "Array": initialization.Constant(np.zeros((100, 100))),
    # algorithms
    "GradientDescent": algorithm,
    "UpdatesAlgorithm": UpdatesAlgorithm(updates=[(W, W * 2)]),
    "Scale": algorithms.Scale(0.1),
    "Momentum": algorithms.Momentum(0.1, 0.9),
    "Adam": algorithms.Adam(),
    "AdaDelta": algorithms.AdaDelta(),
    "AdaGrad": algorithms.AdaGrad(),
    "RMSProp": algorithms.RMSProp(),
    "StepClipping": algorithms.StepClipping(5.0),
    "VariableClipping": algorithms.VariableClipping(5.0, axis=0),
    "RemoveNotFinite": algorithms.RemoveNotFinite(),
    "CompositeRule": algorithms.CompositeRule(
        [algorithms.StepClipping(1.0), algorithms.Scale(0.1)]
    ),
    "Restrict": algorithms.Restrict(algorithms.Scale(0.1), [W]),
    "Path": select.Path.parse("/mlp/linear_0.W"),
    "Selector": select.Selector(layer),
    # data
    "Batches": Batches([1, 2, 3], 2),
    "Chained": Chained([]),
    "Endless": Endless(2),
    "IndexableDataset": dataset,
    "IterableDataset": datastreams.IterableDataset([1, 2, 3]),
    "Digits": datastreams.Digits("train"),
    "Subset": Subset([0, 3], 10),
    "ConstantScheme": datastreams.ConstantScheme(2, num_examples=10),
    "SequentialScheme": scheme,
    "ShuffledScheme": datastreams.ShuffledScheme(1000, 100),
    "SequentialExampleScheme": datastreams.SequentialExampleScheme(3),
    "DataStream": stream,
    "DataIterator": DataIterator(stream),
    "Flatten": transformers.Flatten(stream, which_sources=("x",)),
    "Cast": transformers.Cast(stream, "float32"),
    "ScaleAndShift": transformers.ScaleAndShift(stream, 2.0, 1.0),
    "ForceFloatX": transformers.ForceFloatX(stream),
    "Batch": transformers.Batch(transformers.Unpack(stream), datastreams.ConstantScheme(2)),
    "Unpack": transformers.Unpack(stream),
    "Cache": transformers.Cache(stream, datastreams.ConstantScheme(2)),
    "SortMapping": transformers.SortMapping(len),
    "Padding": transformers.Padding(stream),
    "ReadAhead": transformers.ReadAhead(stream, 3),
    "Mapping": transformers.Mapping(stream, len),
    "Filter": transformers.Filter(stream, len),
    "FilterSources": transformers.FilterSources(stream, ("x",)),
    "Rename": transformers.Rename(stream, {"x": "features"}),
    "Merge": transformers.Merge([stream, stream], ("a", "b", "c", "d")),
    # monitoring, log, main loop, extensions
    "Mean": monitored.Mean(mean, 1.0),
    "Perplexity": monitored.Perplexity(mean, 1.0),
    "TakeLast": monitored.TakeLast(mean),
    "Minimum": monitored.Minimum(mean),
    "Concatenate": monitored.Concatenate(mean),
    "Aggregator": monitored.Mean(mean, 1.0).get_aggregator(),
    "MonitoredQuantity": Longest(requires=[x], name="longest"),
    "MonitoredQuantityBuffer": MonitoredQuantityBuffer([Longest(requires=[x], name="longest")]),
    "AggregationBuffer": AggregationBuffer([mean]),
    "DatasetEvaluator": DatasetEvaluator([mean]),
    "TrainingLog": TrainingLog(),
    "MainLoop": MainLoop(algorithm, None),
    "Profile": Profile(),
    "Timer": Timer("train", Profile()),
    "MockAlgorithm": MockAlgorithm(),
    "MockMainLoop": MockMainLoop(),
    "SimpleExtension": extensions.FinishAfter(after_n_epochs=2),
    "Printing": extensions.Printing(),
    "Timing": extensions.Timing(prefix="train"),
    "ProgressBar": extensions.ProgressBar(),
    "CompositeExtension": extensions.CompositeExtension([extensions.Printing()]),
    "DataStreamMonitoring": monitoring.DataStreamMonitoring([mean], stream, prefix="test"),
    "TrainingDataMonitoring": monitoring.TrainingDataMonitoring([mean], after_epoch=True),
    "Predicate": extensions.FinishAfter(after_n_epochs=2)._conditions[-1][1],
    "OnLogRecord": OnLogRecord("found_best"),
    "Configuration": config,
}
"""An object of each kind, by the name of the kind."""
