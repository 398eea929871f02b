"""Streaming moments, the fixed merge tree, and the first-passage sketch."""

import doctest
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from toylands import validation
from toylands.statistics import central_moments, dyadic, exit_times, first_passage
from toylands.statistics import forest as moments
from toylands.statistics.exit_times import STEP_LIMIT, ExitTimes, bin_edges
from toylands.statistics.first_passage import ABOVE, BELOW, INSIDE, LOST, N_BINS, FirstPassage, bin_index
from toylands.statistics.forest import MomentForest, Moments

RECORDS, OBSERVABLES, SIZE = 2, 3, 4  # small blocks of 4 trajectories keep the property tests fast


def make_blocks(n_blocks: int, seed: int = 0, offset: float = 0.0) -> list[Moments]:
    rng = np.random.default_rng(seed)
    samples = offset + rng.standard_normal((n_blocks, SIZE, RECORDS, OBSERVABLES))
    samples[rng.random(samples.shape) < 0.1] = np.nan  # diverged: smaller, sometimes empty, counts
    return [Moments.from_samples(s) for s in samples]


def make_forest(**kwargs) -> MomentForest:
    return MomentForest(RECORDS, OBSERVABLES, block_size=SIZE, **kwargs)


def exact_moments(values: list[float]) -> tuple[Fraction, ...]:
    numbers = [Fraction(v) for v in values]
    mean = sum(numbers) / len(numbers)
    return (mean, *(sum((v - mean) ** p for v in numbers) for p in (2, 3, 4)))


@pytest.mark.parametrize("module", [validation, central_moments, dyadic, exit_times, first_passage, moments])
def test_examples_in_the_documentation(module):
    assert doctest.testmod(module).failed == 0


# --- moments -----------------------------------------------------------------------------------------------------


@given(
    hnp.arrays(np.float64, st.integers(1, 12), elements=st.floats(-100, 100, width=32)),
    st.data(),
)
def test_merged_moments_equal_exact_rational_moments(values, data):
    cut = data.draw(st.integers(0, len(values)))
    parts = [Moments.from_samples(part[:, None]) for part in (values[:cut], values[cut:])]
    merged = Moments.merge(*parts)
    exact = exact_moments(values.tolist())
    scale = max(1.0, float(np.abs(values).max()))
    for power, name in enumerate(("mean", "m2", "m3", "m4"), start=1):
        assert getattr(merged, name)[0] == pytest.approx(float(exact[power - 1]), abs=1e-11 * scale**power)
    assert merged.count[0] == len(values)
    assert (merged.minimum[0], merged.maximum[0]) == (values.min(), values.max())


def test_large_offset_costs_the_variance_no_digits():
    samples = np.random.default_rng(1).standard_normal((64, SIZE, RECORDS, OBSERVABLES))
    plain, moved = make_forest(), make_forest()
    for i, block in enumerate(samples):
        # Both ensembles are made of the same numbers, rounded as the shifted ones must be.
        high = block + 1e9
        plain.insert(i, Moments.from_samples(high - 1e9))
        moved.insert(i, Moments.from_samples(high))
    for name in ("variance", "stderr", "variance_stderr", "m3", "m4"):
        np.testing.assert_allclose(getattr(moved.total(), name), getattr(plain.total(), name), rtol=1e-6, atol=1e-5)
    # A mean of 1e9 is itself rounded to 1e-7: that is what is left of the offset, and not 1e9^2 * 1e-16 = 100.
    np.testing.assert_allclose(moved.total().variance, plain.total().variance, rtol=1e-7)


def test_the_textbook_formula_would_have_failed_that_test():
    x = 1e9 + np.random.default_rng(1).standard_normal(1000)
    assert abs((np.mean(x * x) - np.mean(x) ** 2) - np.var(x)) > 0.1


