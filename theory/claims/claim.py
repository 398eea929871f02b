"""What one ledger entry is made of: forms, a derivation, experiments, a recorded verdict.

A claim says what a paper prints; ``derive`` runs the blackboard and returns what can be proved; experiments simulate.
Nothing here judges: ``theory.verify`` reaches the verdict and compares it with the recorded one.
"""

from __future__ import annotations

import enum
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import sympy as sp

from theory.claims.domain import Domain
from theory.proof import Proof

Point: TypeAlias = Mapping[str, sp.Expr]
Side: TypeAlias = sp.Expr | Callable[[Point], sp.Expr]


class Verdict(str, enum.Enum):
    """What the judge can conclude. The last two are never recorded: they always make a run fail."""

    PROVED = "proved"
    SUPPORTED = "supported"
    CORRECTED = "corrected"
    REFUTED = "refuted"
    NOT_CHECKABLE = "not checkable"
    INCONCLUSIVE = "inconclusive"
    CONTRADICTED = "contradicted"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Form:
    """One way of stating a claim: mathematics to read, and two sides that can be evaluated at a point.

    Parameters
    ----------
    text : str
        One line of plain text, e.g. ``"E|w_{k+1}|^2 = rho^(2k+2) |w_0|^2 + ..."``.
    latex : str
        The same in LaTeX, without dollar signs.
    left, right : sympy expression, or callable from a point to one, or None
        The two sides. A formula for a quantity leaves ``left`` None (or a function that computes the quantity exactly
        by an independent way, e.g. enumeration) and puts the formula in ``right``. Callables serve sums and products
        over indices that only have a value at a point.
    relation : {"==", "<=", "<", ">=", ">"}
        How ``left`` stands to ``right``.
    """

    text: str
    latex: str = ""
    left: Side | None = None
    right: Side | None = None
    relation: str = "=="

    def sides(self, point: Point) -> dict[str, sp.Expr]:
        """Values of the sides at ``point`` (names of symbols to exact numbers), exact where the inputs are."""
        values = {}
        for name in ("left", "right"):
            side = getattr(self, name)
            if side is None:
                continue
            if callable(side):
                values[name] = sp.sympify(side(point))
            else:
                missing = sorted({symbol.name for symbol in side.free_symbols} - set(point))
                if missing:
                    raise KeyError(f"no value given for {', '.join(missing)}")
                # xreplace: every symbol at once, and many times faster than subs
                exact = {symbol: sp.sympify(point[symbol.name]) for symbol in side.free_symbols}
                values[name] = sp.simplify(side.xreplace(exact))
        return values


@dataclass(frozen=True)
class Derivation:
    """What the blackboard found: the true form with its proof, and what is wrong with the printed one, if anything.

    Parameters
    ----------
    form : Form or None
        The derived form: equal to the printed one, or its correction; None when no small correction is known.
    proof : Proof or None
        The proof, which ran, of ``form`` (None: only an experiment or a search speaks for it).
    counterexample : Proof or None
        Steps that ran and show that the printed form fails (an exact point, or a symbolic residue that is not zero).
        None means that the printed form is claimed to hold.
    note : str
        One or two sentences: what was wrong, or what the proof needed.
    """

    form: Form | None
    proof: Proof | None
    counterexample: Proof | None = None
    note: str = ""


