"""Label-noise paper, Proposition 5 and Appendix F.1: any noise covariance, Eq. 174-197."""

from __future__ import annotations

import random

import sympy as sp

from theory.claims.claim import Claim, Form, Point
from theory.claims.labelnoise._entries import SETS, entry, fraction, whole, within, words
from theory.label_noise import arbitrary_noise as noise
from theory.label_noise import martingales, orders, process
from theory.proof import Blackboard, Proof

PLACE = "Appendix F.1"
ETA, LAM, LI, LJ, SIJ, NU, H, C = sp.symbols("eta lam l_i l_j s_ij nu h C")
EXAMPLE = {
    "eta": sp.Rational(1, 2),
    "lam": sp.Rational(1, 3),
    "l_i": sp.Integer(1),
    "l_j": sp.Integer(3),
    "s_ij": sp.Integer(-2),
}
NAMES = {"l_i": "eigenvalue of H", "l_j": "eigenvalue of H", "s_ij": "entry of Sigma"}
STATIONARY = LAM * SIJ / (LI + LJ - ETA * LI * LJ)


def _sample(generator: random.Random) -> Point:
    eta = fraction(generator)
    values = {name: 2 * fraction(generator) / eta for name in ("l_i", "l_j")}
    return {"eta": eta, "lam": fraction(generator), "s_ij": whole(-3, 3)(generator), **values}


def _small(generator: random.Random) -> Point:
    nu, eta = fraction(generator), fraction(generator)
    return {"nu": nu, "eta": eta, "h": (2 - nu) * fraction(generator) / eta, "lam": fraction(generator),
            "C": 3 * fraction(generator), "k": sp.Integer(generator.randint(1, 5))}  # fmt: skip


def _summed(point: Point) -> sp.Expr:
    shrink = 1 - point["eta"] * point["h"]
    terms = (shrink ** (2 * j) * point["h"] for j in range(int(point["k"])))
    return point["C"] * point["eta"] * point["lam"] * sum(terms)


def _prove_final() -> Proof:
    board = Blackboard("exponents of lambda, c and iota (free of c here)")
    terms, bound = orders.arbitrary_terms()
    for index, term in enumerate(terms):
        found = orders.exponents(term / bound)
        board.note(f"term {index + 1} over the bound", found[orders.LAM] >= 0 and found[orders.C] <= 0
                   and (found[orders.LOG] <= 0 or found[orders.LAM] > 0), str(found))  # fmt: skip
    last = orders.exponents(bound / (orders.C * orders.LAM ** sp.Rational(3, 4) * orders.LOG))
    board.note("the bound over D", last[orders.C] < 0 and last[orders.LOG] < 0 and last[orders.LAM] == 0, str(last))
    return board.proof()


def _prove_distance() -> Proof:
    board = Blackboard("triangle inequality")
    d = sp.Symbol("D")
    board.equal("|r| <= D, |Phi - theta*| <= 8 D", d + 8 * d, 9 * d)
    return board.proof()


def _refute_index() -> Proof:
    board = Blackboard("k = 1: xi_1 = eps*_0")
    eps = sp.symbols("eps_0 eps_1")
    board.differ("printed eps_{1-0}", eps[0], eps[1])
    return board.proof()


def _prove_frobenius() -> Proof:
    """E[x x^T; |x| > r] is a multiple of I with trace E[|x|^2; |x| > r]: its Frobenius norm is that over sqrt(d)."""
    board = Blackboard("rotational symmetry")
    d, moment = sp.symbols("d m", positive=True)
    board.equal("norm of (m/d) I", sp.sqrt(d * (moment / d) ** 2), moment / sp.sqrt(d))
    extra = sp.Symbol("s", positive=True)
    board.nonnegative("sqrt(d) >= 1", (1 + extra) - 1, {extra: (0, sp.oo)})
    return board.proof()


def _refute_frobenius() -> Proof:
    board = Blackboard("d = 4: the norm is half of the moment")
    m = sp.Symbol("m", positive=True)
    board.differ("m/sqrt(d) against m", m / sp.sqrt(4), m)
    return board.proof()


def _left_tail(point: Point) -> sp.Expr:
    return noise.tail_moment(int(point["d"]), point["y"])


def _right_tail(point: Point, power: sp.Expr = sp.S.One) -> sp.Expr:
    return (point["d"] + 1) * sp.sqrt(2 * point["d"]) * sp.exp(-point["y"] / (2 * power))


SMALL = {"nu": sp.Rational(1, 2), "eta": sp.Rational(1, 2), "h": sp.Integer(2), "lam": sp.Rational(1, 5),
"C": sp.Integer(2),
         "k": sp.Integer(3)}  # fmt: skip

