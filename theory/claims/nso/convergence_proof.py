"""NSO paper, Appendix B.1: Eq. 25-28, Lemma B.1 with Eq. 29-34, and the two cases of Theorem 4.3, Eq. 35-39."""

from __future__ import annotations

import sympy as sp

from theory.claims.claim import Claim, Form
from theory.claims.domain import Domain
from theory.claims.nso._common import entry
from theory.noise_stability import descent as ds
from theory.noise_stability.descent import DELTA, ETA, C, D, T

PLACE = "Appendix B.1"
POINT = {"C": sp.S.One, "D": sp.S.One, "T": sp.Integer(10), "Delta": sp.Integer(2), "eta": sp.Rational(1, 2)}

POSITIVE = sp.Interval.open(0, sp.oo)
STEP_SIZES = Domain({"C": POSITIVE, "eta": POSITIVE}, (sp.Le(sp.Symbol("eta") * sp.Symbol("C"), 1),))


def at(*names: str) -> dict[str, sp.Expr]:
    """Part of the example point."""
    return {name: POINT[name] for name in names}


def _variances() -> tuple[Claim, ...]:
    mean = Form(
        "E|delta_i|^2 = (1/k^2) sum_j E|(.)_j/2|^2 = (1/k) E|(grad f(W+U) + grad f(W-U))/2 - grad F(W)|^2",
        r"\mathbb E\|\delta_i\|^2=\frac1k\mathbb E\Big\|\tfrac12(\nabla f(W+U)+\nabla f(W-U))-\nabla F(W)\Big\|^2",
    )
    bound = Form(
        "E|(grad f(W+U) + grad f(W-U))/2 - grad F(W)|^2 <= C^2 H",
        r"\mathbb E\Big\|\tfrac12(\nabla f(W+U)+\nabla f(W-U))-\nabla F(W)\Big\|^2\le C^2H(\mathcal P)",
    )
    chain = Form(
        "E[|a(U)|^2/2 + |a(-U)|^2/2] = E|a(U)|^2/2 by symmetry, and E|X - EX|^2/2 <= E|X - X'|^2/2",
        r"\mathbb E\left[\tfrac12\|a(U)\|^2+\tfrac12\|a(-U)\|^2\right]=\tfrac12\mathbb E\|a(U)\|^2",
    )
    right = Form("E[|a(U)|^2/2 + |a(-U)|^2/2] = E|a(U)|^2, and E|X - EX|^2 = E|X - X'|^2/2",
                 r"\mathbb E\left[\tfrac12\|a(U)\|^2+\tfrac12\|a(-U)\|^2\right]=\mathbb E\|a(U)\|^2")  # fmt: skip
    return (
        entry("Eq25", f"{PLACE}, Eq. 25-27", "Variance of an average of k independent terms.", mean,
              "Cross terms vanish; induction on k. (Delta has 2 grad F here, unlike in Section 4.)",
              prove=ds.prove_average_variance),
        entry("Eq28", f"{PLACE}, Eq. 28", "Variance of a single two-point gradient.", bound,
              "By our own proof, see nso/4.4/delta; sharp up to 1 - q for f' = C|x| and rare noise.",
              prove=ds.prove_variance_bound),
        entry("Eq28/chain", f"{PLACE}, chain under Eq. 28", "The displayed chain of (in)equalities.", chain,
              "1/2 + 1/2 = 1: a factor 2 is lost in the third line. The variance identity, in place of the inequality "
              "two lines below, wins it back.",
              prove=ds.prove_variance_chain, refute=ds.refute_variance_chain, form=right),
    )  # fmt: skip


