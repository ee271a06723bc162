"""Where the names of Theano went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["MODULES"]

GRAPH = {
    "Apply": "blocks.graph.op:Apply",
    "Constant": "blocks.graph.variable:Constant",
    "Variable": "blocks.graph.variable:Variable",
    "inputs": "blocks.graph.traversal:inputs",
    "io_toposort": "blocks.legacy.theano_functions:io_toposort",
}
SHARED = {
    "SharedVariable": "blocks.graph.variable:SharedVariable",
    "TensorSharedVariable": "blocks.graph.variable:SharedVariable",
    "shared": "blocks.graph.variable:shared",
}
TYPES = {"TensorType": "blocks.graph.types:TensorType"}
VARIABLES = {
    "TensorVariable": "blocks.graph.variable:Variable",
    "TensorConstant": "blocks.graph.variable:Constant",
}
FUNCTION = {
    "function": "blocks.compile:function",
    "In": "blocks.compile:In",
    "Param": "blocks.compile:In",
}
GRADIENT = {
    "grad": "blocks.graph.gradient:grad",
    "DisconnectedInputError": "blocks.errors:DisconnectedInputError",
}
PRINTING = {
    "debugprint": "blocks.graph.printing:debugprint",
    "pp": "blocks.graph.printing:pp",
    "pprint": "blocks.graph.printing:pp",
}

MODULES: dict[str, tuple[Mapping[str, str], Sequence[str]]] = {
    "theano": (
        {
            **FUNCTION,
            **VARIABLES,
            **TYPES,
            "Apply": GRAPH["Apply"],
            "Constant": GRAPH["Constant"],
            "Variable": GRAPH["Variable"],
            "shared": SHARED["shared"],
            "grad": GRADIENT["grad"],
            "config": "blocks.legacy.theano_config:config",
            "pp": PRINTING["pp"],
            "dot": "blocks.tensor:dot",
            "__version__": "blocks.version:version",
        },
        (),
    ),
    "theano.compile": ({**FUNCTION, **SHARED}, ()),
    "theano.compile.sharedvalue": (SHARED, ()),
    "theano.gof": (GRAPH, ()),
    "theano.gof.graph": (GRAPH, ()),
    "theano.gradient": (GRADIENT, ()),
    "theano.printing": (PRINTING, ()),
    "theano.tensor": ({**VARIABLES, **TYPES}, ("blocks.tensor",)),
    "theano.tensor.basic": ({**VARIABLES, **TYPES}, ("blocks.tensor",)),
    "theano.tensor.extra_ops": ({}, ("blocks.tensor",)),
    "theano.tensor.nnet": ({}, ("blocks.graph.ops.nn", "blocks.tensor")),
    "theano.tensor.nnet.nnet": ({}, ("blocks.graph.ops.nn", "blocks.tensor")),
    "theano.tensor.sharedvar": (SHARED, ()),
    "theano.tensor.type": (TYPES, ()),
    "theano.tensor.var": ({**VARIABLES, **TYPES}, ()),
    "theano.configparser": ({"config": "blocks.legacy.theano_config:config"}, ()),
}
"""For each module: the names that went elsewhere, and the modules that have the rest."""
