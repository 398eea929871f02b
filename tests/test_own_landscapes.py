"""Landscapes of one's own, from a SymPy expression: against SymPy, finite differences and the naive reference."""

import functools
import os
import re
import subprocess
import sys
from pathlib import Path

import naive
import numpy as np
import pytest
import sympy as sp
from conftest import NOJIT
from numba import njit

import toylands as tl
from toylands import dynamics
from toylands.kernels import build_kernel
from toylands.landscapes import SymbolicLandscape, from_sympy
from toylands.prepared import prepare
from toylands.simd import LANES, LaneView, lanes

pytestmark = pytest.mark.nojit
compiled_only = pytest.mark.skipif(NOJIT, reason="nothing is compiled in this pass")
X, Y, A, B = sp.symbols("x y a b")
S, T = sp.symbols("s t")
VALUES = {A: 1.3, B: 0.7}
SMOOTH = {
    "polynomial": (X**2 + A * Y**2 - B) ** 2 / 4 - X * Y**5 / 9,
    "constants": sp.exp(A * B) * X**2 + sp.sqrt(A) * Y**3 / (B + 2) + A,
    "exp and log": sp.exp(-A * X**2) * Y + sp.log(1 + Y**2 + B),
    "waves": sp.sin(A * X + Y) * sp.cos(B * Y) + sp.tanh(X * Y) ** 2,
    "quotients": 1 / (1 + X**2) + X / (2 + sp.sin(Y)) ** 3 - 3 / (4 * (Y**2 + A)),
    "roots": sp.sqrt(1 + X**2) ** 3 + (2 + Y**2) ** sp.Rational(-1, 2) + (1 + X**2) ** sp.Rational(2, 3),
    "decimal exponents": (1.0 + X**2) ** 2.0 + (1 + Y**2) ** 0.5,
    "linear": A * X - 2 * Y + 1,
    "one variable only": X**4,
    "kinks": sp.Max(X, 0) ** 2 * A + sp.Abs(Y) ** 3 + sp.Min(X, Y, B) + sp.sign(X) * X**3,
    "pieces": sp.Piecewise((X**2, (X > Y) & (X > 0)), (Y**3, sp.Or(Y > B, sp.Ne(X, 1))), (X, True)),
    "steps": sp.Heaviside(X) * X**2 * Y + sp.Piecewise((X * A, ~(X < Y)), (B * X, True)),
}
POINTS = np.random.default_rng(4).standard_normal((5, 2)) + np.array([0.2, -0.1])


@functools.cache
def landscape(name):
    return from_sympy(SMOOTH[name], [X, Y], VALUES)


@functools.cache
def truth(name):
    """(loss, gradient, Hessian, gradient of the trace) by SymPy; symbols real, kinks left out."""
    real = {s: sp.Symbol(s.name, real=True) for s in (X, Y)}
    loss, variables = SMOOTH[name].subs(VALUES).subs(real), list(real.values())
    gradient = [sp.diff(loss, v) for v in variables]
    hessian = [[sp.diff(g, v) for v in variables] for g in gradient]
    trace = hessian[0][0] + hessian[1][1]
    every = [loss, *gradient, *hessian[0], *hessian[1], *(sp.diff(trace, v) for v in variables)]
    every = [sp.sympify(e).replace(sp.DiracDelta, lambda *_: sp.S.Zero) for e in every]

    def at(w):
        numbers = dict(zip(variables, map(sp.Float, w)))
        found = [float(e.subs(numbers).evalf()) for e in every]
        return found[0], np.array(found[1:3]), np.array(found[3:7]).reshape(2, 2), np.array(found[7:])

    return at


