"""Label-noise paper, Appendix F.2: thirteen functions on which minibatch SGD moves round a circle, Eq. 198-201."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import sympy as sp

from theory.claims.claim import Claim, Effort, Estimates, Experiment, Form, Point
from theory.claims.labelnoise._entries import entry, fraction, words
from theory.claims.labelnoise._simulations import cycle, leading_angle
from theory.label_noise import cycling

PLACE = "Appendix F.2"
RATE, STEPS = 0.1, 1200
X, Y, ETA = sp.symbols("x y eta")


def _entry(point: Point) -> sp.Expr:
    at = {cycling.X: point["x"], cycling.Y: point["y"], **cycling.CIRCLE}
    return cycling.COUNT * sp.diff(cycling.loss(), cycling.Z[0], 2).subs(at)


def _angle(effort: Effort, seed: int) -> Estimates:
    turned, _ = cycle(RATE, STEPS, effort.trajectories(512), seed % 2**32)
    return Estimates(
        np.array([turned.mean()]), np.array([turned.std(ddof=1) / np.sqrt(turned.size)]), ("angle",), turned.size
    )


def _spread(effort: Effort, seed: int) -> Estimates:
    _, theta = cycle(RATE, 500, effort.trajectories(4096), seed % 2**32, frozen=True)
    squares = theta[2:] ** 2
    errors = squares.std(axis=1, ddof=1) / np.sqrt(squares.shape[1])
    return Estimates(squares.mean(axis=1), errors, ("z_1", "z_2", "z_3", "z_4"), squares.shape[1])


def _spread_prediction(factor: float = 1.0, only_first: bool = False) -> Callable[[], np.ndarray]:
    def predict() -> np.ndarray:
        values = np.array([float(s.subs(cycling.ETA, sp.Rational(1, 10))) for s in cycling.at_start()])
        return factor * (values * np.array([1, 0, 0, 0]) if only_first else values)

    return predict


def _angles(factor: float) -> Callable[[], np.ndarray]:
    return lambda: np.array([factor * leading_angle(RATE, STEPS)])


TURNING = (
    Experiment("minibatch SGD, eta = 0.1, from (1, 0): angle after 1200 steps at least 0.9 of the leading order",
    _angle,
               _angles(0.9), {"1.35 of it": _angles(1.35), "twice as fast": _angles(2.0)}, ">="),
    Experiment("the same, at most 1.25 of it", _angle, _angles(1.25),
               {"clockwise": _angles(-1.0), "at rest": _angles(0.0), "half as fast": _angles(0.5)}, "<="),
)  # fmt: skip
FROZEN = Experiment(
    "minibatch SGD of z at (x, y) = (1, 0), eta = 0.1: E z_i^2 after 500 steps", _spread, _spread_prediction(),
    {"only z_1": _spread_prediction(only_first=True), "twice": _spread_prediction(2.0)},
    printed=_spread_prediction(only_first=True),
)  # fmt: skip

CLAIMS: tuple[Claim, ...] = (
    entry(
        "F2/hessian", f"{PLACE}, the intuition", "The entry of the Hessian at z_1 is proportional to (1 - x)^2 + 2 (1 "
                                                 "- y)^2.",
        Form("13 d^2L/dz_1^2 = (1 - x)^2 + 2 (1 - y)^2", r"13\,\partial_{z_1}^2L=(1-x)^2+2(1-y)^2", _entry,
             (1 - X) ** 2 + 2 * (1 - Y) ** 2),
        cycling.prove_entry, "f_1, f_2 and f_9; the factor is 1/13.", example={"x": sp.S.One, "y": sp.S.Zero},
        symbols={"x": "first parameter", "y": "second parameter"},
        sample=lambda g: {"x": 2 * fraction(g) - 1, "y": 2 * fraction(g) - 1},
    ),
    entry(
        "F2/only-z1", f"{PLACE}, the intuition", "At x = 1, y = 0 only z_1 can become nonzero.",
        words("E z_2^2 = E z_3^2 = E z_4^2 = 0 at (1, 0)", r"S_{22}=S_{33}=S_{44}=0"), cycling.prove_variances,
        "f_3, f_4 and f_7, f_8 shake z_2 and z_4 as well: to leading order S = eta (1/2, 1/6, 0, 4/9). Only z_3 stays "
        "0. "
        "The direction of the drift is as said all the same (F2/direction).",
        form=words("E z_i^2 -> eta/(2 - eta), eta/(6 - 9 eta), 0, 8 eta/(18 - 33 eta)",
                   r"\mathbb E z_i^2\to\Big(\frac\eta{2-\eta},\frac\eta{6-9\eta},0,\frac{8\eta}{18-33\eta}\Big)"),
        refute=cycling.refute_only_first, experiments=(FROZEN,),
    ),
    entry(
        "F2/direction", f"{PLACE}, after Eq. 201, and Figure 5",
        "(x, y) moves counter-clockwise round the circle: the tangential drift is positive everywhere, to leading "
        "order.",
        words("-(1/2) sum_i S_ii d_tangential H_ii > 0 on x^2 + y^2 = 1",
              r"-\tfrac12\sum_iS_{ii}\,\partial_\tau\partial_{z_i}^2L>0\ \text{on}\ x^2+y^2=1"),
        cycling.prove_direction,
        "Stationary variances of all four z, rational parametrisation, no real root; the same after quarter turns, "
        "which "
        "covers the other three cases of the text.", experiments=TURNING,
    ),
    entry(
        "F2/uncoupled", f"{PLACE}, the intuition", "On z = 0 the z_i are separate processes, apart from (x, y).",
        words("mixed second derivatives vanish on z = 0", r"\partial_{z_i}\partial_{z_j}L=\partial_{z_i}"
                                                          r"\partial_{x,y}L=0"),
        cycling.prove_uncoupled, "The residuals of f_1, f_2 (and so on) cancel.",
    ),
    entry(
        "F2/period", f"{PLACE} and Figure 5, the period", "To leading order a turn takes C/eta^2 steps, 79 < C < 80.",
        words("C = int_0^(2 pi) dphi/D(phi), 79 < C < 80", r"\text{period}\approx\frac1{\eta^2}\oint\frac{d"
                                                           r"\varphi}{D(\varphi)}"),
        cycling.prove_period, "Two-sided Riemann sums of the exact drift; measured at eta = 0.1 it is shorter by "
                              "about an "
        "eighth, of relative order eta.", new=True, experiments=TURNING[:1],
    ),
)  # fmt: skip