def test_empty_sides_change_nothing():
    empty = Moments.empty((RECORDS, OBSERVABLES))
    for block in make_blocks(20):
        assert Moments.merge(empty, block) == block
        assert Moments.merge(block, empty) == block
    nothing = Moments.merge(empty, empty)
    assert nothing == empty
    assert (nothing.mean == 0).all()
    assert (nothing.m2 == 0).all()
    assert (nothing.minimum == np.inf).all()
    assert (nothing.maximum == -np.inf).all()
    assert np.isnan(nothing.variance).all()
    assert np.isnan(nothing.stderr).all()
    assert np.isnan(nothing.variance_stderr).all()


def test_empty_side_survives_huge_values():
    huge = Moments.from_samples(np.array([[1e200], [-1e200]]))
    merged = Moments.merge(Moments.empty((1,)), huge)
    assert merged == huge
    assert merged.mean[0] == 0.0


def test_one_value_has_no_variance_and_two_have():
    one = Moments.from_samples(np.array([[3.0]]))
    assert np.isnan(one.variance[0])
    two = Moments.merge(one, Moments.from_samples(np.array([[5.0]])))
    assert two.variance[0] == 2.0
    assert two.stderr[0] == 1.0


def test_moments_match_scipy():
    from scipy import stats

    x = np.random.default_rng(3).gamma(2.0, size=5000)
    m = Moments.from_samples(x[:, None])
    assert m.m3[0] / 5000 / (m.m2[0] / 5000) ** 1.5 == pytest.approx(stats.skew(x), rel=1e-12)
    assert m.m4[0] / 5000 / (m.m2[0] / 5000) ** 2 - 3 == pytest.approx(stats.kurtosis(x), rel=1e-12)


@pytest.mark.parametrize("draw", ["standard_normal", "standard_exponential", "random"])
def test_variance_stderr_is_the_spread_of_the_variance(draw):
    samples = getattr(np.random.default_rng(4), draw)((400, 4000))
    m = Moments.from_samples(samples)
    # The spread of 4000 variances is known to a few percent; a lost factor 2 would be 40 % off.
    assert np.mean(m.variance_stderr) == pytest.approx(np.std(m.variance), rel=0.06)


def test_moments_are_read_only_and_refuse_ragged_shapes():
    m = make_blocks(1)[0]
    for name in ("count", "mean", "variance", "stderr", "variance_stderr"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(m, name)[0] = 1
    with pytest.raises(ValueError, match="mean must have the shape"):
        Moments(m.count, m.mean[0], m.m2, m.m3, m.m4, m.minimum, m.maximum)
    with pytest.raises(ValueError, match="right must have the shape"):
        Moments.merge(m, m[0])


# --- forest ------------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(0, 30), st.data())
def test_any_order_any_chunks_any_merging_give_the_same_bits(n_blocks, first, data):
    blocks = make_blocks(n_blocks)
    reference = make_forest()
    for i in range(n_blocks):
        reference.insert(first + i, blocks[i], np.arange(RECORDS))
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, n_blocks - 1)), max_size=8)) - {n_blocks})
    chunks = list(zip([0, *cuts], [*cuts, n_blocks], strict=True))
    parts = [make_forest() for _ in range(data.draw(st.integers(1, 3)))]
    for low, high in data.draw(st.permutations(chunks)):
        part = data.draw(st.sampled_from(parts))
        lost = (high - low) * np.arange(RECORDS)
        part.insert_many(first + low, Moments.stack(blocks[low:high]), lost)
    merged = make_forest()
    for part in data.draw(st.permutations(parts)):
        merged = merged.merge(part) if data.draw(st.booleans()) else part.merge(merged)
    assert merged == reference
    assert merged.total() == reference.total()
    assert merged.trajectories == n_blocks * SIZE
    assert MomentForest.from_arrays(merged.to_arrays()) == reference


@given(st.lists(st.integers(0, 60), unique=True, min_size=1, max_size=25), st.randoms(use_true_random=False))
def test_scattered_blocks_in_any_order(indices, random):
    blocks = dict(zip(indices, make_blocks(len(indices)), strict=True))
    forward, shuffled = make_forest(), make_forest()
    for i in sorted(indices):
        forward.insert(i, blocks[i])
    random.shuffle(indices)
    for i in indices:
        shuffled.insert(i, blocks[i])
    assert forward == shuffled
    assert forward.total() == shuffled.total()
    assert {b for start, stop in forward.blocks for b in range(start, stop)} == set(indices)


