"""Pictures of runs; one kind a file. Matplotlib is imported only when something is drawn."""

from toylands.plots.bands import plot_bands, plot_panels
from toylands.plots.contours import plot_contours

__all__ = ["plot_bands", "plot_contours", "plot_panels"]
