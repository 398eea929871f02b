"""Checks of arguments: each returns the value in the form the library works with, or says what is allowed.

Every error names the argument, shows the value that came in and states what would have been accepted. A value of the
wrong kind is a ``TypeError``, a value outside its domain a ``ValueError``.
"""

from __future__ import annotations

import difflib
import math
import numbers
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Asymmetry and negative eigenvalues up to this share of the largest entry count as rounding.
ROUNDING = 1e-12


def _short(value: object) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 80 else text[:77] + "..."


def _integer(name: str, value: object, allowed: str) -> int:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} must be {allowed}, got {_short(value)} of type {type(value).__name__}")
    return int(value)


def _float(name: str, value: object, allowed: str) -> float:
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be {allowed}, got {_short(value)} of type {type(value).__name__}")
    try:
        number = float(value)
    except OverflowError:
        raise ValueError(f"{name} must be {allowed}, got {_short(value)}, beyond the range of a float") from None
    if not math.isfinite(number):
        raise ValueError(f"{name} must be {allowed}, got {number}")
    return number


def positive_int(name: str, value: object, minimum: int = 1) -> int:
    """Return ``value`` as an int of at least ``minimum``; bools and floats are refused.

    Examples
    --------
    >>> positive_int("steps", 10)
    10
    >>> positive_int("trajectories", 0)
    Traceback (most recent call last):
    ValueError: trajectories must be an integer >= 1, got 0
    """
    allowed = f"an integer >= {minimum}"
    number = _integer(name, value, allowed)
    if number < minimum:
        raise ValueError(f"{name} must be {allowed}, got {number}")
    return number


def finite_float(name: str, value: object) -> float:
    """Return ``value`` as a float that is neither nan nor infinite."""
    return _float(name, value, "a finite number")


def nonnegative(name: str, value: object) -> float:
    """Return ``value`` as a finite float >= 0."""
    number = _float(name, value, "a finite number >= 0")
    if number < 0.0:
        raise ValueError(f"{name} must be a finite number >= 0, got {number}")
    return number


def positive(name: str, value: object) -> float:
    """Return ``value`` as a finite float > 0."""
    number = _float(name, value, "a finite number > 0")
    if number <= 0.0:
        raise ValueError(f"{name} must be a finite number > 0, got {number}")
    return number


def in_interval(
    name: str, value: object, low: float, high: float, open_low: bool = False, open_high: bool = False
) -> float:
    """Return ``value`` as a float between ``low`` and ``high``; an open end is itself refused.

    Examples
    --------
    >>> in_interval("kappa", 0.5, 0, 1)
    0.5
    >>> in_interval("rho", 1, 0, 1, open_high=True)
    Traceback (most recent call last):
    ValueError: rho must be a number in [0, 1), got 1.0
    """
    allowed = f"a number in {'(' if open_low else '['}{low:g}, {high:g}{')' if open_high else ']'}"
    number = _float(name, value, allowed)
    below = number <= low if open_low else number < low
    above = number >= high if open_high else number > high
    if below or above:
        raise ValueError(f"{name} must be {allowed}, got {number}")
    return number


def _float_array(name: str, value: ArrayLike, allowed: str) -> NDArray[np.float64]:
    try:
        raw = np.asarray(value)
    except ValueError:
        raise TypeError(f"{name} must be {allowed}, got the ragged {_short(value)}") from None
    if raw.dtype.kind == "O" and all(isinstance(x, numbers.Real) for x in raw.flat):
        raw = raw.astype(np.float64)  # sympy integers, fractions
    if raw.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be {allowed}, got {_short(value)} of type {type(value).__name__}")
    return np.array(raw, dtype=np.float64, order="C")


def vector(name: str, value: ArrayLike, length: int | None = None) -> NDArray[np.float64]:
    """Return a read-only, contiguous float64 copy of a vector of finite numbers.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : array_like of shape (length,)
        Numbers.
    length : int, optional
        The only length allowed; any length >= 1 by default.

    Raises
    ------
    TypeError
        When the entries are not real numbers.
    ValueError
        When the shape is wrong or an entry is not finite.

    Examples
    --------
    >>> vector("start", [1, 2])
    array([1., 2.])
    >>> vector("start", [1, 2], length=3)
    Traceback (most recent call last):
    ValueError: start must be a vector of 3 finite numbers, got one of shape (2,)
    """
    allowed = f"a vector of {'' if length is None else f'{length} '}finite numbers"
    array = _float_array(name, value, allowed)
    if array.ndim != 1 or array.size == 0 or (length is not None and array.size != length):
        raise ValueError(f"{name} must be {allowed}, got one of shape {array.shape}")
    _refuse_nonfinite(name, array, allowed)
    array.flags.writeable = False
    return array


