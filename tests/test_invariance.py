"""Rung g: the same seed gives the same bits, whatever the threads, the batches, the interruptions and the restarts."""

import itertools
import math

import numpy as np
import pytest
from conftest import NOJIT

import toylands as tl
from toylands import dynamics, ensemble, prepared
from toylands.batches import batch_size
from toylands.landscapes import LinearRecurrence, QuadraticRegression, TwoBasins, WideningValley

pytestmark = pytest.mark.nojit
STEPS = 6 if NOJIT else 70
WHOLE = (3 if NOJIT else 9) * 64 + 22  # the last block is partial
PART = 64 + 36  # one block and a part

VALLEY, START = WideningValley(3), np.array([0.6, 0.8, 1.0, 0.5])
PROCESS = LinearRecurrence(3, tl.noise.Uniform(0.2, 1.1))
REGRESSION = QuadraticRegression.random(samples=9, dim=5, sparsity=2, test_samples=3, seed=1)
BASINS = TwoBasins(np.random.default_rng(3).normal(size=(7, 2)) * 0.3)


def valley(trajectories=WHOLE, **settings):
    """The combination that test_ensemble.py compares with naive paths: statistics and first passages."""
    arguments = {
        "start": START,
        "steps": STEPS,
        "record": tl.record(VALLEY.loss, VALLEY.hessian_trace, every=2 if NOJIT else 10),
        "first_passage": tl.exit_region(VALLEY.loss, below=0.02, above=0.4),
        "seed": 8,
        **settings,
    }
    return tl.simulate(VALLEY, dynamics.anti_pgd(0.05, 0.1, first="stationary"), trajectories=trajectories, **arguments)


def recurrence(noise):
    def run(trajectories=WHOLE, **settings):
        rule = dynamics.anti_pgd(1.0, 0.1, noise, first="stationary")
        return tl.simulate(
            PROCESS, rule, start=[1.0, 0.0, -1.0], steps=STEPS, trajectories=trajectories, **{"seed": 8, **settings}
        )

    return run


def plain(landscape, rule, start):
    """Statistics alone."""

    def run(trajectories=WHOLE, **settings):
        asked = {"record": tl.record(landscape.loss, every=2 if NOJIT else 10), "seed": 8, **settings}
        return tl.simulate(landscape, rule, start=start, steps=STEPS, trajectories=trajectories, **asked)

    return run


RUNS = {
    "valley": valley,
    "valley, two steps at once": plain(VALLEY, dynamics.anti_pgd(0.05, 0.1), START),
    "mini-batches": plain(REGRESSION, dynamics.sgd(0.05, 4, "without"), np.linspace(0.5, 1.0, 5)),
    "shaped noise": plain(BASINS, dynamics.gld_leading(0.004, rank=1, batch_size=2, refresh=3), np.array([0.9, 1.15])),
    "recurrence, rademacher": recurrence(tl.noise.rademacher),
    "recurrence, gaussian": recurrence(tl.noise.gaussian),
}


@pytest.fixture(params=RUNS)
def run(request):
    return RUNS[request.param]


@pytest.fixture(scope="module")
def references():
    return {name: simulate(threads=1, batch_blocks=1) for name, simulate in RUNS.items()}


@pytest.fixture
def reference(request, run, references):
    return next(references[name] for name in RUNS if RUNS[name] is run)


@pytest.mark.parametrize("batch_blocks", [1, 3, 100, None])
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_and_batches(run, reference, threads, batch_blocks):
    other = run(threads=threads, batch_blocks=batch_blocks)
    assert other == reference
    assert other.trajectories == WHOLE
    for name in other:
        assert other[name].mean.tobytes() == reference[name].mean.tobytes()
        assert other[name].variance_stderr.tobytes() == reference[name].variance_stderr.tobytes()


def test_other_seeds_give_other_numbers(run, reference):
    other = run(seed=9)
    for name in other:
        assert not (other[name].mean[1:] == reference[name].mean[1:]).any()


@pytest.mark.parametrize("part", [PART, 64, 7, 128])
def test_resuming_a_saved_and_loaded_part(run, reference, part, tmp_path):
    path = run(part).save(tmp_path / "part")
    loaded = tl.load(path)
    assert loaded.trajectories == part
    assert run(resume=loaded, threads=2, batch_blocks=2) == reference
    assert loaded.trajectories == part  # resuming leaves what it resumed alone


def test_resuming_what_is_complete_runs_nothing(run, reference, monkeypatch):
    monkeypatch.setattr(ensemble, "_insert", lambda *arguments: pytest.fail("a block was run again"))
    assert run(resume=reference) == reference


def test_resuming_to_fewer_trajectories_is_refused(run, reference):
    with pytest.raises(ValueError, match=f"trajectories = {WHOLE - 1} must be at least the {WHOLE}"):
        run(WHOLE - 1, resume=reference)


def test_resuming_with_other_starting_points_is_refused():
    starts = np.random.default_rng(0).uniform(0.3, 0.9, size=(WHOLE, 4))
    part = valley(PART, start=starts[:PART])
    starts[PART - 1, 0] += 1e-9
    with pytest.raises(ValueError, match="start differs"):
        valley(start=starts, resume=part)


def test_resuming_step_by_step(run, reference):
    result = None
    for trajectories in (1, 63, 64, 65, PART, 150, WHOLE):
        result = run(trajectories, resume=result)
        assert result.trajectories == trajectories
    assert result == reference


