"""Matrix sensing: a positive semidefinite matrix from linear measurements, by its square root."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from toylands import validation
from toylands.described import digest
from toylands.landscapes import matrix_sensing_kernels as lanes_functions
from toylands.landscapes.base import Landscape, LandscapeKernels, Measured, make_observables
from toylands.landscapes.held_out import training_and_held_out
from toylands.landscapes.matrix_sensing_kernels import make_parameters
from toylands.observables import Observable


def _measurement_matrices(name: str, value: Any) -> np.ndarray:
    """Read-only, of shape (M, n, n)."""
    array = np.asarray(value, dtype=np.float64)
    if array.ndim != 3 or array.shape[1] != array.shape[2] or array.size == 0:
        raise ValueError(f"{name} must be square matrices, of shape (M, n, n), got shape {array.shape}")
    flat = validation.matrix(name, array.reshape(len(array), -1))
    return flat.reshape(array.shape)


@dataclass(frozen=True, eq=False)
class MatrixSensing(Landscape):
    """L(U) = 1/(2 M) sum_i (y_i - <A_i, U U^T>)^2 for U with n rows and any number of columns.

    The state is U row by row: U[j, k] is coordinate ``j columns + k``.

    Parameters
    ----------
    matrices : array_like of shape (M, n, n)
        Measurement matrices A_i, symmetric or not: <A, U U^T> sees the symmetric part alone.
    targets : array_like of shape (M,)
        y.
    columns : int, optional
        Columns of U; default n.
    test_matrices, test_targets : array_like of shapes (m, n, n) and (m,), optional
        Held-out measurements of the test loss; default: the training measurements.
    truth : array_like of shape (n, n), optional
        The matrix X* behind the targets. Where it is known, and not zero, there is the observable ``relative_error``.

    Raises
    ------
    TypeError, ValueError
        If shapes do not fit, a value is not finite, or ``truth`` is not symmetric and positive semidefinite.

    Notes
    -----
    Source: antipgd, Section D.3, Eq. 74; nso, Section 2.1.1, Eq. 4, and Section 3.1.

    Examples
    --------
    >>> import numpy as np, toylands as tl
    >>> problem = tl.landscapes.MatrixSensing.random(n=3, rank=1, measurements=5, seed=1)
    >>> root = np.linalg.cholesky(problem.truth + 1e-12 * np.eye(3))
    >>> problem.loss(root.ravel()) < 1e-12
    True
    """

    matrices: np.ndarray
    targets: np.ndarray
    columns: int | None = None
    test_matrices: np.ndarray | None = None
    test_targets: np.ndarray | None = None
    truth: np.ndarray | None = None
    summary = "sum_i (y_i - <A_i, U U^T>)^2 / (2 M): matrix sensing (antipgd Eq. 74, nso Eq. 4)"
    kernels = LandscapeKernels(
        gradient=lanes_functions.gradient,
        scratch=lanes_functions.scratch,
        samples=lanes_functions.samples,
        sample_gradient=lanes_functions.sample_gradient,
        labels="additive",
        hessian=lanes_functions.hessian,
    )
    loss = Measured("L(U).")
    test_loss = Measured("L on the held-out measurements.")
    hessian_trace = Measured("Tr of the Hessian.")
    nuclear_norm = Measured("Nuclear norm of U U^T.")
    relative_error = Measured("|U U^T - X*| / |X*|, Frobenius norms.")
    sq_norm = Measured("|U|^2, Frobenius norm.")

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        training, test = training_and_held_out(
            "matrices",
            (self.matrices, self.targets),
            (self.test_matrices, self.test_targets),
            _measurement_matrices,
            "rows",
        )
        for name, array in zip(("matrices", "targets", "test_matrices", "test_targets"), (*training, *test)):
            set_(self, name, array)
        n = self.matrices.shape[1]
        set_(self, "columns", n if self.columns is None else validation.positive_int("columns", self.columns))
        if self.truth is not None:
            truth = validation.symmetric_psd("truth", self.truth)
            if len(truth) != n:
                raise ValueError(f"truth has {len(truth)} rows, but matrices have {n}")
            set_(self, "truth", truth)
        truth = np.zeros((n, n)) if self.truth is None else self.truth
        set_(self, "_parameters", make_parameters(training, test, truth, self._columns))

    @property
    def _columns(self) -> int:
        assert self.columns is not None
        return self.columns

    @classmethod
    def random(
        cls,
        n: int = 20,
        rank: int = 5,
        measurements: int = 100,
        columns: int | None = None,
        *,
        symmetric: bool = False,
        unit_norm: bool = True,
        label_noise: float = 0.0,
        test_measurements: int = 100,
        seed: int = 0,
    ) -> MatrixSensing:
        """X* = V V^T with Gaussian V of shape (n, rank), and Gaussian measurement matrices.

        The defaults are antipgd's setting, but for the small Gaussian noise on its training targets, of an unstated
        size: ``label_noise`` is its standard deviation. ``unit_norm`` scales X* to spectral norm 1; nso does not:
        ``random(n=100, measurements=1000, unit_norm=False)``. ``symmetric`` takes the symmetric parts of the matrices.

        Source: antipgd, Section D.3; nso, Section 3.1.

        Examples
        --------
        >>> import toylands as tl
        >>> tl.landscapes.MatrixSensing.random(n=4, rank=2, measurements=6, columns=3).size
        12
        """
        n, rank = validation.positive_int("n", n), validation.positive_int("rank", rank)
        count = validation.positive_int("measurements", measurements)
        test_count = validation.positive_int("test_measurements", test_measurements)
        label_noise = validation.nonnegative("label_noise", label_noise)
        generator = np.random.default_rng(validation.seed("seed", seed))
        root = generator.normal(size=(n, rank))
        truth = root @ root.T
        if unit_norm:
            truth /= np.linalg.norm(truth, 2)
        matrices = generator.normal(size=(count, n, n))
        test = generator.normal(size=(test_count, n, n))
        if symmetric:
            matrices, test = (matrices + matrices.transpose(0, 2, 1)) / 2, (test + test.transpose(0, 2, 1)) / 2
        targets = np.einsum("ijk,jk->i", matrices, truth)
        if label_noise > 0:
            targets = targets + label_noise * generator.normal(size=count)
        return cls(matrices, targets, columns, test, np.einsum("ijk,jk->i", test, truth), truth)

    @classmethod
    def example(cls) -> MatrixSensing:
        """A small instance."""
        return cls.random(n=3, rank=1, measurements=5, columns=2, test_measurements=4)

    @property
    def size(self) -> int:
        """n columns."""
        return int(self.matrices.shape[1]) * self._columns

    @property
    def observables(self) -> dict[str, Observable]:
        """loss, test_loss, hessian_trace, nuclear_norm, sq_norm; relative_error where the truth is known."""
        f = lanes_functions
        measured: dict[str, tuple[Any, ...]] = {
            "loss": (f.loss, "sum_i (y_i - <A_i, U U^T>)^2 / (2 M) (antipgd Eq. 74)"),
            "test_loss": (f.test_loss, "the same on held-out measurements (antipgd D.3)"),
            "hessian_trace": (f.hessian_trace, "trace of the Hessian (our own closed form)"),
            "nuclear_norm": (f.sq_norm, "nuclear norm of U U^T, which is |U|^2 (nso 2.1.1)"),
            "sq_norm": (f.sq_norm, "|U|^2, Frobenius norm"),
        }
        if self.parameters.truth_norm > 0:
            measured["relative_error"] = (f.relative_error, "|U U^T - X*| / |X*|, Frobenius norms (nso 3.1)")
        return make_observables(self.parameters, measured)

    def describe(self) -> dict[str, Any]:
        """Name, shapes, and digests of the data, which may be large."""
        data = {
            name: digest(array)
            for name in ("matrices", "targets", "test_matrices", "test_targets", "truth")
            if (array := getattr(self, name)) is not None
        }
        shape = {"measurements": len(self.targets), "n": int(self.matrices.shape[1]), "columns": self._columns}
        return {"name": type(self).__name__, "parameters": {**shape, "sha256": data}}

    def hessian(self, w: Any) -> np.ndarray:
        """Hessian at one point, shape (size, size): 1/M sum_i (S_i U)(S_i U)^T + r_i S_i (x) I, S_i = A_i + A_i^T."""
        u = validation.vector("w", w, length=self.size).reshape(-1, self._columns)
        both = self.matrices + self.matrices.transpose(0, 2, 1)
        residuals = np.einsum("ijk,jk->i", self.matrices, u @ u.T) - self.targets
        slopes = (both @ u).reshape(len(both), -1)
        curvature = np.kron(np.einsum("i,ijk->jk", residuals, both), np.eye(self._columns))
        return (slopes.T @ slopes + curvature) / len(both)

    def suggested(self) -> dict[str, Any]:
        """antipgd's step size and noise for its Figure 2, from nso's Gaussian start."""
        start = np.random.default_rng(0).normal(size=self.size)
        return {"start": start, "eta": 0.001, "sigma": 0.1, "steps": 10_000}

    def symbolic(self) -> tuple[Any, tuple[Any, ...]]:
        """The loss and its variables as SymPy objects (for small sizes)."""
        import sympy as sp

        w = sp.symbols(f"w1:{self.size + 1}", real=True)
        u = sp.Matrix(self.matrices.shape[1], self._columns, w)
        product = u * u.T
        residuals = [y - (sp.Matrix(a).T * product).trace() for a, y in zip(self.matrices, self.targets)]
        return sum(r**2 for r in residuals) / (2 * len(residuals)), w
