"""Update rules: what happens in a step."""

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
    "UpdateRule",
    "anti_pgd",
    "correlated_pgd",
    "euler_maruyama",
    "exact_ornstein_uhlenbeck",
    "gd",
    "gld",
    "pgd",
]
