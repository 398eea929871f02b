"""One update of one vector of trajectories, composed from a landscape's gradient and a kind of noise.

Two loops do all the work. With noise that lies in memory (sign bits, or noise shaped by a covariance factor) each
coordinate is updated by itself; Gaussian noise is drawn in the loop, a pair at a time: the processor overlaps
neighbouring Box-Muller transforms by itself, and writing two side by side runs out of registers (in float32, four
coordinates at a time, see `toylands.kernels.float32_loop`). Landscapes in the
diagonal form have a *bulk*, leading coordinates that share one slope; the sum of their squares is gathered on the way,
since the landscape and its observables will ask for it.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from toylands.draws import build_fill
from toylands.kernels.float32_loop import build_float32_loop
from toylands.kernels.layout import BLOCK
from toylands.noise import BITS_PER_WORD, box_muller, refill_signs
from toylands.random import STATE_WORDS, TAG_BEFORE_FIRST, TAG_LANDSCAPE, TAG_NOISE, advance, seed_stream
from toylands.simd import LANES, fma, lanes, lanes_function, lookup4, splat
from toylands.simd.products import multiply_tiles

GAUSSIANS = ("gaussian", "gaussian_float32")  # drawn in the update loop
_TAGS = (TAG_NOISE, TAG_BEFORE_FIRST, TAG_LANDSCAPE)  # in the order of Scratch.streams


class State(NamedTuple):
    """A vector's memory as lanes; see `toylands.kernels.layout.Scratch`."""

    w: Any
    velocity: Any
    signs: Any
    before: Any
    raw: Any
    shaped: Any
    tables: Any
    stream: Any
    own: Any


@lanes_function
def bind(scratch: Any) -> Any:
    """A vector's memory as lanes, and the stream that draws the noise before the first."""
    s = State(
        lanes(scratch.w), lanes(scratch.velocity), lanes(scratch.signs), lanes(scratch.before), lanes(scratch.raw),
        lanes(scratch.shaped), lanes(scratch.tables), lanes(scratch.streams[:STATE_WORDS]),
        lanes(scratch.streams[2 * STATE_WORDS :]),
    )  # fmt: skip
    return s, lanes(scratch.streams[STATE_WORDS : 2 * STATE_WORDS])


@lanes_function
def place_vector(n: Any, local: Any, slot: Any, tags: Any, job: Any, scratch: Any) -> Any:
    """Streams, one a tag, and starting points of the vector whose first trajectory is number ``local`` of the batch,
    in slot number ``slot`` of the memory. Lanes behind the run's last trajectory are padding, dead from the start."""
    trajectory = job.first_block * BLOCK + local
    for index in range(len(tags)):
        row = (slot * len(tags) + index) * STATE_WORDS
        seed_stream(scratch.streams[row : row + STATE_WORDS], job.seed, tags[index], trajectory)
    for j in range(n):
        for lane in range(LANES):
            scratch.w[slot * n + j, lane] = job.start[local + lane if job.start.shape[0] > 1 else 0, j]
    for lane in range(LANES):
        scratch.alive[slot, lane] = 1.0 if trajectory + lane < job.trajectories else 0.0


@lanes_function
def taken_back_first(rule: Any) -> Any:
    """kappa_0 sigma_0 if the first noise is correlated with one drawn before it, else 0."""
    return rule.kappa[0] * rule.sigma[0] if rule.stationary_first else 0.0


@lanes_function
def start_vector(n: Any, local: Any, rule: Any, job: Any, scratch: Any) -> Any:
    """The vector whose first trajectory is number ``local`` of the batch, before step 0.

    Returns which lanes belong to the run, and what the first noise takes back: see `taken_back_first`.
    """
    place_vector(n, local, 0, _TAGS, job, scratch)
    return lanes(scratch.alive)[0] > 0.5, taken_back_first(rule)


