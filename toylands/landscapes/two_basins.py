"""The two-basin surface: a sharp and a flat minimum side by side, and a data set behind them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from toylands import validation
from toylands.landscapes.base import Landscape, LandscapeKernels, Measured, make_observables
from toylands.landscapes.further import distance_to_points
from toylands.observables import Observable
from toylands.simd import any_true, fma, lanes_function, maximum, minimum, select, take
from toylands.simd.across_lanes import alike

SHARP, FLAT = (1.0, 1.0), (-1.0, -1.0)
_ROOT2 = math.sqrt(2.0)
_HALF_ROOT = math.sqrt(0.5)


class Parameters(NamedTuple):
    """In the rotated coordinates a = (w1 - w2) / sqrt 2, b = (w1 + w2) / sqrt 2, in which both quadratics are diagonal.

    Data point i pulls to (a_i, b_i) with curvatures (2, 2), or to (a_i, b_i + 2 sqrt 2) with (20, 200). The sharp
    quadratic is the smaller one where ``limit_a[i] a + limit_b[i] b + limit[i] < -(9 a^2 + 99 b^2 - 400 sqrt 2 b)``.
    How far that is from equality is convex in (a_i, b_i): the points at the corners of their convex hull say whether
    all are in their sharp quadratic, a box around the points whether none can be.
    """

    samples: int
    a: np.ndarray
    b: np.ndarray
    limit_a: np.ndarray
    limit_b: np.ndarray
    limit: np.ndarray
    aa: np.ndarray  # a_i^2, a_i b_i, b_i^2
    ab: np.ndarray
    bb: np.ndarray
    sums: np.ndarray  # over all points in their order, of a_i, b_i, a_i^2, a_i b_i, b_i^2
    corners: np.ndarray  # numbers of the hull's corners; none if they are too many to be worth a look
    low_a: float
    high_a: float
    low_b: float
    high_b: float
    size: float  # of the terms that a threshold adds up, at a = b = 0


def _corners(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Numbers of the points at the corners of their convex hull (Andrew's chain: SciPy's takes longer to import)."""
    x, y, order = a.tolist(), b.tolist(), np.lexsort((b, a)).tolist()
    corners: set[int] = set()
    for side in (order, order[::-1]):
        chain: list[int] = []
        for i in side:
            while len(chain) > 1:
                first, last = chain[-2:]
                turn = (x[last] - x[first]) * (y[i] - y[first]) - (y[last] - y[first]) * (x[i] - x[first])
                if turn > 0:
                    break
                chain.pop()
            chain.append(i)
        corners |= set(chain)
    few = sorted(corners) if 4 * len(corners) <= len(a) else []
    return np.array(few, dtype=np.int64)


def _parameters(points: np.ndarray) -> Parameters:
    a, b = (points[:, 0] - points[:, 1]) * _HALF_ROOT, (points[:, 0] + points[:, 1]) * _HALF_ROOT - _ROOT2
    # sharp - flat = 9 x^2 + 99 y^2 - 400 sqrt 2 y + 800 with x = a - a_i, y = b - b_i
    limit = 9 * a**2 + 99 * b**2 + 400 * _ROOT2 * b + 800
    sums = np.array([np.cumsum(part)[-1] for part in (a, b, a * a, a * b, b * b)])  # one by one, as a kernel adds
    size = 1000 + float(np.max(np.abs(limit) + 18 * a**2 + 198 * b**2))
    return Parameters(
        len(points), a, b, -18 * a, -198 * b, limit, a * a, a * b, b * b, sums, _corners(a, b),
        float(a.min()), float(a.max()), float(b.min()), float(b.max()), size,
    )  # fmt: skip


@lanes_function
def _rotate(w: Any) -> Any:
    return (w[0] - w[1]) * _HALF_ROOT, (w[0] + w[1]) * _HALF_ROOT


@lanes_function
def _own_limit(a: Any, b: Any) -> Any:
    return -fma(a * 9.0, a, fma(b, 99.0, -400.0 * _ROOT2) * b)


@lanes_function
def _limit(a: Any, b: Any, i: Any, p: Any) -> Any:
    """Data point i's side of its threshold, linear in a and b."""
    return fma(b, take(p.limit_b, i), fma(a, take(p.limit_a, i), take(p.limit, i)))


