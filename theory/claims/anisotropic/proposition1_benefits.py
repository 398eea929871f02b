"""Anisotropic noise, Proposition 1 with Eq. 15-17 and 44-47, and what Section 5.3 makes of it."""

from __future__ import annotations

import random
from typing import Any

import sympy as sp

from theory.alignment import proposition1 as p1
from theory.claims.anisotropic._common import entry, words
from theory.claims.claim import Claim, Form, Point
from theory.claims.domain import Domain

PROOF = "Appendix A.3"
MEANING = {
    "D": "number of parameters, integer >= 2", "d": "exponent of Eq. 15, above 1/2",
    "lambda1": "largest eigenvalue of H, positive; the others are all tau lambda1 D^(-d), so k = 1",
    "tau": "in (0, 1)", "s": "share of Tr Sigma = 1 along u_1, in (0, 1); a is the largest that Eq. 16 allows",
}  # fmt: skip
EXAMPLE = {
    "D": sp.Integer(64), "d": sp.Rational(2, 3), "lambda1": sp.Rational(1, 3), "tau": sp.Rational(1, 2),
    "s": sp.Rational(1, 4),
}  # fmt: skip


def _sample(generator: random.Random) -> Point:
    return {
        "D": sp.Integer(2 ** generator.randint(2, 8)), "d": sp.Rational(generator.randint(7, 24), 12),
        "lambda1": sp.Rational(generator.randint(1, 30), 7), "tau": sp.Rational(generator.randint(1, 9), 10),
        "s": sp.Rational(generator.randint(1, 19), 20),
    }  # fmt: skip


def _model() -> tuple[dict[sp.Symbol, sp.Expr], sp.Expr]:
    """D, k = 1, d, the largest a, lambda_1, Tr Sigma = 1 and Tr H of the example, and Tr(H Sigma)."""
    tau, share = sp.symbols("tau s", positive=True)
    small = tau * p1.LAM * p1.D**-p1.DECAY
    trace = p1.LAM + (p1.D - 1) * small
    values = {p1.K: sp.S.One, p1.ALIGN: share * trace / p1.LAM, p1.TRACE: sp.S.One, p1.TRACE_H: trace}
    return values, p1.LAM * share + small * (1 - share)


VALUES, INDICATOR = _model()
QUOTIENT = INDICATOR * p1.D / VALUES[p1.TRACE_H]


def _right(expression: sp.Expr) -> sp.Expr:
    return expression.subs(VALUES)


AT: dict[str, Any] = {
    "example": EXAMPLE, "symbols": MEANING, "sample": _sample,
    "domain": Domain({"D": sp.Range(2, 1025), "d": sp.Interval.open(sp.S.Half, 3), "lambda1": sp.Interval.open(0, 10),
                      "tau": sp.Interval.open(0, 1), "s": sp.Interval.open(0, 1)}),
}  # fmt: skip
TR = r"\operatorname{Tr}"
RATIO = r"\frac{" + TR + r"(H\Sigma)}{" + TR + r"(H\bar\Sigma)}"


def _steps() -> tuple[Claim, ...]:
    lam, trace, trace_h, a, d = p1.LAM, p1.TRACE, p1.TRACE_H, p1.ALIGN, p1.D
    chain = "Tr(H Sigma) >= {0}u_1^T Sigma u_1 >= a lambda_1{1} Tr Sigma / Tr H"
    tail = r"\frac{" + TR + r"\Sigma}{" + TR + "H}"
    latex45 = TR + r"(H\Sigma)\ge u_1^T\Sigma u_1\ge a\lambda_1" + tail
    true_latex45 = TR + r"(H\Sigma)\ge\lambda_1u_1^T\Sigma u_1\ge a\lambda_1^2" + tail
    largest = p1.K * lam + (d - p1.K) * d**-p1.DECAY * lam
    eq47 = Form("ratio >= a lambda_1 D / (Tr H)^2 >= a lambda_1 D / (k lambda_1 + (D - k) D^(-d) lambda_1)^2",
                RATIO + r"\ge\frac{a\lambda_1D}{(k\lambda_1+(D-k)D^{-d}\lambda_1)^2}",
                QUOTIENT, _right(a * lam * d / largest**2), ">=")  # fmt: skip
    true47 = Form("ratio >= a lambda_1^2 D / (Tr H)^2 >= a D / (k + (D - k) D^(-d))^2"
                  " = a D^(2d-1) / (1 + k (D^(d-1) - 1/D))^2",
                  RATIO + r"\ge\frac{aD}{(k+(D-k)D^{-d})^2}"
                  r"=\frac{aD^{2d-1}}{(1+k(D^{d-1}-D^{-1}))^2}", QUOTIENT, _right(p1.bound()), ">=")  # fmt: skip
    return (
        entry("Eq44", f"{PROOF}, Eq. 44", "Tr(H Sigma) in an eigenbasis of H.",
              words("Tr(H Sigma) = sum_i lambda_i u_i^T Sigma u_i", TR + r"(H\Sigma)=\sum_i\lambda_iu_i^T\Sigma u_i"),
              p1.prove_decomposition, "The trace in that basis."),
        entry("Eq45", f"{PROOF}, Eq. 45", "Lower bound of the indicator of aligned noise.",
              Form(chain.format("", ""), latex45, INDICATOR, _right(a * lam * trace / trace_h), ">="), p1.prove_eq45,
              "The factor lambda_1 of the first term of Eq. 44 is lost: it fails for lambda_1 < 1, and is weak above.",
              form=Form(chain.format("lambda_1 ", "^2"), true_latex45, INDICATOR,
                        _right(a * lam**2 * trace / trace_h), ">="),
              refute=p1.refute_eq45, **AT),
        entry("Eq46", f"{PROOF}, Eq. 46", "The indicator of isotropic noise.",
              words("Tr(H Sigma-bar) = Tr Sigma Tr H / D", TR + r"(H\bar\Sigma)=\frac{" + TR + r"\Sigma}D" + TR + "H"),
              p1.prove_eq46, "Sigma-bar is a multiple of the identity."),
        entry("Eq47", f"{PROOF}, Eq. 47", "Lower bound of the ratio.", eq47, p1.prove_eq47,
              "It needs lambda_1^2, as its own units say; then lambda_1 cancels.", form=true47, refute=p1.refute_eq47,
              note="The missing lambda_1 of Eq. 45: the ratio does not change when H is scaled, the printed bound "
                   "does.",
              **AT),
    )  # fmt: skip


