"""Words of the command line made into values, as a signature's annotations want them. Nothing is evaluated."""

from __future__ import annotations

import inspect
import json
import re
import types
import typing
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from toylands import noise
from toylands.noise import InjectedNoise


def parameters_of(function: Callable[..., Any]) -> dict[str, tuple[inspect.Parameter, Any]]:
    """A function's named parameters, each with its annotation (empty if there is none, or it cannot be resolved)."""
    described = inspect.signature(function).parameters
    body = function.__init__ if inspect.isclass(function) else function
    try:
        hints = typing.get_type_hints(body)
    except Exception:  # an annotation that only a type checker can resolve
        hints = {}
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {key: (p, hints.get(key, inspect.Parameter.empty)) for key, p in described.items() if p.kind in named}


def _kinds(hint: Any) -> set[Any]:
    """The plain types in an annotation."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return set().union(*(_kinds(part) for part in typing.get_args(hint)))
    kind = typing.get_origin(hint) or hint
    return {Sequence} if kind in (list, tuple, np.ndarray, Sequence) else {kind}


def _none(text: str) -> None:
    if text.lower() != "none":
        raise ValueError


def _bool(text: str) -> bool:
    return {"true": True, "yes": True, "false": False, "no": False}[text.lower()]


def _int(text: str) -> int:
    return int(text)


def _float(text: str) -> float:
    return float(Fraction(text)) if "/" in text else float(text)


def _law(text: str) -> InjectedNoise:
    if match := re.fullmatch(r"binomial(\d+)", text):
        return noise.binomial(int(match.group(1)))
    return laws()[text.replace("-", "_")]


def laws() -> dict[str, InjectedNoise]:
    """The laws of noise that have a name."""
    return {law.name: law for law in vars(noise).values() if isinstance(law, InjectedNoise)}


def numbers(text: str) -> list[Any]:
    """Numbers behind one another, ``1,2.5``, or lists of lists as JSON writes them, ``[[1, 0], [0, 2]]``.

    Examples
    --------
    >>> numbers("1,2.5"), numbers("[[1, 0], [0, 2]]")
    ([1.0, 2.5], [[1, 0], [0, 2]])
    """
    if not text.lstrip().startswith("["):
        return [_float(part) for part in text.split(",")]
    found: list[Any] = json.loads(text)
    return found


_READERS: dict[Any, tuple[Callable[[str], Any], str]] = {
    type(None): (_none, "none"),
    bool: (_bool, "true or false"),
    int: (_int, "an integer"),
    float: (_float, "a number"),
    InjectedNoise: (_law, "a law of noise (" + ", ".join(laws()) + ", binomial and a number)"),
    Sequence: (numbers, "numbers such as 1,2.5 or [[1, 0], [0, 2]]"),
    str: (str, "a word"),
}


def settable(hint: Any) -> bool:
    """Whether a word can be a value of this annotation; where there is none, it can be any of them."""
    return hint is inspect.Parameter.empty or bool(_kinds(hint) & (_READERS.keys() - {type(None)}))


def read(name: str, text: str, hint: Any) -> Any:
    """The value of a word.

    Raises
    ------
    ValueError
        If it is none that the annotation allows.

    Examples
    --------
    >>> read("dim", "10", int), read("rho", "1/2", float | Sequence[float]), read("batch_size", "none", int | None)
    (10, 0.5, None)
    >>> read("dim", "ten", int)
    Traceback (most recent call last):
    ValueError: dim must be an integer, got 'ten'
    """
    wanted = set(_READERS) if hint is inspect.Parameter.empty else _kinds(hint)
    tried = []
    for kind, (reader, described) in _READERS.items():
        if kind not in wanted:
            continue
        try:
            return reader(text)
        except (ValueError, KeyError, ZeroDivisionError):
            tried.append(described)
    raise ValueError(f"{name} must be {' or '.join(tried)}, got {text!r}")
