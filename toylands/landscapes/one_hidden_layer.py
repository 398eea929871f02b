"""A network with one hidden layer, a fixed output layer and a thresholded output: binary classification by squares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from toylands import validation
from toylands.landscapes import one_hidden_layer_kernels as lanes_functions
from toylands.landscapes.base import Landscape, LandscapeKernels, Measured, make_observables
from toylands.landscapes.held_out import training_and_held_out
from toylands.landscapes.one_hidden_layer_kernels import Parameters
from toylands.observables import Observable

ACTIVATIONS = ("relu", "tanh")


def _check_labels(name: str, targets: np.ndarray) -> None:
    wrong = targets[(targets != 0.0) & (targets != 1.0)]
    if wrong.size:
        raise ValueError(f"{name} must be 0 or 1, got {wrong[0]}")


@dataclass(frozen=True, eq=False)
class OneHiddenLayer(Landscape):
    """L(W) = (1/N) sum_i (phi(f(x_i)) - y_i)^2, f(x) = a . act(W x), phi cutting off below delta and above 1 - delta.

    The state is W, row by row; a stays as it is. A column of ones in the design gives the hidden units biases. Rules
    such as `toylands.dynamics.label_flip_sgd` swap the labels 0 and 1.

    Parameters
    ----------
    design : array_like of shape (N, dim)
        The inputs x_i, in rows.
    targets : array_like of shape (N,)
        The labels y_i, 0 or 1.
    output : array_like of shape (width,)
        The output layer a.
    activation : {"relu", "tanh"}
        act. The slope of relu, max(z, 0), at 0 is taken to be 0.
    delta : float
        In [0, 1/2). On the thresholds, and beyond, the slope of phi is taken to be 0.
    test_design, test_targets : array_like of shapes (M, dim) and (M,), optional
        Held-out points; default: the training points.

    Raises
    ------
    TypeError, ValueError
        If shapes do not fit, a label is neither 0 nor 1, or another value is out of range.

    Notes
    -----
    Source: anisotropic, Eq. 19 and 20 and Section 5.2. No data point's loss is less than delta^2, and the global minima
    of data that the network can tell apart are the points with ``fitted`` = 1, where all gradients and Hessians vanish.
    With relu, H the Hessian and F the mean of a data point's gradient times its transpose, 2 delta^2 H <= F, and
    F <= 2 e^2 H where no |phi(f) - y| is above e: Proposition 2, but for the factors 2, which Eq. 19's loss has.

    Examples
    --------
    >>> import toylands as tl
    >>> two_units = tl.landscapes.OneHiddenLayer.one_data_point()
    >>> [round(two_units.loss(w), 12) for w in ([1.0, 0.0], [0.0, 1.0], [0.5, 0.5])]
    [0.01, 0.81, 0.81]
    """

    design: np.ndarray
    targets: np.ndarray
    output: np.ndarray
    activation: str
    delta: float
    test_design: np.ndarray
    test_targets: np.ndarray
    summary = "mean of (phi(a . act(W x)) - y)^2: one hidden layer, thresholded output (anisotropic Eq. 19)"
    kernels = LandscapeKernels(
        gradient=lanes_functions.gradient,
        scratch=lanes_functions.scratch,
        samples=lanes_functions.samples,
        sample_gradient=lanes_functions.sample_gradient,
        labels="sign",
        hessian=lanes_functions.hessian,
    )
    loss = Measured("L(W).")
    test_loss = Measured("L on the held-out points.")
    accuracy = Measured("Share of data points whose output is on the label's side of 1/2.")
    test_accuracy = Measured("The same on the held-out points.")
    fitted = Measured("Share of data points with their least loss, delta^2.")
    hessian_trace = Measured("Tr of the Hessian.")
    sq_norm = Measured("|W|^2.")

    def __init__(
        self,
        design: Any,
        targets: Any,
        output: Any,
        activation: str = "relu",
        delta: float = 0.001,
        test_design: Any = None,
        test_targets: Any = None,
    ):
        (design, targets), (test_design, test_targets) = training_and_held_out(
            "design", (design, targets), (test_design, test_targets)
        )
        _check_labels("targets", targets)
        _check_labels("test_targets", test_targets)
        output = validation.vector("output", output)
        kind = ACTIVATIONS.index(validation.choice("activation", activation, ACTIVATIONS))
        delta = validation.in_interval("delta", delta, 0.0, 0.5, open_high=True)
        samples, dim = design.shape
        settings = (samples, dim, len(output), kind, delta, 1.0 - delta, output)
        training = (design, targets, (design**2).sum(axis=1))
        parameters = Parameters(*settings, *training, len(test_design), test_design, test_targets)
        values = {"design": design, "targets": targets, "output": output, "activation": activation, "delta": delta}
        values |= {"test_design": test_design, "test_targets": test_targets, "_parameters": parameters}
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @classmethod
    def random(
        cls,
        samples: int = 1000,
        dim: int = 2,
        width: int = 32,
        activation: str = "relu",
        delta: float = 0.001,
        test_samples: int = 1000,
        seed: int = 0,
    ) -> OneHiddenLayer:
        """Linearly separable points; the defaults are the paper's setting, where it tells them.

        Our own are: standard normal inputs and a constant, labelled by the side of a random hyperplane through 0, and
        an output layer of +-1 / sqrt(width) in turns. Source: anisotropic, Sections 5.2 and D.2.

        Examples
        --------
        >>> import toylands as tl
        >>> tl.landscapes.OneHiddenLayer.random(samples=10, width=4).size
        12
        """
        samples, dim = validation.positive_int("samples", samples), validation.positive_int("dim", dim)
        width = validation.positive_int("width", width)
        count = samples + validation.positive_int("test_samples", test_samples)
        generator = np.random.default_rng(validation.seed("seed", seed))
        direction, inputs = generator.normal(size=dim), generator.normal(size=(count, dim))
        design, targets = np.column_stack([inputs, np.ones(count)]), np.where(inputs @ direction > 0, 1.0, 0.0)
        output = np.where(np.arange(width) % 2 == 0, 1.0, -1.0) / np.sqrt(width)
        training, test = slice(samples), slice(samples, None)
        return cls(design[training], targets[training], output, activation, delta, design[test], targets[test])

    @classmethod
    def one_data_point(cls) -> OneHiddenLayer:
        """(phi(relu(w1) - relu(w2)) - 1)^2, delta = 0.1, which is not convex (anisotropic, Appendix B, Eq. 85).

        There the inputs are (1, 1) and each of two units sees one of them; here both see the one input 1.
        """
        return cls([[1.0]], [1.0], [1.0, -1.0], delta=0.1)

    @classmethod
    def example(cls) -> OneHiddenLayer:
        """A small instance."""
        return cls.random(samples=8, dim=2, width=2, test_samples=4)

    @property
    def size(self) -> int:
        """width dim."""
        return len(self.output) * int(self.design.shape[1])

    @property
    def observables(self) -> dict[str, Observable]:
        """loss, test_loss, accuracy, test_accuracy, fitted, hessian_trace, sq_norm."""
        f = lanes_functions
        return make_observables(
            self.parameters,
            {
                "loss": (f.loss, "mean of (phi(f(x)) - y)^2 (anisotropic Eq. 19)"),
                "test_loss": (f.test_loss, "the same on held-out points"),
                "accuracy": (f.accuracy, "share of data points with the output on the label's side of 1/2"),
                "test_accuracy": (f.test_accuracy, "the same on held-out points; 1 less the test error"),
                "fitted": (f.fitted, "share of data points with loss delta^2: 1 at minima that fit all (our own)"),
                "hessian_trace": (f.hessian_trace, "trace of the Hessian"),
                "sq_norm": (f.sq_norm, "|W|^2"),
            },
        )

    def hessian(self, w: Any) -> np.ndarray:
        """Hessian at one point, shape (size, size)."""
        weights = validation.vector("w", w, length=self.size).reshape(len(self.output), -1)
        z, n, dim = self.design @ weights.T, *self.design.shape
        hidden, is_tanh = (np.tanh(z), 1.0) if self.activation == "tanh" else (np.maximum(z, 0.0), 0.0)
        f = hidden @ self.output
        inside = ((f > self.delta) & (f < 1.0 - self.delta)).astype(np.float64)
        slope = self.output * (1.0 - hidden**2 if is_tanh else hidden > 0.0)
        slopes = np.einsum("ik,ij->ikj", slope, self.design).reshape(n, -1)
        full = 2 / n * slopes.T @ (inside[:, None] * slopes)
        bend = (2 * inside * (f - self.targets))[:, None] * (-2.0 * is_tanh * hidden * slope)
        blocks = np.einsum("ik,ij,im->kjm", bend, self.design, self.design) / n
        for k, block in enumerate(blocks):
            full[k * dim : (k + 1) * dim, k * dim : (k + 1) * dim] += block
        return full

    def suggested(self) -> dict[str, Any]:
        """Standard normal weights, and mini-batches as in anisotropic's other networks (D.3); the rest is our own."""
        start = np.random.default_rng(0).normal(size=self.size)
        batch = min(20, len(self.targets))
        return {"start": start, "eta": 0.1, "batch_size": batch, "flip_probability": 0.1, "steps": 10_000}

    def symbolic(self) -> tuple[Any, tuple[Any, ...]]:
        """The loss and its variables as SymPy objects (for small sizes)."""
        import sympy as sp

        def output(row: Any, relu: Any) -> Any:
            z = weights @ row
            return self.output @ [sp.tanh(each) if self.activation == "tanh" else relu(each) for each in z]

        w, low, high = sp.symbols(f"w1:{self.size + 1}", real=True), self.delta, 1.0 - self.delta
        weights, total = np.array(w, dtype=object).reshape(len(self.output), -1), sp.Integer(0)
        for x, y in zip(self.design, self.targets):
            f = output(x, lambda z: sp.Piecewise((z, z > 0), (0, True)))
            where = output(x, lambda z: sp.Max(z, 0))  # the same; SymPy is slow on conditions with cases inside
            total += (sp.Piecewise((low, where <= low), (high, where >= high), (f, True)) - y) ** 2
        return total / len(self.targets), w
