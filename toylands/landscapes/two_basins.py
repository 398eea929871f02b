"""The two-basin surface: a sharp and a flat minimum side by side, and a data set behind them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from toylands import validation
from toylands.landscapes.base import Landscape, LandscapeKernels, Measured, make_observables
from toylands.observables import Observable
from toylands.simd import fma, lanes_function, minimum, select, splat, take

SHARP, FLAT = (1.0, 1.0), (-1.0, -1.0)
_ROOT2 = math.sqrt(2.0)
_HALF_ROOT = math.sqrt(0.5)


class Parameters(NamedTuple):
    """In the rotated coordinates a = (w1 - w2) / sqrt 2, b = (w1 + w2) / sqrt 2, in which both quadratics are diagonal.

    Data point i pulls to (a_i, sqrt 2 + b_i) with curvatures (20, 200), or to (a_i, -sqrt 2 + b_i) with (2, 2).
    """

    samples: int
    a: np.ndarray
    b: np.ndarray


@lanes_function
def _rotate(w: Any) -> Any:
    return (w[0] - w[1]) * _HALF_ROOT, (w[0] + w[1]) * _HALF_ROOT


@lanes_function
def _two_losses(x: Any, y: Any) -> Any:
    """Sharp and flat quadratic of a data point, from its distances x, y to the flat basin's centre in a and b."""
    sharp_y = y - 2 * _ROOT2
    square = x * x
    return fma(square, 10.0, 100.0 * (sharp_y * sharp_y)), fma(y, y, square)


@lanes_function
def _slopes(a: Any, b: Any, a_i: Any, b_i: Any) -> Any:
    """Gradient of a data point's loss in a and b, and whether the sharp quadratic is the smaller one."""
    x, y = a - a_i, b - (b_i - _ROOT2)
    # sharp - flat = 9 x^2 + 99 y^2 - 400 sqrt 2 y + 800
    gap = fma(x * 9.0, x, fma(fma(y, 99.0, splat(-400.0 * _ROOT2)), y, splat(800.0)))
    sharp = gap < 0.0
    slope_a = x * select(sharp, splat(20.0), splat(2.0))
    slope_b = fma(y, select(sharp, splat(200.0), splat(2.0)), select(sharp, splat(-400.0 * _ROOT2), splat(0.0)))
    return slope_a, slope_b, sharp


@lanes_function
def _samples(p: Any) -> Any:
    return p.samples


@lanes_function
def _sample_gradient(w: Any, i: Any, label: Any, scale: Any, out: Any, p: Any) -> Any:
    a, b = _rotate(w)
    slope_a, slope_b, _ = _slopes(a, b, take(p.a, i), take(p.b, i))
    scale = scale * _HALF_ROOT
    out[0] = fma(slope_a + slope_b, scale, out[0])
    out[1] = fma(slope_b - slope_a, scale, out[1])


@lanes_function
def _gradient(w: Any, out: Any, p: Any, step: Any, stream: Any) -> Any:
    a, b = _rotate(w)
    total_a = total_b = splat(0.0)
    for i in range(p.samples):
        slope_a, slope_b, _ = _slopes(a, b, p.a[i], p.b[i])
        total_a = total_a + slope_a
        total_b = total_b + slope_b
    scale = _HALF_ROOT / p.samples
    out[0] = (total_a + total_b) * scale
    out[1] = (total_b - total_a) * scale


@lanes_function
def _gradient_moments(w: Any, mean: Any, second: Any, p: Any) -> Any:
    a, b = _rotate(w)
    mean_a = mean_b = aa = ab = bb = splat(0.0)
    for i in range(p.samples):
        slope_a, slope_b, _ = _slopes(a, b, p.a[i], p.b[i])
        mean_a = mean_a + slope_a
        mean_b = mean_b + slope_b
        aa = fma(slope_a, slope_a, aa)
        ab = fma(slope_a, slope_b, ab)
        bb = fma(slope_b, slope_b, bb)
    share = 1.0 / p.samples
    mean[0] = (mean_a + mean_b) * (share * _HALF_ROOT)
    mean[1] = (mean_b - mean_a) * (share * _HALF_ROOT)
    middle, cross = (aa + bb) * (0.5 * share), ab * share
    second[0] = middle + cross
    second[1] = (bb - aa) * (0.5 * share)
    second[2] = middle - cross


@lanes_function
def _share_sharp(w: Any, p: Any) -> Any:
    a, b = _rotate(w)
    count = splat(0.0)
    for i in range(p.samples):
        _, _, sharp = _slopes(a, b, p.a[i], p.b[i])
        count = count + select(sharp, splat(1.0), splat(0.0))
    return count * (1.0 / p.samples)


@lanes_function
def _hessian(w: Any, out: Any, p: Any) -> Any:
    share = _share_sharp(w, p)
    curvature_a, curvature_b = fma(share, 18.0, splat(2.0)), fma(share, 198.0, splat(2.0))
    out[0] = out[2] = 0.5 * (curvature_a + curvature_b)
    out[1] = 0.5 * (curvature_b - curvature_a)


@lanes_function
def _loss(w: Any, p: Any) -> Any:
    a, b = _rotate(w)
    total = splat(0.0)
    for i in range(p.samples):
        sharp, flat = _two_losses(a - p.a[i], b - (p.b[i] - _ROOT2))
        total = total + minimum(sharp, flat)
    return total * (1.0 / p.samples)


