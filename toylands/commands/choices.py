"""A landscape and a rule chosen by words: names, settings, and what is taken where nothing is set."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from toylands import catalogue, dynamics
from toylands.combinations import SMALL, START
from toylands.commands.own_file import OwnFileError, load_landscapes
from toylands.commands.words import numbers, parameters_of, read, settable
from toylands.dynamics import UpdateRule
from toylands.landscapes import Landscape

_OWN = re.compile(r"(.+\.py)(?::(\w+))?")


def kebab(name: str) -> str:
    """A name as the command line writes it.

    Examples
    --------
    >>> kebab("TwoBasins"), kebab("gld_eigvec")
    ('two-basins', 'gld-eigvec')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).replace("_", "-").lower()


def find(kind: str, word: str, names: Iterable[str]) -> str:
    """The name that a word means, in whatever style it is written, singular or plural.

    Raises
    ------
    ValueError
        If it means none; the closest one is told.

    Examples
    --------
    >>> find("landscape", "two-basin", ["TwoBasins", "WideningValley"])
    'TwoBasins'
    >>> find("rule", "antipgd", ["anti_pgd", "gd"])
    Traceback (most recent call last):
    ValueError: no rule 'antipgd' (did you mean 'anti-pgd'?); there are: anti-pgd, gd
    """
    by_word = {kebab(name): name for name in names}
    asked = kebab(word)
    for candidate in (asked, asked + "s"):
        if candidate in by_word:
            return by_word[candidate]
    close = difflib.get_close_matches(asked, by_word, n=1, cutoff=0.5)
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    raise ValueError(f"no {kind} {word!r}{hint}; there are: {', '.join(by_word)}")


@dataclass(frozen=True)
class Choice:
    """A landscape or a rule before it is built.

    Parameters
    ----------
    kind, name : str
        "landscape" or "rule", and how it is called.
    make : function
        Builds it.
    hints : dict
        Annotations of the parameters that can be set, by name.
    required : tuple of str
        Those of all parameters that have no default.
    example : Landscape, optional
        Lends what is required and not set.
    """

    kind: str
    name: str
    make: Callable[..., Any]
    hints: dict[str, Any] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    example: Landscape | None = None


def _choice(kind: str, name: str, make: Callable[..., Any], example: Landscape | None = None) -> Choice:
    known = parameters_of(make)
    hints = {key: hint for key, (_, hint) in known.items() if settable(hint)}
    required = tuple(key for key, (p, _) in known.items() if p.default is inspect.Parameter.empty)
    return Choice(kind, name, make, hints, required, example)


def choose_landscape(word: str) -> Choice:
    """The landscape that a word means: a shipped one's name, ``FILE.py`` or ``FILE.py:NAME``.

    Raises
    ------
    ValueError
        If there is none, or the file holds several and none was named.

    Examples
    --------
    >>> sorted(choose_landscape("two-basins").hints)
    ['samples', 'seed']
    """
    if match := _OWN.fullmatch(word):
        path, name = match.groups()
        offered = load_landscapes(path)
        if name is None and len(offered) > 1:
            raise OwnFileError(f"{path} holds {', '.join(offered)}: say which, e.g. {path}:{next(iter(offered))}")
        name = next(iter(offered)) if name is None else find(f"landscape in {path}", name, offered)
        chosen: Any = offered[name]
    else:
        shipped = {each.__name__: each for each in catalogue.landscape_classes()}
        name = find("landscape", word, shipped)
        chosen = shipped[name]
    if isinstance(chosen, Landscape):
        return Choice("landscape", name, lambda: chosen)
    if not inspect.isclass(chosen):
        return _choice("landscape", name, chosen)
    landscape_class: Any = chosen
    if hasattr(landscape_class, "random"):
        return _choice("landscape", name, landscape_class.random)
    return _choice("landscape", name, landscape_class, landscape_class.example())


def choose_rule(word: str) -> Choice:
    """The preset that a word means.

    Examples
    --------
    >>> choose_rule("gld-eigvec").required
    ('eta',)
    """
    name = find("rule", word, (name for name, _ in catalogue.list_rules()))
    return _choice("rule", name, getattr(dynamics, name))


