"""Formulas: precedence, and how each kind of operation is written."""

import ast

import numpy as np
import pytest

from blocks import tensor
from blocks.compile.gemm import MatrixProduct
from blocks.graph import grad, shared
from blocks.graph.formula import formula

X, Y = tensor.matrices("X", "Y")
x, y = tensor.vectors("x", "y")
z = tensor.scalar("z")
i, v = tensor.lscalar("i"), tensor.lvector("v")
W, b = shared(np.zeros((3, 2)), "W"), shared(np.zeros(2), "b")

CASES = [
    (X @ W + b, "X @ W + b"),
    (-(x**2), "-x ** 2"),
    ((-x) ** 2, "(-x) ** 2"),
    (x**-y, "x ** -y"),
    (x - (y - z), "x - (y - z)"),
    (x - y - z, "x - y - z"),
    (x / (y * z), "x / (y * z)"),
    (x * y / z, "x * y / z"),
    (x**y**z, "x ** y ** z"),
    ((x**y) ** z, "(x ** y) ** z"),
    ((-1) ** x, "(-1) ** x"),
    (x - -1, "x - -1"),
    ((x > 0) & (y < 1), "(x > 0) & (y < 1)"),
    (~(x > 0), "~(x > 0)"),
    (tensor.eq(x > 0, y > 0), "(x > 0) == (y > 0)"),
    (x // 2 % y, "x // 2 % y"),
    (X.T, "X.T"),
    ((X + Y).T @ X, "(X + Y).T @ X"),
    (MatrixProduct(True, False)(X, Y), "X.T @ Y"),
    (MatrixProduct(True, True)(X + Y, -Y), "(X + Y).T @ (-Y).T"),
    (MatrixProduct(True)(X, x.dimshuffle(0, "x")).dimshuffle(0), "X.T @ x"),
    (MatrixProduct()(x.dimshuffle("x", 0), X).dimshuffle(1, "x"), "(x @ X).dimshuffle(0, 'x')"),
    ((X @ x).dimshuffle("x", 0, "x"), "(X @ x).dimshuffle('x', 0, 'x')"),
    (X.dimshuffle(1, "x", 0), "X.dimshuffle(1, 'x', 0)"),
    (x.dimshuffle("x", 0), "x.dimshuffle('x', 0)"),
    (X + x.dimshuffle("x", 0), "X + x"),
    (X * x.dimshuffle(0, "x"), "X * x.dimshuffle(0, 'x')"),
    (X @ x, "X @ x"),
    (x @ X, "x @ X"),
    (x @ y, "x @ y"),
    (X[1:, 0], "X[1:, 0]"),
    (X[i], "X[i]"),
    (X[:i:2], "X[:i:2]"),
    (X[::-1], "X[::-1]"),
    (X[v], "X[v]"),
    (X[:, v], "X[:, v]"),
    (X[v, v], "X[v, v]"),
    (tensor.set_subtensor(X[1:], 0.0), "set_subtensor(X[1:], 0.0)"),
    (tensor.inc_subtensor(X[v], x), "inc_subtensor(X[v], x)"),
    (X.sum(), "sum(X)"),
    (X.sum(axis=1), "sum(X, axis=1)"),
    (tensor.tensor3("t").max(axis=(0, 2)), "max(t, axis=(0, 2))"),
    (X.argmax(axis=1), "argmax(X, axis=1)"),
    (X.mean(), "mean(X)"),
    (X.mean(axis=0), "mean(X, axis=0)"),
    (X.sum() / Y.shape[0], "sum(X) / Y.shape[0]"),
    (X.reshape((3, -1)), "X.reshape((3, -1))"),
    (X.reshape((X.shape[0], 6)), "X.reshape((X.shape[0], 6))"),
    (X.reshape(v, ndim=2), "X.reshape(v)"),
    (X.flatten(), "X.flatten()"),
    (tensor.tensor3("t").flatten(2), "t.flatten(2)"),
    (tensor.cast(X, "int8"), "cast(X, 'int8')"),
    (tensor.concatenate([X, Y], axis=1), "concatenate([X, Y], axis=1)"),
    (tensor.split(x, [1, 2], 2)[1], "split(x, [1, 2], pieces=2, axis=0)[1]"),
    (tensor.switch(x > 0, x, 0), "switch(x > 0, x, 0)"),
    (tensor.cumsum(X, axis=1), "cumsum(X, axis=1)"),
    (tensor.nnet.softmax(X), "softmax(X)"),
    (0.1 * x, "0.1 * x"),
    (np.float32(0.1) * x, "0.1 * x"),
    (x + np.ones(9), "x + <constant float64 (9,)>"),
    (x.copy(), "x"),
    (grad(((X @ W + b) ** 2).sum(), b), "sum(1.0 * 2 * (X @ W + b) ** (2 - 1), axis=0)"),
]


@pytest.mark.parametrize(("variable", "text"), CASES, ids=[text for _, text in CASES])
def test_formula(variable, text):
    assert formula(variable) == text


OPERATORS = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "true_div", ast.Pow: "pow",
    ast.FloorDiv: "int_div", ast.Mod: "mod", ast.USub: "neg", ast.MatMult: "dot",
}  # fmt: skip


def tree_of(variable):
    if variable.owner is None:
        return variable.name
    return (variable.owner.op.name, *map(tree_of, variable.owner.inputs))


def tree_of_text(node):
    if isinstance(node, ast.Name):
        return node.id
    operands = [node.operand] if isinstance(node, ast.UnaryOp) else [node.left, node.right]
    return (OPERATORS[type(node.op)], *map(tree_of_text, operands))


@pytest.mark.parametrize("seed", range(200))
def test_formula_means_to_python_what_the_graph_is(seed):
    rng = np.random.RandomState(seed)
    found = [x, y, z]
    for _ in range(6):
        left, right = (found[rng.randint(len(found))] for _ in range(2))
        operations = [left + right, left - right, left * right, left / right, left**right]
        operations += [left // right, left % right, -left]
        found.append(operations[rng.randint(len(operations))])
    text = formula(found[-1])
    # ndim differs for the scalar only: what is left out is its broadcasting.
    assert tree_of_text(ast.parse(text, mode="eval").body) == tree_of(found[-1])


def test_depth():
    assert formula(tensor.exp(x + y) * z, depth=2) == "exp(...) * z"
    assert formula(tensor.exp(x + y) * z, depth=3) == "exp(x + y) * z"
    assert formula(tensor.exp(X.T), depth=1) == "exp(X.T)"
    assert formula((X + Y).T @ X, depth=1) == "(...).T @ X"
    assert formula(MatrixProduct(True)(X + Y, X), depth=1) == "(...).T @ X"
