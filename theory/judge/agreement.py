"""Exact checks of the printed against the derived form, which the judge makes itself and trusts nobody else with.

Two formulas that are both expressions must be the same function of their symbols. Formulas that only have values at
points are compared at exact points. A form that can compute its left side independently must hold there.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterable
from dataclasses import replace

import sympy as sp

from theory.claims.claim import Claim, Derivation, Form, Point
from theory.judge.outcomes import Check
from theory.judge.points import exact_number
from theory.judge.sampling import exact_sample
from theory.proof import is_zero_residue

NUDGED_POINTS = 2
SAMPLED_POINTS = 8
DIGITS = 50
FLOAT_TOLERANCE = 1e-10

IMPLIED_BY = {"==": {"=="}, "<=": {"<=", "<", "=="}, ">=": {">=", ">", "=="}, "<": {"<"}, ">": {">"}}
"""Which derived relations establish a printed one between the same two sides."""


def relation_holds(left: sp.Basic, relation: str, right: sp.Basic) -> bool | None:
    """Whether ``left relation right`` for two numbers (or, for ``==``, two matrices); None if that cannot be decided.

    Rational numbers are compared exactly, others to 50 digits, floating-point ones to a relative 1e-10.

    Examples
    --------
    >>> relation_holds(sp.sqrt(8), "==", 2 * sp.sqrt(2)), relation_holds(sp.Rational(1, 3), "<", sp.Rational(1, 3))
    (True, False)
    """
    if isinstance(left, sp.MatrixBase) or isinstance(right, sp.MatrixBase):
        return _same_matrix(left, right) if relation == "==" else None
    sign = _sign(sp.sympify(left), sp.sympify(right))
    if sign is None:
        return None
    return {"==": sign == 0, "<=": sign <= 0, "<": sign < 0, ">=": sign >= 0, ">": sign > 0}[relation]


def _same_matrix(left: sp.Basic, right: sp.Basic) -> bool | None:
    if getattr(left, "shape", None) != getattr(right, "shape", None):
        return False
    found = [relation_holds(a, "==", b) for a, b in zip(left, right)]
    return None if None in found else all(found)


def _sign(left: sp.Expr, right: sp.Expr) -> int | None:
    """Sign of left - right, or None if one of them is no real number (or infinity)."""
    if left == right:
        return None if left.has(sp.nan) else 0
    if left.is_Rational and right.is_Rational:
        return 1 if left > right else -1
    if sp.oo in (left, -right) or -sp.oo in (left, -right):
        return 1 if left == sp.oo or right == -sp.oo else -1
    first, second = (sp.N(side, DIGITS) for side in (left, right))
    if not (first.is_Float or first.is_Rational) or not (second.is_Float or second.is_Rational):
        return None
    inexact = left.has(sp.Float) or right.has(sp.Float)
    tolerance = sp.Float(FLOAT_TOLERANCE if inexact else 10.0 ** (10 - DIGITS), DIGITS)
    difference = sp.N(left - right, DIGITS)
    if not difference.is_real:
        return None
    if abs(difference) <= tolerance * max(abs(first), abs(second)):
        return 0
    return 1 if difference > 0 else -1


def same_expression(first: sp.Basic, second: sp.Basic) -> bool:
    """Whether SymPy shows that two expressions are the same function of symbols of the same names.

    False means that it was not shown. Symbols that differ in their assumptions only count as one, which has all the
    assumptions of the one that assumes more.

    Examples
    --------
    >>> same_expression(sp.Symbol("x") ** 2, sp.Symbol("x", positive=True) * sp.Symbol("x"))
    True
    """
    best: dict[str, sp.Symbol] = {}
    for symbol in sorted(first.free_symbols | second.free_symbols, key=lambda s: len(s._assumptions_orig)):
        best[symbol.name] = symbol
    unified = [e.subs({s: best[s.name] for s in e.free_symbols}, simultaneous=True) for e in (first, second)]
    if unified[0] == unified[1]:
        return not unified[0].has(sp.nan)
    try:
        return is_zero_residue(unified[0] - unified[1]) is None
    except (TypeError, ValueError, sp.ShapeError, NotImplementedError):
        return False


def example_point(claim: Claim) -> dict[str, sp.Expr]:
    """The claim's example with exact numbers; without one, a point drawn from its domain, if it has one."""
    if not claim.example and claim.domain is not None:
        return exact_sample(claim.domain, _generator(claim)) or {}
    return {name: exact(value) for name, value in claim.example.items()}


