"""What the contestants share: noise as each library's users draw it, and signs from single bits, for the tuned ones.

A plain contestant is what one writes with the library today, with care: arrays that stay in the cache and are written
in place, the fastest generator. A tuned one knows that a sign is one bit and, for NumPy, that threads can share the
work; few people go that far. "NumPy as written" is without care: the default generator, a new array for every
operation, all trajectories at once.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from benchmarks.workload import Contestant, Statistic
from toylands.machine import threads

JAX_TRAJECTORIES = 1024  # at 100 coordinates: as fast as or faster than 256 and 4096


def numpy_generator() -> np.random.Generator:
    """The fastest that NumPy has."""
    return np.random.Generator(np.random.SFC64(1))


def numpy_noise(generator: np.random.Generator, noise: str, tuned: bool, out: np.ndarray) -> None:
    """One step's noise into ``out``."""
    if noise != "rademacher":
        generator.standard_normal(out=out)
        return
    if tuned:
        packed = np.frombuffer(generator.bytes(-(-out.size // 8)), dtype=np.uint8)
        signs = np.unpackbits(packed, count=out.size).reshape(out.shape)
    else:
        signs = generator.integers(0, 2, out.shape, dtype=np.int8)
    np.multiply(signs, 2.0, out=out)
    out -= 1.0


def numpy_noise_as_written(generator: np.random.Generator, noise: str, shape: tuple[int, int]) -> np.ndarray:
    """One step's noise in a new array."""
    return generator.choice([-1.0, 1.0], shape) if noise == "rademacher" else generator.standard_normal(shape)


def numpy_run(part: Callable[[np.random.Generator, int], np.ndarray], trajectories: int, tuned: bool) -> Statistic:
    """Mean and variance of what ``part(generator, trajectories)`` returns, a value a trajectory.

    Tuned: in as many threads as there are cores (NumPy lets go of the interpreter's lock).
    """
    if not tuned:
        values = part(numpy_generator(), trajectories)
        return float(values.mean()), float(values.var())
    cores = threads()
    shares = [trajectories // cores + (i < trajectories % cores) for i in range(cores)]
    generators = [np.random.Generator(np.random.SFC64(seed)) for seed in np.random.SeedSequence(1).spawn(cores)]
    with ThreadPoolExecutor(cores) as pool:
        values = np.concatenate(list(pool.map(part, generators, shares)))
    return float(values.mean()), float(values.var())


def jax_key() -> Any:
    """A key of threefry, JAX's own choice and on processors also its fastest."""
    import jax

    return jax.random.key(1, impl="threefry2x32")


def jax_noise(key: Any, noise: str, tuned: bool, shape: tuple[int, int]) -> Any:
    """One step's noise in float32."""
    import jax
    import jax.numpy as jnp

    if noise == "gaussian":
        return jax.random.normal(key, shape)
    if not tuned:
        return jax.random.rademacher(key, shape, dtype=jnp.float32)
    words = jax.random.bits(key, (shape[0], -(-shape[1] // 32)), jnp.uint32)
    bits = (words[:, :, None] >> jnp.arange(32, dtype=jnp.uint32)) & 1
    return bits.reshape(shape[0], -1)[:, : shape[1]].astype(jnp.float32) * 2 - 1


def torch_noise(noise: str, tuned: bool, out: Any) -> Any:
    """One step's noise into a float32 tensor."""
    import torch

    if noise == "gaussian":
        return out.normal_()
    if not tuned:
        return out.copy_(torch.randint(0, 2, out.shape, dtype=torch.int8)).mul_(2.0).sub_(1.0)
    packed = torch.empty(-(-out.numel() // 64), dtype=torch.int64).random_(-(2**63), None).view(torch.uint8)
    bits = (packed[:, None] >> torch.arange(8, dtype=torch.uint8)) & 1
    return out.copy_(bits.view(-1)[: out.numel()].view(out.shape)).mul_(2.0).sub_(1.0)


def plain_and_tuned(
    name: str, function: Callable[..., Statistic], noise: str, trajectories: int, steps: int
) -> Iterator[Contestant]:
    """A library's contestant, and the tuned one where that is another thing."""
    yield Contestant(name, function, trajectories, steps)
    if noise == "rademacher" or name == "NumPy":
        yield Contestant(f"{name} tuned", functools.partial(function, tuned=True), trajectories, steps)
