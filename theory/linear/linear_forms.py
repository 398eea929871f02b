"""Sums of ordered products, exactly: linear forms ``S w_0 + sum_i C_i z_i``, coefficients being words in A_0, A_1, ...

Two vectors that are linear in a start ``w_0`` and in free vectors ``z_0, z_1, ...`` agree for all of them exactly when
their coefficients agree. The coefficients are noncommutative words: ``product(m, n)`` stands for the product of the
factors with indices m..n, later factors on the left, so that ``A_n product(m, n - 1) = product(m, n)``, and for 1 when
it is empty (n = m - 1). Ranges of indices are decided symbolically, hence for every k at once.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sympy as sp

from theory.proof import Blackboard

FACTOR = sp.Function("A", commutative=False)
PRODUCT = sp.Function("P", commutative=False)


class Order(enum.Enum):
    """How a product over ascending indices is read: which factor stands on the left."""

    LATER_LEFT = "later factors on the left"
    EARLIER_LEFT = "earlier factors on the left"


def factor(j: sp.Expr | int) -> sp.Expr:
    """The factor A_j."""
    return FACTOR(sp.expand(j))


def product(m: sp.Expr | int, n: sp.Expr | int) -> sp.Expr:
    """The product of A_m ... A_n; 1 when n = m - 1.

    Examples
    --------
    >>> k = sp.Symbol("k", integer=True)
    >>> product(k + 1, k)
    1
    """
    first, last = sp.expand(m), sp.expand(n)
    return sp.S.One if sp.expand(last - first + 1) == 0 else PRODUCT(first, last)


def peel_latest(expression: sp.Expr, end: sp.Expr) -> sp.Expr:
    """Write every product that ends at ``end`` as ``A_end`` times the shorter product: the definition of a product.

    Raises
    ------
    ValueError
        If such a product might be empty.
    """
    end = sp.expand(end)

    def unfold(m: sp.Expr, n: sp.Expr) -> sp.Expr:
        return factor(n) * product(m, n - 1) if n == end and _nonempty(m, n) else PRODUCT(m, n)

    return sp.expand(expression.replace(PRODUCT, unfold))


def peel_earliest(expression: sp.Expr, begin: sp.Expr) -> sp.Expr:
    """Write every product that begins at ``begin`` as the shorter product times ``A_begin``.

    Needs :func:`peeling_earliest_is_sound`, which proves this from the definition.

    Raises
    ------
    ValueError
        If such a product might be empty.
    """
    begin = sp.expand(begin)

    def unfold(m: sp.Expr, n: sp.Expr) -> sp.Expr:
        return product(m + 1, n) * factor(m) if m == begin and _nonempty(m, n) else PRODUCT(m, n)

    return sp.expand(expression.replace(PRODUCT, unfold))


def peeling_earliest_is_sound(board: Blackboard) -> None:
    """Prove ``P(m, n) = P(m + 1, n) A_m`` for n >= m by induction on n from ``P(m, n) = A_n P(m, n - 1)``."""
    m = sp.Symbol("m", integer=True, nonnegative=True)
    length = sp.Symbol("l", integer=True, positive=True)
    board.equal("P(m, n) = P(m+1, n) A_m, base n = m", peel_latest(product(m, m), m), product(m + 1, m) * factor(m))
    n = m + length
    # Hypothesis: P(m, n-1) = P(m+1, n-1) A_m. Both sides of the step carry A_n on the left.
    left = factor(n) * (product(m + 1, n - 1) * factor(m))
    right = peel_latest(product(m + 1, n), n) * factor(m)
    board.equal("P(m, n) = P(m+1, n) A_m, step n-1 -> n", left, right)


def _nonempty(m: sp.Expr, n: sp.Expr) -> bool:
    decided = sp.expand(n - m).is_nonnegative
    if decided is None:
        raise ValueError(f"product({m}, {n}) might be empty: its last index must be known to be at least the first")
    return bool(decided)


@dataclass(frozen=True)
class Term:
    """The sum of ``coefficient(i) z_{i + shift}`` over low <= i <= high (nothing when high < low)."""

    coefficient: Callable[[sp.Expr], sp.Expr]
    low: sp.Expr | int
    high: sp.Expr | int
    shift: int = 0

    def mapped(self, change: Callable[[sp.Expr], sp.Expr]) -> Term:
        """The same sum with every coefficient changed."""
        coefficient = self.coefficient
        return Term(lambda i: change(coefficient(i)), self.low, self.high, self.shift)

    def holds_index(self, index: sp.Expr) -> bool:
        """Whether the sum runs over ``index``; ValueError where the assumptions do not decide."""
        inside = True
        for gap in (sp.expand(index - self.low), sp.expand(sp.sympify(self.high) - index)):
            if gap.is_nonnegative is None:
                raise ValueError(f"the sign of {gap} must be decided by the assumptions on its symbols")
            inside = inside and bool(gap.is_nonnegative)
        return inside


@dataclass(frozen=True)
class LinearForm:
    """``start w_0 + sum of the terms``, a vector that is linear in w_0 and in z_0, z_1, ..."""

    start: sp.Expr
    terms: tuple[Term, ...]

    def coefficient(self, index: sp.Expr | int) -> sp.Expr:
        """The coefficient of ``z_index``."""
        total = sp.S.Zero
        for term in self.terms:
            i = sp.expand(sp.sympify(index) - term.shift)
            if term.holds_index(i):
                total += term.coefficient(i)
        return sp.expand(total)

    def advance(self, k: sp.Expr | int) -> LinearForm:
        """What one step ``w -> A_k w + z_k`` makes of this form."""
        moved = tuple(term.mapped(lambda c: factor(k) * c) for term in self.terms)
        return LinearForm(factor(k) * self.start, (*moved, Term(lambda i: sp.S.One, k, k)))


Family = Callable[[sp.Expr], LinearForm]


@dataclass(frozen=True)
class Case:
    """A generic index i at a generic k; the cases below cover every 0 <= i <= k."""

    name: str
    k: sp.Expr
    i: sp.Expr


_A, _B = sp.symbols("a b", integer=True, nonnegative=True)
ONLY = Case("i = k = 0", sp.S.Zero, sp.S.Zero)
CASES_FROM_ONE = (
    Case("i = 0 < k", 1 + _B, sp.S.Zero),
    Case("0 < i < k", 2 + _A + _B, 1 + _A),
    Case("i = k > 0", 1 + _B, 1 + _B),
)
ALL_CASES = (ONLY, *CASES_FROM_ONE)


def show_equal(
    board: Blackboard,
    what: str,
    left: Family,
    right: Family,
    cases: Sequence[Case] = ALL_CASES,
    rewrite: Callable[[sp.Expr, Case], sp.Expr] = lambda expression, case: expression,
) -> None:
    """Write one step per case: the coefficient of z_i (and once per case that of w_0) is the same on both sides.

    ``rewrite`` is applied to both sides and must be an identity, e.g. peeling a factor.
    """
    for case in cases:
        one, other = left(case.k), right(case.k)
        board.equal(f"{what}: w_0, {case.name}", rewrite(one.start, case), rewrite(other.start, case))
        pair = (one.coefficient(case.i), other.coefficient(case.i))
        board.equal(f"{what}: z_i, {case.name}", rewrite(pair[0], case), rewrite(pair[1], case))


def peel_last_factor(expression: sp.Expr, case: Case) -> sp.Expr:
    """The rewrite ``P(., k) = A_k P(., k - 1)`` for :func:`show_equal`."""
    return peel_latest(expression, case.k)


def spell(expression: sp.Expr, order: Order = Order.LATER_LEFT) -> sp.Expr:
    """Write out every product with integer indices as a word; with ``EARLIER_LEFT`` under the opposite reading."""

    def word(m: sp.Expr, n: sp.Expr) -> sp.Expr:
        letters = [factor(j) for j in range(int(m), int(n) + 1)]
        return sp.Mul(*(letters if order is Order.EARLIER_LEFT else reversed(letters)))

    return sp.expand(sp.sympify(expression).replace(PRODUCT, word))


def as_matrix(expression: sp.Expr, matrices: Sequence[sp.MatrixBase], order: Order = Order.LATER_LEFT) -> sp.Matrix:
    """The value of a word expression with integer indices when the factor A_j is the square matrix ``matrices[j]``."""
    size = matrices[0].shape[0]

    def value(node: sp.Basic) -> sp.MatrixBase:
        if isinstance(node, sp.Add):
            return sum((value(part) for part in node.args), sp.zeros(size))
        if isinstance(node, sp.Mul):
            result = sp.eye(size)
            for part in node.args:
                result = result * value(part)
            return result
        if isinstance(node, sp.Pow):
            return value(node.base) ** int(node.exp)
        if node.func == FACTOR:
            return matrices[int(node.args[0])]
        return node * sp.eye(size)

    return sp.Matrix(value(spell(expression, order)))


def apply_form(
    form: LinearForm, k: int, matrices: Sequence[sp.MatrixBase], start: sp.MatrixBase, vectors: Sequence[sp.MatrixBase],
    order: Order = Order.LATER_LEFT,
) -> sp.Matrix:
    """The value of a linear form in z_0..z_k for given matrices, start vector and vectors z_i."""
    total = as_matrix(form.start, matrices, order) * start
    for i in range(k + 1):
        total += as_matrix(form.coefficient(i), matrices, order) * vectors[i]
    return sp.Matrix(total)
