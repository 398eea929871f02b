"""What the judge found, as immutable values: checks, comparisons, mutants, entries and the whole report."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from theory.claims.claim import Claim, Derivation, Effort, Verdict
from theory.claims.coverage import Coverage


@dataclass(frozen=True)
class Check:
    """An exact check of a form: it holds (True), fails (False), or could not be decided (None).

    ``matters`` is False for checks that only inform, e.g. that a form already shown to be false fails at the example.
    """

    what: str
    holds: bool | None
    shown: str = ""
    matters: bool = True


@dataclass(frozen=True)
class Comparison:
    """One estimated number against the derived and the printed prediction.

    ``score`` is (estimate - expected) / stderr, ``detectable`` the smallest deviation from ``expected`` that would
    have been caught with probability 0.99, in absolute terms.
    """

    label: str
    estimate: float
    stderr: float
    expected: float
    score: float
    detectable: float
    rejected: bool
    printed: float | None = None
    printed_score: float | None = None

    @property
    def relative_detectable(self) -> float | None:
        """``detectable`` relative to the expected number, None where that is 0."""
        return None if self.expected == 0 else self.detectable / abs(self.expected)


@dataclass(frozen=True)
class MutantOutcome:
    """A plausible wrong formula: the score furthest out in the forbidden direction, and whether it was rejected."""

    name: str
    score: float
    label: str
    rejected: bool


@dataclass(frozen=True)
class ExperimentOutcome:
    """One experiment, judged.

    ``printed_rejected`` is None where the experiment predicts nothing for the printed form. ``problem`` says why the
    numbers decide nothing (divergence, NaN, an exception), None if they do.
    """

    name: str
    relation: str
    seed: int
    trajectories: int
    diverged: int
    critical: float
    comparisons: tuple[Comparison, ...]
    mutants: tuple[MutantOutcome, ...]
    printed_rejected: bool | None = None
    printed_score: float | None = None
    problem: str | None = None
    trace: str = ""
    seconds: float = 0.0

    @property
    def agrees(self) -> bool:
        """True when numbers were obtained and none of them was rejected."""
        return self.problem is None and bool(self.comparisons) and not any(c.rejected for c in self.comparisons)

    @property
    def worst(self) -> Comparison | None:
        """The comparison whose score is furthest from 0."""
        return max(self.comparisons, key=lambda c: abs(c.score), default=None)


@dataclass(frozen=True)
class SearchOutcome:
    """A search for a counterexample to one form, see :func:`theory.judge.search.search`.

    ``margin`` is the smallest relative margin seen, at ``where``: (larger side - smaller side) / (sum of their sizes),
    or, next to a side that is 0, the other one's gap g as g / (1 + |g|). ``counterexample`` is an exact point where the
    form fails. ``open`` says that floating-point numbers suggest a failure that could not be decided exactly.
    """

    form: str
    random: int
    refined: int
    undecided: int
    seed: int
    margin: float | None
    where: dict[str, float]
    counterexample: dict[str, str] | None = None
    shown: str = ""
    open: bool = False

    @property
    def decided(self) -> int:
        """Points at which both sides had finite values."""
        return self.random + self.refined - self.undecided

    @property
    def effort(self) -> str:
        """How much was looked at and how close it came, in one phrase."""
        text = f"{self.random} random points and {self.refined} refining ones (seed {self.seed})"
        if self.undecided:
            text += f", {self.undecided} of them without a value"
        if self.margin is None:
            return text
        at = ", ".join(f"{name} = {value:.6g}" for name, value in self.where.items())
        return f"{text}, smallest relative margin {self.margin:.2g} at {at}"


@dataclass(frozen=True)
class Values:
    """Sides of the printed and the derived form at one point; a side that has no value there is missing.

    ``relations`` holds the relations of the ``printed`` and the ``derived`` form, ``holds`` whether left and right
    stand in them at the point (None where that cannot be decided), ``outside`` why the point is not in the domain.
    """

    point: dict[str, object]
    printed: dict[str, object]
    derived: dict[str, object]
    problems: tuple[str, ...] = ()
    relations: dict[str, str] = field(default_factory=dict)
    holds: dict[str, bool | None] = field(default_factory=dict)
    outside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Opened:
    """A claim whose derivation ran and whose forms were checked, or the error that this raised.

    ``kept`` says that an earlier run did this, with the same sources, and took ``seconds`` for it.
    """

    derivation: Derivation | None
    checks: tuple[Check, ...] = ()
    values: Values | None = None
    error: str = ""
    trace: str = ""
    seconds: float = 0.0
    searches: tuple[SearchOutcome, ...] = ()
    kept: bool = False


@dataclass(frozen=True)
class Entry:
    """One claim with everything that was found about it.

    ``kept`` is None where the derivation ran; else it was taken from disk, where an earlier run with the same sources
    had left it, after so many seconds.
    """

    claim: Claim
    derivation: Derivation | None
    checks: tuple[Check, ...]
    experiments: tuple[ExperimentOutcome, ...]
    verdict: Verdict
    finding: str
    values: Values | None = None
    trace: str = ""
    seconds: float = 0.0
    searches: tuple[SearchOutcome, ...] = ()
    kept: float | None = None

    @property
    def agrees(self) -> bool:
        """Whether the verdict is the recorded one."""
        return self.verdict == self.claim.recorded

    @property
    def reason(self) -> str:
        """The ledger's reason where the verdict is as recorded, the judge's finding otherwise."""
        return self.claim.reason if self.agrees and self.claim.reason else self.finding

    @property
    def method(self) -> str:
        """How the form was derived, in a few words."""
        if self.derivation is None:
            return "error"
        if self.derivation.proof is not None:
            return self.derivation.proof.method
        if self.derivation.counterexample is not None:
            return f"counterexample ({self.derivation.counterexample.method})"
        if self.experiments:
            return "experiment only"
        return "search only" if self.searches else "none"


@dataclass(frozen=True)
class Report:
    """A whole run of the judge."""

    entries: tuple[Entry, ...]
    seed: int
    effort: Effort
    rate: float
    version: str
    seconds: float
    selected: int
    partial: bool = False
    coverage: tuple[Coverage, ...] = ()

    @property
    def kept(self) -> tuple[Entry, ...]:
        """Entries whose derivation an earlier run did."""
        return tuple(entry for entry in self.entries if entry.kept is not None)

    @property
    def comparisons(self) -> int:
        """Numbers compared in all experiments together."""
        return sum(len(e.comparisons) for entry in self.entries for e in entry.experiments)

    @property
    def mutants(self) -> tuple[tuple[Entry, ExperimentOutcome, MutantOutcome], ...]:
        """Every mutant with the entry and the experiment it belongs to."""
        return tuple((n, e, m) for n in self.entries for e in n.experiments for m in e.mutants)

    @property
    def kill_rate(self) -> float | None:
        """Share of the mutants that were rejected; None without mutants."""
        mutants = self.mutants
        return sum(m.rejected for _, _, m in mutants) / len(mutants) if mutants else None

    @property
    def counts(self) -> dict[str, int]:
        """How many entries reached each verdict, in the order of the verdicts."""
        found = Counter(entry.verdict for entry in self.entries)
        return {str(verdict): found[verdict] for verdict in Verdict if found[verdict]}

    @property
    def differing(self) -> tuple[Entry, ...]:
        """Entries whose verdict is not the recorded one."""
        return tuple(entry for entry in self.entries if not entry.agrees)

    @property
    def exit_code(self) -> int:
        """0 if every verdict is the recorded one, 1 if one differs, 130 if the run was interrupted."""
        if self.partial:
            return 130
        return 1 if self.differing else 0
