"""Thirteen functions on which mini-batch gradient descent never comes to rest: it walks round a circle of minima."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from toylands import validation
from toylands.landscapes.base import Landscape, LandscapeKernels, Measured, make_observables
from toylands.observables import Observable
from toylands.simd import fma, lanes_function, select, sqrt, take
from toylands.simd.across_lanes import alike
from toylands.simd.transcendental import atan2

COUNT = 13
_SHARE = 1.0 / COUNT


class Parameters(NamedTuple):
    """f_i = (1 + along_x[i] x + along_y[i] y) z_k + offset[i], k = role[i]; of role 0: x^2 + y^2 + offset[i]."""

    role: np.ndarray
    along_x: np.ndarray
    along_y: np.ndarray
    offset: np.ndarray


PARAMETERS = Parameters(
    role=np.array([1.0, 1, 2, 2, 3, 3, 4, 4, 1, 2, 3, 4, 0]),
    along_x=np.array([0.0, 0, 0, 0, -1, -1, 1, 1, -1, 1, 0, 0, 0]),
    along_y=np.array([-1.0, -1, 1, 1, 0, 0, 0, 0, 0, 0, 1, -1, 0]),
    offset=np.array([-1.0, 1, -1, 1, -1, 1, -1, 1, 0, 0, 0, 0, -1]),
)


@lanes_function
def _samples(p: Any) -> Any:
    return p.role.shape[0]


@lanes_function
def _sample_gradient(w: Any, i: Any, label: Any, scale: Any, out: Any, p: Any) -> Any:
    x, y = w[0], w[1]
    role, along_x, along_y = alike(take(p.role, i), x), alike(take(p.along_x, i), x), alike(take(p.along_y, i), x)
    z = select(role == 1.0, w[2], select(role == 2.0, w[3], select(role == 3.0, w[4], select(role == 4.0, w[5], 0.0))))
    circle = select(role == 0.0, 1.0, 0.0 * x)
    factor = fma(along_x, x, fma(along_y, y, 1.0 + 0.0 * x))
    value = fma(factor, z, fma(circle, fma(x, x, y * y), alike(take(p.offset, i), x)))
    residual = (value - label) * scale
    slope = residual * factor
    out[0] = fma(residual, fma(along_x, z, 2.0 * circle * x), out[0])
    out[1] = fma(residual, fma(along_y, z, 2.0 * circle * y), out[1])
    for k in range(1, 5):
        out[k + 1] = out[k + 1] + select(role == float(k), slope, 0.0)


@lanes_function
def _stiffness(x: Any, y: Any) -> Any:
    """13 times the second derivative of L along each z_k."""
    left, right = (1.0 - x) * (1.0 - x), (1.0 + x) * (1.0 + x)
    below, above = (1.0 - y) * (1.0 - y), (1.0 + y) * (1.0 + y)
    return 2.0 * below + left, 2.0 * above + right, 2.0 * left + above, 2.0 * right + below


@lanes_function
def _gradient(w: Any, out: Any, p: Any, step: Any, stream: Any) -> Any:
    """In pairs f_1 and f_2, ... the offsets cancel."""
    x, y = w[0], w[1]
    a, b, c, d = w[2] * w[2], w[3] * w[3], w[4] * w[4], w[5] * w[5]
    height = 2.0 * (fma(x, x, y * y) - 1.0)
    slope_x = fma(height, x, fma(1.0 + x, b + 2.0 * d, -(1.0 - x) * (a + 2.0 * c)))
    slope_y = fma(height, y, fma(1.0 + y, 2.0 * b + c, -(1.0 - y) * (2.0 * a + d)))
    stiff = _stiffness(x, y)
    out[0], out[1] = slope_x * _SHARE, slope_y * _SHARE
    out[2], out[3] = stiff[0] * w[2] * _SHARE, stiff[1] * w[3] * _SHARE
    out[4], out[5] = stiff[2] * w[4] * _SHARE, stiff[3] * w[5] * _SHARE


@lanes_function
def _hessian(w: Any, out: Any, p: Any) -> Any:
    x, y = w[0], w[1]
    a, b, c, d = w[2] * w[2], w[3] * w[3], w[4] * w[4], w[5] * w[5]
    square, stiff, none = fma(x, x, y * y), _stiffness(x, y), 0.0 * x
    out[0] = (a + b + 2.0 * (c + d) + 2.0 * (square - 1.0) + 4.0 * x * x) * _SHARE
    out[1] = 4.0 * x * y * _SHARE
    out[2] = (2.0 * (a + b) + c + d + 2.0 * (square - 1.0) + 4.0 * y * y) * _SHARE
    out[3], out[4], out[5] = -2.0 * _SHARE * (1.0 - x) * w[2], -4.0 * _SHARE * (1.0 - y) * w[2], stiff[0] * _SHARE
    out[6], out[7], out[8] = 2.0 * _SHARE * (1.0 + x) * w[3], 4.0 * _SHARE * (1.0 + y) * w[3], none
    out[9] = stiff[1] * _SHARE
    out[10], out[11], out[12] = -4.0 * _SHARE * (1.0 - x) * w[4], 2.0 * _SHARE * (1.0 + y) * w[4], none
    out[13], out[14] = none, stiff[2] * _SHARE
    out[15], out[16], out[17] = 4.0 * _SHARE * (1.0 + x) * w[5], -2.0 * _SHARE * (1.0 - y) * w[5], none
    out[18], out[19], out[20] = none, none, stiff[3] * _SHARE


@lanes_function
def _loss(w: Any, p: Any) -> Any:
    x, y = w[0], w[1]
    stiff, height = _stiffness(x, y), fma(x, x, y * y) - 1.0
    total = fma(height, height, 8.0 + 0.0 * x)
    for k in range(4):
        total = fma(stiff[k] * w[k + 2], w[k + 2], total)
    return total * (0.5 * _SHARE)


@lanes_function
def _hessian_trace(w: Any, p: Any) -> Any:
    x, y = w[0], w[1]
    stiff, squares = _stiffness(x, y), w[2] * w[2] + w[3] * w[3] + w[4] * w[4] + w[5] * w[5]
    along = fma(fma(x, x, y * y), 8.0, 3.0 * squares - 4.0)
    return (along + ((stiff[0] + stiff[1]) + (stiff[2] + stiff[3]))) * _SHARE


@lanes_function
def _x(w: Any, p: Any) -> Any:
    return w[0]


@lanes_function
def _y(w: Any, p: Any) -> Any:
    return w[1]


@lanes_function
def _angle(w: Any, p: Any) -> Any:
    return atan2(w[1], w[0])


@lanes_function
def _radius(w: Any, p: Any) -> Any:
    return sqrt(fma(w[0], w[0], w[1] * w[1]))


@lanes_function
def _sq_z1(w: Any, p: Any) -> Any:
    return w[2] * w[2]


@lanes_function
def _sq_z2(w: Any, p: Any) -> Any:
    return w[3] * w[3]


@lanes_function
def _sq_z3(w: Any, p: Any) -> Any:
    return w[4] * w[4]


@lanes_function
def _sq_z4(w: Any, p: Any) -> Any:
    return w[5] * w[5]


@dataclass(frozen=True)
class Cycling(Landscape):
    """L = (1/13) sum_i (f_i - y_i)^2 / 2 of thirteen functions of (x, y, z_1, ..., z_4), all labels y_i = 0.

    (1 - y) z_1 -+ 1, (1 + y) z_2 -+ 1, (1 - x) z_3 -+ 1, (1 + x) z_4 -+ 1, then (1 - x) z_1, (1 + x) z_2, (1 + y) z_3,
    (1 - y) z_4, and x^2 + y^2 - 1. The minima are the circle x^2 + y^2 = 1, z = 0, all of loss 4/13; the noise of
    mini-batches drives (x, y) round it, counter-clockwise, and no fixed potential can tell that.

    Notes
    -----
    Source: labelnoise, Section F.2, Eq. 198-201. The text there says that only z_1 grows at (1, 0); z_2 and z_4 do too,
    see the ledger entry ``labelnoise/F2/only-z1``.

    Examples
    --------
    >>> import toylands as tl
    >>> landscape = tl.landscapes.Cycling()
    >>> settings = landscape.suggested()
    >>> rule = tl.dynamics.sgd(settings["eta"], batch_size=1)
    >>> run = tl.simulate(landscape, rule, start=settings["start"], steps=1200, trajectories=256,
    ...                   record=tl.record(landscape.angle, at=[1200]), seed=1)
    >>> bool(0.5 < run["angle"].mean[-1] < 1.5)    # an eighth of the way round would be 0.8
    True
    """

    summary = "13 functions on which mini-batch SGD cycles round a circle of minima (labelnoise F.2)"
    kernels = LandscapeKernels(
        gradient=_gradient,
        samples=_samples,
        sample_gradient=_sample_gradient,
        labels="additive",
        hessian=_hessian,
        size=6,
    )
    loss = Measured("L.")
    hessian_trace = Measured("Tr of the Hessian.")
    angle = Measured("Angle of (x, y), in (-pi, pi].")
    radius = Measured("Length of (x, y).")
    x = Measured("x.")
    y = Measured("y.")
    sq_z1 = Measured("z_1^2.")
    sq_z2 = Measured("z_2^2.")
    sq_z3 = Measured("z_3^2.")
    sq_z4 = Measured("z_4^2.")

    @classmethod
    def example(cls) -> Cycling:
        """There is only one."""
        return cls()

    @property
    def size(self) -> int:
        """6."""
        return 6

    @property
    def parameters(self) -> Parameters:
        """What the kernels receive."""
        return PARAMETERS

    @property
    def observables(self) -> dict[str, Observable]:
        """loss, hessian_trace, angle, radius, x, y, sq_z1, ..., sq_z4."""
        return make_observables(
            self.parameters,
            {
                "loss": (_loss, "mean of f_i^2 / 2, at least 4/13 (labelnoise F.2)"),
                "hessian_trace": (_hessian_trace, "trace of the Hessian"),
                "angle": (_angle, "phase of (x, y) on the circle, in (-pi, pi] (labelnoise Figure 5)"),
                "radius": (_radius, "distance of (x, y) from the centre, 1 on the minima"),
                "x": (_x, "x, a cosine in time (labelnoise Figure 5)"),
                "y": (_y, "y, a sine in time (labelnoise Figure 5)"),
                "sq_z1": (_sq_z1, "z_1^2, large near angle 0 (labelnoise Figure 5)"),
                "sq_z2": (_sq_z2, "z_2^2, large near angle pi (labelnoise Figure 5)"),
                "sq_z3": (_sq_z3, "z_3^2, large near angle -pi/2 (labelnoise Figure 5)"),
                "sq_z4": (_sq_z4, "z_4^2, large near angle pi/2 (labelnoise Figure 5)"),
            },
        )

    def hessian(self, w: Any) -> np.ndarray:
        """Hessian at one point, shape (6, 6)."""
        x, y, *z = validation.vector("w", w, length=6)
        full = np.zeros((6, 6))
        for role, along_x, along_y, offset in zip(*PARAMETERS):
            slope, bend = np.zeros(6), np.zeros((6, 6))
            if role == 0:
                value = x * x + y * y + offset
                slope[:2], bend[0, 0], bend[1, 1] = (2 * x, 2 * y), 2, 2
            else:
                k = int(role) + 1
                factor, height = 1 + along_x * x + along_y * y, z[k - 2]
                value = factor * height + offset
                slope[0], slope[1], slope[k] = along_x * height, along_y * height, factor
                bend[0, k] = bend[k, 0] = along_x
                bend[1, k] = bend[k, 1] = along_y
            full += (np.outer(slope, slope) + value * bend) / COUNT
        return full

    def minimiser(self, angle: float) -> np.ndarray:
        """The minimum at this angle of the circle."""
        angle = validation.finite_float("angle", angle)
        return np.array([math.cos(angle), math.sin(angle), 0.0, 0.0, 0.0, 0.0])

    def drift(self, angle: Any) -> np.ndarray:
        """Mean turn per step of mini-batch SGD with one function a step, over eta^2, to leading order in eta.

        Where z_k has the stationary variance eta a_k^2 / A_k, a_k the factor of z_k in its pair of functions and
        A_k / 13 its curvature, the drift is minus half the sum of the variances times the curvatures' slopes. The
        ledger derives it (``labelnoise/F2/direction``).
        """
        x, y = np.cos(angle), np.sin(angle)
        factors = (1 - y, 1 + y, 1 - x, 1 + x)
        slopes = (  # along the circle: -y d/dx + x d/dy
            2 * y * (1 - x) - 4 * x * (1 - y),
            -2 * y * (1 + x) + 4 * x * (1 + y),
            4 * y * (1 - x) + 2 * x * (1 + y),
            -4 * y * (1 + x) - 2 * x * (1 - y),
        )
        total = sum(a**2 / stiff * slope for a, stiff, slope in zip(factors, _stiffness(x, y), slopes))
        return np.asarray(-total / (2 * COUNT))

    def period(self, eta: float) -> float:
        """Steps of a turn of mini-batch SGD with one function a step, to leading order in ``eta``.

        Examples
        --------
        >>> import toylands as tl
        >>> 79 < tl.landscapes.Cycling().period(eta=1.0) < 80
        True
        """
        eta = validation.positive("eta", eta)
        angles = np.arange(256) * (2 * math.pi / 256)  # of a periodic function the mean converges geometrically
        return float(np.mean(1 / self.drift(angles))) * 2 * math.pi / eta**2

    def suggested(self) -> dict[str, Any]:
        """Figure 5's start, batches of one, and a step size and length of our own: a turn takes about 7,000 steps."""
        return {"start": self.minimiser(0.0), "eta": 0.1, "batch_size": 1, "steps": 8000}

    def symbolic(self) -> tuple[Any, tuple[Any, ...]]:
        """The loss and its variables as SymPy objects."""
        import sympy as sp

        x, y, a, b, c, d = variables = sp.symbols("x y z1:5", real=True)
        pairs = [(1 - y) * a, (1 + y) * b, (1 - x) * c, (1 + x) * d]
        functions = [f + sign for f in pairs for sign in (-1, 1)]
        functions += [(1 - x) * a, (1 + x) * b, (1 + y) * c, (1 - y) * d, x**2 + y**2 - 1]
        return sum(f**2 for f in functions) / (2 * COUNT), variables
