"""Rung d for what oracles and less common noises are made of: laws, indices, batches."""

import itertools
import math

import numpy as np
import pytest
import sympy as sp
from numba import njit
from scipy import stats

import toylands as tl
from toylands import dynamics, noise, random
from toylands.draws import build_fill
from toylands.landscapes import from_sympy
from toylands.noise import GAUSSIAN_TABLES
from toylands.simd import LANES, index_below, lanes

SEED, FALSE_ALARM = 20240608, 1e-6  # of each test, with this seed fixed: they pass or fail for good
COUNT = 2**18  # words or draws a lane
LAWS = [noise.rademacher, noise.gaussian, noise.gaussian_float32, noise.uniform, noise.laplace]
LAWS += [noise.binomial(1), noise.binomial(10), noise.binomial(64)]


def exact_moment(law, order):
    """E x^order, from the law's definition."""
    if law.name.startswith("gaussian"):
        return math.prod(range(1, order, 2))
    if law.name == "uniform":
        return 3 ** (order // 2) / (order + 1)
    if law.name == "laplace":
        return math.factorial(order) / 2 ** (order // 2)
    trials = 1 if law.name == "rademacher" else int(law.name.removeprefix("binomial"))
    terms = (math.comb(trials, s) * (2 * s - trials) ** order for s in range(trials + 1))
    return sum(terms) / 2**trials / trials ** (order // 2)


def z_scores(x, law):
    """Mean, variance and fourth moment against 0, 1 and the stated one, in standard errors of the law.

    With 2^21 draws at an error rate of 1e-6 (|z| < 5.1 for three numbers), a mean off by 0.004 is noticed, a variance
    off by 0.8% (Laplace; 0.5% Gaussian), a fourth moment off by 3% (Laplace; 1.2% Gaussian).
    """
    root, m4, m8 = math.sqrt(x.size), exact_moment(law, 4), exact_moment(law, 8)
    assert law.fourth_moment == pytest.approx(m4, rel=1e-14)
    found = [x.mean() * root]
    for order, mean, square in ((2, 1.0, m4), (4, m4, m8)):
        gap, spread = (x**order).mean() - mean, math.sqrt(max(square - mean**2, 0.0))
        found.append(gap * root / spread if spread > 1e-12 else (0.0 if abs(gap) < 1e-12 else math.inf))
    return np.abs(found)


@pytest.fixture(scope="module", params=LAWS, ids=str)
def sample(request):
    """(law, 2^21 draws), nine at a time: an odd number, so that pairs and fours are cut."""
    fill = build_fill(request.param.name)

    @njit
    def run(seed, out):
        state, nine = np.empty((4, LANES), np.uint64), np.empty((9, LANES))
        random.seed_stream(state, seed, random.TAG_PROBE, 0)
        stream, tables = lanes(state), lanes(GAUSSIAN_TABLES)
        for i in range(out.shape[0] // 9):
            fill(stream, tables, lanes(nine), 9)
            out[9 * i : 9 * i + 9] = nine

    out = np.empty((COUNT // 9 * 9, LANES))
    run(np.uint64(SEED), out)
    return request.param, out


LIMIT = stats.norm.isf(FALSE_ALARM / 6)


def test_moments_of_the_laws(sample):
    law, x = sample
    assert (z_scores(x, law) < LIMIT).all()


def test_moment_check_rejects(sample):
    """Draws of another law, draws too large by 1%, draws off centre by 0.01."""
    law, x = sample
    assert z_scores(1.01 * x, law)[1] > LIMIT
    assert z_scores(x + 0.01, law)[0] > LIMIT
    for other in (noise.rademacher, noise.uniform, noise.binomial(10), noise.gaussian, noise.laplace):
        if abs(other.fourth_moment - law.fourth_moment) > 0.1:
            assert z_scores(x, other).max() > LIMIT, other


def test_draws_are_uncorrelated(sample):
    """Neighbours in a stream, and lanes: correlations above 0.006 are noticed."""
    _, x = sample
    normal = stats.norm.isf(FALSE_ALARM / 2 / 9)
    for gap in range(1, 9):
        assert abs((x[gap:] * x[:-gap]).mean()) * math.sqrt(x[gap:].size) < normal, gap
    pairs = [(x[:, i] * x[:, j]).mean() for i, j in itertools.combinations(range(LANES), 2)]
    assert max(np.abs(pairs)) * math.sqrt(len(x)) < stats.norm.isf(FALSE_ALARM / 2 / 28)


# --- indices ---------------------------------------------------------------------------------------------------------


@njit
def indices(words, count, out):
    a, b = lanes(words), lanes(out)
    for i in range(words.shape[0]):
        b[i] = index_below(a[i], count)


def chi_square(counts, weights=None):
    """p-value of equal cells, or of cells with the given weights."""
    weights = np.ones(len(counts)) if weights is None else np.asarray(weights, dtype=float)
    return stats.chisquare(counts, weights * np.sum(counts) / weights.sum()).pvalue


@pytest.mark.parametrize("count", [1, 2, 3, 7, 10, 64, 1000])
def test_indices_below(count):
    """Each is floor(count u); all equally likely: with 2^21 of them and ten cells, one too likely by 2% is noticed."""
    words = random.words(SEED, random.TAG_BATCH, 0, COUNT)
    words[0], words[1] = 0, 2**64 - 1
    out = np.empty_like(words)
    indices(words, count, out)
    assert out[:500].ravel().tolist() == [int(w) // 2**32 * count // 2**32 for w in words[:500].ravel()]
    assert out[0, 0] == 0
    assert out[1, 0] == count - 1
    if count > 1:
        found = np.bincount(out.ravel().astype(int), minlength=count)
        assert len(found) == count
        assert chi_square(found) > FALSE_ALARM


def test_index_check_rejects():
    words = random.words(SEED, random.TAG_BATCH, 0, COUNT)
    assert chi_square(np.bincount((words.ravel() >> np.uint64(58)).astype(int) % 10)) < FALSE_ALARM  # 64 = 6 x 10 + 4
    fair = np.bincount((words.ravel() % np.uint64(10)).astype(int))
    assert chi_square(fair) > FALSE_ALARM
    assert chi_square(fair, [1.02] + [1.0] * 9) < FALSE_ALARM


# --- batches: read off the steps of a landscape whose data points pull by different powers of 32 ---------------------

POINTS, TRAJECTORIES = 6, 3000


def chosen(replacement, size, steps):
    """How often each point is in each batch of the engine, shape (steps, trajectories, points)."""
    w, x = sp.symbols("w x", real=True)
    ladder = from_sympy(-x * w, [w], data={x: 32.0 ** np.arange(POINTS)})
    rule = dynamics.sgd(1.0, size, replacement)
    paths = tl.sample_paths(ladder, rule, start=[0.0], steps=steps, count=TRAJECTORIES, seed=SEED)
    sums = np.rint(np.diff(paths[:, :, 0], axis=0) * size).astype(np.int64)
    assert sums.max() < 32**POINTS
    return np.stack([sums // 32**i % 32 for i in range(POINTS)], axis=-1)


def subsets(found):
    """How often each set of points is a batch."""
    codes = np.bincount((found * 2 ** np.arange(POINTS)).sum(axis=-1).ravel(), minlength=2**POINTS)
    return codes[[bin(c).count("1") == found[0, 0].sum() for c in range(2**POINTS)]]


@pytest.mark.parametrize("size", [1, 4, 9])
def test_batches_with_replacement(size):
    found = chosen("with", size, 6)
    assert (found.sum(axis=-1) == size).all()
    assert chi_square(found.sum(axis=(0, 1))) > FALSE_ALARM
    if size > 1:
        assert (found > 1).any()
        ones = (found[..., 0] * found[..., 1]).mean()  # E of a multinomial's product: size (size - 1) / points^2
        assert ones == pytest.approx(size * (size - 1) / POINTS**2, rel=0.05)


@pytest.mark.parametrize("size", [1, 2, 3, 6])
def test_batches_without_replacement(size):
    """No point twice; every set of points equally likely, at the first step and at later ones."""
    found = chosen("without", size, 6)
    assert (found.sum(axis=-1) == size).all()
    assert (found <= 1).all()
    if size < POINTS:
        assert chi_square(subsets(found[:1])) > FALSE_ALARM
        assert chi_square(subsets(found)) > FALSE_ALARM
        both = (found[0] * found[1]).sum(axis=-1)  # fresh: what two steps share is hypergeometric
        shared = np.bincount(both, minlength=size + 1)
        chances = [math.comb(size, s) * math.comb(POINTS - size, size - s) for s in range(size + 1)]
        kept = np.array(chances) > 0
        assert (shared[~kept] == 0).all()
        assert chi_square(shared[kept], np.array(chances)[kept]) > FALSE_ALARM


@pytest.mark.parametrize("size", [1, 2, 3, 4, 6])
def test_epochs_see_every_point_once(size):
    """A pass: no point twice, all of them once if batches fill it; every pass shuffled anew."""
    length = POINTS // size
    found = chosen("epoch", size, 3 * length + 1)
    assert (found.sum(axis=-1) == size).all()
    for start in (0, length, 2 * length):
        seen = found[start : start + length].sum(axis=0)
        assert (seen <= 1).all()
        assert (seen.sum(axis=-1) == length * size).all()
    if size < POINTS:
        for step in (0, length - 1, length, 2 * length):
            assert chi_square(subsets(found[step : step + 1])) > FALSE_ALARM
        assert (found[:length] != found[length : 2 * length]).any(axis=(0, 2)).mean() > 0.5


def test_trajectories_draw_batches_of_their_own():
    found = chosen("without", 3, 2)
    assert len(np.unique(found.reshape(2, TRAJECTORIES, -1).transpose(1, 0, 2).reshape(TRAJECTORIES, -1), axis=0)) > 300
