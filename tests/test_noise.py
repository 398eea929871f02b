"""Rungs a and d for the noise: Gaussian and Rademacher draws, their laws, and what the descriptions promise."""

import doctest
import math

import numpy as np
import pytest
from naive import Stream, normal_pair
from numba import njit
from scipy import stats

from toylands import noise, random
from toylands.noise import GAUSSIAN_TABLES, box_muller, fill_gaussian, refill_signs, unit_uniform
from toylands.simd import LANES, lanes

SEED = 20240607
FALSE_ALARM = 1e-6  # of each test below, with this seed fixed: they pass or fail for good


@njit(nogil=True)
def fill(seed, first, out):
    """Standard normals of eight trajectories into out (n, 8), as the kernels draw them."""
    state = np.empty((4, LANES), np.uint64)
    random.seed_stream(state, seed, random.TAG_NOISE, first)
    fill_gaussian(lanes(state), lanes(GAUSSIAN_TABLES), lanes(out), 0, out.shape[0])


@njit
def transform(radius_words, angle_words, cosines, sines):
    a, b, x, y = lanes(radius_words), lanes(angle_words), lanes(cosines), lanes(sines)
    for i in range(radius_words.shape[0]):
        x[i], y[i] = box_muller(a[i], b[i], lanes(GAUSSIAN_TABLES))


@njit
def uniforms(seed, out):
    state = np.empty((4, LANES), np.uint64)
    random.seed_stream(state, seed, random.TAG_LANDSCAPE, 0)
    stream, target = lanes(state), lanes(out)
    for i in range(out.shape[0]):
        target[i] = unit_uniform(stream)


@njit
def sign_words(seed, out):
    state = np.empty((4, LANES), np.uint64)
    random.seed_stream(state, seed, random.TAG_NOISE, 0)
    out[:] = 0
    refill_signs(lanes(state), lanes(out), out.shape[0])


@pytest.fixture(scope="module")
def draws(scaled):
    """Normals of 16 trajectories, shape (n, 16): 1.05e7 draws compiled."""
    n = scaled(640 * 1024, 2**11)
    out = np.empty((2, n, LANES))
    with np.errstate(over="ignore"):
        for i in range(2):
            fill(np.uint64(SEED), 8 * i, out[i])
    return np.concatenate(out, axis=1)


# --- rung a: known answers -------------------------------------------------------------------------------------------

EDGES = [0, 1, 2, 2**61 - 1, 2**61, 2**61 + 1, 2**62 - 1, 2**62, 2**62 + 2**61, 2**63 - 1, 2**63, 2**63 + 2**61]
EDGES += [2**64 - 1, 2**64 - 2, 3 * 2**62, 3 * 2**62 + 2**61 - 1, 2**53 + 1, 2**64 - 2**11]
# near these words the logarithm changes its interval of the mantissa or its exponent
EDGES += [int(2**63 * (1 + i / 16)) + d for i in range(1, 16) for d in (-1, 0, 1)] + [2**e - 1 for e in range(20, 63)]


def exact_pair(a, b):
    """Box-Muller for two words in long doubles."""
    wide = np.longdouble
    u = (wide(a >> 32) * wide(2**32) + wide(a & (2**32 - 1)) + wide(0.5)) / wide(2.0) ** 64
    radius = np.sqrt(-2 * np.log1p(u - 1)) if u > 0.5 else np.sqrt(-2 * np.log(u))
    low = b % 2**62
    t = wide(low - 2**62 if low >= 2**61 else low) / wide(2.0) ** 61 * (np.arctan(wide(1)))
    x, y = np.cos(t), np.sin(t)
    if b >> 63:
        x = -x
    if (b >> 62) & 1:
        x, y = y, x
    return float(radius * x), float(radius * y)


@pytest.mark.nojit
def test_box_muller_at_edges_and_at_random_words(scaled):
    rng = np.random.default_rng(1)
    n = scaled(20_000, 400)
    a = np.concatenate([np.repeat(np.array(EDGES, np.uint64), 8), rng.integers(0, 2**64, 8 * n, dtype=np.uint64)])
    b = rng.permutation(a)
    a, b = a.reshape(-1, 8), b.reshape(-1, 8)
    x, y = np.empty(a.shape), np.empty(a.shape)
    transform(a, b, x, y)
    some = slice(None, 8 * len(EDGES) + 4000)
    exact = np.array([exact_pair(int(p), int(q)) for p, q in zip(a.ravel()[some], b.ravel()[some])])
    # where u rounds to 1 the squared radius is rounding error, below 1e-15: sqrt(1e-15) = 3.2e-8
    np.testing.assert_allclose(x.ravel()[some], exact[:, 0], rtol=1e-12, atol=3e-8)
    np.testing.assert_allclose(y.ravel()[some], exact[:, 1], rtol=1e-12, atol=3e-8)
    radius2 = x**2 + y**2
    np.testing.assert_allclose(radius2.ravel()[some], (exact**2).sum(axis=1), rtol=3e-13, atol=3e-15)
    naive_x, naive_y = normal_pair(a, b)
    np.testing.assert_allclose(x, naive_x, rtol=1e-12, atol=3e-8)
    np.testing.assert_allclose(y, naive_y, rtol=1e-12, atol=3e-8)
    typical = radius2 > 1e-6
    # the polynomials are off by 1e-13, the radius is up to 9.5
    np.testing.assert_allclose(x[typical], naive_x[typical], rtol=0, atol=1e-12)


