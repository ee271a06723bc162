"""Transformers: data streams that change what another data stream yields."""

from blocks.datastreams.transformers.ahead import ReadAhead
from blocks.datastreams.transformers.base import (
    AgnosticTransformer,
    AxisLabelsMismatchError,
    ExpectsAxisLabels,
    Transformer,
)
from blocks.datastreams.transformers.batches import Batch, Cache, Padding, SortMapping, Unpack
from blocks.datastreams.transformers.defaults import uint8_pixels_to_floatX
from blocks.datastreams.transformers.sources import Filter, FilterSources, Mapping, Merge, Rename
from blocks.datastreams.transformers.sourcewise import (
    AgnosticSourcewiseTransformer,
    Cast,
    Flatten,
    ForceFloatX,
    ScaleAndShift,
    SourcewiseTransformer,
)

__all__ = [
    "AgnosticSourcewiseTransformer",
    "AgnosticTransformer",
    "AxisLabelsMismatchError",
    "Batch",
    "Cache",
    "Cast",
    "ExpectsAxisLabels",
    "Filter",
    "FilterSources",
    "Flatten",
    "ForceFloatX",
    "Mapping",
    "Merge",
    "Padding",
    "ReadAhead",
    "Rename",
    "ScaleAndShift",
    "SortMapping",
    "SourcewiseTransformer",
    "Transformer",
    "Unpack",
    "uint8_pixels_to_floatX",
]