def test_total_is_the_moments_of_all_samples():
    samples = np.random.default_rng(5).gamma(1.0, size=(37, SIZE, RECORDS, OBSERVABLES))
    forest = make_forest()
    forest.insert_many(0, Moments.stack([Moments.from_samples(s) for s in samples]))
    direct = Moments.from_samples(samples.reshape(-1, RECORDS, OBSERVABLES))
    for name in central_moments.FIELDS:
        np.testing.assert_allclose(getattr(forest.total(), name), getattr(direct, name), rtol=1e-11)


def test_memory_is_logarithmic():
    forest = make_forest()
    forest.insert_many(0, Moments.stack(make_blocks(1000)))
    assert len(forest.to_arrays()["nodes"]) == bin(1000).count("1")


def test_stored_blocks_do_not_alias_the_callers_buffers():
    block = make_blocks(1)[0]
    buffers = [getattr(block, name).copy() for name in central_moments.FIELDS]
    forest = make_forest()
    forest.insert(0, Moments(*buffers))
    forest.set_partial(1, 2, Moments(np.minimum(buffers[0], 2), *buffers[1:]))
    before = forest.total()
    for buffer in buffers:
        buffer[...] = 99
    assert forest.total() == before


def test_partial_block_is_folded_last_replaced_and_dropped():
    blocks = make_blocks(3)
    part = Moments.from_samples(np.ones((2, RECORDS, OBSERVABLES)))
    forest = make_forest()
    forest.set_partial(2, 2, part, [1, 1])
    forest.insert(0, blocks[0], [0, 2])
    assert forest.partials == (2,)
    assert forest.trajectories == SIZE + 2
    assert forest.diverged.tolist() == [1, 3]
    assert forest.total() == Moments.merge(Moments.merge(Moments.empty(forest.shape), blocks[0]), part)
    assert MomentForest.from_arrays(forest.to_arrays()) == forest
    forest.set_partial(2, 3, part)
    assert forest.trajectories == SIZE + 3
    forest.insert_many(1, Moments.stack(blocks[1:]))
    assert forest.partials == ()
    assert forest.diverged.tolist() == [0, 2]
    whole = make_forest()
    whole.insert_many(0, Moments.stack(blocks), [0, 2])
    assert forest == whole


def test_overlap_is_an_error_and_changes_nothing():
    blocks = make_blocks(4)
    forest = make_forest()
    forest.insert_many(0, Moments.stack(blocks))
    before = forest.copy()
    for attempt in (
        lambda: forest.insert(3, blocks[3]),
        lambda: forest.insert_many(3, Moments.stack(blocks)),
        lambda: forest.set_partial(3, 1, Moments.empty(forest.shape)),
    ):
        with pytest.raises(ValueError, match="block 3 is already in"):
            attempt()
    with pytest.raises(ValueError, match="other must hold other blocks"):
        forest.merge(before)
    other = make_forest()
    other.set_partial(2, 1, Moments.empty(forest.shape))
    for a, b in ((forest, other), (other, forest), (other, other)):
        with pytest.raises(ValueError, match="other must hold other blocks"):
            a.merge(b)
    assert forest == before


@pytest.mark.parametrize("after", range(5))
def test_ctrl_c_in_the_middle_leaves_no_half_insertion(monkeypatch, after):
    blocks = Moments.stack(make_blocks(8))
    forest = make_forest()
    forest.insert_many(0, blocks[:3], [1, 2])
    forest.set_partial(3, 1, Moments.empty(forest.shape))
    before, calls, merge = forest.copy(), [], Moments.merge

    def interrupted(left, right):
        calls.append(1)
        if len(calls) > after:
            raise KeyboardInterrupt
        return merge(left, right)

    monkeypatch.setattr(Moments, "merge", staticmethod(interrupted))
    with pytest.raises(KeyboardInterrupt):
        forest.insert_many(3, blocks[3:], [3, 4])
    monkeypatch.undo()
    assert forest == before
    forest.insert_many(3, blocks[3:], [3, 4])
    assert forest.diverged.tolist() == [4, 6]
    assert forest.partials == ()


