"""Observables as the command line writes them: the same as those made in Python, listed with their source."""

import json

import numpy as np
import pytest

import toylands as tl
from toylands import catalogue
from toylands.cli import main
from toylands.commands.measured import read_observable
from toylands.landscapes import LinearRecurrence, TwoBasins, WideningValley

pytestmark = pytest.mark.nojit

OWN = '''
import toylands as tl
from toylands.simd import fma, lanes_function

def slanted(w, p):
    """2 w1 + w2, of our own"""
    return fma(w[0], 2.0, w[1])

@lanes_function
def product(w, p):
    return w[0] * w[1]

nothing = 3
'''


@pytest.fixture
def own(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(OWN)
    return file


def test_words_mean_what_python_makes():
    surface = TwoBasins.example()
    points = np.random.default_rng(2).uniform(-2, 2, (20, 2))
    for word, meant in [
        ("loss", surface.loss),
        ("hessian-trace", surface.hessian_trace),
        ("gradient_norm", surface.gradient_norm),
        ("trace_hessian_noise", surface.trace_hessian_noise),
        ("distance-to-minimisers", surface.distance_to_minimisers),
        ("sq_norm_of(1)", surface.sq_norm_of(1)),
        ("sq-norm-of( 0:2 )", surface.sq_norm_of([0, 1])),
        ("sq_norm_of(1,0:1)", surface.sq_norm_of([1, 0])),
        ("loss>=3.5", tl.indicator(surface.loss, above=3.5)),
        ("gradient-norm <= 1e1", tl.indicator(surface.gradient_norm, below=10.0)),
        ("sq_norm_of(0)<=.5", tl.indicator(surface.sq_norm_of(0), below=0.5)),
    ]:
        found = read_observable(word, surface)
        assert found.name == meant.name
        np.testing.assert_array_equal(found(points), meant(points))
        assert len(set(found(points))) > 1
    average = read_observable("moving-average(sq_norm_of(0,1)>=2, 12.5)", surface)
    assert (average.name, average.span) == ("mean of sq_norm_of[0,1] >= 2 over 12.5 steps", 12.5)
    assert read_observable("moving_average(loss,inf)", surface).span == np.inf


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("gradient", "did you mean 'gradient-norm'"),
        ("sq_norm_of(2)", "different numbers from 0 to 1"),
        ("sq_norm_of(a)", "coordinates must be numbers such as"),
        ("sq_norm_of(1:0)", "must be an integer or a sequence"),
        ("loss>=much", "a threshold must be a number"),
        ("loss<=nan", "neither may be nan"),
        ("moving_average(loss,0.5)", "at least 1"),
        ("moving_average(loss,long)", "SPAN must be a number"),
        ("moving_average(moving_average(loss,3),3)", "not averaged again"),
        ("moving_average(loss,3)>=1", "not compared with thresholds"),
        ("nowhere.py:f", "no such file"),
    ],
)
def test_words_that_mean_nothing(word, message):
    with pytest.raises((TypeError, ValueError), match=message):
        read_observable(word, TwoBasins.example())


def test_functions_of_ones_own(own):
    surface = TwoBasins.example()
    slanted = read_observable(f"{own}:slanted", surface)
    assert (slanted.name, slanted.doc, slanted([3.0, 1.0])) == ("slanted", "2 w1 + w2, of our own", 7.0)
    beyond = read_observable(f"{own}:product>=2", surface)
    assert beyond.name == "product >= 2"
    np.testing.assert_array_equal(beyond([[1.0, 1.0], [2.0, 1.0]]), [0.0, 1.0])
    for name in ("nothing", "absent"):
        with pytest.raises(ValueError, match=f"no function or Observable {name} in it"):
            read_observable(f"{own}:{name}", surface)


def test_recorded_from_the_command_line(own, tmp_path):
    words = ["moving_average(loss,3)", "sq-norm<=2.5", "sq_norm_of(0:2)", "distance_to_minimisers", f"{own}:slanted"]
    out, steps = tmp_path / "out.json", 6
    asked = ["--set", "hessian=[[2,1],[1,3]]", "--set", "eta=0.1", "--set", "sigma=0.3", "--start", "1,-1"]
    asked += ["--steps", str(steps), "--every", "1", "--trajectories", "64", "--seed", "5", "--json", str(out)]
    for word in words:
        asked += ["--record", word]
    main(["simulate", "quadratic-bowl", "pgd", *asked, "--target", "sq-norm<=2.5=1e-9"])
    run = json.loads(out.read_text())
    bowl = tl.landscapes.QuadraticBowl([[2.0, 1.0], [1.0, 3.0]])
    told = {"start": [1.0, -1.0], "steps": steps, "seed": 5}
    paths = tl.sample_paths(bowl, tl.dynamics.pgd(0.1, 0.3), count=64, every=1, **told)
    means = [bowl.loss(paths[0])]
    for k in range(1, steps + 1):
        means.append(means[-1] + (bowl.loss(paths[k]) - means[-1]) / min(k + 1, 3))
    expected = {
        "mean of loss over 3 steps": np.array(means),
        "sq_norm <= 2.5": (paths**2).sum(axis=-1) <= 2.5,
        "sq_norm_of[0,1]": (paths**2).sum(axis=-1),
        "distance_to_minimisers": np.sqrt((paths**2).sum(axis=-1)),
        "slanted": 2 * paths[..., 0] + paths[..., 1],
    }
    assert list(run["observables"]) == list(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(run["observables"][name]["mean"], values.mean(axis=1), rtol=1e-12, atol=1e-12)
    assert 0 < run["observables"]["sq_norm <= 2.5"]["mean"][-1] < 1


def test_wrong_words_are_told_before_anything_is_compiled(capsys):
    for wrong in (["--record", "lossy"], ["--target", "loss"], ["--target", "losing=1"], ["--target", "loss=-1"]):
        assert main(["simulate", "two-basins", "gd", *wrong]) == 2
        assert capsys.readouterr().out == ""


def test_every_observable_is_listed_with_a_line(capsys):
    assert main(["list", "observables"]) == 0
    listed = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    for each in catalogue.landscape_classes():
        for name in each.example().measurable:
            assert len(listed[f"{each.__name__}.{name}"]) > 3
    assert {"sq_norm_of(I,J,...)", "OBSERVABLE>=NUMBER", "moving_average(OBSERVABLE,SPAN)"} <= listed.keys()
    assert "WideningValley.hessian_top_eigenvalue" in listed
    assert set(LinearRecurrence(2, 0.5).measurable) == {"sq_norm"}
    assert "anisotropic Eq. 11" in listed["TwoBasins.trace_hessian_noise"]
    assert "antipgd" in listed["WideningValley.distance_to_minimisers"]
    assert WideningValley(2).observables.keys().isdisjoint(WideningValley(2).further_observables)
