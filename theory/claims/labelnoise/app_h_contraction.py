"""Label-noise paper, Appendix H.1: contraction with momentum, Proposition 18-24, Eq. 262-282."""

from __future__ import annotations

import sympy as sp

from theory.claims.claim import Claim, Form, Point
from theory.claims.labelnoise._entries import entry, within, words
from theory.claims.labelnoise._momentum import (
    BETA,
    BOUND_EXAMPLE,
    ETA,
    EXAMPLE,
    NU,
    SEPARATED,
    SHAPE,
    G,
    block,
    corrected,
    sample,
    solved,
)
from theory.label_noise import momentum as mo

H1 = "Appendix H.1"


def _power(point: Point) -> sp.Expr:
    return sp.ImmutableMatrix(block(point) ** int(point["k"]))


def _sums(point: Point, shift: int = 0) -> sp.Expr:
    k, trace, beta = int(point["k"]) + shift, block(point).trace(), point["beta"]
    s = [mo.homogeneous(j, trace, beta) for j in (k - 1, k, k + 1)]
    return sp.ImmutableMatrix([[s[2], -beta * s[1]], [s[1], -beta * s[0]]])


def _recursive(point: Point) -> sp.Expr:
    k, trace, beta = int(point["k"]), block(point).trace(), point["beta"]
    now, after = (mo.homogeneous(j, trace, beta) for j in (k, k + 1))
    return sp.ImmutableMatrix([[after, -beta * now], [now, after - trace * now]])


def _stationary(point: Point) -> sp.Expr:
    return sp.ImmutableMatrix(mo.stationary_block(point["eta"], point["g"], point["beta"]))


def _largest(point: Point) -> sp.Expr:
    return sp.Abs(mo.homogeneous(int(point["k"]) + 1, block(point).trace(), point["beta"]))


def _radius(point: Point) -> sp.Expr:
    trace, beta = block(point).trace(), point["beta"]
    root = sp.sqrt(trace**2 - 4 * beta)
    return sp.Max(sp.Abs((trace + root) / 2), sp.Abs((trace - root) / 2))


def _squares(point: Point) -> sp.Expr:
    """sum_{k<K} |A^k J g_1|^2 with n = 1, g_1^2 = g."""
    columns = ((block(point) ** j)[:, 0] for j in range(int(point["k"])))
    return point["g"] * sum((c.T * c)[0] for c in columns)


EXPLICIT = Form("sum_{k<tau} |A^k J g_{i_k}|^2 <= 2 n r/(eta (1 - beta) nu) [at a point: n = r = 1, tau = k]",
                r"\sum_{k<\tau}\|A^kJg_{i_k}\|^2\le\frac{2nr}{\eta(1-\beta)\nu}", _squares,
                2 / (ETA * (1 - BETA) * NU), "<=")  # fmt: skip

