"""The judge: derives, checks, simulates and reaches a verdict on every claim by itself.

>>> from theory.verify import verify
>>> report = verify(["antipgd/C.5"], effort=Effort.QUICK, seed=1)  # doctest: +SKIP
>>> report.exit_code, report.counts  # doctest: +SKIP
(0, {'proved': 4})
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

import sympy as sp

from theory.claims import coverage, registry
from theory.claims.claim import Claim, Derivation, Effort, Verdict
from theory.judge import agreement, measurement, statistics, verdicts
from theory.judge.deriving import Deriver, values_at
from theory.judge.outcomes import Entry, ExperimentOutcome, Opened, Report, Values
from toylands._version import __version__

__all__ = ["Effort", "Entry", "Report", "Values", "evaluate", "known_symbols", "verify"]

Progress = Callable[[Claim | None, int, int], None]


@dataclass(frozen=True)
class _Case:
    """One claim with everything that is known before the verdict."""

    claim: Claim
    opened: Opened
    measured: tuple[measurement.Measured, ...]


def verify(
    patterns: Sequence[str] = (),
    effort: Effort = Effort.DEFAULT,
    seed: int = 0,
    *,
    claims: Sequence[Claim] | None = None,
    progress: Progress | None = None,
    workers: int | None = None,
    fresh: bool = False,
) -> Report:
    """Judge claims.

    Parameters
    ----------
    patterns : sequence of str, default () for the whole ledger
        Ids, beginnings of ids, globs, or paths of ``.py`` files that define ``CLAIMS``.
    effort : Effort, default Effort.DEFAULT
        Scale of the Monte Carlo runs.
    seed : int, default 0
        Every experiment derives its own seed from this one, the claim's id and its own name.
    claims : sequence of Claim, optional
        Judge these instead of selecting from the ledger.
    progress : callable (claim or None, done, total), optional
        Called before the experiments of each claim, and with None at the end.
    workers : int, default None for as many as are worth while
        Processes that derive beside this one, which simulates. They change no number and no verdict.
    fresh : bool, default False
        Run every derivation, also where an earlier run with the same sources left its outcome on disk.

    Returns
    -------
    Report
        With ``partial`` set if the run was interrupted by Ctrl-C; it then holds the claims that were finished.

    Raises
    ------
    ValueError
        If ``seed`` is negative, a pattern means no claim, or a file holds no well-formed claims.
    TypeError
        If ``seed`` is no integer or ``effort`` no Effort.
    """
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise TypeError(f"seed must be an integer >= 0, got {seed!r}")
    if seed < 0:
        raise ValueError(f"seed must be an integer >= 0, got {seed}")
    if not isinstance(effort, Effort):
        raise TypeError(f"effort must be one of {', '.join(map(str, Effort))}, got {effort!r}")
    if claims is None:
        claims = registry.select([patterns] if isinstance(patterns, str) else patterns)
    else:
        registry.check_claims(claims)
    started = time.perf_counter()
    with Deriver(claims, workers, fresh) as deriver:
        cases, partial = _run(claims, effort, seed, progress, deriver)
    return Report(
        entries=_judge(cases),
        seed=seed,
        effort=effort,
        rate=statistics.FALSE_ALARM_RATE,
        version=__version__,
        seconds=time.perf_counter() - started,
        selected=len(claims),
        partial=partial,
        coverage=coverage.of_selection(claims),
    )


def _run(
    claims: Sequence[Claim], effort: Effort, seed: int, progress: Progress | None, deriver: Deriver
) -> tuple[list[_Case], bool]:
    """Derive and simulate every claim; after an interruption, those of which both was done are kept."""
    measured: dict[int, tuple[measurement.Measured, ...]] = {}

    def finished() -> list[_Case]:
        return [_Case(claims[i], deriver.opened[i], measured[i]) for i in sorted(measured) if i in deriver.opened]

    def tell(claim: Claim | None) -> None:
        if progress is not None:
            progress(claim, len(finished()), len(claims))

    with _interrupts() as interrupted:
        try:
            for index, claim in enumerate(claims):
                tell(claim)
                if deriver.alone:
                    deriver.open(index)
                results = []
                for experiment in claim.experiments:
                    results.append(measurement.measure(claim, experiment, effort, seed))
                    if interrupted.is_set():
                        return finished(), True
                measured[index] = tuple(results)
                deriver.collect()
            deriver.finish(told=lambda: tell(None))
            tell(None)
        except KeyboardInterrupt:
            return finished(), True
    return finished(), interrupted.is_set() and len(finished()) < len(claims)


@contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """An event that is set by Ctrl-C, also where the engine answers Ctrl-C itself with what it has so far."""
    event = threading.Event()
    before = signal.getsignal(signal.SIGINT) if threading.current_thread() is threading.main_thread() else None
    if not callable(before):
        yield event
        return

    def note(number: int, frame: FrameType | None) -> None:
        event.set()
        before(number, frame)

    signal.signal(signal.SIGINT, note)
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, before)


def _judge(cases: Sequence[_Case]) -> tuple[Entry, ...]:
    """Verdicts, after all experiments of the run have been judged as one family."""
    outcomes = iter(measurement.judge([m for case in cases for m in case.measured]))
    return tuple(_entry(case, tuple(next(outcomes) for _ in case.measured)) for case in cases)


def _entry(case: _Case, experiments: tuple[ExperimentOutcome, ...]) -> Entry:
    opened = case.opened
    if opened.derivation is None:
        verdict, finding = Verdict.INCONCLUSIVE, opened.error
    else:
        verdict, finding = verdicts.reach(opened.derivation, opened.checks, experiments, opened.searches)
    return Entry(
        claim=case.claim,
        derivation=opened.derivation,
        checks=opened.checks,
        experiments=experiments,
        verdict=verdict,
        finding=finding,
        values=opened.values,
        trace=opened.trace,
        searches=opened.searches,
        seconds=(0.0 if opened.kept else opened.seconds) + sum(m.seconds for m in case.measured),
        kept=opened.seconds if opened.kept else None,
    )


def known_symbols(claim: Claim, derivation: Derivation | None = None) -> set[str]:
    """Names that a point of this claim may give values to."""
    names = set(claim.symbols) | set(claim.example) | set(claim.domain.sets if claim.domain is not None else ())
    for form in (claim.printed, derivation.form if derivation is not None else None):
        for side in () if form is None else (form.left, form.right):
            if isinstance(side, sp.Basic):
                names |= {symbol.name for symbol in side.free_symbols}
    return names


def evaluate(claim: Claim, point: Mapping[str, object] | None = None, derivation: Derivation | None = None) -> Values:
    """The sides of the printed and of the derived form at a point, exactly where the inputs are exact.

    Parameters
    ----------
    claim : Claim
        An entry of the ledger, or one's own.
    point : mapping of str to number, optional
        Values of symbols; the others come from ``claim.example``. Floats stay floats: give ``sympy.Rational``,
        ``fractions.Fraction`` or text such as ``"1/2"`` for exact results.
    derivation : Derivation, optional
        What ``claim.derive()`` returned, to save doing it again.

    Raises
    ------
    ValueError
        If ``point`` names a symbol that the claim does not have; the message lists those that it has.

    Examples
    --------
    >>> from theory.claims.claim import Form
    >>> x = sp.Symbol("x")
    >>> form = Form(text="x^2", right=x**2)
    >>> claim = Claim("a/b", "a", "", "A square.", form, lambda: Derivation(form, None), Verdict.SUPPORTED, "")
    >>> evaluate(claim, {"x": "1/2"}).printed
    {'right': 1/4}
    """
    derivation = claim.derive() if derivation is None else derivation
    known = known_symbols(claim, derivation)
    unknown = sorted(set(point or {}) - known)
    if unknown:
        listed = ", ".join(sorted(known)) or "none"
        raise ValueError(f"{claim.id} has no symbol {', '.join(unknown)}; its symbols are: {listed}")
    full = {**agreement.example_point(claim), **{n: agreement.exact(v) for n, v in (point or {}).items()}}
    return values_at(claim, derivation, full)
