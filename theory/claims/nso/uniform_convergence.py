"""NSO paper, Appendix A.1.2: Lemma A.5 and the displayed steps of its proof."""

from __future__ import annotations

import sympy as sp

from theory.claims.claim import Claim, Form
from theory.claims.domain import Domain
from theory.claims.nso._common import entry
from theory.noise_stability import uniform_convergence as uc
from theory.noise_stability.uniform_convergence import ALPHA, C1, TAU, C, N, P

PLACE = "Appendix A.1.2"
POSITIVE = sp.Interval.open(0, 100)
SIZES = Domain({"p": sp.Range(1, 41), "tau": sp.Interval(1, 1000), "C": POSITIVE, "C_1": POSITIVE, "alpha": POSITIVE,
                "n": sp.Range(1, 1001)},
               (sp.Ge(3 * sp.Symbol("C") * sp.Symbol("C_1") * sp.Symbol("n"), sp.E * sp.Symbol("alpha")),))  # fmt: skip
DEVIATION = r"\Big\|\tfrac1n\sum\nabla^2\ell_i-\mathbb E\nabla^2\ell\Big\|_F"


def _lemma() -> tuple[Claim, ...]:
    lemma = Form(
        "there are constants C_2, C_3: with probability >= 1 - delta, for all |W| <= r: |mean Hessian - E Hessian|_F "
        "<= C_2 sqrt(log(C_3 n/delta)/n)",
        DEVIATION + r"\le\frac{C_2\sqrt{\log(C_3n/\delta)}}{\sqrt n}",
    )
    constants = Form("C_2 = 4 alpha sqrt(p) with alpha the largest trace", lemma.latex + r",\ C_2=4\alpha\sqrt p")
    right = Form("C_2 = 2 B p sqrt(2(p+1)), C_3 = e + 2 p^2 + 6 r L/B with B a bound on |Hessian|_F",
                 lemma.latex + r",\ C_2=2Bp\sqrt{2(p+1)}")  # fmt: skip
    event = Form("Pr[E] >= 1 - 4 |N| p exp(-n delta^2/(2 alpha^2)) with alpha the largest trace",
                 r"\Pr[E]\ge1-4|\mathcal N|p\,e^{-n\delta^2/(2\alpha^2)}")  # fmt: skip
    event_right = Form("Pr[E] >= 1 - 2 |N| p^2 exp(-n delta^2/(2 p^2 B^2)) with B a bound on |Hessian|_F",
                       r"\Pr[E]\ge1-2|\mathcal N|p^2e^{-n\delta^2/(2p^2B^2)}")  # fmt: skip
    return (
        entry("A.5", "Appendix A.1, Lemma A.5, Eq. 13", "Uniform convergence of the Hessian.", lemma,
              "Holds where the hypothesis space is a ball, as in the proof, and delta < 1: a bounded loss with an "
              "L-Lipschitz Hessian then has bounded Hessians, and Hoeffding's inequality with a cover does the rest. "
              "The constants of the printed proof do not (next entries).",
              prove=uc.prove_lemma),
        entry("A.5/constants", f"{PLACE}, C_2 = 4 alpha sqrt(p)", "Constants of Lemma A.5.", constants,
              "The trace does not bound a Hessian with eigenvalues of both signs: diag(1, -1) has alpha = 0.",
              prove=uc.prove_repaired_lemma, refute=uc.refute_constants, form=right),
        entry("A.5/event", f"{PLACE}, matrix Bernstein step", "Deviation on the cover.", event,
              "alpha must bound the Hessian's norm, not its trace; entrywise Hoeffding gives a form that holds.",
              prove=uc.prove_event, refute=uc.refute_bernstein, form=event_right),
    )  # fmt: skip


