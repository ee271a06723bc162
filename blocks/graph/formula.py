"""A graph as a formula, as a reader would write it: ``x @ W + b``, ``sum(x, axis=1)``.

Parentheses stand only where precedence needs them. What only broadcasts is left out. It
needs no op's class: names and fields say how to write an application.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from blocks.graph.op import Apply
    from blocks.graph.variable import Variable

__all__ = ["formula", "value_text"]

Piece = tuple["Variable", int]
"""An input, and the precedence below which it needs parentheses."""
Pieces = list["str | Piece"]
Style = Callable[["Apply"], "tuple[int, Pieces] | None"]

ATOM, POWER, SIGN, PRODUCT, SUM, AND, XOR, OR, COMPARISON, ANY = range(9, -1, -1)

INFIX = {
    "pow": ("**", POWER),
    "mul": ("*", PRODUCT),
    "true_div": ("/", PRODUCT),
    "int_div": ("//", PRODUCT),
    "mod": ("%", PRODUCT),
    "add": ("+", SUM),
    "sub": ("-", SUM),
    "and_": ("&", AND),
    "xor": ("^", XOR),
    "or_": ("|", OR),
    "lt": ("<", COMPARISON),
    "le": ("<=", COMPARISON),
    "gt": (">", COMPARISON),
    "ge": (">=", COMPARISON),
    "eq": ("==", COMPARISON),
    "neq": ("!=", COMPARISON),
}
PREFIX = {"neg": "-", "invert": "~", "not": "~"}
ALL: tuple[None, None, None] = (None, None, None)  # of an axis: the slice without bounds
LISTED = 4  # elements; longer constants show their type


def formula(x: Variable, limit: int = 100_000, depth: int | None = None) -> str:
    """Return a variable as a formula; named variables inside stay names.

    Parameters
    ----------
    x
        The variable.
    limit
        How many symbols to write at most: a formula repeats what a graph shares.
    depth
        How many applications deep to go; what is further inside is written ``...``. The order
        of axes does not count as one: the compiler may make it a part of a product.

    Examples
    --------
    >>> from blocks import tensor
    >>> x, b = tensor.matrix("x"), tensor.vector("b")
    >>> formula((x + 1).T @ x[0] - (b - b.sum()) ** 2)
    '(x + 1).T @ x[0] - (b - sum(b)) ** 2'
    """
    pieces: list[str] = []
    stack: list[tuple[str | Piece, int]] = [((x, ANY), 0)]
    while stack:
        item, level = stack.pop()
        if isinstance(item, str):
            pieces.append(item)
            continue
        if len(pieces) >= limit:
            pieces.append("...")
            break
        y, needed = item
        y = _seen_through(y, is_root=y is x)
        if y.owner is None or (y.name is not None and y is not x):
            text = value_text(y)
            pieces.append(f"({text})" if text.startswith("-") and needed > SIGN else text)
        elif depth is not None and level >= depth and not _is_order(y):
            pieces.append("(...)" if needed == ATOM else "...")
        else:
            precedence, inside = _written(y)
            if precedence < needed:
                inside = ["(", *inside, ")"]
            level += not _is_order(y)
            stack.extend((part, level) for part in reversed(inside))
    return "".join(pieces)


def value_text(x: Variable) -> str:
    """Return the text of a variable that stands for itself: its name, or its value.

    Examples
    --------
    >>> from blocks import tensor
    >>> value_text(tensor.constant([1, 2])), value_text(tensor.constant([0.0] * 9))
    ('[1, 2]', '<constant float64 (9,)>')
    """
    if x.name is not None:
        return x.name
    data = getattr(x, "data", None)
    if data is None:
        return f"<{x.type}>"
    if data.ndim == 0:
        return str(data)
    return str(data.tolist()) if data.size <= LISTED else f"<constant {x.type}>"


def _seen_through(x: Variable, is_root: bool = False) -> Variable:
    """Return what a variable repeats for broadcasting only, or to carry another name."""
    while x.owner is not None and (is_root or x.name is None) and _is_noise(x.owner, is_root):
        x, is_root = x.owner.inputs[0], False
    return x


def _is_noise(node: Apply, is_root: bool) -> bool:
    if node.op.name == "identity" or is_root:
        return node.op.name == "identity"
    if node.op.name == "dimshuffle":
        pattern: tuple[Any, ...] = _field(node, "pattern", ())
        ndim = node.inputs[0].ndim
        padding = ("x",) * (len(pattern) - ndim)
        return pattern == (*padding, *range(ndim))
    if node.op.name.startswith("cast_"):  # a number that became one of another dtype
        return hasattr(node.inputs[0], "data") and node.inputs[0].ndim == 0
    return node.op.name == "patternbroadcast"


def _is_order(x: Variable) -> bool:
    """Return whether a variable is another with its axes in another order."""
    node = x.owner
    return node is not None and node.op.name == "dimshuffle" and _vector_product(node) is None


def _written(x: Variable) -> tuple[int, Pieces]:
    node = x.owner
    assert node is not None
    style = STYLES.get("cast" if node.op.name.startswith("cast_") else node.op.name)
    found = style(node) if style is not None else None
    if found is None:
        found = _call(node.op.name, node.inputs, **_fields(node))
    if len(node.outputs) > 1:
        return ATOM, [*found[1], f"[{x.index}]"]
    return found


def _field(node: Apply, name: str, default: Any) -> Any:
    return getattr(node.op, name, default)


def _fields(node: Apply) -> dict[str, Any]:
    """Return the static parameters of an op that are not what they are by default."""
    if not dataclasses.is_dataclass(node.op) or hasattr(node.op, "label"):
        return {}
    return {
        field.name: getattr(node.op, field.name)
        for field in dataclasses.fields(node.op)
        if field.repr and getattr(node.op, field.name) != field.default and field.name != "kind"
    }


def _call(name: str, inputs: Sequence[Variable], **fields: Any) -> tuple[int, Pieces]:
    arguments: list[Pieces] = [[(y, ANY)] for y in inputs]
    arguments += [[f"{key}={value!r}"] for key, value in fields.items()]
    return ATOM, [f"{name}(", *_separated(arguments), ")"]


def _separated(parts: Sequence[Pieces]) -> Pieces:
    pieces: Pieces = []
    for i, part in enumerate(parts):
        pieces += [", ", *part] if i else part
    return pieces


def _infix(node: Apply) -> tuple[int, Pieces] | None:
    if len(node.inputs) != 2:
        return None
    text, level = INFIX[node.op.name]
    left, right = node.inputs
    left, right = _spread_away(left), _spread_away(right)
    # Operators group to the left, powers to the right, comparisons not at all.
    on_left = level + (level in (POWER, COMPARISON))
    on_right = SIGN if level == POWER else level + 1
    return level, [(left, on_left), f" {text} ", (right, on_right)]


def _product(node: Apply) -> tuple[int, Pieces]:
    left, right = node.inputs
    return PRODUCT, _product_of(left, right, node)


def _product_of(left: Variable, right: Variable, node: Apply) -> Pieces:
    """Write a product, and the transpositions that its op does by itself."""
    first: Pieces = [(left, PRODUCT)]
    last: Pieces = [(right, SIGN)]
    if _field(node, "transpose_a", False):
        first = [(left, ATOM), ".T"]
    if _field(node, "transpose_b", False):
        last = [(right, ATOM), ".T"]
    return [*first, " @ ", *last]


def _quotient(node: Apply) -> tuple[int, Pieces] | None:
    """Write a sum over its number of elements as the mean that it is."""
    total, count = (x.owner for x in node.inputs)
    if total is None or count is None or total.op.name != "sum" or node.inputs[0].name is not None:
        return _infix(node)
    x, axes = total.inputs[0], _field(total, "axes", ())
    stack = [count]
    found: list[int] = []
    while stack:
        part = stack.pop()
        if part.op.name == "shape_i" and part.inputs[0] is x:
            found.append(_field(part, "axis", 0))
        elif part.op.name in ("mul", "cast_float32", "cast_float64"):
            stack += [y.owner for y in part.inputs if y.owner is not None]
        else:
            return _infix(node)
    if sorted(found) != list(axes):
        return _infix(node)
    return _reduction(total, "mean")


def _spread_away(x: Variable) -> Variable:
    while x.owner is not None and x.name is None and x.owner.op.name == "spread":
        x = _seen_through(x.owner.inputs[0])
    return x


def _prefix(node: Apply) -> tuple[int, Pieces]:
    return SIGN, [PREFIX[node.op.name], (node.inputs[0], POWER)]


def _method(text: str) -> Style:
    return lambda node: (ATOM, [(node.inputs[0], ATOM), text])


def _pattern(x: Variable) -> tuple[Any, ...] | None:
    """Return the pattern of the dimshuffle that made a variable, if one did."""
    if x.owner is None or x.name is not None or x.owner.op.name != "dimshuffle":
        return None
    return getattr(x.owner.op, "pattern", None)


def _vector_product(node: Apply) -> tuple[int, Pieces] | None:
    """Write the product of a vector, which is made of one of matrices, as that of a vector."""
    product = node.inputs[0].owner
    if product is None or product.op.name != "dot" or node.inputs[0].name is not None:
        return None
    left, right = product.inputs
    is_row, is_column = _pattern(left) == ("x", 0), _pattern(right) == (0, "x")
    kept = [axis for axis, is_vector in enumerate((is_row, is_column)) if not is_vector]
    pattern: tuple[Any, ...] = _field(node, "pattern", ())
    if len(kept) == 2 or [axis for axis in pattern if axis != "x"] != kept:
        return None
    left = left.owner.inputs[0] if is_row and left.owner else left
    right = right.owner.inputs[0] if is_column and right.owner else right
    written = _product_of(left, right, product)
    if "x" not in pattern:
        return PRODUCT, written
    axes = ", ".join("'x'" if axis == "x" else "0" for axis in pattern)
    return ATOM, ["(", *written, f").dimshuffle({axes})"]


def _dimshuffle(node: Apply) -> tuple[int, Pieces]:
    written = _vector_product(node)
    if written is not None:
        return written
    pattern: tuple[Any, ...] = _field(node, "pattern", ())
    if pattern == tuple(reversed(range(node.inputs[0].ndim))):
        return _method(".T")(node)  # type: ignore[return-value]
    return ATOM, [(node.inputs[0], ATOM), f".dimshuffle({', '.join(map(repr, pattern))})"]


def _reshape(node: Apply) -> tuple[int, Pieces]:
    x, shape = node.inputs
    data = getattr(shape, "data", None)
    if data is not None and data.ndim == 1:
        return ATOM, [(x, ATOM), f".reshape({tuple(data.tolist())})"]
    return ATOM, [(x, ATOM), ".reshape(", (shape, ANY), ")"]


def _flatten(node: Apply) -> tuple[int, Pieces]:
    ndim = _field(node, "ndim", 1)
    return ATOM, [(node.inputs[0], ATOM), f".flatten({'' if ndim == 1 else ndim})"]


def _tuple(node: Apply) -> tuple[int, Pieces]:
    end = ",)" if len(node.inputs) == 1 else ")"
    return ATOM, ["(", *_separated([[(y, ANY)] for y in node.inputs]), end]


def _list(node: Apply) -> tuple[int, Pieces]:
    inputs = _separated([[(y, ANY)] for y in node.inputs])
    return ATOM, ["concatenate([", *inputs, f"], axis={_field(node, 'axis', 0)})"]


def _reduction(node: Apply, name: str | None = None) -> tuple[int, Pieces]:
    axes = _field(node, "axes", None)
    if axes is None:
        axes = (_field(node, "axis", 0),)
    fields = {"axis": axes[0] if len(axes) == 1 else axes}
    if axes == tuple(range(node.inputs[0].ndim)):
        fields = {}
    return _call(name or node.op.name, node.inputs, **fields)


def _sum_to(node: Apply) -> tuple[int, Pieces]:
    axes, drop = _field(node, "axes", ()), _field(node, "drop", 0)
    axis = axes[0] if len(axes) == 1 else axes
    if drop == len(axes):
        return _call("sum", node.inputs, axis=axis)
    return _call("sum", node.inputs, axis=axis, keepdims=True)


def _index_of(x: Variable, pattern: Sequence[Any], values: Sequence[Variable]) -> Pieces:
    given = iter(values)

    def part(entry: Any) -> Pieces:
        if isinstance(entry, tuple):
            start, stop, step = ([] if bound is None else part(bound) for bound in entry)
            return [*start, ":", *stop, *([":", *step] if step else [])]
        return [(next(given), ANY)] if isinstance(entry, str) else [str(entry)]

    return [(x, ATOM), "[", *_separated([part(entry) for entry in pattern]), "]"]


def _index(node: Apply) -> tuple[int, Pieces]:
    pattern = _field(node, "pattern", ())
    return ATOM, _index_of(node.inputs[0], pattern, node.inputs[1:])


def _changed(node: Apply) -> tuple[int, Pieces]:
    x, y, *values = node.inputs
    part = _index_of(x, _field(node, "pattern", ()), values)
    return ATOM, [f"{node.op.name}(", *part, ", ", (y, ANY), ")"]


def _take(node: Apply) -> tuple[int, Pieces]:
    axis = _field(node, "axis", 0)
    return ATOM, _index_of(node.inputs[0], [*[ALL] * axis, "i"], node.inputs[1:])


def _cast(node: Apply) -> tuple[int, Pieces]:
    return ATOM, ["cast(", (node.inputs[0], ANY), f", {node.outputs[0].dtype!r})"]


STYLES: dict[str, Style] = {
    **dict.fromkeys(INFIX, _infix),
    **dict.fromkeys(PREFIX, _prefix),
    **dict.fromkeys(("sum", "prod", "max", "min", "all", "any", "argmax", "argmin"), _reduction),
    **dict.fromkeys(("subtensor", "advanced_subtensor"), _index),
    **dict.fromkeys(("set_subtensor", "inc_subtensor"), _changed),
    "cast": _cast,
    "dimshuffle": _dimshuffle,
    "dot": _product,
    "flatten": _flatten,
    "join": _list,
    "make_vector": _tuple,
    "reshape": _reshape,
    "shape": _method(".shape"),
    "shape_i": lambda node: (
        ATOM,
        [(node.inputs[0], ATOM), f".shape[{_field(node, 'axis', 0)}]"],
    ),
    "sum_to": _sum_to,
    "take": _take,
    "true_div": _quotient,
}
"""How to write the applications of an op that is not simply called, by its name."""
