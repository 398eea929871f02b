"""Which of two exact numbers is larger, decided by interval arithmetic: rigorous, or no answer.

A number without symbols is enclosed between two floating-point numbers, every operation rounded outwards (mpmath's
``iv``), at more and more digits until the enclosure of the difference leaves 0 out.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import sympy as sp
from mpmath import iv

DIGITS = (30, 60, 120, 240, 480)
"""Digits at which a difference is enclosed, one after the other."""

_FUNCTIONS: dict[type[sp.Basic], str] = {
    sp.exp: "exp", sp.log: "log", sp.sin: "sin", sp.cos: "cos", sp.tan: "tan", sp.gamma: "gamma",
}  # fmt: skip
_HYPERBOLIC: dict[type[sp.Basic], sp.Expr] = {
    kind: kind(sp.Symbol("x")).rewrite(sp.exp) for kind in (sp.sinh, sp.cosh, sp.tanh)
}


def sign(number: sp.Expr) -> int | None:
    """The sign of a real number without symbols, -1, 0 or 1; None if interval arithmetic cannot tell.

    0 is only found for rational numbers and what SymPy evaluates to one: no enclosure shows an equality.

    Examples
    --------
    >>> sign(sp.sqrt(2) + sp.sqrt(3) - sp.pi), sign(sp.exp(1) - 3), sign(sp.Rational(1, 3) - sp.Rational(2, 6))
    (1, -1, 0)
    """
    number = sp.sympify(number)
    if number.is_Rational or number in (sp.oo, -sp.oo):
        return int(sp.sign(number))
    if number.free_symbols or number.has(sp.nan, sp.zoo, sp.Float):
        return None
    before = iv.dps
    try:
        for digits in DIGITS:
            iv.dps = digits
            enclosed = _enclose(number)
            if enclosed > 0:
                return 1
            if enclosed < 0:
                return -1
    except (ValueError, TypeError, ZeroDivisionError, NotImplementedError, OverflowError):
        return None
    finally:
        iv.dps = before
    return None


def holds(left: sp.Basic, relation: str, right: sp.Basic) -> bool | None:
    """Whether a relation between two exact real numbers holds; None if interval arithmetic cannot tell.

    Examples
    --------
    >>> holds(sp.exp(1), "<", sp.Rational(19, 7)), holds(sp.sqrt(2) ** 2, "<=", sp.Integer(2))
    (False, True)
    """
    if isinstance(left, sp.MatrixBase) or isinstance(right, sp.MatrixBase):
        return None
    left, right = sp.sympify(left), sp.sympify(right)
    if left.is_infinite or right.is_infinite:
        found = None if left == right else sign(left if left.is_infinite else -right)
    else:
        found = sign(left - right)
    if found is None:
        return None
    return {"==": found == 0, "<=": found <= 0, "<": found < 0, ">=": found >= 0, ">": found > 0}[relation]


def _enclose(number: sp.Expr) -> Any:
    """An interval that holds the number, at the precision of the moment."""
    if number.is_Rational:
        return iv.mpf(int(number.p)) / iv.mpf(int(number.q))
    if number in (sp.pi, sp.E):
        return +(iv.pi if number is sp.pi else iv.e)
    if isinstance(number, (sp.Add, sp.Mul)):
        parts = [_enclose(part) for part in number.args]
        return reduce((lambda a, b: a + b) if isinstance(number, sp.Add) else (lambda a, b: a * b), parts)
    if isinstance(number, sp.Pow):
        return _power(number)
    if isinstance(number, sp.Abs):
        return abs(_enclose(number.args[0]))
    if isinstance(number, (sp.Max, sp.Min)):
        parts = [_enclose(part) for part in number.args]
        pick = max if isinstance(number, sp.Max) else min
        return iv.mpf([pick(part.a for part in parts), pick(part.b for part in parts)])
    if type(number) in _HYPERBOLIC:
        return _enclose(_HYPERBOLIC[type(number)].xreplace({sp.Symbol("x"): number.args[0]}))
    if type(number) in _FUNCTIONS:
        return getattr(iv, _FUNCTIONS[type(number)])(_enclose(number.args[0]))
    raise NotImplementedError(f"no enclosure of {type(number).__name__}")


def _power(number: sp.Pow) -> Any:
    base, exponent = number.as_base_exp()
    if exponent.is_Integer:
        return _enclose(base) ** int(exponent)
    if base == sp.E:
        return iv.exp(_enclose(exponent))
    inner = _enclose(base)
    if not inner > 0:
        raise ValueError("a root or a real power of a number that may be negative")
    if abs(exponent) == sp.S.Half:
        root = iv.sqrt(inner)
        return root if exponent > 0 else 1 / root
    return iv.exp(_enclose(exponent) * iv.log(inner))
