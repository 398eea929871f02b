"""Exact integer examples for variation of constants: 2 x 2 shears that do not commute, and what they refute."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from theory.linear.linear_forms import Family, LinearForm, Order, apply_form, factor, spell
from theory.linear.variation_of_constants import eq34, eq39, eq39_corrected
from theory.proof import Blackboard, Proof


@dataclass(frozen=True)
class MatrixExample:
    """A concrete run: 2 x 2 matrices A_j that do not commute, a start and noise vectors, all integers."""

    matrices: tuple[sp.ImmutableMatrix, ...]
    start: sp.ImmutableMatrix
    noise: tuple[sp.ImmutableMatrix, ...]

    def run(self, k: int, anti: bool) -> sp.Matrix:
        """w_{k+1} by the recursion itself; ``noise`` holds eps_i, or xi_i with ``anti``."""
        w = sp.Matrix(self.start)
        for j in range(k + 1):
            step = self.noise[j] - (self.noise[j - 1] if anti and j > 0 else sp.zeros(2, 1))
            w = self.matrices[j] * w + step
        return w

    def formula(self, form: LinearForm, k: int, order: Order = Order.LATER_LEFT) -> sp.Matrix:
        """What a linear form gives for w_{k+1}."""
        return apply_form(form, k, self.matrices, self.start, self.noise, order)


def matrix_example(k: int) -> MatrixExample:
    """Alternating shears A_j (they do not commute), start (1, 2) and noise vectors (i + 1, 1 - 2 i) for i <= k.

    Examples
    --------
    >>> matrix_example(1).run(1, anti=False) == matrix_example(1).formula(eq34(sp.Integer(1)), 1)
    True
    """
    upper, lower = sp.ImmutableMatrix([[1, 1], [0, 1]]), sp.ImmutableMatrix([[1, 0], [1, 1]])
    return MatrixExample(
        tuple(upper if j % 2 == 0 else lower for j in range(k + 1)),
        sp.ImmutableMatrix([1, 2]),
        tuple(sp.ImmutableMatrix([i + 1, 1 - 2 * i]) for i in range(k + 1)),
    )


def refute_on_matrices(form: Family, k: int, anti: bool, order: Order = Order.LATER_LEFT) -> Proof:
    """An exact 2 x 2 example (:func:`matrix_example`) in which the form differs from the recursion at this k."""
    board = Blackboard(f"exact 2 x 2 example at k = {k}, {order.value}")
    example = matrix_example(k)
    true, shown = example.run(k, anti), example.formula(form(sp.Integer(k)), k, order)
    board.note("recursion and form differ", true != shown, f"recursion {list(true)}, form {list(shown)}")
    return board.proof()


def refute_base_case_at_one() -> Proof:
    """Eq. 34 at k = 1 is w_2 = A_1 A_0 w_0 + A_1 eps_0 + eps_1, in which eps_1 has a coefficient that w_1 lacks."""
    board = Blackboard("coefficients of Eq. 34 at k = 1 against those of A_0 w_0 + eps_0")
    at_one = eq34(sp.S.One)
    board.equal("Eq. 34 at k = 1 holds for w_2: w_0", spell(at_one.start), factor(1) * factor(0))
    board.differ("coefficient of w_0", spell(at_one.start), factor(0))
    board.differ("coefficient of eps_1", at_one.coefficient(1), sp.S.Zero)
    return board.proof()


def refute_both_readings_of_eq39() -> Proof:
    """Eq. 39 fails at k = 2 whichever way its products are read, and its two orders differ as words."""
    board = Blackboard("exact 2 x 2 example at k = 2, in either reading of the products")
    example, k = matrix_example(2), sp.Integer(2)
    true = example.run(2, anti=True)
    for order in Order:
        shown = example.formula(eq39(k), 2, order)
        board.note(f"differs, {order.value}", true != shown, f"recursion {list(true)}, form {list(shown)}")
    residue = spell(eq39(k).coefficient(0) - eq39_corrected(k).coefficient(0))
    board.equal("residue of the coefficient of xi_0", residue, factor(1) * factor(2) - factor(2) * factor(1))
    return board.proof()
