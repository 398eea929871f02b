"""Anti-PGD paper, Eq. 10-12 and 30-33: the widening valley, its derivatives, the update, remarks on stability."""

from __future__ import annotations

import numpy as np
import sympy as sp

from theory.claims.antipgd._valley import PAPER, entry, fails, holds, mean_experiment
from theory.claims.claim import Claim, Derivation, Experiment, Form, Verdict
from theory.valley import gradient_descent as gd
from theory.valley import landscape as valley
from theory.valley.plateau import conditional_drift, prove_conditional_drift

SECTION = "Section 3.1"
APPENDIX = "Appendix C, before C.1"

LOSS = Form("L(u, v) = v^2 |u|^2 / 2 >= 0, with equality exactly where v = 0 or u = 0",
            r"L(u,v) = \tfrac12 v^2 \|u\|^2 \ge 0")  # fmt: skip
GRADIENT = Form("grad L = (v^2 u, |u|^2 v)", r"\nabla L(u,v) = (v^2 u,\ \|u\|^2 v)")
TRACE_TEXT = "Tr Hessian L = d v^2 + |u|^2"
TRACE_LATEX = r"\operatorname{Tr} \nabla^2 L(u,v) = d v^2 + \|u\|^2"
HESSIAN = r"\nabla^2 L(u,v) = \begin{bmatrix} v^2 I_d & 2vu \\ 2vu^\top & %s \end{bmatrix}"


def _trace(point: dict[str, sp.Expr]) -> sp.Expr:
    """The trace by differentiating the loss at u = (norm_u, 0, ..., 0)."""
    dim = int(point["d"])
    value, variables = valley.explicit(dim)
    at = {variables[0]: point["norm_u"], valley.V: point["v"], **dict.fromkeys(variables[1:-1], sp.S.Zero)}
    return sp.trace(sp.hessian(value, variables)).subs(at)


def _formula() -> sp.Expr:
    dim, v, norm_u = sp.Symbol("d"), sp.Symbol("v"), sp.Symbol("norm_u")
    return dim * v**2 + norm_u**2


TRACE = Form(TRACE_TEXT, TRACE_LATEX, _trace, _formula())


def _trace_claim(number: str, place: str) -> Claim:
    return Claim(
        id=f"{PAPER}/{number}", paper=PAPER, place=place,
        statement="The trace of the valley's Hessian is d v^2 + |u|^2, for every d.",
        printed=TRACE, derive=holds(TRACE, valley.prove_trace), recorded=Verdict.PROVED,
        reason="Differentiated for symbolic d. It agrees with the true Hessian, not with the printed corner |u|.",
        example={"d": sp.Integer(3), "v": sp.Rational(1, 2), "norm_u": sp.Rational(3, 2)},
        symbols={"d": "length of u", "v": "real", "norm_u": "|u|"},
    )  # fmt: skip


def _hessian_claim() -> Claim:
    wrong = Form("lower right entry of the Hessian: |u|", HESSIAN % r"\|u\|")
    right = Form("lower right entry of the Hessian: |u|^2", HESSIAN % r"\|u\|^2")

    def derive() -> Derivation:
        return Derivation(right, valley.prove_hessian(), valley.refute_printed_hessian())

    return entry(
        "Eq11/hessian", f"{SECTION}, Eq. 11, right", "The Hessian has blocks v^2 I, 2 v u and a corner |u|.",
        wrong, derive, Verdict.CORRECTED,
        "The second derivative by v is |u|^2, not |u|; the other blocks are right, and so is Eq. 12.",
    )  # fmt: skip


