"""Binary classification with labels +-1 that may be flipped: logistic, exponential or square loss of a margin."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from toylands import validation
from toylands.landscapes import binary_classification_kernels as lanes_functions
from toylands.landscapes.base import Landscape, LandscapeKernels, Measured, make_observables
from toylands.landscapes.binary_classification_kernels import Parameters
from toylands.observables import Observable, python_body

LOSSES = ("logistic", "exponential", "square")


class SmoothedLoss(NamedTuple):
    """What flips with probability p make of a loss: the mean loss pl(-x) + (1-p)l(x) at its minimum."""

    minimiser: float  # c
    noise: float  # sigma^2, the variance of the gradient's factor at c
    curvature: float  # alpha
    value: float


def smoothed_loss(loss: str, flip_probability: float) -> SmoothedLoss:
    """Table 1 of labelnoise: where the loss smoothed by flips has its minimum, its curvature there, and the noise.

    Parameters
    ----------
    loss : {"logistic", "exponential", "square"}
        log(1 + e^-x), e^-x or (x - 1)^2 / 2.
    flip_probability : float
        p, in (0, 1/2].

    Examples
    --------
    >>> from toylands.landscapes.binary_classification import smoothed_loss
    >>> smoothed_loss("square", 0.25)
    SmoothedLoss(minimiser=0.5, noise=0.75, curvature=1.0, value=0.375)
    """
    loss = validation.choice("loss", loss, LOSSES)
    p = validation.in_interval("flip_probability", flip_probability, 0.0, 0.5, open_low=True)
    spread, odds = p * (1 - p), math.log((1 - p) / p)
    if loss == "logistic":
        return SmoothedLoss(odds, spread, spread, -p * math.log(p) - (1 - p) * math.log1p(-p))
    if loss == "exponential":
        return SmoothedLoss(odds / 2, 1.0, 2 * math.sqrt(spread), 2 * math.sqrt(spread))
    return SmoothedLoss(1 - 2 * p, 4 * spread, 1.0, 2 * spread)


@dataclass(frozen=True, eq=False)
class BinaryClassification(Landscape):
    """L(w) = (1/N) sum_i l(y_i f(x_i)), f linear, w . x, or a two-layer product, a . (W x); y_i is -1 or 1.

    The state is w, or the rows of W and then a. Rules such as `toylands.dynamics.label_flip_sgd` flip labels as they
    go (labelnoise, Algorithm 2); ``smoothing`` is what that does on average.

    Parameters
    ----------
    design : array_like of shape (N, dim)
        The inputs x_i, in rows.
    targets : array_like of shape (N,)
        The labels y_i, -1 or 1.
    loss : {"logistic", "exponential", "square"}
        l(x): log(1 + e^-x), e^-x or (x - 1)^2 / 2 (labelnoise, Table 1).
    width : int
        Hidden units of the product; 0, the default, for the linear model.
    smoothing : float
        p in [0, 1/2]: with p > 0, l is replaced by the smoothed p l(-x) + (1 - p) l(x) less its minimum (labelnoise,
        Eq. 5 and 7).

    Raises
    ------
    TypeError, ValueError
        If shapes do not fit, a label is neither -1 nor 1, or another value is out of range.

    Notes
    -----
    Source: labelnoise, Section 5.1 and Table 1; `smoothed_loss` gives the table's constants.

    Examples
    --------
    >>> import toylands as tl
    >>> problem = tl.landscapes.BinaryClassification([[1.0, 2.0]], [-1.0], loss="square")
    >>> problem.loss([1.0, -1.0]), problem.accuracy([1.0, -1.0])
    (0.0, 1.0)
    """

    design: np.ndarray
    targets: np.ndarray
    loss_name: str
    width: int
    smoothing: float
    summary = "logistic, exponential or square loss of y f(x), f linear or a product; labels flip (labelnoise 5.1)"
    kernels = LandscapeKernels(
        scratch=lanes_functions.scratch,
        samples=lanes_functions.samples,
        sample_gradient=lanes_functions.sample_gradient,
        labels="sign",
        hessian=lanes_functions.hessian,
    )
    loss = Measured("L(w).")
    accuracy = Measured("Share of data points with y f(x) > 0.")
    hessian_trace = Measured("Tr of the Hessian.")
    margin = Measured("Mean of y f(x).")
    sq_norm = Measured("|w|^2.")

    def __init__(self, design: Any, targets: Any, loss: str = "logistic", width: int = 0, smoothing: float = 0.0):
        design = validation.matrix("design", design)
        targets = validation.vector("targets", targets, length=len(design))
        if not (np.abs(targets) == 1.0).all():
            raise ValueError(f"targets must be -1 or 1, got {targets[np.abs(targets) != 1.0][0]}")
        loss = validation.choice("loss", loss, LOSSES)
        width = validation.positive_int("width", width, minimum=0)
        smoothing = validation.in_interval("smoothing", smoothing, 0.0, 0.5)
        floor = smoothed_loss(loss, smoothing).value if smoothing > 0 else 0.0
        kind, (samples, dim) = LOSSES.index(loss), design.shape
        powers = (design**2).sum(axis=1)
        parameters = Parameters(samples, dim, width, kind, smoothing, floor, design, targets, powers)
        values = {"design": design, "targets": targets, "loss_name": loss, "width": width, "smoothing": smoothing}
        for name, value in {**values, "_parameters": parameters}.items():
            object.__setattr__(self, name, value)

    @classmethod
    def random(
        cls,
        samples: int = 20,
        dim: int = 2,
        loss: str = "logistic",
        width: int = 0,
        smoothing: float = 0.0,
        seed: int = 0,
    ) -> BinaryClassification:
        """Standard normal inputs, labelled by the side of a random hyperplane through 0 (our own)."""
        samples, dim = validation.positive_int("samples", samples), validation.positive_int("dim", dim)
        generator = np.random.default_rng(validation.seed("seed", seed))
        design, direction = generator.normal(size=(samples, dim)), generator.normal(size=dim)
        return cls(design, np.where(design @ direction > 0, 1.0, -1.0), loss, width, smoothing)

    @classmethod
    def example(cls) -> BinaryClassification:
        """A small product model."""
        return cls.random(samples=6, dim=2, width=2)

    @property
    def size(self) -> int:
        """dim, or (dim + 1) width."""
        dim = int(self.design.shape[1])
        return dim if self.width == 0 else (dim + 1) * self.width

    @property
    def observables(self) -> dict[str, Observable]:
        """loss, accuracy, hessian_trace, margin, sq_norm."""
        return make_observables(
            self.parameters,
            {
                "loss": (lanes_functions.loss, "mean of l(y f(x)), smoothed if so asked (labelnoise Eq. 7)"),
                "accuracy": (lanes_functions.accuracy, "share of data points with y f(x) > 0"),
                "hessian_trace": (lanes_functions.hessian_trace, "trace of the Hessian"),
                "margin": (lanes_functions.margin, "mean of y f(x); flips draw it to Table 1's c (labelnoise 5.1)"),
                "sq_norm": (lanes_functions.sq_norm, "|w|^2"),
            },
        )

    def _layers(self, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """W and a; a linear model is one hidden unit with a = 1."""
        if self.width == 0:
            return point[None, :], np.ones(1)
        return point[: -self.width].reshape(self.width, -1), point[-self.width :]

    def hessian(self, w: Any) -> np.ndarray:
        """Hessian at one point, shape (size, size)."""
        first, second = self._layers(validation.vector("w", w, length=self.size))
        hidden, n = self.design @ first.T, len(self.targets)
        slopes = np.einsum("k,ij->ikj", second, self.design).reshape(n, -1)
        if self.width > 0:
            slopes = np.concatenate([slopes, hidden], axis=1)
        margins, p = self.targets * (hidden @ second), self.parameters
        bend = python_body(lanes_functions.smoothed_bend)(margins, p)
        full = slopes.T @ (bend[:, None] * slopes) / n
        if self.width > 0:
            slope = python_body(lanes_functions.smoothed_slope)(margins, p) * self.targets
            cross = np.kron(np.eye(self.width), (slope @ self.design)[:, None] / n)
            full[: -self.width, -self.width :] += cross
            full[-self.width :, : -self.width] += cross.T
        return full

    def suggested(self) -> dict[str, Any]:
        """Small weights, and flips of a fifth of the labels as in labelnoise, Section 4; the rest is our own."""
        start = np.full(self.size, 0.5)
        return {"start": start, "eta": 0.1, "flip_probability": 0.2, "batch_size": 1, "steps": 10_000}

    def symbolic(self) -> tuple[Any, tuple[Any, ...]]:
        """The loss and its variables as SymPy objects (for small sizes)."""
        import sympy as sp

        outer = {
            "logistic": lambda m: sp.log(1 + sp.exp(-m)),
            "exponential": lambda m: sp.exp(-m),
            "square": lambda m: (m - 1) ** 2 / 2,
        }[self.loss_name]
        w, p = sp.symbols(f"w1:{self.size + 1}", real=True), self.smoothing
        first, second = self._layers(np.array(w, dtype=object))
        total = sp.Integer(0)
        for x, y in zip(self.design, self.targets):
            m = y * sum(a * sum(b * c for b, c in zip(row, x)) for a, row in zip(second, first))
            total += (1 - p) * outer(m) + p * outer(-m) - self.parameters.floor
        return total / len(self.targets), w
