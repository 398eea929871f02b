"""Label-noise paper, Section 6: large learning rates, the spectral norm, sharpness-aware steps, the Jacobian."""

from __future__ import annotations

import random

import sympy as sp

from theory.claims.claim import Claim, Form, Point
from theory.claims.labelnoise._entries import entry, fraction, words
from theory.label_noise import regularizer as reg
from theory.proof import Blackboard, Proof

PLACE = "Section 6.1"
NAMES = {"l1": "largest eigenvalue", "l2": "second eigenvalue, below l1"}
EXAMPLE = {"l1": sp.Integer(2), "l2": sp.Integer(1)}
L1 = sp.Symbol("l1")


def _sample(generator: random.Random) -> Point:
    top = 3 * fraction(generator)
    return {"l1": top, "l2": top * fraction(generator)}


def _limit(copies: int):  # type: ignore[no-untyped-def]
    """Limit nu -> 0 of R/log(2/nu) with eta = (2 - nu)/l1, ``copies`` eigenvalues l1 and one l2."""

    def left(point: Point) -> sp.Expr:
        nu = sp.Symbol("nu", positive=True)
        eta = (2 - nu) / point["l1"]
        top = sp.simplify(sp.expand_log(-sp.log(nu / 2), force=True) / (2 * eta))  # R(l1): 1 - eta l1/2 = nu/2
        rest = -sp.log(1 - eta * point["l2"] / 2) / (2 * eta)
        share = sp.limit(copies * top / sp.expand_log(sp.log(2 / nu)), nu, 0, "+")
        return sp.simplify(share + sp.limit(rest, nu, 0, "+") * sp.limit(1 / sp.log(2 / nu), nu, 0, "+"))

    return left


def _prove_sam() -> Proof:
    board = Blackboard("largest value of a quadratic form on a circle")
    a, b, eps, angle = sp.symbols("a b epsilon phi", positive=True)
    value = eps**2 / 2 * (a * sp.cos(angle) ** 2 + b * sp.sin(angle) ** 2)
    gap = sp.expand(sp.simplify(a * eps**2 / 2 - value))
    board.equal("l_1 eps^2/2 minus the form", sp.simplify(gap - eps**2 / 2 * (a - b) * sp.sin(angle) ** 2), sp.S.Zero)
    board.equal("attained along the first eigenvector", value.subs(angle, 0), a * eps**2 / 2)
    return board.proof()


def _mean_square(point: Point) -> sp.Expr:
    return (point["a0"] ** 2 + point["b0"] ** 2 + point["a1"] ** 2 + point["b1"] ** 2) / 2


def _regular(point: Point, factor: int) -> sp.Expr:
    g = (
        sp.Matrix(
            [
                [point["a0"] ** 2 + point["a1"] ** 2, point["a0"] * point["b0"] + point["a1"] * point["b1"]],
                [point["a0"] * point["b0"] + point["a1"] * point["b1"], point["b0"] ** 2 + point["b1"] ** 2],
            ]
        )
        / 2
    )
    return factor * reg.of_matrix(g, point["eta"])


def _refute_jacobian() -> Proof:
    board = Blackboard("n = 1, f = theta, eta = 1")
    board.true("R < |grad f|^2", reg.scalar(sp.S.One, sp.S.One) < 1)
    return board.proof()


JACOBIAN = {
    "eta": sp.Rational(1, 8),
    "a0": sp.Integer(1),
    "b0": sp.Integer(2),
    "a1": sp.Integer(1),
    "b1": sp.Integer(-1),
}


def _draw(generator: random.Random) -> Point:
    values = {name: sp.Integer(generator.randint(-2, 2)) for name in ("a0", "b0", "a1", "b1")}
    return {"eta": sp.Rational(1, generator.randint(9, 20)), **values}


def _scaled(factor: sp.Expr, copies: int, text: str, latex: str) -> Form:
    return Form(text, latex, _limit(copies), copies * factor * L1)


QUARTER = sp.Rational(1, 4)

