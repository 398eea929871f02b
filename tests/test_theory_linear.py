"""The blackboard of linear recurrences, and the ledger entries built on it: exact checks, and proofs that must fail."""

from __future__ import annotations

import importlib
import itertools
import random

import numpy as np
import pytest
import sympy as sp

from theory.claims.claim import Claim, Effort, Verdict
from theory.judge.agreement import check_forms
from theory.linear import contraction_examples as examples
from theory.linear import variation_of_constants as voc
from theory.linear.enumeration import second_moment_by_enumeration
from theory.linear.given_sequence import given_sequence, nu
from theory.linear.linear_forms import (
    ALL_CASES,
    CASES_FROM_ONE,
    Order,
    Term,
    factor,
    peel_earliest,
    peel_latest,
    product,
    spell,
)
from theory.linear.matrix_examples import matrix_example, refute_on_matrices
from theory.linear.momentum import limit_with_momentum, stability_conditions
from theory.linear.random_contraction import (
    M1,
    M2,
    independent_finite,
    independent_limit,
    nu_step,
    uniform_limit,
    worst_adapted_second_moment,
)
from theory.linear.second_moments import (
    BETA,
    KAPPA,
    POWER,
    RHO,
    W0,
    D,
    FirstStep,
    K,
    finite,
    limit,
    one_step,
    second_moment,
)
from theory.proof import Blackboard

SIGMA = next(iter(POWER.free_symbols - {D}))
MODULES = (
    "constants", "anticorrelated", "moments", "constant_rho", "remark", "family", "edges", "momentum", "random",
    "random_steps", "iid",
)  # fmt: skip


def ledger() -> list[Claim]:
    found = []
    for name in MODULES:
        found += importlib.import_module(f"theory.claims.antipgd.linear_recurrences_{name}").CLAIMS
    return found


CLAIMS = ledger()
BY_ID = {claim.id.removeprefix("antipgd/"): claim for claim in CLAIMS}


def fractions(seed: int, count: int) -> list[sp.Rational]:
    generator = random.Random(seed)
    return [sp.Rational(generator.randint(-9, 9), generator.randint(2, 9)) for _ in range(count)]


# ------------------------------------------------------------------------------------------------ formal products


def test_products_unfold_from_both_ends() -> None:
    k = sp.Symbol("k", integer=True, nonnegative=True)
    assert peel_latest(product(0, k), k) == factor(k) * product(0, k - 1)
    assert peel_earliest(product(0, k), sp.S.Zero) == product(1, k) * factor(0)
    assert product(k + 1, k) == 1
    assert spell(product(1, 3)) == factor(3) * factor(2) * factor(1)
    assert spell(product(1, 3), Order.EARLIER_LEFT) == factor(1) * factor(2) * factor(3)


def test_undecided_ranges_are_refused() -> None:
    k = sp.Symbol("k", integer=True)
    with pytest.raises(ValueError, match="might be empty"):
        peel_latest(product(0, k), k)
    with pytest.raises(ValueError, match="must be decided"):
        Term(lambda i: sp.S.One, 0, k).holds_index(sp.S.One)


@pytest.mark.parametrize("k", range(6))
def test_formulas_on_matrices_that_do_not_commute(k: int) -> None:
    example = matrix_example(k)
    assert example.run(k, anti=False) == example.formula(voc.eq34(sp.Integer(k)), k)
    assert example.run(k, anti=True) == example.formula(voc.eq39_corrected(sp.Integer(k)), k)
    assert example.run(k, anti=True) == example.formula(voc.eq40(sp.Integer(k)), k)


def test_false_displays_get_no_proof() -> None:
    assert not voc.prove_anticorrelated_display(voc.eq39, "Eq. 39").complete
    assert not voc.prove_anticorrelated_display(voc.eq41, "Eq. 41", ALL_CASES).complete
    assert voc.prove_anticorrelated_display(voc.eq41, "Eq. 41", CASES_FROM_ONE).complete
    assert not voc.prove_plain_display(lambda k: voc.eq34(k - 1), "index off by one").complete


