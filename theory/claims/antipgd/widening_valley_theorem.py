"""Anti-PGD paper, Theorem 3.1: its conclusions Eq. 13 and 14 for the true dynamics, step size, thresholds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import sympy as sp

from theory.claims.antipgd._valley import constant, entry, fails, holds, mean_experiment, point
from theory.claims.antipgd.widening_valley_anti_proof import CONDITIONS, limit_experiment
from theory.claims.claim import Claim, Experiment, Form, Verdict
from theory.valley import anti, escape, inside, search
from theory.valley import plateau as slow
from theory.valley.landscape import ALPHA, DIM, RADIUS2

PLACE = "Theorem 3.1"
_ALPHA, _DIM = 0.5, 8  # d = 2 / alpha^2, the smallest d of Eq. 13
_BOUND = 1 / _ALPHA  # D / alpha with D = 1


def _eq13_experiment() -> Experiment:
    """E|u_n|^2 well before blow-up sets in, at d = 2 / alpha^2 exactly."""
    return mean_experiment(
        "PGD, alpha = 1/2, d = 8 = 2 / alpha^2, sigma^2 = 1/256: E|u_n|^2 against D / alpha", "sq_norm_u",
        (2000, 3000), constant(_BOUND, 2),
        {"d D / alpha": constant(_DIM * _BOUND, 2), "4 D / alpha": constant(4 * _BOUND, 2),
         "4 (1 - 1/d) D / alpha": constant(4 * (1 - 1 / _DIM) * _BOUND, 2)},
        relation=">=", method="pgd", alpha=_ALPHA, dim=_DIM, sigma2=1 / 256, trajectories=4096, capped=True,
    )  # fmt: skip


def _plateau_experiment() -> Experiment:
    """The plateau at small noise; capped, since the prediction is a limit sigma -> 0."""

    def value(formula: sp.Expr) -> Callable[[], np.ndarray]:
        return lambda: np.array([float(formula.subs({ALPHA: _ALPHA, DIM: _DIM, RADIUS2: 1}))])

    unit = RADIUS2 / ALPHA
    return mean_experiment(
        "PGD, alpha = 1/2, d = 8, sigma^2 = 1/4096: E|u_n|^2 after n = 2 / (eta sigma^2) steps", "sq_norm_u",
        (32768,), value(slow.plateau()),
        {"4 D (1 - 1/d) / alpha": value(4 * unit * (1 - 1 / DIM)), "4 D / alpha": value(4 * unit),
         "D / alpha": value(unit), "4 D (d - 2) / (alpha d)": value(4 * unit * (DIM - 2) / DIM),
         "the surrogate's d D alpha^3 / 4": value(DIM * RADIUS2 * ALPHA**3 / 4)},
        method="pgd", alpha=_ALPHA, dim=_DIM, sigma2=1 / 4096, trajectories=4096, capped=True,
    )  # fmt: skip


def _eq13_claims() -> tuple[Claim, ...]:
    eq13 = Form("lim E|u_n|^2 >= D / alpha for d >= 2 / alpha^2 and every admissible sigma",
                r"d \ge 2/\alpha^2\ \Rightarrow\ \lim_{n\to\infty} \mathbb{E}\|u_n\|^2 \ge D/\alpha")  # fmt: skip
    shed = Form("if PGD can reach eta (|u|^2 + v^2) >= 4 by some noise pattern, then E|u_n|^2 -> infinity",
                r"\eta(\|u\|^2+v^2) \ge 4 \text{ reachable} \Rightarrow \mathbb{E}\|u_n\|^2 \to \infty")  # fmt: skip
    loud = Form("E|u_n|^2 -> infinity whenever d sigma^2 >= 18 D / (25 alpha), any d, sigma admissible",
                r"d\sigma^2 \ge \tfrac{18 D}{25 \alpha} \Rightarrow \mathbb{E}\|u_n\|^2 \to \infty")  # fmt: skip
    small = Form("E|u_n|^2 -> infinity for every d >= 1 and every admissible sigma",
                 r"\lim_{n\to\infty} \mathbb{E}\|u_n\|^2 = \infty\quad (d \ge 1)")  # fmt: skip
    level = Form("for sigma -> 0, E|u_n|^2 stays near 4 D (d - 1) / (alpha (d + 2)), d >= 2, from n = 1/(eta sigma^2)",
                 r"\mathbb{E}\|u_n\|^2 \approx \frac{4D}{\alpha}\,\frac{d-1}{d+2}", None, slow.plateau())  # fmt: skip
    return (
        entry("3.1/Eq13", f"{PLACE}, Eq. 13", "In high dimensions PGD ends at E|u_n|^2 of at least D / alpha.", eq13,
              holds(eq13, search.search_theorem), Verdict.SUPPORTED,
              "Holds, for a reason that the paper does not have: a noise pattern of positive probability starts "
              "growth that nothing stops, so the limit is infinite. Proved for d sigma^2 >= 18 D / (25 alpha); for "
              "smaller noise the pattern was found at every point of a grid. Before, E|u_n|^2 lingers above D / alpha "
              "anyway. The printed proof breaks (Eq. 62 for all k, 65-67).", experiments=(_eq13_experiment(),)),
        entry("3.1/watershed", f"{PLACE}, beyond Eq. 13",
              "If PGD can cross eta (|u|^2 + v^2) = 4, its E|u_n|^2 is infinite in the limit.", shed,
              holds(shed, escape.prove_watershed), Verdict.PROVED,
              "Beyond 4, noise aligned with the state makes the sum grow until |u| and |v| double at every step "
              "whatever the noise.", new=True),
        entry("3.1/large-noise", f"{PLACE}, beyond Eq. 13", "For strong noise PGD's E|u_n|^2 is infinite in the limit.",
              loud, holds(loud, escape.prove_large_noise), Verdict.PROVED,
              "Signs that push |u| up and hold |v| below sigma carry eta |u|^2 past 3, and one step later past 4.",
              new=True),
        entry("3.1/every-dimension", f"{PLACE}, beyond Eq. 13", "PGD's E|u_n|^2 is infinite in the limit in every "
              "dimension, also below d = 2 / alpha^2.", small, holds(small, search.search_every_dimension),
              Verdict.SUPPORTED, "The same search at d = 1, 2, 4; the dimension does not decide the limit.",
              new=True),
        entry("3.1/plateau", f"{PLACE}, beyond Eq. 13", "Where E|u_n|^2 of PGD lingers for small noise.", level,
              holds(level, slow.support_plateau), Verdict.SUPPORTED,
              "eta |u|^2 / 2 follows a slow diffusion with stationary law Beta((d-1)/2, 3/2), once v is averaged out. "
              "The mean exceeds D / alpha for d >= 3 and equals it at d = 2.", experiments=(_plateau_experiment(),),
              example=point("alpha", "D", "d"), new=True),
    )  # fmt: skip


def _eq14_experiments() -> tuple[Experiment, ...]:
    """At sigma^2 = alpha D / (2 d), 2 d sigma^2 is alpha D."""
    return limit_experiment("fresh"), limit_experiment("stationary")


def _other_claims() -> tuple[Claim, ...]:
    eq14 = Form("lim E|u_n|^2 <= alpha D for every d, alpha in (0, 1), admissible sigma^2 <= alpha D / (2 d)",
                r"\lim_{n\to\infty} \mathbb{E}\|u_n\|^2 \le \alpha D\quad (\alpha \in (0, 1))")  # fmt: skip
    right = Form(f"limsup E|u_n|^2 <= 2 d sigma^2 <= alpha D for every d, {CONDITIONS}",
                 r"\limsup_{n\to\infty} \mathbb{E}\|u_n\|^2 \le 2d\sigma^2 \le \alpha D\ "
                 r"(\alpha \le \tfrac23)")  # fmt: skip
    noise = Form("2 d sigma^2 <= alpha D exactly when sigma^2 <= alpha D / (2 d)",
                 r"2d\sigma^2 \le \alpha D \iff \sigma^2 \le \frac{\alpha D}{2d}")  # fmt: skip
    stable = Form("inside the region the factors 1 - eta v^2 and 1 - eta |u|^2 lie in [0, 1], for both methods",
                  r"0 \le 1-\eta v_k^2 \le 1,\quad 0 \le 1-\eta\|u_k\|^2 \le 1")  # fmt: skip
    return (
        entry("3.1/Eq14", f"{PLACE}, Eq. 14",
              "Anti-PGD ends at E|u_n|^2 of at most alpha D, for every alpha in (0, 1).", eq14,
              fails(right, anti.prove_14, anti.refute_14), Verdict.CORRECTED,
              "False for alpha near 1: at alpha = 19/20, d = 4, sigma = sqrt(D)/3 five steps of positive probability "
              "end in unstoppable growth, so E|u_n|^2 -> infinity. Proved for alpha <= 2/3, both first steps, lim as "
              "limsup; nothing is decided here between 2/3 and 19/20.",
              experiments=_eq14_experiments()),
        entry("3.1/noise-threshold", f"{PLACE}, condition on sigma^2 in part 2", "Eq. 71 gives Eq. 14 if sigma^2 <= "
              "alpha D / (2 d).", noise, holds(noise, anti.prove_noise_threshold), Verdict.PROVED, "Factorisation."),
        entry("3.1/stable-dynamics", f"{PLACE}, step size",
              "eta = alpha / (2 D) gives stable dynamics inside the region.", stable,
              holds(stable, inside.prove_stable_inside), Verdict.PROVED,
              "By the bounds |v| <= 2 sigma / alpha^2 (PGD) and 2 sigma (Anti-PGD), which hold up to the first exit. "
              "(Figure 4 uses eta = alpha / D, twice the theorem's step.)"),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (*_eq13_claims(), *_other_claims())
