"""The hard instance for large fixed steps: a bowl that every step's gradient noise climbs, beside a cap."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from toylands import validation
from toylands.landscapes.base import LandscapeKernels, make_observables
from toylands.landscapes.further import DISTANCE
from toylands.landscapes.hard_instance import (
    HardInstance,
    edge_bend,
    edge_slope,
    edge_value,
    outward,
    plain_bend,
    push,
    symbolic_edge,
)
from toylands.observables import Observable
from toylands.simd import absolute, fma, lanes_function, maximum, sqrt


class Parameters(NamedTuple):
    """``width``: alpha, half of the cap's; the last three are `push`'s."""

    curvature: float
    width: float
    steps: int
    noise: float
    draws: int


@lanes_function
def _gradient(w: Any, out: Any, p: Any, step: Any, stream: Any) -> Any:
    out[0] = outward(w[0], edge_slope(absolute(w[0]), p.width, p.curvature))
    for i in range(1, p.steps + 1):
        out[i] = p.curvature * w[i]
    push(out, p, step, stream)


@lanes_function
def _hessian(w: Any, out: Any, p: Any) -> Any:
    none = 0.0 * w[0]
    out[0] = edge_bend(absolute(w[0]), p.width, p.curvature)
    for i in range(1, p.steps + 1):
        for j in range(i):
            out[i * (i + 1) // 2 + j] = none
        out[i * (i + 1) // 2 + i] = none + p.curvature


@lanes_function
def _sq_norm(w: Any, p: Any) -> Any:
    total = 0.0 * w[0]
    for i in range(1, p.steps + 1):
        total = fma(w[i], w[i], total)
    return total


@lanes_function
def _loss(w: Any, p: Any) -> Any:
    return edge_value(absolute(w[0]), p.width, p.curvature) + 0.5 * p.curvature * _sq_norm(w, p)


@lanes_function
def _sq_gradient(w: Any, p: Any) -> Any:
    slope = edge_slope(absolute(w[0]), p.width, p.curvature)
    return fma(slope, slope, p.curvature * p.curvature * _sq_norm(w, p))


@lanes_function
def _gradient_norm(w: Any, p: Any) -> Any:
    return sqrt(_sq_gradient(w, p))


@lanes_function
def _distance(w: Any, p: Any) -> Any:
    rest = maximum(p.width - absolute(w[0]), 0.0)
    return sqrt(fma(rest, rest, _sq_norm(w, p)))


@dataclass(frozen=True, eq=False)
class CappedBowl(HardInstance):
    """f(W) = g(w_0) + (C / 2) sum_{t=1}^T w_t^2: a bowl in T coordinates, with noise along one of them a step.

    g is a cap, C alpha^2 / 4 at 0, that falls on two parabolas of curvature -C and C to 0 at |x| = alpha;
    alpha = 2 eta sigma (1 - rho^T) / (1 - rho), rho = C eta. At step t < T every gradient gets noise along coordinate
    t + 1 alone, sigma times the mean of k signs, the same at all points of the step. Under `toylands.dynamics.nso` w_0
    stays at 0 for symmetric perturbations no longer than alpha / 2. After T steps gradients have no noise.

    Parameters
    ----------
    eta : float
        The step size it is hard for; positive and below 1 / ``curvature``.
    steps : int
        T.
    curvature, sigma, gap, perturbations, noisy
        As in `PlateauChain`; the start of `suggested` has (C / 2) sum w_t^2 = D^2 / 2.

    Raises
    ------
    TypeError, ValueError
        If a value is of the wrong kind or out of range.

    Notes
    -----
    Source: nso, Eq. 45 and Lemma B.3, with its c = 1. As corrected in the ledger: the mean of k draws
    (``nso/Eq46``), perturbations clipped on both sides. The quadratic of Section B.3, under momentum, is
    `QuadraticBowl` under `toylands.dynamics.pgd` with ``sigma`` = eta sigma / sqrt k.

    Examples
    --------
    >>> import toylands as tl
    >>> bowl = tl.landscapes.CappedBowl(eta=0.25, steps=8)
    >>> settings = bowl.suggested()
    >>> rule = tl.dynamics.nso(settings["eta"], settings["sigma"], bounds=settings["bounds"])
    >>> run = tl.simulate(bowl, rule, start=settings["start"], steps=8, trajectories=4096, seed=1,
    ...                   record=tl.record(bowl.sq_gradient, at=[8]))
    >>> last = run["sq_gradient"]
    >>> bool(abs(last.mean[-1] - bowl.mean_sq_gradient(8)) < 5 * last.stderr[-1])
    True
    """

    eta: float
    steps: int
    curvature: float = 1.0
    sigma: float = 1.0
    gap: float = 1.0
    perturbations: int = 1
    noisy: bool = True
    summary = "a bowl that gradient noise climbs coordinate by coordinate, and a cap: large steps (nso Eq. 45)"
    kernels = LandscapeKernels(gradient=_gradient, hessian=_hessian)

    def __post_init__(self) -> None:
        self._check()
        eta = validation.in_interval("eta", self.eta, 0.0, 1 / self.curvature, open_low=True, open_high=True)
        steps, rho = validation.positive_int("steps", self.steps), self.curvature * eta
        width = 2 * eta * self.sigma * (1 - rho**steps) / (1 - rho)
        noise = self.sigma if self.noisy else 0.0
        parameters = Parameters(self.curvature, width, steps, noise, self.perturbations)
        for name, value in (("eta", eta), ("steps", steps), ("_parameters", parameters)):
            object.__setattr__(self, name, value)

    @classmethod
    def example(cls) -> CappedBowl:
        """A small instance."""
        return cls(eta=0.25, steps=4, sigma=0.5)

    @property
    def observables(self) -> dict[str, Observable]:
        """loss, sq_gradient, gradient_norm."""
        return make_observables(
            self.parameters,
            {
                "loss": (_loss, "f(W) (nso Eq. 45)"),
                "sq_gradient": (_sq_gradient, "|grad f|^2; its mean is bounded from below (nso Lemma B.3)"),
                "gradient_norm": (_gradient_norm, "|grad f|, without the oracle's noise"),
            },
        )

    def _distance(self) -> Observable:
        doc = "distance to |w_0| >= alpha, all other coordinates 0 (nso Eq. 45)"
        return Observable(DISTANCE, _distance, self.parameters, doc)

    def mean_sq_gradient(self, step: int) -> float:
        """E|grad F|^2 after ``step`` steps from `suggested`'s start, the sum of bias and noise of Lemma B.3's chain."""
        step = validation.positive_int("step", step, minimum=0)
        if step > self.steps:
            raise ValueError(f"step = {step} must be at most T = {self.steps}")
        rho = self.curvature * self.eta
        left = (1 - rho) ** (2 * step)
        return self.curvature * self.gap**2 * left + self._settled() * (1 - left)

    def _settled(self) -> float:
        """What the noise's share tends to, (sigma^2 / k) rho / (2 - rho)."""
        rho = self.curvature * self.eta
        return self.parameters.noise**2 / self.perturbations * rho / (2 - rho)

    def lower_bound(self) -> float:
        """min(C D^2, (sigma^2 / k) rho / (2 - rho)): E|grad F|^2 is no smaller on all of the path (Lemma B.3)."""
        return min(self.curvature * self.gap**2, self._settled())

    def excess(self) -> float:
        """At `suggested`'s start f is at most this above its minimum; the proof wants D^2 at most."""
        return self.gap**2 / 2 + self.curvature / 4 * self.parameters.width**2

    def _bend(self, j: int, x: float) -> float:
        p = self.parameters
        return p.curvature if j > 0 else plain_bend(abs(x), p.width, p.curvature)

    def suggested(self) -> dict[str, Any]:
        """The proof's start, step size and k; perturbations N(0, sigma^2 I) clipped at eta sigma."""
        weight = self.gap / math.sqrt(self.curvature * self.steps)
        start = np.append(0.0, np.full(self.steps, weight))
        return self._settings(start, self.eta, self.eta * self.sigma)

    def symbolic(self) -> tuple[Any, tuple[Any, ...]]:
        """f and its variables as SymPy objects."""
        import sympy as sp

        w, p = sp.symbols(f"w0:{self.size}", real=True), self.parameters
        return symbolic_edge(w[0], 0.0, p.width, p.curvature) + p.curvature * sum(x**2 for x in w[1:]) / 2, w
