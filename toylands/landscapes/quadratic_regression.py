"""Quadratically parametrized linear regression: minima of very different flatness behind one data set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from toylands import validation
from toylands.landscapes.base import Landscape, LandscapeKernels, Measured, make_observables
from toylands.observables import Observable
from toylands.simd import fma, lanes_function, sqrt, sum_of_squares, tail, take
from toylands.simd.products import multiply_tiles, pack_tiles


class Parameters(NamedTuple):
    """Matrices whose name ends in ``tiles`` lie as `toylands.simd.products.pack_tiles` lays them."""

    samples: int
    dim: int
    design: np.ndarray
    targets: np.ndarray
    row_tiles: np.ndarray  # of the design
    column_tiles: np.ndarray  # of its transpose
    gram: np.ndarray  # X^T X
    pull: np.ndarray  # X^T y
    trace_weights: np.ndarray  # the Hessian's trace is trace_weights . (w * w) - trace_offset
    trace_offset: float
    test_samples: int
    test_design: np.ndarray
    test_targets: np.ndarray
    truth: np.ndarray  # squares of the true weights, where they are known
    truth_norm: float


@lanes_function
def _scratch(p: Any) -> Any:
    return p.dim + p.samples


@lanes_function
def _gradient(w: Any, out: Any, p: Any, step: Any, stream: Any) -> Any:
    """[X^T (X (w * w) - y)] * w / n."""
    squares, residuals = tail(out, p.dim), tail(out, 2 * p.dim)
    for j in range(p.dim):
        x = w[j]
        squares[j] = x * x
    multiply_tiles(p.row_tiles, p.samples, p.dim, squares, residuals)
    scale = 1.0 / p.samples
    for i in range(p.samples):
        residuals[i] = (residuals[i] - p.targets[i]) * scale
    multiply_tiles(p.column_tiles, p.dim, p.samples, residuals, out)
    for j in range(p.dim):
        out[j] = out[j] * w[j]


@lanes_function
def _sample_gradient(w: Any, i: Any, label: Any, scale: Any, out: Any, p: Any) -> None:
    """l_i = (x_i . (w * w) - y_i)^2 / 4, with gradient (x_i . (w * w) - y_i) x_i * w."""
    a = b = 0.0 * w[0]
    whole = p.dim - p.dim % 2
    for j in range(0, whole, 2):
        x, y = w[j], w[j + 1]
        a = fma(x * x, take(p.design, i, j), a)
        b = fma(y * y, take(p.design, i, j + 1), b)
    for j in range(whole, p.dim):
        x = w[j]
        a = fma(x * x, take(p.design, i, j), a)
    factor = ((a + b) - (take(p.targets, i) + label)) * scale
    for j in range(p.dim):
        out[j] = fma(factor * w[j], take(p.design, i, j), out[j])


@lanes_function
def _samples(p: Any) -> Any:
    return p.samples


@lanes_function
def _hessian(w: Any, out: Any, p: Any) -> Any:
    """2/n diag(w) X^T X diag(w) + 1/n diag(X^T X (w * w) - X^T y)."""
    share = 1.0 / p.samples
    for i in range(p.dim):
        x, row = w[i], i * (i + 1) // 2
        slope = 0.0 * x - p.pull[i]
        for j in range(p.dim):
            y = w[j]
            slope = fma(y * y, p.gram[i, j], slope)
        for j in range(i + 1):
            out[row + j] = (x * w[j]) * (2.0 * share * p.gram[i, j])
        out[row + i] = fma(slope, share, out[row + i])


@lanes_function
def _sum_of_squared_residuals(w: Any, design: Any, targets: Any, samples: Any, dim: Any) -> Any:
    """Four residuals at a time, so that no addition waits for the one before."""
    zero = 0.0 * w[0]
    total, whole = zero, samples - samples % 4
    for i in range(0, whole, 4):
        a = b = c = d = zero
        for j in range(dim):
            x = w[j]
            square = x * x
            a = fma(square, take(design, i, j), a)
            b = fma(square, take(design, i + 1, j), b)
            c = fma(square, take(design, i + 2, j), c)
            d = fma(square, take(design, i + 3, j), d)
        a, b, c, d = a - targets[i], b - targets[i + 1], c - targets[i + 2], d - targets[i + 3]
        total = fma(a, a, fma(b, b, fma(c, c, fma(d, d, total))))
    for i in range(whole, samples):
        a = zero
        for j in range(dim):
            x = w[j]
            a = fma(x * x, take(design, i, j), a)
        a = a - targets[i]
        total = fma(a, a, total)
    return total


@lanes_function
def _loss(w: Any, p: Any) -> Any:
    return _sum_of_squared_residuals(w, p.design, p.targets, p.samples, p.dim) * (0.25 / p.samples)


@lanes_function
def _test_loss(w: Any, p: Any) -> Any:
    total = _sum_of_squared_residuals(w, p.test_design, p.test_targets, p.test_samples, p.dim)
    return total * (0.25 / p.test_samples)


@lanes_function
def _hessian_trace(w: Any, p: Any) -> Any:
    """2/n sum_j w_j^2 (X^T X)_jj + 1/n sum_ij X_ij r_i: quadratic in w, without mixed terms."""
    total = 0.0 * w[0] - p.trace_offset
    for j in range(p.dim):
        x = w[j]
        total = fma(x * x, p.trace_weights[j], total)
    return total


@lanes_function
def _relative_error(w: Any, p: Any) -> Any:
    total = 0.0 * w[0]
    for j in range(p.dim):
        x = w[j]
        error = fma(x, x, 0.0 * x - p.truth[j])
        total = fma(error, error, total)
    return sqrt(total) * (1.0 / p.truth_norm)


@lanes_function
def _sq_norm(w: Any, p: Any) -> Any:
    return sum_of_squares(w, p.dim)


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
        gradient=_gradient,
        scratch=_scratch,
        samples=_samples,
        sample_gradient=_sample_gradient,
        labels="additive",
        hessian=_hessian,
    )
    loss = Measured("L(w).")
    test_loss = Measured("L on the held-out points.")
    hessian_trace = Measured("Tr of the Hessian.")
    sq_norm = Measured("|w|^2.")
    relative_error = Measured("|w * w - t * t| / |t * t|, t the true weights.")

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        for design, targets in (("design", "targets"), ("test_design", "test_targets")):
            if getattr(self, design) is None:
                set_(self, design, self.design)
                set_(self, targets, self.targets)
            matrix = validation.matrix(design, getattr(self, design))
            set_(self, design, matrix)
            set_(self, targets, validation.vector(targets, getattr(self, targets), length=matrix.shape[0]))
        assert self.test_design is not None
        assert self.test_targets is not None
        if self.test_design.shape[1] != self.design.shape[1]:
            raise ValueError(
                f"test_design has {self.test_design.shape[1]} columns, but design has {self.design.shape[1]}"
            )
        if self.truth is not None:
            set_(self, "truth", validation.vector("truth", self.truth, length=self.size))
        object.__setattr__(self, "_parameters", self._make_parameters())

    def _make_parameters(self) -> Parameters:
        design, targets, test_design, test_targets = self.design, self.targets, self.test_design, self.test_targets
        assert test_design is not None
        assert test_targets is not None
        n, row_sums, gram = design.shape[0], design.sum(axis=1), design.T @ design
        truth = np.zeros(self.size) if self.truth is None else self.truth**2
        return Parameters(
            samples=n,
            dim=self.size,
            design=design,
            targets=targets,
            row_tiles=pack_tiles(design),
            column_tiles=pack_tiles(design.T),
            gram=gram,
            pull=design.T @ targets,
            trace_weights=(2 * np.diag(gram) + design.T @ row_sums) / n,
            trace_offset=float(targets @ row_sums) / n,
            test_samples=test_design.shape[0],
            test_design=test_design,
            test_targets=test_targets,
            truth=truth,
            truth_norm=float(np.linalg.norm(truth)),
        )

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
    def parameters(self) -> Parameters:
        """What the kernels receive."""
        parameters: Parameters = self._parameters  # type: ignore[attr-defined]
        return parameters

    @property
    def observables(self) -> dict[str, Observable]:
        """loss, test_loss, hessian_trace, sq_norm; relative_error where the truth is known."""
        measured: dict[str, tuple[Any, ...]] = {
            "loss": (_loss, "|X (w * w) - y|^2 / (4 n) (antipgd Eq. 72)"),
            "test_loss": (_test_loss, "the same on held-out points (antipgd D.2)"),
            "hessian_trace": (_hessian_trace, "trace of the Hessian (antipgd Eq. 73)"),
            "sq_norm": (_sq_norm, "|w|^2"),
        }
        if self.parameters.truth_norm > 0:
            measured["relative_error"] = (_relative_error, "distance of w * w from the true one, relative (our own)")
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
