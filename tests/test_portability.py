"""The same bits on lesser processors: the engine compiled for AVX2, for plain SSE2, and looked at as Arm code.

The kernels are compiled in processes of their own, which Numba tells that the processor is an older one. What is
promised: one seed gives the same bits whatever the vector width, with and without a multiply-add instruction, because
every fused multiply-add is written out and nothing else is contracted. Without the instruction each one is a call of
the C library's ``fma``: right, but slow. Beyond the kernels the promise ends: a covariance's factor comes from LAPACK,
the table of logarithms from the C library, and another system may round their last bits otherwise.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import llvmlite.binding as llvm
import pytest
import small_runs
from conftest import NOJIT

import toylands as tl

pytestmark = [
    pytest.mark.skipif(NOJIT, reason="nothing is compiled"),
    pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="lesser x86-64 processors run on x86-64"),
]

HOST = {name for name, present in llvm.get_host_cpu_features().items() if present}
AVX2 = "avx avx2 bmi bmi2 cx16 f16c fma lzcnt movbe popcnt sse sse2 sse3 sse4.1 sse4.2 ssse3".split()  # noqa: SIM905
LESSER = {"AVX2": ("haswell", AVX2), "SSE2": ("x86-64", ["sse", "sse2"])}
# glibc can be told to forget the instruction: then its fma is the one in software
NO_FMA = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-FMA,-FMA4"}


def start(name, folder, **more):
    """The small runs on a lesser processor, in a process of their own."""
    cpu, features = LESSER[name]
    environment = {
        **os.environ,
        "NUMBA_CPU_NAME": cpu,
        "NUMBA_CPU_FEATURES": ",".join(f"+{feature}" for feature in features),
        "TOYLANDS_CACHE": str(folder),
        **more,
    }
    program = str(Path(small_runs.__file__))
    return subprocess.Popen([sys.executable, program], env=environment, stdout=subprocess.PIPE, text=True)


def finish(process):
    out, _ = process.communicate(timeout=900)
    assert process.returncode == 0
    return json.loads(out)


@pytest.fixture(scope="module")
def everywhere(tmp_path_factory):
    """What the small runs give here, on AVX2, on SSE2, and on SSE2 with the multiply-add in software."""
    folder = tmp_path_factory.mktemp("kernels")
    lesser = {name: start(name, folder) for name, (_, features) in LESSER.items() if HOST.issuperset(features)}
    try:
        here = {
            name: small_runs.digest(tl.simulate(*two, **asked)) for name, (*two, asked) in small_runs.cases().items()
        }
        found = {name: finish(process) for name, process in lesser.items()}
    finally:
        for process in lesser.values():
            process.kill()
    found["software fma"] = finish(start("SSE2", folder, **NO_FMA))  # the same kernels, from the disk
    return {"here": {"results": here}, **found}


@pytest.mark.parametrize("processor", ["AVX2", "SSE2", "software fma"])
def test_one_seed_gives_the_same_bits(everywhere, processor):
    if processor not in everywhere:
        pytest.skip("this processor has no AVX2")
    assert everywhere[processor]["results"] == everywhere["here"]["results"]


def test_avx2_kernels_are_full_width(everywhere):
    if "AVX2" not in everywhere:
        pytest.skip("this processor has no AVX2")
    loops = everywhere["AVX2"]["loops"]
    assert set(loops) == set(small_runs.cases())
    for name, (found, full) in loops.items():
        assert found == full > 0, name


def test_without_the_instruction_multiply_adds_are_calls(everywhere):
    """The SSE2 runs above did exercise the C library's fma: their inner loops are no vector code any more."""
    for name, (found, full) in everywhere["SSE2"]["loops"].items():
        assert full < found, name


def test_arm_code_is_full_width(everywhere):
    """Not run, only generated: LLVM turns the portable form of the kernels into NEON instructions."""
    arm = everywhere["SSE2"]["arm"]
    assert set(arm) == set(small_runs.cases())
    for name, (found, full) in arm.items():
        assert found == full > 0, name
