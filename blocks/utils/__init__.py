"""Small tools that the other packages share."""

from blocks.utils.containers import AnnotatingList
from blocks.utils.theano_utils import (
    check_theano_variable,
    is_graph_input,
    is_shared_variable,
    put_hook,
    shared_floatx,
    shared_floatx_nans,
    shared_floatx_zeros,
    shared_floatx_zeros_matching,
    shared_like,
)
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
    "check_theano_variable",
    "dict_subset",
    "dict_union",
    "extract_args",
    "find_bricks",
    "ipdb_breakpoint",
    "is_graph_input",
    "is_shared_variable",
    "pack",
    "print_shape",
    "print_sum",
    "put_hook",
    "repr_attrs",
    "reraise_as",
    "shared_floatx",
    "shared_floatx_nans",
    "shared_floatx_zeros",
    "shared_floatx_zeros_matching",
    "shared_like",
    "unpack",
]
