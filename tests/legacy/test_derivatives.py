"""Derivatives in the words of scripts for Theano."""

import numpy as np


def test_products_jacobians_and_checks(installed):
    import theano
    import theano.tensor as T
    from theano.gradient import jacobian
    from theano.tests import unittest_tools

    W, V, x, v = T.dmatrix("W"), T.dmatrix("V"), T.dvector("x"), T.dvector("v")
    y = T.dot(x, W)
    ones = np.ones((2, 2))
    right = theano.function([W, V, x], T.Rop(y, W, V))
    assert right(ones, 2 * ones, [0, 1]).tolist() == [2, 2]
    left = theano.function([v, x], T.Lop(y, W, v))
    assert left([2, 2], [0, 1]).tolist() == [[0, 0], [2, 2]]
    J = theano.function([x], jacobian(x**2, x))
    assert J([4, 4]).tolist() == [[8, 0], [0, 8]]
    H = theano.function([x], theano.gradient.hessian((x**2).sum(), x))
    assert H([4, 4]).tolist() == [[2, 0], [0, 2]]
    unittest_tools.verify_grad(T.tanh, [np.array([[0.5, -1.0]])], rng=np.random.RandomState(0))
