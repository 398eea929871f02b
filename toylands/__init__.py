"""toylands: a laboratory for the theory of noisy gradient descent.

>>> import toylands as tl
>>> valley = tl.landscapes.WideningValley(dim=10)
>>> rule = tl.dynamics.anti_pgd(eta=0.01, sigma=0.1)
>>> run = tl.simulate(valley, rule, start=valley.on_floor(radius=3.0), steps=1000, trajectories=640, seed=7)
>>> run["hessian_trace"].mean.shape, run["hessian_trace"].stderr.shape
((101,), (101,))
"""

from toylands import dynamics, landscapes, noise
from toylands._version import __version__
from toylands.composed import indicator, moving_average
from toylands.ensemble import sample_paths, simulate
from toylands.observables import Observable, exit_region, record
from toylands.results import EnsembleResult
from toylands.statistics.confidence import Precision as precision

load = EnsembleResult.load

__all__ = [
    "EnsembleResult",
    "Observable",
    "__version__",
    "dynamics",
    "exit_region",
    "indicator",
    "landscapes",
    "load",
    "moving_average",
    "noise",
    "precision",
    "record",
    "sample_paths",
    "simulate",
]
