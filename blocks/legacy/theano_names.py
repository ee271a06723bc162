"""Where the names of Theano went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["MODULES", "VERSION"]

VERSION = "1.0.5"
"""The Theano that scripts find: the one whose results ours are checked against."""


def _here(*names: str, file: str = "theano_functions") -> dict[str, str]:
    return {name: f"blocks.legacy.{file}:{name}" for name in names}


CONFIG = {"config": "blocks.legacy.theano_config:config"}
GRAPH = {
    "Apply": "blocks.graph.op:Apply",
    "Constant": "blocks.graph.variable:Constant",
    "Variable": "blocks.graph.variable:Variable",
    "inputs": "blocks.graph.traversal:inputs",
    "clone": "blocks.graph.cloning:clone_with_inputs",
    "is_same_graph": "blocks.graph.cloning:is_same_graph",
    **_here("ancestors", "io_toposort", "ops", "orphans", "variables"),
}
LOOPS = {
    name: f"blocks.graph.loops:{name}"
    for name in ("foldl", "foldr", "map", "reduce", "scan", "until")
}
SHARED = {
    "SharedVariable": "blocks.graph.variable:SharedVariable",
    "TensorSharedVariable": "blocks.graph.variable:SharedVariable",
    "shared": "blocks.graph.variable:shared",
}
TYPES = {"TensorType": "blocks.graph.types:TensorType"}
VARIABLES = {
    "TensorConstant": "blocks.graph.variable:Constant",
    "TensorVariable": "blocks.graph.variable:Variable",
}
MODES = _here("Mode", "get_default_mode", "get_mode", file="theano_modes")
NAN_GUARD = _here("NanGuardMode", file="theano_modes")
DEBUG = _here("DebugMode", file="theano_modes")
FUNCTION = {
    "Function": "blocks.compile:Function",
    "In": "blocks.compile:In",
    "Param": "blocks.legacy.theano_functions:Param",
    "function": "blocks.compile:function",
    **_here("Out"),
}
DERIVATIVES = {
    **{name: f"blocks.graph.derivatives:{name}" for name in ("Lop", "Rop")},
    **{name: f"blocks.graph.jacobians:{name}" for name in ("hessian", "jacobian")},
    "consider_constant": "blocks.graph.ops.gradients:consider_constant",
    "grad": "blocks.graph.gradient:grad",
    "verify_grad": "blocks.graph.verify:verify_grad",
}
GRADIENT = {
    **DERIVATIVES,
    "DisconnectedInputError": "blocks.errors:DisconnectedInputError",
    "NullTypeGradError": "blocks.errors:GradientError",
    "consider_constant_": DERIVATIVES["consider_constant"],
    **{
        f"{name}{end}": f"blocks.graph.ops.gradients:{name}"
        for name in ("disconnected_grad", "undefined_grad", "zero_grad")
        for end in ("", "_")
    },
    "grad_clip": "blocks.graph.ops.gradients:grad_clip",
    "subgraph_grad": "blocks.graph.gradient:subgraph_grad",
    **_here("grad_scale"),
}
PRINTING = {
    "pydotprint": "blocks.graph.dot:pydotprint",
    "Print": "blocks.graph.ops.effects:Print",
    **_here("debugprint"),
    "min_informative_str": "blocks.graph.printing:min_informative_str",
    "pp": "blocks.graph.printing:pp",
    "pprint": "blocks.graph.printing:pp",
}
ORDERED = {"OrderedDict": "collections:OrderedDict"}
TENSOR = {
    **SHARED,
    **TYPES,
    **VARIABLES,
    "Elemwise": "blocks.graph.ops.elementwise_op:Elementwise",
}
LINALG = "blocks.legacy.theano_linalg"
NNET = ("blocks.tensor.nnet",)

MODULES: dict[str, tuple[Mapping[str, str], Sequence[str]]] = {
    "theano": (
        {
            **CONFIG,
            **FUNCTION,
            **MODES,
            **TYPES,
            **VARIABLES,
            **{name: GRAPH[name] for name in ("Apply", "Constant", "Variable")},
            **{name: PRINTING[name] for name in ("pp", "pprint")},
            "__version__": "blocks.legacy.theano_names:VERSION",
            "clone": "blocks.graph.cloning:clone",
            "dot": "blocks.tensor:dot",
            **{name: GRADIENT[name] for name in ("Lop", "Rop", "grad", "subgraph_grad")},
            "shared": SHARED["shared"],
            **{name: LOOPS[name] for name in ("foldl", "foldr", "map", "reduce", "scan")},
        },
        (),
    ),
    "theano.compat": (ORDERED, ()),
    "theano.compat.python2x": (ORDERED, ()),
    "theano.compile": ({**DEBUG, **FUNCTION, **MODES, **NAN_GUARD, **SHARED}, ()),
    "theano.compile.debugmode": (DEBUG, ()),
    "theano.compile.function": (FUNCTION, ()),
    "theano.compile.function_module": (FUNCTION, ()),
    "theano.compile.io": ({name: FUNCTION[name] for name in ("In", "Out")}, ()),
    "theano.compile.mode": (MODES, ()),
    "theano.compile.nanguardmode": (NAN_GUARD, ()),
    "theano.compile.pfunc": ({name: FUNCTION[name] for name in ("In", "Param")}, ()),
    "theano.compile.sharedvalue": (SHARED, ()),
    "theano.configparser": (CONFIG, ()),
    "theano.gof": (GRAPH, ()),
    "theano.gof.graph": (GRAPH, ()),
    "theano.gof.op": ({"get_test_value": "blocks.graph.trial_values:get_test_value"}, ()),
    "theano.gradient": (GRADIENT, ()),
    "theano.ifelse": (
        {name: f"blocks.graph.ops.branch:{name}" for name in ("IfElse", "ifelse")},
        (),
    ),
    "theano.printing": (PRINTING, ()),
    "theano.sandbox": ({}, ()),
    "theano.sandbox.rng_mrg": ({"MRG_RandomStreams": "blocks.graph:MRG_RandomStreams"}, ()),
    "theano.sandbox.cuda": (_here("cuda_available", "cuda_enabled", "use"), ()),
    "theano.scan_module": (LOOPS, ()),
    "theano.scan_module.scan": ({"scan": LOOPS["scan"]}, ()),
    "theano.scan_module.scan_utils": ({"until": LOOPS["until"]}, ()),
    "theano.scan_module.scan_views": (LOOPS, ()),
    "theano.tensor": (TENSOR, ("blocks.tensor",)),
    "theano.tensor.basic": (TENSOR, ("blocks.tensor",)),
    "theano.tensor.elemwise": (
        {"Elemwise": "blocks.graph.ops.elementwise_op:Elementwise"},
        (),
    ),
    "theano.tensor.extra_ops": ({}, ("blocks.tensor.extra_ops",)),
    "theano.tensor.nlinalg": ({}, (LINALG, "blocks.tensor.nlinalg")),
    "theano.tensor.nnet": ({}, NNET),
    "theano.tensor.nnet.bn": ({}, ("blocks.tensor.bn",)),
    "theano.tensor.nnet.nnet": ({}, NNET),
    "theano.tensor.nnet.sigm": ({}, NNET),
    "theano.tensor.shared_randomstreams": ({}, ("blocks.tensor.shared_randomstreams",)),
    "theano.tensor.sharedvar": (SHARED, ()),
    "theano.tensor.slinalg": ({}, (LINALG, "blocks.tensor.slinalg")),
    "theano.tensor.subtensor": (
        {name: f"blocks.tensor:{name}" for name in ("inc_subtensor", "set_subtensor", "take")},
        (),
    ),
    "theano.tensor.type": (TYPES, ()),
    "theano.tensor.var": (TENSOR, ()),
    "theano.tests": ({}, ()),
    "theano.tests.unittest_tools": ({"verify_grad": DERIVATIVES["verify_grad"]}, ()),
    "theano.updates": (
        {"OrderedUpdates": "blocks.graph.loop_building:Updates", **ORDERED},
        (),
    ),
    "theano.version": ({"version": "blocks.legacy.theano_names:VERSION"}, ()),
}
"""For each module: the names that went elsewhere, and the modules that have the rest."""
