"""NSO paper, Appendix A.1.1: the displayed steps of the proof of Theorem 2.2, Eq. 14-21."""

from __future__ import annotations

import sympy as sp

from theory.claims.claim import Claim, Form
from theory.claims.domain import Domain
from theory.claims.nso._common import entry
from theory.noise_stability import pac_bayes as pb
from theory.noise_stability.pac_bayes import ALPHA, BETA, C, N, R

PLACE = "Appendix A.1.1"
POSITIVE = sp.Interval.open(0, 100)
WHOLE = Domain(
    {"beta": sp.Interval.open(0, 1), "C": POSITIVE, "alpha": POSITIVE, "r": POSITIVE, "n": sp.Range(1, sp.oo)}
)
POINT = {"beta": sp.Rational(1, 2), "C": sp.S.One, "alpha": sp.Integer(2), "r": sp.S.One, "n": sp.Integer(50)}


def _split() -> tuple[Claim, ...]:
    emp, pop = sp.symbols("emp pop", real=True)
    true, hat, true_q, hat_q = sp.symbols("L Lhat L_Q Lhat_Q", real=True)
    parts = Form("L - Lhat/beta = (L - L_Q) + (L_Q - Lhat_Q/beta) + (Lhat_Q - Lhat)/beta",
                 r"L-\tfrac1\beta\hat L=(L-L_{\mathcal Q})+(L_{\mathcal Q}-\tfrac1\beta\hat L_{\mathcal Q})"
                 r"+\tfrac1\beta(\hat L_{\mathcal Q}-\hat L)", true - hat / BETA,
                 (true - true_q) + (true_q - hat_q / BETA) + (hat_q - hat) / BETA)  # fmt: skip
    eq14 = Form("where |l_Q - l - sigma^2/2 tr H| <= C_1 sigma^3 (Lemma A.4): L - Lhat/beta <= -sigma^2/2 pop "
                "+ sigma^2/(2 beta) emp + (1+beta)/beta C_1 sigma^3 + L_Q - Lhat_Q/beta",
                r"L-\tfrac1\beta\hat L\le E_1+\tfrac{1+\beta}{\beta}C_1\sigma^3+L_{\mathcal Q}-\tfrac1\beta\hat L_{"
                r"\mathcal Q}")  # fmt: skip
    other = sp.Symbol("emp_hat", real=True)
    eq15 = Form("E_1 = (emp_hat - pop)/beta + (1-beta)/beta pop (emp, pop: sigma^2/2 times the mean traces at W, "
                "emp_hat at What)",
                r"E_1=\tfrac1\beta(\mathrm{emp}(\hat W)-\mathrm{pop}(W))+\tfrac{1-\beta}{\beta}\mathrm{pop}(W)",
                -pop + emp / BETA, (other - pop) / BETA + (1 - BETA) / BETA * pop)  # fmt: skip
    eq15_right = Form("E_1 = (emp - pop)/beta + (1-beta)/beta pop (emp, pop: sigma^2/2 times the mean traces at W)",
                      r"E_1=\tfrac1\beta(\mathrm{emp}-\mathrm{pop})+\tfrac{1-\beta}{\beta}\mathrm{pop}",
                      -pop + emp / BETA, (emp - pop) / BETA + (1 - BETA) / BETA * pop)  # fmt: skip
    place = {"beta": sp.Rational(1, 2)}
    return (
        entry("Eq14/split", f"{PLACE}, first display", "Three-part split of the gap.", parts, "Telescoping sum.",
              prove=pb.prove_separation, example={**place, "L": sp.S.One, "Lhat": sp.Rational(1, 3),
              "L_Q": sp.Rational(2, 3), "Lhat_Q": sp.Rational(1, 4)}),
        entry("Eq14", f"{PLACE}, second display and Eq. 14", "Lemma A.4, used twice, and a rearrangement.", eq14,
              "C_1 sigma^3 (1 + 1/beta) is (1+beta)/beta C_1 sigma^3. A step from the lemma, which itself needs a "
              "correction (nso/A.4).",
              prove=pb.prove_separation),
        entry("Eq15", f"{PLACE}, Eq. 15 and 16", "E_1 is split into a deviation and a multiple of the trace.", eq15,
              "Rearrangement. Eq. 15 prints a hat on one W, which is explained nowhere; at any other point than W the "
              "identity fails.", prove=pb.prove_eq15, refute=pb.refute_eq15, form=eq15_right,
              example={**place, "emp": sp.S.One, "emp_hat": sp.S.Zero, "pop": sp.Rational(2, 3)}),
    )  # fmt: skip


