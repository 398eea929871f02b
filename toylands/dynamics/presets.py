"""The papers' methods, each a composition of gradient, injected noise, correlation and momentum.

Shared keywords of the presets with injected noise:

``noise``
    ``tl.noise.rademacher`` (default), ``tl.noise.gaussian``, or ``tl.noise.gaussian_float32``: normals computed in
    float32, faster, with moments that are off by less than 1e-6 (`toylands.float32_normals`).
``momentum``
    Heavy-ball factor in [0, 1), default 0.
``start_noise``, ``stop_noise``
    The noise acts on steps ``start_noise <= k < stop_noise``; default: always.
"""

from __future__ import annotations

import numpy as np

from toylands import validation
from toylands.dynamics.rule import FRESH, Schedule, UpdateRule
from toylands.noise import InjectedNoise, gaussian, rademacher


def gd(eta: Schedule, momentum: float = 0.0) -> UpdateRule:
    """Gradient descent, w' = w - eta grad L(w), with heavy-ball ``momentum`` if given (antipgd Section 2).

    Parameters
    ----------
    eta : float or sequence of float
        Step size, or one for each step; at least 0.
    momentum : float
        Factor of w_k - w_{k-1}, in [0, 1).

    Raises
    ------
    TypeError, ValueError
        If a value is not finite or out of range.

    Examples
    --------
    >>> import toylands as tl
    >>> tl.dynamics.gd(eta=0.1)
    <rule gd: eta=0.1>
    """
    return UpdateRule("gd", eta, momentum=momentum)


def pgd(
    eta: Schedule,
    sigma: Schedule,
    noise: InjectedNoise = rademacher,
    *,
    momentum: float = 0.0,
    start_noise: int = 0,
    stop_noise: int | None = None,
) -> UpdateRule:
    """Perturbed gradient descent: fresh noise of standard deviation ``sigma`` in every step (antipgd Eq. 1).

    Source: antipgd, Eq. 1. See the module's head for the shared keywords.

    Examples
    --------
    >>> import toylands as tl
    >>> tl.dynamics.pgd(eta=0.1, sigma=0.5)
    <rule pgd: eta=0.1, noise=rademacher, sigma=0.5>
    """
    return UpdateRule(
        "pgd",
        eta,
        noise,
        sigma,
        momentum=momentum,
        start_noise=start_noise,
        stop_noise=stop_noise,
    )


def anti_pgd(
    eta: Schedule,
    sigma: Schedule,
    noise: InjectedNoise = rademacher,
    first: str = FRESH,
    *,
    momentum: float = 0.0,
    start_noise: int = 0,
    stop_noise: int | None = None,
) -> UpdateRule:
    """Anticorrelated perturbed gradient descent: xi_k - xi_{k-1} is added to every step (antipgd Eq. 2).

    ``first="fresh"`` starts with eps_0 = xi_0 (antipgd, Corollary C.2), ``first="stationary"`` with
    eps_0 = xi_0 - xi_{-1} (antipgd, Eq. 2). See the module's head for the other keywords.

    Examples
    --------
    >>> import toylands as tl
    >>> tl.dynamics.anti_pgd(eta=0.1, sigma=0.5, first="stationary")
    <rule anti_pgd: eta=0.1, noise=rademacher, sigma=0.5, kappa=1.0, first=stationary>
    """
    return UpdateRule(
        "anti_pgd",
        eta,
        noise,
        sigma,
        kappa=1.0,
        first=first,
        momentum=momentum,
        start_noise=start_noise,
        stop_noise=stop_noise,
    )


def correlated_pgd(
    eta: Schedule,
    sigma: Schedule,
    kappa: Schedule,
    noise: InjectedNoise = rademacher,
    first: str = FRESH,
    *,
    momentum: float = 0.0,
    start_noise: int = 0,
    stop_noise: int | None = None,
) -> UpdateRule:
    """Between PGD (kappa = 0) and Anti-PGD (kappa = 1): xi_k - kappa xi_{k-1} is added to every step (our own).

    ``kappa`` lies in [-1, 1]; a sequence gives one for each step, xi_k - kappa_k xi_{k-1}, so that a run may begin
    plain and end anticorrelated. ``first`` as in `anti_pgd`; see the module's head for the other keywords.

    Examples
    --------
    >>> import toylands as tl
    >>> tl.dynamics.correlated_pgd(eta=0.1, sigma=0.5, kappa=0.5).kappa
    0.5
    """
    return UpdateRule(
        "correlated_pgd",
        eta,
        noise,
        sigma,
        kappa=kappa,
        first=first,
        momentum=momentum,
        start_noise=start_noise,
        stop_noise=stop_noise,
    )


def gld(
    eta: float,
    covariance: np.ndarray,
    *,
    momentum: float = 0.0,
    start_noise: int = 0,
    stop_noise: int | None = None,
) -> UpdateRule:
    """Gradient descent with noise: w' = w - eta grad L(w) + eta eps, eps ~ N(0, covariance) (anisotropic Eq. 7).

    Source: anisotropic, Eq. 7. ``covariance`` is any positive semidefinite (n, n) matrix, n the landscape's size.

    Examples
    --------
    >>> import toylands as tl
    >>> tl.dynamics.gld(eta=0.1, covariance=[[1.0, 0.5], [0.5, 1.0]]).sigma
    0.1
    """
    eta = validation.nonnegative("eta", eta)
    return UpdateRule(
        "gld",
        eta,
        gaussian,
        eta,
        covariance=np.asarray(covariance),
        momentum=momentum,
        start_noise=start_noise,
        stop_noise=stop_noise,
    )


def euler_maruyama(time_step: float, covariance: np.ndarray) -> UpdateRule:
    """Euler-Maruyama steps of dw = -grad L dt + covariance^{1/2} dW (anisotropic Eq. 9).

    Source: anisotropic, Eq. 9 and 12.

    Parameters
    ----------
    time_step : float
        Length of a step, positive; after k steps the time is k ``time_step``.
    covariance : array_like (n, n)
        Positive semidefinite diffusion matrix.

    Examples
    --------
    >>> import numpy as np, toylands as tl
    >>> tl.dynamics.euler_maruyama(time_step=0.25, covariance=np.eye(2)).sigma
    0.5
    """
    step = validation.positive("time_step", time_step)
    return UpdateRule("euler_maruyama", step, gaussian, float(np.sqrt(step)), covariance=np.asarray(covariance))


def exact_ornstein_uhlenbeck(time_step: float, covariance: np.ndarray) -> UpdateRule:
    """Exact steps of dw = -H w dt + covariance^{1/2} dW on a `QuadraticBowl` (anisotropic Eq. 12).

    No discretisation error: w(t + s) = exp(-H s) w(t) + a Gaussian with covariance
    int_0^s exp(-H r) covariance exp(-H r) dr. H and the covariance need no common eigenbasis, H may be singular.
    Source: anisotropic, Eq. 12 and 30-35.

    Parameters
    ----------
    time_step : float
        Time s between steps, positive.
    covariance : array_like (n, n)
        Positive semidefinite diffusion matrix.

    Examples
    --------
    >>> import numpy as np, toylands as tl
    >>> tl.dynamics.exact_ornstein_uhlenbeck(time_step=0.5, covariance=np.eye(2)).name
    'exact_ornstein_uhlenbeck'
    """
    step = validation.positive("time_step", time_step)
    return UpdateRule(
        "exact_ornstein_uhlenbeck",
        1.0,
        gaussian,
        1.0,
        covariance=np.asarray(covariance),
        exact_time_step=step,
    )
