"""Beyond the Anti-PGD paper: second moments for every noise xi_k - kappa xi_{k-1}, and with heavy-ball momentum.

Own results around Proposition C.4 and Corollary C.5 (marked new). The first step may be fresh, eps_0 = xi_0 as in the
paper's appendix, or stationary, eps_0 = xi_0 - kappa xi_{-1} as in its Eq. 2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import sympy as sp

from theory.claims.antipgd._linear import (
    PAPER,
    at_steps,
    domain,
    enumerated,
    exact_second_moment,
    recurrence_experiment,
    sampler,
    sequence_of,
    sequence_sampler,
    symbols,
)
from theory.claims.antipgd.linear_recurrences_constant_rho import stationary_left
from theory.claims.claim import Claim, Derivation, Experiment, Form, Point, Verdict
from theory.claims.domain import Domain
from theory.linear.given_sequence import given_sequence, prove_given_sequence
from theory.linear.second_moments import (
    KAPPA,
    POWER,
    RHO,
    W0,
    FirstStep,
    K,
    finite,
    limit,
    prove_finite,
    prove_limit,
)
from theory.proof import Blackboard, Proof

PLACE = "Appendix C.1.1, our own"
STEPS = (1, 2, 3, 6, 20)
POINT: dict[str, Any] = {"rho": 0.7, "kappa": 0.5, "d": 4, "sigma": 0.5, "w0": 1.0}
EXAMPLE: dict[str, sp.Expr] = {
    "rho": sp.Rational(1, 2), "kappa": sp.Rational(1, 3), "k": sp.Integer(2), "d": sp.S.One, "sigma": sp.S.One,
    "w0": sp.S.One,
}  # fmt: skip
SEQUENCE_EXAMPLE = {
    "k": sp.Integer(2), **{f"rho_{j}": sp.Rational(j + 1, j + 2) for j in range(5)}, "kappa": sp.Rational(1, 3),
    "d": sp.S.One, "sigma": sp.S.One, "w0": sp.S.One,
}  # fmt: skip
NAMES = ("rho", "kappa", "k", "d", "sigma", "w0")
TAIL = {FirstStep.FRESH: "", FirstStep.STATIONARY: " + kappa^2 rho^(2k) d sigma^2"}
TAIL_LATEX = {FirstStep.FRESH: "", FirstStep.STATIONARY: r" + \kappa^2 \rho^{2k} d\sigma^2"}


def predictions(
    formula: Callable[[], sp.Expr], steps: tuple[int, ...] = STEPS, **changed: Any
) -> Callable[[], np.ndarray]:
    """Values of a formula for w_{k+1} at the experiments' point, with changes; built when they are asked for."""
    return lambda: at_steps(formula(), steps, {**POINT, **changed})


def own_claim(
    part: str, statement: str, form: Form, prove: Callable[[], Proof], reason: str, *,
    example: Mapping[str, sp.Expr], names: tuple[str, ...], experiments: tuple[Experiment, ...] = (), place: str = "",
    sample: Callable[..., Point] | None = None, derived: Callable[[], sp.Expr] | None = None,
    within: Domain | None = None,
) -> Claim:
    """A proved entry of our own; ``derived`` gives the right side that the blackboard derives, if it is one formula."""

    def found() -> Form:
        return form if derived is None else Form(form.text, form.latex, form.left, derived(), form.relation)

    return Claim(
        id=f"{PAPER}/{part}",
        paper=PAPER,
        place=place or PLACE,
        statement=statement,
        printed=form,
        derive=lambda: Derivation(found(), prove()),
        recorded=Verdict.PROVED,
        reason=reason,
        experiments=experiments,
        example=example,
        symbols=symbols(*names),
        new=True,
        sample=sample or sampler(*names),
        domain=within,
    )


def _experiment(first: FirstStep) -> Experiment:
    other = FirstStep.STATIONARY if first is FirstStep.FRESH else FirstStep.FRESH
    name = "fresh" if first is FirstStep.FRESH else "stationary"

    def formula() -> sp.Expr:
        return finite(KAPPA, first)

    return recurrence_experiment(
        f"rho = 0.7, kappa = 0.5, {name} first step, d = 4, sigma = 1/2, |w_0| = 1",
        rho=0.7, kappa=0.5, at=STEPS, first=name, dim=4, sigma=0.5, w0=1.0, expected=predictions(formula),
        mutants={
            "kappa ignored: plain": predictions(formula, kappa=0),
            "kappa ignored: fully anticorrelated": predictions(formula, kappa=1),
            "kappa for -kappa": predictions(formula, kappa=-0.5),
            "the other first step": predictions(lambda: finite(KAPPA, other)),
            "sigma for sigma^2": predictions(lambda: formula() + formula().subs(W0, 0)),
            "rho for rho^2": predictions(lambda: formula().subs(RHO, sp.sqrt(RHO))),
        },
    )  # fmt: skip


