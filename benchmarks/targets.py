"""What the project set itself: least ratios of the engine's rate to a measuring stick's, NumPy's and JAX's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

OVER_NUMPY = 10.0  # at least, where nothing more is asked


class Target(NamedTuple):
    """The engine is to be at least ``least`` times as fast as a contestant."""

    workload: str
    kind: str
    contestant: str
    least: float


_MAIN = (  # workload, kind, then the least ratios to the stick, to NumPy and to JAX
    ("recurrence", "rademacher", 0.80, 120.0, 40.0),
    ("valley", "rademacher", 0.80, 120.0, 40.0),
    ("recurrence", "gaussian", 0.75, 24.0, 10.0),
    ("valley", "gaussian", 0.75, 24.0, 10.0),
    ("recurrence", "gaussian_float32", 0.85, 42.0, None),
    ("two-basins", "covariance", 0.90, 100.0, None),
    ("two-basins", "edge", 0.90, OVER_NUMPY, None),
    ("regression", "gaussian", 1.0, 10.0, None),
)
_FURTHER = {
    "regression": ("sgd-1", "sgd-8"),
    "two-basins": ("constant", "dynamic", "diagonal", "leading-1", "hessian-2", "eigenvector", "sgd"),
    "matrix-sensing": ("20x100", "100x1000"),
    "cycling": ("sgd-1",),
    "expression": ("rademacher", "gaussian"),
}


def _targets() -> Iterator[Target]:
    for place, contestant in enumerate(("stick", "NumPy", "JAX")):
        for workload, kind, *least in _MAIN:
            wanted = least[place]
            if wanted is not None:
                yield Target(workload, kind, contestant, wanted)
    for workload, kinds in _FURTHER.items():
        for kind in kinds:
            yield Target(workload, kind, "NumPy", OVER_NUMPY)


TARGETS = tuple(_targets())


def found(rows: Sequence[dict[str, Any]], ratio: Callable[[dict[str, Any], str, str], float]) -> list[dict[str, Any]]:
    """Each target whose workload and contestant were measured, with the ratio that was ``found``."""
    measured = {(row["workload"], row["kind"]): row for row in rows}
    reached = []
    for target in TARGETS:
        row = measured.get((target.workload, target.kind))
        if row is not None and target.contestant in row["contestants"]:
            reached.append({**target._asdict(), "found": ratio(row, "toylands", target.contestant)})
    return reached


def verdict(target: dict[str, Any]) -> str:
    """Whether it was met, or by how much it was missed."""
    share = target["found"] / target["least"]
    return "met" if share >= 1 else f"missed by {1 - share:.0%}"


def lines(reached: Sequence[dict[str, Any]]) -> list[str]:
    """A table of what `found` returns."""
    text = [f"{'target':48s} {'least':>8s} {'found':>8s}"]
    for target in reached:
        name = f"{target['workload']}, {target['kind']}, over {target['contestant']}"
        text.append(f"{name:48s} {target['least']:8.2f} {target['found']:8.2f}  {verdict(target)}")
    return text
