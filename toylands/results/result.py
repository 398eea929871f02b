"""The result of a run: frozen, labelled, and able to be saved, loaded, merged, tabulated and plotted."""

from __future__ import annotations

import difflib
import json
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from toylands import validation
from toylands.results import export
from toylands.results.series import Series
from toylands.results.storage import ResultFileError, read_arrays, write_arrays
from toylands.statistics.central_moments import Integers
from toylands.statistics.first_passage import FirstPassage
from toylands.statistics.forest import MomentForest, Moments

__all__ = ["END_CONDITIONS", "EnsembleResult", "ResultFileError", "Series"]

# Why a run ended; merged results carry the later one of their two.
END_CONDITIONS = ("trajectories", "precision", "time limit", "interrupted")

FILE_FORMAT = 1
_FILE_KIND = "toylands ensemble result"
_METADATA = (
    "observables",
    "steps_total",
    "seed",
    "end_condition",
    "landscape",
    "rule",
    "start",
    "fingerprint",
    "version",
    "elapsed",
)


@dataclass(frozen=True, eq=False)
class EnsembleResult:
    """Statistics of an ensemble of trajectories.

    Index it with the name of an observable, ``run["loss"]``, for a `Series`; iterate over it for the names.
    Two results are equal when everything but ``elapsed`` is, bit for bit.

    Parameters
    ----------
    observables : tuple of str
        Names, all different.
    steps : int64 array of shape (records,)
        Recorded steps, increasing: updates done, 0 is the start.
    forest : MomentForest of shape (records, observables)
        The statistics of all blocks; kept as a frozen copy.
    steps_total : int
        Updates of each trajectory.
    seed : int
        Seed of all random streams.
    end_condition : {"trajectories", "precision", "time limit", "interrupted"}
        Why the run ended.
    landscape, rule : dict
        Descriptions, of what JSON can hold (NumPy arrays become lists).
    start : any
        The starting point, or a description of the points.
    fingerprint : str
        Digest of everything that the random experiment depends on; only results with the same one merge.
    version : str
        Version of toylands that ran it.
    elapsed : float
        Seconds it took.

    Raises
    ------
    ValueError, TypeError
        When the parts do not fit together.
    """

    observables: tuple[str, ...]
    steps: Integers
    forest: MomentForest
    steps_total: int
    seed: int
    end_condition: str
    landscape: dict[str, Any]
    rule: dict[str, Any]
    start: Any
    fingerprint: str
    version: str
    elapsed: float = field(default=math.nan)

    __hash__ = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        steps = np.array(self.steps, np.int64)
        steps.flags.writeable = False
        names = tuple(self.observables)
        if steps.ndim != 1 or (np.diff(steps) <= 0).any():
            raise ValueError(f"steps must be a vector of increasing integers, got {self.steps!r}")
        if len(set(names)) != len(names) or not all(isinstance(name, str) for name in names):
            raise ValueError(f"observables must be different names, got {names!r}")
        if self.forest.shape != (len(steps), len(names)):
            raise ValueError(f"forest must have shape {(len(steps), len(names))}, got {self.forest.shape}")
        checked = {
            "observables": names,
            "steps": steps,
            "forest": self.forest.copy().freeze(),
            "seed": validation.seed("seed", self.seed),
            "steps_total": validation.positive_int("steps_total", self.steps_total, 0),
            "end_condition": validation.choice("end_condition", self.end_condition, END_CONDITIONS),
            "elapsed": float(self.elapsed),
            **{name: _plain(name, getattr(self, name)) for name in ("landscape", "rule", "start")},
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    @cached_property
    def moments(self) -> Moments:
        """Moments over all trajectories, shape (records, observables)."""
        return self.forest.total()

    @property
    def trajectories(self) -> int:
        """Number of trajectories, those that diverged included."""
        return self.forest.trajectories

    @cached_property
    def diverged(self) -> Integers:
        """Trajectories that had diverged by each recorded step, shape (records,); no mean contains them."""
        result = self.forest.diverged
        result.flags.writeable = False
        return result

    @cached_property
    def first_passage(self) -> FirstPassage | None:
        """When and where trajectories left the region, if the run was asked for it."""
        return self.forest.first_passage

    @property
    def complete(self) -> bool:
        """Whether the run did what it was asked for: not stopped by a time limit or by Ctrl-C."""
        return self.end_condition in ("trajectories", "precision")

    @property
    def warning(self) -> str:
        """What to beware of, in a line or two; empty when there is nothing."""
        lines = []
        if self.diverged.any():
            most = int(self.diverged.max())
            lines.append(f"{most} of {self.trajectories} trajectories diverged; the statistics are of the others only")
        if not self.complete:
            lines.append(f"ended early ({self.end_condition}), after {self.trajectories} trajectories")
        return "\n".join(lines)

    def __getitem__(self, name: str) -> Series:
        """Return the statistics of one observable over the recorded steps."""
        if name not in self.observables:
            known = ", ".join(map(repr, self.observables)) or "none"
            close = difflib.get_close_matches(str(name), self.observables, n=1)
            hint = f" (did you mean {close[0]!r}?)" if close else ""
            raise KeyError(f"observable must be one of those recorded, {known}; got {name!r}{hint}")
        column = self.observables.index(name)
        return Series.from_moments(name, self.steps, self.moments[:, column], self.diverged)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of the observables."""
        return iter(self.observables)

    def __contains__(self, name: object) -> bool:
        return name in self.observables

    def __eq__(self, other: object) -> bool:
        """Compare everything but ``elapsed``, bit for bit."""
        if not isinstance(other, EnsembleResult):
            return NotImplemented
        mine, theirs = self.metadata(), other.metadata()
        del mine["elapsed"], theirs["elapsed"]
        same = json.dumps(mine, sort_keys=True) == json.dumps(theirs, sort_keys=True)
        return same and np.array_equal(self.steps, other.steps) and self.forest == other.forest

    def merge(self, other: EnsembleResult) -> EnsembleResult:
        """Return the result over the trajectories of both, bit for bit what one run over all of them gives.

        Raises
        ------
        ValueError
            When ``other`` is of another experiment (landscape, rule, start, steps, record or seed), or shares
            trajectories with this one.
        """
        if not isinstance(other, EnsembleResult):
            raise TypeError(f"other must be an EnsembleResult, got {type(other).__name__}")
        if self.fingerprint != other.fingerprint:
            raise ValueError(
                "other must be of the same landscape, rule, start, steps, record and seed: "
                f"its fingerprint is {other.fingerprint[:12]}, not {self.fingerprint[:12]}"
            )
        condition = max(self.end_condition, other.end_condition, key=END_CONDITIONS.index)
        elapsed = self.elapsed + other.elapsed
        return replace(self, forest=self.forest.merge(other.forest), end_condition=condition, elapsed=elapsed)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write everything to one ``.npz`` file, whole or not at all, and return its path.

        ``.npz`` is added to the name when it is missing. An existing file is replaced.
        """
        arrays = {f"forest_{name}": array for name, array in self.forest.to_arrays().items()}
        header = {"kind": _FILE_KIND, "format": FILE_FORMAT, **self.metadata()}
        return write_arrays(path, {"metadata": np.array(json.dumps(header)), "steps": self.steps, **arrays})

    @staticmethod
    def load(path: str | os.PathLike[str]) -> EnsembleResult:
        """Read what ``save`` wrote; equal to the original, ``elapsed`` included. Nothing in the file is executed.

        Raises
        ------
        OSError
            When the file cannot be opened.
        ResultFileError (a ValueError)
            When it is no saved result, is damaged, or was written by a newer, incompatible version.
        """
        arrays, where = read_arrays(path), os.fspath(path)
        try:
            header = json.loads(str(arrays["metadata"][()]))
            kind, number = header["kind"], int(header["format"])
        except (KeyError, ValueError, TypeError, IndexError):
            kind, header, number = None, {}, 0
        if kind != _FILE_KIND:
            raise ResultFileError(f"{where} is an .npz file, but not a result saved by toylands")
        if number > FILE_FORMAT:
            raise ResultFileError(
                f"{where} was written by toylands {header.get('version')} in file format {number}; "
                f"this version reads formats up to {FILE_FORMAT}: upgrade toylands"
            )
        prefix = "forest_"
        try:
            parts = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
            forest = MomentForest.from_arrays(parts)
            known = {name: header[name] for name in _METADATA}
            return EnsembleResult(**{**known, "steps": arrays["steps"], "forest": forest})
        except (KeyError, ValueError, TypeError, IndexError, OverflowError) as problem:
            raise ResultFileError(f"{where} is a damaged toylands result: {problem!r}") from problem

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain lists and numbers, ready for JSON (nan and inf as Python writes them)."""
        return export.as_dict(self)

    def to_xarray(self) -> Any:
        """Return an ``xarray.Dataset``: one variable a statistic, with dimensions ``step`` and ``observable``.

        ``run.to_xarray()["mean"].sel(observable="loss")`` is one curve; ``diverged`` has dimension ``step`` only. The
        descriptions are attributes.

        Raises
        ------
        ImportError
            When xarray is not installed.
        """
        return export.as_dataset(self)

    def plot(self, observable: str | None = None, ax: Any = None, **options: Any) -> Any:
        """Draw mean and error band of one observable, or of all in a panel each; see `plots.plot_bands`.

        Returns
        -------
        matplotlib Axes, or an array of them when several observables are drawn
        """
        from toylands.plots import plot_bands, plot_panels

        if observable is None and len(self.observables) != 1:
            return plot_panels(self, ax, **options)
        return plot_bands(self[self.observables[0] if observable is None else observable], ax, **options)

    def __repr__(self) -> str:
        return export.as_text(self)

    def _repr_html_(self) -> str:
        return export.as_html(self)

    def metadata(self) -> dict[str, Any]:
        """Return what is known about the run besides numbers of trajectories, ready for JSON."""
        return {name: getattr(self, name) for name in _METADATA}


def _plain(name: str, value: Any) -> Any:
    """Return a deep copy made of what JSON can hold."""

    def convert(item: Any) -> Any:
        if isinstance(item, (np.ndarray, np.generic)):
            return item.tolist()
        raise TypeError(f"{name} must hold what JSON can hold, got {item!r}")

    return json.loads(json.dumps(value, default=convert))
