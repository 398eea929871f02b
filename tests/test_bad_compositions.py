"""Rung h for the parts of rules and for landscapes on data: errors that name the argument and what is allowed."""

import numpy as np
import pytest
from test_bad_input import INF, NAN, check

import toylands as tl
from toylands import dynamics, ensemble
from toylands.dynamics import GradientOracle, LabelNoise, MiniBatch, Perturbation, SharpnessAware, StateCovariance
from toylands.dynamics.rule import UpdateRule
from toylands.landscapes import (
    BinaryClassification,
    MatrixSensing,
    QuadraticRegression,
    ScalarFactorization,
    TwoBasins,
    WideningValley,
)
from toylands.noise import binomial, gaussian

pytestmark = pytest.mark.nojit

PRESETS = [
    (lambda: dynamics.sgd(0.1, 0), ValueError, ["batch_size", ">= 1", "0"]),
    (lambda: dynamics.sgd(0.1, 1.5), TypeError, ["batch_size", "integer", "1.5"]),
    (lambda: dynamics.sgd(0.1, 2, "wihtout"), ValueError, ["replacement", "'epoch'", "'wihtout'", "did you mean"]),
    (lambda: dynamics.sgd(0.1, 2, 1), TypeError, ["replacement", "'with'", "1"]),
    (lambda: dynamics.anti_sgd(0.1, -0.5), ValueError, ["sigma", ">= 0", "-0.5"]),
    (lambda: dynamics.label_noise_sgd(0.1, -1.0), ValueError, ["label_sigma", ">= 0", "-1.0"]),
    (lambda: dynamics.label_noise_sgd(0.1, NAN), ValueError, ["label_sigma", "finite", "nan"]),
    (lambda: dynamics.label_noise_sgd(0.1, 0.5, "gaussian"), TypeError, ["noise", "toylands.noise", "'gaussian'"]),
    (lambda: dynamics.label_noise_sgd(0.1, 0.5, batch_size=0), ValueError, ["batch_size", ">= 1", "0"]),
    (lambda: dynamics.label_noise_sgd(0.1, 0.5, shared=1), TypeError, ["shared", "True or False", "1"]),
    (lambda: dynamics.label_flip_sgd(0.1, 1.5), ValueError, ["flip_probability", "[0, 1]", "1.5"]),
    (lambda: dynamics.label_flip_sgd(0.1, 0.5, shared="yes"), TypeError, ["shared", "True or False", "'yes'"]),
    (lambda: dynamics.wp_sgd(0.1, -0.1), ValueError, ["sigma", ">= 0", "-0.1"]),
    (lambda: dynamics.wp_sgd(0.1, [0.1, 0.2]), TypeError, ["sigma", "number", "[0.1, 0.2]"]),
    (lambda: dynamics.wp_sgd(0.1, 0.1, "uniform"), TypeError, ["noise", "toylands.noise", "'uniform'"]),
    (lambda: dynamics.wp_sgd(0.1, 0.1, perturbations=0), ValueError, ["perturbations", ">= 1", "0"]),
    (lambda: dynamics.nso(0.1, NAN), ValueError, ["sigma", "finite", "nan"]),
    (lambda: dynamics.sam(0.1, -1.0), ValueError, ["rho", ">= 0", "-1.0"]),
    (lambda: dynamics.sam(0.1, 0.1, momentum=1.0), ValueError, ["momentum", "[0, 1)", "1.0"]),
    (lambda: dynamics.asam(0.1, INF), ValueError, ["rho", "finite", "inf"]),
    (lambda: dynamics.random_sam(0.1, 0.1, -1.0), ValueError, ["sigma", ">= 0", "-1.0"]),
    (lambda: dynamics.gld_const(0.1, -1.0), ValueError, ["sigma", ">= 0", "-1.0"]),
    (lambda: dynamics.gld_const([0.1, 0.2], 1.0), TypeError, ["eta", "number", "[0.1, 0.2]"]),
    (lambda: dynamics.gld_dynamic(0.1, trace=-1.0), ValueError, ["trace", ">= 0", "-1.0"]),
    (lambda: dynamics.gld_dynamic(0.1, batch_size=0), ValueError, ["batch_size", ">= 1", "0"]),
    (lambda: dynamics.gld_diag(0.1, refresh=0), ValueError, ["refresh", ">= 1", "0"]),
    (lambda: dynamics.gld_leading(0.1, rank=0), ValueError, ["rank", ">= 1", "0"]),
    (lambda: dynamics.gld_hessian(0.1, rank=1.5), TypeError, ["rank", "integer", "1.5"]),
    (lambda: dynamics.gld_eigvec(0.1, trace=NAN), ValueError, ["trace", "finite", "nan"]),
    (lambda: dynamics.correlated_pgd(0.1, 0.5, [0.5, 1.5]), ValueError, ["kappa", "[-1, 1]", "[0.5, 1.5]"]),
]
PARTS = [
    (lambda: GradientOracle(3), TypeError, ["batch", "MiniBatch", "3"]),
    (lambda: GradientOracle(labels=0.5), TypeError, ["labels", "LabelFlips", "0.5"]),
    (lambda: GradientOracle(displaced="sam"), TypeError, ["displaced", "SharpnessAware", "'sam'"]),
    (lambda: UpdateRule("x", 0.1, oracle=MiniBatch(2)), TypeError, ["oracle", "GradientOracle", "MiniBatch"]),
    (lambda: LabelNoise(0.1, None), TypeError, ["noise", "toylands.noise", "None"]),
    (lambda: Perturbation(0.1, two_point=2), TypeError, ["two_point", "True or False", "2"]),
    (lambda: Perturbation(0.1, bounds=0.0), ValueError, ["bounds", "> 0", "0"]),
    (lambda: Perturbation(0.1, bounds=[1.0, -1.0]), ValueError, ["bounds", "positive", "-1"]),
    (lambda: SharpnessAware(0.1, adaptive=True, spread=0.1), ValueError, ["adaptive", "spread"]),
    (lambda: SharpnessAware(0.1, adaptive=None), TypeError, ["adaptive", "True or False", "None"]),
    (lambda: StateCovariance("hesian", 1), ValueError, ["kind", "'leading'", "'hesian'", "did you mean 'hessian'"]),
    (lambda: StateCovariance("diagonal", 1), ValueError, ["rank = 1", "'hessian'", "'diagonal'"]),
    (lambda: StateCovariance("hessian"), ValueError, ["rank = None", "'leading'", "'hessian'"]),
    (lambda: UpdateRule("x", 0.1, gaussian, 0.1, covariance="hessian"), TypeError, ["covariance", "'hessian'"]),
    (
        lambda: UpdateRule("x", 0.1, gaussian, 0.1, 1.0, first="stationary", covariance=StateCovariance("dynamic")),
        ValueError,
        ["first", "'stationary'", "covariance"],
    ),
    (lambda: binomial(0), ValueError, ["trials", ">= 1", "0"]),
    (lambda: binomial(65), ValueError, ["trials", "65", "at most 64"]),
]
LANDSCAPES = [
    (lambda: TwoBasins([[1.0, 2.0, 3.0]]), ValueError, ["points", "(1, 3)", "two columns"]),
    (lambda: TwoBasins([[NAN, 1.0]]), ValueError, ["points", "finite", "nan", "[0, 0]"]),
    (lambda: TwoBasins.random(samples=0), ValueError, ["samples", ">= 1", "0"]),
    (lambda: QuadraticRegression([[1.0]], [1.0, 2.0]), ValueError, ["targets", "1", "(2,)"]),
    (lambda: QuadraticRegression.random(samples=3, dim=2, sparsity=5), ValueError, ["sparsity", "5", "dim = 2"]),
    (lambda: MatrixSensing(np.ones((1, 2, 3)), [1.0]), ValueError, ["matrices", "square", "(1, 2, 3)"]),
    (lambda: ScalarFactorization([1.0], [1.0, 2.0]), ValueError, ["targets", "1", "(2,)"]),
    (lambda: ScalarFactorization([0.0], [1.0]), ValueError, ["inputs", "not all be zero"]),
    (lambda: BinaryClassification([[1.0]], [0.5]), ValueError, ["targets", "-1 or 1", "0.5"]),
    (lambda: BinaryClassification([[1.0]], [1.0], "hinge"), ValueError, ["loss", "'logistic'", "'hinge'"]),
    (lambda: BinaryClassification([[1.0]], [1.0], width=-1), ValueError, ["width", ">= 0", "-1"]),
    (lambda: BinaryClassification([[1.0]], [1.0], smoothing=0.7), ValueError, ["smoothing", "[0, 0.5]", "0.7"]),
]


