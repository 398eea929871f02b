"""Quadratically parametrized linear regression: minima of very different flatness behind one data set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from toylands import validation
from toylands.landscapes.base import Landscape, LandscapeKernels, Measured, make_observables
from toylands.observables import Observable
from toylands.simd import fma, lanes_function, sum_of_squares

TILE = 10  # rows of a matrix taken at once: ten sums in registers share each load of the vector


class Parameters(NamedTuple):
    """``design`` and ``test_design`` come in tiles of ten rows, (tiles, dim, 10), padded with zero rows."""

    samples: int
    dim: int
    design: np.ndarray
    targets: np.ndarray  # padded with zeros to whole tiles
    column_squares: np.ndarray  # (dim,): sums of squares of the columns, over samples
    row_sums: np.ndarray  # (n,): sums of the rows
    test_samples: int
    test_design: np.ndarray
    test_targets: np.ndarray


def _tiles(matrix: np.ndarray) -> np.ndarray:
    """(n, m) -> (ceil(n / 10), m, 10): what a tile reads lies in one stretch of memory."""
    n, m = matrix.shape
    padded = np.pad(matrix, [(0, -n % TILE), (0, 0)])
    return np.ascontiguousarray(padded.reshape(-1, TILE, m).transpose(0, 2, 1))


@lanes_function
def _residual_tile(w: Any, design: Any, targets: Any, tile: Any, dim: Any) -> Any:
    """Ten entries of X (w * w) - y."""
    zero = 0.0 * w[0]
    r0 = r1 = r2 = r3 = r4 = r5 = r6 = r7 = r8 = r9 = zero
    for j in range(dim):
        x = w[j]
        v = x * x
        r0 = fma(v, design[tile, j, 0], r0)
        r1 = fma(v, design[tile, j, 1], r1)
        r2 = fma(v, design[tile, j, 2], r2)
        r3 = fma(v, design[tile, j, 3], r3)
        r4 = fma(v, design[tile, j, 4], r4)
        r5 = fma(v, design[tile, j, 5], r5)
        r6 = fma(v, design[tile, j, 6], r6)
        r7 = fma(v, design[tile, j, 7], r7)
        r8 = fma(v, design[tile, j, 8], r8)
        r9 = fma(v, design[tile, j, 9], r9)
    i = tile * TILE
    return (
        r0 - targets[i], r1 - targets[i + 1], r2 - targets[i + 2], r3 - targets[i + 3], r4 - targets[i + 4],
        r5 - targets[i + 5], r6 - targets[i + 6], r7 - targets[i + 7], r8 - targets[i + 8], r9 - targets[i + 9],
    )  # fmt: skip


@lanes_function
def _gradient(w: Any, out: Any, p: Any, step: Any, stream: Any) -> Any:
    """[X^T (X (w * w) - y)] * w / n: tile by tile, while ten residuals stay in registers."""
    for j in range(p.dim):
        out[j] = 0.0 * w[0]
    design = p.design
    for tile in range(design.shape[0]):
        r0, r1, r2, r3, r4, r5, r6, r7, r8, r9 = _residual_tile(w, design, p.targets, tile, p.dim)
        for j in range(p.dim):
            even = fma(r0, design[tile, j, 0], out[j])
            odd = r1 * design[tile, j, 1]
            even = fma(r2, design[tile, j, 2], even)
            odd = fma(r3, design[tile, j, 3], odd)
            even = fma(r4, design[tile, j, 4], even)
            odd = fma(r5, design[tile, j, 5], odd)
            even = fma(r6, design[tile, j, 6], even)
            odd = fma(r7, design[tile, j, 7], odd)
            even = fma(r8, design[tile, j, 8], even)
            odd = fma(r9, design[tile, j, 9], odd)
            out[j] = even + odd
    scale = 1.0 / p.samples
    for j in range(p.dim):
        out[j] = out[j] * (w[j] * scale)


@lanes_function
def _sum_of_squared_residuals(w: Any, design: Any, targets: Any, dim: Any) -> Any:
    total = 0.0 * w[0]
    for tile in range(design.shape[0]):
        r0, r1, r2, r3, r4, r5, r6, r7, r8, r9 = _residual_tile(w, design, targets, tile, dim)
        total = fma(r0, r0, fma(r1, r1, fma(r2, r2, fma(r3, r3, fma(r4, r4, total)))))
        total = fma(r5, r5, fma(r6, r6, fma(r7, r7, fma(r8, r8, fma(r9, r9, total)))))
    return total


@lanes_function
def _loss(w: Any, p: Any) -> Any:
    return _sum_of_squared_residuals(w, p.design, p.targets, p.dim) * (0.25 / p.samples)


@lanes_function
def _test_loss(w: Any, p: Any) -> Any:
    return _sum_of_squared_residuals(w, p.test_design, p.test_targets, p.dim) * (0.25 / p.test_samples)


@lanes_function
def _hessian_trace(w: Any, p: Any) -> Any:
    """2/n sum_j w_j^2 (X^T X)_jj + 1/n sum_i r_i sum_j X_ij."""
    total = 0.0 * w[0]
    for j in range(p.dim):
        x = w[j]
        total = fma(x * x, 2.0 * p.column_squares[j], total)
    # sum_i r_i sum_j X_ij, one residual at a time: a trace is recorded seldom
    for i in range(p.samples):
        residual = 0.0 * w[0] - p.targets[i]
        for j in range(p.dim):
            x = w[j]
            residual = fma(x * x, p.design[i // TILE, j, i % TILE], residual)
        total = fma(residual, p.row_sums[i], total)
    return total * (1.0 / p.samples)


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
    summary = "|X (w * w) - y|^2 / (4 n): sparse regression with squared weights (antipgd Eq. 72)"
    kernels = LandscapeKernels(gradient=_gradient)
    loss = Measured("L(w).")
    test_loss = Measured("L on the held-out points.")
    hessian_trace = Measured("Tr of the Hessian.")
    sq_norm = Measured("|w|^2.")

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
        parameters = Parameters(
            self.design.shape[0],
            self.design.shape[1],
            _tiles(self.design),
            np.pad(self.targets, (0, -len(self.targets) % TILE)),
            (self.design**2).sum(axis=0),
            self.design.sum(axis=1),
            self.test_design.shape[0],
            _tiles(self.test_design),
            np.pad(self.test_targets, (0, -len(self.test_targets) % TILE)),
        )
        set_(self, "_parameters", parameters)

    @classmethod
    def random(
        cls, samples: int = 40, dim: int = 100, sparsity: int = 10, test_samples: int = 100, seed: int = 0
    ) -> QuadraticRegression:
        """Gaussian designs and noiseless targets of the weights (1, ..., 1, 0, ..., 0) with ``sparsity`` ones.

        The defaults are the paper's setting. Source: antipgd, Section D.2.
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
        return cls(design, design @ truth, test, test @ truth)

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
        """loss, test_loss, hessian_trace, sq_norm."""
        return make_observables(
            self.parameters,
            {
                "loss": (_loss, "|X (w * w) - y|^2 / (4 n) (antipgd Eq. 72)"),
                "test_loss": (_test_loss, "the same on held-out points (antipgd D.2)"),
                "hessian_trace": (_hessian_trace, "trace of the Hessian (antipgd Eq. 73)"),
                "sq_norm": (_sq_norm, "|w|^2"),
            },
        )

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
