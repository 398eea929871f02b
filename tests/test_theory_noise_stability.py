"""The blackboard of the noise-stability paper: every proof and counterexample holds, and numbers agree with them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import numpy as np
import pytest
import sympy as sp

from theory.claims import registry
from theory.claims.claim import Verdict
from theory.claims.nso.index import EQUATIONS, INDEX
from theory.noise_stability import chain_functions, equal_steps, matrix_sensing, quadratic_rates, tables, taylor
from theory.proof import Proof

MODULES = (
    "chain_functions", "descent", "fixed_rate", "linear_pac_bayes", "matrix_sensing", "momentum",
    "momentum_lower_bound", "pac_bayes", "quadratic_rates", "tables", "taylor", "two_point", "uniform_convergence",
)  # fmt: skip


def _boards() -> list[tuple[str, Callable[[], Proof]]]:
    found = []
    for name in MODULES:
        module = import_module(f"theory.noise_stability.{name}")
        for attribute in vars(module):
            function = getattr(module, attribute)
            if attribute.startswith(("prove_", "refute_")) and function.__module__ == module.__name__:
                found.append((f"{name}.{attribute}", function))
    return found


@pytest.mark.parametrize("board", [pytest.param(f, id=name) for name, f in _boards()])
def test_every_step_holds(board: Callable[[], Proof]) -> None:
    proof = board()
    assert proof.complete, [(step.what, step.shown) for step in proof.failed]


def test_index_names_every_equation_and_every_entry() -> None:
    ids = {claim.id for claim in registry.ledger() if claim.paper == "nso"}
    covered = {entry for value in INDEX.values() if not isinstance(value, str) for entry in value}
    assert covered == ids
    assert {f"Eq. {number}" for number in range(1, EQUATIONS + 1)} <= set(INDEX)


def test_smoothing_of_a_polynomial_is_its_gaussian_mean() -> None:
    x = sp.Symbol("x")
    polynomial, sigma = x**6 - 3 * x**3 + x, sp.Rational(2, 3)
    nodes, weights = np.polynomial.hermite_e.hermegauss(12)
    values = sp.lambdify(x, polynomial)(0.5 + float(sigma) * nodes)
    exact = taylor.smoothed(polynomial, (x,), sp.Matrix([[sigma**2]])).subs(x, sp.Rational(1, 2))
    assert np.isclose(float(exact), weights @ values / np.sqrt(2 * np.pi), rtol=1e-12)


def test_plateau_is_smooth_by_finite_differences() -> None:
    at = {chain_functions.C: 2, chain_functions.ALPHA: 1}
    x = np.linspace(0.01, 2.5, 4001)
    slope = np.zeros_like(x)
    for start, piece in chain_functions.H_PIECES:
        derivative = sp.lambdify(chain_functions.X, sp.diff(piece, chain_functions.X).subs(at), "numpy")
        slope = np.where(x >= float(start.subs(at)), derivative(x), slope)
    assert np.abs(np.diff(slope) / np.diff(x)).max() <= 2 * (1 + 1e-9)


def test_hessian_trace_by_finite_differences() -> None:
    generator = np.random.default_rng(3)
    a, w = generator.standard_normal((2, 3, 3))
    y, h, total = np.sum(a * (w @ w.T)), 1e-4, 0.0
    for index in np.ndindex(3, 3):
        for sign in (h, -h):
            moved = w.copy()
            moved[index] += sign
            total += (np.sum(a * (moved @ moved.T)) - y) ** 2 / 2 / h**2
    symbolic = matrix_sensing.hessian_trace(sp.Matrix(a), sp.Matrix(w))
    assert np.isclose(total, float(symbolic), rtol=1e-5)
    assert np.isclose(total, np.sum(((a + a.T) @ w) ** 2), rtol=1e-5)


@pytest.mark.parametrize("steps", [(), ("1/3",), ("1/2", "1/5", "1/7", "1/3")])
def test_closed_second_moment_is_the_enumerated_one(steps: tuple[str, ...]) -> None:
    etas = [sp.Rational(step) for step in steps]
    arguments = (sp.Rational(3, 2), etas, sp.Rational(2, 3), sp.Rational(4, 9))
    exact = quadratic_rates.enumerated_square(*arguments[:3], sp.Rational(2, 3))
    assert quadratic_rates.second_moment(*arguments) == exact


def test_bound_of_theorem_4_3_on_a_grid() -> None:
    """Exact moments on quadratics: the printed constants hold at the step of our proof, t in 1..T."""
    for total in (1, 5, 40):
        for delta in (0.2, 1.0, 30.0):
            rate = 1 / total
            c = min(np.sqrt(2 * rate / delta), 0.999)
            second, moments = 2.0, []
            for _ in range(total):
                second = (1 - c) ** 2 * second + c**2 * delta
                moments.append(second)
            assert np.mean(moments) <= np.sqrt(2 * rate * delta) + 2 * rate


STEPS = {"C": 2.0, "D": 1.5, "k": 3.0, "sigma": 0.7, "H": 0.2}


def _number(expression: sp.Expr, **values: float) -> float:
    known = {**STEPS, **values}
    return float(expression.subs({symbol: known[symbol.name] for symbol in expression.free_symbols}))


def _moments(rate: float, start: float, steps: int) -> list[float]:
    """E|grad F(W_t)|^2 for t = 1..steps, by the recursion."""
    found = [start]
    for _ in range(steps):
        found.append((1 - rate) ** 2 * found[-1] + rate**2 * STEPS["sigma"] ** 2 / STEPS["k"])
    return found[1:]


@pytest.mark.parametrize(("total", "eta"), [(1, 0.3), (4, 0.05), (25, 0.45)])
def test_sides_with_equal_steps_are_those_of_the_recursion(total: int, eta: float) -> None:
    c, d, at = STEPS["C"], STEPS["D"], {"T": float(total), "eta": eta}
    kappa = max(1 / c, 2 * total * eta)
    slow = min(_moments(eta / kappa, 2 * d**2 / kappa, total))
    assert np.isclose(_number(equal_steps.small_curvature(), **at), slow)
    fast = min(_moments(c * eta, 2 * c * d**2, total))
    assert np.isclose(_number(equal_steps.better_quadratic(), **at), max(slow, fast))
    assert np.isclose(_number(equal_steps.contraction(), **at), min(_moments(c * eta, c * d**2, total)))
    assert np.isclose(_number(equal_steps.plateau(), **at), d**2 / kappa * (1 - eta / kappa) ** (2 * total))


@pytest.mark.parametrize("total", [1, 3, 60])
def test_mean_moment_at_the_step_of_theorem_4_3(total: int) -> None:
    c, d = STEPS["C"], STEPS["D"]
    variance = (STEPS["sigma"] ** 2 + c**2 * STEPS["H"]) / STEPS["k"]
    rate = min(np.sqrt(2 * c * d**2 / (variance * total)), 1.0)
    assert np.isclose(_number(equal_steps.average(), T=float(total)), np.mean(_moments(rate, 2 * c * d**2, total)))


def test_deviation_of_rank_one_is_that_of_chi_square() -> None:
    """400 000 draws of |A_i W|^2, n = 2, d = 3: the exact probability within five standard errors (0.4%)."""
    sums = (np.random.default_rng(5).standard_normal((400_000, 2 * 3)) ** 2).sum(axis=1) / 6
    estimate = (abs(sums - 1) >= 0.5).mean()
    exact = float(matrix_sensing.deviation(sp.Integer(2), sp.Integer(3), sp.Rational(1, 2)))
    assert abs(estimate - exact) < 5 * np.sqrt(exact * (1 - exact) / 400_000)


def test_table_arithmetic_by_hand() -> None:
    assert tables.gains() == [sp.Rational(n, 10) for n in (4, 5, 3, 7, 7, 12)]
    assert tables.best(tables.LARGEST, highest=False) == [sp.Rational(n, 10) for n in (14, 28, 6, 8, 7, 42)]


def test_no_entry_is_recorded_as_holding_beside_a_counterexample() -> None:
    for claim in registry.ledger():
        if claim.paper == "nso":
            false = claim.derive().counterexample is not None
            assert false == (claim.recorded in (Verdict.CORRECTED, Verdict.REFUTED)), claim.id
