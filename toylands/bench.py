"""How fast the engine is on this machine: coordinate-steps a second of landscape x rule, and what the compiler made.

Every row is run once to warm up and then in turn with all others, round after round, so that a clock that drifts or a
busy neighbour hits all rows alike; the median over the rounds is told. A coordinate-step is one coordinate of one
trajectory taken one step further, statistics included.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from numba import config
from numba.core.caching import NullCache

from toylands import assembly, machine
from toylands.combinations import Combination, combinations
from toylands.ensemble import simulate
from toylands.kernels import Recipe, build_kernel
from toylands.kernels.paired import applies as paired_applies
from toylands.kernels.separable import applies as separable_applies
from toylands.landscapes import Landscape
from toylands.landscapes.one_point import ONE_BY_ONE

ROUNDS = 7
MAIN_RULE = "anti_pgd"
_SECONDS = 0.15  # a run
_STEPS, _FEWEST, _MOST = 200, 512, 2**17
_TRIAL = 10  # steps of the run that tells how long a longer one takes


@dataclass
class Measured:
    """One landscape x rule x noise.

    Parameters
    ----------
    combination : Combination
        What runs.
    kernel : str
        Which kernel serves it: "general", "separable", "paired" or "coupled"; behind a comma, that a user's functions
        are run one trajectory at a time.
    registers : str
        The widest vector registers here, e.g. "zmm".
    loops, full_width : int
        Innermost loops with arithmetic on floats, and how many of them are whole-vector code throughout.
    steps, trajectories : int
        Size of a run.
    rates : list of float
        Coordinate-steps a second of each round.
    """

    combination: Combination
    kernel: str
    registers: str
    loops: int
    full_width: int
    steps: int = _STEPS
    trajectories: int = _FEWEST
    rates: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Median over the rounds."""
        return statistics.median(self.rates)

    def run(self) -> float:
        """One run; its coordinate-steps a second."""
        each = self.combination
        began = time.perf_counter()
        simulate(
            each.landscape,
            each.rule,
            start=each.start,
            steps=self.steps,
            trajectories=self.trajectories,
            record=each.record(self.steps),
            progress=False,
        )
        return self.steps * self.trajectories * each.landscape.size / (time.perf_counter() - began)

    def calibrate(self) -> None:
        """Choose a size that takes long enough to be timed and no longer: more trajectories, or fewer steps."""
        self.steps = _TRIAL
        self.run()
        wanted = self.run() * _SECONDS / (self.trajectories * self.combination.landscape.size)  # steps
        self.steps = max(_TRIAL, min(_STEPS, int(wanted)))
        blocks = math.ceil(wanted / self.steps)
        self.trajectories = min(_MOST, _FEWEST * blocks)

    def as_dict(self) -> dict[str, Any]:
        """JSON-able values."""
        each = self.combination
        return {
            "landscape": each.landscape_name,
            "size": each.landscape.size,
            "rule": each.rule.name,
            "noise": each.noise,
            "kernel": self.kernel,
            "registers": self.registers,
            "inner_loops": self.loops,
            "full_width_loops": self.full_width,
            "steps": self.steps,
            "trajectories": self.trajectories,
            "rate": self.rate,
            "rates": self.rates,
        }


def interleave(runs: Sequence[Callable[[], float]], rounds: int) -> list[list[float]]:
    """What each function returns, round after round, all of them in turn: one list of ``rounds`` numbers each.

    Examples
    --------
    >>> interleave([lambda: 1.0, lambda: 2.0], rounds=3)
    [[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]
    """
    results: list[list[float]] = [[] for _ in runs]
    for _ in range(rounds):
        for run, found in zip(runs, results):
            found.append(run())
    return results


