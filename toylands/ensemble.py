"""`simulate`: run an ensemble of trajectories and keep its statistics.

Blocks of 64 trajectories are run in batches on a pool of threads; each block's statistics go into a forest that gives
the same bits whatever the batches, the threads or the order. This module decides when to stop; what a run needs is made
ready in `toylands.prepared`, cut and scheduled in `toylands.batches`, and stepped in `toylands.kernels`.
"""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np

from toylands import validation
from toylands._version import __version__
from toylands.batches import Pace, batch_size, checkpoints, missing_blocks, run_batches, split
from toylands.dynamics.rule import UpdateRule
from toylands.kernels import BLOCK, Output, build_kernel, collapse
from toylands.landscapes.base import Landscape
from toylands.observables import ExitRegion, Record
from toylands.observables import record as make_record
from toylands.prepared import Prepared, prepare
from toylands.progress import Bar, CompileNotice
from toylands.results import EnsembleResult
from toylands.statistics.confidence import Precision
from toylands.statistics.first_passage import FirstPassage
from toylands.statistics.forest import MomentForest, Moments

DIVERGENCE_LIMIT = 1e100


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
    run = prepare(
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
    blocks = missing_blocks(forest, run)
    total = sum(high - low for low, high in blocks)
    pace = Pace(batch_size(run, total, workers, batch_blocks), fixed=batch_blocks is not None)
    kernel = build_kernel(run.recipe())
    label = f"{type(landscape).__name__} x {rule.name}"
    with CompileNotice(label, progress):
        run.batch(kernel, 0, 0)  # compiles, in this thread
        collapse.prepare()
    checks = checkpoints(sum(high - low for low, high in forest.blocks), total) if target is not None else set()
    condition, done = "trajectories", 0
    if target is not None and 0 in checks and _reached(target, forest, run):
        blocks, condition = [], "precision"
    runner = run_batches(run, kernel, split(blocks, pace, checks), workers, pace)
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
    run = prepare(
        landscape, rule, start, steps, count, make_record(some, every=every), seed, None, DIVERGENCE_LIMIT, 0, True
    )
    output = run.batch(build_kernel(run.recipe()), 0, -(-count // BLOCK))
    assert output is not None
    return output.paths[:, :count].copy()


def _threads(threads: int | None) -> int:
    if threads is not None:
        return validation.positive_int("threads", threads)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _forest(run: Prepared, resume: EnsembleResult | None) -> MomentForest:
    if resume is None:
        return MomentForest(len(run.at), len(run.record.observables), first_passage=run.region is not None)
    if not isinstance(resume, EnsembleResult):
        raise TypeError(f"resume = {resume!r} must be an EnsembleResult")
    if resume.fingerprint != run.fingerprint():
        raise ValueError("resume belongs to another experiment: landscape, rule, start, steps, record or seed differ")
    asked = run.end_trajectory - run.first_trajectory
    if resume.trajectories > asked:
        raise ValueError(f"trajectories = {asked} must be at least the {resume.trajectories} of the result to resume")
    if isinstance(resume.start, dict):
        known = run.describe_start(resume.start["points"])
        if resume.start != known:
            raise ValueError("start differs from that of the result to resume, in its first rows")
    return resume.forest.copy()


def _insert(forest: MomentForest, run: Prepared, first: int, count: int, output: Output) -> None:
    sums = output.sums
    valid = np.broadcast_to(output.valid[:, :, None], sums.shape[:3])
    whole = Moments(valid, *(np.ascontiguousarray(sums[..., i]) for i in range(sums.shape[3])))
    complete = run.complete_blocks(first, count)
    if complete:
        passage = _passage(run, output, 0, complete * BLOCK)
        forest.insert_many(first, whole[:complete], output.lost, passage, merged=True)
    if complete < count:
        last = run.end_trajectory - (first + complete) * BLOCK
        passage = _passage(run, output, complete * BLOCK, complete * BLOCK + last)
        forest.set_partial(first + complete, last, whole[complete], last - output.valid[complete], passage)


def _passage(run: Prepared, output: Output, low: int, high: int) -> FirstPassage | None:
    if run.region is None:
        return None
    return FirstPassage.from_exits(output.exit_step[low:high], output.exit_side[low:high])


def _reached(target: Precision, forest: MomentForest, run: Prepared) -> bool:
    total = forest.total()
    column = [o.name for o in run.record.observables].index(target.observable)
    return bool(target.reached(total.count[:, column], total.mean[:, column], np.sqrt(total.variance[:, column])))


def _result(run: Prepared, forest: MomentForest, condition: str, elapsed: float) -> EnsembleResult:
    landscape, rule = run.experiment
    return EnsembleResult(
        observables=tuple(o.name for o in run.record.observables),
        steps=run.at,
        forest=forest.freeze(),
        steps_total=run.steps,
        seed=run.seed,
        end_condition=condition,
        landscape=landscape,
        rule=rule,
        start=run.describe_start(),
        fingerprint=run.fingerprint(),
        version=__version__,
        elapsed=elapsed,
    )
