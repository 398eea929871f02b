"""The law of the engine's normals on a billion draws: moments, tails to 6 sigma, whole distribution, correlations.

    python benchmarks/gaussian_quality.py
    python benchmarks/gaussian_quality.py --draws 1e10 --seed 3

Every line is a test with an exact null distribution (tails: binomial) or a normal one. The exit code is 1 if any of
them, Bonferroni over all lines, has a p-value below 1e-6.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numba import njit
from scipy import stats

from toylands import random
from toylands.noise import GAUSSIAN_TABLES, fill_gaussian
from toylands.simd import LANES, fma, lanes, splat

FALSE_ALARM = 1e-6
CHUNK = 4096  # values a lane between two looks: stays in the cache
POWERS = 8
PRODUCTS = 4  # of neighbours: x y and x^2 y^2 within a pair; the same from one pair to the next
BINS_PER_SIGMA, REACH = 16, 10  # the histogram reaches beyond +-9.5, the farthest value there is


class Sums(NamedTuple):
    """What is kept of the draws."""

    powers: np.ndarray  # (POWERS,) sums of x, x^2, ...
    products: np.ndarray  # (PRODUCTS,) sums of products of neighbours
    histogram: np.ndarray


@njit(nogil=True)
def _add_powers(x, out):
    """Power sums of one chunk (CHUNK, 8), lane sums added in order."""
    values, sums = lanes(x), lanes(out)
    for k in range(POWERS + PRODUCTS):
        sums[k] = splat(0.0)
    for i in range(0, CHUNK, 2):
        even, odd = values[i], values[i + 1]
        power_0, power_1 = even, odd
        for k in range(POWERS):
            sums[k] = sums[k] + (power_0 + power_1)
            power_0, power_1 = power_0 * even, power_1 * odd
        sums[POWERS] = fma(even, odd, sums[POWERS])
        sums[POWERS + 1] = fma(even * even - 1.0, odd * odd - 1.0, sums[POWERS + 1])
        after = values[(i + 2) % CHUNK]
        sums[POWERS + 2] = fma(odd, after, sums[POWERS + 2])
        sums[POWERS + 3] = fma(odd * odd - 1.0, after * after - 1.0, sums[POWERS + 3])


@njit(nogil=True)
def _add_histogram(x, histogram):
    flat = x.ravel()
    for i in range(flat.size):
        histogram[int((flat[i] + REACH) * BINS_PER_SIGMA)] += 1


@njit(nogil=True)
def _collect(seed, first_trajectory, chunks, powers, histogram):
    """``chunks`` x CHUNK x 8 draws of eight trajectories; ``powers`` (chunks, POWERS + PRODUCTS)."""
    state, x = np.empty((4, LANES), np.uint64), np.empty((CHUNK, LANES))
    sums = np.empty((POWERS + PRODUCTS, LANES))
    random.seed_stream(state, seed, random.TAG_NOISE, first_trajectory)
    for c in range(chunks):
        fill_gaussian(lanes(state), lanes(GAUSSIAN_TABLES), lanes(x), 0, CHUNK)
        _add_powers(x, sums)
        for k in range(POWERS + PRODUCTS):
            powers[c, k] = sums[k].sum()
        _add_histogram(x, histogram)


def task(seed: int, index: int, chunks: int) -> Sums:
    """The draws of trajectories 8 index .. 8 index + 7."""
    powers = np.empty((chunks, POWERS + PRODUCTS))
    histogram = np.zeros(2 * REACH * BINS_PER_SIGMA, np.int64)
    _collect(np.uint64(seed), 8 * index, chunks, powers, histogram)
    total = np.array([math.fsum(column) for column in powers.T])
    return Sums(total[:POWERS], total[POWERS:], histogram)


def draw(seed: int, draws: float, threads: int) -> tuple[Sums, int]:
    """Sums over at least ``draws`` draws, and how many they are."""
    chunks = 512
    tasks = math.ceil(draws / (chunks * CHUNK * LANES))
    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(lambda index: task(seed, index, chunks), range(tasks)))
    total = Sums(*(np.sum([part[i] for part in parts], axis=0) for i in range(3)))
    return total, tasks * chunks * CHUNK * LANES


Line = tuple[str, float, float, float]  # name, observed, expected, p-value


def moment_lines(sums: Sums, n: int) -> list[Line]:
    """E x^k for k = 1 .. 8; the variance of x^k is E x^2k - (E x^k)^2."""
    lines = []
    for k in range(1, POWERS + 1):
        mean = math.prod(range(1, k, 2)) if k % 2 == 0 else 0
        error = math.sqrt((math.prod(range(1, 2 * k, 2)) - mean**2) / n)
        observed = sums.powers[k - 1] / n
        lines.append((f"E x^{k}", observed, float(mean), 2 * stats.norm.sf(abs(observed - mean) / error)))
    return lines


def product_lines(sums: Sums, n: int) -> list[Line]:
    """Correlations of neighbours: n / 2 products each, of variance 1 (values) and 4 (squares minus 1)."""
    names = ("cosine, sine", "their squares", "sine, next cosine", "their squares again")
    lines = []
    for name, total, deviation in zip(names, sums.products, (1.0, 2.0, 1.0, 2.0)):
        observed = total / (n / 2) / deviation
        lines.append((f"corr {name}", observed, 0.0, 2 * stats.norm.sf(abs(observed) * math.sqrt(n / 2))))
    return lines


def tail_lines(histogram: np.ndarray, n: int) -> list[Line]:
    """Counts beyond +-q, against the binomial law."""
    lines = []
    for q in (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0):
        edge = int(q * BINS_PER_SIGMA)
        middle, chance = len(histogram) // 2, stats.norm.sf(q)
        for sign, count in (("+", histogram[middle + edge :].sum()), ("-", histogram[: middle - edge].sum())):
            low, high = stats.binom.cdf(count, n, chance), stats.binom.sf(count - 1, n, chance)
            lines.append((f"beyond {sign}{q}", count / n, chance, min(1.0, 2 * min(low, high))))
    return lines


def distribution_line(histogram: np.ndarray, n: int) -> Line:
    """Chi squared over all bins with at least 10 draws expected; what lies beyond them counts as two more bins."""
    edges = np.arange(-REACH * BINS_PER_SIGMA, REACH * BINS_PER_SIGMA + 1) / BINS_PER_SIGMA
    upper = edges[: len(histogram) // 2 + 1]  # the lower half: the distribution function is exact there
    half = np.diff(stats.norm.cdf(upper))
    expected = n * np.concatenate([half, half[::-1]])
    first = int(np.argmax(expected >= 10))
    last = len(expected) - first
    merged = [histogram[:first].sum(), *histogram[first:last], histogram[last:].sum()]
    wanted = [expected[:first].sum(), *expected[first:last], expected[last:].sum()]
    statistic = float(((np.array(merged) - wanted) ** 2 / wanted).sum())
    return f"chi^2, {len(merged)} bins", statistic, len(merged) - 1.0, float(stats.chi2.sf(statistic, len(merged) - 1))


def main() -> int:
    """Draw, test, print; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=float, default=1e9)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    task(options.seed, 0, 1)  # compiles
    began = time.perf_counter()
    sums, n = draw(options.seed, options.draws, options.threads)
    seconds = time.perf_counter() - began
    lines = moment_lines(sums, n) + product_lines(sums, n) + tail_lines(sums.histogram, n)
    lines.append(distribution_line(sums.histogram, n))
    print(f"{n:.4g} draws, seed {options.seed}, {options.threads} threads, {seconds:.1f} s\n")
    print(f"{'':26}{'observed':>16}{'expected':>16}{'p':>12}")
    for name, observed, expected, p in lines:
        print(f"{name:26}{observed:16.9g}{expected:16.9g}{p:12.3g}")
    worst = min(1.0, min(p for *_, p in lines) * len(lines))
    good = worst >= FALSE_ALARM
    verdict = "no deviation" if good else "DEVIATION"
    print(f"\n{verdict}: smallest p-value x {len(lines)} lines = {worst:.3g} (alarm below {FALSE_ALARM:g})")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
