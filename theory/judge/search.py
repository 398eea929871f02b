"""Searching the domain of an inequality for a point where it fails.

Random points of the whole domain first, then moves around those with the smallest margin, all from one seed that
depends on the claim's id only. Where floating-point numbers say that the inequality fails, nearby rational points are
decided exactly, or by interval arithmetic; only such a point counts as found. The effort is told with the outcome.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import sympy as sp

from theory.claims.claim import Claim, Form, Point, Side
from theory.claims.domain import Domain
from theory.judge import intervals, sampling
from theory.judge.outcomes import SearchOutcome
from theory.proof import Blackboard, Proof

_FAST = (20_000, 10, 30, 64)
"""Random points, batches of them whose smallest margins are refined, rounds and moves in each, for expressions."""

_SLOW = (200, 4, 8, 4)
"""The same where a side is a function of an exact point, or a sum or product over an index."""

FEWEST_POINTS = 100
"""Decided points below which a search supports nothing."""

_AT_POINTS = (sp.Sum, sp.Product, sp.Integral, sp.Limit, sp.Derivative)

CANDIDATES = 40
ROUNDING = 1e-9
"""Relative margin beyond which a failure that cannot be decided exactly is not taken for a rounding error."""

Found = tuple[float, dict[str, float]]
"""A margin and the point that has it."""

Margins = Callable[[sampling.Columns], npt.NDArray[np.float64]]


def searchable(form: Form | None) -> bool:
    """Whether a form is an inequality between two sides with values."""
    return form is not None and form.relation != "==" and form.left is not None and form.right is not None


def search(claim: Claim, form: Form, name: str = "printed form") -> SearchOutcome:
    """Look for a counterexample to an inequality all over the claim's domain.

    Parameters
    ----------
    claim : Claim
        Gives the domain and, by its id, the seed.
    form : Form
        An inequality with both sides.
    name : str
        What to call the form in the outcome.

    Raises
    ------
    ValueError
        If the claim has no domain, or the form is no inequality with two sides.
    """
    if claim.domain is None or not searchable(form):
        raise ValueError(f"{claim.id}: a search needs a domain and an inequality with two sides")
    seed = int.from_bytes(hashlib.sha256(f"search\x1f{claim.id}".encode()).digest()[:4], "big")
    fast = _fast_margins(form, claim.domain)
    hunt = _Hunt(claim.domain, _slow_margins(form) if fast is None else fast, seed)
    points, starts, *each = _SLOW if fast is None else _FAST
    for start in [hunt.scan(points // starts) for _ in range(starts)]:
        if start is not None:
            hunt.refine(start, *each)
    outcome = SearchOutcome(name, hunt.random, hunt.refined, hunt.undecided, seed, *hunt.least())
    return _verified(outcome, hunt, form)


@dataclass
class _Hunt:
    """What has been looked at so far; ``best`` holds (-margin, number, point) of the smallest margins."""

    domain: Domain
    margins: Margins
    seed: int
    random: int = 0
    refined: int = 0
    undecided: int = 0
    best: list[tuple[float, int, dict[str, float]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.generator = np.random.default_rng(self.seed)
        self._inside = _inside(self.domain)
        self._kept = 0

    def _look(self, columns: sampling.Columns) -> tuple[int, Found | None]:
        """Evaluate points; how many lay in the domain, and the smallest margin among them with its point."""
        kept = self._inside(columns)
        columns = {name: column[kept] for name, column in columns.items()}
        count = int(kept.sum())
        if count == 0:
            return 0, None
        margins = self.margins(columns)
        known = np.isfinite(margins)
        self.undecided += int((~known).sum())
        order = np.argsort(np.where(known, margins, np.inf), kind="stable")[:CANDIDATES]
        for index in (int(i) for i in order if known[i]):
            point = {name: float(column[index]) for name, column in columns.items()}
            self._keep(float(margins[index]), point)
        first = int(order[0])
        if not known[first]:
            return count, None
        return count, (float(margins[first]), {name: float(column[first]) for name, column in columns.items()})

    def _keep(self, margin: float, point: dict[str, float]) -> None:
        if any(point == kept for _, _, kept in self.best):
            return
        self._kept += 1
        entry = (-margin, self._kept, point)
        (heapq.heappush if len(self.best) < CANDIDATES else heapq.heappushpop)(self.best, entry)

    def scan(self, points: int) -> Found | None:
        """Random points of the domain, at most fifty times as many draws; the smallest margin among them."""
        least: Found | None = None
        for _ in range(50):
            count, found = self._look(sampling.draw(self.domain, points, self.generator))
            self.random += count
            points -= count
            if found is not None and (least is None or found[0] < least[0]):
                least = found
            if points <= 0:
                break
        return least

    def refine(self, start: Found, rounds: int, moves: int) -> None:
        """Moves around the smallest margin; wider after a success, narrower after a failure."""
        (least, point), size = start, 0.3
        for _ in range(rounds):
            count, found = self._look(sampling.move(self.domain, point, size, moves, self.generator))
            self.refined += count
            if found is not None and found[0] < least:
                (least, point), size = found, min(1.5 * size, 1.0)
            else:
                size /= 2

    def smallest(self, count: int) -> list[Found]:
        """The points with the smallest margins."""
        return [(-margin, point) for margin, _, point in sorted(self.best, key=lambda e: -e[0])[:count]]

    def least(self) -> tuple[float | None, dict[str, float]]:
        """The smallest margin and where it was met."""
        found = self.smallest(1)
        return found[0] if found else (None, {})


def _inside(domain: Domain) -> Callable[[sampling.Columns], npt.NDArray[np.bool_]]:
    """Which floating-point points lie in the domain; the ends of open intervals do not."""
    relations = [c for c in domain.where if isinstance(c, sp.Basic)]
    others = [c for c in domain.where if not isinstance(c, sp.Basic)]
    compiled = [_compile(relation, domain) for relation in relations]

    def inside(columns: sampling.Columns) -> npt.NDArray[np.bool_]:
        kept = np.ones(len(next(iter(columns.values()))), bool)
        for name, chosen in domain.sets.items():
            if isinstance(chosen, sp.Interval):
                kept &= (columns[name] != float(chosen.start)) | (not chosen.left_open)
                kept &= (columns[name] != float(chosen.end)) | (not chosen.right_open)
        for function in compiled:
            kept &= np.asarray(function(columns), bool)
        for index in np.flatnonzero(kept) if others else ():
            point = {name: sp.Rational(float(column[index])) for name, column in columns.items()}
            kept[index] = all(condition(point) for condition in others)
        return kept

    return inside


def _compile(expression: sp.Basic, domain: Domain) -> Callable[[sampling.Columns], npt.NDArray[np.float64]]:
    """A NumPy function of columns named as the domain's symbols."""
    unified = expression.xreplace({s: sp.Symbol(s.name) for s in expression.free_symbols})
    names = list(domain.sets)
    function = sp.lambdify([sp.Symbol(name) for name in names], unified, ["scipy", "numpy"])

    def value(columns: sampling.Columns) -> npt.NDArray[np.float64]:
        with np.errstate(all="ignore"):
            return np.broadcast_to(function(*(columns[name] for name in names)), columns[names[0]].shape)

    return value