@pytest.mark.parametrize(("call", "kind", "words"), PRESETS + PARTS + LANDSCAPES)
def test_wrong_values(call, kind, words):
    check(call, kind, *words)


VALLEY, BASINS = WideningValley(2), TwoBasins.example()
REGRESSION = QuadraticRegression.random(samples=5, dim=3, sparsity=1)
TOGETHER = [
    (VALLEY, dynamics.sgd(0.1), ["WideningValley", "data points", "batches"]),
    (VALLEY, dynamics.gld_dynamic(0.1), ["WideningValley", "data points"]),
    (VALLEY, dynamics.gld_hessian(0.1, 1, trace=1.0), ["WideningValley", "Hessian"]),
    (REGRESSION, dynamics.sgd(0.1, 6, "without"), ["batch_size = 6", "at most the 5", "without replacement"]),
    (REGRESSION, dynamics.label_flip_sgd(0.1, 0.1), ["QuadraticRegression", "labels +-1"]),
    (REGRESSION, dynamics.gld_leading(0.1, rank=4), ["rank = 4", "at most the 3"]),
    (BASINS, dynamics.label_noise_sgd(0.1, 0.1), ["TwoBasins", "real-valued labels"]),
    (BinaryClassification.example(), dynamics.label_noise_sgd(0.1, 0.1), ["BinaryClassification", "real-valued"]),
]


@pytest.mark.parametrize(("landscape", "rule", "words"), TOGETHER)
def test_rules_that_do_not_fit_a_landscape(landscape, rule, words, monkeypatch):
    monkeypatch.setattr(ensemble, "build_kernel", lambda recipe: pytest.fail("compiled before the input was checked"))
    start = np.ones(landscape.size)
    check(lambda: tl.simulate(landscape, rule, start=start, steps=5, trajectories=8), ValueError, *words)
