"""The landscapes of the matrix: each told to the engine, and in plain words to the naive reference.

A landscape of `cases.LANDSCAPES` that is not told here takes part as well: its gradient is the hand-written one given
there; the gradients of its data points and its Hessian are its own Python functions, which `test_landscapes` compares
with a SymPy twin.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cases
import naive
import naive_instances
import naive_problems
import naive_rules
import naive_toys
import numpy as np
import sympy as sp

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
    TwoBasins,
    WideningValley,
    from_functions,
    from_sympy,
)
from toylands.landscapes.base import Landscape
from toylands.noise import Uniform
from toylands.observables import python_body
from toylands.simd import LaneView

Told = tuple[Landscape, naive_rules.Problem, Any, float]  # landscape, problem, start, step size

# --- told by hand: (seed, trajectories) -> (landscape, problem, start, step size) ------------------------------------


def two_basins(seed, who):
    points = np.random.default_rng(3).normal(size=(7, 2)) * 0.3
    return TwoBasins(points), naive_problems.two_basins(points), [0.9, 1.15], 0.002


def regression(seed, who):
    generator = np.random.default_rng(4)
    design, targets = generator.normal(size=(9, 3)), generator.normal(size=9)
    return QuadraticRegression(design, targets), naive_problems.regression(design, targets), [0.9, -0.7, 0.4], 0.05


def sensing(seed, who):
    generator = np.random.default_rng(5)
    matrices, targets = generator.normal(size=(9, 2, 2)), generator.normal(size=9)
    problem = naive_problems.sensing(matrices, targets, 2)
    return MatrixSensing(matrices, targets, columns=2), problem, [0.5, -0.4, 0.3, 0.8], 0.02


def wave(seed, who):
    x, y = np.linspace(-1.0, 2.0, 7), np.array([0.3, -0.8, 0.1, 0.9, 1.4, 0.2, 1.0])
    a, b, s, t, c = sp.symbols("a b s t c", real=True)
    loss = (sp.tanh(a * s) + b - t) ** 2 / 2 + c * a**2 / 2
    landscape = from_sympy(loss, [a, b], {c: 0.25}, data={s: x, t: y}, label=t)
    return landscape, naive_problems.wave(x, y, 0.25), [0.9, -0.3], 0.1


def logistic(seed, who):
    design = np.random.default_rng(6).normal(size=(8, 3))
    targets = np.array([1.0, -1.0, 1.0, 1.0, -1.0, 1.0, -1.0, -1.0])
    w, x, y = sp.symbols("w:3", real=True), sp.symbols("x:3", real=True), sp.Symbol("y", real=True)
    loss = sp.log(1 + sp.exp(-y * sum(a * b for a, b in zip(w, x))))
    data = {**dict(zip(x, design.T)), y: targets}
    landscape = from_sympy(loss, w, data=data, label=y, labels="sign")
    return landscape, naive_problems.logistic(design, targets), [0.5, -0.3, 0.2], 0.3


def valley(seed, who):
    return WideningValley(2), naive_problems.valley(), [0.6, -0.8, 0.7], 0.05


def bowl(seed, who):
    hessian = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, 0.25], [0.0, 0.25, 0.5]])
    return QuadraticBowl(hessian), naive_problems.bowl(hessian), [1.0, -2.0, 0.5], 0.04


def recurrence(seed, who):
    gradient = naive.uniform_recurrence_gradient(-0.4, 1.2, seed, who)
    return LinearRecurrence(3, Uniform(-0.4, 1.2)), naive_problems.of_gradient(gradient), [1.0, -1.0, 0.5], 1.0


def product(seed, who):
    x, y, a = sp.symbols("x y a", real=True)
    return from_sympy(a * x**2 * y**2 / 2, [x, y], {a: 1.5}), naive_problems.product(1.5), [0.9, -0.7], 0.05


def own_loss(w, p):
    return p.a * w[0] ** 2 * w[1] ** 2 / 2


def own_gradient(w, out, p):
    out[0] = p.a * w[0] * w[1] ** 2
    out[1] = p.a * w[0] ** 2 * w[1]


def own(seed, who):
    landscape = from_functions(own_loss, own_gradient, size=2, parameters={"a": 1.5})
    return landscape, naive_problems.of_gradient(naive_problems.product(1.5).gradient), [0.9, -0.7], 0.05


def factorization(seed, who):
    inputs, targets = np.array([1.0, -0.5, 2.0, 0.7, -1.1]), np.array([1.0, 0.5, 2.5, -0.4, 0.3])
    sample = naive_toys.factorization_sample(inputs, targets)
    return ScalarFactorization(inputs, targets), naive_problems.by_points(sample, 5, 0.0), [0.9, -0.7], 0.1


def classification(seed, who):
    """The product model, two hidden units."""
    design = np.random.default_rng(8).normal(size=(6, 2))
    targets = np.array([1.0, -1.0, -1.0, 1.0, -1.0, 1.0])
    sample = naive_toys.classification_sample(design, targets, "logistic", 2, 0.1)
    landscape = BinaryClassification(design, targets, "logistic", width=2, smoothing=0.1)
    return landscape, naive_problems.by_points(sample, 6, 1.0), [0.5, -0.3, 0.2, 0.7, -0.6, 0.4], 0.2


def network(seed, who):
    """Two hidden units, tanh."""
    generator = np.random.default_rng(34)  # data whose gradients keep spanning all directions: covariances have roots
    design = generator.uniform(-1.0, 1.5, size=(10, 2))
    targets, output = np.where(generator.uniform(size=10) < 0.5, 1.0, 0.0), np.array([0.9, -0.6])
    sample = naive_toys.network_sample(design, targets, output, "tanh", 0.02)
    landscape = OneHiddenLayer(design, targets, output, "tanh", 0.02)
    return landscape, naive_problems.by_points(sample, 10, 1.0), [1.0, 0.4, -0.3, 0.5], 0.2


def cycling(seed, who):
    return Cycling(), naive_problems.cycling(), [0.6, -0.9, 0.3, -0.2, 0.1, 0.4], 0.1


def hidden_unit(seed, who):
    generator = np.random.default_rng(9)
    design, targets = generator.normal(size=(7, 2)), generator.normal(size=7)
    return HiddenUnit(design, targets, 1), naive_instances.hidden_unit(design, targets), [0.5, -0.7, 0.9], 0.1


def reduced_hidden_unit(seed, who):
    return ReducedHiddenUnit([0.8], 1), naive_instances.reduced_hidden_unit([0.8, 0.0]), [0.5, -0.7, 0.9], 0.1


def plateau_chain(seed, who):
    """One coordinate on its plateau, one on the edge: where curvatures are equal, none is leading."""
    told = ([0.3, 0.6], 1.0, 1.2, 3)
    landscape = PlateauChain(*told[:3], perturbations=told[3])
    return landscape, naive_instances.plateau_chain(*told, seed, who), [0.9, -0.05, 1.1], 0.1


def capped_bowl(seed, who):
    """Off the cap, of which there is more in `cases`, for the same reason."""
    told = (0.4, 1, 1.0, 0.5, 2)
    landscape = CappedBowl(*told[:4], perturbations=told[4])
    return landscape, naive_instances.capped_bowl(*told, seed, who), [3.0, 0.8], 0.1


BY_HAND: dict[str, Callable[..., Told]] = {
    "two basins": two_basins, "regression": regression, "sensing": sensing, "wave": wave, "logistic": logistic,
    "valley": valley, "bowl": bowl, "recurrence": recurrence, "product": product, "own functions": own,
    "factorization": factorization, "classification": classification, "network": network,
    "cycling": cycling,
    "hidden unit": hidden_unit, "reduced hidden unit": reduced_hidden_unit, "plateau chain": plateau_chain,
    "capped bowl": capped_bowl,
}  # fmt: skip

# --- taken from `cases`: those whose class is not told above ---------------------------------------------------------


def own_problem(landscape: Landscape, gradient: naive.Gradient) -> naive_rules.Problem:
    """With the landscape's own Python functions for single data points and for the Hessian, where it has them."""
    kernels, p = landscape.kernels, landscape.parameters
    problem = naive_rules.Problem(gradient)
    if kernels.hessian is not None:
        problem.hessian = lambda w: np.stack([landscape.hessian(row) for row in w])
    if kernels.sample_gradient is None:
        return problem

    def sample(w, i, label):
        out = np.zeros((landscape.size + kernels.working_memory(p), len(w)))
        flat, index = np.ascontiguousarray(w.T), np.asarray(i).astype(np.uint64)
        python_body(kernels.sample_gradient)(LaneView(flat), index, label, 1.0, LaneView(out), p)
        return out[: landscape.size].T

    problem.sample, problem.samples = sample, int(python_body(kernels.samples)(p))
    problem.neutral = 1.0 if kernels.labels == "sign" else 0.0
    return problem


def taken(name: str, size: int = 3) -> Callable[..., Told]:
    """An entry of `cases.LANDSCAPES` as one of the matrix."""

    def build(seed, who):
        landscape, gradient, start, eta = cases.LANDSCAPES[name](size, seed, who)
        return landscape, own_problem(landscape, gradient), start, eta

    return build


_CLASSES = {type(build(0, [0])[0]) for build in BY_HAND.values()}
LANDSCAPES: dict[str, Callable[..., Told]] = {
    **BY_HAND,
    **{name: taken(name) for name, case in cases.LANDSCAPES.items() if type(case(3, 0, [0])[0]) not in _CLASSES},
}
