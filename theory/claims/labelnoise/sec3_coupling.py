"""Label-noise paper, Section 3: the updates, the linearised process, why R appears, the local coupling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp

from theory.claims.claim import Claim, Experiment, Form, Point
from theory.claims.labelnoise._entries import entry, fraction, positive, sampler, whole, words
from theory.claims.labelnoise._simulations import coupling_order
from theory.label_noise import descent, gauss_newton, orders, process
from theory.label_noise import regularizer as reg
from theory.proof import Blackboard, Proof

SECTION = "Section 3.1"
NOISE_EXAMPLE = {"eta": sp.Rational(1, 2), "sigma": sp.Integer(3), "a0": sp.Integer(1), "b0": sp.Integer(2),
                 "a1": sp.Integer(3), "b1": sp.Integer(-1)}  # fmt: skip


def _gradients(point: Point) -> list[sp.Matrix]:
    return [sp.Matrix([point["a0"], point["b0"]]), sp.Matrix([point["a1"], point["b1"]])]


def _enumerated(shared: bool) -> Callable[[Point], sp.Expr]:
    return lambda pt: sp.ImmutableMatrix(process.batch_noise(_gradients(pt), 2, pt["eta"], pt["sigma"], shared))


def _printed_covariance(factor: sp.Expr) -> Callable[[Point], sp.Expr]:
    def right(point: Point) -> sp.Expr:
        lam = point["eta"] * point["sigma"] ** 2 / 2
        return sp.ImmutableMatrix(factor * point["eta"] * lam * process.gram(_gradients(point)))

    return right


def _value(u: sp.Symbol, v: sp.Symbol) -> sp.Expr:
    return (u * v - 1) ** 2 / 2


def _drift(point: Point, regular: bool) -> sp.Expr:
    """Component u at (u, 1/u) on f = uv, y = 1: third derivative of L with (2 - eta H)^-1, or grad R itself."""
    u, v = sp.symbols("u v")
    at, names = {u: point["u"], v: 1 / point["u"]}, (u, v)
    hessian = sp.hessian(_value(u, v), names)
    if regular:
        return sp.diff(reg.of_matrix(hessian, point["eta"]), u).subs(at)
    s = (2 * sp.eye(2) - point["eta"] * hessian.subs(at)).inv()
    return sum(s[i, j] * sp.diff(_value(u, v), u, names[i], names[j]) for i in range(2) for j in range(2)).subs(at) / 2


def _prove_taylor() -> Proof:
    board = Blackboard("subtraction of the two linear recursions")
    keep, theta, phi, slope, centre, eps = sp.symbols("h theta phi b t eps")
    first = theta - process.ETA * (slope + keep * (theta - centre)) + eps
    second = phi - process.ETA * (slope + keep * (phi - centre))
    board.equal("v_{k+1}", sp.expand(first - second), sp.expand((1 - process.ETA * keep) * (theta - phi) + eps))
    return board.proof()


def _prove_eight() -> Proof:
    board = Blackboard("D = nu M with nu < 1")
    nu = sp.Symbol("nu", positive=True)
    board.nonnegative("8 M - 8 D over M", 8 - 8 * nu, {nu: (0, 1)}, strict=True)
    return board.proof()


def _refute_eight() -> Proof:
    """f = theta, y = 0 from theta* = 0: R is constant, so the trajectory stays where it is."""
    board = Blackboard("exact counterexample f = theta, y = 0, theta* = 0")
    theta, lam = sp.symbols("theta lam", real=True)
    level = theta**2 / 2
    total = level + lam * reg.scalar(sp.diff(level, theta, 2), sp.Rational(1, 2))
    moved = sp.diff(total, theta).subs(theta, 0)
    board.equal("gradient of L + lambda R at theta*", moved, sp.S.Zero)
    board.true("8 D > 0, the movement", sp.Symbol("D", positive=True) > 0)
    return board.proof()


def _fixed(value: float) -> Callable[[], np.ndarray]:
    return lambda: np.array([value])


def _order(name: str, bound: float, relation: str, mutants: dict[str, float], **kind: Any) -> Experiment:
    return Experiment(name, coupling_order(**kind), _fixed(bound), {k: _fixed(v) for k, v in mutants.items()}, relation)


COUPLING = (
    _order("(uv - 1)^2/2, lambda over a factor 1024: order of sqrt(E|theta - xi - Phi|^2) at least 0.7", 0.7, ">=",
           {"order 1 - 1/8": 0.875, "order 1, a remainder of lambda^(1+delta) a step": 1.0}),
    _order("the same, at most 0.8", 0.8, "<=", {"order 1/2, that of xi": 0.5, "order 2/3": 2 / 3}),
    _order("Phi without R: order at most 0.55", 0.55, "<=", {"order 0.45": 0.45}, regularised=False),
    _order("xi left out: order at most 0.55", 0.55, "<=", {"order 0.45": 0.45}, oscillation=False),
)  # fmt: skip
TERMS = orders.remainder()

CLAIMS: tuple[Claim, ...] = (
    entry(
        "Eq3", f"{SECTION}, Eq. 3 and the line above",
        "A step on noisy labels is gradient descent plus minibatch noise plus label noise; the latter has mean 0.",
        words("grad L^(k) on noisy labels = grad L^(k) - (1/B) sum eps_i grad f_i",
              r"\nabla\hat L^{(k)}=\nabla L^{(k)}-\tfrac1B\sum_i\epsilon_i\nabla f_i"),
        process.prove_unbiased, "Differentiation; adding and subtracting grad L.",
    ),
    entry(
        "Sec3.1/noise-covariance", f"{SECTION}, after Eq. 3, covariance of eps*",
        "With fresh label noise for every draw of the batch, the noise has covariance eta lambda G.",
        Form("E eps eps^T = eta lambda G, lambda = eta sigma^2/B [at a point: n = B = 2]",
             r"\mathbb E\,\epsilon_k^*(\epsilon_k^*)^T=\eta\lambda G", _enumerated(False),
             _printed_covariance(sp.S.One)),
        process.prove_noise_covariance, "All batches in [n]^B and all signs enumerated.",
        example=NOISE_EXAMPLE, symbols={"a0": "gradients (a0, b0), (a1, b1)"},
        sample=sampler(eta=fraction, sigma=positive(), **dict.fromkeys(("a0", "b0", "a1", "b1"), whole(-3, 3))),
    ),
    entry(
        "Sec3.1/noise-covariance-shared", f"{SECTION}, after Eq. 3; Algorithm 1 with one noise per data point",
        "If a data point drawn twice keeps its noise, as the indices of Algorithm 1 also allow, the covariance is "
        "larger by the factor 1 + (B - 1)/n.",
        Form("E eps eps^T = (1 + (B - 1)/n) eta lambda G [at a point: n = B = 2]",
             r"\mathbb E\,\epsilon_k^*(\epsilon_k^*)^T=\Big(1+\frac{B-1}n\Big)\eta\lambda G",
             _enumerated(True), _printed_covariance(sp.Rational(3, 2))),
        lambda: process.prove_noise_covariance(shared=True), "Second moment of the multinomial counts.", new=True,
        example=NOISE_EXAMPLE, symbols={"a0": "gradients (a0, b0), (a1, b1)"},
        sample=sampler(eta=fraction, sigma=positive(), **dict.fromkeys(("a0", "b0", "a1", "b1"), whole(-3, 3))),
    ),
    entry(
        "Eq4", f"{SECTION}, the expansions before Eq. 4", "The two linear recursions differ by (I - eta H) v + eps.",
        words("v_{k+1} = (I - eta H) v_k + eps*", r"v_{k+1}=(I-\eta\nabla^2L)v_k+\epsilon_k^*"), _prove_taylor,
        "Subtraction; Eq. 4 is this with H replaced by G.",
    ),
    entry(
        "Lemma1/D-against-M", f"{SECTION}, after Lemma 1",
        "As M >= D, the error is at most an eighth of the movement of the regularised trajectory.",
        words("8 D <= |Phi_tau(theta*) - theta*|", r"8\mathcal D\le\|\Phi_\tau(\theta^*)-\theta^*\|"), _prove_eight,
        "An eighth of the largest movement that the lemma allows, 8 M, as Section 5.2 puts it (D = nu M); the movement "
        "itself may be smaller, and is 0 where theta* is stationary for L + lambda R.",
        form=words("8 D <= 8 M, the largest movement allowed", r"8\mathcal D\le8\mathcal M"), refute=_refute_eight,
    ),
    entry(
        "Lemma1/order", f"{SECTION}, Lemma 1, on one data point f = uv, y = 1",
        "From a minimiser, theta - xi - Phi stays of order lambda^((1+delta)/2) with delta = 1/2, over steps of the "
        "order of T; without R, or without xi, it is of order lambda^(1/2).",
        words("sqrt(E|theta - xi - Phi|^2) = O(lambda^(3/4)), T = 1/(eta sqrt(lambda))",
              r"\|\theta_k-\xi_k-\Phi_k\|=O(\lambda^{3/4})"),
        None, "Measured on a small example by regression over a factor 1024 in lambda; Eq. 79-80 gives the same order.",
        experiments=COUPLING,
    ),
    entry(
        "Sec3.1/D-order", f"{SECTION}, after Proposition 4", "D is of order c^(5/2) lambda^((1+delta)/2).",
        words("D = O~(c^(5/2) lambda^(1/2 + delta/2))", r"\mathcal D=\tilde O(c^{5/2}\lambda^{1/2+\delta/2})"),
        lambda: orders.prove_order({"D": orders.ERROR}, orders.C ** sp.Rational(5, 2) * orders.HALF, tilde=True),
        "As an upper bound; the power of c is 2, and that suffices for |r| <= D.",
        form=words("D = c^2 lambda^((1+delta)/2) sqrt(log(d/(lambda zeta)))",
                   r"\mathcal D=c^2\lambda^{(1+\delta)/2}\sqrt{\log(d/\lambda\zeta)}"),
    ),
    entry(
        "Prop3/remainder", f"{SECTION}, Proposition 3, against Eq. 52-53",
        "The remainder eta X (sqrt(L) + M + X^2) is of order c^(5/2) eta lambda^(1+delta).",
        words("eta X (sqrt(L) + M + X^2) = O~(c^(5/2) eta lambda^(1+delta))",
        r"\tilde O(c^{5/2}\eta\lambda^{1+\delta})"),
        lambda: orders.prove_order(TERMS, orders.C ** sp.Rational(5,
        2) * orders.ETA * orders.LAM ** (1 + orders.DELTA / 2),
                                   tilde=True),
        "X M is of order lambda^(1+delta/2): the exponent of the appendix, Eq. 53, is the right one. Nothing that "
        "follows uses the larger exponent.",
        form=words("eta X (sqrt(L) + M + X^2) = O~(c^(5/2) eta lambda^(1+delta/2))",
                   r"\tilde O(c^{5/2}\eta\lambda^{1+\delta/2})"),
        refute=lambda: orders.refute_order(
            TERMS, orders.C ** sp.Rational(5, 2) * orders.ETA * orders.LAM ** (1 + orders.DELTA), tilde=True),
    ),
    entry(
        "Prop3/identity", f"{SECTION}, after Proposition 3",
        "Half the third derivative contracted with lambda (2 - eta H)^-1 is lambda times the gradient of R.",
        Form("(1/2) L'''[(2 - eta H)^-1] = grad R [at a point: f = uv, y = 1 at (u, 1/u), component u]",
             r"\tfrac\lambda2\nabla^3L[(2-\eta\nabla^2L)^{-1}]=\lambda\nabla R",
             lambda point: _drift(point, regular=False), lambda point: _drift(point, regular=True)),
        reg.prove_chain_rule, "Chain rule for tr h(H): powers of H, or Jacobi's formula for log det.",
        example={"u": sp.Rational(3, 2), "eta": sp.Rational(1, 4)}, symbols={"u": "first parameter"},
        sample=sampler(u=lambda g: 1 + fraction(g), eta=lambda g: fraction(g) / 4),
    ),
    entry(
        "Prop3/h", f"{SECTION}, after Proposition 3", "h(x) = -log(1 - eta x/2)/eta has h'(x) = 1/(2 - eta x).",
        Form("h'(x) = 1/(2 - eta x)", r"h'(x)=\frac1{2-\eta x}",
             lambda pt: sp.diff(-sp.log(1 - pt["eta"] * reg.X / 2) / pt["eta"], reg.X).subs(reg.X, pt["x"]),
             1 / (2 - sp.Symbol("eta") * sp.Symbol("x"))),
        reg.prove_chain_rule, "One derivative; tr h(A) for a matrix function A follows power by power.",
        example={"x": sp.Integer(1), "eta": sp.Rational(1, 2)}, sample=sampler(x=positive(1), eta=fraction),
    ),
    entry(
        "Prop3/projection", f"{SECTION}, the approximation after Proposition 3",
        "Averaged over long times, half the third derivative contracted with xi xi^T is lambda grad R (dropping Pi_G "
        "costs nothing to leading order).",
        words("(1/2) E L'''(xi, xi) -> lambda grad R", r"\tfrac12\mathbb E[\nabla^3L(\xi_k,\xi_k)]\to\lambda\nabla R"),
        gauss_newton.prove_normal_difference,
        "Off the span of G the covariance is 0, not lambda/2; the difference is of order lambda, but a combination of "
        "the g_i: along the minimisers both agree. The proof (Eq. 62-63) treats that part separately.",
        form=words("the two agree on the kernel of G at zero loss; they differ by (lambda/(4n)) sum_i g_i tr(P H_i)",
                   r"\lambda\nabla R-\tfrac12\mathbb "
                   r"E\nabla^3L(\xi,\xi)=\frac\lambda{4n}\sum_ig_i\operatorname{tr}(P_{\ker G}H_i)"),
        refute=gauss_newton.refute_normal_difference,
    ),
    entry(
        "Lemma3/decrease", "Section 3.2, Lemma 3", "L + lambda R at the next reference point is at most L - F at this "
                                                   "one.",
        words("L(t') + lambda R(t') <= L(t) - F", r"\tilde L(\theta_{m+1}^*)\le L(\theta_m^*)-\mathcal F"),
        descent.prove_balance,
        "The tilde is missing on the right: from a zero of L the printed bound is negative, while L + lambda R is not. "
        "Eq. 89 has it right.",
        form=words("L(t') + lambda R(t') <= L(t) + lambda R(t) - F",
                   r"\tilde L(\theta_{m+1}^*)\le\tilde L(\theta_m^*)-\mathcal F"),
        refute=descent.refute_lemma3,
    ),
    entry(
        "Theorem1/steps", "Section 3.2, proof of Theorem 1",
        "lambda T/F steps are eta^-1 lambda^(-1-delta) up to logarithms.",
        words("lambda T/F = O~(eta^-1 lambda^(-1-delta))",
              r"\lambda\mathcal T/\mathcal F=\tilde O(\eta^{-1}\lambda^{-1-\delta})"),
        orders.prove_total_steps, "Exponents of the definitions in Lemma 1 and 3.",
    ),
)  # fmt: skip