def test_bad_insertions_name_the_argument():
    block = make_blocks(1)[0]
    forest = make_forest()
    with pytest.raises(ValueError, match="first_block must be an integer >= 0, got -1"):
        forest.insert(-1, block)
    with pytest.raises(ValueError, match=r"moments must have shape \(2, 3\), got \(3,\)"):
        forest.insert(0, block[0])
    with pytest.raises(ValueError, match="size must be an integer from 1 to 3, got 4"):
        forest.set_partial(0, SIZE, block)
    with pytest.raises(ValueError, match="moments must count at most"):
        forest.insert(0, Moments.from_samples(np.zeros((SIZE + 1, RECORDS, OBSERVABLES))))
    with pytest.raises(ValueError, match="diverged must hold 2 counts from 0 to 4"):
        forest.insert(0, block, [5, 0])
    with pytest.raises(ValueError, match="first_passage must be None"):
        forest.insert(0, block, first_passage=FirstPassage.empty())
    with pytest.raises(ValueError, match="first_passage must be a FirstPassage"):
        make_forest(first_passage=True).insert(0, block)
    with pytest.raises(ValueError, match="first_passage must be of 4 trajectories, got 0"):
        make_forest(first_passage=True).insert(0, block, first_passage=FirstPassage.empty())
    with pytest.raises(ValueError, match="other must be a forest like"):
        forest.merge(make_forest(first_passage=True))
    with pytest.raises(ValueError, match="frozen"):
        forest.freeze().insert(0, block)
    assert forest.trajectories == 0
    assert forest == make_forest()


def test_damaged_arrays_are_refused():
    forest = make_forest()
    forest.insert_many(0, Moments.stack(make_blocks(3)))
    good = forest.to_arrays()
    for name, value, message in (
        ("nodes", np.array([[1, 0], [0, 1]]), "block 1 is already in"),
        ("nodes", np.array([[1, 0]]), "must all have length 1"),
        ("nodes", np.array([[70, 0], [0, 2]]), "no node 0 at level 70"),
        ("node_mean", good["node_mean"][:, :1], "mean must have the shape"),
        ("diverged", np.array([-1, 0]), "diverged must hold 2 counts"),
    ):
        with pytest.raises(ValueError, match=message):
            MomentForest.from_arrays({**good, name: value})


def test_forest_carries_first_passages_through_partials_and_files():
    rng = np.random.default_rng(6)
    steps, sides = rng.integers(0, 10**6, (3, SIZE)), rng.integers(-1, 3, (3, SIZE))
    forest = make_forest(first_passage=True)
    for i, block in enumerate(make_blocks(2)):
        forest.insert(i, block, first_passage=FirstPassage.from_exits(steps[i], sides[i]))
    part = Moments.empty(forest.shape)
    forest.set_partial(2, 3, part, first_passage=FirstPassage.from_exits(steps[2, :3], sides[2, :3]))
    everything = FirstPassage.from_exits(steps.ravel()[:-1], sides.ravel()[:-1])
    assert forest.first_passage == everything
    assert MomentForest.from_arrays(forest.to_arrays()) == forest


def test_without_observables_the_forest_still_counts():
    forest = MomentForest(2, 0, first_passage=True)
    forest.insert(0, Moments.empty((2, 0)), [0, 5], FirstPassage.from_exits(np.full(64, 3), np.full(64, ABOVE)))
    assert forest.diverged.tolist() == [0, 5]
    assert MomentForest.from_arrays(forest.to_arrays()) == forest


# --- first passage -----------------------------------------------------------------------------------------------


def naive_bin(step: int) -> int:
    if step < 64:
        return step
    e = step.bit_length() - 1
    return 64 + (e - 6) * 32 + ((step >> (e - 5)) - 32)