def _drift_experiment() -> Experiment:
    """E|u_n|^2 after one step (v_0 = 0) and two steps (E v_1^2 = sigma^2, E v_1^4 = sigma^4), exactly."""
    alpha, dim, sigma2 = sp.Rational(1, 2), 8, sp.Rational(1, 16)

    def predict(power: int = 1, cross: int = 2, fourth: int = 1) -> np.ndarray:
        eta, noise = alpha / 2, dim * sigma2**power
        first = 1 + noise
        factor = 1 - cross * eta * sigma2 + fourth * eta**2 * sigma2**2
        return np.array([float(first), float(factor * first + noise)])

    return mean_experiment(
        "PGD, alpha = 1/2, d = 8, sigma^2 = 1/16: E|u|^2 after one and two steps", "sq_norm_u", (1, 2), predict,
        {"sigma^4 for sigma^2": lambda: predict(power=2), "eta for 2 eta": lambda: predict(cross=1),
         "decay ignored": lambda: predict(cross=0, fourth=0)},
        method="pgd", alpha=0.5, dim=8, sigma2=1 / 16, trajectories=1 << 20,
    )  # fmt: skip


def _update_claims() -> tuple[Claim, ...]:
    u_form = Form("u_{k+1} = (1 - eta v_k^2) u_k + eps^u_k", r"u_{k+1} = (1 - \eta v_k^2)\, u_k + \varepsilon_k^u")
    v_form = Form("v_{k+1} = (1 - eta |u_k|^2) v_k + eps^v_k",
                  r"v_{k+1} = (1 - \eta \|u_k\|^2)\, v_k + \varepsilon_k^v")  # fmt: skip
    reason = "One step along the derived gradient plus noise; PGD and Anti-PGD differ in eps only."
    places = {
        "Eq32": (u_form, "Eq. 32"), "Eq33": (v_form, "Eq. 33"), "Eq59": (u_form, "Eq. 59"), "Eq60": (v_form, "Eq. 60"),
        "Eq68": (v_form, "Eq. 68"), "Eq70": (u_form, "Eq. 70"),
    }  # fmt: skip
    updates = tuple(
        entry(number, f"{APPENDIX if number < 'Eq5' else 'Appendix C.2'}, {place}", f"A perturbed step is {form.text}.",
              form, holds(form, valley.prove_updates), Verdict.PROVED, reason)
        for number, (form, place) in places.items()
    )  # fmt: skip
    drift = Form("E[|u_{k+1}|^2 | u_k, v_k] = (1 - eta v_k^2)^2 |u_k|^2 + d sigma^2",
                 r"\mathbb{E}\big[\|u_{k+1}\|^2 \mid u_k, v_k\big] = (1-\eta v_k^2)^2 \|u_k\|^2 + d\sigma^2",
                 None, conditional_drift())  # fmt: skip
    exact = entry(
        "Eq59/second-moment", "Appendix C.2, after Eq. 59", "One step of PGD changes E|u|^2 by the stated amount.",
        drift, holds(drift, prove_conditional_drift), Verdict.PROVED,
        "The noise on u has mean zero and is independent of the state. All of Theorem 3.1 hangs on this balance.",
        experiments=(_drift_experiment(),), new=True,
        example={"R": sp.S.One, "d": sp.Integer(8), "eta": sp.Rational(1, 4), "sigma": sp.Rational(1, 8),
                 "v": sp.Rational(1, 16)},
    )  # fmt: skip
    return (*updates, exact)


