"""Transformers that data sets apply by default."""

from __future__ import annotations

from typing import Any

from blocks.datastreams.transformers.sourcewise import Cast, ScaleAndShift

__all__ = ["uint8_pixels_to_floatX"]


def uint8_pixels_to_floatX(which_sources: tuple[str, ...]) -> tuple[Any, ...]:
    """Return the transformers that scale pixels from 0..255 to [0, 1] in floatX.

    Parameters
    ----------
    which_sources
        The sources that hold pixels.

    Examples
    --------
    >>> [transformer.__name__ for transformer, *_ in uint8_pixels_to_floatX(("features",))]
    ['ScaleAndShift', 'Cast']
    """
    return (
        (ScaleAndShift, [1 / 255.0, 0], {"which_sources": which_sources}),
        (Cast, ["floatX"], {"which_sources": which_sources}),
    )