def bench(
    everything: bool = False, rounds: int = ROUNDS, report: Callable[[str], None] | None = None
) -> list[Measured]:
    """Measure Anti-PGD on every landscape, or every landscape x rule, with both kinds of noise, on all cores.

    Parameters
    ----------
    everything : bool
        Every rule that applies.
    rounds : int
        How often each row is run, at least 1.
    report : function, optional
        Is given a word on what happens.

    Raises
    ------
    ValueError
        If ``rounds`` is less than 1.

    Examples
    --------
    >>> from toylands.bench import bench
    >>> rows = bench(rounds=1)  # doctest: +SKIP
    """
    if rounds < 1:
        raise ValueError(f"rounds = {rounds} must be at least 1")
    say = report or (lambda text: None)
    chosen = [each for each in combinations() if everything or each.rule.name == MAIN_RULE]
    looked_at: dict[Recipe, list[assembly.Loop]] = {}
    rows = []
    for number, each in enumerate(chosen, 1):
        say(f"{number}/{len(chosen)}  compiling {each.landscape_name} x {each.rule.name}, {each.noise}")
        row = _look(each, looked_at)
        row.calibrate()
        rows.append(row)
    say(f"running {len(rows)} kernels in turn, {rounds} rounds")
    for row, rates in zip(rows, interleave([row.run for row in rows], rounds)):
        row.rates = rates
    return rows


def kernel_kind(recipe: Recipe, landscape: Landscape) -> str:
    """Which kernel serves a recipe, and whether it runs a user's functions one trajectory at a time.

    Examples
    --------
    >>> import toylands as tl
    >>> from toylands.combinations import rules_on
    >>> each = next(rules_on("anti_pgd", tl.landscapes.LinearRecurrence(dim=4, rho=0.9)))
    >>> kernel_kind(each.recipe(), each.landscape)
    'separable'
    """
    if recipe.coupled:
        kind = "coupled"
    else:
        kind = "separable" if separable_applies(recipe) else "paired" if paired_applies(recipe) else "general"
    slow = ONE_BY_ONE in getattr(landscape, "forms", {}).values()
    return f"{kind}, {ONE_BY_ONE}" if slow else kind


def _look(each: Combination, looked_at: dict[Recipe, list[assembly.Loop]]) -> Measured:
    """Compile a kernel in this process (one from the disk shows no assembly) and look at its loops."""
    recipe = each.recipe()
    kind = kernel_kind(recipe, each.landscape)
    if getattr(config, "DISABLE_JIT", False):
        return Measured(each, kind, "none", 0, 0)
    kernel = build_kernel(recipe)
    if kernel.overloads and recipe not in looked_at:
        kernel = build_kernel.__wrapped__(recipe)  # an earlier call may have taken it from the disk
    if recipe not in looked_at:
        kernel._cache = NullCache()
        each.prepared().batch(kernel, 0, 0)
        looked_at[recipe] = assembly.kernel_loops(kernel)
    found, full = assembly.summary(looked_at[recipe])
    return Measured(each, kind, assembly.register(kernel), found, full)


def table(rows: Sequence[Measured]) -> list[str]:
    """The rows as lines of text: one a landscape x rule, a column a kind of noise, in 1e9 coordinate-steps a second."""
    names = {"none": "no noise", "rademacher": "Rademacher", "gaussian": "Gaussian", "gaussian_float32": "float32"}
    kinds = [kind for kind in names if any(row.combination.noise == kind for row in rows)]
    groups: dict[tuple[str, str], dict[str, Measured]] = {}
    for row in rows:
        groups.setdefault((row.combination.landscape_name, row.combination.rule.name), {})[row.combination.noise] = row
    head = ["landscape", "size", "rule", *(names[kind] for kind in kinds), "kernel", "inner loops full width"]
    cells = [head]
    for (landscape, rule), found in groups.items():
        rates = [f"{found[kind].rate / 1e9:.3f}" if kind in found else "-" for kind in kinds]
        size = str(next(iter(found.values())).combination.landscape.size)
        kernels = "/".join(row.kernel for row in found.values())
        cells.append([landscape, size, rule, *rates, kernels, "; ".join(_verdict(row) for row in found.values())])
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    numbers = {1, *range(3, 3 + len(kinds))}
    return [
        "  ".join(
            cell.rjust(w) if i in numbers else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, widths))
        ).rstrip()
        for row in cells
    ]


def _verdict(row: Measured) -> str:
    """Whether every innermost loop is whole-vector code."""
    if row.loops == 0:
        return "not compiled"
    word = "yes" if row.full_width == row.loops else "NO"
    return f"{word}, {row.full_width} of {row.loops} {row.registers}"


def as_dict(rows: Sequence[Measured]) -> dict[str, Any]:
    """Machine and rows as JSON-able values."""
    return {"machine": machine.describe(), "unit": "coordinate-steps per second", "rows": [r.as_dict() for r in rows]}