def _lemma() -> tuple[Claim, ...]:
    s = sp.Symbol("s", nonnegative=True)  # C sum eta_i^2 (E|delta|^2 + E|xi|^2)
    total = sp.Symbol("S", positive=True)  # sum of step sizes
    printed = Form("E|grad F(W_t)|^2 <= 2 C D^2/S + s/S, S = sum eta_i, s = C sum eta_i^2 (E|delta_i|^2 + E|xi_i|^2)",
                   r"\mathbb E\|\nabla F(W_t)\|^2\le\frac{2C}{\sum\eta_i}D^2+\frac{C\sum\eta_i^2(\mathbb "
                   r"E\|\delta_i\|^2+"
                   r"\mathbb E\|\xi_i\|^2)}{\sum\eta_i}", None, 2 * C * D**2 / total + s / total)  # fmt: skip
    right = Form("E|grad F(W_t)|^2 <= 2 D^2/S + s/S", printed.latex.replace("2C}", "2}"), None,
                 2 * D**2 / total + s / total)  # fmt: skip
    eq30 = Form("|F(W_2) - F(W_1) - <grad F(W_1), W_2 - W_1>| <= (C/2)|W_2 - W_1|^2",
                r"|F(W_2)-F(W_1)-\langle\nabla F(W_1),W_2-W_1\rangle|\le\tfrac C2\|W_2-W_1\|^2")  # fmt: skip
    lines = Form(
        "F(W_{i+1}) <= F - (eta - C eta^2/2)|grad F|^2 - (eta - C eta^2)<grad F, delta+xi> + (C eta^2/2)|delta+xi|^2, "
        "summed over i",
        r"F(W_{i+1})\le F(W_i)-(\eta_i-\tfrac{C\eta_i^2}2)\|\nabla F\|^2"
        r"-(\eta_i-C\eta_i^2)\langle\nabla F,\delta_i+\xi_i\rangle+\tfrac{C\eta_i^2}2\|\delta_i+\xi_i\|^2",
    )
    step = Form("eta <= 2 eta - C eta^2 for 0 < eta <= 1/C, hence Eq. 33", r"\eta\le2\eta-C\eta^2", ETA,
                2 * ETA - C * ETA**2, "<=")  # fmt: skip
    eq34 = Form("E delta_t = E[grad f(W-U) - grad f(W+U)]/2 = 0 for symmetric U (delta with 2 grad F, as in Eq. 25)",
                r"\mathbb E\,\delta_t=\tfrac12\mathbb E[\nabla f(W-U)-\nabla f(W+U)]=0")  # fmt: skip
    mean = Form("E[grad f(W-U) - grad f(W+U)] = 0 for every U of mean zero", eq34.latex)
    symmetric = Form("E[grad f(W-U) - grad f(W+U)] = 0 for every U that is symmetric at zero", eq34.latex)
    independent = Form("delta_i and xi_i are independent", r"\delta_i\perp\xi_i")
    uncorrelated = Form("delta_i and xi_i are uncorrelated, and E|delta_i + xi_i|^2 = E|delta_i|^2 + E|xi_i|^2",
                        r"\mathbb E\langle\delta_i,\xi_i\rangle=0")  # fmt: skip
    return (
        entry("B.1", f"{PLACE}, Lemma B.1, Eq. 29", "Rate for varying step sizes.", printed,
              "The first term is 2 D^2/sum eta, as the proof itself and Eq. 35 have it; with the printed factor C it "
              "is false for C < 1.", prove=ds.prove_lemma_b1, refute=ds.refute_lemma_b1, form=right,
              example={"C": sp.Rational(1, 10), "D": sp.S.One, "S": sp.Integer(5), "s": sp.S.Zero}),
        entry("Eq30", f"{PLACE}, Eq. 30", "Smooth functions lie within a parabola of their tangent.", eq30,
              "Integral along the line.", prove=ds.prove_domination),
        entry("Eq31", f"{PLACE}, display after Eq. 30, its sum, and Eq. 31-32", "The descent inequality and its sum.",
              lines, "Expansion of squares; the sum telescopes. (First line for k = 1; delta as in Eq. 25.)",
              prove=ds.prove_expansion),
        entry("Eq33", f"{PLACE}, condition on eta_t and Eq. 33", "Weakened coefficient.", step, "Factorisation.",
              prove=ds.prove_step_condition, example=at("C", "eta"), domain=STEP_SIZES),
        entry("Eq34", f"{PLACE}, Eq. 34", "delta has mean zero.", eq34, "All three are zero, by symmetry (delta "
              "itself is another vector than the middle one).", prove=ds.prove_eq34),
        entry("Eq34/mean-zero", f"{PLACE}, Eq. 34, 'from a distribution with mean zero'", "A mean of zero suffices.",
              mean,
              "Symmetry is needed: a skewed U and f' = w^3.", prove=ds.prove_eq34, refute=ds.refute_eq34_mean_zero,
              form=symmetric),
        entry("B.1/independent", f"{PLACE}, end of the proof of Lemma B.1", "The two errors are independent.",
              independent,
              "Both depend on U. They are uncorrelated, which is all that the last display needs.",
              prove=ds.prove_uncorrelated, refute=ds.refute_independent, form=uncorrelated),
    )  # fmt: skip


