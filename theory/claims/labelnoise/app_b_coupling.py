"""Label-noise paper, Appendix B, proofs of Proposition 3 and 4: Eq. 50-80."""

from __future__ import annotations

import random

import sympy as sp

from theory.claims.claim import Claim, Form, Point
from theory.claims.labelnoise._entries import entry, fraction, words
from theory.label_noise import orders, process
from theory.proof import Blackboard, Proof

PLACE = "Appendix B, proof of Proposition 4"
ETA, LAM, G = sp.symbols("eta lam g")
BIG = orders.C ** sp.Rational(5, 2)
SMALL = orders.HALF / sp.sqrt(orders.C)
ALL = orders.accumulated()


def _sample(generator: random.Random) -> Point:
    eta = fraction(generator)
    return {"eta": eta, "g": 2 * fraction(generator) / eta, "lam": fraction(generator)}


def _prove_distance() -> Proof:
    board = Blackboard("triangle inequality: X + D + 8 M; exponents")
    board.include(orders.prove_order({"D": orders.ERROR, "M": orders.MOVE},
                                     orders.C ** sp.Rational(3, 2) * orders.RADIUS, tilde=True))  # fmt: skip
    board.include(orders.prove_order({"D": orders.ERROR}, orders.MOVE, tilde=False))
    return board.proof()


def _prove_probability() -> Proof:
    board = Blackboard("count of the events of Proposition 3, Eq. 55, Eq. 56, W and Z")
    x = sp.Symbol("x")
    board.equal("five events of 2 d e^-iota", sum([2 * x] * 5), 10 * x)
    return board.proof()


def _prove_sqrt_loss() -> Proof:
    """sqrt(L(t + s)) <= sqrt(L(t)) + ell_f s/sqrt 2: the residual vector is Lipschitz."""
    board = Blackboard("triangle inequality for the vector of residuals")
    a, b, n, ell, s = sp.symbols("a b n ell s", positive=True)
    board.equal("(a + b)^2 - a^2 - b^2 = 2 a b, the cross term that Cauchy bounds",
    sp.expand((a + b) ** 2 - a**2 - b**2),
                2 * a * b)  # fmt: skip
    board.equal(
        "n residuals, each moved by at most ell_f s", sp.sqrt(n * (ell * s) ** 2 / (2 * n)), ell * s / sp.sqrt(2)
    )
    return board.proof()


def _refute_transpose() -> Proof:
    board = Blackboard("shapes: a product of two columns")
    eps, xi = sp.Matrix([1, 2]), sp.Matrix([3, 4])
    try:
        eps * xi
        multiplied = True
    except sp.matrices.exceptions.ShapeError:
        multiplied = False
    board.note("eps xi is not defined for d = 2", not multiplied)
    return board.proof()


def _outer(point: Point) -> tuple[sp.Expr, sp.Expr]:
    """Double sum/B^2 eta^2 - eta lambda G, and lambda, for two equal draws of g = 1 with given signs."""
    double = (point["e1"] + point["e2"]) ** 2 * point["sigma"] ** 2
    return double, point["eta"] * point["sigma"] ** 2 / 2


def _exact_z(point: Point) -> sp.Expr:
    double, lam = _outer(point)
    return point["eta"] ** 2 / 4 * double - point["eta"] * lam


def _printed_z(point: Point) -> sp.Expr:
    double, lam = _outer(point)
    return point["eta"] * lam / 4 * (double / point["sigma"] ** 2 - 1)


def _corrected_z(point: Point) -> sp.Expr:
    double, lam = _outer(point)
    return point["eta"] * lam * (double / (2 * point["sigma"] ** 2) - 1)


