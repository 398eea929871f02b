"""Label-noise paper, Appendix G: Lemmas 10-15 with explicit constants, and the steps of their proofs, Eq. 202-227."""

from __future__ import annotations

import random
from collections.abc import Callable

import sympy as sp

from theory.claims.claim import Claim, Form, Point
from theory.claims.labelnoise._entries import entry, fraction, within, words
from theory.label_noise import contraction
from theory.label_noise.process import gram

PLACE = "Appendix G"
NAMES = {"a0": "g_1 = (a0, b0)", "b0": "g_1 = (a0, b0)", "a1": "g_2 = (a1, b1)", "b1": "g_2 = (a1, b1)",
         "share": "eta = share (2 - nu)/ell, ell = max |g_i|^2; in (0, 1]"}  # fmt: skip
EXAMPLE = {"a0": sp.Integer(1), "b0": sp.Integer(2), "a1": sp.Integer(2), "b1": sp.Integer(-1),
           "nu": sp.Rational(1, 4), "share": sp.S.One, "tau": sp.Integer(3)}  # fmt: skip


GRADIENTS = within("nu", "share", "tau", a0=sp.Range(1, 10), **dict.fromkeys(("b0", "a1", "b1"), sp.Range(-9, 10)))


SEARCHED = (11, 13, 15)
"""Lemmas 12 and 14 follow from 13 by Cauchy-Schwarz."""


def _sample(generator: random.Random) -> Point:
    vectors = {name: sp.Integer(generator.randint(-3, 3)) for name in ("b0", "a1", "b1")}
    share = generator.choice([sp.S.One, fraction(generator)])
    return {"a0": sp.Integer(generator.randint(1, 3)), **vectors, "nu": fraction(generator), "share": share,
            "tau": sp.Integer(generator.randint(1, 6))}  # fmt: skip


def _setting(point: Point) -> tuple[list[sp.Matrix], sp.Matrix, sp.Expr]:
    """Gradients, I - eta G and eta."""
    gradients = [sp.Matrix([point["a0"], point["b0"]]), sp.Matrix([point["a1"], point["b1"]])]
    ell = max((g.T * g)[0] for g in gradients)
    eta = point["share"] * (2 - point["nu"]) / ell
    return gradients, sp.eye(2) - eta * gram(gradients), eta


def _norm(matrix: sp.Matrix) -> sp.Expr:
    """Spectral norm of a symmetric 2 x 2 matrix."""
    trace, spread = matrix.trace(), (matrix[0, 0] - matrix[1, 1]) ** 2 + 4 * matrix[0, 1] ** 2
    return (abs(trace) + sp.sqrt(spread)) / 2


def _left10(point: Point) -> sp.Expr:
    gradients, keep, _ = _setting(point)
    return _norm(keep ** int(point["tau"]) * gram(gradients))


def _right10(point: Point) -> sp.Expr:
    return 1 / (_setting(point)[2] * point["nu"] * point["tau"])


def _lengths(point: Point, power: int = 1) -> list[sp.Expr]:
    """|A^k g_i| for k < tau, the two gradients in turn."""
    gradients, keep, _ = _setting(point)
    vectors = (keep**k * gradients[k % 2] for k in range(int(point["tau"])))
    return [sp.sqrt((v.T * v)[0]) ** power for v in vectors]


def _left11(point: Point) -> sp.Expr:
    gradients, keep, _ = _setting(point)
    moved = keep ** int(point["tau"]) * gradients[0]
    return sp.sqrt((moved.T * moved)[0])


def _right11(point: Point) -> sp.Expr:
    return sp.sqrt(2 / (2 * _setting(point)[2] * point["nu"] * point["tau"]))


def _bound(times: Callable[[Point], sp.Expr], root: bool = False) -> Callable[[Point], sp.Expr]:
    """n r/(eta nu) with n = 2 and the rank r, times something; its root where asked."""

    def right(point: Point) -> sp.Expr:
        gradients, _, eta = _setting(point)
        value = times(point) * 2 * gram(gradients).rank() / (eta * point["nu"])
        return sp.sqrt(value) if root else value

    return right


