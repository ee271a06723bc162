"""Streams of random numbers: each draw has a state of its own, which functions advance.

The methods build graph, with the names and signatures of Theano. The state of a draw is a
shared variable; its ``default_update`` makes each call of a function draw other numbers. Keys
come from the seed and from how many draws there were, so the same script draws the same numbers.

Examples
--------
>>> from blocks import function
>>> rng = RandomStreams(seed=7)
>>> f = function([], rng.uniform((2,)))
>>> first, second = f(), f()
>>> rng.seed(7)
>>> bool((f() == first).all()), bool((first == second).any())
(True, False)
"""

from __future__ import annotations

from typing import Any

from blocks.graph import distributions
from blocks.graph.op import as_variable
from blocks.graph.random_states import RandomStates, Seed
from blocks.graph.variable import Variable

__all__ = ["MRG_RandomStreams", "RandomStreams"]


class Streams(RandomStates):
    """Interface of streams of random numbers, with the methods of Theano's.

    Parameters
    ----------
    seed
        An integer, several, or ``None`` for one from the operating system.
    """

    def uniform(
        self,
        size: Any = None,
        low: Any = 0.0,
        high: Any = 1.0,
        ndim: int | None = None,
        dtype: Any = None,
        nstreams: int | None = None,
    ) -> Variable:
        """Return low + (high - low) u, with u uniform from 0 to below 1.

        Parameters
        ----------
        size
            The shape: integers, which may be symbolic, or a vector of them; by default that of
            the parameters.
        low, high
            The bounds.
        ndim
            The number of axes, where `size` is a vector of unknown length.
        dtype
            The dtype; by default the common one of floatX and the bounds.
        nstreams
            Accepted for compatibility.

        Examples
        --------
        >>> RandomStreams(1).uniform((2, 3)).type
        TensorType('float64', (2, 3))
        """
        return self.gen(distributions.uniform, size, low, high, ndim, dtype)

    def normal(
        self,
        size: Any = None,
        avg: Any = 0.0,
        std: Any = 1.0,
        ndim: int | None = None,
        dtype: Any = None,
        nstreams: int | None = None,
        truncate: bool = False,
    ) -> Variable:
        """Return normally distributed numbers of mean `avg` and standard deviation `std`.

        Parameters
        ----------
        size, ndim, dtype, nstreams
            As of `uniform`.
        avg, std
            Mean and standard deviation.
        truncate
            Whether to draw anew what is more than two standard deviations away from the mean.

        Examples
        --------
        >>> RandomStreams(1).normal(avg=[[0.0, 1.0]]).type
        TensorType('float64', (1, 2))
        """
        draw = distributions.truncated_normal if truncate else distributions.normal
        return self.gen(draw, size, avg, std, ndim, dtype)

    def truncated_normal(
        self,
        size: Any = None,
        avg: Any = 0.0,
        std: Any = 1.0,
        ndim: int | None = None,
        dtype: Any = None,
        nstreams: int | None = None,
    ) -> Variable:
        """Return normal numbers, drawn anew if more than two `std` away from `avg`.

        Parameters
        ----------
        size, avg, std, ndim, dtype, nstreams
            As of `normal`.

        Examples
        --------
        >>> bool((abs(RandomStreams(1).truncated_normal((100,)).eval()) <= 2).all())
        True
        """
        return self.gen(distributions.truncated_normal, size, avg, std, ndim, dtype)

    def binomial(
        self,
        size: Any = None,
        n: Any = 1,
        p: Any = 0.5,
        ndim: int | None = None,
        dtype: Any = "int64",
        nstreams: int | None = None,
        prob: Any = None,
    ) -> Variable:
        """Return how many of n trials succeed, each with probability p.

        Parameters
        ----------
        size, ndim, nstreams
            As of `uniform`.
        n, p
            The number of trials, and the probability.
        dtype
            The dtype.
        prob
            The old name of `p`.

        Raises
        ------
        RangeError
            If p is not from 0 to 1: at once if it is constant, else when a function runs.

        Examples
        --------
        >>> RandomStreams(1).binomial((3,), p=0.0).eval()
        array([0, 0, 0])
        """
        return self.gen(distributions.binomial, size, n, p if prob is None else prob, ndim, dtype)

    def poisson(
        self, size: Any = None, lam: Any = 1.0, ndim: int | None = None, dtype: Any = "int64"
    ) -> Variable:
        """Return numbers of events of which `lam` are expected.

        Parameters
        ----------
        size, ndim
            As of `uniform`.
        lam
            The expected number.
        dtype
            The dtype.
        """
        return self.gen(distributions.poisson, size, lam, ndim, dtype)

    def multinomial(
        self,
        size: Any = None,
        n: Any = 1,
        pvals: Any = None,
        ndim: int | None = None,
        dtype: Any = "int64",
        nstreams: int | None = None,
    ) -> Variable:
        """Return how often each of several things happens in n trials.

        Parameters
        ----------
        size
            The shape without the last axis, that of the things; by default as of `pvals`.
        n
            The number of trials.
        pvals
            The probabilities, along the last axis; by default 1/2 and 1/2.
        ndim
            The length of `size`, where that is not known.
        dtype
            The dtype.
        nstreams
            Accepted for compatibility.

        Raises
        ------
        RangeError
            If they are not from 0 to 1 or do not sum to 1.

        Examples
        --------
        >>> RandomStreams(1).multinomial(n=5, pvals=[[0.0, 1.0]]).eval()
        array([[0, 5]])
        """
        pvals = (0.5, 0.5) if pvals is None else pvals
        return self.gen(distributions.multinomial, size, n, pvals, ndim, dtype)

    def choice(
        self,
        size: Any = None,
        a: Any = 2,
        replace: bool = True,
        p: Any = None,
        ndim: int | None = None,
        dtype: Any = "int64",
        nstreams: int | None = None,
    ) -> Variable:
        """Return elements of the vector `a`, or of 0, ..., a - 1.

        Parameters
        ----------
        size, ndim, nstreams
            As of `uniform`.
        a
            What to choose from; ``None`` for as many numbers as there are probabilities.
        replace
            Whether an element may be drawn again.
        p
            The probabilities, by default all alike. With a matrix, `size` different elements
            are drawn for each row.
        dtype
            The dtype, if `a` is a number.

        Examples
        --------
        >>> sorted(RandomStreams(1).choice((3,), a=3, replace=False).eval().tolist())
        [0, 1, 2]
        """
        return self.gen(distributions.choice, size, a, replace, p, ndim, dtype)

    def permutation(
        self, size: Any = None, n: Any = 1, ndim: int | None = None, dtype: Any = "int64"
    ) -> Variable:
        """Return permutations of 0, ..., n - 1, of shape `size` followed by n.

        Parameters
        ----------
        size
            How many of them.
        n
            Of how many numbers.
        ndim
            The length of `size`, where that is not known.
        dtype
            The dtype.

        Examples
        --------
        >>> RandomStreams(1).permutation((2,), n=3).type
        TensorType('int64', (2, 3))
        """
        return self.gen(distributions.permutation, size, n, ndim, dtype)

    def random_integers(
        self,
        size: Any = None,
        low: Any = 0,
        high: Any = 1,
        ndim: int | None = None,
        dtype: Any = "int64",
    ) -> Variable:
        """Return integers from `low` to `high`, both included, all equally likely.

        Parameters
        ----------
        size, ndim
            As of `uniform`.
        low, high
            The bounds.
        dtype
            The dtype.
        """
        return self.gen(distributions.random_integers, size, low, high, ndim, dtype)

    def shuffle_row_elements(self, input: Any) -> Variable:
        """Return `input` with the elements along its last axis in another order in each row.

        Parameters
        ----------
        input
            A variable of at least one axis.
        """
        return self.gen(distributions.shuffle_row_elements, input)


