"""The README's tables of speed from what ``python -m benchmarks --json speed.json`` wrote.

    python -m benchmarks.readme speed.json
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.run import ENGINE, C, ratio
from benchmarks.targets import verdict

STICK = "stick"
OTHERS = (STICK, C, "Numba", "NumPy", "JAX", "PyTorch")


def _number(value: float) -> str:
    """Two digits, or all before the point."""
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def _row(cells: Sequence[str]) -> str:
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    return [_row(head), _row(["---"] * len(head)), *(_row(cells) for cells in body)]


def speeds(result: dict[str, Any]) -> list[str]:
    """A row a workload: the engine's rate, and how many times each other contestant's that is."""
    body = []
    for row in result["rows"]:
        found = row["contestants"]
        times = [_number(ratio(row, ENGINE, other)) if other in found else "" for other in OTHERS]
        body.append([f"{row['workload']}, {row['kind']}", f"{found[ENGINE]['median'] / 1e9:.3g}", *times])
    return _table(["workload", "toylands, 1e9/s", *(f"/ {other}" for other in OTHERS)], body)


def goals(result: dict[str, Any]) -> list[str]:
    """A row a target: what was asked, what was found."""
    body = [
        [f"{t['workload']}, {t['kind']}", t["contestant"], f"{t['least']:g}", f"{t['found']:.3g}", verdict(t)]
        for t in result["targets"]
    ]
    return _table(["workload", "over", "at least", "found", ""], body)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.readme", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("json", type=Path, metavar="FILE")
    result = json.loads(parser.parse_args(argv).json.read_text())
    machine = result["machine"]
    print(
        "Coordinate-steps a second, and the ratio to each contestant's: "
        f"{machine['processor']}, {machine['threads']} threads, medians of {result['rounds']} interleaved rounds.\n"
    )
    print("\n".join(speeds(result)) + "\n")
    print("\n".join(goals(result)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
