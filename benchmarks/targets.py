"""What the project set itself: least ratios of the engine's rate to a measuring stick's, NumPy's and JAX's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple


class Target(NamedTuple):
    """The engine is to be at least ``least`` times as fast as a contestant."""

    workload: str
    kind: str
    contestant: str
    least: float


def _targets() -> Iterator[Target]:
    for workload in ("recurrence", "valley"):
        for kind, stick, numpy, jax in (("rademacher", 0.80, 120.0, 40.0), ("gaussian", 0.75, 24.0, 10.0)):
            yield Target(workload, kind, "stick", stick)
            yield Target(workload, kind, "NumPy", numpy)
            yield Target(workload, kind, "JAX", jax)
    for workload, kind, stick, numpy in (
        ("recurrence", "gaussian_float32", 0.85, 42.0),
        ("two-basins", "covariance", 0.90, 100.0),
        ("regression", "gaussian", 1.0, 10.0),
    ):
        yield Target(workload, kind, "stick", stick)
        yield Target(workload, kind, "NumPy", numpy)


TARGETS = tuple(_targets())


def lines(rows: Sequence[dict[str, Any]], ratio: Callable[[dict[str, Any], str, str], float]) -> list[str]:
    """Each target whose workload and contestant were measured: what was asked, what was found."""
    found = {(row["workload"], row["kind"]): row for row in rows}
    text = [f"{'target':48s} {'least':>8s} {'found':>8s}"]
    for target in TARGETS:
        row = found.get((target.workload, target.kind))
        if row is None or target.contestant not in row["contestants"]:
            continue
        reached = ratio(row, "toylands", target.contestant)
        verdict = "met" if reached >= target.least else f"missed by {1 - reached / target.least:.0%}"
        name = f"{target.workload}, {target.kind}, over {target.contestant}"
        text.append(f"{name:48s} {target.least:8.2f} {reached:8.2f}  {verdict}")
    return text