def _left14(point: Point) -> sp.Expr:
    gradients, keep, _ = _setting(point)
    pairs = ((keep**k * gradients[0], keep**k * gradients[1]) for k in range(int(point["tau"])))
    return sum(sp.sqrt((a.T * a)[0] * (b.T * b)[0]) for a, b in pairs)


def _left15(point: Point) -> sp.Expr:
    gradients, keep, _ = _setting(point)
    return sum(_norm(keep**k * gram(gradients)) for k in range(int(point["tau"])))


def _right15(point: Point) -> sp.Expr:
    gradients, _, eta = _setting(point)
    return gram(gradients).rank() * (2 - point["nu"]) / (eta * point["nu"])


def _lemma(number: int, equations: str, text: str, latex: str, form: Form, prove, reason: str) -> Claim:  # type: ignore[no-untyped-def]
    return entry(
        f"Lemma{number}", f"{PLACE}, Lemma {number}, {equations}", f"{text}; here with the constant.", words(text,
        latex),
        prove, reason, form=form, example=EXAMPLE, symbols=NAMES, sample=_sample,
        domain=GRADIENTS if number in SEARCHED else None,
    )  # fmt: skip


def _one(point: Point) -> sp.Expr:
    del point
    return sp.S.One


FORM10 = Form(
    "|(I - eta G)^tau G| <= 1/(eta nu tau)", r"\|(I-\eta G)^\tau G\|\le\frac1{\eta\nu\tau}", _left10, _right10, "<="
)
X = sp.Symbol("x")

