"""Other points than the current one at which an oracle takes its gradient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toylands import validation
from toylands.noise import InjectedNoise, gaussian


@dataclass(frozen=True)
class Perturbation:
    """Gradients at randomly displaced points, averaged: grad L(w + U), with ``two_point`` also at w - U.

    Parameters
    ----------
    sigma : float
        Standard deviation of each coordinate of U, at least 0.
    noise : InjectedNoise
        Law of U's coordinates.
    count : int
        Displacements a step.
    two_point : bool
        Average grad L(w + U) and grad L(w - U).
    bounds : float or sequence of float, optional
        Clip U's coordinates to [-bound, bound]: one bound for all, or one each. Default: none.

    Raises
    ------
    TypeError, ValueError
        If a value is of the wrong kind or out of range.

    Notes
    -----
    Source: nso, Section 2 and Algorithm 1; Theorem 4.5 for ``bounds``, where U is printed as clipped from above only
    (ledger entry ``nso/4.5/truncation``).

    Examples
    --------
    >>> import toylands as tl
    >>> tl.dynamics.Perturbation(sigma=0.01, count=2, two_point=True).noise
    toylands.noise.gaussian
    >>> tl.dynamics.Perturbation(sigma=1.0, bounds=[0.5, 0.25]).bounds
    (0.5, 0.25)
    """

    sigma: float
    noise: InjectedNoise = gaussian
    count: int = 1
    two_point: bool = False
    bounds: float | Sequence[float] | np.ndarray | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "sigma", validation.nonnegative("sigma", self.sigma))
        validation.one_of("noise", self.noise, (InjectedNoise,), "a law of toylands.noise")
        object.__setattr__(self, "count", validation.positive_int("perturbations", self.count))
        validation.one_of("two_point", self.two_point, (bool,), "True or False")
        if self.bounds is None:
            return
        if np.ndim(self.bounds) == 0:
            object.__setattr__(self, "bounds", validation.positive("bounds", self.bounds))
            return
        bounds = validation.vector("bounds", self.bounds)
        if (bounds <= 0).any():
            raise ValueError(f"bounds must be positive, got {bounds}")
        object.__setattr__(self, "bounds", tuple(bounds.tolist()))


@dataclass(frozen=True)
class SharpnessAware:
    """The gradient at a point uphill: grad L(w + rho g / |g|), g = grad L(w).

    Parameters
    ----------
    rho : float
        Length of the way uphill, at least 0.
    adaptive : bool
        Uphill in the coordinates' own scale: w + rho T^2 g / |T g|, T = diag |w|.
    spread : float
        If positive, a normal displacement of this standard deviation comes first: g is taken there, and rho g / |g| is
        added to it.

    Raises
    ------
    TypeError, ValueError
        If a value is of the wrong kind or out of range.

    Notes
    -----
    Source: Foret et al. (2021), Kwon et al. (2021) and Liu et al. (2022), as compared in nso, Section 3.2.

    Examples
    --------
    >>> import toylands as tl
    >>> tl.dynamics.SharpnessAware(rho=0.05, adaptive=True).rho
    0.05
    """

    rho: float
    adaptive: bool = False
    spread: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "rho", validation.nonnegative("rho", self.rho))
        object.__setattr__(self, "spread", validation.nonnegative("spread", self.spread))
        validation.one_of("adaptive", self.adaptive, (bool,), "True or False")
        if self.adaptive and self.spread > 0:
            raise ValueError("adaptive = True and spread > 0 do not go together")
