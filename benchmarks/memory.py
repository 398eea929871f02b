"""Time and peak memory of a long run: memory grows with what is recorded, not with trajectories x steps.

    python benchmarks/memory.py                      # 1e6 trajectories of the 100-dimensional recurrence, 1e4 steps
    python benchmarks/memory.py --landscape valley   # 1e12 coordinate-steps of the widening valley
"""

from __future__ import annotations

import argparse
import resource
import time
from typing import Any

import numpy as np

import toylands as tl


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--landscape", choices=["recurrence", "valley"], default="recurrence")
    parser.add_argument("--trajectories", type=int, default=1_000_000)
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--records", type=int, default=100)
    options = parser.parse_args()
    landscape: Any
    every = max(1, options.steps // options.records)
    if options.landscape == "valley":
        valley = tl.landscapes.WideningValley(100)
        landscape, start, eta, sigma = valley, valley.on_floor(10.0), 0.125 / 100, 0.1
        observable = valley.hessian_trace
    else:
        process = tl.landscapes.LinearRecurrence(100, 0.9)
        landscape, start, eta, sigma = process, np.zeros(100), 1.0, 1.0
        observable = process.sq_norm
    rule = tl.dynamics.anti_pgd(eta, sigma)
    began = time.perf_counter()
    run = tl.simulate(
        landscape,
        rule,
        start=start,
        steps=options.steps,
        trajectories=options.trajectories,
        record=tl.record(observable, every=every),
        seed=1,
    )
    seconds = time.perf_counter() - began
    work = run.trajectories * options.steps * landscape.size
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # KiB on Linux
    print(run)
    print(f"{work:.3g} coordinate-steps in {seconds:.1f} s: {work / seconds / 1e9:.2f} G/s; peak memory {peak:.0f} MiB")


if __name__ == "__main__":
    main()
