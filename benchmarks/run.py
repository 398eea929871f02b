"""Everything interleaved in one run: medians of rates and of per-round ratios, the machine, JSON, a figure.

    python -m benchmarks                                     # all workloads, all contestants that are installed
    python -m benchmarks recurrence --without JAX PyTorch --rounds 3
    python -m benchmarks --json speed.json --figure benchmarks/figures/speed.png
    python -m benchmarks --stick limit.py                    # and an outside measuring stick
    python -m benchmarks two-basins --kinds covariance       # one kind of a workload

A measuring stick is a Python file of yours with functions ``w1(kind, n, steps)`` (the recurrence), ``w2(kind, n, steps,
every)`` (the valley), ``w3(n, steps)`` (two basins, covariance of the gradients) and ``w4(kind, N, steps, every)``
(regression); kind is 0 for Rademacher noise, 1 for Gaussian, 2 for Gaussian in float32. The ratios that the project
set itself (`benchmarks.targets`) are printed at the end.

Every contestant first shows, mostly over 4096 trajectories and 100 steps, that its mean agrees with the engine's. Then
all run in turn, round after round, so that a clock that drifts or a busy neighbour hits all alike; ratios are taken
within a round.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import os
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before any OpenMP starts: idle threads must not disturb others

from benchmarks import suite, targets
from benchmarks.workload import Contestant, Statistic, Workload, check, show
from toylands import machine
from toylands.bench import interleave

ENGINE, C = "toylands", "C"


def main(argv: Sequence[str] | None = None) -> int:
    """Run what the arguments ask for."""
    options = _arguments(argv)
    described = machine.describe()
    print(machine.line(described))
    stick = None if options.stick is None else load(options.stick)
    measured = []
    for workload in suite.workloads():
        if options.workloads and workload.name not in options.workloads:
            continue
        if options.kinds and workload.kind not in options.kinds:
            continue
        measured.append(measure(workload, options.rounds, set(options.without), stick))
        print("\n" + "\n".join(lines(measured[-1])), flush=True)
    reached = targets.found(measured, ratio)
    if reached:
        print("\n" + "\n".join(targets.lines(reached)))
    result = {
        "machine": described,
        "rounds": options.rounds,
        "unit": "coordinate-steps per second",
        "rows": measured,
        "targets": reached,
    }
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    if options.figure:
        from benchmarks.figure import draw

        draw(result, options.figure)
        print(f"\nwrote {options.figure}")
    return 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = sorted({workload.name for workload in suite.workloads()})
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"of {', '.join(names)}; default: all")
    kinds = sorted({workload.kind for workload in suite.workloads()})
    parser.add_argument("--kinds", nargs="+", default=[], metavar="KIND", help=f"of {', '.join(kinds)}; default: all")
    parser.add_argument("--rounds", type=int, default=7, help="default: 7")
    parser.add_argument("--without", nargs="+", default=[], metavar="CONTESTANT", help="leave these out")
    parser.add_argument("--stick", type=Path, metavar="FILE", help="an outside measuring stick")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--figure", type=Path, metavar="FILE")
    options = parser.parse_args(argv)
    for what, asked, known in (("workload", options.workloads, names), ("kind", options.kinds, kinds)):
        unknown = sorted(set(asked) - set(known))
        if unknown:
            parser.error(f"no {what} {', '.join(unknown)}; there are: {', '.join(known)}")
    if options.rounds < 1:
        parser.error(f"--rounds must be at least 1, got {options.rounds}")
    return options


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("measuring_stick", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"--stick {path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def measure(workload: Workload, rounds: int, without: set[str], stick: ModuleType | None) -> dict[str, Any]:
    """Check and time everybody; JSON-able values."""
    absent = {each.name: suite.missing(each.name) for each in workload.contestants}
    absent = {name: why for name, why in absent.items() if why}
    present = [c for c in workload.contestants if c.name not in absent and not _left_out(c.name, without)]
    expected = show(workload, present[0])
    for contestant in present[1:]:
        check(workload, contestant, expected)
    if stick is not None and workload.stick is not None:
        present.append(_outsider(workload, stick, present[0]))
    for contestant in present:
        workload.rate(contestant)  # compiles for its size
    rates = interleave([lambda each=each: workload.rate(each) for each in present], rounds)  # type: ignore[misc]
    found = {each.name: {"median": statistics.median(r), "rates": r} for each, r in zip(present, rates)}
    return {"workload": workload.name, "kind": workload.kind, "about": workload.about, "contestants": found,
            "absent": absent}  # fmt: skip


def _outsider(workload: Workload, stick: ModuleType, engine: Contestant) -> Contestant:
    """The measuring stick, at the engine's size."""

    def run(kind: str, trajectories: int, steps: int) -> Statistic:
        assert workload.stick is not None
        workload.stick(stick, kind, trajectories, steps)
        return math.nan, math.nan

    return Contestant("stick", run, engine.trajectories, engine.steps)


def _left_out(name: str, without: set[str]) -> bool:
    """Leaving out JAX leaves out the tuned JAX as well; the engine stays."""
    return name != ENGINE and (name in without or name.split()[0] in without)


def ratio(row: dict[str, Any], above: str, below: str) -> float:
    """Median over the rounds of one contestant's rate over another's."""
    pairs = zip(row["contestants"][above]["rates"], row["contestants"][below]["rates"])
    return statistics.median(a / b for a, b in pairs)


def lines(row: dict[str, Any]) -> list[str]:
    """A table of one workload: rates, the engine over each contestant, each over C."""
    found = row["contestants"]
    reference = "stick" if "stick" in found else C if C in found else ENGINE
    text = [f"{row['workload']}, {row['kind']}: {row['about']}"]
    text.append(f"  {'':14s} {'1e9/s':>9s} {'toylands is':>12s} {'of ' + reference:>12s}")
    for name, values in found.items():
        times, share = ratio(row, ENGINE, name), ratio(row, name, reference)
        text.append(f"  {name:14s} {values['median'] / 1e9:9.4f} {times:11.2f}x {share:12.3f}")
    text += [f"  {name:14s} left out: {why}" for name, why in row["absent"].items()]
    return text


if __name__ == "__main__":
    sys.exit(main())