@given(st.one_of(st.integers(0, STEP_LIMIT - 1), st.integers(0, 61).map(lambda e: 2**e - (e > 0))))
def test_bins_match_integer_arithmetic_and_are_narrow(step):
    index = int(bin_index(step))
    assert index == naive_bin(step)
    low, high = bin_edges(index)
    assert low <= step <= high
    assert abs((low + high) / 2 - step) <= (step / 64 if step >= 64 else 0)


def test_bins_are_all_used_and_contiguous():
    edges = [bin_edges(i) for i in range(N_BINS)]
    assert edges[0][0] == 0
    assert edges[-1][1] == STEP_LIMIT - 1
    assert all(edges[i][1] + 1 == edges[i + 1][0] for i in range(N_BINS - 1))
    assert int(bin_index(STEP_LIMIT - 1)) == N_BINS - 1
    for bad in (-1, STEP_LIMIT):
        with pytest.raises(ValueError, match="step must be from 0"):
            bin_index(bad)


@given(st.lists(st.integers(0, STEP_LIMIT - 1), min_size=2, max_size=30))
def test_exit_times_are_exact(steps):
    times = ExitTimes.from_steps(steps)
    mean = Fraction(sum(steps), len(steps))
    variance = sum((s - mean) ** 2 for s in steps) / (len(steps) - 1)
    assert times.mean == float(mean)
    assert times.variance == pytest.approx(float(variance), rel=1e-15)
    assert times.stderr == pytest.approx(math.sqrt(variance / len(steps)), rel=1e-14)
    assert (times.minimum, times.maximum) == (min(steps), max(steps))
    for cut in range(len(steps) + 1):
        left, right = ExitTimes.from_steps(steps[:cut]), ExitTimes.from_steps(steps[cut:])
        assert ExitTimes.merge(left, right) == times == ExitTimes.merge(right, left)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=40), st.integers(0, 20).map(lambda i: i / 20))
def test_quantiles(steps, q):
    exact = sorted(steps)[max(0, math.ceil(Fraction(q).limit_denominator(100) * len(steps)) - 1)]
    assert ExitTimes.from_steps(steps).quantile(q) == pytest.approx(exact, rel=1 / 64, abs=0)


def test_sides_inside_and_lost_are_told_apart():
    exits = FirstPassage.from_exits([1, 2, 3, 9, 9, 9], [BELOW, ABOVE, ABOVE, INSIDE, INSIDE, LOST])
    assert (exits.below, exits.above, exits.inside, exits.lost, exits.count) == (1, 2, 2, 1, 3)
    assert exits.trajectories == 6
    assert exits.mean == 2.0
    assert exits.times_above.mean == 2.5
    assert exits.probability == 0.5
    assert exits.quantile(1.0) == 3.0
    assert exits.quantile(1.0, censored=True) == math.inf
    assert exits.quantile(0.5, censored=True) == 3.0
    assert (exits.minimum, exits.maximum) == (1, 3)


def test_no_exits_at_all():
    nothing = FirstPassage.empty()
    inside = FirstPassage.from_exits([0], [INSIDE])
    assert math.isnan(nothing.mean)
    assert math.isnan(nothing.quantile(0.5))
    assert math.isnan(nothing.probability)
    assert inside.quantile(0.5, censored=True) == math.inf
    assert 0.0 < inside.probability_stderr < 1.0
    assert FirstPassage.merge(nothing, inside) == inside
    assert FirstPassage.from_arrays(nothing.to_arrays()) == nothing


def test_bad_exits_name_the_argument():
    with pytest.raises(ValueError, match="side must have the shape"):
        FirstPassage.from_exits([1, 2], [ABOVE])
    with pytest.raises(ValueError, match="side must hold only"):
        FirstPassage.from_exits([1], [7])
    with pytest.raises(ValueError, match=r"q must be a number in \[0, 1\], got 1.5"):
        FirstPassage.empty().quantile(1.5)


