"""Results: labels, equality, files, merging, other forms."""

import doctest
import json
import os
import signal
import sys
import threading

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from toylands.results import EnsembleResult, ResultFileError, export, series, storage, summary
from toylands.results import result as results
from toylands.results.summary import format_estimate, html_table, shown_rows, text_table
from toylands.statistics.first_passage import FirstPassage
from toylands.statistics.forest import MomentForest, Moments

STEPS = np.array([0, 5, 10])
NAMES = ("loss", "sq_norm")


def make_forest(blocks: range, passage: bool, partial: int = 0, lost: int = 0) -> MomentForest:
    forest = MomentForest(len(STEPS), len(NAMES), first_passage=passage)
    for b in [*blocks, blocks.stop] if partial else blocks:
        rng = np.random.default_rng(b)
        size = partial if b == blocks.stop else 64
        samples = rng.normal(10.0, 1.0, (64, len(STEPS), len(NAMES)))[:size]
        sides = rng.integers(-1, 2, 64)[:size]
        samples[:lost, -1] = np.nan
        diverged = [0, 0, lost]
        exits = FirstPassage.from_exits(rng.integers(0, 1000, 64)[:size], sides) if passage else None
        moments = Moments.from_samples(samples)
        if size < 64:
            forest.set_partial(b, size, moments, diverged, exits)
        else:
            forest.insert(b, moments, diverged, exits)
    return forest


def make_result(blocks: range = range(4), passage: bool = True, partial: int = 0, lost: int = 0, **changes):
    fields = dict(
        observables=NAMES,
        steps=STEPS,
        forest=make_forest(blocks, passage, partial, lost),
        steps_total=10,
        seed=2**64 - 1,
        end_condition="trajectories",
        landscape={"name": "Valley", "parameters": {"rho": np.array([0.5, 0.25]), "dim": np.int64(3)}},
        rule={"name": "anti_pgd", "eta": 0.1, "stop": float("inf")},
        start=[0.1, 1.0],
        fingerprint="ab" * 32,
        version="0.1.0",
        elapsed=1.5,
    )
    return EnsembleResult(**{**fields, **changes})


@pytest.mark.parametrize("module", [export, results, series, storage, summary])
def test_examples_in_the_documentation(module):
    assert doctest.testmod(module).failed == 0


# --- labels ------------------------------------------------------------------------------------------------------


def test_series_are_columns_of_the_moments():
    run = make_result()
    total = make_forest(range(4), True).total()
    for i, name in enumerate(run):
        one = run[name]
        assert one.name == name
        assert one.steps.tolist() == STEPS.tolist()
        for stat in ("mean", "variance", "stderr", "variance_stderr", "minimum", "maximum", "count"):
            np.testing.assert_array_equal(getattr(one, stat), getattr(total, stat)[:, i])
    assert "loss" in run
    assert run.trajectories == 256
    assert run.diverged.tolist() == [0, 0, 0]
    assert run.first_passage.trajectories == 256


def test_everything_is_read_only():
    run = make_result()
    for array in (run.steps, run.diverged, *(getattr(run["loss"], s) for s in export.STATISTICS), run["loss"].steps):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(AttributeError):
        run.seed = 1
    with pytest.raises(ValueError, match="frozen"):
        run.forest.insert(9, Moments.empty(run.forest.shape))


def test_the_result_does_not_follow_later_insertions():
    forest = make_forest(range(4), False)
    run = make_result(forest=forest)
    forest.insert(4, Moments.empty(forest.shape))
    assert run.trajectories == 256


def test_unknown_observable_lists_the_known_and_the_closest():
    with pytest.raises(KeyError, match=r"'loss', 'sq_norm'; got 'sqnorm' \(did you mean 'sq_norm'\?\)"):
        make_result()["sqnorm"]


