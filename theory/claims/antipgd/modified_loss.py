"""Anti-PGD paper, Section 2.1, Eq. 19-21 of Appendix A, and the slides: what the noise does to a step on average."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import sympy as sp

from theory.claims.antipgd._linear import entry
from theory.claims.antipgd._smoothing import EXAMPLE, MEANING, at_noise, signs, step_sampler, value
from theory.claims.building import Prove, sampled_means
from theory.claims.claim import Claim, Experiment, Form
from theory.smoothing import expansion as ex
from theory.smoothing import moments as mo
from theory.smoothing import remainder as rm
from theory.smoothing.moments import ETA, SIGMA, X, Y

SECTION, APPENDIX = "Section 2.1", "Appendix A"
MODIFIED_LATEX = r"\tilde L(z) = L(z) + \tfrac{\sigma^2}{2}\operatorname{Tr}\nabla^2 L(z)"

# --- one step, simulated ----------------------------------------------------------------------------------------

AT, STEP, NOISE = (0.7, -0.4), 0.2, 0.8


def _numbers(expression: sp.Expr, **changed: float) -> float:
    point = {"z1": AT[0], "z2": AT[1], "eta": STEP, "sigma": NOISE, **changed}
    return float(value(expression, {name: sp.nsimplify(number, rational=True) for name, number in point.items()}))


def _predict(expressions: Sequence[sp.Expr]) -> Callable[[], np.ndarray]:
    return lambda: np.array([_numbers(expression) for expression in expressions])


def _constant(numbers: Sequence[float]) -> Callable[[], np.ndarray]:
    return lambda: np.array(numbers)


def _mean_step(loss: sp.Expr) -> np.ndarray:
    return np.array([_numbers(z - ETA * sp.diff(loss, z)) for z in (X, Y)])


def _step_experiment(name: str, law: str, loss: sp.Expr) -> Experiment:
    """The mean of z' = z - eta grad L(z + xi) against z - eta grad Lmod(z)."""

    def draw(generator: np.random.Generator, size: int) -> np.ndarray:
        noise = signs(generator, size, NOISE) if law == "signs" else NOISE * generator.standard_normal((size, 2))
        gradient = at_noise([sp.diff(loss, z) for z in (X, Y)], AT, noise)
        return np.array(AT) - STEP * gradient

    trace = mo.laplacian(loss)
    return sampled_means(
        name, draw, ("z_1'", "z_2'"), lambda: _mean_step(mo.modified(loss)),
        {"no regulariser": lambda: _mean_step(loss),
         "sigma for sigma^2": lambda: _mean_step(loss + SIGMA / 2 * trace),
         "sigma^2 for sigma^2/2": lambda: _mean_step(loss + SIGMA**2 * trace),
         "opposite sign": lambda: _mean_step(loss - SIGMA**2 / 2 * trace)},
        count=400_000,
    )  # fmt: skip


def _average_experiment(law: str, series: sp.Expr, mutants: dict[str, sp.Expr]) -> Experiment:
    def draw(generator: np.random.Generator, size: int) -> np.ndarray:
        noise = signs(generator, size, NOISE) if law == "signs" else NOISE * generator.standard_normal((size, 2))
        return at_noise([mo.QUARTIC], AT, noise)

    return sampled_means(
        f"quartic loss at one point, {law}, sigma = {NOISE}", draw, ("E L(z + xi)",),
        _predict([series]),
        {name: _predict([wrong]) for name, wrong in mutants.items()}, count=400_000,
    )  # fmt: skip


# --- Eq. 2-6 ----------------------------------------------------------------------------------------------------

ANTICORRELATION = Form(
    "E[(xi_{n+1} - xi_n)(xi_n - xi_{n-1})^T] / (2 sigma^2) = -cov(xi_0) / (2 sigma^2) = -I/2",
    r"\frac{\mathbb E[(\xi_{n+1}-\xi_n)(\xi_n-\xi_{n-1})^\top]}{2\sigma^2} = -\tfrac12 I",
)
CHANGE = Form("z_n = w_n - xi_n turns Eq. 2 into z_{n+1} = z_n - eta grad L(z_n + xi_n)",
              r"z_{n+1} = z_n - \eta\nabla L(z_n+\xi_n)")  # fmt: skip
