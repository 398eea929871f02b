"""Label-noise paper, Appendix B, Lemma 6 and 7, Proposition 7-11, Corollary 2: Eq. 81-143."""

from __future__ import annotations

import random
from collections.abc import Callable

import sympy as sp

from theory.claims.claim import Claim, Form, Point
from theory.claims.labelnoise._entries import entry, fraction, positive, sampler, within, words
from theory.label_noise import descent, orders
from theory.proof import Proof

APPENDIX = "Appendix B"
ETA, NU, TAU, D, M = sp.symbols("eta nu tau D M")
NUMBERS = {"eta": sp.Rational(1, 2), "nu": sp.Rational(1, 2), "tau": sp.Integer(10), "D": sp.Rational(1, 3)}
DRAW = sampler(eta=fraction, nu=fraction, tau=lambda g: sp.Integer(g.randint(1, 30)), D=positive())
UNIT = D**2 / (ETA * NU * TAU)
LOG_POWER = orders.LAM ** (orders.DELTA / 2) * orders.IOTA
DROPPED = 4 * orders.MOVE / (orders.ETA * orders.LAM * orders.STEPS)


def _order(number: str, place: str, text: str, latex: str, terms: dict[str, sp.Expr], bound: sp.Expr,
    tilde: bool = False,
           reason: str = "Exponents of lambda, c and the logarithm.") -> Claim:  # fmt: skip
    return entry(number, f"{APPENDIX}, {place}", f"{text}.", words(text, latex),
                 lambda: orders.prove_order(terms, bound, tilde), reason)  # fmt: skip


def _relative(term: sp.Expr, bound: sp.Expr) -> Callable[[], Proof]:
    return lambda: orders.prove_order({"the term": term}, bound, tilde=False)


def _descent_sample(generator: random.Random) -> Point:
    nu = fraction(generator)
    ell = 3 * fraction(generator)
    return {"nu": nu, "ell": ell, "eta": (2 - nu) / ell * fraction(generator), "a": 4 * fraction(generator) - 2,
            "b": fraction(generator) - sp.Rational(1, 2)}  # fmt: skip


A, B_, ELL = sp.symbols("a b ell")
TOTAL = A + B_
LEFT84 = -ETA * TOTAL * A + ETA**2 * ELL / 2 * TOTAL**2
RIGHT85 = -ETA / 2 * (2 - ETA * ELL) * TOTAL**2 + ETA * TOTAL * B_
DESCENT = {"eta": sp.Rational(1, 2), "ell": sp.Integer(2), "nu": sp.Rational(1, 2), "a": sp.Integer(1),
           "b": sp.Rational(1, 5)}  # fmt: skip
NAMES = {"a": "gradient of L", "b": "lambda grad R", "ell": "Lipschitz constant of grad L"}

