"""Quadratic bowls with any symmetric positive semidefinite Hessian."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from toylands import validation
from toylands.landscapes.base import Landscape, LandscapeKernels, Measured, make_observables
from toylands.landscapes.further import distance_to_kernel
from toylands.observables import Observable
from toylands.simd import fma, lanes_function, sum_of_squares
from toylands.simd.products import multiply_symmetric


class Parameters(NamedTuple):
    """``pull``: the matrix of the drift (the Hessian, unless a rule replaces it); ``hessian``: that of the loss."""

    dim: int
    pull: np.ndarray
    hessian: np.ndarray


@lanes_function
def _gradient(w: Any, out: Any, p: Any, step: Any, stream: Any) -> Any:
    multiply_symmetric(p.pull, p.dim, w, out)


@lanes_function
def _hessian(w: Any, out: Any, p: Any) -> Any:
    for i in range(p.dim):
        for j in range(i + 1):
            out[i * (i + 1) // 2 + j] = 0.0 * w[0] + p.hessian[i, j]


@lanes_function
def _loss(w: Any, p: Any) -> Any:
    total = 0.0 * w[0]
    for i in range(p.dim):
        row = 0.0 * w[0]
        for j in range(p.dim):
            row = fma(w[j], p.hessian[i, j], row)
        total = fma(w[i], row, total)
    return 0.5 * total


@lanes_function
def _sq_norm(w: Any, p: Any) -> Any:
    return sum_of_squares(w, p.dim)


@dataclass(frozen=True, eq=False)
class QuadraticBowl(Landscape):
    """L(w) = w^T H w / 2: a bowl with any positive semidefinite Hessian.

    With Gaussian noise of any covariance it is the discrete or continuous Ornstein-Uhlenbeck process: see the rules
    `toylands.dynamics.gld`, `euler_maruyama` and `exact_ornstein_uhlenbeck`.

    Parameters
    ----------
    hessian : array_like of shape (dim, dim)
        Symmetric (to 1e-10 of its largest entry) and positive semidefinite; singular is allowed.

    Raises
    ------
    TypeError, ValueError
        If the matrix is not square, not finite, not symmetric, or has a negative eigenvalue.

    Notes
    -----
    Source: anisotropic, Eq. 12.

    Examples
    --------
    >>> import toylands as tl
    >>> bowl = tl.landscapes.QuadraticBowl([[2.0, 1.0], [1.0, 3.0]])
    >>> bowl.loss([1.0, 1.0])
    3.5
    """

    hessian: np.ndarray
    summary = "w^T H w / 2, any positive semidefinite H (anisotropic Eq. 12)"
    kernels = LandscapeKernels(gradient=_gradient, hessian=_hessian)
    loss = Measured("L(w).")
    sq_norm = Measured("|w|^2.")

    def __post_init__(self) -> None:
        object.__setattr__(self, "hessian", validation.symmetric_psd("hessian", self.hessian))

    @classmethod
    def example(cls) -> QuadraticBowl:
        """A small instance."""
        return cls(np.array([[2.0, 1.0], [1.0, 3.0]]))

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return int(self.hessian.shape[0])

    @property
    def parameters(self) -> Parameters:
        """What the kernels receive."""
        return Parameters(self.size, self.hessian, self.hessian)

    @property
    def observables(self) -> dict[str, Observable]:
        """loss, sq_norm."""
        return make_observables(
            self.parameters, {"loss": (_loss, "w^T H w / 2 (anisotropic Eq. 12)"), "sq_norm": (_sq_norm, "|w|^2")}
        )

    def _distance(self) -> Observable:
        return distance_to_kernel(self.hessian, self.parameters, "distance to the null space of H")

    def exact_transition(self, time_step: float, covariance: np.ndarray) -> tuple[Parameters, np.ndarray]:
        """The exact step of dw = -H w dt + covariance^{1/2} dW over ``time_step``, in the form of a unit gradient step.

        Returns parameters whose ``pull`` is I - exp(-H t), and a factor F with F F^T the transition covariance
        int_0^t exp(-H s) covariance exp(-H s) ds (entry by entry in the eigenbasis of H; zero eigenvalues as limits).
        """
        eigenvalues, basis = np.linalg.eigh(self.hessian)
        sums = eigenvalues[:, None] + eigenvalues[None, :]
        # (1 - exp(-x t)) / x, with its limit t at x = 0
        flat = sums * time_step < 1e-300
        weights = np.where(flat, time_step, -np.expm1(-sums * time_step) / np.where(flat, 1.0, sums))
        inner = (basis.T @ covariance @ basis) * weights
        pull = np.ascontiguousarray(basis @ np.diag(-np.expm1(-eigenvalues * time_step)) @ basis.T)
        pull.setflags(write=False)  # as the Hessian is: one array type, one compilation
        return Parameters(self.size, pull, self.hessian), np.ascontiguousarray(basis @ matrix_factor(inner))

    def symbolic(self) -> tuple[Any, tuple[Any, ...]]:
        """The loss and its variables as SymPy objects."""
        import sympy as sp

        w = sp.Matrix(sp.symbols(f"w1:{self.size + 1}", real=True))
        matrix = sp.Matrix(self.size, self.size, lambda i, j: sp.nsimplify(float(self.hessian[i, j]), rational=True))
        return (w.T * matrix * w)[0] / 2, tuple(w)


def matrix_factor(covariance: np.ndarray) -> np.ndarray:
    """A square F with F F^T = covariance, for any positive semidefinite matrix."""
    eigenvalues, basis = np.linalg.eigh((covariance + covariance.T) / 2)
    # a zero eigenvalue may come out negative by rounding
    return np.ascontiguousarray(basis * np.sqrt(np.maximum(eigenvalues, 0.0)))