def test_true_forms_are_not_refuted() -> None:
    for k in range(4):
        assert not refute_on_matrices(voc.eq34, k, anti=False).complete
        assert not refute_on_matrices(voc.eq39_corrected, k, anti=True).complete
    assert not refute_on_matrices(voc.eq34, 0, anti=False, order=Order.EARLIER_LEFT).complete


# ------------------------------------------------------------------------------------------------- second moments


@pytest.mark.parametrize("first", list(FirstStep))
@pytest.mark.parametrize("beta", [sp.S.Zero, sp.Rational(2, 5)])
@pytest.mark.parametrize("kappa", [sp.S.Zero, sp.S.One, sp.Rational(-1, 3)])
def test_matrix_recursion_against_all_noise_patterns(kappa: sp.Expr, beta: sp.Expr, first: FirstStep) -> None:
    rhos, sigma, w0 = fractions(1, 6), sp.Rational(2, 3), sp.Rational(3, 2)
    for n in range(1, 7):
        exact = second_moment_by_enumeration(rhos[:n], w0=w0, d=3, sigma=sigma, kappa=kappa, beta=beta, first=first)
        arguments = {"sq_norm": w0**2, "power": 3 * sigma**2, "kappa": kappa, "beta": beta, "first": first}
        assert second_moment(rhos[:n], **arguments) == exact
        if beta == 0:
            del arguments["beta"]
            assert given_sequence(rhos[:n], **arguments) == exact


def test_corollary_c5_at_a_point_checked_by_hand() -> None:
    # k = 2, rho = 1/2, d = sigma = |w_0| = 1: rho^6 + 1 + (1/4)(1 + 1/4) = 1/64 + 21/16 = 85/64
    values = {RHO: sp.Rational(1, 2), K: 2, D: 1, SIGMA: 1, W0: 1}
    assert finite(sp.S.One).subs(values) == sp.Rational(85, 64)
    printed = BY_ID["C.5/finite-anticorrelated"].printed.right
    assert printed.subs(values) == sp.Rational(43, 32)
    assert limit(sp.S.One).subs(values) == sp.Rational(4, 3)
    assert finite(sp.S.Zero).subs(values) == sp.Rational(85, 64)  # at rho = 1/2 both noises agree


def test_printed_eq48_starts_wrong_but_obeys_the_recursion() -> None:
    board = Blackboard("the base case must fail")
    printed = BY_ID["C.5/finite-anticorrelated"].printed.right
    a, b = one_step(sp.S.One)
    assert not board.equal("k = 0", printed.subs(K, 0), finite(sp.S.One).subs(K, 0))
    assert board.equal("step", printed.subs(K, K + 1), a * printed + b)


@pytest.mark.parametrize("first", list(FirstStep))
def test_finite_form_tends_to_the_limit(first: FirstStep) -> None:
    values = {RHO: 0.9, KAPPA: 0.3, D: 2, SIGMA: 1.5, W0: 4.0}
    late = float(finite(KAPPA, first).subs(values).subs(K, 400))
    assert late == pytest.approx(float(limit(KAPPA).subs(values)), rel=1e-12)


def test_enumeration_refuses_bad_input() -> None:
    with pytest.raises(ValueError, match="at most 14 values, got 15"):
        second_moment_by_enumeration([sp.S.One] * 15, w0=sp.S.One, d=1, sigma=sp.S.One)
    with pytest.raises(ValueError, match="d must be a positive integer, got 0"):
        second_moment_by_enumeration([sp.S.One], w0=sp.S.One, d=0, sigma=sp.S.One)
    with pytest.raises(ValueError, match="rhos must hold at least one number"):
        given_sequence([], sq_norm=sp.S.One, power=sp.S.One)
    with pytest.raises(ValueError, match="k must be at most 8"):
        examples.second_moment_with_resets(9)


# ------------------------------------------------------------------------------------------------------- momentum


