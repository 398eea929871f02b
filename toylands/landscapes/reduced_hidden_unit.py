"""What is left of one linear hidden unit's loss on inputs without correlations: the widening valley with a pull."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from toylands import validation
from toylands.landscapes.base import LandscapeKernels, Measured, make_observables
from toylands.landscapes.hidden_unit_kernels import (
    OneUnit,
    distance_to_hyperbola,
    effective_loss,
    reduced_loss,
    sq_norm_spurious,
    sq_v,
)
from toylands.observables import Observable
from toylands.simd import fma, lanes_function, sum_of_squares


class Parameters(NamedTuple):
    """``pull``: E[y x], with zeros for the spurious features; the state is (u, v)."""

    features: int
    relevant: int
    pull: np.ndarray
    trace: float  # of E[x x^T] = I


@lanes_function
def _gradient(w: Any, out: Any, p: Any, step: Any, stream: Any) -> Any:
    n, v = p.features, w[p.features]
    along = 0.0 * v
    for j in range(n):
        slope = v * w[j] - p.pull[j]
        along = fma(w[j], slope, along)
        out[j] = v * slope
    out[n] = along


@lanes_function
def _hessian(w: Any, out: Any, p: Any) -> Any:
    n, v = p.features, w[p.features]
    last, square = n * (n + 1) // 2, v * v
    for i in range(n):
        for j in range(i):
            out[i * (i + 1) // 2 + j] = 0.0 * v
        out[i * (i + 1) // 2 + i] = square
        out[last + i] = 2.0 * (v * w[i]) - p.pull[i]
    out[last + n] = sum_of_squares(w, n)


@lanes_function
def _hessian_trace(w: Any, p: Any) -> Any:
    v = w[p.features]
    return fma(p.trace * v, v, sum_of_squares(w, p.features))


@dataclass(frozen=True, eq=False)
class ReducedHiddenUnit(OneUnit):
    """L(u, v) = v^2 |u|^2 / 2 - v r . c, r the first coordinates of u: a widening valley in the others, s, with a pull.

    Parameters
    ----------
    correlations : array_like of shape (m,)
        c = E[y x] of the relevant features.
    spurious : int
        Number of features that are uncorrelated with the target, the last ones of u. The state (u_1, ..., u_{m + d}, v)
        has m + d + 1 coordinates.

    Raises
    ------
    TypeError, ValueError
        If ``correlations`` are not finite or ``spurious`` is no integer >= 0.

    Notes
    -----
    Source: antipgd, Eq. 18, where the pull is printed twice as large (ledger entry ``antipgd/Eq18``), and the effective
    loss v^2 |s|^2 / 2 after it. L = (|v u - (c, 0)|^2 - |c|^2) / 2, so its minima are v u = (c, 0): other than in the
    widening valley, none has spurious weights (``antipgd/3.4/spurious-weights``). A gradient step shrinks s by
    1 - eta v^2.

    Examples
    --------
    >>> import toylands as tl
    >>> network = tl.landscapes.ReducedHiddenUnit(correlations=[3.0, 4.0], spurious=2)
    >>> network.loss([1.5, 2.0, 0.0, 0.0, 2.0]), network.effective_loss([0.0, 0.0, 1.0, 1.0, 2.0])
    (-12.5, 4.0)
    """

    correlations: np.ndarray
    spurious: int
    summary = "v^2 |u|^2 / 2 - v r . c: one linear hidden unit on uncorrelated inputs (antipgd Eq. 18)"
    kernels = LandscapeKernels(gradient=_gradient, hessian=_hessian)
    loss = Measured("L(u, v), at least -|c|^2 / 2.")
    hessian_trace = Measured("Tr of the Hessian.")
    effective_loss = Measured("v^2 |s|^2 / 2, s the spurious weights.")
    sq_norm_spurious = Measured("|s|^2.")
    sq_v = Measured("v^2.")

    def __post_init__(self) -> None:
        correlations = validation.vector("correlations", self.correlations)
        spurious = validation.positive_int("spurious", self.spurious, minimum=0)
        pull = np.concatenate([correlations, np.zeros(spurious)])
        parameters = Parameters(len(pull), len(correlations), pull, float(len(pull)))
        fields = {"correlations": correlations, "spurious": spurious, "_parameters": parameters, "_best": pull}
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    @classmethod
    def example(cls) -> ReducedHiddenUnit:
        """A small instance."""
        return cls([1.0, -0.5], 2)  # type: ignore[arg-type]

    @property
    def observables(self) -> dict[str, Observable]:
        """loss, hessian_trace, effective_loss, sq_norm_spurious, sq_v."""
        return make_observables(
            self.parameters,
            {
                "loss": (reduced_loss, "v^2 |u|^2 / 2 - v r . c (antipgd Eq. 18, its factor 2 corrected)"),
                "hessian_trace": (_hessian_trace, "(m + d) v^2 + |u|^2"),
                "effective_loss": (effective_loss, "v^2 |s|^2 / 2, s the spurious weights (antipgd Section 3.4)"),
                "sq_norm_spurious": (sq_norm_spurious, "|s|^2: 0 where the network generalises"),
                "sq_v": (sq_v, "v^2: a step shrinks s by 1 - eta v^2"),
            },
        )

    def _distance(self) -> Observable:
        doc = "distance to the minima v u = (c, 0) (antipgd Eq. 18)"
        return distance_to_hyperbola(self.best, self.parameters, doc)

    def hessian(self, w: Any) -> np.ndarray:
        """Hessian at one point, shape (m + d + 1, m + d + 1)."""
        point, p = validation.vector("w", w, length=self.size), self.parameters
        u, v = point[:-1], point[-1]
        side = 2 * v * u - p.pull
        return np.block([[v * v * np.eye(p.features), side[:, None]], [side[None, :], np.array([[u @ u]])]])

    def symbolic(self) -> tuple[Any, tuple[Any, ...]]:
        """The loss and its variables as SymPy objects (for small sizes)."""
        import sympy as sp

        u, v = sp.symbols(f"u1:{self.size}", real=True), sp.Symbol("v", real=True)
        return v**2 * sum(x**2 for x in u) / 2 - v * sum(x * c for x, c in zip(u, self.parameters.pull)), (*u, v)
