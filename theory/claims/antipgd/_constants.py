"""What the entries on variation of constants share: exact sides on integer 2 x 2 matrices that do not commute."""

from __future__ import annotations

import random
from collections.abc import Callable

import sympy as sp

from theory.claims.antipgd._linear import entry, whole
from theory.claims.claim import Claim, Form, Point
from theory.linear import matrix_examples
from theory.linear.linear_forms import Family, Order
from theory.proof import Proof

PLACE = "Appendix C.1"
LATER_LEFT = "later factors on the left, P(m,n) = A_n ... A_m"
SYMBOLS = {"k": "index, integer >= 0; the state is w_{k+1}"}
PROD = r"\left(\prod_{j=%s}^{k} A_j\right)"


def _recursion(anti: bool) -> Callable[[Point], sp.Expr]:
    def left(point: Point) -> sp.Expr:
        k = whole(point, "k")
        return sp.ImmutableMatrix(matrix_examples.matrix_example(k).run(k, anti))

    return left


def _formula(family: Family, order: Order = Order.LATER_LEFT) -> Callable[[Point], sp.Expr]:
    def right(point: Point) -> sp.Expr:
        k = whole(point, "k")
        return sp.ImmutableMatrix(matrix_examples.matrix_example(k).formula(family(sp.Integer(k)), k, order))

    return right


def matrix_form(text: str, latex: str, family: Family, anti: bool, order: Order = Order.LATER_LEFT) -> Form:
    return Form(text=text, latex=latex, left=_recursion(anti), right=_formula(family, order))


def sample_k(low: int) -> Callable[[random.Random], Point]:
    return lambda generator: {"k": sp.Integer(generator.randint(low, 5))}


def display_claim(
    number: str, place: str, text: str, latex: str, family: Family, prove: Callable[[], Proof], *, anti: bool,
    low: int = 1, statement: str = "", reason: str = "",
) -> Claim:
    """An entry for a displayed step that holds."""
    form = matrix_form(f"w_{{k+1}} = {text}", f"w_{{k+1}} = {latex}", family, anti)

    return entry(
        number, f"{PLACE}, {place}", statement or f"For every k >= {low}, with {LATER_LEFT}: w_{{k+1}} = {text}.", form,
        prove, reason or "The coefficients of w_0 and of every noise vector agree with those of the recursion.",
        note=f"Read with {LATER_LEFT}; k >= {low}.", example={"k": sp.Integer(3)}, symbols=SYMBOLS,
        sample=sample_k(low),
    )  # fmt: skip
