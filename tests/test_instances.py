"""The hard instances of lower bounds and clipped perturbations: terms as printed, the proofs' paths, and their means.

Gradients, Hessians and losses against twins and finite differences are in `test_landscapes`; paths under every kind of
rule against the naive reference in `test_kernels` and `test_matrix`.
"""

import naive
import naive_instances
import naive_rules
import numpy as np
import pytest
import sympy as sp
from conftest import NOJIT

import toylands as tl
from theory.noise_stability import chain_functions, fixed_rate
from toylands import dynamics
from toylands.landscapes import CappedBowl, PlateauChain, QuadraticBowl, ReducedHiddenUnit

pytestmark = pytest.mark.nojit


def points(size, spread=2.0, count=8):
    return np.random.default_rng(3).uniform(-spread, spread, size=(count, size))


CHAIN = PlateauChain([0.25, 0.4, 0.1, 0.3, 0.25, 0.2], curvature=1.5, sigma=0.8, gap=1.2, perturbations=3)
BOWL = CappedBowl(0.2, 6, curvature=1.5, sigma=0.8, gap=1.2, perturbations=3)


def told(landscape):
    """What the naive reference is told of an instance."""
    if isinstance(landscape, CappedBowl):
        return (landscape.eta, landscape.steps, landscape.curvature, landscape.sigma, landscape.perturbations)
    return (landscape.etas, landscape.curvature, landscape.sigma, landscape.perturbations)


def hard_rule(landscape, **changes):
    settings = {**landscape.suggested(), **changes}
    arguments = {key: settings[key] for key in ("eta", "sigma", "perturbations", "bounds")}
    return dynamics.nso(**arguments)


def printed_terms(landscape, w):
    """Value, slope and second derivative, coordinate by coordinate."""
    if isinstance(landscape, CappedBowl):
        return np.array(naive_instances.cap_terms(w, *told(landscape)[:4])).T
    return np.array(naive_instances.chain_terms(w, *told(landscape))).T


@pytest.mark.parametrize("landscape", [CHAIN, BOWL], ids=lambda each: type(each).__name__)
def test_terms_are_the_printed_ones(landscape):
    for w in points(7, 1.5, 60):
        value, slope, bend = printed_terms(landscape, w)
        assert landscape.loss(w) == pytest.approx(value.sum(), rel=1e-13)
        np.testing.assert_allclose(landscape.gradient(w), slope, atol=1e-14)
        np.testing.assert_allclose(landscape.hessian(w), np.diag(bend), rtol=1e-14)
        assert landscape.sq_gradient(w) == pytest.approx(slope @ slope, rel=1e-13)
        assert landscape.gradient_norm(w) == pytest.approx(np.linalg.norm(slope), rel=1e-13)


def test_edges_are_the_ledgers():
    """`theory.noise_stability.chain_functions` proves that the pieces of h and g fit together."""
    chain, bowl = PlateauChain([0.5], sigma=0.8), CappedBowl(0.5, 1, sigma=0.8)
    at = {chain_functions.C: 1, chain_functions.ALPHA: 0.8}
    for landscape, pieces, offset in ((chain, chain_functions.H_PIECES, 1), (bowl, chain_functions.G_PIECES, 0)):
        for x in np.linspace(0.003, 2.0, 77):
            piece = [each for place, each in pieces if sp.sympify(place).subs(at) <= x][-1].subs(at)
            w = np.zeros(2)
            w[offset] = x
            assert landscape.loss(w) == pytest.approx(float(piece.subs(chain_functions.X, x)), rel=1e-12, abs=1e-15)
            slope = float(sp.diff(piece, chain_functions.X).subs(chain_functions.X, x))
            assert landscape.gradient(w)[offset] == pytest.approx(slope, abs=1e-14)