def matrix(name: str, value: ArrayLike) -> NDArray[np.float64]:
    """Return a read-only, contiguous float64 copy of a matrix of finite numbers with at least one row and column.

    Raises
    ------
    TypeError, ValueError
        When it is not numeric, not two-dimensional, empty, or not finite.

    Examples
    --------
    >>> matrix("design", [[1, 2], [3, 4]]).shape
    (2, 2)
    """
    allowed = "a matrix of finite numbers with at least one row and column"
    array = _float_array(name, value, allowed)
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"{name} must be {allowed}, got shape {array.shape}")
    _refuse_nonfinite(name, array, allowed)
    array = np.array(array, dtype=np.float64, order="C")
    array.flags.writeable = False
    return array


def _refuse_nonfinite(name: str, array: NDArray[np.float64], allowed: str) -> None:
    bad = np.argwhere(~np.isfinite(array))
    if bad.size:
        where = tuple(int(i) for i in bad[0])
        place = ", ".join(map(str, where))
        raise ValueError(f"{name} must be {allowed}, got {array[where]} at [{place}]")


def symmetric_psd(name: str, matrix: ArrayLike, definite: bool = False) -> NDArray[np.float64]:
    """Return a read-only float64 copy of a symmetric positive semidefinite matrix.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    matrix : array_like of shape (dim, dim)
        The matrix. Asymmetry up to 1e-12 of its largest entry is rounding, and is averaged away.
    definite : bool
        Ask for strictly positive eigenvalues (above rounding); by default 0 is allowed.

    Raises
    ------
    TypeError
        When the entries are not real numbers.
    ValueError
        When the matrix is not square, not finite, not symmetric (the message says where and by how much) or has a
        negative eigenvalue (the message gives the smallest one).

    Examples
    --------
    >>> symmetric_psd("hessian", [[2, 0], [0, 0]])
    array([[2., 0.],
           [0., 0.]])
    >>> symmetric_psd("covariance", [[1, 2], [2, 1]])
    Traceback (most recent call last):
    ValueError: covariance must be a symmetric positive semidefinite matrix, its smallest eigenvalue is -1
    """
    allowed = f"a symmetric positive {'definite' if definite else 'semidefinite'} matrix"
    array = _float_array(name, matrix, allowed)
    if array.ndim != 2 or array.shape[0] != array.shape[1] or array.size == 0:
        raise ValueError(f"{name} must be {allowed}, got one of shape {array.shape}")
    _refuse_nonfinite(name, array, allowed)
    scale = float(np.abs(array).max())
    gap = np.abs(array - array.T)
    if gap.max() > ROUNDING * scale:
        i, j = (int(k) for k in np.unravel_index(int(gap.argmax()), gap.shape))
        raise ValueError(
            f"{name} must be {allowed}, its asymmetry is {gap[i, j]:g}: "
            f"[{i}, {j}] = {array[i, j]:g} but [{j}, {i}] = {array[j, i]:g}"
        )
    array = 0.5 * array + 0.5 * array.T
    smallest = float(np.linalg.eigvalsh(array)[0])
    tolerance = ROUNDING * scale * len(array)
    if smallest < -tolerance or (definite and smallest <= tolerance):
        raise ValueError(f"{name} must be {allowed}, its smallest eigenvalue is {smallest:.6g}")
    array.flags.writeable = False
    return array


def seed(name: str, value: object) -> int:
    """Return ``value`` as a seed: an int from 0 to 2**64 - 1."""
    allowed = "an integer from 0 to 2**64 - 1"
    number = _integer(name, value, allowed)
    if not 0 <= number < 2**64:
        raise ValueError(f"{name} must be {allowed}, got {number}")
    return number


def one_of(name: str, value: object, kinds: tuple[type, ...], allowed: str) -> None:
    """Raise TypeError unless ``value`` is an instance of one of ``kinds``.

    Examples
    --------
    >>> one_of("shared", "yes", (bool,), "True or False")
    Traceback (most recent call last):
    TypeError: shared must be True or False, got 'yes' of type str
    """
    if not isinstance(value, kinds):
        raise TypeError(f"{name} must be {allowed}, got {_short(value)} of type {type(value).__name__}")


def choice(name: str, value: object, allowed: Iterable[str]) -> str:
    """Return ``value`` if it is one of the strings in ``allowed``; else say which are, and the closest.

    Examples
    --------
    >>> choice("first", "fresh", ("fresh", "stationary"))
    'fresh'
    >>> choice("first", "frsh", ("fresh", "stationary"))
    Traceback (most recent call last):
    ValueError: first must be one of 'fresh', 'stationary', got 'frsh' (did you mean 'fresh'?)
    """
    options = tuple(allowed)
    listed = ", ".join(map(repr, options))
    if not isinstance(value, str):
        raise TypeError(f"{name} must be one of {listed}, got {_short(value)} of type {type(value).__name__}")
    if value not in options:
        close = difflib.get_close_matches(value, options, n=1)
        hint = f" (did you mean {close[0]!r}?)" if close else ""
        raise ValueError(f"{name} must be one of {listed}, got {_short(value)}{hint}")
    return value
