"""Update rules: what happens in a step."""

from toylands.dynamics.covariances import StateCovariance
from toylands.dynamics.data_presets import anti_sgd, label_flip_sgd, label_noise_sgd, sgd
from toylands.dynamics.displaced_presets import asam, nso, random_sam, sam, wp_sgd
from toylands.dynamics.displacements import Perturbation, SharpnessAware
from toylands.dynamics.langevin_presets import (
    gld_const,
    gld_diag,
    gld_dynamic,
    gld_eigvec,
    gld_hessian,
    gld_leading,
)
from toylands.dynamics.oracles import (
    GradientOracle,
    LabelFlips,
    LabelNoise,
    MiniBatch,
)
from toylands.dynamics.presets import (
    anti_pgd,
    correlated_pgd,
    euler_maruyama,
    exact_ornstein_uhlenbeck,
    gd,
    gld,
    pgd,
)
from toylands.dynamics.rule import UpdateRule

__all__ = [
    "GradientOracle",
    "LabelFlips",
    "LabelNoise",
    "MiniBatch",
    "Perturbation",
    "SharpnessAware",
    "StateCovariance",
    "UpdateRule",
    "anti_pgd",
    "anti_sgd",
    "asam",
    "correlated_pgd",
    "euler_maruyama",
    "exact_ornstein_uhlenbeck",
    "gd",
    "gld",
    "gld_const",
    "gld_diag",
    "gld_dynamic",
    "gld_eigvec",
    "gld_hessian",
    "gld_leading",
    "label_flip_sgd",
    "label_noise_sgd",
    "nso",
    "pgd",
    "random_sam",
    "sam",
    "sgd",
    "wp_sgd",
]
