"""Gradient descent with shaped noise: w' = w - eta grad L(w) + eta eps, eps ~ N(0, Sigma(w)) (anisotropic Eq. 7).

Shared keywords of the presets whose Sigma changes with the state:

``trace``
    Tr Sigma, the expected squared norm of eps (anisotropic D.1: 0.01). None, the default, matches the gradient noise of
    a mini-batch of ``batch_size`` (anisotropic Eq. 14).
``refresh``
    Sigma is computed anew every so many steps (anisotropic D.3), default 1.
``momentum``
    Heavy-ball factor in [0, 1), default 0.
"""

from __future__ import annotations

from typing import Any

from toylands import validation
from toylands.dynamics.covariances import DIAGONAL, DYNAMIC, GRADIENT, HESSIAN, LEADING, StateCovariance
from toylands.dynamics.rule import UpdateRule
from toylands.noise import gaussian


def _gld(name: str, eta: float, momentum: float, *covariance: Any) -> UpdateRule:
    eta = validation.nonnegative("eta", eta)
    return UpdateRule(name, eta, gaussian, eta, momentum=momentum, covariance=StateCovariance(*covariance))


def gld_const(eta: float, sigma: float, *, momentum: float = 0.0) -> UpdateRule:
    """Constant isotropic noise, Sigma = sigma^2 I (anisotropic Table 1, GLD constant).

    Examples
    --------
    >>> import toylands as tl
    >>> tl.dynamics.gld_const(eta=0.1, sigma=0.5).sigma
    0.05
    """
    eta = validation.nonnegative("eta", eta)
    return UpdateRule("gld_const", eta, gaussian, eta * validation.nonnegative("sigma", sigma), momentum=momentum)


def gld_dynamic(
    eta: float, trace: float | None = None, batch_size: int = 1, refresh: int = 1, *, momentum: float = 0.0
) -> UpdateRule:
    """Isotropic noise as large as gradient noise (anisotropic Table 1, GLD dynamic).

    See the module's head for the keywords.

    Examples
    --------
    >>> import toylands as tl
    >>> tl.dynamics.gld_dynamic(eta=0.1, batch_size=20).covariance.batch_size
    20
    """
    return _gld("gld_dynamic", eta, momentum, DYNAMIC, None, trace, batch_size, refresh)


def gld_diag(
    eta: float, trace: float | None = None, batch_size: int = 1, refresh: int = 1, *, momentum: float = 0.0
) -> UpdateRule:
    """Sigma the diagonal of the gradients' covariance (anisotropic Table 1, GLD diagonal).

    See the module's head for the keywords.

    Examples
    --------
    >>> import toylands as tl
    >>> tl.dynamics.gld_diag(eta=0.005, trace=0.01).covariance.trace
    0.01
    """
    return _gld("gld_diag", eta, momentum, DIAGONAL, None, trace, batch_size, refresh)


def gld_leading(
    eta: float,
    rank: int | None = None,
    trace: float | None = None,
    batch_size: int = 1,
    refresh: int = 1,
    *,
    momentum: float = 0.0,
) -> UpdateRule:
    """Sigma from the ``rank`` leading eigenpairs of the gradients' covariance (anisotropic Table 1, GLD leading).

    ``rank`` None, the default, keeps all of it: Gaussian noise with the covariance of SGD's. See the module's head.

    Examples
    --------
    >>> import toylands as tl
    >>> tl.dynamics.gld_leading(eta=0.005, rank=1, trace=0.01).covariance.kind
    'leading'
    """
    return _gld(
        "gld_leading", eta, momentum, GRADIENT if rank is None else LEADING, rank, trace, batch_size, refresh
    )


def gld_hessian(
    eta: float, rank: int, trace: float | None = None, batch_size: int = 1, refresh: int = 1, *, momentum: float = 0.0
) -> UpdateRule:
    """Sigma from the ``rank`` leading eigenpairs of the Hessian (anisotropic Table 1, GLD Hessian).

    Negative eigenvalues count as 0; where all are, there is no noise. See the module's head.

    Examples
    --------
    >>> import toylands as tl
    >>> tl.dynamics.gld_hessian(eta=0.005, rank=2, trace=0.01).covariance.rank
    2
    """
    return _gld("gld_hessian", eta, momentum, HESSIAN, rank, trace, batch_size, refresh)


def gld_eigvec(
    eta: float, trace: float | None = None, batch_size: int = 1, refresh: int = 1, *, momentum: float = 0.0
) -> UpdateRule:
    """Noise along the Hessian's first eigenvector (anisotropic Table 1, GLD 1st eigvec(H)).

    See the module's head for the keywords.

    Examples
    --------
    >>> import toylands as tl
    >>> tl.dynamics.gld_eigvec(eta=0.005, trace=0.01).covariance.rank
    1
    """
    return _gld("gld_eigvec", eta, momentum, HESSIAN, 1, trace, batch_size, refresh)