def _bounds() -> tuple[Claim, ...]:
    eq17 = Form("tr-deviation <= sqrt(p) |mean tr - E tr|_F <= sqrt(p) C_2 sqrt(log(C_3 n/delta)/n) by Lemma A.5",
                r"\le\frac{\sigma^2}{2\beta}\sqrt p\,\Big\|\tfrac1n\sum\mathrm{Tr}[\nabla^2\ell]-\mathbb E\,\mathrm{Tr}"
                r"[\nabla^2\ell]\Big\|_F\le\ldots")  # fmt: skip
    eq17_right = Form("tr-deviation <= sqrt(p) |mean Hessian - E Hessian|_F <= sqrt(p) C_2 sqrt(log(C_3 n/delta)/n)",
                      r"\le\frac{\sigma^2}{2\beta}\sqrt p\,\Big\|\tfrac1n\sum\nabla^2\ell-\mathbb E\nabla^2\ell\Big\|_F"
                      r"\le\ldots")  # fmt: skip
    eq18 = Form("E_1 <= sigma^2 sqrt(p) C_2 sqrt(log(C_3 n/delta))/(2 beta sqrt(n)) + (1-beta)/beta sigma^2/2 alpha",
                r"E_1\le\frac{\sigma^2\sqrt pC_2\sqrt{\log(C_3n/\delta)}}{2\beta\sqrt n}+\frac{1-\beta}{\beta}\frac{"
                r"\sigma^2}{2}\alpha")  # fmt: skip
    eq19 = Form("E_2 <= C (r^2/(2 sigma^2) + log(1/delta))/(2 beta (1-beta) n), E_2 = (1+beta)/beta C_1 sigma^3 + L_Q "
                "- Lhat_Q/beta", r"E_2\le\frac{C(KL+\log\frac1\delta)}{2\beta(1-\beta)n}\le\frac{C(\frac{\|W\|^2}{2\sig"
                               r"ma^2}"
                r"+\log\frac1\delta)}{2\beta(1-\beta)n}\le\frac{C(\frac{r^2}{2\sigma^2}+\log\frac1\delta)}"
                r"{2\beta(1-\beta)n}")  # fmt: skip
    eq19_right = Form("the same for L_Q - Lhat_Q/beta alone", eq19.latex.replace("E_2", r"L_{\mathcal Q}-\tfrac1\beta"
                      r"\hat L_{\mathcal Q}"))  # fmt: skip
    eq20 = Form("Lemma A.4, Lemma A.5 and Theorem A.1 give, with probability >= 1 - 2 delta: the sum of the bounds of "
                "Eq. 14, 18, 19",
                r"L-\tfrac1\beta\hat L\le\frac{\sigma^2\sqrt pC_2\sqrt{\log(C_3n/\delta)}}{2\beta\sqrt "
                r"n}+\frac{1-\beta}{"
                r"\beta}\frac{\sigma^2}{2}\alpha+\frac{1+\beta}{\beta}C_1\sigma^3+\frac{C(\frac{r^2}{2\sigma^2}+\log"
                r"\frac1"
                r"\delta)}{2\beta(1-\beta)n}")  # fmt: skip
    return (
        entry("Eq17", f"{PLACE}, Eq. 17", "From the trace to the Frobenius norm of Lemma A.5.", eq17,
              "The middle term prints the norm of a scalar, the trace; Lemma A.5 bounds the matrix, and sqrt(p) times "
              "the trace of p equal entries exceeds what it gives. With the matrix inside the norm both steps hold.",
              prove=pb.prove_eq17, refute=pb.refute_eq17_chain, form=eq17_right),
        entry("Eq18", f"{PLACE}, Eq. 18", "Sum of the bounds on Eq. 15 and 16.", eq18,
              "The population trace is at most alpha, whatever its sign.", prove=pb.prove_eq17),
        entry("Eq19", f"{PLACE}, Eq. 19 with the brace of Eq. 14", "PAC-Bayes bound for E_2.", eq19,
              "The brace of E_2 includes (1+beta)/beta C_1 sigma^3, which Eq. 19 omits and Eq. 20 adds again.",
              prove=pb.prove_eq19, refute=pb.refute_eq19, form=eq19_right),
        entry("Eq20", f"{PLACE}, Eq. 20", "The three bounds together.", eq20,
              "Union bound over two events; from the lemmas, of which A.4 needs a correction (nso/A.4).",
              prove=pb.prove_sum_of_bounds),
    )  # fmt: skip


def _choice() -> tuple[Claim, ...]:
    latex = r"\sigma^2=\frac{r}{1-\beta}\sqrt{\frac{C}{%s\alpha n}}"
    displayed = sp.sqrt(C * ALPHA * R**2 / N) / BETA
    plugged = Form("leading terms of Eq. 20 at Eq. 21 <= (1/beta) sqrt(C alpha r^2/n)",
                   r"\frac{1-\beta}{\beta}\frac{\sigma^2}{2}\alpha+\frac{Cr^2/(2\sigma^2)}{2\beta(1-\beta)n}\le\frac1"
                   r"\beta"
                   r"\sqrt{\frac{C\alpha r^2}{n}}", pb.leading(pb.PRINTED_VARIANCE), displayed, "<=")  # fmt: skip
    ratio = Form("1 + epsilon = 1/beta for epsilon = (1-beta)/beta", r"1+\epsilon=1/\beta", 1 + (1 - BETA) / BETA,
                 1 / BETA)  # fmt: skip
    return (
        entry("Eq21", f"{PLACE}, Eq. 21", "The sigma^2 that minimises the bound.",
              Form("argmin sigma^2 = r/(1-beta) sqrt(C/(alpha n))", latex % "", None, pb.PRINTED_VARIANCE),
              "The minimiser of the two leading terms has 2 alpha n; the printed choice is sqrt(2) times larger.",
              prove=pb.prove_eq21, refute=pb.refute_eq21,
              form=Form("argmin sigma^2 = r/(1-beta) sqrt(C/(2 alpha n))", latex % "2", None, pb.best_variance()),
              example=POINT),
        entry("2.2/plugged-in", f"{PLACE}, display after Eq. 21", "The bound at the chosen sigma^2.", plugged,
              "The left side is 3/4 of the right one; the displayed sqrt(2p) likewise leaves room.",
              prove=pb.prove_plugged_in, example=POINT, domain=WHOLE),
        entry("2.2/epsilon-beta", f"{PLACE}, epsilon = (1-beta)/beta", "Change of parameter.", ratio, "Algebra.",
              prove=pb.prove_plugged_in, example={"beta": sp.Rational(1, 3)}),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (*_split(), *_bounds(), *_choice())