class Effort(enum.Enum):
    """How much Monte Carlo a run may spend: factors on the trajectories that an experiment asks for."""

    QUICK = 0.25
    DEFAULT = 1.0
    THOROUGH = 16.0

    def trajectories(self, default: int) -> int:
        """Trajectories at this effort, for ``default`` ones at the default effort; a multiple of 64, at least 256."""
        return max(256, int(default * self.value) // 64 * 64)


@dataclass(frozen=True)
class Estimates:
    """Monte Carlo estimates of one or several numbers, each with its standard error.

    Parameters
    ----------
    values, stderr : array of shape (n,)
        Estimates and their standard errors.
    labels : tuple of n str
        What each number is, e.g. ``"k=10"``; the report plots against their order.
    trajectories : int
        Trajectories behind each estimate.
    diverged : int
        Trajectories that diverged (anything but 0 makes the check fail unless the experiment allows it).
    """

    values: np.ndarray
    stderr: np.ndarray
    labels: tuple[str, ...]
    trajectories: int
    diverged: int = 0


@dataclass(frozen=True)
class Experiment:
    """A simulation that could fail the claim.

    Parameters
    ----------
    name : str
        What is simulated, in a few words, with the parameter values.
    simulate : callable (Effort, seed: int) -> Estimates
        Runs the ensemble engine. ``seed`` comes from the judge.
    expected : callable () -> array (n,)
        What the derived form predicts for the same n numbers (evaluated from the derivation, never typed in).
    relation : {"==", "<=", ">="}
        How the estimated quantity should stand to ``expected``.
    printed : callable () -> array (n,), or None
        What the printed form predicts, if it differs: the judge requires that the same check rejects it.
    mutants : mapping of name to callable () -> array (n,)
        Plausible wrong predictions; the judge requires that the same check rejects each. At least one.
    allow_divergence : bool
        Whether diverged trajectories are part of the experiment.
    """

    name: str
    simulate: Callable[[Effort, int], Estimates]
    expected: Callable[[], np.ndarray]
    mutants: Mapping[str, Callable[[], np.ndarray]]
    relation: str = "=="
    printed: Callable[[], np.ndarray] | None = None
    allow_divergence: bool = False


@dataclass(frozen=True)
class Claim:
    """One entry of the ledger.

    Parameters
    ----------
    id : str
        ``paper/number`` or ``paper/number/part``, e.g. ``"antipgd/C.5/finite-anticorrelated"``.
    paper, place : str
        Short id of the paper, and where in it: ``"Appendix C.1.1, Corollary C.5, Eq. 48"``.
    statement : str
        The claim in one plain sentence.
    printed : Form
        As the paper prints it.
    derive : callable () -> Derivation
        Runs the blackboard.
    recorded : Verdict
        The verdict that the ledger expects; a run that reaches another one exits with 1.
    reason : str
        Why, in one or two sentences (for corrected and refuted claims: what fails, and what holds instead).
    experiments : tuple of Experiment
        May be empty for claims that are pure algebra.
    example : mapping of str to sympy number
        A point at which both forms can be evaluated (the default of ``toylands claim ID --at``).
    symbols : mapping of str to str
        Meaning and domain of each symbol, e.g. ``{"rho": "contraction factor, in (0, 1)"}``.
    new : bool
        True for results that go beyond what the paper prints; ``printed`` then holds our own statement.
    sample : callable (random.Random) -> mapping of str to sympy number, or None
        Draws an exact point of the claim's domain. The judge evaluates both forms there in search of a point where
        they fail; without it, it draws from ``domain``, or looks at ``example`` and, for equalities, at exact points
        close to it.
    domain : Domain or None
        Where the claim is said to hold. An inequality with one is searched for a counterexample all over it, and a
        search without a find supports the claim where there is no proof.
    fails_at : mapping of str to sympy number, or None
        A point of the domain where the printed form fails, as the search found it. The judge decides it again in every
        run, exactly or by interval arithmetic, and takes it for the counterexample where the derivation has none.
    """

    id: str
    paper: str
    place: str
    statement: str
    printed: Form
    derive: Callable[[], Derivation]
    recorded: Verdict
    reason: str
    experiments: tuple[Experiment, ...] = ()
    example: Mapping[str, sp.Expr] = field(default_factory=dict)
    symbols: Mapping[str, str] = field(default_factory=dict)
    new: bool = False
    sample: Callable[[random.Random], Point] | None = None
    domain: Domain | None = None
    fails_at: Point | None = None
