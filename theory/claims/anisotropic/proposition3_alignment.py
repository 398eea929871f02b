"""Anisotropic noise, Proposition 3 with Eq. 60-83: gradient covariance and Hessian near minima."""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.alignment import fisher as fi
from theory.alignment import proposition3 as p3
from theory.alignment import two_samples as ts
from theory.claims.anisotropic._common import entry, words
from theory.claims.building import Prove
from theory.claims.claim import Claim, Form
from theory.claims.domain import Domain

PROOF = "Appendix A.5"
KINK = ("False at a minimum on a kink: f = relu(w), x = y = 1, delta = 1/10 has its minima at w >= 9/10, and the "
        "gradient tends to -1/10 from the left of 9/10.")  # fmt: skip
SMOOTH = "where every output is affine near the minimum (no kink at it) and H(theta*) != 0"


_PAIR = ts.two_samples()
_SLOPE = sp.Interval(-3, 3)
AT: dict[str, Any] = {
    "example": {"g11": sp.Integer(2), "g12": sp.S.One, "g21": sp.Integer(2), "g22": -sp.S.One, "b1": sp.S.One,
                "b2": -sp.S.One, "s1": sp.S.Half, "s2": sp.S.One, "delta": sp.Rational(1, 10), "epsilon": sp.S.Half},
    "symbols": {"g11": "g_1 and g_2: gradients of the outputs of two samples", "b1": "b_1 and b_2: signs of the "
                "residuals", "s1": "|f_i - y_i| = delta + epsilon s_i, s_1 and s_2 in [0, 1]",
                "delta": "margin of the clip, in (0, 1/2)", "epsilon": "epsilon of Proposition 2, positive"},
    "domain": Domain({**{symbol.name: _SLOPE for symbol in ts.SLOPES}, "b1": sp.FiniteSet(-1, 1),
                      "b2": sp.FiniteSet(-1, 1), "s1": sp.Interval(0, 1), "s2": sp.Interval(0, 1),
                      "delta": sp.Interval.open(0, sp.S.Half), "epsilon": sp.Interval.open(0, 1)}),
}  # fmt: skip
"""Two samples in two parameters: a point, its symbols, and where the search looks."""


def _step(number: str, statement: str, text: str, latex: str, prove: Prove, reason: str) -> Claim:
    return entry(f"Eq{number}", f"{PROOF}, Eq. {number}", statement, words(text, latex), prove, reason)


def _proposition() -> Claim:
    printed = words("there is a > 0 with u^T Sigma u >= a lambda Tr Sigma / Tr H almost everywhere near every minimum",
                    r"u^T\Sigma u\ge a\lambda\frac{\operatorname{Tr}\Sigma}{\operatorname{Tr}H}")  # fmt: skip
    form = words(f"{SMOOTH}: a = (1 - delta_2) delta^2/(delta + eps)^2 for lambda |theta - theta*|^2 <= delta_2 "
                 f"delta^2",
                 r"a=\frac{(1-\delta_2)\delta^2}{(\delta+\epsilon)^2}\ \text{ for }\ "
                 r"\lambda\|\theta-\theta^*\|^2\le\delta_2\delta^2")  # fmt: skip
    return entry(
        "P3", "Proposition 3, Eq. 21", "Gradient noise aligns with the top of the Hessian near every minimum, local or "
        "global.", printed, p3.prove_proposition,
        "False at a global minimum on the clip: one ReLU unit, inputs (2, 1), (2, -1), labels 1. Just before the clip "
        "the "
        "noise has no share along u, on open sets arbitrarily near. True away from kinks, by the printed way.",
        form=form, refute=p3.refute_proposition,
    )  # fmt: skip


