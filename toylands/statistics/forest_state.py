"""What a forest of blocks holds: the tree of complete blocks, the partial blocks, and the integer counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from toylands.statistics.central_moments import FIELDS, Integers, Moments
from toylands.statistics.dyadic import DyadicTree
from toylands.statistics.first_passage import FirstPassage
from toylands.statistics.packing import pack


@dataclass(frozen=True)
class PartialBlock:
    """The first ``size`` trajectories of a block; kept outside the tree, since the whole block may still come."""

    size: int
    moments: Moments
    diverged: Integers
    first_passage: FirstPassage | None

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PartialBlock):
            return NotImplemented
        same = self.size == other.size and self.moments == other.moments and self.first_passage == other.first_passage
        return same and np.array_equal(self.diverged, other.diverged)


class ForestState(NamedTuple):
    """All that changes in a forest. It is replaced whole, so that no error and no Ctrl-C leaves half an insertion."""

    tree: DyadicTree
    partials: dict[int, PartialBlock]
    diverged: Integers
    passage: FirstPassage | None

    def same(self, other: ForestState) -> bool:
        """Compare bit for bit."""
        return (
            self.tree == other.tree
            and self.partials == other.partials
            and np.array_equal(self.diverged, other.diverged)
            and self.passage == other.passage
        )

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return plain arrays that hold everything."""
        nodes, parts = list(self.tree.nodes()), sorted(self.partials.items())
        result: dict[str, NDArray[Any]] = {
            "nodes": np.array([(level, index) for level, index, _ in nodes], np.int64).reshape(-1, 2),
            "partials": np.array([(index, part.size) for index, part in parts], np.int64).reshape(-1, 2),
            "diverged": self.diverged.copy(),
            **pack("partial_diverged", [{"": part.diverged} for _, part in parts]),
            **pack("node_", [_named(moments) for _, _, moments in nodes]),
            **pack("partial_", [_named(part.moments) for _, part in parts]),
        }
        if self.passage is not None:
            result.update(pack("passage_", [self.passage.to_arrays()]))
            partial = [part.first_passage.to_arrays() for _, part in parts if part.first_passage is not None]
            result.update(pack("partial_passage_", partial))
        return result


def merge_passages(left: FirstPassage | None, right: FirstPassage | None) -> FirstPassage | None:
    """Return both together; None when either is missing."""
    return None if left is None or right is None else FirstPassage.merge(left, right)


def _named(moments: Moments) -> dict[str, NDArray[Any]]:
    return {name: getattr(moments, name) for name in FIELDS}
