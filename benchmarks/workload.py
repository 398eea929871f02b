"""What is measured: a workload, and those who run it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

Statistic = tuple[float, float]  # mean and variance over the trajectories
Function = Callable[[str, int, int], Statistic]  # kind, trajectories, steps -> the observable after the last step
CHECK_TRAJECTORIES, CHECK_STEPS = 4096, 100
STANDARD_ERRORS = 6.0


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
    shown : function, optional
        Runs the check in place of ``function``, where what is recorded would not show that two runs agree.
    """

    name: str
    function: Function
    trajectories: int
    steps: int
    shown: Function | None = None


@dataclass(frozen=True)
class Workload:
    """One landscape and rule of some kind, and everybody who computes it.

    Parameters
    ----------
    name : str
        Short, e.g. "recurrence".
    kind : str
        What varies within a workload, e.g. the noise, "rademacher" or "gaussian".
    coordinates : int
        What counts as coordinate-steps of one trajectory's step.
    about : str
        One line: what is computed and recorded.
    contestants : tuple of Contestant
        The engine first.
    stick : function, optional
        ``stick(module, kind, trajectories, steps)`` runs the workload on an outside measuring stick (see
        `benchmarks.run`).
    check_size : tuple of int
        Trajectories and steps of the runs that are to agree.
    """

    name: str
    kind: str
    coordinates: int
    about: str
    contestants: tuple[Contestant, ...]
    stick: Callable[[object, str, int, int], object] | None = None
    check_size: tuple[int, int] = (CHECK_TRAJECTORIES, CHECK_STEPS)

    @property
    def title(self) -> str:
        """Name and kind."""
        return f"{self.name}, {self.kind}"

    def rate(self, contestant: Contestant) -> float:
        """Coordinate-steps a second of one run."""
        began = time.perf_counter()
        contestant.function(self.kind, contestant.trajectories, contestant.steps)
        return contestant.trajectories * contestant.steps * self.coordinates / (time.perf_counter() - began)


class Disagreement(Exception):
    """A contestant computes something else than the engine."""


def show(workload: Workload, contestant: Contestant) -> Statistic:
    """What a contestant finds in the run that is to agree with the engine's."""
    return (contestant.shown or contestant.function)(workload.kind, *workload.check_size)


def check(workload: Workload, contestant: Contestant, expected: Statistic) -> None:
    """Compare a contestant's mean after the last step of a short run with the engine's.

    Raises
    ------
    Disagreement
        If they are more than six standard errors apart.
    """
    mean, variance = show(workload, contestant)
    error = ((variance + expected[1]) / workload.check_size[0]) ** 0.5
    if not abs(mean - expected[0]) <= STANDARD_ERRORS * error:
        raise Disagreement(
            f"{workload.title}: {contestant.name} finds {mean:.6g}, the engine {expected[0]:.6g}, standard "
            f"error of the difference {error:.2g}"
        )
