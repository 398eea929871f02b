"""Numbers with no more digits than their standard errors support."""

from __future__ import annotations

import math


def significant(value: float | None, digits: int = 3) -> str:
    """A number with ``digits`` significant digits.

    Examples
    --------
    >>> significant(0.0123456), significant(1.5e9), significant(float("nan"))
    ('0.0123', '1.5e+09', 'nan')
    """
    return "none" if value is None else f"{value:.{digits}g}"


def with_error(estimate: float, stderr: float, *others: float) -> tuple[str, ...]:
    """An estimate, its standard error (two digits), and further numbers to the same decimal place.

    All of them are given in one power of ten when they are very large or small. Without a standard error, ten digits.

    Examples
    --------
    >>> with_error(1.234567, 0.0123, 1.25)
    ('1.235', '0.012', '1.250')
    >>> with_error(123456.7, 1234.0, 123000.0)
    ('123500', '1200', '123000')
    >>> with_error(1.234567e-7, 1.23e-9)
    ('1.235e-07', '0.012e-07')
    """
    numbers = (estimate, stderr, *others)
    if not all(map(math.isfinite, (estimate, stderr))) or stderr <= 0:
        return tuple(f"{number:.10g}" for number in numbers)
    largest = max(abs(estimate), stderr)
    exponent = math.floor(math.log10(largest))
    power = 0 if -4 <= exponent < 7 else exponent
    place = math.floor(math.log10(stderr)) - 1
    if round(stderr / 10.0**place) == 100:
        place += 1
    return tuple(_at_place(number, place, power) for number in numbers)


def _at_place(number: float, place: int, power: int) -> str:
    if not math.isfinite(number):
        return str(number)
    decimals = max(0, power - place)
    scaled = number / 10.0**power
    if place > power:
        scaled = round(scaled, power - place)
    suffix = f"e{power:+03d}" if power else ""
    return f"{scaled:.{decimals}f}{suffix}"


def percent(share: float | None) -> str:
    """A share in percent with two significant digits, or an empty string.

    Examples
    --------
    >>> percent(0.00345), percent(None)
    ('0.34%', '')
    """
    return "" if share is None else f"{100 * share:.2g}%"


def duration(seconds: float) -> str:
    """A time in words.

    Examples
    --------
    >>> duration(4.26), duration(83)
    ('4.3 s', '1 min 23 s')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"