TAYLOR = Form(
    "z' = z - eta d_i L - eta sum_j d_ij L xi_j - (eta/2) sum_jk d_ijk L xi_j xi_k + O(eta |xi|^3)",
    r"z_{n+1}^i = z_n^i - \eta\partial_iL - \eta\sum_j\partial^2_{ij}L\,\xi^j"
    r" - \tfrac\eta2\sum_{j,k}\partial^3_{ijk}L\,\xi^j\xi^k + O(\eta\|\xi\|^3)",
)


def _exact_mean(point: dict[str, sp.Expr]) -> sp.Expr:
    """First coordinate of E[z'] by going through the four signs, for the cubic example."""
    gradient = sp.diff(mo.CUBIC, X)
    around = [gradient.subs({X: X + a * SIGMA, Y: Y + b * SIGMA}, simultaneous=True) for a in (1, -1) for b in (1, -1)]
    return value(X - ETA * sum(around) / 4, point)


def _mean_form(loss: sp.Expr, name: str, latex: str) -> Form:
    return Form(
        f"E[z_{{n+1}} | z_n] = z_n - eta grad {name}(z_n) + O(eta E|xi|^3)",
        rf"\mathbb E[z_{{n+1}}|z_n] = z_n - \eta\nabla {latex}(z_n) + O(\eta\,\mathbb E\|\xi_n\|^3)",
        _exact_mean, lambda point: value(X - ETA * sp.diff(loss, X), point),
    )  # fmt: skip


MEAN = _mean_form(mo.modified(mo.CUBIC), "Lmod", r"\tilde L")
AT_POINT: dict[str, Any] = {"example": EXAMPLE, "symbols": MEANING, "sample": step_sampler}
ANY_GROWTH = Form("Eq. 5 for L with continuous fourth derivatives, xi centred, covariance sigma^2 I, E|xi|^3 < oo",
                  MEAN.latex + r"\quad (L\in C^4)")  # fmt: skip
UNIFORM = Form("|E[z_{n+1} | z_n] - z_n + eta grad Lmod(z_n)| <= eta beta d^(3/2) E|xi|^3 / 6 if the third-order "
               "partial derivatives of L are beta-Lipschitz",
               r"\big\|\mathbb E[z_{n+1}|z_n] - z_n + \eta\nabla\tilde L(z_n)\big\|"
               r" \le \tfrac16\eta\beta d^{3/2}\,\mathbb E\|\xi_n\|^3")  # fmt: skip
FOR_ALL = Form("Eq. 5 for every n >= 0 from a given w_0", MEAN.latex)
INDEPENDENT = Form("Eq. 5 for n >= 1, and for n = 0 only if z_0 = w_0 - xi_0 is independent of xi_0 (w_0 = z_0 + xi_0)",
                   MEAN.latex + r"\quad (\xi_n \perp z_n)")  # fmt: skip


def _series(number: str, statement: str, text: str, latex: str, law: str, prove: Prove, terms: sp.Expr,
            mutants: dict[str, sp.Expr]) -> Claim:  # fmt: skip
    moment = mo.gaussian if law == "Gaussian" else mo.rademacher
    form = Form(text, latex, lambda point: value(mo.mean_of_shift(mo.QUARTIC, moment), point),
                lambda point: value(terms, point))  # fmt: skip
    return entry(
        number, f"{SECTION}, beyond Eq. 6", statement, form, prove,
        "The whole average, of which Eq. 6 is the beginning; shown for the general polynomial of degree 6 and for "
        "exponentials.", new=True, experiments=(_average_experiment(law, terms, mutants),), **AT_POINT,
    )  # fmt: skip


def _averages() -> tuple[Claim, ...]:
    fourths = sum(sp.diff(mo.QUARTIC, z, 4) for z in (X, Y))
    twice = mo.laplacian(mo.laplacian(mo.QUARTIC))
    gaussian, rademacher = ex.gaussian_series(mo.QUARTIC, 2), ex.rademacher_series(mo.QUARTIC, 2)
    return (
        _series("Eq6/gaussian", "For Gaussian noise the smoothed loss is exp(sigma^2 Laplacian / 2) L.",
                "E L(z + xi) = sum_k (sigma^2/2)^k Laplacian^k L(z) / k!, L a polynomial",
                r"\mathbb E L(z+\xi) = e^{\sigma^2\Delta/2}L(z)", "Gaussian", ex.prove_gaussian_average, gaussian,
                {"only the modified loss": mo.modified(mo.QUARTIC), "the Rademacher average": rademacher,
                 "1/4 for 1/8": gaussian + SIGMA**4 * twice / 8}),
        _series("Eq6/rademacher", "For +-sigma noise the smoothed loss is prod_j cosh(sigma d_j) L.",
                "E L(z + xi) = prod_j cosh(sigma d_j) L(z), L a polynomial",
                r"\mathbb E L(z+\xi) = \prod_j\cosh(\sigma\partial_j)L(z)", "signs", ex.prove_rademacher_average,
                rademacher, {"only the modified loss": mo.modified(mo.QUARTIC), "the Gaussian average": gaussian,
                             "no fourth derivatives d_jjjj": rademacher - SIGMA**4 * fourths / 24}),
    )  # fmt: skip


