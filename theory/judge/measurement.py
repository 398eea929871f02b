"""Running the experiments of a claim, and judging all experiments of a run as one family of comparisons."""

from __future__ import annotations

import hashlib
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from theory.claims.claim import Claim, Effort, Estimates, Experiment
from theory.judge import statistics
from theory.judge.outcomes import Comparison, ExperimentOutcome, MutantOutcome

Array = statistics.Array


@dataclass(frozen=True)
class Numbers:
    """Estimates and what the derived form, the printed form and the mutants predict for them."""

    estimates: Estimates
    expected: Array
    printed: Array | None
    mutants: dict[str, Array]

    @property
    def random(self) -> npt.NDArray[np.bool_]:
        """Which of the numbers carry a Monte Carlo error, and so belong to the family of comparisons."""
        return ~statistics.is_deterministic(self.estimates.values, self.estimates.stderr, self.expected)

    def scores(self, predicted: Array) -> Array:
        """Standard scores against a prediction; NaN where the prediction is not finite, which rejects nothing."""
        scores = statistics.standard_scores(self.estimates.values, self.estimates.stderr, predicted)
        return np.where(np.isfinite(predicted), scores, np.nan)


@dataclass(frozen=True)
class Measured:
    """One experiment as it was run, not yet judged: ``numbers``, or the ``problem`` for which they decide nothing."""

    experiment: Experiment
    seed: int
    numbers: Numbers | None = None
    problem: str | None = None
    trace: str = ""
    trajectories: int = 0
    diverged: int = 0
    seconds: float = 0.0


