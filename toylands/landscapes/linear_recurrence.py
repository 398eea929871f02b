"""Isotropic linear recurrences: the process behind the second moments of Anti-PGD."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from toylands import validation
from toylands.landscapes.base import Landscape, LandscapeKernels, Measured, make_observables
from toylands.noise import Discrete, Uniform, unit_uniform
from toylands.observables import Observable
from toylands.simd import fma, lanes_function, select, sum_of_squares

_GIVEN, _UNIFORM, _DISCRETE = 0, 1, 2


class Parameters(NamedTuple):
    """``rho``: one value, one a step, or the values of a discrete law; ``cumulative``: its distribution function."""

    dim: int
    law: int
    rho: np.ndarray
    cumulative: np.ndarray


@lanes_function
def _sq_norm(w: Any, p: Any) -> Any:
    return sum_of_squares(w, p.dim)


@lanes_function
def _pooled_sq_norm(square: Any, w: Any, p: Any) -> Any:
    return square


@lanes_function
def _bulk(p: Any) -> Any:
    return p.dim


@lanes_function
def _shared(w: Any, p: Any, step: Any, stream: Any, square: Any) -> Any:
    rho = 0.0 * w[0] + p.rho[step if p.law == _GIVEN and p.rho.shape[0] > 1 else 0]
    if p.law == _UNIFORM:
        rho = fma(unit_uniform(stream), p.rho[1] - p.rho[0], rho)
    if p.law == _DISCRETE:
        u = unit_uniform(stream)
        for i in range(1, p.rho.shape[0]):
            rho = select(u >= p.cumulative[i - 1], 0.0 * rho + p.rho[i], rho)
    return 1.0 - rho


@lanes_function
def _slope(j: Any, shared: Any, p: Any) -> Any:
    return shared


@dataclass(frozen=True, eq=False)
class LinearRecurrence(Landscape):
    """w_{k+1} = rho_k w_k + eps_k, with one rho_k for all coordinates of a trajectory.

    As a landscape it is the bowl (1 - rho_k) |w|^2 / 2: a rule with step size ``eta`` contracts by
    1 - eta (1 - rho_k), so ``eta = 1`` gives rho_k itself. The rule brings the noise eps_k.

    Parameters
    ----------
    dim : int
        Number of coordinates.
    rho : float, sequence of float, `toylands.noise.Uniform` or `toylands.noise.Discrete`
        Constant; one value for each step; or a law from which every trajectory draws afresh each step, independently
        of the injected noise.

    Raises
    ------
    TypeError, ValueError
        If ``dim`` is not a positive integer or ``rho`` is none of these, or not finite.

    Notes
    -----
    Source: antipgd, Lemma C.1 to Proposition C.7 (there A_k = rho_k I).

    Examples
    --------
    >>> import toylands as tl
    >>> process = tl.landscapes.LinearRecurrence(dim=2, rho=0.9)
    >>> process.sq_norm([3.0, 4.0])
    25.0
    """

    dim: int
    rho: float | Sequence[float] | np.ndarray | Uniform | Discrete
    summary = "w_{k+1} = rho_k w_k + eps_k, rho constant, given or random (antipgd Prop. C.4-C.7)"
    kernels = LandscapeKernels(shared=_shared, slope=_slope, bulk=_bulk, separable=True)
    sq_norm = Measured("|w|^2.")

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", validation.positive_int("dim", self.dim))
        object.__setattr__(self, "_parameters", Parameters(self.dim, *self._law()))

    def _law(self) -> tuple[int, np.ndarray, np.ndarray]:
        nothing = np.zeros(1)
        if isinstance(self.rho, Uniform):
            return _UNIFORM, np.array([self.rho.low, self.rho.high]), nothing
        if isinstance(self.rho, Discrete):
            return _DISCRETE, np.array(self.rho.values), np.cumsum(self.rho.probabilities)
        if isinstance(self.rho, (int, float, np.integer, np.floating)):
            return _GIVEN, np.array([validation.finite_float("rho", self.rho)]), nothing
        if isinstance(self.rho, (Sequence, np.ndarray)) and not isinstance(self.rho, str):
            return _GIVEN, validation.vector("rho", self.rho).copy(), nothing
        raise TypeError(f"rho = {self.rho!r} must be a number, a sequence of numbers, noise.Uniform or noise.Discrete")

    @classmethod
    def example(cls) -> LinearRecurrence:
        """A small instance."""
        return cls(dim=4, rho=0.5)

    @property
    def size(self) -> int:
        """dim."""
        return self.dim

    @property
    def observables(self) -> dict[str, Observable]:
        """sq_norm."""
        return make_observables(self.parameters, {"sq_norm": (_sq_norm, "|w|^2 (antipgd Prop. C.4)", _pooled_sq_norm)})

    def check_steps(self, steps: int) -> None:
        """A given sequence must have a value for every step (one value serves all)."""
        p = self.parameters
        if p.law == _GIVEN and 1 < p.rho.shape[0] < steps:
            raise ValueError(f"rho gives {p.rho.shape[0]} values, but the run has steps = {steps}")

    def _constant_rho(self, what: str) -> float:
        p = self.parameters
        if p.law != _GIVEN or p.rho.shape[0] > 1:
            raise ValueError(f"a {what} needs a constant rho, not {self.rho!r}")
        return float(p.rho[0])

    def gradient(self, w: Any) -> np.ndarray:
        """(1 - rho) w, for a constant rho."""
        self._constant_rho("gradient")
        return super().gradient(w)

    def hessian(self, w: Any) -> np.ndarray:
        """(1 - rho) times the identity, for a constant rho."""
        return (1 - self._constant_rho("Hessian")) * np.eye(self.dim)

    def symbolic(self) -> tuple[Any, tuple[Any, ...]]:
        """(1 - rho) |w|^2 / 2 and its variables as SymPy objects, for a constant rho."""
        import sympy as sp

        rho = sp.nsimplify(self._constant_rho("symbolic twin"), rational=True)
        w = sp.symbols(f"w1:{self.dim + 1}", real=True)
        return (1 - rho) * sum(x**2 for x in w) / 2, w