CLAIMS: tuple[Claim, ...] = (
    entry(
        "Eq175", f"{PLACE}, Eq. 174-175, and Proposition 5",
        "The update of S has a unique fixed point on the span of H.",
        Form("S_ij = (1 - eta l_i)(1 - eta l_j) S_ij + eta lambda Sigma_ij at Eq. 176",
             r"S_{ij}=(1-\eta\lambda_i)(1-\eta\lambda_j)S_{ij}+\eta\lambda\Sigma_{ij}", STATIONARY,
             (1 - ETA * LI) * (1 - ETA * LJ) * STATIONARY + ETA * LAM * SIJ),
        noise.prove_fixed_point, "A linear equation for every entry; its coefficient is not 1 as eta l < 2.",
        example=EXAMPLE, symbols=NAMES, sample=_sample,
    ),
    entry(
        "Eq176", f"{PLACE}, Eq. 176", "The fixed point in an eigenbasis of H.",
        Form("S_ij = lambda Sigma_ij/(l_i + l_j - eta l_i l_j)",
             r"S_{ij}=\frac{\lambda\Sigma_{ij}}{\lambda_i+\lambda_j-\eta\lambda_i\lambda_j}",
             lambda pt: sp.solve(sp.Eq(sp.Symbol("S"), (1 - pt["eta"] * pt["l_i"]) * (1 - pt["eta"] * pt["l_j"])
                                       * sp.Symbol("S") + pt["eta"] * pt["lam"] * pt["s_ij"]), sp.Symbol("S"))[0],
                                       STATIONARY),
        noise.prove_fixed_point, "Solved for S_ij.", example=EXAMPLE, symbols=NAMES, sample=_sample,
    ),
    entry(
        "Eq176/label-noise", f"{PLACE}, Eq. 176 for label noise",
        "With Sigma = H it is the covariance of Proposition 2.",
        words("S = lambda (2 - eta H)^-1 on the span of H", r"\Sigma=H\implies S=\lambda\Pi_H(2-\eta H)^{-1}"),
        noise.prove_label_noise, "Diagonal entries of Eq. 176.", new=True,
    ),
    entry(
        "Prop5/regulariser", "Section 5.3, R_S and Proposition 5, with Eq. 182-184",
        "The drift (1/2) L'''(S) is lambda grad R_S with R_S = <S, H> and S the fixed point of Eq. 174.",
        words("(1/2) L'''(S) = lambda grad <S, H>", r"\tfrac12\nabla^3L(S)=\lambda\nabla\langle S,\nabla^2L\rangle"),
        noise.prove_half, "S already has the factor lambda, and the 1/2 is missing: as printed L + lambda R_S is off "
                          "by "
        "2 lambda. With the regulariser <S, H>/2 (no lambda before it) the coupling argument goes through.",
        form=words("(1/2) L'''(S) = grad (<S, H>/2)", r"\tfrac12\nabla^3L(S)=\nabla\tfrac12\langle S,\nabla^2L\rangle"),
        refute=noise.refute_half,
    ),
    entry(
        "Prop5/radius", "Section 5.3, Proposition 5, and Appendix F.1, after Eq. 180",
        "|xi_k| <= (C d lambda iota/nu)^(1/2) with probability at least 1 - 2 d e^-iota.",
        words("P(|xi| > sqrt(C d lambda iota/nu)) <= 2 d e^-iota", r"\mathcal X=\sqrt{\frac{Cd\lambda\iota}\nu}"),
        noise.prove_radius, "The factor 2 of a Gaussian tail is missing under the root. (Corollary 1, which the proof "
        "cites, is for bounded steps.)",
        form=words("P(|xi| > sqrt(2 C d lambda iota/nu)) <= 2 d e^-iota",
        r"\mathcal X=\sqrt{\frac{2Cd\lambda\iota}\nu}"),
        refute=martingales.refute_gaussian_radius,
    ),
    entry(
        "Eq178", f"{PLACE}, Eq. 177-178", "xi_k = sum_{j<k} (I - eta H)^j eps_{k-j}.",
        words("xi_k = sum_{j<k} (I - eta H)^j eps_{k-j}", r"\xi_k=\sum_{j<k}(I-\eta H)^j\epsilon_{k-j}"),
        process.prove_solution, "The index is k - j - 1, as in Eq. 28, and the noise eps*.",
        form=words("xi_k = sum_{j<k} (I - eta H)^j eps*_{k-j-1}", r"\xi_k=\sum_{j<k}(I-\eta H)^j\epsilon_{k-j-1}^*"),
        refute=_refute_index,
    ),
    entry(
        "Eq180", f"{PLACE}, Eq. 179-180", "The covariance is at most C lambda/nu where Sigma <= C H.",
        Form("C eta lambda sum_{j<k} (1 - eta h)^(2j) h <= C lambda/(2 - eta h) [and <= C lambda/nu]",
             r"C\eta\lambda\sum_{j<k}(I-\eta H)^jH(I-\eta H)^j\preceq C\lambda(2-\eta "
             r"H)^{-1}\preceq\frac{C\lambda}\nu I",
             _summed, C * LAM / (2 - ETA * H), "<="),
        process.prove_upper_bound, "Geometric sum as in Eq. 31; 2 - eta h >= nu.", example=SMALL,
        symbols={"h": "eigenvalue of H", "C": "Sigma <= C H"}, sample=_small,
        domain=within("eta", "nu", "lam", "k", h=SETS["g"], C=SETS["g"], where=(sp.Le(ETA * H, 2 - NU),)),
    ),
    entry(
        "Eq181", f"{PLACE}, Eq. 181", "|theta - theta*| <= 9 D + X.",
        words("D + 8 D + X = 9 D + X", r"\|\theta_k-\theta^*\|\le9\mathcal D+\mathcal X"), _prove_distance,
        "Triangle inequality.",
    ),
    entry(
        "Eq185", f"{PLACE}, Eq. 185-186", "The recursion for the distance of xi xi^T to S.",
        words("D_{k+1} = A D_k A + A xi eps^T + eps xi^T A + (eps eps^T - eta lambda Sigma)",
              r"D_{k+1}=(I-\eta H)D_k(I-\eta H)+W_k+Z_k"),
        process.prove_differences, "Subtraction of the fixed point.",
    ),
    entry(
        "Eq187", f"{PLACE}, Eq. 187-188", "D_k = (I - eta H)^k S (I - eta H)^k + ...",
        words("D_k = A^k S A^k + sum_{j<k} A^(k-j-1) (W_j + Z_j) A^(k-j-1)",
              r"D_k=A^kSA^k+\sum_{j<k}A^{k-j-1}(W_j+Z_j)A^{k-j-1}"),
        noise.prove_initial, "xi_0 = 0 gives D_0 = -S: the first term has a minus. Only its norm is used.",
        form=words("D_k = -A^k S A^k + sum_{j<k} A^(k-j-1) (W_j + Z_j) A^(k-j-1)",
                   r"D_k=-A^kSA^k+\sum_{j<k}A^{k-j-1}(W_j+Z_j)A^{k-j-1}"),
        refute=noise.refute_initial,
    ),
    entry(
        "Eq189", f"{PLACE}, Eq. 189", "eta sum_k |(I - eta H)^k Pi| is at most (2 - nu)/(nu alpha), alpha the least "
                                      "eigenvalue.",
        words("eta sum_k |1 - eta l|^k <= (2 - nu)/(nu alpha)", r"\eta\sum_k\|(I-\eta H)^k\Pi_H\|=O(1/\alpha)"),
        noise.prove_geometric, "Geometric series for every eigenvalue.",
    ),
    entry(
        "Eq194/equality", f"{PLACE}, Eq. 194, first equality",
        "The Frobenius norm of E[x x^T; |x| > r] is E[|x|^2; |x| > r].",
        words("|E x x^T 1| = E |x|^2 1", r"\|\bar X-I\|_F=\mathbb E[\|x\|^2;\|x\|>r]"), _prove_frobenius,
        "It is that divided by sqrt(d); <= holds.", form=words("|E x x^T 1| = E |x|^2 1/sqrt(d) <= E |x|^2 1",
                                                             r"\|\bar X-I\|_F=\tfrac1{\sqrt d}\mathbb "
                                                             r"E[\|x\|^2;\|x\|>r]"),
        refute=_refute_frobenius,
    ),
    entry(
        "Eq194", f"{PLACE}, Eq. 194, last inequality", "E[|x|^2; |x| > r] <= (d + 1) sqrt(2 d) e^(-r^2/4).",
        Form("E[|x|^2; |x|^2 > 2 y] <= (d + 1) (2 d)^(1/2) e^(-y/2) [d even]",
             r"\mathbb E[\|x\|^2;\|x\|>r]\le(d+1)\sqrt{2d}\,e^{-r^2/4}", _left_tail, _right_tail, "<="),
        noise.prove_truncation, "P(|x| > r) <= 2 d e^(-r^2/2) is a bound for one coordinate, not for the norm; d = 10, "
        "r^2 = 12 violates the result. With r/sqrt(d) for a coordinate the exponent is r^2/(4 d).",
        form=Form("E[|x|^2; |x|^2 > 2 y] <= (d + 1) (2 d)^(1/2) e^(-y/(2 d)) [d even]",
                  r"\mathbb E[\|x\|^2;\|x\|>r]\le(d+1)\sqrt{2d}\,e^{-r^2/(4d)}", _left_tail,
                  lambda point: _right_tail(point, point["d"]), "<="),
        refute=noise.refute_truncation, example={"d": sp.Integer(10), "y": sp.Integer(6)}, symbols={"y": "r^2/2"},
        sample=lambda g: {"d": sp.Integer(2 * g.randint(1, 6)), "y": 12 * fraction(g)},
        domain=within(d=sp.Range(2, 14, 2), y=sp.Interval.open(0, 30)),
    ),
    entry(
        "Eq196", f"{PLACE}, Eq. 195-197", "The remainders are at most lambda^(3/4) iota^(1/4)/c, below D.",
        words("sqrt(eta T) X^2 + eta T X (D + X^2) = O(lambda^(3/4) iota^(1/4)/c) <= D",
              r"O(\sqrt{\eta\mathcal T}\mathcal X^2+\eta\mathcal T\mathcal X(\mathcal D+\mathcal X^2))"
              r"=O(\lambda^{3/4}\iota^{1/4}/c)\le\mathcal D"), _prove_final, "Exponents.",
    ),
)  # fmt: skip
