"""The public helper for other people's test suites."""

import doctest
import subprocess
import sys
import textwrap
from fractions import Fraction

import numpy as np
import pytest

import toylands.testing
from toylands.results.series import Series
from toylands.statistics.central_moments import Moments
from toylands.testing import InconclusiveEstimate, assert_matches


def make_series(samples: np.ndarray, diverged: int = 0) -> Series:
    records = samples.shape[1]
    lost = np.full(records, diverged, np.int64)
    return Series.from_moments("loss", np.arange(records), Moments.from_samples(samples), lost)


def test_examples_in_the_documentation():
    assert doctest.testmod(toylands.testing).failed == 0


def test_message_shows_estimate_error_constant_z_and_threshold():
    with pytest.raises(AssertionError) as caught:
        assert_matches(1.25, 0.02, 1.0, error_rate=1e-4, name="limit of Tr H")
    text = str(caught.value)
    for part in ("limit of Tr H == constant", "0.0001", "3.891", "1.25", "0.02", "12.5"):
        assert part in text


def test_arrays_show_the_worst_first_and_share_the_error_rate():
    constants = np.zeros(1000)
    values = np.full(1000, 4.5)  # z = 4.5 passes among a thousand at 1e-3 ...
    assert_matches(values, np.ones(1000), constants, error_rate=1e-3)
    with pytest.raises(AssertionError, match=r"1 number, \|z\| <= 3.291"):  # ... but not alone
        assert_matches(values[0], 1.0, 0.0, error_rate=1e-3)
    values[17], values[500] = 7.0, -9.0
    with pytest.raises(AssertionError) as caught:
        assert_matches(values, 1.0, 0.0, error_rate=1e-3)
    rows = str(caught.value).splitlines()[2:]
    assert [row.split()[0] for row in rows] == ["500", "17"]
    with pytest.raises(AssertionError, match="and 992 more of 1000"):
        assert_matches(values + 100, 1.0, 0.0)


def test_false_alarm_rate_is_the_one_asked_for():
    rng = np.random.default_rng(0)
    alarms, tries = 0, 4000
    for z in rng.standard_normal((tries, 3)):
        try:
            assert_matches(z, 1.0, 0.0, error_rate=0.05)
        except AssertionError:
            alarms += 1
    assert abs(alarms / tries - 0.05) < 4 * np.sqrt(0.05 * 0.95 / tries)


@pytest.mark.parametrize(("relation", "good", "bad"), [("<=", -100.0, 6.0), (">=", 100.0, -6.0), ("==", 1.0, -6.0)])
def test_relations_fail_on_their_own_side_only(relation, good, bad):
    assert_matches(good, 1.0, 0.0, relation=relation)
    with pytest.raises(AssertionError, match=relation):
        assert_matches(bad, 1.0, 0.0, relation=relation)


def test_no_error_asks_for_equality_up_to_rounding():
    assert_matches(0.1 + 0.2, 0.0, Fraction(3, 10))
    assert_matches([0.0, 2.0], [0.0, 0.0], [0.0, 2.0])
    with pytest.raises(AssertionError, match="inf"):
        assert_matches(0.3001, 0.0, 0.3)
    with pytest.raises(AssertionError, match="inf"):
        assert_matches(1e-300, 0.0, 0.0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("relation", ["==", "<=", ">="])
def test_an_estimate_that_is_not_finite_fails(value, relation):
    with pytest.raises(AssertionError, match=str(value)):
        assert_matches([1.0, value], [0.1, 0.1], 1.0, relation=relation)


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ((1.0, np.nan, 1.0), ValueError, "stderr must be finite numbers >= 0, got nan"),
        ((1.0, -0.1, 1.0), ValueError, "stderr must be finite numbers >= 0, got -0.1"),
        ((1.0, np.inf, 1.0), ValueError, "stderr must be finite numbers >= 0, got inf"),
        ((1.0, 0.1, np.nan), ValueError, "constant must be finite, got nan"),
        ((1.0, None, 1.0), TypeError, "stderr must be given"),
        (([1.0, 2.0], 0.1, [1.0, 2.0, 3.0]), ValueError, "must have shapes that fit"),
        (([], [], []), ValueError, "at least one number"),
        ((1.0, 0.1, 1.0, 0.0), ValueError, r"error_rate must be a number in \(0, 1\)"),
    ],
)
def test_ill_posed_checks_are_refused(arguments, kind, message):
    with pytest.raises(kind, match=message):
        assert_matches(*arguments)


def test_unknown_relation():
    with pytest.raises(ValueError, match="relation must be one of '==', '<=', '>=', got '<'"):
        assert_matches(1.0, 0.1, 1.0, relation="<")


def test_estimates_too_poor_are_refused():
    assert_matches(1.0, 0.01, 1.0, max_relative_stderr=0.02)
    with pytest.raises(InconclusiveEstimate, match=r"too poor to decide: stderr above 0\.005 of"):
        assert_matches(1.0, 0.01, 1.0, max_relative_stderr=0.005)


def test_series_brings_its_errors_and_its_divergence():
    samples = np.random.default_rng(1).normal(3.0, 1.0, (1000, 4))
    assert_matches(make_series(samples), None, 3.0)
    with pytest.raises(AssertionError, match="4 numbers"):
        assert_matches(make_series(samples), None, 3.5)
    with pytest.raises(TypeError, match="stderr must be None with a Series"):
        assert_matches(make_series(samples), 0.1, 3.0)
    with pytest.raises(InconclusiveEstimate, match="5 trajectories of 'loss' diverged"):
        assert_matches(make_series(samples, diverged=5), None, 3.0)


def test_sympy_constants():
    sp = pytest.importorskip("sympy")
    assert_matches(3.14, 0.01, sp.pi)
    assert_matches([0.5, 3.14], 0.01, [sp.Rational(1, 2), sp.pi])


def test_pytest_points_at_the_callers_line(tmp_path):
    test = tmp_path / "test_constant.py"
    test.write_text(
        textwrap.dedent("""
        from toylands.testing import assert_matches

        def test_constant():
            assert_matches(1.25, 0.02, 1.0)
        """)
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(test)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 1
    assert "test_constant.py:5: AssertionError" in done.stdout
    assert "12.5" in done.stdout
