"""Every landscape under every rule that applies to it: what `toylands warmup` compiles and `toylands bench` runs.

New landscapes and rule presets take part by themselves: a preset's signature tells which arguments it wants.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from toylands import catalogue, dynamics, landscapes, noise
from toylands.dynamics.rule import UpdateRule, resolve
from toylands.kernels import Recipe
from toylands.landscapes import Landscape
from toylands.observables import Record
from toylands.observables import record as make_record
from toylands.prepared import Prepared, prepare

DIM = 100
_LIMIT = 1e100
NOISES = {"rademacher": noise.rademacher, "gaussian": noise.gaussian}
#: sizes worth measuring; landscapes that are not listed show their `example`
SIZES: dict[str, Callable[[], Landscape]] = {
    "LinearRecurrence": lambda: landscapes.LinearRecurrence(DIM, 0.9),
    "QuadraticBowl": lambda: landscapes.QuadraticBowl(np.diag(np.linspace(0.1, 1.0, DIM))),
    "QuadraticRegression": lambda: landscapes.QuadraticRegression.random(samples=40, dim=DIM, sparsity=5),
    "WideningValley": lambda: landscapes.WideningValley(DIM),
}
#: small enough that nothing diverges, large enough that nothing decays into subnormal numbers
_SCALARS = {"eta": 0.01, "sigma": 0.01, "kappa": 0.5, "time_step": 0.01}
_START = 0.1


@dataclass(frozen=True)
class Combination:
    """One landscape under one rule with one kind of noise.

    Parameters
    ----------
    landscape : Landscape
        Of a size worth measuring.
    rule : UpdateRule
        With small settings.
    noise : str
        "none", "rademacher" or "gaussian".
    """

    landscape: Landscape
    rule: UpdateRule
    noise: str

    @property
    def landscape_name(self) -> str:
        """The landscape's class."""
        return type(self.landscape).__name__

    @property
    def start(self) -> np.ndarray:
        """A common starting point."""
        return np.full(self.landscape.size, _START)

    def record(self, steps: int) -> Record:
        """Every observable of the landscape, at the start and a hundred steps apart, the last step among them."""
        at = sorted({*range(0, steps, 100), steps})
        return make_record(*self.landscape.observables.values(), at=at)

    def prepared(self, steps: int = 1, trajectories: int = 64) -> Prepared:
        """A run made ready."""
        return prepare(
            self.landscape, self.rule, self.start, steps, trajectories, self.record(steps), 0, None, _LIMIT, 0
        )

    def recipe(self) -> Recipe:
        """What decides which kernel is compiled."""
        return self.prepared().recipe()


def rule_names() -> list[str]:
    """The presets of `toylands.dynamics`, in alphabetical order."""
    return [name for name in dynamics.__all__ if inspect.isfunction(getattr(dynamics, name))]


def combinations() -> Iterator[Combination]:
    """All of them, by landscape, rule and noise.

    Examples
    --------
    >>> first = next(combinations())
    >>> first.landscape_name, first.rule.name, first.noise
    ('LinearRecurrence', 'anti_pgd', 'rademacher')
    """
    for each in catalogue.landscape_classes():
        landscape = SIZES.get(each.__name__, each.example)()
        for name in rule_names():
            for kind, rule in _rules(name, landscape):
                if _applies(rule, landscape):
                    yield Combination(landscape, rule, kind)


def _rules(name: str, landscape: Landscape) -> Iterator[tuple[str, UpdateRule]]:
    """A preset with each noise that it takes; with its own if it takes none."""
    preset = getattr(dynamics, name)
    parameters = inspect.signature(preset).parameters
    values: dict[str, Any] = {**_SCALARS, "covariance": 0.01 * np.eye(landscape.size)}
    asked = {key: values[key] for key, p in parameters.items() if p.default is inspect.Parameter.empty}
    if "noise" in parameters:
        for kind, law in NOISES.items():
            yield kind, preset(**asked, noise=law)
        return
    rule = preset(**asked)
    yield "none" if rule.noise is None else rule.noise.name, rule


def _applies(rule: UpdateRule, landscape: Landscape) -> bool:
    try:
        resolve(rule, landscape, 1)
    except ValueError:
        return False
    return True
