"""Gradient oracles: which gradient a rule follows, and at which point it is taken.

An oracle is composed of a batch of data points, noise on their labels, and a displacement of the point. What is left
out is the plain thing: all data, true labels, the current point. A step's batch, labels and the landscape's own
randomness are the same at all the points where its gradient is taken.

How draws map to words (the tests' naive reference does the same); u stands for a word's upper 32 bits over 2^32:

- a batch of N points takes a word an entry. With replacement the entry is floor(N u). Without, every trajectory has an
  order of the points, at first 0 .. N - 1, that it keeps from step to step: entry b is exchanged with entry
  b + floor((N - b) u), and the first entries are the batch. A pass over the data begins with N such exchanges; the
  batches are its order, cut into pieces.
- labels, after the batch: a draw an entry (a data point, if all are taken), or one in all if shared. A label is flipped
  if the upper 53 bits of its word, over 2^53, are less than the probability.
- displacements: one after another, a draw a coordinate; times sigma, and then clipped, where there are bounds.

Batches, labels and displacements have streams of their own; draws of a law are as in `toylands.draws`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from toylands import validation
from toylands.dynamics.displacements import Perturbation, SharpnessAware
from toylands.landscapes.base import Landscape
from toylands.noise import InjectedNoise, rademacher
from toylands.observables import python_body

WITH, WITHOUT, EPOCH = "with", "without", "epoch"


@dataclass(frozen=True)
class MiniBatch:
    """A few data points in place of all of them, each trajectory its own.

    Parameters
    ----------
    size : int
        Data points a batch, at least 1 (without replacement at most as many as there are).
    replacement : {"with", "without", "epoch"}
        Every point drawn afresh; a fresh subset a step; or a shuffled pass over the data, cut into batches (what does
        not fill a batch sits the pass out).

    Raises
    ------
    TypeError, ValueError
        If a value is of the wrong kind or out of range.

    Notes
    -----
    Source: anisotropic, Eq. 3; labelnoise, Algorithm 1 ("epoch" is common practice).

    Examples
    --------
    >>> import toylands as tl
    >>> tl.dynamics.MiniBatch(size=20, replacement="without").size
    20
    """

    size: int = 1
    replacement: str = WITH

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", validation.positive_int("batch_size", self.size))
        validation.choice("replacement", self.replacement, (WITH, WITHOUT, EPOCH))


@dataclass(frozen=True)
class LabelNoise:
    """Fresh noise on the labels at every step: ``sigma`` times a standard draw, added to each target.

    Parameters
    ----------
    sigma : float
        Standard deviation, at least 0.
    noise : InjectedNoise
        Law of the draws, e.g. ``tl.noise.rademacher``.
    shared : bool
        One draw for all labels of a step instead of one each.

    Raises
    ------
    TypeError, ValueError
        If a value is of the wrong kind or out of range.

    Notes
    -----
    Source: labelnoise, Section 2.

    Examples
    --------
    >>> import toylands as tl
    >>> tl.dynamics.LabelNoise(sigma=0.5, noise=tl.noise.gaussian)
    LabelNoise(sigma=0.5, noise=toylands.noise.gaussian, shared=False)
    """

    sigma: float
    noise: InjectedNoise = rademacher
    shared: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "sigma", validation.nonnegative("label_sigma", self.sigma))
        validation.one_of("noise", self.noise, (InjectedNoise,), "a law of toylands.noise")
        validation.one_of("shared", self.shared, (bool,), "True or False")


@dataclass(frozen=True)
class LabelFlips:
    """Labels +-1 that are flipped, each with the given probability, afresh at every step.

    Parameters
    ----------
    probability : float
        In [0, 1].
    shared : bool
        Flip all labels of a step together.

    Raises
    ------
    TypeError, ValueError
        If a value is of the wrong kind or out of range.

    Notes
    -----
    Source: labelnoise, Section 5.1.

    Examples
    --------
    >>> import toylands as tl
    >>> tl.dynamics.LabelFlips(probability=0.1).shared
    False
    """

    probability: float
    shared: bool = False

    def __post_init__(self) -> None:
        value = validation.in_interval("flip_probability", self.probability, 0.0, 1.0)
        object.__setattr__(self, "probability", value)
        validation.one_of("shared", self.shared, (bool,), "True or False")


@dataclass(frozen=True)
class GradientOracle:
    """Which gradient a rule follows: composed of a batch, noise on its labels, and a displacement of the point.

    Parameters
    ----------
    batch : MiniBatch, optional
        Default: all data.
    labels : LabelNoise or LabelFlips, optional
        Default: the true labels.
    displaced : Perturbation or SharpnessAware, optional
        Default: the gradient is taken at the current point.

    Raises
    ------
    TypeError
        If a part is of another kind.

    Notes
    -----
    The papers' methods are presets of `toylands.dynamics`; this composes others (our own), e.g. SAM on noisy labels.

    Examples
    --------
    >>> import toylands as tl
    >>> labels, displaced = tl.dynamics.LabelNoise(0.1), tl.dynamics.SharpnessAware(0.05)
    >>> noisy = tl.dynamics.GradientOracle(labels=labels, displaced=displaced)
    >>> tl.dynamics.UpdateRule("noisy_sam", eta=0.01, oracle=noisy).oracle.labels.sigma
    0.1
    """

    batch: MiniBatch | None = None
    labels: LabelNoise | LabelFlips | None = None
    displaced: Perturbation | SharpnessAware | None = None

    def __post_init__(self) -> None:
        none = type(None)
        validation.one_of("batch", self.batch, (MiniBatch, none), "a MiniBatch or None")
        validation.one_of("labels", self.labels, (LabelNoise, LabelFlips, none), "LabelNoise, LabelFlips or None")
        allowed = "a Perturbation, SharpnessAware or None"
        validation.one_of("displaced", self.displaced, (Perturbation, SharpnessAware, none), allowed)

    def describe(self) -> dict[str, Any]:
        """JSON-able settings."""
        settings: dict[str, Any] = {}
        for part in (self.batch, self.labels, self.displaced):
            if part is not None:
                values = {key: getattr(value, "name", value) for key, value in vars(part).items() if value is not None}
                settings[type(part).__name__] = values
        return settings


class OracleShape(NamedTuple):
    """What decides the code of an oracle."""

    batch: str | None
    labels: str | None  # a law's name, or "flip"
    shared: bool
    displaced: str | None  # "one-point", "two-point", "sam", "asam", "random-sam"
    law: str
    clipped: bool = False


class OracleNumbers(NamedTuple):
    """An oracle's values as its kernel sees them."""

    batch_size: int
    label_scale: float  # standard deviation, or probability of a flip
    draws: int
    scale: float  # sigma of a perturbation, rho of a way uphill
    spread: float
    bounds: np.ndarray | None = None  # of a clipped perturbation, a value a coordinate


