"""Every landscape: its kernels against its SymPy twin, finite differences, and its own truths."""

import doctest
import functools

import numpy as np
import pytest
import sympy as sp
from conftest import NOJIT

import toylands as tl
from toylands import dynamics, observables
from toylands.landscapes import (
    BinaryClassification,
    CappedBowl,
    Cycling,
    HiddenUnit,
    LinearRecurrence,
    MatrixSensing,
    OneHiddenLayer,
    PlateauChain,
    QuadraticBowl,
    QuadraticRegression,
    ReducedHiddenUnit,
    ScalarFactorization,
    WideningValley,
    binary_classification,
    capped_bowl,
    cycling,
    hidden_unit,
    linear_recurrence,
    matrix_sensing,
    one_hidden_layer,
    plateau_chain,
    quadratic_bowl,
    quadratic_regression,
    reduced_hidden_unit,
    scalar_factorization,
)
from toylands.landscapes import widening_valley as widening_valley_module
from toylands.landscapes.base import Landscape
from toylands.observables import python_body
from toylands.simd import LANES, LaneView

pytestmark = pytest.mark.nojit
SINGULAR = [[2.0, 1.0, 0.0], [1.0, 0.5, 0.0], [0.0, 0.0, 3.0]]
LANDSCAPES = {
    "cycling": Cycling(),
    "factorization": ScalarFactorization([1.0, -0.5, 2.0], [1.0, 0.5, 2.5]),
    **{
        f"{loss}, width {width}": BinaryClassification.random(5, 2, loss, width, smoothing, seed=width + 1)
        for loss, width, smoothing in [
            ("logistic", 0, 0.0),
            ("logistic", 2, 0.2),
            ("exponential", 0, 0.1),
            ("exponential", 1, 0.0),
            ("square", 0, 0.5),
            ("square", 3, 0.0),
        ]
    },
    "network, relu": OneHiddenLayer.random(4, 1, 2, delta=0.05, test_samples=2, seed=1),
    "network, tanh": OneHiddenLayer.random(3, 2, 2, "tanh", delta=0.05, test_samples=2, seed=11),
    "hidden unit": HiddenUnit.random(5, 2, 1, test_samples=2, isotropic=False, label_noise=0.3, seed=1),
    "reduced hidden unit": ReducedHiddenUnit([1.5, -0.5], 2),
    "plateaus": PlateauChain([0.4, 0.7, 1.0], sigma=0.8, noisy=False),
    "cap": CappedBowl(0.6, 2, sigma=0.8, noisy=False),
    "bowl": QuadraticBowl([[2.0, 1.0], [1.0, 3.0]]),
    "singular bowl": QuadraticBowl(SINGULAR),
    "line": QuadraticBowl([[0.25]]),
    "valley 1": WideningValley(1),
    "valley 3": WideningValley(3),
    "recurrence": LinearRecurrence(3, 0.75),
    "expanding recurrence": LinearRecurrence(2, 1.5),
    "regression": QuadraticRegression.random(samples=3, dim=4, sparsity=2, test_samples=2, seed=5),
    "tall regression": QuadraticRegression.random(samples=13, dim=2, sparsity=1, seed=6, label_noise=0.5),
    "sensing": MatrixSensing.random(n=2, rank=1, measurements=13, columns=3, test_measurements=4, seed=3),
    "symmetric sensing": MatrixSensing.random(3, 2, 3, 2, symmetric=True, unit_norm=False, label_noise=1.0, seed=4),
}
TWINS = list(LANDSCAPES)


def points(landscape, count=5):
    return np.random.default_rng(7).uniform(-2, 2, size=(count, landscape.size))


@functools.cache
def symbolic(name):
    loss, variables = LANDSCAPES[name].symbolic()
    gradient = [sp.diff(loss, x) for x in variables]
    return tuple(sp.lambdify([variables], f, "numpy") for f in (loss, gradient, sp.hessian(loss, variables)))


@pytest.mark.parametrize("name", TWINS)
def test_gradient_is_that_of_the_symbolic_twin(name):
    landscape, gradient = LANDSCAPES[name], symbolic(name)[1]
    for w in points(landscape):
        np.testing.assert_allclose(landscape.gradient(w), gradient(w), rtol=1e-12, atol=1e-13)
    batch = points(landscape).reshape(5, 1, -1)
    assert landscape.gradient(batch).shape == batch.shape


