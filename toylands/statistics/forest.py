"""Statistics of a growing set of trajectory blocks: the order in which they finish leaves no trace in the bits.

Block ``b`` holds the trajectories ``64 b`` to ``64 b + 63``. Moments are merged in a fixed tree over the blocks (see
``dyadic``); counts of diverged trajectories and first-passage sketches are integers, so their sums are exact anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from toylands import validation
from toylands.statistics.central_moments import FIELDS, Integers, Moments
from toylands.statistics.dyadic import DyadicTree
from toylands.statistics.first_passage import FirstPassage
from toylands.statistics.forest_state import ForestState, PartialBlock, merge_passages
from toylands.statistics.packing import unpack

__all__ = ["BLOCK_SIZE", "MomentForest", "Moments", "PartialBlock"]

BLOCK_SIZE = 64


class MomentForest:
    """Statistics of a growing set of blocks; equal sets give bit-identical statistics, whatever the history.

    Parameters
    ----------
    records, observables : int
        Shape of the statistics of one block, ``(records, observables)``.
    first_passage : bool
        Whether every block also brings a first-passage sketch.
    block_size : int
        Trajectories in a complete block.

    Examples
    --------
    >>> import numpy as np
    >>> samples = np.random.default_rng(0).normal(size=(4, 64, 1, 1))
    >>> blocks = [Moments.from_samples(s) for s in samples]
    >>> forward, backward = MomentForest(1, 1), MomentForest(1, 1)
    >>> for i in range(4):
    ...     forward.insert(i, blocks[i])
    ...     backward.insert(3 - i, blocks[3 - i])
    >>> forward.total() == backward.total(), forward.trajectories, forward.blocks
    (True, 256, ((0, 4),))
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(
        self, records: int, observables: int, *, first_passage: bool = False, block_size: int = BLOCK_SIZE
    ) -> None:
        self.shape = (
            validation.positive_int("records", records, 0),
            validation.positive_int("observables", observables, 0),
        )
        self.block_size = validation.positive_int("block_size", block_size)
        passage = FirstPassage.empty() if first_passage else None
        self._state = ForestState(DyadicTree(self.shape), {}, np.zeros(self.shape[0], np.int64), passage)
        self._frozen = False

    def insert(
        self,
        block: int,
        moments: Moments,
        diverged: ArrayLike | None = None,
        first_passage: FirstPassage | None = None,
    ) -> None:
        """Add one complete block; see ``insert_many``."""
        self._check_shape(moments, self.shape)
        self.insert_many(block, moments[None], diverged, first_passage)

    def insert_many(
        self,
        first_block: int,
        moments: Moments,
        diverged: ArrayLike | None = None,
        first_passage: FirstPassage | None = None,
        *,
        merged: bool = False,
    ) -> None:
        """Add consecutive complete blocks, bit for bit as if they came one by one.

        Nothing is added on an error, nor when Ctrl-C comes in the middle.

        Parameters
        ----------
        first_block : int
            Index of the first block.
        moments : Moments of shape (blocks, records, observables)
            Statistics of each block. The arrays are copied where they are kept.
        diverged : array_like of int, shape (records,) or (blocks, records), optional
            Trajectories that had diverged by each record, in total or for each block; none by default.
        first_passage : FirstPassage, optional
            Sketch of all the trajectories of these blocks; required exactly when the forest was built for one.
        merged : bool
            Whether the blocks were merged in place beforehand (see `toylands.kernels.collapse`).

        Raises
        ------
        ValueError
            When a block is already in, a shape or a count does not fit, or the forest is frozen.
        """
        first = validation.positive_int("first_block", first_block, 0)
        n_blocks = len(moments.count) if moments.shape else 0
        self._check_shape(moments, (validation.positive_int("the number of blocks", n_blocks), *self.shape))
        self._check_free(first, first + n_blocks)
        lost = self._check_extras(moments, diverged, first_passage, n_blocks * self.block_size)
        old = self._state
        tree = old.tree.copy()
        (tree.add_merged if merged else tree.add_many)(first, moments)
        partials = {i: part for i, part in old.partials.items() if not first <= i < first + n_blocks}
        self._state = ForestState(tree, partials, old.diverged + lost, merge_passages(old.passage, first_passage))

    def set_partial(
        self,
        block: int,
        size: int,
        moments: Moments,
        diverged: ArrayLike | None = None,
        first_passage: FirstPassage | None = None,
    ) -> None:
        """Set the first ``size`` trajectories of a block that is not complete; replaces an earlier part of it.

        The part is folded after all complete blocks, and dropped when the whole block is inserted.

        Raises
        ------
        ValueError
            When the block is already complete, ``size`` is not from 1 to ``block_size - 1``, or a shape does not fit.
        """
        index = validation.positive_int("block", block, 0)
        size = validation.positive_int("size", size)
        if size >= self.block_size:
            raise ValueError(f"size must be an integer from 1 to {self.block_size - 1}, got {size}")
        self._check_shape(moments, self.shape)
        self._check_free(index, index + 1)
        lost = self._check_extras(moments[None], diverged, first_passage, size)
        part = PartialBlock(size, moments.copy(), lost, first_passage)
        self._state = self._state._replace(partials={**self._state.partials, index: part})

    def merge(self, other: MomentForest) -> MomentForest:
        """Return the forest over the blocks of both, bit for bit as if one run had made them all.

        Raises
        ------
        ValueError
            When both hold the same block (complete or in part), or they differ in shape, block size or first passage.
        """
        if self._kind() != other._kind():
            raise ValueError(f"other must be a forest like {self!r}, got {other!r}")
        mine, theirs = self._state, other._state
        for start, stop in (*other.blocks, *((i, i + 1) for i in theirs.partials)):
            shared = [mine.tree.overlap(start, stop), *(i for i in mine.partials if start <= i < stop)]
            if any(block is not None for block in shared):
                raise ValueError(f"other must hold other blocks than {self!r}, got {other!r}")
        tree = mine.tree.copy()
        for level, index, moments in theirs.tree.nodes():
            tree.add(level, index, moments)
        partials, lost = {**mine.partials, **theirs.partials}, mine.diverged + theirs.diverged
        merged = self.copy()
        merged._state = ForestState(tree, partials, lost, merge_passages(mine.passage, theirs.passage))
        return merged

    def total(self) -> Moments:
        """Return the statistics of all blocks: complete ones in order, then the partial ones in order."""
        result = self._state.tree.total()
        for index in self.partials:
            result = Moments.merge(result, self._state.partials[index].moments)
        return result

    @property
    def diverged(self) -> Integers:
        """Trajectories that had diverged by each record, shape (records,)."""
        result = self._state.diverged.copy()
        for part in self._state.partials.values():
            result += part.diverged
        return result

    @property
    def first_passage(self) -> FirstPassage | None:
        """First passages of all trajectories, or None when the forest was not built for them."""
        result = self._state.passage
        for part in self._state.partials.values():
            result = merge_passages(result, part.first_passage)
        return result

    @property
    def blocks(self) -> tuple[tuple[int, int], ...]:
        """The complete blocks as sorted ranges (start, stop), stop excluded."""
        return self._state.tree.ranges

    @property
    def partials(self) -> tuple[int, ...]:
        """Sorted indices of the blocks of which only a part is in."""
        return tuple(sorted(self._state.partials))

    def partial_size(self, block: int) -> int:
        """How many trajectories of a block are in that is there only in part; 0 for any other block."""
        part = self._state.partials.get(block)
        return 0 if part is None else part.size

    @property
    def trajectories(self) -> int:
        """Number of trajectories in all blocks, those that diverged included."""
        return len(self._state.tree) * self.block_size + sum(part.size for part in self._state.partials.values())

    def copy(self) -> MomentForest:
        """Return an independent forest, not frozen; the statistics themselves are immutable and shared."""
        has_passage = self._state.passage is not None
        other = MomentForest(*self.shape, first_passage=has_passage, block_size=self.block_size)
        other._state = self._state  # never changed, only replaced
        return other

    def freeze(self) -> MomentForest:
        """Refuse every later insertion, and return the forest."""
        self._frozen = True
        return self

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return plain arrays that hold everything, to be saved without pickle."""
        return {"kind": np.array(self._kind(), np.int64), **self._state.to_arrays()}

    @staticmethod
    def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> MomentForest:
        """Return the forest that ``to_arrays`` took apart.

        Raises
        ------
        ValueError, KeyError
            When the arrays do not fit together.
        """
        records, observables, block_size, passage = (int(n) for n in arrays["kind"])
        forest = MomentForest(records, observables, first_passage=bool(passage), block_size=block_size)
        moments = unpack("node_", FIELDS, arrays, len(arrays["nodes"]))
        for (level, index), fields in zip(arrays["nodes"].tolist(), moments, strict=True):
            node = Moments(**fields)
            forest._check_shape(node, forest.shape)
            if not 0 <= level < 62 or index < 0:
                raise ValueError(f"there is no node {index} at level {level}")
            forest._check_free(index << level, (index + 1) << level)
            forest._state.tree.add(level, index, node)
        diverged = forest._check_diverged(arrays["diverged"], len(forest._state.tree) * block_size)
        names = ("still", "extremes", "sums", "histogram") if passage else ()
        exits = FirstPassage.from_arrays(unpack("passage_", names, arrays, 1)[0]) if passage else None
        forest._state = forest._state._replace(diverged=diverged, passage=exits)
        n_parts = len(arrays["partials"])
        parts = zip(
            arrays["partials"].tolist(),
            unpack("partial_", FIELDS, arrays, n_parts),
            unpack("partial_diverged", ("",), arrays, n_parts),
            unpack("partial_passage_", names, arrays, n_parts),
            strict=True,
        )
        for (index, size), fields, lost, sketch in parts:
            exits = FirstPassage.from_arrays(sketch) if passage else None
            forest.set_partial(index, size, Moments(**fields), lost[""], exits)
        return forest

    def __eq__(self, other: object) -> bool:
        """Compare bit for bit."""
        if not isinstance(other, MomentForest):
            return NotImplemented
        return self._kind() == other._kind() and self._state.same(other._state)

    def __repr__(self) -> str:
        return (
            f"MomentForest({self.shape[0]} records, {self.shape[1]} observables, blocks {self.blocks}, "
            f"partial {self.partials}, first_passage={self._state.passage is not None}, block_size={self.block_size})"
        )

    def _kind(self) -> tuple[int, int, int, int]:
        return (*self.shape, self.block_size, int(self._state.passage is not None))

    def _check_shape(self, moments: Moments, shape: tuple[int, ...]) -> None:
        if moments.shape != shape:
            raise ValueError(f"moments must have shape {shape}, got {moments.shape}")

    def _check_free(self, start: int, stop: int) -> None:
        if self._frozen:
            raise ValueError("a frozen forest takes no more blocks; insert into forest.copy()")
        taken = self._state.tree.overlap(start, stop)
        if taken is not None:
            raise ValueError(f"block {taken} is already in {self!r}")

    def _check_extras(
        self, moments: Moments, diverged: ArrayLike | None, first_passage: FirstPassage | None, trajectories: int
    ) -> Integers:
        if moments.count.size and int(moments.count.sum(axis=0).max()) > trajectories:
            raise ValueError(f"moments must count at most {trajectories} trajectories, got {moments.count.max()}")
        if (first_passage is None) != (self._state.passage is None):
            wanted = "None" if self._state.passage is None else "a FirstPassage"
            raise ValueError(f"first_passage must be {wanted} for this forest, got {type(first_passage).__name__}")
        if first_passage is not None and first_passage.trajectories != trajectories:
            raise ValueError(f"first_passage must be of {trajectories} trajectories, got {first_passage.trajectories}")
        return self._check_diverged(np.zeros(self.shape[0], np.int64) if diverged is None else diverged, trajectories)

    def _check_diverged(self, diverged: ArrayLike, trajectories: int) -> Integers:
        lost = np.array(diverged, np.int64)
        if lost.ndim == 2:
            lost = lost.sum(axis=0)
        if lost.shape != (self.shape[0],) or (lost.size and (lost.min() < 0 or lost.max() > trajectories)):
            raise ValueError(f"diverged must hold {self.shape[0]} counts from 0 to {trajectories}, got {diverged!r}")
        return lost