def test_bounds_are_the_ledgers():
    symbols = [chain_functions.C, chain_functions.D, chain_functions.K, chain_functions.SIGMA, chain_functions.T]
    printed, stronger = (sp.lambdify(symbols, each) for each in (chain_functions.LOWER, fixed_rate.STRONGER))
    for steps, sigma in ((4, 0.5), (40, 2.0), (400, 1.0)):
        given = (1.5, 1.2, 2, sigma, steps)
        largest = np.sqrt(1.2**2 * 2 * steps / (2 * sigma**2 * 1.5))  # of the sum of step sizes, in Lemma B.2
        eta = min(largest / steps, 0.6)
        chain = PlateauChain(np.full(steps, eta), 1.5, sigma, 1.2, 2)
        bowl = CappedBowl(eta, steps, 1.5, sigma, 1.2, 2)
        for each in (chain, bowl):
            assert each.printed_bound() == pytest.approx(float(printed(*given)), rel=1e-12)
        assert chain.lower_bound() >= min(1.5 * 1.2**2 / 4, chain.printed_bound()) * (1 - 1e-12)
        if eta < 0.6:
            assert bowl.lower_bound() >= min(1.5 * 1.2**2, float(stronger(*given))) * (1 - 1e-12)
            assert chain.excess() <= 1.2**2 * (1 + 1e-12)
    short = PlateauChain([0.05], sigma=10.0)  # the ledger's counterexample: T too small against sigma^2
    assert short.expected_slow(1) ** 2 < short.printed_bound()