CLAIMS: tuple[Claim, ...] = (
    entry(
        "Eq83", f"{APPENDIX}, proof of Lemma 6, Eq. 81-83", "(L/mu)^(1/(1+delta)) with L = c lambda^(1+delta) is "
                                                            "Omega(c lambda).",
        words("(c lambda^(1+delta))^(1/(1+delta)) = Omega(c lambda)",
        r"(\mathcal L/\mu)^{1/(1+\delta)}=\Omega(c\lambda)"),
        orders.prove_root,
        "The power of c is 1/(1 + delta) < 1; it still grows with c, which is all that the proof needs.",
        form=words("(c lambda^(1+delta))^(1/(1+delta)) = c^(1/(1+delta)) lambda",
                   r"(\mathcal L/\mu)^{1/(1+\delta)}=\Omega(c^{1/(1+\delta)}\lambda)"),
        refute=lambda: orders.refute_order(
            {"c lambda over the root": orders.C * orders.LAM}, orders.LEVEL ** (1 / (1 + orders.DELTA)), tilde=False),
    ),
    entry(
        "Eq85", f"{APPENDIX}, proof of Lemma 6, from Eq. 84 to 85", "The descent lemma's terms regrouped.",
        Form("-eta (a + b) a + eta^2 ell (a + b)^2/2 = -eta (2 - eta ell)(a + b)^2/2 + eta (a + b) b",
             r"-\eta\nabla\tilde L^T\nabla L+\tfrac{\eta^2\ell}2\|\nabla\tilde L\|^2"
             r"=-\tfrac\eta2(2-\eta\ell)\|\nabla\tilde L\|^2+\eta\lambda\nabla\tilde L^T\nabla R", LEFT84, RIGHT85),
        descent.prove_descent, "Expansion; b is lambda grad R. (Eq. 84 itself: Eq84.)",
        example=DESCENT, symbols=NAMES, sample=_descent_sample,
    ),
    entry(
        "Eq86", f"{APPENDIX}, proof of Lemma 6, Eq. 86", "-eta (2 - eta ell)/2 = -eta nu/2.",
        Form("-eta (2 - eta ell)/2 = -eta nu/2", r"-\tfrac\eta2(2-\eta\ell)=-\tfrac{\eta\nu}2",
             -ETA * (2 - ETA * ELL) / 2, -ETA * NU / 2),
        descent.prove_descent, "An inequality unless eta is as large as allowed.",
        form=Form("-eta (2 - eta ell)/2 <= -eta nu/2", r"-\tfrac\eta2(2-\eta\ell)\le-\tfrac{\eta\nu}2",
                  -ETA * (2 - ETA * ELL) / 2, -ETA * NU / 2, "<="),
        refute=descent.refute_descent_equality, example=DESCENT, symbols=NAMES, sample=_descent_sample,
        domain=within("eta", "ell", "nu", where=(sp.Le(ETA * ELL, 2 - NU),)),
    ),
    entry(
        "Prop7/stopping", f"{APPENDIX}, Proposition 7, Eq. 88, 90 and 96",
        "Terms below M whose sum passes 4 M stop in [4 M, 5 M].",
        words("4 M <= sum_{k<tau} <= 5 M for some tau", r"5\mathcal M\ge\eta\sum_{k<\tau_m}\ge4\mathcal M"),
        descent.prove_stopping, "The first partial sum past 4 M exceeds it by at most one term.",
    ),
    _order("Eq96", "proof of Proposition 7, Eq. 96", "eta sqrt(L) + eta lambda <= M for large c",
           r"\eta\sqrt{\mathcal L}+\eta\lambda\le\mathcal M",
           {"eta sqrt(L)": orders.ETA * sp.sqrt(orders.LEVEL), "eta lambda": orders.ETA * orders.LAM},
           orders.MOVE / orders.C),
    entry(
        "Eq97", f"{APPENDIX}, proof of Proposition 7, Eq. 97", "The whole sum, over k < T, lies in [4 M, 5 M].",
        words("4 M <= sum_{k<T} <= 5 M", r"5\mathcal M\ge\eta\sum_{k<\mathcal T}\ge4\mathcal M"),
        descent.prove_stopping,
        "The sum runs over k < tau_m, as in Eq. 88; over k < T it may be larger.",
        form=words("4 M <= sum_{k<tau_m} <= 5 M", r"5\mathcal M\ge\eta\sum_{k<\tau_m}\ge4\mathcal M"),
        refute=descent.refute_whole_sum,
    ),
    entry(
        "Eq99", f"{APPENDIX}, proof of Proposition 7, Eq. 99", "4 M/(eta lambda T) = O(lambda^(delta/2) iota^(3/2)).",
        words("4 M/(eta lambda T) = O(lambda^(delta/2) iota^(3/2))",
              r"\frac{4\mathcal M}{\eta\lambda\mathcal T}=O(\lambda^{\delta/2}\iota^{3/2})"),
        lambda: orders.prove_order({"4 M/(eta lambda T)": DROPPED},
                                   LOG_POWER * orders.IOTA * orders.C ** sp.Rational(7, 2), tilde=False),
        "The power of iota is 2 (1/2 from M, 1/2 from X, 1 from T) and that of c is 7/2; lambda's is right, so the "
        "choice "
        "of lambda up to logarithms stands.",
        form=words("4 M/(eta lambda T) = O(c^(7/2) lambda^(delta/2) iota^2)",
                   r"\frac{4\mathcal M}{\eta\lambda\mathcal T}=O(c^{7/2}\lambda^{\delta/2}\iota^2)"),
        refute=lambda: _refute_power(),
    ),
    entry(
        "Eq101", f"{APPENDIX}, proof of Proposition 8, Eq. 101",
        "The last value is at most minus the sum of squared gradients.",
        words("L(Phi_tau) <= -(eta nu/2) sum |grad|^2", r"\tilde L(\Phi_\tau)\le-\tfrac{\eta\nu}2\sum\|\nabla\tilde "
                                                        r"L\|^2"),
        descent.prove_descent,
        "The first value is missing on the right (and the index is k, not tau_k); on the constant see Eq84.",
        form=words("L(Phi_tau) <= L(Phi_0) - (eta nu/2) sum |grad|^2, L + lambda R with Hessians <= (2 - nu)/eta",
                   r"\tilde L(\Phi_\tau)\le\tilde L(\Phi_0)-\tfrac{\eta\nu}2\sum_k\|\nabla\tilde L(\Phi_k)\|^2"),
        refute=descent.refute_missing_start,
    ),
    entry(
        "Eq103", f"{APPENDIX}, proof of Proposition 8, Eq. 103-104", "-nu M^2/(2 eta tau) = -8 D^2/(eta nu tau).",
        Form("-nu M^2/(2 eta tau) = -8 D^2/(eta nu tau), M = D/nu",
             r"-\frac{\nu\mathcal M^2}{2\eta\tau_m}=-8\frac{\mathcal D^2}{\eta\nu\tau_m}",
             -NU * (D / NU) ** 2 / (2 * ETA * TAU), -8 * UNIT),
        descent.prove_decrease, "Eq. 103 lost the square of the 4 of Eq. 88: it is -8 nu M^2/(eta tau), and Eq. 104 "
                                "is right.",
        form=Form("-8 nu M^2/(eta tau) = -8 D^2/(eta nu tau), M = D/nu",
                  r"-\frac{8\nu\mathcal M^2}{\eta\tau_m}=-8\frac{\mathcal D^2}{\eta\nu\tau_m}",
                  -8 * NU * (D / NU) ** 2 / (ETA * TAU), -8 * UNIT),
        refute=descent.refute_middle, example=NUMBERS, sample=DRAW,
    ),
    entry(
        "Prop8", f"{APPENDIX}, Proposition 8, Eq. 102 and 104",
        "By the sum of squares in Eq. 101 the regularised loss falls by at least 8 D^2/(eta nu tau).",
        Form("(eta nu/(2 tau)) (4 M/eta)^2 = 8 D^2/(eta nu tau), M = D/nu",
             r"\frac{\eta\nu}{2\tau_m}\Big(\frac{4\mathcal M}\eta\Big)^2=8\frac{\mathcal D^2}{\eta\nu\tau_m}",
             ETA * NU / (2 * TAU) * (4 * D / NU / ETA) ** 2, 8 * UNIT),
        descent.prove_decrease, "Cauchy-Schwarz and Eq. 88; Eq. 101 itself needs corrections (Eq101, Eq84).",
        example=NUMBERS, sample=DRAW,
    ),
    _order("Eq107", "proof of Proposition 9, Eq. 105-107", "eta T M^2 = O(M)",
    r"\eta\mathcal T\mathcal M^2=O(\mathcal M)",
           {"eta T M^2": orders.ETA * orders.STEPS * orders.MOVE**2}, orders.MOVE),
    _order("Eq110", "proof of Proposition 9, Eq. 108-111", "eta lambda M + eta sqrt(L) M = O(eta M^2)",
           r"\eta\lambda\mathcal M+\eta\sqrt{\mathcal L}\mathcal M=O(\eta\mathcal M^2)",
           {"lambda M": orders.LAM * orders.MOVE, "sqrt(L) M": sp.sqrt(orders.LEVEL) * orders.MOVE}, orders.MOVE**2),
    entry(
        "Eq113", f"{APPENDIX}, proof of Proposition 9, Eq. 113", "r_k = sum_{j<k} (I - eta G)^j s_{k-j}.",
        words("r_k = sum_{j<k} A^j s_{k-j}", r"r_k=\sum_{j<k}(I-\eta G)^js_{k-j}"), lambda: _prove_index(),
        "The index is k - j - 1 (r_1 = s_0).", form=words("r_k = sum_{j<k} A^j s_{k-j-1}",
                                                          r"r_k=\sum_{j<k}(I-\eta G)^js_{k-j-1}"),
        refute=lambda: _refute_index(),
    ),
    entry(
        "Eq121", f"{APPENDIX}, proof of Lemma 7, Eq. 121", "The growth factor of Eq. 118-120 is 1 + O(L).",
        words("eta sqrt(2 rho_f L) = O(L)", r"1+\eta\sqrt{2\rho_f\mathcal L}=1+O(\mathcal L)"), descent.prove_growth,
        "It is 1 + O(eta sqrt(L)); the conclusion stands, as eta T sqrt(L) is of order lambda^(delta/2)/c^3 too "
        "(Eq124).",
        form=words("eta rho_f sqrt(2 L) = O(eta sqrt(L))", r"1+O(\eta\sqrt{\mathcal L})"),
        refute=descent.refute_growth_order,
    ),
    entry(
        "Eq124", f"{APPENDIX}, proof of Lemma 7, Eq. 122-124", "The growth exp(O(T L)) stays below 12/11 for large c.",
        words("T L -> 0 as c grows, uniformly in eta, so that exp(O(T L)) <= 12/11",
              r"(1+O(\mathcal L))^{\tau_m-k}\le\exp(O(\mathcal T\mathcal L))\le12/11"),
        lambda: orders.prove_order({"eta T sqrt(L)": orders.ETA * orders.STEPS * sp.sqrt(orders.LEVEL)},
                                   orders.LAM ** (orders.DELTA / 2) / orders.C**3, tilde=False),
        "T has 1/eta: for B = sigma = 1, eta = lambda, the product T L is of order lambda^(delta-1/2), unbounded. With "
        "the growth of a step as it is, 1 + O(eta sqrt(L)) (Eq121), eta cancels and the conclusion stands.",
        form=words("eta T sqrt(L) = O(lambda^(delta/2)/c^3), so that exp(O(eta T sqrt(L))) <= 12/11 for large c",
                   r"\exp(O(\eta\mathcal T\sqrt{\mathcal L}))\le12/11"),
        refute=orders.refute_growth_total,
    ),
    _order("Eq130", "proof of Proposition 10, Eq. 130", "eta T M^2 = D O(lambda^(delta/2)/sqrt(c))",
           r"\eta\tau_m\mathcal M^2=\mathcal D\,O(\lambda^{\delta/2}/\sqrt c)",
           {"eta T M^2": orders.ETA * orders.STEPS * orders.MOVE**2},
           orders.ERROR * orders.LAM ** (orders.DELTA / 2) / sp.sqrt(orders.C)),
    entry(
        "Eq131", f"{APPENDIX}, proof of Proposition 10, Eq. 131",
        "11/10 D times 12/11 of the mean gradient is at most 6 D^2/(eta nu tau).",
        Form("(11/10) D (12/11) (5 M/eta)/tau = 6 D^2/(eta nu tau), M = D/nu",
             r"\tfrac{11}{10}\mathcal D\cdot\tfrac{12}{11}\cdot\tfrac{5\mathcal M}{\eta\tau_m}=\frac{6\mathcal "
             r"D^2}{\eta\nu\tau_m}",
             sp.Rational(11, 10) * D * sp.Rational(12, 11) * 5 * (D / NU) / (ETA * TAU), 6 * UNIT),
        descent.prove_increase, "11/10 * 12/11 = 6/5.", example=NUMBERS, sample=DRAW,
    ),
    entry(
        "Eq132", f"{APPENDIX}, proof of Proposition 10, Eq. 132", "Lemma 10 with 2 tau steps.",
        Form("D^2/(eta nu (2 tau)) = D^2/(2 eta nu tau)",
             r"\Delta^T(I-\eta G)^\tau G(I-\eta G)^\tau\Delta\le\frac{\mathcal D^2}{2\eta\nu\tau_m}",
             D**2 / (ETA * NU * (2 * TAU)), UNIT / 2),
        descent.prove_increase, "The three factors commute.", example=NUMBERS, sample=DRAW,
    ),
    _order("Eq134", "proof of Proposition 10, Eq. 133-135", "eta^2 T^2 D^2 = O(lambda^delta/c)",
           r"\eta^2\tau_m^2\mathcal D^2=O(\lambda^\delta/c)",
           {"eta^2 T^2 D^2": (orders.ETA * orders.STEPS * orders.ERROR) ** 2},
           orders.LAM**orders.DELTA / orders.C),
    _order("Eq136", "proof of Proposition 10, Eq. 136", "eta T D -> 0 as c grows",
    r"O(\eta\tau_m\mathcal D)\le\tfrac14",
           {"eta T D": orders.ETA * orders.STEPS * orders.ERROR}, 1 / orders.C),
    entry(
        "Prop10", f"{APPENDIX}, Proposition 10, Eq. 128 and 137",
        "The four bounds of Eq. 131-136 add up to the 7 of Proposition 10: 6 + 1/2 + 1/4 + 1/4 = 7.",
        Form("(6 + 1/2 + 1/4 + 1/4) D^2/(eta nu tau) = 7 D^2/(eta nu tau)",
             r"\frac{6\mathcal D^2}{\eta\nu\tau}+\frac{\mathcal D^2}{2\eta\nu\tau}+\frac{\mathcal D^2}{4\eta\nu\tau}"
             r"+\frac{\mathcal D^2}{4\eta\nu\tau}=\frac{7\mathcal D^2}{\eta\nu\tau}",
             6 * UNIT + UNIT / 2 + UNIT / 4 + UNIT / 4, 7 * UNIT),
        descent.prove_increase, "Arithmetic; (a + b)^2/2 <= a^2 + b^2 in Eq. 128.", example=NUMBERS, sample=DRAW,
    ),
    entry(
        "Eq89", f"{APPENDIX}, Eq. 89", "Both propositions together give a decrease of F.",
        Form("7 D^2/(eta nu tau) - 8 D^2/(eta nu tau) = -D^2/(eta nu tau), at most -F as tau <= T",
             r"-\frac{8\mathcal D^2}{\eta\nu\tau_m}+\frac{7\mathcal D^2}{\eta\nu\tau_m}=-\frac{\mathcal "
             r"D^2}{\eta\nu\tau_m}",
             7 * UNIT - 8 * UNIT, -UNIT),
        descent.prove_balance, "Arithmetic.", example=NUMBERS, sample=DRAW,
    ),
    _order("Eq143", "proof of Proposition 11, Eq. 138-143", "lambda D + D^3 = O(lambda^(1+delta)), powers of lambda "
                                                            "only",
           r"\lambda\mathcal D+\mathcal D^3=O(\lambda^{1+\delta})",
           {"lambda D": orders.LAM * orders.ERROR / orders.C**2, "D^3": orders.ERROR**3 / orders.C**6},
           orders.LAM ** (1 + orders.DELTA), reason="Exponents of lambda; D^2/(eta tau) is of the order of lambda D "
                                                    "there."),
    entry(
        "Corollary2/distance", f"{APPENDIX}, Corollary 2", "5 M + 11/10 D <= 8 M.",
        Form("5 M + (11/10) nu M <= 8 M", r"5\mathcal M+\tfrac{11}{10}\mathcal D\le8\mathcal M",
             5 * M + sp.Rational(11, 10) * NU * M, 8 * M, "<="),
        descent.prove_corollary2, "D = nu M.", example={"M": sp.Integer(1), "nu": sp.Rational(9, 10)},
        sample=sampler(M=positive(), nu=fraction), domain=within("M", "nu"),
    ),
    entry(
        "Corollary2/probability", f"{APPENDIX}, Corollary 2",
        "By Lemma 2 the next coupling holds with probability 1 - 8 d tau e^-iota.",
        words("Lemma 2 => probability >= 1 - 8 d tau e^-iota", r"1-8d\tau_me^{-\iota}"), descent.prove_probability,
        "Lemma 2 gives 10, not 8; Lemma 3 asks for 10 only.",
        form=words("Lemma 2 => probability >= 1 - 10 d tau e^-iota", r"1-10d\tau_me^{-\iota}"),
        refute=descent.refute_probability,
    ),
)  # fmt: skip


def _refute_power() -> Proof:
    from theory.proof import Blackboard

    board = Blackboard("exponents of lambda, c and the logarithm")
    found = orders.exponents(DROPPED / (orders.LAM ** (orders.DELTA / 2) * orders.IOTA ** sp.Rational(3, 2)))
    board.equal("power of lambda left over", found[orders.LAM], sp.S.Zero)
    board.true("power of the logarithm left over", found[orders.LOG] > 0, str(found[orders.LOG]))
    return board.proof()


def _prove_index() -> Proof:
    from theory.label_noise.process import prove_solution

    return prove_solution()


def _refute_index() -> Proof:
    from theory.proof import Blackboard

    board = Blackboard("k = 1: r_1 = A r_0 + s_0 = s_0 with r_0 = 0")
    s = sp.symbols("s0 s1")
    board.differ("r_1 against A^0 s_1", s[0], s[1])
    return board.proof()