def build_apply(diagonal: bool, momentum: bool) -> Any:
    """The update of one coordinate, given its noise ``eps``; returns the new value."""

    @lanes_function
    def apply(j: Any, eps: Any, contraction: Any, eta: Any, beta: Any, s: Any) -> Any:
        x = s.w[j]
        if diagonal:
            new = fma(contraction, x, eps)
        else:
            new = fma(s.gradient[j], -eta, x) + eps
        if momentum:
            new = fma(s.velocity[j], beta, new)
            s.velocity[j] = new - x
        s.w[j] = new
        return new

    return apply


def build_memory_loop(kernels: Any, apply: Any, source: str | None) -> Any:
    """The update loop for noise that can be read coordinate by coordinate, from "shaped", "raw" or "signs"."""
    slope_of, diagonal = kernels.slope, kernels.diagonal

    @lanes_function
    def noise_of(j: Any, table: Any, used: Any, s: Any) -> Any:
        if source == "shaped":
            return s.shaped[j]
        if source == "raw":
            return s.raw[j]
        if source == "signs":
            return lookup4(table, s.signs[j] >> used)
        return splat(0.0)

    @lanes_function
    def loop(n: Any, bulk: Any, shared: Any, p: Any, eta: Any, beta: Any, table: Any, used: Any, s: Any) -> Any:
        a = b = c = d = splat(0.0)
        contraction = splat(1.0)
        if diagonal:
            contraction = fma(slope_of(0, shared, p), -eta, contraction)
        whole = bulk - bulk % 4
        for j in range(0, whole, 4):
            x = apply(j, noise_of(j, table, used, s), contraction, eta, beta, s)
            a = fma(x, x, a)
            x = apply(j + 1, noise_of(j + 1, table, used, s), contraction, eta, beta, s)
            b = fma(x, x, b)
            x = apply(j + 2, noise_of(j + 2, table, used, s), contraction, eta, beta, s)
            c = fma(x, x, c)
            x = apply(j + 3, noise_of(j + 3, table, used, s), contraction, eta, beta, s)
            d = fma(x, x, d)
        for j in range(whole, bulk):
            x = apply(j, noise_of(j, table, used, s), contraction, eta, beta, s)
            a = fma(x, x, a)
        for j in range(bulk, n):
            if diagonal:
                contraction = fma(slope_of(j, shared, p), -eta, splat(1.0))
            apply(j, noise_of(j, table, used, s), contraction, eta, beta, s)
        return (a + b) + (c + d)

    return loop


def build_take_normal(apply: Any, shaped: bool) -> Any:
    """The update of one coordinate by a normal just drawn; with ``shaped`` it only fills the raw noise."""

    @lanes_function
    def one(j: Any, z: Any, now: Any, keep: Any, contraction: Any, eta: Any, beta: Any, s: Any) -> Any:
        eps = fma(z, now, -s.before[j])
        s.before[j] = z * keep
        if shaped:
            s.raw[j] = eps
            return eps
        return apply(j, eps, contraction, eta, beta, s)

    return one


