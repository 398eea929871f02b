"""Points of a domain: drawn at random as floating-point numbers, moved about, and made exact."""

from __future__ import annotations

import random
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import sympy as sp

from theory.claims.domain import Domain, is_integers

Columns = dict[str, npt.NDArray[np.float64]]

_DECADES = 3.0
"""Unbounded sets are drawn up to 10^3 from their finite end, or from 0; bounded ones down to 10^-3 of their length."""

_CLOSE = 0.25
"""Share of the coordinates drawn close to an end of a bounded interval, and as often close to the other end."""

_ROUNDINGS = (1, 2, 4, 10, 100, 1000, 10**6, 10**9)


def draw(domain: Domain, count: int, generator: np.random.Generator) -> Columns:
    """``count`` points, a column for each symbol; conditions that bind several symbols are not looked at."""
    return {name: _draw_set(chosen, count, generator) for name, chosen in domain.sets.items()}


def _draw_set(chosen: sp.Set, count: int, generator: np.random.Generator) -> npt.NDArray[np.float64]:
    if isinstance(chosen, sp.FiniteSet):
        return generator.choice(np.array([float(v) for v in chosen]), count)
    low, high = _ends(chosen)
    if not isinstance(chosen, sp.Interval):
        step = int(chosen.step) if isinstance(chosen, sp.Range) else 1
        origin = low if np.isfinite(low) else high if np.isfinite(high) else 0.0
        reach = _draw_interval(0.0, (high - low) / step + 1, True, count, generator)
        return np.clip(origin + step * np.floor(reach) * _direction(low, high, count, generator), low, high)
    if np.isfinite(low) or np.isfinite(high):
        origin, length = (low if np.isfinite(low) else high), high - low
        closed = bool(not chosen.left_open and not chosen.right_open)
        return origin + _draw_interval(0.0, length, closed, count, generator) * _direction(low, high, count, generator)
    return _draw_interval(0.0, np.inf, True, count, generator) * _direction(low, high, count, generator)


def _ends(chosen: sp.Set) -> tuple[float, float]:
    """Smallest and largest value, perhaps infinite."""
    if is_integers(chosen):
        return {sp.S.Naturals: 1.0, sp.S.Naturals0: 0.0}.get(chosen, -np.inf), np.inf
    return float(chosen.inf), float(chosen.sup)


def _direction(low: float, high: float, count: int, generator: np.random.Generator) -> npt.NDArray[np.float64]:
    """+1 from a finite lower end, -1 from a finite upper end, either without ends."""
    if np.isfinite(low):
        return np.ones(count)
    return -np.ones(count) if np.isfinite(high) else generator.choice([-1.0, 1.0], count)


def _draw_interval(
    low: float, high: float, closed: bool, count: int, generator: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Numbers of (low, high): evenly, and a share of them on a logarithmic scale from each finite end."""
    tiny = 10.0 ** generator.uniform(-_DECADES, 0.0, count)
    if not np.isfinite(high):
        return low + 10.0 ** generator.uniform(-_DECADES, _DECADES, count)
    even = generator.uniform(0.0, 1.0, count)
    kind = generator.uniform(0.0, 1.0, count)
    share = np.where(kind < _CLOSE, tiny, np.where(kind < 2 * _CLOSE, 1 - tiny, even))
    if closed:
        share = np.where(kind > 0.98, np.round(even), share)
    return low + (high - low) * share


def spreads(domain: Domain, point: Mapping[str, float]) -> dict[str, float]:
    """How far each coordinate may be moved at first: half an interval, or the distance to its end where it has one."""
    found = {}
    for name, chosen in domain.sets.items():
        if isinstance(chosen, sp.FiniteSet):
            found[name] = 0.0
            continue
        low, high = _ends(chosen)
        if np.isfinite(high - low):
            found[name] = (high - low) / 2
        else:
            origin = low if np.isfinite(low) else high if np.isfinite(high) else 0.0
            found[name] = max(abs(point[name] - origin), 1e-3)
    return found


def move(
    domain: Domain, point: Mapping[str, float], size: float, count: int, generator: np.random.Generator
) -> Columns:
    """``count`` points around a point, at normal distances of ``size`` spreads; about half the coordinates stay."""
    columns: Columns = {}
    for name, spread in spreads(domain, point).items():
        steps = generator.standard_normal(count) * size * spread * (generator.uniform(0, 1, count) < 0.6)
        if isinstance(domain.sets[name], sp.Interval):
            columns[name] = np.clip(point[name] + steps, *_ends(domain.sets[name]))
        else:
            step = float(getattr(domain.sets[name], "step", 1))
            whole = np.where(np.abs(steps) < step, np.sign(steps) * step, np.round(steps / step) * step)
            columns[name] = np.clip(point[name] + whole, *_ends(domain.sets[name]))
    return columns


def exact_points(domain: Domain, point: Mapping[str, float]) -> list[dict[str, sp.Expr]]:
    """Rational points of the domain near a point: the roundest numbers first, the point itself at the end."""
    found: list[dict[str, sp.Expr]] = []
    for denominator in (*_ROUNDINGS, 0):
        rounded = {name: _exact(domain.sets[name], value, denominator) for name, value in point.items()}
        if rounded not in found and rounded in domain:
            found.append(rounded)
    return found


def _exact(chosen: sp.Set, value: float, denominator: int) -> sp.Expr:
    if isinstance(chosen, sp.FiniteSet):
        return min(chosen, key=lambda v: abs(float(v) - value))
    if not isinstance(chosen, sp.Interval):
        return sp.Integer(round(value))
    return sp.Rational(value) if denominator == 0 else sp.Rational(round(value * denominator), denominator)


def exact_sample(domain: Domain, generator: random.Random, tries: int = 200) -> dict[str, sp.Expr] | None:
    """One exact point of the domain with short coordinates, None if none was met in ``tries`` draws."""
    numbers = np.random.default_rng(generator.getrandbits(63))
    columns = draw(domain, tries, numbers)
    for index in range(tries):
        point = {name: float(column[index]) for name, column in columns.items()}
        nearby = exact_points(domain, point)
        if nearby:
            return nearby[min(4, len(nearby) - 1)]
    return None
