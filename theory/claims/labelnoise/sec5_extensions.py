"""Label-noise paper, Section 5.2: momentum, Eq. 12-16 (Sections 5.1 and 5.3 are with Appendices E and F)."""

from __future__ import annotations

import random

import sympy as sp

from theory.claims.claim import Claim, Form, Point
from theory.claims.labelnoise._entries import entry, fraction, sampler
from theory.label_noise import regularizer as reg
from theory.proof import Blackboard, Proof

ETA, X, BETA = sp.symbols("eta x beta")
EXAMPLE = {"eta": sp.Rational(1, 2), "x": sp.Integer(1), "beta": sp.Rational(1, 2)}


def _sample(generator: random.Random) -> Point:
    eta, beta = fraction(generator), fraction(generator)
    return {"eta": eta, "beta": beta, "x": 2 * (1 + beta) * fraction(generator) / eta}


def _needed(point: Point) -> sp.Expr:
    """The R with R(0) = 0 whose gradient is half the stationary covariance over lambda: an integral."""
    t = sp.Symbol("t", positive=True)
    inner = 1 / (2 * (2 - point["eta"] * t / (1 + point["beta"])))
    return sp.integrate(inner, (t, 0, point["x"]))


VALUE = (1 + BETA) / (2 * ETA) * sp.log(1 - ETA * X / (2 * (1 + BETA)))


def _prove_momentum() -> Proof:
    from theory.label_noise.momentum import prove_variation

    board = Blackboard("derivative, against half of the stationary covariance of Proposition 21")
    value = reg.scalar(beta=reg.BETA)
    board.equal("R'(x)", sp.diff(value, reg.X), 1 / (2 * (2 - reg.ETA * reg.X / (1 + reg.BETA))))
    board.equal("R(0)", value.subs(reg.X, 0), sp.S.Zero)
    board.equal("Eq. 1 at beta = 0", value.subs(reg.BETA, 0), reg.scalar())
    board.include(prove_variation())
    return board.proof()


def _refute_sign() -> Proof:
    board = Blackboard("beta = 0, eta = x = 1 against Eq. 1")
    printed = sp.log(1 - sp.Rational(1, 2)) / 2
    board.true("the printed value is negative", printed < 0)
    board.equal("minus Eq. 1", printed, -reg.scalar(sp.S.One, sp.S.One))
    return board.proof()


def _prove_noise() -> Proof:
    board = Blackboard("substitution")
    eta, sigma, batch, beta = sp.symbols("eta sigma B beta", positive=True)
    lam = eta * sigma**2 / (batch * (1 - beta))
    board.equal("noise covariance over G", eta**2 * sigma**2 / batch, (1 - beta) * eta * lam)
    board.equal("ratio to Eq. 1", lam / (eta * sigma**2 / batch), 1 / (1 - beta))
    board.equal("beta = 9/10", (1 / (1 - beta)).subs(beta, sp.Rational(9, 10)), sp.Integer(10))
    return board.proof()


def _prove_radius() -> Proof:
    """The covariation is at most (n lambda/nu) Pi_G, whose trace is at most n lambda/nu times the rank, at most n."""
    from theory.label_noise.momentum import prove_variation

    board = Blackboard("trace of Eq. 235, rank of G at most n; Corollary 1 with constant bounds")
    lam, n, iota, nu = sp.symbols("lam n iota nu", positive=True)
    board.equal("radius", sp.sqrt(2 * (n * n * lam / nu) * iota), sp.sqrt(2 * lam * n**2 * iota / nu))
    vectors = [sp.Matrix([1, 2, 0]), sp.Matrix([0, 1, 1])]
    board.equal("rank for n = 2, d = 3", sp.Integer(sum((v * v.T for v in vectors), sp.zeros(3)).rank()), sp.Integer(2))
    board.include(prove_variation())
    return board.proof()


def _radius(point: Point, dimension: str) -> sp.Expr:
    return sp.sqrt(2 * point["lam"] * point["n"] * point[dimension] * point["iota"] / point["nu"])


CLAIMS: tuple[Claim, ...] = (
    entry(
        "Eq13", "Section 5.2, Eq. 13, R, with Lemma 4", "The regulariser with momentum is (1 + beta)/(2 eta) tr "
                                                        "log(...).",
        Form("R(x) = (1 + beta)/(2 eta) log(1 - eta x/(2 (1 + beta)))",
             r"R=\frac{1+\beta}{2\eta}\operatorname{tr}\log\Big(1-\frac\eta{2(1+\beta)}\nabla^2L\Big)", _needed, VALUE),
        _prove_momentum, "The minus sign is missing: as printed R is minus Eq. 1 at beta = 0, and would reward "
                         "sharpness.",
        form=Form("R(x) = -(1 + beta)/(2 eta) log(1 - eta x/(2 (1 + beta)))",
                  r"R=-\frac{1+\beta}{2\eta}\operatorname{tr}\log\Big(1-\frac\eta{2(1+\beta)}\nabla^2L\Big)", _needed,
                  -VALUE),
        refute=_refute_sign, example=EXAMPLE, sample=_sample,
    ),
    entry(
        "Eq13/lambda", "Section 5.2, Eq. 13, lambda, and after Lemma 4",
        "Momentum multiplies lambda by 1/(1 - beta), 10 at 0.9.",
        Form("1/(1 - beta) = 10 at beta = 9/10; noise covariance (1 - beta) eta lambda G",
             r"\lambda=\frac{\eta\sigma^2}{B(1-\beta)}", lambda pt: sp.sympify(1) / (1 - pt["beta"]), 1 / (1 - BETA)),
        _prove_noise, "Substitution; the stationary covariance of Proposition 21 confirms the scale.",
        example={"beta": sp.Rational(9, 10)}, sample=sampler(beta=fraction),
    ),
    entry(
        "Lemma4/radius", "Section 5.2, Lemma 4, Eq. 15, and Proposition 14",
        "The radius has n^2 where Lemma 1 has n d: the rank of G is at most n.",
        Form("(2 tr(n lambda/nu Pi_G) iota)^(1/2) <= (2 lambda n^2 iota/nu)^(1/2) [at a point: rank r <= n]",
             r"\mathcal X=\sqrt{\frac{2\lambda n^2\iota}\nu}", lambda pt: _radius(pt, "r"), lambda pt: _radius(pt, "n"),
             "<="),
        _prove_radius, "Trace of a projection of rank at most n.",
        example={"lam": sp.Rational(1, 10), "n": sp.Integer(3), "r": sp.Integer(2), "iota": sp.Integer(4),
        "nu": sp.Rational(1, 2)},
        symbols={"r": "rank of G", "iota": "log of the failure probability"},
    ),
)  # fmt: skip
