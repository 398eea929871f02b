"""Anti-PGD paper, Theorem 2.1 and Appendix B, Eq. 25-29: convergence of the regularised gradient."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp

from theory.claims.antipgd._linear import entry
from theory.claims.building import sampled_means
from theory.claims.claim import Claim, Experiment, Form, Point
from theory.smoothing import descent as de
from theory.smoothing.moments import ETA, SIGMA

PROOF = "Appendix B, proof of Theorem 2.1"
AVERAGE = r"\mathbb E\Big[\tfrac1N\sum_{n<N}\|\nabla\tilde L(z_n)\|^2\Big]"
MEANING = {
    "c": "curvature of the loss c w^2 / 2, for which l = c; its third derivative is 0", "eta": "step size, at most 1/c",
    "N": "number of steps", "sigma": "standard deviation of the noise", "z0": "start",
}  # fmt: skip
EXAMPLE = {
    "c": sp.Integer(2), "eta": sp.Rational(1, 10), "N": sp.Integer(3), "sigma": sp.S.Zero, "z0": sp.Integer(3),
}  # fmt: skip


def _sample(generator: random.Random) -> Point:
    curvature = sp.Rational(generator.randint(1, 12), 4)
    return {
        "c": curvature, "eta": sp.Rational(generator.randint(1, 10), 10) / curvature, "z0": generator.randint(-4, 4),
        "N": sp.Integer(generator.randint(1, 8)), "sigma": sp.Rational(generator.randint(0, 8), 4),
    }  # fmt: skip


def _average(point: Point) -> sp.Expr:
    """The exact average on c w^2 / 2."""
    return de.quadratic_average(point["c"], point["eta"], point["sigma"], point["z0"], int(point["N"]))


def _right(expression: sp.Expr, beta: Callable[[Point], sp.Expr]) -> Callable[[Point], sp.Expr]:
    def side(point: Point) -> sp.Expr:
        values = {
            de.BETA: beta(point), de.LIPSCHITZ: point["c"], de.GAP: point["c"] * point["z0"] ** 2 / 2,
            de.STEPS: point["N"], de.DIM: sp.S.One, ETA: point["eta"], SIGMA: point["sigma"],
        }  # fmt: skip
        return expression.subs(values)

    return side


# --- experiment: L = w^2/2 + cos w, for which l = 2, beta = 1, d = 1 ----------------------------------------------

START, RATE, STEPS, NOISE = 3.0, 0.05, 20, 0.3


def _gap() -> float:
    """Lmod(z_0) - inf Lmod; the gradient w - (1 - sigma^2/2) sin w vanishes at 0 only, where Lmod is lowest."""
    return START**2 / 2 + (1 - NOISE**2 / 2) * (np.cos(START) - 1)


def _bound(eta: float, extra: bool = True) -> np.ndarray:
    at = {"Delta": _gap(), "eta": eta, "N": STEPS, "d": 1, "beta": 1, "l": 2, "sigma": NOISE if extra else 0}
    expression = de.bound()
    return np.array([float(expression.subs({s: at[s.name] for s in expression.free_symbols}))])


def _run(generator: np.random.Generator, size: int) -> np.ndarray:
    z, total = np.full(size, START), np.zeros(size)
    for _ in range(STEPS):
        total += (z - (1 - NOISE**2 / 2) * np.sin(z)) ** 2
        moved = z + NOISE * generator.choice((-1.0, 1.0), size)
        z = z - RATE * (moved - np.sin(moved))
    return total[:, None] / STEPS


def _experiment() -> Experiment:
    return sampled_means(
        f"L = w^2/2 + cos w from {START:g}, eta = {RATE}, {STEPS} steps, signs of size {NOISE}", _run,
        ("mean |grad Lmod|^2",), lambda: _bound(RATE),
        {"beta Delta / N, as in Eq. 28": lambda: _bound(2.0, extra=False),
         "2 beta Delta / N": lambda: _bound(1.0, extra=False)},
        relation="<=", count=20_000,
    )  # fmt: skip


# --- forms ------------------------------------------------------------------------------------------------------

BOUND = Form(
    "mean E|grad Lmod|^2 <= 2 Delta/(eta N) + rho^2 + eta B l^2 d sigma^2, rho = beta d^3 sigma^3/6,"
    " B = l + sigma^2 d^2 beta/2, if grad L is l-Lipschitz and eta <= 1/B",
    AVERAGE + r" \le \frac{2\Delta}{\eta N}+\rho^2+\eta B\ell^2d\sigma^2,\quad \rho=\tfrac{\beta d^3\sigma^3}6,\ "
    r"B=\ell+\tfrac{\sigma^2d^2\beta}2",
    _average, _right(de.bound(), lambda _: sp.S.Zero), "<=",
)
RATES = Form(
    "mean E|grad Lmod|^2 <= eps if eta <= min(1/B, eps/(3 B l^2 d sigma^2)), N >= 6 Delta/(eta eps) and"
    " beta^2 d^6 sigma^6 <= 12 eps, for l-Lipschitz grad L",
    AVERAGE + r" \le \epsilon\ \text{ if }\ \eta\le\min\{\tfrac1B,\tfrac{\epsilon}{3B\ell^2d\sigma^2}\},\ "
    r"N\ge\tfrac{6\Delta}{\eta\epsilon},\ \beta^2d^6\sigma^6\le12\epsilon",
)
PRINTED = Form(
    "L bounded below, third-order partial derivatives beta-Lipschitz, eta <= 1/beta, eta = O(eps/sigma^3),"
    " N = Theta(1/eps): mean E|grad Lmod|^2 <= eps",
    AVERAGE + r" \le \epsilon\ \text{ for }\ \eta=O(\epsilon/\sigma^3),\ N=\Theta(\epsilon^{-1}),\ \eta\le1/\beta",
)
ONE_STEP = Form(
    "E Lmod(z') <= Lmod(z) - (eta/2)|grad Lmod|^2 + (eta/2) rho^2 + (B/2) eta^2 l^2 d sigma^2 for eta <= 1/B",
    r"\mathbb E\tilde L(z_{n+1})\le\tilde L(z_n)-\tfrac\eta2\|\nabla\tilde L(z_n)\|^2+\tfrac\eta2\rho^2"
    r"+\tfrac{B\eta^2}2\ell^2d\sigma^2",
)


def _theorem() -> tuple[Claim, ...]:
    moments = Form(
        "the bound holds for any independent noise of mean 0, covariance sigma^2 I and finite E|xi|^3, with"
        " rho = beta d^(3/2) E|xi|^3 / 6",
        r"\rho = \tfrac16\beta d^{3/2}\,\mathbb E\|\xi\|^3",
    )
    floor = Form("E grad L(z + xi) - grad Lmod(z) = -(sigma^4/24) sin z + O(sigma^6) for L = w^2/2 + cos w, +-sigma",
                 r"\mathbb E L'(z+\xi)-\tilde L'(z) = -\tfrac{\sigma^4}{24}\sin z+O(\sigma^6)")  # fmt: skip
    return (
        entry("2.1", "Theorem 2.1, Eq. 7", "The average regularised gradient of Anti-PGD is eps after Theta(1/eps) "
                                           "steps.",
              PRINTED, de.prove_theorem,
              "Three gaps: Lipschitz third derivatives do not make Lmod smooth (L = w^2, beta = 1/2, eta = 2 "
              "diverges); "
              "Theta(1/eps) steps of size O(eps) go nowhere (L = w^2/2); at large eta the noise term eta sigma^2 "
              "dominates. N must be of order 1/(eta eps), eta of order eps/sigma^2, and sigma^6 of order eps.",
              form=RATES, refute=de.refute_theorem, note="Explicit constants; B as in the bound.",
              experiments=(_experiment(),)),
        entry("2.1/moments", "Theorem 2.1", "Which moments of the noise the theorem needs.", moments, de.prove_bound,
              "Nothing in the corrected proof uses that the noise is +-sigma, except the value of E|xi|^3.", new=True),
        entry("2.1/floor", "Theorem 2.1", "A zero of grad Lmod is not where Anti-PGD stops on average.", floor,
              de.prove_floor, "The mean step is that of E L(z + xi); its zeros differ from those of grad Lmod by "
              "O(sigma^4), so small steps settle beside them. A linear tilt moves the zeros anywhere.", new=True),
    )  # fmt: skip


def _proof() -> tuple[Claim, ...]:
    eq25 = Form(
        "z' - z = -eta grad Lmod - eta sum_j d_ij L xi_j - (eta/2) sum_{j != k} d_ijk L xi_j xi_k + O(eta sigma^3)",
        r"z_{n+1}^i-z_n^i = -\eta\partial_i\tilde L-\eta\sum_j\partial^2_{ij}L\xi^j"
        r"-\tfrac\eta2\partial_i\sum_{j\ne k}\partial^2_{jk}L\xi^j\xi^k+O(\eta\sigma^3)",
    )
    smooth = Form("beta-Lipschitz third-order partial derivatives of L make Lmod beta-smooth",
                  r"\|\nabla^2\tilde L\|\le\beta")  # fmt: skip
    smoother = Form("Lmod is B-smooth, B = l + sigma^2 d^2 beta/2, if grad L is l-Lipschitz as well",
                    r"\|\nabla^2\tilde L\|\le \ell+\tfrac{\sigma^2d^2\beta}2")  # fmt: skip
    trace = Form("Tr Hessian L is bounded below under the theorem's assumptions",
         r"\inf\operatorname{Tr}\nabla^2L>-\infty")
    lower = Form("Lmod >= inf L - beta d^4 sigma^4/24", r"\tilde L\ge\inf L-\tfrac{\beta d^4\sigma^4}{24}")
    eq26 = Form("E Lmod(z') <= E Lmod(z) - (eta - beta eta^2/2) E|grad Lmod|^2 + O(eta^2 sigma^2) + O(eta sigma^3)",
                r"\mathbb E\tilde L(z_{n+1})\le\mathbb E\tilde L(z_n)-(\eta-\tfrac{\beta\eta^2}2)"
                r"\mathbb E\|\nabla\tilde L\|^2+O(\eta^2\sigma^2)+O(\eta\sigma^3)")  # fmt: skip
    eq27 = Form("E|grad Lmod(z_n)|^2 <= 2 beta E Lmod(z_n) - 2 beta E Lmod(z_{n+1}) + O(eta^2 sigma^2) + O(eta "
                "sigma^3)",
                r"\mathbb E\|\nabla\tilde L\|^2\le2\beta(\mathbb E\tilde L(z_n)-\mathbb E\tilde L(z_{n+1}))+\dots")
    true27 = Form("E|grad Lmod(z_n)|^2 <= (2/eta)(E Lmod(z_n) - E Lmod(z_{n+1})) + rho^2 + eta B l^2 d sigma^2",
                  r"\mathbb E\|\nabla\tilde L\|^2\le\tfrac2\eta(\mathbb E\tilde L(z_n)-\mathbb E\tilde L(z_{n+1}))"
                  r"+\rho^2+\eta B\ell^2d\sigma^2")  # fmt: skip
    beta, gap, steps = de.BETA, de.GAP, de.STEPS
    eq28 = Form("mean E|grad Lmod|^2 <= beta Delta / N + O(eta^2 sigma^2) + O(eta sigma^3)",
                AVERAGE + r"\le\frac{\beta[\tilde L(z_0)-\mathbb E\tilde L(z_N)]}N+O(\eta^2\sigma^2)+O(\eta\sigma^3)",
                _average, _right(beta * gap / steps, lambda point: point["c"]), "<=")  # fmt: skip
    eq29 = Form("mean E|grad Lmod|^2 = O(1/N) + O(eta^2 sigma^2) + O(eta sigma^3)",
                AVERAGE + r" = O(N^{-1})+O(\eta^2\sigma^2)+O(\eta\sigma^3)")  # fmt: skip
    true29 = Form("mean E|grad Lmod|^2 = O(1/(eta N)) + O(eta sigma^2) + O(sigma^6)",
                  AVERAGE + r" = O((\eta N)^{-1})+O(\eta\sigma^2)+O(\sigma^6)")  # fmt: skip
    at: dict[str, Any] = {"example": EXAMPLE, "symbols": MEANING, "sample": _sample}
    return (
        entry("Eq25", f"{PROOF}, Eq. 25", "One step for +-sigma noise: regularised gradient, perturbation of mean 0, "
                                          "rest.",
              eq25, de.prove_eq25, "The squares of signs are constant, so the diagonal of the quadratic term is "
                                   "exact."),
        entry("2.1/smoothness", f"{PROOF}, after Eq. 25", "Lipschitz third derivatives make Lmod smooth.", smooth,
              de.prove_one_step, "They bound fourth derivatives, not second ones: any quadratic has constant 0 there. "
              "A Lipschitz gradient has to be assumed; the proof itself uses it later on.",
              form=smoother, refute=de.refute_smoothness),
        entry("Eq26", f"{PROOF}, Eq. 26", "Expected descent, with remainders that do not depend on z_n.", eq26,
              de.prove_one_step, "The expansion error enters multiplied by |grad Lmod(z_n)|, which has no bound. Half "
                                 "of "
              "the descent pays for it; then the remainders are uniform.", form=ONE_STEP, refute=de.refute_eq26),
        entry("Eq27", f"{PROOF}, Eq. 27", "Eq. 26 solved for the gradient.", eq27, de.prove_bound,
              "Dividing by eta gives 2/eta, which is at least 2 beta, not at most; the remainders lose a factor eta "
              "too.",
              form=true27, refute=de.refute_eq27),
        entry("Eq28", f"{PROOF}, Eq. 28", "Eq. 27 averaged over n.", eq28, de.prove_bound,
              "A factor 2 of Eq. 27 is lost on top of its own slip. (The printed side is shown without its O-terms, "
              "which "
              "vanish at sigma = 0.)", form=BOUND, refute=de.refute_eq28,
              experiments=(_experiment(),), **at),
        entry("Eq29", f"{PROOF}, Eq. 29", "The orders of the bound.", eq29, de.prove_bound,
              "The first term is Delta/(eta N): slow steps need more of them.", form=true29, refute=de.refute_eq29),
        entry("2.1/trace-bounded-below", f"{PROOF}, last paragraph", "The trace of the Hessian is bounded "
            "below.", trace,
              de.prove_lower_bound, "L = s^2 (1 + cos log s), s = 1 + w^2, satisfies the assumptions and has L'' -> "
                                    "-oo "
              "on a sequence. What the proof needs, a lower bound of Lmod, holds: Lmod is an average of L up to "
              "O(sigma^4).",
              form=lower, refute=de.refute_trace_bounded),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (*_theorem(), *_proof())
