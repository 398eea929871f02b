"""Square loss: gradient, Gauss-Newton split of the Hessian, third derivative, and bounds by the loss."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from theory.proof import Blackboard, Proof

RESIDUAL, DIRECTION, OTHER = sp.symbols("e a b")


def quadratic_models(count: int = 2) -> tuple[list[sp.Expr], list[sp.Symbol], list[sp.Symbol]]:
    """``count`` generic cubic models of two parameters (values, gradients, Hessians, third derivatives free at 0)."""
    u, v = sp.symbols("u v")
    models, labels = [], []
    for i in range(count):
        c = sp.symbols(f"c{i}_0:10")
        models.append(
            c[0] + c[1] * u + c[2] * v + c[3] * u**2 / 2 + c[4] * u * v + c[5] * v**2 / 2
            + c[6] * u**3 / 6 + c[7] * u**2 * v / 2 + c[8] * u * v**2 / 2 + c[9] * v**3 / 6
        )  # fmt: skip
        labels.append(sp.Symbol(f"y{i}"))
    return models, labels, [u, v]


def loss(models: Sequence[sp.Expr], labels: Sequence[sp.Expr]) -> sp.Expr:
    """Mean of (f_i - y_i)^2 / 2."""
    return sum((f - y) ** 2 for f, y in zip(models, labels)) / (2 * len(models))


def prove_split() -> Proof:
    """grad L and Hessian L = G + E at a generic point of generic cubic models (all derivatives up to 3 are free)."""
    board = Blackboard("differentiation of generic models, n = 2, d = 2")
    models, labels, variables = quadratic_models()
    origin = dict.fromkeys(variables, 0)
    value, n = loss(models, labels), len(models)
    for a in variables:
        printed = sum((f - y) * sp.diff(f, a) for f, y in zip(models, labels)) / n
        board.equal(f"Eq. 17, component {a}", sp.expand(sp.diff(value, a)), sp.expand(printed))
        for b in variables:
            second = sp.diff(value, a, b).subs(origin)
            gauss = sum(sp.diff(f, a) * sp.diff(f, b) for f in models) / n
            rest = sum((f - y) * sp.diff(f, a, b) for f, y in zip(models, labels)) / n
            board.equal(f"Eq. 18-19, entry {a}{b}", sp.expand(second), sp.expand((gauss + rest).subs(origin)))
    return board.proof()


def prove_third_derivative() -> Proof:
    """half of the third derivative applied to a symmetric S, with the remainder sum_i (f_i - y_i) f_i'''(S) / (2n)."""
    board = Blackboard("differentiation of generic models, n = 2, d = 2")
    models, labels, variables = quadratic_models()
    origin = dict.fromkeys(variables, 0)
    s = sp.Matrix([[sp.Symbol("s11"), sp.Symbol("s12")], [sp.Symbol("s12"), sp.Symbol("s22")]])
    value, n = loss(models, labels), len(models)
    size = range(2)

    def contracted(function: sp.Expr, a: sp.Symbol) -> sp.Expr:
        pairs = ((i, j) for i in size for j in size)
        return sum(s[i, j] * sp.diff(function, a, variables[i], variables[j]) for i, j in pairs).subs(origin)

    gradients = [sp.Matrix([sp.diff(f, w) for w in variables]).subs(origin) for f in models]
    hessians = [sp.hessian(f, variables).subs(origin) for f in models]
    for index, a in enumerate(variables):
        shown = sum(
            (h * s * g)[index] + g[index] * (s * h).trace() / 2 for g, h in zip(gradients, hessians)
        ) / n  # fmt: skip
        rest = sum((f - y).subs(origin) * contracted(f, a) for f, y in zip(models, labels)) / (2 * n)
        board.equal(f"component {a}", sp.expand(contracted(value, a) / 2), sp.expand(shown + rest))
    return board.proof()


def prove_cauchy(count: int = 3) -> Proof:
    """(sum e_i h_i)^2 <= (sum e_i^2)(sum h_i^2): the difference is a sum of squares (Lagrange)."""
    board = Blackboard("Lagrange's identity, a sum of squares; triangle inequality for the matrices")
    e, h = sp.symbols(f"e0:{count}"), sp.symbols(f"h0:{count}")
    gap = sum(a**2 for a in e) * sum(b**2 for b in h) - sum(a * b for a, b in zip(e, h)) ** 2
    squares = sum((e[i] * h[j] - e[j] * h[i]) ** 2 for i in range(count) for j in range(i))
    board.equal("difference as a sum of squares", sp.expand(gap), sp.expand(squares))
    n, level, bound = sp.symbols("n L rho_f", positive=True)
    board.equal("with sum e^2 = 2 n L and |h_i| <= rho_f", sp.sqrt(2 * n * level) * sp.sqrt(n * bound**2) / n,
                bound * sp.sqrt(2 * level))  # fmt: skip
    return board.proof()


def residual_norm(level: sp.Expr, bound: sp.Expr) -> sp.Expr:
    """The bound that holds: rho_f sqrt(2 L)."""
    return bound * sp.sqrt(2 * level)


def refute_hessian_bound() -> Proof:
    """f = 2 sin(theta), y = 1 at theta = pi/2: rho_f = 2, L = 1/2, |E| = 2 > sqrt(2)."""
    board = Blackboard("exact counterexample f = 2 sin(theta), y = 1, theta = pi/2")
    theta = sp.Symbol("theta")
    model = 2 * sp.sin(theta)
    at = {theta: sp.pi / 2}
    error = (model - 1) * sp.diff(model, theta, 2)
    board.equal("L", ((model - 1) ** 2 / 2).subs(at), sp.Rational(1, 2))
    board.equal("|f''| <= rho_f = 2: f''^2 + f'^2", sp.diff(model, theta, 2) ** 2 + sp.diff(model, theta) ** 2, 4)
    board.equal("G", (sp.diff(model, theta) ** 2).subs(at), sp.S.Zero)
    board.true("|E| > sqrt(2 rho_f L)", sp.Abs(error.subs(at)) > sp.sqrt(2 * 2 * sp.Rational(1, 2)))
    return board.proof()


def refute_gradient_bound() -> Proof:
    """f = 2 theta, y = 0 at theta = 1: ell_f = 2, L = 2, |grad L| = 4 > sqrt(8)."""
    board = Blackboard("exact counterexample f = 2 theta, y = 0, theta = 1")
    theta = sp.Symbol("theta")
    value = (2 * theta) ** 2 / 2
    level, slope = value.subs(theta, 1), sp.diff(value, theta).subs(theta, 1)
    board.equal("L", level, sp.Integer(2))
    board.true("|grad L| > sqrt(2 ell_f L)", slope > sp.sqrt(2 * 2 * level))
    board.equal("|grad L| = ell_f sqrt(2 L)", slope, 2 * sp.sqrt(2 * level))
    return board.proof()


def refute_linear_in_loss() -> Proof:
    """f = theta, y = 0: |grad L| / L = 2 / theta is unbounded as the loss goes to 0."""
    board = Blackboard("limit for f = theta")
    theta = sp.Symbol("theta", positive=True)
    value = theta**2 / 2
    board.true("|grad L| / L", sp.limit(sp.diff(value, theta) / value, theta, 0, "+") == sp.oo)
    board.equal("|grad L| / sqrt(L)", sp.diff(value, theta) / sp.sqrt(value), sp.sqrt(2))
    return board.proof()


def refute_equal_hessians() -> Proof:
    """f_1 = theta^2, f_2 = theta: Eq. 21 and Eq. 22 differ; the second is only larger."""
    board = Blackboard("exact counterexample f_1 = theta^2, f_2 = theta at theta = 1, labels 0")
    first = sp.sqrt(1 + 1) * sp.sqrt(4 + 0) / 2
    second = sp.sqrt(2 * 2 * sp.Rational(1, 2)) * sp.sqrt(2 * 2**2) / 2
    board.differ("right sides of Eq. 21 and 22", first, second)
    board.true("Eq. 22 is larger", first < second)
    return board.proof()


def prove_average_bound() -> Proof:
    """|| mean g_i g_i^T || <= max |g_i|^2: v^T G v = mean (g_i . v)^2, with Cauchy's inequality for each i."""
    board = Blackboard("Cauchy-Schwarz for each gradient")
    board.include(prove_cauchy(2))
    bound, n = sp.symbols("ell_f n", positive=True)
    board.equal("mean of n equal bounds", n * bound**2 / n, bound**2)
    return board.proof()


def prove_normal_difference() -> Proof:
    """Replacing Pi_G (2 - eta G)^-1 by (2 - eta G)^-1 changes the drift by sum_i g_i tr(P H_i) / (4n), normal to ker G.

    At L = 0, with P the projection on ker G: P g_i = 0, so H_i P g_i vanishes and only multiples of g_i are left.
    """
    board = Blackboard("structure of the third derivative at zero loss")
    board.include(prove_third_derivative())
    h = sp.Matrix(2, 2, [sp.Symbol("h11"), sp.Symbol("h12"), sp.Symbol("h12"), sp.Symbol("h22")])
    angle = sp.Symbol("phi")
    gradient = sp.Symbol("gamma") * sp.Matrix([sp.cos(angle), sp.sin(angle)])
    kernel = sp.Matrix([-sp.sin(angle), sp.cos(angle)])
    projection = kernel * kernel.T
    board.equal("P g = 0", sp.simplify(projection * gradient), sp.zeros(2, 1))
    gap = (h * projection * gradient + gradient * (projection * h).trace() / 2) / 2
    board.equal("difference / lambda", sp.simplify(gap - gradient * (projection * h).trace() / 4), sp.zeros(2, 1))
    board.equal("its tangential part", sp.simplify(projection * gap), sp.zeros(2, 1))
    return board.proof()


def refute_normal_difference() -> Proof:
    """f = u + v^2/2 at the origin: the averaged drift is 0, lambda grad R = (lambda/4, 0)."""
    board = Blackboard("exact counterexample f = u + v^2/2, y = 0, at the origin")
    u, v, eta = sp.symbols("u v eta")
    value = (u + v**2 / 2) ** 2 / 2
    at = {u: 0, v: 0}
    hessian = sp.hessian(value, (u, v))
    regular = -sp.log((sp.eye(2) - eta / 2 * hessian).det()) / (2 * eta)
    gradient = [sp.simplify(sp.diff(regular, w).subs(at)) for w in (u, v)]
    stationary = sp.diag(1 / (2 - eta), 0)
    drift = [sum(stationary[i, i] * sp.diff(value, w, s, s).subs(at) for i, s in enumerate((u, v))) / 2 for w in (u, v)]
    board.equal("averaged drift / lambda, component u", sp.sympify(drift[0]), sp.S.Zero)
    board.equal("grad R, component u", gradient[0], sp.Rational(1, 4))
    board.differ("they differ", sp.sympify(drift[0]), gradient[0])
    return board.proof()
