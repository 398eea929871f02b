"""The hard instance for small steps: a slow quadratic, and a plateau for each step's gradient noise to get stuck on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from toylands import validation
from toylands.landscapes.base import LandscapeKernels, Measured, make_observables
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
from toylands.simd import absolute, fma, lanes_function, maximum, select, sqrt


class Parameters(NamedTuple):
    """``slow``: curvature 1 / G of the first coordinate; ``widths``: alpha; the last three are `push`'s."""

    curvature: float
    slow: float
    widths: np.ndarray
    steps: int
    noise: float
    draws: int


@lanes_function
def _slopes(w: Any, out: Any, p: Any) -> Any:
    out[0] = p.slow * w[0]
    for i in range(p.steps):
        x, width = w[i + 1], p.widths[i]
        out[i + 1] = outward(x, edge_slope(absolute(x) - width, width, p.curvature))


@lanes_function
def _gradient(w: Any, out: Any, p: Any, step: Any, stream: Any) -> Any:
    _slopes(w, out, p)
    push(out, p, step, stream)


@lanes_function
def _hessian(w: Any, out: Any, p: Any) -> Any:
    none = 0.0 * w[0]
    out[0] = none + p.slow
    for i in range(p.steps):
        row, width = (i + 1) * (i + 2) // 2, p.widths[i]
        for j in range(i + 1):
            out[row + j] = none
        out[row + i + 1] = edge_bend(absolute(w[i + 1]) - width, width, p.curvature)


@lanes_function
def _loss(w: Any, p: Any) -> Any:
    total = 0.5 * p.slow * (w[0] * w[0])
    for i in range(p.steps):
        width = p.widths[i]
        total = total + edge_value(absolute(w[i + 1]) - width, width, p.curvature)
    return total


@lanes_function
def _sq_gradient(w: Any, p: Any) -> Any:
    slope = p.slow * w[0]
    total = slope * slope
    for i in range(p.steps):
        width = p.widths[i]
        slope = edge_slope(absolute(w[i + 1]) - width, width, p.curvature)
        total = fma(slope, slope, total)
    return total


@lanes_function
def _gradient_norm(w: Any, p: Any) -> Any:
    return sqrt(_sq_gradient(w, p))


@lanes_function
def _plateaus_left(w: Any, p: Any) -> Any:
    count = 0.0 * w[0]
    for i in range(p.steps):
        count = count + select(absolute(w[i + 1]) > p.widths[i], 1.0, 0.0)
    return count


@lanes_function
def _distance(w: Any, p: Any) -> Any:
    total = w[0] * w[0]
    for i in range(p.steps):
        rest = maximum(2.0 * p.widths[i] - absolute(w[i + 1]), 0.0)
        total = fma(rest, rest, total)
    return sqrt(total)


def _one_if_equal(values: np.ndarray) -> float | np.ndarray:
    """One number if all are the same."""
    return float(values[0]) if (values == values[0]).all() else values


