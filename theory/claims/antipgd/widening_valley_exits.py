"""Anti-PGD paper, Theorem 3.1: the sides of exit; Corollary 3.1 and C.9: the trace of the Hessian."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import sympy as sp

from theory.claims.antipgd._valley import (
    ADMISSIBLE,
    QUIET,
    constant,
    entry,
    fails,
    holds,
    mean_experiment,
    point,
    run_valley,
    within,
)
from theory.claims.claim import Claim, Derivation, Effort, Estimates, Experiment, Form, Verdict
from theory.claims.domain import Domain
from theory.proof import Blackboard, Proof
from theory.valley import anti, first_step, search
from theory.valley import plateau as slow
from theory.valley.inside import SIGMA
from theory.valley.landscape import ALPHA, DIM, RADIUS2, prove_trace
from theory.valley.surrogate import prove_at_zero_noise

THEOREM = "Theorem 3.1, sides of exit"
COROLLARY = "Corollary 3.1 and C.9"
_ALPHA, _DIM = 0.5, 8
_POINT = {"alpha": sp.Rational(1, 2), "d": sp.Integer(8)}


def _share(effort: Effort, seed: int, side: str, method: str, sigma2: float) -> tuple[float, float, int]:
    """Share of the trajectories that leave by one side, its standard error, trajectories."""
    steps = int(4 / (_ALPHA / 2 * sigma2))
    run = run_valley(effort, seed, method=method, alpha=_ALPHA, dim=_DIM, sigma2=sigma2, at=(steps,),
                     trajectories=8192, capped=True, exits=True)  # fmt: skip
    passage, count = run.first_passage, run.trajectories
    share = getattr(passage, side) / count
    return share, float(np.sqrt(share * (1 - share) / count)), count


def _side_experiment(
    name: str, side: str, method: str, sigma2: float, relation: str, expected: float, mutants: dict[str, float]
) -> Experiment:
    def simulate(effort: Effort, seed: int) -> Estimates:
        share, stderr, count = _share(effort, seed, side, method, sigma2)
        return Estimates(np.array([share]), np.array([stderr]), (f"share that leaves {side}",), count)

    return Experiment(name=name, simulate=simulate, expected=constant(expected), relation=relation,
                      mutants={label: constant(value) for label, value in mutants.items()})  # fmt: skip


def _formula_experiment() -> Experiment:
    """Exit above against the diffusion, extrapolated to sigma -> 0 from two noise levels (overshoot is O(sigma))."""

    def simulate(effort: Effort, seed: int) -> Estimates:
        coarse, coarse_error, _ = _share(effort, seed, "above", "pgd", 1 / 256)
        fine, fine_error, count = _share(effort, seed + 1, "above", "pgd", 1 / 1024)
        error = np.hypot(2 * fine_error, coarse_error)
        return Estimates(np.array([2 * fine - coarse]), np.array([error]), ("share above, sigma -> 0",), count)

    def value(**changed: int) -> Callable[[], np.ndarray]:
        return lambda: np.array([float(slow.exit_above({**_POINT, **{k: sp.Integer(v) for k, v in changed.items()}}))])

    return Experiment(
        name="PGD, alpha = 1/2, d = 8, sigma^2 = 1/256 and 1/1024 extrapolated: share that leaves through D / alpha",
        simulate=simulate, expected=value(),
        mutants={"sides swapped": lambda: 1 - value()(), "one half": constant(0.5), "never below": constant(1.0),
                 "d - 4 for d": value(d=4)},
    )  # fmt: skip


def _exit_claims() -> tuple[Claim, ...]:
    mostly = Form("if d >= 2 / alpha^2, PGD leaves (alpha D, D / alpha) more often by D / alpha, for every alpha in "
                  "(0, 1) and admissible sigma",
                  r"d \ge 2/\alpha^2\ \Rightarrow\ \mathbb{P}(\text{exit at } D/\alpha) > \tfrac12")  # fmt: skip
    always = Form("Anti-PGD leaves (alpha D, D / alpha) by alpha D, for every alpha in (0, 1), d and admissible "
                  "sigma^2 <= alpha D / (2 d)",
                  r"\mathbb{P}(\text{exit at } \alpha D) = 1\quad (\alpha \in (0, 1))")  # fmt: skip
    above = Form("for small sigma and d >= 2 / alpha^2 >= 8, PGD leaves (alpha D, D / alpha) more often by D / alpha",
                 r"\mathbb{P}(\text{exit at } D/\alpha) > \tfrac12\quad (d \ge 2/\alpha^2 \ge 8)",
                 slow.exit_above, sp.S.Half, ">")  # fmt: skip
    high = Domain({"alpha": sp.Interval.Lopen(0, sp.S.Half), "d": sp.Range(8, 513)},
                  (sp.Symbol("d") * sp.Symbol("alpha") ** 2 >= 2,))  # fmt: skip
    below = Form("if alpha <= 2/3, 2 d sigma^2 < alpha D and sqrt(D) + 2 sigma sqrt(d) < sqrt(D / alpha), Anti-PGD "
                 "leaves (alpha D, D / alpha) by alpha D with probability 1",
                 r"\mathbb{P}(\text{exit at } \alpha D) = 1")  # fmt: skip
    formula = Form(
        "for sigma -> 0: P(PGD leaves by D / alpha) = ratio of integrals of x^(-(d-1)/2) (2 - x)^(-1/2) over "
        "(alpha^2/2, alpha/2) and (alpha^2/2, 1/2)",
        r"\mathbb{P}(\text{exit at } D/\alpha) \to \int_{\alpha^2/2}^{\alpha/2} \Big/ \int_{\alpha^2/2}^{1/2} "
        r"x^{-\frac{d-1}{2}} (2-x)^{-\frac12}\, dx", None, slow.exit_above,
    )
    return (
        entry("3.1/exit-side/pgd", THEOREM, "PGD leaves the region mostly through D / alpha.", mostly,
              lambda: Derivation(None, None, first_step.refute_mostly_above()), Verdict.REFUTED,
              "Read as a statement on paths. At alpha = 9/10, d = 3, sigma^2 = D/100 the first step from (sqrt(D), 0, "
              "0) leaves for certain, half the time on either side. For small noise and alpha <= 1/2 see "
              "3.1/exit-side/small-noise; the mean of |u|^2 is another matter, Eq. 13."),
        entry("3.1/exit-side/small-noise", THEOREM,
              "PGD leaves the region mostly through D / alpha if alpha <= 1/2 and sigma is small.", above,
              holds(above, slow.support_exit), Verdict.SUPPORTED,
              "By the averaged diffusion; the averaging is not proved. At alpha = 1/2, d = 8 about 85 of 100 paths; "
              "at alpha = 9/10, d = 3 its formula gives 0.496, slightly less than half.",
              experiments=(_side_experiment(
                  "PGD, alpha = 1/2, d = 8, sigma^2 = 1/256: share that leaves through D / alpha against 1/2", "above",
                  "pgd", 1 / 256, ">=", 0.5, {"19 of 20": 0.95, "always": 1.0}),), example=_POINT, domain=high,
              new=True),
        entry("3.1/exit-side/anti", THEOREM, "Anti-PGD leaves the region through alpha D.", always,
              fails(below, anti.prove_exit_below, first_step.refute_always_below), Verdict.CORRECTED,
              "Read as a statement on paths. At alpha = 9/10, d = 3, sigma^2 = D/100 the first step leaves above with "
              "chance 1/2 (1/4 if eps_0 = xi_0 - xi_{-1}). With alpha <= 2/3 and small noise |u| never exceeds "
              "sqrt(D) + 2 sigma sqrt(d), and its memory of the start fades almost surely.",
              experiments=(_side_experiment(
                  "Anti-PGD, alpha = 1/2, d = 8, sigma^2 = 1/1024: share that leaves through alpha D", "below", "anti",
                  1 / 1024, "==", 1.0, {"sides swapped": 0.0, "one half": 0.5, "as PGD above": 0.84}),)),
        entry("3.1/exit-probability", THEOREM, "The probability that PGD leaves upwards, for small noise.", formula,
              holds(formula, slow.support_exit), Verdict.SUPPORTED,
              "Scale function of the slow diffusion of eta |u|^2 along the floor; the averaging over v is not proved.",
              experiments=(_formula_experiment(),), example=_POINT, new=True),
    )  # fmt: skip


def prove_start_trace() -> Proof:
    """E Tr Hessian at w_0 = (u_0, 0): d 0^2 + |u_0|^2 = D."""
    board = Blackboard("direct computation")
    for step in (*prove_trace().steps, *prove_at_zero_noise().steps):
        board.note(step.what, step.holds, step.shown)
    dim, radius2 = sp.symbols("d D", positive=True)
    board.equal("d v^2 + |u|^2 at v = 0, |u|^2 = D", dim * sp.S.Zero**2 + radius2, radius2)
    return board.proof()


def _trace_experiment() -> Experiment:
    """PGD at alpha = 1/16 and the smallest d = 512 of the corollary."""
    bound = 16.0
    return mean_experiment(
        "PGD, alpha = 1/16, d = 512, sigma^2 = alpha^3 D / 2: E Tr Hessian after 1000 steps against D / alpha",
        "hessian_trace", (1000,), constant(bound),
        {"d D / alpha": constant(512 * bound), "8 D / alpha": constant(8 * bound)},
        relation=">=", method="pgd", alpha=1 / 16, dim=512, sigma2=1 / 8192, trajectories=512, capped=True,
    )  # fmt: skip


def _corollary() -> tuple[Claim, ...]:
    low = Form("lim E Tr Hessian(w_n) <= 16 alpha D <= D for Anti-PGD, alpha <= 1/16, sigma^2 <= alpha D / (2d)",
               r"\lim_{n\to\infty} \mathbb{E}[\operatorname{Tr} \nabla^2 L(w_n)] \le 16 \alpha D \le D")  # fmt: skip
    lower = Form("limsup E Tr Hessian(w_n) <= 4 d sigma^2 <= 2 alpha D <= 16 alpha D <= D, Anti-PGD, alpha <= 1/16",
                 r"\limsup_{n\to\infty} \mathbb{E}[\operatorname{Tr} \nabla^2 L(w_n)] \le 2 \alpha D")  # fmt: skip
    high = Form("lim E Tr Hessian(w_n) >= D / alpha for PGD, d >= 2 / alpha^2",
                r"\lim_{n\to\infty} \mathbb{E}[\operatorname{Tr} \nabla^2 L(w_n)] \ge D / \alpha")  # fmt: skip
    start = Form("E Tr Hessian(w_0) = D", r"\mathbb{E}[\operatorname{Tr} \nabla^2 L(w_0)] = D")
    sums = Form("|v_n| <= 4 sigma and Eq. 14 give d v^2 + |u|^2 <= 9 alpha D <= 16 alpha D in expectation",
                r"16 d\sigma^2 + \alpha D \le 9 \alpha D \le 16 \alpha D",
                16 * DIM * SIGMA**2 + ALPHA * RADIUS2, 9 * ALPHA * RADIUS2, "<=")  # fmt: skip
    return (
        entry("C.9/anti", f"{COROLLARY}, first line",
              "Anti-PGD ends with a Hessian trace of at most 16 alpha D (lim read as limsup, alpha << 1 as "
              "alpha <= 1/16).", low, holds(lower, anti.prove_trace), Verdict.PROVED,
              "Even 4 d sigma^2 <= 2 alpha D, from |z| <= sigma for z = w - xi in every coordinate."),
        entry("C.9/anti/arithmetic", "Appendix C.3, proof", "The printed way to 16 alpha D.", sums,
              holds(sums, anti.prove_printed_arithmetic), Verdict.PROVED, "It gives 9 alpha D.",
              example={**point("alpha", "D", "d"), "sigma": sp.Rational(1, 8)},
              domain=within("alpha", "D", "sigma", "d", where=(ADMISSIBLE, QUIET))),
        entry("C.9/pgd", f"{COROLLARY}, second line", "PGD ends with a Hessian trace of at least D / alpha.", high,
              holds(high, search.search_theorem), Verdict.SUPPORTED,
              "The trace is at least |u|^2; as Eq. 13, it even becomes infinite.", experiments=(_trace_experiment(),)),
        entry("C.9/start", COROLLARY, "The trace at the start is D, between 16 alpha D and D / alpha.", start,
              holds(start, prove_start_trace), Verdict.PROVED, "v_0 = 0."),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (*_exit_claims(), *_corollary())
