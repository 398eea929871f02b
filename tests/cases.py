"""Landscapes and rules, each told twice: to the engine, and in plain words to the naive reference."""

import naive
import naive_instances
import naive_toys
import numpy as np
from conftest import NOJIT

import toylands as tl
from toylands import dynamics
from toylands.landscapes import (
    BinaryClassification,
    CappedBowl,
    Cycling,
    HiddenUnit,
    LinearRecurrence,
    MatrixSensing,
    OneHiddenLayer,
    PlateauChain,
    QuadraticBowl,
    QuadraticRegression,
    ReducedHiddenUnit,
    ScalarFactorization,
    WideningValley,
)
from toylands.noise import Discrete, Uniform

STEPS = 70 if NOJIT else 130  # past one, compiled past two, of the words of 63 signs
COUNT = 9 if NOJIT else 70  # more than one vector, compiled more than one block
SIGMA = 0.05
NOISES = {
    "rademacher": tl.noise.rademacher,
    "gaussian": tl.noise.gaussian,
    "gaussian_float32": tl.noise.gaussian_float32,
}


def psd(n, seed, rank=None, scale=1.0):
    a = np.random.default_rng(seed).standard_normal((n, rank or n))
    return scale * a @ a.T / n


# --- landscapes: name -> (landscape, hand-written gradient, start, step size) for a number of coordinates ------------


def recurrence_case(rho, gradient_of):
    def case(n, seed, trajectories):
        start = np.linspace(-1.0, 1.5, n)
        return LinearRecurrence(n, rho), gradient_of(seed, trajectories), start, 1.0

    return case


def bowl_case(n, seed, trajectories):
    hessian = psd(n, n, rank=max(1, n - 1))
    return QuadraticBowl(hessian), naive.bowl_gradient(hessian), np.linspace(1.0, -2.0, n), 0.2


def valley_case(n, seed, trajectories):
    return WideningValley(n - 1), naive.valley_gradient, np.linspace(0.5, 1.0, n), 0.05


def regression_case(n, seed, trajectories):
    problem = QuadraticRegression.random(samples=n + 6, dim=n, sparsity=1, test_samples=3, seed=n)
    gradient = naive.regression_gradient(problem.design, problem.targets)
    return problem, gradient, np.linspace(0.2, 1.0, n), 0.02


