"""NSO paper, Section 4: the construction of Eq. 8, its truncated noise, and Theorem 4.5, Eq. 9."""

from __future__ import annotations

import sympy as sp

from theory.claims.claim import Claim, Form
from theory.claims.nso._common import entry, equal_steps
from theory.noise_stability import chain_functions as cf
from theory.noise_stability import equal_steps as es
from theory.noise_stability import fixed_rate as fr
from theory.noise_stability.chain_functions import LONG, LOWER, C, D
from theory.proof import Blackboard, Proof

PLACE = "Section 4"
POINT = {"C": sp.S.One, "D": sp.S.One, "k": sp.S.One, "sigma": sp.Integer(2), "T": sp.Integer(50)}


def _prove_both() -> Proof:
    """Lemmas B.2 and B.3 as corrected."""
    board = Blackboard("two cases: small steps (plateau), large fixed steps (contraction)")
    board.include(cf.prove_lemma_b2())
    board.include(fr.prove_lemma_b3())
    return board.proof()


def _refute_both() -> Proof:
    """Both cases fail where T is small against sigma^2."""
    board = Blackboard("exact counterexamples C = D = k = T = 1, sigma^2 = 100")
    board.include(cf.refute_lemma_b2())
    board.include(fr.refute_lemma_b3())
    return board.proof()


def _construction() -> tuple[Claim, ...]:
    smooth = Form(
        "h_i is continuously differentiable, and h_i' is C-Lipschitz", r"h_i\in C^1,\ h_i'\ C\text{-Lipschitz}"
    )
    lipschitz = Form("grad f is C-Lipschitz if G <= 1/C", r"G\le C^{-1}\Rightarrow\nabla f\ C\text{-Lipschitz}")
    right = Form("grad f is C-Lipschitz if and only if G >= 1/C", r"G\ge C^{-1}\iff\nabla f\ C\text{-Lipschitz}")
    cut = Form("min(U_i, a_i) gives |U_i| <= a_i, symmetric at zero", r"\tilde U_i=\min(U_i,a_i)\Rightarrow|\tilde "
                                                                      r"U_i|\le "
               r"a_i")  # fmt: skip
    clip = Form("max(-a_i, min(U_i, a_i)) gives |U_i| <= a_i, symmetric at zero",
                r"\tilde U_i=\max(-a_i,\min(U_i,a_i))\Rightarrow|\tilde U_i|\le a_i")  # fmt: skip
    loose = Form("<xi_i, e> <= alpha_i/2 and |U| <= alpha_i/2: noise and perturbation together stay within alpha_i, so "
                 "h_i' = 0 there", r"\langle\xi_i,e_{i+1}\rangle\le\tfrac{\alpha_i}2\Rightarrow h_i'=0")  # fmt: skip
    flat = Form("eta_i |<xi_i, e>| <= alpha_i/2 and |U| <= alpha_i/2: |eta_i xi_i + U| <= alpha_i, so h_i' = 0 there "
                "and h_i(0) = C alpha_i^2/4",
                r"\eta_i|\langle\xi_i,e_{i+1}\rangle|\le\tfrac{\alpha_i}2\Rightarrow h_i'=0")  # fmt: skip
    return (
        entry("Eq8", f"{PLACE}, Eq. 8, the function h_i", "The pieces of h_i fit together.", smooth,
              "Values and slopes agree at alpha, 3 alpha/2 and 2 alpha; second derivatives are 0 or +-C.",
              prove=cf.prove_h),
        entry("Eq8/G", f"{PLACE}, under Eq. 8, 'provided that G <= C^(-1)'", "Condition on G.", lipschitz,
              "The first coordinate has curvature 1/G; the inequality is the wrong way round (the proof takes G >= "
              "1/C).",
              prove=cf.prove_lipschitz_condition, refute=cf.refute_lipschitz_condition, form=right),
        entry("4.5/truncation", f"{PLACE} and Appendix B.2, truncated perturbation",
              "Truncation at a_i bounds |U_i|.", cut,
              "Truncated from above only, U is neither bounded nor of mean zero; it has to be clipped on both sides. "
              "(One place starts from N(0, sigma^2 Id), the other from N(0, Id).)", prove=cf.prove_clipping,
              refute=cf.refute_truncation, form=clip),
        entry("4.5/plateau", f"{PLACE}, under Theorem 4.5: triangle inequality, h' = 0, h(<W_0, e>) = C alpha^2/4",
              "Noise and perturbation never leave the plateau.", loose,
              "The iterate moves by eta_i xi_i, in either direction: with eta_i = 3 < 1/C a noise of alpha_i/2 leads "
              "to the slope's far end. The bound of the proof, |xi| <= sigma/sqrt(k) = alpha_i/(2 eta_i), is the right "
              "one.",
              prove=cf.prove_clipping, refute=cf.refute_unscaled_noise, form=flat),
    )  # fmt: skip


