"""Exponents from regression: right with the stated probability, wide where data are curved, refused if too short."""

from __future__ import annotations

import numpy as np
import pytest

from theory.judge.rates import CONFIDENCE, Rate, fit_rate, note_rate
from theory.proof import Blackboard

H = np.geomspace(1e-3, 1e-1, 9)


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0, 3.0, -1.0])
def test_pure_powers_are_exact_and_their_neighbours_rejected(power: float) -> None:
    rate = fit_rate(H, 7 * H**power)
    assert rate.exponent == pytest.approx(power, abs=1e-9)
    assert rate.constant == pytest.approx(7, rel=1e-8)
    assert rate.agrees(power) is True
    assert rate.agrees(power + 0.5) is False
    assert rate.agrees(power - 0.5) is False


def test_the_next_term_of_an_expansion_does_not_hide_the_exponent() -> None:
    """1 - cos h = h^2/2 - ..., and a remainder with a large next term."""
    rate = fit_rate(H, 1 - np.cos(H))
    assert rate.agrees(2) is True
    assert rate.half_width < 0.01
    curved = fit_rate(H, H**2 * (1 + 10 * H))
    assert curved.half_width > rate.half_width
    assert curved.agrees(3) is False


def test_a_logarithm_is_not_taken_for_a_power() -> None:
    """h log(1/h) is neither h nor h^(1/2) over a factor of 10^8, where the interval is narrow enough to tell."""
    h = np.geomspace(1e-9, 1e-1, 30)
    rate = fit_rate(h, h * np.log(1 / h))
    assert rate.agrees(1) is False
    assert rate.agrees(0.5) is False


def test_the_interval_covers_with_the_stated_probability() -> None:
    """2000 noisy fits at 95%: the count of misses is binomial; its mean of 100 is missed by 4.5 sd (45) once in 1e5."""
    generator = np.random.default_rng(11)
    truth = 3 * H**1.5
    sizes = 0.02 * truth * np.linspace(0.5, 2, H.size)
    missed = without = 0
    for _ in range(2000):
        noisy = truth + sizes * generator.standard_normal(H.size)
        missed += fit_rate(H, noisy, sizes, confidence=0.95).agrees(1.5) is False
        even = truth * (1 + 0.02 * generator.standard_normal(H.size))
        without += fit_rate(H, even, confidence=0.95).agrees(1.5) is False
    assert 0 < missed < 145  # the wider of two intervals, so it covers at least as often
    assert 55 < without < 145


def test_noise_widens_the_interval_and_decides_nothing_when_too_large() -> None:
    small, large = (fit_rate(H[::2], H[::2], share * H[::2]) for share in (0.01, 0.33))
    assert small.half_width < large.half_width
    assert small.agrees(1) is True
    assert large.agrees(1) is None
    assert large.agrees(1, ">=") is None


def test_one_sided_claims() -> None:
    rate = fit_rate(H, H**2)
    assert rate.agrees(1, ">=") is True  # O(h) holds for h^2
    assert rate.agrees(3, ">=") is False
    assert rate.agrees(3, "<=") is True
    assert rate.agrees(1, "<=") is False
    with pytest.raises(ValueError, match="relation"):
        rate.agrees(1, "<")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((H[:5], H[:5]), "factor of at least 100"),
        (([1, 1000], [1, 2]), "length >= 4"),
        ((H, H[:-1]), "one length"),
        ((H, np.zeros(9)), "errors must be positive"),
        ((-H, H), "parameters must be positive"),
        ((H, H * np.nan), "errors must be positive and finite"),
        ((H, H, H), "at most a third"),
        ((H, H, 0 * H), "stderr must be positive"),
        ((H, H, None, 1.0), "confidence"),
    ],
)
def test_bad_input_is_named(arguments: tuple, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fit_rate(*arguments)


def test_a_step_on_the_blackboard() -> None:
    board = Blackboard("numerical: regression")
    assert note_rate(board, "order two", fit_rate(H, H**2), 2)
    assert "exponent 2 +-" in board.proof().steps[0].shown
    assert f"{CONFIDENCE:.1%}" in board.proof().steps[0].shown
    assert not note_rate(board, "order one", fit_rate(H, H**2), 1)
    assert note_rate(board, "O(h)", fit_rate(H, H**2), 1, ">=")
    assert not note_rate(board, "O(h^3)", fit_rate(H, H**2), 3, ">=")
    assert not note_rate(board, "too wide", Rate(2.0, 0.6, 1.0, 0.999, 100.0, 5), 2)
