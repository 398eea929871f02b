"""The slow and obvious twin of the engine: plain NumPy, trajectories in rows, no lanes, no blocks, no fused operations.

Written from the docstrings of `toylands.random`, `toylands.noise`, `toylands.draws` and `toylands.dynamics.rule`, and
importing nothing of toylands: Philox is NumPy's, xoshiro256++ is written out again, normals come from ``np.log``,
``np.cos`` and ``np.sin``, and every landscape's gradient is written out by hand. Oracles and covariances that change
with the state are in `naive_rules`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Array = np.ndarray
Gradient = Callable[[Array, int], Array]  # (w of shape (trajectories, n), step) -> gradient of the same shape
Factor = Callable[[Array, int], Array]  # (w, step) -> factors of shape (trajectories, n, n)

NOISE, BEFORE_FIRST, LANDSCAPE = 1, 2, 3  # tags of `toylands.random`: part of what a seed means, so written down again


def _rotl(x: Array, k: int) -> Array:
    return (x << np.uint64(k)) | (x >> np.uint64(64 - k))


class Stream:
    """xoshiro256++ for many trajectories, seeded by NumPy's Philox with key (seed, tag), counter trajectory."""

    def __init__(self, seed: int, tag: int, trajectories: Sequence[int]) -> None:
        words = [
            # NumPy counts up before it draws, and its counter wraps around at 2**256
            np.random.Philox(counter=(t - 1) % 2**256, key=seed + (tag << 64)).random_raw(4)
            for t in trajectories
        ]
        self._s = [np.array([w[i] for w in words], dtype=np.uint64) for i in range(4)]

    def word(self) -> Array:
        """One word a trajectory."""
        s = self._s
        result = _rotl(s[0] + s[3], 23) + s[0]
        t = s[1] << np.uint64(17)
        s[2] = s[2] ^ s[0]
        s[3] = s[3] ^ s[1]
        s[1] = s[1] ^ s[2]
        s[0] = s[0] ^ s[3]
        s[2] = s[2] ^ t
        s[3] = _rotl(s[3], 45)
        return result

    def uniform(self) -> Array:
        """One number in [0, 1) a trajectory, from the upper 53 bits of a word."""
        return (self.word() >> np.uint64(11)) / 2.0**53


def _signed_low62(word: Array) -> Array:
    low = (word & np.uint64(2**62 - 1)).astype(np.int64)
    return np.where(low >= 2**61, low - 2**62, low)


def normal_pair(a: Array, b: Array) -> tuple[Array, Array]:
    """Two standard normals from two words: the mapping that the head of `toylands.noise` describes."""
    u = (a.astype(np.float64) + 0.5) / 2.0**64
    radius = np.sqrt(-2.0 * np.log(u))
    t = _signed_low62(b) / 2.0**61 * (np.pi / 4)
    x = np.where(b >> np.uint64(63) == 1, -np.cos(t), np.cos(t))
    y = np.sin(t)
    swap = (b >> np.uint64(62)) & np.uint64(1) == 1
    return radius * np.where(swap, y, x), radius * np.where(swap, x, y)


def _normals(stream: Stream, n: int) -> Array:
    columns: list[Array] = []
    while len(columns) < n:
        a, b = stream.word(), stream.word()
        columns.extend(normal_pair(a, b))
    return np.stack(columns[:n], axis=1)


def float32_pair(a: Array, b: Array) -> tuple[Array, Array]:
    """Two normals from two 32-bit halves: u is rounded to float32; the rest, in float64, is what float32 aims at."""
    u = (a.astype(np.float32).astype(np.float64) + 0.5) / 2.0**32
    radius = np.sqrt(-2.0 * np.log(u.astype(np.float32).astype(np.float64)))
    c = ((b >> np.uint32(1)) & np.uint32(2**22 - 1)).astype(np.float64)
    t = ((2 * c + 1) / 2.0**23 - 0.5) * (np.pi / 2)
    x = np.where(b >> np.uint32(31) == 1, -np.cos(t), np.cos(t))
    y = np.sin(t)
    swap = (b >> np.uint32(30)) & np.uint32(1) == 1
    return radius * np.where(swap, y, x), radius * np.where(swap, x, y)


def float32_normals(stream: Stream, n: int) -> Array:
    columns: list[Array] = []
    while len(columns) < n:
        a, b = stream.word(), stream.word()
        for shift in (np.uint64(0), np.uint64(32)):
            halves = [((word >> shift) & np.uint64(2**32 - 1)).astype(np.uint32) for word in (a, b)]
            columns.extend(float32_pair(*halves))
    return np.stack(columns[:n], axis=1)