def _generator(claim: Claim) -> random.Random:
    return random.Random(int.from_bytes(hashlib.sha256(claim.id.encode()).digest()[:8], "big"))


def exact(value: object) -> sp.Expr:
    """A SymPy number from any number, or from text that writes one; other text is refused, never evaluated."""
    return exact_number(value) if isinstance(value, str) else sp.sympify(value)


def sample_points(claim: Claim, relation: str) -> list[Point]:
    """The example, and further exact points: drawn by ``sample``, or from the domain, or, for equalities, close by.

    Close by: proper fractions shrink by up to a tenth, other fractions grow by up to a tenth, integers above 2 are
    lowered by one or kept, all together. The points depend on the claim's id only.
    """
    generator = _generator(claim)
    example = example_point(claim)
    points: list[Point] = [example]
    if claim.sample is not None:
        drawn = (claim.sample(generator) for _ in range(SAMPLED_POINTS))
        points += [{**example, **{name: exact(v) for name, v in point.items()}} for point in drawn]
    elif claim.domain is not None:
        met = (exact_sample(claim.domain, generator) for _ in range(SAMPLED_POINTS))
        points += [{**example, **point} for point in met if point is not None]
    elif relation == "==":
        points += [{n: _nudged(v, generator, lower=i % 2) for n, v in example.items()} for i in range(NUDGED_POINTS)]
    return points


def _nudged(value: sp.Expr, generator: random.Random, lower: int) -> sp.Expr:
    if value.is_Integer:
        return value - lower if value > 2 else value
    if value.is_Rational:
        return value * sp.Rational(generator.randint(90, 99) if abs(value) < 1 else generator.randint(101, 110), 100)
    return value


