"""A result in other forms: text, HTML, plain Python, xarray."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from toylands.results.summary import format_estimate, html_table, text_table

if TYPE_CHECKING:
    from toylands.results.result import EnsembleResult

STATISTICS = {
    "mean": "sample mean",
    "stderr": "standard error of the mean",
    "variance": "unbiased sample variance",
    "variance_stderr": "standard error of the variance",
    "minimum": "smallest value",
    "maximum": "largest value",
    "count": "trajectories averaged",
}
_EXITS = ("count", "below", "above", "inside", "lost", "mean", "stderr", "minimum", "maximum")


def as_text(result: EnsembleResult) -> str:
    """Return a title, a row for each observable, and what else is to be known."""
    table = [text_table(_rows(result))] if result.observables else []
    return "\n".join([_title(result), *table, *(f"  {note}" for note in _notes(result))])


def as_html(result: EnsembleResult) -> str:
    """Return the same as an HTML table, everything escaped."""
    return html_table(_title(result), _rows(result), _notes(result))


def as_dict(result: EnsembleResult) -> dict[str, Any]:
    """Return everything as plain lists and numbers; see `EnsembleResult.to_dict`."""
    tables = {name: {stat: getattr(result[name], stat).tolist() for stat in STATISTICS} for name in result}
    plain = {
        **result.metadata(),
        "trajectories": result.trajectories,
        "steps": result.steps.tolist(),
        "diverged": result.diverged.tolist(),
        "observables": tables,
    }
    exits = result.first_passage
    if exits is not None:
        plain["first_passage"] = {name: getattr(exits, name) for name in _EXITS}
    return plain


def as_dataset(result: EnsembleResult) -> Any:
    """Return an ``xarray.Dataset``; see `EnsembleResult.to_xarray`."""
    try:
        import xarray as xr
    except ImportError:
        raise ImportError("to_xarray needs xarray: pip install 'toylands[io]'") from None
    series = [result[name] for name in result]
    shape = (len(result.steps), len(series))
    variables: dict[str, Any] = {}
    for stat, meaning in STATISTICS.items():
        columns = [getattr(one, stat) for one in series]
        values = np.stack(columns, axis=1) if columns else np.zeros(shape)
        variables[stat] = (("step", "observable"), values, {"long_name": meaning})
    variables["diverged"] = ("step", result.diverged, {"long_name": "trajectories diverged by this step"})
    # Descriptions as text and the seed as a string: every file format of xarray can hold these.
    attributes = {**result.metadata(), "trajectories": result.trajectories, "seed": str(result.seed)}
    del attributes["observables"]
    for name in ("landscape", "rule", "start"):
        attributes[name] = json.dumps(attributes[name])
    step = ("step", result.steps, {"long_name": "updates done"})
    return xr.Dataset(variables, {"step": step, "observable": list(result.observables)}, attributes)


def _title(result: EnsembleResult) -> str:
    parts = [d.get("name", "?") if isinstance(d, Mapping) else d for d in (result.landscape, result.rule)]
    took = "" if math.isnan(result.elapsed) else f" in {result.elapsed:.3g} s"
    return (
        f"EnsembleResult of {parts[0]} x {parts[1]}: {result.trajectories} trajectories of {result.steps_total} steps, "
        f"seed {result.seed}, ended by {result.end_condition}{took}"
    )


def _rows(result: EnsembleResult) -> list[list[str]]:
    ends = sorted({0, len(result.steps) - 1}) if len(result.steps) else []
    rows = [["observable", *(f"mean at step {result.steps[i]}" for i in ends), "minimum", "maximum"]]
    for name in result:
        series = result[name]
        means = [format_estimate(series.mean[i], series.stderr[i]) for i in ends]
        seen = series.count > 0
        extremes = (series.minimum[seen].min(), series.maximum[seen].max()) if seen.any() else (math.nan, math.nan)
        rows.append([name, *means, *(f"{x:.6g}" for x in extremes)])
    return rows


def _notes(result: EnsembleResult) -> list[str]:
    notes = [f"warning: {line}" for line in result.warning.splitlines()]
    exits = result.first_passage
    if exits is not None:
        notes.append(
            f"first passage: {exits.count} left ({exits.below} below, {exits.above} above), {exits.inside} inside; "
            f"mean step {format_estimate(exits.mean, exits.stderr)}"
        )
    return notes
