"""Label-noise paper, Appendix C: reaching a global minimiser in the kernel regime, Eq. 144-148."""

from __future__ import annotations

import random

import sympy as sp

from theory.claims.claim import Claim, Form, Point
from theory.claims.labelnoise._entries import SETS, entry, fraction, positive, sampler, within, words
from theory.label_noise import descent

PLACE = "Appendix C"
ETA, NU, LAM = sp.symbols("eta nu lam")
START, LOW = sp.symbols("start low")


def _quadratic(generator: random.Random) -> Point:
    nu, ell = fraction(generator), positive()(generator)
    return {"nu": nu, "ell": ell, "eta": (2 - nu) / ell * fraction(generator)}


ELL = sp.Symbol("ell")
AFTER = (1 - ETA * ELL) ** 2 / (2 * ELL)  # L = ell theta^2/2 at theta = 1/ell, where the gradient is 1
BEFORE = 1 / (2 * ELL)


def _path(point: Point) -> sp.Expr:
    ratio = sp.sqrt(1 - point["eta"] * point["low"] / 4)
    return point["eta"] * sp.sqrt(point["start"]) / (1 - ratio)


PATH = {"eta": sp.Rational(1, 2), "low": sp.Rational(1, 2), "start": sp.Rational(1, 100)}
PATH_NAMES = {"low": "lambda_0, smallest eigenvalue of the infinite-width kernel", "start": "loss at the start"}
PATH_DRAW = sampler(eta=fraction, low=fraction, start=positive())

CLAIMS: tuple[Claim, ...] = (
    entry(
        "Eq144", f"{PLACE}, Eq. 144 and the display after it",
        "With - z_k in the reference recursion the difference carries eps*.",
        words("ref_{k+1} = ref_k - eta grad L - eta E (theta_k - ref_k) - z_k => v_{k+1} has the noise eps*",
              r"\theta_{k+1}^*=\theta_k^*-\eta\nabla L-\eta E(\theta_k-\theta_k^*)-z_k"),
        descent.prove_reference, "With z = eps - eps* the sign is +; as printed the noise is eps* + 2 z (and xi must "
                                 "be "
        "driven by eps*).",
        form=words("ref_{k+1} = ref_k - eta grad L - eta E (theta_k - ref_k) + z_k => v_{k+1} has the noise eps*",
                   r"\theta_{k+1}^*=\theta_k^*-\eta\nabla L-\eta E(\theta_k-\theta_k^*)+z_k"),
        refute=descent.refute_reference,
    ),
    entry(
        "AppC/descent", f"{PLACE}, the displays before Eq. 145",
        "A step lowers the loss by at least (eta/4) |grad L|^2 (without noise and with E = 0), for every eta <= (2 - "
        "nu)/ell.",
        Form("L(theta') <= L - eta/4 |grad L|^2 [at a point: L = ell theta^2/2, |grad L| = 1]",
             r"L(\theta_{k+1}^*)\le L(\theta_k^*)-\tfrac\eta4\|\nabla L\|^2", AFTER, BEFORE - ETA / 4, "<="),
        descent.prove_quarter, "The factor is nu/2: 1/4 needs nu >= 1/2, i.e. eta <= 3/(2 ell).",
        form=Form("L(theta') <= L - (eta nu/2) |grad L|^2 [at a point: L = ell theta^2/2, |grad L| = 1]",
                  r"L(\theta_{k+1}^*)\le L(\theta_k^*)-\tfrac{\eta\nu}2\|\nabla L\|^2",
                  AFTER, BEFORE - ETA * NU / 2, "<="),
        refute=descent.refute_quarter,
        example={"nu": sp.Rational(1, 4), "ell": sp.Integer(1), "eta": sp.Rational(7, 4)},
        symbols={"ell": "Lipschitz constant of the gradient"}, sample=_quadratic,
        domain=within("eta", "nu", "ell", where=(sp.Le(ETA * ELL, 2 - NU),)),
    ),
    entry(
        "Eq145", f"{PLACE}, Eq. 145", "|grad L|^2 >= 2 lambda_0 L where the kernel's eigenvalues are at least "
                                      "lambda_0/2.",
        words("|grad L|^2 >= 2 lambda_0 L", r"\|\nabla L\|^2\ge2\lambda_0L"), descent.prove_kernel_bound,
        "Lemma 8 gives lambda_0/2, and L is a mean over n: grad L = J e/n. The rate of the decrease becomes "
        "eta lambda_0/(4 n); the conclusion stands up to the factor n, which O hides.",
        form=words("|grad L|^2 >= lambda_0 L/n", r"\|\nabla L\|^2\ge\tfrac{\lambda_0}nL"),
        refute=descent.refute_kernel_bound,
    ),
    entry(
        "AppC/time", f"{PLACE}, the choice of T", "After T = 4 log(L_0 lambda_0/lambda^2)/(eta lambda_0) steps the "
                                                  "start has decayed.",
        Form("e^(-eta lambda_0 T/4) L_0 = lambda^2/lambda_0, and (1 - q)^T <= e^(-q T)",
             r"(1-\tfrac{\eta\lambda_0}4)^TL_0\le\tfrac{\lambda^2}{\lambda_0}",
             sp.exp(-ETA * LOW / 4 * (4 * sp.log(START * LOW / LAM**2) / (ETA * LOW))) * START, LAM**2 / LOW),
        descent.prove_kernel_time, "The time is chosen for it; the noise adds at most 4 lambda^2/lambda_0.",
        example={**PATH, "lam": sp.Rational(1, 100)}, symbols=PATH_NAMES,
        sample=sampler(eta=fraction, low=fraction, start=positive(), lam=lambda g: fraction(g) / 100),
    ),
    entry(
        "Eq148", f"{PLACE}, Eq. 146-148", "eta sum_j sqrt(L_j) = O~(L_0/lambda_0), with L_j = (1 - eta lambda_0/4)^j "
                                          "L_0.",
        Form("eta sum_j sqrt(L_j) <= 8 L_0/lambda_0", r"\eta\sum_j\sqrt{L(\theta_j^*)}=\tilde O(L(\theta_0)/\lambda_0)",
             _path, 8 * START / LOW, "<="),
        descent.prove_kernel_path, "The root of L_0 remains: for L_0 < 1 the printed order is too small.",
        form=Form("eta sum_j sqrt(L_j) <= 8 sqrt(L_0)/lambda_0",
                  r"\eta\sum_j\sqrt{L(\theta_j^*)}\le\frac{8\sqrt{L(\theta_0)}}{\lambda_0}",
                  _path, 8 * sp.sqrt(START) / LOW, "<="),
        refute=descent.refute_kernel_path, example=PATH, symbols=PATH_NAMES, sample=PATH_DRAW,
        domain=within("eta", start=SETS["g"], low=SETS["g"], where=(sp.Lt(ETA * LOW, 4),)),
    ),
)  # fmt: skip
