"""NSO paper, Section 2.1.1 and Appendix A.2: the Hessian of matrix sensing, Proposition 2.3, Eq. 22-24."""

from __future__ import annotations

import numpy as np
import sympy as sp

from theory.claims.claim import Claim, Experiment, Form, Point
from theory.claims.domain import Domain
from theory.claims.nso._common import entry, monte_carlo, numbers
from theory.noise_stability import matrix_sensing as ms

PLACE = "Section 2.1.1"
PROOF = "Appendix A.2"
W4 = np.array([[1.0, 0.5, 0.0, 0.0], [0.0, 1.0, -0.5, 0.0], [0.25, 0.0, 0.5, 0.0], [0.0, 0.0, 1.0, 0.5]])
SQUARE = float((W4**2).sum())
SIZE = 4


def _trace_experiment() -> Experiment:
    """The Hessian's trace by second differences of the loss along all d^2 coordinates (step 1e-3: relative
    bias below 1e-6).
    """

    def draw(generator: np.random.Generator, count: int) -> np.ndarray:
        a = generator.standard_normal((count, SIZE, SIZE))
        step = 1e-3
        total = np.zeros(count)
        for i in range(SIZE):
            for j in range(SIZE):
                for sign in (1, -1):
                    w = W4.copy()
                    w[i, j] += sign * step
                    total += np.einsum("nij,ij->n", a, w @ w.T - W4 @ W4.T) ** 2 / 2 / step**2
        return total[:, None]

    return monte_carlo(
        "d = 4, an interpolating W, Gaussian A, trace by second differences", draw, ["E tr Hessian"],
        numbers(2 * (SIZE + 1) * SQUARE), {"2 d for 2 (d + 1)": numbers(2 * SIZE * SQUARE),
        "4 d, as for symmetric A": numbers(4 * SIZE * SQUARE), "no |W|_F^2": numbers(2 * (SIZE + 1))},
        printed=numbers(SIZE * SQUARE), trajectories=65_536,
    )  # fmt: skip


def _norm_experiment() -> Experiment:
    """|AW|_F^2 itself."""

    def draw(generator: np.random.Generator, count: int) -> np.ndarray:
        product = generator.standard_normal((count, SIZE, SIZE)) @ W4
        return (product**2).sum(axis=(1, 2))[:, None]

    return monte_carlo(
        "d = 4, Gaussian A", draw, ["E|AW|_F^2"], numbers(SIZE * SQUARE),
        {"2(d+1) for d": numbers(2 * (SIZE + 1) * SQUARE), "1 for d": numbers(SQUARE), "d^2": numbers(16 * SQUARE)},
    )  # fmt: skip


def _trace_left(point: Point) -> sp.Expr:
    """Trace for A = [[1, a], [0, 1]] and W = [[1, 0], [b, 1]]."""
    return ms.hessian_trace(sp.Matrix([[1, point["a"]], [0, 1]]), sp.Matrix([[1, 0], [point["b"], 1]]))


def _norm_of(point: Point, both: bool) -> sp.Expr:
    a, w = sp.Matrix([[1, point["a"]], [0, 1]]), sp.Matrix([[1, 0], [point["b"], 1]])
    product = (a + a.T) * w if both else a * w
    return (product.T * product).trace()


POINT = {"a": sp.Integer(2), "b": sp.S.One}
HERE = " (evaluated at n = 1, A = [[1, a], [0, 1]], W = [[1, 0], [b, 1]])"


