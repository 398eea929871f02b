"""What the entries on linear recurrences share: experiments on the ensemble engine, exact points, evaluation."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from theory.claims.building import judged
from theory.claims.claim import Effort, Estimates, Experiment, Point
from theory.claims.domain import Domain
from theory.linear.enumeration import second_moment_by_enumeration
from theory.linear.second_moments import FirstStep, second_moment

PAPER = "antipgd"
entry = partial(judged, PAPER)
ENUMERATED_STEPS = 9  # beyond, exact values come from the second-moment recursion instead of all noise patterns

SYMBOLS = {
    "rho": "contraction factor, in (0, 1)",
    "k": "index, integer >= 0; the state is w_{k+1}",
    "d": "dimension, integer >= 1",
    "sigma": "standard deviation of a coordinate's noise, positive",
    "w0": "norm of the start |w_0|, at least 0",
    "kappa": "the noise is xi_k - kappa xi_{k-1}: 0 plain, 1 anticorrelated",
    "beta": "heavy-ball momentum",
    "m1": "E rho_k",
    "m2": "E rho_k^2, below 1",
    "low": "lower end of the interval of rho_k",
    "high": "upper end of the interval of rho_k",
}


_SETS = {
    "rho": sp.Interval.open(0, 1),
    "k": sp.Range(0, sp.oo),
    "d": sp.Range(1, sp.oo),
    "sigma": sp.Interval.open(0, sp.oo),
    "w0": sp.Interval(0, sp.oo),
    "kappa": sp.S.Reals,
}


def domain(*names: str, **others: sp.Set) -> Domain:
    """The usual domains of the named symbols, and those of others."""
    return Domain({**{name: _SETS[name] for name in names}, **others})


def sequence_domain(length: int, *names: str, **others: sp.Set) -> Domain:
    """rho_0, ..., rho_{length - 1} in [0, 1], k below ``length``, and the usual domains of the named symbols."""
    rhos = {f"rho_{j}": sp.Interval(0, 1) for j in range(length)}
    return Domain({"k": sp.Range(0, length), **rhos, **{name: _SETS[name] for name in names}, **others})


def symbols(*names: str, **changed: str) -> dict[str, str]:
    """Meaning and domain of the named symbols, with changes."""
    return {**{name: SYMBOLS[name] for name in names}, **changed}


def fraction(generator: random.Random, low: int = 1, high: int = 12) -> sp.Rational:
    """A proper fraction in (0, 1)."""
    denominator = generator.randint(low + 1, high)
    return sp.Rational(generator.randint(1, denominator - 1), denominator)


def sampler(*names: str) -> Callable[[random.Random], Point]:
    """Draws exact points of the usual domains: rho in (0, 1), kappa and beta small, k <= 4, d <= 3, sigma, w0 > 0."""
    draw: dict[str, Callable[[random.Random], sp.Expr]] = {
        "rho": fraction,
        "kappa": lambda g: 2 * fraction(g) - 1,
        "beta": lambda g: fraction(g) / 2,
        "k": lambda g: sp.Integer(g.randint(0, 4)),
        "d": lambda g: sp.Integer(g.randint(1, 3)),
        "sigma": lambda g: 2 * fraction(g),
        "w0": lambda g: 3 * fraction(g),
    }

    def sample(generator: random.Random) -> Point:
        return {name: draw[name](generator) for name in names}

    return sample


def sequence_sampler(most: int = 4, closed: bool = False) -> Callable[[random.Random], Point]:
    """Draws k <= ``most`` and rho_0, ..., rho_k in (0, 1) (in [0, 1] with ``closed``), d, sigma, w0."""

    def sample(generator: random.Random) -> Point:
        k = generator.randint(0, most)
        point = dict(sampler("d", "sigma", "w0")(generator))
        ends = (sp.S.Zero, sp.S.One)
        for j in range(most + 1):
            edge = closed and generator.random() < 0.4
            point[f"rho_{j}"] = generator.choice(ends) if edge else fraction(generator)
        return {"k": sp.Integer(k), **point}

    return sample


def whole(point: Point, name: str, lowest: int = 0, highest: int = 10_000) -> int:
    """The integer that a point gives to a symbol.

    Raises
    ------
    ValueError
        If it is no integer, or outside lowest..highest.
    """
    value = sp.sympify(point[name])
    if not value.is_Integer or not lowest <= value <= highest:
        raise ValueError(f"{name} = {value} must be an integer from {lowest} to {highest}")
    return int(value)


def sequence_of(point: Point) -> list[sp.Expr]:
    """rho_0, ..., rho_k of a point with names ``k`` and ``rho_0``, ``rho_1``, ..."""
    names = [f"rho_{j}" for j in range(whole(point, "k") + 1)]
    missing = [name for name in names if name not in point]
    if missing:
        raise KeyError(f"no value given for {', '.join(missing)}")
    return [sp.sympify(point[name]) for name in names]


def exact_second_moment(rhos: Sequence[sp.Expr], point: Point, **settings: Any) -> sp.Expr:
    """E|w_{k+1}|^2 at a point, by going through all +-sigma noise (by the moment recursion for many steps)."""
    kappa, beta = settings.get("kappa", sp.S.One), settings.get("beta", sp.S.Zero)
    first = settings.get("first", FirstStep.FRESH)
    if len(rhos) <= ENUMERATED_STEPS:
        return second_moment_by_enumeration(
            rhos, w0=point["w0"], d=whole(point, "d", 1), sigma=point["sigma"], kappa=kappa, beta=beta, first=first
        )
    power = point["d"] * point["sigma"] ** 2
    return second_moment(rhos, sq_norm=point["w0"] ** 2, power=power, kappa=kappa, beta=beta, first=first)


def enumerated(kappa: sp.Expr | None, first: FirstStep = FirstStep.FRESH) -> Callable[[Point], sp.Expr]:
    """The exact left side E|w_{k+1}|^2 for constant rho; kappa None takes it (and beta, if given) from the point."""

    def left(point: Point) -> sp.Expr:
        correlation = point["kappa"] if kappa is None else kappa
        rhos = [point["rho"]] * (whole(point, "k") + 1)
        return exact_second_moment(rhos, point, kappa=correlation, beta=point.get("beta", sp.S.Zero), first=first)

    return left


def at_steps(formula: sp.Expr, steps: Sequence[int], point: Mapping[str, Any]) -> np.ndarray:
    """Values of a formula for w_{k+1}, in floating point, at the given numbers of steps k + 1."""
    names = sorted(symbol.name for symbol in formula.free_symbols)
    ordered = sorted(formula.free_symbols, key=lambda symbol: symbol.name)
    function = sp.lambdify(ordered, formula, "math")
    return np.array([float(function(*({**point, "k": n - 1}[name] for name in names))) for n in steps])


def simulate_sq_norm(
    effort: Effort, seed: int, *, rho: Any, at: Sequence[int], dim: int, sigma: float, w0: float, kappa: float,
    trajectories: int = 131_072, first: str = "fresh", momentum: float = 0.0, gaussian: bool = False,
) -> Estimates:
    """Ensemble estimates of E|w_n|^2 for n in ``at`` on w' = rho_k w + beta (w - w_before) + xi_k - kappa xi_{k-1}."""
    import toylands as tl

    process = tl.landscapes.LinearRecurrence(dim=dim, rho=rho)
    rule = tl.dynamics.correlated_pgd(
        eta=1.0, sigma=sigma, kappa=kappa, first=first, momentum=momentum,
        noise=tl.noise.gaussian if gaussian else tl.noise.rademacher,
    )
    run = tl.simulate(
        process, rule, start=np.full(dim, w0 / np.sqrt(dim)), steps=max(at),
        trajectories=effort.trajectories(trajectories), record=tl.record(process.sq_norm, at=list(at)), seed=seed,
    )
    series = run["sq_norm"]
    return Estimates(
        values=np.asarray(series.mean),
        stderr=np.asarray(series.stderr),
        labels=tuple(f"step {n}" for n in at),
        trajectories=run.trajectories,
        diverged=int(np.asarray(run.diverged)[-1]),
    )


