"""Landscapes: one a file, each a frozen object with kernels, observables and its SymPy twin."""

from toylands.landscapes.base import Landscape, LandscapeKernels
from toylands.landscapes.binary_classification import BinaryClassification
from toylands.landscapes.capped_bowl import CappedBowl
from toylands.landscapes.cycling import Cycling
from toylands.landscapes.hidden_unit import HiddenUnit
from toylands.landscapes.linear_recurrence import LinearRecurrence
from toylands.landscapes.matrix_sensing import MatrixSensing
from toylands.landscapes.one_hidden_layer import OneHiddenLayer
from toylands.landscapes.own_functions import from_functions
from toylands.landscapes.plateau_chain import PlateauChain
from toylands.landscapes.quadratic_bowl import QuadraticBowl
from toylands.landscapes.quadratic_regression import QuadraticRegression
from toylands.landscapes.reduced_hidden_unit import ReducedHiddenUnit
from toylands.landscapes.scalar_factorization import ScalarFactorization
from toylands.landscapes.symbolic import SymbolicLandscape, from_sympy
from toylands.landscapes.two_basins import TwoBasins
from toylands.landscapes.widening_valley import WideningValley

__all__ = [
    "BinaryClassification",
    "CappedBowl",
    "Cycling",
    "HiddenUnit",
    "Landscape",
    "LandscapeKernels",
    "LinearRecurrence",
    "MatrixSensing",
    "OneHiddenLayer",
    "PlateauChain",
    "QuadraticBowl",
    "QuadraticRegression",
    "ReducedHiddenUnit",
    "ScalarFactorization",
    "SymbolicLandscape",
    "TwoBasins",
    "WideningValley",
    "from_functions",
    "from_sympy",
]