def _section() -> tuple[Claim, ...]:
    order = Form("symmetric noise, L with bounded continuous fifth derivatives: the remainder of Eq. 5 is "
                 "O(eta sigma^4), with Laplacian^2/8 (Gaussian), less sum_j d_jjjj/12 (Rademacher); a skewed law "
                 "reaches the printed order, eta E xi^3",
                 r"\mathbb E[z_{n+1}|z_n] = z_n-\eta\nabla\tilde L(z_n)+O(\eta\sigma^4)")  # fmt: skip
    return (
        entry("Eq2/anticorrelation", "Section 2, after Eq. 2", "Consecutive perturbations have correlation -1/2.",
              ANTICORRELATION, ex.prove_anticorrelation, "Only xi_n is common to the two increments.",
              experiments=(_correlation(),)),
        entry("Eq3", f"{SECTION}, Eq. 3", "The change of variables z = w - xi turns Anti-PGD into Eq. 3.", CHANGE,
              ex.prove_change_of_variables, "Substitution: the new noise cancels, the old one enters the gradient."),
        entry("Eq4", f"{SECTION}, Eq. 4", "Second-order expansion of the step for xi -> 0, L with continuous "
              "fourth derivatives.",
              TAYLOR, ex.prove_taylor, "Integral remainder; the constant is a sixth of the largest norm of the fourth "
              "derivatives on the segment, so it is uniform where these are bounded."),
        entry("Eq5", f"{SECTION}, Eq. 5-6", "The conditional mean of a step, for xi_n independent of z_n and fourth "
              "derivatives that are bounded (Theorem 2.1 asks for that; without it see Eq5/assumption).", MEAN,
              rm.prove_uniform, "The linear term averages out, the quadratic one leaves sigma^2/2 grad Tr "
              "Hessian. The sides are those of a cubic loss, where the remainder is 0.",
              experiments=(_step_experiment("one step on a cubic loss, signs", "signs", mo.CUBIC),
                           _step_experiment("one step on a cubic loss, Gaussian", "Gaussian", mo.CUBIC)), **AT_POINT),
        entry("Eq5/assumption", f"{SECTION}, Eq. 5 under the assumption named after Eq. 4",
              "Eq. 5 holds for every L with continuous fourth derivatives and every centred noise with E|xi|^3 < oo.",
              ANY_GROWTH, rm.prove_uniform, "L = e^(w^3) is smooth, yet under Gaussian noise of any size its mean step "
              "is infinite. Bounded fourth derivatives suffice.", form=UNIFORM, refute=rm.refute_any_growth),
        entry("Eq5/first-step", f"{SECTION}, Eq. 5 at n = 0", "Eq. 5 holds for every n >= 0 from a given w_0.", FOR_ALL,
              ex.prove_conditional_mean, "With w_0 given, z_0 = w_0 - xi_0 reveals xi_0: L = w^2/2 misses Eq. 5 by "
              "eta xi_0. It holds from n = 1 on, and at n = 0 when z_0 is what is given.",
              form=INDEPENDENT, refute=ex.refute_first_step),
        entry("Eq5/order", f"{SECTION}, Eq. 5, remainder", "How large the remainder of Eq. 5 is.", order,
              rm.prove_orders, "Odd moments vanish for symmetric noise. The coefficients are exact. Four continuous "
              "derivatives are not enough: L' = |w|^(7/2) has the remainder sigma^(7/2) at 0.", new=True),
        *_averages(),
    )  # fmt: skip


def _correlation() -> Experiment:
    def draw(generator: np.random.Generator, size: int) -> np.ndarray:
        a, b, c = (generator.choice((-1.0, 1.0), (size, 2)) for _ in range(3))
        first, second = b - a, c - b
        return np.stack([first[:, 0] * second[:, 0], first[:, 0] * second[:, 1]], axis=1) / 2

    wrong = {"+1/2": (0.5, 0.0), "-1": (-1.0, 0.0), "also between coordinates": (-0.5, -0.5)}
    return sampled_means(
        "products of consecutive increments of signs", draw, ("same coordinate", "two coordinates"),
        lambda: np.array([-0.5, 0.0]), {name: _constant(numbers) for name, numbers in wrong.items()}, count=100_000,
    )  # fmt: skip