def _theorem() -> tuple[Claim, ...]:
    printed = Form(
        "min over t of E|grad F(W_t)|^2 >= D sqrt(C sigma^2/(32 k T)) for all T <= d (evaluated: small equal steps)",
        r"\min_{1\le t\le T}\mathbb E\|\nabla F(W_t)\|^2\ge D\sqrt{\frac{C\sigma^2}{32kT}}",
        es.plateau(),
        LOWER,
        ">=",
    )
    right = Form("min over t of E|grad F(W_t)|^2 >= min{C D^2/4, D sqrt(C sigma^2/(32 k T))}, the second for " + LONG,
                 r"\ldots\ge\min\left\{\tfrac{CD^2}4,D\sqrt{\frac{C\sigma^2}{32kT}}\right\}", es.plateau(),
                 sp.Min(C * D**2 / 4, LOWER), ">=")  # fmt: skip
    dimension = Form("the construction needs T <= d", r"T\le d")
    dimension_right = Form("the construction needs T <= d - 1", r"T\le d-1")
    matching = Form("the lower bound matches the rate of Theorem 4.3 up to a constant",
                    r"\frac{\sqrt{2CD^2(\sigma^2+C^2H)/(kT)}}{D\sqrt{C\sigma^2/(32kT)}}=O(1)")  # fmt: skip
    ratio = Form(
        "leading terms differ by the factor 8 sqrt(1 + C^2 H/sigma^2)",
        r"\frac{\sqrt{2CD^2(\sigma^2+C^2H)/(kT)}}{D\sqrt{C\sigma^2/(32kT)}}=8\sqrt{1+C^2H/\sigma^2}",
    )
    return (
        entry("4.5", f"{PLACE}, Theorem 4.5, Eq. 9", "Lower bound for small, or large fixed, step sizes.", printed,
              "For T < sigma^2/(2 k C D^2) the printed bound can exceed C D^2, which no construction reaches: sigma^2 "
              "= 100, all else 1. True from there on, with perturbations clipped on both sides.", prove=_prove_both,
              refute=_refute_both, form=right, domain=equal_steps(es.SMALL),
              example={**POINT, "sigma": sp.Integer(10), "T": sp.S.One, "eta": sp.Rational(1, 20)}),
        entry("4.5/dimension", f"{PLACE}, 'requires T <= d'", "Dimension of the construction.", dimension,
              "Coordinates e_0, ..., e_T are used, T + 1 of them.", prove=cf.prove_dimension,
              refute=cf.refute_dimension,
              form=dimension_right),
        entry("4.5/matching", f"{PLACE} and Introduction, 'matching upper and lower bounds'", "The two bounds match.",
              matching, "Only for C^2 H of the order of sigma^2: the lower bound knows nothing of H(P).",
              prove=cf.prove_ratio, refute=cf.refute_matching, form=ratio),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (*_construction(), *_theorem())
