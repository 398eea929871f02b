"""How kernels are handed to Numba: no counting of references, but where a user's function makes arrays."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from conftest import NOJIT
from numba import njit

import toylands as tl
from toylands.ensemble import DIVERGENCE_LIMIT
from toylands.kernels import build_kernel
from toylands.kernels.compiling import compile_kernel
from toylands.prepared import prepare
from toylands.simd import lanes_function

pytestmark = pytest.mark.skipif(NOJIT, reason="nothing is compiled")


def gradient(w, out, p):
    """Of (w_0^2 + 3 w_1^2) / 2, with the curvatures in an array made here."""
    curvature = np.array([1.0, 3.0])
    for j in range(2):
        out[j] = curvature[j] * w[j]


def loss(w, p):
    return 0.5 * (w[0] * w[0] + 3.0 * w[1] * w[1])


def branching_loss(w, p):
    """One that cannot run in lanes: it branches on a value."""
    if w[0] > 0.0:
        return loss_compiled(w, p)
    return loss_compiled(w, p) + 0.0


loss_compiled = njit(loss)


@lanes_function
def weighted(w, p):
    """A lanes function that makes an array."""
    weights = np.array([1.0, 3.0])
    return weights[0] * w[0] + weights[1] * w[1]


def run_of(landscape, *further):
    rule = tl.dynamics.gd(0.1)
    record = tl.record(*landscape.observables.values(), *further)
    return prepare(landscape, rule, [1.0, 2.0], 3, 64, record, 0, None, DIVERGENCE_LIMIT, 0)


def after_three_steps(landscape):
    return float(
        tl.simulate(landscape, tl.dynamics.gd(0.1), start=[1.0, 2.0], steps=3, trajectories=64)["loss"].mean[-1]
    )


EXPECTED = 0.5 * (0.9**6 + 3.0 * 4.0 * 0.7**6)


def test_kernels_of_ours_count_no_references():
    for landscape in (tl.landscapes.TwoBasins.example(), tl.landscapes.WideningValley(1)):
        run = run_of(landscape)
        kernel = build_kernel.__wrapped__(run.recipe())
        kernel._cache = type(njit(loss)._cache)()  # nothing from the disk
        run.batch(kernel, 0, 0)
        assert "NRT_" not in kernel.inspect_llvm(kernel.signatures[0])


def test_functions_of_points_may_make_arrays():
    landscape = tl.landscapes.from_functions(loss=loss, gradient=gradient, size=2)
    assert after_three_steps(landscape) == pytest.approx(EXPECTED, rel=1e-14)


def test_a_function_of_lanes_that_makes_an_array_is_compiled_with_counting():
    landscape = tl.landscapes.WideningValley(1)
    run = run_of(landscape, tl.Observable("weighted", weighted, landscape.parameters))
    kernel = build_kernel.__wrapped__(run.recipe())
    assert not kernel.targetoptions["_nrt"]
    output = run.batch(kernel, 0, 1)
    assert kernel.targetoptions["_nrt"]
    assert output.sums[0, 0, -1, 0] == 1.0 + 3.0 * 2.0


def test_a_function_for_one_trajectory_at_a_time_is_compiled_with_counting_at_once():
    with pytest.warns(UserWarning, match="one trajectory at a time"):
        landscape = tl.landscapes.from_functions(loss=branching_loss, gradient=gradient, size=2)
    recipe = run_of(landscape).recipe()
    assert build_kernel.__wrapped__(recipe).targetoptions["_nrt"]
    assert after_three_steps(landscape) == pytest.approx(EXPECTED, rel=1e-14)


def test_compiling_leaves_the_garbage_collector_as_it_was_and_passes_errors_on():
    recipe = run_of(tl.landscapes.WideningValley(1)).recipe()
    kernel = compile_kernel(lambda x: x.no_such_attribute, recipe)
    for enabled in (True, False):
        (gc.enable if enabled else gc.disable)()
        try:
            with pytest.raises(Exception, match="no_such_attribute"):
                kernel(1.0)
            assert gc.isenabled() is enabled
        finally:
            gc.enable()
