"""Anisotropic noise, Appendix B (Eq. 84-87), the surface of D.1, parameter counts of D.3 and D.4, Eq. 88-89."""

from __future__ import annotations

import numpy as np
import sympy as sp

from theory.alignment import examples as ex
from theory.claims.anisotropic._common import entry, words
from theory.claims.building import sampled_means
from theory.claims.claim import Claim, Experiment, Form

SURFACE = "Appendix D.1"


def _surface_experiment() -> Experiment:
    """l(1, 1; x) - l(-1, -1; x) for x ~ N(0, H^{-1})."""
    inverse = np.array(ex.sharp_hessian().inv(), float)
    root = np.linalg.cholesky(inverse)

    def loss(w: float, x: np.ndarray) -> np.ndarray:
        s = w - 1 - x
        sharp = 5 * (s[:, 0] - s[:, 1]) ** 2 + 50 * (s[:, 0] + s[:, 1]) ** 2
        return np.minimum(sharp, ((w - x + 1) ** 2).sum(axis=1))

    def draw(generator: np.random.Generator, size: int) -> np.ndarray:
        x = generator.standard_normal((size, 2)) @ root.T
        return loss(1.0, x) - loss(-1.0, x)

    return sampled_means(
        "x ~ N(0, H^-1): E l(1, 1) - E l(-1, -1)", draw, ("difference",), lambda: np.array([float(ex.loss_gap())]),
        {"E Q + E|x|^2": lambda: np.array([1.055]), "2": lambda: np.array([2.0])},
        relation=">=", count=100_000,
    )  # fmt: skip


def _surface() -> tuple[Claim, ...]:
    printed = Form("Sigma = [[cos, sin], [-sin, cos]](pi/4) is the inverse Hessian of the sharp quadratic form",
                   r"\Sigma=\begin{pmatrix}\cos\theta&\sin\theta\\-\sin\theta&\cos\theta\end{pmatrix}=H^{-1}")
    form = Form("H^{-1} = R diag(1/20, 1/200) R^T, R the printed matrix; entries 11/400 and -9/400",
                r"H^{-1}=R\operatorname{diag}(\tfrac1{20},\tfrac1{200})R^T")  # fmt: skip
    return (
        entry("D.1/covariance", f"{SURFACE}, covariance of the data", "The printed Sigma is the inverse of the "
            "Hessian.",
              printed, ex.prove_inverse_hessian, "A rotation: not symmetric, so no covariance at all. The two "
                                                 "variances "
              "and the second rotation are missing.", form=form, refute=ex.refute_covariance),
        entry("D.1/gradient-covariance", f"{SURFACE}, beyond the paper", "What the corrected covariance achieves.",
              words("the covariance of the per-sample gradients in the sharp basin is H",
                    r"\operatorname{Cov}\nabla\ell=H"),
              ex.prove_gradient_covariance, "SGD noise is then as well aligned as GLD Hessian.", new=True),
        entry("D.1/basins", f"{SURFACE} and Section 5.1", "(1, 1) is the sharp minimum and (-1, -1) the flat one, "
                                                          "both of "
              "loss 0 without data noise.", words("Hessian eigenvalues 200 and 20 at (1, 1), 2 and 2 at (-1, -1), x = "
                                                  "0",
                                                  r"\operatorname{spec}H(1,1)=\{200,20\},\ "
                                                  r"\operatorname{spec}H(-1,-1)=\{2,2\}"), ex.prove_basins,
              "Evaluated. The sharp direction is (1, 1), towards the flat minimum."),
        entry("D.1/both-global", "Section 5.1", "Both minima are global ones of the averaged loss.",
              words("L(1, 1) = L(-1, -1) = min L for x ~ N(0, H^{-1})", r"L(1,1)=L(-1,-1)=\min L"), ex.prove_basins,
              "Averaging adds E Q, close to 1, at the sharp one and E|x|^2 = 11/200 at the flat one: only the flat "
              "one is "
              "low. Both are global for x = 0.", form=words("they are for x = 0; for x ~ N(0, H^{-1}), L(1, 1) > "
                                                            "L(-1, -1) + 0.2", r"L(1,1)>L(-1,-1)+\tfrac15"),
              refute=ex.refute_both_global, experiments=(_surface_experiment(),)),
        entry("D.1/angle", f"{SURFACE}, both sines in s_2", "The two squares are along orthogonal directions.",
              words("(cos, -sin) and (cos, sin) have scalar product cos 2 theta, 0 at pi/4", r"\cos2\theta"),
              ex.prove_rotation_angle, "At pi/4, the angle in use, the form is a rotated one; at other angles the "
                                       "second "
              "square would have to be (s_1 sin + s_2 cos)^2."),
    )  # fmt: skip


