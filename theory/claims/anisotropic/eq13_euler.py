"""The Euler discretisation of Eq. 12 beside Eq. 13: its exact efficiency, its bias, its long-time limit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import sympy as sp

from theory.claims.anisotropic._common import (
    HESSIAN,
    IDENTITY,
    SIGMA,
    at_point,
    diagonal,
    matrix_claim,
    plane_domain,
    predictions,
    simulate,
)
from theory.claims.anisotropic._schemes import (
    COUNTS,
    EULER_STEP,
    MATRICES,
    MEANING,
    WITH_STEP,
    euler_formula,
    euler_iterated,
    euler_rule,
    mean_loss,
    predict,
    sample_steps,
)
from theory.claims.claim import Claim, Effort, Estimates, Experiment, Form, Point
from theory.ornstein_uhlenbeck import euler_scheme as euler
from theory.ornstein_uhlenbeck.euler_scheme import STEP, N
from theory.ornstein_uhlenbeck.exact import ExactProcess, plane_trace, tidy
from theory.ornstein_uhlenbeck.process import efficiency
from theory.ornstein_uhlenbeck.spectral_calculus import EIGENVALUE, T

SECTION = "Section 3.1"

HALVED = sp.Rational(1, 2) * (1 - (1 - STEP * EIGENVALUE) ** N) / (2 - STEP * EIGENVALUE)
STATIONARY_PSI = 1 / (2 - STEP * EIGENVALUE) / 2
NO_RESOLVENT = (1 - (1 - STEP * EIGENVALUE) ** (2 * N)) / 4

EULER = matrix_claim(
    "Eq13/euler",
    f"{SECTION}, Eq. 13 for the Euler discretisation of Eq. 12",
    "Exact efficiency of theta' = theta - h H theta + sqrt(h) Sigma^(1/2) z from 0, after n steps.",
    Form(
        text="E L(theta_n) = tr[(I - (I - hH)^(2n)) (2I - hH)^(-1) Sigma]/2, no eigenvalue of hH equal to 2",
        latex=r"\mathbb E L(\theta_n)=\tfrac12\mathrm{Tr}\left[(I-(I-hH)^{2n})(2I-hH)^{-1}\Sigma\right]",
        left=at_point(euler_iterated),
        right=at_point(euler_formula),
    ),
    euler.prove_euler,
    "Geometric sum of the recursion M' = (I - hH) M (I - hH) + h Sigma; singular H included.",
    new=True,
    sample=sample_steps("h"),
    experiments=(
        Experiment(
            name=f"Euler-Maruyama, h = {EULER_STEP}, 3 dimensions, H and Sigma do not commute",
            simulate=mean_loss(euler_rule(EULER_STEP), COUNTS),
            expected=lambda: predict(euler.euler_efficiency(), EULER_STEP, COUNTS)(),
            mutants={
                "Eq. 13 at t = nh": lambda: predict(efficiency(), EULER_STEP, COUNTS)(),
                "n for 2n": predict(HALVED, EULER_STEP, COUNTS),
                "I/2 for (2I - hH)^{-1}": predict(NO_RESOLVENT, EULER_STEP, COUNTS),
                "Sigma diagonal": lambda: predict(euler.euler_efficiency(), EULER_STEP, COUNTS, diagonal(SIGMA))(),
            },
        ),
    ),
    **WITH_STEP,
)

# --- bias -------------------------------------------------------------------------------------------------------

HORIZON = 1.0
STEPS = (0.25, 0.125, 0.0625, 0.03125)


def _finest_steps(process: ExactProcess, point: Point) -> sp.Expr:
    """lim (E L_{t/h} - E L(theta_t)) / h as h -> 0: SymPy's limit, eigenprojection by eigenprojection."""
    total = sp.S.Zero
    for value, projection in process.projections:
        limit = euler.bias_coefficient().subs({EIGENVALUE: value, T: point["t"]})
        total += limit * (projection * process.sigma).trace()
    return tidy(total)