def read_settings(pairs: Sequence[str], landscape: Choice, rule: Choice) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values of ``NAME=VALUE`` words, for the landscape and for the rule.

    A name that both know has to say which is meant: ``landscape.NAME=VALUE`` or ``rule.NAME=VALUE``.

    Raises
    ------
    ValueError
        If a word has another form, a name is unknown, ambiguous or given twice, or a value is of the wrong kind.
    """
    values: dict[str, dict[str, Any]] = {"landscape": {}, "rule": {}}
    for pair in pairs:
        name, equals, text = (part.strip() for part in pair.partition("="))
        if not (name and equals and text):
            raise ValueError(f"--set must be NAME=VALUE, got {pair!r}")
        whose, _, key = name.rpartition(".")
        key = key.replace("-", "_")
        meant = [each for each in (landscape, rule) if whose in ("", each.kind) and key in each.hints]
        if not meant:
            raise ValueError(f"--set {pair}: {_unknown(key, landscape, rule)}")
        if len(meant) > 1:
            raise ValueError(f"--set {pair}: landscape and rule both know {key}: say landscape.{key} or rule.{key}")
        if key in values[meant[0].kind]:
            raise ValueError(f"--set {pair}: {key} is set twice")
        values[meant[0].kind][key] = read(key, text, meant[0].hints[key])
    return values["landscape"], values["rule"]


def _unknown(key: str, *choices: Choice) -> str:
    names = [name for each in choices for name in each.hints]
    close = difflib.get_close_matches(key, names, n=1)
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    known = "; ".join(f"{each.name} has {', '.join(each.hints) or 'none'}" for each in choices)
    return f"no setting {key!r}{hint}; {known}"


def build_landscape(choice: Choice, given: Mapping[str, Any]) -> Landscape:
    """The landscape with what was set; what it requires beyond that is its example's.

    Examples
    --------
    >>> build_landscape(choose_landscape("widening-valley"), {"dim": 7}).size
    8
    """
    if choice.example is None or not given:
        built: Any = choice.example or choice.make(**given)
    else:
        lent = {key: getattr(choice.example, key) for key in choice.required if key not in given}
        built = choice.make(**lent, **given)
    if not isinstance(built, Landscape):
        raise TypeError(f"{choice.name} must return a Landscape, got {built!r}")
    return built


def build_rule(choice: Choice, given: Mapping[str, Any], landscape: Landscape) -> tuple[UpdateRule, dict[str, str]]:
    """The rule with what was set, else what the landscape suggests, else small values; and where each came from.

    Examples
    --------
    >>> import toylands as tl
    >>> surface = tl.landscapes.TwoBasins.random()
    >>> _, origins = build_rule(choose_rule("gld-eigvec"), {"eta": 0.01}, surface)
    >>> origins
    {'eta': 'set', 'trace': 'suggested'}
    """
    suggested = suggestions(landscape)
    values, origins = {}, {}
    for key in (*choice.required, *(key for key in choice.hints if key not in choice.required)):
        if key in given:
            values[key], origins[key] = given[key], "set"
        elif key in suggested:
            values[key], origins[key] = suggested[key], "suggested"
        elif key in choice.required or (key == "trace" and landscape.kernels.sample_gradient is None):
            values[key] = np.eye(landscape.size) if key == "covariance" else SMALL[key]
            origins[key] = "default"
    return choice.make(**values), origins


def suggestions(landscape: Landscape) -> dict[str, Any]:
    """The settings that a landscape suggests; none if it does not say."""
    suggested = getattr(landscape, "suggested", None)
    return {} if suggested is None else suggested()


def read_start(text: str | None, landscape: Landscape) -> np.ndarray:
    """The starting point: as told (one number serves all coordinates), else suggested, else 0.1 in every coordinate."""
    if text is None:
        return np.asarray(suggestions(landscape).get("start", np.full(landscape.size, START)), dtype=np.float64)
    try:
        point = np.array(numbers(text), dtype=np.float64)
    except (ValueError, TypeError, ZeroDivisionError):
        raise ValueError(f"--start must be numbers such as 0.1 or 1,2.5, got {text!r}") from None
    if point.shape == (1,):
        point = np.full(landscape.size, point[0])
    if point.shape != (landscape.size,):
        raise ValueError(f"--start must be 1 or {landscape.size} numbers, got {text!r}")
    return point
