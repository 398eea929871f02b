"""An update rule as a value: step size, injected noise, correlation in time, momentum, schedules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from toylands import validation
from toylands.described import described
from toylands.dynamics.covariances import NO_COVARIANCE, CovarianceNumbers, StateCovariance, covariance_numbers
from toylands.dynamics.oracles import GradientOracle, OracleNumbers, oracle_numbers
from toylands.landscapes.base import Landscape
from toylands.landscapes.quadratic_bowl import QuadraticBowl, matrix_factor
from toylands.noise import InjectedNoise, gaussian_float32
from toylands.simd.products import pack_tiles

FRESH, STATIONARY = "fresh", "stationary"
Schedule = float | Sequence[float] | np.ndarray
FLOAT32_SIGMA = 2.0**127  # float32 normals arrive 2^-896 times too small, and sigma makes good for it


@dataclass(frozen=True, eq=False)
class UpdateRule:
    """w_{k+1} = w_k - eta_k grad L(w_k) + beta (w_k - w_{k-1}) + sigma_k F xi_k - kappa_k sigma_{k-1} F xi_{k-1}.

    Use the presets of `toylands.dynamics` (``pgd``, ``anti_pgd``, ...); this is what they build.

    Parameters
    ----------
    name : str
        How results and tables call the rule.
    eta : float or sequence of float
        Step size, or one for each step.
    noise : InjectedNoise, optional
        Law of the coordinates of xi_k (mean 0, variance 1, independent); None injects nothing.
    sigma : float or sequence of float
        Scale of the noise, or one for each step; at least 0.
    kappa : float or sequence of float
        Correlation with the step before, or one for each step: 0 plain noise, 1 its increments; in [-1, 1].
    momentum : float
        Heavy-ball factor beta, with w_{-1} = w_0.
    first : {"fresh", "stationary"}
        Whether the first noise is sigma xi_0, or sigma (xi_0 - kappa_0 xi_{-1}) as in every later step.
    start_noise, stop_noise : int, optional
        sigma_k is 0 outside ``start_noise <= k < stop_noise``. At the stop the last step's share is still taken back.
    covariance : array_like (n, n) or StateCovariance, optional
        Covariance F F^T of the noise per unit ``sigma``, constant or changing with the state; identity if not given.
    exact_time_step : float, optional
        If given, the exact transition of the Ornstein-Uhlenbeck process over this time (quadratic bowls only).
    oracle : GradientOracle, optional
        What stands in for grad L: batches, noisy labels, gradients at displaced points.
    """

    name: str
    eta: Schedule
    noise: InjectedNoise | None = None
    sigma: Schedule = 0.0
    kappa: Schedule = 0.0
    momentum: float = 0.0
    first: str = FRESH
    start_noise: int = 0
    stop_noise: int | None = None
    covariance: np.ndarray | StateCovariance | None = None
    exact_time_step: float | None = None
    oracle: GradientOracle | None = None

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        if self.noise is not None and not isinstance(self.noise, InjectedNoise):
            raise TypeError(
                f"noise = {self.noise!r} must be toylands.noise.rademacher, toylands.noise.gaussian, "
                "toylands.noise.gaussian_float32, another law of toylands.noise or None"
            )
        for name in ("eta", "sigma"):
            value = getattr(self, name)
            if np.ndim(value) == 0:
                set_(self, name, validation.nonnegative(name, value))
                continue
            values = validation.vector(name, value)
            if (values < 0).any():
                raise ValueError(f"{name} = {value!r} must be finite and at least 0")
            set_(self, name, values)
        if self.noise == gaussian_float32 and np.any(np.asarray(self.sigma) >= FLOAT32_SIGMA):
            raise ValueError(f"sigma = {self.sigma!r} must be below 2^127 with {self.noise!r}")
        if self.noise is None and np.any(self.sigma):
            raise ValueError(f"noise = None must come with sigma = 0, got sigma = {self.sigma!r}")
        set_(self, "kappa", _correlation(self.kappa))
        set_(self, "momentum", validation.in_interval("momentum", self.momentum, 0.0, 1.0, open_high=True))
        validation.choice("first", self.first, (FRESH, STATIONARY))
        set_(self, "start_noise", validation.positive_int("start_noise", self.start_noise, minimum=0))
        if self.stop_noise is not None:
            set_(self, "stop_noise", validation.positive_int("stop_noise", self.stop_noise, minimum=0))
            if self.stop_noise < self.start_noise:
                raise ValueError(f"stop_noise = {self.stop_noise} must not be before start_noise = {self.start_noise}")
        validation.one_of("oracle", self.oracle, (GradientOracle, type(None)), "a GradientOracle or None")
        if isinstance(self.covariance, StateCovariance):
            if self.first == STATIONARY and np.any(self.kappa):
                raise ValueError("first = 'stationary' needs a covariance that does not change with the state")
        elif self.covariance is not None:
            set_(self, "covariance", validation.symmetric_psd("covariance", self.covariance))
        if self.exact_time_step is not None:
            set_(self, "exact_time_step", validation.positive("time_step", self.exact_time_step))

    def __repr__(self) -> str:
        return f"<rule {self.name}: {', '.join(f'{k}={v}' for k, v in self.describe().items() if k != 'name')}>"

    def describe(self) -> dict[str, Any]:
        """Name and settings as JSON-able values, stored in results; settings at their defaults are left out."""
        settings: dict[str, Any] = {"name": self.name}
        for field, default in _DEFAULTS.items():
            value = getattr(self, field)
            if isinstance(value, np.ndarray):
                settings[field] = described(value)
            elif isinstance(value, InjectedNoise):
                settings[field] = value.name
            elif isinstance(value, (GradientOracle, StateCovariance)):
                settings[field] = value.describe()
            elif value != default:
                settings[field] = value
        return settings


_DEFAULTS: dict[str, Any] = {
    "eta": None,
    "noise": None,
    "sigma": 0.0,
    "kappa": 0.0,
    "momentum": 0.0,
    "first": FRESH,
    "start_noise": 0,
    "stop_noise": None,
    "covariance": None,
    "exact_time_step": None,
    "oracle": None,
}


class RuleArrays(NamedTuple):
    """A rule as its kernel sees it. ``eta`` and ``sigma`` have one value, or one a step (then the stride is 1)."""

    eta: np.ndarray
    eta_stride: int
    sigma: np.ndarray
    sigma_stride: int
    kappa: np.ndarray  # one value, or one a step and some behind, since a step looks at that of the next
    kappa_stride: int
    stationary_first: bool
    momentum: float
    factor: np.ndarray  # F, as `pack_tiles` lays it
    oracle: OracleNumbers
    covariance: CovarianceNumbers


def resolve(rule: UpdateRule, landscape: Landscape, steps: int) -> tuple[RuleArrays, Any]:
    """The rule's arrays for a run of ``steps`` steps on ``landscape``, and the parameters that the kernel is to use.

    Raises
    ------
    ValueError
        If a schedule is too short, the covariance does not fit the landscape, or an exact step is asked of a landscape
        that has none.
    """
    parameters, covariance = landscape.parameters, NO_COVARIANCE
    if rule.exact_time_step is not None:
        if not isinstance(landscape, QuadraticBowl):
            raise ValueError(f"rule {rule.name} is exact only on QuadraticBowl, not on {type(landscape).__name__}")
        assert isinstance(rule.covariance, np.ndarray)
        _check_size(rule.covariance, landscape)
        parameters, factor = landscape.exact_transition(rule.exact_time_step, rule.covariance)
    elif isinstance(rule.covariance, StateCovariance):
        covariance, factor = covariance_numbers(rule.covariance, landscape), np.zeros((1, 1))
    elif rule.covariance is not None:
        _check_size(rule.covariance, landscape)
        factor = matrix_factor(rule.covariance)
    else:
        factor = np.zeros((1, 1))
    eta, eta_stride = _schedule("eta", rule.eta, steps)
    sigma, sigma_stride = _schedule("sigma", rule.sigma, steps)
    stop = steps if rule.stop_noise is None else rule.stop_noise
    if rule.start_noise > 0 or stop < steps:
        k = np.arange(steps)
        sigma = np.where((k >= rule.start_noise) & (k < stop), sigma if sigma_stride == 0 else sigma[:steps], 0.0)
        sigma_stride = 1
    kappa, kappa_stride = _schedule("kappa", rule.kappa, steps)
    if kappa_stride == 1:
        kappa = np.append(kappa[:steps], [0.0, 0.0])
    stationary = rule.first == STATIONARY and kappa[0] != 0.0
    return RuleArrays(
        eta,
        eta_stride,
        sigma,
        sigma_stride,
        kappa,
        kappa_stride,
        bool(stationary),
        float(rule.momentum),
        pack_tiles(factor),
        oracle_numbers(rule.oracle, landscape),
        covariance,
    ), parameters


def _correlation(kappa: Any) -> Schedule:
    if np.ndim(kappa) == 0:
        return validation.in_interval("kappa", kappa, -1.0, 1.0)
    values = validation.vector("kappa", kappa)
    if (np.abs(values) > 1).any():
        raise ValueError(f"kappa = {kappa!r} must have values in [-1, 1]")
    return values


def _check_size(covariance: np.ndarray, landscape: Landscape) -> None:
    if covariance.shape[0] != landscape.size:
        raise ValueError(
            f"covariance has shape {covariance.shape}, but {type(landscape).__name__} has {landscape.size} coordinates"
        )


def _schedule(name: str, value: Any, steps: int) -> tuple[np.ndarray, int]:
    if isinstance(value, float):
        return np.array([value]), 0
    if value.shape[0] < steps:
        raise ValueError(f"{name} gives {value.shape[0]} values, but the run has steps = {steps}")
    return value.copy(), 1