def _fast_margins(form: Form, domain: Domain) -> Margins | None:
    """Relative margins of many points at once, NaN where a side has no finite value; None if NumPy cannot have them."""
    sides = [side for side in (form.left, form.right) if isinstance(side, sp.Basic) and not side.has(*_AT_POINTS)]
    if len(sides) < 2:
        return None
    missing = sorted({s.name for side in sides for s in side.free_symbols} - set(domain.sets))
    if missing:
        raise ValueError(f"the domain has no set for {', '.join(missing)}")
    left, right = (_compile(side, domain) for side in sides)

    def margins(columns: sampling.Columns) -> npt.NDArray[np.float64]:
        return _relative(np.asarray(left(columns)), np.asarray(right(columns)), form.relation)

    try:
        margins(sampling.draw(domain, 4, np.random.default_rng(0)))
    except (NameError, TypeError, AttributeError, ValueError):  # a function that NumPy and SciPy do not have
        return None
    return margins


def _relative(left: npt.NDArray, right: npt.NDArray, relation: str) -> npt.NDArray[np.float64]:
    """(larger side - smaller side) / (sum of sizes), in [-1, 1]; next to a side that is 0, gap / (1 + size)."""
    with np.errstate(all="ignore"):
        real = np.isreal(left) & np.isreal(right)
        first, second = np.real(left).astype(float), np.real(right).astype(float)
        gap = second - first if relation in ("<", "<=") else first - second
        size = np.abs(first) + np.abs(second)
        beside_zero = (first == 0) | (second == 0)
        return np.where(real, gap / np.where(beside_zero, 1 + size, size), np.nan)


