"""A tree of fixed shape over block indices: statistics merge in the same pairs, in whatever order the blocks come.

Node (level l, index i) covers the blocks ``i 2^l`` to ``(i + 1) 2^l - 1`` and is the merge of its left with its right
half. Kept are the maximal complete nodes; which these are, and every bit in them, follow from the set of blocks alone.
Over n contiguous blocks there are at most 2 log2(n) + 1 of them, and at most log2(n) + 1 when the first block is 0.
"""

from __future__ import annotations

from collections.abc import Iterator

from toylands.statistics.central_moments import Moments


class DyadicTree:
    """Moments of complete blocks, merged in fixed pairs."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape = shape
        self._nodes: dict[tuple[int, int], Moments] = {}

    def add(self, level: int, index: int, moments: Moments) -> None:
        """Add a node that is not covered yet, and merge it upward as long as its sibling is in."""
        while (sibling := self._nodes.pop((level, index ^ 1), None)) is not None:
            left, right = (sibling, moments) if index & 1 else (moments, sibling)
            level, index, moments = level + 1, index >> 1, Moments.merge(left, right)
        self._nodes[level, index] = moments

    def add_many(self, first: int, moments: Moments) -> None:
        """Add consecutive blocks (leading axis of ``moments``), bit for bit as if they came one by one.

        Sibling pairs are merged a whole level at a time; what sticks out at either end joins the tree by itself.
        """
        level, low, high = 0, first, first + len(moments.count)
        while low < high:
            if low & 1:
                self.add(level, low, moments[0].copy())
                low, moments = low + 1, moments[1:]
            if high & 1 and low < high:
                high -= 1
                self.add(level, high, moments[high - low].copy())
                moments = moments[: high - low]
            moments = Moments.merge(moments[0::2], moments[1::2])
            level, low, high = level + 1, low >> 1, high >> 1

    def add_merged(self, first: int, moments: Moments) -> None:
        """Add consecutive blocks that were merged in place beforehand, each node in the slot of its first block."""
        level, low, high, slot = 0, first, first + len(moments.count), 0
        while low < high:
            if low & 1:
                self.add(level, low, moments[slot].copy())
                low, slot = low + 1, slot + (1 << level)
            if high & 1 and low < high:
                high -= 1
                self.add(level, high, moments[slot + ((high - low) << level)].copy())
            level, low, high = level + 1, low >> 1, high >> 1

    def total(self) -> Moments:
        """Return the nodes folded in the order of their blocks."""
        result = Moments.empty(self.shape)
        for _, _, moments in self.nodes():
            result = Moments.merge(result, moments)
        return result

    def nodes(self) -> Iterator[tuple[int, int, Moments]]:
        """Yield (level, index, moments) in the order of the blocks."""
        for level, index in sorted(self._nodes, key=lambda node: node[1] << node[0]):
            yield level, index, self._nodes[level, index]

    @property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """The blocks as sorted, maximal ranges (start, stop), stop excluded."""
        ranges: list[tuple[int, int]] = []
        for start, stop in sorted((i << level, (i + 1) << level) for level, i in self._nodes):
            if ranges and ranges[-1][1] == start:
                ranges[-1] = (ranges[-1][0], stop)
            else:
                ranges.append((start, stop))
        return tuple(ranges)

    def overlap(self, start: int, stop: int) -> int | None:
        """Return the first block from ``start`` to ``stop - 1`` that is already in, or None."""
        shared = (max(low, start) for low, high in self.ranges if max(low, start) < min(high, stop))
        return next(shared, None)

    def __len__(self) -> int:
        """Return the number of blocks."""
        return sum(1 << level for level, _ in self._nodes)

    def copy(self) -> DyadicTree:
        """Return an independent tree; the statistics themselves are immutable and shared."""
        other = DyadicTree(self.shape)
        other._nodes = dict(self._nodes)
        return other

    def __eq__(self, other: object) -> bool:
        """Compare bit for bit."""
        if not isinstance(other, DyadicTree):
            return NotImplemented
        return self.shape == other.shape and self._nodes == other._nodes