def _premises() -> tuple[Claim, ...]:
    nonzero = words("at a minimum the Hessian is not zero", r"H(\theta^*)\ne0")
    continuous = words("H is continuous, so lambda(theta) > lambda* - eps_1 for |theta - theta*| <= delta_1",
                       r"\lambda(\theta)>\lambda^*-\epsilon_1>0")  # fmt: skip
    constant = words(f"lambda(theta) = lambda(theta*) near theta* {SMOOTH}", r"\lambda(\theta)=\lambda(\theta^*)")
    return (
        _step("60", "Proposition 2 for the loss with 1/2.", "delta^2 H <= F <= (delta + eps)^2 H",
              r"\delta^2H\preceq F\preceq(\delta+\epsilon)^2H", fi.prove_upper, "Both parts of Proposition 2, off "
                  "kinks."),
        _step("61", "Eq. 60 along the top eigenvector.", "u^T F u >= delta^2 u^T H u = delta^2 lambda",
              r"u^TFu\ge\delta^2\lambda", fi.prove_lower, "A quadratic form of Eq. 60; u is a unit eigenvector."),
        entry("A.5/nonzero-hessian", f"{PROOF}, before Eq. 62", "The Hessian does not vanish at minima.", nonzero,
              p3.prove_hessian_constant, "The example of Appendix B: around (1, 0) the output is clipped and H = 0. "
                                         "It has to "
              "be assumed.", form=words("H(theta*) = 0 wherever all outputs are clipped; H(theta*) != 0 is an "
                                        "assumption",
                                        r"H(\theta^*)\ne0\ \text{(assumed)}"), refute=p3.refute_nonzero_hessian),
        entry("Eq62", f"{PROOF}, Eq. 62", "Near a minimum the top eigenvalue stays away from 0, H being continuous.",
              continuous, p3.prove_hessian_constant, "H is piecewise constant and jumps at kinks, on which minima may "
                                                     "lie: "
              "f = relu(w), w* = 1 - delta.", form=constant, refute=p3.refute_continuity),
    )  # fmt: skip


def _middle() -> tuple[Claim, ...]:
    chain = "Read as a step, given Eq. 61 and 62: the radius grows with lambda."
    numerator = r"u^TFu-u^T\nabla L\nabla L^Tu"
    expansion = r"\nabla L(\theta)=H(\theta^*)(\theta-\theta^*)+o(\theta-\theta^*)"
    square = r"\|\nabla L\|^2\le\|H(\theta^*)\|^2\|\theta-\theta^*\|^2"
    return (
        entry("Eq63", f"{PROOF}, Eq. 63", "Expansion of the gradient at every minimum.",
              words("grad L(theta) = H(theta*)(theta - theta*) + o(theta - theta*) near every minimum", expansion),
              p3.prove_gradient_bound, KINK + " Off kinks the loss is quadratic, so the remainder is 0.",
              form=words(f"grad L = H(theta*)(theta - theta*), {SMOOTH}",
                         r"\nabla L(\theta)=H(\theta^*)(\theta-\theta^*)"), refute=p3.refute_gradient_expansion),
        entry("Eq64", f"{PROOF}, Eq. 64", "Size of the gradient near every minimum.",
              words("|grad L|^2 <= |H(theta*)|^2 |theta - theta*|^2 + o(|theta - theta*|^2) near every minimum",
                    square + r"+o(\|\theta-\theta^*\|^2)"), p3.prove_gradient_bound, KINK + " Off kinks it holds in an "
              "eigenbasis, without a remainder.",
              form=words(f"|grad L|^2 <= |H(theta*)|^2 |theta - theta*|^2, {SMOOTH}", square),
              refute=p3.refute_gradient_expansion),
        _step("66", "Radius with lambda(theta) for lambda* - eps_1.", "where Eq. 62 holds: sqrt(delta^2 delta_2 "
              "(lambda* - eps_1)) <= sqrt(delta^2 delta_2 lambda)", r"\sqrt{\delta^2\delta_2(\lambda^*-\epsilon_1)}\le"
              r"\sqrt{\delta^2\delta_2\lambda}", p3.prove_radius_chain, chain),
        _step("67", "Radius with u^T F u.", "where Eq. 61 holds: sqrt(delta^2 delta_2 lambda) <= sqrt(delta_2 u^T F u)",
              r"\sqrt{\delta^2\delta_2\lambda}\le\sqrt{\delta_2u^TFu}", p3.prove_radius_chain, chain),
        _step("68", "Gradient against noise within the radius, where Eq. 64 holds.", "where Eq. 64 and 67 hold: |grad "
              "L|^2 <= delta_2 u^T F u (+ o)", r"\|\nabla L\|^2\le\delta_2u^TFu+o(\cdot)", p3.prove_radius_chain,
              "Read as a step: Eq. 64 at the radius of Eq. 67. At minima on kinks Eq. 64 fails."),
        _step("69", "Gradient covariance and Fisher matrix.", "Sigma = F - grad L grad L^T", r"\Sigma=F-\nabla "
            r"L\nabla L^T",
              fi.prove_covariance_identity, "Expansion of the covariance."),
        _step("71", "Eq. 69 inserted.", "(u^T F u - u^T grad L grad L^T u) / (Tr F - Tr grad L grad L^T)",
              r"\frac{" + numerator + r"}{\operatorname{Tr}F-\operatorname{Tr}\nabla L\nabla L^T}",
              fi.prove_covariance_identity, "Linear in Sigma."),
        entry("Eq72", f"{PROOF}, Eq. 72", "u^T grad L grad L^T u equals |grad L|^2.",
              words(numerator + " = u^T F u - |grad L|^2", numerator + r"=u^TFu-\|\nabla L\|^2"), p3.prove_eq72,
              "Only if grad L is along u; in general it is smaller, so = has to be >=, which is all that is needed.",
              form=words("(u . grad L)^2 <= |grad L|^2, so Eq. 71 >= Eq. 72", numerator + r"\ge u^TFu-\|\nabla L\|^2"),
              refute=p3.refute_eq72),
    )  # fmt: skip


