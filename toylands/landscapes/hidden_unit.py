"""A linear network with one hidden unit, on inputs of which only some features say anything about the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from toylands import validation
from toylands.landscapes import hidden_unit_kernels as lanes_functions
from toylands.landscapes.base import LandscapeKernels, Measured, make_observables
from toylands.landscapes.held_out import training_and_held_out
from toylands.landscapes.hidden_unit_kernels import OneUnit, Parameters, distance_to_hyperbola
from toylands.landscapes.reduced_hidden_unit import ReducedHiddenUnit
from toylands.observables import Observable


@dataclass(frozen=True, eq=False)
class HiddenUnit(OneUnit):
    """L(u, v) = (1/(2 M)) sum_i (y_i - v u . x_i)^2: a linear unit u and the weight v of its output.

    The first ``relevant`` features of x are meant to predict y, the others are spurious: uncorrelated with it. The
    state is (u_1, ..., u_n, v).

    Parameters
    ----------
    design : array_like of shape (M, n)
        Inputs x_i as rows.
    targets : array_like of shape (M,)
        y.
    relevant : int
        How many of the features are relevant, from 1 to n.
    test_design, test_targets : array_like of shapes (m, n) and (m,), optional
        Held-out points of the test loss; default: the training points.

    Raises
    ------
    TypeError, ValueError
        If shapes do not fit, a value is not finite, or ``relevant`` is out of range.

    Notes
    -----
    Source: antipgd, Section 3.4, Eq. 15. Minima are the points with v u = b, b the least-squares solution. Where inputs
    have E[x x^T] = I the loss is, up to a constant, ``reduced_loss`` = v^2 |u|^2 / 2 - v r . E[y r'], with r the
    relevant part of u and r' that of x: a landscape of its own, `reduced`. (Printed with 2 v, see the ledger entry
    ``antipgd/Eq18``.) What the paper keeps of it, ``effective_loss`` = v^2 |s|^2 / 2 in the spurious part s, is the
    widening valley.

    Examples
    --------
    >>> import toylands as tl
    >>> network = tl.landscapes.HiddenUnit([[1.0, 1.0], [1.0, -1.0]], [2.0, 2.0], relevant=1)
    >>> network.loss([1.0, 0.0, 2.0]), network.effective_loss([1.0, 3.0, 2.0])
    (0.0, 18.0)
    """

    design: np.ndarray
    targets: np.ndarray
    relevant: int
    test_design: np.ndarray | None = None
    test_targets: np.ndarray | None = None
    summary = "(y - v u . x)^2 / 2 over data: one linear hidden unit, spurious features (antipgd Eq. 15)"
    kernels = LandscapeKernels(
        gradient=lanes_functions.gradient,
        scratch=lanes_functions.scratch,
        samples=lanes_functions.samples,
        sample_gradient=lanes_functions.sample_gradient,
        labels="additive",
        hessian=lanes_functions.hessian,
    )
    loss = Measured("L(u, v).")
    test_loss = Measured("L on the held-out points.")
    hessian_trace = Measured("Tr of the Hessian.")
    reduced_loss = Measured("v^2 |u|^2 / 2 - v r . E[y r'].")
    effective_loss = Measured("v^2 |s|^2 / 2, s the spurious weights.")
    sq_norm_spurious = Measured("|s|^2.")
    sq_v = Measured("v^2.")

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        training, test = training_and_held_out(
            "design", (self.design, self.targets), (self.test_design, self.test_targets)
        )
        for name, array in zip(("design", "targets", "test_design", "test_targets"), (*training, *test)):
            set_(self, name, array)
        n = self.design.shape[1]
        set_(self, "relevant", validation.positive_int("relevant", self.relevant))
        if self.relevant > n:
            raise ValueError(f"relevant = {self.relevant} must be at most the {n} features")
        second = self.design.T @ self.design / len(self.design)
        parameters = Parameters(
            samples=len(self.design),
            features=n,
            relevant=self.relevant,
            design=self.design,
            targets=self.targets,
            second=second,
            pull=self.design.T @ self.targets / len(self.design),
            trace=float(np.trace(second)),
            test_samples=len(test[0]),
            test_design=test[0],
            test_targets=test[1],
        )
        best, _, rank, _ = np.linalg.lstsq(self.design, self.targets, rcond=None)
        for name, value in (("_parameters", parameters), ("_best", best), ("_unique", rank == n)):
            set_(self, name, value)

    @classmethod
    def random(
        cls,
        samples: int = 100,
        relevant: int = 5,
        spurious: int = 20,
        test_samples: int = 100,
        label_noise: float = 0.0,
        isotropic: bool = True,
        seed: int = 0,
    ) -> HiddenUnit:
        """Gaussian inputs, and targets that are the sum of the relevant features.

        With ``isotropic`` the training inputs have exactly the second moments I, and ``label_noise`` (the standard
        deviation of Gaussian noise on the training targets) is exactly uncorrelated with the spurious features, as the
        paper supposes; that takes as many ``samples`` as features, or more. Held-out targets have no noise. Numbers
        are our own: the paper gives none.
        """
        samples = validation.positive_int("samples", samples)
        relevant = validation.positive_int("relevant", relevant)
        n = relevant + validation.positive_int("spurious", spurious, minimum=0)
        test_samples = validation.positive_int("test_samples", test_samples)
        label_noise = validation.nonnegative("label_noise", label_noise)
        if isotropic and samples < n:
            raise ValueError(f"samples = {samples} must be at least the {n} features for isotropic inputs")
        generator = np.random.default_rng(validation.seed("seed", seed))
        design, test = generator.normal(size=(samples, n)), generator.normal(size=(test_samples, n))
        noise = label_noise * generator.normal(size=samples)
        if isotropic:
            design = np.linalg.qr(design)[0] * np.sqrt(samples)
            idle = design[:, relevant:]
            noise = noise - idle @ (idle.T @ noise) / samples
        targets = design[:, :relevant].sum(axis=1) + noise
        return cls(design, targets, relevant, test, test[:, :relevant].sum(axis=1))

    @classmethod
    def example(cls) -> HiddenUnit:
        """A small instance."""
        return cls.random(samples=6, relevant=2, spurious=2, test_samples=4)

    @property
    def observables(self) -> dict[str, Observable]:
        """loss, test_loss, hessian_trace, reduced_loss, effective_loss, sq_norm_spurious, sq_v."""
        return make_observables(
            self.parameters,
            {
                "loss": (lanes_functions.loss, "mean of (y - v u . x)^2 / 2 (antipgd Eq. 15)"),
                "test_loss": (lanes_functions.test_loss, "the same on held-out points (our own)"),
                "hessian_trace": (lanes_functions.hessian_trace, "trace of the Hessian"),
                "reduced_loss": (
                    lanes_functions.reduced_loss,
                    "v^2 |u|^2 / 2 - v r . E[y r'], r relevant (antipgd Eq. 18, its factor 2 corrected)",
                ),
                "effective_loss": (
                    lanes_functions.effective_loss,
                    "v^2 |s|^2 / 2, s the spurious weights (antipgd Section 3.4)",
                ),
                "sq_norm_spurious": (lanes_functions.sq_norm_spurious, "|s|^2: 0 where the network generalises"),
                "sq_v": (lanes_functions.sq_v, "v^2: a step shrinks s by 1 - eta v^2"),
            },
        )

    def _distance(self) -> Observable | None:
        if not self._unique:  # type: ignore[attr-defined]
            return None
        return distance_to_hyperbola(self.best, self.parameters, "distance to the minima v u = b (antipgd Eq. 15)")

    def hessian(self, w: Any) -> np.ndarray:
        """Hessian at one point, shape (n + 1, n + 1)."""
        point, p = validation.vector("w", w, length=self.size), self.parameters
        u, v = point[:-1], point[-1]
        slope = p.second @ u
        side = 2 * v * slope - p.pull
        return np.block([[v * v * p.second, side[:, None]], [side[None, :], np.array([[u @ slope]])]])

    def reduced(self) -> ReducedHiddenUnit:
        """The reduced loss (Eq. 18) as a landscape: this one, up to a constant, if inputs have E[x x^T] = I."""
        return ReducedHiddenUnit(self.parameters.pull[: self.relevant], self.size - 1 - self.relevant)

    def symbolic(self) -> tuple[Any, tuple[Any, ...]]:
        """The loss and its variables as SymPy objects (for small sizes)."""
        import sympy as sp

        u, v = sp.symbols(f"u1:{self.size}", real=True), sp.Symbol("v", real=True)
        residual = sp.Matrix(self.targets) - v * sp.Matrix(self.design) * sp.Matrix(u)
        return (residual.T * residual)[0] / (2 * len(self.targets)), (*u, v)