def test_where_nothing_is_left_the_mean_is_nan():
    run = make_result(lost=64)
    one = run["loss"]
    assert np.isnan([one.mean[-1], one.minimum[-1], one.maximum[-1], one.stderr[-1]]).all()
    assert np.isfinite(one.mean[:-1]).all()
    assert one.count.tolist() == [256, 256, 0]


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        (dict(steps=[0, 5, 5]), ValueError, "steps must be a vector of increasing integers"),
        (dict(observables=("loss", "loss")), ValueError, "observables must be different names"),
        (dict(observables=("loss",)), ValueError, r"forest must have shape \(3, 1\), got \(3, 2\)"),
        (dict(end_condition="bored"), ValueError, "end_condition must be one of"),
        (dict(seed=-1), ValueError, "seed must be an integer"),
        (dict(rule={"f": print}), TypeError, "rule must hold what JSON can hold, got <built-in function print>"),
    ],
)
def test_parts_that_do_not_fit(changes, kind, message):
    with pytest.raises(kind, match=message):
        make_result(**changes)


def test_equality_is_bitwise_and_ignores_the_time_it_took():
    assert make_result() == make_result(elapsed=99.0)
    for changes in (dict(seed=1), dict(blocks=range(5)), dict(rule={"name": "pgd"}), dict(end_condition="precision")):
        assert make_result() != make_result(**changes)
    assert make_result() != make_result(passage=False)


# --- warnings and text -------------------------------------------------------------------------------------------


def test_divergence_and_early_ends_are_said():
    quiet = make_result()
    assert quiet.warning == ""
    assert quiet.complete
    loud = make_result(lost=3, end_condition="interrupted")
    assert "12 of 256 trajectories diverged" in loud.warning
    assert "ended early (interrupted), after 256 trajectories" in loud.warning
    assert not loud.complete
    for text in (repr(loud), loud._repr_html_()):
        assert "warning: 12 of 256 trajectories diverged" in text
        assert "interrupted" in text


def test_repr_shows_what_was_run_and_the_digits_that_count():
    text = repr(make_result())
    for part in ("Valley x anti_pgd", "256 trajectories of 10 steps", f"seed {2**64 - 1}", "first passage", "sq_norm"):
        assert part in text
    one = make_result()["loss"]
    assert format_estimate(one.mean[-1], one.stderr[-1]) in text
    assert "loss" in repr(one)
    assert format_estimate(one.variance[0], one.variance_stderr[0]) in repr(one)
    assert "EnsembleResult" in repr(make_result(forest=MomentForest(3, 2)))
    nothing = MomentForest(3, 0)
    assert "EnsembleResult" in repr(make_result(observables=(), forest=nothing))


def test_html_is_escaped():
    run = make_result(landscape={"name": "<script>alert(1)</script>"})
    assert "<script>" not in run._repr_html_()
    assert "&lt;script&gt;" in run._repr_html_()
    assert "<b>" not in html_table("<b>", [["<b>"], ["<b>"]], ["<b>"])


@pytest.mark.parametrize(
    ("value", "stderr", "text"),
    [
        (12.34567, 0.0512, "12.346 ± 0.051"),
        (0.0, 0.01, "0.000 ± 0.010"),
        (-3.0, 25.0, "-3 ± 25"),
        (1234.5, 120.0, "(1.23 ± 0.12)e+03"),
        (1e-9, 2e-11, "(1.000 ± 0.020)e-09"),
        (1.0, 1e-17, "1.000000000000000000 ± 0.000000000000000010"),
        (np.nan, np.nan, "nan"),
        (2.5, np.nan, "2.5 ± ?"),
        (2.5, 0.0, "2.5"),
        (-1e-300, 1e-301, "(-1.00 ± 0.10)e-300"),
    ],
)
def test_digits(value, stderr, text):
    assert format_estimate(value, stderr) == text


@given(st.floats(allow_nan=True, allow_infinity=True), st.floats(min_value=0, allow_infinity=True))
def test_digits_never_fail(value, stderr):
    assert format_estimate(value, stderr)


def test_tables():
    assert text_table([["a", "bb"], ["ccc", "d"]], "") == "a    bb\nccc   d"
    assert shown_rows(3) == [0, 1, 2]
    assert shown_rows(100) == [0, 1, 2, 3, None, 97, 98, 99]


