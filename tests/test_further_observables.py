"""What every landscape lets be measured by its kernels alone, against NumPy and finite differences."""

import numpy as np
import pytest
from conftest import NOJIT

import toylands as tl
from toylands import catalogue
from toylands.landscapes import MatrixSensing, QuadraticBowl, QuadraticRegression, TwoBasins, WideningValley
from toylands.landscapes.further import EXACT
from toylands.landscapes.whole import build_gradient
from toylands.observables import lanes_kernel
from toylands.simd import LANES, LaneView

pytestmark = pytest.mark.nojit


def symmetric(n, seed, eigenvalues=None):
    basis, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((n, n)))
    values = np.linspace(0.0, 3.0, n) if eigenvalues is None else eigenvalues
    return (basis * values) @ basis.T


def unpacked(landscape, w):
    n = landscape.size
    out = np.zeros((n * (n + 1) // 2, LANES))
    landscape.kernels.hessian(LaneView(np.tile(w[:, None], LANES)), LaneView(out), landscape.parameters)
    matrix = np.zeros((n, n))
    matrix[np.tril_indices(n)] = out[:, 0]
    return matrix + np.tril(matrix, -1).T


def sample_gradients(landscape, w):
    kernels, p = landscape.kernels, landscape.parameters
    neutral, rows = 1.0 if kernels.labels == "sign" else 0.0, []
    for i in range(kernels.samples(p)):
        out = np.zeros((landscape.size + kernels.working_memory(p), LANES))
        point = LaneView(np.tile(w[:, None], LANES))
        kernels.sample_gradient(point, i, np.full(LANES, neutral), np.ones(LANES), LaneView(out), p)
        rows.append(out[: landscape.size, 0])
    return np.array(rows)


EXAMPLES = {each.__name__: each.example() for each in catalogue.landscape_classes()}


@pytest.mark.parametrize("name", EXAMPLES)
def test_on_every_landscape(name):
    landscape, further = EXAMPLES[name], EXAMPLES[name].further_observables
    points = np.random.default_rng(5).uniform(0.3, 1.2, (3, landscape.size))
    if landscape.kernels.separable:
        assert not further
        return
    assert "gradient_norm" in landscape.measurable
    closed = isinstance(landscape, WideningValley)
    assert ("hessian_top_eigenvalue" in further) == (closed or landscape.kernels.hessian is not None)
    for w in points:
        slope = landscape.gradient(w)
        assert landscape.gradient_norm(w) == pytest.approx(np.linalg.norm(slope), rel=1e-12)
        if landscape.kernels.hessian is None and not closed:
            continue
        matrix = landscape.hessian(w) if closed else unpacked(landscape, w)
        eigenvalues = np.linalg.eigvalsh(matrix)
        size = abs(eigenvalues).max()
        assert landscape.hessian_trace(w) == pytest.approx(np.trace(matrix), rel=1e-11, abs=1e-11 * size)
        assert landscape.hessian_top_eigenvalue(w) == pytest.approx(eigenvalues[-1], rel=1e-11, abs=1e-11 * size)
        if landscape.kernels.samples is not None:
            sigma = np.cov(sample_gradients(landscape, w).T, bias=True).reshape(matrix.shape)
            expected = np.trace(matrix @ sigma)
            scale = size * np.trace(sigma)
            assert landscape.trace_hessian_noise(w) == pytest.approx(expected, rel=1e-9, abs=1e-11 * scale)
            if landscape.size > 1 and scale > 0:
                assert abs(expected - np.trace(matrix) * np.trace(sigma)) > 1e-6 * scale


# What is built from a landscape's kernels is built alike for all: compiled, a few of each form will do.
COMPILED = ["LinearRecurrence", "WideningValley", "TwoBasins", "MatrixSensing", "SymbolicLandscape"]


@pytest.mark.parametrize("name", EXAMPLES if NOJIT else COMPILED)
def test_recorded_as_on_the_points(name):
    """Kernels measure what the plain Python of the same observables does."""
    landscape = EXAMPLES[name]
    measured = [*landscape.further_observables.values(), landscape.sq_norm_of(range(landscape.size))]
    start = np.random.default_rng(8).uniform(0.4, 0.9, (10, landscape.size))
    record = tl.record(*measured, at=[0])
    run = tl.simulate(landscape, tl.dynamics.gd(1e-3), start=start, steps=1, trajectories=10, record=record)
    for each in measured:
        expected = each(start)
        scale = 1 + abs(expected).max()
        np.testing.assert_allclose(run[each.name].mean[0], expected.mean(), rtol=1e-10, atol=1e-11 * scale)
        np.testing.assert_allclose(run[each.name].maximum[0], expected.max(), rtol=1e-10, atol=1e-11 * scale)


TOPS = [
    pytest.param(EXACT, None, 1e-13, id="largest exact size"),
    pytest.param(EXACT + 1, None, 1e-12, id="smallest Lanczos size"),
    pytest.param(40, None, 1e-10, id="40"),
    pytest.param(80, np.append(np.linspace(-1.0, 1.0, 79), 1.03), 1e-8, id="80, gap 1.5%"),
    pytest.param(80, -np.linspace(1.0, 2.0, 80), 1e-2, id="80, negative"),
    pytest.param(30, np.zeros(30), 1e-13, id="nothing"),
    pytest.param(30, np.full(30, -2.0), 1e-13, id="all alike"),
    pytest.param(30, np.repeat([-5.0, 3.0], 15), 1e-12, id="two values"),
]


@pytest.mark.parametrize(("n", "eigenvalues", "accuracy"), TOPS)
def test_the_top_eigenvalue_is_as_accurate_as_it_says(n, eigenvalues, accuracy):
    matrix = symmetric(n, n, eigenvalues)
    exact = np.linalg.eigvalsh(matrix)
    bowl = QuadraticBowl(symmetric(n, 1))
    object.__setattr__(bowl, "hessian", matrix)  # any symmetric matrix, to have negative eigenvalues too
    found = bowl.hessian_top_eigenvalue(np.ones(n))
    width = max(exact[-1] - exact[0], abs(exact).max(), 1e-300)
    assert -accuracy * width <= found - exact[-1] <= 1e-13 * width
    others = exact[exact < exact[-1] - 2 * accuracy * width]
    if len(others):
        assert abs(found - others[-1]) > accuracy * width


def test_the_top_eigenvalue_of_permuted_coordinates():
    """Eigenvectors along axes, and with equal entries: no start may be orthogonal to them."""
    for place in range(20):
        diagonal = np.ones(20)
        diagonal[place] = 4.0
        assert QuadraticBowl(np.diag(diagonal)).hessian_top_eigenvalue(np.zeros(20)) == pytest.approx(4.0, rel=1e-13)
    for i, j in [(0, 1), (3, 11), (18, 19)]:
        direction = np.zeros(20)
        direction[i], direction[j] = 1.0, -1.0
        matrix = np.eye(20) + np.outer(direction, direction)
        assert QuadraticBowl(matrix).hessian_top_eigenvalue(np.zeros(20)) == pytest.approx(3.0, rel=1e-13)


def test_distances_to_the_minimisers():
    surface = TwoBasins.example()
    points = np.array([[1.0, 1.0], [-1.0, -1.0], [2.0, 1.0], [-1.0, 1.5]])
    np.testing.assert_allclose(surface.distance_to_minimisers(points), [0, 0, 1, min(2.0**2 + 0.25, 2.5**2) ** 0.5])
    valley = WideningValley(2)
    np.testing.assert_allclose(valley.distance_to_minimisers([[3.0, 4.0, 0.5], [0.3, 0.4, -2.0]]), [0.5, 0.5])
    bowl = QuadraticBowl([[2.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1e-3]])
    assert bowl.distance_to_minimisers([3.0, 7.0, 4.0]) == pytest.approx(5.0, rel=1e-14)
    assert QuadraticBowl([[0.0]]).distance_to_minimisers([3.0]) == 0.0
    with pytest.raises(AttributeError, match="no distance_to_minimisers"):
        _ = QuadraticRegression.example().distance_to_minimisers


def test_every_point_at_distance_0_is_a_minimiser():
    rng = np.random.default_rng(3)
    matrix = symmetric(5, 2, np.array([0.0, 0.0, 0.5, 1.0, 2.0]))
    bowl = QuadraticBowl((matrix + matrix.T) / 2)
    _, basis = np.linalg.eigh(bowl.hessian)
    flat = basis[:, :2] @ rng.standard_normal(2)
    steep = basis[:, 2:] @ rng.standard_normal(3)
    assert bowl.distance_to_minimisers(flat + steep) == pytest.approx(np.linalg.norm(steep), rel=1e-12)


def test_squared_norms_of_parts():
    sensing = MatrixSensing.example()
    w = np.arange(1.0, sensing.size + 1)
    part = sensing.sq_norm_of([0, 2])
    assert (part.name, part(w)) == ("sq_norm_of[0,2]", 10.0)
    assert sensing.sq_norm_of(1, name="second")(w) == 4.0
    assert sensing.sq_norm_of(range(sensing.size))(w) == pytest.approx(w @ w)
    for wrong, kind, words in [
        ([0, sensing.size], ValueError, "different numbers from 0 to"),
        ([0, 0], ValueError, "different numbers"),
        ([-1], ValueError, "different numbers"),
        ([0.5], TypeError, "must be an integer or a sequence"),
        ([], TypeError, "must be an integer or a sequence"),
        (True, TypeError, "must be an integer or a sequence"),
    ]:
        with pytest.raises(kind, match=words):
            sensing.sq_norm_of(wrong)


def test_a_landscape_of_ones_own_has_them_too():
    import sympy as sp

    x, y, a = sp.symbols("x y a", real=True)
    own = tl.landscapes.from_sympy(a * (x**2 - 1) ** 2 + x * y + y**2, [x, y], {a: 2.0})
    matrix = np.array(own.hessian([0.5, 1.0]))
    assert own.hessian_top_eigenvalue([0.5, 1.0]) == pytest.approx(np.linalg.eigvalsh(matrix)[-1], rel=1e-12)
    assert not hasattr(own, "distance_to_minimisers")
    ring = tl.landscapes.from_sympy((x - 3) ** 2 + (y + 1) ** 2, [x, y], {}, minimum=[3.0, -1.0])
    assert ring.distance_to_minimisers([0.0, 3.0]) == pytest.approx(5.0)
    functions = tl.landscapes.from_functions(
        lambda w, p: 0.5 * (w[0] * w[0] + 4.0 * w[1] * w[1]), _two_slopes, size=2, minimum=[0.0, 0.0]
    )
    assert functions.gradient_norm([3.0, 1.0]) == pytest.approx(5.0)
    assert functions.distance_to_minimisers([3.0, 4.0]) == pytest.approx(5.0)


def _two_slopes(w, out, p):
    out[0] = w[0]
    out[1] = 4.0 * w[1]


def test_equal_observables_are_one_recipe():
    first, second = WideningValley(2).gradient_norm, WideningValley(7).gradient_norm
    assert first.reading == second.reading
    assert lanes_kernel(first.kernel) is lanes_kernel(second.kernel)
    assert build_gradient(WideningValley.kernels) is build_gradient(WideningValley(3).kernels)


@pytest.mark.skipif(NOJIT, reason="nothing is compiled")
def test_kernels_with_built_observables_are_kept_on_disk():
    from toylands.kernels.cache import identity

    valley, surface = WideningValley(2), TwoBasins.example()
    for each in [valley.gradient_norm, surface.trace_hessian_noise, tl.indicator(surface.hessian_trace, above=9.0)]:
        assert identity(each.reading)
    assert identity(tl.indicator(surface.loss, above=1.0).reading) != identity(surface.loss.reading)
    assert identity(valley.gradient_norm.reading) != identity(surface.gradient_norm.reading)
