"""Every landscape under every rule that applies to it: what `toylands warmup` compiles and `toylands bench` runs.

New landscapes and rule presets take part by themselves: a preset's signature tells which arguments it wants. Noise that
is injected on its own is varied; a rule with a gradient oracle or a state-dependent covariance comes with its own law.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from toylands import catalogue, dynamics, landscapes, noise
from toylands.dynamics.covariances import StateCovariance
from toylands.dynamics.rule import UpdateRule, resolve
from toylands.kernels import Recipe
from toylands.landscapes import Landscape
from toylands.noise import InjectedNoise
from toylands.observables import Record
from toylands.observables import record as make_record
from toylands.prepared import Prepared, prepare

DIM = 100
_LIMIT = 1e100
NOISES = {
    "rademacher": noise.rademacher,
    "gaussian": noise.gaussian,
    "gaussian_float32": noise.gaussian_float32,
}
#: sizes worth measuring; landscapes that are not listed show their `example`
SIZES: dict[str, Callable[[], Landscape]] = {
    "LinearRecurrence": lambda: landscapes.LinearRecurrence(DIM, 0.9),
    "MatrixSensing": lambda: landscapes.MatrixSensing.random(n=20, rank=1, measurements=100, columns=5),
    "QuadraticBowl": lambda: landscapes.QuadraticBowl(np.diag(np.linspace(0.1, 1.0, DIM))),
    "QuadraticRegression": lambda: landscapes.QuadraticRegression.random(samples=40, dim=DIM, sparsity=5),
    "TwoBasins": lambda: landscapes.TwoBasins.random(samples=100),
    "WideningValley": lambda: landscapes.WideningValley(DIM),
}
#: a step with a covariance of its own costs the cube of the size; beyond this a landscape's `example` takes part
LARGEST_SHAPED = 20
#: values for arguments that a preset leaves to its user: small enough that nothing diverges, large enough that nothing
#: decays into subnormal numbers
SMALL: dict[str, Any] = {
    "eta": 0.01,
    "sigma": 0.01,
    "kappa": 0.5,
    "time_step": 0.01,
    "rho": 0.01,
    "label_sigma": 0.01,
    "flip_probability": 0.1,
    "rank": 1,
    "trace": 0.01,
}
START = 0.1


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
        The law of the injected noise, of the perturbations or of the label noise; "none" if there is no choice.
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
        return np.full(self.landscape.size, START)

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
    >>> found = {(each.landscape_name, each.rule.name, each.noise) for each in combinations()}
    >>> ("LinearRecurrence", "anti_pgd", "rademacher") in found
    True
    >>> ("LinearRecurrence", "sgd", "none") in found  # no data points there
    False
    """
    for each in catalogue.landscape_classes():
        large, small = SIZES.get(each.__name__, each.example)(), each.example()
        for name in rule_names():
            yield from rules_on(name, large, small)


def rules_on(name: str, landscape: Landscape, small: Landscape | None = None) -> Iterator[Combination]:
    """A preset on a landscape, with each noise that is to be measured; nothing where it does not apply.

    Parameters
    ----------
    name : str
        A preset of `toylands.dynamics`.
    landscape : Landscape
        Of any size.
    small : Landscape, optional
        Stands in for the landscape where a step costs the cube of the size.

    Examples
    --------
    >>> import toylands as tl
    >>> [each.noise for each in rules_on("pgd", tl.landscapes.WideningValley(dim=3))]
    ['rademacher', 'gaussian', 'gaussian_float32']
    >>> list(rules_on("sgd", tl.landscapes.WideningValley(dim=3)))
    []
    """
    parameters = inspect.signature(getattr(dynamics, name)).parameters
    rule = _applicable(name, landscape)
    if rule is None:
        return
    if isinstance(rule.covariance, StateCovariance) and landscape.size > LARGEST_SHAPED and small is not None:
        landscape, rule = small, _applicable(name, small)
        if rule is None:
            return
    if rule.oracle is None and "noise" in parameters:
        for kind, varied in NOISES.items():
            yield Combination(
                landscape, getattr(dynamics, name)(**required_arguments(name, landscape.size), noise=varied), kind
            )
        return
    law: InjectedNoise | None = parameters["noise"].default if "noise" in parameters else rule.noise
    yield Combination(landscape, rule, "none" if law is None else law.name)


def required_arguments(name: str, size: int) -> dict[str, Any]:
    """Small values for the arguments that a preset leaves to its user.

    Parameters
    ----------
    name : str
        A preset of `toylands.dynamics`.
    size : int
        Coordinates of the landscape.

    Raises
    ------
    LookupError
        If `SMALL` has no value for one of them.

    Examples
    --------
    >>> required_arguments("sam", size=3)
    {'eta': 0.01, 'rho': 0.01}
    """
    values = {**SMALL, "covariance": 0.01 * np.eye(size)}
    required = [
        key
        for key, parameter in inspect.signature(getattr(dynamics, name)).parameters.items()
        if parameter.default is inspect.Parameter.empty
    ]
    if unknown := [key for key in required if key not in values]:
        raise LookupError(f"{name} asks for {', '.join(unknown)}: give a value in toylands.combinations.SMALL")
    return {key: values[key] for key in required}


def _applicable(name: str, landscape: Landscape) -> UpdateRule | None:
    """The rule, with its noise scaled to the gradients' where there are such and to a number otherwise; or None."""
    preset, asked = getattr(dynamics, name), required_arguments(name, landscape.size)
    options = [{}, {"trace": SMALL["trace"]}] if "trace" in inspect.signature(preset).parameters else [{}]
    for option in options:
        rule: UpdateRule = preset(**asked, **option)
        try:
            resolve(rule, landscape, 1)
        except ValueError:
            continue
        return rule
    return None
