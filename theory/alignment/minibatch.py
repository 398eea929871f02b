"""The covariance of mini-batch gradients, with and without replacement, by inclusion numbers and by enumeration.

Source: anisotropic, Eq. 4-5. The factor (N - m)/(N - 1) is the finite-population correction.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import cache

import sympy as sp

from theory.proof import Blackboard, Proof

N, M = sp.symbols("N m", positive=True)
GRADIENTS: tuple[tuple[int, int], ...] = ((1, 2), (-3, 1), (0, 5), (2, -2))
"""Per-sample gradients of the example, N = 4."""


def covariance(gradients: Sequence[Sequence[int]]) -> sp.ImmutableMatrix:
    """(1/N) sum g g^T - mean mean^T.

    Examples
    --------
    >>> covariance([(1,), (-1,)])
    Matrix([[1]])
    """
    rows = [sp.Matrix(g) for g in gradients]
    mean = sum(rows, sp.zeros(len(rows[0]), 1)) / len(rows)
    second = sum((g * g.T for g in rows), sp.zeros(len(mean), len(mean))) / len(rows)
    return sp.ImmutableMatrix(second - mean * mean.T)


def enumerated(gradients: Sequence[Sequence[int]], m: int, replacement: bool) -> tuple[sp.Matrix, sp.ImmutableMatrix]:
    """Mean and covariance of the mini-batch mean, by going through every batch."""
    batches = list(itertools.product(gradients, repeat=m) if replacement else itertools.combinations(gradients, m))
    means = [sum((sp.Matrix(g) for g in batch), sp.zeros(len(gradients[0]), 1)) / m for batch in batches]
    mean = sum(means, sp.zeros(len(gradients[0]), 1)) / len(means)
    second = sum((x * x.T for x in means), sp.zeros(len(mean), len(mean))) / len(means)
    return mean, sp.ImmutableMatrix(second - mean * mean.T)


def _covariance_from_counts(variance: sp.Expr, mixed: sp.Expr) -> sp.Expr:
    """Var of (1/m) sum_i K_i g_i along a direction from Var K_i and Cov(K_i, K_j), in units of (1/N) sum g^2 - mean^2.

    sum_{i != j} g_i g_j = (sum g)^2 - sum g^2; with total G1 = sum g and G2 = sum g^2.
    """
    total, squares = sp.symbols("G1 G2", real=True)
    found = (variance * squares + mixed * (total**2 - squares)) / M**2
    return sp.simplify(found / (squares / N - total**2 / N**2))


@cache
def prove_unbiased() -> Proof:
    """E (1/m) sum of a mini-batch is the full gradient, with and without replacement."""
    board = Blackboard("inclusion numbers, and enumeration for N = 4")
    g = sp.Symbol("G1", real=True)
    board.equal("each sample is drawn m/N times on average", (M / N) * g / M, g / N)
    full = sum((sp.Matrix(x) for x in GRADIENTS), sp.zeros(2, 1)) / 4
    for m, replacement in ((1, True), (2, True), (3, True), (1, False), (2, False), (3, False), (4, False)):
        board.equal(f"m = {m}, {'with' if replacement else 'without'}", enumerated(GRADIENTS, m, replacement)[0], full)
    return board.proof()


@cache
def prove_with_replacement() -> Proof:
    """Independent draws: multinomial counts, Cov = C / m exactly."""
    board = Blackboard("covariance of multinomial counts, and enumeration for N = 4")
    counts = _covariance_from_counts(M / N * (1 - 1 / N), -M / N**2)
    board.equal("factor for all N and m", counts, 1 / M)
    for m in (1, 2, 3):
        board.equal(f"m = {m}", enumerated(GRADIENTS, m, True)[1], covariance(GRADIENTS) / m)
    return board.proof()


@cache
def prove_without_replacement() -> Proof:
    """Distinct draws: Cov = C (N - m) / (m (N - 1)) exactly."""
    board = Blackboard("covariance of inclusion indicators, and enumeration for N = 4")
    share = M / N
    pair = share * (M - 1) / (N - 1)
    counts = _covariance_from_counts(share * (1 - share), pair - share**2)
    board.equal("factor for all N and m", counts, (N - M) / (M * (N - 1)))
    for m in (1, 2, 3, 4):
        factor = sp.Rational(4 - m, m * 3)
        board.equal(f"m = {m}", enumerated(GRADIENTS, m, False)[1], covariance(GRADIENTS) * factor)
    return board.proof()


@cache
def refute_without_replacement() -> Proof:
    """m = N: the batch is the data set, nothing varies; Eq. 5 says C / N."""
    board = Blackboard("enumeration for N = 4")
    board.equal("covariance at m = N", enumerated(GRADIENTS, 4, False)[1], sp.zeros(2, 2))
    board.differ("Eq. 5 at m = N, first entry", covariance(GRADIENTS)[0, 0] / 4, sp.S.Zero)
    return board.proof()


@cache
def prove_discretization() -> Proof:
    """An Euler step of length eta of Eq. 8 has drift -eta grad L and noise covariance eta^2 Sigma, as Eq. 7."""
    board = Blackboard("Euler scheme")
    eta, root = sp.symbols("eta s", positive=True)  # s^2 is the variance Sigma along one direction
    board.equal("covariance of sqrt(eta Sigma) dW over dt = eta", (sp.sqrt(eta) * root) ** 2 * eta, (eta * root) ** 2)
    c, m = sp.symbols("c m", positive=True)
    board.equal("eta Sigma^sgd = (eta / m) C: the quotient of Eq. 8", eta * (c / m), eta / m * c)
    return board.proof()
