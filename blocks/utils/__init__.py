"""Small tools that the other packages share."""

from blocks.utils.containers import AnnotatingList
from blocks.utils.utils import (
    change_recursion_limit,
    dict_subset,
    dict_union,
    extract_args,
    find_bricks,
    ipdb_breakpoint,
    pack,
    print_shape,
    print_sum,
    repr_attrs,
    reraise_as,
    unpack,
)

__all__ = [
    "AnnotatingList",
    "change_recursion_limit",
    "dict_subset",
    "dict_union",
    "extract_args",
    "find_bricks",
    "ipdb_breakpoint",
    "pack",
    "print_shape",
    "print_sum",
    "repr_attrs",
    "reraise_as",
    "unpack",
]
