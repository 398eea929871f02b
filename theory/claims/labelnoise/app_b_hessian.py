"""Label-noise paper, Proposition 1 and the bounds by the loss in Appendix B: Eq. 17-24, 54, 62, 92-95, 119."""

from __future__ import annotations

import random
from typing import Any

import sympy as sp

from theory.claims.claim import Claim, Form, Point
from theory.claims.labelnoise._entries import entry, fraction, within, words
from theory.label_noise import descent, gauss_newton
from theory.proof import Blackboard, Proof

APPENDIX = "Appendix B, proof of Proposition 1"


THETA, T, A, Y = sp.symbols("theta t a y", real=True)
MODEL = A * sp.sin(THETA)
"""f = a sin(theta): rho_f = ell_f = a."""


def _at(expression: sp.Expr) -> sp.Expr:
    """The expression where sin(theta) = 2 t/(1 + t^2), cos(theta) = (1 - t^2)/(1 + t^2): rational at rational t."""
    return expression.subs({sp.sin(THETA): 2 * T / (1 + T**2), sp.cos(THETA): (1 - T**2) / (1 + T**2)})


LEVEL = _at((MODEL - Y) ** 2 / 2)
ERROR_NORM = sp.Abs(_at((MODEL - Y) * sp.diff(MODEL, THETA, 2)))
SLOPE = sp.Abs(_at((MODEL - Y) * sp.diff(MODEL, THETA)))
PRINTED = sp.sqrt(2 * A * LEVEL)
CORRECTED = A * sp.sqrt(2 * LEVEL)


def _sample(generator: random.Random) -> Point:
    return {"a": 4 * fraction(generator), "t": 2 * fraction(generator) - 1, "y": 3 * fraction(generator) - 1}


EXAMPLE = {"a": sp.Integer(2), "t": sp.Rational(9, 10), "y": sp.Integer(1)}
SYMBOLS = {"a": "f = a sin(theta), so rho_f = ell_f = a", "t": "tan(theta/2)", "y": "label"}
SHARED: dict[str, Any] = {
    "example": EXAMPLE,
    "symbols": SYMBOLS,
    "sample": _sample,
    "domain": within(a=sp.Interval.open(0, 10), t=sp.Interval(-1, 1), y=sp.Interval(-5, 5)),
}


def _prove_noise_bound() -> Proof:
    board = Blackboard("|eps| = sigma, Lipschitz gradient")
    sigma, rho, distance = sp.symbols("sigma rho r", positive=True)
    for sign in (-1, 1):
        board.equal(f"sign {sign}", sp.Abs(sign * sigma * rho * distance), sigma * rho * distance)
    return board.proof()