def experiment_seed(seed: int, claim_id: str, name: str) -> int:
    """The seed of one experiment: a function of the run's seed and the names only, so that selecting changes none.

    Examples
    --------
    >>> experiment_seed(0, "a", "b") == experiment_seed(0, "a", "b") != experiment_seed(1, "a", "b")
    True
    """
    digest = hashlib.sha256("\x1f".join((str(seed), claim_id, name)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def measure(claim: Claim, experiment: Experiment, effort: Effort, seed: int) -> Measured:
    """Run one experiment and evaluate its predictions; whatever goes wrong becomes the ``problem`` of the result."""
    own_seed = experiment_seed(seed, claim.id, experiment.name)
    started = time.perf_counter()
    numbers, problem, trace, trajectories, diverged = None, None, "", 0, 0
    try:
        statistics.critical_score(1, experiment.relation, 2)  # an unknown relation is found before any work
        estimates = _checked(experiment.simulate(effort, own_seed))
        trajectories, diverged = estimates.trajectories, estimates.diverged
        numbers = _numbers(experiment, estimates)
        problem = _problem(experiment, numbers)
    except Exception as error:
        problem, trace = f"{type(error).__name__}: {error}", traceback.format_exc()
    seconds = time.perf_counter() - started
    usable = numbers if problem is None else None
    return Measured(experiment, own_seed, usable, problem, trace, trajectories, diverged, seconds)


def _numbers(experiment: Experiment, estimates: Estimates) -> Numbers:
    size = len(estimates.values)
    return Numbers(
        estimates,
        expected=_prediction("expected", experiment.expected, size),
        printed=None if experiment.printed is None else _prediction("printed", experiment.printed, size),
        mutants={name: _prediction(f"mutant {name!r}", make, size) for name, make in experiment.mutants.items()},
    )


def _checked(estimates: Estimates) -> Estimates:
    """Estimates as one-dimensional float arrays of one length."""
    values, stderr = (np.atleast_1d(np.asarray(a, float)) for a in (estimates.values, estimates.stderr))
    if values.ndim != 1 or values.shape != stderr.shape or len(estimates.labels) != values.size or not values.size:
        raise ValueError(
            f"values, stderr and labels must be of one length >= 1, got shapes {values.shape}, {stderr.shape} "
            f"and {len(estimates.labels)} labels"
        )
    return Estimates(values, stderr, tuple(estimates.labels), int(estimates.trajectories), int(estimates.diverged))


def _prediction(name: str, make: Callable[[], np.ndarray], size: int) -> Array:
    values = np.atleast_1d(np.asarray(make(), float))
    if values.shape != (size,):
        raise ValueError(f"{name} must give {size} numbers, one per estimate, got shape {values.shape}")
    return values


def _problem(experiment: Experiment, numbers: Numbers) -> str | None:
    """Why the numbers can decide nothing, or None."""
    estimates = numbers.estimates
    if estimates.diverged and not experiment.allow_divergence:
        return f"{estimates.diverged} of {estimates.trajectories} trajectories diverged"
    named = {"estimate": estimates.values, "standard error": estimates.stderr, "prediction": numbers.expected}
    for name, values in named.items():
        bad = ~np.isfinite(values)
        if bad.any():
            return f"the {name} of {estimates.labels[int(np.argmax(bad))]} is {values[bad][0]}"
    if (estimates.stderr < 0).any():
        return f"a standard error is negative: {estimates.stderr.min()}"
    if numbers.random.any() and estimates.trajectories < 2:
        return f"{estimates.trajectories} trajectories give no standard error"
    return None


def judge(measured: Sequence[Measured], rate: float = statistics.FALSE_ALARM_RATE) -> list[ExperimentOutcome]:
    """Judge all experiments of a run together, at one rate of false alarms.

    Parameters
    ----------
    measured : sequence of Measured
        Every experiment of the run.
    rate : float, default 1e-4
        Probability of at least one false rejection in the whole run.

    Returns
    -------
    list of ExperimentOutcome
        In the same order. Derived predictions are rejected by Holm's procedure over all comparisons of the run.
        Mutants and printed predictions are rejected where one of their numbers lies beyond Bonferroni's threshold,
        the weakest rejection that Holm's procedure could make whatever the other comparisons.
    """
    sizes = [0 if m.numbers is None else int(m.numbers.random.sum()) for m in measured]
    pooled = [_family_p_values(m.numbers, m.experiment.relation) for m in measured if m.numbers is not None]
    rejected = statistics.holm(np.concatenate(pooled), rate) if pooled else np.zeros(0, bool)
    parts = np.split(rejected, np.cumsum(sizes)[:-1])
    family = max(sum(sizes), 1)
    return [_outcome(m, part, family, rate) for m, part in zip(measured, parts)]


def _family_p_values(numbers: Numbers, relation: str) -> Array:
    if not numbers.random.any():
        return np.zeros(0)
    scores = numbers.scores(numbers.expected)[numbers.random]
    return statistics.p_values(scores, relation, numbers.estimates.trajectories)


def _outcome(m: Measured, rejected: npt.NDArray[np.bool_], family: int, rate: float) -> ExperimentOutcome:
    """``rejected`` holds what Holm's procedure says about the numbers of this experiment that are random."""
    relation, numbers = m.experiment.relation, m.numbers
    blank = ExperimentOutcome(
        name=m.experiment.name,
        relation=relation,
        seed=m.seed,
        trajectories=m.trajectories,
        diverged=m.diverged,
        critical=float("nan"),
        comparisons=(),
        mutants=tuple(MutantOutcome(name, float("nan"), "", False) for name in m.experiment.mutants),
        problem=m.problem,
        trace=m.trace,
        seconds=m.seconds,
    )
    if numbers is None:
        return blank
    critical = statistics.critical_score(family, relation, max(m.trajectories, 2), rate)
    wrong = statistics.rejects(numbers.scores(numbers.expected), relation, critical)
    wrong[numbers.random] = rejected
    outcome = replace(
        blank,
        critical=critical,
        comparisons=_comparisons(numbers, wrong, critical),
        mutants=tuple(
            MutantOutcome(name, *_furthest(numbers, predicted, relation, critical))
            for name, predicted in numbers.mutants.items()
        ),
    )
    if numbers.printed is None:
        return outcome
    score, _, printed_rejected = _furthest(numbers, numbers.printed, relation, critical)
    return replace(outcome, printed_rejected=printed_rejected, printed_score=score)


def _comparisons(numbers: Numbers, wrong: npt.NDArray[np.bool_], critical: float) -> tuple[Comparison, ...]:
    estimates, expected, printed = numbers.estimates, numbers.expected, numbers.printed
    scores = numbers.scores(expected)
    printed_scores = None if printed is None else numbers.scores(printed)
    smallest = statistics.detectable_deviation(estimates.stderr, critical)
    detectable = np.where(numbers.random, smallest, statistics.DETERMINISTIC_TOLERANCE * np.abs(expected))
    return tuple(
        Comparison(
            label=label,
            estimate=float(estimates.values[i]),
            stderr=float(estimates.stderr[i]),
            expected=float(expected[i]),
            score=float(scores[i]),
            detectable=float(detectable[i]),
            rejected=bool(wrong[i]),
            printed=None if printed is None else float(printed[i]),
            printed_score=None if printed_scores is None else float(printed_scores[i]),
        )
        for i, label in enumerate(estimates.labels)
    )


def _furthest(numbers: Numbers, predicted: Array, relation: str, critical: float) -> tuple[float, str, bool]:
    """The score furthest out in the forbidden direction, its label, and whether it lies beyond ``critical``."""
    scores = numbers.scores(predicted)
    distance = {"==": np.abs(scores), "<=": scores, ">=": -scores}[relation]
    if np.isnan(distance).all():
        return float("nan"), numbers.estimates.labels[0], False
    index = int(np.nanargmax(distance))
    return float(scores[index]), numbers.estimates.labels[index], bool(distance[index] > critical)