def _appendix_b() -> tuple[Claim, ...]:
    values = words("L(1, 0) = 0.01, L(0, 1) = 0.81, L(0.5, 0.5) = 0.81", r"L(1,0)=0.01,\ "
        r"L(0,1)=L(\tfrac12,\tfrac12)=0.81")
    convex = words("(L(1, 0) + L(0, 1))/2 < L(0.5, 0.5), so L is not convex",
          r"\tfrac12L(1,0)+\tfrac12L(0,1)<L(\tfrac12,\tfrac12)")
    return (
        entry("Eq86", "Appendix B, Eq. 84-86", "Values of the one-sample loss.", values, ex.prove_appendix_b,
              "Evaluated."),
        entry("Eq87", "Appendix B, Eq. 87", "The loss is not convex.", convex, ex.prove_appendix_b,
              "0.41 is below 0.81, at the midpoint."),
        entry("B/minima", "Appendix B, last sentence", "The loss has several minima.",
              words("(1, 0), (2, 0) are global minima; (0, 1) is a local one on a plateau"), ex.prove_appendix_b,
              "None of them is isolated: the minima fill regions."),
    )  # fmt: skip


def _sharpness_experiment() -> Experiment:
    """M = 10 draws around a point of a quadratic loss with curvatures 3, 1 and gradient (1, -2)."""
    h, g, delta, draws = np.array([3.0, 1.0]), np.array([1.0, -2.0]), 0.5, 10

    def draw(generator: np.random.Generator, size: int) -> np.ndarray:
        nu = delta * generator.standard_normal((size, draws, 2))
        found = (nu @ g + (nu**2 @ h) / 2).mean(axis=1)
        return np.stack([found, (found - delta**2 * h.sum() / 2) ** 2], axis=1)

    def predict(trace: float, over: float = 1.0) -> np.ndarray:
        one = delta**2 * (g**2).sum() + delta**4 * (h**2).sum() / 2
        return np.array([delta**2 * trace / 2, one / draws * over])

    return sampled_means(
        "quadratic loss, M = 10, delta = 1/2", draw, ("mean", "variance"), lambda: predict(h.sum()),
        {"delta^2 Tr H": lambda: predict(2 * h.sum()), "variance not divided by M": lambda: predict(h.sum(), draws)},
        count=50_000,
    )  # fmt: skip


def _counts() -> tuple[Claim, ...]:
    lenet = Form("11,330 parameters", "11330", sp.Integer(ex.lenet()), sp.Integer(11330))
    vgg = Form("9,750,922 parameters", "9750922", sp.Integer(ex.vgg11(512)), sp.Integer(9750922))
    sharpness = words("(1/M) sum L(theta + nu_j) - L(theta) has mean E L(theta + nu) - L(theta); for a quadratic loss "
                      "delta^2 Tr H / 2, with variance (delta^2 |g|^2 + delta^4 Tr H^2 / 2)/M",
                      r"\mathbb E\Big[\tfrac1M\sum_jL(\theta+\nu_j)-L(\theta)\Big]=\tfrac{\delta^2}2\operatorname{Tr}H")
    return (
        entry("D.3/parameters", "Appendix D.3 and Section 5.3", "The LeNet-like network has 11,330 parameters.", lenet,
              ex.prove_lenet, "28 x 28 grey images, 2 x 2 pooling with stride 2, biases everywhere: 260 + 2510 + 8050 "
                              "+ 510."),
        entry("D.3/batches", "Appendix D.3, GLD leading", "1,200 examples make 60 mini-batches of 20.",
              words("1200 / 20 = 60", "1200/20=60"), ex.prove_batches, "Arithmetic."),
        entry("Eq88", "Appendix D.3, Eq. 88", "The estimate of the expected sharpness is unbiased.", sharpness,
              ex.prove_sharpness_estimate, "Linearity of expectation; its size and spread for quadratic losses.",
              experiments=(_sharpness_experiment(),)),
        entry("D.4/parameters", "Appendix D.4", "The VGG-11 has 9,750,922 parameters.", vgg, ex.prove_vgg,
              "With biases, three colours, 32 x 32 images and fully connected layers of 512, 512, 10; the standard "
              "VGG-11 "
              "has 4096 there and more parameters."),
        entry("Eq89", "Appendix D.4, Eq. 89", "The estimate of the expected sharpness is unbiased.", sharpness,
              ex.prove_sharpness_estimate, "The same with M = 100: ten times the variance of Eq. 88."),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (*_appendix_b(), *_surface(), *_counts())
