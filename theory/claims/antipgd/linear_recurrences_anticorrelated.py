"""Anti-PGD paper, Appendix C.1: Corollary C.2 with every step of its proof, and Remark C.3."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import sympy as sp

from theory.claims.antipgd._constants import PLACE, PROD, SYMBOLS, display_claim, matrix_form, sample_k
from theory.claims.antipgd._linear import entry, recurrence_experiment, whole
from theory.claims.claim import Claim, Experiment, Form, Point
from theory.linear import matrix_examples
from theory.linear import variation_of_constants as voc
from theory.linear.linear_forms import ALL_CASES, CASES_FROM_ONE, Case, Family
from theory.linear.second_moments import second_moment


def _anti(
    number: int, text: str, latex: str, family: Family, cases: Sequence[Case] = ALL_CASES, low: int = 0
) -> Claim:
    return display_claim(
        f"Eq{number}", f"proof of Corollary C.2, Eq. {number}", text, latex, family,
        lambda: voc.prove_anticorrelated_display(family, f"Eq. {number}", cases), anti=True, low=low,
    )


EQ39_LATEX = PROD % "0" + r" w_0 + \xi_k + \sum_{i=0}^{k-1} "
PRINTED39 = "P(0,k) w_0 + xi_k + sum_{i=0}^{k-1} (A_{i+1} - I) P(i+2,k) xi_i"
CORRECT39 = "P(0,k) w_0 + xi_k + sum_{i=0}^{k-1} P(i+2,k) (A_{i+1} - I) xi_i"


def _corollary() -> Claim:
    return entry(
        "C.2", f"{PLACE}, Corollary C.2, Eq. 39",
        "With eps_0 = xi_0, eps_k = xi_k - xi_{k-1}, P(m,n) the product of A_m..A_n in either order, for every k >= 0: "
        f"w_{{k+1}} = {PRINTED39}.",
        matrix_form(f"w_{{k+1}} = {PRINTED39}", EQ39_LATEX + "(A_{i+1} - I)" + PROD % "i+2" + r" \xi_i", voc.eq39,
                    anti=True),
        lambda: voc.prove_anticorrelated_display(voc.eq39_corrected, "Eq. 39 with its factors exchanged"),
        "For matrices that do not commute the factors of the sum stand in the wrong order (k = 2, two shears); true "
        "when they are exchanged, or when the A_j commute.",
        form=matrix_form(f"w_{{k+1}} = {CORRECT39}", EQ39_LATEX + PROD % "i+2" + r" (A_{i+1} - I)\, \xi_i",
                         voc.eq39_corrected, anti=True),
        refute=matrix_examples.refute_both_readings_of_eq39,
        note="Factoring P(i+1,k) = P(i+2,k) A_{i+1} leaves A_{i+1} - I on the right. With earlier factors on the left "
        "the printed factorisation is right, but then the first term (Lemma C.1) is not.",
        example={"k": sp.Integer(2)}, symbols=SYMBOLS, sample=sample_k(0),
    )  # fmt: skip


def _commuting() -> Claim:
    """Evaluated on A_j = (j + 2) / 3 times the identity."""

    def matrices(k: int) -> list[sp.Expr]:
        return [sp.Rational(j + 2, 3) for j in range(k + 1)]

    def left(point: Point) -> sp.Expr:
        w, factors = sp.Integer(2), matrices(whole(point, "k"))
        for j, a in enumerate(factors):
            w = a * w + (j + 1) ** 2 - (j**2 if j else 0)
        return w

    def right(point: Point) -> sp.Expr:
        k = whole(point, "k")
        a = matrices(k)
        total = 2 * sp.prod(a) + (k + 1) ** 2
        return total + sum((a[i + 1] - 1) * sp.prod(a[i + 2 :]) * (i + 1) ** 2 for i in range(k))

    latex = EQ39_LATEX + "(A_{i+1} - I)" + PROD % "i+2" + r" \xi_i"
    form = Form(f"w_{{k+1}} = {PRINTED39} for commuting A_j", latex, left, right)

    return entry(
        "C.2/commuting", f"{PLACE}, Corollary C.2, Eq. 39, for commuting matrices",
        "Eq. 39 holds as printed for every k >= 0 when the A_j commute, e.g. A_j = rho_j I.", form,
        voc.prove_commuting_case,
        "Commuting factors may be exchanged. The numbers shown use A_j = (j+2)/3 I, w_0 = 2, xi_i = (i+1)^2.",
        note="What Proposition C.4 uses: there A_j = rho_j I.", example={"k": sp.Integer(3)}, symbols=SYMBOLS,
        sample=sample_k(0),
    )  # fmt: skip


EQ41_TEXT = (
    "P(0,k) w_0 + P(1,k) xi_0 + sum_{i=1}^{k-1} P(i+1,k) xi_i + xi_k - sum_{i=0}^{k-1} P(i+2,k) xi_i"
)
EQ41_LATEX = (
    PROD % "0" + " w_0 + " + PROD % "1" + r" \xi_0 + \sum_{i=1}^{k-1} " + PROD % "i+1" + r" \xi_i + \xi_k"
    r" - \sum_{i=0}^{k-1} " + PROD % "i+2" + r" \xi_i"
)


def _eq41_first_step() -> Claim:
    return entry(
        "Eq41/first-step", f"{PLACE}, proof of Corollary C.2, Eq. 41 at k = 0",
        "Eq. 41 holds at k = 0 too, where sums whose upper limit lies below the lower one are zero.",
        matrix_form(f"w_{{k+1}} = {EQ41_TEXT} at k = 0", EQ41_LATEX, voc.eq41, anti=True),
        lambda: voc.prove_anticorrelated_display(voc.eq43, "Eq. 43, which holds at k = 0 too"),
        "At k = 0 the display counts xi_0 twice; it holds for k >= 1, and Eq. 42 and 43 hold for k >= 0.",
        form=matrix_form("w_1 = P(0,0) w_0 + xi_0; the display holds from k = 1 on", r"w_1 = A_0 w_0 + \xi_0",
                         voc.eq43, anti=True),
        refute=lambda: matrix_examples.refute_on_matrices(voc.eq41, 0, anti=True),
        note="P(1,0) xi_0 and xi_k are the same vector at k = 0 and are counted twice, the sums being empty.",
        example={"k": sp.Integer(0)}, symbols={"k": "0"}, sample=lambda generator: {"k": sp.Integer(0)},
    )  # fmt: skip


def _identity_experiment(kappa: int) -> Experiment:
    """rho = 1: |w_0|^2 + d sigma^2 for ever with anticorrelated noise, a d sigma^2 more each step with plain noise."""
    steps, w0, power = (1, 3, 10, 30), 2.0, 1.0

    def expected(correlation: int = kappa) -> np.ndarray:
        settings = {"sq_norm": sp.Integer(4), "power": sp.S.One, "kappa": sp.Integer(correlation)}
        return np.array([float(second_moment([sp.S.One] * n, **settings)) for n in steps])

    return recurrence_experiment(
        f"A_k = I, {'anticorrelated' if kappa else 'plain'} noise, d = 4, sigma = 1/2, |w_0| = 2",
        rho=1.0, at=steps, kappa=kappa, expected=expected, dim=4, sigma=0.5, w0=w0,
        mutants={
            "the other noise's accumulation": lambda: expected(1 - kappa),
            "last summand present: d sigma^2 more": lambda: expected() + power,
            "sigma for sigma^2": lambda: w0**2 + 2 * (expected() - w0**2),
        },
    )  # fmt: skip


def _remark() -> Claim:
    form = Form(
        "sum_{i=0}^{k-1} (A_{i+1} - I) P(i+2,k) xi_i = 0 when every A_i = I, so that w_{k+1} = w_0 + xi_k",
        r"A_i = I\ \forall i \ \Rightarrow\ w_{k+1} = w_0 + \xi_k",
    )

    return entry(
        "C.3", f"{PLACE}, Remark C.3",
        "With A_i = I for all i the last summand of Eq. 39 is zero: only the newest noise stays.", form,
        voc.prove_identity_case, "Each coefficient carries the factor A_{i+1} - I = 0, in either order of the factors.",
        note="With plain noise w_{k+1} = w_0 + xi_0 + ... + xi_k.",
        experiments=(_identity_experiment(1), _identity_experiment(0)),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (
    _corollary(),
    _commuting(),
    _anti(40, "P(0,k) w_0 + P(1,k) xi_0 + sum_{i=1}^{k} P(i+1,k) xi_i - sum_{i=1}^{k} P(i+1,k) xi_{i-1}",
          PROD % "0" + " w_0 + " + PROD % "1" + r" \xi_0 + \sum_{i=1}^{k} " + PROD % "i+1" + r" \xi_i"
          r" - \sum_{i=1}^{k} " + PROD % "i+1" + r" \xi_{i-1}", voc.eq40),
    _anti(41, EQ41_TEXT, EQ41_LATEX, voc.eq41, CASES_FROM_ONE, low=1),
    _eq41_first_step(),
    _anti(42, "P(0,k) w_0 + xi_k + sum_{i=0}^{k-1} P(i+1,k) xi_i - sum_{i=0}^{k-1} P(i+2,k) xi_i",
          EQ39_LATEX + PROD % "i+1" + r" \xi_i - \sum_{i=0}^{k-1} " + PROD % "i+2" + r" \xi_i", voc.eq42),
    _anti(43, "P(0,k) w_0 + xi_k + sum_{i=0}^{k-1} [P(i+1,k) - P(i+2,k)] xi_i",
          EQ39_LATEX + r"\left[" + PROD % "i+1" + " - " + PROD % "i+2" + r"\right] \xi_i", voc.eq43),
    _remark(),
)
