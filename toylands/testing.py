"""For your own test suite: guard a limit constant with an estimate and its standard error, at a known false-alarm rate.

    from toylands.testing import assert_matches

    def test_stationary_second_moment():
        run = tl.simulate(...)
        assert_matches(run["sq_norm"].mean[-1], run["sq_norm"].stderr[-1], 2 * dim / (1 + rho), error_rate=1e-6)

Works with any test runner; with pytest, the failure points at your line.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from toylands import validation
from toylands.results.series import Series
from toylands.results.summary import text_table

__all__ = ["InconclusiveEstimate", "assert_matches"]

RELATIONS = ("==", "<=", ">=")
_SHOWN = 8


class InconclusiveEstimate(AssertionError):
    """The estimate is too poor for the check to mean anything."""


def assert_matches(
    estimate: ArrayLike | Series,
    stderr: ArrayLike | None,
    constant: ArrayLike,
    error_rate: float = 1e-6,
    *,
    name: str = "estimate",
    relation: str = "==",
    max_relative_stderr: float | None = None,
    rounding: float = 1e-12,
) -> None:
    """Assert that a Monte Carlo estimate agrees with an exact constant.

    The estimate is taken to be normal about its truth. Each of n numbers is tested at ``error_rate / n`` (Bonferroni),
    so that the chance that a correct program fails is at most ``error_rate`` in all. A wrong constant is caught once it
    is off by a few more standard errors than the threshold; ``max_relative_stderr`` sees to it that this is a small
    deviation.

    Parameters
    ----------
    estimate : array_like or Series
        Estimates; a Series, ``run["loss"]``, stands for its means and standard errors at every recorded step.
    stderr : array_like or None
        Standard errors, >= 0; None with a Series, and only then. 0 asks for equality up to ``rounding``.
    constant : array_like
        What the estimates should be: numbers, or anything with a float value (fractions, SymPy numbers). The three are
        broadcast against each other.
    error_rate : float
        Probability, in (0, 1), of a false alarm of this call.
    name : str
        What is estimated, for the message.
    relation : {"==", "<=", ">="}
        How the estimated quantity should stand to ``constant``. For "<=" only an estimate that is too large fails.
    max_relative_stderr : float, optional
        Refuse estimates whose standard error is a larger share of the constant: such a check could not fail.
    rounding : float
        Deviations up to this share of the constant are floating-point rounding, and no failure.

    Raises
    ------
    AssertionError
        When an estimate and its constant disagree or an estimate is not finite. The message shows estimate, error,
        constant, z and the threshold.
    InconclusiveEstimate (an AssertionError)
        When ``max_relative_stderr`` is exceeded, or trajectories of the Series diverged.
    TypeError, ValueError
        When the check itself is ill-posed: a standard error that is negative or nan, a constant that is not finite,
        shapes that do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> throws = np.random.default_rng(0).integers(1, 7, size=60_000)
    >>> mean, stderr = throws.mean(), throws.std() / np.sqrt(len(throws))
    >>> assert_matches(mean, stderr, 7 / 2, max_relative_stderr=0.01)
    >>> assert_matches(mean, stderr, 3.6, name="mean of a die")
    Traceback (most recent call last):
    AssertionError: mean of a die == constant fails at error rate 1e-06 (1 number, |z| <= 4.892)
      estimate          stderr  constant       z
      3.497666667  0.006957963       3.6  -14.71

    The statistics of a run, at every recorded step:

    >>> import toylands as tl
    >>> process = tl.landscapes.LinearRecurrence(dim=4, rho=0.5)
    >>> rule = tl.dynamics.pgd(eta=1.0, sigma=1.0)
    >>> record = tl.record(process.sq_norm, at=[20, 30, 40])
    >>> run = tl.simulate(process, rule, start=[0.0] * 4, steps=40, trajectories=6400, record=record, seed=1)
    >>> assert_matches(run["sq_norm"], None, 4 / (1 - 0.25), max_relative_stderr=0.02)
    """
    __tracebackhide__ = True
    error_rate = validation.in_interval("error_rate", error_rate, 0.0, 1.0, open_low=True, open_high=True)
    relation = validation.choice("relation", relation, RELATIONS)
    rounding = validation.nonnegative("rounding", rounding)
    values, errors, exact = _numbers(estimate, stderr, constant, name)
    if max_relative_stderr is not None:
        limit = validation.positive("max_relative_stderr", max_relative_stderr)
        _refuse(errors > limit * np.abs(exact), f"stderr above {limit:g} of the constant", name, values, errors, exact)
    sides = 2 if relation == "==" else 1
    threshold = -NormalDist().inv_cdf(error_rate / sides / values.size)
    z = _scores(values, errors, exact, rounding)
    signed = {"==": np.abs(z), "<=": z, ">=": -z}[relation]
    failed = ~np.isfinite(values) | (signed > threshold)
    if not failed.any():
        return
    bound = {"==": f"|z| <= {threshold:.3f}", "<=": f"z <= {threshold:.3f}", ">=": f"z >= {-threshold:.3f}"}[relation]
    count = f"{values.size} numbers" if values.size > 1 else "1 number"
    title = f"{name} {relation} constant fails at error rate {error_rate:g} ({count}, {bound})"
    raise AssertionError(f"{title}\n{_table(failed, signed, values, errors, exact, z)}")


def _numbers(
    estimate: ArrayLike | Series, stderr: ArrayLike | None, constant: ArrayLike, name: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return estimates, standard errors and constants of one shape (n,)."""
    __tracebackhide__ = True
    if isinstance(estimate, Series):
        if stderr is not None:
            raise TypeError(f"stderr must be None with a Series, which brings its own; got {stderr!r}")
        if estimate.diverged.any():
            raise InconclusiveEstimate(
                f"{name}: {int(estimate.diverged.max())} trajectories of {estimate.name!r} diverged, so its means are "
                "of a selection; pass the arrays mean and stderr to test them nevertheless"
            )
        pair: tuple[ArrayLike, ArrayLike] = (estimate.mean, estimate.stderr)
    elif stderr is None:
        raise TypeError("stderr must be given, unless estimate is a Series such as run['loss']")
    else:
        pair = (estimate, stderr)
    parts = [np.asarray(part, dtype=np.float64) for part in (*pair, constant)]
    try:
        values, errors, exact = (part.ravel() for part in np.broadcast_arrays(*parts))
    except ValueError:
        shapes = [part.shape for part in parts]
        raise ValueError(f"estimate, stderr and constant must have shapes that fit, got {shapes}") from None
    if values.size == 0:
        raise ValueError("estimate must hold at least one number, got none")
    sound = np.isfinite(errors) & (errors >= 0)
    if not sound.all():
        raise ValueError(f"stderr must be finite numbers >= 0, got {errors[~sound][0]}")
    if not np.isfinite(exact).all():
        raise ValueError(f"constant must be finite, got {exact[~np.isfinite(exact)][0]}")
    return values, errors, exact


