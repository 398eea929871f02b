"""Where a claim is said to hold: a set of numbers for each symbol, and conditions that bind several of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import sympy as sp

Condition: TypeAlias = sp.Basic | Callable[[Mapping[str, sp.Expr]], bool]

_SETS = (sp.Interval, sp.Range, sp.FiniteSet)


@dataclass(frozen=True)
class Domain:
    """The domain of a claim, from which the judge draws points and in which it looks for counterexamples.

    Parameters
    ----------
    sets : mapping of str to SymPy set
        An ``Interval``, a ``Range`` of integers, a ``FiniteSet``, ``S.Reals`` or ``S.Integers`` and the like for every
        symbol of the forms.
    where : tuple of relations or callables (point) -> bool, default ()
        What has to hold besides, e.g. ``(sp.Lt(a + b, 1),)``; relations refer to symbols by their names.

    Raises
    ------
    TypeError
        If a set is of another kind.
    ValueError
        If there is no set, one is empty, or a relation speaks of a symbol without a set.

    Examples
    --------
    >>> domain = Domain({"rho": sp.Interval.open(0, 1), "k": sp.Range(1, sp.oo)})
    >>> domain.violations({"rho": sp.Rational(3, 2), "k": sp.Integer(2)})
    ('rho must lie in (0, 1), got 3/2',)
    """

    sets: Mapping[str, sp.Set]
    where: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        if not self.sets:
            raise ValueError("sets must give at least one symbol its set")
        for name, chosen in self.sets.items():
            if not (isinstance(chosen, _SETS) or is_integers(chosen) or chosen == sp.S.EmptySet):
                raise TypeError(f"{name}: a set must be an Interval, a Range, a FiniteSet or integers, got {chosen!r}")
            if chosen.is_empty:
                raise ValueError(f"{name}: the set must not be empty")
        for condition in self.where:
            if isinstance(condition, sp.Basic):
                unknown = sorted({symbol.name for symbol in condition.free_symbols} - set(self.sets))
                if unknown:
                    raise ValueError(f"{condition} speaks of {', '.join(unknown)}, for which there is no set")

    def violations(self, point: Mapping[str, sp.Expr]) -> tuple[str, ...]:
        """Why a point lies outside, a sentence for each reason; names without a set are free, others must be given."""
        found = [f"no value is given for {name}" for name in self.sets if name not in point]
        for name, chosen in self.sets.items():
            if name in point and not _contains(chosen, sp.sympify(point[name])):
                found.append(f"{name} must lie in {show_set(chosen)}, got {point[name]}")
        if not found:
            found += [f"{_name(c)} must hold" for c in self.where if not _satisfied(c, point)]
        return tuple(found)

    def __contains__(self, point: Mapping[str, sp.Expr]) -> bool:
        return not self.violations(point)

    def describe(self) -> str:
        """The domain in one line."""
        parts = [f"{name} in {show_set(chosen)}" for name, chosen in self.sets.items()]
        return ", ".join([*parts, *map(_name, self.where)])


def is_integers(chosen: sp.Set) -> bool:
    """Whether a set is one of SymPy's named sets of integers."""
    return chosen in (sp.S.Naturals, sp.S.Naturals0, sp.S.Integers)


def show_set(chosen: sp.Set) -> str:
    """A set as one writes it.

    Examples
    --------
    >>> show_set(sp.Interval.Ropen(0, 1)), show_set(sp.Range(1, sp.oo)), show_set(sp.FiniteSet(1, 2))
    ('[0, 1)', 'integers >= 1', '{1, 2}')
    """
    if isinstance(chosen, sp.Interval):
        left, right = "(" if chosen.left_open else "[", ")" if chosen.right_open else "]"
        return f"{left}{chosen.start}, {chosen.end}{right}"
    if isinstance(chosen, sp.Range):
        step = "" if chosen.step == 1 else f" in steps of {chosen.step}"
        return f"integers >= {chosen.inf}{step}" if chosen.sup == sp.oo else f"{chosen.inf}..{chosen.sup}{step}"
    return str(chosen) if isinstance(chosen, sp.FiniteSet) else {sp.S.Naturals: "integers >= 1"}.get(chosen, "integers")


def _contains(chosen: sp.Set, value: sp.Expr) -> bool:
    return bool(chosen.contains(value) == sp.S.true)


def _satisfied(condition: Condition, point: Mapping[str, sp.Expr]) -> bool:
    if not isinstance(condition, sp.Basic):
        return bool(condition(point))
    values = {symbol: sp.sympify(point[symbol.name]) for symbol in condition.free_symbols}
    return bool(condition.xreplace(values) == sp.S.true)


def _name(condition: Condition) -> str:
    if isinstance(condition, sp.Basic):
        return str(condition)
    return str(condition.__doc__ or getattr(condition, "__name__", "a further condition")).strip()