def build_gaussian_loop(kernels: Any, one: Any) -> Any:
    """The update loop that draws normals as it goes."""
    slope_of, diagonal = kernels.slope, kernels.diagonal

    @lanes_function
    def loop(n: Any, bulk: Any, shared: Any, p: Any, eta: Any, beta: Any, now: Any, keep: Any, s: Any) -> Any:
        s0, s1, s2, s3 = s.stream[0], s.stream[1], s.stream[2], s.stream[3]
        a = b = splat(0.0)
        contraction = splat(1.0)
        if diagonal:
            contraction = fma(slope_of(0, shared, p), -eta, contraction)
        whole = bulk - bulk % 2
        for j in range(0, whole, 2):
            word_0, s0, s1, s2, s3 = advance(s0, s1, s2, s3)
            word_1, s0, s1, s2, s3 = advance(s0, s1, s2, s3)
            z0, z1 = box_muller(word_0, word_1, s.tables)
            x = one(j, z0, now, keep, contraction, eta, beta, s)
            a = fma(x, x, a)
            x = one(j + 1, z1, now, keep, contraction, eta, beta, s)
            b = fma(x, x, b)
        for pair in range(whole // 2, (n + 1) // 2):
            word_0, s0, s1, s2, s3 = advance(s0, s1, s2, s3)
            word_1, s0, s1, s2, s3 = advance(s0, s1, s2, s3)
            z0, z1 = box_muller(word_0, word_1, s.tables)
            for half in range(2):
                j = 2 * pair + half
                if j < n:
                    if diagonal:
                        contraction = fma(slope_of(j, shared, p), -eta, splat(1.0))
                    x = one(j, z0, now, keep, contraction, eta, beta, s)
                    if j < bulk:
                        a = fma(x, x, a)
                z0 = z1
        s.stream[0] = s0
        s.stream[1] = s1
        s.stream[2] = s2
        s.stream[3] = s3
        return a + b

    return loop


@functools.lru_cache(maxsize=256)
def build_step(kernels: Any, noise: str | None, momentum: bool, shaped: bool) -> Any:
    """``step(k, n, bulk, p, rule, now, keep, table, square, s) -> square``: one update.

    ``now`` is sigma_k, ``keep`` kappa_{k+1} sigma_k (what the next step takes back), ``table`` the sign table of this
    step, ``square`` the bulk's sum of squares before and after. For landscapes in the diagonal form.
    """
    shared_of, gaussian = kernels.shared, noise in GAUSSIANS
    apply = build_apply(True, momentum)
    source = "shaped" if shaped else "signs" if noise == "rademacher" else None
    memory_loop = build_memory_loop(kernels, apply, source)
    build_loop = build_float32_loop if noise == "gaussian_float32" else build_gaussian_loop
    gaussian_loop = build_loop(kernels, build_take_normal(apply, shaped))
    fill_shaped_signs = shaped and noise == "rademacher"

    @lanes_function
    def step(k: Any, n: Any, bulk: Any, p: Any, rule: Any, now: Any, keep: Any, table: Any, square: Any,
             s: Any) -> Any:  # fmt: skip
        eta, beta = rule.eta[k * rule.eta_stride], rule.momentum
        used = np.uint64(k % BITS_PER_WORD)
        shared = shared_of(s.w, p, k, s.own, square)
        if gaussian:
            square = gaussian_loop(n, bulk, shared, p, eta, beta, now, keep, s)
        if shaped:
            if fill_shaped_signs:
                for j in range(n):
                    s.raw[j] = lookup4(table, s.signs[j] >> used)
            multiply_tiles(rule.factor, n, n, s.raw, s.shaped)
        if shaped or not gaussian:
            square = memory_loop(n, bulk, shared, p, eta, beta, table, used, s)
        return square

    return step


@functools.lru_cache(maxsize=8)
def build_draw(noise: str | None) -> Any:
    """``begin``: the history before step 0; ``draw``: what a step needs ready in memory."""
    rademacher, gaussian = noise == "rademacher", noise in GAUSSIANS
    fill: Any = build_fill(str(noise)) if gaussian else None

    @lanes_function
    def begin(n: Any, before: Any, s: Any, extra: Any) -> Any:
        """``before``: kappa_0 sigma_0 if the first noise is correlated with one drawn before it, else 0."""
        if rademacher:
            for j in range(n):
                s.signs[j] = np.uint64(0)
            if before != 0.0:
                refill_signs(extra, s.signs, n)  # the last used bit of a word is its top one
        if gaussian:
            for j in range(n):
                s.before[j] = splat(0.0)
            if before != 0.0:
                fill(extra, s.tables, s.before, n)
                for j in range(n):
                    s.before[j] = s.before[j] * before

    @lanes_function
    def draw(k: Any, n: Any, s: Any) -> Any:
        if rademacher and k % BITS_PER_WORD == 0:
            refill_signs(s.stream, s.signs, n)

    return begin, draw
