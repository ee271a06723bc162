"""Data sets, iteration schemes, data streams and transformers.

A data set holds named sources of examples; a scheme says which of them to read in what
order; a data stream yields the batches; transformers change them on the way.

Examples
--------
>>> digits = Digits("train")
>>> scheme = SequentialScheme(digits.num_examples, batch_size=100)
>>> stream = Flatten(DataStream.default_stream(digits, iteration_scheme=scheme))
>>> batch = next(stream.get_epoch_iterator(as_dict=True))
>>> batch["features"].shape, batch["targets"].shape
((100, 64), (100, 1))
"""

from blocks.datastreams.builtin import MNIST, Digits
from blocks.datastreams.datasets import Dataset, IndexableDataset, IterableDataset
from blocks.datastreams.indexing import Subset
from blocks.datastreams.schemes import (
    BatchScheme,
    BatchSizeScheme,
    ConcatenatedScheme,
    ConstantScheme,
    IndexScheme,
    IterationScheme,
    SequentialExampleScheme,
    SequentialScheme,
    ShuffledExampleScheme,
    ShuffledScheme,
    cross_validation,
)
from blocks.datastreams.streams import AbstractDataStream, DataIterator, DataStream
from blocks.datastreams.transformers import (
    AgnosticSourcewiseTransformer,
    AgnosticTransformer,
    Batch,
    Cache,
    Cast,
    ExpectsAxisLabels,
    Filter,
    FilterSources,
    Flatten,
    ForceFloatX,
    Mapping,
    Merge,
    Padding,
    ReadAhead,
    Rename,
    ScaleAndShift,
    SortMapping,
    SourcewiseTransformer,
    Transformer,
    Unpack,
)

__all__ = [
    "MNIST",
    "AbstractDataStream",
    "AgnosticSourcewiseTransformer",
    "AgnosticTransformer",
    "Batch",
    "BatchScheme",
    "BatchSizeScheme",
    "Cache",
    "Cast",
    "ConcatenatedScheme",
    "ConstantScheme",
    "DataIterator",
    "DataStream",
    "Dataset",
    "Digits",
    "ExpectsAxisLabels",
    "Filter",
    "FilterSources",
    "Flatten",
    "ForceFloatX",
    "IndexScheme",
    "IndexableDataset",
    "IterableDataset",
    "IterationScheme",
    "Mapping",
    "Merge",
    "Padding",
    "ReadAhead",
    "Rename",
    "ScaleAndShift",
    "SequentialExampleScheme",
    "SequentialScheme",
    "ShuffledExampleScheme",
    "ShuffledScheme",
    "SortMapping",
    "SourcewiseTransformer",
    "Subset",
    "Transformer",
    "Unpack",
    "cross_validation",
]
