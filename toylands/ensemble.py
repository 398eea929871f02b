"""`simulate`: run an ensemble of trajectories and keep its statistics.

Blocks of 64 trajectories are run in batches on a pool of threads; each block's statistics go into a forest that gives
the same bits whatever the batches, the threads or the order. This module decides what to run and when to stop; the
stepping itself is in `toylands.kernels`.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import config

from toylands import validation
from toylands._version import __version__
from toylands.dynamics.rule import RuleArrays, UpdateRule, resolve
from toylands.kernels import BLOCK, Job, Output, Recipe, build_kernel, make_output, make_scratch
from toylands.landscapes.base import Landscape
from toylands.observables import ExitRegion, Record
from toylands.observables import record as make_record
from toylands.progress import Bar, CompileNotice
from toylands.results import EnsembleResult
from toylands.statistics.confidence import Precision
from toylands.statistics.first_passage import FirstPassage
from toylands.statistics.forest import MomentForest, Moments

STREAM_FORMAT = 1  # part of every fingerprint: raise it when the same seed would give other numbers
DIVERGENCE_LIMIT = 1e100
_FIRST_CHECK = 4  # blocks before the first look at a target precision
_BATCH_SECONDS, _RATE, _BATCH_BYTES = 0.1, 1e9, 2**23


@dataclass(frozen=True)
class _Run:
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
            self.rule.covariance is not None,
            tuple((o.kernel, o.pooled) for o in self.record.observables),
            None if self.region is None else (self.region.observable.kernel, self.region.observable.pooled),
            self.paths,
        )

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

    def batch(self, kernel: Any, first_block: int, n_blocks: int) -> Output | None:
        """Run blocks; None if the stop flag was raised meanwhile."""
        n, records, observables = self.landscape.size, len(self.at), len(self.record.observables)
        scratch = make_scratch(n, records, observables)
        output = make_output(n_blocks, records, observables, n, self.region is not None, self.paths)
        with np.errstate(all="ignore"):  # without JIT, diverging lanes and wrapping words would warn
            done = kernel(self.parameters, n, self.arrays, self.job(first_block, n_blocks), scratch, output)
        return output if done else None

    def fingerprint(self) -> str:
        """Identifies the random experiment; results merge and resume only if it agrees."""
        region = self.region
        described = {
            "stream": STREAM_FORMAT,
            "landscape": self.landscape.describe(),
            "rule": self.rule.describe(),
            "start": hashlib.sha256(self.start.tobytes()).hexdigest() if self.start.shape[0] == 1 else "rows",
            "steps": self.steps,
            "at": self.at.tolist(),
            "observables": [o.name for o in self.record.observables],
            "seed": self.seed,
            "limit": self.limit,
            "exit": None if region is None else [region.observable.name, region.below, region.above],
        }
        return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()


def simulate(
    landscape: Landscape,
    rule: UpdateRule,
    *,
    start: Any,
    steps: int,
    trajectories: int,
    record: Record | None = None,
    seed: int = 0,
    first_passage: ExitRegion | None = None,
    target: Precision | None = None,
    time_limit: float | None = None,
    threads: int | None = None,
    batch_blocks: int | None = None,
    divergence: float = DIVERGENCE_LIMIT,
    first_trajectory: int = 0,
    resume: EnsembleResult | None = None,
    progress: bool | None = None,
) -> EnsembleResult:
    """Run ``trajectories`` independent trajectories of a rule on a landscape and keep their statistics.

    Ends after ``steps`` x ``trajectories``, at the ``target`` precision or at the ``time_limit``, whichever comes
    first; the result's ``end_condition`` says which. Ctrl-C returns what is finished, with ``end_condition``
    ``"interrupted"``. The same seed gives bit-identical results whatever the threads, the batches, and however the run
    was split and resumed.

    Parameters
    ----------
    landscape : Landscape
        E.g. ``tl.landscapes.WideningValley(dim=100)``.
    rule : UpdateRule
        E.g. ``tl.dynamics.anti_pgd(eta=0.01, sigma=0.1)``.
    start : array_like of shape (n,) or (trajectories, n)
        Starting point, common or one a trajectory; n is ``landscape.size``.
    steps : int
        Updates a trajectory.
    trajectories : int
        How many (at most, if a target or a time limit is given).
    record : Record, optional
        From `tl.record`; default: every observable of the landscape at about 100 steps.
    seed : int
        0 <= seed < 2**64. Equal seeds mean equal noise, also for different rules and landscapes.
    first_passage : ExitRegion, optional
        From `tl.exit_region`: time the first exits.
    target : Precision, optional
        From `tl.precision`: stop once a time-uniform confidence sequence is narrow enough. Looked at after 4 blocks and
        then whenever the number of blocks has grown by a quarter.
    time_limit : float, optional
        Seconds; at least one batch is finished.
    threads : int, optional
        Default: as many as the process may use.
    batch_blocks : int, optional
        Blocks of 64 trajectories a kernel call; default: about a tenth of a second. No influence on the result.
    divergence : float
        A trajectory with a coordinate beyond this size (or not a number) counts as diverged and is left out of the
        moments from there on; ``result.diverged`` counts them. Looked for at recorded steps at least 16 steps apart and
        at the last one; an observable that is not finite counts at once.
    first_trajectory : int
        Number of the first trajectory, a multiple of 64: lets several machines share one run, to be merged.
    resume : EnsembleResult, optional
        An earlier result of the same experiment (also a loaded one): only what is missing up to ``trajectories`` runs.
    progress : bool, optional
        Show a bar on standard error for work beyond two seconds; default: only on a terminal.

    Returns
    -------
    EnsembleResult
        Index it with an observable's name: ``run["loss"].mean``, ``.stderr``, ...

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range or does not fit the others; the message names it.

    Examples
    --------
    >>> import toylands as tl
    >>> process = tl.landscapes.LinearRecurrence(dim=10, rho=0.9)
    >>> rule = tl.dynamics.anti_pgd(eta=1.0, sigma=1.0)
    >>> run = tl.simulate(process, rule, start=[0.0] * 10, steps=100, trajectories=6400, seed=1)
    >>> bool(abs(run["sq_norm"].mean[-1] - 10 * 2 / 1.9) < 5 * run["sq_norm"].stderr[-1])
    True
    """
    began = time.monotonic()
    run = _prepare(
        landscape, rule, start, steps, trajectories, record, seed, first_passage, divergence, first_trajectory
    )
    workers = _threads(threads)
    if target is not None and not isinstance(target, Precision):
        raise TypeError(f"target = {target!r} must come from tl.precision")
    if target is not None and target.observable not in [o.name for o in run.record.observables]:
        raise ValueError(f"target asks for {target.observable!r}, which is not recorded")
    if time_limit is not None:
        time_limit = validation.positive("time_limit", time_limit)
    forest = _forest(run, resume)
    blocks = _missing_blocks(forest, run)
    total = sum(high - low for low, high in blocks)
    size = _batch_size(run, total, workers, batch_blocks)
    kernel = build_kernel(run.recipe())
    label = f"{type(landscape).__name__} x {rule.name}"
    with CompileNotice(label, progress):
        run.batch(kernel, 0, 0)  # compiles, in this thread
    checks = _checkpoints(sum(high - low for low, high in forest.blocks), total) if target is not None else set()
    condition, done = "trajectories", 0
    if target is not None and 0 in checks and _reached(target, forest, run):
        blocks, condition = [], "precision"
    runner = _run_batches(run, kernel, _split(blocks, size, checks), workers)
    with Bar(total, label, progress) as bar:
        try:
            for first, count, output in runner:
                _insert(forest, run, first, count, output)
                done += count
                bar.update(done)
                if target is not None and done in checks and _reached(target, forest, run):
                    condition = "precision"
                    break
                if time_limit is not None and time.monotonic() - began > time_limit:
                    condition = "trajectories" if done == total else "time limit"
                    break
        except KeyboardInterrupt:
            if forest.trajectories == 0:
                raise
            condition = "interrupted"
        finally:
            runner.close()
    return _result(run, forest, condition, time.monotonic() - began)


def sample_paths(
    landscape: Landscape,
    rule: UpdateRule,
    *,
    start: Any,
    steps: int,
    count: int,
    every: int = 1,
    seed: int = 0,
) -> np.ndarray:
    """A few whole trajectories, for pictures and tests: the first ``count`` ones that `simulate` runs with this seed.

    Returns
    -------
    array of shape (steps // every + 1, count, n)
        States w_0, w_every, w_{2 every}, ...

    Examples
    --------
    >>> import toylands as tl
    >>> valley = tl.landscapes.WideningValley(dim=2)
    >>> rule = tl.dynamics.pgd(eta=0.1, sigma=0.01)
    >>> tl.sample_paths(valley, rule, start=[1.0, 1.0, 0.5], steps=10, count=3).shape
    (11, 3, 3)
    """
    count = validation.positive_int("count", count)
    every = validation.positive_int("every", every)
    some = next(iter(landscape.observables.values()))
    run = _prepare(
        landscape, rule, start, steps, count, make_record(some, every=every), seed, None, DIVERGENCE_LIMIT, 0, True
    )
    output = run.batch(build_kernel(run.recipe()), 0, -(-count // BLOCK))
    assert output is not None
    return output.paths[:, :count].copy()


def _prepare(
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
) -> _Run:
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
    landscape.check_steps(steps)
    if record is None:
        record = make_record(*landscape.observables.values())
    _check_observables(landscape, record, region)
    arrays, parameters = resolve(rule, landscape, steps)
    return _Run(
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


def _check_observables(landscape: Landscape, record: Record, region: ExitRegion | None) -> None:
    """An observable reads the parameters of its own kind of landscape: on another it would mean something else."""
    asked = [("record", observable) for observable in record.observables]
    if region is not None:
        asked.append(("first_passage", region.observable))
    for argument, observable in asked:
        if type(observable.parameters) is not type(landscape.parameters):
            raise ValueError(
                f"{argument} must use observables of {type(landscape).__name__} ({', '.join(landscape.observables)}), "
                f"got {observable!r} of another landscape"
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


def _threads(threads: int | None) -> int:
    if threads is not None:
        return validation.positive_int("threads", threads)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _forest(run: _Run, resume: EnsembleResult | None) -> MomentForest:
    if resume is None:
        return MomentForest(len(run.at), len(run.record.observables), first_passage=run.region is not None)
    if not isinstance(resume, EnsembleResult):
        raise TypeError(f"resume = {resume!r} must be an EnsembleResult")
    if resume.fingerprint != run.fingerprint():
        raise ValueError("resume belongs to another experiment: landscape, rule, start, steps, record or seed differ")
    return resume.forest.copy()


def _missing_blocks(forest: MomentForest, run: _Run) -> list[tuple[int, int]]:
    """Ranges of blocks that the run asks for and the forest lacks."""
    low, end = run.first_trajectory // BLOCK, -(-run.end_trajectory // BLOCK)
    missing = []
    for start, stop in forest.blocks:
        if low < min(start, end):
            missing.append((low, min(start, end)))
        low = max(low, stop)
    if low < end:
        missing.append((low, end))
    return missing


def _batch_size(run: _Run, blocks: int, workers: int, asked: int | None) -> int:
    if asked is not None:
        return validation.positive_int("batch_blocks", asked)
    if getattr(config, "DISABLE_JIT", False):
        return 1
    cost = run.steps * run.landscape.size * BLOCK / _RATE
    size = min(_BATCH_SECONDS / cost, blocks / (4 * workers), 1024)
    room = _BATCH_BYTES / (8 * 7 * max(1, len(run.at) * len(run.record.observables)))
    return max(1, int(min(size, room)))


def _checkpoints(before: int, blocks: int) -> set[int]:
    """Numbers of newly finished blocks at which a target precision is looked at.

    Fixed by the number of blocks in all, ``before`` of them in a result to resume: a run stops at the same place
    whatever the batches and the threads, and however often it was interrupted.
    """
    checks, at = {blocks}, _FIRST_CHECK
    while at < before + blocks:
        if at >= before:
            checks.add(at - before)
        at += max(1, at // 4)
    return checks


def _split(blocks: list[tuple[int, int]], size: int, checks: set[int]) -> Iterator[tuple[int, int]]:
    """(first block, number of blocks) of each batch; a batch ends at every checkpoint."""
    done, stops = 0, sorted(checks, reverse=True)
    for low, high in blocks:
        while low < high:
            while stops and stops[-1] <= done:
                stops.pop()
            count = min(size, high - low, stops[-1] - done if stops else size)
            yield low, count
            low, done = low + count, done + count


def _run_batches(
    run: _Run, kernel: Any, batches: Iterator[tuple[int, int]], workers: int
) -> Generator[tuple[int, int, Output], None, None]:
    """Outputs in the order of the batches, while later ones already run; closing it waits for the threads."""
    pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="toylands")
    waiting: list[tuple[int, int, Future[Output | None]]] = []
    try:
        while True:
            while len(waiting) < workers + 2 and (batch := next(batches, None)) is not None:
                waiting.append((*batch, pool.submit(run.batch, kernel, *batch)))
            if not waiting:
                return
            first, count, future = waiting.pop(0)
            output = future.result()
            if output is None:
                return
            yield first, count, output
    finally:
        run.stop[0] = 1  # kernels that still run give up: their blocks are not wanted any more
        pool.shutdown(wait=True, cancel_futures=True)


def _insert(forest: MomentForest, run: _Run, first: int, count: int, output: Output) -> None:
    sums = output.sums
    valid = np.broadcast_to(output.valid[:, :, None], sums.shape[:3])
    whole = Moments(valid, *(np.ascontiguousarray(sums[..., i]) for i in range(sums.shape[3])))
    last = run.end_trajectory - (first + count - 1) * BLOCK  # trajectories in the batch's last block, if it is partial
    complete = count if last >= BLOCK else count - 1
    if complete:
        passage = _passage(run, output, 0, complete * BLOCK)
        forest.insert_many(first, whole[:complete], BLOCK - output.valid[:complete], passage)
    if complete < count:
        passage = _passage(run, output, complete * BLOCK, complete * BLOCK + last)
        forest.set_partial(first + complete, last, whole[complete], last - output.valid[complete], passage)


def _passage(run: _Run, output: Output, low: int, high: int) -> FirstPassage | None:
    if run.region is None:
        return None
    return FirstPassage.from_exits(output.exit_step[low:high], output.exit_side[low:high])


def _reached(target: Precision, forest: MomentForest, run: _Run) -> bool:
    total = forest.total()
    column = [o.name for o in run.record.observables].index(target.observable)
    return bool(target.reached(total.count[:, column], total.mean[:, column], np.sqrt(total.variance[:, column])))


def _result(run: _Run, forest: MomentForest, condition: str, elapsed: float) -> EnsembleResult:
    start = run.start[0].tolist() if run.start.shape[0] == 1 else f"{run.start.shape[0]} points"
    return EnsembleResult(
        observables=tuple(o.name for o in run.record.observables),
        steps=run.at,
        forest=forest.freeze(),
        steps_total=run.steps,
        seed=run.seed,
        end_condition=condition,
        landscape=run.landscape.describe(),
        rule=run.rule.describe(),
        start=start,
        fingerprint=run.fingerprint(),
        version=__version__,
        elapsed=elapsed,
    )