def _hessian() -> tuple[Claim, ...]:
    trace = Form("tr Hessian = (1/n) sum |A_i W|_F^2 at interpolation, close to d |W|_F^2 = d |WW^T|_*" + HERE,
                 r"\frac1n\sum\|A_iW\|_F^2\approx d\|W\|_F^2=d\|WW^\top\|_*", _trace_left,
                 lambda point: _norm_of(point, False))  # fmt: skip
    right = Form("tr Hessian = (1/n) sum |(A_i + A_i^T) W|_F^2, of mean 2(d+1) |W|_F^2 = 2(d+1) |WW^T|_*" + HERE,
                 r"\frac1n\sum\|(A_i+A_i^\top)W\|_F^2\approx2(d+1)\|W\|_F^2", _trace_left,
                 lambda point: _norm_of(point, True))  # fmt: skip
    eq22 = Form("grad = (1/n) sum (<A_i, WW^T> - y_i) A_i W", r"\nabla\hat L=\frac1n\sum(\langle "
                                                              r"A_i,WW^\top\rangle-y_i)"
                r"A_iW")  # fmt: skip
    eq22_right = Form("grad = (1/n) sum (<A_i, WW^T> - y_i)(A_i + A_i^T) W",
                      r"\nabla\hat L=\frac1n\sum(\langle A_i,WW^\top\rangle-y_i)(A_i+A_i^\top)W")  # fmt: skip
    eq23 = Form("d grad/dW_jk = (1/n) sum ([A_i W]_jk A_i W + r_i d(A_i W)/dW_jk); at interpolation the second term "
                "is 0",
                r"\frac1n\sum\left([A_iW]_{jk}A_iW+r_i\frac{\partial(A_iW)}{\partial W_{jk}}\right)")  # fmt: skip
    eq23_right = Form("the same with A_i + A_i^T for A_i throughout",
                      r"\frac1n\sum\left([B_iW]_{jk}B_iW+r_i\frac{\partial(B_iW)}{\partial W_{jk}}\right),\ "
                      r"B_i=A_i+A_i^"
                      r"\top")  # fmt: skip
    mean = Form("E|A_i W|_F^2 = d |W|_F^2", r"\mathbb E\|A_iW\|_F^2=d\|W\|_F^2")
    return (
        entry("2.1.1/trace", f"{PLACE}, displayed Hessian", "Trace of the Hessian at interpolation.", trace,
              "A_i is not symmetric: the Hessian holds A_i + A_i^T, whose square has mean 2(d+1) Id. (It is the trace "
              "that is meant by 'the Hessian'.)", prove=ms.prove_trace, refute=ms.refute_hessian, form=right,
              experiments=(_trace_experiment(),), example=POINT,
              symbols={"a": "an entry of A", "b": "an entry of W"}),
        entry("Eq22", f"{PROOF}, Eq. 22", "Gradient of the loss.", eq22, "d<A, WW^T>/dW = (A + A^T) W.",
              prove=ms.prove_gradient, refute=ms.refute_gradient, form=eq22_right),
        entry("Eq23", f"{PROOF}, Eq. 23", "Hessian of the loss.", eq23,
              "The derivative of the residual is (A + A^T) W too; the second term does vanish at interpolation.",
              prove=ms.prove_hessian, refute=ms.refute_hessian, form=eq23_right),
        entry("2.3/mean", f"{PROOF}, E|A_i W|_F^2", "Mean of |A_i W|_F^2.", mean, "E A^T A = d Id; this norm is not "
              "the Hessian's trace, however.", prove=ms.prove_mean_norm, experiments=(_norm_experiment(),)),
    )  # fmt: skip


def _proposition() -> tuple[Claim, ...]:
    latex = r"\mathrm{Tr}\nabla^2\hat L(U^\star)\le\mathrm{Tr}\nabla^2\hat L(W)+O(n^{-1/2})"
    printed = Form(
        "with high probability, for every W with Lhat(W) = 0: Tr at U* <= Tr at W + O(n^(-1/2)), any n", latex
    )
    right = Form(
        "for n >= d(d+1)/2, almost surely: WW^T = X* and Tr at U* = Tr at W for every W with Lhat(W) = 0",
        r"n\ge\tfrac{d(d+1)}2\Rightarrow\mathrm{Tr}\nabla^2\hat L(U^\star)=\mathrm{Tr}\nabla^2\hat L(W)",
    )
    nuclear = Form("X* has the lowest nuclear norm among all X = WW^T with Lhat(W) = 0, any n",
                   r"X^\star=\arg\min\{\|X\|_*:X=WW^\top,\hat L(W)=0\}")  # fmt: skip
    alone = Form("for n >= d(d+1)/2 it is almost surely the only one", nuclear.latex)
    ratio = Form("if tr X* <= tr WW^T, then Tr at U* <= lambda_max(M)/lambda_min(M) Tr at W, M = (1/n) sum "
                 "(A_i+A_i^T)^2",
                 r"\mathrm{Tr}\nabla^2\hat L(U^\star)\le\frac{\lambda_{\max}(M)}{\lambda_{\min}(M)}\mathrm{Tr}\nabla^"
                 r"2\hat "
                 r"L(W)")  # fmt: skip
    eps, n, d = sp.symbols("epsilon n d", positive=True)
    eq24 = Form("Pr[|(1/n) sum |A_i W|_F^2 - d |W|_F^2| >= epsilon d |W|_F^2] <= 2 exp(-n epsilon^2/8), 0 < epsilon < "
                "1, W != 0 (evaluated: W of rank one)",
                r"\Pr\left[\left|\tfrac1n\sum\|A_iW\|_F^2-d\|W\|_F^2\right|\ge\epsilon "
                r"d\|W\|_F^2\right]\le2e^{-n\epsilon^2/8"
                r"}", ms.deviation(n, d, eps), 2 * sp.exp(-n * eps**2 / 8), "<=")  # fmt: skip
    return (
        entry("2.3", f"{PLACE}, Proposition 2.3, Eq. 5", "The trace at U* is least among interpolating W.", printed,
              "False for few measurements: at n = 1, A = diag(2, 1) U* has twice the trace of another W, and the gap "
              "scales with |X*|. The proof also takes Eq. 24, which is for a fixed W, at a W that depends on the A_i. "
              "With n >= d(d+1)/2 there is nothing left to compare.", prove=ms.prove_unique_when_enough,
              refute=ms.refute_proposition, form=right),
        entry("2.3/least-nuclear-norm", f"{PLACE} and {PROOF}, use of Recht et al.", "X* is the interpolating matrix "
              "of least nuclear norm.", nuclear, "Needs enough measurements.", prove=ms.prove_unique_when_enough,
              refute=ms.refute_least_nuclear_norm, form=alone),
        entry("2.3/relative", f"{PLACE}, our own",
              "Where X* does have the least nuclear norm, Eq. 5 holds up to a factor.",
              ratio, "<M, X> lies between the extreme eigenvalues of M times tr X, and E M = 2(d+1) Id.",
              prove=ms.prove_condition_number, new=True),
        entry("Eq24", f"{PROOF}, Eq. 24", "Concentration of |A_i W|_F^2 for a fixed W.", eq24,
              "The sum is a weighted mean of chi-squares of nd degrees of freedom; the bound even holds with nd for n.",
              prove=ms.prove_concentration,
              example={"n": sp.Integer(20), "d": sp.Integer(3), "epsilon": sp.Rational(1, 2)},
              domain=Domain({"n": sp.Range(1, 31), "d": sp.Range(1, 9), "epsilon": sp.Interval.open(0, 1)})),
    )  # fmt: skip


