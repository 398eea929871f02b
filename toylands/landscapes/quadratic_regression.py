"""Quadratically parametrized linear regression: minima of very different flatness behind one data set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from toylands import validation
from toylands.landscapes import quadratic_regression_kernels as lanes_functions
from toylands.landscapes.base import Landscape, LandscapeKernels, Measured, make_observables
from toylands.landscapes.held_out import training_and_held_out
from toylands.landscapes.quadratic_regression_kernels import make_parameters
from toylands.observables import Observable


@dataclass(frozen=True, eq=False)
class QuadraticRegression(Landscape):
    """L(w) = |X (w * w) - y|^2 / (4 n), with * entry by entry: linear regression on the squares of the weights.

    Parameters
    ----------
    design : array_like of shape (n, dim)
        Design matrix X.
    targets : array_like of shape (n,)
        y.
    test_design, test_targets : array_like of shapes (m, dim) and (m,), optional
        Held-out points of the test loss; default: the training points.
    truth : array_like of shape (dim,), optional
        The weights behind the targets. Where they are known, and not all zero, there is the observable
        ``relative_error``.

    Raises
    ------
    TypeError, ValueError
        If shapes do not fit or a value is not finite.

    Notes
    -----
    Source: antipgd, Section D.2, Eq. 72 and 73.

    Examples
    --------
    >>> import toylands as tl
    >>> problem = tl.landscapes.QuadraticRegression.random(samples=4, dim=6, sparsity=2, seed=1)
    >>> problem.loss([1.0, 1.0, 0.0, 0.0, 0.0, 0.0])
    0.0
    """

    design: np.ndarray
    targets: np.ndarray
    test_design: np.ndarray | None = None
    test_targets: np.ndarray | None = None
    truth: np.ndarray | None = None
    summary = "|X (w * w) - y|^2 / (4 n): sparse regression with squared weights (antipgd Eq. 72)"
    kernels = LandscapeKernels(
        gradient=lanes_functions.gradient,
        scratch=lanes_functions.scratch,
        samples=lanes_functions.samples,
        sample_gradient=lanes_functions.sample_gradient,
        labels="additive",
        hessian=lanes_functions.hessian,
    )
    loss = Measured("L(w).")
    test_loss = Measured("L on the held-out points.")
    hessian_trace = Measured("Tr of the Hessian.")
    sq_norm = Measured("|w|^2.")
    relative_error = Measured("|w * w - t * t| / |t * t|, t the true weights.")

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        training, test = training_and_held_out(
            "design", (self.design, self.targets), (self.test_design, self.test_targets)
        )
        for name, array in zip(("design", "targets", "test_design", "test_targets"), (*training, *test)):
            set_(self, name, array)
        if self.truth is not None:
            set_(self, "truth", validation.vector("truth", self.truth, length=self.size))
        truth = np.zeros(self.size) if self.truth is None else self.truth
        set_(self, "_parameters", make_parameters(training, test, truth))

    @classmethod
    def random(
        cls,
        samples: int = 40,
        dim: int = 100,
        sparsity: int = 10,
        test_samples: int = 100,
        seed: int = 0,
        label_noise: float = 0.0,
    ) -> QuadraticRegression:
        """Gaussian designs and the targets of the weights (1, ..., 1, 0, ..., 0) with ``sparsity`` ones.

        ``label_noise`` is the standard deviation of Gaussian noise on the training targets (those of the held-out
        points stay exact). The defaults are the paper's setting. Source: antipgd, Section D.2.
        """
        samples = validation.positive_int("samples", samples)
        dim = validation.positive_int("dim", dim)
        test_samples = validation.positive_int("test_samples", test_samples)
        if not 0 <= validation.positive_int("sparsity", sparsity, minimum=0) <= dim:
            raise ValueError(f"sparsity = {sparsity} must be from 0 to dim = {dim}")
        generator = np.random.default_rng(validation.seed("seed", seed))
        truth = np.zeros(dim)
        truth[:sparsity] = 1.0
        design, test = generator.normal(size=(samples, dim)), generator.normal(size=(test_samples, dim))
        targets = design @ truth
        label_noise = validation.nonnegative("label_noise", label_noise)
        if label_noise > 0:
            targets = targets + label_noise * generator.normal(size=samples)
        return cls(design, targets, test, test @ truth, truth)

    @classmethod
    def example(cls) -> QuadraticRegression:
        """A small instance."""
        return cls.random(samples=4, dim=6, sparsity=2, test_samples=4)

    @property
    def size(self) -> int:
        """dim."""
        return int(self.design.shape[1])

    @property
    def observables(self) -> dict[str, Observable]:
        """loss, test_loss, hessian_trace, sq_norm; relative_error where the truth is known."""
        measured: dict[str, tuple[Any, ...]] = {
            "loss": (lanes_functions.loss, "|X (w * w) - y|^2 / (4 n) (antipgd Eq. 72)"),
            "test_loss": (lanes_functions.test_loss, "the same on held-out points (antipgd D.2)"),
            "hessian_trace": (lanes_functions.hessian_trace, "trace of the Hessian (antipgd Eq. 73)"),
            "sq_norm": (lanes_functions.sq_norm, "|w|^2"),
        }
        if self.parameters.truth_norm > 0:
            measured["relative_error"] = (
                lanes_functions.relative_error,
                "distance of w * w from the true one, relative (our own)",
            )
        return make_observables(self.parameters, measured)

    def hessian(self, w: Any) -> np.ndarray:
        """Hessian at one point, shape (dim, dim)."""
        point = validation.vector("w", w, length=self.size)
        n = self.design.shape[0]
        residual = self.design @ (point * point) - self.targets
        outer = np.outer(point, point) * (self.design.T @ self.design)
        return 2 / n * outer + np.diag(self.design.T @ residual) / n

    def suggested(self) -> dict[str, Any]:
        """Settings of the paper's Figure 2: step size 0.1, sigma 0.05."""
        return {"start": np.ones(self.size), "eta": 0.1, "sigma": 0.05, "steps": 10_000}

    def symbolic(self) -> tuple[Any, tuple[Any, ...]]:
        """The loss and its variables as SymPy objects (for small sizes)."""
        import sympy as sp

        w = sp.symbols(f"w1:{self.size + 1}", real=True)
        squares = sp.Matrix([x**2 for x in w])
        residual = sp.Matrix(self.design) * squares - sp.Matrix(self.targets)
        return (residual.T * residual)[0] / (4 * self.design.shape[0]), w