def test_stability_region_against_numerical_roots() -> None:
    conditions = [sp.lambdify((RHO, BETA), condition) for condition in stability_conditions()]
    for rho, beta in itertools.product(np.linspace(-3.05, 1.45, 19), np.linspace(-1.35, 1.35, 19)):
        inside = max(abs(np.roots([1.0, -(rho + beta), beta]))) < 1
        assert inside == all(condition(rho, beta) > 0 for condition in conditions)


@pytest.mark.parametrize(("rho", "beta", "kappa"), [(0.7, 0.5, 1.0), (-0.4, 0.3, 0.2), (0.9, -0.2, -1.0)])
def test_momentum_limit_against_iteration(rho: float, beta: float, kappa: float) -> None:
    moments = np.diag([4.0, 0.0, 0.0])
    moments[:2, :2] = 4.0
    step = np.array([[rho + beta, -beta, -kappa], [1, 0, 0], [0, 0, 0]])
    kick = np.array([1.0, 0.0, 1.0])
    for _ in range(2000):
        moments = step @ moments @ step.T + 0.5 * np.outer(kick, kick)
    values = {RHO: rho, BETA: beta, KAPPA: kappa, D: 2, SIGMA: 0.5}
    assert moments[0, 0] == pytest.approx(float(limit_with_momentum(KAPPA).subs(values)), rel=1e-10)


# --------------------------------------------------------------------------------------------- random contraction


def test_nu_is_largest_at_corners_and_never_above_one() -> None:
    corners = [nu(corner) for corner in itertools.product((sp.S.Zero, sp.S.One), repeat=6)]
    assert max(corners) == 1
    assert min(corners) == 0
    generator = np.random.default_rng(0)
    value = np.zeros(1000)
    for _ in range(200):
        rho = generator.uniform(size=1000)
        value = np.asarray(nu_step(value, rho), float)
        assert ((value >= 0) & (value <= 1)).all()


def test_adapted_policies_reach_the_bound_and_not_more() -> None:
    assert worst_adapted_second_moment(4) == 2


def test_dependent_factors_exceed_the_printed_bound() -> None:
    values = [examples.second_moment_with_resets(k) for k in range(5)]
    assert values == [5 - 4 * sp.Rational(3, 4) ** k for k in range(5)]
    assert values[2] > 2


def test_uniform_limit_against_quadrature_and_moments() -> None:
    low, high, nodes = 0.2, 1.0, np.polynomial.legendre.leggauss(8)
    points = low + (high - low) * (nodes[0] + 1) / 2
    m1, m2 = (nodes[1] @ points**power / 2 for power in (1, 2))
    names = {symbol.name: symbol for symbol in uniform_limit().free_symbols}
    closed = float(uniform_limit().subs({names["low"]: low, names["high"]: high, D: 1, SIGMA: 1}))
    assert closed == pytest.approx(2 * (1 - m1) / (1 - m2), rel=1e-12)
    assert closed == pytest.approx(float(independent_limit(sp.S.One).subs({M1: m1, M2: m2, D: 1, SIGMA: 1})), rel=1e-12)


def test_independent_factors_against_all_paths_and_all_noise() -> None:
    law = {sp.Rational(1, 3): sp.Rational(1, 4), sp.Rational(4, 5): sp.Rational(3, 4)}
    values = {M1: sum(r * p for r, p in law.items()), M2: sum(r**2 * p for r, p in law.items())}
    kappa, sigma, w0 = sp.Rational(1, 2), sp.Rational(2, 3), sp.Rational(3, 2)
    values |= {KAPPA: kappa, SIGMA: sigma, W0: w0, D: 2}
    for n in range(1, 4):
        mean = sp.S.Zero
        for path in itertools.product(law, repeat=n):
            weight = sp.prod([law[r] for r in path])
            mean += weight * second_moment_by_enumeration(path, w0=w0, d=2, sigma=sigma, kappa=kappa)
        assert sp.simplify(independent_finite(KAPPA).subs(values).subs(K, n - 1) - mean) == 0


# --------------------------------------------------------------------------------------------------------- ledger

