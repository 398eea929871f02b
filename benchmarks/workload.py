"""What is measured: a workload, and those who run it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

Statistic = tuple[float, float]  # mean and variance over the trajectories
Function = Callable[[str, int, int], Statistic]  # noise, trajectories, steps -> the observable after the last step


@dataclass(frozen=True)
class Contestant:
    """One way of computing a workload.

    Parameters
    ----------
    name : str
        As tables call it.
    function : Function
        Runs it; statistics are those that the workload asks for, the returned ones are for the check.
    trajectories, steps : int
        A size that suits it: a few tenths of a second, its arrays in the cache.
    """

    name: str
    function: Function
    trajectories: int
    steps: int


@dataclass(frozen=True)
class Workload:
    """One landscape, rule and noise, and everybody who computes it.

    Parameters
    ----------
    name : str
        Short, e.g. "recurrence".
    noise : str
        "rademacher" or "gaussian".
    coordinates : int
        What counts as coordinate-steps of one trajectory's step.
    about : str
        One line: what is computed and recorded.
    contestants : tuple of Contestant
        The engine first.
    stick : function, optional
        ``stick(module, noise, trajectories, steps)`` runs the workload on an outside measuring stick (see
        `benchmarks.run`).
    """

    name: str
    noise: str
    coordinates: int
    about: str
    contestants: tuple[Contestant, ...]
    stick: Callable[[object, str, int, int], object] | None = None

    @property
    def title(self) -> str:
        """Name and noise."""
        return f"{self.name}, {self.noise.capitalize()}"

    def rate(self, contestant: Contestant) -> float:
        """Coordinate-steps a second of one run."""
        began = time.perf_counter()
        contestant.function(self.noise, contestant.trajectories, contestant.steps)
        return contestant.trajectories * contestant.steps * self.coordinates / (time.perf_counter() - began)


class Disagreement(Exception):
    """A contestant computes something else than the engine."""


CHECK_TRAJECTORIES, CHECK_STEPS = 4096, 100
STANDARD_ERRORS = 6.0


def check(workload: Workload, contestant: Contestant, expected: Statistic) -> None:
    """Compare a contestant's mean after 100 steps with the engine's.

    Raises
    ------
    Disagreement
        If they are more than six standard errors apart.
    """
    mean, variance = contestant.function(workload.noise, CHECK_TRAJECTORIES, CHECK_STEPS)
    error = ((variance + expected[1]) / CHECK_TRAJECTORIES) ** 0.5
    if not abs(mean - expected[0]) <= STANDARD_ERRORS * error:
        raise Disagreement(
            f"{workload.title}: {contestant.name} finds {mean:.6g}, the engine {expected[0]:.6g}, standard "
            f"error of the difference {error:.2g}"
        )
