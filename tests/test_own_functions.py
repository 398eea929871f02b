"""Landscapes from functions of one point: in lanes where the source allows it, one by one and told so where not."""

import json
import math
import warnings
from collections import namedtuple

import naive
import numpy as np
import pytest
from conftest import NOJIT
from numba import njit

import toylands as tl
from toylands import dynamics
from toylands.kernels import build_kernel
from toylands.landscapes import from_functions
from toylands.landscapes.one_point import IN_LANES, ONE_BY_ONE, PLAIN
from toylands.landscapes.own_functions import FunctionLandscape
from toylands.prepared import prepare

pytestmark = pytest.mark.nojit
compiled_only = pytest.mark.skipif(NOJIT, reason="nothing is compiled in this pass")


def loss(w, p):
    total = p.height * np.exp(-(w[0] ** 2)) + math.cos(w[-1])
    for j in range(len(w)):
        total += p.curvatures[j] * w[j] * w[j] / 2
    return total


def gradient(w, out, p):
    for j in range(w.shape[0]):
        out[j] = p.curvatures[j] * w[j]
    out[0] -= 2 * p.height * w[0] * np.exp(-(w[0] ** 2))
    out[-1] -= math.sin(w[w.size - 1])


def branching_gradient(w, out, p):
    """The same, with a branch on a value."""
    for j in range(w.shape[0]):
        out[j] += p.curvatures[j] * w[j]
    if abs(w[0]) < 5.0:
        out[0] -= 2 * p.height * w[0] * np.exp(-(w[0] ** 2))
    out[-1] -= math.sin(w[-1])


def whole_array_loss(w, p):
    """The same, with whole-array arithmetic."""
    return p.height * np.exp(-(w[0] ** 2)) + math.cos(w[-1]) + (p.curvatures * w * w).sum() / 2


def sq_norm(w, p):
    """|w|^2"""
    return w[0] ** 2 + w[1] ** 2 + w[2] ** 2


def largest(w, p):
    return max(w[0], np.maximum(w[1], 0.0), min(w[2], 1.0))


CURVATURES = np.array([1.0, 2.0, 3.0])


def parameters(height=0.5):
    return {"height": height, "curvatures": CURVATURES}


def own(gradient=gradient, loss=loss, height=0.5, **more):
    return from_functions(loss, gradient, size=3, parameters=parameters(height), **more)


def naive_gradient(w, k):
    out = w * CURVATURES
    out[:, 0] -= 2 * 0.5 * w[:, 0] * np.exp(-(w[:, 0] ** 2))
    out[:, 2] -= np.sin(w[:, 2])
    return out


def forms(landscape):
    return {landscape.forms[role] for role in landscape.functions}


def quiet(make):
    """A landscape, with its warning or without."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return make()


@pytest.mark.parametrize("kind", ["plain", "njit", "branching"])
@pytest.mark.parametrize("noise", ["rademacher", "gaussian"])
def test_paths_are_the_naive_ones(kind, noise):
    function = {"plain": gradient, "njit": njit(gradient), "branching": branching_gradient}[kind]
    landscape = quiet(lambda: own(function))
    law = getattr(tl.noise, noise)
    paths = tl.sample_paths(
        landscape, dynamics.anti_pgd(0.1, 0.2, law, first="fresh"), start=[1.0, -1.0, 0.5], steps=20, count=9, seed=5
    )
    told = {"eta": 0.1, "sigma": 0.2, "kappa": 1.0, "kind": noise, "seed": 5}
    expected = naive.simulate(naive_gradient, [1.0, -1.0, 0.5], 20, range(9), **told)
    np.testing.assert_allclose(paths, expected, rtol=1e-10, atol=1e-10)


def test_values_and_gradients_at_points():
    landscape = own(observables={"sq_norm": sq_norm, "largest": largest})
    points = np.random.default_rng(2).standard_normal((4, 3))
    np.testing.assert_allclose(landscape.gradient(points), naive_gradient(points, 0), rtol=1e-13)
    np.testing.assert_allclose(landscape.sq_norm(points), (points**2).sum(axis=1), rtol=1e-13)
    expected = [0.5 * np.exp(-(w[0] ** 2)) + np.cos(w[2]) + (CURVATURES * w * w).sum() / 2 for w in points]
    np.testing.assert_allclose(landscape.loss(points), expected, rtol=1e-13)
    slope = [(landscape.loss(points[0] + h) - landscape.loss(points[0] - h)) / 2e-5 for h in 1e-5 * np.eye(3)]
    np.testing.assert_allclose(landscape.gradient(points[0]), slope, atol=1e-7)
    assert landscape.observables["sq_norm"].doc == "|w|^2"
    with pytest.raises(AttributeError, match="no attribute 'gradientt'"):
        landscape.gradientt


@compiled_only
def test_observables_in_a_run():
    landscape = own(observables={"sq_norm": sq_norm, "largest": largest})
    start = np.random.default_rng(3).standard_normal((9, 3)) + 0.5
    run = tl.simulate(landscape, dynamics.gd(0.0), start=start, steps=1, trajectories=9)
    for name in landscape.observables:
        assert run[name].mean[0] == pytest.approx(np.mean(landscape.observables[name](start)), rel=1e-12)


def test_which_form_runs_is_told():
    fast = own()
    assert forms(fast) == ({PLAIN} if NOJIT else {IN_LANES})
    if NOJIT:
        return

    def fresh(w, out, p):
        if w[0] > 0.0:
            out[0] = w[0]

    with pytest.warns(UserWarning, match=r"gradient \(fresh, test_own_functions.py, line \d+\).*bool"):
        slow = own(fresh)
    assert slow.forms == {"gradient": ONE_BY_ONE, "loss": IN_LANES}
    with pytest.warns(UserWarning, match=r"loss \(whole_array_loss"):
        slow = own(loss=whole_array_loss)
    assert slow.forms == {"gradient": IN_LANES, "loss": ONE_BY_ONE}


@compiled_only
def test_lanes_that_disagree_with_the_function_are_not_used(monkeypatch):
    """A mutant of the lanes' exponential: the comparison at eight points must see it."""
    from toylands.landscapes import one_point

    exact = one_point._same
    monkeypatch.setattr(one_point, "_same", lambda a, b: exact(a * (1 + 1e-6), b))

    def other_gradient(w, out, p):
        out[0] = np.exp(w[0])

    with pytest.warns(UserWarning, match="other numbers"):
        assert own(other_gradient).forms["gradient"] == ONE_BY_ONE


