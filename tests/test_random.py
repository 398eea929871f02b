"""Rung a: the streams against NumPy's Philox, randomgen's Philox and xoshiro256++ in Python integers."""

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import Stream

from toylands import random

pytestmark = pytest.mark.nojit
MASK = 2**64 - 1
WORDS = st.integers(0, MASK)

KEYS = [(0, 0), (1, 1), (2**64 - 1, 2**64 - 1), (0x9E3779B97F4A7C15, 3), (12345678901234567890, 2)]
COUNTERS = [(0, 0, 0, 0), (1, 0, 0, 0), (2**64 - 1, 0, 0, 0), (63, 1, 2, 3), (2**64 - 1,) * 4, (0, 5, 0, 2**63)]


def philox(counter, key):
    with np.errstate(over="ignore"):  # without JIT the products wrap around in NumPy scalars
        return [int(w) for w in random.philox4x64(*(np.uint64(x) for x in (*counter, *key)))]


def as_integer(parts):
    return sum(part << (64 * i) for i, part in enumerate(parts))


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("counter", COUNTERS)
def test_philox_is_numpys(counter, key):
    before = (as_integer(counter) - 1) % 2**256
    oracle = np.random.Philox(counter=before, key=as_integer(key)).random_raw(4)
    assert philox(counter, key) == oracle.tolist()


@settings(max_examples=50, deadline=None)
@given(st.tuples(WORDS, WORDS, WORDS, WORDS), st.tuples(WORDS, WORDS))
def test_philox_is_numpys_everywhere(counter, key):
    before = (as_integer(counter) - 1) % 2**256
    assert philox(counter, key) == np.random.Philox(counter=before, key=as_integer(key)).random_raw(4).tolist()


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("counter", COUNTERS)
def test_philox_is_randomgens(counter, key):
    randomgen = pytest.importorskip("randomgen")
    before = (as_integer(counter) - 1) % 2**256
    oracle = randomgen.Philox(counter=before, key=as_integer(key), number=4, width=64).random_raw(4)
    assert philox(counter, key) == oracle.tolist()


# --- xoshiro256++ ----------------------------------------------------------------------------------------------------


def rotl(x, k):
    return ((x << k) | (x >> (64 - k))) & MASK


def xoshiro(state, count):
    """xoshiro256++ 1.0 of Blackman and Vigna, in Python integers."""
    s, out = list(state), []
    for _ in range(count):
        out.append((rotl((s[0] + s[3]) & MASK, 23) + s[0]) & MASK)
        t = (s[1] << 17) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotl(s[3], 45)
    return out


def test_the_oracle_itself_gives_the_published_words():
    """First outputs of the authors' C program from state (1, 2, 3, 4)."""
    assert xoshiro((1, 2, 3, 4), 6) == [
        41943041,
        58720359,
        3588806011781223,
        3591011842654386,
        9228616714210784205,
        9973669472204895162,
    ]


@pytest.mark.parametrize("tag", [random.TAG_NOISE, random.TAG_LANDSCAPE, random.TAG_START])
@pytest.mark.parametrize(("seed", "first"), [(0, 0), (7, 8), (2**64 - 1, 2**40), (123456789, 61)])
def test_each_lane_is_xoshiro_seeded_by_philox(seed, tag, first):
    words = random.words(seed, tag, first, 50)
    assert words.shape == (50, 8)
    assert words.dtype == np.uint64
    for lane in range(8):
        state = philox((first + lane, 0, 0, 0), (seed, tag))
        assert words[:, lane].tolist() == xoshiro(state, 50)


def test_the_naive_twin_draws_the_same_words():
    trajectories = [3, 4, 64, 1000]
    stream = Stream(11, random.TAG_NOISE, trajectories)
    ours = np.stack([stream.word() for _ in range(200)])
    for i, trajectory in enumerate(trajectories):
        assert np.array_equal(ours[:, i], random.words(11, random.TAG_NOISE, trajectory, 200)[:, 0])


@pytest.mark.parametrize("first", [1, 3, 7, 8, 100])
def test_a_trajectorys_stream_does_not_depend_on_its_lane(first):
    whole = np.concatenate([random.words(5, 1, 8 * i, 30) for i in range(15)], axis=1)
    assert np.array_equal(random.words(5, 1, first, 30), whole[:, first : first + 8])


def test_different_seeds_tags_and_trajectories_share_no_word():
    draws = [random.words(seed, tag, first, 100) for seed in (0, 1) for tag in (1, 2, 3, 4) for first in (0, 8)]
    everything = np.concatenate(draws).ravel()
    assert np.unique(everything).size == everything.size  # a repeat would have probability 1e-12


def test_tags_are_different_and_never_renumbered():
    assert (random.TAG_NOISE, random.TAG_BEFORE_FIRST, random.TAG_LANDSCAPE, random.TAG_START) == (1, 2, 3, 4)


# --- the bits look random --------------------------------------------------------------------------------------------


def z_of_bit_counts(words):
    """z-scores of how often each of the 64 bits is set."""
    ones = np.array([((words >> np.uint64(b)) & np.uint64(1)).sum() for b in range(64)])
    return (ones - words.size / 2) / np.sqrt(words.size / 4)


def test_bits_are_balanced_and_uncorrelated(scaled):
    words = random.words(2024, random.TAG_NOISE, 0, scaled(50_000, 2_000))
    serial = ~(words[1:] ^ words[:-1])  # a set bit: the same bit of the next word agrees
    neighbour = ~(words ^ (words >> np.uint64(1))) & np.uint64(2**63 - 1)  # ... the next bit of the same word
    lanes = ~(words ^ np.roll(words, 1, axis=1))  # ... the same bit of the neighbouring trajectory
    scores = np.concatenate(
        [z_of_bit_counts(words), z_of_bit_counts(serial), z_of_bit_counts(neighbour)[:63], z_of_bit_counts(lanes)]
    )
    assert np.abs(scores).max() < 5.2, "seed 2024"  # 255 scores: 1e-4 / 255 two-sided is 5.07


def test_balance_would_notice_a_stuck_bit():
    words = random.words(2024, random.TAG_NOISE, 0, 2_000)
    assert np.abs(z_of_bit_counts(words | (np.uint64(1) << np.uint64(17)))).max() > 50


def test_examples_in_the_documentation():
    assert doctest.testmod(random).failed == 0
