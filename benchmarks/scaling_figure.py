"""The figure of `benchmarks.scaling`: a panel a sweep, with the generator's limit and the caches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

COLOURS = {"recurrence, rademacher": "#3465a4", "valley, rademacher": "#c4560a", "valley, gaussian": "#4e7a27"}
LABELS = {
    "threads": "threads",
    "trajectories": "trajectories (50 steps at least)",
    "dimension": "dimension",
    "steps between records": "steps between records",
}


def draw(result: dict[str, Any], path: Path) -> None:
    """Rates of every sweep into an image file."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.ticker import NullFormatter

    sweeps, limits = result["sweeps"], result["limits"]
    columns = min(2, len(sweeps))
    height = -(-len(sweeps) // columns)
    figure, panels = plt.subplots(height, columns, figsize=(4.6 * columns, 3.1 * height), squeeze=False, sharey=True,
                                  layout="constrained")  # fmt: skip
    for panel in panels.flat[len(sweeps) :]:
        panel.remove()
    normals = limits["draws_per_second"]["gaussian"] / 1e9
    for panel, (name, points) in zip(panels.flat, sweeps.items()):
        for curve in dict.fromkeys(point["curve"] for point in points):
            found = [(p["x"], p["median"] / 1e9) for p in points if p["curve"] == curve]
            panel.plot(*zip(*found), "o-", markersize=3.5, color=COLOURS[curve], label=curve)
        panel.axhline(normals, color=COLOURS["valley, gaussian"], linestyle=":", linewidth=1,
                      label="normals alone, all threads")  # fmt: skip
        if name == "dimension":
            _mark_caches(panel, limits, max(point["x"] for point in points))
        panel.set_xscale("log", base=2 if name == "threads" else 10)
        panel.set_yscale("log")
        panel.yaxis.set_major_formatter("{x:g}")
        panel.yaxis.set_minor_formatter(NullFormatter())
        if name == "threads":
            counts = sorted({point["x"] for point in points})
            panel.set_xticks(counts, [str(count) for count in counts])
            panel.minorticks_off()
        panel.set_xlabel(LABELS.get(name, name), fontsize=9)
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=8)
    figure.supylabel("1e9 coordinate-steps per second", fontsize=9)
    panels.flat[0].legend(frameon=False, fontsize=8)
    machine = result["machine"]
    figure.suptitle(f"{machine['processor']}, {machine['threads']} threads; medians of {result['rounds']}", fontsize=9)
    figure.savefig(path, dpi=120)
    plt.close(figure)


def _mark_caches(panel: Any, limits: dict[str, Any], largest: int) -> None:
    """Where the state of eight trajectories leaves a cache."""
    for name, size in limits["caches"].items():
        dim = size / limits["bytes_per_coordinate"]
        if dim <= largest:
            panel.axvline(dim, color="0.6", linewidth=0.8)
            panel.annotate(f" leaves {name}", (dim, 0.02), xycoords=("data", "axes fraction"), fontsize=7, color="0.35",
                           rotation=90, ha="right", va="bottom")  # fmt: skip