def _slow_margins(form: Form) -> Margins:
    """The same point by point, exactly evaluated at the rational number nearest to six digits."""

    def one(point: Mapping[str, float]) -> float:
        exact = {n: sp.Integer(int(v)) if float(v).is_integer() else sp.Rational(f"{v:.6g}") for n, v in point.items()}
        try:
            sides = [complex(sp.N(_value(side, exact), 17)) for side in (form.left, form.right) if side is not None]
        except Exception:  # a point where a side has no value decides nothing; it is counted
            return float("nan")
        return float(_relative(np.array(sides[0]), np.array(sides[1]), form.relation))

    def margins(columns: sampling.Columns) -> npt.NDArray[np.float64]:
        names = list(columns)
        return np.array([one(dict(zip(names, row))) for row in zip(*columns.values())])

    return margins


def _value(side: Side, point: Point) -> sp.Expr:
    """One side at an exact point, not simplified further than it has to be."""
    if not isinstance(side, sp.Basic):
        return sp.sympify(side(point))
    value = side.xreplace({symbol: sp.sympify(point[symbol.name]) for symbol in side.free_symbols})
    return value.doit() if value.has(sp.Sum, sp.Product, sp.Integral, sp.Limit) else value


def exactly(form: Form, point: Point) -> tuple[bool | None, str]:
    """Whether a form holds at an exact point, rigorously or not at all, with the two sides as text."""
    assert form.left is not None
    assert form.right is not None
    try:
        left, right = _value(form.left, point), _value(form.right, point)
    except Exception as error:
        return None, f"{type(error).__name__}: {error}"
    return intervals.holds(left, form.relation, right), f"{_short(left)} {form.relation} {_short(right)}"


def _short(value: sp.Basic) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"about {sp.N(value, 12)}"


def _verified(outcome: SearchOutcome, hunt: _Hunt, form: Form) -> SearchOutcome:
    """The outcome with the first candidate that fails exactly; or with one that could not be decided."""
    strict = form.relation in ("<", ">")
    for margin, point in hunt.smallest(CANDIDATES):
        if margin > ROUNDING or (margin > 0 and not strict):
            break
        decided = True
        for exact in sampling.exact_points(hunt.domain, point):
            holds, shown = exactly(form, exact)
            if holds is False:
                return replace(outcome, counterexample={n: str(v) for n, v in exact.items()}, shown=shown, open=False)
            decided = decided and holds is True
        if margin < -ROUNDING and not outcome.open:
            outcome = replace(outcome, open=True, shown=f"seems to fail at {point}, but could not be decided exactly")
    return outcome


def refutation(form: Form, point: Point, domain: Domain | None = None) -> Proof:
    """That a form fails at one exact point of its domain, decided rigorously; for a stored counterexample.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> refutation(Form("x <= x^2", left=x, right=x**2, relation="<="), {"x": sp.Rational(1, 2)}).complete
    True
    """
    board = Blackboard("exact point")
    at = ", ".join(f"{name} = {value}" for name, value in point.items())
    if domain is not None:
        outside = domain.violations(point)
        board.note(f"{at} lies in the domain", not outside, "; ".join(outside) or domain.describe())
    if form.left is None or form.right is None:
        board.note(f"the printed form has two sides at {at}", False)
        return board.proof()
    holds, shown = exactly(form, point)
    board.note(f"the printed form fails at {at}", holds is False, shown)
    return board.proof()
