"""What a noisy rule minimises on average, from any SymPy loss: modified losses and one step's exact mean and variance.

Source: antipgd, Eq. 1-6 and Appendix A (Anti-PGD in z = w - xi, and PGD); labelnoise, Eq. 1 (label noise). Averages
over Gaussian noise are exact for polynomial losses, averages over signs for every loss, by enumeration.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import sympy as sp

from theory.label_noise.regularizer import of_matrix
from theory.smoothing import moments as mo

GAUSSIAN, RADEMACHER = "gaussian", "rademacher"


class Step(NamedTuple):
    """Conditional mean and variance, coordinate by coordinate, of one step given where it starts."""

    mean: tuple[sp.Expr, ...]
    variance: tuple[sp.Expr, ...]


def modified_loss(loss: sp.Expr, variables: Sequence[sp.Symbol], sigma: sp.Expr) -> sp.Expr:
    """L + sigma^2 / 2 Tr Hessian L: what Anti-PGD descends on average, up to the noise's third moments.

    Source: antipgd, Eq. 6.

    Examples
    --------
    >>> u, v, sigma = sp.symbols("u v sigma")
    >>> modified_loss(u**2 * v**2 / 2, (u, v), sigma)
    sigma**2*(u**2 + v**2)/2 + u**2*v**2/2
    """
    return loss + sp.sympify(sigma) ** 2 / 2 * sp.Add(*(sp.diff(loss, x, 2) for x in variables))


def label_noise_regularizer(
    loss: sp.Expr, variables: Sequence[sp.Symbol], eta: sp.Expr, momentum: sp.Expr = sp.S.Zero
) -> sp.Expr:
    """R = -1/(2 eta) tr log(1 - eta/2 Hessian L), of which label noise adds lambda R to the loss.

    Source: labelnoise, Eq. 1 (lambda = eta sigma^2 / batch size); with heavy-ball momentum Eq. 13, with the sign that
    makes it Eq. 1 at momentum 0.

    Examples
    --------
    >>> x, eta = sp.symbols("x eta")
    >>> label_noise_regularizer(x**4 / 12, (x,), eta)
    -log(-eta*x**2/2 + 1)/(2*eta)
    """
    return of_matrix(sp.hessian(loss, list(variables)), sp.sympify(eta), sp.sympify(momentum))


def average(value: sp.Expr, variables: Sequence[sp.Symbol], sigma: sp.Expr, noise: str) -> sp.Expr:
    """E f(z + xi) for independent coordinates of ``xi`` with variance sigma^2, exactly.

    Parameters
    ----------
    value : sympy.Expr
        f; a polynomial if ``noise`` is "gaussian".
    variables : sequence of sympy.Symbol
        The coordinates of z.
    sigma : sympy.Expr
        Scale of the noise.
    noise : {"gaussian", "rademacher"}
        Normal, or +-sigma with equal probability.

    Raises
    ------
    ValueError
        If the law is another, or a normal average is asked of something that is not a polynomial.

    Examples
    --------
    >>> x, sigma = sp.symbols("x sigma")
    >>> average(x**4, (x,), sigma, "gaussian"), average(x**4, (x,), sigma, "rademacher")
    (3*sigma**4 + 6*sigma**2*x**2 + x**4, sigma**4 + 6*sigma**2*x**2 + x**4)
    """
    sigma, shifts = sp.sympify(sigma), [sp.Dummy(f"xi_{x}") for x in variables]
    if noise == RADEMACHER:
        total = sp.S.Zero
        for signs in itertools.product((1, -1), repeat=len(shifts)):
            total += value.subs({x: x + s * sigma for x, s in zip(variables, signs)}, simultaneous=True)
        return sp.expand(total / 2 ** len(shifts))
    if noise != GAUSSIAN:
        raise ValueError(f"noise must be {GAUSSIAN!r} or {RADEMACHER!r}, got {noise!r}")
    if not value.is_polynomial(*variables):
        raise ValueError(f"value = {value} must be a polynomial in {tuple(variables)} for an exact Gaussian average")
    at = value.subs({x: x + s for x, s in zip(variables, shifts)}, simultaneous=True)
    return sp.expand(mo.expect(at, shifts, mo.gaussian).subs(mo.SIGMA, sigma))


def anti_pgd_step(
    loss: sp.Expr, variables: Sequence[sp.Symbol], eta: sp.Expr, sigma: sp.Expr, noise: str = GAUSSIAN
) -> Step:
    """One step z' = z - eta grad L(z + xi) of Anti-PGD in z = w - xi, with xi independent of z.

    Source: antipgd, Eq. 3-5 and Appendix A, exact instead of expanded.

    Examples
    --------
    >>> x, eta, sigma = sp.symbols("x eta sigma")
    >>> anti_pgd_step(x**2 / 2, (x,), eta, sigma)
    Step(mean=(-eta*x + x,), variance=(eta**2*sigma**2,))
    """
    eta = sp.sympify(eta)
    slopes = [sp.diff(loss, x) for x in variables]
    means = [average(g, variables, sigma, noise) for g in slopes]
    squares = [average(sp.expand(g**2), variables, sigma, noise) for g in slopes]
    return Step(
        tuple(x - eta * m for x, m in zip(variables, means)),
        tuple(sp.expand(eta**2 * (s - m**2)) for s, m in zip(squares, means)),
    )


def pgd_step(loss: sp.Expr, variables: Sequence[sp.Symbol], eta: sp.Expr, sigma: sp.Expr) -> Step:
    """One step w' = w - eta grad L(w) + xi of PGD: plain gradient descent on average, variance sigma^2 for every law.

    Source: antipgd, Eq. 21 and 23.

    Examples
    --------
    >>> x, eta, sigma = sp.symbols("x eta sigma")
    >>> pgd_step(x**2 / 2, (x,), eta, sigma)
    Step(mean=(-eta*x + x,), variance=(sigma**2,))
    """
    eta, sigma = sp.sympify(eta), sp.sympify(sigma)
    return Step(tuple(x - eta * sp.diff(loss, x) for x in variables), (sigma**2,) * len(variables))
