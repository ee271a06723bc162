"""What bricks side by side say of wrong names, dimensions and inputs."""

import numpy as np
import pytest

from blocks.bricks import MLP, Linear
from blocks.bricks.parallel import Distribute, Fork, Merge, Parallel
from blocks.errors import BrickError, ShapeError

X = np.zeros((4, 2))


@pytest.mark.parametrize(
    ("act", "error", "text"),
    [
        (
            lambda: Merge(["a", "b"], [2, 2], 3).apply(X, c=X),
            TypeError,
            r"^/merge\.apply: expected each of the inputs a, b once, got 1 by position and c=\.",
        ),
        (
            lambda: Merge(["left", "b"], [2, 2], 3).apply(lef=X, b=X),
            TypeError,
            r"got lef= and b=\. Did you mean 'left'\?$",
        ),
        (
            lambda: Merge(["a", "b"], [2, 2], 3).apply(X, X, X),
            TypeError,
            r"expected each of the inputs a, b once, got 3 by position\.$",
        ),
        (
            lambda: Merge(["a", "b"], [2, 2], 3).apply(X, X, a=X),
            TypeError,
            r"once, got 2 by position and a=\.$",
        ),
        (
            lambda: Parallel(["a"], [2], [2], Linear()).apply(),
            TypeError,
            r"^/parallel\.apply: expected each of the inputs a once, got 0 by position\.$",
        ),
        (
            lambda: Distribute(["x"], "s", [2], 2).apply(s=X),
            TypeError,
            r"^/distribute\.apply: expected each of the inputs s, x once, got s=\.$",
        ),
        (
            lambda: Merge(["a", "b"], [2, 3, 4], 3).allocate(),
            BrickError,
            r"^/merge: expected input_dims with one dimension for each of the 2 names a, b, got "
            r"\[2, 3, 4\]\. Set input_dims before the brick is allocated\.$",
        ),
        (
            lambda: Fork(["a", "b"], 2, output_dims=3).allocate(),
            BrickError,
            r"^/fork: expected output_dims with one dimension .* names a, b, got 3\.",
        ),
        (
            lambda: Fork(["a", "b"], 2, output_dims={"a": 1, "c": 2}).allocate(),
            BrickError,
            r"^/fork: expected output_dims .* names a, b, got \{'a': 1, 'c': 2\}\.",
        ),
        (
            lambda: Fork(["a"], 2).allocate(),
            BrickError,
            r"^/fork: expected output_dims before its parameters are allocated, got none\. Pass "
            r"output_dims=\.\.\. to Fork,",
        ),
        (
            lambda: Fork(["a"], output_dims=[2]).allocate(),
            BrickError,
            r"^/fork: expected input_dim before its parameters are allocated",
        ),
        (
            lambda: Merge(["a"]).allocate(),
            BrickError,
            r"^/merge: expected input_dims and output_dim before its parameters",
        ),
        (
            lambda: Distribute(["a"]).allocate(),
            BrickError,
            r"^/distribute: expected source_name and target_dims and source_dim before its",
        ),
        (
            lambda: Parallel(prototype=Linear()).allocate(),
            BrickError,
            r"^/parallel: expected input_names and input_dims and output_dims before its",
        ),
        (
            lambda: Distribute(["a"], "s", [2, 3], 1).allocate(),
            BrickError,
            r"^/distribute: expected target_dims with one dimension for each of the 1 names a,",
        ),
        (
            lambda: Distribute(["a", "s"], "s", [2, 3], 1).allocate(),
            BrickError,
            r"^/distribute: expected a source_name that no target has, got 's'\. The targets are",
        ),
        (
            lambda: Merge([], [], 3).allocate(),
            BrickError,
            r"^/merge: expected at least one input name, got none\.",
        ),
        (
            lambda: Fork(["a"], 2, output_dims=[0]).allocate(),
            BrickError,
            r"^/fork/fork_a: expected output_dim to be a positive integer, got 0\.",
        ),
        (
            lambda: Fork(["a", "a"], 2),
            BrickError,
            r"^/fork: expected a list of different names without '/', got \['a', 'a'\]\. Each",
        ),
        (lambda: Fork("abc", 2), BrickError, r"^/fork: expected a list .*, got 'abc'\."),
        (lambda: Fork(["a/b"], 2), BrickError, r"^/fork: expected a list .*, got \['a/b'\]\."),
        (lambda: Fork([3], 2), BrickError, r"^/fork: expected a list .*, got \[3\]\."),
        (lambda: Fork(3, 2), BrickError, r"^/fork: expected a list .*, got 3\."),
        (
            lambda: Fork(["a"], 2, Linear),
            BrickError,
            r"^/fork: expected a brick as prototype, got <class .*Linear'>\. Create one, such",
        ),
        (
            lambda: MLP([None], [2, 2], prototype="linear"),
            BrickError,
            r"^MLP: expected a brick as prototype, got 'linear'\.",
        ),
        (
            lambda: Merge(["a", "b"], [2, 3], 3).apply(X, X),
            ShapeError,
            r"^/merge/transform_b\.apply: dot: expected .*\(4, 2\).*\(3, 3\)",
        ),
        (
            lambda: Merge(["a", "b"], [2, 2], 3).apply(X, X[:3]),
            ShapeError,
            r"^/merge\.apply: add: expected inputs of one shape, got \(4, 3\) and \(3, 3\)",
        ),
        (
            lambda: Merge(["a"], [2], 3).initialize(),
            BrickError,
            r"^/merge/transform_a: expected weights_init .*before it is initialized, got none",
        ),
    ],
)
def test_bad_use(act, error, text):
    with pytest.raises(error, match=text):
        act()
