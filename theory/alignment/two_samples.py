"""Two samples in two parameters, where f is affine: Fisher matrix, covariance and Hessian in closed form.

Gradients g_1, g_2 of the outputs, residuals r_i = b_i (delta + epsilon s_i) with signs b_i and s_i in [0, 1]; then
delta <= |r_i| <= delta + epsilon. The top eigenvector u of H enters through u u^T = (H - lambda_2 I)/(lambda_1 -
lambda_2).

Source: anisotropic, Proposition 3 with Eq. 79-83.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from theory.alignment.fisher import DELTA, EPS

SLOPES = sp.symbols("g11 g12 g21 g22", real=True)
SIGNS = sp.symbols("b1 b2", real=True)
SHARES = sp.symbols("s1 s2", real=True)


@dataclass(frozen=True)
class TwoSamples:
    """What Eq. 79-83 speak of, as expressions in slopes, signs, shares, delta and epsilon."""

    along_fisher: sp.Expr
    along_noise: sp.Expr
    trace_fisher: sp.Expr
    trace_noise: sp.Expr
    squared_gradient: sp.Expr
    top: sp.Expr
    trace_hessian: sp.Expr


def two_samples() -> TwoSamples:
    """u^T F u, u^T Sigma u, Tr F, Tr Sigma, |grad L|^2, lambda and Tr H, with the loss of Eq. 49.

    Examples
    --------
    >>> sp.simplify(two_samples().trace_hessian.subs(dict.fromkeys(SLOPES, 1)))
    2
    """
    outer = [sp.Matrix(SLOPES[2 * i : 2 * i + 2]) for i in range(2)]
    residual = [b * (DELTA + EPS * s) for b, s in zip(SIGNS, SHARES)]
    hessian = sum((g * g.T for g in outer), sp.zeros(2, 2)) / 2
    fisher = sum((r**2 * g * g.T for r, g in zip(residual, outer)), sp.zeros(2, 2)) / 2
    gradient = sum((r * g for r, g in zip(residual, outer)), sp.zeros(2, 1)) / 2
    noise = fisher - gradient * gradient.T
    gap = sp.sqrt((hessian[0, 0] - hessian[1, 1]) ** 2 + 4 * hessian[0, 1] ** 2)
    trace = hessian.trace()
    onto = (hessian - (trace - gap) / 2 * sp.eye(2)) / gap
    return TwoSamples((fisher * onto).trace(), (noise * onto).trace(), fisher.trace(), noise.trace(),
                      gradient.dot(gradient), (trace + gap) / 2, trace)  # fmt: skip


def bound() -> sp.Expr:
    """Right side of Eq. 79 and 80: delta^2 lambda / ((delta + epsilon)^2 Tr H)."""
    parts = two_samples()
    return DELTA**2 * parts.top / ((DELTA + EPS) ** 2 * parts.trace_hessian)
