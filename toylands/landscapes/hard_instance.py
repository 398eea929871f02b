"""What the hard instances of the NSO paper's lower bounds are made of: edges of two parabolas, noise, and a base."""

from __future__ import annotations

import abc
import math
from typing import Any

import numpy as np

from toylands import validation
from toylands.landscapes.base import Landscape, Measured
from toylands.random import next_word
from toylands.simd import count_bits, fma, lanes_function, maximum, minimum, select, to_float


@lanes_function
def edge_value(beyond: Any, width: Any, curvature: Any) -> Any:
    """C width^2 / 4 up to ``beyond`` = 0, and from there down to 0 at the width: a parabola bent down, one bent up."""
    left = width - minimum(maximum(beyond, 0.0), width)
    passed = width - left
    upper = 0.25 * curvature * (width * width) - (0.5 * curvature) * (passed * passed)
    return select(beyond + beyond < width, upper, (0.5 * curvature) * (left * left))


@lanes_function
def edge_slope(beyond: Any, width: Any, curvature: Any) -> Any:
    """Its derivative: 0, down to -C width / 2, and back to 0."""
    return -curvature * maximum(minimum(beyond, width - beyond), 0.0)


@lanes_function
def edge_bend(beyond: Any, width: Any, curvature: Any) -> Any:
    """Its second derivative: -C on the first half, C on the second, 0 elsewhere."""
    inside = select(beyond + beyond < width, 0.0 * beyond - curvature, 0.0 * beyond + curvature)
    return select(beyond < 0.0, 0.0, select(beyond < width, inside, 0.0))


@lanes_function
def outward(x: Any, slope: Any) -> Any:
    """The derivative along x of an even function whose derivative along |x| is ``slope``."""
    return select(x < 0.0, -slope, slope)


@lanes_function
def push(out: Any, p: Any, step: Any, stream: Any) -> Any:
    """The noise of gradient number ``step``, along coordinate ``step + 1``: ``noise`` times the mean of some signs.

    A step takes one word; the signs are its upper ``draws`` bits (set: +1). Behind the last step there is none, nor
    where there is no stream.
    """
    if stream is not None and step < p.steps:
        heads = to_float(count_bits(next_word(stream) >> np.uint64(64 - p.draws)))
        out[step + 1] = fma(heads - 0.5 * p.draws, 2.0 * p.noise / p.draws, out[step + 1])


def plain_bend(beyond: float, width: float, curvature: float) -> float:
    """Second derivative of an edge that begins at ``beyond`` = 0, by cases."""
    if not 0.0 <= beyond < width:
        return 0.0
    return -curvature if beyond < width / 2 else curvature


def symbolic_edge(x: Any, start: float, width: float, curvature: float) -> Any:
    """C width^2 / 4 for |x| <= ``start``, then down to 0 at ``start + width``: a SymPy expression without |x|."""
    import sympy as sp

    half, end = start + width / 2, start + width
    top = curvature * width**2 / 4
    pieces = [(sp.S.Zero, x >= end), (sp.S.Zero, x <= -end)]
    for sign in (1, -1):
        pieces.append((curvature * (sign * x - end) ** 2 / 2, sign * x >= half))
        pieces.append((top - curvature * (sign * x - start) ** 2 / 2, sign * x >= start))
    return sp.Piecewise(*pieces, (sp.Float(top), True))


class HardInstance(Landscape):
    """Landscapes f with gradient noise of their own, along one coordinate a step: see `PlateauChain`, `CappedBowl`.

    Only rules see that noise; ``gradient``, ``loss`` and all observables are f's.
    """

    curvature: float
    sigma: float
    gap: float
    perturbations: int
    noisy: bool
    _parameters: Any
    loss = Measured("f(W).")
    sq_gradient = Measured("|grad f|^2.")

    def _check(self) -> None:
        """Validate what all of them are given."""
        for name in ("curvature", "sigma", "gap"):
            object.__setattr__(self, name, validation.positive(name, getattr(self, name)))
        perturbations = validation.positive_int("perturbations", self.perturbations)
        if perturbations > 64:
            raise ValueError(f"perturbations = {perturbations} must be at most 64")
        object.__setattr__(self, "perturbations", perturbations)
        if not isinstance(self.noisy, bool):
            raise TypeError(f"noisy must be True or False, got {self.noisy!r}")

    @property
    def size(self) -> int:
        """T + 1."""
        return int(self._parameters.steps) + 1

    def hessian(self, w: Any) -> np.ndarray:
        """Hessian at one point, shape (size, size); where curvatures meet, that on the outer side."""
        point = validation.vector("w", w, length=self.size)
        return np.diag([self._bend(j, x) for j, x in enumerate(point)])

    @abc.abstractmethod
    def _bend(self, j: int, x: float) -> float:
        """The second derivative along coordinate j."""

    @abc.abstractmethod
    def lower_bound(self) -> float:
        """What E|grad F|^2 does not fall below in T steps."""

    def printed_bound(self) -> float:
        """D sqrt(C sigma^2 / (32 k T)), Theorem 4.5's bound; it takes T >= sigma^2 / (2 k C D^2) (ledger: nso/4.5)."""
        steps = self.size - 1
        return self.gap * math.sqrt(self.curvature * self.sigma**2 / (32 * self.perturbations * steps))

    def _settings(self, start: np.ndarray, eta: Any, bounds: Any) -> dict[str, Any]:
        return {
            "start": start,
            "eta": eta,
            "sigma": self.sigma,
            "bounds": bounds,
            "perturbations": self.perturbations,
            "steps": self.size - 1,
        }
