"""Variation of constants for w_{k+1} = A_k w_k + eps_k, plain and anticorrelated (Anti-PGD paper, Appendix C.1).

Every displayed form is a :class:`~theory.linear.linear_forms.LinearForm` family in k, encoded as displayed; proofs
compare coefficients for every k at once. The value that all of them must have is never typed in: it is what the
recursion itself produces, by induction.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import sympy as sp

from theory.linear.linear_forms import (
    ALL_CASES,
    CASES_FROM_ONE,
    ONLY,
    Case,
    Family,
    LinearForm,
    Term,
    factor,
    peel_earliest,
    peel_last_factor,
    peel_latest,
    peeling_earliest_is_sound,
    product,
    show_equal,
    spell,
)
from theory.proof import Blackboard, Proof


def eq34(k: sp.Expr) -> LinearForm:
    """Eq. 34: P(0,k) w_0 + sum_{i=0}^{k} P(i+1,k) eps_i."""
    return LinearForm(product(0, k), (Term(lambda i: product(i + 1, k), 0, k),))


def eq35(k: sp.Expr) -> LinearForm:
    """Eq. 35: A_k (P(0,k-1) w_0 + sum_{i=0}^{k-1} P(i+1,k-1) eps_i) + eps_k."""
    return eq34(k - 1).advance(k)


def eq36(k: sp.Expr) -> LinearForm:
    """Eq. 36: P(0,k) w_0 + sum_{i=0}^{k-1} A_k P(i+1,k-1) eps_i + eps_k."""
    return LinearForm(
        product(0, k), (Term(lambda i: factor(k) * product(i + 1, k - 1), 0, k - 1), Term(lambda i: sp.S.One, k, k))
    )


def eq37(k: sp.Expr) -> LinearForm:
    """Eq. 37: P(0,k) w_0 + sum_{i=0}^{k-1} P(i+1,k) eps_i + P(k+1,k) eps_k."""
    return LinearForm(
        product(0, k), (Term(lambda i: product(i + 1, k), 0, k - 1), Term(lambda i: product(k + 1, k), k, k))
    )


def eq38(k: sp.Expr) -> LinearForm:
    """Eq. 38, which displays Eq. 34 again."""
    return eq34(k)


def eq39(k: sp.Expr) -> LinearForm:
    """Eq. 39: P(0,k) w_0 + xi_k + sum_{i=0}^{k-1} (A_{i+1} - 1) P(i+2,k) xi_i."""
    summand = Term(lambda i: (factor(i + 1) - 1) * product(i + 2, k), 0, k - 1)
    return LinearForm(product(0, k), (Term(lambda i: sp.S.One, k, k), summand))


def eq39_corrected(k: sp.Expr) -> LinearForm:
    """Eq. 39 with its two factors exchanged: P(0,k) w_0 + xi_k + sum_{i=0}^{k-1} P(i+2,k) (A_{i+1} - 1) xi_i."""
    summand = Term(lambda i: product(i + 2, k) * (factor(i + 1) - 1), 0, k - 1)
    return LinearForm(product(0, k), (Term(lambda i: sp.S.One, k, k), summand))


def eq40(k: sp.Expr) -> LinearForm:
    """Eq. 40: P(0,k) w_0 + P(1,k) xi_0 + sum_{i=1}^{k} P(i+1,k) xi_i - sum_{i=1}^{k} P(i+1,k) xi_{i-1}."""
    return LinearForm(
        product(0, k),
        (
            Term(lambda i: product(1, k), 0, 0),
            Term(lambda i: product(i + 1, k), 1, k),
            Term(lambda i: -product(i + 1, k), 1, k, shift=-1),
        ),
    )


def eq41(k: sp.Expr) -> LinearForm:
    """Eq. 41: P(0,k) w_0 + P(1,k) xi_0 + sum_{1}^{k-1} P(i+1,k) xi_i + xi_k - sum_{0}^{k-1} P(i+2,k) xi_i."""
    return LinearForm(
        product(0, k),
        (
            Term(lambda i: product(1, k), 0, 0),
            Term(lambda i: product(i + 1, k), 1, k - 1),
            Term(lambda i: sp.S.One, k, k),
            Term(lambda i: -product(i + 2, k), 0, k - 1),
        ),
    )


def eq42(k: sp.Expr) -> LinearForm:
    """Eq. 42: P(0,k) w_0 + xi_k + sum_{i=0}^{k-1} P(i+1,k) xi_i - sum_{i=0}^{k-1} P(i+2,k) xi_i."""
    return LinearForm(
        product(0, k),
        (
            Term(lambda i: sp.S.One, k, k),
            Term(lambda i: product(i + 1, k), 0, k - 1),
            Term(lambda i: -product(i + 2, k), 0, k - 1),
        ),
    )


def eq43(k: sp.Expr) -> LinearForm:
    """Eq. 43: P(0,k) w_0 + xi_k + sum_{i=0}^{k-1} [P(i+1,k) - P(i+2,k)] xi_i."""
    summand = Term(lambda i: product(i + 1, k) - product(i + 2, k), 0, k - 1)
    return LinearForm(product(0, k), (Term(lambda i: sp.S.One, k, k), summand))


def anticorrelated(k: sp.Expr) -> LinearForm:
    """Eq. 34 with eps_0 = xi_0 and eps_i = xi_i - xi_{i-1} put in, a linear form in the xi_i."""
    plain = eq34(k)
    coefficient = plain.terms[0].coefficient
    return LinearForm(
        plain.start, (Term(coefficient, 0, k), Term(lambda i: -coefficient(i), 1, k, shift=-1))
    )


@cache
def prove_variation_of_constants() -> Proof:
    """Lemma C.1 with later factors on the left: base case k = 0, induction step k-1 -> k, and words for k <= 4."""
    board = Blackboard("induction on k; coefficients of w_0 and of every eps_i compared as noncommutative words")
    _base_case(board)
    show_equal(
        board, "A_k (form at k-1) + eps_k = form at k", lambda k: eq34(k - 1).advance(k), eq34, CASES_FROM_ONE,
        peel_last_factor,
    )
    for k in range(5):
        _compare_words(board, "recursion against formula", unrolled(k, anti=False), eq34(sp.Integer(k)), k)
    return board.proof()


def prove_base_case() -> Proof:
    """Eq. 34 at k = 0 is w_1 = A_0 w_0 + eps_0."""
    board = Blackboard("direct computation at k = 0")
    _base_case(board)
    return board.proof()


def _base_case(board: Blackboard) -> None:
    formula = eq34(sp.S.Zero)
    board.equal("k = 0: coefficient of w_0", peel_latest(formula.start, sp.S.Zero), factor(0))
    board.equal("k = 0: coefficient of eps_0", formula.coefficient(0), sp.S.One)


def prove_plain_display(display: Family, name: str) -> Proof:
    """A display of Lemma C.1's proof has, for every k, the coefficients of Eq. 34 (proved by induction beside it)."""
    board = Blackboard("coefficients of w_0 and of every eps_i compared for every k")
    _base_case(board)
    step = "induction step of Eq. 34"
    show_equal(board, step, lambda k: eq34(k - 1).advance(k), eq34, CASES_FROM_ONE, peel_last_factor)
    show_equal(board, name, display, eq34, CASES_FROM_ONE, peel_last_factor)
    for k in range(1, 5):
        _compare_words(board, name, unrolled(k, anti=False), display(sp.Integer(k)), k)
    return board.proof()


