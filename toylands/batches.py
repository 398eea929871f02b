"""How a run is cut into batches of blocks, and the pool of threads that runs them."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from numba import config

from toylands import validation
from toylands.kernels import BLOCK, Output
from toylands.prepared import Prepared
from toylands.statistics.forest import MomentForest

_FIRST_CHECK = 4  # blocks before the first look at a target precision
# a batch takes at most about a tenth of a second, but not less than a hundredth unless a worker would go without
_LONGEST, _SHORTEST, _RATE, _BATCH_BYTES = 0.1, 0.01, 3e9, 2**23


def missing_blocks(forest: MomentForest, run: Prepared) -> list[tuple[int, int]]:
    """Ranges of blocks that the run asks for and the forest lacks."""
    low, end = run.first_trajectory // BLOCK, -(-run.end_trajectory // BLOCK)
    if forest.partial_size(end - 1) == run.end_trajectory - (end - 1) * BLOCK:
        end -= 1
    missing = []
    for start, stop in forest.blocks:
        if low < min(start, end):
            missing.append((low, min(start, end)))
        low = max(low, stop)
    if low < end:
        missing.append((low, end))
    return missing


def batch_size(run: Prepared, blocks: int, workers: int, asked: int | None) -> int:
    """Blocks a kernel call: about a tenth of a second, the same number for each worker, and bounded memory."""
    if asked is not None:
        return validation.positive_int("batch_blocks", asked)
    if getattr(config, "DISABLE_JIT", False):
        return 1
    cost = run.steps * run.landscape.size * BLOCK / _RATE
    share = min(max(blocks / (4 * workers), _SHORTEST / cost), -(-blocks // workers))
    size = min(_LONGEST / cost, share, 1024)
    room = _BATCH_BYTES / (8 * 7 * max(1, len(run.at) * len(run.record.observables)))
    size = max(1, int(min(size, room)))
    rounds = max(1, -(-blocks // (workers * size)))
    return max(1, -(-blocks // (workers * rounds)))  # no larger, and as many batches for each worker


def checkpoints(before: int, blocks: int) -> set[int]:
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


class Pace:
    """Blocks a batch may hold; fewer once batches prove slower than was thought. No influence on results.

    Parameters
    ----------
    size : int
        Blocks to begin with.
    fixed : bool
        Keep to it.
    """

    def __init__(self, size: int, fixed: bool = False) -> None:
        self.size = size
        self._fixed = fixed

    def took(self, blocks: int, seconds: float) -> None:
        """A batch of so many blocks took so long."""
        if not self._fixed and seconds > 2 * _LONGEST:
            self.size = max(1, min(self.size, int(blocks * _LONGEST / seconds)))


def split(blocks: list[tuple[int, int]], pace: Pace, checks: set[int]) -> Iterator[tuple[int, int]]:
    """(first block, number of blocks) of each batch; a batch ends at every checkpoint."""
    done, stops = 0, sorted(checks, reverse=True)
    for low, high in blocks:
        while low < high:
            while stops and stops[-1] <= done:
                stops.pop()
            count = min(pace.size, high - low, stops[-1] - done if stops else pace.size)
            yield low, count
            low, done = low + count, done + count


def run_batches(
    run: Prepared, kernel: Any, batches: Iterator[tuple[int, int]], workers: int, pace: Pace
) -> Generator[tuple[int, int, Output], None, None]:
    """Outputs in the order of the batches, while later ones already run; closing it waits for the threads."""

    def timed(first: int, count: int) -> Output | None:
        began = time.monotonic()
        output = run.batch(kernel, first, count)
        pace.took(count, time.monotonic() - began)
        return output

    pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="toylands")
    waiting: list[tuple[int, int, Future[Output | None]]] = []
    try:
        while True:
            while len(waiting) < workers + 2 and (batch := next(batches, None)) is not None:
                waiting.append((*batch, pool.submit(timed, *batch)))
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
