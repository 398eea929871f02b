"""Anti-PGD paper, Section 2.3 (Eq. 9), Section 3.4 (Eq. 15-18), Section 4, Appendix D (Eq. 72-74): example losses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import sympy as sp

from theory.claims.antipgd._linear import entry
from theory.claims.building import number_sampler, sampled_means
from theory.claims.claim import Claim, Form, Point
from theory.smoothing import regression as re

UNIT, QUADRATIC, SENSING = "Section 3.4", "Appendix D.2", "Appendix D.3"

# --- Eq. 9 ------------------------------------------------------------------------------------------------------

NOISE = 0.5


def _label_noise() -> tuple[Claim, ...]:
    summed = Form("grad Lbar = grad L + sum_i grad f_i xi, L = sum_i (f_i - y_i)^2 / 2, which is Lbar at xi = 0",
                  r"\nabla\bar L(w)=\nabla L(w)+\sum_{i=1}^M\nabla f_w(x^{(i)})\xi_{n+1}")  # fmt: skip
    printed = Form("grad Lbar = grad L + sum_i grad f_i xi, L the mean of the losses (f_i - y_i)^2 / 2",
                   r"\nabla\bar L(w)=\nabla L(w)+\sum_{i=1}^M\nabla f_w(x^{(i)})\xi_{n+1}")  # fmt: skip
    form = Form("grad Lbar = M grad L + sum_i grad f_i xi",
                r"\nabla\bar L(w)=M\nabla L(w)+\sum_{i=1}^M\nabla f_w(x^{(i)})\xi_{n+1}")  # fmt: skip
    w, inputs, targets = 0.5, np.array([1.0, -2.0, 0.5]), np.array([1.0, 0.0, 2.0])

    def gradient(noise: np.ndarray | float) -> np.ndarray:
        return np.asarray(((w * inputs - targets)[None, :] + np.reshape(noise, (-1, 1))) @ inputs)

    def draw(generator: np.random.Generator, size: int) -> np.ndarray:
        found = gradient(NOISE * generator.choice((-1.0, 1.0), size))
        return np.stack([found, (found - gradient(0.0)[0]) ** 2], axis=1)

    slope = (NOISE * inputs.sum()) ** 2
    full = float(((w * inputs - targets) * inputs).sum())
    seen = sampled_means(
        "f = w x, three data points, M = 3", draw, ("mean", "variance"), lambda: np.array([full, slope]),
        {"independent label noise": lambda: np.array([full, NOISE**2 * (inputs**2).sum()]),
         "opposite sign": lambda: np.array([-full, slope])},
        printed=lambda: np.array([full / 3, slope]), count=20_000,
    )  # fmt: skip
    reason = ("Lbar has no 1/M where L has one, so grad L comes M times; with 1/(2M) in Lbar the noise term is divided "
              "by M.")  # fmt: skip
    return (
        entry("Eq9", "Section 2.3, Eq. 9, L read as Lbar at xi = 0", "The gradient of the label-noise loss, one "
              "perturbation for all labels, L the sum of the losses.", summed, re.prove_label_noise,
              "Linear in xi. The section does not say which L is meant; for the mean loss see Eq9/mean-loss."),
        entry("Eq9/mean-loss", "Section 2.3, Eq. 9, L read as the mean loss, as in Eq. 15 and 74", "The same with the "
              "mean of the losses for L.", printed, re.prove_label_noise, reason, form=form,
              refute=re.refute_label_noise, experiments=(seen,)),
    )  # fmt: skip


# --- Eq. 15-18 --------------------------------------------------------------------------------------------------

UNIT_EXAMPLE = {"u1": sp.Rational(1, 2), "u2": sp.Integer(-1), "u3": sp.Integer(2), "v": sp.Rational(3, 2)}
UNIT_MEANING = {"u1": "weight", "u2": "weight", "u3": "weight of the spurious feature", "v": "outer weight"}
UNIT_AT: dict[str, Any] = {
    "example": UNIT_EXAMPLE, "symbols": UNIT_MEANING,
    "sample": number_sampler(u1=(-9, 9, 4), u2=(-9, 9, 5), u3=(-9, 9, 7), v=(-9, 9, 4)),
}  # fmt: skip


def _reduced_side(cross: int) -> Callable[[Point], sp.Expr]:
    """The loss without its constant, for the four data points of the example."""
    design, targets = re.isotropic_example()
    correlations = dict(zip(re.COR, design.T * targets / 4))
    formula = re.reduced(sp.Integer(cross)).subs(correlations)
    return lambda point: formula.subs({s: point[s.name] for s in formula.free_symbols})


def _data_side(point: Mapping[str, sp.Expr]) -> sp.Expr:
    """The same from the data: Eq. 15 less its value at v = 0."""
    design, targets = re.isotropic_example()
    u = sp.Matrix([point[name] for name in ("u1", "u2", "u3")])
    constant = (targets.T * targets)[0] / 8
    return re.one_unit_loss(design, targets, u, sp.sympify(point["v"])) - constant


def _reduced_form(cross: int, features: str, tail: str) -> Form:
    two = "" if cross == 1 else "2 "
    return Form(f"L = v^2 |u|^2 / 2 - {two}v u_{features} . E[y x_{features}] (+ constant)",
                rf"L(u,v)=\tfrac12v^2\|u\|^2-{two}v\,u{tail}^\top\mathbb E[yx{tail}]", _data_side, _reduced_side(cross))


def _one_unit() -> tuple[Claim, ...]:
    square = Form("2L = E y^2 - 2 v u . E[y x] + v^2 E (u . x)^2",
                  r"2L=\mathbb E[y^2]-2v\,u^\top\mathbb E[yx]+v^2\mathbb E[(u^\top x)^2]")  # fmt: skip
    trace = Form("v^2 E (u . x)^2 = v^2 E Tr(u^T x x^T u)", r"v^2\mathbb E[(u^\top x)^2]=v^2\mathbb "
        r"E\operatorname{Tr}(\cdot)")
    norm = Form("v^2 E (u . x)^2 = v^2 Tr(u u^T) = v^2 |u|^2 for E x x^T = I",
                r"v^2\mathbb E[(u^\top x)^2]=v^2\operatorname{Tr}(uu^\top)=v^2\|u\|^2")  # fmt: skip
    valley = Form("in (u_{m+1..m+d}, v), u_{1..m} fixed, L is v^2 |u|^2 / 2 up to a constant, u the spurious weights",
                  r"L(u,v)=\tfrac12v^2\|u_{m+1:m+d}\|^2")  # fmt: skip
    full_valley = Form("L = v^2 |s|^2 / 2 + v^2 |r|^2 / 2 - v r . c, s spurious, r relevant weights, c = E[y x_{1:m}]",
                       r"L=\tfrac12v^2\|s\|^2+\tfrac12v^2\|r\|^2-v\,r^\top c")  # fmt: skip
    stays = Form("minimisers of Eq. 18 that gradient descent finds have spurious weights other than 0 in general",
                 r"u_{m+1:m+d}\ne0")  # fmt: skip
    gone = Form("for c != 0 every minimum of Eq. 18, local or global, has v u = (c, 0), so u_{m+1..m+d} = 0; the other "
                "critical points (v = 0, u . c = 0) are strict saddles", r"v\,u=(c,0)\ \Rightarrow\ u_{m+1:m+d}=0")
    reason = "Half of the expanded square: the cross term loses its 2 as the others do."
    return (
        entry("Eq15", f"{UNIT}, Eq. 15, expanded", "The square loss of one linear hidden unit, expanded.", square,
              re.prove_square, "Expanded for symbolic data; the constant E y^2 plays no role."),
        entry("Eq16", f"{UNIT}, Eq. 16", "The quadratic term as a trace.", trace, re.prove_square, "A number is its "
            "trace."),
        entry("Eq17", f"{UNIT}, Eq. 17", "The quadratic term for isotropic inputs.", norm, re.prove_square,
              "E x x^T = I over the data, which needs at least as many data points as features."),
        entry("3.4/reduced-loss", f"{UNIT}, after Eq. 17", "The loss for isotropic inputs has 2 v u . E[y x].",
              _reduced_form(2, "all", ""), re.prove_reduced, reason, form=_reduced_form(1, "all", ""),
              refute=re.refute_factor_two, **UNIT_AT),
        entry("Eq18", f"{UNIT}, Eq. 18", "The loss when the last d features are uncorrelated with the target.",
              _reduced_form(2, "{1:m}", "_{1:m}"), re.prove_reduced, reason, form=_reduced_form(1, "{1:m}", "_{1:m}"),
              refute=re.refute_factor_two, **UNIT_AT),
        entry("3.4/effective-loss", f"{UNIT}, last sentence", "On the spurious subspace the loss is the widening "
            "valley.",
              valley, re.prove_spurious_loss, "v belongs to that subspace, so the terms v^2 |r|^2 / 2 - v r . c are no "
              "constants; the valley is what remains for r = 0.", form=full_valley, refute=re.refute_spurious_loss),
        entry("3.4/spurious-weights", f"{UNIT}, after Eq. 18", "Gradient descent on Eq. 18 does not set spurious "
            "weights to 0.",
              stays, re.prove_minima, "L is |v u - c|^2 / 2 less a constant: minima with spurious weights do not "
                                      "exist. A "
              "step shrinks them by 1 - eta v^2. The widening valley's floor is what Eq. 18 does not have.",
              form=gone, refute=re.prove_minima),
        entry("3.4/shrinking", f"{UNIT}, beyond Eq. 18", "What a gradient step does to spurious weights.",
              Form("s' = (1 - eta v^2) s for the spurious weights s", r"s_{n+1}=(1-\eta v_n^2)s_n"),
              re.prove_descent_shrinks_spurious, "Their correlation with the target is 0.", new=True),
    )  # fmt: skip


# --- Eq. 72-74 --------------------------------------------------------------------------------------------------

WEIGHTS = ("w1", "w2")
QUADRATIC_AT: dict[str, Any] = {
    "example": {"w1": sp.Rational(1, 2), "w2": sp.Integer(-3)},
    "symbols": {"w1": "first weight", "w2": "second weight"},
    "sample": number_sampler(w1=(-9, 9, 4), w2=(-9, 9, 5)),
}  # fmt: skip
DESIGN, TARGETS = sp.Matrix([[1, 2], [-1, 1], [3, 0]]), sp.Matrix([1, -2, sp.Rational(1, 2)])


def _quadratic_loss() -> tuple[sp.Expr, sp.Matrix, sp.Matrix]:
    w = sp.Matrix(sp.symbols("w1 w2", real=True))
    residual = DESIGN * w.applyfunc(lambda a: a**2) - TARGETS
    return (residual.T * residual)[0] / (4 * DESIGN.rows), w, residual


def _at(matrix: sp.MatrixBase) -> Callable[[Point], sp.Expr]:
    return lambda point: sp.ImmutableMatrix(matrix.subs({s: point[s.name] for s in matrix.free_symbols}).expand())


def _quadratic_forms() -> tuple[Form, Form]:
    loss, w, residual = _quadratic_loss()
    gradient = (DESIGN.T * residual).multiply_elementwise(w) / 3
    hessian = sp.diag(*w) * DESIGN.T * DESIGN * sp.diag(*w) * 2 / 3 + sp.diag(*(DESIGN.T * residual)) / 3
    return (
        Form("grad L = (1/n) [X^T (X w^2 - y)] * w", r"\nabla L=\tfrac1n[X^\top(Xw^{\odot2}-y)]\odot w",
             _at(sp.Matrix([sp.diff(loss, a) for a in w])), _at(gradient)),
        Form("Hessian = (2/n) diag(w) X^T X diag(w) + (1/n) diag(X^T (X w^2 - y))",
             r"\nabla^2L=\tfrac2n\operatorname{diag}(w)X^\top X\operatorname{diag}(w)"
             r"+\tfrac1n\operatorname{diag}(X^\top(Xw^{\odot2}-y))", _at(sp.hessian(loss, list(w))), _at(hessian)),
    )  # fmt: skip


def _quadratic() -> tuple[Claim, ...]:
    gradient, hessian = _quadratic_forms()
    return (
        entry("4/targets", "Section 4, quadratically-parametrized regression", "The targets y are in R^d, X in R^{n x "
            "d}.",
              Form("y in R^d", r"y\in\mathbb R^d"), re.prove_target_length,
              "X (w * w) has n entries; d = 100, n = 40 in the experiment. (D.2 calls the number of data M.)",
              form=Form("y in R^n", r"y\in\mathbb R^n"), refute=re.refute_target_length),
        entry("4/non-convex", "Section 4, quadratically-parametrized regression",
              "The loss is not convex, because it is even in every weight.",
              Form("L is even in every weight, hence not convex", r"L(-w)=L(w)\Rightarrow L\text{ not convex}"),
              re.prove_nonconvex, "An even function may be convex: X = 1, y = -1. It is not if some w has a loss below "
              "L(0), as for the perfect targets y = X w*^2 != 0 of the experiment.",
              form=Form("not convex wherever some L(w) < L(0), e.g. y = X w*^2 != 0",
                        r"L(w)<L(0)\Rightarrow L\text{ not convex}"), refute=re.refute_nonconvex),
        entry("Eq72", f"{QUADRATIC}, Eq. 72", "Gradient of the quadratically parametrized regression loss.", gradient,
              re.prove_quadratic_gradient, "Differentiated for symbolic data.", **QUADRATIC_AT),
        entry("Eq73", f"{QUADRATIC}, Eq. 73", "Hessian of the quadratically parametrized regression loss.", hessian,
              re.prove_quadratic_hessian, "Differentiated for symbolic data.", **QUADRATIC_AT),
    )  # fmt: skip


def _norm_claim() -> Claim:
    def draw(generator: np.random.Generator, size: int) -> np.ndarray:
        return np.linalg.norm(generator.standard_normal((size, 20, 5)), 2, axis=(1, 2)) ** 2

    seen = sampled_means(
        "V of 20 x 5 standard normal entries: 2-norm of V V^T", draw, ("2-norm",), lambda: np.array([20.0]),
        {"Tr X*, without the rank": lambda: np.array([100.0])}, relation=">=", count=2000,
    )  # fmt: skip
    return entry(
        "D.3/unit-norm", f"{SENSING}, problem definition and precise setting",
        "X* = V V^T with standard Gaussian V (20 x 5) has unit 2-norm.",
        Form("|V V^T|_2 = 1", r"\|V^*V^{*\top}\|_2=1"), re.prove_sensing_norm,
        "The two descriptions of X* exclude each other, unless V is divided by its norm.",
        form=Form("E |V V^T|_2 >= 20; V / |V|_2 gives 1", r"\mathbb E\|V^*V^{*\top}\|_2\ge20"),
        refute=re.refute_sensing_norm, experiments=(seen,),
    )  # fmt: skip


def _sensing() -> tuple[Claim, ...]:
    symmetric = Form("<A, S> = <(A + A^T)/2, S> and <A^T, S> = tr(A^T S) for symmetric S",
                     r"\langle A^\top,X^*\rangle=\operatorname{tr}(A^\top X^*)")  # fmt: skip
    gradient = Form("grad L_i = -(y_i - <A_i, U U^T>) (A_i + A_i^T) U",
                    r"\nabla L_i(U)=-(y_i-\langle A_i,UU^\top\rangle)(A_i+A_i^\top)U")  # fmt: skip
    return (
        entry("Eq74/symmetric", f"{SENSING}, before Eq. 74", "Measurement matrices may be taken symmetric.", symmetric,
              re.prove_sensing_symmetric, "X* and U U^T are symmetric; for other matrices <A^T, X> would be tr(A X)."),
        entry("Eq74/gradient", f"{SENSING}, beyond Eq. 74", "The gradient that D.1 promises and D.3 does not give.",
              gradient, re.prove_sensing_gradient, "-2 (y_i - <A_i, U U^T>) A_i U for symmetric A_i.", new=True),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (*_label_noise(), *_one_unit(), *_quadratic(), *_sensing(), _norm_claim())