# --- files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("passage", [False, True])
@pytest.mark.parametrize("partial", [0, 17])
def test_saved_and_loaded_is_equal(tmp_path, passage, partial):
    run = make_result(passage=passage, partial=partial, end_condition="interrupted", lost=2)
    where = run.save(tmp_path / "run.v1")
    assert where == tmp_path / "run.v1.npz"
    again = EnsembleResult.load(where)
    assert again == run
    assert again.elapsed == run.elapsed
    assert again.first_passage == run.first_passage
    assert again.rule["stop"] == float("inf")
    assert os.listdir(tmp_path) == ["run.v1.npz"]
    assert again.save(tmp_path / "other.npz").read_bytes() == where.read_bytes()


@given(data=st.data())
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
def test_any_blocks_and_values_survive_a_file(tmp_path, data):
    numbers = st.floats(allow_nan=True, allow_infinity=True)
    forest = MomentForest(3, 2)
    for b in data.draw(st.sets(st.integers(0, 10), max_size=4)):
        sample = [data.draw(numbers) for _ in range(12)]
        forest.insert(b, Moments.from_samples(np.reshape(sample, (2, 3, 2))))
    run = make_result(forest=forest)
    assert EnsembleResult.load(run.save(tmp_path / "run")) == run


def test_an_interrupted_save_leaves_the_old_file(tmp_path, monkeypatch):
    where = make_result().save(tmp_path / "run.npz")
    before = where.read_bytes()
    for problem in (KeyboardInterrupt, OSError):

        def fail(file, problem=problem, **arrays):
            file.write(b"half")
            raise problem

        monkeypatch.setattr(np, "savez", fail)
        with pytest.raises(problem):
            make_result(range(9)).save(where)
        assert where.read_bytes() == before
        assert os.listdir(tmp_path) == ["run.npz"]