@lanes_function
def _is_sharp(a: Any, b: Any, own: Any, i: Any, p: Any) -> Any:
    """Whether data point i's sharp quadratic is the smaller one."""
    return _limit(a, b, i, p) < own


@lanes_function
def _all_sharp(a: Any, b: Any, own: Any, margin: Any, p: Any) -> Any:
    """Whether all points certainly are in their sharp quadratic; without corners never."""
    highest = alike(-np.inf, a)
    for k in range(p.corners.shape[0]):
        highest = maximum(highest, _limit(a, b, p.corners[k], p))
    return (highest < own - margin) & (p.corners.shape[0] > 0)


@lanes_function
def _all_flat(a: Any, b: Any, margin: Any, p: Any) -> Any:
    """Whether certainly none is: the least difference between the quadratics over the box around the points."""
    x = maximum(maximum(p.low_a - a, a - p.high_a), 0.0)
    y = minimum(maximum(b - p.high_b, 200.0 * _ROOT2 / 99.0), b - p.low_b)
    return fma(x * 9.0, x, fma(y, 99.0, -400.0 * _ROOT2) * y) + 800.0 > margin


@lanes_function
def _add_if(condition: Any, total: Any, value: Any) -> Any:
    return select(condition, total + value, total)


@lanes_function
def _sharp_sums(a: Any, b: Any, p: Any) -> Any:
    """Over the points in their sharp quadratic: how many, and the sums of a_i, b_i, a_i^2, a_i b_i, b_i^2.

    Mostly the points agree, deep in either basin, and the sums are known; the same numbers, bit for bit, as those that
    are added up where the points differ.
    """
    own = _own_limit(a, b)
    margin = fma(a * 9.0, a, fma(b * 99.0, b, p.size)) * 1e-9  # more than rounding can do
    sharp, flat = _all_sharp(a, b, own, margin, p), _all_flat(a, b, margin, p)
    zero = alike(0.0, a)
    if not any_true(~(sharp | flat)):
        return (
            select(sharp, p.samples, zero), select(sharp, p.sums[0], zero), select(sharp, p.sums[1], zero),
            select(sharp, p.sums[2], zero), select(sharp, p.sums[3], zero), select(sharp, p.sums[4], zero),
        )  # fmt: skip
    count = sum_a = sum_b = sum_aa = sum_ab = sum_bb = zero
    for i in range(p.samples):
        sharp = _is_sharp(a, b, own, i, p)
        count = _add_if(sharp, count, 1.0)
        sum_a = _add_if(sharp, sum_a, p.a[i])
        sum_b = _add_if(sharp, sum_b, p.b[i])
        sum_aa = _add_if(sharp, sum_aa, p.aa[i])
        sum_ab = _add_if(sharp, sum_ab, p.ab[i])
        sum_bb = _add_if(sharp, sum_bb, p.bb[i])
    return count, sum_a, sum_b, sum_aa, sum_ab, sum_bb


@lanes_function
def _samples(p: Any) -> Any:
    return p.samples


@lanes_function
def _sample_gradient(w: Any, i: Any, label: Any, scale: Any, out: Any, p: Any) -> Any:
    a, b = _rotate(w)
    sharp = _is_sharp(a, b, _own_limit(a, b), i, p)
    x, y = a - take(p.a, i), b - take(p.b, i)
    slope_a = x * select(sharp, 20.0, 2.0)
    slope_b = fma(y, select(sharp, 200.0, 2.0), select(sharp, -400.0 * _ROOT2, 0.0))
    scale = scale * _HALF_ROOT
    out[0] = fma(slope_a + slope_b, scale, out[0])
    out[1] = fma(slope_b - slope_a, scale, out[1])


@lanes_function
def _gradient(w: Any, out: Any, p: Any, step: Any, stream: Any) -> Any:
    a, b = _rotate(w)
    count, sharp_a, sharp_b, _, _, _ = _sharp_sums(a, b, p)
    slope_a = 20.0 * fma(count, a, -sharp_a) + 2.0 * (fma(p.samples - count, a, -p.sums[0]) + sharp_a)
    slope_b = 200.0 * fma(count, b - 2 * _ROOT2, -sharp_b) + 2.0 * (fma(p.samples - count, b, -p.sums[1]) + sharp_b)
    scale = _HALF_ROOT / p.samples
    out[0] = (slope_a + slope_b) * scale
    out[1] = (slope_b - slope_a) * scale


