"""Scalar factorization: the smallest model with minima of every flatness, f(x) = u v x."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from toylands import validation
from toylands.landscapes.base import Landscape, LandscapeKernels, Measured, make_observables
from toylands.landscapes.hidden_unit_kernels import distance_to_hyperbola
from toylands.observables import Observable
from toylands.simd import fma, lanes_function, take


class Parameters(NamedTuple):
    """``power``: mean x_i^2, ``pull``: mean x_i y_i, ``best``: their quotient, ``floor``: the loss there."""

    samples: int
    inputs: np.ndarray
    targets: np.ndarray
    power: float
    pull: float
    best: float
    floor: float


@lanes_function
def _samples(p: Any) -> Any:
    return p.samples


@lanes_function
def _sample_gradient(w: Any, i: Any, label: Any, scale: Any, out: Any, p: Any) -> Any:
    u, v = w[0], w[1]
    x = take(p.inputs, i)
    slope = (u * v * x - (take(p.targets, i) + label)) * x * scale
    out[0] = fma(slope, v, out[0])
    out[1] = fma(slope, u, out[1])


@lanes_function
def _gradient(w: Any, out: Any, p: Any, step: Any, stream: Any) -> Any:
    u, v = w[0], w[1]
    slope = (u * v - p.best) * p.power
    out[0] = slope * v
    out[1] = slope * u


@lanes_function
def _hessian(w: Any, out: Any, p: Any) -> Any:
    u, v = w[0], w[1]
    out[0] = p.power * (v * v)
    out[1] = (2.0 * p.power) * (u * v) - p.pull
    out[2] = p.power * (u * u)


@lanes_function
def _loss(w: Any, p: Any) -> Any:
    error = w[0] * w[1] - p.best
    return (0.5 * p.power) * (error * error) + p.floor


@lanes_function
def _hessian_trace(w: Any, p: Any) -> Any:
    return p.power * fma(w[0], w[0], w[1] * w[1])


@lanes_function
def _product(w: Any, p: Any) -> Any:
    return w[0] * w[1]


@lanes_function
def _imbalance(w: Any, p: Any) -> Any:
    return fma(w[0], w[0], -(w[1] * w[1]))


@dataclass(frozen=True, eq=False)
class ScalarFactorization(Landscape):
    """L(u, v) = (1/N) sum_i (u v x_i - y_i)^2 / 2: minima along a hyperbola, the flattest where |u| = |v|.

    Parameters
    ----------
    inputs : array_like of shape (N,)
        x; not all zero. One input 1 gives (u v - y)^2 / 2.
    targets : array_like of shape (N,)
        y.

    Raises
    ------
    TypeError, ValueError
        If lengths differ, a value is not finite, or all inputs are zero.

    Notes
    -----
    Gradient flow keeps ``imbalance`` = u^2 - v^2 as it is; label noise takes it to 0, for on the minima the regulariser
    of labelnoise, Eq. 2, grows with the Hessian's eigenvalue (u^2 + v^2) mean(x^2). The model behind the ledger's
    entries on labelnoise, Lemma 1.

    Examples
    --------
    >>> import toylands as tl
    >>> toy = tl.landscapes.ScalarFactorization([1.0], [1.0])
    >>> toy.loss([4.0, 0.25]), toy.hessian_trace([1.0, 1.0]), toy.hessian_trace([4.0, 0.25])
    (0.0, 2.0, 16.0625)
    """

    inputs: np.ndarray
    targets: np.ndarray
    summary = "mean of (u v x - y)^2 / 2: a hyperbola of minima, flattest where |u| = |v| (labelnoise Section 2)"
    kernels = LandscapeKernels(
        gradient=_gradient,
        samples=_samples,
        sample_gradient=_sample_gradient,
        labels="additive",
        hessian=_hessian,
        size=2,
    )
    loss = Measured("L(u, v).")
    hessian_trace = Measured("Tr of the Hessian.")
    product = Measured("u v.")
    imbalance = Measured("u^2 - v^2.")

    def __post_init__(self) -> None:
        inputs = validation.vector("inputs", self.inputs)
        targets = validation.vector("targets", self.targets, length=len(inputs))
        power, pull = float(np.mean(inputs**2)), float(np.mean(inputs * targets))
        if power == 0.0:
            raise ValueError("inputs must not all be zero")
        best = pull / power
        floor = float(np.mean((best * inputs - targets) ** 2)) / 2
        parameters = Parameters(len(inputs), inputs, targets, power, pull, best, floor)
        for name, value in (("inputs", inputs), ("targets", targets), ("_parameters", parameters)):
            object.__setattr__(self, name, value)

    @classmethod
    def example(cls) -> ScalarFactorization:
        """Three data points."""
        return cls([1.0, -0.5, 2.0], [1.0, -0.25, 2.5])  # type: ignore[arg-type]

    @property
    def size(self) -> int:
        """2."""
        return 2

    @property
    def observables(self) -> dict[str, Observable]:
        """loss, hessian_trace, product, imbalance."""
        return make_observables(
            self.parameters,
            {
                "loss": (_loss, "mean of (u v x - y)^2 / 2 (labelnoise Section 2)"),
                "hessian_trace": (_hessian_trace, "(u^2 + v^2) mean(x^2): flatness along the minima"),
                "product": (_product, "u v: the linear model's one coefficient"),
                "imbalance": (_imbalance, "u^2 - v^2: kept by gradient flow, taken to 0 by label noise"),
            },
        )

    def _distance(self) -> Observable:
        doc = "distance to the minima, u v = mean(x y) / mean(x^2) (our own)"
        return distance_to_hyperbola(np.array([self.parameters.best]), self.parameters, doc)

    def hessian(self, w: Any) -> np.ndarray:
        """Hessian at one point, shape (2, 2)."""
        u, v = validation.vector("w", w, length=2)
        p = self.parameters
        mixed = 2 * p.power * u * v - p.pull
        return np.array([[p.power * v * v, mixed], [mixed, p.power * u * u]])

    def minimiser(self, u: float) -> np.ndarray:
        """The minimum with this u (not 0)."""
        u = validation.finite_float("u", u)
        if u == 0.0:
            raise ValueError("u must not be 0")
        return np.array([u, self.parameters.best / u])

    def flattest(self) -> np.ndarray:
        """The minimum (up to both signs) with the smallest Hessian trace, 2 |c| mean(x^2), c = u v its product."""
        root = math.sqrt(abs(self.parameters.best))
        return np.array([root, math.copysign(root, self.parameters.best)])

    def suggested(self) -> dict[str, Any]:
        """A sharp minimum to start from, and label noise that takes it to the flattest (our own)."""
        root = self.flattest() + 1e-3
        p = self.parameters
        return {
            "start": np.array([2 * root[0], root[1] / 2]),
            "eta": 0.1 / (1 + p.power * (1 + abs(p.best))),
            "label_sigma": 0.5,
            "steps": 20_000,
        }

    def symbolic(self) -> tuple[Any, tuple[Any, ...]]:
        """The loss and its variables as SymPy objects (for few data points)."""
        import sympy as sp

        u, v = sp.symbols("u v", real=True)
        return sum((u * v * x - y) ** 2 for x, y in zip(self.inputs, self.targets)) / (2 * len(self.inputs)), (u, v)