@pytest.mark.parametrize("name", SMOOTH)
def test_derivatives_are_those_of_sympy(name):
    own = landscape(name)
    for w in POINTS:
        loss, gradient, hessian, trace_gradient = truth(name)(w)
        assert own.loss(w) == pytest.approx(loss, rel=1e-13)
        np.testing.assert_allclose(own.gradient(w), gradient, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(own.hessian(w), hessian, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(own.trace_gradient(w), trace_gradient, rtol=1e-11, atol=1e-11)
        assert own.hessian_trace(w) == pytest.approx(np.trace(hessian), rel=1e-12, abs=1e-12)
        assert own.gradient_norm(w) == pytest.approx(np.linalg.norm(gradient), rel=1e-12)


@pytest.mark.parametrize("name", SMOOTH)
def test_derivatives_are_those_of_finite_differences(name):
    own, steps = landscape(name), 1e-5 * np.eye(2)
    for w in POINTS[:3]:
        slope = [(own.loss(w + h) - own.loss(w - h)) / 2e-5 for h in steps]
        curvature = [(own.gradient(w + h) - own.gradient(w - h)) / 2e-5 for h in steps]
        third = [(own.hessian_trace(w + h) - own.hessian_trace(w - h)) / 2e-5 for h in steps]
        np.testing.assert_allclose(own.gradient(w), slope, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(own.hessian(w), curvature, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(own.trace_gradient(w), third, rtol=1e-6, atol=1e-5)


@compiled_only
def test_compiled_kernels_are_their_python_bodies():
    """Every expression's five functions in one compilation each, at eight points a value."""
    points = np.random.default_rng(5).standard_normal((2, LANES))
    for name in SMOOTH:
        own = landscape(name)
        gradient, hessian, loss = own.kernels.gradient, own.kernels.hessian, own.loss.kernel

        @njit(error_model="numpy")
        def run(w, slopes, curvature, value, p, gradient=gradient, hessian=hessian, loss=loss):
            gradient(lanes(w), lanes(slopes), p, 0, None)
            hessian(lanes(w), lanes(curvature), p)
            lanes(value)[0] = loss(lanes(w), p)

        out = np.zeros((2, LANES)), np.zeros((3, LANES)), np.zeros((1, LANES))
        expected = np.zeros((2, LANES)), np.zeros((3, LANES)), np.zeros((1, LANES))
        run(points, *out, own.parameters)
        view = LaneView(points)
        gradient(view, LaneView(expected[0]), own.parameters, 0, None)
        hessian(view, LaneView(expected[1]), own.parameters)
        expected[2][0] = loss(view, own.parameters)
        for found, told in zip(out, expected):
            np.testing.assert_allclose(found, told, rtol=1e-12, atol=1e-12)


# --- trajectories ----------------------------------------------------------------------------------------------------

DOUBLE_WELL = A * (X**2 - 1) ** 2 / 4 + Y**2 * (1 + X**2) / 2 + sp.exp(-(Y**2)) / 5


def double_well_gradient(w, k):
    x, y = w[:, 0], w[:, 1]
    return np.stack([1.3 * x * (x**2 - 1) + y**2 * x, y * (1 + x**2) - 2 * y * np.exp(-(y**2)) / 5], axis=1)


RULES = {
    "gd": (dynamics.gd(0.05), {"eta": 0.05}),
    "pgd, gaussian": (dynamics.pgd(0.05, 0.1, tl.noise.gaussian), {"eta": 0.05, "sigma": 0.1, "kind": "gaussian"}),
    "anti_pgd, signs": (
        dynamics.anti_pgd(0.05, 0.1, tl.noise.rademacher, first="stationary"),
        {"eta": 0.05, "sigma": 0.1, "kind": "rademacher", "kappa": 1.0, "stationary": True},
    ),
    "momentum": (
        dynamics.correlated_pgd(0.02, 0.1, 0.4, tl.noise.gaussian, first="fresh", momentum=0.5),
        {"eta": 0.02, "sigma": 0.1, "kind": "gaussian", "kappa": 0.4, "momentum": 0.5},
    ),
}


@pytest.mark.parametrize("rule_name", RULES)
def test_paths_are_the_naive_ones(rule_name):
    own = from_sympy(DOUBLE_WELL, [X, Y], {A: 1.3})
    rule, told = RULES[rule_name]
    start, count = [0.5, -0.7], 9
    paths = tl.sample_paths(own, rule, start=start, steps=66, count=count, seed=3)
    expected = naive.simulate(double_well_gradient, start, 66, range(count), seed=3, **told)
    np.testing.assert_allclose(paths, expected, rtol=1e-10, atol=1e-10)


def test_observables_of_ones_own():
    own = from_sympy(X**2 + A * Y**2, [X, Y], {A: 2.0}, observables={"angle": Y / X, "three": sp.Integer(3)})
    assert own.angle([2.0, 1.0]) == 0.5
    run = tl.simulate(own, dynamics.gd(0.1), start=[2.0, 1.0], steps=1, trajectories=8)
    assert run["angle"].mean[-1] == pytest.approx(0.6 / 1.6)
    assert run["three"].mean[-1] == 3.0
    with pytest.raises(AttributeError, match="no attribute 'angel'"):
        own.angel


# --- one compilation -------------------------------------------------------------------------------------------------


@compiled_only
def test_two_hundred_values_one_compilation():
    before, kernels = build_kernel.cache_info().misses, set()
    for value in np.linspace(0.5, 2.0, 200):
        own = from_sympy(A * X**2 / 2 + sp.exp(A) * Y**2 / 9, [X, Y], {A: value})
        run = tl.simulate(own, dynamics.gd(0.1), start=[1.0, 1.0], steps=1, trajectories=8)
        assert run["loss"].mean[0] == pytest.approx(value / 2 + np.exp(value) / 9, rel=1e-13)
        prepared = prepare(own, dynamics.gd(0.1), [1.0, 1.0], 1, 8, None, 0, None, 1e100, 0)
        kernels.add(build_kernel(prepared.recipe()))
    assert build_kernel.cache_info().misses == before + 1
    (kernel,) = kernels
    assert len(kernel.overloads) == 1


def test_the_same_shape_in_other_symbols_is_the_same_kernel():
    u, v, c = sp.symbols("u v c", positive=True)
    one, other = from_sympy(A * X**2 + Y**2, [X, Y], {A: 1.0}), from_sympy(c * u**2 + v**2, [u, v], {c: 2.0})
    assert one.kernels == other.kernels
    assert one.kernels != from_sympy(A * X**2 + Y**3, [X, Y], {A: 1.0}).kernels


PROGRAM = """
import sympy as sp, toylands as tl
x, y, a = sp.symbols("x y a")
own = tl.landscapes.from_sympy(a * sp.exp(x * y) + sp.Max(x, y) + x**2 * y + sp.sin(y), [x, y], {a: 1.0})
run = tl.simulate(own, tl.dynamics.gd(0.1), start=[0.0, 0.0], steps=1, trajectories=8)
print(run["loss"].mean[0])
"""


@compiled_only
def test_another_process_loads_the_kernel(tmp_path):
    names = []
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "TOYLANDS_CACHE": str(tmp_path), "PYTHONHASHSEED": hash_seed}
        command = [sys.executable, "-c", PROGRAM]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        assert float(done.stdout) == 1.0
        names.append(sorted((f.name, f.stat().st_ino) for f in tmp_path.iterdir()))
    assert len(names[0]) == 2
    assert names[0] == names[1]  # read, not compiled again


# --- a mean over data ------------------------------------------------------------------------------------------------

GENERATOR = np.random.default_rng(8)
INPUTS, TARGETS = GENERATOR.standard_normal(6), GENERATOR.standard_normal(6)
SAMPLE_LOSS = (sp.tanh(X * S) * Y - T) ** 2 / 2 + A * X**2


def regression(**more):
    return from_sympy(SAMPLE_LOSS, [X, Y], {A: 0.1}, data={S: INPUTS, T: TARGETS}, **more)


def sample_gradient(w, i, shift=0.0, factor=1.0):
    loss = SAMPLE_LOSS.subs({A: 0.1, S: INPUTS[i], T: TARGETS[i] * factor + shift})
    return np.array([float(sp.diff(loss, v).subs(dict(zip((X, Y), w)))) for v in (X, Y)])


def test_the_loss_is_the_mean_over_data():
    own, (loss, variables) = regression(), regression().symbolic()
    for w in POINTS[:2]:
        numbers = dict(zip(variables, w))
        assert own.loss(w) == pytest.approx(float(loss.subs(numbers)), rel=1e-12)
        np.testing.assert_allclose(own.gradient(w), np.mean([sample_gradient(w, i) for i in range(6)], axis=0))
        second = sp.hessian(loss, variables).subs(numbers)
        np.testing.assert_allclose(own.hessian(w), np.array(second, dtype=float), rtol=1e-10, atol=1e-12)
    assert own.kernels.labels is None
    assert own.kernels.samples(own.parameters) == 6


@pytest.mark.parametrize(("labels", "label"), [("additive", 0.3), ("sign", -1.0), (None, 5.0)])
@pytest.mark.parametrize("lanes_of_indices", [False, True])
def test_sample_gradients_and_label_noise(labels, label, lanes_of_indices):
    """One index for all lanes, and an index a lane; ``out`` is added to, times the scale."""
    own = regression() if labels is None else regression(label=T, labels=labels)
    assert own.kernels.labels == labels
    kernel, points = own.kernels.sample_gradient, np.random.default_rng(9).standard_normal((2, LANES))
    indices = np.arange(LANES, dtype=np.uint64).reshape(1, LANES) % np.uint64(6)
    noise = np.full((1, LANES), label)

    @njit
    def run(w, out, i, label, p):
        if lanes_of_indices:
            kernel(lanes(w), lanes(i)[0], lanes(label)[0], 0.5, lanes(out), p)
        else:
            kernel(lanes(w), 4, lanes(label)[0], 0.5, lanes(out), p)

    out = np.ones((2, LANES))
    run(points, out, indices, noise, own.parameters)
    change = {"additive": {"shift": label}, "sign": {"factor": label}, None: {}}[labels]
    for lane in range(LANES):
        i = int(indices[0, lane]) if lanes_of_indices else 4
        expected = 1.0 + 0.5 * sample_gradient(points[:, lane], i, **change)
        np.testing.assert_allclose(out[:, lane], expected, rtol=1e-11, atol=1e-12)


def test_gradient_descent_on_data():
    own = regression()
    paths = tl.sample_paths(own, dynamics.gd(0.2), start=[0.3, 0.4], steps=3, count=2)
    w = np.array([0.3, 0.4])
    for step in range(3):
        w = w - 0.2 * own.gradient(w)
        np.testing.assert_allclose(paths[step + 1], [w, w], rtol=1e-12)


# --- bad input -------------------------------------------------------------------------------------------------------

Q = sp.Symbol("q")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("x**2", [X]), TypeError, "text is not read"),
        ((X**2, "x"), TypeError, "variables must be a list of SymPy symbols"),
        ((X**2, ["x"]), TypeError, "variables must name SymPy symbols, got 'x'"),
        ((X**2, []), ValueError, "at least one symbol"),
        ((X**2, [X, X]), ValueError, "variables has the symbol x, which is there already"),
        ((X**2 * A, [X], {A: 1.0, X: 2.0}), ValueError, "parameters has the symbol x"),
        ((X**2 * A, [X], {"a": 1.0}), TypeError, "parameters must name SymPy symbols"),
        ((X**2 * A, [X], [1.0]), TypeError, "parameters must be a dict"),
        ((X**2 * A * Q, [X]), ValueError, "the symbols a, q, neither"),
        ((X**2 * A, [X], {A: "1"}), TypeError, r"parameters\[a\] must be a finite number"),
        ((X**2 * A, [X], {A: np.nan}), ValueError, r"parameters\[a\]"),
        ((X**A, [X], {A: 2.0}), TypeError, r"write exp\(e\*log\(b\)\)"),
        ((sp.gamma(X), [X]), TypeError, "gamma"),
        ((sp.Function("f")(X), [X]), TypeError, r"f\(x\)"),
        ((sp.Integral(sp.exp(-(Q**2)), (Q, 0, X)), [X]), TypeError, "Integral"),
        ((sp.I * X, [X]), ValueError, "I, which is not a finite real number"),
        ((X + sp.oo, [X]), ValueError, "oo"),
        ((sp.log(A) * X, [X], {A: -1.0}), ValueError, "a = -1"),
    ],
)
def test_bad_expressions(arguments, error, message):
    with pytest.raises(error, match=message):
        from_sympy(*arguments)