@pytest.mark.parametrize("landscape", [CHAIN, BOWL], ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("perturbations", [1, 3])
def test_clipped_perturbations_and_noise_against_the_naive_reference(landscape, perturbations):
    """From a start off the plateaus, so that slopes, clipping and noise all act; past the noise's last step."""
    steps, seed, who = 12, 5, range(9)
    start = np.append(0.2, np.linspace(-0.9, 1.1, 6))
    bounds = landscape.suggested()["bounds"]
    rule = dynamics.nso(0.2, 0.5, perturbations=perturbations, bounds=bounds)
    build = naive_instances.capped_bowl if isinstance(landscape, CappedBowl) else naive_instances.plateau_chain
    problem = build(*told(landscape), seed, who)
    paths = tl.sample_paths(landscape, rule, start=start, steps=steps, count=9, seed=seed)
    worst = []
    for clip in (bounds, 2 * np.asarray(bounds)):
        oracle = {"displaced": "two-point", "count": perturbations, "scale": 0.5, "bounds": clip}
        gradient = naive_rules.oracle(problem, seed, who, **oracle)
        expected = naive.simulate(gradient, start, steps, who, eta=0.2, seed=seed)
        worst.append(np.abs(paths - expected).max())
    assert worst[0] < 1e-10
    assert worst[1] > 1e-4  # twice the bounds


@pytest.mark.parametrize("bounds", [0.03, [0.02, 0.07, 0.05]])
def test_clipped_perturbations_on_another_landscape(bounds):
    problem = naive_instances.reduced_hidden_unit([1.0, 0.0])
    landscape, start = ReducedHiddenUnit([1.0], 1), [0.5, -0.4, 0.9]
    rule = dynamics.wp_sgd(0.1, 0.05, tl.noise.laplace, 2, bounds=bounds)
    paths = tl.sample_paths(landscape, rule, start=start, steps=50, count=9, seed=3)
    oracle = {"displaced": "one-point", "law": "laplace", "count": 2, "scale": 0.05}
    for clip, low, high in ((bounds, 0.0, 1e-10), (None, 1e-4, np.inf)):
        gradient = naive_rules.oracle(problem, 3, range(9), **oracle, bounds=clip)
        expected = naive.simulate(gradient, start, 50, range(9), eta=0.1, seed=3)
        assert low <= np.abs(paths - expected).max() < high


def deviation_from_eq_42(landscape, rule):
    """How far paths are from W_t = W_0 prod (1 - eta_i / G) - sum eta_i xi_i, xi_i along e_{i+1}, |xi_i| as drawn."""
    etas, start = np.asarray(landscape.etas), landscape.suggested()["start"]
    steps = len(etas)
    paths = tl.sample_paths(landscape, rule, start=start, steps=steps, count=40, seed=1)
    expected = np.zeros_like(paths)
    for t in range(steps + 1):
        expected[t, :, 0] = landscape.expected_slow(t)
        for i in range(t):
            expected[t, :, i + 1] = paths[i + 1, :, i + 1]  # what the push left, kept for ever
    unit = etas * landscape.sigma / np.sqrt(landscape.perturbations)
    signs = np.diagonal(paths[1:, :, 1:], axis1=0, axis2=2) / unit
    count = (signs + 1) / 2 * landscape.perturbations  # of signs -1 among k: whole numbers
    return max(np.abs(paths - expected).max(), np.abs(count - np.round(count)).max(), (np.abs(signs) - 1).max())


def test_the_proofs_path_is_followed_exactly():
    """Eq. 42, trajectory by trajectory; not so with wider perturbations, in effect without bounds, or other steps."""
    assert deviation_from_eq_42(CHAIN, hard_rule(CHAIN)) < 1e-13
    wide = np.asarray(CHAIN.suggested()["bounds"]) * 3
    for mutant in ({"bounds": 1e9}, {"bounds": wide}, {"eta": 2 * np.asarray(CHAIN.etas)}):
        assert deviation_from_eq_42(CHAIN, hard_rule(CHAIN, **mutant)) > 1e-3


def test_one_sided_truncation_is_not_enough():
    """min(U, a), as printed: the plateau is left. Told to the naive reference only, which can draw it."""
    who, seed = range(200), 2
    for clip, left in ((lambda u, a: np.clip(u, -a, a), False), (np.minimum, True)):
        problem = naive_instances.plateau_chain(*told(CHAIN), seed, who)
        stream, a = naive.Stream(seed, naive_rules.PROBE, who), np.asarray(CHAIN.suggested()["bounds"])

        def gradient(w, k, problem=problem, stream=stream, a=a, clip=clip):
            u = clip(CHAIN.sigma * naive.draws("gaussian", stream, w.shape[1]), a)
            return (problem.gradient(w + u, k) + problem.gradient(w - u, k)) / 2

        paths = naive.simulate(gradient, CHAIN.suggested()["start"], 6, who, eta=CHAIN.etas)
        moved = np.abs(paths[-1, :, 1] - paths[1, :, 1]).max() > 1e-3
        assert moved == left


# --- Monte Carlo: what the proofs say of means -----------------------------------------------------------------------

TRAJECTORIES = 1 << 17
in_the_compiled_pass = pytest.mark.skipif(NOJIT, reason="too many trajectories without JIT")


def squares(landscape, rule, observable, steps, seed):
    record = tl.record(observable, at=range(1, steps + 1))
    start = landscape.suggested()["start"]
    run = tl.simulate(landscape, rule, start=start, steps=steps, trajectories=TRAJECTORIES, record=record, seed=seed)
    return run[observable.name]


@in_the_compiled_pass
def test_the_adversarial_noise_keeps_the_gradient_large():
    """Lemma B.3's mean of |grad F|^2 at every step, within 4.5 standard errors (all six together fail by chance once in
    24,000 seeds). With 2^17 trajectories that is 0.14% of the mean at step 1 and 0.7% at step 6, so that deviations of
    twice as much are caught; the mutants are off by 14% or more at step 6."""
    series = squares(BOWL, hard_rule(BOWL), BOWL.sq_gradient, 6, seed=11)
    expected = np.array([BOWL.mean_sq_gradient(t) for t in range(1, 7)])
    assert (np.abs(series.mean - expected) < 4.5 * series.stderr).all()
    assert (series.mean + 4.5 * series.stderr > BOWL.lower_bound()).all()
    assert (4.5 * series.stderr < 0.0075 * expected).all()
    for mutant in (
        CappedBowl(0.2, 6, 1.5, 0.8, 1.2, perturbations=2),  # noise of the mean of two draws, not of three
        CappedBowl(0.2, 6, 1.5, 0.9, 1.2, perturbations=3),
        CappedBowl(0.2, 6, 1.5, 0.8, 1.2, perturbations=3, noisy=False),
    ):
        other = squares(mutant, hard_rule(BOWL), mutant.sq_gradient, 6, seed=11)
        assert (np.abs(other.mean - expected) > 4.5 * other.stderr).any()


def test_the_bound_of_the_chain_holds_and_fails_without_its_slow_coordinate():
    """Every trajectory, every step: |grad F|^2 >= (D^2 / 4) min(C, 1 / (2 sum eta)). Deterministic, so any power. The
    same path on a first coordinate as curved as C allows (G = 1 / C, as printed under Eq. 8) falls below it."""
    chain = PlateauChain(np.full(40, 0.25), sigma=0.8)
    settings = {"start": chain.suggested()["start"], "steps": 40, "count": 16}
    slopes = chain.sq_gradient(tl.sample_paths(chain, hard_rule(chain), **settings))
    assert slopes.min() >= chain.lower_bound()
    np.testing.assert_allclose(slopes[-1], (chain.expected_slow(40) * chain.parameters.slow) ** 2, rtol=1e-12)
    mutant = PlateauChain(np.full(40, 0.25), sigma=0.8)
    object.__setattr__(mutant, "_parameters", mutant.parameters._replace(slow=1.0))
    slopes = mutant.sq_gradient(tl.sample_paths(mutant, hard_rule(chain), **settings))
    assert slopes.min() < chain.lower_bound()


@in_the_compiled_pass
def test_momentum_on_the_quadratic_of_lemma_b7():
    """f = C |W|^2 / 2, heavy ball, noise of variance sigma^2 / k in all: E|grad f|^2 from the second moments of
    (W, M), at every step within 4.5 standard errors; mutant: mu off by 0.05."""
    curvature, eta, sigma, k, dim, steps = 1.5, 0.2, 0.8, 3, 5, 20
    bowl, weight = QuadraticBowl(curvature * np.eye(dim)), np.sqrt(2 / curvature / dim)
    spread = eta * sigma / np.sqrt(k * dim)

    def means(mu):
        matrix = np.array([[1 - curvature * eta, mu], [-curvature * eta, mu]])  # X_mu, below Eq. 61
        moments, found = np.array([[weight**2, 0.0], [0.0, 0.0]]), []
        for _ in range(steps):
            moments = matrix @ moments @ matrix.T + spread**2
            found.append(curvature**2 * dim * moments[0, 0])
        return np.array(found)

    rule = dynamics.pgd(eta, spread, tl.noise.rademacher, momentum=0.5)
    record = tl.record(bowl.sq_norm, at=range(1, steps + 1))
    run = tl.simulate(bowl, rule, start=np.full(dim, weight), steps=steps, trajectories=TRAJECTORIES, record=record)
    mean, error = (curvature**2 * x for x in (run["sq_norm"].mean, run["sq_norm"].stderr))
    assert (np.abs(mean - means(0.5)) <= 4.5 * error + 1e-12).all()
    assert (np.abs(mean - means(0.55)) > 4.5 * error).any()


# --- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "kind", "message"),
    [
        (lambda: PlateauChain([]), ValueError, "etas"),
        (lambda: PlateauChain([0.5, 0.0]), ValueError, "etas must be positive and at most"),
        (lambda: PlateauChain([0.6], curvature=2.0), ValueError, "at most 1 / curvature = 0.5"),
        (lambda: PlateauChain([0.5], perturbations=65), ValueError, "perturbations = 65 must be at most 64"),
        (lambda: PlateauChain([0.5], noisy=1), TypeError, "noisy must be True or False"),
        (lambda: PlateauChain([0.5]).expected_slow(2), ValueError, "step = 2 must be at most T = 1"),
        (lambda: CappedBowl(1.0, 3), ValueError, r"eta must be a number in \(0, 1\)"),
        (lambda: CappedBowl(0.5, 0), ValueError, "steps must be an integer >= 1"),
        (lambda: CappedBowl(0.5, 3, sigma=0.0), ValueError, "sigma must be a finite number > 0"),
        (lambda: CappedBowl(0.5, 3).mean_sq_gradient(4), ValueError, "step = 4 must be at most T = 3"),
        (lambda: dynamics.nso(0.1, 0.1, bounds=0.0), ValueError, "bounds must be a finite number > 0"),
        (lambda: dynamics.nso(0.1, 0.1, bounds=[0.1, -0.1]), ValueError, "bounds must be positive"),
        (lambda: dynamics.wp_sgd(0.1, 0.1, bounds="a"), TypeError, "bounds"),
    ],
)
def test_bad_input_is_refused(build, kind, message):
    with pytest.raises(kind, match=message):
        build()


def test_bounds_must_fit_the_landscape():
    rule = dynamics.nso(0.1, 0.1, bounds=[0.1, 0.2])
    with pytest.raises(ValueError, match="bounds must be one number or 7, one a coordinate, got 2"):
        tl.sample_paths(CHAIN, rule, start=np.zeros(7), steps=1, count=1)


@pytest.mark.parametrize("landscape", [CHAIN, BOWL, PlateauChain([0.1, 0.1])], ids=["chain", "bowl", "equal steps"])
def test_what_is_suggested_runs_and_is_admissible(landscape):
    settings = landscape.suggested()
    paths = tl.sample_paths(landscape, hard_rule(landscape), start=settings["start"], steps=settings["steps"], count=8)
    assert np.isfinite(paths).all()
    assert landscape.loss(settings["start"]) == pytest.approx(landscape.excess(), rel=1e-12)
    assert landscape.distance_to_minimisers(settings["start"]) > 0
    assert np.ndim(settings["bounds"]) == (1 if landscape is CHAIN else 0)
