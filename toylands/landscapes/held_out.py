"""Training data and held-out data of landscapes that are fitted to inputs and targets, checked together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from toylands import validation

Data = tuple[np.ndarray, np.ndarray]


def training_and_held_out(
    name: str,
    training: tuple[Any, Any],
    held_out: tuple[Any, Any],
    read: Callable[[str, Any], np.ndarray] = validation.matrix,
    unit: str = "columns",
) -> tuple[Data, Data]:
    """(inputs, targets) to train on and held out, the training data themselves where nothing is held out.

    ``name`` is that of the inputs, ``read`` checks them, and ``unit`` says what their second axis counts.

    Raises
    ------
    TypeError, ValueError
        If inputs or targets are none, only one of the held-out two is given, or sizes do not fit.

    Examples
    --------
    >>> training, test = training_and_held_out("design", ([[1.0, 2.0]], [3.0]), (None, None))
    >>> training is test
    True
    """
    inputs, targets = held_out
    if inputs is None and targets is not None:
        raise ValueError(f"test_targets need a test_{name}")
    if inputs is not None and targets is None:
        raise ValueError(f"test_{name} needs test_targets")
    known = _checked("", name, training, read)
    if inputs is None:
        return known, known
    test = _checked("test_", name, held_out, read)
    if test[0].shape[1] != known[0].shape[1]:
        raise ValueError(f"test_{name} has {test[0].shape[1]} {unit}, but {name} has {known[0].shape[1]}")
    return known, test


def _checked(prefix: str, name: str, data: tuple[Any, Any], read: Callable[[str, Any], np.ndarray]) -> Data:
    inputs = read(prefix + name, data[0])
    return inputs, validation.vector(f"{prefix}targets", data[1], length=len(inputs))