def _scores(
    values: NDArray[np.float64], errors: NDArray[np.float64], exact: NDArray[np.float64], rounding: float
) -> NDArray[np.float64]:
    """Return (estimate - constant) / stderr; 0 within rounding, and infinite beyond it where stderr is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = values - exact
        return np.where(np.abs(gap) <= rounding * np.abs(exact), 0.0, gap / errors)


def _refuse(
    poor: NDArray[np.bool_],
    reason: str,
    name: str,
    values: NDArray[np.float64],
    errors: NDArray[np.float64],
    exact: NDArray[np.float64],
) -> None:
    __tracebackhide__ = True
    if poor.any():
        title = f"{name} is too poor to decide: {reason}"
        z = _scores(values, errors, exact, 0.0)
        raise InconclusiveEstimate(f"{title}\n{_table(poor, errors, values, errors, exact, z)}")


def _table(failed: NDArray[np.bool_], order: NDArray[np.float64], *columns: NDArray[np.float64]) -> str:
    """Return the failed rows, worst first, with their positions where there are several numbers."""
    rows = np.flatnonzero(failed)
    rows = rows[np.argsort(-np.nan_to_num(order[rows], nan=np.inf), kind="stable")]
    table = [["index", "estimate", "stderr", "constant", "z"]]
    for i in rows[:_SHOWN]:
        value, error, exact, z = (column[i] for column in columns)
        table.append([str(i), f"{value:.10g}", f"{error:.7g}", f"{exact:.10g}", f"{z:.4g}"])
    text = text_table(table if failed.size > 1 else [row[1:] for row in table])
    return text if len(rows) <= _SHOWN else f"{text}\n  and {len(rows) - _SHOWN} more of {failed.size}"