def sensing_case(n, seed, trajectories):
    columns = 2 if n % 2 == 0 else 1
    problem = MatrixSensing.random(n // columns, 1, n + 6, columns, test_measurements=3, label_noise=0.1, seed=n)
    gradient = naive.sensing_gradient(problem.matrices, problem.targets, columns)
    return problem, gradient, np.linspace(-0.5, 1.0, n), 0.02


def cycling_case(n, seed, trajectories):
    return Cycling(), naive_toys.cycling_gradient, [0.6, -0.9, 0.3, -0.2, 0.1, 0.4], 0.1


def factorization_case(n, seed, trajectories):
    inputs, targets = np.array([1.0, -0.5, 2.0]), np.array([1.0, 0.5, 2.5])
    return ScalarFactorization(inputs, targets), naive_toys.factorization_gradient(inputs, targets), [1.4, 0.7], 0.1


def classification_case(n, seed, trajectories):
    """The product model where n allows."""
    width = n // 3 if n % 3 == 0 else 0
    problem = BinaryClassification.random(7, 2 if width else n, "logistic", width, smoothing=0.1, seed=n)
    gradient = naive_toys.classification_gradient(problem.design, problem.targets, "logistic", width, 0.1)
    return problem, gradient, np.linspace(-0.5, 1.0, n), 0.1


def network_case(n, seed, trajectories):
    """Two inputs and relu where n allows; one input, which every unit sees, and tanh elsewhere."""
    dim, activation = (2, "relu") if n % 2 == 0 else (1, "tanh")
    drawn = OneHiddenLayer.random(9, dim, n // dim, activation, 0.05, test_samples=3, seed=n)
    data = drawn.design[:, :dim], drawn.targets, drawn.output, activation, 0.05
    return OneHiddenLayer(*data), naive_toys.network_gradient(*data), np.linspace(-0.5, 1.0, n), 0.2


def hidden_unit_case(n, seed, trajectories):
    problem = HiddenUnit.random(6, 1, n - 2, test_samples=3, isotropic=False, label_noise=0.1, seed=n)
    gradient = naive_instances.hidden_unit(problem.design, problem.targets).gradient
    return problem, gradient, np.linspace(-0.5, 1.0, n), 0.05


def reduced_hidden_unit_case(n, seed, trajectories):
    pull = np.linspace(1.0, 0.0, n - 1) if n > 2 else np.array([0.7])
    problem = ReducedHiddenUnit(pull[: max(1, n - 2)], n - 1 - max(1, n - 2))
    return problem, naive_instances.reduced_hidden_unit(pull).gradient, np.linspace(-0.5, 1.0, n), 0.1


def plateau_chain_case(n, seed, trajectories):
    """The coordinates begin on plateaus and on both parts of their edges."""
    told = (np.linspace(0.3, 0.6, n - 1), 1.0, 1.2, 3)
    etas, curvature, sigma, k = told
    gradient = naive_instances.plateau_chain(*told, seed, trajectories).gradient
    start = np.append(0.9, np.resize([1.2, -0.1, -1.7], n - 1) * (2 * etas * sigma / np.sqrt(k)))
    return PlateauChain(etas, curvature, sigma, perturbations=k), gradient, start, 0.1


def capped_bowl_case(n, seed, trajectories):
    told = (0.4, n - 1, 1.0, 0.5, 2)
    eta, steps, curvature, sigma, k = told
    gradient = naive_instances.capped_bowl(*told, seed, trajectories).gradient
    return CappedBowl(eta, steps, curvature, sigma, perturbations=k), gradient, np.linspace(0.2, 0.8, n), 0.1


SEQUENCE = np.linspace(0.2, 1.1, STEPS)
LANDSCAPES = {
    "constant rho": recurrence_case(0.9, lambda seed, who: naive.recurrence_gradient(0.9)),
    "rho sequence": recurrence_case(SEQUENCE, lambda seed, who: naive.recurrence_gradient(SEQUENCE)),
    "uniform rho": recurrence_case(
        Uniform(-0.4, 1.2), lambda seed, who: naive.uniform_recurrence_gradient(-0.4, 1.2, seed, who)
    ),
    "discrete rho": recurrence_case(
        Discrete([0.5, 1.1, -0.3], [0.5, 0.3, 0.2]),
        lambda seed, who: naive.discrete_recurrence_gradient([0.5, 1.1, -0.3], [0.5, 0.3, 0.2], seed, who),
    ),
    "bowl": bowl_case,
    "valley": valley_case,
    "regression": regression_case,
    "sensing": sensing_case,
    "cycling": cycling_case,
    "factorization": factorization_case,
    "classification": classification_case,
    "hidden unit": hidden_unit_case,
    "reduced hidden unit": reduced_hidden_unit_case,
    "plateau chain": plateau_chain_case,
    "capped bowl": capped_bowl_case,
    "network": network_case,
}

# --- rules: name -> (rule, how the naive reference is told the same) for a step size and a noise ---------------------

RULES = {
    "pgd": lambda eta, noise: (dynamics.pgd(eta, SIGMA, noise), {}),
    "anti_pgd fresh": lambda eta, noise: (dynamics.anti_pgd(eta, SIGMA, noise), {"kappa": 1.0}),
    "anti_pgd stationary": lambda eta, noise: (
        dynamics.anti_pgd(eta, SIGMA, noise, first="stationary"),
        {"kappa": 1.0, "stationary": True},
    ),
    "correlated": lambda eta, noise: (
        dynamics.correlated_pgd(eta, SIGMA, 0.3, noise, first="stationary"),
        {"kappa": 0.3, "stationary": True},
    ),
    "correlated, negative": lambda eta, noise: (
        dynamics.correlated_pgd(eta, SIGMA, -0.7, noise, first="fresh"),
        {"kappa": -0.7},
    ),
    "momentum": lambda eta, noise: (dynamics.pgd(eta / 3, SIGMA, noise, momentum=0.6), {"momentum": 0.6, "slow": 3}),
    "momentum, anticorrelated": lambda eta, noise: (
        dynamics.anti_pgd(eta / 3, SIGMA, noise, first="stationary", momentum=0.3),
        {"momentum": 0.3, "slow": 3, "kappa": 1.0, "stationary": True},
    ),
    "noise from 10 to 66": lambda eta, noise: (
        dynamics.anti_pgd(eta, SIGMA, noise, first="stationary", start_noise=10, stop_noise=66),
        {"kappa": 1.0, "stationary": True, "on": (10, 66)},
    ),
    "noise until 64": lambda eta, noise: (
        dynamics.correlated_pgd(eta, SIGMA, 0.5, noise, first="stationary", stop_noise=64),
        {"kappa": 0.5, "stationary": True, "on": (0, 64)},
    ),
    "schedules": lambda eta, noise: (
        dynamics.anti_pgd(
            eta * np.linspace(1, 0.1, STEPS), SIGMA * np.linspace(2, 0, STEPS), noise, first="stationary"
        ),
        {
            "eta": eta * np.linspace(1, 0.1, STEPS),
            "sigma": SIGMA * np.linspace(2, 0, STEPS),
            "kappa": 1.0,
            "stationary": True,
        },
    ),
}


def in_plain_words(landscape_name, told, n, seed, trajectories):
    """(landscape, gradient, start, settings of `naive.simulate`) of a case; ``told`` as the rule's entry has it."""
    landscape, gradient, start, eta = LANDSCAPES[landscape_name](n, seed, trajectories)
    settings = {"sigma": SIGMA, "seed": seed, **told}
    settings.setdefault("eta", eta / settings.pop("slow", 1))
    return landscape, gradient, start, settings
