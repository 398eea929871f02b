"""Exact numbers and points from text, by a strict parser: nothing that a user types is ever evaluated as code."""

from __future__ import annotations

import re
from collections.abc import Iterable

import sympy as sp

_DIGITS = r"\d(?:_?\d)*"
_NUMBER = re.compile(
    rf"(?P<sign>[+-]?)(?:(?P<whole>{_DIGITS})?(?:\.(?P<decimals>\d*))?(?:[eE](?P<power>[+-]?\d{{1,4}}))?"
    rf"|(?P<numerator>{_DIGITS})/(?P<denominator>{_DIGITS}))"
)
_LONGEST = 200
_LARGEST_POWER = 400


def exact_number(text: str) -> sp.Rational:
    """The rational number that ``text`` writes: an integer, a fraction a/b, a decimal or scientific notation.

    Parameters
    ----------
    text : str
        At most 200 characters, a power of ten of at most 400 in size; a decimal is taken literally: 0.1 is 1/10.

    Raises
    ------
    ValueError
        For anything else.

    Examples
    --------
    >>> exact_number("-3/4"), exact_number("0.125"), exact_number("2e-3")
    (-3/4, 1/8, 1/500)
    """
    stripped = text.strip()
    match = _NUMBER.fullmatch(stripped) if len(stripped) <= _LONGEST and stripped.isascii() else None
    allowed = "an integer, a fraction a/b, a decimal or scientific notation such as 1e-3"
    if match is None or not any(match[part] for part in ("whole", "decimals", "numerator")):
        raise ValueError(f"number must be {allowed}, got {text[:80]!r}")
    if match["numerator"]:
        if int(match["denominator"]) == 0:
            raise ValueError(f"number must have a denominator other than 0, got {text!r}")
        value = sp.Rational(int(match["numerator"]), int(match["denominator"]))
    else:
        decimals, power = match["decimals"] or "", int(match["power"] or 0)
        if abs(power) > _LARGEST_POWER:
            raise ValueError(f"number must have a power of ten of at most {_LARGEST_POWER}, got {text!r}")
        value = sp.Rational(int((match["whole"] or "0") + decimals)) * sp.Integer(10) ** (power - len(decimals))
    return -value if match["sign"] == "-" else value


def parse_point(assignments: Iterable[str]) -> dict[str, sp.Rational]:
    """A point from texts such as ``"rho=1/2"``.

    Raises
    ------
    ValueError
        If one is no ``name=number``, or a name comes twice.

    Examples
    --------
    >>> parse_point(["rho=1/2", "k=2"])
    {'rho': 1/2, 'k': 2}
    """
    point: dict[str, sp.Rational] = {}
    for assignment in assignments:
        name, equals, number = assignment.partition("=")
        name = name.strip()
        if not equals or not name.isidentifier():
            raise ValueError(f"a value must be written name=number, e.g. rho=1/2, got {assignment!r}")
        if name in point:
            raise ValueError(f"{name} is given twice")
        try:
            point[name] = exact_number(number)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
    return point
