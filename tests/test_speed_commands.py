"""`toylands warmup` and `toylands bench`: every combination is there, kernels are kept, rows tell what was measured."""

from __future__ import annotations

import json

import llvmlite.binding as llvm
import numba
import pytest
from conftest import NOJIT

from toylands import bench, catalogue, combinations, warmup
from toylands.cli import main

ALL = list(combinations.combinations())
ONE = [next(c for c in ALL if (c.landscape_name, c.rule.name, c.noise) == ("LinearRecurrence", "gd", "none"))]

needs_compiler = pytest.mark.skipif(NOJIT, reason="nothing is compiled")


def test_every_landscape_meets_every_rule_that_applies():
    found = {(c.landscape_name, c.rule.name, c.noise) for c in ALL}
    assert len(found) == len(ALL)
    names = [each.__name__ for each in catalogue.landscape_classes()]
    everywhere = {("gd", "none"), ("gld", "gaussian"), ("euler_maruyama", "gaussian")}
    everywhere |= {(r, n) for r in ("pgd", "anti_pgd", "correlated_pgd") for n in ("rademacher", "gaussian")}
    for name in names:
        assert everywhere <= {(rule, noise) for landscape, rule, noise in found if landscape == name}, name
    assert {rule for _, rule, _ in found} == {name for name, _ in catalogue.list_rules()}
    assert {landscape for landscape, rule, _ in found if rule == "exact_ornstein_uhlenbeck"} == {"QuadraticBowl"}


@pytest.mark.parametrize("each", [c for c in ALL if c.rule.name == "gd"], ids=lambda c: c.landscape_name)
def test_runs_neither_diverge_nor_die(each):
    """Diverged trajectories are left out and subnormal numbers are slow: no such run should be measured."""
    w = each.start
    for _ in range(20):
        w = w - each.rule.eta * each.landscape.gradient(w)
    assert 1e-3 < abs(w).max() < 10
    assert each.record(250).steps(250).tolist() == [0, 100, 200, 250]


def test_no_place_to_keep_kernels_is_an_error(monkeypatch, capsys):
    monkeypatch.setenv("TOYLANDS_CACHE", "off")
    assert main(["warmup"]) == 1
    assert "TOYLANDS_CACHE is off" in capsys.readouterr().err


@needs_compiler
def test_warmup_keeps_kernels(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(warmup, "combinations", lambda: iter(ONE))
    monkeypatch.setenv("TOYLANDS_CACHE", str(tmp_path / "kernels"))
    assert main(["warmup"]) == 0
    first, last = capsys.readouterr().out.splitlines()
    assert "compiled" in first
    assert "LinearRecurrence, none: gd" in first
    assert last == f"1 kernels, 1 of them compiled now, are kept in {tmp_path / 'kernels'}"
    (file,) = (tmp_path / "kernels").iterdir()
    before = file.stat().st_size
    assert main(["warmup", "--quiet"]) == 0
    assert capsys.readouterr().out.startswith("1 kernels, 0 of them compiled now")
    assert file.stat().st_size == before
    assert main(["warmup", "--quick"]) == 0
    assert capsys.readouterr().out.startswith("0 kernels")
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("TOYLANDS_CACHE", str(tmp_path / "file"))
    assert main(["warmup"]) == 1
    assert "cannot be kept" in capsys.readouterr().err


@needs_compiler
def test_bench_measures_and_looks_at_the_code(monkeypatch, capsys, tmp_path):
    chosen = [c for c in ALL if c.landscape_name == "LinearRecurrence" and c.rule.name == "anti_pgd"]
    monkeypatch.setattr(bench, "combinations", lambda: iter([*ONE, *chosen[:1]]))
    monkeypatch.setattr(bench, "_SECONDS", 0.01)
    assert main(["bench", "--all", "--rounds", "2", "--json", str(tmp_path / "rates.json")]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].endswith(f"numba {numba.__version__}, llvm {'.'.join(map(str, llvm.llvm_version_info))}")
    assert [line.split()[:3] for line in out[-2:]] == [["LinearRecurrence", "100", n] for n in ("gd", "anti_pgd")]
    assert "general" in out[-2]
    assert "separable" in out[-1]
    assert all("yes, " in line for line in out[-2:])
    written = json.loads((tmp_path / "rates.json").read_text())
    assert written["machine"]["threads"] >= 1
    for row in written["rows"]:
        assert row["full_width_loops"] == row["inner_loops"] > 0
        assert len(row["rates"]) == 2
        assert min(row["rates"]) <= row["rate"] <= max(row["rates"])


def test_default_is_one_rule_a_landscape(monkeypatch):
    monkeypatch.setattr(bench, "_look", lambda each, seen: bench.Measured(each, "general", "zmm", 2, 1, rates=[2e9]))
    monkeypatch.setattr(bench.Measured, "calibrate", lambda self: None)
    monkeypatch.setattr(bench.Measured, "run", lambda self: 3e9)
    rows = bench.bench(rounds=1)
    assert {row.combination.rule.name for row in rows} == {"anti_pgd"}
    assert len(rows) == len(combinations.NOISES) * len(catalogue.landscape_classes())
    lines = bench.table(rows)
    assert len(lines) == 1 + len(catalogue.landscape_classes())
    assert all("3.000" in line and "NO, 1 of 2 zmm" in line for line in lines[1:])


def test_rounds_are_interleaved():
    order = []
    found = bench.interleave([lambda: order.append("a") or 1.0, lambda: order.append("b") or 2.0], rounds=2)
    assert order == ["a", "b", "a", "b"]
    assert found == [[1.0, 1.0], [2.0, 2.0]]


def test_wrong_usage(capsys, tmp_path):
    assert main(["bench", "--rounds", "0"]) == 2
    assert "--rounds" in capsys.readouterr().err
    assert main(["bench", "--json", str(tmp_path / "no" / "file")]) == 2
    with pytest.raises(ValueError, match="rounds = 0"):
        bench.bench(rounds=0)
