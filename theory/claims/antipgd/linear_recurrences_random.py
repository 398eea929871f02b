"""Anti-PGD paper, Appendix C.1.2: Proposition C.7, what it says, where it fails, and the bounds that hold."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

import numpy as np
import sympy as sp

from theory.claims.antipgd._linear import (
    entry,
    exact_second_moment,
    fraction,
    recurrence_experiment,
    sequence_domain,
    sequence_of,
    sequence_sampler,
    symbols,
    whole,
)
from theory.claims.antipgd.linear_recurrences_random_steps import EXAMPLE as SEQUENCE
from theory.claims.claim import Claim, Experiment, Form, Point
from theory.claims.domain import Domain
from theory.linear import contraction_examples as examples
from theory.linear.given_sequence import given_sequence
from theory.linear.random_contraction import prove_adapted_bound, prove_bound, worst_adapted_second_moment
from theory.proof import Proof

PLACE = "Appendix C.1.2, Proposition C.7"
TELESCOPING = {"k": sp.Integer(12), "d": sp.S.One, "sigma": sp.S.One, "w0": sp.Integer(3)}
LONG_STEPS = (50, 200, 400)
EDGE = (0.5, 0.5, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0)
ALTERNATING = tuple((0.2, 0.8)[j % 2] for j in range(42))

BOUND = "lim E|w_k|^2 <= 2 d sigma^2"
BOUND_LATEX = r"\lim_{k\to\infty} \mathbb{E}\|w_{k+1}\|^2 \le 2 d\sigma^2"
MEND = "E|w_{k+1}|^2 <= 2 d sigma^2 + E[prod_{j<=k} rho_j^2] |w_0|^2 for every k"
MEND_LATEX = (
    r"\mathbb{E}\|w_{k+1}\|^2 \le 2 d\sigma^2 + \mathbb{E}\Bigl[\prod_{j=0}^{k} \rho_j^2\Bigr] \|w_0\|^2"
)
INDEPENDENT = "for rho independent of the noise"


def _telescoping(point: Point) -> list[sp.Expr]:
    return [examples.telescoping_factor(sp.Integer(j)) for j in range(whole(point, "k") + 1)]


def _power(point: Point) -> sp.Expr:
    return point["d"] * point["sigma"] ** 2


def _telescoping_moment(point: Point) -> sp.Expr:
    return exact_second_moment(_telescoping(point), point)


def _enumerated_sequence(point: Point) -> sp.Expr:
    return exact_second_moment(sequence_of(point), point)


def _derived_sequence(point: Point) -> sp.Expr:
    return given_sequence(sequence_of(point), sq_norm=point["w0"] ** 2, power=_power(point))


def _bound_for(rhos: Callable[[Point], list[sp.Expr]]) -> Callable[[Point], sp.Expr]:
    return lambda point: 2 * _power(point) + sp.prod([r**2 for r in rhos(point)]) * point["w0"] ** 2


def _claim(
    part: str, place: str, statement: str, printed: Form, form: Form, prove: Callable[[], Proof], reason: str, *,
    counterexample: Callable[[], Proof] | None = None, experiments: tuple[Experiment, ...] = (), note: str = "",
    example: Mapping[str, sp.Expr] | None = None, names: Mapping[str, str] | None = None, new: bool = False,
    sample: Callable[[random.Random], Point] | None = None, within: Domain | None = None,
) -> Claim:
    return entry(
        f"C.7{'/' if part else ''}{part}", f"{PLACE}{place}", statement, printed, prove, reason,
        form=form, refute=counterexample, note=note, experiments=experiments, example=example or {},
        symbols=names or {}, new=new, sample=sample, domain=within,
    )  # fmt: skip


def _telescoping_experiment() -> Experiment:
    """rho_j = 1 - 1/(j+2)^2 and |w_0| = 10, d sigma^2 = 1: about 26 where 2 is printed."""
    squares = np.cumprod([float(examples.telescoping_factor(sp.Integer(j))) ** 2 for j in range(max(LONG_STEPS))])
    kept = squares[np.array(LONG_STEPS) - 1] * 100.0
    return recurrence_experiment(
        "rho_j = 1 - 1/(j+2)^2, anticorrelated noise, d = 4, sigma = 1/2, |w_0| = 10",
        rho=lambda: [1 - 1 / (j + 2) ** 2 for j in range(max(LONG_STEPS))], at=LONG_STEPS, relation="<=",
        dim=4, sigma=0.5, w0=10.0, kappa=1.0, trajectories=65_536,
        expected=lambda: kept + 2.0, printed=lambda: np.full(len(LONG_STEPS), 2.0),
        mutants={"no noise": lambda: kept, "rho^4 for rho^2": lambda: kept**2 / 100.0 + 2.0},
    )  # fmt: skip


def _alternating_experiment() -> Experiment:
    at = (41, 42)

    def values() -> np.ndarray:
        return np.array([float(v) for v in examples.alternating_limits(sp.Rational(1, 5), sp.Rational(4, 5))])

    return recurrence_experiment(
        "rho_j = 0.2, 0.8, 0.2, ..., anticorrelated noise, d = 4, sigma = 1/2, |w_0| = 1, after 41 and 42 steps",
        rho=ALTERNATING, at=at, dim=4, sigma=0.5, w0=1.0, kappa=1.0, expected=values,
        mutants={
            "one limit for both": lambda: np.full(2, values().mean()),
            "even and odd exchanged": lambda: values()[::-1],
            "rho for rho^2": lambda: np.array([1.0 + 0.2 * 0.5 + 0.64, 1.0 + 0.8 * 0.5 + 0.04]),
        },
    )  # fmt: skip


def _edge_experiment() -> Experiment:
    """A reset (rho = 0) and then no contraction at all (rho = 1): the bound is attained, and stays so."""
    at = tuple(range(3, len(EDGE) + 1))

    def attained() -> np.ndarray:
        exact = [sp.Rational(str(r)) for r in EDGE]
        squares = [float(sp.prod([r**2 for r in exact[:n]])) for n in at]
        return 2.0 + np.array(squares)

    return recurrence_experiment(
        "rho = 1/2, 1/2, 0, 1, 1, ...: the bound is attained; d = 4, sigma = 1/2, |w_0| = 1",
        rho=EDGE, at=at, relation="<=", dim=4, sigma=0.5, w0=1.0, kappa=1.0, expected=attained,
        mutants={"d sigma^2": lambda: attained() - 1.0, "(2 - 1/10) d sigma^2": lambda: attained() - 0.1},
    )  # fmt: skip


def _adapted_left(point: Point) -> sp.Expr:
    return worst_adapted_second_moment(whole(point, "k", highest=4) + 1)


def _adapted_sample(generator: random.Random) -> Point:
    return {"k": sp.Integer(generator.randint(0, 3))}


def _telescoping_sample(generator: random.Random) -> Point:
    return {"k": sp.Integer(generator.randint(0, 8)), "w0": 4 * fraction(generator), "sigma": 2 * fraction(generator)}


def _closed_sample(generator: random.Random) -> Point:
    return sequence_sampler(closed=True)(generator)


def _claims() -> tuple[Claim, ...]:
    independent = Form(f"{MEND}, {INDEPENDENT}", MEND_LATEX, _telescoping_moment, _bound_for(_telescoping), "<=")
    return (
        _claim(
            "", ", Eq. 50",
            f"For rho_k in [0, 1] that differ from 1 with non-vanishing probability: {BOUND}.",
            Form(f"{BOUND} (shown: E|w_{{k+1}}|^2 for rho_j = 1 - 1/(j+2)^2)", BOUND_LATEX, _telescoping_moment,
                 lambda point: 2 * _power(point), "<="),
            independent, prove_bound,
            "rho_j = 1 - 1/(j+2)^2 is below 1 always, yet prod rho_j^2 -> 1/4: with |w_0|^2 >= 4 d sigma^2 the bound "
            "fails. What holds has E prod rho_j^2 |w_0|^2 added, and needs rho independent of the noise.",
            counterexample=examples.prove_product_survives, experiments=(_telescoping_experiment(),),
            example=TELESCOPING, names=symbols("k", "d", "sigma", "w0"), sample=_telescoping_sample,
            note="If moreover E prod rho_j^2 -> 0, then limsup E|w_k|^2 <= 2 d sigma^2.",
        ),
        _claim(
            "first-term", ", proof: the first term vanishes",
            "If rho_k in [0, 1] differs from 1 with non-vanishing probability, then prod_{j<=k} rho_j^2 |w_0|^2 -> 0.",
            Form("prod_{j<=k} rho_j^2 -> 0 whenever rho_k < 1", r"\prod_{j=0}^{k} \rho_j^2 \to 0"),
            Form("E prod_{j<=k} rho_j^2 <= (1 - p (1 - c^2))^(k+1) -> 0 if P(rho_k <= c | past) >= p for all k, "
                 "fixed c < 1 and p > 0",
                 r"\mathbb{E}\prod_{j=0}^{k} \rho_j^2 \le \left(1 - p(1-c^2)\right)^{k+1} \to 0"),
            examples.prove_vanishing_product,
            "False for rho_j = 1 - 1/(j+2)^2, whose squared product tends to 1/4. Staying away from 1 by a fixed "
            "amount, with a fixed probability, is enough.", counterexample=examples.prove_product_survives,
        ),
        _claim(
            "limit-exists", ", existence of the limit",
            "E|w_k|^2 has a limit as k -> oo whenever the first term vanishes.",
            Form("lim E|w_k|^2 exists", r"\exists \lim_{k\to\infty} \mathbb{E}\|w_k\|^2"),
            Form("limsup E|w_k|^2 <= 2 d sigma^2 whenever E prod rho_j^2 -> 0, rho independent of the noise",
                 r"\limsup_{k\to\infty} \mathbb{E}\|w_k\|^2 \le 2 d\sigma^2"),
            prove_bound,
            "For rho_k = 1/5, 4/5, 1/5, ... the values along even and odd k tend to different limits, 1010/609 and "
            "890/609 times d sigma^2. The bound holds for the limsup.",
            counterexample=examples.prove_no_limit, experiments=(_alternating_experiment(),),
        ),
        _claim(
            "dependent-rho", ", dependence of rho on the noise",
            f"{BOUND} whatever the dependence between rho_k and the noise, the first term vanishing.",
            Form(f"{BOUND} (shown: E w_{{k+1}}^2 for the three-valued noise of the counterexample, d = sigma = 1)",
                 BOUND_LATEX, lambda point: examples.second_moment_with_resets(whole(point, "k")), sp.Integer(2), "<="),
            Form(f"{MEND}, {INDEPENDENT}", MEND_LATEX),
            prove_bound,
            "If rho_k = 0 exactly where the last noise was large, E|w_k|^2 tends to 5 d sigma^2 for a three-valued "
            "noise, though the rho_k are i.i.d. The proposition needs rho independent of the noise (or noise of fixed "
            "norm).",
            counterexample=examples.prove_dependence_breaks, example={"k": sp.Integer(6)},
            names={"k": "index; E w_{k+1}^2"}, sample=_adapted_sample,
            note="The valley's rho_k = 1 - eta v_k^2 does depend on past noise; see C.7/adapted for Bernoulli noise.",
        ),
        _claim(
            "independent", ", our own repair",
            f"For rho_k in [0, 1], {INDEPENDENT}: {MEND}. The constant 2 is attained.",
            Form(MEND, MEND_LATEX, _enumerated_sequence, _bound_for(sequence_of), "<="),
            Form(MEND, MEND_LATEX, _derived_sequence, _bound_for(sequence_of), "<="),
            prove_bound, "Proposition C.4 for each sequence, nu_k <= 1, and the mean over rho.",
            example=SEQUENCE, names=symbols("k", "d", "sigma", "w0", rho_0="rho_0, ..., rho_k in [0, 1]"), new=True,
            experiments=(_edge_experiment(),), sample=_closed_sample,
            within=sequence_domain(4, "sigma", "w0", d=sp.FiniteSet(1, 2)),
        ),
        _claim(
            "adapted", ", our own: factors that depend on the past",
            "If |xi_k|^2 = d sigma^2 always (Bernoulli noise) and rho_k in [0, 1] may depend on xi_0, ..., xi_{k-1} in "
            "any way, with E[xi_k | past and rho_0..rho_k] = 0, then E|w_{k+1}|^2 <= 2 d sigma^2 "
            "+ E[prod_{1<=j<=k} rho_j max(rho_0^2 |w_0|^2 - d sigma^2, 0)].",
            Form("E|w_{k+1}|^2 <= 2 d sigma^2 + E[prod_{1<=j<=k} rho_j max(rho_0^2 |w_0|^2 - d sigma^2, 0)] (shown: "
                 "the largest E w_{k+1}^2 over policies in {0, 1/2, 1}, w_0 = 0, d = sigma = 1)",
                 r"\mathbb{E}\|w_{k+1}\|^2 \le 2 d\sigma^2 + \mathbb{E}\Bigl[\prod_{j=1}^{k} \rho_j\Bigr]"
                 r" \max(\rho_0^2\|w_0\|^2 - d\sigma^2, 0)", _adapted_left, sp.Integer(2), "<="),
            Form("the same", "", _adapted_left, sp.Integer(2), "<="),
            prove_adapted_bound,
            "w_{k+1} - xi_k is a convex combination of w_k - xi_{k-1} and -xi_{k-1} on every path.",
            example={"k": sp.Integer(3)}, names={"k": "index, 0 to 3 in the exhaustive search"}, new=True,
            sample=_adapted_sample,
        ),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = _claims()
