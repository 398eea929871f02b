"""Anti-PGD paper, Section 2.2: the PAC-Bayes bound of Theorem 2.2 and the expected sharpness, Eq. 8."""

from __future__ import annotations

import numpy as np
import sympy as sp

from theory.claims.antipgd._linear import entry
from theory.claims.antipgd._smoothing import EXAMPLE, MEANING, at_noise, step_sampler, value
from theory.claims.building import sampled_means
from theory.claims.claim import Claim, Experiment, Form
from theory.smoothing import moments as mo
from theory.smoothing import pac_bayes as pb
from theory.smoothing.moments import SIGMA

SECTION = "Section 2.2"
AT, SPREAD = (0.7, -0.4), 0.15


def _value(expression: sp.Expr) -> np.ndarray:
    exact = {"z1": sp.Rational(7, 10), "z2": -sp.Rational(2, 5), "eta": sp.S.One, "sigma": sp.Rational(3, 20)}
    return np.array([float(value(expression, exact))])


def _experiment() -> Experiment:
    """E L(w + s xi) - L(w) on a cubic loss, where Eq. 8 is exact."""

    def draw(generator: np.random.Generator, size: int) -> np.ndarray:
        return at_noise([mo.CUBIC], AT, SPREAD * generator.standard_normal((size, 2))) - _value(mo.CUBIC)

    trace = mo.laplacian(mo.CUBIC)
    return sampled_means(
        f"cubic loss at one point, s = {SPREAD}", draw, ("sharpness",), lambda: _value(SIGMA**2 / 2 * trace),
        {"s^2": lambda: _value(SIGMA**2 * trace), "s/2": lambda: _value(SIGMA / 2 * trace),
         "0": lambda: np.zeros(1)}, count=1_000_000,
    )  # fmt: skip


def _theorem() -> Claim:
    text = "L_true(Q) <= L(w*) + lambda/(2M) + ln(1/delta)/lambda + [L(Q) - L(w*)] + KL(Q|P)/lambda"
    latex = (
        r"L_{\rm true}(Q)\le L(w^*)+\tfrac{\lambda}{2M}+\tfrac1\lambda\ln\tfrac1\delta+L(Q)-L(w^*)"
        r"+\tfrac1\lambda\mathrm{KL}[Q\|P]"
    )
    return entry(
        "2.2", f"{SECTION}, Theorem 2.2",
        "With probability 1 - delta, for any lambda >= 0 and any loss, the PAC-Bayes bound holds for every Q.",
        Form(f"{text}, lambda >= 0, any loss", latex), pb.prove_bound,
        "The statement puts no bound on the loss: with losses 0 and 10 it fails half the time. It holds for losses in "
        "an "
        "interval of length 2, lambda > 0, independent samples, and a P that does not depend on them.",
        form=Form(f"{text}, lambda > 0, losses in an interval of length 2, P independent of the sample",
                  latex + r",\ \lambda>0,\ \ell\in[a,a+2]"),
        refute=pb.refute_bound,
    )  # fmt: skip


def _sharpness() -> Claim:
    form = Form("E L(w* + s xi) - L(w*) = (s^2/2) Tr Hessian L(w*) + O(s^4)",
                r"L(Q)-L(w^*)\approx\tfrac{s^2}2\operatorname{Tr}\nabla^2L(w^*)",
                lambda point: value(mo.mean_of_shift(mo.CUBIC, mo.gaussian) - mo.CUBIC, point),
                lambda point: value(SIGMA**2 / 2 * mo.laplacian(mo.CUBIC), point))  # fmt: skip
    return entry(
        "Eq8", f"{SECTION}, Eq. 8", "Expected sharpness of a Gaussian posterior, approximately, for small s.", form,
        pb.prove_sharpness, "Read as an expansion for s -> 0, fourth derivatives bounded. The error is of order "
        "s^4; it needs no minimum. The sides are those of a cubic loss, where it is exact.",
        example=EXAMPLE, symbols={**MEANING, "sigma": "the s of Eq. 8"},
        sample=step_sampler, experiments=(_experiment(),),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (_theorem(), _sharpness())
