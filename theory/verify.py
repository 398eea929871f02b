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
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

import sympy as sp

from theory import agreement, measurement, statistics, verdicts
from theory.claims import registry
from theory.claims.claim import Claim, Derivation, Effort, Form, Verdict
from theory.outcomes import Check, Entry, ExperimentOutcome, Report, Values
from toylands._version import __version__

__all__ = ["Effort", "Entry", "Report", "Values", "evaluate", "known_symbols", "verify"]

Progress = Callable[[Claim | None, int, int], None]


@dataclass
class _Case:
    """One claim on its way through the judge."""

    claim: Claim
    derivation: Derivation | None = None
    checks: tuple[Check, ...] = ()
    measured: list[measurement.Measured] = field(default_factory=list)
    error: str = ""
    trace: str = ""
    seconds: float = 0.0


def verify(
    patterns: Sequence[str] = (),
    effort: Effort = Effort.DEFAULT,
    seed: int = 0,
    *,
    claims: Sequence[Claim] | None = None,
    progress: Progress | None = None,
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
        Called before each claim, and once with None at the end.

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
    cases, partial = _run(claims, effort, seed, progress)
    return Report(
        entries=_judge(cases),
        seed=seed,
        effort=effort,
        rate=statistics.FALSE_ALARM_RATE,
        version=__version__,
        seconds=time.perf_counter() - started,
        selected=len(claims),
        partial=partial,
    )


def _run(claims: Sequence[Claim], effort: Effort, seed: int, progress: Progress | None) -> tuple[list[_Case], bool]:
    """Derive and simulate claim by claim; an interrupted claim is dropped, those before it are kept."""
    done: list[_Case] = []
    with _interrupts() as interrupted:
        try:
            for claim in claims:
                if progress is not None:
                    progress(claim, len(done), len(claims))
                case = _open(claim)
                for experiment in claim.experiments if not case.error else ():
                    case.measured.append(measurement.measure(claim, experiment, effort, seed))
                    if interrupted.is_set():
                        return done, True
                case.seconds += sum(m.seconds for m in case.measured)
                done.append(case)
            if progress is not None:
                progress(None, len(done), len(claims))
        except KeyboardInterrupt:
            return done, True
    return done, interrupted.is_set() and len(done) < len(claims)


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


def _open(claim: Claim) -> _Case:
    """Run a claim's derivation and the exact checks of its forms; an exception becomes the case's error."""
    case = _Case(claim)
    started = time.perf_counter()
    try:
        derivation = claim.derive()
        if not isinstance(derivation, Derivation):
            raise TypeError(f"derive must return a Derivation, got {type(derivation).__name__}")
        case.derivation = derivation
        case.checks = agreement.check_forms(claim, derivation)
    except Exception as error:
        case.error = f"the derivation raised {type(error).__name__}: {error}"
        case.trace = traceback.format_exc()
    case.seconds = time.perf_counter() - started
    return case


def _judge(cases: Sequence[_Case]) -> tuple[Entry, ...]:
    """Verdicts, after all experiments of the run have been judged as one family."""
    outcomes = iter(measurement.judge([m for case in cases for m in case.measured]))
    return tuple(_entry(case, tuple(next(outcomes) for _ in case.measured)) for case in cases)


def _entry(case: _Case, experiments: tuple[ExperimentOutcome, ...]) -> Entry:
    if case.derivation is None or case.error:
        verdict, finding = Verdict.INCONCLUSIVE, case.error
    else:
        verdict, finding = verdicts.reach(case.derivation, case.checks, experiments)
    return Entry(
        claim=case.claim,
        derivation=case.derivation,
        checks=case.checks,
        experiments=experiments,
        verdict=verdict,
        finding=finding,
        values=None if case.derivation is None else _values(case.claim, case.derivation, {}),
        trace=case.trace,
        seconds=case.seconds,
    )


def known_symbols(claim: Claim, derivation: Derivation | None = None) -> set[str]:
    """Names that a point of this claim may give values to."""
    names = set(claim.symbols) | set(claim.example)
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
    return _values(claim, derivation, point or {})


def _values(claim: Claim, derivation: Derivation, point: Mapping[str, object]) -> Values:
    full = {**agreement.example_point(claim), **{name: agreement.exact(value) for name, value in point.items()}}
    problems: list[str] = []

    def sides(form: Form | None, which: str) -> dict[str, object]:
        found: dict[str, object] = {}
        for name in ("left", "right"):
            if form is None or getattr(form, name) is None:
                continue
            value = agreement.side_value(form, name, full)
            if isinstance(value, Exception):
                problems.append(f"{which} form, {name} side: {type(value).__name__}: {value}")
            else:
                found[name] = value
        return found

    printed, derived = sides(claim.printed, "printed"), sides(derivation.form, "derived")
    return Values(dict(full), printed, derived, tuple(problems))
