"""Equal dicts of arrays, stacked name by name into one flat dict that can be saved, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def pack(prefix: str, parts: Sequence[Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """Stack equal dicts of arrays, name by name; nothing when there are none."""
    return {prefix + name: np.stack([part[name] for part in parts]) for name in (parts[0] if parts else ())}


def unpack(
    prefix: str, names: Sequence[str], arrays: Mapping[str, NDArray[Any]], size: int
) -> list[dict[str, NDArray[Any]]]:
    """Undo ``pack`` for ``size`` parts."""
    stacked = {name: arrays[prefix + name] for name in names} if size else {}
    if any(len(array) != size for array in stacked.values()):
        raise ValueError(f"the arrays {prefix}* must all have length {size}")
    return [{name: array[i] for name, array in stacked.items()} for i in range(size)]
