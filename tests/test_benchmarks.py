"""The benchmark suite: contestants must agree before they are timed, rounds are interleaved, tables hold."""

from __future__ import annotations

import dataclasses
import json

import pytest
from conftest import NOJIT

from benchmarks import figure, readme, run, scaling, scaling_figure, suite, targets
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


def test_points_of_the_scaling_sweeps():
    for name, make in scaling.SWEEPS.items():
        points = list(make())
        assert {point.curve for point in points} <= set(scaling.CURVES)
        for curve in {point.curve for point in points}:
            places = [point.x for point in points if point.curve == curve]
            assert places == sorted(set(places)), name
    reach = {name: (min(p.x for p in make()), max(p.x for p in make())) for name, make in scaling.SWEEPS.items()}
    assert reach["trajectories"] == (1000, 10**7)
    assert reach["dimension"] == (1, 10**4)
    assert reach["steps between records"] == (1, 1000)
    assert all(p.trajectories == p.x and p.steps >= 50 for p in scaling.trajectory_points())
    assert all(p.dim == p.x for p in scaling.dimension_points())


def test_data_caches_as_linux_tells_them(tmp_path):
    told = (("1", "Data", "32K"), ("1", "Instruction", "64K"), ("2", "Unified", "1024K"))
    for index, (level, kind, size) in enumerate(told):
        (tmp_path / f"index{index}").mkdir()
        for name, value in (("level", level), ("type", kind), ("size", size)):
            (tmp_path / f"index{index}" / name).write_text(value + "\n")
    sizes = scaling.caches(tmp_path)
    assert sizes == {"L1": 32768, "L2": 1048576}
    assert [scaling.home(dim, sizes) for dim in (1, 256, 257, 8192, 8193)] == ["L1", "L1", "L2", "L2", "beyond"]
    assert scaling.caches(tmp_path / "nowhere") == {}


@pytest.mark.skipif(NOJIT, reason="slow without compilation")
def test_scaling_is_measured_told_and_drawn(tmp_path):
    small = scaling.Point("valley, rademacher", 3, dim=3, trajectories=64, steps=20, every=10)
    points = [small, dataclasses.replace(small, x=300, dim=300)]
    limits = {"caches": {"L1": 32768}, "bytes_per_coordinate": 128,
              "draws_per_second": {"gaussian": 1e9, "rademacher": 1e11}}  # fmt: skip
    result = {"machine": {"processor": "abacus", "threads": 2}, "rounds": 2, "limits": limits,
              "sweeps": {"dimension": scaling.measure(points, 2)}}  # fmt: skip
    for point in result["sweeps"]["dimension"]:
        assert point["x"] == point["dim"]
        assert len(point["rates"]) == 2
        assert all(rate > 0 for rate in point["rates"])
    result["sweeps"]["dimension"][0]["median"], result["sweeps"]["dimension"][1]["median"] = 5e9, 4e9
    told = "\n".join(scaling.findings(result))
    assert "3: 5  300: 4" in told
    assert "100e9 signs a second; these curves come to 0.05 of it" in told
    assert "lies 5 in L1, 4 in beyond" in told
    scaling_figure.draw(result, tmp_path / "scaling.png")
    assert (tmp_path / "scaling.png").stat().st_size > 5000


def test_tables_for_the_readme(tmp_path, capsys):
    def row(name, kind, **rates):
        contestants = {who.replace("_", " "): {"median": r, "rates": [r, r]} for who, r in rates.items()}
        return {"workload": name, "kind": kind, "about": f"about {name}", "contestants": contestants, "absent": {}}

    rows = [
        row("valley", "gaussian", toylands=8e8, C=1e9, NumPy=4e7, stick=1.6e9),
        row("cycling", "sgd-1", toylands=6e8, NumPy=3e7),
    ]
    reached = targets.found(rows, run.ratio)
    machine = {"processor": "abacus", "threads": 2}
    path = tmp_path / "speed.json"
    path.write_text(json.dumps({"machine": machine, "rounds": 2, "rows": rows, "targets": reached}))
    assert readme.main([str(path)]) == 0
    told = capsys.readouterr().out.splitlines()
    assert "| valley, gaussian | 0.8 | 0.5 | 0.8 | | 20 | | |" in told
    assert "| cycling, sgd-1 | 0.6 | | | | 20 | | |" in told
    assert "| valley, gaussian | stick | 0.75 | 0.5 | missed by 33% |" in told
    assert "| cycling, sgd-1 | NumPy | 10 | 20 | met |" in told
    assert told[0].endswith("abacus, 2 threads, medians of 2 interleaved rounds.")
