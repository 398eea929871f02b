"""Small claims about w_{k+1} = rho w_k + xi_k, simulated with NumPy, on which the judge is tried out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import sympy as sp

from theory.claims.claim import Claim, Derivation, Effort, Estimates, Experiment, Form, Verdict
from theory.proof import Blackboard, Proof

rho = sp.Symbol("rho", positive=True)
k = sp.Symbol("k", integer=True, positive=True)

TRUE = (1 - rho ** (2 * k)) / (1 - rho**2)
FALSE = (1 - rho**k) / (1 - rho**2)
HALF = {"rho": sp.Rational(1, 2), "k": sp.Integer(3)}
STEPS = (1, 2, 5)
RHO = 0.5


def simulate(effort: Effort, seed: int, trajectories: int = 20_000, diverged: int = 0) -> Estimates:
    """E w_k^2 of the recurrence from w_0 = 0 with standard normal noise and rho = 1/2."""
    n = effort.trajectories(trajectories)
    generator = np.random.default_rng(seed)
    w = np.zeros(n)
    means, errors = [], []
    for step in range(1, max(STEPS) + 1):
        w = RHO * w + generator.standard_normal(n)
        if step in STEPS:
            means.append(np.mean(w**2))
            errors.append(np.std(w**2, ddof=1) / np.sqrt(n))
    labels = tuple(f"k={step}" for step in STEPS)
    return Estimates(np.array(means), np.array(errors), labels, n, diverged)


def predict(expression: sp.Expr) -> Callable[[], np.ndarray]:
    """The expression at rho = 1/2 and every recorded step."""
    return lambda: np.array([float(expression.subs({rho: sp.Rational(1, 2), k: step})) for step in STEPS])


def experiment(**changes: object) -> Experiment:
    """The experiment behind a true formula; arguments replace its parts."""
    parts: dict[str, object] = {
        "name": "rho=1/2, Gaussian noise",
        "simulate": simulate,
        "expected": predict(TRUE),
        "mutants": {"rho for rho^2": predict(FALSE), "factor 2": predict(2 * TRUE)},
    }
    return Experiment(**{**parts, **changes})  # type: ignore[arg-type]


def induction(formula: sp.Expr = TRUE) -> Proof:
    """Base case and induction step of the recursion E w_{k+1}^2 = rho^2 E w_k^2 + 1."""
    board = Blackboard("induction")
    board.equal("base case k = 1", formula.subs(k, 1), sp.S.One)
    board.equal("induction step", formula.subs(k, k + 1), rho**2 * formula + 1)
    return board.proof()


def counterexample(formula: sp.Expr = FALSE) -> Proof:
    """The value at k = 2, rho = 1/2 is 5/4."""
    board = Blackboard("exact point")
    board.differ("k = 2, rho = 1/2", formula.subs({rho: sp.Rational(1, 2), k: 2}), sp.Rational(5, 4))
    return board.proof()


def recursion(point: dict[str, sp.Expr]) -> sp.Expr:
    """E w_k^2 step by step, exactly."""
    value = sp.S.Zero
    for _ in range(int(point["k"])):
        value = point["rho"] ** 2 * value + 1
    return value


def form(right: object = TRUE, left: object = None, text: str = "", relation: str = "==") -> Form:
    """A form of the second moment."""
    latex = r"\mathbb{E}\, w_k^2 = " + (sp.latex(right) if isinstance(right, sp.Basic) else "f(k)")
    return Form(text or f"E w_k^2 {relation} {right}", latex, left, right, relation)  # type: ignore[arg-type]


def claim(name: str, recorded: Verdict, derivation: object, **changes: object) -> Claim:
    """A claim with the printed form TRUE and one experiment; arguments replace its parts."""
    parts: dict[str, object] = {
        "id": f"fake/{name}",
        "paper": "fake",
        "place": "Section 1",
        "statement": f"The second moment of the recurrence ({name}).",
        "printed": form(),
        "derive": derivation if callable(derivation) else lambda: derivation,
        "recorded": recorded,
        "reason": "Because.",
        "experiments": (experiment(),),
        "example": HALF,
        "symbols": {"rho": "contraction factor, in (0, 1)", "k": "number of steps, integer >= 1"},
    }
    return Claim(**{**parts, **changes})  # type: ignore[arg-type]


def derived(**changes: object) -> Derivation:
    """The true form with its proof."""
    return Derivation(**{"form": form(), "proof": induction(), **changes})  # type: ignore[arg-type]


def raising() -> Derivation:
    """A derivation with a mistake in it."""
    raise ZeroDivisionError("no such limit")


def nan_estimates(effort: Effort, seed: int) -> Estimates:
    """What an overflow leaves behind."""
    good = simulate(effort, seed)
    return Estimates(good.values * np.array([1, np.nan, 1]), good.stderr, good.labels, good.trajectories)


def corrected() -> Derivation:
    """The correction of FALSE."""
    return derived(counterexample=counterexample(), note="The exponent is 2 k, not k.")


GOOD: tuple[Claim, ...] = (
    claim("true", Verdict.PROVED, derived),
    claim("supported", Verdict.SUPPORTED, lambda: derived(proof=None)),
    claim(
        "corrected",
        Verdict.CORRECTED,
        corrected,
        printed=form(FALSE, left=recursion),
        experiments=(experiment(printed=predict(FALSE)),),
    ),
    claim(
        "refuted",
        Verdict.REFUTED,
        lambda: Derivation(None, None, counterexample(), "No power of rho works."),
        printed=form(FALSE),
        experiments=(),
    ),
    claim(
        "words",
        Verdict.NOT_CHECKABLE,
        lambda: Derivation(None, None, None, "A statement about all neural networks."),
        printed=Form("SGD generalises well."),
        experiments=(),
        example={},
        symbols={},
    ),
)

CLAIMS = GOOD