def _largest() -> tuple[Claim, ...]:
    chain = Form("lambda_1(Hessian) = max_u (1/n) sum <A_i W, u>^2 >= (1/(d^2 n)) sum |A_i W|_F^2",
                 r"\lambda_1=\max_u\frac1n\sum\langle A_iW,u\rangle^2\ge\frac1{d^2n}\sum\|A_iW\|_F^2")  # fmt: skip
    right = Form("lambda_1(Hessian) = max_u (1/n) sum <(A_i + A_i^T) W, u>^2 >= (1/(d^2 n)) sum |(A_i + A_i^T) W|_F^2",
                 r"\lambda_1=\max_u\frac1n\sum\langle B_iW,u\rangle^2\ge\frac1{d^2n}\sum\|B_iW\|_F^2")  # fmt: skip
    ones = Form("u = 1/d (all entries) gives <A_i W, u>^2 = |A_i W|_F^2/d^2 (or more)",
                r"u=d^{-1}\mathbf1:\ \langle A_iW,u\rangle^2\ge d^{-2}\|A_iW\|_F^2")  # fmt: skip
    basis = Form("some u of an orthonormal basis gives at least the mean over the basis, (1/(d^2 n)) sum |.|_F^2",
                 r"\max_u u^\top\nabla^2\hat L\,u\ge d^{-2}\mathrm{Tr}\nabla^2\hat L")  # fmt: skip
    similar = Form("Eq. 5 holds with the largest eigenvalue for the trace, any n",
                   r"\lambda_1(\nabla^2\hat L(U^\star))\le\lambda_1(\nabla^2\hat L(W))+O(n^{-1/2})")  # fmt: skip
    equal = Form("for n >= d(d+1)/2, almost surely: W = U* Q with Q orthogonal, and the Hessians have equal "
                 "eigenvalues",
                 r"\lambda_1(\nabla^2\hat L(U^\star))=\lambda_1(\nabla^2\hat L(W))")  # fmt: skip
    return (
        entry("2.3/lambda1", f"{PLACE}, display for lambda_1", "Lower bound on the largest eigenvalue.", chain,
              "False near antisymmetric A_i, where the Hessian vanishes; true with A_i + A_i^T, because the largest "
              "eigenvalue is at least the mean one.", prove=ms.prove_average_eigenvalue,
              refute=ms.refute_largest_eigenvalue, form=right),
        entry("2.3/lambda1-ones", f"{PLACE}, 'by setting u = d^(-1) 1'", "The vector of ones attains the lower bound.",
              ones, "<AW, 1/d>^2 is the squared sum of the entries over d^2, which can be 0; an average over a basis "
              "gives the bound.", prove=ms.prove_average_eigenvalue, refute=ms.refute_ones_vector, form=basis),
        entry("2.3/lambda1-statement", f"{PLACE}, 'a similar statement holds'", "Proposition 2.3 for lambda_1.",
              similar,
              "At n = 1 the Hessian has rank one, trace and lambda_1 agree, and the counterexample is the same.",
              prove=ms.prove_unique_when_enough, refute=ms.refute_proposition, form=equal),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (*_hessian(), *_proposition(), *_largest())