def prove_anticorrelated_display(display: Family, name: str, cases: Sequence[Case] = ALL_CASES) -> Proof:
    """A display of Corollary C.2 has the coefficients that the recursion gives, for every k of ``cases``."""
    board = Blackboard("Lemma C.1 with eps_i = xi_i - xi_{i-1}; coefficients of w_0 and of every xi_i compared")
    _base_case(board)
    step = "induction step of Lemma C.1"
    show_equal(board, step, lambda k: eq34(k - 1).advance(k), eq34, CASES_FROM_ONE, peel_last_factor)
    peeling_earliest_is_sound(board)
    show_equal(board, name, display, anticorrelated, cases, _peel_product_after)
    for k in range(0 if ONLY in cases else 1, 5):
        _compare_words(board, name, unrolled(k, anti=True), display(sp.Integer(k)), k)
    return board.proof()


def _peel_product_after(expression: sp.Expr, case: Case) -> sp.Expr:
    """P(i+1, k) = P(i+2, k) A_{i+1} where i < k (the product is empty, and already 1, where i = k)."""
    return expression if case.i == case.k else peel_earliest(expression, case.i + 1)


def prove_commuting_case() -> Proof:
    """Eq. 39 as printed, for matrices that commute: letters may be exchanged, then the correction reads as printed."""
    board = Blackboard("Eq. 39 with its factors exchanged, which holds always; the factors commute if all A_j do")
    corrected = prove_anticorrelated_display(eq39_corrected, "exchanged Eq. 39")
    board.note(f"exchanged Eq. 39 in {len(corrected.steps)} steps", corrected.complete)
    # A matrix that commutes with each factor commutes with the product: X P(m,n) = P(m,n) X, induction on n.
    m, length = sp.Symbol("m", integer=True, nonnegative=True), sp.Symbol("l", integer=True, nonnegative=True)
    n = m + length
    other = sp.Symbol("X", commutative=False)
    board.equal("X commutes with the empty product", other * product(m, m - 1), product(m, m - 1) * other)
    shorter = product(m, n - 1)
    through = (other * factor(n) * shorter).subs(other * factor(n), factor(n) * other)  # X commutes with A_n
    through = through.subs(other * shorter, shorter * other)  # hypothesis of the induction
    board.equal("X commutes with P(m, n), step n-1 -> n", through, peel_latest(product(m, n), n) * other)
    for k in range(5):
        _compare_words(board, "printed Eq. 39, commuting letters", unrolled(k, anti=True), eq39(sp.Integer(k)), k, True)
    return board.proof()


