"""What normals in float32 gain: the recurrence, recorded every step, with `gaussian_float32` and with `gaussian`.

    python -m benchmarks.float32_normals
    python -m benchmarks.float32_normals --stick limit.py   # and beside an outside measuring stick, as `benchmarks.run`

Anticorrelated noise, rho = 0.9, d = 100, 2048 trajectories, 500 steps, one thread, by the processor time of that
thread; contestants take turns, medians of the rounds. A stick's kind 1 is Gaussian in float64, 2 in float32.
"""

from __future__ import annotations

import argparse
import functools
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import toylands as tl
from benchmarks.run import load
from toylands.ensemble import DIVERGENCE_LIMIT
from toylands.kernels import BLOCK, build_kernel
from toylands.noise import InjectedNoise
from toylands.prepared import prepare

DIM, TRAJECTORIES, STEPS = 100, 2048, 500


def engine(noise: InjectedNoise) -> Callable[[], object]:
    """The run without the thread pool, compiled."""
    process, rule = tl.landscapes.LinearRecurrence(DIM, 0.9), tl.dynamics.anti_pgd(1.0, 1.0, noise)
    record = tl.record(process.sq_norm)
    prepared = prepare(process, rule, np.zeros(DIM), STEPS, TRAJECTORIES, record, 1, None, DIVERGENCE_LIMIT, 0)
    kernel = build_kernel(prepared.recipe())
    prepared.batch(kernel, 0, 1)
    return lambda: prepared.batch(kernel, 0, TRAJECTORIES // BLOCK)


def seconds(run: Callable[[], object]) -> float:
    """Processor time of this thread."""
    start = time.thread_time()
    run()
    return time.thread_time() - start


def main() -> None:
    """Print rates and ratios."""
    about = (__doc__ or "").split("\n")[0]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.float32_normals", description=about)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--stick", type=Path, metavar="FILE", help="an outside measuring stick")
    options = parser.parse_args()
    contestants = {"gaussian_float32": engine(tl.noise.gaussian_float32), "gaussian": engine(tl.noise.gaussian)}
    pairs = [("gaussian_float32", "gaussian")]
    if options.stick is not None:
        stick = load(options.stick)
        for kind, name in ((2, "gaussian_float32"), (1, "gaussian")):
            contestants[f"stick, {name}"] = functools.partial(stick.w1, kind, n=TRAJECTORIES, steps=STEPS, nt=1)
            pairs.append((name, f"stick, {name}"))
    taken = [{name: seconds(run) for name, run in contestants.items()} for _ in range(options.rounds)]
    for name in contestants:
        rate = DIM * TRAJECTORIES * STEPS / np.median([row[name] for row in taken]) / 1e9
        print(f"{name:24s} {rate:6.3f} G coordinate-steps/s")
    for a, b in pairs:
        print(f"{a} / {b}: {np.median([row[b] / row[a] for row in taken]):.2f}")


if __name__ == "__main__":
    main()
