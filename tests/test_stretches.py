"""The kernels that take several steps at a time against the kernel that takes one: the same sums, record by record."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
import pytest
from conftest import NOJIT
from numba import njit

import toylands as tl
from toylands.ensemble import DIVERGENCE_LIMIT
from toylands.kernels import build_kernel
from toylands.kernels.run import _build_general_kernel
from toylands.prepared import prepare

pytestmark = pytest.mark.nojit
STEPS, TRAJECTORIES = 131, 100  # two words of signs and five bits; a block, and one that ends in the middle of a vector
SIZES = [3, 9] if NOJIT else [1, 2, 3, 4, 5, 7, 8, 12, 13, 300]
SCHEDULE = np.linspace(0.3, 0.1, STEPS)


@functools.lru_cache
def general_kernel(recipe):
    """Compiled apart from `build_kernel`, which would look for the special one on the disk."""
    return njit(error_model="numpy")(_build_general_kernel(recipe))


def both(landscape, rule, observables, every):
    """Counts, and moments, of two blocks: by the kernel that serves the recipe, and by the general one."""
    start = np.linspace(0.5, 0.1, landscape.size)
    record = tl.record(*observables, every=every)
    run = prepare(landscape, rule, start, STEPS, TRAJECTORIES, record, 5, None, DIVERGENCE_LIMIT, 0)
    special, recipe = build_kernel(run.recipe()), run.recipe()
    first, second = run.batch(special, 0, 2), run.batch(general_kernel(recipe), 0, 2)
    return (first.valid, first.sums), (second.valid, second.sums)


RULES = {
    "anti_pgd": tl.dynamics.anti_pgd(0.1, 0.2),
    "pgd": tl.dynamics.pgd(SCHEDULE, 0.2),
    "correlated": tl.dynamics.correlated_pgd(0.1, SCHEDULE, 0.5),
    "diverging": tl.dynamics.pgd(2.5, 3.0),
}


@pytest.mark.parametrize("every", [1, 2, 7, 64])
@pytest.mark.parametrize("name", RULES)
def test_pairs_of_steps_give_the_same_bits(name, every):
    for dim in SIZES[:2] if every == 2 else SIZES:
        valley = tl.landscapes.WideningValley(dim)
        one, other = both(valley, RULES[name], [valley.hessian_trace, valley.sq_norm_u], every)
        for ours, theirs in zip(one, other):
            np.testing.assert_array_equal(ours, theirs)
        if name == "diverging":
            assert one[0].min() < 36


@pytest.mark.parametrize("every", [1, 7, 64])
@pytest.mark.parametrize("name", ["anti_pgd", "correlated"])
def test_stretches_of_a_recurrence_give_the_same_sums(name, every):
    """|w|^2 is added up in another order: equal to 1e-12 of the largest; the smallest error in a sign would be 1e-2."""
    for dim in SIZES:
        process = tl.landscapes.LinearRecurrence(dim, np.linspace(0.2, 0.9, STEPS))
        one, other = both(process, RULES[name], [process.sq_norm], every)
        np.testing.assert_array_equal(one[0], other[0])
        for moment in range(6):
            ours, theirs = one[1][..., moment], other[1][..., moment]
            np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12 * abs(theirs).max() + 1e-14)


@pytest.mark.skipif(not NOJIT, reason="the wrong slope has no compiled form")
def test_a_false_promise_would_be_noticed(monkeypatch):
    """A slope of the bulk that asks for the sum of squares is not led by the tail: two steps at a time are wrong."""
    slope = tl.landscapes.WideningValley.kernels.slope
    swapped = lambda j, shared, p: slope(j, shared[::-1], p)  # noqa: E731
    wrong = dataclasses.replace(tl.landscapes.WideningValley.kernels, slope=swapped)
    monkeypatch.setattr(tl.landscapes.WideningValley, "kernels", wrong)
    valley = tl.landscapes.WideningValley(3)
    one, other = both(valley, RULES["anti_pgd"], [valley.sq_norm_u], 7)
    assert abs(one[1][..., 0] - other[1][..., 0]).max() > 1e-6
