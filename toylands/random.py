"""Streams of random words: a pure function of (seed, tag, trajectory).

A trajectory's stream for one purpose (its *tag*) is a xoshiro256++ generator whose 256-bit state is one block of
Philox4x64-10 with key (seed, tag) and counter (trajectory, 0, 0, 0). So the noise of trajectory number t is the same
whatever the number of threads, the chunking, or the machine that runs it; t can be run without running 0..t-1; and two
rules that share a tag see the same noise. Philox is bit for bit NumPy's ``Philox``, xoshiro bit for bit the published
xoshiro256++; both are tested against independent implementations.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from toylands.simd import LANES, lanes, lanes_function, rotate_left

# Tags: one number a purpose. Never renumber: saved results name their seed only.
TAG_NOISE = 1  # injected noise xi_0, xi_1, ...
TAG_BEFORE_FIRST = 2  # xi_{-1}, where a rule's first increment is xi_0 - kappa xi_{-1}
TAG_LANDSCAPE = 3  # randomness of the landscape itself, e.g. contraction factors drawn afresh each step
TAG_START = 4  # random starting points
TAG_BATCH = 5  # which data points a mini-batch holds
TAG_LABELS = 6  # noise on labels
TAG_PROBE = 7  # displacements of the point where a gradient is taken

_MULTIPLIER_0 = np.uint64(0xD2E7470EE14C6C93)
_MULTIPLIER_1 = np.uint64(0xCA5A826395121157)
_WEYL_0 = np.uint64(0x9E3779B97F4A7C15)
_WEYL_1 = np.uint64(0xBB67AE8584CAA73B)
_LOW32 = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)
STATE_WORDS = 4


@njit(nogil=True)
def _high_product(a: Any, b: Any) -> Any:
    """The upper 64 bits of a 64 x 64 bit product, from four 32-bit products."""
    a_low, a_high, b_low, b_high = a & _LOW32, a >> _32, b & _LOW32, b >> _32
    middle = a_high * b_low + ((a_low * b_low) >> _32)
    other = a_low * b_high + (middle & _LOW32)
    return a_high * b_high + (middle >> _32) + (other >> _32)


@njit(nogil=True)
def philox4x64(c0: Any, c1: Any, c2: Any, c3: Any, k0: Any, k1: Any) -> Any:
    """Four words: Philox4x64-10 of counter (c0..c3) under key (k0, k1), all ``uint64``.

    ``numpy.random.Philox(counter=c - 1, key=[k0, k1]).random_raw(4)`` gives the same words (NumPy counts up before it
    draws). Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011).
    """
    for _ in range(10):
        high_0, low_0 = _high_product(_MULTIPLIER_0, c0), _MULTIPLIER_0 * c0
        high_1, low_1 = _high_product(_MULTIPLIER_1, c2), _MULTIPLIER_1 * c2
        c0, c1, c2, c3 = high_1 ^ c1 ^ k0, low_1, high_0 ^ c3 ^ k1, low_0
        k0, k1 = k0 + _WEYL_0, k1 + _WEYL_1
    return c0, c1, c2, c3


@njit(nogil=True)
def seed_stream(state: np.ndarray, seed: Any, tag: Any, first_trajectory: Any) -> None:
    """Fill ``state`` (4, 8) with the generators of trajectories ``first_trajectory`` .. + 7, one a lane."""
    zero = np.uint64(0)
    for lane in range(LANES):
        trajectory = np.uint64(first_trajectory + lane)
        w0, w1, w2, w3 = philox4x64(trajectory, zero, zero, zero, np.uint64(seed), np.uint64(tag))
        state[0, lane] = w0
        state[1, lane] = w1
        state[2, lane] = w2
        state[3, lane] = w3


@lanes_function
def advance(s0: Any, s1: Any, s2: Any, s3: Any) -> Any:
    """One step of xoshiro256++ in every lane: (word, s0, s1, s2, s3). Source: Blackman and Vigna (2021)."""
    word = rotate_left(s0 + s3, 23) + s0
    shifted = s1 << np.uint64(17)
    s2 = s2 ^ s0
    s3 = s3 ^ s1
    s1 = s1 ^ s2
    s0 = s0 ^ s3
    return word, s0, s1, s2 ^ shifted, rotate_left(s3, 45)


@lanes_function
def next_word(state: Any) -> Any:
    """Draw one word a lane from a stream kept in memory (``state``: lanes of a (4, 8) array)."""
    word, s0, s1, s2, s3 = advance(state[0], state[1], state[2], state[3])
    state[0] = s0
    state[1] = s1
    state[2] = s2
    state[3] = s3
    return word


@njit(nogil=True)
def _fill_words(state: np.ndarray, out: np.ndarray) -> None:
    stream, target = lanes(state), lanes(out)
    for i in range(out.shape[0]):
        target[i] = next_word(stream)


def words(seed: int, tag: int, first_trajectory: int, count: int) -> np.ndarray:
    """The first ``count`` words of eight neighbouring streams, shape (count, 8), ``uint64``.

    Parameters
    ----------
    seed, tag, first_trajectory : int
        Which streams: those of trajectories ``first_trajectory`` .. ``first_trajectory + 7``.
    count : int
        Words a stream.

    Examples
    --------
    >>> import numpy as np
    >>> from toylands import random
    >>> whole = random.words(seed=1, tag=random.TAG_NOISE, first_trajectory=0, count=3)
    >>> later = random.words(seed=1, tag=random.TAG_NOISE, first_trajectory=5, count=3)
    >>> bool(np.array_equal(whole[:, 5:], later[:, :3]))
    True
    """
    state = np.empty((STATE_WORDS, LANES), dtype=np.uint64)
    out = np.empty((count, LANES), dtype=np.uint64)
    with np.errstate(over="ignore"):  # without JIT the products wrap around in NumPy scalars
        seed_stream(state, np.uint64(seed), np.uint64(tag), first_trajectory)
        _fill_words(state, out)
    return out