NO_NUMBERS = OracleNumbers(0, 0.0, 1, 0.0, 0.0)


def oracle_shape(oracle: GradientOracle | None) -> OracleShape | None:
    """The code of an oracle."""
    if oracle is None:
        return None
    labels, displaced = oracle.labels, oracle.displaced
    kind = law = None
    if isinstance(displaced, Perturbation):
        kind, law = "two-point" if displaced.two_point else "one-point", displaced.noise.name
    elif isinstance(displaced, SharpnessAware):
        kind = "asam" if displaced.adaptive else "random-sam" if displaced.spread > 0 else "sam"
    label_kind = labels.noise.name if isinstance(labels, LabelNoise) else None if labels is None else "flip"
    return OracleShape(
        None if oracle.batch is None else oracle.batch.replacement,
        label_kind,
        labels is not None and labels.shared,
        kind,
        law or "gaussian",
        isinstance(displaced, Perturbation) and displaced.bounds is not None,
    )


def oracle_numbers(oracle: GradientOracle | None, landscape: Landscape) -> OracleNumbers:
    """The values of an oracle on a landscape.

    Raises
    ------
    ValueError
        If the landscape has no data points, too few of them, or labels of another kind.
    """
    if oracle is None:
        return NO_NUMBERS
    batch, labels, displaced = oracle.batch, oracle.labels, oracle.displaced
    if batch is not None or labels is not None:
        samples = sample_count(landscape)
        if batch is not None and batch.replacement != WITH and batch.size > samples:
            raise ValueError(f"batch_size = {batch.size} must be at most the {samples} data points without replacement")
    kind = landscape.kernels.labels
    if isinstance(labels, LabelNoise) and kind != "additive":
        raise ValueError(f"{type(landscape).__name__} has no real-valued labels to add noise to")
    if isinstance(labels, LabelFlips) and kind != "sign":
        raise ValueError(f"{type(landscape).__name__} has no labels +-1 to flip")
    scale = 0.0 if labels is None else labels.sigma if isinstance(labels, LabelNoise) else labels.probability
    size = 0 if batch is None else batch.size
    if isinstance(displaced, Perturbation):
        return OracleNumbers(size, scale, displaced.count, displaced.sigma, 0.0, _bounds(displaced, landscape.size))
    if isinstance(displaced, SharpnessAware):
        return OracleNumbers(size, scale, 1, displaced.rho, displaced.spread)
    return OracleNumbers(size, scale, 1, 0.0, 0.0)


def _bounds(displaced: Perturbation, size: int) -> np.ndarray | None:
    if displaced.bounds is None:
        return None
    if isinstance(displaced.bounds, tuple) and len(displaced.bounds) != size:
        raise ValueError(f"bounds must be one number or {size}, one a coordinate, got {len(displaced.bounds)}")
    return np.ascontiguousarray(np.broadcast_to(displaced.bounds, size), dtype=np.float64)


def sample_count(landscape: Landscape) -> int:
    """How many data points a landscape is a mean over; ValueError if it is none."""
    if landscape.kernels.sample_gradient is None:
        raise ValueError(f"{type(landscape).__name__} is no mean over data points: it has no batches and no labels")
    return int(python_body(landscape.kernels.samples)(landscape.parameters))