def _bias_formula(process: ExactProcess, point: Point) -> sp.Expr:
    """tr[H (I - e^{-2Ht}) Sigma]/8 + t tr[H^2 e^{-2Ht} Sigma]/4."""
    h, t = process.hessian, point["t"]
    decay = process.exp(-2 * t)
    return tidy((h * (IDENTITY - decay) * process.sigma).trace() / 8 + t * (h * h * decay * process.sigma).trace() / 4)


def _biases(effort: Effort, seed: int) -> Estimates:
    """(mean loss - E L(theta_t)) / h at t = 1 for each step size."""
    exact = predictions(efficiency(), [{T: HORIZON}])[0]
    values, errors, trajectories, diverged = [], [], 0, 0
    for index, step in enumerate(STEPS):
        run = simulate(euler_rule(step)(), HESSIAN, [round(HORIZON / step)], 2_000_000, effort, seed + index)
        values.append((run["loss"].mean[0] - exact) / step)
        errors.append(run["loss"].stderr[0] / step)
        trajectories, diverged = run.trajectories, diverged + int(run.diverged[-1])
    labels = tuple(f"h={step:g}" for step in STEPS)
    return Estimates(np.array(values), np.array(errors), labels, trajectories, diverged)


def _predicted_bias(factor: float = 1.0) -> np.ndarray:
    """The same numbers from the two closed forms."""
    psi = (euler.euler_efficiency() - efficiency()) / STEP
    points = [{STEP: step, N: round(HORIZON / step), T: HORIZON} for step in STEPS]
    return factor * predictions(psi, points)


BIAS = matrix_claim(
    "Eq13/euler-bias",
    f"{SECTION}, Eq. 13 against its Euler discretisation",
    "The Euler scheme overestimates the efficiency by an amount of order h, with this coefficient.",
    Form(
        text="lim (E L_n - E L(theta_t))/h as h -> 0, nh = t, is "
        "tr[H (I - e^(-2Ht)) Sigma]/8 + t tr[H^2 e^(-2Ht) Sigma]/4",
        latex=r"\mathbb E L_n-\mathbb E L(\theta_{nh})=h\left(\tfrac18\mathrm{Tr}[H(I-e^{-2Ht})\Sigma]"
        r"+\tfrac t4\mathrm{Tr}[H^2e^{-2Ht}\Sigma]\right)+o(h)",
        left=at_point(_finest_steps),
        right=at_point(_bias_formula),
    ),
    euler.prove_bias,
    "Limit of the two closed forms; both terms are nonnegative.",
    new=True,
    experiments=(
        Experiment(
            name="Euler-Maruyama to t = 1 with four step sizes, (mean loss - Eq. 13)/h",
            simulate=_biases,
            expected=_predicted_bias,
            mutants={
                "no bias": lambda: _predicted_bias(0.0),
                "bias of the other sign": lambda: _predicted_bias(-1.0),
                "half the bias": lambda: _predicted_bias(0.5),
                "bias of order h^2": lambda: _predicted_bias() * np.array(STEPS) / STEPS[0],
            },
        ),
    ),
)
NEVER_BELOW = matrix_claim(
    "Eq13/euler-never-below",
    f"{SECTION}, Eq. 13 against its Euler discretisation, at any step size",
    "However large the step, the Euler scheme never shows less efficiency than the continuous process.",
    Form(
        text="E L_n >= E L(theta_{nh}) for every h > 0, n >= 1, H and Sigma positive semidefinite",
        latex=r"\mathbb E L_n\ge\mathbb E L(\theta_{nh})",
        left=plane_trace(euler.euler_efficiency()),
        right=plane_trace(efficiency().subs(T, N * STEP)),
        relation=">=",
    ),
    euler.prove_never_below,
    "1 - x <= e^(-x) for x = h lambda <= 1; for x >= 1 already the first step exceeds the limit 1/4.",
    new=True,
    domain=plane_domain(h=sp.Interval.open(0, 3), n=sp.Range(1, 8)),
    sample=sample_steps("h"),
    experiments=(
        Experiment(
            name=f"Euler-Maruyama, h = {EULER_STEP}, mean loss above Eq. 13 at t = nh",
            simulate=mean_loss(euler_rule(EULER_STEP), COUNTS),
            expected=lambda: predict(efficiency(), EULER_STEP, COUNTS)(),
            relation=">=",
            mutants={
                "limit of the scheme at every n": lambda: predict(STATIONARY_PSI, EULER_STEP, COUNTS)(),
                "twice Eq. 13": lambda: predict(efficiency(), EULER_STEP, COUNTS, factor=2.0)(),
                "t tr(H Sigma)/2": predict(EIGENVALUE * T / 2, EULER_STEP, COUNTS),
            },
        ),
    ),
    **WITH_STEP,
)

