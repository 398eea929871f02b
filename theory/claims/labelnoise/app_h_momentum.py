"""Label-noise paper, Appendix H: heavy-ball momentum, Proposition 14-17, Eq. 231-261."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import sympy as sp

from theory.claims.claim import Claim, Effort, Estimates, Experiment, Form, Point
from theory.claims.labelnoise._entries import entry, within, words
from theory.claims.labelnoise._momentum import (
    BOUND_EXAMPLE,
    FIXED_EXAMPLE,
    LAM,
    NU,
    SEPARATED,
    SHAPE,
    block,
    corrected,
    sample,
    solved,
)
from theory.label_noise import momentum as mo
from theory.label_noise import orders, process
from theory.proof import Blackboard, Proof

H = "Appendix H"


def _fixed(lam: Callable[[Point], sp.Expr]) -> Callable[[Point], sp.Expr]:
    def right(point: Point) -> sp.Expr:
        found = mo.doubled_covariance(point["lam"], lam(point))
        found = found.subs({mo.ETA: point["eta"], mo.G: point["g"], mo.BETA: point["beta"]})
        a = block(point)
        source = (1 - point["beta"]) * point["eta"] * point["lam"] * sp.Matrix([[point["g"], 0], [0, 0]])
        return sp.ImmutableMatrix(found - a * found * a.T - source)

    return right


def _zero(point: Point) -> sp.Expr:
    del point
    return sp.ImmutableMatrix(sp.zeros(2))


STEPS, RATE, PUSH = (2, 10, 200), 0.4, 0.5


def _simulate(effort: Effort, seed: int) -> Estimates:
    """xi^2 of Eq. 231 in one dimension, g = 1, +-1 labels, B = 1."""
    paths = effort.trajectories(65536)
    generator = np.random.default_rng(seed % 2**32)
    now, before, found = np.zeros(paths), np.zeros(paths), []
    for step in range(1, max(STEPS) + 1):
        noise = RATE * (2.0 * generator.integers(2, size=paths) - 1)
        now, before = (1 - RATE) * now + noise + PUSH * (now - before), now
        if step in STEPS:
            found.append(((now**2).mean(), (now**2).std(ddof=1) / np.sqrt(paths)))
    values, errors = np.array(found).T
    return Estimates(values, errors, tuple(f"k = {step}" for step in STEPS), paths)


def _moments(change: float = 1.0, last: float | None = None) -> Callable[[], np.ndarray]:
    """eta^2 sum_{j<k} s_{j+1}^2 for k = 2, 10, and the stationary value by Eq. 274 for k = 200."""

    def predict() -> np.ndarray:
        eta, beta = sp.Rational(2, 5), sp.Rational(1, 2)
        trace = 1 - eta + beta
        finite = [eta**2 * sum(mo.homogeneous(j + 1, trace, beta) ** 2 for j in range(k)) for k in STEPS[:2]]
        limit = eta**2 * mo.stationary_block(eta, sp.S.One, beta)[0, 0]
        return np.array([*(float(v) * change for v in finite), float(limit) * change if last is None else last])

    return predict


LIMIT = Experiment(
    "xi of Eq. 231, d = 1, g = 1, eta = 0.4, beta = 1/2: E xi_k^2 at k = 2, 10, 200", _simulate, _moments(),
    {"no momentum in the limit": _moments(last=0.4 / (2 - 0.4)), "lambda twice": _moments(2.0),
     "2 - eta for 2 - eta/(1 + beta)": _moments(last=0.4 / (1 - 0.5) / (2 - 0.4))},
)  # fmt: skip


def _prove_probability() -> Proof:
    board = Blackboard(
        "exponents: the largest terms are lambda^(3/4) iota^(1/4)/c and lambda^((1+delta)/2) (c iota)^(-1/2)"
    )
    bound = orders.HALF * orders.IOTA ** sp.Rational(1, 4) / sp.sqrt(orders.C)
    board.include(orders.prove_order(orders.accumulated(), bound, tilde=False))
    board.include(orders.prove_order({"that bound": bound}, orders.ERROR, tilde=False))
    return board.proof()


def _refute_iota() -> Proof:
    board = Blackboard("exponents of the logarithm")
    found = orders.exponents(orders.HALF * orders.IOTA / sp.sqrt(orders.C) / orders.ERROR)
    board.equal("power of lambda", found[orders.LAM], sp.S.Zero)
    board.true("power of the logarithm, which grows as lambda -> 0 with c fixed", found[orders.LOG] > 0)
    return board.proof()


def _prove_times() -> Proof:
    board = Blackboard("triangle inequality and Corollary 3")
    board.include(mo.prove_bounded())
    return board.proof()


def _refute_times() -> Proof:
    """On the kernel of G the sum of B_k is (1/(1 - beta)) (t + 1) up to a constant: it grows with t."""
    board = Blackboard("g = 0: B_k = (1 - beta^(k+1))/(1 - beta)")
    k, beta = sp.Symbol("k", integer=True, positive=True), sp.Rational(1, 2)
    board.equal("B_k at g = 0, k = 4", mo.homogeneous(5, 1 + beta, beta), (1 - beta**5) / (1 - beta))
    board.true("terms do not go to 0", sp.limit((1 - beta ** (k + 1)) / (1 - beta), k, sp.oo) == 2)
    return board.proof()


def _refute_resolvent() -> Proof:
    board = Blackboard("exact counterexample eta H = 1, eta G = 1/2, beta = 1/2, lambda = 1")
    b, h, g = sp.Rational(1, 2), sp.S.One, sp.Rational(1, 2)
    left = 1 / (2 - h / (1 + b)) - 1 / (2 - g / (1 + b))
    board.differ("left against right", left, (h - g) / ((2 - h) * (2 - g)))
    return board.proof()


def _prove_gradient() -> Proof:
    board = Blackboard("derivative of R with the sign of Eq. 13 corrected")
    x, lam = sp.Symbol("x", positive=True), sp.Symbol("lam", positive=True)
    value = -(1 + mo.BETA) / (2 * mo.ETA) * sp.log(1 - mo.ETA * x / (2 * (1 + mo.BETA)))
    board.equal("lambda R'(x)", lam * sp.diff(value, x), lam / (2 - mo.ETA * x / (1 + mo.BETA)) / 2)
    return board.proof()


def _refute_gradient() -> Proof:
    board = Blackboard("lambda = 1/2: S* carries lambda, grad R does not")
    board.differ("R'(x) against S*/2 at eta x = 1, beta = 0, lambda = 1/2", sp.Rational(1, 2), sp.Rational(1, 4))
    return board.proof()


def _refute_first() -> Proof:
    """xi = 0 at the start: D'_0 = -S'; the W part has A^(k-j) xi-bar eps^T, one power more than printed."""
    board = Blackboard("k = 0")
    board.differ("D'_0 = 0 - S' against S', upper left entry at S' = 1", -sp.S.One, sp.S.One)
    return board.proof()


def _prove_first() -> Proof:
    board = Blackboard("generic symmetric-block matrices, powers up to 2; induction")
    a = sp.Matrix(2, 2, sp.symbols("a0:4"))
    s, w = (sp.Matrix(2, 2, sp.symbols(f"{name}0:4")) for name in "sw")
    one = a * (-s) * a.T + w
    two = a * one * a.T + w
    shown = -(a**2) * s * (a.T) ** 2 + a * w * a.T + w
    board.equal("k = 2", (two - shown).applyfunc(sp.expand), sp.zeros(2))
    return board.proof()


def _refute_w() -> Proof:
    board = Blackboard("k - j - 1 = 0, d = 1: the term is J^T A xi-bar eps J^T J g")
    a = sp.Matrix([[sp.Rational(1, 2), -sp.Rational(1, 3)], [1, 0]])
    xi = sp.Matrix([1, 2])
    board.differ("first entry of A xi-bar against that of xi-bar", (a * xi)[0], xi[0])
    return board.proof()


def _prove_w() -> Proof:
    board = Blackboard("expansion for a generic A, powers up to 2")
    a = sp.Matrix(2, 2, sp.symbols("a0:4"))
    xi, j, eps = sp.Matrix(sp.symbols("x0 x1")), sp.Matrix([1, 0]), sp.Symbol("e")
    w = j * eps * xi.T * a.T + a * xi * eps * j.T
    for power in range(3):
        left = (j.T * a**power * w * (a.T) ** power * j)[0]
        b = (j.T * a**power * j)[0]
        right = (j.T * a ** (power + 1) * xi)[0] * eps * b + b * eps * (xi.T * (a.T) ** (power + 1) * j)[0]
        board.equal(f"k - j - 1 = {power}", sp.expand(left), sp.expand(right))
    return board.proof()


CLAIMS: tuple[Claim, ...] = (
    entry("Eq234", f"{H}, Eq. 231-234, 239-240", "The stacked recursion and its solution.",
          words("xi_k = sum_{j<k} B_{k-j-1} eps_j", r"\xi_k=\sum_{j<k}B_{k-j-1}\epsilon_j^*"), mo.prove_solution,
          "Induction."),
    entry(
        "Eq235", f"{H}, Proposition 14, Eq. 235", "(1 - beta) n eta lambda sum_j B_j G B_j^T is at most n lambda/nu.",
        Form("(1 - beta) eta lambda/(eta (1 - beta) (2 - eta g/(1 + beta))) <= lambda/nu",
             r"(1-\beta)n\eta\lambda\sum_jB_jGB_j^T\preceq\frac{n\lambda}\nu\Pi_G",
             lambda pt: (1 - pt["beta"]) * pt["eta"] * pt["lam"] * solved(pt)[0, 0], LAM / NU, "<="),
        mo.prove_variation, "Proposition 21 and eta g <= (2 - nu)(1 + beta). As in Eq. 33 it counts sample by sample.",
        example={**BOUND_EXAMPLE, "lam": sp.S.One}, sample=sample,
        domain=within("eta", "g", "beta", "nu", "lam", where=SEPARATED),
    ),
    entry(
        "Prop14/limit", f"{H}, Proposition 14 and 21 together",
        "The covariance of xi tends to lambda Pi (2 - eta G/(1 + beta))^-1.",
        Form("lim E xi^2 = lambda/(2 - eta g/(1 + beta)), lambda = eta sigma^2/(B (1 - beta))",
             r"\mathbb E\,\xi_k\xi_k^T\to\lambda\Pi_G\Big(2-\frac\eta{1+\beta}G\Big)^{-1}",
             lambda pt: (1 - pt["beta"]) * pt["eta"] * pt["lam"] * solved(pt)[0, 0], LAM / SHAPE),
        mo.prove_variation, "The noise has covariance (1 - beta) eta lambda G.", new=True, experiments=(LIMIT,),
        example=FIXED_EXAMPLE, sample=sample,
    ),
    corrected("Eq242", f"{H}, proof of Proposition 17, after Eq. 242", "grad R = L'''(S*)/2.",
          "S* has the factor lambda: it is lambda grad R.", _prove_gradient, _refute_gradient,
          ("grad R = (1/2) L'''(S*)", r"\nabla R=\tfrac12\nabla^3L(S^*)"),
          ("lambda grad R = (1/2) L'''(S*)", r"\lambda\nabla R=\tfrac12\nabla^3L(S^*)")),
    corrected("Eq245", f"{H}, proof of Proposition 17, Eq. 245", "eta sum_{k<=t} B_{t-k} w = O(eta |w|).",
          "The number of terms is missing: on the kernel of G the sum grows with t. The text goes on with t in place.",
          _prove_times, _refute_times, ("eta sum_{k<=t} B_{t-k} w = O(eta |w|)", r"O(\eta\|\bar S-S^*\|)"),
          ("eta sum_{k<=t} B_{t-k} w = O(eta t |w|)", r"O(\eta t\|\bar S-S^*\|)")),
    corrected("Eq246", f"{H}, proof of Proposition 17, Eq. 246",
    "The resolvents of Eq. 242 differ by lambda (2 - eta H)^-1 eta E (2 - eta G)^-1.",
          "eta/(1 + beta) for eta throughout; the order is the same.", process.prove_resolvents, _refute_resolvent,
          ("S* - S = lambda (2 - eta H)^-1 ((2 - eta G) - (2 - eta H)) (2 - eta G)^-1",
           r"\lambda(2-\eta\nabla^2L)^{-1}((2-\eta G)-(2-\eta\nabla^2L))(2-\eta G)^{-1}"),
          ("the same with eta/(1 + beta) for eta", r"\eta\to\tfrac\eta{1+\beta}")),
    entry(
        "Eq248", f"{H}, proof of Proposition 17, Eq. 248-249", "S' with lambda before the matrix solves Eq. 249.",
        Form("S' - A S' A^T - (1 - beta) eta lambda J G J^T = 0, S' = lambda [[S, ..], ..]",
             r"\bar S'=\lambda\begin{bmatrix}\bar S&\dots\\\dots&\bar S\end{bmatrix}", _zero,
             _fixed(lambda point: point["lam"])),
        mo.prove_doubled_covariance, "S has the factor lambda already; without the second one Eq. 249 holds.",
        form=Form("S' - A S' A^T - (1 - beta) eta lambda J G J^T = 0, S' = [[S, ..], ..]",
                  r"\bar S'=\begin{bmatrix}\bar S&(I-\frac\eta{1+\beta}G)\bar S\\(I-\frac\eta{1+\beta}G)\bar S&\bar "
                  r"S\end{bmatrix}",
                  _zero, _fixed(lambda point: sp.S.One)),
        refute=mo.refute_doubled_covariance, example=FIXED_EXAMPLE, sample=sample,
    ),
    corrected("Eq253", f"{H}, proof of Proposition 17, Eq. 250-256", "D'_k = A^k S' A^k + sum ...",
          "D'_0 = -S' and the second power is of A^T.", _prove_first, _refute_first,
          ("D'_k = A^k S' A^k + sum_{j<k} A^(k-j-1) (W_j + Z_j) (A^T)^(k-j-1)", r"D_k'=A^k\bar S'A^k+\dots"),
          ("D'_k = -A^k S' (A^T)^k + sum_{j<k} A^(k-j-1) (W_j + Z_j) (A^T)^(k-j-1)", r"D_k'=-A^k\bar S'(A^T)^k+\dots")),
    corrected("Eq257", f"{H}, proof of Proposition 17, Eq. 257-258", "The W part: J^T A^(k-j-1) xi-bar eps^T ...",
          "One power of A more in the first term, transposed powers in the second; the bounds do not change.",
          _prove_w, _refute_w,
          ("J^T A^(k-j-1) xi-bar eps^T J^T A^(k-j-1) J g + B eps xi-bar^T A^(k-j) J g",
          r"J^TA^{k-j-1}\bar\xi_j(\epsilon_j^*)^T"),
          ("J^T A^(k-j) xi-bar eps^T B g + B eps xi-bar^T (A^T)^(k-j) J g",
           r"J^TA^{k-j}\bar\xi_j(\epsilon_j^*)^TB_{k-j-1}g_i+B_{k-j-1}\epsilon_j^*\bar\xi_j^T(A^T)^{k-j}Jg_i")),
    corrected("Eq259", f"{H}, proof of Proposition 17, Eq. 259",
    "The Z part has the prefactor eta lambda (1 - beta)/B^2.",
          "As in Eq. 78: eta lambda (1 - beta) (sum sum/(B sigma^2) - G).", process.prove_outer_prefactor,
          process.refute_outer_prefactor,
          ("(eta lambda (1 - beta)/B^2) (sum sum/sigma^2 - G)", r"\frac{\eta\lambda(1-\beta)}{B^2}(\dots)"),
          ("eta lambda (1 - beta) (sum sum/(B sigma^2) - G)",
          r"\eta\lambda(1-\beta)\Big(\frac1{B\sigma^2}\sum\sum-G\Big)")),
    corrected("Eq261", f"{H}, Eq. 260-261", "lambda^((1+delta)/2) iota/sqrt(c) <= D for large c.",
          "D has sqrt(iota) only, so for fixed c and lambda -> 0 it fails; the sum in Eq. 260 has iota^(1/4) at most, "
          "and "
          "is below D.", _prove_probability, _refute_iota,
          ("O(lambda^(1/2+delta/2) iota/sqrt(c)) <= D", r"O(\lambda^{1/2+\delta/2}\iota/\sqrt c)\le\mathcal D"),
          ("O(lambda^(1/2+delta/2) iota^(1/4)/sqrt(c)) <= D",
          r"O(\lambda^{1/2+\delta/2}\iota^{1/4}/\sqrt c)\le\mathcal D")),
)  # fmt: skip
