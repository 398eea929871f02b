"""Kernels: how a landscape, a kind of noise and observables become one compiled function."""

from toylands.kernels.coupled_memory import Rows, make_coupled_scratch
from toylands.kernels.layout import BLOCK, Job, Output, Recipe, make_measuring, make_output, make_scratch
from toylands.kernels.run import build_kernel

__all__ = [
    "BLOCK",
    "Job",
    "Output",
    "Recipe",
    "Rows",
    "build_kernel",
    "make_coupled_scratch",
    "make_measuring",
    "make_output",
    "make_scratch",
]
