"""The benchmark suite: contestants must agree before they are timed, rounds are interleaved, tables hold."""

from __future__ import annotations

import dataclasses
import json

import pytest
from conftest import NOJIT

from benchmarks import figure, run, suite, targets
from benchmarks.workload import Contestant, Disagreement, Workload, check, show


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
    """The table, the JSON and the targets of cycling, the fastest to run."""
    arguments = ["cycling", "--rounds", "1", "--without", "Numba", "JAX", "--json", str(tmp_path / "s.json")]
    assert run.main(arguments) == 0
    found = json.loads((tmp_path / "s.json").read_text())
    (row,) = found["rows"]
    assert (row["workload"], row["kind"]) == ("cycling", "sgd-1")
    assert list(row["contestants"]) == ["toylands", "NumPy"]
    (target,) = found["targets"]
    assert target["found"] == run.ratio(row, "toylands", "NumPy")
    told = capsys.readouterr().out
    assert "cycling, sgd-1:" in told
    assert "cycling, sgd-1, over NumPy" in told


COMPILED = [
    ("valley", "rademacher", 512, 100),
    ("two-basins", "covariance", 512, 100),
    ("regression", "gaussian", 512, 100),
]
PLAIN = [
    ("recurrence", "rademacher", 64, 100),
    ("recurrence", "gaussian_float32", 64, 100),
    ("two-basins", "constant", 64, 50),
    ("two-basins", "diagonal", 64, 50),
    ("two-basins", "leading-1", 64, 50),
    ("two-basins", "hessian-2", 64, 50),
    ("two-basins", "eigenvector", 64, 50),
    ("two-basins", "sgd", 64, 100),
    ("regression", "sgd-1", 64, 100),
    ("matrix-sensing", "20x100", 64, 3),
    ("exits", "rademacher", 64, 50),
    ("expression", "rademacher", 64, 100),
]


@pytest.mark.nojit
@pytest.mark.parametrize(("name", "kind", "trajectories", "steps"), PLAIN if NOJIT else COMPILED)
def test_numpy_and_c_agree_with_the_engine(name, kind, trajectories, steps):
    """A mean is refused that is off by 0.38 standard deviations (512 trajectories), by 1.06 without JIT (64)."""
    (each,) = [w for w in suite.workloads() if (w.name, w.kind) == (name, kind)]
    small = dataclasses.replace(each, check_size=(trajectories, steps))
    expected = show(small, small.contestants[0])
    others = [c for c in small.contestants if c.name.startswith(("C", "NumPy")) and not suite.missing(c.name)]
    assert len(others) >= 1
    for one in others:
        check(small, one, expected)
    shifted = expected[0] + 20 * (2 * expected[1] / trajectories) ** 0.5, expected[1]
    with pytest.raises(Disagreement):
        check(small, others[0], shifted)


def test_targets_are_of_workloads_that_there_are():
    known = {(w.name, w.kind): {c.name for c in w.contestants} | ({"stick"} if w.stick else set())
             for w in suite.workloads()}  # fmt: skip
    for target in targets.TARGETS:
        assert target.contestant in known[target.workload, target.kind]
    assert len(set(targets.TARGETS)) == len(targets.TARGETS)


def test_targets_met_and_missed():
    rows = [{"workload": "valley", "kind": "gaussian", "contestants": {"toylands": {}, "JAX": {}}}]
    for ratio, expected in ((10.0, "10.00  met"), (7.5, "7.50  missed by 25%")):
        reached = targets.found(rows, lambda row, above, below, ratio=ratio: ratio)
        assert [(t["contestant"], t["least"], t["found"]) for t in reached] == [("JAX", 10.0, ratio)]
        assert targets.lines(reached)[1].endswith(expected)


def test_absent_contestants_have_a_reason():
    for each in suite.workloads():
        for one in each.contestants:
            assert isinstance(suite.missing(one.name), str)
