"""Deriving claims, in this process and, while it simulates, in others beside it.

SymPy keeps one core busy and Monte Carlo mostly waits for compilers, so a second process that derives halves the time
of a run. Only text and exact numbers come back from it: the formulas themselves, which may be functions, stay there.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

import sympy as sp

from theory.claims.claim import Claim, Derivation, Form
from theory.judge import agreement, kept, search
from theory.judge.outcomes import Check, Opened, SearchOutcome, Values

MOST_WORKERS = 3
FEWEST_CLAIMS = 8
"""Number of claims from which it is worth starting another process."""

_FINISHED = ".pickle"

_ASSUMPTIONS = ("integer", "positive", "nonnegative", "negative", "nonzero", "real")
"""Assumptions of symbols that say something about a claim's domain, the most telling first."""


def open_claim(claim: Claim) -> Opened:
    """Run a claim's derivation and the exact checks of its forms; an exception becomes the error of the result."""
    started = time.perf_counter()
    try:
        derivation = claim.derive()
        if not isinstance(derivation, Derivation):
            raise TypeError(f"derive must return a Derivation, got {type(derivation).__name__}")
        derivation, stored = _with_stored_counterexample(claim, derivation)
        searches = _searches(claim, derivation)
        checks = (*agreement.check_forms(claim, derivation), *stored, *_search_checks(searches, derivation))
        values = values_at(claim, derivation, agreement.example_point(claim))
    except Exception as error:
        return Opened(
            None,
            error=f"the derivation raised {type(error).__name__}: {error}",
            trace=traceback.format_exc(),
            seconds=time.perf_counter() - started,
        )
    return Opened(derivation, checks, values, seconds=time.perf_counter() - started, searches=searches)


def _with_stored_counterexample(claim: Claim, derivation: Derivation) -> tuple[Derivation, tuple[Check, ...]]:
    """The claim's own point of failure, decided anew: the counterexample, or a check beside the derivation's own."""
    if claim.fails_at is None:
        return derivation, ()
    point = {**agreement.example_point(claim), **{n: agreement.exact(v) for n, v in claim.fails_at.items()}}
    proof = search.refutation(claim.printed, point, claim.domain)
    if derivation.counterexample is None:
        return replace(derivation, counterexample=proof), ()
    shown = "; ".join(f"{step.what}: {step.shown}" for step in proof.steps)
    return derivation, (Check("stored counterexample to the printed form", proof.complete, shown),)


def _searches(claim: Claim, derivation: Derivation) -> tuple[SearchOutcome, ...]:
    """A search of the domain for each form that is an inequality."""
    if claim.domain is None:
        return ()
    forms = {"printed form": claim.printed}
    if derivation.form is not None and not _same_sides(derivation.form, claim.printed):
        forms["derived form"] = derivation.form
    return tuple(search.search(claim, form, name) for name, form in forms.items() if search.searchable(form))


def _same_sides(first: Form, second: Form) -> bool:
    return (first.left, first.relation, first.right) == (second.left, second.relation, second.right)


def _search_checks(searches: Sequence[SearchOutcome], derivation: Derivation) -> tuple[Check, ...]:
    """What the searches say; about a printed form that is known to be false they only inform."""
    checks = []
    for outcome in searches:
        what = f"search of the domain, {outcome.form}"
        matters = derivation.counterexample is None or outcome.form != "printed form"
        if outcome.counterexample is not None:
            at = ", ".join(f"{name} = {value}" for name, value in outcome.counterexample.items())
            checks.append(Check(what, False, f"not {outcome.shown} at {at}", matters))
        elif outcome.open or outcome.decided < search.FEWEST_POINTS:
            checks.append(Check(what, None, outcome.shown or f"too few points: {outcome.effort}", matters))
        else:
            checks.append(Check(what, True, outcome.effort, matters))
    return tuple(checks)


def values_at(claim: Claim, derivation: Derivation, point: agreement.Point) -> Values:
    """The sides of the printed and the derived form at a point."""
    problems: list[str] = []

    def sides(form: Form | None, which: str) -> dict[str, object]:
        found: dict[str, object] = {}
        for name in ("left", "right"):
            if form is None or getattr(form, name) is None:
                continue
            value = agreement.side_value(form, name, point)
            if isinstance(value, Exception):
                problems.append(f"{which} form, {name} side: {type(value).__name__}: {value}")
            else:
                found[name] = value
        return found

    printed, derived = sides(claim.printed, "printed"), sides(derivation.form, "derived")
    holds, relations = {}, {}
    for which, form, found in (("printed", claim.printed, printed), ("derived", derivation.form, derived)):
        if form is not None:
            relations[which] = form.relation
        if form is not None and len(found) == 2:
            holds[which] = agreement.relation_holds(found["left"], form.relation, found["right"])
    outside = _outside(claim, derivation, point)
    return Values(dict(point), printed, derived, tuple(problems), relations, holds, outside)