def _cases() -> tuple[Claim, ...]:
    eq35 = Form("E|grad F(W_t)|^2 <= 2 D^2/(T eta) + (C eta/T) sum (E|delta_i|^2 + E|xi_i|^2), t uniform on 0..T-1",
                r"\mathbb E\|\nabla F(W_t)\|^2\le\frac{2}{T\eta}D^2"
                r"+\frac{C\eta}{T}\sum(\mathbb E\|\delta_i\|^2+\mathbb E\|\xi_i\|^2)")  # fmt: skip
    eq36 = Form(
        "for delta with 2 grad F, as in Eq. 25: sum over T steps <= T (sigma^2 + C^2 H)/k",
        r"\le T\frac{\sigma^2+C^2H(\mathcal P)}{k}",
    )
    root = sp.sqrt(2 * C * D**2 * DELTA / T)
    lowest = ds.LOSSY.subs(ETA, ds.BEST)
    case1 = Form("min over eta of 2 D^2/(T eta) + C eta Delta = sqrt(2 C D^2 Delta/T)",
                 r"\min_\eta=\sqrt{2CD^2\Delta/T}", lowest, root)  # fmt: skip
    right1 = Form("min over eta of 2 D^2/(T eta) + C eta Delta = 2 sqrt(2 C D^2 Delta/T)",
                  r"\min_\eta=2\sqrt{2CD^2\Delta/T}", lowest, 2 * root)  # fmt: skip
    step = Form("Delta >= 2 C D^2/T gives eta = sqrt(2 D^2/(C Delta T)) < 1/C", r"\eta<\tfrac1C")
    step_right = Form("Delta >= 2 C D^2/T gives eta = sqrt(2 D^2/(C Delta T)) <= 1/C", r"\eta\le\tfrac1C")
    middle = 2 * D**2 / (T * ETA) + 2 * C**2 * D**2 * ETA / T
    case2 = Form("2 D^2/(T eta) + 2 C^2 D^2 eta/T <= 2 C D^2/T", r"\frac{2D^2}{T\eta}+\frac{2C^2D^2\eta}{T}\le\frac{2"
                                                                 r"CD^2}"
                 r"{T}", middle, 2 * C * D**2 / T, "<=")  # fmt: skip
    right2 = Form("2 D^2/(T eta) + 2 C^2 D^2 eta/T = 4 C D^2/T at eta = 1/C, its least value",
                  r"\frac{2D^2}{T\eta}+\frac{2C^2D^2\eta}{T}=\frac{4CD^2}{T}\ (\eta=1/C)", middle.subs(ETA, 1 / C),
                  4 * C * D**2 / T)  # fmt: skip
    return (
        entry("Eq35", f"{PLACE}, Eq. 35", "Lemma B.1 with a fixed step.", eq35,
              "Substitution in the corrected Eq. 29 (the printed Eq. 29 would give C times the first term).",
              prove=ds.prove_eq35),
        entry("Eq36", f"{PLACE}, Eq. 36", "Lemma 4.4, summed.", eq36, "T equal bounds.", prove=ds.prove_eq36),
        entry("Eq37", f"{PLACE}, Eq. 37 and 38, case 1", "Minimum over the step size.", case1,
              "The two equal terms add up to twice the printed root. Eq. 6 survives by a sharper argument (nso/4.3).",
              prove=ds.prove_eq37, refute=ds.refute_eq37, form=right1, example=at("C", "D", "T", "Delta")),
        entry("4.3/step-size", f"{PLACE}, case 1, 'one can verify'", "The step of case 1 is below 1/C.", step,
              "At Delta = 2 C D^2/T it is 1/C. (The text gives 'Delta is at least 2 C D^2' as the reason; /T is "
              "missing.)",
              prove=ds.prove_step_at_most, refute=ds.refute_step_below, form=step_right),
        entry("Eq39", f"{PLACE}, Eq. 39, case 2", "Small variance.", case2,
              "For eta < 1/C the first term alone exceeds the right side; the least value is twice as large. Eq. 6 "
              "survives by a sharper argument (nso/4.3).", prove=ds.prove_eq39, refute=ds.refute_eq39, form=right2,
              example=at("C", "D", "T", "eta")),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (*_variances(), *_lemma(), *_cases())