CLAIMS: tuple[Claim, ...] = (
    entry("Eq263", f"{H1}, Eq. 262-263", "The eigenvalues of A_i, their sum and product.",
          words("a, b = (x +- sqrt(x^2 - 4 beta))/2, a + b = x, a b = beta, x = 1 - eta lambda + beta",
                r"a_i+b_i=1-\eta\lambda_i+\beta,\quad a_ib_i=\beta"), mo.prove_eigenvalues,
                "Characteristic polynomial."),
    entry(
        "Prop18", f"{H1}, Proposition 18", "The spectral radius of A_i is below 1 for eta lambda in (0, 2 (1 + beta)).",
        Form("max(|a|, |b|) < 1", r"\rho(A_i)<1", _radius, sp.S.One, "<"), mo.prove_spectral_radius,
        "Jury's conditions; at lambda = 0 the roots are 1 and beta.", example=EXAMPLE, sample=sample,
        domain=within("eta", "g", "beta", where=(sp.Lt(ETA * G, 2 * (1 + BETA)),)),
    ),
    entry("Prop18/reflection", f"{H1}, proof of Proposition 18",
    "eta lambda -> 2 (1 + beta) - eta lambda keeps the spectral radius.",
          words("trace -> -trace, determinant kept", r"\eta\lambda_i\to2(1+\beta)-\eta\lambda_i"), mo.prove_reflection,
          "Both roots change sign."),
    entry("Eq264", f"{H1}, proof of Proposition 18, Eq. 264",
    "(x + sqrt(x^2 - 4 beta))/2 < 1 exactly where x < 1 + beta.",
          words("(2 - x)^2 - (x^2 - 4 beta) = 4 (1 + beta - x)", r"\sqrt{x^2-4\beta}<2-x\iff x<1+\beta"),
          mo.prove_spectral_radius, "Squares compared; both sides are positive as x < 2, and for x >= 2 all three "
                                    "fail."),
    entry(
        "Prop19", f"{H1}, Proposition 19, Eq. 265, with the 'k >= 0' of its proof", "The powers of A_i.",
        Form("A^k = [[s_{k+1}, -beta s_k], [s_k, -beta s_{k-1}]] for k >= 0",
             r"A_i^k=\begin{bmatrix}s_{k+1}&-\beta s_k\\s_k&-\beta s_{k-1}\end{bmatrix},\ k\ge0", _power, _sums),
        mo.prove_powers, "True for k >= 1, all that is used. At k = 0 the sum for s_{-1} is empty, while -1/beta is "
        "needed; with the recursion's s_{k+1} - (a + b) s_k for -beta s_{k-1} it holds there too.",
        form=Form("A^k = [[s_{k+1}, -beta s_k], [s_k, s_{k+1} - (a + b) s_k]] for k >= 0, the printed one for k >= 1",
                  r"A_i^k=\begin{bmatrix}s_{k+1}&-\beta s_k\\s_k&s_{k+1}-(a_i+b_i)s_k\end{bmatrix}", _power,
                  _recursive), refute=mo.refute_power_zero, example={**EXAMPLE, "k": sp.S.Zero}, sample=sample,
    ),
    entry(
        "Eq266", f"{H1}, proof of Proposition 19, Eq. 266", "The right side of the induction step.",
        Form("A^(k+1) = [[s_{k+1}, -beta s_k], [s_k, -beta s_{k-1}]]",
             r"A_i^{k+1}=\begin{bmatrix}s_{k+1}&-\beta s_k\\s_k&-\beta s_{k-1}\end{bmatrix}",
             lambda pt: sp.ImmutableMatrix(block(pt) ** (int(pt["k"]) + 1)), _sums),
        mo.prove_powers, "That is A^k again; every index is one higher.",
        form=Form("A^(k+1) = [[s_{k+2}, -beta s_{k+1}], [s_{k+1}, -beta s_k]]",
                  r"A_i^{k+1}=\begin{bmatrix}s_{k+2}&-\beta s_{k+1}\\s_{k+1}&-\beta s_k\end{bmatrix}",
                  lambda pt: sp.ImmutableMatrix(block(pt) ** (int(pt["k"]) + 1)), lambda pt: _sums(pt, 1)),
        refute=mo.refute_printed_step, example=EXAMPLE, sample=sample,
    ),
    entry(
        "Prop20", f"{H1}, Proposition 20, Eq. 267-269, and Corollary 3, Eq. 270",
        "|J^T A^k J| = |s_{k+1}| <= 1/(1 - beta).",
        Form("|s_{k+1}| <= 1/(1 - beta)", r"|J_i^TA_i^kJ_i|\le\frac1{1-\beta}", _largest, 1 / (1 - BETA), "<="),
        mo.prove_bounded, "Rearrangement by pairs, as |a|, |b| <= 1; geometric series.", example=EXAMPLE,
        sample=sample, domain=within("eta", "g", "beta", "k", where=(sp.Lt(ETA * G, 2 * (1 + BETA)),)),
    ),
    entry(
        "Prop21", f"{H1}, Proposition 21, Eq. 271", "sum_j B_j G B_j^T in closed form.",
        Form("sum_j s_{j+1}^2 g = 1/(eta (1 - beta)(2 - eta g/(1 + beta)))",
             r"\sum_jB_jGB_j^T=\frac1{\eta(1-\beta)}\Pi_G\Big(2-\frac\eta{1+\beta}G\Big)^{-1}",
             lambda point: solved(point)[0, 0], 1 / (ETA * (1 - BETA) * SHAPE)),
        mo.prove_sum, "Fixed point of the second moments.", example=EXAMPLE, sample=sample,
    ),
    corrected("Eq272", f"{H1}, proof of Proposition 21, Eq. 272",
    "lambda_i sum A^j J lambda_i J^T (A^T)^j = lambda_i sum [[s^2, ..], ..].",
          "lambda_i stands twice on the left; once is right.", mo.prove_single, mo.refute_doubled,
          ("lambda_i sum_j A^j J lambda_i J^T (A^T)^j = lambda_i sum_j [[s_{j+1}^2, s_j s_{j+1}], [s_j s_{j+1}, "
           "s_j^2]]",
           r"\lambda_i\sum_jA_i^jJ_i\lambda_iJ_i^T(A_i^T)^j"),
          ("sum_j A^j J lambda_i J^T (A^T)^j = lambda_i sum_j [[s_{j+1}^2, s_j s_{j+1}], [s_j s_{j+1}, s_j^2]]",
           r"\sum_jA_i^jJ_i\lambda_iJ_i^T(A_i^T)^j")),
    entry(
        "Eq274", f"{H1}, proof of Proposition 21, Eq. 273-274", "The solution of the fixed-point equation.",
        Form("S = [[1/(2 - eta g/(1+beta)), (1+beta-eta g)/(2(1+beta)-eta g)], ..]/(eta (1 - beta))",
             r"S_i=\frac1{\eta(1-\beta)}\begin{bmatrix}\frac1{2-\frac\eta{1+\beta}\lambda_i}&\frac{1+\beta-\eta"
             r"\lambda_i}"
             r"{2(1+\beta)-\eta\lambda_i}\\\cdot&\cdot\end{bmatrix}",
             lambda point: sp.ImmutableMatrix(solved(point)), _stationary),
        mo.prove_sum, "Substitution; unique as the spectral radius is below 1.", example=EXAMPLE, sample=sample,
    ),
    entry("Prop22", f"{H1}, Proposition 22, Eq. 275-276, 278", "sum_{k<tau} |A^k J g| = O((tau/eta)^(1/2)).",
          words("sum_{k<tau} |A^k J g_i| = O((tau/eta)^(1/2))", r"\sum_{k<\tau}\|A^kJg_i\|=O(\sqrt{\tau/\eta})"),
          mo.prove_cauchy_sum, "Cauchy-Schwarz and the explicit sum of squares.",
          form=words("sum_{k<tau} |A^k J g_i| <= (2 n r tau/(eta (1 - beta) nu))^(1/2)",
                     r"\sum_{k<\tau}\|A^kJg_i\|\le\sqrt{\frac{2nr\tau}{\eta(1-\beta)\nu}}")),
    corrected("Eq277", f"{H1}, proof of Proposition 22, Eq. 277", "|A^k J g_i|^2 <= tr(A^k J G J^T (A^k)^T).",
          "The factor n is missing (g g^T <= n G, as in Eq. 212); O hides it.", mo.prove_explicit_sum,
          mo.refute_trace_without_n,
          ("|A^k J g_i|^2 <= tr(A^k J G J^T (A^k)^T)", r"\|A^kJg_i\|^2\le\operatorname{tr}[A^kJGJ^T(A^k)^T]"),
          ("|A^k J g_i|^2 <= n tr(A^k J G J^T (A^k)^T)", r"\|A^kJg_i\|^2\le n\operatorname{tr}[A^kJGJ^T(A^k)^T]")),
    entry(
        "Prop23", f"{H1}, Proposition 23, Eq. 279", "sum_{k<tau} |A^k J g_{i_k}|^2 = O(1/eta), here with the constant.",
        words("sum_{k<tau} |A^k J g_{i_k}|^2 = O(1/eta)", r"\sum_{k<\tau}\|A^kJg_{i_k}\|^2=O(1/\eta)"),
        mo.prove_explicit_sum,
        "Trace of Eq. 274.", form=EXPLICIT, example=BOUND_EXAMPLE, sample=sample,
        domain=within("eta", "g", "beta", "nu", "k", where=SEPARATED),
    ),
    corrected("Eq280", f"{H1}, proof of Proposition 23, Eq. 280",
    "The sum of squares is at most tau sum tr ... = O(eta^(-1/2)).",
          "tau does not belong there, and the order is 1/eta, as the proposition says; for n = d = 1 the sum itself is "
          "of order 1/eta.", mo.prove_explicit_sum, mo.refute_root_order,
          ("sum_{k<tau} |A^k J g_i|^2 <= tau sum_{k<tau} tr(..) <= O(eta^(-1/2))", r"O\Big(\sqrt{\tfrac1\eta}\Big)"),
          ("sum_{k<tau} |A^k J g_i|^2 <= n sum_{k<tau} tr(..) <= O(1/eta)", r"O\Big(\tfrac1\eta\Big)")),
    entry("Prop24", f"{H1}, Proposition 24, Eq. 281-282", "sum_{k<tau} |A^k J g_{i_k}| |A^k J g_{j_k}| = O(1/eta).",
          words("sum_{k<tau} |A^k J g_{i_k}| |A^k J g_{j_k}| = O(1/eta)",
                r"\sum_{k<\tau}\|A^kJg_{i_k}\|\|A^kJg_{j_k}\|=O(1/\eta)"), mo.prove_cauchy_sum, "Cauchy-Schwarz.",
          form=words("sum_{k<tau} |A^k J g_{i_k}| |A^k J g_{j_k}| <= 2 n r/(eta (1 - beta) nu)",
                     r"\sum_{k<\tau}\|A^kJg_{i_k}\|\|A^kJg_{j_k}\|\le\frac{2nr}{\eta(1-\beta)\nu}")),
)  # fmt: skip