@lanes_function
def _hessian_trace(w: Any, p: Any) -> Any:
    return fma(_share_sharp(w, p), 216.0, splat(4.0))


@lanes_function
def _escaped(w: Any, p: Any) -> Any:
    return select(w[0] + w[1] < 0.0, splat(1.0), splat(0.0))


@dataclass(frozen=True, eq=False)
class TwoBasins(Landscape):
    """L(w) = mean over points x of min(sharp quadratic about (1, 1) + x, flat quadratic about (-1, -1) + x), in 2-D.

    With s = w - (1, 1) - x the sharp one is 10 (s1 - s2)^2 / 2 + 100 (s1 + s2)^2 / 2, the flat one
    |w + (1, 1) - x|^2.

    Parameters
    ----------
    points : array_like of shape (N, 2)
        The data x.

    Raises
    ------
    TypeError, ValueError
        If the shape is another or a value is not finite.

    Notes
    -----
    Source: anisotropic, Section D.1. The covariance printed there for x is a rotation matrix, neither symmetric nor the
    inverse Hessian that the text calls it; `random` draws from that inverse Hessian, which has variances 1/20 and 1/200
    along (1, -1) and (1, 1). The printed flat quadratic ``(w - x + 1)^2`` has its minimum at (-1, -1) + x.

    Examples
    --------
    >>> import toylands as tl
    >>> surface = tl.landscapes.TwoBasins([[0.0, 0.0]])
    >>> surface.loss([1.0, 1.0]), surface.hessian_trace([1.0, 1.0]), surface.hessian_trace([-1.0, -1.0])
    (0.0, 220.0, 4.0)
    """

    points: np.ndarray
    summary = "sharp and flat minimum, min of two quadratics a data point, 2-D (anisotropic D.1)"
    kernels = LandscapeKernels(
        gradient=_gradient,
        samples=_samples,
        sample_gradient=_sample_gradient,
        hessian=_hessian,
        gradient_moments=_gradient_moments,
    )
    loss = Measured("L(w).")
    hessian_trace = Measured("Tr of the Hessian.")
    escaped = Measured("1 on the flat basin's side of the line w1 + w2 = 0, else 0.")

    def __post_init__(self) -> None:
        points = validation.matrix("points", self.points)
        if points.shape[1] != 2:
            raise ValueError(f"points has shape {points.shape}; it must have two columns")
        object.__setattr__(self, "points", points)
        a, b = (points[:, 0] - points[:, 1]) * _HALF_ROOT, (points[:, 0] + points[:, 1]) * _HALF_ROOT
        parameters = Parameters(len(points), np.ascontiguousarray(a), np.ascontiguousarray(b))
        object.__setattr__(self, "_parameters", parameters)

    @classmethod
    def random(cls, samples: int = 100, seed: int = 0) -> TwoBasins:
        """A data set drawn from N(0, inverse Hessian of the sharp quadratic); the default size is the paper's."""
        samples = validation.positive_int("samples", samples)
        generator = np.random.default_rng(validation.seed("seed", seed))
        a = generator.normal(size=samples) / math.sqrt(20)
        b = generator.normal(size=samples) / math.sqrt(200)
        return cls(np.stack([(a + b) * _HALF_ROOT, (b - a) * _HALF_ROOT], axis=1))

    @classmethod
    def example(cls) -> TwoBasins:
        """A small instance."""
        return cls.random(samples=5)

    @property
    def size(self) -> int:
        """2."""
        return 2

    @property
    def parameters(self) -> Parameters:
        """What the kernels receive."""
        parameters: Parameters = self._parameters  # type: ignore[attr-defined]
        return parameters

    @property
    def observables(self) -> dict[str, Observable]:
        """loss, hessian_trace, escaped."""
        return make_observables(
            self.parameters,
            {
                "loss": (_loss, "mean of the points' smaller quadratics (anisotropic D.1)"),
                "hessian_trace": (_hessian_trace, "4 + 216 times the share of points in their sharp quadratic"),
                "escaped": (_escaped, "1 where w1 + w2 < 0: the flat basin's side (anisotropic Figure 2)"),
            },
        )

    def hessian(self, w: Any) -> np.ndarray:
        """Hessian at one point, shape (2, 2); at the kink between the quadratics, that of the flat one."""
        point = validation.vector("w", w, length=2)
        trace = self.hessian_trace(point)
        share = (trace - 4) / 216
        along, across = 2 + 198 * share, 2 + 18 * share
        return np.array([[along + across, along - across], [along - across, along + across]]) / 2

    def suggested(self) -> dict[str, Any]:
        """Settings of the paper's Figure 2: eta = 0.005, noise of squared norm 0.01, from the sharp minimum."""
        return {"start": np.array(SHARP), "eta": 0.005, "trace": 0.01, "steps": 500}

    def symbolic(self) -> tuple[Any, tuple[Any, ...]]:
        """The loss and its variables as SymPy objects (for few points)."""
        import sympy as sp

        w1, w2 = sp.symbols("w1 w2", real=True)
        cosine = sine = sp.sqrt(2) / 2
        total = sp.Integer(0)
        for x1, x2 in self.points:
            s1, s2 = w1 - 1 - x1, w2 - 1 - x2
            sharp = 10 * (s1 * cosine - s2 * sine) ** 2 + 100 * (s1 * cosine + s2 * sine) ** 2
            total += sp.Min(sharp, (w1 - x1 + 1) ** 2 + (w2 - x2 + 1) ** 2)
        return total / len(self.points), (w1, w2)
