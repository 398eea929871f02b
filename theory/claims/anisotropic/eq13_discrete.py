"""The discrete process of Eq. 7 on a quadratic loss, and the stochastic differential equation that it discretises."""

from __future__ import annotations

import sympy as sp

from theory.claims.anisotropic._common import SIGMA, at_point, matrix_claim
from theory.claims.anisotropic._schemes import (
    COUNTS,
    MATRICES,
    MEANING,
    iterated,
    mean_loss,
    predict,
    sample_steps,
    scheme_formula,
    steps_of,
)
from theory.claims.claim import Claim, Experiment, Form, Point
from theory.ornstein_uhlenbeck import euler_scheme as euler
from theory.ornstein_uhlenbeck.exact import ExactProcess
from theory.ornstein_uhlenbeck.process import efficiency

ETA = 0.3


def _gld_rule() -> object:
    import toylands as tl

    return tl.dynamics.gld(ETA, SIGMA)


def _gld_iterated(process: ExactProcess, point: Point) -> sp.Expr:
    return iterated(process, point["eta"], point["eta"] ** 2 * process.sigma, steps_of(point))


DISCRETE = matrix_claim(
    "Eq13/discrete",
    "Section 2, Eq. 7 on a quadratic loss, beside Eq. 13",
    "Exact efficiency of theta' = theta - eta H theta + eta eps, eps ~ N(0, Sigma), from 0, after n steps.",
    Form(
        text="E L(theta_n) = eta tr[(I - (I - eta H)^(2n)) (2I - eta H)^(-1) Sigma]/2, eta lambda != 2",
        latex=r"\mathbb E L(\theta_n)=\tfrac\eta2\mathrm{Tr}\left[(I-(I-\eta H)^{2n})(2I-\eta H)^{-1}\Sigma\right]",
        left=at_point(_gld_iterated),
        right=at_point(lambda process, point: point["eta"] * scheme_formula(process, point["eta"], steps_of(point))),
    ),
    euler.prove_discrete,
    "The Euler scheme of Eq. 8 with time step eta: its covariance is eta Sigma, which Eq. 9 calls Sigma.",
    new=True,
    sample=sample_steps("eta"),
    example={**MATRICES, "eta": sp.Rational(1, 10), "n": sp.Integer(3)},
    symbols={**MEANING, "eta": "step size, > 0", "n": "number of steps"},
    experiments=(
        Experiment(
            name=f"gradient descent with Gaussian noise, eta = {ETA}, 3 dimensions",
            simulate=mean_loss(_gld_rule, COUNTS),
            expected=lambda: predict(euler.euler_efficiency(), ETA, COUNTS, factor=ETA)(),
            mutants={
                "factor eta missing": lambda: predict(euler.euler_efficiency(), ETA, COUNTS)(),
                "eta^2 for eta": lambda: predict(euler.euler_efficiency(), ETA, COUNTS, factor=ETA**2)(),
                "Eq. 13 with eta Sigma at t = n eta": lambda: predict(efficiency(), ETA, COUNTS, factor=ETA)(),
            },
        ),
    ),
)

CLAIMS: tuple[Claim, ...] = (DISCRETE,)
