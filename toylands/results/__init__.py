"""Results: frozen, labelled, saved without pickle, merged, tabulated, plotted."""

from toylands.results.result import END_CONDITIONS, EnsembleResult
from toylands.results.series import Series
from toylands.results.storage import ResultFileError

__all__ = ["END_CONDITIONS", "EnsembleResult", "ResultFileError", "Series"]