def test_splitting_and_merging(run, reference):
    cuts = [0, 64, 192, WHOLE]
    parts = [run(high - low, first_trajectory=low) for low, high in itertools.pairwise(cuts)]
    first, second, third = parts
    assert first.merge(second).merge(third) == reference
    assert third.merge(first.merge(second)) == reference
    assert third.merge(first).merge(second).forest == reference.forest
    with pytest.raises(ValueError, match="other must hold other blocks"):
        first.merge(reference)


def test_gaps_are_filled_by_resuming(run, reference):
    later = run(64, first_trajectory=128)
    assert run(resume=later) == reference


class Interrupt:
    """In place of the progress bar's update: Ctrl-C after some batches."""

    def __init__(self, after):
        self.left = after

    def __call__(self, bar, done, note=""):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("after", [1, 3])
def test_an_interrupted_run_keeps_what_is_finished_and_can_be_resumed(run, reference, monkeypatch, after, threads):
    interrupt = Interrupt(after)
    monkeypatch.setattr(ensemble.Bar, "update", lambda bar, done, note="": interrupt(bar, done, note))
    part = run(threads=threads, batch_blocks=1)
    monkeypatch.undo()
    assert part.end_condition == "interrupted"
    assert part.trajectories == 64 * after
    assert not part.complete
    assert "interrupted" in part.warning
    assert part.forest == run(64 * after).forest
    assert run(resume=part) == reference


def test_an_interruption_between_two_insertions_leaves_no_half(run, reference, monkeypatch):
    insert, calls = ensemble._insert, []

    def interrupted(*arguments):
        calls.append(arguments)
        if len(calls) == 3:
            raise KeyboardInterrupt
        insert(*arguments)

    monkeypatch.setattr(ensemble, "_insert", interrupted)
    part = run(batch_blocks=1)
    monkeypatch.undo()
    assert part.trajectories == 128
    assert run(resume=part) == reference


def test_an_interruption_before_anything_is_finished_passes_through(run, monkeypatch):
    def at_once(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(ensemble, "_insert", at_once)
    with pytest.raises(KeyboardInterrupt):
        run()


def test_errors_in_a_thread_are_not_swallowed(run, monkeypatch):
    batch = prepared.Prepared.batch

    def fails_later(self, kernel, first_block, n_blocks):
        if first_block > 0:
            raise MemoryError("no room for this batch")
        return batch(self, kernel, first_block, n_blocks)

    monkeypatch.setattr(prepared.Prepared, "batch", fails_later)
    with pytest.raises(MemoryError, match="no room"):
        run(batch_blocks=1, threads=2)


# --- one start a trajectory -------------------------------------------------------------------------------------------


def test_starts_of_their_own_split_and_resume():
    starts = np.random.default_rng(0).uniform(0.3, 0.9, size=(WHOLE, 4))
    whole = valley(start=starts, threads=1, batch_blocks=1)
    assert valley(start=starts, threads=2, batch_blocks=3) == whole
    first, second = valley(128, start=starts[:128]), valley(WHOLE - 128, start=starts[128:], first_trajectory=128)
    assert first.merge(second).forest == whole.forest
    assert valley(start=starts, resume=valley(PART, start=starts[:PART])) == whole


# --- stopping at a precision ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def target():
    # reached after a few hundred to a few thousand trajectories of |w_STEPS|^2
    return tl.precision("sq_norm", 0.2 if NOJIT else 0.1, relative=True, confidence=0.9)


@pytest.mark.parametrize("noise", [tl.noise.rademacher, tl.noise.gaussian], ids=str)
def test_a_target_is_reached_at_the_same_place(noise, target, monkeypatch):
    simulate = recurrence(noise)
    one = simulate(10**6, target=target, threads=1, batch_blocks=1)
    assert one.end_condition == "precision"
    assert 256 <= one.trajectories < 20_000
    for threads, batch_blocks in [(2, 7)] if NOJIT else [(2, 1), (1, 7), (2, 50), (2, None)]:
        assert simulate(10**6, target=target, threads=threads, batch_blocks=batch_blocks) == one
    # stopped and resumed on the way, at a place where nobody looks, and again when there is nothing left to do
    interrupt = Interrupt(3)
    monkeypatch.setattr(ensemble.Bar, "update", lambda bar, done, note="": interrupt(bar, done, note))
    part = simulate(10**6, target=target, batch_blocks=1)
    monkeypatch.undo()
    assert part.trajectories == 192
    assert simulate(10**6, target=target, resume=part) == one
    assert simulate(10**6, target=target, resume=one) == one
    assert simulate(one.trajectories) == simulate(one.trajectories, resume=part)


@pytest.mark.parametrize("steps", [1, 100, 100_000])
def test_batches_are_shared_out_evenly(steps):
    """No worker waits for another longer than a block a round takes, whatever the engine thinks of its own speed."""
    problem = tl.landscapes.MatrixSensing.random(20, 2, 10)
    rule = tl.dynamics.pgd(0.1, 0.1)
    start, record = np.zeros(problem.size), tl.record(problem.loss, every=steps)
    run = prepared.prepare(problem, rule, start, steps, 64, record, 0, None, 1e6, 0)
    for workers in (1, 2, 3, 16):
        for blocks in (0, 1, 5, 32, 33, 1000):
            size = batch_size(run, blocks, workers, None)
            rounds = math.ceil(math.ceil(blocks / size) / workers)
            assert size >= 1
            assert rounds * size <= blocks / workers + rounds
    assert batch_size(run, 32, 2, 11) == 11  # asked for
