"""The paper's small examples: a non-convex network, a surface with two basins, counts of parameters, sharpness.

Source: anisotropic, Appendix B (Eq. 84-87), D.1, D.3, D.4 (Eq. 88-89).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import cache

import sympy as sp

from theory.proof import Blackboard, Proof

ANGLE = sp.Symbol("theta", real=True)
S1, S2 = sp.symbols("s1 s2", real=True)


def clipped_loss(w1: sp.Expr, w2: sp.Expr) -> sp.Expr:
    """Eq. 85.

    Examples
    --------
    >>> clipped_loss(sp.S.One, sp.S.Zero)
    1/100
    """
    output = sp.Max(w1, 0) - sp.Max(w2, 0)
    return (sp.Min(sp.Max(output, sp.Rational(1, 10)), sp.Rational(9, 10)) - 1) ** 2


@cache
def prove_appendix_b() -> Proof:
    """Eq. 86 and 87, and minima of different height."""
    board = Blackboard("evaluation of the formula")
    half = sp.Rational(1, 2)
    values = {"L(1, 0)": (1, 0, "1/100"), "L(0, 1)": (0, 1, "81/100"), "L(1/2, 1/2)": (half, half, "81/100")}
    for name, (a, b, expected) in values.items():
        board.equal(name, clipped_loss(sp.sympify(a), sp.sympify(b)), sp.Rational(expected))
    ends = (clipped_loss(sp.S.One, sp.S.Zero) + clipped_loss(sp.S.Zero, sp.S.One)) / 2
    board.true("below the value at the midpoint", ends < clipped_loss(half, half), f"{ends} < 81/100")
    board.equal("the midpoint of (1, 0) and (0, 1)", (sp.Matrix([1, 0]) + sp.Matrix([0, 1])) / 2,
                sp.Matrix([half, half]))  # fmt: skip
    step = sp.Rational(1, 20)
    around = [clipped_loss(a * step, 1 + b * step) for a in (-1, 0, 1) for b in (-1, 0, 1)]
    board.true("(0, 1) lies on a plateau of local minima at 81/100", set(around) == {sp.Rational(81, 100)})
    board.true("(1, 0) and (2, 0) are global ones", clipped_loss(sp.Integer(2), sp.S.Zero) == sp.Rational(1, 100))
    return board.proof()


# --- D.1 --------------------------------------------------------------------------------------------------------


def sharp_form(angle: sp.Expr) -> sp.Expr:
    """The first quadratic form of D.1, both sine terms as printed."""
    c, s = sp.cos(angle), sp.sin(angle)
    return 10 * (S1 * c - S2 * s) ** 2 + 100 * (S1 * c + S2 * s) ** 2


def sharp_hessian() -> sp.Matrix:
    """Its Hessian at the angle pi/4."""
    return sp.hessian(sp.expand(sharp_form(sp.pi / 4)), (S1, S2))


@cache
def prove_basins() -> Proof:
    """Without data noise: loss 0 at (1, 1) with Hessian eigenvalues 20 and 200, at (-1, -1) with 2 and 2."""
    board = Blackboard("evaluation and eigenvalues")
    hessian = sharp_hessian()
    board.equal("Hessian at (1, 1)", hessian, sp.Matrix([[110, 90], [90, 110]]))
    board.equal("direction (1, 1)", hessian * sp.Matrix([1, 1]), 200 * sp.Matrix([1, 1]))
    board.equal("direction (1, -1)", hessian * sp.Matrix([1, -1]), 20 * sp.Matrix([1, -1]))
    w1, w2 = sp.symbols("w1 w2", real=True)
    board.equal("Hessian at (-1, -1)", sp.hessian((w1 + 1) ** 2 + (w2 + 1) ** 2, (w1, w2)), 2 * sp.eye(2))
    form = sharp_form(sp.pi / 4)
    board.equal("loss 0 at (1, 1)", form.subs({S1: 0, S2: 0}), sp.S.Zero)
    board.true("there the other branch is higher", sp.Integer(2**2 + 2**2) > 0)
    board.true("at (-1, -1) the first branch is higher", form.subs({S1: -2, S2: -2}) > 0)
    return board.proof()


@cache
def prove_inverse_hessian() -> Proof:
    """The inverse Hessian is R diag(1/20, 1/200) R^T, entries 11/400 and -9/400, a covariance."""
    board = Blackboard("linear algebra")
    inverse = sharp_hessian().inv()
    root = 1 / sp.sqrt(2)
    rotation = sp.Matrix([[root, root], [-root, root]])
    turned = rotation * sp.diag(sp.Rational(1, 20), sp.Rational(1, 200)) * rotation.T
    board.equal("R diag R^T, R the printed matrix", turned, inverse)
    board.equal("entries", inverse, sp.Matrix([[11, -9], [-9, 11]]) / 400)
    board.true("positive definite", inverse.det() > 0 and inverse[0, 0] > 0)
    return board.proof()


@cache
def refute_covariance() -> Proof:
    """The printed Sigma is a rotation: not symmetric, and not the inverse Hessian."""
    board = Blackboard("exact example")
    c = sp.cos(sp.pi / 4)
    printed = sp.Matrix([[c, c], [-c, c]])
    board.equal("it is orthogonal", printed * printed.T, sp.eye(2))
    board.differ("its entries off the diagonal", printed[0, 1], printed[1, 0])
    board.differ("its product with the Hessian, first entry", (printed * sharp_hessian())[0, 0], sp.S.One)
    return board.proof()


@cache
def prove_gradient_covariance() -> Proof:
    """With Cov x = H^{-1}, gradients H (w - 1 - x) of the sharp branch have covariance H: noise and curvature agree."""
    board = Blackboard("linear algebra")
    hessian = sharp_hessian()
    board.equal("H H^{-1} H^T", hessian * hessian.inv() * hessian.T, hessian)
    return board.proof()


@cache
def prove_rotation_angle() -> Proof:
    """The two squares have orthonormal directions at theta = pi/4 (where sin = cos); in general their product is cos
    2 theta.
    """
    board = Blackboard("trigonometry")
    first, second = sp.Matrix([sp.cos(ANGLE), -sp.sin(ANGLE)]), sp.Matrix([sp.cos(ANGLE), sp.sin(ANGLE)])
    board.equal("scalar product of the directions", sp.simplify(first.dot(second)), sp.cos(2 * ANGLE))
    board.equal("at pi/4", first.dot(second).subs(ANGLE, sp.pi / 4), sp.S.Zero)
    turned = 10 * (S1 * sp.cos(ANGLE) - S2 * sp.sin(ANGLE)) ** 2 + 100 * (S1 * sp.sin(ANGLE) + S2 * sp.cos(ANGLE)) ** 2
    board.equal("the rotated form agrees there", sharp_form(sp.pi / 4), turned.subs(ANGLE, sp.pi / 4))
    return board.proof()


def loss_gap() -> sp.Expr:
    """A lower bound of E l(1, 1) - E l(-1, -1) for x ~ N(0, H^{-1})."""
    spread = sharp_hessian().inv().trace()  # E|x|^2, and by Markov's inequality P(|x| > 1) at most
    return (sp.exp(-sp.S.Half) - spread) / 2 - spread


@cache
def refute_both_global() -> Proof:
    """x ~ N(0, H^{-1}): E l(-1, -1) <= E|x|^2 = 11/200, E l(1, 1) >= P(Q > 1/2, |x| <= 1)/2, Q = x^T H x / 2 ~
    Exp(1).
    """
    board = Blackboard("Markov's inequality and the law of the quadratic form")
    spread = sharp_hessian().inv().trace()
    board.equal("E|x|^2", spread, sp.Rational(11, 200))
    q = sp.Symbol("q", positive=True)
    board.equal("Q = (z_1^2 + z_2^2)/2 has density e^(-q): P(Q > 1/2)", sp.integrate(sp.exp(-q), (q, sp.S.Half, sp.oo)),
                sp.exp(-sp.S.Half))  # fmt: skip
    board.true("|x| <= 1: the flat branch at (1, 1) is at least (2 sqrt 2 - 1)^2 > 1/2",
               (2 * sp.sqrt(2) - 1) ** 2 > sp.S.Half)  # fmt: skip
    board.true("E l(1, 1) > E l(-1, -1)", loss_gap() > 0, f"difference at least {sp.N(loss_gap(), 5)}")
    return board.proof()


# --- D.3, D.4 ---------------------------------------------------------------------------------------------------


def convolution(size: int, inputs: int, outputs: int) -> int:
    """Weights and biases of a convolution."""
    return size * size * inputs * outputs + outputs


def dense(widths: Sequence[int]) -> int:
    """Weights and biases of fully connected layers.

    Examples
    --------
    >>> dense([2, 3, 1])
    13
    """
    return sum(a * b + b for a, b in itertools.pairwise(widths))


def lenet() -> int:
    """28 x 28 grey images; 5 x 5 kernels, 10 channels, no padding; pooling by 2; fully connected to 50, then 10."""
    side = 28
    for _ in range(2):
        side = (side - 5 + 1) // 2
    return convolution(5, 1, 10) + convolution(5, 10, 10) + dense([10 * side * side, 50, 10])


VGG_CHANNELS = (3, 64, 128, 256, 256, 512, 512, 512, 512)


def vgg11(hidden: int, image: int = 32) -> int:
    """Eight 3 x 3 convolutions, five poolings by 2, fully connected to hidden, hidden, 10 classes."""
    body = sum(convolution(3, a, b) for a, b in itertools.pairwise(VGG_CHANNELS))
    return body + dense([512 * (image // 32) ** 2, hidden, hidden, 10])


@cache
def prove_lenet() -> Proof:
    """11,330 parameters."""
    board = Blackboard("arithmetic")
    board.equal("260 + 2510 + 8050 + 510", sp.Integer(lenet()), sp.Integer(11330))
    return board.proof()


@cache
def prove_vgg() -> Proof:
    """9,750,922 parameters with fully connected layers of 512 (4096, the ImageNet width, would give more)."""
    board = Blackboard("arithmetic")
    board.equal("hidden width 512", sp.Integer(vgg11(512)), sp.Integer(9750922))
    board.true("hidden width 4096 gives another count", vgg11(4096) != 9750922, str(vgg11(4096)))
    return board.proof()


@cache
def prove_batches() -> Proof:
    """1,200 examples make 60 batches of 20."""
    board = Blackboard("arithmetic")
    board.equal("1200 / 20", sp.Rational(1200, 20), sp.Integer(60))
    return board.proof()


@cache
def prove_sharpness_estimate() -> Proof:
    """The estimate is unbiased; on a quadratic loss its mean is delta^2 Tr H / 2, its variance as stated."""
    board = Blackboard("Gaussian moments in an eigenbasis")
    d, m = sp.symbols("delta M", positive=True)
    h, g, z = sp.symbols("h g z", real=True)

    def mean(expression: sp.Expr) -> sp.Expr:
        terms = sp.Poly(sp.expand(expression), z).terms()
        return sum(c * (sp.factorial2(k - 1) if k % 2 == 0 else 0) for (k,), c in terms)

    rise = g * d * z + h * d**2 * z**2 / 2  # one eigendirection; different ones are independent
    board.equal("mean", mean(rise), d**2 * h / 2)
    board.equal("variance of one draw", sp.expand(mean(rise**2) - mean(rise) ** 2), d**2 * g**2 + d**4 * h**2 / 2)
    v = sp.Symbol("v", positive=True)
    board.equal("variance of a mean of M draws", m * v / m**2, v / m)
    return board.proof()
