"""How to apply each function: linear algebra, on matrices far from singular.

What is decomposed has eigenvalues apart from each other, and of vectors that are defined up to
their sign the squares are taken.
"""

from __future__ import annotations

from tests.fuzz.entries import entry, is_real


def small(pool, is_square=False):
    """Return a matrix of floats, and the text of one with elements between -1 and 1."""

    def fits(x):
        shape = x.value.shape
        return x.value.ndim == 2 and is_real(x) and (not is_square or shape[0] == shape[1])

    fitting = [x for x in pool.items if fits(x)]
    if fitting and not pool.chance(3):
        x = pool.choice(fitting)
    else:
        n = pool.choice(pool.sizes)
        dtype = pool.choice([d for d in pool.dtypes if d.startswith("f")])
        x = pool.new((n, n if is_square else pool.choice(pool.sizes)), dtype)
    return x, f"tensor.tanh({x.text})"


def identity(pool, x, rows=0, columns=None):
    """Return the text of an identity matrix: as many rows and columns as axes of a matrix."""
    n = pool.size(x.value.shape[rows])
    m = "" if columns is None else f"{pool.size(x.value.shape[columns])}, "
    return f"tensor.eye({n}, {m}dtype={str(x.value.dtype)!r})"


def positive(pool):
    """Return a matrix, and the text of a positive definite one with as many rows."""
    x, text = small(pool)
    return x, f"(tensor.dot({text}, {text}.T) + {identity(pool, x)})"


def regular(pool):
    """Return a matrix, and the text of an invertible one with as many rows."""
    if pool.flag():
        return positive(pool)
    x, text = small(pool, is_square=True)
    return x, f"(0.25 * {text} + {identity(pool, x)})"


def symmetric(pool):
    """Return a matrix, and the text of a symmetric one whose eigenvalues are distinct."""
    x, text = small(pool)
    line = f"tensor.arange({x.value.shape[0]}, dtype={str(x.value.dtype)!r})"
    return x, f"(0.1 * tensor.dot({text}, {text}.T) + tensor.diag({line}))"


def full_rank(pool):
    """Return a matrix, and the text of one of its shape that has full rank."""
    x, text = small(pool)
    return x, f"(0.25 * {text} + {identity(pool, x, 0, 1)})"


def right_side(pool, x):
    """Return the text of what an equation with as many rows as a matrix may equal."""
    n = x.value.shape[0]
    fitting = [y for y in pool.items if y.value.shape[:1] == (n,) and y.value.ndim < 3]
    if fitting and not pool.chance(3):
        return pool.choice(fitting).text
    return pool.new(pool.choice([(n,), (n, 2), (n, 1)])).text


@entry("nlinalg.matrix_inverse", "nlinalg.inv", "nlinalg.det")
def inverse(pool, name):
    return f"{name}({regular(pool)[1]})"


@entry("nlinalg.matrix_power")
def matrix_power(pool, name):
    return f"{name}({regular(pool)[1]}, {pool.choice([2, 1, 0, 3, -1, -2])})"


@entry("nlinalg.pinv")
def pseudo_inverse(pool, name):
    return f"{name}({full_rank(pool)[1]})"


@entry("nlinalg.solve", "slinalg.solve")
def solve(pool, name):
    x, text = positive(pool) if pool.flag() else regular(pool)
    options = ""
    if text.startswith("(tensor.dot"):
        kind = pool.choice(["gen", "sym", "pos"])
        options = f", assume_a={kind!r}, lower={pool.flag()}"
    return f"{name}({text}, {right_side(pool, x)}{options})"


@entry(
    "slinalg.solve_triangular", "slinalg.solve_lower_triangular", "slinalg.solve_upper_triangular"
)
def solve_triangular(pool, name):
    x, text = regular(pool)
    options = f", lower={pool.flag()}" if name == "slinalg.solve_triangular" else ""
    return f"{name}({text}, {right_side(pool, x)}{options})"