class _Evaluator:
    """Values of sides at points, each computed once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str, tuple[tuple[str, str], ...]], sp.Expr | Exception] = {}

    def __call__(self, form: Form, name: str, point: Point) -> sp.Expr | Exception:
        """The value, or what went wrong."""
        key = (id(getattr(form, name)), name, tuple((n, str(v)) for n, v in point.items()))
        if key not in self._known:
            self._known[key] = side_value(form, name, point)
        return self._known[key]


def side_value(form: Form, name: str, point: Point) -> sp.Expr | Exception:
    """The exact value of one side at a point, or the exception that its evaluation raised."""
    alone = replace(form, right=None) if name == "left" else replace(form, left=None)
    try:
        value = alone.sides(point)[name]
        value = value.doit() if value.has(sp.Sum, sp.Product, sp.Limit, sp.Integral) else value
    except Exception as error:
        return error
    if value.free_symbols:
        return ValueError(f"no value for {', '.join(sorted(map(str, value.free_symbols)))}")
    return value


def show_point(point: Point) -> str:
    """A point in one line, names in order."""
    return ", ".join(f"{name} = {value}" for name, value in point.items()) or "no symbols"


def check_forms(claim: Claim, derivation: Derivation) -> tuple[Check, ...]:
    """All exact checks of one claim: printed against derived, and each form against its own left side.

    A check that fails means that the claim, or its derivation, is wrong somewhere; one that stays open means that the
    claim cannot be called proved.
    """
    evaluate = _Evaluator()
    checks: list[Check] = []
    printed, form = claim.printed, derivation.form
    false_as_printed = derivation.counterexample is not None
    if form is not None:
        checks += [_differs(claim, form, evaluate)] if false_as_printed else _agreement(claim, form, evaluate)
        if form is not printed:
            checks += _form_holds(claim, form, "derived form", evaluate)
    checks += _form_holds(claim, printed, "printed form", evaluate, matters=not false_as_printed)
    return tuple(checks)


def _agreement(claim: Claim, form: Form, evaluate: _Evaluator) -> list[Check]:
    """The derived form must imply the printed one."""
    printed, what = claim.printed, "derived form gives the printed one"
    if form is printed:
        return [Check(what, True, "it is the printed form")]
    if printed.right is None or form.right is None:
        lacking = printed.right is not None
        shown = "the derived form has no formula to compare" if lacking else "the printed statement is in words"
        return [Check(what, None, shown, matters=lacking)]
    if form.relation not in IMPLIED_BY[printed.relation]:
        shown = f"derived with {form.relation}, printed with {printed.relation}"
        return [Check(what, None, shown)]
    if form.relation == "==" != printed.relation:
        return [_pointwise(claim, what, printed.relation, lambda point: _two(evaluate, form, printed, "right", point))]
    checks = [_same_side(claim, form, "right", what, evaluate)]
    if printed.left is not None and form.left is not None and printed.left is not form.left:
        checks.append(_same_side(claim, form, "left", f"{what} (left side)", evaluate))
        if not all(check.holds for check in checks) and _same_residue(printed, form):
            return [Check(what, True, "left - right is the same expression")]
    return checks


def _two(evaluate: _Evaluator, first: Form, second: Form, name: str, point: Point) -> tuple[object, object]:
    return evaluate(first, name, point), evaluate(second, name, point)


def _same_side(claim: Claim, form: Form, name: str, what: str, evaluate: _Evaluator) -> Check:
    """One side of the derived form against the same side of the printed one: at points, and symbolically."""
    ours, theirs = getattr(form, name), getattr(claim.printed, name)
    pointwise = _pointwise(claim, what, "==", lambda point: _two(evaluate, form, claim.printed, name, point))
    if callable(ours) or callable(theirs):
        return pointwise
    if pointwise.holds is False:
        return pointwise
    if same_expression(ours, theirs):
        return Check(what, True, "the same expression")
    return Check(what, None, "SymPy could not show that the expressions are the same")


def _same_residue(printed: Form, form: Form) -> bool:
    residues = []
    for left, right in ((printed.left, printed.right), (form.left, form.right)):
        if left is None or right is None or callable(left) or callable(right):
            return False
        residues.append(left - right)
    return same_expression(*residues)


def _differs(claim: Claim, form: Form, evaluate: _Evaluator) -> Check:
    """Where the printed form is said to be false, a correction must correct something."""
    printed, what = claim.printed, "derived form differs from the printed one"
    if printed.right is None or form.right is None:
        return Check(what, None, "no two formulas to compare", matters=False)
    if callable(printed.right) or callable(form.right):
        agree = _pointwise(claim, what, "==", lambda point: _two(evaluate, form, printed, "right", point))
        return Check(what, True, agree.shown) if agree.holds is False else Check(what, None, agree.shown, matters=False)
    same = printed.relation == form.relation and same_expression(printed.right, form.right)
    same = same and (printed.left is form.left or _same_residue(printed, form) or None in (printed.left, form.left))
    if not same:
        return Check(what, True)
    return Check(what, None, "the formulas are the same; only the wording differs", matters=printed.text == form.text)


def _form_holds(claim: Claim, form: Form, name: str, evaluate: _Evaluator, matters: bool = True) -> list[Check]:
    """Left against right side of one form, where both have values."""
    if form.left is None or form.right is None:
        return []

    def sides(point: Point) -> tuple[object, object]:
        return evaluate(form, "left", point), evaluate(form, "right", point)

    check = _pointwise(claim, f"{name}: left {form.relation} right", form.relation, sides)
    if check.holds is None and not callable(form.left):
        matters = False  # a left side that is only notation has no value anywhere
    return [replace(check, matters=matters)]


def _pointwise(claim: Claim, what: str, relation: str, sides: Callable[[Point], Iterable[object]]) -> Check:
    """A relation between two values at every sample point; the example itself has to have values."""
    try:
        points = sample_points(claim, relation)
    except Exception as error:
        return Check(what, None, f"sample raised {type(error).__name__}: {error}")
    decided = 0
    for index, point in enumerate(points):
        left, right = sides(point)
        raised = next((side for side in (left, right) if isinstance(side, Exception)), None)
        holds = None if raised is not None else relation_holds(left, relation, right)
        if holds is False:
            return Check(what, False, f"{left} against {right} at {show_point(point)}")
        if holds is None and index == 0:
            shown = f"{type(raised).__name__}: {raised}" if raised is not None else f"{left} against {right}"
            return Check(what, None, f"not decided at {show_point(point)}: {shown}")
        decided += holds is True
    return Check(what, True, f"exactly, at {decided} point{'s' if decided > 1 else ''}, e.g. {show_point(points[0])}")
