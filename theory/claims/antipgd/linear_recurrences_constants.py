"""Anti-PGD paper, Appendix C.1: the variation of constants formula, Lemma C.1 with every step of its proof."""

from __future__ import annotations

import sympy as sp

from theory.claims.antipgd._constants import LATER_LEFT, PLACE, PROD, SYMBOLS, display_claim, matrix_form, sample_k
from theory.claims.antipgd._linear import entry
from theory.claims.claim import Claim, Form
from theory.linear import matrix_examples
from theory.linear import variation_of_constants as voc
from theory.linear.linear_forms import Family, Order

EQ34_TEXT = "P(0,k) w_0 + sum_{i=0}^{k} P(i+1,k) eps_i"
EQ34_LATEX = PROD % "0" + r" w_0 + \sum_{i=0}^{k} " + PROD % "i+1" + r" \varepsilon_i"


LEMMA = matrix_form(f"w_{{k+1}} = {EQ34_TEXT}, {LATER_LEFT}", EQ34_LATEX, voc.eq34, anti=False)


def _product_order() -> Claim:
    reading = "with the product over ascending j written from left to right, P(m,n) = A_m ... A_n"
    return entry(
        "C.1/product-order", f"{PLACE}, Lemma C.1, Eq. 34, literal order of the product",
        f"Eq. 34 holds for all matrices A_j {reading}.",
        matrix_form(f"w_{{k+1}} = {EQ34_TEXT}, {reading}", EQ34_LATEX, voc.eq34, False, Order.EARLIER_LEFT),
        voc.prove_variation_of_constants,
        "False for matrices that do not commute (k = 1, two shears); true with later factors on the left.",
        form=LEMMA,
        refute=lambda: matrix_examples.refute_on_matrices(voc.eq34, 1, anti=False, order=Order.EARLIER_LEFT),
        note="The proof itself multiplies by A_k from the left (Eq. 36), which forces later factors to the left.",
        example={"k": sp.Integer(2)}, symbols=SYMBOLS, sample=sample_k(0),
    )  # fmt: skip


def _base_case() -> Claim:
    return entry(
        "C.1/base", f"{PLACE}, proof of Lemma C.1, base case",
        "Eq. 34 at k = 1 is w_1 = A_0 w_0 + eps_0 (the base case of the induction).",
        Form("Eq. 34 at k = 1 is w_1 = A_0 w_0 + eps_0", r"k = 1:\ w_1 = A_0 w_0 + \varepsilon_0"),
        voc.prove_base_case,
        "w_1 = A_0 w_0 + eps_0 is Eq. 34 at k = 0; at k = 1 it gives w_2 = A_1 A_0 w_0 + A_1 eps_0 + eps_1.",
        form=Form("Eq. 34 at k = 0 is w_1 = A_0 w_0 + eps_0", r"k = 0:\ w_1 = A_0 w_0 + \varepsilon_0"),
        refute=matrix_examples.refute_base_case_at_one,
        note="At k = 1 Eq. 34 gives w_2; an induction that starts there would leave out k = 0.",
    )  # fmt: skip


def _lemma() -> Claim:
    return entry(
        "C.1", f"{PLACE}, Lemma C.1, Eq. 34",
        f"w_{{k+1}} = A_k w_k + eps_k gives, for every k >= 0, with {LATER_LEFT}: w_{{k+1}} = {EQ34_TEXT}.", LEMMA,
        voc.prove_variation_of_constants,
        "Induction for noncommuting A_j, with the order of factors that the proof's Eq. 36 uses.",
        note="Base case k = 0, step k-1 -> k.", example={"k": sp.Integer(3)}, symbols=SYMBOLS, sample=sample_k(0),
    )  # fmt: skip


def _plain(number: int, text: str, latex: str, family: Family) -> Claim:
    return display_claim(
        f"Eq{number}", f"proof of Lemma C.1, Eq. {number}", text, latex, family,
        lambda: voc.prove_plain_display(family, f"Eq. {number}"), anti=False,
    )


_EPS_SUM = r" w_0 + \sum_{i=0}^{k-1} "
CLAIMS: tuple[Claim, ...] = (
    _lemma(),
    _product_order(),
    _base_case(),
    _plain(35, "A_k (P(0,k-1) w_0 + sum_{i=0}^{k-1} P(i+1,k-1) eps_i) + eps_k",
           r"A_k \left(\prod_{j=0}^{k-1} A_j\, w_0 + \sum_{i=0}^{k-1} \prod_{j=i+1}^{k-1} A_j\, \varepsilon_i\right)"
           r" + \varepsilon_k", voc.eq35),
    _plain(36, "P(0,k) w_0 + sum_{i=0}^{k-1} A_k P(i+1,k-1) eps_i + eps_k",
           PROD % "0" + _EPS_SUM + r"A_k \prod_{j=i+1}^{k-1} A_j\, \varepsilon_i + \varepsilon_k", voc.eq36),
    _plain(37, "P(0,k) w_0 + sum_{i=0}^{k-1} P(i+1,k) eps_i + P(k+1,k) eps_k",
           PROD % "0" + _EPS_SUM + PROD % "i+1" + r" \varepsilon_i + " + PROD % "k+1" + r" \varepsilon_k", voc.eq37),
    _plain(38, EQ34_TEXT, EQ34_LATEX, voc.eq38),
)