CLAIMS: tuple[Claim, ...] = (
    entry(
        "Sec6.1/limit", f"{PLACE}, the displayed limit", "With eta = (2 - nu)/lambda_1, R/log(2/nu) tends to the norm "
                                                         "of the Hessian.",
        _scaled(sp.S.One, 1, "lim_{nu -> 0} R/log(2/nu) = lambda_1, lambda_1 > lambda_2",
                r"\frac{R(\theta)}{\log2/\nu}\to\|\nabla^2L(\theta)\|_2"),
        reg.prove_normalised_limit, "A quarter of it: R(lambda_1) = log(2/nu)/(2 eta), and 1/(2 eta) -> lambda_1/4. It "
        "matches tr H/4 at eta = 0.",
        form=_scaled(QUARTER, 1, "lim_{nu -> 0} R/log(2/nu) = lambda_1/4, lambda_1 > lambda_2",
                     r"\frac{R(\theta)}{\log2/\nu}\to\tfrac14\|\nabla^2L(\theta)\|_2"),
        refute=reg.refute_normalised_limit, example=EXAMPLE, symbols=NAMES, sample=_sample,
    ),
    entry(
        "Sec6.1/footnote2", f"{PLACE}, footnote 2", "If k eigenvalues are largest, the limit is k times the norm.",
        _scaled(sp.S.One, 2, "lim_{nu -> 0} R/log(2/nu) = k lambda_1 [at a point: k = 2]", r"k\|\nabla^2L(\theta)\|_2"),
        reg.prove_normalised_limit, "k/4 times the norm.",
        form=_scaled(QUARTER, 2, "lim_{nu -> 0} R/log(2/nu) = k lambda_1/4 [at a point: k = 2]",
                     r"\tfrac k4\|\nabla^2L(\theta)\|_2"),
        refute=reg.refute_normalised_limit, example=EXAMPLE, symbols=NAMES, sample=_sample,
    ),
    entry(
        "Sec6.1/infinite", f"{PLACE}", "R grows without bound as eta -> 2/lambda_1.",
        words("R(lambda_1) -> oo", r"R(\theta)\to\infty"), reg.prove_blow_up, "The logarithm of 0.",
    ),
    entry(
        "Sec6.1/sam", f"{PLACE}, the display on sharpness-aware minimisation",
        "The largest value of the quadratic form on the ball is eps^2/2 times the norm.",
        Form("max_{|d| <= eps} d^T H d/2 = eps^2 lambda_1/2, H >= 0 [at a point: diagonal H]",
             r"\max_{\|\delta\|\le\epsilon}\tfrac12\delta^T\nabla^2L\,\delta=\tfrac{\epsilon^2}2\|\nabla^2L\|_2",
             lambda pt: sp.Rational(1, 4) / 2 * max(pt["l1"] * c**2 + pt["l2"] * s**2 for c, s in
                                                    ((1, 0), (0, 1), (sp.Rational(3, 5), sp.Rational(4, 5)))),
             sp.Rational(1, 4) / 2 * L1),
        _prove_sam, "Spectral decomposition, here eps = 1/2.", example=EXAMPLE, symbols=NAMES, sample=_sample,
    ),
    entry(
        "Sec6.2/jacobian", "Section 6.2, after the displayed bound",
        "R is an upper bound of the squared norm of the Jacobian (mean over the data) at a global minimiser.",
        Form("(1/n) sum |g_i|^2 <= R [at a point: n = 2]", r"\tfrac1n\sum_i\|\nabla f_i\|^2\le R(\theta)",
             _mean_square, lambda point: _regular(point, 1), "<="),
        reg.prove_lower_bound, "4 R is: R >= tr G/4, and tr G is the mean squared norm. The bound is up to constants "
                               "anyway.",
        form=Form("(1/n) sum |g_i|^2 <= 4 R [at a point: n = 2]", r"\tfrac1n\sum_i\|\nabla f_i\|^2\le4R(\theta)",
                  _mean_square, lambda point: _regular(point, 4), "<="),
        refute=_refute_jacobian, example=JACOBIAN, symbols={"a0": "gradients (a0, b0), (a1, b1)"}, sample=_draw,
    ),
)  # fmt: skip