def _steps() -> tuple[Claim, ...]:
    eps = sp.Symbol("epsilon", positive=True)
    cover = Form(
        "the ball of radius C has an epsilon-cover of max((3C/epsilon)^p, 1) points: 1 + 2C/epsilon <= 3C/epsilon for "
        "epsilon <= C",
        r"|T|\le\max((3C/\epsilon)^p,1)",
        1 + 2 * C / eps,
        3 * C / eps,
        "<=",
    )
    log = sp.log(3 * TAU * C * C1 * N / ALPHA)
    delta = sp.sqrt(4 * P * ALPHA**2 * log / N)
    chain = Form("p log(6 C C_1/delta) - n delta^2/(2 alpha^2) <= -p log(3 tau C C_1 n/alpha) at the chosen delta",
                 r"p\log(6CC_1/\delta)-\frac{n\delta^2}{2\alpha^2}\le-p\log(3\tau CC_1n/\alpha)",
                 P * sp.log(6 * C * C1 / delta) - N * delta**2 / (2 * ALPHA**2), -P * log, "<=")  # fmt: skip
    last = Form(
        "sqrt(16 p alpha^2 log(3 tau C C_1 n/alpha)/n) <= C_2 sqrt(log(C_3 n/delta')/n)",
        r"\sqrt{16p\alpha^2\log(3\tau CC_1n/\alpha)/n}\le C_2\sqrt{\log(C_3n/\delta')/n}",
        sp.sqrt(16 * P * ALPHA**2 * log / N),
        4
        * ALPHA
        * sp.sqrt(P)
        * sp.sqrt(sp.log(12 * P * C * C1 / (sp.E * ALPHA) * N / (4 * P * (sp.E * TAU) ** (-P))) / N),
        "<=",
    )
    size = Form("n >= epsilon alpha/(3 C_1) gives 3 C C_1 n/alpha >= e", r"n\ge\frac{\epsilon\alpha}{3C_1}\Rightarrow"
                r"3CC_1n/\alpha\ge e")  # fmt: skip
    size_right = Form("n >= e alpha/(3 C C_1) gives 3 C C_1 n/alpha >= e", r"n\ge\frac{e\alpha}{3CC_1}\Rightarrow"
                      r"3CC_1n/\alpha\ge e")  # fmt: skip
    point = {"p": sp.Integer(3), "tau": sp.Integer(2), "C": sp.Integer(2), "C_1": sp.S.One, "alpha": sp.S.One,
             "n": sp.Integer(20)}  # fmt: skip
    return (
        entry("A.5/cover", f"{PLACE}, size of the cover", "Covering number of a ball.", cover,
              "Volumes; a single point covers where epsilon >= C.", prove=uc.prove_cover,
              example={"C": sp.S.One, "epsilon": sp.Rational(1, 2)},
              domain=Domain({"C": POSITIVE, "epsilon": POSITIVE}, (sp.Le(sp.Symbol("epsilon"), sp.Symbol("C")),))),
        entry("A.5/chain", f"{PLACE}, displayed chain for the exponent and 4 delta^2",
              "The exponent at the chosen delta.",
              chain, "Line by line, tau >= 1 and log >= 1.",
              prove=uc.prove_exponent_chain, example=point, domain=SIZES),
        entry("A.5/log-cover", f"{PLACE}, 'We have log |T| <= ...'", "Logarithm of the size of the cover.",
              Form("log |T| <= p log(3C/epsilon) for the cover of max((3C/epsilon)^p, 1) points",
                   r"\log|T|\le p\log(3C/\epsilon)"),
              "Negative for epsilon > 3C, where one point covers; the chosen epsilon = delta/(2 C_1) can be that large "
              "(p = tau = C = C_1 = 1, n = 9, alpha = 27/e). The bound of the exponent stands there too. (B is printed "
              "for C.)", prove=uc.prove_log_cover, refute=uc.refute_log_cover,
              form=Form("log |T| <= max(p log(3C/epsilon), 0)", r"\log|T|\le\max(p\log(3C/\epsilon),0)")),
        entry("A.5/last-step", f"{PLACE}, last display", "From tau to delta'.", last,
              "The quotient of the arguments is (e tau)^(p-1) >= 1. As tau >= 1, only delta' <= 4p e^(-p) is reached, "
              "not every delta.", prove=uc.prove_last_step, example=point, domain=SIZES),
        entry("A.5/sample-size", f"{PLACE}, 'because n >= ...'", "Condition on n.", size,
              "Misprint: e for epsilon, and C is missing.", prove=uc.prove_sample_size, refute=uc.refute_sample_size,
              form=size_right),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (*_lemma(), *_steps())