@dataclass(frozen=True, eq=False)
class PlateauChain(HardInstance):
    """f(W) = w_0^2 / (2 G) + sum_{i<T} h_i(w_{i+1}): T plateaus, and a gradient oracle whose noise ends up on them.

    h_i is C alpha_i^2 / 4 for |x| <= alpha_i, falls on two parabolas of curvature -C and C, and is 0 from 2 alpha_i on;
    alpha_i = 2 eta_i sigma / sqrt k, G = max(1 / C, 2 sum eta_i). At step i < T every gradient gets noise along
    coordinate i + 1 alone, sigma / sqrt k times the mean of k signs, the same at all points of the step. A step moves
    that coordinate by at most alpha_i / 2; if the perturbations of `toylands.dynamics.nso` are bounded by the other
    alpha_i / 2, nothing ever pulls it, and w_0 shrinks by 1 - eta_i / G only. After T steps gradients have no noise.

    Parameters
    ----------
    etas : sequence of float
        eta_0, ..., eta_{T-1}: the step sizes it is hard for, each positive and at most 1 / ``curvature``.
    curvature : float
        C, the Lipschitz constant of the gradient.
    sigma : float
        Scale of the gradient noise.
    gap : float
        D; the start of `suggested` has w_0^2 / (2 G) = D^2 / 2.
    perturbations : int
        k, from 1 to 64.
    noisy : bool
        False leaves the gradient noise out.

    Raises
    ------
    TypeError, ValueError
        If a value is of the wrong kind or out of range.

    Notes
    -----
    Source: nso, Eq. 8, Theorem 4.5 and Lemma B.2. As corrected in the ledger: perturbations are clipped on both sides
    (``nso/4.5/truncation``), which `suggested` does by ``bounds``, and G >= 1 / C (``nso/Eq8/G``).

    Examples
    --------
    >>> import toylands as tl
    >>> chain = tl.landscapes.PlateauChain([0.1] * 20)
    >>> settings = chain.suggested()
    >>> rule = tl.dynamics.nso(settings["eta"], settings["sigma"], bounds=settings["bounds"])
    >>> paths = tl.sample_paths(chain, rule, start=settings["start"], steps=20, count=16)
    >>> bool(chain.sq_gradient(paths).min() >= chain.lower_bound()), float(chain.plateaus_left(paths).max())
    (True, 0.0)
    """

    etas: Sequence[float] | np.ndarray
    curvature: float = 1.0
    sigma: float = 1.0
    gap: float = 1.0
    perturbations: int = 1
    noisy: bool = True
    summary = "a slow quadratic and T plateaus that gradient noise lands on: small steps (nso Eq. 8, Lemma B.2)"
    kernels = LandscapeKernels(gradient=_gradient, hessian=_hessian)
    plateaus_left = Measured("How many coordinates lie beyond their plateau.")

    def __post_init__(self) -> None:
        self._check()
        etas = validation.vector("etas", self.etas)
        if (etas <= 0).any() or (etas * self.curvature > 1 + 1e-12).any():
            raise ValueError(f"etas must be positive and at most 1 / curvature = {1 / self.curvature:g}, got {etas}")
        reach = self.sigma / math.sqrt(self.perturbations)
        slow = min(self.curvature, 1 / (2 * float(etas.sum())))
        noise = reach if self.noisy else 0.0
        parameters = Parameters(self.curvature, slow, 2 * etas * reach, len(etas), noise, self.perturbations)
        object.__setattr__(self, "etas", etas)
        object.__setattr__(self, "_parameters", parameters)

    @classmethod
    def example(cls) -> PlateauChain:
        """A small instance."""
        return cls([0.25] * 4, sigma=0.5)

    @property
    def observables(self) -> dict[str, Observable]:
        """loss, sq_gradient, gradient_norm, plateaus_left."""
        return make_observables(
            self.parameters,
            {
                "loss": (_loss, "f(W) (nso Eq. 8)"),
                "sq_gradient": (_sq_gradient, "|grad f|^2; its mean is bounded from below (nso Theorem 4.5)"),
                "gradient_norm": (_gradient_norm, "|grad f|, without the oracle's noise"),
                "plateaus_left": (_plateaus_left, "number of coordinates beyond their plateau: none, says the proof"),
            },
        )

    def _distance(self) -> Observable:
        doc = "distance to w_0 = 0, every other coordinate beyond its 2 alpha (nso Eq. 8)"
        return Observable(DISTANCE, _distance, self.parameters, doc)

    def expected_slow(self, step: int) -> float:
        """w_0 after ``step`` steps from `suggested`'s start, D sqrt(G) prod_{i < step} (1 - eta_i / G) (nso Eq. 42)."""
        step, p = validation.positive_int("step", step, minimum=0), self.parameters
        if step > p.steps:
            raise ValueError(f"step = {step} must be at most T = {p.steps}")
        return float(self.gap / math.sqrt(p.slow) * np.prod(1 - p.slow * np.asarray(self.etas)[:step]))

    def lower_bound(self) -> float:
        """(D^2 / 4) min(C, 1 / (2 sum eta_i)): |grad F|^2 is no smaller on all of the path (end of Lemma B.2)."""
        return self.gap**2 / 4 * self.parameters.slow

    def excess(self) -> float:
        """f less its minimum at `suggested`'s start, D^2 / 2 + (C / 4) sum alpha_i^2; the proof wants D^2 at most."""
        return self.gap**2 / 2 + self.curvature / 4 * float((self.parameters.widths**2).sum())

    def _bend(self, j: int, x: float) -> float:
        p = self.parameters
        return p.slow if j == 0 else plain_bend(abs(x) - p.widths[j - 1], p.widths[j - 1], p.curvature)

    def suggested(self) -> dict[str, Any]:
        """The proof's start, step sizes and k; sigma as in Section 4, clipped at alpha_i / 2 (w_0: at the largest)."""
        p = self.parameters
        bounds = p.widths[[int(np.argmax(p.widths)), *range(p.steps)]] / 2
        start = np.append(self.gap / math.sqrt(p.slow), np.zeros(p.steps))
        return self._settings(start, _one_if_equal(np.asarray(self.etas)), _one_if_equal(bounds))

    def symbolic(self) -> tuple[Any, tuple[Any, ...]]:
        """f and its variables as SymPy objects."""
        import sympy as sp

        w, p = sp.symbols(f"w0:{self.size}", real=True), self.parameters
        total = w[0] ** 2 * p.slow / 2
        return total + sum(symbolic_edge(x, a, a, p.curvature) for x, a in zip(w[1:], p.widths)), w
