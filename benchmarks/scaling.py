"""How the rate depends on threads, trajectories, dimension and recording: a few minutes on a machine that is idle.

    python -m benchmarks.scaling
    python -m benchmarks.scaling --json scaling.json --figure benchmarks/figures/scaling.png
    python -m benchmarks.scaling dimension --rounds 5

Anti-PGD on the linear recurrence and the widening valley; all points of a sweep run in turn, round after round. Two
kinds of limits are measured or asked of the system beside them: how many normals and signs the generators make when
nothing else is done, and the sizes of the caches. A kernel steps eight trajectories at a time, whose state and noise
take 128 bytes a coordinate; the dimensions at which that leaves a cache are marked.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

import toylands as tl
from toylands import machine
from toylands.bench import interleave
from toylands.noise import GAUSSIAN_TABLES, fill_gaussian, refill_signs
from toylands.random import TAG_NOISE, seed_stream
from toylands.simd import LANES, aligned_empty, lanes

CURVES = ("recurrence, rademacher", "valley, rademacher", "valley, gaussian")
BYTES = 16 * LANES  # a coordinate of eight trajectories: its state, and its last noise or its unused signs
SIGNS_PER_WORD = 63
_CHUNK, _CALLS = 256, 20_000  # of the generators alone: 16 KiB, in the first cache


@dataclass(frozen=True)
class Point:
    """One run: ``x`` is its place in its sweep."""

    curve: str
    x: int
    dim: int = 100
    trajectories: int = 8192
    steps: int = 1000
    every: int = 100
    threads: int = 0

    def rate(self) -> float:
        """Coordinate-steps a second."""
        name, noise = self.curve.split(", ")
        # |u|^2 and what the noise adds to it do not depend on the dimension, or large valleys would diverge
        sigma, start = 0.5 / self.dim**0.5, np.full(self.dim, self.dim**-0.5)
        landscape: Any
        if name == "recurrence":
            landscape, eta = tl.landscapes.LinearRecurrence(self.dim, 0.9), 1.0
            observable = landscape.sq_norm
        else:
            landscape, eta, start = tl.landscapes.WideningValley(self.dim), 0.1, np.append(start, 0.1)
            observable = landscape.hessian_trace
        began = time.perf_counter()
        tl.simulate(
            landscape,
            tl.dynamics.anti_pgd(eta, sigma, noise=getattr(tl.noise, noise)),
            start=start,
            steps=self.steps,
            trajectories=self.trajectories,
            record=tl.record(observable, every=self.every),
            threads=self.threads or None,
            progress=False,
        )
        return self.dim * self.trajectories * self.steps / (time.perf_counter() - began)


def _base(curve: str) -> Point:
    """About a tenth of a second."""
    return Point(curve, 0, trajectories=8192 if curve.endswith("rademacher") else 1024)


def thread_points() -> Iterator[Point]:
    """1, 2, 4, ... and all."""
    cores = machine.threads()
    counts = sorted({2**k for k in range(cores.bit_length())} | {cores})
    for curve in CURVES:
        yield from (replace(_base(curve), x=count, threads=count) for count in counts)


def trajectory_points(largest: int = 10**7) -> Iterator[Point]:
    """From 1e3 on; to 1e6 only where the generator makes it slow. Longer runs of few, at least 50 steps."""
    for curve in CURVES[1:]:
        slow = curve.endswith("gaussian")
        work = 5e6 if slow else 2e7  # trajectories x steps
        for count in (k * 10**p for p in range(3, 8) for k in (1, 3)):
            if count <= min(largest, 10**6 if slow else 10**7):
                steps = int(min(1000, max(50, work / count)))
                yield replace(_base(curve), x=count, trajectories=count, steps=steps, every=50)


def dimension_points() -> Iterator[Point]:
    """1 to 1e4, at least two blocks of 64 trajectories a thread."""
    least = 128 * machine.threads()
    for curve in CURVES:
        work = 5e6 if curve.endswith("rademacher") else 5e5  # coordinates x trajectories
        for dim in (k * 10**p for p in range(5) for k in (1, 2, 5)):
            if dim <= 10**4:
                count = int(min(2**17, max(least, work // dim // 64 * 64)))
                yield replace(_base(curve), x=dim, dim=dim, trajectories=count, steps=200)


def record_points() -> Iterator[Point]:
    """Every step to every thousandth."""
    for curve in CURVES:
        yield from (replace(_base(curve), x=k, every=k) for k in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000))


SWEEPS = {
    "threads": thread_points,
    "trajectories": trajectory_points,
    "dimension": dimension_points,
    "steps between records": record_points,
}


def measure(points: Sequence[Point], rounds: int) -> list[dict[str, Any]]:
    """Median rates, JSON-able."""
    for curve in dict.fromkeys(point.curve for point in points):
        replace(_base(curve), trajectories=64, steps=100).rate()  # compiles
    rates = interleave([point.rate for point in points], rounds)
    return [{**asdict(point), "median": statistics.median(r), "rates": r} for point, r in zip(points, rates)]


# --------------------------------------------------------------------------- limits


@njit(nogil=True)
def _normals(state: np.ndarray, tables: np.ndarray, out: np.ndarray) -> None:
    stream, entries, target = lanes(state), lanes(tables), lanes(out)
    for _ in range(_CALLS):
        fill_gaussian(stream, entries, target, 0, _CHUNK)


@njit(nogil=True)
def _signs(state: np.ndarray, out: np.ndarray) -> None:
    stream, target = lanes(state), lanes(out)
    for _ in range(_CALLS):
        refill_signs(stream, target, _CHUNK)


def _stream() -> np.ndarray:
    state = aligned_empty((4, LANES), np.uint64)
    seed_stream(state, 1, TAG_NOISE, 0)
    return state


def generator_rate(noise: str) -> float:
    """Draws a second of all threads together, into a small array and for nothing else."""

    def one(_: int) -> None:
        if noise == "gaussian":
            tables = aligned_empty(GAUSSIAN_TABLES.shape)
            tables[...] = GAUSSIAN_TABLES
            _normals(_stream(), tables, aligned_empty((_CHUNK, LANES)))
        else:
            words = aligned_empty((_CHUNK, LANES), np.uint64)
            words[...] = 0
            _signs(_stream(), words)

    cores = machine.threads()
    with ThreadPoolExecutor(cores) as pool:
        one(0)
        began = time.perf_counter()
        list(pool.map(one, range(cores)))
        seconds = time.perf_counter() - began
    return (1 if noise == "gaussian" else SIGNS_PER_WORD) * cores * _CHUNK * LANES * _CALLS / seconds


def caches(folder: Path = Path("/sys/devices/system/cpu/cpu0/cache")) -> dict[str, int]:
    """Bytes of the first processor's data caches as Linux tells them, or nothing."""
    found = {}
    for index in sorted(folder.glob("index*")):
        level, kind, size = ((index / name).read_text().strip() for name in ("level", "type", "size"))
        if kind != "Instruction" and size.endswith("K"):
            found[f"L{level}"] = 1024 * int(size[:-1])
    return found


