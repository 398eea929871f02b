"""Anti-PGD paper, Appendix C.1.2: the displayed steps of the proof of Proposition C.7, Eq. 51 to 58."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import sympy as sp

from theory.claims.antipgd._linear import (
    entry,
    exact_second_moment,
    recurrence_experiment,
    sequence_domain,
    sequence_of,
    sequence_sampler,
    symbols,
)
from theory.claims.claim import Claim, Experiment, Form, Point
from theory.claims.domain import Domain
from theory.linear import contraction_examples as examples
from theory.linear.given_sequence import given_sequence, nu, prove_given_sequence
from theory.linear.random_contraction import NU, R, nu_step, prove_nu_in_unit_interval, prove_recursion
from theory.proof import Blackboard, Proof

PLACE = "Appendix C.1.2, proof of Proposition C.7"
EXAMPLE: dict[str, sp.Expr] = {
    "k": sp.Integer(3), "rho_0": sp.Rational(1, 2), "rho_1": sp.Rational(1, 3), "rho_2": sp.Rational(3, 4),
    "rho_3": sp.Rational(1, 5), "rho_4": sp.Rational(2, 3), "d": sp.Integer(2), "sigma": sp.S.One, "w0": sp.S.One,
}  # fmt: skip
SYMBOLS = symbols("k", "d", "sigma", "w0", rho_0="contraction factors rho_0, ..., rho_k, in [0, 1]")
ONE_STEP = {"nu": "nu_{k-1}, in [0, 1]", "rho_k": "contraction factor"}
NU_LATEX = r"\nu_k = \sum_{i=0}^{k-1} (1-\rho_{i+1})^2 \prod_{j=i+2}^{k} \rho_j^2"
NU_TEXT = "nu_k = sum_{i=0}^{k-1} (1-rho_{i+1})^2 prod_{j=i+2}^{k} rho_j^2"
STEP_TEXT = "nu_k = rho_k^2 nu_{k-1} + (1-rho_k)^2"
STEP_LATEX = r"\nu_k = \rho_k^2 \nu_{k-1} + (1-\rho_k)^2"
RHOS = (0.9, 0.3, 0.6, 0.5, 0.7, 0.4)
STEPS = (3, 4, 5, 6)


def step_claim(
    number: str, place: str, statement: str, printed: Form, form: Form, prove: Callable[[], Proof], reason: str, *,
    counterexample: Callable[[], Proof] | None = None, example: Mapping[str, sp.Expr] | None = None,
    names: Mapping[str, str] | None = None, experiments: tuple[Experiment, ...] = (), lowest: int = 0, note: str = "",
    within: Domain | None = None,
) -> Claim:
    """An entry for one step; corrected where there is a counterexample."""
    draw = sequence_sampler(closed=True)

    def sample(generator: object) -> Point:
        point = dict(draw(generator))  # type: ignore[arg-type]
        point["k"] = max(point["k"], sp.Integer(lowest))
        return point

    return entry(
        number, f"{PLACE}, {place}", statement, printed, prove, reason, form=form, refute=counterexample, note=note,
        experiments=experiments, example=EXAMPLE if example is None else example,
        symbols=SYMBOLS if names is None else names, sample=sample if example is None else None, domain=within,
    )  # fmt: skip


def _nu_at(point: Point) -> sp.Expr:
    return nu(sequence_of(point))


def _split_at(point: Point) -> sp.Expr:
    """Eq. 54: the sum up to i = k - 2, and (1 - rho_k)^2."""
    rhos = sequence_of(point)
    total = (1 - rhos[-1]) ** 2
    for i in range(len(rhos) - 2):
        total += (1 - rhos[i + 1]) ** 2 * sp.prod([r**2 for r in rhos[i + 2 :]])
    return total


def _one_more(power: int) -> Callable[[Point], sp.Expr]:
    """rho_k^power nu_{k-1} + (1 - rho_k)^2: Eq. 55 prints power 1, Eq. 56 power 2."""

    def right(point: Point) -> sp.Expr:
        rhos = sequence_of(point)
        return rhos[-1] ** power * nu(rhos[:-1]) + (1 - rhos[-1]) ** 2

    return right


def _moment(kappa: sp.Expr) -> Callable[[Point], sp.Expr]:
    return lambda point: exact_second_moment(sequence_of(point), point, kappa=kappa)


def _eq44(point: Point) -> sp.Expr:
    power = point["d"] * point["sigma"] ** 2
    return given_sequence(sequence_of(point), sq_norm=point["w0"] ** 2, power=power)


def _refute_eq54_at_zero() -> Proof:
    board = Blackboard("k = 0: empty sums")
    board.equal("nu_0", nu([R]), sp.S.Zero)
    shown = (1 - R) ** 2
    board.differ("Eq. 54 at k = 0 against nu_0", shown, nu([R]))
    board.nonnegative("(1 - rho_0)^2 > 0", shown, {R: (sp.S.Zero, sp.S.One)}, strict=True)
    return board.proof()


def _refute_eq55() -> Proof:
    board = Blackboard("residue of Eq. 55 for symbolic rho, and an exact point")
    residue = (R * NU + (1 - R) ** 2) - nu_step()
    board.equal("printed - true", residue, R * (1 - R) * NU)
    box = {R: (sp.S.Zero, sp.S.One), NU: (sp.S.Zero, sp.S.One)}
    board.nonnegative("rho_k (1 - rho_k) nu_{k-1} > 0", residue, box, strict=True)
    board.differ("values at the example", _nu_at(EXAMPLE), _one_more(1)(EXAMPLE))
    return board.proof()


def _prove_eq57() -> Proof:
    board = Blackboard("expansion")
    board.equal("Eq. 57", nu_step(), (NU + 1) * R**2 - 2 * R + 1)
    board.equal("nu_0 = 0 (empty sum)", nu([R]), sp.S.Zero)
    return board.proof()


def _prove_eq58() -> Proof:
    """1 - nu_k = 2 rho - (nu + 1) rho^2: strict and weak inequality differ only where that is zero, nowhere inside."""
    board = Blackboard("the gap of Eq. 58 is that of nu_k < 1, and never zero for rho in (0, 1)")
    gap = 2 * R - (NU + 1) * R**2
    board.equal("1 - nu_k", 1 - nu_step(), gap)
    board.equal("gap as a sum of nonnegative parts", gap, 2 * R * (1 - R) + (1 - NU) * R**2)
    board.nonnegative("2 rho (1 - rho) > 0", 2 * R * (1 - R), {R: (sp.S.Zero, sp.S.One)}, strict=True)
    box = {R: (sp.S.Zero, sp.S.One), NU: (sp.S.Zero, sp.S.One)}
    board.nonnegative("(1 - nu) rho^2 >= 0, also on the closed box", (1 - NU) * R**2, box)
    return board.proof()


def _prove_weak_eq58() -> Proof:
    board = Blackboard("the gap of Eq. 58 is 1 - nu_k")
    board.equal("1 - nu_k", 1 - nu_step(), 2 * R - (NU + 1) * R**2)
    return board.proof()


def _refute_closed_eq58() -> Proof:
    board = Blackboard("the ends of [0, 1]")
    for rho, before in ((sp.S.Zero, sp.S.Zero), (sp.S.One, sp.S.One)):
        point = {R: rho, NU: before}
        board.true(f"Eq. 58 holds at rho = {rho}, nu = {before}", sp.Le(((NU + 1) * R**2).subs(point), 2 * rho))
        board.equal(f"yet nu_k = 1, not less, at rho = {rho}, nu = {before}", nu_step().subs(point), sp.S.One)
    return board.proof()


def _prove_eq58_holds() -> Proof:
    board = Blackboard("two inequalities, one after the other")
    box = {R: (sp.S.Zero, sp.S.One), NU: (sp.S.Zero, sp.S.One)}
    board.equal("2 rho - (nu + 1) rho^2", 2 * R - (NU + 1) * R**2, (2 - (NU + 1)) * R**2 + 2 * (R - R**2))
    board.nonnegative("(2 - (nu + 1)) rho^2 >= 0", (1 - NU) * R**2, box)
    board.nonnegative("rho - rho^2 >= 0", R - R**2, {R: (sp.S.Zero, sp.S.One)})
    return board.proof()


def _refute_nu_range() -> Proof:
    board = Blackboard("the empty sum, and the ends of [0, 1]")
    board.equal("nu_0 = 0, which is not in (0, 1)", nu([R]), sp.S.Zero)
    board.equal("nu_k = 1 where rho_k = 0, which [0, 1] allows", nu_step(rho=sp.S.Zero), sp.S.One)
    return board.proof()


def _eq55_experiment() -> Experiment:
    """Start 0, so that E|w_{k+1}|^2 = (1 + nu_k) d sigma^2, d sigma^2 = 1."""
    exact = [sp.Rational(str(r)) for r in RHOS]

    def values(power: int) -> Callable[[], np.ndarray]:
        pairs = [(exact[:n], exact[n - 1]) for n in STEPS]
        return lambda: np.array([1 + float(r**power * nu(past[:-1]) + (1 - r) ** 2) for past, r in pairs])

    return recurrence_experiment(
        "given sequence of six rho_k, anticorrelated noise, d = 4, sigma = 1/2, start 0",
        rho=RHOS, at=STEPS, dim=4, sigma=0.5, w0=0.0, kappa=1.0,
        expected=lambda: np.array([float(given_sequence(exact[:n], sq_norm=sp.S.Zero, power=sp.S.One)) for n in STEPS]),
        printed=values(1),
        mutants={"rho^4 for rho^2": values(4), "nu dropped": lambda: np.ones(len(STEPS))},
    )  # fmt: skip


EQ51_TEXT = "E|w_{k+1}|^2 = prod rho_j^2 |w_0|^2 + (1 + nu_k) d sigma^2"
EQ51_LATEX = r"\mathbb{E}\|w_{k+1}\|^2 = \prod_{j=0}^{k} \rho_j^2\, \|w_0\|^2 + (1 + \nu_k)\, d\sigma^2"
MEAN_TEXT = "E|w_{k+1}|^2 = E[prod rho_j^2] |w_0|^2 + (1 + E nu_k) d sigma^2"
MEAN_LATEX = (
    r"\mathbb{E}\|w_{k+1}\|^2 = \mathbb{E}\Bigl[\prod_j \rho_j^2\Bigr] \|w_0\|^2"
    r" + (1 + \mathbb{E}\nu_k)\, d\sigma^2"
)
WEAK58 = "nu_k <= 1 if and only if (nu_{k-1}+1) rho_k^2 <= 2 rho_k"
STRICT58 = "nu_k < 1 if and only if (nu_{k-1}+1) rho_k^2 <= 2 rho_k"
STRICT58_LATEX = r"\nu_k < 1 \iff (\nu_{k-1}+1)\rho_k^2 \le 2\rho_k"
FORM54 = Form(NU_TEXT.replace("k-1}", "k-2}", 1) + " + (1-rho_k)^2",
              r"\nu_k = \sum_{i=0}^{k-2} (1-\rho_{i+1})^2 \prod_{j=i+2}^{k} \rho_j^2 + (1-\rho_k)^2",
              _nu_at, _split_at)  # fmt: skip
FORM56 = Form(STEP_TEXT, STEP_LATEX, _nu_at, _one_more(2))
HALF = {"nu": sp.Rational(1, 2), "rho_k": sp.Rational(1, 2)}

CLAIMS: tuple[Claim, ...] = (
    step_claim(
        "Eq51", "Eq. 51, for a deterministic sequence", f"For every deterministic sequence and k >= 0: {EQ51_TEXT}.",
        Form(EQ51_TEXT, EQ51_LATEX, _moment(sp.S.One), _eq44), Form(EQ51_TEXT, EQ51_LATEX, _moment(sp.S.One), _eq44),
        lambda: prove_given_sequence(sp.S.One), "Eq. 44 again.",
    ),
    step_claim(
        "Eq51/stochastic", "Eq. 51, for random rho_k", f"For random rho_k too: {EQ51_TEXT}, without a mean over rho.",
        Form(EQ51_TEXT, EQ51_LATEX), Form(MEAN_TEXT + " for rho independent of the noise", MEAN_LATEX),
        lambda: prove_given_sequence(sp.S.One),
        "The left side is a number, the right side is random; it holds given rho, or in the mean over rho, and only if "
        "rho does not depend on the noise.", counterexample=examples.prove_random_right_side, example={}, names={},
        note="Proposition C.4 holds for each fixed sequence; the mean over an independent rho follows.",
    ),
    step_claim(
        "Eq52", "Eq. 52", "For every sequence in (0, 1), and also in [0, 1], and every k >= 0: nu_k <= 1.",
        Form(f"{NU_TEXT} <= 1", NU_LATEX + r" \le 1", _nu_at, sp.S.One, "<="),
        Form(f"{NU_TEXT} <= 1", NU_LATEX + r" \le 1", _nu_at, sp.S.One, "<="),
        prove_nu_in_unit_interval, "1 - nu_k = rho_k^2 (1 - nu_{k-1}) + 2 rho_k (1 - rho_k) >= 0, by induction.",
        within=sequence_domain(5),
    ),
    step_claim(
        "Eq54", "Eq. 54", f"For every k >= 1: {FORM54.text}.", FORM54, FORM54, prove_recursion,
        "The term i = k - 1 has an empty product.", lowest=1,
    ),
    step_claim(
        "Eq54/first-step", "Eq. 54 to 56 at k = 0", "Eq. 54 holds for all k >= 0, the range of Eq. 52.",
        FORM54, Form("Eq. 54 for k >= 1, and nu_0 = 0", r"\nu_0 = 0", _nu_at, sp.S.Zero), prove_recursion,
        "At k = 0 the left side is the empty sum 0 and the right side (1 - rho_0)^2; the recursion starts at k = 1.",
        counterexample=_refute_eq54_at_zero, example={"k": sp.S.Zero, "rho_0": sp.Rational(1, 2)},
    ),
    step_claim(
        "Eq55", "Eq. 55", "nu_k = rho_k nu_{k-1} + (1-rho_k)^2 (with the sum nu_{k-1} written out).",
        Form("nu_k = rho_k nu_{k-1} + (1-rho_k)^2", r"\nu_k = \rho_k \nu_{k-1} + (1-\rho_k)^2", _nu_at, _one_more(1)),
        FORM56, prove_recursion,
        "The factor taken out of the products is rho_k^2, not rho_k; Eq. 56 has it right.",
        counterexample=_refute_eq55, experiments=(_eq55_experiment(),), lowest=1,
    ),
    step_claim("Eq56", "Eq. 56", f"For every k >= 1: {STEP_TEXT}.", FORM56, FORM56, prove_recursion,
               "Formal sums, term by term; it follows from Eq. 54, not from Eq. 55.", lowest=1),
    step_claim(
        "C.7/nu-range", "the interval of nu_k", "nu_k lies in (0, 1) for all k >= 0, for rho_k in (0, 1).",
        Form("0 < nu_k < 1 for all k >= 0", r"\nu_k \in (0, 1)\ \forall k \ge 0", _nu_at, sp.S.Zero, ">"),
        Form("0 <= nu_k < 1 for all k >= 0, and 0 < nu_k < 1 for k >= 1", r"\nu_k \in [0, 1)\ \forall k \ge 0",
             _nu_at, sp.S.Zero, ">="),
        lambda: prove_nu_in_unit_interval(strict=True),
        "nu_0 = 0, as the proof itself says; so [0, 1). On the proposition's domain [0, 1] even nu_k = 1 is reached.",
        counterexample=_refute_nu_range, example={"k": sp.S.Zero, "rho_0": sp.Rational(1, 2)},
    ),
    step_claim(
        "Eq57", "Eq. 57", "rho_k^2 nu_{k-1} + (1-rho_k)^2 = (nu_{k-1}+1) rho_k^2 - 2 rho_k + 1, and nu_0 = 0.",
        Form("rho_k^2 nu + (1-rho_k)^2 = (nu+1) rho_k^2 - 2 rho_k + 1",
             r"\rho_k^2\nu_{k-1} + (1-\rho_k)^2 = (\nu_{k-1}+1)\rho_k^2 - 2\rho_k + 1",
             R**2 * NU + (1 - R) ** 2, (NU + 1) * R**2 - 2 * R + 1),
        Form("rho_k^2 nu + (1-rho_k)^2 = (nu+1) rho_k^2 - 2 rho_k + 1", "", nu_step(), (NU + 1) * R**2 - 2 * R + 1),
        _prove_eq57, "Expansion.", example=HALF, names=ONE_STEP,
    ),
    step_claim(
        "Eq58", "Eq. 58, for rho_k in (0, 1)", f"For rho_k in (0, 1) and nu_{{k-1}} in [0, 1]: {STRICT58}.",
        Form(STRICT58, STRICT58_LATEX), Form(STRICT58, STRICT58_LATEX), _prove_eq58,
        "1 - nu_k is the gap of Eq. 58, and positive throughout: both sides of the equivalence always hold.",
        example={}, names={},
    ),
    step_claim(
        "Eq58/closed-interval", "Eq. 58, for rho_k in [0, 1]",
        f"For rho_k in [0, 1], the proposition's domain: {STRICT58}.",
        Form(STRICT58 + ", rho_k in [0, 1]", STRICT58_LATEX),
        Form(WEAK58, r"\nu_k \le 1 \iff (\nu_{k-1}+1)\rho_k^2 \le 2\rho_k"), _prove_weak_eq58,
        "At rho_k = 0, and at rho_k = nu_{k-1} = 1, Eq. 58 holds with equality and nu_k = 1: at most one, not less.",
        counterexample=_refute_closed_eq58, example={}, names={},
    ),
    step_claim(
        "Eq58/satisfied", "Eq. 58 is satisfied", "(nu_{k-1}+1) rho_k^2 <= 2 rho_k for nu_{k-1} and rho_k in [0, 1].",
        Form("(nu+1) rho_k^2 <= 2 rho_k", r"(\nu_{k-1}+1)\rho_k^2 \le 2\rho_k", (NU + 1) * R**2, 2 * R, "<="),
        Form("(nu+1) rho_k^2 <= 2 rho_k", r"(\nu_{k-1}+1)\rho_k^2 \le 2\rho_k", (NU + 1) * R**2, 2 * R, "<="),
        _prove_eq58_holds, "nu + 1 <= 2 and rho^2 <= rho.", example=HALF, names=ONE_STEP,
        within=Domain({"nu": sp.Interval(0, 1), "rho_k": sp.Interval(0, 1)}),
    ),
)  # fmt: skip
