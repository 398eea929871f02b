"""Building entries: one function for claims that hold, that hold after a correction, and that fail."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from theory.claims.claim import Claim, Derivation, Effort, Estimates, Experiment, Form, Point, Verdict
from theory.proof import Proof

Prove = Callable[[], Proof]
Predict = Callable[[], np.ndarray]
Draw = Callable[[np.random.Generator, int], np.ndarray]


def judged(
    paper: str, number: str, place: str, statement: str, printed: Form, prove: Prove | None, reason: str, *,
    form: Form | None = None, refute: Prove | None = None, note: str = "", **fields: Any,
) -> Claim:
    """The claim ``paper/number``, recorded as what its parts allow.

    Without ``refute`` the printed form (or ``form``, which implies it) holds: proved. With ``refute`` the printed form
    fails; ``form`` is what holds instead: corrected, or refuted where there is none. ``fields`` are further fields of
    the claim, ``recorded`` among them for claims that only a search supports.
    """
    if refute is None:
        form, recorded = form or printed, Verdict.PROVED
    else:
        recorded = Verdict.CORRECTED if form is not None else Verdict.REFUTED

    def derive() -> Derivation:
        return Derivation(form, prove() if prove else None, refute() if refute else None, note)

    return Claim(
        id=f"{paper}/{number}", paper=paper, place=place, statement=statement, printed=printed, derive=derive,
        reason=reason, **{"recorded": recorded, **fields},
    )  # fmt: skip


def number_sampler(**ranges: tuple[int, int, int]) -> Callable[[random.Random], Point]:
    """Draws exact points: each name from the fractions n / denominator with low <= n <= high."""

    def sample(generator: random.Random) -> Point:
        return {name: sp.Rational(generator.randint(low, high), over) for name, (low, high, over) in ranges.items()}

    return sample


def sampled_means(
    name: str, draw: Draw, labels: Sequence[str], expected: Predict, mutants: Mapping[str, Predict], *,
    count: int = 200_000, relation: str = "==", printed: Predict | None = None,
) -> Experiment:
    """Means of independent samples against predictions.

    ``draw(generator, n)`` returns an array (n, len(labels)): one row a sample, one column a number to estimate.
    """

    def simulate(effort: Effort, seed: int) -> Estimates:
        samples = np.asarray(draw(np.random.default_rng(seed), effort.trajectories(count)), float)
        samples = samples.reshape(len(samples), len(labels))
        stderr = samples.std(axis=0, ddof=1) / np.sqrt(len(samples))
        return Estimates(samples.mean(axis=0), stderr, tuple(labels), len(samples))

    return Experiment(
        name=name, simulate=simulate, expected=expected, mutants=dict(mutants), relation=relation, printed=printed
    )


def squared_deviations(samples: np.ndarray) -> np.ndarray:
    """(x - mean)^2 n / (n - 1): their mean is the unbiased variance of the samples, column by column."""
    size = len(samples)
    return (samples - samples.mean(axis=0)) ** 2 * size / (size - 1)