def _printed_finite(first: FirstStep) -> sp.Expr:
    extra = KAPPA**2 * RHO ** (2 * K) if first is FirstStep.STATIONARY else sp.S.Zero
    noise = 1 + (RHO - KAPPA) ** 2 * (1 - RHO ** (2 * K)) / (1 - RHO**2) + extra
    return RHO ** (2 * (K + 1)) * W0**2 + noise * POWER


def _finite_claim(first: FirstStep) -> Claim:
    name = "fresh" if first is FirstStep.FRESH else "stationary"
    form = Form(
        "E|w_{k+1}|^2 = rho^(2(k+1)) |w_0|^2 + (1 + (rho-kappa)^2 (1-rho^(2k)) / (1-rho^2)) d sigma^2" + TAIL[first],
        r"\mathbb{E}\|w_{k+1}\|^2 = \rho^{2(k+1)} \|w_0\|^2 + \left(1 + (\rho-\kappa)^2"
        r" \frac{1-\rho^{2k}}{1-\rho^2}\right) d\sigma^2" + TAIL_LATEX[first],
        enumerated(None, first), _printed_finite(first),
    )  # fmt: skip
    return own_claim(
        f"C.5/kappa-finite-{name}",
        f"With eps_k = xi_k - kappa xi_{{k-1}}, {first.value}, every k >= 0, real kappa and rho^2 != 1: {form.text}.",
        form, lambda: prove_finite(KAPPA, first), "The second-moment recursion, solved for general kappa.",
        example=EXAMPLE, names=NAMES, experiments=(_experiment(first),), derived=lambda: finite(KAPPA, first),
    )  # fmt: skip


def _sequence_claim(first: FirstStep) -> Claim:
    name = "fresh" if first is FirstStep.FRESH else "stationary"
    tail = "" if first is FirstStep.FRESH else " + kappa^2 prod_{j=1}^{k} rho_j^2 d sigma^2"

    def left(point: Point) -> sp.Expr:
        return exact_second_moment(sequence_of(point), point, kappa=point["kappa"], first=first)

    def right(point: Point) -> sp.Expr:
        power, rhos = point["d"] * point["sigma"] ** 2, sequence_of(point)
        return given_sequence(rhos, sq_norm=point["w0"] ** 2, power=power, kappa=point["kappa"], first=first)

    def sample(generator: Any) -> Point:
        return {**sequence_sampler()(generator), **sampler("kappa")(generator)}

    form = Form(
        "E|w_{k+1}|^2 = prod rho_j^2 |w_0|^2 + (1 + sum_{i=0}^{k-1} (rho_{i+1}-kappa)^2 prod_{j=i+2}^{k} rho_j^2) "
        "d sigma^2" + tail,
        r"\mathbb{E}\|w_{k+1}\|^2 = \prod_{j=0}^{k} \rho_j^2 \|w_0\|^2 + \Bigl(1 + \sum_{i=0}^{k-1}"
        r" (\rho_{i+1}-\kappa)^2 \prod_{j=i+2}^{k} \rho_j^2\Bigr) d\sigma^2"
        + ("" if first is FirstStep.FRESH else r" + \kappa^2 \prod_{j=1}^{k} \rho_j^2\, d\sigma^2"),
        left, right,
    )  # fmt: skip
    return own_claim(
        f"C.4/kappa-{name}",
        f"For every k >= 0, deterministic rho_k and real kappa, with {first.value}: {form.text}.",
        form, lambda: prove_given_sequence(KAPPA, first), "Induction with symbolic rho_k and kappa.",
        example=SEQUENCE_EXAMPLE, names=("k", "kappa", "d", "sigma", "w0"), sample=sample,
    )  # fmt: skip


def _limit_formula() -> sp.Expr:
    """The limit for every kappa."""
    return limit(KAPPA)


