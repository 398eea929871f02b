"""Label-noise paper, Appendix B: concentration (Lemma 5, Corollary 1), Proposition 2 and 6, Eq. 25-49."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import sympy as sp

from theory.claims.claim import Claim, Effort, Estimates, Experiment, Form, Point
from theory.claims.labelnoise._entries import entry, fraction, within, words
from theory.label_noise import martingales, process

PLACE = "Appendix B, proof of Proposition 2"
LAM, ETA, NU, G, K, N = (sp.Symbol(name) for name in ("lam", "eta", "nu", "g", "k", "n"))
EXAMPLE = {"lam": sp.Rational(1, 3), "eta": sp.Rational(1, 2), "g": sp.Rational(3, 2), "k": sp.Integer(3)}


def _sample(generator: random.Random) -> Point:
    """eta g in (0, 2 - nu), with nu."""
    nu, eta = fraction(generator), fraction(generator)
    g = (2 - nu) * fraction(generator) / eta
    return {"nu": nu, "eta": eta, "g": g, "lam": fraction(generator), "k": sp.Integer(generator.randint(1, 4)),
            "n": sp.Integer(generator.randint(1, 3))}  # fmt: skip


def _summed(point: Point) -> sp.Expr:
    """Eq. 29 added up."""
    shrink = 1 - point["eta"] * point["g"]
    return sum(shrink ** (2 * j) * point["eta"] * point["lam"] * point["g"] for j in range(int(point["k"])))


CLOSED = LAM * (1 - (1 - ETA * G) ** (2 * K)) / (2 - ETA * G)
MIDDLE = ETA * LAM * G / (2 * ETA * G - ETA**2 * G**2) * (1 - (1 - ETA * G) ** (2 * K))
SLOPES = np.array([[2.0, 1.0], [1.0, -1.0], [0.0, 2.0]])
STEPS, RATE, BATCH = (1, 3, 40), 0.3, 2


def _gram() -> np.ndarray:
    return np.asarray(SLOPES.T @ SLOPES / len(SLOPES))


def _simulate(effort: Effort, seed: int) -> Estimates:
    """|xi_k|^2 along the recursion of Eq. 4, three data points, batches of two, sigma = 1."""
    paths = effort.trajectories(65536)
    generator = np.random.default_rng(seed % 2**32)
    xi, keep, found = np.zeros((paths, 2)), np.eye(2) - RATE * _gram(), []
    for step in range(1, max(STEPS) + 1):
        picked = generator.integers(len(SLOPES), size=(paths, BATCH))
        signs = 2.0 * generator.integers(2, size=(paths, BATCH)) - 1
        xi = xi @ keep + RATE / BATCH * (signs[..., None] * SLOPES[picked]).sum(axis=1)
        if step in STEPS:
            squares = (xi**2).sum(axis=1)
            found.append((squares.mean(), squares.std(ddof=1) / np.sqrt(paths)))
    values, errors = np.array(found).T
    return Estimates(values, errors, tuple(f"k = {step}" for step in STEPS), paths)


def _predicted(change: Callable[[float, int], float] | None = None) -> Callable[[], np.ndarray]:
    """tr of Eq. 31 at the same steps, by the derived formula; ``change`` gives a wrong one, of an eigenvalue and k."""
    closed = sp.lambdify((process.LAM, process.ETA, process.G, process.K), process.covariance(), "math")

    def predict() -> np.ndarray:
        eigenvalues, lam = np.linalg.eigvalsh(_gram()), RATE / BATCH
        right = lambda g, k: closed(lam, RATE, g, k)  # noqa: E731
        return np.array([sum((change or right)(float(g), k) for g in eigenvalues) for k in STEPS])

    return predict


def _process_experiment() -> Experiment:
    lam = RATE / BATCH
    mutants = {
        "2 lambda": lambda g, k: 2 * lam * (1 - (1 - RATE * g) ** (2 * k)) / (2 - RATE * g),
        "1/2 for 1/(2 - eta g): the limit eta -> 0": lambda g, k: lam * (1 - (1 - RATE * g) ** (2 * k)) / 2,
        "exponent k": lambda g, k: lam * (1 - (1 - RATE * g) ** k) / (2 - RATE * g),
    }
    return Experiment(
        "xi of Eq. 4 in 2 dimensions, n = 3, B = 2, eta = 0.3: E|xi_k|^2 at k = 1, 3, 40", _simulate, _predicted(),
        {name: _predicted(function) for name, function in mutants.items()},
    )  # fmt: skip


def _bounded(text: str, right: sp.Expr, left: sp.Expr = CLOSED, latex: str = "") -> Form:
    return Form(text, latex, left, right, "<=")


SEPARATED = (sp.Le(ETA * G, 2 - NU),)
NUMBERS = {**EXAMPLE, "nu": sp.Rational(1, 2), "n": sp.Integer(2)}
COVARIANCE = words("sample by sample: sum_s (eta eps_s/B)^2 g_s g_s^T <= n eta lambda G",
                   r"\sum_s\tfrac{\eta^2}{B^2}\epsilon_s^2g_sg_s^T\preceq n\eta\lambda G")  # fmt: skip

CLAIMS: tuple[Claim, ...] = (
    entry(
        "Lemma5", "Appendix B, Lemma 5, Eq. 25-26",
        "A martingale whose quadratic variation is at most sigma^2 stays below sigma sqrt(2 iota) with probability at "
        "least 1 - 2 d e^-iota.",
        words("[X]_k <= sigma^2 => P(|X_k| > sigma sqrt(2 iota)) <= 2 d e^-iota",
              r"[X]_k\le\sigma^2\implies\Pr[\|X_k\|>\sigma\sqrt{2\iota}]\le2de^{-\iota}"),
        martingales.prove_azuma,
        "The realised quadratic variation may be small just because a rare jump did not happen. It holds where each "
        "step has a constant bound, sum c_j^2 <= sigma^2 (in any dimension, even without d), as in all uses here.",
        form=words("|X_{j+1} - X_j| <= c_j constant, sum c_j^2 <= sigma^2 => P(|X_k| > sigma sqrt(2 iota)) <= 2 "
                   "e^-iota",
                   r"\|X_{j+1}-X_j\|\le c_j,\ \sum "
                   r"c_j^2\le\sigma^2\implies\Pr[\|X_k\|>\sigma\sqrt{2\iota}]\le2e^{-\iota}"),
        refute=martingales.refute_quadratic_variation,
    ),
    entry(
        "Corollary1", "Appendix B, Corollary 1, Eq. 27",
        "A martingale whose quadratic covariation is at most M stays below sqrt(2 tr(M) iota).",
        words("[X, X]_k <= M => P(|X_k| > sqrt(2 tr(M) iota)) <= 2 d e^-iota",
              r"[X,X]_k\preceq M\implies\Pr[\|X_k\|>\sqrt{2\operatorname{tr}(M)\iota}]\le2de^{-\iota}"),
        martingales.prove_corollary, "As for Lemma 5 (d = 1): the outer product of every step needs a constant bound "
                                     "M_j.",
        form=words("step j has outer product <= M_j constant, sum M_j <= M => P(|X_k| > sqrt(2 tr(M) iota)) <= 2 d "
                   "e^-iota",
                   r"\Delta_j\Delta_j^T\preceq M_j,\ \sum M_j\preceq "
                   r"M\implies\Pr[\|X_k\|>\sqrt{2\operatorname{tr}(M)\iota}]"
                   r"\le2de^{-\iota}"),
        refute=martingales.refute_quadratic_variation,
    ),
    entry(
        "Eq28", f"{PLACE}, Eq. 28", "The linear recursion solved.",
        words("xi_k = sum_{j<k} (I - eta G)^j eps_{k-j-1}", r"\xi_k=\sum_{j<k}(I-\eta G)^j\epsilon_{k-j-1}^*"),
        process.prove_solution, "Induction.",
    ),
    entry(
        "Eq30", f"{PLACE}, Eq. 29-30, on the span of G", "The covariance as a geometric sum.",
        Form("sum_{j<k} (1 - eta g)^(2j) eta lambda g = eta lambda g (2 eta g - eta^2 g^2)^-1 (1 - (1 - eta g)^(2k))",
             r"\sum_{j<k}(I-\eta G)^{2j}\eta\lambda G=\eta\lambda G(2\eta G-\eta^2G^2)^\dagger(I-(I-\eta G)^{2k})",
             _summed, MIDDLE),
        process.prove_covariance, "Geometric sum in an eigenbasis.", example=EXAMPLE, sample=_sample,
    ),
    entry(
        "Eq31", f"{PLACE}, Eq. 31; Proposition 2", "The covariance after k steps.",
        Form("E xi_k xi_k^T = lambda Pi_G (2 - eta G)^-1 (I - (I - eta G)^(2k)) [at a point: one eigenvalue]",
             r"\mathbb E\,\xi_k\xi_k^T=\lambda\Pi_G(2-\eta G)^{-1}(I-(I-\eta G)^{2k})", _summed, CLOSED),
        process.prove_covariance, "Eq. 30 with a factor eta G cancelled.", example=EXAMPLE, sample=_sample,
        experiments=(_process_experiment(),),
    ),
    entry(
        "Prop2/limit", "Section 3.1, Proposition 2", "The covariance tends to lambda Pi_G (2 - eta G)^-1.",
        Form("lim E xi_k xi_k^T = lambda Pi_G (2 - eta G)^-1 [at a point: one eigenvalue g > 0]",
             r"\mathbb E\,\xi_k\xi_k^T\to\lambda\Pi_G(2-\eta G)^{-1}",
             lambda pt: sp.solve(sp.Eq(sp.Symbol("S"), (1 - pt["eta"] * pt["g"]) ** 2 * sp.Symbol("S")
                                       + pt["eta"] * pt["lam"] * pt["g"]), sp.Symbol("S"))[0], LAM / (2 - ETA * G)),
        process.prove_covariance, "(1 - eta g)^(2k) -> 0 on the span of G as eta g < 2.", example=EXAMPLE,
        sample=_sample,
    ),
    entry(
        "Eq31/bound", f"{PLACE}, after Eq. 31", "The covariance is at most (eta/nu) I.",
        _bounded("lambda (1 - (1 - eta g)^(2k))/(2 - eta g) <= eta/nu", ETA / NU,
                 latex=r"\mathbb E\,\xi_k\xi_k^T\preceq\frac\eta\nu I"),
        process.prove_upper_bound, "lambda/nu; eta/nu only bounds it where sigma^2 <= B.",
        form=_bounded("lambda (1 - (1 - eta g)^(2k))/(2 - eta g) <= lambda/nu", LAM / NU,
                      latex=r"\mathbb E\,\xi_k\xi_k^T\preceq\frac\lambda\nu I"),
        refute=process.refute_eta_over_nu, example=NUMBERS, sample=_sample,
        domain=within("eta", "nu", "g", "lam", "k", where=SEPARATED),
    ),
    entry(
        "Eq33", f"{PLACE}, Eq. 32-33", "The outer product of the noise of a step is at most n eta lambda G.",
        words("eps eps^T <= n eta lambda G", r"\epsilon^*(\epsilon^*)^T\preceq n\eta\lambda G"), process.prove_slots,
        "False for batches of B > 1 with repeats (n = 1, B = 2, equal signs: twice the bound). Counted sample by "
        "sample "
        "the sum has this bound, so that Proposition 2 stands with a finer martingale.",
        form=COVARIANCE, refute=process.refute_slots,
    ),
    entry(
        "Eq34", f"{PLACE}, Eq. 34", "The sum of the bounds, n times Eq. 31.",
        Form("sum_{j<k} (1 - eta g)^(2j) n eta lambda g = n lambda (2 - eta g)^-1 (1 - (1 - eta g)^(2k))",
             r"\sum_{j<k}(I-\eta G)^jn\eta\lambda G(I-\eta G)^j=n\lambda\Pi_G(2-\eta G)^{-1}(I-(I-\eta G)^{2k})",
             lambda point: point["n"] * _summed(point), N * CLOSED),
        process.prove_covariance, "Eq. 31.", example={**EXAMPLE, "n": sp.Integer(2)}, sample=_sample,
    ),
    entry(
        "Eq35", f"{PLACE}, Eq. 35", "The quadratic covariation is at most n lambda/nu.",
        _bounded("n lambda (1 - (1 - eta g)^(2k))/(2 - eta g) <= n lambda/nu", N * LAM / NU, N * CLOSED,
                 r"n\lambda\Pi_G(2-\eta G)^{-1}(I-(I-\eta G)^{2k})\preceq\frac{n\lambda}\nu I"),
        process.prove_upper_bound, "eta g <= 2 - nu.", example=NUMBERS, sample=_sample,
        domain=within("eta", "nu", "g", "lam", "n", "k", where=SEPARATED),
    ),
    entry(
        "Eq37", "Appendix B, proof of Proposition 6, Eq. 37", "The martingales X^(k) defined by Eq. 37 end at xi_k.",
        words("X_{j+1}^(k) = (I - eta G_{k-1}) X_j^(k-1) for j < k - 1",
              r"X_{j+1}^{(k)}=(I-\eta G_{k-1})X_j^{(k-1)}"),
        process.prove_martingale, "The lower index on the right is j + 1, as Eq. 39 and 43 use it; as printed xi_2 "
        "loses its first noise.",
        form=words("X_{j+1}^(k) = (I - eta G_{k-1}) X_{j+1}^(k-1) for j < k - 1",
                   r"X_{j+1}^{(k)}=(I-\eta G_{k-1})X_{j+1}^{(k-1)}"),
        refute=process.refute_martingale,
    ),
    entry(
        "Eq44", "Appendix B, proof of Proposition 6, Eq. 36 and 42-44", "xi_k = X_k^(k) for every k.",
        words("X_{k+1}^(k+1) = (I - eta G_k) X_k^(k) + eps_k = xi_{k+1}",
              r"X_{k+1}^{(k+1)}=(I-\eta G_k)X_k^{(k)}+\epsilon_k^*=\xi_{k+1}"),
        process.prove_martingale, "Both obey the same recursion (with Eq. 37 corrected).",
    ),
    entry(
        "Eq47", "Appendix B, proof of Proposition 6, from Eq. 47 to 49",
        "The step of the induction stays below the bound.",
        Form("(1 - eta g)^2 + eta nu g <= 1 for eta g <= 2 - nu", r"(I-\eta G_k)^2+\eta\nu G_k\preceq I",
             (1 - ETA * G) ** 2 + ETA * NU * G, sp.S.One, "<="),
        process.prove_contraction_step,
        "1 - eta g (2 - eta g - nu), and 2 - eta g >= nu. (The step into Eq. 47: Eq33.)",
        example={name: NUMBERS[name] for name in ("eta", "nu", "g")}, sample=_sample,
        domain=within("eta", "nu", "g", where=SEPARATED),
    ),
    entry(
        "Eq48", "Appendix B, proof of Proposition 6, Eq. 48, and of Proposition 12, Eq. 157",
        "(I - eta G)^2 + eta nu G <= I - G (2 - eta G - nu).",
        Form("(1 - eta g)^2 + eta nu g <= 1 - g (2 - eta g - nu)",
             r"(I-\eta G_k)^2+\eta\nu G_k\preceq I-G_k(2-\eta G_k-\nu I)",
             (1 - ETA * G) ** 2 + ETA * NU * G, 1 - G * (2 - ETA * G - NU), "<="),
        process.prove_contraction_step, "eta is missing before G: false for every eta < 1 (with eta it is an "
                                        "equality).",
        form=Form("(1 - eta g)^2 + eta nu g = 1 - eta g (2 - eta g - nu)",
                  r"(I-\eta G_k)^2+\eta\nu G_k=I-\eta G_k(2-\eta G_k-\nu I)",
                  (1 - ETA * G) ** 2 + ETA * NU * G, 1 - ETA * G * (2 - ETA * G - NU)),
        refute=process.refute_contraction_step,
        example={name: NUMBERS[name] for name in ("eta", "nu", "g")}, sample=_sample,
        domain=within("eta", "nu", "g", where=SEPARATED),
    ),
)  # fmt: skip