def _outside(claim: Claim, derivation: Derivation, point: agreement.Point) -> tuple[str, ...]:
    """Why a point is not in the claim's domain, as the claim or what its symbols assume says; empty if it is."""
    found = [] if claim.domain is None else list(claim.domain.violations(point))
    for form in (claim.printed, derivation.form):
        sides = () if form is None else (form.left, form.right)
        symbols = {s for side in sides if isinstance(side, sp.Basic) for s in side.free_symbols}
        for symbol in sorted(symbols, key=str):
            if any(line.startswith(f"{symbol.name} must ") for line in found) or symbol.name not in point:
                continue
            value, assumed = point[symbol.name], symbol.assumptions0
            broken = [a for a in _ASSUMPTIONS if assumed.get(a) and getattr(value, f"is_{a}") is False]
            if broken:
                found.append(f"{symbol.name} must be {broken[0]}, got {value}")
    return tuple(found)


def automatic_workers(claims: int) -> int:
    """How many processes beside this one are worth while: none for few claims, one core, or without ``fork``."""
    if claims < FEWEST_CLAIMS or "fork" not in multiprocessing.get_all_start_methods() or sys.platform == "darwin":
        return 0
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(MOST_WORKERS, cores - 1)


class Deriver:
    """Opens claims in ``workers`` processes beside this one, and in this one where it asks for them.

    Use it as a context manager; the processes end with it. They leave their results in a folder, a file a claim, so
    that none waits for another, and one that dies loses nothing: this one then does the rest. What earlier runs found
    out from the same sources is taken from disk, unless ``fresh``.
    """

    def __init__(self, claims: Sequence[Claim], workers: int | None, fresh: bool = False) -> None:
        self.opened: dict[int, Opened] = {}
        self._claims = claims
        kept.prune()
        for index, claim in enumerate(() if fresh else claims):
            found = kept.load(claim)
            if found is not None:
                self.opened[index] = found
        self._pending = [index for index in range(len(claims)) if index not in self.opened]
        workers = automatic_workers(len(self._pending)) if workers is None else workers
        self._folder = tempfile.TemporaryDirectory(prefix="toylands-")
        self._processes: list[Any] = []
        if workers > 0:
            context = multiprocessing.get_context("fork")
            self._next = context.Value("i", 0)
            arguments = (claims, self._pending, self._next, Path(self._folder.name))
            self._processes = [context.Process(target=_work, args=arguments, daemon=True) for _ in range(workers)]

    def __enter__(self) -> Deriver:
        with warnings.catch_warnings():
            # The children compute with SymPy only and touch no lock that another thread may have held.
            warnings.simplefilter("ignore", DeprecationWarning)
            for process in self._processes:
                process.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.terminate()
            process.join()
        self._folder.cleanup()

    @property
    def alone(self) -> bool:
        """Whether there is no other process."""
        return not self._processes

    def open(self, index: int) -> Opened:
        """The claim of this index, opened here and now unless it has been already."""
        if index not in self.opened:
            self._take_in(index, open_claim(self._claims[index]))
        return self.opened[index]

    def _take_in(self, index: int, opened: Opened) -> None:
        if index not in self.opened:
            self.opened[index] = opened
            kept.save(self._claims[index], opened)

    def collect(self) -> None:
        """Take in what the other processes have finished."""
        for file in sorted(Path(self._folder.name).glob("*" + _FINISHED)):
            # Only children of this process write into this folder, which no other user can enter.
            self._take_in(int(file.stem), pickle.loads(file.read_bytes()))  # noqa: S301
            file.unlink()

    def finish(self, told: Callable[[], None]) -> None:
        """Open everything that is still closed, together with the other processes; call ``told`` in between."""
        while not self.alone and (index := _take(self._next, self._pending)) is not None:
            self.open(index)
            self.collect()
            told()
        while any(process.is_alive() for process in self._processes):
            time.sleep(0.05)
            self.collect()
            told()
        self.collect()
        for index in range(len(self._claims)):
            self.open(index)


def _take(shared: Any, pending: Sequence[int]) -> int | None:
    """The index of the next claim that nobody has taken."""
    with shared.get_lock():
        position = int(shared.value)
        if position >= len(pending):
            return None
        shared.value = position + 1
        return pending[position]


def _work(claims: Sequence[Claim], pending: Sequence[int], shared: Any, folder: Path) -> None:
    """What another process does: open claims, and leave behind what can be sent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    while (index := _take(shared, pending)) is not None:
        opened = _without_formulas(open_claim(claims[index]))
        beside = folder / f"{index}.part"
        with contextlib.suppress(Exception):  # what cannot be sent, the parent opens itself
            beside.write_bytes(pickle.dumps(opened))
            beside.replace(beside.with_suffix(_FINISHED))


def _without_formulas(opened: Opened) -> Opened:
    """The same without the sides of the derived form, which may be functions that cannot be sent."""
    derivation = opened.derivation
    if derivation is None or derivation.form is None:
        return opened
    return replace(opened, derivation=replace(derivation, form=replace(derivation.form, left=None, right=None)))
