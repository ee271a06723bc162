"""Bytes, seconds, speeds and sizes as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blocks.compile.explanation.result import ExplainedInstruction

__all__ = ["bytes_text", "rate_text", "seconds_text", "shape_text"]


def bytes_text(count: int) -> str:
    """Write a number of bytes.

    Examples
    --------
    >>> bytes_text(0), bytes_text(2560), bytes_text(31_000_000)
    ('0 B', '2.6 kB', '31.0 MB')
    """
    if count < 1000:
        return f"{count} B"
    for power, unit in ((1, "kB"), (2, "MB")):
        if count / 1000**power < 999.95:
            return f"{count / 1000**power:.1f} {unit}"
    return f"{count / 1000**3:.1f} GB"


def seconds_text(seconds: float) -> str:
    """Write a duration.

    Examples
    --------
    >>> seconds_text(9.5e-8), seconds_text(0.00212), seconds_text(3.0)
    ('0.1 us', '2.1 ms', '3.0 s')
    """
    for factor, unit in ((1e6, "us"), (1e3, "ms")):
        if seconds * factor < 999.95:
            return f"{seconds * factor:.1f} {unit}"
    return f"{seconds:.1f} s"


def rate_text(instruction: ExplainedInstruction) -> str:
    """Write the speed of an instruction, if it was measured."""
    if instruction.gflops is not None:
        return f"{instruction.gflops:.1f} GFLOP/s"
    if instruction.gigabytes is not None:
        return f"{instruction.gigabytes:.1f} GB/s"
    return ""


def shape_text(shape: tuple[int | None, ...]) -> str:
    """Write a shape, with ``?`` for what is not known.

    Examples
    --------
    >>> shape_text((None, 3)), shape_text(())
    ('(?, 3)', 'scalar')
    """
    if not shape:
        return "scalar"
    sizes = ["?" if size is None else str(size) for size in shape]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"