# --- long times -------------------------------------------------------------------------------------------------

LATE_STEP, LATE_COUNT = 0.5, 200


def _late(psi: sp.Expr, factor: float = 1.0) -> Callable[[], np.ndarray]:
    return lambda: factor * predictions(psi, [{STEP: LATE_STEP}])


def _stationary_moment(process: ExactProcess, point: Point) -> sp.Expr:
    """tr(H M)/2 with M = (I - hH) M (I - hH) + h Sigma, by a linear system."""
    x, y, z = sp.symbols("x y z")
    moments = sp.Matrix([[x, y], [y, z]])
    factor = IDENTITY - point["h"] * process.hessian
    if max(abs(sp.N(value * point["h"] - 1)) for value, _ in process.projections) >= 1:
        raise ValueError(f"h = {point['h']} must be below 2 divided by the largest eigenvalue of H")
    residue = factor * moments * factor + point["h"] * process.sigma - moments
    solution = sp.solve([residue[0, 0], residue[0, 1], residue[1, 1]], [x, y, z])
    return sp.expand((process.hessian * moments.subs(solution)).trace() / 2)


STATIONARY = matrix_claim(
    "Eq13/euler-stationary",
    f"{SECTION}, Eq. 13, long times of the Euler discretisation",
    "The Euler scheme saturates above tr(Sigma)/4; H positive definite with h lambda < 2 for all eigenvalues.",
    Form(
        text="lim E L_n as n -> oo = tr[(2I - hH)^(-1) Sigma]/2 >= tr(Sigma)/4",
        latex=r"\lim_{n\to\infty}\mathbb E L_n=\tfrac12\mathrm{Tr}[(2I-hH)^{-1}\Sigma]\ge\tfrac14\mathrm{Tr}\,\Sigma",
        left=at_point(_stationary_moment),
        right=at_point(
            lambda process, point: ((2 * IDENTITY - point["h"] * process.hessian).inv() * process.sigma).trace() / 2
        ),
    ),
    euler.prove_stationary,
    "(I - hH)^(2n) tends to 0.",
    new=True,
    sample=None,
    example={**MATRICES, "h": sp.Rational(1, 10)},
    symbols={**MEANING, "h": "step size, > 0, below 2 / largest eigenvalue"},
    experiments=(
        Experiment(
            name=f"Euler-Maruyama, h = {LATE_STEP}, {LATE_COUNT} steps",
            simulate=mean_loss(euler_rule(LATE_STEP), (LATE_COUNT,)),
            expected=lambda: predict(euler.euler_efficiency(), LATE_STEP, (LATE_COUNT,))(),
            mutants={
                "tr(Sigma)/4": lambda: np.array([np.trace(SIGMA) / 4]),
                "(2I + hH)^{-1}": _late(1 / (2 + STEP * EIGENVALUE) / 2),
                "(I - hH)^{-1}/4": _late(1 / (1 - STEP * EIGENVALUE) / 4),
                "tr[...] for tr[...]/2": _late(STATIONARY_PSI, 2.0),
            },
        ),
    ),
)

CLAIMS: tuple[Claim, ...] = (EULER, BIAS, NEVER_BELOW, STATIONARY)