@pytest.mark.parametrize(
    ("more", "error", "message"),
    [
        ({"data": {S: [[1.0]], T: [1.0]}}, ValueError, r"data\[s\]"),
        ({"data": {S: [1.0, 2.0], T: [1.0]}}, ValueError, r"data\[t\] must be a vector of 2"),
        ({"data": {S: [1.0], T: [1.0]}, "label": Q}, ValueError, "label = q must be one of"),
        ({"data": {S: [1.0], T: [1.0]}, "label": T, "labels": "flip"}, ValueError, "labels must be one of"),
        ({"data": {S: [1.0], T: [1.0]}, "observables": {"z": "x"}}, TypeError, "text is not read"),
        ({"data": {S: [1.0], T: [1.0]}, "observables": {"loss": X}}, ValueError, "already"),
        ({"data": {S: [1.0], T: [1.0]}, "observables": {"x y": X}}, ValueError, "names that Python could use"),
        ({"data": {S: [1.0], T: [1.0]}, "minimum": [5.0, 1.0]}, ValueError, "minimum = .* is none"),
        ({"data": {S: [1.0], T: [1.0]}, "name": ""}, TypeError, "name"),
    ],
)
def test_bad_data(more, error, message):
    with pytest.raises(error, match=message):
        from_sympy(SAMPLE_LOSS, [X, Y], {A: 0.1}, **more)