CLAIMS: tuple[Claim, ...] = (
    entry(
        "Lemma10", f"{PLACE}, Lemma 10, Eq. 202 and 208-210", "The contraction bound with its printed constant.",
        FORM10,
        contraction.prove_lemma10, "Two cases of the eigenvalue; 2/e < 1 is to spare.",
        example=EXAMPLE, symbols=NAMES, sample=_sample, domain=GRADIENTS,
    ),
    entry(
        "Lemma10/strict", f"{PLACE}, proof of Lemma 10, after Eq. 210", "x e^-x < 1/e for every x.",
        Form("x e^-x < 1/e", r"xe^{-x}<\tfrac1e", X * sp.exp(-X), sp.exp(-1), "<"), contraction.prove_strict,
        "Equality at x = 1; <= as in the proof of Lemma 11.",
        form=Form("x e^-x <= 1/e", r"xe^{-x}\le\tfrac1e", X * sp.exp(-X), sp.exp(-1), "<="),
        refute=contraction.refute_strict, example={"x": sp.S.One}, sample=lambda g: {"x": 4 * fraction(g)},
        domain=within("x"),
    ),
    _lemma(11, "Eq. 203 and 211-215", "|(I - eta G)^tau g_i| = O((eta tau)^(-1/2))",
           r"\|(I-\eta G)^\tau g_i\|=O(\sqrt{1/(\eta\tau)})",
           Form("|(I - eta G)^tau g_i| <= (n/(2 eta nu tau))^(1/2) [at a point: n = 2]",
                r"\|(I-\eta G)^\tau g_i\|\le\sqrt{\frac n{2\eta\nu\tau}}", _left11, _right11, "<="),
           contraction.prove_lemma11, "g_i g_i^T <= n G, and the trace of a matrix of rank one is its norm."),
    _lemma(12, "Eq. 204 and 216-218", "sum_{k<tau} |(I - eta G)^k g_{i_k}| = O((tau/eta)^(1/2))",
           r"\sum_{k<\tau}\|(I-\eta G)^kg_{i_k}\|=O(\sqrt{\tau/\eta})",
           Form("sum_{k<tau} |(I - eta G)^k g_{i_k}| <= (n r tau/(eta nu))^(1/2), r the rank of G [at a point: n = 2]",
                r"\sum_{k<\tau}\|(I-\eta G)^kg_{i_k}\|\le\sqrt{\frac{nr\tau}{\eta\nu}}",
                lambda point: sum(_lengths(point)), _bound(lambda point: point["tau"], root=True), "<="),
           contraction.prove_cauchy_sum, "Cauchy-Schwarz and Lemma 13."),
    _lemma(13, "Eq. 205 and 219-222", "sum_{k<tau} |(I - eta G)^k g_{i_k}|^2 = O(1/eta)",
           r"\sum_{k<\tau}\|(I-\eta G)^kg_{i_k}\|^2=O(1/\eta)",
           Form("sum_{k<tau} |(I - eta G)^k g_{i_k}|^2 <= n r/(eta nu), r the rank of G [at a point: n = 2]",
                r"\sum_{k<\tau}\|(I-\eta G)^kg_{i_k}\|^2\le\frac{nr}{\eta\nu}",
                lambda point: sum(_lengths(point, 2)), _bound(_one), "<="),
           contraction.prove_square_sum, "g g^T <= n G, then a geometric sum for every nonzero eigenvalue."),
    _lemma(14, "Eq. 206 and 223-225", "sum_{k<tau} |(I - eta G)^k g_{i_k}| |(I - eta G)^k g_{j_k}| = O(1/eta)",
           r"\sum_{k<\tau}\|(I-\eta G)^kg_{i_k}\|\|(I-\eta G)^kg_{j_k}\|=O(1/\eta)",
           Form("sum_{k<tau} |(I - eta G)^k g_1| |(I - eta G)^k g_2| <= n r/(eta nu) [at a point: n = 2]",
                r"\sum_{k<\tau}\|(I-\eta G)^kg_{i_k}\|\|(I-\eta G)^kg_{j_k}\|\le\frac{nr}{\eta\nu}",
                _left14, _bound(_one), "<="),
           contraction.prove_cauchy_sum, "Cauchy-Schwarz and Lemma 13."),
    _lemma(15, "Eq. 207 and 227", "sum_{k<tau} |(I - eta G)^k G| = O(1/eta)",
    r"\sum_{k<\tau}\|(I-\eta G)^kG\|_2=O(1/\eta)",
           Form("sum_{k<tau} |(I - eta G)^k G| <= r (2 - nu)/(eta nu), r the rank of G",
                r"\sum_{k<\tau}\|(I-\eta G)^kG\|_2\le\frac{r(2-\nu)}{\eta\nu}", _left15, _right15, "<="),
           contraction.prove_lemma15, "The norm is at most the sum over eigenvalues; a geometric series for each."),
    entry(
        "Eq226", f"{PLACE}, proof of Lemma 15, Eq. 226", "The norms are bounded by the signed sum over eigenvalues.",
        Form("sum_{k<tau} |1 - x|^k x <= sum_{k<=tau} (1 - x)^k x [one eigenvalue, x = eta lambda]",
             r"\sum_{k<\tau}\|(I-\eta G)^kG\|\le\sum_{k\le\tau}\sum_i(1-\eta\lambda_i)^k\lambda_i",
             lambda pt: sum(abs(1 - pt["x"]) ** k * pt["x"] for k in range(int(pt["tau"]))),
             lambda pt: sum((1 - pt["x"]) ** k * pt["x"] for k in range(int(pt["tau"]) + 1)), "<="),
        contraction.prove_lemma15, "For eta lambda > 1 the terms alternate; absolute values are needed, and Lemma 15 "
                                   "stands.",
        form=Form("sum_{k<tau} |1 - x|^k x <= sum_{k<=tau} |1 - x|^k x [one eigenvalue, x = eta lambda]",
                  r"\sum_{k<\tau}\|(I-\eta G)^kG\|\le\sum_{k\le\tau}\sum_i|1-\eta\lambda_i|^k\lambda_i",
                  lambda pt: sum(abs(1 - pt["x"]) ** k * pt["x"] for k in range(int(pt["tau"]))),
                  lambda pt: sum(abs(1 - pt["x"]) ** k * pt["x"] for k in range(int(pt["tau"]) + 1)), "<="),
        refute=contraction.refute_eq226, example={"x": sp.Rational(3, 2), "tau": sp.Integer(2)},
        sample=lambda g: {"x": 2 * fraction(g), "tau": sp.Integer(g.randint(1, 5))},
        domain=within("tau", x=sp.Interval.open(0, 2)),
    ),
)  # fmt: skip