def _end() -> tuple[Claim, ...]:
    fraction = r"\frac{u^TFu}{\operatorname{Tr}F}"
    bound = (r"\frac{u^T\Sigma u}{\operatorname{Tr}\Sigma}\ge\frac{(1-2\delta_2)\delta^2}{(\delta+\epsilon)^2}"
             r"\frac{\lambda}{\operatorname{Tr}H}")  # fmt: skip
    ratio = "u^T Sigma u / Tr Sigma >= (1 - 2 delta_2) delta^2/(delta + eps)^2 lambda/Tr H"
    return (
        _step("73", "A larger denominator.", "where u^T F u >= |grad L|^2: (u^T F u - |grad L|^2)/(Tr F - |grad L|^2) "
              ">= (u^T F u - |grad L|^2)/Tr F", r"\cdots\ge\frac{u^TFu-\|\nabla L\|^2}{\operatorname{Tr}F}",
              p3.prove_ratio_chain, "Read as a step, where u^T F u >= |grad L|^2, as Eq. 68 says."),
        _step("74", "Factorised.", "= (u^T F u / Tr F)(1 - |grad L|^2 / u^T F u)", fraction +
              r"\big(1-\tfrac{\|\nabla L\|^2}{u^TFu}\big)", p3.prove_ratio_chain, "Algebra."),
        _step("75", "Eq. 68 inserted.", "where Eq. 68 holds: >= (u^T F u / Tr F)(1 - delta_2 - o(delta_2))",
              fraction + r"(1-\delta_2-o(\delta_2))",
              p3.prove_ratio_chain, "Read as a step: Eq. 68 divided by u^T F u > 0."),
        _step("76", "The remainder absorbed.", "once o(delta_2) <= delta_2: >= (u^T F u / Tr F)(1 - 2 delta_2)",
              fraction + r"(1-2\delta_2)", p3.prove_ratio_chain, "Once the remainder is at most delta_2."),
        _step("77", "Eq. 60 as a quadratic form.", "u^T (F - delta^2 H) u >= 0 for all u", r"u^T(F-\delta^2H)u\ge0",
              fi.prove_lower, "The definition of the order."),
        _step("78", "Eq. 60 under the trace.", "Tr((delta + eps)^2 H - F) >= 0",
              r"\operatorname{Tr}((\delta+\epsilon)^2H-F)\ge0", fi.prove_upper, "A positive semidefinite matrix."),
        entry("Eq79", f"{PROOF}, Eq. 79", "Ratio of quadratic form and trace.",
              Form("u^T F u / Tr F >= delta^2 u^T H u / ((delta + eps)^2 Tr H)",
                   fraction + r"\ge\frac{\delta^2u^THu}{(\delta+\epsilon)^2\operatorname{Tr}H}",
                   _PAIR.along_fisher / _PAIR.trace_fisher, ts.bound(), ">="), p3.prove_trace_ratio,
              "Eq. 77 above, Eq. 78 below, for Tr F > 0. The sides are those of two samples in two parameters.", **AT),
        _step("80", "u is the top eigenvector.", "= delta^2 lambda / ((delta + eps)^2 Tr H)",
              r"\frac{\delta^2\lambda}{(\delta+\epsilon)^2\operatorname{Tr}H}", p3.prove_trace_ratio, "u^T H u = "
                  "lambda."),
        entry("Eq83", f"{PROOF}, Eq. 82-83", "The bound on the set of Eq. 81, near every minimum.",
              words(f"{ratio} on the set of Eq. 81", bound), p3.prove_proposition,
              "False at the minimum of the counterexample to Proposition 3, however small the set; true off kinks, by "
              "Eq. 76 and 79. The set itself is named with delta^1 for delta_1. The sides are those of two samples in "
              "two parameters, at the smallest delta_2 that Eq. 68 allows.",
              form=Form(f"{ratio} on the set of Eq. 81, {SMOOTH}", bound, _PAIR.along_noise / _PAIR.trace_noise,
                        (1 - 2 * _PAIR.squared_gradient / _PAIR.along_fisher) * ts.bound(), ">="),
              refute=p3.refute_proposition, **AT),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (_proposition(), *_premises(), *_middle(), *_end())
