"""Anti-PGD paper, Appendix C.2: the displayed steps of the printed proof of Eq. 13 (PGD), Eq. 61-67, Remark C.8."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from theory.claims.antipgd._linear import recurrence_experiment
from theory.claims.antipgd._valley import (
    ADMISSIBLE,
    PATH,
    Prove,
    entry,
    fails,
    holds,
    path_domain,
    path_side,
    point,
    within,
)
from theory.claims.claim import Claim, Experiment, Form, Verdict
from theory.proof import Blackboard, Proof
from theory.valley import inside, surrogate
from theory.valley.inside import SIGMA
from theory.valley.landscape import ALPHA, DIM, RADIUS2
from theory.valley.paths import Setting, follow

PLACE = "Appendix C.2"
PRINTED65 = DIM * RADIUS2**2 * ALPHA**6 / (2 * RADIUS2 * ALPHA**3 - 2 * SIGMA**2)
_HALF = sp.Rational(1, 2)
_A, _V, _S, _U, _Y = sp.symbols("a v s U y", real=True)


def _claim(number: str, place: str, statement: str, printed: Form, reason: str, prove: Prove, **settings: Any) -> Claim:
    """A displayed step that holds as printed."""
    return entry(number, f"{PLACE}, {place}", statement, printed, holds(printed, prove), Verdict.PROVED, reason,
                 **settings)  # fmt: skip


def refute_62_for_all_k() -> Proof:
    """An exact run of PGD leaves the region through D / alpha and then has |v_7| > 2 sigma / alpha^2."""
    board = Blackboard("exact run of seven steps, alpha = 1/2, d = 8, D = 2, sigma = 1/3")
    case = Setting(alpha=Fraction(1, 2), radius2=Fraction(2), dim=8, sigma2=Fraction(1, 9))
    signs = ((1, 1), (1, 1), (1, 1), (1, 1), (1, -1), (1, 1), (1, -1))
    last = follow(case, Fraction(1, 3), Fraction(1, 2), signs, anticorrelated=False)[-1]
    board.true("sigma is admissible", case.admissible)
    bound = 2 * Fraction(1, 3) / case.alpha**2
    board.true("|v_7| > 2 sigma / alpha^2", abs(last.v) > bound, f"{float(abs(last.v)):.4f} > {float(bound):.4f}")
    return board.proof()


def _bounds_on_v() -> tuple[Claim, ...]:
    b61 = Form("|v_{k+1}| <= max(1 - alpha^2/2, 1/2) |v_k| + sigma = (1 - alpha^2/2) |v_k| + sigma",
               r"|v_{k+1}| \le \max\{1-\tfrac{\alpha^2}{2}, \tfrac12\}\,|v_k| + \sigma"
               r" = (1-\tfrac{\alpha^2}{2})|v_k| + \sigma",
               sp.Abs((1 - _A) * _V + _S * SIGMA), (1 - ALPHA**2 / 2) * sp.Abs(_V) + SIGMA, "<=")  # fmt: skip
    b62 = Form("|v_k| <= 2 sigma / alpha^2 as long as alpha D < |u_j|^2 < D / alpha for all j < k",
               r"|v_k| \le \frac{2\sigma}{\alpha^2}\quad\text{while in } \mathcal D_\alpha",
               path_side(anticorrelated=False), 2 * SIGMA / ALPHA**2, "<=")  # fmt: skip
    all_k = Form("|v_k| <= 2 sigma / alpha^2 for all k >= 0", r"|v_k| \le \frac{2\sigma}{\alpha^2}\ \ \forall k \ge 0")
    step = Form("eta = alpha / (2 D) = 1 / (2 sup |u|^2), a quarter of 2 / sup |u|^2",
                r"\eta = \frac{\alpha}{2D} = \frac{1}{2 \sup_{\mathcal D_\alpha} \|u\|^2}")  # fmt: skip
    larger = Form("the larger |v|, the stronger the decrease of |u|",
                  r"|v| \uparrow\ \Rightarrow\ |1-\eta v^2| \downarrow")  # fmt: skip
    larger_true = Form("the larger |v|, the stronger the decrease of |u|, as long as eta v^2 <= 1",
                       r"|v| \uparrow\ \Rightarrow\ |1-\eta v^2| \downarrow\quad (\eta v^2 \le 1)")  # fmt: skip
    return (
        _claim("C.2/step-size", "choice of step size", "The step size is half of 1 / max |u|^2 over the region.", step,
               "The supremum D / alpha of |u|^2; the maximum over v^2, which the paper includes, is infinite on the "
               "region as defined, and is meant for small v.", inside.prove_step_size),
        entry("C.2/larger-v", f"{PLACE}, after Eq. 59", "The greater v is in norm, the better for making |u| small.",
              larger, fails(larger_true, inside.prove_bigger_v_helps, inside.refute_bigger_v_helps), Verdict.CORRECTED,
              "Only up to eta v^2 = 1: beyond 2 the factor 1 - eta v^2 makes |u| grow."),
        _claim("Eq61", "Eq. 61", "Inside the region |v| contracts by 1 - alpha^2/2 up to the noise.", b61,
               "eta |u|^2 lies in (alpha^2/2, 1/2) and |xi| = sigma.", inside.prove_61,
               example={**point("alpha", "sigma"), "a": sp.Rational(1, 4), "v": sp.Rational(1, 8), "s": sp.S.One},
               domain=within("alpha", "v", "sigma", "s", where=(_A > ALPHA**2 / 2,), a=sp.Interval.open(0, _HALF))),
        _claim("Eq62/inside", "Eq. 62", "While u is inside the region, |v_k| <= 2 sigma / alpha^2.", b62,
               "Induction on Eq. 61 from v_0 = 0. The sides are those of five steps.", inside.prove_62,
               example=PATH, domain=path_domain()),
        entry("Eq62/all-k", f"{PLACE}, Eq. 62, as used for the limit k to infinity",
              "|v_k| <= 2 sigma / alpha^2 for every k >= 0.", all_k,
              fails(Form(b62.text, b62.latex), inside.prove_62, refute_62_for_all_k), Verdict.CORRECTED,
              "It holds up to the first exit only. PGD leaves through D / alpha, as Eq. 13 itself says, and then |v| "
              "has no bound: the limit k to infinity of the printed proof is taken where its hypothesis is gone."),
    )  # fmt: skip


def _shrinking_factor() -> tuple[Claim, ...]:
    f63 = Form("1 / v_max^2 = alpha^4 / (4 sigma^2) >= eta = alpha / (2 D) exactly when sigma^2 <= alpha^3 D / 2",
               r"\frac{\alpha^4}{4\sigma^2} \ge \frac{\alpha}{2D} \iff \sigma^2 \le \frac{\alpha^3 D}{2}")  # fmt: skip
    f64 = Form("1 - eta 4 sigma^2 / alpha^4 = (alpha^3 D - 2 sigma^2) / (alpha^3 D)",
               r"1-\eta\frac{4\sigma^2}{\alpha^4} = \frac{\alpha^3 D - 2\sigma^2}{\alpha^3 D}",
               surrogate.rho(),
               (ALPHA**3 * RADIUS2 - 2 * SIGMA**2) / (ALPHA**3 * RADIUS2))  # fmt: skip
    open_range = Form("rho = (alpha^3 D - 2 sigma^2) / (alpha^3 D) lies in (0, 1) for every admissible sigma",
                      r"\rho \in (0, 1)")  # fmt: skip
    half_open = Form("rho lies in [0, 1) for every admissible sigma; rho = 0 at sigma^2 = alpha^3 D / 2",
                     r"\rho \in [0, 1)")  # fmt: skip
    equal = Form("u_{k+1} = rho u_k + eps^u_k with rho = 1 - 4 eta sigma^2 / alpha^4",
                 r"u_{k+1} = \rho\, u_k + \varepsilon^u_k")  # fmt: skip
    between = Form("u_{k+1} = rho_k u_k + eps^u_k with rho <= rho_k = 1 - eta v_k^2 <= 1, inside the region",
                   r"u_{k+1} = \rho_k u_k + \varepsilon^u_k,\quad \rho \le \rho_k \le 1")  # fmt: skip
    one_step = Form("E[|u_{k+1}|^2 | past] >= rho^2 |u_k|^2 + d sigma^2 while u_0, ..., u_k are inside the region",
                    r"\mathbb{E}\big[\|u_{k+1}\|^2 \mid \cdot\big] \ge \rho^2 \|u_k\|^2 + d\sigma^2",
                    (1 - inside.STEP_SIZE * (_Y * inside.V_MAX) ** 2) ** 2 * _U + DIM * SIGMA**2,
                    surrogate.rho() ** 2 * _U + DIM * SIGMA**2, ">=")  # fmt: skip
    smallest = Form("to make E|u_{k+1}|^2 small the shrinking factor rho has to be as large as possible",
                    r"\mathbb{E}\|u_{k+1}\|^2 \text{ falls with } \rho")  # fmt: skip
    right = Form("E|u_{k+1}|^2 = rho^2 |u_k|^2 + d sigma^2 grows with rho on [0, 1]: rho has to be small",
                 r"\tfrac{\partial}{\partial\rho}\left(\rho^2\|u_k\|^2 + d\sigma^2\right) \ge 0")  # fmt: skip
    return (
        _claim("Eq63", "Eq. 63", "The bound v_max keeps eta v^2 <= 1 if sigma^2 <= alpha^3 D / 2.", f63,
               "Equivalence, by factorisation; equality on the left is equality on the right.", inside.prove_63),
        entry("Eq63/open-interval", f"{PLACE}, around Eq. 63 and after Eq. 64",
              "The shrinking factor rho lies in the open interval (0, 1) under the theorem's assumptions.", open_range,
              fails(half_open, surrogate.prove_rho_range, surrogate.refute_open_range), Verdict.CORRECTED,
              "The theorem admits sigma^2 = alpha^3 D / 2, where rho = 0. Harmless: the limit in Eq. 65 still holds."),
        _claim("Eq64/factor", "Eq. 64, second equality", "The shrinking factor at |v| = v_max, simplified.", f64,
               "Direct computation.", surrogate.prove_rho, example=point("alpha", "D", "sigma")),
        entry("Eq64/dynamics", f"{PLACE}, Eq. 64, first equality", "u_{k+1} = rho u_k + eps_k with |v| = v_max.",
              equal, fails(between, surrogate.prove_factor_dominates, surrogate.refute_surrogate_as_dynamics),
              Verdict.CORRECTED, "A surrogate, not the dynamics: v_k = v_max never holds for all k (v_0 = 0), so rho "
              "bounds the true factor from below, inside the region."),
        _claim("C.2/footnote-2", "footnote 2", "Inside the region the surrogate decreases |u| more than PGD does.",
               one_step, "rho <= rho_k there, and the noise is independent of the state. Beyond the region nothing is "
               "said, so this bounds no limit.", surrogate.prove_factor_dominates,
               example={**point("alpha", "D", "sigma", "d"), "U": sp.S.One, "y": _HALF},
               domain=within("alpha", "D", "sigma", "d", "U", "y", where=(ADMISSIBLE,))),
        entry("C.2/footnote-2/factor", f"{PLACE}, footnote 2, first sentence", "To minimise |u| the shrinking factor, "
              "rho after Eq. 64, has to be as large as possible.", smallest,
              fails(right, surrogate.prove_factor_grows, surrogate.refute_largest_factor), Verdict.CORRECTED,
              "The opposite, read with rho = 1 - eta v^2 as the text after Eq. 64 names it: u shrinks most at rho = 0. "
              "The proof does take the smallest rho."),
    )  # fmt: skip


def _limit_experiment() -> Experiment:
    """The surrogate at alpha = 1/2, D = 1, d = 8, sigma = 1/8, where rho = 3/4."""
    at = {ALPHA: _HALF, RADIUS2: 1, DIM: 8, SIGMA: sp.Rational(1, 8)}
    steps = (40, 60)

    def value(formula: sp.Expr) -> np.ndarray:
        return np.full(len(steps), float(formula.subs(at)))

    return recurrence_experiment(
        "surrogate at alpha = 1/2, D = 1, d = 8, sigma = 1/8: rho = 3/4, plain noise", rho=0.75, at=steps,
        expected=lambda: value(surrogate.limit_value()), printed=lambda: value(PRINTED65),
        mutants={
            "anticorrelated": lambda: value(2 * DIM * SIGMA**2 / (1 + surrogate.rho())),
            "1 - rho for 1 - rho^2": lambda: value(DIM * SIGMA**2 / (1 - surrogate.rho())),
            "alpha^5 for alpha^6": lambda: value(surrogate.limit_value() / ALPHA),
        },
        dim=8, sigma=0.125, w0=1.0, kappa=0.0, trajectories=32_768,
    )  # fmt: skip


def _limit_claims() -> tuple[Claim, ...]:
    names = point("alpha", "D", "d", "sigma")
    text = "lim E|u_k|^2 = d sigma^2 / (1 - rho^2) = d D^2 alpha^6 / (%s) for the surrogate"
    latex = r"\lim_{k\to\infty} \mathbb{E}\|u_k\|^2 = \frac{d\sigma^2}{1-\rho^2} = \frac{dD^2\alpha^6}{%s}"
    printed65 = Form(text % "2 D alpha^3 - 2 sigma^2", latex % r"2D\alpha^3 - 2\sigma^2", None, PRINTED65)
    right65 = Form(text % "4 D alpha^3 - 4 sigma^2", latex % r"4D\alpha^3 - 4\sigma^2", None, surrogate.limit_value())
    grows = Form("the surrogate's limit increases with sigma^2 on (0, alpha^3 D / 2)",
                 r"\frac{\partial}{\partial \sigma^2} \lim_{k} \mathbb{E}\|u_k\|^2 > 0")  # fmt: skip
    interval = r"\lim_{k\to\infty} \mathbb{E}\|u_k\|^2 \in \left(%s\right%s"
    printed66 = Form("the surrogate's limit lies in (d D alpha^3 / 2, d D alpha^3)",
                     interval % (r"\tfrac{dD\alpha^3}{2}, dD\alpha^3", ")"))  # fmt: skip
    right66 = Form("the surrogate's limit lies in (d D alpha^3 / 4, d D alpha^3 / 2], the end at sigma^2 = alpha^3 D/2",
                   interval % (r"\tfrac{dD\alpha^3}{4}, \tfrac{dD\alpha^3}{2}", "]"))  # fmt: skip
    printed8 = Form("for any small noise the limit is at least d D alpha^2 / 2", r"\ge \frac{dD\alpha^2}{2}")
    right8 = Form("for any small noise the surrogate's limit is above d D alpha^3 / 4", r"> \frac{dD\alpha^3}{4}")
    zero = Form("for sigma = 0: |u_k|^2 = |u_0|^2 = D for all k", r"\sigma = 0:\ \|u_k\|^2 = D")
    return (
        entry("Eq65", f"{PLACE}, Eq. 65", "The limit of the surrogate's second moment.", printed65,
              fails(right65, surrogate.prove_limit_value,
                    lambda: surrogate.refute_printed_limit(PRINTED65)), Verdict.CORRECTED,
              "The first equality is Corollary C.5. In the second a factor 2 is lost: 1 - rho^2 = "
              "4 sigma^2 (alpha^3 D - sigma^2) / (alpha^3 D)^2.", experiments=(_limit_experiment(),), example=names),
        _claim("Eq65/monotone", "after Eq. 65", "The surrogate's limit is an increasing function of sigma^2.", grows,
               "Sign of the derivative of the corrected limit (the printed one increases too).",
               surrogate.prove_increasing),
        entry("Eq66", f"{PLACE}, Eq. 66", "The range of the surrogate's limit over the admissible sigma^2.", printed66,
              fails(right66, surrogate.prove_range, surrogate.refute_printed_range), Verdict.CORRECTED,
              "The factor 2 of Eq. 65; and the upper end is attained at the admissible sigma^2 = alpha^3 D / 2 "
              "(admissible for alpha <= 1/sqrt 2)."),
        entry("C.8/small-noise", f"{PLACE}, Remark C.8",
              "However small the noise, the limit is at least d D alpha^2 / 2.", printed8,
              fails(right8, surrogate.prove_range, surrogate.refute_remark_c8), Verdict.CORRECTED,
              "Exponent and factor: d D alpha^3 / 4, and for the surrogate only. The true process lingers near "
              "4 D (d - 1) / (alpha (d + 2)), see antipgd/3.1/plateau."),
        _claim("C.8/no-noise", "Remark C.8", "Without noise |u_k|^2 stays at D.", zero, "v_0 = 0 is a fixed point.",
               surrogate.prove_at_zero_noise),
    )  # fmt: skip


def _thresholds() -> tuple[Claim, ...]:
    f67 = Form("d D alpha^3 / 2 >= D / alpha exactly when d >= 2 / alpha^4",
               r"\frac{dD\alpha^3}{2} \ge \frac{D}{\alpha} \iff d \ge \frac{2}{\alpha^4}")  # fmt: skip
    printed = Form("if d >= 2 / alpha^2, the surrogate's limit is at least D / alpha for every admissible sigma",
                   r"d \ge 2/\alpha^2\ \Rightarrow\ \lim_k \mathbb{E}\|u_k\|^2 \ge D/\alpha")  # fmt: skip
    right = Form("exactly if d >= 4 / alpha^4, the surrogate's limit is at least D / alpha for every admissible sigma",
                 r"d \ge 4/\alpha^4\ \Leftrightarrow\ \lim_k \mathbb{E}\|u_k\|^2 \ge D/\alpha")  # fmt: skip
    return (
        _claim("Eq67", "Eq. 67", "The implication of Eq. 67 alone; for its premise see Eq67/threshold.", f67,
               "Algebra; it starts from the wrong lower end of Eq. 66.", surrogate.prove_67),
        entry("Eq67/threshold", f"{PLACE}, after Eq. 67, against Theorem 3.1",
              "The printed argument gives Eq. 13 under the theorem's condition d >= 2 / alpha^2.", printed,
              fails(right, surrogate.prove_threshold, surrogate.refute_threshold), Verdict.CORRECTED,
              "Eq. 67 asks for 2 / alpha^4, not for the theorem's 2 / alpha^2, and with Eq. 65 corrected the argument "
              "asks for 4 / alpha^4. Eq. 13 holds for other reasons, see antipgd/3.1/Eq13."),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (*_bounds_on_v(), *_shrinking_factor(), *_limit_claims(), *_thresholds())