@compiled_only
def test_many_values_one_compilation():
    before, kernels = build_kernel.cache_info().misses, set()
    for height in np.linspace(0.1, 2.0, 200):
        landscape = own(height=height)
        prepared = prepare(landscape, dynamics.gd(0.1), [1.0] * 3, 1, 8, None, 0, None, 1e100, 0)
        kernels.add(build_kernel(prepared.recipe()))
    run = tl.simulate(landscape, dynamics.gd(0.1), start=[1.0] * 3, steps=1, trajectories=8)
    assert run["loss"].mean[0] == pytest.approx(2.0 * np.exp(-1) + np.cos(1) + 3, rel=1e-13)
    assert build_kernel.cache_info().misses <= before + 1
    (kernel,) = kernels
    assert len(kernel.overloads) == 1


@compiled_only
def test_what_numba_cannot_compile_is_named():
    def reads_a_file(w, p):
        first = w[0]
        return first + len(open("x").read())

    with pytest.raises(TypeError, match=r"loss \(reads_a_file, test_own_functions.py, line \d+\).*open") as caught:
        own(loss=reads_a_file)
    assert str(reads_a_file.__code__.co_firstlineno + 2) in str(caught.value)

    def no_field(w, out, p):
        out[0] = p.depth

    with pytest.raises(TypeError, match=r"gradient \(no_field.*depth"):
        own(no_field)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"loss": "w**2"}, TypeError, r"loss must be a Python or njit function loss\(w, p\), got 'w\*\*2'"),
        ({"loss": lambda w: w}, TypeError, "takes 1 arguments"),
        ({"gradient": loss}, TypeError, r"gradient must take \(w, out, p\), but loss takes 2"),
        ({"size": 0}, ValueError, "size must be"),
        ({"parameters": [1.0]}, TypeError, "parameters must be a dict"),
        ({"parameters": {"a": "x"}}, TypeError, r"parameters\['a'\] must be a number or an array"),
        ({"parameters": {"a": [np.nan]}}, ValueError, r"parameters\['a'\] must be finite"),
        ({"observables": {"loss": sq_norm}}, ValueError, "names"),
        ({"observables": {"a b": sq_norm}}, ValueError, "names"),
        ({"observables": {"z": gradient}}, TypeError, "z must take"),
        ({"minimum": [1.0]}, ValueError, "minimum must be a vector of 3"),
        ({"loss": lambda w, p: (1.0, 2.0)}, TypeError, "loss must return a number"),
    ],
)
def test_bad_arguments(change, error, message):
    arguments = {"loss": loss, "gradient": gradient, "size": 3, "parameters": parameters(), **change}
    with pytest.raises(error, match=message):
        from_functions(**arguments)


def test_parameters_as_a_named_tuple():
    kind = namedtuple("kind", ["height", "curvatures"])
    landscape = from_functions(loss, gradient, size=3, parameters=kind(0.5, CURVATURES), minimum=[0.0, 0.0, 1.0])
    assert landscape.loss([0.0, 0.0, 0.0]) == 1.5
    assert landscape.suggested()["start"].tolist() == [0.0, 0.0, 1.0]
    assert not landscape.parameters.curvatures.flags.writeable


def test_description():
    described = own().describe()
    assert json.loads(json.dumps(described)) == described
    assert described["functions"]["loss"] != own(loss=sq_norm).describe()["functions"]["loss"]
    assert FunctionLandscape.example().describe()["parameters"] == {"a": 2.0}


def test_observables_belong_to_their_own_functions():
    with pytest.raises(ValueError, match="another landscape"):
        tl.simulate(
            own(), dynamics.gd(0.1), start=[1.0] * 3, steps=1, trajectories=8, record=tl.record(own(loss=sq_norm).loss)
        )
