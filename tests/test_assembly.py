"""The inner loops of the main kernels hold full-width vector code, and the check would notice if they did not."""

from __future__ import annotations

import platform

import numpy as np
import pytest
from conftest import NOJIT
from numba import types
from numba.core.caching import NullCache
from numba.extending import intrinsic

import toylands as tl
from toylands import assembly
from toylands.ensemble import DIVERGENCE_LIMIT
from toylands.kernels import build_kernel
from toylands.observables import Observable
from toylands.prepared import prepare
from toylands.simd import lanes_function, splat
from toylands.simd.values import floats

RECURRENCE, VALLEY = tl.landscapes.LinearRecurrence(100, 0.9), tl.landscapes.WideningValley(100)
SEPARABLE_DEPTH = 6  # blocks, groups of vectors, stretches, vectors, groups of coordinates, steps

needs_compiler = pytest.mark.skipif(NOJIT, reason="nothing is compiled")


def loops_of(landscape, noise, *observables):
    """A kernel compiled here and now (one from the disk has no assembly), and its innermost loops."""
    rule = tl.dynamics.anti_pgd(0.1, 0.1, noise=noise)
    start = np.zeros(landscape.size)
    run = prepare(landscape, rule, start, 1, 64, tl.record(*observables), 0, None, DIVERGENCE_LIMIT, 0)
    kernel = build_kernel.__wrapped__(run.recipe())
    kernel._cache = NullCache()
    run.batch(kernel, 0, 0)
    return kernel, assembly.kernel_loops(kernel)


def computing(loops):
    return [loop for loop in loops if loop.computes]


@needs_compiler
@pytest.mark.parametrize(
    ("landscape", "observable", "noise"),
    [
        (RECURRENCE, RECURRENCE.sq_norm, tl.noise.rademacher),
        (RECURRENCE, RECURRENCE.sq_norm, tl.noise.gaussian),
        (VALLEY, VALLEY.hessian_trace, tl.noise.rademacher),
        (VALLEY, VALLEY.hessian_trace, tl.noise.gaussian),
        (RECURRENCE, RECURRENCE.sq_norm, tl.noise.gaussian_float32),
        (VALLEY, VALLEY.hessian_trace, tl.noise.gaussian_float32),
    ],
    ids=lambda value: getattr(value, "name", type(value).__name__),
)
def test_every_inner_loop_of_the_main_kernels_is_full_width_vector_code(landscape, observable, noise):
    kernel, loops = loops_of(landscape, noise, observable)
    if platform.machine() in ("x86_64", "AMD64"):
        assert assembly.register(kernel) in ("zmm", "ymm"), "no AVX2: the registers are not what the engine is made for"
    for loop in computing(loops):
        assert loop.full_width, loop
        assert loop.scalar <= 1, loop  # kappa sigma_k
    fused = max(computing(loops), key=lambda loop: loop.fused)
    # two steps of eight coordinates, eight unrolled updates, or a Box-Muller transform
    assert fused.fused >= 8
    steps = [loop for loop in loops if loop.depth >= 4]  # blocks, vectors, steps, coordinates
    assert any(loop.fused for loop in steps)
    if landscape is RECURRENCE and noise is tl.noise.rademacher:
        assert max(loop.depth for loop in steps if loop.fused) == SEPARABLE_DEPTH


@needs_compiler
@pytest.mark.parametrize("landscape", [RECURRENCE, VALLEY], ids=lambda value: type(value).__name__)
def test_float32_normals_are_computed_in_whole_vectors_of_float32(landscape):
    """The loop that updates the coordinates holds a float32 Box-Muller of full width, and the doubles' updates."""
    _, loops = loops_of(landscape, tl.noise.gaussian_float32, next(iter(landscape.observables.values())))
    box_muller = max(loops, key=lambda loop: loop.singles)
    # the logarithm's 9 multiply-adds, cosine and sine with 7, u, q, angle, the products, the square root
    assert box_muller.singles >= 25
    assert box_muller.fused >= 8
    assert box_muller.full_width
    _, loops = loops_of(landscape, tl.noise.gaussian, next(iter(landscape.observables.values())))
    assert max(loop.singles for loop in loops) == 0


@intrinsic
def lane(typingctx, x, index):
    """One lane as a scalar."""

    def codegen(context, builder, signature, args):
        return builder.extract_element(*args)

    return types.float64(floats, types.intp), codegen


