"""Which numbered items of a paper are entries of the ledger, and why the others are not.

``theory/claims/PAPER/index.py`` defines ``INDEX``, a mapping of every numbered item of the paper to the ids of its
entries, or to the reason why it is not checkable, and ``EQUATIONS``, how many numbered equations the paper has. An
item that names equations begins with ``Eq.``: ``"Eq. 12"``, ``"Eqs. 14-16"``, ``"Eq. 3 and 5"``.
``python -m theory.claims.coverage`` prints the numbers without judging anything.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from theory.claims import registry
from theory.claims.claim import Claim
from theory.claims.papers import PAPERS

Index = Mapping[str, "tuple[str, ...] | str"]

_EQUATIONS = re.compile(r"Eqs?\.?\s*(\d+(?:\s*(?:-|–|,|and|to)\s*(?:Eqs?\.?\s*)?\d+)*)")


@dataclass(frozen=True)
class Item:
    """A numbered item: the entries that judge it, or the reason why none can."""

    name: str
    ids: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Coverage:
    """A paper's index held against the ledger.

    Parameters
    ----------
    paper : str
        Short id.
    items : tuple of Item
        In the order of the index.
    entries : int
        Entries of the paper in the ledger.
    unknown : tuple of str
        Ids that the index names and the ledger does not have.
    unnamed : tuple of str
        Entries, other than new ones, that the index does not name.
    missing : tuple of int
        Numbered equations that are in no item.
    counted : bool
        Whether the index says how many numbered equations there are.
    """

    paper: str
    items: tuple[Item, ...]
    entries: int
    unknown: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()
    missing: tuple[int, ...] = ()
    counted: bool = True

    @property
    def judged(self) -> int:
        """Items with entries, all of which exist."""
        return sum(bool(item.ids) and not set(item.ids) & set(self.unknown) for item in self.items)

    @property
    def reasoned(self) -> int:
        """Items with a reason instead."""
        return sum(not item.ids and bool(item.reason.strip()) for item in self.items)

    @property
    def total(self) -> int:
        """Items, and numbered equations that are in none."""
        return len(self.items) + len(self.missing)

    @property
    def percent(self) -> float:
        """Share of the items that are entries or carry a reason, in percent."""
        return 100 * (self.judged + self.reasoned) / self.total if self.total else 0.0

    @property
    def complete(self) -> bool:
        """Whether nothing is missing on either side."""
        return self.judged + self.reasoned == self.total > 0 and not self.problems()

    def problems(self) -> tuple[str, ...]:
        """What keeps it from being complete, a line each."""
        empty = [item.name for item in self.items if not item.ids and not item.reason.strip()]
        named = {
            "ids that the ledger does not have": self.unknown,
            "entries that the index does not name": self.unnamed,
            "numbered equations in no item": tuple(map(str, self.missing)),
            "items with neither an entry nor a reason": tuple(empty),
        }
        found = [f"{self.paper}: {what}: {', '.join(which)}" for what, which in named.items() if which]
        if not self.counted:
            found.append(f"{self.paper}: the index does not say how many numbered equations there are")
        return tuple(found)


def equations(name: str) -> set[int]:
    """Numbers of the equations that an item's name begins with.

    Examples
    --------
    >>> sorted(equations("Eq. 14-16, first line")), sorted(equations("Eq. 3 and 5")), sorted(equations("Theorem 2.1"))
    ([14, 15, 16], [3, 5], [])
    """
    match = _EQUATIONS.match(name)
    if match is None:
        return set()
    found: set[int] = set()
    for low, high in re.findall(r"(\d+)(?:\s*(?:-|–|to)\s*(?:Eqs?\.?\s*)?(\d+))?", match[1]):
        found |= set(range(int(low), int(high or low) + 1))
    return found


def hold_against(paper: str, index: Index, count: int | None, claims: Iterable[Claim]) -> Coverage:
    """An index with ``count`` numbered equations (None: it does not say) against the paper's entries in ``claims``."""
    own = [claim for claim in claims if claim.paper == paper]
    known = {claim.id for claim in own}
    items = tuple(
        Item(name, reason=found) if isinstance(found, str) else Item(name, tuple(found))
        for name, found in index.items()
    )
    named = dict.fromkeys(claim_id for item in items for claim_id in item.ids)
    numbers = set().union(*(equations(item.name) for item in items))
    return Coverage(
        paper,
        items,
        entries=len(own),
        unknown=tuple(claim_id for claim_id in named if claim_id not in known),
        unnamed=tuple(claim.id for claim in own if claim.id not in named and not claim.new),
        missing=tuple(number for number in range(1, (count or 0) + 1) if number not in numbers),
        counted=count is not None,
    )


def of_paper(paper: str, claims: Iterable[Claim]) -> Coverage | None:
    """The coverage of one paper of the ledger; None if it has no index."""
    name = f"theory.claims.{paper}.index"
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name not in (name, f"theory.claims.{paper}"):
            raise
        return None
    return hold_against(paper, module.INDEX, getattr(module, "EQUATIONS", None), claims)


def of_selection(claims: Sequence[Claim]) -> tuple[Coverage, ...]:
    """The coverage of every paper all of whose entries are among ``claims``."""
    chosen = {claim.id for claim in claims}
    found = []
    for paper in PAPERS:
        if not any(claim_id.startswith(f"{paper.id}/") for claim_id in chosen):
            continue
        own = [claim for claim in registry.ledger() if claim.paper == paper.id]
        if own and all(claim.id in chosen for claim in own):
            found.append(of_paper(paper.id, own))
    return tuple(coverage for coverage in found if coverage is not None)


def summary(found: Iterable[Coverage]) -> list[str]:
    """A line a paper.

    Examples
    --------
    >>> summary([hold_against("antipgd", {"Eq. 1": "A definition."}, 1, ())])
    ['antipgd: 1 items, 0 judged by entries, 1 with a reason, 100.0%; 0 entries']
    """
    return [
        f"{one.paper}: {one.total} items, {one.judged} judged by entries, {one.reasoned} with a reason, "
        f"{one.percent:.1f}%; {one.entries} entries"
        for one in found
    ]


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in summary(of_selection(registry.ledger())))
