"""Loops of a graph of basic blocks, as compilers define them."""

from __future__ import annotations

from collections import defaultdict


def natural_loops(following: dict[str, list[str]], entry: str) -> dict[str, set[str]]:
    """Blocks of each loop by its head: a head dominates a block that jumps back to it.

    Parameters
    ----------
    following : dict
        Where each block can lead; blocks that cannot be reached are passed over.
    entry : str
        Where the graph is entered.

    Examples
    --------
    >>> loops = natural_loops({"a": ["b"], "b": ["b", "c"], "c": ["a", "d"], "d": []}, "a")
    >>> {head: sorted(body) for head, body in loops.items()}
    {'b': ['b'], 'a': ['a', 'b', 'c']}
    """
    order = _reverse_postorder(following, entry)
    rank = {name: index for index, name in enumerate(order)}
    before: dict[str, list[str]] = defaultdict(list)
    for name in order:
        for target in following[name]:
            before[target].append(name)
    dominator = _dominators(order, rank, before)
    loops: dict[str, set[str]] = {}
    for name in order:
        for head in following[name]:
            if rank[head] <= rank[name] and _dominates(head, name, dominator):
                body, waiting = loops.setdefault(head, {head}), [name]
                while waiting:
                    block = waiting.pop()
                    if block not in body:
                        body.add(block)
                        waiting.extend(before[block])
    return loops


def _reverse_postorder(following: dict[str, list[str]], entry: str) -> list[str]:
    done: list[str] = []
    seen, stack = {entry}, [(entry, iter(following[entry]))]
    while stack:
        name, targets = stack[-1]
        for target in targets:
            if target not in seen:
                seen.add(target)
                stack.append((target, iter(following[target])))
                break
        else:
            done.append(name)
            stack.pop()
    return done[::-1]


def _dominators(order: list[str], rank: dict[str, int], before: dict[str, list[str]]) -> dict[str, str]:
    """Immediate dominators. Source: Cooper, Harvey and Kennedy, "A simple, fast dominance algorithm" (2001)."""
    dominator = {order[0]: order[0]}

    def common(a: str, b: str) -> str:
        while a != b:
            while rank[a] > rank[b]:
                a = dominator[a]
            while rank[b] > rank[a]:
                b = dominator[b]
        return a

    changed = True
    while changed:
        changed = False
        for name in order[1:]:
            new = ""
            for source in before[name]:
                if source in dominator:
                    new = common(source, new) if new else source
            if dominator.get(name) != new:
                dominator[name], changed = new, True
    return dominator


def _dominates(head: str, name: str, dominator: dict[str, str]) -> bool:
    while name != head and dominator[name] != name:
        name = dominator[name]
    return name == head
