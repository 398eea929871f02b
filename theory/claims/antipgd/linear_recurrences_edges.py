"""Beyond the Anti-PGD paper: no contraction at all (rho = 1), and Anti-PGD started as in the paper's Eq. 2 (new)."""

from __future__ import annotations

import sympy as sp

from theory.claims.antipgd._linear import enumerated, exact_second_moment, recurrence_experiment, whole
from theory.claims.antipgd.linear_recurrences_family import EXAMPLE, NAMES, STEPS, own_claim, predictions
from theory.claims.claim import Claim, Form, Point
from theory.linear.second_moments import (
    KAPPA,
    POWER,
    RHO,
    W0,
    FirstStep,
    K,
    finite,
    first_moment_step,
    one_step,
    prove_finite,
)
from theory.proof import Blackboard, Proof


def _prove_random_walk() -> Proof:
    board = Blackboard("second-moment recursion at rho = 1, summed by induction")
    formula = W0**2 + (1 + K * (1 - KAPPA) ** 2) * POWER
    a, b = (part.subs(RHO, 1) for part in one_step(KAPPA))
    board.equal("k = 0", formula.subs(K, 0), first_moment_step(KAPPA, FirstStep.FRESH).subs(RHO, 1))
    board.equal("step k -> k+1", formula.subs(K, K + 1), a * formula + b)
    return board.proof()


def _random_walk_claim() -> Claim:
    steps = (1, 3, 10, 30)
    formula = W0**2 + (1 + K * (1 - KAPPA) ** 2) * POWER

    def left(point: Point) -> sp.Expr:
        return exact_second_moment([sp.S.One] * (whole(point, "k") + 1), point, kappa=point["kappa"])

    form = Form(
        "rho = 1: E|w_{k+1}|^2 = |w_0|^2 + (1 + k (1-kappa)^2) d sigma^2",
        r"\rho = 1:\ \mathbb{E}\|w_{k+1}\|^2 = \|w_0\|^2 + \left(1 + k(1-\kappa)^2\right) d\sigma^2",
        left, formula,
    )  # fmt: skip
    experiment = recurrence_experiment(
        "rho = 1, kappa = 0.5, d = 4, sigma = 1/2, |w_0| = 1",
        rho=1.0, kappa=0.5, at=steps, dim=4, sigma=0.5, w0=1.0, expected=predictions(lambda: formula, steps),
        mutants={
            "kappa ignored: plain": predictions(lambda: formula, steps, kappa=0),
            "kappa ignored: fully anticorrelated": predictions(lambda: formula, steps, kappa=1),
            "1 - kappa for its square": predictions(lambda: W0**2 + (1 + K * (1 - KAPPA)) * POWER, steps),
            "k + 1 for k": predictions(lambda: formula.subs(K, K + 1), steps),
        },
    )  # fmt: skip
    return own_claim(
        "C.5/kappa-random-walk",
        "Without contraction the noise accumulates at rate (1 - kappa)^2 d sigma^2 a step: only kappa = 1 stops it.",
        form, _prove_random_walk, "The second-moment recursion at rho = 1.",
        example={n: EXAMPLE[n] for n in NAMES if n != "rho"}, names=NAMES[1:], experiments=(experiment,),
    )  # fmt: skip


def _as_in_eq2_claim() -> Claim:
    printed = RHO ** (2 * (K + 1)) * W0**2 + 2 * (1 + RHO ** (2 * K + 1)) / (1 + RHO) * POWER
    form = Form(
        "E|w_{k+1}|^2 = rho^(2(k+1)) |w_0|^2 + 2 (1+rho^(2k+1)) / (1+rho) d sigma^2",
        r"\mathbb{E}\|w_{k+1}\|^2 = \rho^{2(k+1)} \|w_0\|^2 + 2\,\frac{1+\rho^{2k+1}}{1+\rho}\, d\sigma^2",
        enumerated(sp.S.One, FirstStep.STATIONARY), printed,
    )  # fmt: skip
    names = ("rho", "k", "d", "sigma", "w0")

    def formula() -> sp.Expr:
        return finite(sp.S.One, FirstStep.STATIONARY)

    experiment = recurrence_experiment(
        "rho = 0.7, Anti-PGD with eps_0 = xi_0 - xi_{-1}, d = 4, sigma = 1/2, |w_0| = 1",
        rho=0.7, kappa=1.0, at=STEPS, first="stationary", dim=4, sigma=0.5, w0=1.0, expected=predictions(formula),
        mutants={
            "eps_0 = xi_0": predictions(lambda: finite(sp.S.One)),
            "2k for 2k+1": predictions(lambda: formula() + 2 * RHO ** (2 * K) * (1 - RHO) / (1 + RHO) * POWER),
            "factor 2 missing": predictions(lambda: formula() - formula().subs(W0, 0) / 2),
        },
    )  # fmt: skip
    return own_claim(
        "C.5/finite-as-in-Eq2",
        "When Anti-PGD starts as in Eq. 2, with eps_0 = xi_0 - xi_{-1} like every later step: " + form.text,
        form, lambda: prove_finite(sp.S.One, FirstStep.STATIONARY),
        "Eq. 48 takes eps_0 = xi_0; the increments of Eq. 2 give another value at every finite k, and the same limit.",
        example={n: EXAMPLE[n] for n in names}, names=names, experiments=(experiment,), derived=formula,
        place="Section 2, Eq. 2, with Corollary C.5, our own",
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (_random_walk_claim(), _as_in_eq2_claim())