def test_observables_belong_to_their_own_expression():
    one, other = from_sympy(X**2, [X]), from_sympy(X**4, [X])
    with pytest.raises(ValueError, match="another landscape"):
        tl.simulate(one, dynamics.gd(0.1), start=[1.0], steps=1, trajectories=8, record=tl.record(other.loss))


def test_a_known_minimum():
    own = from_sympy(A * (X - 1) ** 2, [X], {A: 2.0}, minimum=[1.0])
    assert own.suggested()["start"].tolist() == [1.0]
    assert from_sympy(X**2, [X]).suggested() == {}


def test_description():
    import json

    own = regression(label=T, observables={"z": X + 1}, name="tanh unit")
    described = json.loads(json.dumps(own.describe()))
    assert described["name"] == "tanh unit"
    assert described["parameters"] == {"a": 0.1}
    other = from_sympy(SAMPLE_LOSS, [X, Y], {A: 0.1}, data={S: INPUTS, T: TARGETS + 1.0}, label=T, name="tanh unit")
    assert other.describe()["data"] != described["data"]
    assert SymbolicLandscape.example().describe()["loss"] == "a*x**2*y**2/2"


@compiled_only
def test_the_example_of_the_readme_runs():
    text = (Path(__file__).resolve().parent.parent / "README.md").read_text()
    block = re.search(r"```python\n(import sympy as sp\n.*?)```", text, re.S).group(1)
    space = {}
    exec(compile(block, "README.md", "exec"), space)  # noqa: S102 - the project's own text
    assert len([line for line in block.splitlines() if line.strip()]) < 20
    assert np.isfinite(space["run"]["hessian_trace"].mean[-1])
    assert space["neuron"].kernels.labels == "additive"


def test_a_class_that_forgets_its_parameters_is_told_so():
    class Forgetful(tl.landscapes.Landscape):
        size, observables = 1, None

        @classmethod
        def example(cls):
            return cls()

    with pytest.raises(TypeError, match="Forgetful has no parameters"):
        Forgetful.example().describe()


def test_kernels_for_another_number_of_coordinates_are_refused():
    """They would write beside the state."""

    class Wider(tl.landscapes.TwoBasins):
        size = 3

    wider = Wider([[0.0, 0.0]])
    with pytest.raises(ValueError, match="Wider's kernels are for 2 coordinates, but it has 3"):
        tl.simulate(wider, dynamics.gd(0.1), start=[1.0, 1.0, 1.0], steps=1, trajectories=1)