def limits(rounds: int) -> dict[str, Any]:
    """What is marked in the figure."""
    draws = {noise: [generator_rate(noise) for _ in range(rounds)] for noise in ("gaussian", "rademacher")}
    medians = {noise: statistics.median(rates) for noise, rates in draws.items()}
    return {"caches": caches(), "bytes_per_coordinate": BYTES, "draws_per_second": medians}


# --------------------------------------------------------------------------- words


def home(dim: int, sizes: dict[str, int]) -> str:
    """The first cache that holds the state of eight trajectories."""
    return next((name for name, size in sorted(sizes.items()) if dim * BYTES <= size), "beyond")


def findings(result: dict[str, Any]) -> list[str]:
    """Tables of the sweeps; what each cache and the generator leave."""
    text = []
    for name, points in result["sweeps"].items():
        text.append(f"\n{name}")
        for curve in dict.fromkeys(point["curve"] for point in points):
            rates = "  ".join(f"{p['x']:g}: {p['median'] / 1e9:.3g}" for p in points if p["curve"] == curve)
            text.append(f"  {curve + ',':24s} 1e9 coordinate-steps/s at  {rates}")
    draws, sizes = result["limits"]["draws_per_second"], result["limits"]["caches"]
    text.append("")
    for noise, what in (("gaussian", "normals"), ("rademacher", "signs")):
        found = [p["median"] for points in result["sweeps"].values() for p in points if p["curve"].endswith(noise)]
        share = f"; these curves come to {max(found) / draws[noise]:.2f} of it at most" if found else ""
        text.append(f"generator alone, all threads: {draws[noise] / 1e9:.3g}e9 {what} a second{share}")
    points = result["sweeps"].get("dimension", [])
    for curve in dict.fromkeys(point["curve"] for point in points):
        best_in: dict[str, float] = {}
        for point in (p for p in points if p["curve"] == curve):
            place = home(point["dim"], sizes)
            best_in[place] = max(best_in.get(place, 0.0), point["median"])
        told = ", ".join(f"{rate / 1e9:.3g} in {place}" for place, rate in best_in.items())
        text.append(f"{curve}: best rate where the state of eight trajectories lies {told}")
    return text


def main(argv: Sequence[str] | None = None) -> int:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scaling", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sweeps", nargs="*", metavar="SWEEP", help=f"of {', '.join(SWEEPS)}; default: all")
    parser.add_argument("--rounds", type=int, default=3, help="default: 3")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--figure", type=Path, metavar="FILE")
    options = parser.parse_args(argv)
    unknown = sorted(set(options.sweeps) - set(SWEEPS))
    if unknown:
        parser.error(f"no sweep {', '.join(unknown)}; there are: {', '.join(SWEEPS)}")
    if options.rounds < 1:
        parser.error(f"--rounds must be at least 1, got {options.rounds}")
    described = machine.describe()
    print(machine.line(described))
    chosen = {name: list(make()) for name, make in SWEEPS.items() if not options.sweeps or name in options.sweeps}
    result = {
        "machine": described,
        "rounds": options.rounds,
        "limits": limits(options.rounds),
        "sweeps": {name: measure(points, options.rounds) for name, points in chosen.items()},
    }
    print("\n".join(findings(result)))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    if options.figure:
        from benchmarks.scaling_figure import draw

        draw(result, options.figure)
        print(f"wrote {options.figure}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