def _stability_claims() -> tuple[Claim, ...]:
    floor = Form("a minimum (u, 0) is stable for gradient descent exactly when eta |u|^2 <= 2",
                 r"|1 - \eta\|u\|^2| \le 1 \iff \eta \le \frac{2}{\|u\|^2}")  # fmt: skip
    need = Form("gradient descent is stable only if eta <= 2 / max(v_k^2, |u_k|^2)",
                r"\eta \le \frac{2}{\max\{v_k^2, \|u_k\|^2\}}")  # fmt: skip
    bound = Form("the loss goes to 0 whenever eta (|u_0|^2 + v_0^2) < 4", r"\eta\,(\|u_0\|^2 + v_0^2) < 4")
    target = Form("from large |u| and any v, gradient descent converges to (u_0, 0)", r"(u_k, v_k) \to (u_0, 0)")
    true_target = Form(
        "from |u_0|^2 > v_0^2, eta (|u_0|^2 + v_0^2) < 2: v -> 0, |u|^2 -> (|u_0|^2 - v_0^2) prod_k (1 - P_k)",
        r"\|u_k\|^2 \to (\|u_0\|^2 - v_0^2) \prod_k (1 - P_k),\quad P_k = \eta^2 \|u_k\|^2 v_k^2",
    )
    return (
        entry(
            "C/stability/floor", f"{APPENDIX}, remark 1, read at a minimum",
            "Linear stability of a minimum (u, 0) under gradient descent needs eta <= 2 / |u|^2.",
            floor, holds(floor, gd.prove_floor_stability), Verdict.PROVED,
            "I - eta Hessian has eigenvalues 1 (along the floor) and 1 - eta |u|^2 (across it).",
        ),
        entry(
            "C/stability/along-the-path", f"{APPENDIX}, remark 1, read along the path",
            "Gradient descent without noise needs eta <= 2 / max(v_k^2, |u_k|^2) at every k to be stable.",
            need, fails(bound, gd.prove_energy_bound, gd.refute_stability_bound), Verdict.CORRECTED,
            "S = eta (|u|^2 + v^2) obeys S' = S - P (4 - S): below 4 it never grows, so paths may start with "
            "eta |u|^2 > 2, throw v up, lose |u| and settle. The watershed is the sum at 4, not the maximum at 2.",
        ),
        entry(
            "C/gradient-descent-limit", f"{APPENDIX}, remark 2",
            "Gradient descent from a big |u| and any v converges to (u_0, 0), because d is large.",
            target, fails(true_target, gd.prove_where_it_ends, gd.refute_any_v), Verdict.CORRECTED,
            "v must be smaller than |u|, else u dies instead of v; |u|^2 loses at least v_0^2; d plays no role. "
            "(The remark also writes |u_0| = D where the theorem has |u_0|^2 = D.)",
        ),
    )  # fmt: skip


def _claims() -> tuple[Claim, ...]:
    scale = Form("with eta = alpha / (2 D), w / sqrt(D) depends on D only through sigma^2 / D",
                 r"w \to w / \sqrt{D},\quad \sigma \to \sigma / \sqrt{D}")  # fmt: skip
    energy = Form("S_{k+1} = S_k - P_k (4 - S_k) without noise, S = eta (|u|^2 + v^2), P = eta^2 |u|^2 v^2",
                  r"S_{k+1} = S_k - P_k (4 - S_k)")  # fmt: skip
    return (
        entry("Eq10", f"{SECTION}, Eq. 10", "The valley's loss is nonnegative; every point with v = 0 is a minimum.",
              LOSS, holds(LOSS, valley.prove_minima), Verdict.PROVED, "A product of squares."),
        entry("Eq11/gradient", f"{SECTION}, Eq. 11, left", "The gradient of the valley's loss is (v^2 u, |u|^2 v).",
              GRADIENT, holds(GRADIENT, valley.prove_gradient), Verdict.PROVED, "Differentiated for symbolic d."),
        _hessian_claim(),
        _trace_claim("Eq12", f"{SECTION}, Eq. 12"),
        entry("Eq30", f"{APPENDIX}, Eq. 30", "Any point where v = 0 or |u|^2 = 0 minimises the valley's loss.",
              LOSS, holds(LOSS, valley.prove_minima), Verdict.PROVED, "A product of squares; no other point does."),
        _trace_claim("Eq31", f"{APPENDIX}, Eq. 31"),
        *_update_claims(),
        *_stability_claims(),
        entry("3.1/scale", "Theorem 3.1", "D >> 1 plays no role: the theorem's dynamics depends on sigma^2 / D only.",
              scale, holds(scale, valley.prove_scale_invariance), Verdict.PROVED, "A change of units.", new=True),
        entry("C/energy", APPENDIX, "A gradient step changes eta (|u|^2 + v^2) by -P (4 - S), exactly.",
              energy, holds(energy, valley.prove_energy), Verdict.PROVED,
              "Direct computation; it decides stability without noise and how PGD blows up.", new=True),
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = _claims()
