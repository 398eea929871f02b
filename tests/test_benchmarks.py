"""The benchmark suite: contestants must agree before they are timed, rounds are interleaved, tables hold."""

from __future__ import annotations

import json

import pytest
from conftest import NOJIT

from benchmarks import figure, reference, run, suite
from benchmarks.workload import Contestant, Disagreement, Workload, check


def contestant(name, mean=1.0, variance=4.0, calls=None):
    def function(kind, trajectories, steps):
        if calls is not None:
            calls.append(name)
        return mean, variance

    return Contestant(name, function, trajectories=64, steps=10)


def workload(*contestants):
    return Workload("toy", "rademacher", 100, "nothing much", contestants)


def test_a_contestant_that_computes_something_else_is_refused():
    both = workload(contestant("toylands"), contestant("NumPy"))
    check(both, contestant("near", mean=1.2), (1.0, 4.0))
    for wrong in (1.3, float("nan")):
        with pytest.raises(Disagreement, match="far finds"):
            check(both, contestant("far", mean=wrong), (1.0, 4.0))
    with pytest.raises(Disagreement):
        run.measure(workload(contestant("toylands"), contestant("NumPy", mean=2.0)), 1, set(), None)


def test_rounds_are_interleaved_and_told():
    calls = []
    names = ("toylands", "NumPy", "NumPy tuned")
    row = run.measure(workload(*(contestant(name, calls=calls) for name in names)), 2, set(), None)
    assert calls == [*names, *names, *names, *names]  # the check, a run to warm up, two rounds
    assert [len(found["rates"]) for found in row["contestants"].values()] == [2, 2, 2]
    assert row["absent"] == {}
    text = "\n".join(run.lines(row))
    assert "toylands" in text
    assert "NumPy tuned" in text
    left = run.measure(workload(*(contestant(name) for name in names)), 1, {"NumPy"}, None)
    assert list(left["contestants"]) == ["toylands"]


def test_ratios_are_medians_of_rounds():
    row = {"contestants": {"a": {"rates": [2.0, 30.0, 4.0]}, "b": {"rates": [1.0, 10.0, 4.0]}}}
    assert run.ratio(row, "a", "b") == 2.0


def test_figure(tmp_path):
    found = {name: {"median": rate} for name, rate in (("toylands", 1e10), ("NumPy tuned", 1e8), ("stick", 2e10))}
    rows = [{"workload": "toy", "kind": "gaussian", "contestants": found}] * 3
    result = {"rows": rows, "rounds": 1, "machine": {"processor": "abacus", "threads": 2}}
    figure.draw(result, tmp_path / "speed.png")
    assert (tmp_path / "speed.png").stat().st_size > 5000


def test_wrong_usage(capsys):
    for arguments, message in ((["dance"], "no workload dance"), (["--rounds", "0"], "at least 1")):
        with pytest.raises(SystemExit) as stop:
            run.main(arguments)
        assert stop.value.code == 2
        assert message in capsys.readouterr().err


@pytest.mark.skipif(NOJIT, reason="slow without compilation")
def test_one_real_workload(capsys, tmp_path):
    """C and NumPy against the engine on the recurrence: they agree, or this raises."""
    others = ["Numba", "JAX", "PyTorch"]
    assert run.main(["recurrence", "--rounds", "1", "--without", *others, "--json", str(tmp_path / "s.json")]) == 0
    found = json.loads((tmp_path / "s.json").read_text())
    assert [row["kind"] for row in found["rows"]] == ["rademacher", "gaussian"]
    for row in found["rows"]:
        assert {"toylands", "NumPy", "NumPy tuned"} <= set(row["contestants"])
        assert ("C" in row["contestants"]) == (not reference.missing())
    assert "recurrence, gaussian:" in capsys.readouterr().out


def test_absent_contestants_have_a_reason():
    for each in suite.workloads():
        for one in each.contestants:
            assert isinstance(suite.missing(one.name), str)