def _limit_claim() -> Claim:
    text = "lim E|w_k|^2 = (1 + kappa^2 - 2 kappa rho) / (1 - rho^2) d sigma^2"
    form = Form(
        text, r"\lim_{k\to\infty} \mathbb{E}\|w_k\|^2 = \frac{1+\kappa^2-2\kappa\rho}{1-\rho^2}\, d\sigma^2",
        stationary_left(), (1 + KAPPA**2 - 2 * KAPPA * RHO) / (1 - RHO**2) * POWER,
    )  # fmt: skip
    steps = (100, 120)
    experiment = recurrence_experiment(
        "rho = 0.7, kappa = 0.5, d = 4, sigma = 1/2, |w_0| = 1, after 100 and 120 steps",
        rho=0.7, kappa=0.5, at=steps, dim=4, sigma=0.5, w0=1.0, expected=predictions(_limit_formula, steps),
        mutants={
            "kappa ignored: plain": predictions(_limit_formula, steps, kappa=0),
            "kappa ignored: fully anticorrelated": predictions(_limit_formula, steps, kappa=1),
            "kappa for -kappa": predictions(_limit_formula, steps, kappa=-0.5),
            "cross term dropped": predictions(lambda: (1 + KAPPA**2) / (1 - RHO**2) * POWER, steps),
            "cross term without factor 2": predictions(
                lambda: (1 + KAPPA**2 - KAPPA * RHO) / (1 - RHO**2) * POWER, steps
            ),
            "sigma for sigma^2": predictions(lambda: 2 * _limit_formula(), steps),
        },
    )  # fmt: skip
    return own_claim(
        "C.5/kappa-limit", f"For |rho| < 1, real kappa and either first step: {text}.", form,
        lambda: prove_limit(KAPPA), "The fixed point of the second-moment recursion, for either first step.",
        example={n: EXAMPLE[n] for n in ("rho", "kappa", "d", "sigma")}, names=("rho", "kappa", "d", "sigma"),
        experiments=(experiment,), within=domain("kappa", "d", "sigma", rho=sp.Interval.open(-1, 1)),
        derived=lambda: limit(KAPPA),
    )  # fmt: skip


def _prove_best() -> Proof:
    board = Blackboard("the limit as a square in kappa")
    inner = prove_limit(KAPPA)
    board.note(f"limit, in {len(inner.steps)} steps", inner.complete)
    excess = limit(KAPPA) - POWER
    board.equal("limit - d sigma^2", excess, (KAPPA - RHO) ** 2 / (1 - RHO**2) * POWER)
    board.equal("slope in kappa at kappa = rho", sp.diff(limit(KAPPA), KAPPA).subs(KAPPA, RHO), sp.S.Zero)
    w, new, last = sp.symbols("w xi_new xi_last")
    kept = RHO * (w + last) + new - RHO * last  # w_k = w + xi_{k-1} with w = rho^k w_0
    board.equal("w_{k+1} - xi_k at kappa = rho, on every path", kept - new, RHO * w)
    board.nonnegative("1 - rho^2 > 0", 1 - RHO**2, {RHO: (-sp.S.One, sp.S.One)}, strict=True)
    return board.proof()


def _best_claim() -> Claim:
    steps = (100, 120)
    form = Form(
        "lim E|w_k|^2 >= d sigma^2, with equality exactly at kappa = rho",
        r"\lim_{k\to\infty} \mathbb{E}\|w_k\|^2 \ge d\sigma^2,\ \text{equality iff}\ \kappa = \rho",
        (1 + KAPPA**2 - 2 * KAPPA * RHO) / (1 - RHO**2) * POWER, POWER, ">=",
    )  # fmt: skip
    experiment = recurrence_experiment(
        "rho = kappa = 0.7, Gaussian noise, d = 4, sigma = 1/2, |w_0| = 1, after 100 and 120 steps",
        rho=0.7, kappa=0.7, gaussian=True, at=steps, dim=4, sigma=0.5, w0=1.0,
        expected=predictions(_limit_formula, steps, kappa=0.7),
        mutants={
            "kappa ignored: plain": predictions(_limit_formula, steps, kappa=0),
            "kappa ignored: fully anticorrelated": predictions(_limit_formula, steps, kappa=1),
            "the best kappa taken as rho/2": predictions(_limit_formula, steps, kappa=0.35),
        },
    )  # fmt: skip
    return own_claim(
        "C.5/kappa-best",
        "For |rho| < 1 no kappa brings the limit below d sigma^2, and kappa = rho, alone, attains it.",
        form, _prove_best,
        "The limit is d sigma^2 + (kappa - rho)^2 / (1 - rho^2) d sigma^2. At kappa = rho even w_{k+1} = "
        "rho^(k+1) w_0 + xi_k on every path: nothing but the newest noise stays.",
        example={n: EXAMPLE[n] for n in ("rho", "kappa", "d", "sigma")}, names=("rho", "kappa", "d", "sigma"),
        experiments=(experiment,), within=domain("kappa", "d", "sigma", rho=sp.Interval.open(-1, 1)),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (
    _sequence_claim(FirstStep.FRESH),
    _sequence_claim(FirstStep.STATIONARY),
    _finite_claim(FirstStep.FRESH),
    _finite_claim(FirstStep.STATIONARY),
    _limit_claim(),
    _best_claim(),
)
