"""A run made ready: arguments checked, schedules resolved, kernels chosen; what stays the same from batch to batch."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from toylands import validation
from toylands.described import digest
from toylands.dynamics.covariances import StateCovariance, covariance_shape
from toylands.dynamics.oracles import oracle_shape, sample_count
from toylands.dynamics.rule import RuleArrays, UpdateRule, resolve
from toylands.kernels import (
    BLOCK,
    Job,
    Output,
    Recipe,
    Rows,
    make_coupled_scratch,
    make_measuring,
    make_output,
    make_scratch,
)
from toylands.kernels.collapse import collapse
from toylands.landscapes.base import Landscape
from toylands.observables import ExitRegion, Observable, Record
from toylands.observables import record as make_record

STREAM_FORMAT = 1  # part of every fingerprint: raise it when the same seed would give other numbers


@dataclass(frozen=True)
class Prepared:
    """What stays the same from batch to batch."""

    landscape: Landscape
    rule: UpdateRule
    arrays: RuleArrays
    parameters: Any
    start: np.ndarray  # (1, n), or (trajectories, n) from `first_trajectory` on
    first_trajectory: int
    end_trajectory: int
    steps: int
    record: Record
    at: np.ndarray
    region: ExitRegion | None
    seed: int
    limit: float
    stop: np.ndarray
    paths: bool = False

    def recipe(self) -> Recipe:
        return Recipe(
            self.landscape.kernels,
            None if self.rule.noise is None else self.rule.noise.name,
            self.rule.momentum > 0.0,
            isinstance(self.rule.covariance, np.ndarray),
            tuple(o.reading for o in self.record.observables),
            None if self.region is None else self.region.observable.reading,
            self.paths,
            oracle_shape(self.rule.oracle),
            covariance_shape(self.rule.covariance) if isinstance(self.rule.covariance, StateCovariance) else None,
        )

    def scratch(self) -> Any:
        """Working memory for one call of the kernel."""
        n, records, observables = self.landscape.size, len(self.at), len(self.record.observables)
        recipe, kernels = self.recipe(), self.landscape.kernels
        behind = kernels.working_memory(self.parameters)
        leaving = None if self.region is None else self.region.observable
        measuring = make_measuring(self.record.observables, leaving, self.parameters, n)
        if not recipe.coupled:
            return make_scratch(n, records, observables, measuring)
        oracle, displaced, samples = recipe.oracle, False, 0
        batch = self.arrays.oracle.batch_size
        if oracle is not None:
            displaced = oracle.displaced is not None
            samples = sample_count(self.landscape) if oracle.batch is not None or oracle.labels is not None else 0
        matrix = 0 if recipe.covariance is None else n * (n + 1) // 2
        rows = Rows(
            state=n,
            gradient=n + behind,
            oracle=n if displaced else 0,
            partial=n + behind if displaced else 0,
            chosen=batch,
            labels=batch or samples,
            order=samples,
            covariance=matrix,
            basis=n * n if matrix else 0,
        )
        return make_coupled_scratch(rows, records, observables, measuring)

    def job(self, first_block: int, n_blocks: int) -> Job:
        start = self.start
        if start.shape[0] > 1:
            low = first_block * BLOCK - self.first_trajectory
            rows = start[low : low + n_blocks * BLOCK]
            start = np.zeros((n_blocks * BLOCK, start.shape[1]))
            start[: len(rows)] = rows
        region = self.region
        return Job(
            np.uint64(self.seed),
            first_block,
            n_blocks,
            self.end_trajectory,
            self.steps,
            self.at,
            self.limit,
            # nan, since an observable that overflows to inf has not passed a threshold at infinity
            np.nan if region is None or np.isinf(region.below) else region.below,
            np.nan if region is None or np.isinf(region.above) else region.above,
            start,
            self.stop,
        )

    def complete_blocks(self, first_block: int, n_blocks: int) -> int:
        """How many of a batch's blocks are whole: all of them, or all but the run's last."""
        return min(n_blocks, self.end_trajectory // BLOCK - first_block)

    def batch(self, kernel: Any, first_block: int, n_blocks: int) -> Output | None:
        """Run blocks and merge the whole ones in place; None if the stop flag was raised meanwhile."""
        n, records, observables = self.landscape.size, len(self.at), len(self.record.observables)
        scratch = self.scratch()
        output = make_output(n_blocks, records, observables, n, self.region is not None, self.paths)
        with np.errstate(all="ignore"):  # without JIT, diverging lanes and wrapping words would warn
            if not kernel(self.parameters, n, self.arrays, self.job(first_block, n_blocks), scratch, output):
                return None
        complete = self.complete_blocks(first_block, n_blocks)
        if complete > 0:
            output.lost[:] = complete * BLOCK - output.valid[:complete].sum(axis=0)
            collapse(output.valid, output.sums, first_block, complete)
        return output

    def describe_start(self, points: int | None = None) -> Any:
        """The common starting point, or a digest of the first ``points`` (default: all) of the trajectories' own."""
        if self.start.shape[0] == 1:
            return self.start[0].tolist()
        rows = self.start if points is None else self.start[:points]
        return {"points": len(rows), "first": self.first_trajectory, "sha256": digest(rows)}

    @cached_property
    def experiment(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Descriptions of the landscape and of the rule."""
        return self.landscape.describe(), self.rule.describe()

    def fingerprint(self) -> str:
        """Identifies the random experiment; results merge and resume only if it agrees."""
        region = self.region
        described = {
            "stream": STREAM_FORMAT,
            "landscape": self.experiment[0],
            "rule": self.experiment[1],
            "start": digest(self.start) if self.start.shape[0] == 1 else "rows",
            "steps": self.steps,
            "at": self.at.tolist(),
            "observables": [_described(o) for o in self.record.observables],
            "seed": self.seed,
            "limit": self.limit,
            "exit": None if region is None else [_described(region.observable), region.below, region.above],
        }
        return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()


def prepare(
    landscape: Landscape,
    rule: UpdateRule,
    start: Any,
    steps: int,
    trajectories: int,
    record: Record | None,
    seed: int,
    region: ExitRegion | None,
    divergence: float,
    first_trajectory: int,
    paths: bool = False,
) -> Prepared:
    if not isinstance(landscape, Landscape):
        raise TypeError(f"landscape = {landscape!r} must be one of toylands.landscapes")
    if not isinstance(rule, UpdateRule):
        raise TypeError(f"rule = {rule!r} must come from toylands.dynamics")
    if record is not None and not isinstance(record, Record):
        raise TypeError(f"record = {record!r} must come from tl.record(...)")
    if region is not None and not isinstance(region, ExitRegion):
        raise TypeError(f"first_passage = {region!r} must come from tl.exit_region(...)")
    steps = validation.positive_int("steps", steps)
    trajectories = validation.positive_int("trajectories", trajectories)
    first_trajectory = validation.positive_int("first_trajectory", first_trajectory, minimum=0)
    if first_trajectory % BLOCK:
        raise ValueError(f"first_trajectory = {first_trajectory} must be a multiple of {BLOCK}")
    if landscape.kernels.size not in (None, landscape.size):
        raise ValueError(
            f"{type(landscape).__name__}'s kernels are for {landscape.kernels.size} coordinates, but it has "
            f"{landscape.size}"
        )
    landscape.check_steps(steps)
    if record is None:
        record = make_record(*landscape.observables.values())
    _check_observables(landscape, record, region)
    arrays, parameters = resolve(rule, landscape, steps)
    return Prepared(
        landscape,
        rule,
        arrays,
        parameters,
        _start(start, landscape.size, trajectories),
        first_trajectory,
        first_trajectory + trajectories,
        steps,
        record,
        record.steps(steps),
        region,
        validation.seed("seed", seed),
        validation.positive("divergence", divergence),
        np.zeros(1, dtype=np.int64),
        paths,
    )


def _described(observable: Observable) -> Any:
    """Its name, with its settings and span if it has any."""
    if observable.settings is None and observable.span is None:
        return observable.name
    return [observable.name, _plain(observable.settings), observable.span]


def _plain(settings: Any) -> Any:
    """Settings as JSON-able values."""
    if isinstance(settings, tuple):
        return [_plain(value) for value in settings]
    return settings.tolist() if isinstance(settings, (np.ndarray, np.generic)) else settings


def _check_observables(landscape: Landscape, record: Record, region: ExitRegion | None) -> None:
    """An observable reads the parameters of its own kind of landscape: on another it would mean something else."""
    asked = [("record", observable) for observable in record.observables]
    if region is not None:
        asked.append(("first_passage", region.observable))
    for argument, observable in asked:
        theirs, ours = observable.parameters, landscape.parameters
        # landscapes made from expressions share one kind of parameters, and tell what these mean by `structure`
        same = getattr(theirs, "structure", None) == getattr(ours, "structure", None)
        if type(theirs) is not type(ours) or not same:
            raise ValueError(
                f"{argument} must use observables of {type(landscape).__name__} ({', '.join(landscape.observables)}), "
                f"got {observable!r} of another landscape"
            )
        if observable.size not in (None, landscape.size):
            raise ValueError(
                f"{argument} got {observable!r}, which reads {observable.size} coordinates, but the landscape has "
                f"{landscape.size}"
            )


def _start(start: Any, n: int, trajectories: int) -> np.ndarray:
    try:
        points = np.asarray(start, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"start must be an array of numbers, of shape ({n},), got {start!r}") from None
    if points.shape not in ((n,), (trajectories, n)):
        raise ValueError(
            f"start has shape {points.shape}; it must be ({n},), or ({trajectories}, {n}) for one point a trajectory"
        )
    if not np.isfinite(points).all():
        raise ValueError(f"start = {start!r} must be finite")
    return np.ascontiguousarray(np.atleast_2d(points)).copy()