def _proposition() -> tuple[Claim, ...]:
    order = words("ratio = O(a D^(2d-1)) for every d > 1/2",
                  RATIO + r"=\mathcal O(aD^{2d-1})")  # fmt: skip
    true = words("a D^min(2d-1, 1) / (k+1)^2 <= ratio <= D lambda_1 / Tr H <= D",
                 r"\frac{aD^{\min\{2d-1,1\}}}{(k+1)^2}\le" + RATIO + r"\le D")
    product = words("gamma_1/Tr Sigma >= a_1 lambda_1/Tr H and <u_1, v_1> >= a_2 give Eq. 16 with a = a_1 a_2",
                    r"a=a_1a_2")  # fmt: skip
    square = words("... with a = a_1 a_2^2", r"a=a_1a_2^2")
    return (
        entry("P1", "Proposition 1, Eq. 17", "The ratio of escaping efficiencies is of order a D^(2d-1), for every d "
                                             "> 1/2.",
              order, p1.prove_order, "O is no lower bound, which is what is meant; as an upper bound it fails for "
                                     "small a. "
              "As a lower bound it fails for d > 1, since the ratio never exceeds D. Up to d = 1 the order is right, "
              "with "
              "a constant 1/(k+1)^2.", form=true, refute=p1.refute_order),
        entry("P1/eigenvector", "after Proposition 1", "u_1^T Sigma u_1 >= gamma_1 <u_1, v_1>^2.",
              words("u_1^T Sigma u_1 >= gamma_1 <u_1, v_1>^2", r"u_1^T\Sigma u_1\ge\gamma_1\langle u_1,v_1\rangle^2"),
              p1.prove_eigenvector_bound, "The other eigenvalues of Sigma are nonnegative."),
        entry("P1/alignment", "after Proposition 1", "Aligned top eigenvectors give Eq. 16 with a = a_1 a_2.", product,
              p1.prove_eigenvector_bound, "The cosine enters squared.", form=square,
              refute=p1.refute_alignment_product),
    )  # fmt: skip


def _section() -> tuple[Claim, ...]:
    near = words("Eq. 15 at D = 11330 needs lambda_{k+1} < 0.0094 lambda_1, whatever d > 1/2",
                 r"\lambda_1D^{-d}<0.0094\,\lambda_1\ (d>\tfrac12,\ D=11330)")  # fmt: skip
    vacuous = words("with 139 or more leading eigenvalues the bound of Eq. 47 stays below 0.59 a, for every d",
                    r"\frac{aD}{(k+(D-k)D^{-d})^2}<0.59\,a")  # fmt: skip
    return (
        entry("5.3/ill-conditioning", "Section 5.3, beyond the paper", "What Eq. 15 asks of the LeNet's Hessian.", near,
              p1.prove_conditioning, "The paper's 140th eigenvalue, at about 1% of the first, is on the wrong side of "
                                     "it "
              "by a little; the paper says approximately.", new=True),
        entry("5.3/bound", "Section 5.3, beyond the paper", "What Proposition 1 guarantees there.", vacuous,
              p1.prove_bound_at_140, "k counts as a constant in the proposition; k^2 = 140^2 exceeds D = 11330, so the "
              "guaranteed gain is below a.", new=True),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (*_proposition(), *_section(), *_steps())
