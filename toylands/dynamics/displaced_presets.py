"""Methods that take the gradient at another point than the current one.

Shared keywords: ``batch_size`` (None, the default, takes all data) and ``momentum`` (heavy-ball factor, default 0). A
step's batch, and what the landscape draws itself, are the same at all the points where the gradient is taken.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toylands import validation
from toylands.dynamics.displacements import Perturbation, SharpnessAware
from toylands.dynamics.oracles import GradientOracle, MiniBatch
from toylands.dynamics.rule import Schedule, UpdateRule
from toylands.noise import InjectedNoise, gaussian


def _batch(batch_size: int | None) -> MiniBatch | None:
    return None if batch_size is None else MiniBatch(batch_size)


def wp_sgd(
    eta: Schedule,
    sigma: float,
    noise: InjectedNoise = gaussian,
    perturbations: int = 1,
    batch_size: int | None = None,
    *,
    bounds: float | Sequence[float] | np.ndarray | None = None,
    momentum: float = 0.0,
) -> UpdateRule:
    """Weight-perturbed gradient descent: w' = w - eta grad L(w + U), U of standard deviation ``sigma`` (nso Section 2).

    ``perturbations`` draws of U are averaged; ``bounds`` clip U's coordinates; see the module's head. Source: nso,
    Section 2.

    Examples
    --------
    >>> import toylands as tl
    >>> tl.dynamics.wp_sgd(eta=0.1, sigma=0.01).oracle.displaced.two_point
    False
    """
    oracle = GradientOracle(_batch(batch_size), None, Perturbation(sigma, noise, perturbations, bounds=bounds))
    return UpdateRule("wp_sgd", eta, momentum=momentum, oracle=oracle)


def nso(
    eta: Schedule,
    sigma: float,
    noise: InjectedNoise = gaussian,
    perturbations: int = 1,
    batch_size: int | None = None,
    *,
    bounds: float | Sequence[float] | np.ndarray | None = None,
    momentum: float = 0.0,
) -> UpdateRule:
    """Two-point noise injection: the mean of grad L(w + U) and grad L(w - U) over k draws of U (nso Algorithm 1).

    ``perturbations`` is k, ``sigma`` the standard deviation of U's coordinates; ``bounds``, one number or one each,
    clip them (nso Theorem 4.5); see the module's head. Source: nso, Algorithm 1.

    Examples
    --------
    >>> import toylands as tl
    >>> tl.dynamics.nso(eta=0.1, sigma=0.01, perturbations=2).oracle.displaced.count
    2
    """
    displaced = Perturbation(sigma, noise, perturbations, two_point=True, bounds=bounds)
    oracle = GradientOracle(_batch(batch_size), None, displaced)
    return UpdateRule("nso", eta, momentum=momentum, oracle=oracle)


def sam(eta: Schedule, rho: float, batch_size: int | None = None, *, momentum: float = 0.0) -> UpdateRule:
    """Sharpness-aware minimisation: the gradient at w + rho g / |g|, g = grad L(w) (nso Section 3.2).

    Source: Foret et al. (2021), as compared in nso, Section 3.2. Where g vanishes the gradient is taken at w.

    Examples
    --------
    >>> import toylands as tl
    >>> tl.dynamics.sam(eta=0.1, rho=0.05).oracle.displaced.rho
    0.05
    """
    oracle = GradientOracle(_batch(batch_size), None, SharpnessAware(rho))
    return UpdateRule("sam", eta, momentum=momentum, oracle=oracle)


def asam(eta: Schedule, rho: float, batch_size: int | None = None, *, momentum: float = 0.0) -> UpdateRule:
    """Adaptive SAM: the gradient at w + rho T^2 g / |T g|, T = diag |w| (nso Section 3.2).

    Source: Kwon et al. (2021), as compared in nso, Section 3.2.

    Examples
    --------
    >>> import toylands as tl
    >>> tl.dynamics.asam(eta=0.1, rho=0.05).oracle.displaced.adaptive
    True
    """
    oracle = GradientOracle(_batch(batch_size), None, SharpnessAware(rho, adaptive=True))
    return UpdateRule("asam", eta, momentum=momentum, oracle=oracle)


def random_sam(
    eta: Schedule, rho: float, sigma: float, batch_size: int | None = None, *, momentum: float = 0.0
) -> UpdateRule:
    """Random SAM: the gradient at w + U + rho g / |g|, U ~ N(0, sigma^2 I), g = grad L(w + U) (nso Section 3.2).

    Source: Liu et al. (2022), as compared in nso, Section 3.2; here U is not scaled by filters, and the way uphill has
    length ``rho`` as in SAM.

    Examples
    --------
    >>> import toylands as tl
    >>> tl.dynamics.random_sam(eta=0.1, rho=0.05, sigma=0.01).oracle.displaced.spread
    0.01
    """
    spread = validation.nonnegative("sigma", sigma)
    oracle = GradientOracle(_batch(batch_size), None, SharpnessAware(rho, spread=spread))
    return UpdateRule("random_sam", eta, momentum=momentum, oracle=oracle)
