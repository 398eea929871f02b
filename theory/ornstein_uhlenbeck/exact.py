"""Exact values of two-dimensional Ornstein-Uhlenbeck processes at rational matrices, by ways independent of each other.

The covariance comes from a linear (Lyapunov) system over the rationals, exponentials from spectral projections, so that
both sides of a trace formula can be evaluated at a point without using the formula.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import sympy as sp
from sympy.utilities.iterables import sift

from theory.ornstein_uhlenbeck.spectral_calculus import EIGENVALUE

Point = Mapping[str, sp.Expr]

SYMBOLS: dict[str, str] = {
    "h11": "H_11",
    "h12": "H_12 = H_21; H positive definite",
    "h22": "H_22",
    "s11": "Sigma_11",
    "s12": "Sigma_12 = Sigma_21; Sigma positive semidefinite",
    "s22": "Sigma_22",
    "t": "time, > 0",
}
"""What the names of a two-dimensional point mean."""

EXAMPLE: dict[str, sp.Expr] = {
    "h11": sp.Integer(2),
    "h12": sp.Integer(2),
    "h22": sp.Integer(5),
    "s11": sp.Integer(1),
    "s12": sp.Rational(1, 2),
    "s22": sp.Integer(2),
    "t": sp.Rational(1, 10),
}
"""H has the eigenvalues 1 and 6, and does not commute with Sigma."""


def tidy(value: sp.Expr) -> sp.Expr:
    """A short form of a sum of exponentials: equal exponentials collected, square roots out of denominators."""
    coefficients: dict[sp.Expr, sp.Expr] = {}
    for term in sp.Add.make_args(sp.expand_mul(value)):
        exponentials, others = sift(sp.Mul.make_args(term), lambda f: isinstance(f, sp.exp), binary=True)
        exponent = sp.expand(sp.Add(*(factor.exp for factor in exponentials)))
        coefficients[exponent] = coefficients.get(exponent, sp.S.Zero) + sp.Mul(*others)
    return sp.Add(*(sp.radsimp(sp.expand(c)) * sp.exp(exponent) for exponent, c in coefficients.items()))


def symmetric(point: Point, letter: str) -> sp.ImmutableMatrix:
    """The symmetric 2 x 2 matrix with entries ``<letter>11``, ``<letter>12``, ``<letter>22``."""
    a, b, d = (sp.sympify(point[f"{letter}{index}"]) for index in ("11", "12", "22"))
    return sp.ImmutableMatrix([[a, b], [b, d]])


@dataclass(frozen=True)
class ExactProcess:
    """d theta = -H theta dt + Sigma^{1/2} dW from 0, H and Sigma exact 2 x 2 matrices.

    Examples
    --------
    >>> ExactProcess.at(EXAMPLE).efficiency(sp.Rational(1, 10))
    -11*exp(-6/5)/20 - exp(-1/5)/5 + 3/4
    """

    hessian: sp.ImmutableMatrix
    sigma: sp.ImmutableMatrix

    @classmethod
    def at(cls, point: Point) -> ExactProcess:
        """The process with the matrices of a point.

        Raises
        ------
        ValueError
            If ``s..`` is not positive semidefinite.
        """
        h, s = symmetric(point, "h"), symmetric(point, "s")
        if not (s[0, 0] >= 0 and s[1, 1] >= 0 and s.det() >= 0):
            raise ValueError(f"s11, s12, s22 = {s[0, 0]}, {s[0, 1]}, {s[1, 1]} must give a positive semidefinite Sigma")
        return cls(h, s)

    def need_definite(self) -> ExactProcess:
        """Itself; ValueError unless H is positive definite."""
        h = self.hessian
        if not (h[0, 0] > 0 and h.det() > 0):
            raise ValueError(f"h11, h12, h22 = {h[0, 0]}, {h[0, 1]}, {h[1, 1]} must give a positive definite H")
        return self

    @cached_property
    def projections(self) -> list[tuple[sp.Expr, sp.Matrix]]:
        """Eigenvalues of H with the projections onto their eigenspaces."""
        h, identity = self.hessian, sp.eye(2)
        middle, radius = h.trace() / 2, sp.sqrt(((h[0, 0] - h[1, 1]) / 2) ** 2 + h[0, 1] ** 2)
        if radius == 0:
            return [(middle, identity)]
        low, high = middle - radius, middle + radius
        scale = sp.radsimp(1 / (2 * radius))
        parts = ((low, scale * (high * identity - h)), (high, scale * (h - low * identity)))
        return [(value, projection.applyfunc(sp.expand)) for value, projection in parts]

    @cached_property
    def root(self) -> sp.Matrix:
        """The positive semidefinite square root of Sigma."""
        delta = sp.sqrt(self.sigma.det())
        total = self.sigma.trace() + 2 * delta
        return sp.zeros(2, 2) if total == 0 else (self.sigma + delta * sp.eye(2)) / sp.sqrt(total)

    def exp(self, factor: sp.Expr) -> sp.Matrix:
        """e^{factor H}."""
        parts = (sp.exp(sp.expand(factor * value)) * projection for value, projection in self.projections)
        return sum(parts, sp.zeros(2, 2))

    def lyapunov(self, right: sp.MatrixBase) -> sp.Matrix:
        """X with H X + X H = right, for positive definite H and symmetric ``right``: a linear system."""
        (a, b), (_, d) = self.hessian.tolist()
        system = sp.Matrix([[2 * a, 2 * b, 0], [b, a + d, b], [0, 2 * b, 2 * d]])
        x, y, z = system.inv() * sp.Matrix([right[0, 0], right[0, 1], right[1, 1]])
        return sp.Matrix([[x, y], [y, z]])

    def covariance(self, t: sp.Expr) -> sp.Matrix:
        """E theta_t theta_t^T = X - e^{-Ht} X e^{-Ht}, X the stationary covariance (positive definite H)."""
        stationary = self.need_definite().lyapunov(self.sigma)
        decay = self.exp(-t)
        return stationary - decay * stationary * decay

    def integrated_covariance(self, t: sp.Expr) -> sp.Matrix:
        """int_0^t E theta_s theta_s^T ds, by a second Lyapunov system."""
        stationary = self.need_definite().lyapunov(self.sigma)
        return stationary * t - self.lyapunov(self.covariance(t))

    def isometry(self, t: sp.Expr, left: sp.MatrixBase | None = None) -> sp.Matrix:
        """int_0^t e^{H(s-t)} Sigma e^{H(s-t)} ds, integrated between the spectral projections; any symmetric H."""
        total = sp.zeros(2, 2)
        for first, p in self.projections:
            for second, q in self.projections:
                rate = sp.expand(first + second)
                weight = t if rate == 0 else (1 - sp.exp(sp.expand(-rate * t))) * sp.radsimp(1 / rate)
                total += weight * p * self.sigma * q
        return total

    def efficiency(self, t: sp.Expr) -> sp.Expr:
        """E L(theta_t) = sum_ij H_ij E theta_i theta_j / 2, from the Lyapunov system (positive definite H)."""
        c, h = self.covariance(t), self.hessian
        return tidy(sum(h[i, j] * c[i, j] for i in range(2) for j in range(2)) / 2)


_NAMED = {name: sp.Symbol(name, real=True) for name in SYMBOLS}
PLANE_HESSIAN, PLANE_SIGMA = symmetric(_NAMED, "h"), symmetric(_NAMED, "s")
"""H and Sigma with the names of a point for their entries."""


def plane_trace(psi: sp.Expr) -> sp.Expr:
    """tr(psi(H) Sigma) for a function psi of EIGENVALUE, written out in the entries of the two matrices.

    Examples
    --------
    >>> at = {sp.Symbol(name, real=True): value for name, value in EXAMPLE.items()}
    >>> plane_trace(EIGENVALUE).subs(at), (PLANE_HESSIAN * PLANE_SIGMA).trace().subs(at)
    (14, 14)
    """
    h, identity = PLANE_HESSIAN, sp.eye(2)
    gap = sp.sqrt((h[0, 0] - h[1, 1]) ** 2 + 4 * h[0, 1] ** 2)
    low, high = (h.trace() - gap) / 2, (h.trace() + gap) / 2
    parts = ((low, (high * identity - h) / gap), (high, (h - low * identity) / gap))
    apart = sum(psi.subs(EIGENVALUE, value) * (projection * PLANE_SIGMA).trace() for value, projection in parts)
    return sp.Piecewise((psi.subs(EIGENVALUE, h[0, 0]) * PLANE_SIGMA.trace(), sp.Eq(gap, 0)), (apart, True))


TRIPLES = ((3, 4, 5), (5, 12, 13), (8, 15, 17), (20, 21, 29))


def _turned(generator: random.Random, low: sp.Expr, high: sp.Expr) -> sp.Matrix:
    """A rational matrix with the given eigenvalues, turned by the angle of a Pythagorean triple."""
    a, b, c = generator.choice(TRIPLES)
    turn = sp.Matrix([[a, -b], [b, a]]) / c
    return turn * sp.diag(low, high) * turn.T


def sample_point(generator: random.Random) -> dict[str, sp.Expr]:
    """A random rational point: H positive definite, Sigma positive semidefinite, no common eigenbasis.

    One point in eight has a Hessian with irrational eigenvalues, one in four a singular Sigma.
    """

    def number() -> sp.Rational:
        return sp.Rational(generator.randint(1, 12), generator.randint(1, 4))

    h, s = _turned(generator, number(), number()), _turned(generator, number() ** 2, number() ** 2)
    if generator.randrange(8) == 0:
        h = h + sp.Matrix([[0, 0], [0, number()]])
    if generator.randrange(4) == 0:
        v = sp.Matrix([number(), -number()])
        s = v * v.T
    t = sp.Rational(generator.randint(1, 30), 40)
    names = ("11", (0, 0)), ("12", (0, 1)), ("22", (1, 1))
    return {f"{letter}{name}": m[at] for letter, m in (("h", h), ("s", s)) for name, at in names} | {"t": t}
