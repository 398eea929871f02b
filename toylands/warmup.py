"""Compile the kernels of the common presets ahead of time, so that no later process waits for the compiler."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from numba import config

from toylands.combinations import Combination, combinations
from toylands.kernels import Recipe, build_kernel, cache

QUICK_RULES = frozenset({"anti_pgd"})  # its kernels serve pgd and correlated_pgd as well
COMMON_RULES = QUICK_RULES | {"gd", "sgd", "label_noise_sgd", "nso", "gld_leading"}
COMMON_NOISES = frozenset({"none", "rademacher", "gaussian"})


@dataclass(frozen=True)
class Warmed:
    """One kernel.

    Parameters
    ----------
    landscape, noise : str
        What it is for.
    rules : tuple of str
        The presets that use it.
    seconds : float
        How long it took.
    compiled : bool
        False if it was on disk already.
    """

    landscape: str
    rules: tuple[str, ...]
    noise: str
    seconds: float
    compiled: bool

    def line(self) -> str:
        """One line for people."""
        state = "compiled" if self.compiled else "was there"
        return f"{self.seconds:6.2f} s  {state:9s}  {self.landscape}, {self.noise}: {', '.join(self.rules)}"


def warmup(
    quick: bool = False, everything: bool = False, report: Callable[[Warmed], None] | None = None
) -> tuple[Path, list[Warmed]]:
    """Compile and keep the kernels of the common rules on every landscape, recording every observable of it.

    Common are gd, pgd and anti_pgd with either kind of noise, sgd, label_noise_sgd, nso and gld_leading.

    Parameters
    ----------
    quick : bool
        Only PGD, Anti-PGD and what lies between them.
    everything : bool
        Every rule and noise there is.
    report : function, optional
        Is given each kernel as soon as it is there.

    Returns
    -------
    folder, kernels : Path, list of Warmed
        Where they are kept, and what was done.

    Raises
    ------
    ValueError
        If both ``quick`` and ``everything`` are asked for.
    RuntimeError
        If kernels are not kept (``TOYLANDS_CACHE=off``), or the folder cannot be used.

    Examples
    --------
    >>> from toylands.warmup import warmup
    >>> folder, kernels = warmup(quick=True)  # doctest: +SKIP
    """
    if quick and everything:
        raise ValueError("quick = True and everything = True exclude each other")
    folder = cache.folder()
    if folder is None:
        raise RuntimeError("compiled kernels are not kept: TOYLANDS_CACHE is off; unset it or set it to a folder")
    if getattr(config, "DISABLE_JIT", False):
        raise RuntimeError("nothing is compiled: NUMBA_DISABLE_JIT is set")
    groups: dict[Recipe, list[Combination]] = {}
    for each in combinations():
        groups.setdefault(each.recipe(), []).append(each)
    done = []
    for recipe, group in groups.items():
        if not everything and not any(_is_common(each, QUICK_RULES if quick else COMMON_RULES) for each in group):
            continue
        warmed = _warm(recipe, group)
        done.append(warmed)
        if report is not None:
            report(warmed)
    return folder, done


def _is_common(each: Combination, rules: frozenset[str]) -> bool:
    return each.rule.name in rules and each.noise in COMMON_NOISES


def _warm(recipe: Recipe, group: list[Combination]) -> Warmed:
    kernel = build_kernel.__wrapped__(recipe)  # a fresh one: this process may have an unkept one already
    began = time.perf_counter()
    group[0].prepared().batch(kernel, 0, 0)  # no blocks: compiles, or loads, and does nothing
    seconds = time.perf_counter() - began
    compiled = not sum(kernel.stats.cache_hits.values())
    if not kernel._cache.holds(kernel.signatures[0], kernel.targetctx.codegen()):
        where = kernel._cache.cache_path
        raise RuntimeError(
            f"kernels cannot be kept in {where}: it must be a folder of yours that only you can write to"
        )
    rules = tuple(each.rule.name for each in group)
    return Warmed(group[0].landscape_name, rules, group[0].noise, seconds, compiled)