def _uniforms(stream: Stream, n: int) -> Array:
    u = np.stack([((stream.word() >> np.uint64(11)) + 0.5) / 2.0**53 for _ in range(n)], axis=1)
    return np.sqrt(3.0) * (2 * u - 1)


def _laplaces(stream: Stream, n: int) -> Array:
    columns = []
    for _ in range(n):
        u = (stream.word().astype(np.float64) + 0.5) / 2.0**64
        columns.append(np.log(u) / np.sqrt(2.0) * np.where(stream.word() >> np.uint64(63) == 1, 1.0, -1.0))
    return np.stack(columns, axis=1)


def _binomials(stream: Stream, n: int, trials: int) -> Array:
    words = np.stack([stream.word() for _ in range(n)], axis=1)
    successes = sum((words >> np.uint64(b)) & np.uint64(1) for b in range(trials)).astype(np.float64)
    return (2 * successes - trials) / np.sqrt(trials)


def draws(law: str, stream: Stream, n: int) -> Array:
    """The next n draws of a law, shape (trajectories, n), one after another: the mapping of `toylands.draws`."""
    if law.startswith("binomial"):
        return _binomials(stream, n, int(law[len("binomial") :]))
    if law == "rademacher":
        return np.stack([np.where(stream.word() >> np.uint64(63) == 1, 1.0, -1.0) for _ in range(n)], axis=1)
    fills = {"gaussian": _normals, "gaussian_float32": float32_normals, "uniform": _uniforms, "laplace": _laplaces}
    return fills[law](stream, n)


def _signs(stream: Stream, n: int) -> Array:
    """The next 63 steps of +-1, shape (63, trajectories, n): one word a coordinate."""
    words = np.stack([stream.word() for _ in range(n)], axis=1)
    bits = np.stack([(words >> np.uint64(b)) & np.uint64(1) for b in range(63)])
    return np.where(bits == 1, 1.0, -1.0)


