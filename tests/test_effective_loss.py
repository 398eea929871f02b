"""Effective losses of any SymPy loss: against series, numbers and simulated steps."""

import numpy as np
import pytest
import sympy as sp

import toylands as tl
from theory import effective_loss as el

X, Y = sp.symbols("x y", real=True)
ETA, SIGMA = sp.symbols("eta sigma", positive=True)
QUARTIC = X**4 / 4 + X**2 * Y**2 / 2 - X * Y + Y**3 / 6


def test_modified_loss_is_the_average_to_second_order():
    """Both laws agree with it up to sigma^3, and a factor 1 instead of 1/2 is seen."""
    modified = el.modified_loss(QUARTIC, (X, Y), SIGMA)
    for noise in (el.GAUSSIAN, el.RADEMACHER):
        gap = sp.expand(el.average(QUARTIC, (X, Y), SIGMA, noise) - modified)
        assert [gap.coeff(SIGMA, k) for k in range(4)] == [0] * 4
        assert gap.coeff(SIGMA, 4) != 0
        twice = sp.expand(gap + modified - el.modified_loss(QUARTIC, (X, Y), sp.sqrt(2) * SIGMA))
        assert twice.coeff(SIGMA, 2) != 0


def test_gaussian_average_by_quadrature():
    nodes, weights = np.polynomial.hermite_e.hermegauss(12)
    f = sp.lambdify((X, Y), QUARTIC**2)
    numeric = sum(
        a * b * f(0.3 + 0.5 * s, -0.8 + 0.5 * t) for s, a in zip(nodes, weights) for t, b in zip(nodes, weights)
    ) / (2 * np.pi)
    exact = el.average(QUARTIC**2, (X, Y), sp.Rational(1, 2), el.GAUSSIAN).subs({X: 0.3, Y: -0.8})
    assert float(exact) == pytest.approx(numeric, rel=1e-12)


def test_signs_need_no_polynomial():
    value = el.average(sp.exp(X), (X,), SIGMA, el.RADEMACHER)
    assert sp.simplify(value - (sp.exp(X + SIGMA) + sp.exp(X - SIGMA)) / 2) == 0
    with pytest.raises(ValueError, match="must be a polynomial"):
        el.average(sp.exp(X), (X,), SIGMA, el.GAUSSIAN)
    with pytest.raises(ValueError, match="noise must be"):
        el.average(X, (X,), SIGMA, "cauchy")


@pytest.mark.parametrize("noise", [el.GAUSSIAN, el.RADEMACHER])
def test_simulated_steps_have_the_derived_moments(noise):
    """One Anti-PGD step from w = z + xi_0, z fixed: 64,000 trajectories; z-scores below 5.

    A mean off by 5 standard errors, 5 sqrt(var / 64000) = 0.02 standard deviations of the step, would be caught; the
    mutant, plain gradient descent's mean, is off by more.
    """
    own = tl.landscapes.from_sympy(QUARTIC, [X, Y], observables={"x": X, "y": Y})
    eta, sigma, z, count = 0.1, 0.4, np.array([0.8, -0.5]), 64_000
    rng = np.random.default_rng(11)
    xi = rng.standard_normal((count, 2)) if noise == el.GAUSSIAN else rng.choice([-1.0, 1.0], (count, 2))
    start = z + sigma * xi
    run = tl.simulate(own, tl.dynamics.gd(eta), start=start, steps=1, trajectories=count)
    plain = {name: run[name].mean[-1] for name in "xy"}  # w - eta grad L(w), mean of z + xi - eta grad L(z + xi)
    step = el.anti_pgd_step(QUARTIC, (X, Y), sp.Float(eta), sp.Float(sigma), noise)
    at = {X: z[0], Y: z[1]}
    descended = start - eta * own.gradient(start) - sigma * xi  # the step in z
    for j, name in enumerate("xy"):
        mean, variance = float(step.mean[j].subs(at)), float(step.variance[j].subs(at))
        error = np.sqrt(variance / count)
        assert plain[name] - sigma * xi[:, j].mean() == pytest.approx(descended[:, j].mean(), abs=1e-12)
        assert abs(descended[:, j].mean() - mean) < 5 * error
        assert descended[:, j].var() == pytest.approx(variance, rel=0.05)
        mutant = float(el.pgd_step(QUARTIC, (X, Y), eta, sigma).mean[j].subs(at))
        if j == 0:
            assert abs(descended[:, j].mean() - mutant) > 5 * error


def test_label_noise_regularizer():
    r = el.label_noise_regularizer(QUARTIC, (X, Y), ETA)
    at = {X: 0.3, Y: 0.2, ETA: 0.1}
    eigenvalues = np.linalg.eigvalsh(np.array(sp.hessian(QUARTIC, (X, Y)).subs(at), dtype=float))
    assert float(r.subs(at)) == pytest.approx(-np.log(1 - 0.05 * eigenvalues).sum() / 0.2, rel=1e-12)
    trace = sp.diff(QUARTIC, X, 2) + sp.diff(QUARTIC, Y, 2)
    assert sp.simplify(sp.limit(r, ETA, 0) - trace / 4) == 0
    assert el.label_noise_regularizer(QUARTIC, (X, Y), ETA, sp.S.Zero) == r
