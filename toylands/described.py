"""How numbers are described in results: short arrays value by value, long ones by shape and digest."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

LISTED = 1024
"""Values up to which an array is listed: some 20 KB of JSON; beyond, writing a description costs more than a run."""


def digest(array: np.ndarray) -> str:
    """SHA-256 of the values, row by row; the array is copied only if they do not lie so in memory."""
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()


def described(value: Any) -> Any:
    """A value as JSON can hold it.

    Examples
    --------
    >>> import numpy as np
    >>> described(np.eye(2)), described(0.5)
    ([[1.0, 0.0], [0.0, 1.0]], 0.5)
    >>> described(np.zeros((100, 100)))["shape"]
    [100, 100]
    """
    if not isinstance(value, np.ndarray):
        return value
    return value.tolist() if value.size <= LISTED else {"shape": list(value.shape), "sha256": digest(value)}
