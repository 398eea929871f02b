"""Anti-PGD paper, Appendix A, Eq. 24: the conditional variance of Anti-PGD, and how it compares with PGD's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp

from theory.claims.antipgd._linear import entry
from theory.claims.antipgd._smoothing import EXAMPLE, MEANING, at_noise, signs, step_sampler, value
from theory.claims.building import sampled_means, squared_deviations
from theory.claims.claim import Claim, Experiment, Form, Point
from theory.smoothing import moments as mo
from theory.smoothing import variance as va
from theory.smoothing.moments import ETA, SIGMA

PLACE = "Appendix A"
JET = va.jet(mo.CUBIC)
GRADIENT, ROW, THIRD = JET
AT, STEP, NOISE = (-0.6, -0.6), 0.5, 1.0  # a small row of the Hessian, so that third derivatives matter
AT_POINT: dict[str, Any] = {"example": EXAMPLE, "symbols": MEANING, "sample": step_sampler}


def _side(expression: sp.Expr) -> Callable[[Point], sp.Expr]:
    return lambda point: value(ETA**2 * expression, point)


SQUARE = mo.mean_of_shift(GRADIENT**2, mo.rademacher)
VARIANCE = mo.variance_of_shift(GRADIENT, mo.rademacher)
TRUE = va.variance(ROW, THIRD, sp.S.Zero, SIGMA**4)

CORRECT = Form(
    "Var[z'_i | z] = eta^2 [sigma^2 sum_j L_ij^2 + m3 sum_j L_ij L_ijj + (m4 - sigma^4)/4 sum_j L_ijj^2"
    " + sigma^4/2 sum_{j != k} L_ijk^2] for quadratic gradients; else up to O(eta^2 E|xi|^4)",
    r"\operatorname{var}[z_{n+1}^{(i)}|z_n] = \eta^2\Big[\sigma^2\sum_jL_{ij}^2 + m_3\sum_jL_{ij}L_{ijj}"
    r" + \tfrac{m_4-\sigma^4}{4}\sum_jL_{ijj}^2 + \tfrac{\sigma^4}{2}\sum_{j\ne k}L_{ijk}^2\Big]",
    _side(VARIANCE), _side(TRUE),
)
MEAN_SQUARE = Form(
    "E[(z' - z)_i^2] = eta^2 [L_i^2 + sigma^2 (sum_j L_ij^2 + L_i sum_j L_ijj) + m3 sum_j L_ij L_ijj"
    " + m4/4 sum_j L_ijj^2 + sigma^4/4 sum_{j != k} (L_ijj L_ikk + 2 L_ijk^2)]",
    r"\mathbb E[(z_{n+1}-z_n)_i^2] = \eta^2\Big[L_i^2+\sigma^2\big(\sum_jL_{ij}^2+L_i\sum_jL_{ijj}\big)"
    r"+m_3\sum_jL_{ij}L_{ijj}+\tfrac{m_4}4\sum_jL_{ijj}^2"
    r"+\tfrac{\sigma^4}4\sum_{j\ne k}(L_{ijj}L_{ikk}+2L_{ijk}^2)\Big]",
    _side(SQUARE), _side(va.second_moment(*JET, sp.S.Zero, SIGMA**4)),
)


def _number(expression: sp.Expr) -> float:
    exact = {"z1": -sp.Rational(3, 5), "z2": -sp.Rational(3, 5), "eta": sp.Rational(1, 2), "sigma": sp.S.One}
    return float(value(ETA**2 * expression, exact))


def _experiment(law: str) -> Experiment:
    """The variance of z_1' on the cubic loss, one step from a given z."""
    moments = mo.rademacher if law == "signs" else mo.gaussian

    def draw(generator: np.random.Generator, size: int) -> np.ndarray:
        noise = signs(generator, size, NOISE) if law == "signs" else NOISE * generator.standard_normal((size, 2))
        return squared_deviations(AT[0] - STEP * at_noise([GRADIENT], AT, noise))

    right = va.variance(ROW, THIRD, moments(3), moments(4))
    off, own = THIRD[0, 1] ** 2, SIGMA**4 / 4 * (THIRD[0, 0] ** 2 + THIRD[1, 1] ** 2)
    return sampled_means(
        f"one step on a cubic loss, {law}", draw, ("Var z_1'",), lambda: np.array([_number(right)]),
        {"m4 for m4 - sigma^4": lambda: np.array([_number(right + own)]),
         "1/4 for 1/2": lambda: np.array([_number(right - SIGMA**4 / 2 * off)]),
         "PGD's sigma^2": lambda: np.array([_number(SIGMA**2 / ETA**2)])},
        printed=lambda: np.array([_number(va.printed_eq24(*JET))]), count=2_000_000,
    )  # fmt: skip