def noise(kind: str, seed: int, trajectories: Sequence[int], n: int, steps: int, packed_signs: bool = True) -> Array:
    """xi_{-1}, xi_0, ..., xi_{steps-1}, of shape (steps + 1, trajectories, n)."""
    before, stream = Stream(seed, BEFORE_FIRST, trajectories), Stream(seed, NOISE, trajectories)
    if kind != "rademacher" or not packed_signs:
        return np.stack([draws(kind, before, n)] + [draws(kind, stream, n) for _ in range(steps)])
    later = np.concatenate([_signs(stream, n) for _ in range(steps // 63 + 1)])[:steps]
    return np.concatenate([_signs(before, n)[62:], later])  # the last bit used of a word is bit 62


def per_step(value: float | Sequence[float] | Array, steps: int) -> Array:
    """One value a step."""
    array = np.asarray(value, dtype=np.float64)
    return np.full(steps, float(array)) if array.ndim == 0 else array[:steps]


def simulate(
    gradient: Gradient,
    start: Sequence[float] | Array,
    steps: int,
    trajectories: Sequence[int],
    *,
    eta: float | Sequence[float] | Array,
    kind: str | None = None,
    sigma: float | Sequence[float] | Array = 0.0,
    kappa: float | Sequence[float] | Array = 0.0,
    stationary: bool = False,
    momentum: float = 0.0,
    on: tuple[int, int | None] = (0, None),
    factor: Array | Factor | None = None,
    seed: int = 0,
) -> Array:
    """All states, shape (steps + 1, trajectories, n), of

    w_{k+1} = w_k - eta_k grad L(w_k) + beta (w_k - w_{k-1}) + sigma_k F xi_k - kappa_k sigma_{k-1} F xi_{k-1},

    with sigma_k = 0 unless on[0] <= k < on[1], and no xi_{-1} unless stationary (then sigma_{-1} = sigma_0). F may be
    a function of the state before the step: then signs are drawn one a word.
    """
    w = np.array(np.broadcast_to(np.asarray(start, dtype=np.float64), (len(trajectories), np.shape(start)[-1])))
    n = w.shape[1]
    etas, sigmas, kappas = per_step(eta, steps), per_step(sigma, steps).copy(), per_step(kappa, steps)
    for k in range(steps):
        if k < on[0] or (on[1] is not None and k >= on[1]):
            sigmas[k] = 0.0
    moving = callable(factor)
    xi = np.zeros((steps + 1, len(w), n)) if kind is None else noise(kind, seed, trajectories, n, steps, not moving)
    if factor is not None and not moving:
        xi = xi @ factor.T
    paths, previous = [w.copy()], w.copy()
    for k in range(steps):
        if moving:
            xi[k + 1] = np.einsum("tij,tj->ti", factor(w, k), xi[k + 1])
        eps = sigmas[k] * xi[k + 1]
        if k > 0:
            eps = eps - kappas[k] * sigmas[k - 1] * xi[k]
        elif stationary:
            eps = eps - kappas[0] * sigmas[0] * xi[0]
        new = w - etas[k] * gradient(w, k) + momentum * (w - previous) + eps
        previous, w = w, new
        paths.append(w.copy())
    return np.stack(paths)


# --------------------------------------------------------------------------- gradients, written out by hand


def valley_gradient(w: Array, k: int) -> Array:
    """L = v^2 |u|^2 / 2 at (u, v): (v^2 u, |u|^2 v)."""
    u, v = w[:, :-1], w[:, -1:]
    return np.concatenate([v**2 * u, (u**2).sum(axis=1, keepdims=True) * v], axis=1)


def regression_gradient(design: Array, targets: Array) -> Gradient:
    """L(w) = |X (w * w) - y|^2 / (4 n)."""

    def gradient(w: Array, k: int) -> Array:
        residual = (w * w) @ design.T - targets
        return (residual @ design) * w / len(targets)

    return gradient


def sensing_gradient(matrices: Array, targets: Array, columns: int) -> Gradient:
    """L(U) = sum_i (<A_i, U U^T> - y_i)^2 / (2 M), U row by row."""

    def gradient(w: Array, k: int) -> Array:
        total = np.zeros_like(w)
        for t, row in enumerate(w):
            u = row.reshape(-1, columns)
            for a, y in zip(matrices, targets):
                total[t] += (((a * (u @ u.T)).sum() - y) * (a + a.T) @ u).ravel() / len(targets)
        return total

    return gradient


def bowl_gradient(hessian: Array) -> Gradient:
    """L = w^T H w / 2: H w."""
    return lambda w, k: w @ np.asarray(hessian).T


def recurrence_gradient(rho: float | Sequence[float] | Array) -> Gradient:
    """(1 - rho_k) w for a constant or a given sequence."""
    given = np.asarray(rho, dtype=np.float64)
    return lambda w, k: (1.0 - (given if given.ndim == 0 else given[k])) * w


def uniform_recurrence_gradient(low: float, high: float, seed: int, trajectories: Sequence[int]) -> Gradient:
    """(1 - rho_k) w with rho_k uniform on [low, high), drawn afresh by every trajectory at every step."""
    stream, drawn = Stream(seed, LANDSCAPE, trajectories), []

    def gradient(w: Array, k: int) -> Array:
        while len(drawn) <= k:  # one a step, wherever and however often the gradient is asked for
            drawn.append(low + (high - low) * stream.uniform())
        return (1.0 - drawn[k])[:, None] * w

    return gradient


def discrete_recurrence_gradient(
    values: Sequence[float], probabilities: Sequence[float], seed: int, trajectories: Sequence[int]
) -> Gradient:
    """(1 - rho_k) w with rho_k = values[i] with probability probabilities[i], by inversion of the uniform."""
    stream = Stream(seed, LANDSCAPE, trajectories)

    def gradient(w: Array, k: int) -> Array:
        u = stream.uniform()
        rho = np.array([values[int(np.searchsorted(np.cumsum(probabilities)[:-1], x, side="right"))] for x in u])
        return (1.0 - rho)[:, None] * w

    return gradient


# --------------------------------------------------------------------------- observables


def sq_norm(w: Array) -> Array:
    """|w|^2."""
    return (w**2).sum(axis=-1)


def valley_observables(w: Array) -> dict[str, Array]:
    """The widening valley's observables at states w = (u, v)."""
    u2, v2 = (w[..., :-1] ** 2).sum(axis=-1), w[..., -1] ** 2
    dim = w.shape[-1] - 1
    return {"loss": v2 * u2 / 2, "hessian_trace": dim * v2 + u2, "sq_norm_u": u2, "sq_v": v2}


def first_exits(values: Array, below: float, above: float) -> tuple[Array, Array]:
    """(step, side) of each trajectory's first exit from values (steps + 1, trajectories); step -1, side 0 if none."""
    steps = np.full(values.shape[1], -1)
    sides = np.zeros(values.shape[1], dtype=int)
    for t in range(values.shape[1]):
        for k, value in enumerate(values[:, t]):
            if value <= below or value >= above:
                steps[t], sides[t] = k, -1 if value <= below else 1
                break
    return steps, sides
