"""Observables told by words: a landscape's own, parts of the state, thresholds, averages, functions of one's own."""

from __future__ import annotations

import re
from typing import Any

from toylands.commands.choices import find
from toylands.commands.own_file import OwnFileError, run_file
from toylands.composed import indicator, moving_average
from toylands.landscapes import Landscape
from toylands.observables import Observable
from toylands.simd import lanes_function

_AVERAGE = re.compile(r"moving[_-]average\((.+),([^,()]+)\)")
_BEYOND = re.compile(r"(.+?)(<=|>=)([^<>=()]+)")
_PART = re.compile(r"sq[_-]norm[_-]of\(([^()]+)\)")
_OWN = re.compile(r"(.+\.py):(\w+)")

FORMS = (
    ("sq_norm_of(I,J,...)", "squared norm of these coordinates, numbered from 0; I:J are those from I to J - 1"),
    ("OBSERVABLE>=NUMBER", "1 where it is at least NUMBER, else 0: an escape indicator; <= likewise (tl.indicator)"),
    ("moving_average(OBSERVABLE,SPAN)", "along each trajectory, of every step; SPAN inf: of all (tl.moving_average)"),
    ("FILE.py:NAME", "a function (w, p) -> value or an Observable of your own; the file is run as Python"),
)
"""What can be written beside a landscape's observables, and what it means."""


def read_observable(text: str, landscape: Landscape) -> Observable:
    """The observable that a word means on a landscape: a name, or one of `FORMS`.

    Raises
    ------
    TypeError, ValueError
        If it means none.

    Examples
    --------
    >>> import toylands as tl
    >>> valley = tl.landscapes.WideningValley(dim=3)
    >>> [read_observable(word, valley).name for word in ("sq-v", "sq_norm_of(0:2)", "moving_average(loss>=2,100)")]
    ['sq_v', 'sq_norm_of[0,1]', 'mean of loss >= 2 over 100 steps']
    """
    text = text.strip()
    if match := _AVERAGE.fullmatch(text):
        return moving_average(read_observable(match[1], landscape), _number("SPAN", match[2]))
    if match := _OWN.fullmatch(text):
        return _own(match[1], match[2], landscape)
    if match := _BEYOND.fullmatch(text):
        inner, threshold = read_observable(match[1], landscape), _number("a threshold", match[3])
        return indicator(inner, below=threshold) if match[2] == "<=" else indicator(inner, above=threshold)
    if match := _PART.fullmatch(text):
        return landscape.sq_norm_of([i for part in match[1].split(",") for i in _indices(part)])
    known = landscape.measurable
    return known[find("observable", text, known)]


def _number(what: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{what} must be a number, got {text.strip()!r}") from None


def _indices(text: str) -> range:
    """``3`` or ``0:50``."""
    first, colon, last = text.partition(":")
    try:
        return range(int(first), int(last) if colon else int(first) + 1)
    except ValueError:
        raise ValueError(f"coordinates must be numbers such as 0,2 or 0:50, got {text.strip()!r}") from None


def _own(path: str, name: str, landscape: Landscape) -> Observable:
    """An observable of a file of the user's own, or one made from a function in it."""
    found: Any = getattr(run_file(path), name, None)
    if isinstance(found, Observable):
        return found
    if not callable(found):
        raise OwnFileError(f"{path}: no function or Observable {name} in it")
    kernel = found if hasattr(found, "py_func") else lanes_function(found)
    doc = (found.__doc__ or "").strip().partition("\n")[0]
    return Observable(name, kernel, landscape.parameters, doc or f"{name} of {path}")
