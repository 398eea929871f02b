"""Anti-PGD paper, Appendix C.1.1: Proposition C.4, second moments for a given sequence of contraction factors.

Exact left sides go through every pattern of +-sigma noise. The experiments use a sequence with negative factors and
factors beyond 1, since the proposition allows every real rho_k.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import sympy as sp

from theory.claims.antipgd._linear import (
    entry,
    exact_second_moment,
    recurrence_experiment,
    sequence_of,
    sequence_sampler,
    symbols,
    whole,
)
from theory.claims.claim import Claim, Experiment, Form, Point
from theory.linear.given_sequence import given_sequence, nu, prove_given_sequence, prove_square_of_sum
from theory.proof import Blackboard, Proof

PLACE = "Appendix C.1.1"
ANTI, PLAIN = sp.S.One, sp.S.Zero
RHOS = (0.9, 0.5, 0.7, -0.4, 1.0, 0.8, 0.2, 1.1, 0.6, 0.95)
STEPS = (1, 2, 3, 5, 8, 10)
POWER, SQ_NORM = 4 * 0.5**2, 2.0**2  # d sigma^2 and |w_0|^2 of the experiments
EXAMPLE = {
    "k": sp.Integer(2), "rho_0": sp.Rational(1, 2), "rho_1": sp.Rational(1, 3), "rho_2": sp.Rational(3, 4),
    "rho_3": sp.Rational(1, 5), "rho_4": sp.Rational(2, 3), "d": sp.Integer(2),
    "sigma": sp.Rational(1, 2), "w0": sp.S.One,
}  # fmt: skip
SYMBOLS = symbols("k", "d", "sigma", "w0", rho_0="contraction factors rho_0, ..., rho_k, any real numbers")
SUM = r"\sum_{i=0}^{k-1} (1-\rho_{i+1})^2 \prod_{j=i+2}^{k} \rho_j^2"
START = r"\prod_{j=0}^{k} \rho_j^2\, \|w_0\|^2"


def _left(kappa: sp.Expr) -> Callable[[Point], sp.Expr]:
    return lambda point: exact_second_moment(sequence_of(point), point, kappa=kappa)


def _derived(kappa: sp.Expr) -> Callable[[Point], sp.Expr]:
    def right(point: Point) -> sp.Expr:
        power = point["d"] * point["sigma"] ** 2
        return given_sequence(sequence_of(point), sq_norm=point["w0"] ** 2, power=power, kappa=kappa)

    return right


def _printed_eq44(point: Point) -> sp.Expr:
    rhos, k = sequence_of(point), whole(point, "k")
    total = sum(((1 - rhos[i + 1]) ** 2 * _squares(rhos[i + 2 :]) for i in range(k)), sp.S.Zero)
    return _squares(rhos) * point["w0"] ** 2 + (1 + total) * point["d"] * point["sigma"] ** 2


def _printed_eq45(point: Point) -> sp.Expr:
    rhos, k = sequence_of(point), whole(point, "k")
    total = sum((_squares(rhos[i + 1 :]) for i in range(k + 1)), sp.S.Zero)
    return _squares(rhos) * point["w0"] ** 2 + total * point["d"] * point["sigma"] ** 2


def _printed_eq47(point: Point) -> sp.Expr:
    rhos, k = sequence_of(point), whole(point, "k")
    total = sum(((rhos[i + 1] - 1) ** 2 * _squares(rhos[i + 2 :]) for i in range(k)), sp.S.Zero)
    return _squares(rhos) * point["w0"] ** 2 + (1 + total) * point["sigma"] ** 2


def _squares(rhos: list[sp.Expr]) -> sp.Expr:
    return sp.prod([r**2 for r in rhos])


def _floats(kappa: float, power: float = POWER) -> np.ndarray:
    """The derived formula along RHOS, as floats."""
    exact = [sp.Rational(str(r)) for r in RHOS]
    return np.array([
        float(given_sequence(exact[:n], sq_norm=sp.Float(SQ_NORM), power=sp.Float(power), kappa=sp.sympify(kappa)))
        for n in STEPS
    ])  # fmt: skip


def _mutant(change: Callable[[list[sp.Expr]], tuple[sp.Expr, sp.Expr]]) -> Callable[[], np.ndarray]:
    """Predictions from a wrong pair (factor of |w_0|^2, factor of d sigma^2)."""

    def values() -> np.ndarray:
        exact = [sp.Rational(str(r)) for r in RHOS]
        pairs = [change(exact[:n]) for n in STEPS]
        return np.array([float(start) * SQ_NORM + float(noise) * POWER for start, noise in pairs])

    return values


def _experiment(
    kappa: float, noise: str, printed: Callable[[], np.ndarray] | None = None
) -> Experiment:
    kind = "anticorrelated" if kappa else "plain"
    mutants = {
        "sigma for sigma^2": lambda: _floats(kappa, power=4 * 0.5),
        "the other noise": lambda: _floats(1.0 - kappa),
        "rho for rho^2 in front of |w_0|^2": _mutant(
            lambda r: (abs(sp.prod(r)), 1 + nu(r, sp.sympify(kappa)))
        ),
    }
    if kappa:
        mutants["1 - rho^2 for (1 - rho)^2"] = _mutant(
            lambda r: (
                _squares(r),
                1 + sum(((1 - r[i + 1] ** 2) * _squares(r[i + 2 :]) for i in range(len(r) - 1)), sp.S.Zero),
            )
        )
        mutants["index of rho off by one"] = _mutant(lambda r: (_squares(r), 1 + nu([*r[1:], r[0]])))
    else:
        mutants["one factor too many in each product"] = _mutant(
            lambda r: (_squares(r), sum((_squares(r[i:]) for i in range(len(r))), sp.S.Zero))
        )
    return recurrence_experiment(
        f"given sequence of ten rho_k, {kind} {noise} noise, d = 4, sigma = 1/2, |w_0| = 2",
        rho=RHOS, at=STEPS, kappa=kappa, gaussian=noise == "Gaussian",
        expected=lambda: _floats(kappa), printed=printed, mutants=mutants, dim=4, sigma=0.5, w0=2.0,
    )  # fmt: skip


def _claim(
    number: str, place: str, statement: str, printed: Form, derived: Form, prove: Callable[[], Proof],
    experiments: tuple[Experiment, ...], reason: str, counterexample: Callable[[], Proof] | None = None, note: str = "",
) -> Claim:
    return entry(
        number, f"{PLACE}, {place}", statement, printed, prove, reason, form=derived, refute=counterexample, note=note,
        experiments=experiments, example=EXAMPLE, symbols=SYMBOLS, sample=sequence_sampler(),
    )  # fmt: skip


TEXT44 = (
    "E|w_{k+1}|^2 = prod_{j=0}^{k} rho_j^2 |w_0|^2 "
    "+ (1 + sum_{i=0}^{k-1} (1 - rho_{i+1})^2 prod_{j=i+2}^{k} rho_j^2) d sigma^2"
)
TEXT45 = "E|w_{k+1}|^2 = prod_{j=0}^{k} rho_j^2 |w_0|^2 + sum_{i=0}^{k} prod_{j=i+1}^{k} rho_j^2 d sigma^2"
TEXT46 = (
    "E|w_{k+1}|^2 = (prod rho_j)^2 |w_0|^2 + E|xi_k|^2 "
    "+ sum_{i=0}^{k-1} (rho_{i+1} - 1)^2 (prod_{j=i+2}^{k} rho_j)^2 E|xi_i|^2"
)
TEXT47 = (
    "E|w_{k+1}|^2 = (prod rho_j)^2 |w_0|^2 + sigma^2 "
    "+ sum_{i=0}^{k-1} (rho_{i+1} - 1)^2 prod_{j=i+2}^{k} rho_j^2 sigma^2"
)
LATEX44 = r"\mathbb{E}\|w_{k+1}\|^2 = " + START + r" + \Bigl(1 + " + SUM + r"\Bigr) d\sigma^2"
LATEX45 = r"\mathbb{E}\|w_{k+1}\|^2 = " + START + r" + \sum_{i=0}^{k} \prod_{j=i+1}^{k} \rho_j^2\, d\sigma^2"
LATEX46 = (
    r"\mathbb{E}\|w_{k+1}\|^2 = " + START + r" + \mathbb{E}\|\xi_k\|^2"
    r" + \sum_{i=0}^{k-1} (\rho_{i+1}-1)^2 \prod_{j=i+2}^{k} \rho_j^2\, \mathbb{E}\|\xi_i\|^2"
)
LATEX47 = r"\mathbb{E}\|w_{k+1}\|^2 = " + START + r" + \sigma^2 + " + SUM + r"\, \sigma^2"
ASSUMED = "for deterministic w_0 and rho_k and noise that is only uncorrelated in time, with mean zero"


def _refute_eq47() -> Proof:
    """At d = 2 the enumerated value differs; with d = 1 the display would hold."""
    board = Blackboard("exact enumeration of +-sigma noise at d = 2, k = 2")
    true, shown = _left(ANTI)(EXAMPLE), _printed_eq47(EXAMPLE)
    board.differ("enumerated against displayed", true, shown)
    missing = (EXAMPLE["d"] - 1) * EXAMPLE["sigma"] ** 2 * (1 + nu(sequence_of(EXAMPLE)))
    board.equal("what is missing: (d - 1) sigma^2 (1 + nu_k)", true - shown, missing)
    return board.proof()


def _printed47_floats() -> np.ndarray:
    return _floats(1.0, power=0.25)


CLAIMS: tuple[Claim, ...] = (
    _claim(
        "C.4/anticorrelated", "Proposition C.4, Eq. 44",
        f"For every k >= 0, {ASSUMED}, eps_k = xi_k - xi_{{k-1}} and eps_0 = xi_0 give Eq. 44.",
        Form(TEXT44, LATEX44, _left(ANTI), _printed_eq44), Form(TEXT44, LATEX44, _left(ANTI), _derived(ANTI)),
        lambda: prove_given_sequence(ANTI), (_experiment(1.0, "Rademacher"), _experiment(1.0, "Gaussian")),
        "Induction with symbolic rho_k on the recursion of second moments.",
        note="Independence, which the printed proof invokes, is not needed: uncorrelated noise is enough.",
    ),
    _claim(
        "C.4/standard", "Proposition C.4, Eq. 45",
        f"For every k >= 0, {ASSUMED}, eps_k = xi_k gives Eq. 45.",
        Form(TEXT45, LATEX45, _left(PLAIN), _printed_eq45), Form(TEXT45, LATEX45, _left(PLAIN), _derived(PLAIN)),
        lambda: prove_given_sequence(PLAIN), (_experiment(0.0, "Rademacher"),),
        "Induction with symbolic rho_k on the recursion of second moments.",
    ),
    _claim(
        "Eq46", "proof of Proposition C.4, Eq. 46",
        f"For every k >= 0, {ASSUMED}: {TEXT46}.",
        Form(TEXT46, LATEX46, _left(ANTI), _printed_eq44), Form(TEXT46, LATEX46, _left(ANTI), _derived(ANTI)),
        prove_square_of_sum, (),
        "The squares of the coefficients of Corollary C.2 add up, whatever the single E|xi_i|^2. The numbers shown "
        "take E|xi_i|^2 = d sigma^2.",
    ),
    _claim(
        "Eq47", "proof of Proposition C.4, Eq. 47",
        f"For every k >= 0 and every dimension d: {TEXT47}.",
        Form(TEXT47, LATEX47, _left(ANTI), _printed_eq47), Form(TEXT44, LATEX44, _left(ANTI), _derived(ANTI)),
        lambda: prove_given_sequence(ANTI), (_experiment(1.0, "Rademacher", _printed47_floats),),
        "E|xi_i|^2 is d sigma^2, not sigma^2: the display holds for d = 1 only, unlike Eq. 44, which has the factor d.",
        counterexample=_refute_eq47,
    ),
)  # fmt: skip
