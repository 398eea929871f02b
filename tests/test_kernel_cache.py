"""Kernels on disk: a second process loads what the first compiled, and nothing stale or torn is ever used."""

import os
import subprocess
import sys

import pytest

import toylands as tl
from toylands.kernels import Recipe, cache
from toylands.simd import lanes_function

PROGRAM = """
import numpy as np, toylands as tl
process = tl.landscapes.LinearRecurrence(3, 0.5)
run = tl.simulate(process, tl.dynamics.gd(1.0), start=np.ones(3), steps=2, trajectories=64)
print(run["sq_norm"].mean[-1])
"""


def recipe(observable):
    kernels = tl.landscapes.LinearRecurrence.kernels
    return Recipe(kernels, "rademacher", False, False, ((observable, None),), None, False)


def run_once(folder):
    environment = {**os.environ, "TOYLANDS_CACHE": str(folder)}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)


def test_second_process_reads_what_the_first_wrote_and_survives_damage(tmp_path):
    assert run_once(tmp_path) == 3 / 16
    files = sorted(tmp_path.iterdir())
    assert len(files) == 2  # the kernel, and what merges blocks
    before = [file.stat().st_ino for file in files]
    assert run_once(tmp_path) == 3 / 16
    assert [file.stat().st_ino for file in files] == before  # read, not written again
    for file in files:
        file.write_bytes(b"torn")
    assert run_once(tmp_path) == 3 / 16
    assert all(file.stat().st_size > 1000 for file in files)  # compiled anew


def test_a_users_function_is_never_kept():
    @lanes_function
    def mine(w, p):
        return w[0]

    assert cache.identity(recipe(mine)) is None
    shipped = tl.landscapes.LinearRecurrence(2, 0.5).sq_norm.kernel
    assert "linear_recurrence:_sq_norm" in cache.identity(recipe(shipped))


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="the system knows no owners")
def test_a_folder_that_others_can_write_to_is_not_read(tmp_path):
    tmp_path.chmod(0o700)
    assert cache.is_private(tmp_path)
    tmp_path.chmod(0o777)
    assert not cache.is_private(tmp_path)


def test_kernels_that_nobody_loads_are_removed(tmp_path):
    old, new = tmp_path / "old.kernel", tmp_path / "new.kernel"
    for path in (old, new):
        path.write_bytes(b"")
    os.utime(old, (0, 0))
    cache._prune(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["new.kernel"]


@pytest.mark.parametrize("word", ["off", "0", "No"])
def test_off(monkeypatch, word):
    monkeypatch.setenv("TOYLANDS_CACHE", word)
    assert cache.folder() is None


def test_an_unwritable_folder_is_no_error(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert run_once(blocked) == 3 / 16