# --- argument checks ---------------------------------------------------------------------------------------------

WRONG = [
    (lambda: validation.positive_int("n", True), TypeError, "n must be an integer >= 1, got True"),
    (lambda: validation.positive_int("n", 2.0), TypeError, "n must be an integer >= 1, got 2.0 of type float"),
    (lambda: validation.positive_int("n", np.int32(0)), ValueError, "n must be an integer >= 1, got 0"),
    (lambda: validation.finite_float("eta", math.nan), ValueError, "eta must be a finite number, got nan"),
    (lambda: validation.finite_float("eta", "1"), TypeError, "eta must be a finite number, got '1' of type str"),
    (lambda: validation.finite_float("eta", 10**400), ValueError, "beyond the range of a float"),
    (lambda: validation.nonnegative("sigma", -1), ValueError, "sigma must be a finite number >= 0, got -1.0"),
    (lambda: validation.positive("eta", 0.0), ValueError, "eta must be a finite number > 0, got 0.0"),
    (lambda: validation.in_interval("k", 2, 0, 1), ValueError, r"k must be a number in \[0, 1\], got 2.0"),
    (lambda: validation.in_interval("k", 0, 0, 1, open_low=True), ValueError, r"in \(0, 1\]"),
    (lambda: validation.vector("w", [[1.0]]), ValueError, r"w must be a vector of finite numbers, got one of shape"),
    (lambda: validation.vector("w", [1, np.inf]), ValueError, r"got inf at \[1\]"),
    (lambda: validation.vector("w", ["a"]), TypeError, "w must be a vector of finite numbers"),
    (lambda: validation.vector("w", [1j]), TypeError, "w must be a vector"),
    (lambda: validation.vector("w", [True]), TypeError, "w must be a vector"),
    (lambda: validation.vector("w", [[1], [1, 2]]), TypeError, "ragged"),
    (lambda: validation.symmetric_psd("H", [[1, 2], [3, 1]]), ValueError, r"its asymmetry is 1: \[0, 1\] = 2 but"),
    (lambda: validation.symmetric_psd("H", [[1, 0], [0, -2]]), ValueError, "smallest eigenvalue is -2"),
    (lambda: validation.symmetric_psd("H", [[1, 0], [0, 0]], definite=True), ValueError, "positive definite"),
    (lambda: validation.symmetric_psd("H", [1, 2]), ValueError, r"got one of shape \(2,\)"),
    (lambda: validation.symmetric_psd("H", [[np.nan]]), ValueError, r"got nan at \[0, 0\]"),
    (lambda: validation.seed("seed", -1), ValueError, r"seed must be an integer from 0 to 2\*\*64 - 1, got -1"),
    (lambda: validation.seed("seed", 2**64), ValueError, "seed must be"),
    (lambda: validation.seed("seed", None), TypeError, "seed must be"),
    (lambda: validation.choice("first", 3, ("a",)), TypeError, "first must be one of 'a', got 3"),
    (lambda: validation.choice("first", "b", ("a",)), ValueError, "first must be one of 'a', got 'b'"),
]


@pytest.mark.parametrize(("call", "kind", "message"), WRONG)
def test_wrong_arguments_are_named(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_right_arguments_come_back_in_the_form_used():
    assert type(validation.positive_int("n", np.uint8(3))) is int
    assert type(validation.positive("eta", np.float32(0.5))) is float
    assert validation.nonnegative("sigma", np.array(0.0)) == 0.0
    assert validation.finite_float("x", Fraction(1, 2)) == 0.5
    assert validation.seed("seed", np.uint64(2**64 - 1)) == 2**64 - 1
    start = np.arange(3)
    checked = validation.vector("start", start, 3)
    start[0] = 9
    assert checked.tolist() == [0.0, 1.0, 2.0]
    assert not checked.flags.writeable
    nearly = np.array([[1.0, 1e-17], [0.0, 0.0]])
    matrix = validation.symmetric_psd("H", nearly)
    assert (matrix == matrix.T).all()
    assert not matrix.flags.writeable