def _transposed(number: str, text: str, latex: str, right: str, right_latex: str) -> Claim:
    return entry(
        number, f"{PLACE}, {number.replace('Eq', 'Eq. ')}", "The recursion for the outer products of xi.",
        words(text, latex), process.prove_differences,
        "A transpose is missing (eps xi is no product for d > 1); the line after Eq. 68 has it.",
        form=words(right, right_latex), refute=_refute_transpose,
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (
    entry(
        "Eq50", "Appendix B, proof of Proposition 3, Eq. 50", "theta - theta* is O(X), and xi up to O(M).",
        words("|theta - theta*| <= X + D + 8 M; theta - theta* = xi + O(M)",
              r"\|\theta_k-\theta^*\|=O(\mathcal X),\quad\theta_k-\theta^*=\xi_k+O(\mathcal M)"),
        _prove_distance, "Triangle inequality; D <= M, and M/X goes to 0 with lambda (its power of c is 3/2).",
    ),
    entry(
        "Eq53", "Appendix B, proof of Proposition 3, Eq. 51-53",
        "The remainder is of order c^(5/2) eta lambda^(1+delta/2).",
        words("eta X (sqrt(L) + M + X^2) = O~(c^(5/2) eta lambda^(1+delta/2))",
              r"O(\eta\mathcal X(\sqrt{\mathcal L}+\mathcal M+\mathcal X^2))=\tilde "
              r"O(c^{5/2}\eta\lambda^{1+\delta/2})"),
        lambda: orders.prove_order(orders.remainder(), BIG * orders.ETA * orders.LAM ** (1 + orders.DELTA / 2),
        tilde=True),
        "Exponents; X M is the largest term.",
    ),
    entry(
        "Eq57", f"{PLACE}, Eq. 57", "sqrt(L) grows by at most ell_f/sqrt(2) times the distance.",
        words("sqrt(L(theta)) <= sqrt(L(theta*)) + ell_f |theta - theta*|/sqrt(2)",
              r"\sqrt{L(\theta)}\le\sqrt{L(\theta^*)}+\tfrac{\ell_f}{\sqrt2}\|\theta-\theta^*\|"),
        _prove_sqrt_loss, "sqrt(2 n L) is the norm of the residuals; no Taylor expansion is needed.",
    ),
    entry(
        "Eq58", f"{PLACE}, from Eq. 55 and 56 to Eq. 58 (likewise Eq. 183 and 238)",
        "The sums of z and m over t steps are O(sqrt(eta lambda t) (sqrt(L) + X)).",
        words("Eq. 55, 56 => sqrt(eta lambda t) (sqrt(L) + X), outside an event of probability 2 d e^-iota each",
              r"O(\sqrt{\eta\lambda t}(\sqrt{\mathcal L}+\mathcal X))"),
        orders.prove_martingales_summed,
        "The sqrt(iota) of Eq. 55 and 56 is dropped, and t independent signs do exceed every multiple of sqrt(t) with "
        "a larger probability. Eq. 79 has room for it, as lambda iota = O(X^2).",
        form=words("Eq. 55, 56 => sqrt(eta lambda t iota) (sqrt(L) + X)",
                   r"O(\sqrt{\eta\lambda t\iota}(\sqrt{\mathcal L}+\mathcal X))"),
        refute=orders.refute_martingales_summed,
    ),
    entry(
        "Eq59", f"{PLACE}, Eq. 58-59, and Eq. 79-80", "The accumulated remainders are of order "
                                                      "lambda^((1+delta)/2)/sqrt(c).",
        words("sqrt(eta T) X (sqrt(L) + X) + eta T X (sqrt(L) + M + X^2) = O~(lambda^(1/2+delta/2)/sqrt(c))",
              r"O[\sqrt{\eta\mathcal T}\mathcal X(\sqrt{\mathcal L}+\mathcal X)+\eta\mathcal T\mathcal X"
              r"(\sqrt{\mathcal L}+\mathcal M+\mathcal X^2)]=\tilde O(\lambda^{1/2+\delta/2}/\sqrt c)"),
        lambda: orders.prove_order(ALL, SMALL, tilde=True), "Exponents of every term; delta <= 1/2 enters for X^(3/2).",
    ),
    entry(
        "Eq64", f"{PLACE}, Eq. 64", "The difference of the two resolvents.",
        words("A^-1 - B^-1 = A^-1 (B - A) B^-1, A = 2 - eta H, B = 2 - eta G",
              r"S^*-\bar S=\lambda(2-\eta\nabla^2L)^{-1}((2-\eta G)-(2-\eta\nabla^2L))(2-\eta G)^{-1}"),
        process.prove_resolvents, "Resolvent identity, also where the matrices do not commute; B - A = eta E.",
    ),
    _transposed("Eq66", "S_{k+1} = A S_k A + A xi eps^T + eps xi A + eps eps^T", r"\epsilon_k^*\xi_k(I-\eta G)",
                "S_{k+1} = A S_k A + A xi eps^T + eps xi^T A + eps eps^T", r"\epsilon_k^*\xi_k^T(I-\eta G)"),
    entry(
        "Eq67", f"{PLACE}, Eq. 67 and its footnote", "lambda (2 - eta G)^-1 is a fixed point, without the projection "
                                                     "too.",
        Form("lambda/(2 - eta g) = (1 - eta g)^2 lambda/(2 - eta g) + eta lambda g",
             r"\bar S=(I-\eta G)\bar S(I-\eta G)+\eta\lambda G", LAM / (2 - ETA * G),
             (1 - ETA * G) ** 2 * LAM / (2 - ETA * G) + ETA * LAM * G),
        process.prove_fixed_point, "Multiply by 2 - eta g.",
        example={"eta": sp.Rational(1, 2), "g": sp.Integer(1), "lam": sp.Rational(1, 4)}, sample=_sample,
    ),
    _transposed("Eq68", "D_{k+1} = A D_k A + A xi eps^T + eps xi A + (eps eps^T - eta lambda G)",
                r"\epsilon_k^*\xi_k(I-\eta G)", "D_{k+1} = A D_k A + A xi eps^T + eps xi^T A + (eps eps^T - eta "
                                                "lambda G)",
                r"\epsilon_k^*\xi_k^T(I-\eta G)"),
    entry(
        "Eq70", f"{PLACE}, Eq. 69-70", "The recursion for D solved.",
        words("D_k = A^k D_0 A^k + sum_{j<k} A^(k-j-1) (W_j + Z_j) A^(k-j-1)",
              r"D_k=A^kD_0A^k+\sum_{j<k}A^{k-j-1}(W_j+Z_j)A^{k-j-1}"),
        process.prove_differences, "Induction.",
    ),
    entry(
        "Eq73", f"{PLACE}, Eq. 72-73", "The order of the two sums is exchanged.",
        words("sum_{k<=t} sum_{j<k} = sum_{j<=t} sum_{k=j+1}^t",
        r"\sum_{k\le t}\sum_{j<k}=\sum_{j\le t}\sum_{k=j+1}^t"),
        process.prove_reordered, "Both run over j < k <= t.",
    ),
    entry(
        "Eq77", f"{PLACE}, Eq. 76-77", "The W part: A^(k-j-1) A xi eps^T A^(k-j-1) and its mirror image, eps inserted.",
        words("A^(k-j-1) W_j A^(k-j-1) = A^(k-j) xi eps^T A^(k-j-1) + A^(k-j-1) eps xi^T A^(k-j)",
              r"A^{k-j-1}W_jA^{k-j-1}=A^{k-j}\xi_j(\epsilon_j^*)^TA^{k-j-1}+A^{k-j-1}\epsilon_j^*\xi_j^TA^{k-j}"),
        lambda: _prove_w(), "Powers of one matrix.",
    ),
    entry(
        "Eq78", f"{PLACE}, Eq. 78", "The Z part has the prefactor eta lambda/B^2.",
        Form("Z = (eta lambda/B^2) (sum sum e e g g^T/sigma^2 - G) [at a point: B = 2, one g = 1 drawn twice]",
             r"Z_j=\frac{\eta\lambda}{B^2}\Big(\frac1{\sigma^2}\sum\epsilon_{l_1}\epsilon_{l_2}g_{l_1}g_{l_2}^T-G\Big)",
             _exact_z, _printed_z),
        process.prove_outer_prefactor, "Right for B = 1 only: eps eps^T has eta^2/B^2 = eta lambda/(B sigma^2), and G "
                                       "has "
        "eta lambda. The order O(lambda) that is used holds all the more.",
        form=Form("Z = eta lambda (sum sum e e g g^T/(B sigma^2) - G) [at a point: B = 2, one g = 1 drawn twice]",
                  r"Z_j=\eta\lambda\Big(\frac1{B\sigma^2}\sum\epsilon_{l_1}\epsilon_{l_2}g_{l_1}g_{l_2}^T-G\Big)",
                  _exact_z, _corrected_z),
        refute=process.refute_outer_prefactor,
        example={"eta": sp.Rational(1, 2), "sigma": sp.Integer(3), "e1": sp.Integer(1), "e2": sp.Integer(1)},
        symbols={"e1": "sign of the first label noise", "e2": "sign of the second"},
        sample=lambda generator: {"eta": fraction(generator), "sigma": 3 * fraction(generator),
                                  "e1": sp.Integer(generator.choice((-1, 1))), "e2": sp.Integer(generator.choice((-1,
                                  1)))},
    ),
    entry(
        "Prop4/probability", "Section 3.1, Proposition 4, and Appendix B",
        "The failures of the proof have total probability 10 d e^-iota.",
        words("5 * 2 d e^-iota = 10 d e^-iota", r"5\cdot2de^{-\iota}=10de^{-\iota}"), _prove_probability,
        "Five uses of the concentration bounds.",
    ),
)  # fmt: skip


def _prove_w() -> Proof:
    board = Blackboard("generic symmetric 2 x 2 matrix, powers up to 2")
    a = sp.Matrix([[sp.Symbol("a"), sp.Symbol("b")], [sp.Symbol("b"), sp.Symbol("c")]])
    xi, eps = sp.Matrix(sp.symbols("x0 x1")), sp.Matrix(sp.symbols("e0 e1"))
    for power in range(3):
        left = a**power * (a * xi * eps.T + eps * xi.T * a) * a**power
        right = a ** (power + 1) * xi * eps.T * a**power + a**power * eps * xi.T * a ** (power + 1)
        board.equal(f"k - j - 1 = {power}", (left - right).applyfunc(sp.expand), sp.zeros(2))
    return board.proof()