def test_damaged_files_are_refused_or_harmless(tmp_path):
    run = make_result()
    where = run.save(tmp_path / "run.npz")
    good = where.read_bytes()
    rng = np.random.default_rng(0)
    for position in [*rng.integers(0, len(good), 60), *rng.integers(len(good) - 2000, len(good), 60)]:
        bad = bytearray(good)
        bad[position] ^= 1 << int(rng.integers(8))
        where.write_bytes(bytes(bad))
        try:
            assert EnsembleResult.load(where) == run  # a flag or a date that nobody reads
        except ResultFileError as refusal:
            assert "run.npz" in str(refusal)  # noqa: PT017
    for size in (0, 10, len(good) // 2, len(good) - 1):
        where.write_bytes(good[:size])
        with pytest.raises(ResultFileError, match="not an intact"):
            EnsembleResult.load(where)


def test_foreign_newer_and_inconsistent_files_are_told_apart(tmp_path):
    path = tmp_path / "x.npz"
    with pytest.raises(FileNotFoundError):
        EnsembleResult.load(path)
    np.savez(path, a=np.zeros(3))
    with pytest.raises(ResultFileError, match="not a result saved by toylands"):
        EnsembleResult.load(path)
    np.save(tmp_path / "y.npy", np.zeros(3))
    with pytest.raises(ResultFileError, match="not an intact"):
        EnsembleResult.load(tmp_path / "y.npy")
    np.savez(path, metadata=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ResultFileError, match="pickle"):
        EnsembleResult.load(path)
    make_result().save(path)
    arrays = dict(np.load(path))
    header = json.loads(str(arrays["metadata"]))

    def rewrite(**changes):
        np.savez(path, **{**arrays, "metadata": np.array(json.dumps({**header, **changes}))})

    rewrite(format=2, version="9.0")
    with pytest.raises(ResultFileError, match=r"written by toylands 9.0 in file format 2.*upgrade toylands"):
        EnsembleResult.load(path)
    rewrite(observables=["loss"])
    with pytest.raises(ResultFileError, match="damaged"):
        EnsembleResult.load(path)
    np.savez(path, **{name: array for name, array in arrays.items() if name != "forest_node_m2"})
    with pytest.raises(ResultFileError, match="damaged"):
        EnsembleResult.load(path)


@pytest.mark.usefixtures("ctrl_c_heard")
def test_ctrl_c_returns_what_is_finished_and_the_rest_can_follow(tmp_path):
    import toylands as tl

    process = tl.landscapes.LinearRecurrence(dim=4, rho=0.5)
    rule = tl.dynamics.pgd(eta=1.0, sigma=1.0)

    def simulate(trajectories, resume=None):
        return tl.simulate(
            process,
            rule,
            start=np.zeros(4),
            steps=1000,
            trajectories=trajectories,
            record=tl.record(process.sq_norm, at=[0, 1000]),
            first_passage=tl.exit_region(process.sq_norm, above=20.0),
            resume=resume,
            batch_blocks=3,
        )

    simulate(64)  # compiles
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    run = simulate(10**9)
    assert run.end_condition == "interrupted"
    assert "ended early (interrupted)" in repr(run)
    assert 0 < run.trajectories < 10**9
    assert run["sq_norm"].count.tolist() == [run.trajectories] * 2
    more = run.trajectories + 100
    again = EnsembleResult.load(run.save(tmp_path / "run"))
    assert simulate(more, resume=again) == simulate(more)


# --- merging -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_merged_is_one_run_bit_for_bit(tmp_path, cut):
    whole = make_result(range(4), partial=9, elapsed=3.0)
    first, second = make_result(range(cut)), make_result(range(cut, 4), partial=9)
    reloaded = EnsembleResult.load(second.save(tmp_path / "second"))
    assert first.merge(reloaded) == whole == reloaded.merge(first)
    assert first.merge(second).elapsed == 3.0


def test_merging_keeps_the_mark_of_an_interruption():
    left, right = make_result(range(2), end_condition="interrupted"), make_result(range(2, 4))
    assert left.merge(right).end_condition == right.merge(left).end_condition == "interrupted"


def test_what_does_not_belong_together_is_not_merged():
    with pytest.raises(ValueError, match="other must be of the same landscape"):
        make_result(range(2)).merge(make_result(range(2, 4), fingerprint="cd" * 32))
    with pytest.raises(ValueError, match="other must hold other blocks"):
        make_result(range(2)).merge(make_result(range(1, 4)))
    with pytest.raises(TypeError, match="other must be an EnsembleResult, got int"):
        make_result().merge(3)


# --- other forms -------------------------------------------------------------------------------------------------


def test_to_dict_is_json():
    plain = json.loads(json.dumps(make_result(lost=1).to_dict()))
    assert plain["observables"]["loss"]["mean"] == make_result(lost=1)["loss"].mean.tolist()
    assert plain["diverged"] == [0, 0, 4]
    assert plain["first_passage"]["count"] + plain["first_passage"]["inside"] == 256
    assert plain["landscape"]["parameters"]["rho"] == [0.5, 0.25]


def test_to_xarray(tmp_path):
    pytest.importorskip("xarray")
    run = make_result()
    data = run.to_xarray()
    one = data["mean"].sel(observable="sq_norm")
    assert one.sel(step=5).item() == run["sq_norm"].mean[1]
    assert data["stderr"].attrs["long_name"] == "standard error of the mean"
    assert data["diverged"].dims == ("step",)
    assert data.attrs["seed"] == str(2**64 - 1)
    assert json.loads(data.attrs["landscape"])["name"] == "Valley"
    assert all(isinstance(value, (str, int, float)) for value in data.attrs.values())


def test_to_xarray_without_xarray_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(ImportError, match=r"pip install 'toylands\[io\]'"):
        make_result().to_xarray()


def test_plot():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    run = make_result()
    assert run.plot("loss").get_ylabel() == "loss"
    assert [ax.get_ylabel() for ax in run.plot()] == ["loss", "sq_norm"]
    with pytest.raises(KeyError, match="observable must be one of"):
        run.plot("los")
    plt.close("all")