@lanes_function
def _spread(count: Any, x: Any, y: Any, sum_a: Any, sum_b: Any, sum_ab: Any) -> Any:
    """sum_i (x - a_i) (y - b_i) over ``count`` points, from their sums."""
    return fma(fma(count, x, -sum_a), y, fma(-x, sum_b, sum_ab))


@lanes_function
def _gradient_moments(w: Any, mean: Any, second: Any, p: Any) -> Any:
    a, b = _rotate(w)
    count, sharp_a, sharp_b, sharp_aa, sharp_ab, sharp_bb = _sharp_sums(a, b, p)
    rest, top, total = p.samples - count, b - 2 * _ROOT2, p.sums
    flat_a, flat_b = total[0] - sharp_a, total[1] - sharp_b
    slope_a = 20.0 * fma(count, a, -sharp_a) + 2.0 * fma(rest, a, -flat_a)
    slope_b = 200.0 * fma(count, top, -sharp_b) + 2.0 * fma(rest, b, -flat_b)
    aa = 400.0 * _spread(count, a, a, sharp_a, sharp_a, sharp_aa)
    aa = aa + 4.0 * _spread(rest, a, a, flat_a, flat_a, total[2] - sharp_aa)
    ab = 4000.0 * _spread(count, a, top, sharp_a, sharp_b, sharp_ab)
    ab = ab + 4.0 * _spread(rest, a, b, flat_a, flat_b, total[3] - sharp_ab)
    bb = 40000.0 * _spread(count, top, top, sharp_b, sharp_b, sharp_bb)
    bb = bb + 4.0 * _spread(rest, b, b, flat_b, flat_b, total[4] - sharp_bb)
    share = 1.0 / p.samples
    mean[0] = (slope_a + slope_b) * (share * _HALF_ROOT)
    mean[1] = (slope_b - slope_a) * (share * _HALF_ROOT)
    middle, cross = (aa + bb) * (0.5 * share), ab * share
    second[0] = middle + cross
    second[1] = (bb - aa) * (0.5 * share)
    second[2] = middle - cross


@lanes_function
def _share_sharp(w: Any, p: Any) -> Any:
    a, b = _rotate(w)
    count, _, _, _, _, _ = _sharp_sums(a, b, p)
    return count * (1.0 / p.samples)


@lanes_function
def _hessian(w: Any, out: Any, p: Any) -> Any:
    share = _share_sharp(w, p)
    curvature_a, curvature_b = fma(share, 18.0, 2.0), fma(share, 198.0, 2.0)
    out[0] = out[2] = 0.5 * (curvature_a + curvature_b)
    out[1] = 0.5 * (curvature_b - curvature_a)


@lanes_function
def _loss(w: Any, p: Any) -> Any:
    a, b = _rotate(w)
    total = 0.0
    for i in range(p.samples):
        x, y = a - p.a[i], b - p.b[i]
        top, square = y - 2 * _ROOT2, x * x
        total = total + minimum(fma(square, 10.0, 100.0 * (top * top)), fma(y, y, square))
    return total * (1.0 / p.samples)


@lanes_function
def _hessian_trace(w: Any, p: Any) -> Any:
    return fma(_share_sharp(w, p), 216.0, 4.0)


@lanes_function
def _escaped(w: Any, p: Any) -> Any:
    return select(w[0] + w[1] < 0.0, 1.0, 0.0)


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
        size=2,
    )
    loss = Measured("L(w).")
    hessian_trace = Measured("Tr of the Hessian.")
    escaped = Measured("1 on the flat basin's side of the line w1 + w2 = 0, else 0.")

    def __post_init__(self) -> None:
        points = validation.matrix("points", self.points)
        if points.shape[1] != 2:
            raise ValueError(f"points has shape {points.shape}; it must have two columns")
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "_parameters", _parameters(points))

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

    def _distance(self) -> Observable:
        doc = "distance to the nearer of the printed minima (1, 1) and (-1, -1) (anisotropic D.1)"
        return distance_to_points([SHARP, FLAT], self.parameters, doc)

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
