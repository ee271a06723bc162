"""The user's namespace of symbolic functions."""
from blocks.graph import methods
from blocks.graph.constructors import *
from blocks.graph.ops.elementwise import *
from blocks.graph.ops.elementwise import cast, add, sub, mul, true_div, exp, log, gt, switch, neg
from blocks.graph.ops.shape import *
from blocks.graph.ops.linalg import *
from blocks.graph.gradient import grad
from blocks.graph.variable import constant
