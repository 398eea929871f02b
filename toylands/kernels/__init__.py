"""Kernels: how a landscape, a kind of noise and observables become one compiled function."""

from toylands.kernels.layout import BLOCK, Job, Output, Recipe, make_output, make_scratch
from toylands.kernels.run import build_kernel

__all__ = ["BLOCK", "Job", "Output", "Recipe", "build_kernel", "make_output", "make_scratch"]