def prove_identity_case() -> Proof:
    """Remark C.3: with every A_i = 1 each coefficient of Eq. 39's sum is zero, so that w_{k+1} = w_0 + xi_k."""
    board = Blackboard("A_i = 1 put into the displayed summand; product of ones by induction")
    i, k = sp.symbols("i k", integer=True, nonnegative=True)
    board.equal("summand with A_{i+1} = 1", (factor(i + 1) - 1).subs(factor(i + 1), 1) * product(i + 2, k), sp.S.Zero)
    board.equal("product of ones: empty", product(k + 1, k), sp.S.One)
    hypothesis = {product(0, k): sp.S.One, factor(k + 1): sp.S.One}
    board.equal("product of ones: step", peel_latest(product(0, k + 1), k + 1).subs(hypothesis), sp.S.One)
    for steps in range(5):
        form = unrolled(steps, anti=True)
        ones = [_all_ones(form.start), *(_all_ones(form.coefficient(j)) for j in range(steps + 1))]
        target = [1, *[0] * steps, 1]
        board.equal(f"recursion with A_i = 1, k = {steps}", sp.Matrix(ones), sp.Matrix(target))
    return board.proof()


def _all_ones(expression: sp.Expr) -> sp.Expr:
    return spell(expression).replace(lambda e: e.func == factor(0).func, lambda e: sp.S.One)


def unrolled(k: int, anti: bool) -> LinearForm:
    """The recursion itself, run from w_0 to w_{k+1}, as a linear form in eps_i (or in xi_i with ``anti``)."""
    form = LinearForm(sp.S.One, ())
    for j in range(k + 1):
        form = form.advance(j)
    if not anti:
        return form
    later = (term.mapped(lambda c: -c) for term in form.terms if term.low != 0)
    shifted = (Term(term.coefficient, term.low, term.high, -1) for term in later)
    return LinearForm(form.start, (*form.terms, *shifted))


def _compare_words(
    board: Blackboard, what: str, true: LinearForm, shown: LinearForm, k: int, commuting: bool = False
) -> None:
    pairs = [(true.start, shown.start), *((true.coefficient(i), shown.coefficient(i)) for i in range(k + 1))]
    residues = [spell(a) - spell(b) for a, b in pairs]
    if commuting:
        letters = {factor(j): sp.Symbol(f"a_{j}") for j in range(k + 1)}
        residues = [residue.subs(letters) for residue in residues]
    board.equal(f"{what}: words at k = {k}", sp.Matrix([sp.expand(r) for r in residues]), sp.zeros(k + 2, 1))