def _comparison() -> Claim:
    """The remark below Eq. 24."""
    eta = 0.5

    def draw(generator: np.random.Generator, size: int) -> np.ndarray:
        noise = NOISE * generator.standard_normal((size, 2))
        return squared_deviations((1 - eta) * 1.0 + np.stack([-eta * noise[:, 0], noise[:, 1]], axis=1))

    seen = sampled_means(
        "L = z^2/2, eta = 1/2, Gaussian, one step from z = 1", draw, ("Anti-PGD", "PGD"),
        lambda: np.array([eta**2 * NOISE**2, NOISE**2]),
        {"Anti-PGD the larger": lambda: np.array([2 * NOISE**2, NOISE**2]),
         "equal": lambda: np.array([NOISE**2, NOISE**2])}, count=4096,
    )  # fmt: skip
    return entry(
        "A/larger-variance", f"{PLACE}, remark below Eq. 24", "Anti-PGD's conditional variance is larger than PGD's.",
        Form("Var[z'_i | z] (Anti-PGD) > Var[w'_i | w] = sigma^2 (PGD)",
             r"\operatorname{var}[z_{n+1}^{(i)}|z_n] > \sigma^2"),
        va.prove_comparison,
        "The gradient term that made Eq. 24 look large is not there. For small noise the ratio is eta^2 times the "
        "squared norm of a row of the Hessian, below 1 wherever eta ||Hessian|| < 1. (w' = z' + xi' varies more than "
        "sigma^2.)",
        form=Form("Var[z'_i | z] / sigma^2 -> eta^2 sum_j L_ij^2 <= (eta ||Hessian||)^2 as sigma -> 0",
                  r"\operatorname{var}[z_{n+1}^{(i)}|z_n]/\sigma^2 \to \eta^2\sum_jL_{ij}^2"
                  r" \le (\eta\|\nabla^2L\|)^2"),
        refute=va.refute_larger, experiments=(seen,),
    )  # fmt: skip


def _claims() -> tuple[Claim, ...]:
    first = Form("Var[z'_i | z] = E[(eta d_i L + eta sum_j d_ij L xi_j + (eta/2) sum_jk d_ijk L xi_j xi_k + ...)^2]",
                 r"\operatorname{var}[z_{n+1}^{(i)}|z_n]=\mathbb E\big[(\eta\partial_iL+\dots)^2\big]",
                 _side(VARIANCE), _side(SQUARE))  # fmt: skip
    display = Form(
        "... = eta^2 L_i^2 + eta^2 sigma^2 sum_j L_ij^2 + eta^2 sigma^4/4 sum_{j != k} (L_ijk + L_ijj L_ikk)"
        " + eta^2/4 sum_j L_ijj E xi^4 + eta^2 sigma^2 sum_j L_ijj + O-terms",
        r"\eta^2L_i^2+\eta^2\sigma^2\sum_jL_{ij}^2+\tfrac{\eta^2\sigma^4}4\sum_{j\ne k}(L_{ijk}+L_{ijj}L_{ikk})"
        r"+\tfrac{\eta^2}4\sum_jL_{ijj}\mathbb E\xi^4+\eta^2\sigma^2\sum_jL_{ijj}+\dots",
        _side(SQUARE), _side(va.printed_display(*JET, SIGMA**4)),
    )
    eq24 = Form(
        "Var[z'_i | z] = eta^2 L_i^2 + eta^2 sigma^2 sum_j L_ij^2 + eta^2 sigma^4/4 sum_{j != k} (L_ijk + L_ijj L_ikk)"
        " + eta^2 sigma^2 sum_j L_ijj + O-terms",
        r"\eta^2L_i^2+\eta^2\sigma^2\sum_jL_{ij}^2+\tfrac{\eta^2\sigma^4}4\sum_{j\ne k}(L_{ijk}+L_{ijj}L_{ikk})"
        r"+\eta^2\sigma^2\sum_jL_{ijj}+\dots",
        _side(VARIANCE), _side(va.printed_eq24(*JET)),
    )
    return (
        entry("A/variance-as-square", f"{PLACE}, display before Eq. 24, first equality",
              "The conditional variance is the mean square of the step.", first, va.prove_variance,
              "The squared mean was not subtracted.", form=CORRECT, refute=va.refute_square_for_variance, **AT_POINT),
        entry("A/mean-square", f"{PLACE}, display before Eq. 24, second equality",
              "The mean square of the step, written out (cubic loss: the O-terms are 0).", display,
              va.prove_second_moment, "Three slips: sum_j L_ijj lacks its factor L_i, L_ijj and L_ijk lack their "
              "squares, and the terms with j != k count each pair once where two pairings contribute.",
              form=MEAN_SQUARE, refute=va.refute_display, **AT_POINT),
        entry("Eq24", f"{PLACE}, Eq. 24", "The conditional variance of Anti-PGD, rearranged.", eq24, va.prove_variance,
              "It inherits all slips above it; as sigma -> 0 it tends to eta^2 L_i^2 where the variance vanishes.",
              form=CORRECT, refute=va.refute_eq24, experiments=(_experiment("signs"), _experiment("Gaussian")),
              **AT_POINT),
        _comparison(),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = _claims()
