"""The bars of the README: coordinate-steps a second, on a logarithmic axis."""

from __future__ import annotations

from pathlib import Path
from typing import Any

COLOURS = {"toylands": "#d62728", "C": "#444444", "NumPy": "#1f77b4", "Numba": "#2ca02c", "JAX": "#9467bd",
           "PyTorch": "#ff7f0e"}  # fmt: skip


def _names(row: dict[str, Any]) -> list[str]:
    """From the bottom up; an outside measuring stick is nothing for a README."""
    return [name for name in reversed(row["contestants"]) if name != "stick"]


def _beyond_numpy(row: dict[str, Any]) -> bool:
    """Whether somebody takes part beside the engine and NumPy; the others are for the table."""
    return any(name.split()[0] not in ("toylands", "NumPy") for name in _names(row))


def draw(result: dict[str, Any], path: Path) -> None:
    """Bars of what `benchmarks.run` measured, a panel a workload, into an image file."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    rows = [row for row in result["rows"] if _beyond_numpy(row)] or result["rows"]
    shown = [row["contestants"][name]["median"] / 1e9 for row in rows for name in _names(row)]
    low, high = min(shown), max(shown)
    columns = min(3, len(rows))
    height = -(-len(rows) // columns)
    figure, panels = plt.subplots(height, columns, figsize=(3.6 * columns, 2.1 * height), squeeze=False, sharex=True,
                                  layout="constrained")  # fmt: skip
    for panel in panels.flat[len(rows) :]:
        panel.remove()
    for panel in panels.flat[max(0, len(rows) - columns) : len(rows)]:  # the lowest of each column
        panel.tick_params(labelbottom=True)
    for panel, row in zip(panels.flat, rows):
        names = _names(row)
        rates = [row["contestants"][name]["median"] / 1e9 for name in names]
        bars = panel.barh(names, rates, color=[COLOURS[name.split()[0]] for name in names])
        for bar, name in zip(bars, names):
            bar.set_alpha(0.55 if name.endswith("tuned") else 1.0)
        panel.bar_label(bars, [f"{rate:.2g}" for rate in rates], padding=2, fontsize=8)
        panel.set_xscale("log")
        panel.set_xlim(low / 2, high * 4)
        panel.set_title(f"{row['workload']}, {row['kind']}", fontsize=10)
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=8)
    machine = result["machine"]
    figure.supxlabel(
        f"1e9 coordinate-steps per second ({machine['processor']}, {machine['threads']} threads; "
        f"medians of {result['rounds']})",
        fontsize=8,
    )
    figure.savefig(path, dpi=110)
    plt.close(figure)