@pytest.mark.parametrize("name", [n for n in TWINS if NOJIT or "recurrence" not in n])
def test_compiled_gradient_is_that_of_the_symbolic_twin(name):
    """One step of gradient descent with step size 1 is w minus the gradient."""
    landscape, gradient = LANDSCAPES[name], symbolic(name)[1]
    start = points(landscape)
    paths = tl.sample_paths(landscape, dynamics.gd(1.0), start=start, steps=1, count=len(start))
    for w, step in zip(start, paths[0] - paths[1]):
        np.testing.assert_allclose(step, gradient(w), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", [n for n in TWINS if "recurrence" not in n])
def test_loss_is_that_of_the_symbolic_twin(name):
    landscape, loss = LANDSCAPES[name], symbolic(name)[0]
    values = landscape.loss(points(landscape))
    np.testing.assert_allclose(values, [loss(w) for w in points(landscape)], rtol=1e-12)
    assert isinstance(landscape.loss(points(landscape)[0]), float)


@pytest.mark.parametrize("name", TWINS)
def test_gradient_is_that_of_finite_differences(name):
    landscape, loss = LANDSCAPES[name], symbolic(name)[0]
    for w in points(landscape, 3):
        numeric = [(loss(w + h) - loss(w - h)) / 2e-5 for h in 1e-5 * np.eye(landscape.size)]
        np.testing.assert_allclose(landscape.gradient(w), numeric, rtol=1e-6, atol=1e-6)


def hessian(landscape, w):
    return landscape.hessian if isinstance(landscape, QuadraticBowl) else landscape.hessian(w)


@pytest.mark.parametrize("name", TWINS)
def test_hessian_is_that_of_the_twin_and_of_finite_differences(name):
    landscape, exact = LANDSCAPES[name], symbolic(name)[2]
    for w in points(landscape, 3):
        ours = hessian(landscape, w)
        numeric = [
            (landscape.gradient(w + h) - landscape.gradient(w - h)) / 2e-5 for h in 1e-5 * np.eye(landscape.size)
        ]
        np.testing.assert_allclose(ours, exact(w), rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(ours, np.transpose(numeric), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("dim", [1, 2, 3, 4, 5, 9])
def test_valley_observables(dim):
    """Sums go in fours: all remainders."""
    valley = WideningValley(dim)
    for w in points(valley):
        u2, v2 = float(w[:-1] @ w[:-1]), float(w[-1] ** 2)
        assert valley.hessian_trace(w) == pytest.approx(np.trace(valley.hessian(w)), rel=1e-13)
        assert valley.sq_norm_u(w) == pytest.approx(u2, rel=1e-13)
        assert valley.sq_v(w) == v2
        assert valley.loss(w) == pytest.approx(v2 * u2 / 2, rel=1e-13)


@pytest.mark.parametrize("samples", [1, 3, 10, 13])
def test_regression_observables(samples):
    """Rows go in tens, the last tile padded with zeros."""
    problem = QuadraticRegression.random(samples=samples, dim=7, sparsity=2, test_samples=12, seed=samples)
    truth = np.r_[np.ones(2), np.zeros(5)]
    assert problem.loss(truth) == pytest.approx(0.0, abs=1e-28)
    assert problem.test_loss(-truth) == pytest.approx(0.0, abs=1e-28)  # signs do not matter
    for w in points(problem):
        residual = problem.design @ (w * w) - problem.targets
        held_out = problem.test_design @ (w * w) - problem.test_targets
        assert problem.loss(w) == pytest.approx(residual @ residual / (4 * samples), rel=1e-12)
        assert problem.test_loss(w) == pytest.approx(held_out @ held_out / (4 * 12), rel=1e-12)
        assert problem.hessian_trace(w) == pytest.approx(np.trace(problem.hessian(w)), rel=1e-12)
        assert problem.sq_norm(w) == pytest.approx(float(w @ w), rel=1e-13)


@pytest.mark.parametrize(
    ("design", "targets", "message"),
    [
        ([1.0, 2.0], [1.0], "design must be a matrix"),
        ([[1.0, np.nan]], [1.0], "design"),
        ([[1.0, 2.0]], [1.0, 2.0], "targets"),
    ],
)
def test_regression_refuses_bad_data(design, targets, message):
    with pytest.raises(ValueError, match=message):
        QuadraticRegression(design, targets)


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_label_noise_of_the_regression_data(noise):
    exact = QuadraticRegression.random(samples=2000, dim=3, sparsity=2, seed=1)
    problem = QuadraticRegression.random(samples=2000, dim=3, sparsity=2, seed=1, label_noise=noise)
    assert np.array_equal(problem.design, exact.design)
    # of 2000 normals the standard deviation is off by less than 10 % (six standard errors)
    assert (problem.targets - exact.targets).std() == pytest.approx(noise, rel=0.1)
    assert np.array_equal(problem.test_targets, exact.test_targets)


def test_distance_from_the_truth():
    problem = QuadraticRegression.random(samples=3, dim=5, sparsity=4, seed=1)
    for w in points(problem):
        assert problem.relative_error(w) == pytest.approx(np.linalg.norm(w**2 - problem.truth**2) / 2.0, rel=1e-13)
    unknown = QuadraticRegression(problem.design, problem.targets)
    assert "relative_error" not in unknown.observables
    with pytest.raises(AttributeError, match="no relative_error"):
        unknown.relative_error


@pytest.mark.parametrize(("n", "columns", "measurements"), [(1, 1, 1), (2, 3, 10), (3, 1, 13), (4, 4, 7), (5, 2, 21)])
@pytest.mark.parametrize("symmetric", [False, True])
def test_sensing_observables(n, columns, measurements, symmetric):
    problem = MatrixSensing.random(
        n, 1, measurements, columns, symmetric=symmetric, test_measurements=11, label_noise=0.2, seed=n
    )
    for w in points(problem):
        u = w.reshape(n, columns)
        product = u @ u.T
        residual = [np.trace(a.T @ product) - y for a, y in zip(problem.matrices, problem.targets)]
        held_out = [np.trace(a.T @ product) - y for a, y in zip(problem.test_matrices, problem.test_targets)]
        error = np.linalg.norm(product - problem.truth) / np.linalg.norm(problem.truth)
        assert problem.loss(w) == pytest.approx(np.mean(np.square(residual)) / 2, rel=1e-12)
        assert problem.test_loss(w) == pytest.approx(np.mean(np.square(held_out)) / 2, rel=1e-12)
        assert problem.nuclear_norm(w) == pytest.approx(np.linalg.norm(product, "nuc"), rel=1e-12)
        assert problem.relative_error(w) == pytest.approx(error, rel=1e-12)
        assert problem.sq_norm(w) == pytest.approx(float(w @ w), rel=1e-13)


@pytest.mark.parametrize("name", [n for n in TWINS if hasattr(LANDSCAPES[n], "hessian_trace")])
def test_the_trace_is_that_of_the_hessian(name):
    landscape = LANDSCAPES[name]
    for w in points(landscape):
        matrix = hessian(landscape, w)
        scale = np.abs(np.diag(matrix)).sum()
        assert landscape.hessian_trace(w) == pytest.approx(np.trace(matrix), rel=1e-12, abs=1e-12 * scale)


def lanes_of(landscape, count=LANES):
    """Points as lanes, with room for what kernels write."""
    flat = np.ascontiguousarray(points(landscape, count).T)
    return flat, LaneView(flat)


ON_DATA = [n for n in TWINS if LANDSCAPES[n].kernels.sample_gradient is not None]


@pytest.mark.parametrize("name", ON_DATA)
def test_the_gradient_is_the_mean_of_the_samples(name):
    """Also when each trajectory has a data point of its own, in another order."""
    landscape = LANDSCAPES[name]
    kernels, p = landscape.kernels, landscape.parameters
    flat, w = lanes_of(landscape)
    expected, count = landscape.gradient(flat.T), python_body(kernels.samples)(p)
    neutral = np.full(LANES, 0.0 if kernels.labels == "additive" else 1.0)
    for own_point in (False, True):
        out = np.ones((landscape.size + kernels.working_memory(p), LANES))  # it adds
        for i in range(count):
            index = (np.arange(LANES, dtype=np.uint64) + np.uint64(i)) % np.uint64(count) if own_point else i
            python_body(kernels.sample_gradient)(w, index, neutral, 1.0 / count, LaneView(out), p)
        np.testing.assert_allclose(out[: landscape.size].T - 1.0, expected, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("name", ["regression", "sensing"])
def test_label_noise_is_added_to_the_target(name):
    landscape = LANDSCAPES[name]
    names = ("design", "targets") if name == "regression" else ("matrices", "targets")
    data, targets = (getattr(landscape, each) for each in names)
    shifted = targets.copy()
    shifted[1] += 0.7
    settings = {} if name == "regression" else {"columns": landscape.columns}
    other, (flat, w) = type(landscape)(data, shifted, **settings), lanes_of(landscape)
    kernels, p, count = landscape.kernels, landscape.parameters, len(targets)
    out = np.zeros((landscape.size + kernels.working_memory(p), LANES))
    for i in range(count):
        label = np.full(LANES, 0.7 if i == 1 else 0.0)
        python_body(kernels.sample_gradient)(w, i, label, 1.0 / count, LaneView(out), p)
    np.testing.assert_allclose(out[: landscape.size].T, other.gradient(flat.T), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("name", [n for n in TWINS if LANDSCAPES[n].kernels.hessian is not None])
def test_the_packed_hessian_is_the_hessian(name):
    landscape = LANDSCAPES[name]
    flat, w = lanes_of(landscape)
    rows, columns = np.tril_indices(landscape.size)
    out = np.full((len(rows), LANES), np.nan)
    python_body(landscape.kernels.hessian)(w, LaneView(out), landscape.parameters)
    for lane in range(LANES):
        expected = hessian(landscape, flat[:, lane])[rows, columns]
        np.testing.assert_allclose(out[:, lane], expected, rtol=1e-11, atol=1e-11)


def test_the_truth_of_matrix_sensing():
    """antipgd: spectral norm 1; nso: as it comes."""
    unit, plain = MatrixSensing.random(n=6, rank=2), MatrixSensing.random(n=6, rank=2, unit_norm=False)
    assert np.linalg.norm(unit.truth, 2) == pytest.approx(1.0, rel=1e-12)
    assert np.linalg.norm(plain.truth, 2) > 2.0
    assert np.linalg.matrix_rank(unit.truth) == 2
    values, vectors = np.linalg.eigh(unit.truth)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    assert unit.loss(root.ravel()) == pytest.approx(0.0, abs=1e-25)
    assert unit.relative_error(root.ravel()) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("matrices", "targets", "settings", "message"),
    [
        (np.ones((2, 3)), [1.0, 2.0], {}, "matrices must be square"),
        (np.ones((2, 3, 2)), [1.0, 2.0], {}, "matrices must be square"),
        (np.full((1, 2, 2), np.nan), [1.0], {}, "matrices"),
        (np.ones((2, 2, 2)), [1.0], {}, "targets"),
        (np.ones((1, 2, 2)), [1.0], {"columns": 0}, "columns"),
        (np.ones((1, 2, 2)), [1.0], {"truth": np.eye(3)}, "truth has 3 rows"),
        (np.ones((1, 2, 2)), [1.0], {"truth": -np.eye(2)}, "truth"),
        (np.ones((1, 2, 2)), [1.0], {"test_matrices": np.ones((1, 3, 3)), "test_targets": [1.0]}, "test_matrices"),
    ],
)
def test_sensing_refuses_bad_data(matrices, targets, settings, message):
    with pytest.raises(ValueError, match=message):
        MatrixSensing(matrices, targets, **settings)


@pytest.mark.parametrize("dim", [1, 2, 3, 4, 5, 9])
def test_squared_norms(dim):
    process, bowl = LinearRecurrence(dim, 0.5), QuadraticBowl(np.eye(dim))
    for w in points(process):
        assert process.sq_norm(w) == pytest.approx(float(w @ w), rel=1e-13)
        assert bowl.sq_norm(w) == pytest.approx(float(w @ w), rel=1e-13)
        assert bowl.loss(w) == pytest.approx(float(w @ w) / 2, rel=1e-13)


def test_the_floor_of_the_valley():
    valley = WideningValley(7)
    w = valley.on_floor(radius=3.0)
    assert w.shape == (8,)
    assert valley.loss(w) == 0.0
    assert not valley.gradient(w).any()
    assert valley.sq_norm_u(w) == pytest.approx(9.0)
    assert valley.hessian_trace(w) == pytest.approx(9.0)


def test_suggested_settings_run():
    valley = WideningValley(5)
    settings = valley.suggested()
    rule = dynamics.anti_pgd(settings["eta"], settings["sigma"])
    paths = tl.sample_paths(valley, rule, start=settings["start"], steps=70, count=2)
    assert np.isfinite(paths).all()


@pytest.mark.parametrize("time_step", [1e-6, 0.3, 5.0, 80.0])
@pytest.mark.parametrize("hessian_matrix", [SINGULAR, np.zeros((3, 3)), np.diag([1e-12, 1.0, 50.0])])
def test_exact_transition_against_the_block_exponential(hessian_matrix, time_step):
    """Van Loan (1978): both integrals of a linear SDE from one matrix exponential, here of H = 0 and singular H too."""
    from scipy.linalg import expm

    h = np.asarray(hessian_matrix, dtype=float)
    root = np.random.default_rng(3).standard_normal((3, 3))
    covariance = root @ root.T
    pieces = max(1, int(time_step * np.abs(h).max()))  # exp(+H t) in the block would overflow for long times
    block = expm(np.block([[h, covariance], [np.zeros((3, 3)), -h.T]]) * (time_step / pieces))
    piece = block[3:, 3:].T
    contribution = piece @ block[:3, 3:]
    decay, expected = np.eye(3), np.zeros((3, 3))
    for _ in range(pieces):
        expected = piece @ expected @ piece.T + contribution
        decay = piece @ decay
    parameters, factor = QuadraticBowl(h).exact_transition(time_step, covariance)
    np.testing.assert_allclose(np.eye(3) - parameters.pull, decay, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(factor @ factor.T, expected, rtol=1e-9, atol=1e-10 * np.abs(expected).max())


def test_two_short_exact_steps_are_one_long_one():
    bowl, covariance = QuadraticBowl(SINGULAR), np.diag([1.0, 2.0, 0.0])
    (once, long), (half, short) = (bowl.exact_transition(t, covariance) for t in (0.8, 0.4))
    step = np.eye(3) - half.pull
    np.testing.assert_allclose(step @ step, np.eye(3) - once.pull, atol=1e-14)
    q = short @ short.T
    np.testing.assert_allclose(step @ q @ step.T + q, long @ long.T, atol=1e-14)


def test_landscapes_are_immutable_values():
    given = np.array([[1.0, 0.0], [0.0, 1.0]])
    bowl = QuadraticBowl(given)
    given[0, 0] = 7.0
    assert bowl.hessian[0, 0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        bowl.hessian[0, 0] = 2.0
    with pytest.raises(AttributeError):
        bowl.hessian = given
    assert WideningValley(3) == WideningValley(3)


@pytest.mark.parametrize("name", TWINS)
def test_descriptions_are_json(name):
    import json

    described = LANDSCAPES[name].describe()
    assert json.loads(json.dumps(described)) == described
    assert described["name"] == type(LANDSCAPES[name]).__name__


def test_every_landscape_and_observable_says_what_it_is():
    for landscape in LANDSCAPES.values():
        assert isinstance(landscape, Landscape)
        assert landscape.summary
        for name, observable in landscape.observables.items():
            assert observable.name == name
            assert observable.doc
            assert getattr(landscape, name).kernel is observable.kernel


@pytest.mark.parametrize("rho", [[0.5, 0.6], tl.noise.Uniform(0, 1), tl.noise.Discrete([0.5], [1.0])])
@pytest.mark.parametrize("method", ["gradient", "hessian", "symbolic"])
def test_a_recurrence_without_a_constant_rho_is_no_single_loss(rho, method):
    process = LinearRecurrence(2, rho)
    with pytest.raises(ValueError, match="constant rho"):
        getattr(process, method)(*([] if method == "symbolic" else [[1.0, 2.0]]))


@pytest.mark.parametrize(
    "module",
    [
        observables,
        binary_classification,
        capped_bowl,
        cycling,
        hidden_unit,
        linear_recurrence,
        matrix_sensing,
        one_hidden_layer,
        plateau_chain,
        quadratic_bowl,
        quadratic_regression,
        reduced_hidden_unit,
        scalar_factorization,
        widening_valley_module,
    ],
)
def test_examples_in_the_documentation(module):
    if NOJIT:
        pytest.skip("examples run in the compiled pass")
    assert doctest.testmod(module).failed == 0