# --- Eq. 19-21 --------------------------------------------------------------------------------------------------


def _appendix() -> tuple[Claim, ...]:
    pgd = Form("E[w_{n+1} | w_n] = w_n - eta grad L(w_n)", r"\mathbb E[w_{n+1}|w_n] = w_n-\eta\nabla L(w_n)")
    return (
        entry("Eq19", f"{APPENDIX}, Eq. 19", "The conditional mean of Anti-PGD, with L itself, up to E|xi|^3.",
              _mean_form(mo.CUBIC, "L", "L"), ex.prove_conditional_mean,
              "The tilde is missing (in the text at hand): the difference is eta sigma^2/2 grad Tr Hessian L, of a "
              "lower order than E|xi|^3.",
              form=MEAN, refute=ex.refute_eq19, **AT_POINT),
        entry("Eq21", f"{APPENDIX}, Eq. 21", "The conditional mean of PGD is gradient descent.", pgd, ex.prove_pgd_step,
              "xi_{n+1} is independent of w_n and centred."),
        entry("Eq22", f"{APPENDIX}, Eq. 22", "A PGD step has the second and third derivatives of L in it.",
              Form("w' = w - eta d_i L - eta sum_j d_ij L - (eta/2) d_i sum_jk d_jk L + xi",
                   r"w_{n+1}^i = w_n^i-\eta\partial_iL-\eta\sum_j\partial^2_{ij}L"
                   r"-\tfrac\eta2\partial_i\sum_{j,k}\partial^2_{jk}L+\xi_{n+1}^i"),
              ex.prove_pgd_step, "PGD evaluates its gradient at w_n: nothing is to be expanded, Eq. 1 is the step.",
              form=Form("w' = w - eta d_i L(w) + xi", r"w_{n+1}^i = w_n^i-\eta\partial_iL(w_n)+\xi_{n+1}^i"),
              refute=ex.refute_eq22),
        entry("Eq23", f"{APPENDIX}, Eq. 23", "The conditional variance of a PGD coordinate is sigma^2.",
              Form("Var[w'_i | w] = Var xi_i = sigma^2", r"\operatorname{var}[w_{n+1}^{(i)}|w_n]=\sigma^2"),
              ex.prove_pgd_step, "Given w_n only the new noise varies."),
    )  # fmt: skip


# --- slides -----------------------------------------------------------------------------------------------------


def _slides() -> tuple[Claim, ...]:
    sigma = Form("Lmod = L + (sigma/2) Tr Hessian L for noise sigma xi, xi standard Gaussian",
                 r"\tilde L = L+\tfrac{\sigma}{2}\operatorname{Tr}\nabla^2L")  # fmt: skip
    square = Form("Lmod = L + (sigma^2/2) Tr Hessian L", MODIFIED_LATEX)
    in_w = Form("w_{k+1} = w_k - eta grad Lmod(w_k) + zeta_k, zeta = noise + higher-order terms",
                r"w_{k+1}\simeq w_k-\eta\nabla\tilde L(w_k)+\zeta_k")  # fmt: skip
    in_z = Form("z_{k+1} = z_k - eta grad Lmod(z_k) + zeta_k, z_k = w_k - sigma xi_k, E zeta = O(eta sigma^3) for "
                "bounded fourth derivatives",
                r"z_{k+1} = z_k-\eta\nabla\tilde L(z_k)+\zeta_k,\quad z_k = w_k-\sigma\xi_k")  # fmt: skip
    return (
        entry("slides/modified-loss", "slides, Why does it work? (1)", "The regularised loss has sigma/2 at the trace.",
              sigma, ex.prove_conditional_mean, "The paper's Eq. 6 has sigma^2/2, which is right.",
              form=square, refute=ex.refute_slides_variance,
              experiments=(_step_experiment("one step on a cubic loss, Gaussian", "Gaussian", mo.CUBIC),)),
        entry("slides/variable", "slides, Why does it work? (1)", "Anti-PGD is a noisy gradient step on Lmod in w.",
              in_w, rm.prove_orders, "In w the mean step is -eta E grad L(w): the regulariser cancels "
              "against the mean of zeta, of the same order. It is in z = w - sigma xi that the statement holds.",
              form=in_z, refute=ex.refute_slides_variable),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (*_section(), *_appendix(), *_slides())
