"""Anti-PGD paper, Appendix C.1.1: Remark C.6 with its footnote, and two sharper statements of our own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import sympy as sp

from theory.claims.antipgd._linear import at_steps, domain, entry, joined_experiment, sampler, symbols
from theory.claims.claim import Claim, Experiment, Form
from theory.linear.second_moments import POWER, RHO, W0, K, finite, limit, prove_finite, prove_limit
from theory.proof import Blackboard, Proof

PLACE = "Appendix C.1.1, Remark C.6"
ANTI, PLAIN = sp.S.One, sp.S.Zero
UNIT = {RHO: (sp.S.Zero, sp.S.One)}
RATIOS = ("0.2", "0.5", "0.8")
EXAMPLE = {"rho": sp.Rational(3, 4), "d": sp.S.One, "sigma": sp.S.One}


def _proof(method: str, kappas: tuple[sp.Expr, ...], write: Callable[[Blackboard], None]) -> Proof:
    """The limits (proved), then what ``write`` adds."""
    board = Blackboard(method)
    for kappa in kappas:
        inner = prove_limit(kappa)
        board.note(f"limit at kappa = {kappa}, in {len(inner.steps)} steps", inner.complete, str(limit(kappa)))
    write(board)
    return board.proof()


def _decreases(board: Blackboard) -> None:
    slope = sp.diff(limit(ANTI) / POWER, RHO)
    board.nonnegative("minus the slope of 2/(1+rho)", -slope, UNIT, strict=True)


def _explodes(board: Blackboard) -> None:
    plain = limit(PLAIN) / POWER
    board.nonnegative("slope of 1/(1-rho^2)", sp.diff(plain, RHO), UNIT, strict=True)
    board.note("limit as rho -> 1 from below", sp.limit(plain, RHO, 1, "-") == sp.oo, "oo")


def _footnote(board: Blackboard) -> None:
    board.nonnegative("minus the slope of 1/(1+rho)", -sp.diff(1 / (1 + RHO), RHO), UNIT, strict=True)
    board.nonnegative("slope of 1/(1-rho^2)", sp.diff(1 / (1 - RHO**2), RHO), UNIT, strict=True)


def _crossover(board: Blackboard) -> None:
    ratio = sp.cancel(limit(PLAIN) / limit(ANTI))
    board.equal("plain / anticorrelated", ratio, 1 / (2 * (1 - RHO)))
    above = {RHO: (sp.Rational(1, 2), sp.S.One)}
    below = {RHO: (sp.S.Zero, sp.Rational(1, 2))}
    board.nonnegative("ratio > 1 for rho > 1/2", ratio - 1, above, strict=True)
    board.nonnegative("ratio < 1 for rho < 1/2", 1 - ratio, below, strict=True)
    half = {RHO: sp.Rational(1, 2)}
    for moment in (finite(PLAIN) - finite(ANTI), limit(PLAIN) - limit(ANTI)):
        board.equal("no difference at rho = 1/2, at finite k too", moment.subs(half), sp.S.Zero)


def _prove_finite_monotone() -> Proof:
    """f = 1 + g h with g = (1-rho)/(1+rho) >= 0 falling and h = 1 - rho^(2k) >= 0 falling; plain: a sum of rho^(2i)."""
    board = Blackboard("product of two positive decreasing factors; sum of increasing powers")
    for kappa in (ANTI, PLAIN):
        inner = prove_finite(kappa)
        board.note(f"finite form at kappa = {kappa}, in {len(inner.steps)} steps", inner.complete)
    r = sp.Symbol("r", positive=True)  # rho^(2k)
    noise = (finite(ANTI).subs(W0, 0) / POWER).subs(RHO ** (2 * K), r)
    g = (1 - RHO) / (1 + RHO)
    board.equal("noise part of the anticorrelated form", noise, 1 + g * (1 - r))
    board.nonnegative("g > 0", g, UNIT, strict=True)
    board.nonnegative("minus the slope of g", -sp.diff(g, RHO), UNIT, strict=True)
    rho, k = sp.Symbol("rho", positive=True), sp.Symbol("k", integer=True, positive=True)
    power_slope = sp.diff(rho ** (2 * k), rho)
    board.note("slope of rho^(2k) > 0 for rho > 0, k >= 1", power_slope.is_positive is True, str(power_slope))
    plain = (finite(PLAIN).subs(W0, 0) / POWER).subs(RHO ** (2 * K), r)
    board.equal("plain form adds rho^(2k+2) at the next k", plain.subs(r, RHO**2 * r) - plain, RHO**2 * r)
    return board.proof()


def _limits_experiment() -> Experiment:
    """Both noises at three contraction factors, 120 steps (rho^240 is far below the error bars)."""
    point = {"d": 4, "sigma": 0.5, "w0": 0.0}
    runs, formulas = {}, []
    for kappa in (ANTI, PLAIN):
        for rho in RATIOS:
            runs[f"kappa {kappa}, rho {rho}"] = {
                "rho": float(rho), "kappa": float(kappa), "at": (120,), "dim": 4, "sigma": 0.5, "w0": 0.0,
                "trajectories": 65_536,
            }  # fmt: skip
            formulas.append((kappa, rho))

    def values(change: Callable[[sp.Expr, sp.Expr], sp.Expr]) -> Callable[[], np.ndarray]:
        def predicted() -> np.ndarray:
            parts = [at_steps(change(k, limit(k)), (120,), {**point, "rho": float(rho)}) for k, rho in formulas]
            return np.concatenate(parts)

        return predicted

    return joined_experiment(
        "limits for rho = 0.2, 0.5, 0.8, both noises, d = 4, sigma = 1/2, start 0",
        runs,
        expected=values(lambda kappa, formula: formula),
        mutants={
            "noises exchanged": values(lambda kappa, formula: limit(1 - kappa)),
            "no trend in rho": values(lambda kappa, formula: formula.subs(RHO, sp.Rational(1, 2))),
            "rho for rho^2": values(lambda kappa, formula: formula.subs(RHO, sp.sqrt(RHO))),
        },
    )


def _claim(
    part: str, place: str, statement: str, form: Form, prove: Callable[[], Proof], reason: str, *,
    new: bool = False, experiments: tuple[Experiment, ...] = (), names: tuple[str, ...] = ("rho", "d", "sigma"),
    example: dict[str, sp.Expr] | None = None,
) -> Claim:
    return entry(
        f"C.6/{part}", f"{PLACE}{place}", statement, form, prove, reason, experiments=experiments,
        example=EXAMPLE if example is None else example, symbols=symbols(*names), new=new, sample=sampler(*names),
        domain=domain(*names) if names else None,
    )  # fmt: skip


def _slope_form(text: str, latex: str, moment: sp.Expr, relation: str) -> Form:
    return Form(text, latex, sp.diff(moment, RHO), sp.S.Zero, relation)


_ANTI_LIMIT, _PLAIN_LIMIT = 2 / (1 + RHO) * POWER, 1 / (1 - RHO**2) * POWER

CLAIMS: tuple[Claim, ...] = (
    _claim(
        "anticorrelated-decreases", "",
        "On (0, 1), the larger rho, the less anticorrelated noise accumulates in the limit.",
        _slope_form("d/drho [2/(1+rho) d sigma^2] < 0", r"\frac{d}{d\rho} \frac{2}{1+\rho} d\sigma^2 < 0",
                    _ANTI_LIMIT, "<"),
        lambda: _proof("sign of the slope", (ANTI,), _decreases),
        "The slope of the limit is -2/(1+rho)^2 d sigma^2.", experiments=(_limits_experiment(),),
    ),
    _claim(
        "standard-explodes", "",
        "The trend is reversed for plain noise: its limit grows with rho, beyond all bounds as rho -> 1.",
        _slope_form("d/drho [1/(1-rho^2) d sigma^2] > 0, and 1/(1-rho^2) -> oo as rho -> 1",
                    r"\lim_{\rho\to 1^-} \frac{1}{1-\rho^2} d\sigma^2 = \infty", _PLAIN_LIMIT, ">"),
        lambda: _proof("sign of the slope, and a limit", (PLAIN,), _explodes),
        "The slope of the limit is positive on (0, 1), and it tends to infinity.",
    ),
    _claim(
        "footnote", ", footnote",
        "For rho in (0, 1), 1/(1+rho) decreases and 1/(1-rho^2) increases.",
        _slope_form("d/drho 1/(1+rho) < 0 and d/drho 1/(1-rho^2) > 0 on (0, 1)",
                    r"\frac{d}{d\rho}\frac{1}{1+\rho} < 0 < \frac{d}{d\rho}\frac{1}{1-\rho^2}", 1 / (1 + RHO), "<"),
        lambda: _proof("signs of the slopes", (), _footnote),
        "Signs of the slopes on the corollary's domain (0, 1); on (-1, 0) the second function decreases.",
        names=("rho",), example={"rho": sp.Rational(3, 4)},
    ),
    _claim(
        "crossover", ", our own",
        "Plain noise accumulates 1/(2(1-rho)) times as much as anticorrelated noise in the limit: more exactly for "
        "rho > 1/2, less for rho < 1/2, and at rho = 1/2 both have the same second moments at every k.",
        Form("limit plain / limit anticorrelated = 1/(2(1-rho))",
             r"\frac{1/(1-\rho^2)}{2/(1+\rho)} = \frac{1}{2(1-\rho)}", _PLAIN_LIMIT / _ANTI_LIMIT, 1 / (2 * (1 - RHO))),
        lambda: _proof("quotient of the two limits", (ANTI, PLAIN), _crossover),
        "Anticorrelation pays only when the contraction is weak: below rho = 1/2 it adds noise.",
        new=True, experiments=(_limits_experiment(),), names=("rho",), example={"rho": sp.Rational(3, 4)},
    ),
    _claim(
        "finite", ", our own",
        "The trends of the remark hold at every finite k >= 1 too, not only in the limit.",
        Form("for every k >= 1: (1 + (1-rho)(1-rho^(2k))/(1+rho)) falls and (1-rho^(2k+2))/(1-rho^2) rises on (0, 1)",
             r"\frac{d}{d\rho}\left[1 + \frac{1-\rho}{1+\rho}(1-\rho^{2k})\right] < 0"
             r" < \frac{d}{d\rho} \sum_{i=0}^{k} \rho^{2i}"),
        _prove_finite_monotone,
        "A product of two positive decreasing factors, and a sum of increasing powers; uses the corrected Eq. 48.",
        new=True, names=(), example={},
    ),
)  # fmt: skip