@lanes_function
def sq_norm_lane_by_lane(w, p):
    """|w|^2 of a trajectory at a time: what a kernel must not become."""
    total = 0.0
    for j in range(p.dim):
        for i in range(8):
            x = lane(w[j], i)
            total += x * x
    return splat(total)


@needs_compiler
def test_an_observable_written_scalar_is_caught():
    observable = Observable("scalar", sq_norm_lane_by_lane, RECURRENCE.parameters)
    _, loops = loops_of(RECURRENCE, tl.noise.rademacher, observable)
    found, full = assembly.summary(loops)
    assert full < found
    worst = max(loops, key=lambda loop: loop.scalar)
    assert worst.scalar > 1
    assert not worst.full_width


X86 = """
kernel:
	pushq	%rbx
	je	.LBB0_4
.LBB0_1:
	xorl	%eax, %eax
.LBB0_2:                                # inner
	vfmadd231pd	(%rdi,%rax), {register}, {register}
	{instruction}
	addq	$64, %rax
	jne	.LBB0_2
	decq	%rcx
	jne	.LBB0_1
.LBB0_4:
	vmulsd	%xmm0, %xmm1, %xmm0
	retq
.Lfunc_end0:
other:
.LBB1_1:
	jmp	.LBB1_1
.Lfunc_end1:
"""
ARM = """
kernel:
.LBB0_1:
	mov	x8, xzr
.LBB0_2:                                // inner
	fmla	v0.2d, v1.2d, v2.2d
	{instruction}
	cbnz	x8, .LBB0_2
	b.ne	.LBB0_1
	ret
.Lfunc_end0:
"""


@pytest.mark.parametrize(
    ("register", "instruction", "good", "field"),
    [
        ("%zmm0", "vmulpd %zmm0, %zmm1, %zmm2", True, "packed"),
        ("%zmm0", "vpaddq %xmm0, %xmm1, %xmm2", True, "fused"),
        ("%zmm0", "vmulps %zmm0, %zmm1, %zmm2", True, "singles"),
        ("%zmm0", "vmulps %ymm0, %ymm1, %ymm2", False, "narrow"),
        ("%zmm0", "vmulss %xmm0, %xmm1, %xmm2\n\tvmulss %xmm0, %xmm1, %xmm2", False, "scalar"),
        ("%zmm0", "vmulpd %ymm0, %ymm1, %ymm2", False, "narrow"),
        ("%ymm0", "nop", False, "narrow"),
        ("%zmm0", "callq *%rax", False, "calls"),
        ("%zmm0", "vaddsd %xmm0, %xmm1, %xmm1\n\tvfnmadd213sd %xmm0, %xmm1, %xmm1", False, "scalar"),
        ("%zmm0", "vaddpd %zmm0, %zmm1, %zmm1\n\tvmulsd %xmm0, %xmm1, %xmm1", True, "scalar"),
        (
            "%zmm0",
            "vextractf128 $1, %ymm0, %xmm1\n\tvaddpd %zmm0, %zmm1, %zmm1\n\tvmulsd %xmm0, %xmm1, %xmm1",
            False,
            "extracts",
        ),
    ],
)
def test_x86_loops_are_told_apart(register, instruction, good, field):
    (loop,) = assembly.inner_loops(X86.format(register=register, instruction=instruction), "kernel", 64)
    assert (loop.label, loop.depth, loop.full_width) == (".LBB0_2", 2, good)
    assert getattr(loop, field) >= 1


@pytest.mark.parametrize(
    ("instruction", "good", "field"),
    [
        ("fadd v0.2d, v1.2d, v2.2d", True, "packed"),
        ("fadd v0.2s, v1.2s, v2.2s", True, "fused"),
        ("fadd v0.4s, v1.4s, v2.4s", True, "singles"),
        ("fadd s0, s1, s2\n\tfadd s0, s0, s1", False, "scalar"),
        ("fmadd d0, d1, d2, d3\n\tfadd d0, d0, d1", False, "scalar"),
        ("bl fma", False, "calls"),
    ],
)
def test_arm_loops_are_told_apart(instruction, good, field):
    (loop,) = assembly.inner_loops(ARM.format(instruction=instruction), "kernel", 16)
    assert (loop.label, loop.depth, loop.full_width) == (".LBB0_2", 2, good)
    assert getattr(loop, field) >= 1


def test_a_missing_function_is_named():
    with pytest.raises(ValueError, match="'nowhere'"):
        assembly.inner_loops(ARM, "nowhere", 16)