class RandomStreams(Streams):
    """A stream of random numbers, of the name and signatures of Theano's `RandomStreams`.

    Parameters
    ----------
    seed
        An integer, several, or ``None`` for one from the operating system.

    Examples
    --------
    >>> rng = RandomStreams(seed=1)
    >>> rng.normal((2,), avg=5.0, std=0.0).eval()
    array([5., 5.])
    """

    def __init__(self, seed: Seed = None) -> None:
        super().__init__(seed)


class MRG_RandomStreams(Streams):
    """A stream of random numbers, of the name and signatures of Theano's `MRG_RandomStreams`.

    It draws from the same generator as `RandomStreams`, Philox, not from MRG31k3p.

    Parameters
    ----------
    seed
        An integer, or several.
    use_cuda
        Accepted for compatibility.

    Examples
    --------
    >>> rng = MRG_RandomStreams(seed=1)
    >>> rng.binomial((2, 2), p=1.0, dtype="float32").eval()
    array([[1., 1.],
           [1., 1.]], dtype=float32)
    """

    def __init__(self, seed: Seed = 12345, use_cuda: bool | None = None) -> None:
        super().__init__(seed)

    def choice(
        self,
        size: Any = 1,
        a: Any = None,
        replace: bool = True,
        p: Any = None,
        ndim: int | None = None,
        dtype: Any = "int64",
        nstreams: int | None = None,
    ) -> Variable:
        """Return elements as `RandomStreams.choice` does, by default one of as many as `p` has."""
        return super().choice(size, a, replace, p, ndim, dtype)

    def multinomial_wo_replacement(
        self,
        size: Any = None,
        n: Any = 1,
        pvals: Any = None,
        ndim: int | None = None,
        dtype: Any = "int64",
        nstreams: int | None = None,
    ) -> Variable:
        """Return n different column numbers for each row of a matrix of probabilities.

        Parameters
        ----------
        size, ndim, nstreams
            Accepted for compatibility.
        n
            How many.
        pvals
            The probabilities.
        dtype
            The dtype.
        """
        return self.choice(n, None, False, as_variable(pvals), None, dtype)
