"""Coordinate-steps per second of the engine against plain NumPy vectorised over trajectories.

    python benchmarks/speed.py [--rounds 7] [--json FILE]

The recurrence w <- rho w + xi_k - xi_{k-1} and the widening valley under Anti-PGD, d = 100, with Rademacher and with
Gaussian noise. All contestants run once to warm up, then in turn, ``rounds`` times; medians of the rates and of the
per-round ratios are printed, so that a clock that drifts or a busy neighbour hits both sides.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import toylands as tl

DIM, RHO, SIGMA, ETA, SIGMA_VALLEY = 100, 0.9, 1.0, 0.1, 0.05


def draw(generator: np.random.Generator, noise: str, shape: tuple[int, int]) -> np.ndarray:
    """One step's noise: signs as int8 are the cheapest that NumPy offers."""
    if noise == "gaussian":
        return generator.standard_normal(shape)
    return generator.integers(0, 2, shape, dtype=np.int8) * 2.0 - 1.0


def numpy_recurrence(noise: str, trajectories: int, steps: int) -> float:
    """Mean of |w|^2 at the end; statistics at every step, as the engine keeps."""
    generator = np.random.default_rng(1)
    w, before = np.zeros((trajectories, DIM)), np.zeros((trajectories, DIM))
    mean = 0.0
    for _ in range(steps):
        xi = draw(generator, noise, w.shape)
        w *= RHO
        w += SIGMA * (xi - before)
        before = xi
        square = np.einsum("ij,ij->i", w, w)
        mean, _ = float(square.mean()), square.var()
    return mean


def numpy_valley(noise: str, trajectories: int, steps: int) -> float:
    """Mean Hessian trace at the end; statistics every 100 steps."""
    generator = np.random.default_rng(1)
    w, before = np.full((trajectories, DIM + 1), 0.1), np.zeros((trajectories, DIM + 1))
    mean = 0.0
    for k in range(steps):
        xi = draw(generator, noise, w.shape)
        u, v = w[:, :-1], w[:, -1:].copy()
        square = np.einsum("ij,ij->i", u, u)[:, None]
        u *= 1 - ETA * v * v
        w[:, -1:] *= 1 - ETA * square
        w += SIGMA_VALLEY * (xi - before)
        before = xi
        if (k + 1) % 100 == 0:
            trace = DIM * w[:, -1] ** 2 + np.einsum("ij,ij->i", u, u)
            mean, _ = float(trace.mean()), trace.var()
    return mean


def engine_recurrence(noise: str, trajectories: int, steps: int) -> float:
    """The same with `tl.simulate`."""
    process = tl.landscapes.LinearRecurrence(DIM, RHO)
    rule = tl.dynamics.anti_pgd(1.0, SIGMA, noise=getattr(tl.noise, noise))
    record = tl.record(process.sq_norm, every=1)
    run = tl.simulate(process, rule, start=np.zeros(DIM), steps=steps, trajectories=trajectories, record=record)
    return float(run["sq_norm"].mean[-1])


def engine_valley(noise: str, trajectories: int, steps: int) -> float:
    """The same with `tl.simulate`."""
    valley = tl.landscapes.WideningValley(DIM)
    rule = tl.dynamics.anti_pgd(ETA, SIGMA_VALLEY, noise=getattr(tl.noise, noise))
    record = tl.record(valley.hessian_trace, every=100)
    start = np.full(DIM + 1, 0.1)
    run = tl.simulate(valley, rule, start=start, steps=steps, trajectories=trajectories, record=record)
    return float(run["hessian_trace"].mean[-1])


Contestant = tuple[Callable[[str, int, int], float], int, int]  # function, trajectories, steps
WORKLOADS: dict[str, tuple[str, Contestant, Contestant]] = {
    "recurrence, Rademacher": ("rademacher", (engine_recurrence, 8192, 1000), (numpy_recurrence, 512, 100)),
    "recurrence, Gaussian": ("gaussian", (engine_recurrence, 2048, 1000), (numpy_recurrence, 512, 50)),
    "valley, Rademacher": ("rademacher", (engine_valley, 8192, 1000), (numpy_valley, 512, 100)),
    "valley, Gaussian": ("gaussian", (engine_valley, 2048, 1000), (numpy_valley, 512, 100)),
}


def rate(noise: str, contestant: Contestant) -> float:
    """1e9 coordinate-steps per second."""
    function, trajectories, steps = contestant
    began = time.perf_counter()
    function(noise, trajectories, steps)
    return trajectories * steps * DIM / (time.perf_counter() - began) / 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, NumPy {np.__version__}")
    print(f"{'workload':26s} {'toylands':>10s} {'NumPy':>10s} {'ratio':>8s}   (1e9 coordinate-steps/s, medians)")
    rows = {}
    for name, (noise, engine, plain) in WORKLOADS.items():
        rate(noise, engine), rate(noise, plain)
        pairs = [(rate(noise, engine), rate(noise, plain)) for _ in range(options.rounds)]
        fast, slow = (statistics.median(p[i] for p in pairs) for i in (0, 1))
        ratio = statistics.median(a / b for a, b in pairs)
        rows[name] = {"toylands": fast, "numpy": slow, "ratio": ratio}
        print(f"{name:26s} {fast:10.3f} {slow:10.4f} {ratio:8.1f}")
    if options.json:
        options.json.write_text(json.dumps({"rounds": options.rounds, "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
