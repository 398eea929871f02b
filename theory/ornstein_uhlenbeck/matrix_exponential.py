"""e^A of a symmetric matrix from its eigenvectors: which of U^T diag U and U diag U^T it is (anisotropic, Eq. 27)."""

from __future__ import annotations

import itertools

import sympy as sp

from theory.proof import Blackboard, Proof

ROTATION = sp.ImmutableMatrix([[3, -4], [4, 3]]) / 5
"""An orthogonal matrix that is not symmetric."""


def eigenvector_columns(matrix: sp.MatrixBase) -> tuple[sp.Matrix, list[sp.Expr]]:
    """An orthogonal matrix with eigenvectors of a 2 x 2 symmetric matrix as columns, and the eigenvalues in order.

    The columns form a rotation, (c, s) and (-s, c), which is what makes the matrix unlike its transpose.

    Examples
    --------
    >>> eigenvector_columns(sp.Matrix([[2, 2], [2, 5]]))[1]
    [1, 6]
    """
    a, b, d = matrix[0, 0], matrix[0, 1], matrix[1, 1]
    radius = sp.sqrt(((a - d) / 2) ** 2 + b**2)
    low, high = (a + d) / 2 - radius, (a + d) / 2 + radius
    if b == 0:
        return sp.eye(2), [a, d]
    length = sp.sqrt(b**2 + (low - a) ** 2)
    c, s = b / length, (low - a) / length
    return sp.Matrix([[c, -s], [s, c]]), [low, high]


def columns_formula(matrix: sp.MatrixBase) -> sp.Matrix:
    """U diag(e^lambda) U^T with eigenvectors in the columns of U (the correct order for this convention)."""
    u, values = eigenvector_columns(matrix)
    return u * sp.diag(*map(sp.exp, values)) * u.T


def printed_formula(matrix: sp.MatrixBase) -> sp.Matrix:
    """U^T diag(e^lambda) U with the same U."""
    u, values = eigenvector_columns(matrix)
    return u.T * sp.diag(*map(sp.exp, values)) * u


def _write_series(board: Blackboard, swap: bool) -> None:
    """A^k = V diag(lambda^k) V^T by induction, and so the power series of e^A; V = U^T if ``swap``, else U."""
    i, j, m, p = sp.symbols("i j m p", integer=True, nonnegative=True)
    k = sp.Symbol("k", integer=True, nonnegative=True)
    u, value = sp.IndexedBase("U"), sp.IndexedBase("l")
    entry = (lambda a, b: u[b, a]) if swap else (lambda a, b: u[a, b])
    # (A^k A)_ij = sum_pmq V_ip l_p^k V_mp V_mq l_q V_jq, and sum_m V_mp V_mq = delta_pq as V is orthogonal
    left = entry(i, p) * value[p] ** k * value[p] * entry(j, p)
    right = entry(i, p) * value[p] ** (k + 1) * entry(j, p)
    board.equal("A^{k+1} = V diag(l^{k+1}) V^T from A^k, A and V^T V = I", sp.powsimp(left), right)
    x = sp.Symbol("x", real=True)
    board.equal("sum_k l^k / k! = e^l", sp.summation(x**m / sp.factorial(m), (m, 0, sp.oo)), sp.exp(x))


def prove_columns() -> Proof:
    """e^A = U diag(e^lambda) U^T with eigenvectors as columns, as the sum of the power series."""
    board = Blackboard("power series in an eigenbasis")
    _write_series(board, swap=False)
    a = ROTATION * sp.diag(1, 2) * ROTATION.T
    board.equal("example: U diag U^T gives back A", ROTATION * sp.diag(1, 2) * ROTATION.T, a)
    board.equal("and e^A", columns_formula(a), sp.simplify(sp.Matrix(a).exp()))
    return board.proof()


def prove_rows() -> Proof:
    """e^A = U^T diag(e^lambda) U with eigenvectors as rows."""
    board = Blackboard("power series in an eigenbasis")
    _write_series(board, swap=True)
    a = ROTATION * sp.diag(1, 2) * ROTATION.T
    rows = ROTATION.T  # eigenvectors of a as rows
    board.equal("the rows are eigenvectors", rows * a, sp.diag(1, 2) * rows)
    board.equal("U^T diag U gives e^A", rows.T * sp.diag(sp.E, sp.E**2) * rows, sp.simplify(sp.Matrix(a).exp()))
    return board.proof()


def disprove_columns() -> Proof:
    """U^T diag(e^lambda) U with eigenvectors as columns is another matrix; no signs or order of them repair it."""
    board = Blackboard("exact points")
    a = ROTATION * sp.diag(1, 2) * ROTATION.T
    board.equal("the columns of the 3-4-5 rotation are eigenvectors", a * ROTATION, ROTATION * sp.diag(1, 2))
    printed = ROTATION.T * sp.diag(sp.E, sp.E**2) * ROTATION
    board.differ("entry 1,2 of U^T diag U against e^A", printed[0, 1], sp.simplify(sp.Matrix(a).exp())[0, 1])
    # In two dimensions a reflection is symmetric, and the printed order happens to be right; not in three.
    u = sp.diag(ROTATION, 1) * sp.diag(1, sp.Matrix([[5, -12], [12, 5]]) / 13)
    values = [0, 1, 2]
    target = u * sp.diag(*map(sp.exp, values)) * u.T
    board.equal("a rational orthogonal 3 x 3 matrix", u.T * u, sp.eye(3))
    repaired = 0
    for order in itertools.permutations(range(3)):
        for signs in itertools.product((1, -1), repeat=3):
            v = sp.Matrix.hstack(*(sign * u[:, k] for sign, k in zip(signs, order)))
            candidate = v.T * sp.diag(*(sp.exp(values[k]) for k in order)) * v
            repaired += int(sp.expand(candidate - target) == sp.zeros(3, 3))
    board.true("none of the 48 orders and signs of its columns gives e^A", repaired == 0, f"{repaired} of 48 do")
    return board.proof()