@entry("nlinalg.lstsq")
def least_squares(pool, name):
    x, text = full_rank(pool)
    solved = f"{name}({text}, {right_side(pool, x)})[{pool.choice([0, 2, 3])}]"
    return f"graph.disconnected_grad({solved})"  # it has no gradient


@entry("nlinalg.tensorinv", "nlinalg.tensorsolve")
def tensor_equation(pool, name):
    x, text = regular(pool)
    n = x.value.shape[0]
    if name == "nlinalg.tensorinv":
        return f"{name}({text}.reshape([{n}, 1, {n}]), {pool.choice([1, 2])})"
    return f"{name}({text}.reshape([{n}, 1, 1, {n}]), {pool.new((n, 1)).text})"


@entry("slinalg.cholesky")
def cholesky(pool, name):
    return f"{name}({positive(pool)[1]}, lower={pool.flag()})"


@entry("slinalg.expm")
def exponential(pool, name):
    return f"{name}({small(pool, is_square=True)[1]})"


@entry("nlinalg.kron", "slinalg.kron")
def kronecker(pool, name):
    x, y = (pool.pick(lambda x: 0 < x.value.ndim < 3 and x.value.dtype != bool) for _ in range(2))
    return f"{name}({x.text}, {y.text})"


@entry("nlinalg.matrix_dot")
def matrix_dot(pool, name):
    x = pool.array(2)
    factors = [x.text]
    columns = x.value.shape[1]
    for _ in range(pool.integer(0, 2)):
        n = pool.choice(pool.sizes)
        factors.append(pool.new((columns, n)).text)
        columns = n
    return f"{name}({', '.join(factors)})"


@entry("nlinalg.eigh", "nlinalg.eig")
def eigenvectors(pool, name):
    text = symmetric(pool)[1]
    if name == "nlinalg.eig":
        return f"graph.disconnected_grad(tensor.sort({name}({text})[0]))"  # as lstsq
    squares = "(lambda f: [f[0], f[1] ** 2])"
    return f"{squares}({name}({text}, {pool.choice(['L', 'U'])!r}))"


@entry("slinalg.eigvalsh")
def eigenvalues(pool, name):
    x, text = symmetric(pool)
    second = ""
    if pool.flag():
        second = f", {text} + {identity(pool, x)}"
    return f"{name}({text}{second}, lower={pool.flag()})"


@entry("nlinalg.svd")
def singular_values(pool, name):
    text = full_rank(pool)[1]
    if pool.chance(3):  # the vectors have no gradient
        squares = "(lambda f: [graph.disconnected_grad(f[i] ** 2) for i in (0, 2)])"
        return f"{squares}({name}({text}, full_matrices=False))"
    return f"{name}({text}, compute_uv=False)" if pool.flag() else f"{name}({text})[1]"


@entry("nlinalg.qr")
def orthogonal(pool, name):
    x, text = full_rank(pool)
    if x.value.shape[0] < x.value.shape[1]:  # of a wide matrix there is no gradient
        text = f"{text}.T"
    if pool.chance(3):  # which has no gradient
        return f"graph.disconnected_grad({name}({text}, 'r') ** 2)"
    return f"(lambda f: [f[0] ** 2, f[1] ** 2])({name}({text}))"


@entry("nlinalg.norm")
def norm(pool, name):
    x = pool.pick(lambda x: 0 < x.value.ndim < 3 and x.value.dtype != bool)
    orders = [None, "inf", 1, "fro", "-inf", -1] if x.value.ndim == 2 else [None, 2, 1, 3, "inf"]
    return f"{name}(abs({x.text}) + 0.25, {pool.choice(orders)!r})"


@entry("nlinalg.extract_diag", "nlinalg.alloc_diag")
def matrix_diagonal(pool, name):
    return f"{name}({pool.array(2 if name == 'nlinalg.extract_diag' else 1).text})"
