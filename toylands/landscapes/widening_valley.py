"""The widening valley: a floor of minima whose flatness changes along it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from toylands import validation
from toylands.landscapes.base import Landscape, LandscapeKernels, Measured, make_observables
from toylands.landscapes.further import DISTANCE, TOP_EIGENVALUE
from toylands.observables import Observable
from toylands.simd import fma, lanes_function, minimum, sqrt, sum_of_squares


class Parameters(NamedTuple):
    """``dim``: length of u; the state is (u_1, ..., u_dim, v)."""

    dim: int


@lanes_function
def _sq_norm_u(w: Any, p: Any) -> Any:
    return sum_of_squares(w, p.dim)


@lanes_function
def _sq_v(w: Any, p: Any) -> Any:
    v = w[p.dim]
    return v * v


@lanes_function
def _loss(w: Any, p: Any) -> Any:
    return 0.5 * _sq_v(w, p) * _sq_norm_u(w, p)


@lanes_function
def _hessian_trace(w: Any, p: Any) -> Any:
    return p.dim * _sq_v(w, p) + _sq_norm_u(w, p)


@lanes_function
def _pooled_sq_norm_u(square: Any, w: Any, p: Any) -> Any:
    return square


@lanes_function
def _pooled_loss(square: Any, w: Any, p: Any) -> Any:
    return 0.5 * _sq_v(w, p) * square


@lanes_function
def _pooled_hessian_trace(square: Any, w: Any, p: Any) -> Any:
    return p.dim * _sq_v(w, p) + square


@lanes_function
def _pooled_top_eigenvalue(square: Any, w: Any, p: Any) -> Any:
    """Of [[v^2, 2 v |u|], [2 v |u|, |u|^2]]: what u and v span; v^2, across u, lies below."""
    high = _sq_v(w, p)
    half = 0.5 * (high - square)
    return 0.5 * (high + square) + sqrt(fma(half, half, 4.0 * high * square))


@lanes_function
def _top_eigenvalue(w: Any, p: Any) -> Any:
    return _pooled_top_eigenvalue(_sq_norm_u(w, p), w, p)


@lanes_function
def _pooled_distance(square: Any, w: Any, p: Any) -> Any:
    return sqrt(minimum(_sq_v(w, p), square))


@lanes_function
def _distance(w: Any, p: Any) -> Any:
    return _pooled_distance(_sq_norm_u(w, p), w, p)


@lanes_function
def _bulk(p: Any) -> Any:
    return p.dim


@lanes_function
def _shared(w: Any, p: Any, step: Any, stream: Any, square: Any) -> Any:
    return _sq_v(w, p), square


@lanes_function
def _slope(j: Any, shared: Any, p: Any) -> Any:
    return shared[0] if j < p.dim else shared[1]


@dataclass(frozen=True)
class WideningValley(Landscape):
    """L(u, v) = v^2 |u|^2 / 2, u in R^dim, v in R: every point with v = 0 is a minimum, the flatter the smaller |u|.

    Parameters
    ----------
    dim : int
        Length of u, at least 1. The state (u_1, ..., u_dim, v) has dim + 1 coordinates.

    Raises
    ------
    TypeError, ValueError
        If ``dim`` is not a positive integer.

    Notes
    -----
    Gradient (v^2 u, |u|^2 v); Hessian trace dim v^2 + |u|^2. Source: antipgd, Eq. 10-12 (the printed Hessian has |u|
    where |u|^2 belongs, see the ledger entry ``antipgd/Eq11/hessian``).

    Examples
    --------
    >>> import toylands as tl
    >>> valley = tl.landscapes.WideningValley(dim=2)
    >>> valley.hessian_trace([3.0, 4.0, 1.0])
    27.0
    """

    dim: int
    summary = "v^2 |u|^2 / 2: minima of every flatness along v = 0 (antipgd Eq. 10)"
    kernels = LandscapeKernels(shared=_shared, slope=_slope, bulk=_bulk, led=True)
    loss = Measured("L(u, v).")
    hessian_trace = Measured("Tr of the Hessian.")
    sq_norm_u = Measured("|u|^2.")
    sq_v = Measured("v^2.")

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", validation.positive_int("dim", self.dim))

    @classmethod
    def example(cls) -> WideningValley:
        """A small instance."""
        return cls(dim=4)

    @property
    def size(self) -> int:
        """dim + 1."""
        return self.dim + 1

    @property
    def parameters(self) -> Parameters:
        """What the kernels receive."""
        return Parameters(self.dim)

    @property
    def observables(self) -> dict[str, Observable]:
        """loss, hessian_trace, sq_norm_u, sq_v."""
        return make_observables(
            self.parameters,
            {
                "loss": (_loss, "v^2 |u|^2 / 2 (antipgd Eq. 10)", _pooled_loss),
                "hessian_trace": (_hessian_trace, "dim v^2 + |u|^2 (antipgd Eq. 12)", _pooled_hessian_trace),
                "sq_norm_u": (_sq_norm_u, "|u|^2: flatness of the floor (antipgd Theorem 3.1)", _pooled_sq_norm_u),
                "sq_v": (_sq_v, "v^2: height above the floor"),
            },
        )

    def _distance(self) -> Observable:
        doc = "min(|v|, |u|): distance to the floor v = 0 or the line u = 0 (antipgd Eq. 10)"
        return Observable(DISTANCE, _distance, self.parameters, doc, _pooled_distance)

    @property
    def further_observables(self) -> dict[str, Observable]:
        """Those of every landscape; the largest eigenvalue in closed form."""
        doc = "largest eigenvalue of the Hessian, in closed form (nso Table 3)"
        top = Observable(TOP_EIGENVALUE, _top_eigenvalue, self.parameters, doc, _pooled_top_eigenvalue)
        return {**super().further_observables, TOP_EIGENVALUE: top}

    def hessian(self, w: Any) -> np.ndarray:
        """Hessian at one point, shape (dim + 1, dim + 1)."""
        point = validation.vector("w", w, length=self.size)
        u, v = point[:-1], point[-1]
        cross = 2 * v * u
        return np.block([[v * v * np.eye(self.dim), cross[:, None]], [cross[None, :], np.array([[u @ u]])]])

    def on_floor(self, radius: float) -> np.ndarray:
        """The minimum (u, 0) with |u|^2 = radius^2 and all coordinates of u equal."""
        radius = validation.positive("radius", radius)
        return np.append(np.full(self.dim, radius / np.sqrt(self.dim)), 0.0)

    def suggested(self) -> dict[str, Any]:
        """Settings of the paper's Figure 4 (alpha = 1/4, eta = alpha / (2 D)): start, eta, sigma, steps."""
        radius = 10.0
        return {"start": self.on_floor(radius), "eta": 0.125 / radius**2, "sigma": 0.1, "steps": 100_000}

    def symbolic(self) -> tuple[Any, tuple[Any, ...]]:
        """The loss and its variables as SymPy objects (for small ``dim``)."""
        import sympy as sp

        u = sp.symbols(f"u1:{self.dim + 1}", real=True)
        v = sp.Symbol("v", real=True)
        return v**2 * sum(x**2 for x in u) / 2, (*u, v)
