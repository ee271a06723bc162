r"""A graph as a drawing: in the language of Graphviz, or as an image that Graphviz makes of it.

Examples
--------
>>> from blocks import tensor
>>> print(dot_source([tensor.exp(-tensor.scalar("x"))]))
digraph operations {
  node [fontname="sans-serif", style=filled];
  n0 [label="x\nfloat64 scalar", shape=box, fillcolor="#d9ead3"];
  n1 [label="neg", shape=ellipse, fillcolor="#f3f3f3"];
  n0 -> n1;
  n2 [label="exp", shape=ellipse, fillcolor="#f3f3f3"];
  n1 -> n2 [label="float64 scalar"];
  n3 [label="output\nfloat64 scalar", shape=box, fillcolor="#cfe2f3"];
  n2 -> n3 [label="float64 scalar"];
}
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from blocks.errors import GraphError
from blocks.graph.traversal import toposort
from blocks.graph.variable import Constant, SharedVariable, Variable

__all__ = ["dot_source", "pydotprint"]

INPUT, CONSTANT, SHARED, OUTPUT, OP = "#d9ead3", "#ffffff", "#fce5cd", "#cfe2f3", "#f3f3f3"


class _Drawing:
    """The lines of a drawing, and the names of the boxes in it."""

    def __init__(self, compact: bool, longest_label: int) -> None:
        self.compact = compact
        self.longest_label = longest_label
        self.lines = ["digraph operations {", '  node [fontname="sans-serif", style=filled];']
        self.names: dict[Any, str] = {}

    def box(self, key: Any, label: str, color: str) -> None:
        self.names[key] = name = f"n{len(self.names)}"
        shape = "ellipse" if color == OP else "box"
        look = f'shape={shape}, fillcolor="{color}"'
        self.lines.append(f"  {name} [label={self._quoted(label)}, {look}];")

    def arrow(self, x: Variable, target: Any) -> None:
        """Draw where a variable goes, and the variable itself if no operation makes it."""
        if x.owner is not None:
            label = f" [label={self._quoted(str(x.type))}]"
            self.lines.append(f"  {self.names[x.owner]} -> {self.names[target]}{label};")
        elif x in self.names:
            self.lines.append(f"  {self.names[x]} -> {self.names[target]};")

    def leaf(self, x: Variable) -> None:
        left_out = self.compact and isinstance(x, Constant) and x.name is None
        if x.owner is None and x not in self.names and not left_out:
            color = CONSTANT if isinstance(x, Constant) else INPUT
            self.box(x, f"{x}\n{x.type}", SHARED if isinstance(x, SharedVariable) else color)

    def _quoted(self, label: str) -> str:
        if len(label) > self.longest_label:
            label = label[: self.longest_label - 3] + "..."
        text = label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{text}"'


def dot_source(outputs: Iterable[Variable], compact: bool = True, longest_label: int = 70) -> str:
    """Return the graph of some variables in the language of Graphviz.

    Parameters
    ----------
    outputs
        The variables.
    compact
        Whether to leave out constants without a name.
    longest_label
        How many characters of a label to write.

    Examples
    --------
    >>> from blocks import tensor
    >>> "add" in dot_source([tensor.scalar("x") + 1])
    True
    """
    outputs = list(outputs)
    drawing = _Drawing(compact, longest_label)
    for node in toposort(outputs):
        for x in node.inputs:
            drawing.leaf(x)
        drawing.box(node, str(node.op), OP)
        for x in node.inputs:
            drawing.arrow(x, node)
    for i, y in enumerate(outputs):
        drawing.leaf(y)
        drawing.box((i, y), f"{y.name or 'output'}\n{y.type}", OUTPUT)
        drawing.arrow(y, (i, y))
    return "\n".join([*drawing.lines, "}"])


def pydotprint(
    fct: Any,
    outfile: str | os.PathLike[str] | None = None,
    compact: bool = True,
    format: str = "png",
    with_ids: bool = False,
    high_contrast: bool = True,
    cond_highlight: Any = None,
    colorCodes: Any = None,
    max_label_size: int = 70,
    scan_graphs: bool = False,
    var_with_name_simple: bool = False,
    print_output_file: bool = True,
    return_image: bool = False,
) -> bytes | None:
    """Write a graph as a drawing.

    Parameters
    ----------
    fct
        A variable, several, or anything with ``outputs``: a function, a graph.
    outfile
        The file to write; by default ``operations.<format>`` in the current folder.
    compact
        Whether to leave out constants without a name.
    format
        ``"dot"`` for Graphviz' language, which needs nothing; or a format of images, such
        as ``"png"`` and ``"svg"``, for which Graphviz' program ``dot`` must be installed.
        The ending of `outfile` goes before.
    max_label_size
        How many characters of a label to write.
    print_output_file
        Whether to print where the drawing is.
    return_image
        Whether to return the content instead of writing a file.
    with_ids, high_contrast, cond_highlight, colorCodes, scan_graphs, var_with_name_simple
        Accepted for compatibility.

    Raises
    ------
    GraphError
        If there is no variable to draw, or Graphviz is needed and not there.

    Examples
    --------
    >>> from blocks import tensor
    >>> pydotprint(-tensor.scalar("x"), format="dot", return_image=True)[:18]
    b'digraph operations'
    """
    found = fct if isinstance(fct, Variable) else getattr(fct, "outputs", fct)
    outputs = [found] if isinstance(found, Variable) else found
    if not isinstance(outputs, list | tuple) or not all(isinstance(y, Variable) for y in outputs):
        raise GraphError(
            f"pydotprint: expected variables or a function, got {type(fct).__name__}. Give what "
            "is to be drawn."
        )
    suffix = Path(outfile).suffix[1:] if outfile is not None else ""
    format = suffix or format
    content = dot_source(outputs, compact, max_label_size).encode()
    if format != "dot":
        content = _rendered(content, format)
    if return_image:
        return content
    path = Path(f"operations.{format}" if outfile is None else outfile)
    if not path.suffix:
        path = path.with_suffix(f".{format}")
    path.write_bytes(content)
    if print_output_file:
        print(f"The drawing is in {path}.")
    return None


def _rendered(source: bytes, format: str) -> bytes:
    import shutil  # here, as these two are slow to import and seldom needed
    import subprocess

    program = shutil.which("dot")
    if program is None:
        raise GraphError(
            f"pydotprint: expected Graphviz' program dot to draw {format}, got none. Install "
            "Graphviz, or pass format='dot'."
        )
    done = subprocess.run([program, f"-T{format}"], input=source, capture_output=True, check=False)
    if done.returncode:
        message = done.stderr.decode(errors="replace").strip().splitlines()
        raise GraphError(
            f"pydotprint: expected a format that Graphviz knows, got {format!r} "
            f"({message[0] if message else 'no reason given'}). Use png or svg."
        )
    return done.stdout