def _hessian_entry(number: str, place: str, reason: str) -> Claim:
    return entry(
        number, place, "The rest of the Hessian is at most sqrt(2 rho_f L).",
        Form("|E| <= sqrt(2 rho_f L) [at a point: f = a sin(theta)]", r"\|E(\theta)\|\le\sqrt{2\rho_fL(\theta)}",
             ERROR_NORM, PRINTED, "<="),
        gauss_newton.prove_cauchy, reason,
        form=Form("|E| <= rho_f sqrt(2 L) [at a point: f = a sin(theta)]", r"\|E(\theta)\|\le\rho_f\sqrt{2L(\theta)}",
                  ERROR_NORM, CORRECTED, "<="),
        refute=gauss_newton.refute_hessian_bound, **SHARED,
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (
    entry(
        "Prop1/split", "Section 3.1, Proposition 1; Eq. 17-19", "The Hessian is the Gauss-Newton term plus E.",
        words("grad^2 L = G + E, E = (1/n) sum (f_i - y_i) grad^2 f_i",
              r"\nabla^2L=G+E,\quad E=\tfrac1n\sum_i(f_i-y_i)\nabla^2f_i"),
        gauss_newton.prove_split, "Differentiation of models with free derivatives.",
    ),
    _hessian_entry("Prop1/bound", "Section 3.1, Proposition 1",
                   "rho_f belongs outside the root: f = 2 sin(theta) gives |E| = 2 > sqrt(2). Later uses hide "
                   "constants."),
    entry(
        "Eq21", f"{APPENDIX}, Eq. 20-21", "Cauchy's inequality for the residuals and the norms of the Hessians.",
        words("|(1/n) sum e_i H_i| <= (1/n) (sum e_i^2)^(1/2) (sum |H_i|^2)^(1/2)",
              r"\tfrac1n\|\sum_ie_iH_i\|\le\tfrac1n[\sum e_i^2]^{1/2}[\sum\|H_i\|^2]^{1/2}"),
        gauss_newton.prove_cauchy, "Triangle inequality, then Lagrange's identity.",
    ),
    entry(
        "Eq22", f"{APPENDIX}, Eq. 22", "The bound of Eq. 21 equals sqrt(2 n L) sqrt(n rho_f^2)/n.",
        words("(sum |H_i|^2)^(1/2) = sqrt(n rho_f^2)", r"[\sum\|\nabla^2f_i\|^2]^{1/2}=\sqrt{n\rho_f^2}"),
        gauss_newton.prove_cauchy, "An inequality: the norms of the Hessians are at most rho_f. The other factor is "
                                   "equal.",
        form=words("(sum |H_i|^2)^(1/2) <= sqrt(n rho_f^2)", r"[\sum\|\nabla^2f_i\|^2]^{1/2}\le\sqrt{n\rho_f^2}"),
        refute=gauss_newton.refute_equal_hessians,
    ),
    entry(
        "Eq23", f"{APPENDIX}, Eq. 23", "sqrt(2 n L) sqrt(n rho_f^2)/n = sqrt(2 rho_f L).",
        Form("sqrt(2 n L) sqrt(n rho^2)/n = sqrt(2 rho L)", r"\tfrac1n\sqrt{2nL}\sqrt{n\rho_f^2}=\sqrt{2\rho_fL}",
             sp.sqrt(2 * sp.Symbol("n") * sp.Symbol("L")) * sp.sqrt(sp.Symbol("n") * sp.Symbol("rho") ** 2)
             / sp.Symbol("n"), sp.sqrt(2 * sp.Symbol("rho") * sp.Symbol("L"))),
        gauss_newton.prove_cauchy, "rho_f loses its square: the right side is rho_f sqrt(2 L).",
        form=Form("sqrt(2 n L) sqrt(n rho^2)/n = rho sqrt(2 L)", r"\tfrac1n\sqrt{2nL}\sqrt{n\rho_f^2}=\rho_f\sqrt{2L}",
                  sp.sqrt(2 * sp.Symbol("n") * sp.Symbol("L")) * sp.sqrt(sp.Symbol("n") * sp.Symbol("rho") ** 2)
                  / sp.Symbol("n"), sp.Symbol("rho") * sp.sqrt(2 * sp.Symbol("L"))),
        refute=gauss_newton.refute_hessian_bound,
        example={"n": sp.Integer(3), "L": sp.Integer(2), "rho": sp.Integer(2)},
        symbols={"L": "loss, at least 0", "rho": "Lipschitz constant of the gradients of the f_i"},
    ),
    entry(
        "Eq54", "Appendix B, proof of Proposition 4, Eq. 54",
        "The noise of a sample changes by at most sigma rho_f |dist|.",
        words("|eps_i (g_i(theta) - g_i(theta*))| <= sigma rho_f |theta - theta*|",
              r"\|\epsilon_i(\nabla f_i(\theta)-\nabla f_i(\theta^*))\|\le\sigma\rho_f\|\theta-\theta^*\|"),
        _prove_noise_bound, "The label noise has size sigma.",
    ),
    entry(
        "Eq56/gradient", "Appendix B, proof of Proposition 4, before Eq. 56", "|grad l_i| = O(L).",
        words("|grad l_i| = O(L)", r"\|\nabla\ell_i(\theta)\|=O(L(\theta))"), gauss_newton.prove_cauchy,
        "It is of the order of sqrt(L), as Eq. 56 itself goes on to use.",
        form=words("|grad l_i| = O(sqrt(L))", r"\|\nabla\ell_i(\theta)\|=O(\sqrt{L(\theta)})"),
        refute=gauss_newton.refute_linear_in_loss,
    ),
    entry(
        "Eq62", "Appendix B, proof of Proposition 4, Eq. 62",
        "Half the third derivative applied to S; what is left has the residuals as factors.",
        words("(1/2) L'''(S) = (1/n) sum (H_i S g_i + g_i tr(S H_i)/2) + (1/(2n)) sum (f_i - y_i) f_i'''(S)",
              r"\tfrac12\nabla^3L(S)=\tfrac1n\sum_i\big(H_iSg_i+\tfrac12g_i\operatorname{tr}[SH_i]\big)+O(\sqrt{"
              r"\mathcal L})"),
        gauss_newton.prove_third_derivative, "Differentiation of models with free derivatives.",
    ),
    entry(
        "Eq92", "Appendix B, proof of Proposition 7, Eq. 92-93", "Cauchy's inequality for the gradient of the loss.",
        words("|(1/n) sum e_i g_i| <= (1/n) (sum e_i^2)^(1/2) (sum |g_i|^2)^(1/2)",
              r"\tfrac1n\|\sum_ie_ig_i\|\le\tfrac1n[\sum e_i^2]^{1/2}[\sum\|g_i\|^2]^{1/2}"),
        gauss_newton.prove_cauchy, "Triangle inequality, then Lagrange's identity.",
    ),
    entry(
        "Eq94", "Appendix B, proof of Proposition 7, Eq. 94", "|grad L| <= sqrt(2 ell_f L).",
        Form("|grad L| <= sqrt(2 ell_f L) [at a point: f = a sin(theta)]", r"\|\nabla L\|\le\sqrt{2\ell_fL}",
             SLOPE, PRINTED, "<="),
        gauss_newton.prove_cauchy, "ell_f belongs outside the root (f = 2 theta): ell_f sqrt(2 L) = sqrt(2 ell L).",
        form=Form("|grad L| <= ell_f sqrt(2 L) [at a point: f = a sin(theta)]", r"\|\nabla L\|\le\ell_f\sqrt{2L}",
                  SLOPE, CORRECTED, "<="),
        refute=gauss_newton.refute_gradient_bound, **SHARED,
    ),
    entry(
        "Eq95", "Appendix B, proof of Proposition 7, Eq. 95", "eta |grad(L + lambda R)| = O(eta L + eta lambda).",
        words("|grad(L + lambda R)| = O(L + lambda)", r"\|\nabla\tilde L\|=O(L+\lambda)"), gauss_newton.prove_cauchy,
        "sqrt(L), by Eq. 94; Eq. 96 has the root again.",
        form=words("|grad(L + lambda R)| = O(sqrt(L) + lambda)", r"\|\nabla\tilde L\|=O(\sqrt L+\lambda)"),
        refute=gauss_newton.refute_linear_in_loss,
    ),
    entry(
        "Eq119", "Appendix B, proof of Lemma 7, Eq. 119", "|I - eta H| <= 1 + eta sqrt(2 rho_f L) along the "
                                                          "trajectory.",
        words("|I - eta H| <= 1 + eta sqrt(2 rho_f L)", r"\|I-\eta\nabla^2L\|\le1+\eta\sqrt{2\rho_f\mathcal L}"),
        descent.prove_growth, "Inherits the slip of Proposition 1: rho_f belongs outside the root.",
        form=words("|I - eta H| <= 1 + eta rho_f sqrt(2 L)", r"\|I-\eta\nabla^2L\|\le1+\eta\rho_f\sqrt{2\mathcal L}"),
        refute=descent.refute_growth,
    ),
)  # fmt: skip