def recurrence_experiment(
    name: str, *, rho: Any, at: Sequence[int], expected: Callable[[], np.ndarray],
    mutants: Mapping[str, Callable[[], np.ndarray]], printed: Callable[[], np.ndarray] | None = None,
    relation: str = "==", dim: int = 4, sigma: float = 0.5, w0: float = 2.0, kappa: float = 1.0, **settings: Any,
) -> Experiment:
    """An experiment on one recurrence: E|w_n|^2 at the steps ``at`` against predictions for the same steps."""

    def simulate(effort: Effort, seed: int) -> Estimates:
        return simulate_sq_norm(
            effort, seed, rho=rho() if callable(rho) else rho, at=at, dim=dim, sigma=sigma, w0=w0, kappa=kappa,
            **settings,
        )

    return Experiment(
        name=name, simulate=simulate, expected=expected, mutants=dict(mutants), relation=relation, printed=printed
    )


def joined_experiment(
    name: str, runs: Mapping[str, Mapping[str, Any]], *, expected: Callable[[], np.ndarray],
    mutants: Mapping[str, Callable[[], np.ndarray]],
) -> Experiment:
    """One experiment over several recurrences: ``runs`` maps labels to the arguments of `simulate_sq_norm`."""

    def simulate(effort: Effort, seed: int) -> Estimates:
        parts = {
            label: simulate_sq_norm(effort, seed + index, **arguments)
            for index, (label, arguments) in enumerate(runs.items())
        }
        labels = [f"{label}, {inner}" for label, part in parts.items() for inner in part.labels]
        return Estimates(
            values=np.concatenate([part.values for part in parts.values()]),
            stderr=np.concatenate([part.stderr for part in parts.values()]),
            labels=tuple(labels),
            trajectories=min(part.trajectories for part in parts.values()),
            diverged=sum(part.diverged for part in parts.values()),
        )

    return Experiment(name=name, simulate=simulate, expected=expected, mutants=dict(mutants))