@pytest.mark.nojit
def test_the_farthest_normal():
    words = np.zeros((1, LANES), np.uint64)
    x, y = np.empty((1, LANES)), np.empty((1, LANES))
    transform(words, words, x, y)  # u = 2^-65, angle 0
    assert x[0, 0] == pytest.approx(math.sqrt(130 * math.log(2)), rel=1e-14)
    assert y[0, 0] == 0.0
    transform(np.full((1, LANES), 2**64 - 1, np.uint64), words, x, y)  # u rounds to 1
    assert abs(x[0, 0]) < 3.2e-8


@pytest.mark.nojit
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 7, 8])
def test_pairs_of_words_serve_pairs_of_coordinates(n):
    out = np.empty((n, LANES))
    with np.errstate(over="ignore"):
        fill(np.uint64(3), 0, out)
    stream = Stream(3, random.TAG_NOISE, range(8))
    for j in range(0, n, 2):
        pair = normal_pair(stream.word(), stream.word())
        for i in range(min(2, n - j)):
            np.testing.assert_allclose(out[j + i], pair[i], rtol=1e-12)


@pytest.mark.nojit
def test_uniforms_are_the_upper_53_bits():
    out = np.empty((100, LANES))
    with np.errstate(over="ignore"):
        uniforms(np.uint64(9), out)
    words = random.words(9, random.TAG_LANDSCAPE, 0, 100)
    assert np.array_equal(out, [[(int(w) >> 11) / 2**53 for w in row] for row in words])
    assert out.min() >= 0.0
    assert out.max() < 1.0


# --- rung d: the law of the normals ----------------------------------------------------------------------------------


def deviates(n):
    """How many standard errors count as a failure, for n scores together (Bonferroni)."""
    return float(stats.norm.isf(FALSE_ALARM / (2 * n)))


def moment_scores(x):
    """z-scores of the first eight moments; the variance of x^k is E x^2k - (E x^k)^2."""
    scores, power = [], np.ones_like(x)
    for k in range(1, 9):
        power = power * x
        mean = math.prod(range(1, k, 2)) if k % 2 == 0 else 0
        spread = math.sqrt(math.prod(range(1, 2 * k, 2)) - mean**2)
        scores.append((power.mean() - mean) / (spread / math.sqrt(x.size)))
    return np.array(scores)


def tail_p_values(x, centre_edges=(0.0, 0.25, 0.5, 1.0, 1.5)):
    """Exact two-sided binomial p-values of the counts beyond +-q, q up to 5 standard deviations."""
    p_values = []
    for q in (*centre_edges, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0):
        chance = stats.norm.sf(q)
        for count in (int((x > q).sum()), int((x < -q).sum())):
            low, high = stats.binom.cdf(count, x.size, chance), stats.binom.sf(count - 1, x.size, chance)
            p_values.append(min(1.0, 2 * min(low, high)))
    return np.array(p_values)


@pytest.mark.nojit
def test_moments_of_the_normals(draws):
    assert np.abs(moment_scores(draws.ravel())).max() < deviates(8), f"seed {SEED}"


@pytest.mark.nojit
def test_tails_of_the_normals_to_five_sigma(draws):
    p_values = tail_p_values(draws.ravel())
    assert p_values.min() * p_values.size > FALSE_ALARM, f"seed {SEED}, p-values {p_values}"


@pytest.mark.nojit
def test_distribution_function_of_the_normals(draws):
    x = draws.ravel()
    edges = stats.norm.ppf(np.linspace(0, 1, 257))
    counts = np.histogram(x, edges)[0]
    assert stats.chisquare(counts).pvalue > FALSE_ALARM, f"seed {SEED}"