FALSE_AS_PRINTED = {
    "C.1/product-order", "C.1/base", "C.2", "Eq41/first-step", "Eq47", "C.5/finite-anticorrelated", "Eq51/stochastic",
    "Eq54/first-step", "Eq55", "Eq58/closed-interval", "C.7", "C.7/first-term", "C.7/limit-exists",
    "C.7/dependent-rho", "C.7/nu-range",
}  # fmt: skip


def test_every_item_and_display_has_an_entry() -> None:
    displays = {f"Eq{n}" for n in (*range(35, 39), *range(40, 44), 46, 47, 51, 52, *range(54, 59))}
    assert displays <= set(BY_ID)
    assert {"C.1", "C.2", "C.3", "C.4/anticorrelated", "C.4/standard", "C.7"} <= set(BY_ID)
    assert {name for name, claim in BY_ID.items() if claim.recorded is Verdict.CORRECTED} == FALSE_AS_PRINTED
    assert {claim.recorded for claim in CLAIMS} == {Verdict.CORRECTED, Verdict.PROVED}


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_derivation_of_entry(claim: Claim) -> None:
    found = claim.derive()
    assert found.form is not None
    assert found.proof is not None
    assert found.proof.complete, found.proof.failed
    assert (found.counterexample is not None) == (claim.recorded is Verdict.CORRECTED)
    if found.counterexample is not None:
        assert found.counterexample.complete, found.counterexample.failed
    failed = [check for check in check_forms(claim, found) if check.matters and check.holds is not True]
    assert not failed


@pytest.mark.parametrize("claim", [c for c in CLAIMS if c.experiments], ids=lambda claim: claim.id)
def test_predictions_differ_from_every_mutant(claim: Claim) -> None:
    for experiment in claim.experiments:
        expected = experiment.expected()
        assert np.isfinite(expected).all()
        wrong = dict(experiment.mutants)
        if experiment.printed is not None:
            assert claim.recorded is Verdict.CORRECTED
            wrong["printed"] = experiment.printed
        assert wrong
        for name, make in wrong.items():
            values = make()
            assert values.shape == expected.shape
            assert np.max(np.abs(values - expected) / expected) > 0.01, name


def test_sampled_points_lie_in_the_domain() -> None:
    generator = random.Random(3)
    for claim in CLAIMS:
        for _ in range(5 if claim.sample else 0):
            point = claim.sample(generator)
            assert all(0 < point[name] < 1 for name in ("rho", "beta", "m1", "m2") if name in point), claim.id
            assert all(0 <= value <= 1 for name, value in point.items() if name.startswith("rho_")), claim.id
            assert point.get("k", sp.S.Zero) >= 0, claim.id


def test_judge_corrects_the_finite_form_and_keeps_the_limit() -> None:
    verify = importlib.import_module("theory.verify").verify
    chosen = [BY_ID["C.5/finite-anticorrelated"], BY_ID["C.5/limit-anticorrelated"]]
    report = verify((), Effort.QUICK, 5, claims=chosen)
    assert [entry.verdict for entry in report.entries] == [Verdict.CORRECTED, Verdict.PROVED]
    assert report.exit_code == 0


@pytest.mark.parametrize(
    ("name", "point", "message"),
    [
        ("C.5/finite-anticorrelated", {"k": sp.Rational(1, 2)}, "k = 1/2 must be an integer from 0"),
        ("C.5/finite-anticorrelated", {"d": sp.S.Zero}, "d = 0 must be an integer from 1"),
        ("C.4/anticorrelated", {"k": sp.Integer(-1)}, "k = -1 must be an integer from 0"),
        ("C.4/anticorrelated", {"k": sp.Integer(7)}, "no value given for rho_5, rho_6, rho_7"),
        ("C.7/adapted", {"k": sp.Integer(9)}, "k = 9 must be an integer from 0 to 4"),
    ],
)
def test_points_outside_the_domain_are_refused(name: str, point: dict[str, sp.Expr], message: str) -> None:
    claim = BY_ID[name]
    with pytest.raises((ValueError, KeyError), match=message):
        claim.printed.sides({**claim.example, **point})