@pytest.mark.nojit
def test_normals_are_independent_of_each_other(draws):
    """Within a pair, from step to step, from trajectory to trajectory; products of values and of squares."""
    root = math.sqrt(draws.size)
    others = {
        "pair": (draws[0::2], draws[1::2], math.sqrt(2)),
        "next": (draws[1:-1:2], draws[2::2], math.sqrt(2)),
        "lag 2": (draws[2:], draws[:-2], 1.0),
        "trajectory": (draws, np.roll(draws, 1, axis=1), 1.0),
    }
    scores = []
    for x, y, wider in others.values():
        scores.append((x * y).mean() * root / wider)
        scores.append(((x**2 - 1) * (y**2 - 1)).mean() / 2 * root / wider)
        scores.append((x * (y**2 - 1)).mean() / math.sqrt(2) * root / wider)
    assert np.abs(scores).max() < deviates(len(scores)), f"seed {SEED}, {list(others)}: {scores}"


@pytest.mark.nojit
def test_runs_of_different_seeds_are_independent(scaled):
    n = scaled(2**16, 2**10)
    x, y = np.empty((n, LANES)), np.empty((n, LANES))
    with np.errstate(over="ignore"):
        fill(np.uint64(1), 0, x)
        fill(np.uint64(2), 0, y)
    assert abs((x * y).mean()) * math.sqrt(x.size) < deviates(1)


# --- rung e: wrong laws are rejected by the same checks --------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "mutant"),
    [
        ("variance off by 0.4 %", lambda x: x * 1.002),
        ("mean off by 0.003", lambda x: x + 0.003),
        ("student with 100 degrees of freedom", lambda x: x * (1 + x * x / 400)),
        ("kurtosis too small", lambda x: x * (1.0015 - 0.0005 * x * x)),
    ],
)
def test_moment_check_rejects(draws, name, mutant):
    assert np.abs(moment_scores(mutant(draws.ravel()))).max() > deviates(8), name


@pytest.mark.parametrize(
    ("name", "mutant"),
    [
        ("tails too light", lambda x: x * (1 - 0.002 * x**2)),
        ("no value beyond 4.5", lambda x: np.where(np.abs(x) > 4.5, 0.0, x)),
        ("a bump beyond 4", lambda x: np.where(x > 4.0, x + 0.2, x)),
    ],
)
def test_tail_check_rejects(draws, name, mutant):
    p_values = tail_p_values(mutant(draws.ravel()))
    assert p_values.min() * p_values.size < FALSE_ALARM, name


# --- Rademacher ------------------------------------------------------------------------------------------------------


@pytest.mark.nojit
def test_signs_are_the_streams_bits_behind_the_last_one():
    n = 6
    out = np.empty((n, LANES), np.uint64)
    with np.errstate(over="ignore"):
        sign_words(np.uint64(4), out)
    words = random.words(4, random.TAG_NOISE, 0, n)
    assert np.array_equal(out >> np.uint64(1), words & np.uint64(2**63 - 1))
    assert not (out & np.uint64(1)).any()  # cleared before: no step came earlier


@pytest.mark.nojit
def test_signs_are_balanced_and_serially_uncorrelated(scaled):
    """The 63 used bits, as +-1 in the order in which a coordinate of a trajectory sees them."""
    words = random.words(SEED, random.TAG_NOISE, 0, scaled(40_000, 1_500))
    bits = np.stack([(words >> np.uint64(b)) & np.uint64(1) for b in range(63)], axis=1)
    signs = 2.0 * bits.reshape(-1, LANES) - 1.0
    scores = [signs.mean() * math.sqrt(signs.size)]
    for lag in (1, 2, 3, 31, 62, 63, 64, 126):
        product = signs[lag:] * signs[:-lag]
        scores.append(product.mean() * math.sqrt(product.size))
    triple = signs[2:] * signs[1:-1] * signs[:-2]
    scores.append(triple.mean() * math.sqrt(triple.size))
    scores.extend(signs.mean(axis=0) * math.sqrt(len(signs)))
    assert np.abs(scores).max() < deviates(len(scores)), f"seed {SEED}: {scores}"


# --- descriptions ----------------------------------------------------------------------------------------------------


@pytest.mark.nojit
def test_laws_of_scalars():
    uniform = noise.Uniform(-0.5, 2.0)
    middles = np.linspace(-0.5, 2.0, 200_001)[:-1] + 2.5 / 400_000
    assert uniform.mean == 0.75
    assert uniform.second_moment == pytest.approx((middles**2).mean(), rel=1e-9)
    assert noise.Uniform(0.3, 0.3).second_moment == pytest.approx(0.09)
    discrete = noise.Discrete([1, -2], [0.25, 0.75])
    assert (discrete.mean, discrete.second_moment) == (-1.25, 3.25)
    assert (noise.rademacher.fourth_moment, noise.gaussian.fourth_moment) == (1.0, 3.0)


@pytest.mark.nojit
def test_examples_in_the_documentation():
    assert doctest.testmod(noise).failed == 0
