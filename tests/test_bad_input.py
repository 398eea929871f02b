"""Rung h: bad input gets an error that names the argument, its value and what is allowed; nothing is left behind."""

import subprocess
import sys

import numpy as np
import pytest

import toylands as tl
from toylands import dynamics, ensemble
from toylands.dynamics.rule import UpdateRule
from toylands.landscapes import LinearRecurrence, QuadraticBowl, WideningValley
from toylands.noise import Discrete, Uniform

pytestmark = pytest.mark.nojit
NAN, INF = float("nan"), float("inf")
VALLEY, BOWL, PROCESS = WideningValley(2), QuadraticBowl(np.eye(2)), LinearRecurrence(2, 0.5)
ASYMMETRIC, INDEFINITE = [[1.0, 0.5], [0.4, 1.0]], [[1.0, 2.0], [2.0, 1.0]]


def check(call, kind, *words):
    """The call raises ``kind`` itself (not a cousin from deeper down), and the message has all the words."""
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    assert caught.type is kind, repr(caught.value)
    for word in words:
        assert word in str(caught.value), f"{word!r} is not in: {caught.value}"


LANDSCAPES = [
    (lambda: WideningValley(0), ValueError, ["dim", ">= 1", "0"]),
    (lambda: WideningValley(-3), ValueError, ["dim", ">= 1", "-3"]),
    (lambda: WideningValley(2.5), TypeError, ["dim", "integer", "2.5"]),
    (lambda: WideningValley(True), TypeError, ["dim", "integer", "True"]),
    (lambda: WideningValley("2"), TypeError, ["dim", "integer", "'2'"]),
    (lambda: LinearRecurrence(0, 0.5), ValueError, ["dim", ">= 1", "0"]),
    (lambda: LinearRecurrence(2, NAN), ValueError, ["rho", "finite", "nan"]),
    (lambda: LinearRecurrence(2, [0.5, INF]), ValueError, ["rho", "finite", "inf", "[1]"]),
    (lambda: LinearRecurrence(2, []), ValueError, ["rho", "finite numbers", "(0,)"]),
    (lambda: LinearRecurrence(2, [[0.5]]), ValueError, ["rho", "vector", "(1, 1)"]),
    (lambda: LinearRecurrence(2, "0.5"), TypeError, ["rho", "'0.5'", "noise.Uniform"]),
    (lambda: LinearRecurrence(2, None), TypeError, ["rho", "None", "noise.Uniform"]),
    (lambda: LinearRecurrence(2, ["a"]), TypeError, ["rho", "numbers", "'a'"]),
    (lambda: QuadraticBowl(ASYMMETRIC), ValueError, ["hessian", "symmetric", "0.1", "[0, 1] = 0.5", "[1, 0] = 0.4"]),
    (lambda: QuadraticBowl(INDEFINITE), ValueError, ["hessian", "positive semidefinite", "eigenvalue is -1"]),
    (lambda: QuadraticBowl([[1.0, NAN], [NAN, 1.0]]), ValueError, ["hessian", "nan", "[0, 1]"]),
    (lambda: QuadraticBowl([[1.0, 0.0]]), ValueError, ["hessian", "symmetric", "(1, 2)"]),
    (lambda: QuadraticBowl(np.zeros((0, 0))), ValueError, ["hessian", "(0, 0)"]),
    (lambda: QuadraticBowl([[1.0, 0.0], [0.0]]), TypeError, ["hessian", "ragged"]),
    (lambda: QuadraticBowl(2.0), ValueError, ["hessian", "matrix", "()"]),
    (lambda: QuadraticBowl([["a"]]), TypeError, ["hessian", "'a'"]),
    (lambda: QuadraticBowl([[1j]]), TypeError, ["hessian", "1j"]),
    (lambda: Uniform(1.0, 0.5), ValueError, ["high", "0.5", "low", "1.0"]),
    (lambda: Uniform(NAN, 0.5), ValueError, ["low", "nan", "finite"]),
    (lambda: Uniform(0.0, "1"), TypeError, ["high", "'1'", "number"]),
    (lambda: Discrete([1.0], [0.5]), ValueError, ["probabilities", "0.5", "sum 1"]),
    (lambda: Discrete([1.0, 2.0], [1.5, -0.5]), ValueError, ["probabilities", "-0.5", "nonnegative"]),
    (lambda: Discrete([1.0, 2.0], [1.0]), ValueError, ["probabilities", "2", "(1,)"]),
    (lambda: Discrete([NAN], [1.0]), ValueError, ["values", "nan", "finite"]),
    (lambda: VALLEY.on_floor(-1.0), ValueError, ["radius", "> 0", "-1.0"]),
    (lambda: VALLEY.hessian([1.0, 2.0]), ValueError, ["w", "3", "(2,)"]),
]

RULES = [
    (lambda: dynamics.pgd(0.1, -0.5), ValueError, ["sigma", "-0.5", ">= 0"]),
    (lambda: dynamics.anti_pgd(0.1, [0.5, -0.5]), ValueError, ["sigma", "-0.5", "at least 0"]),
    (lambda: dynamics.pgd(0.1, NAN), ValueError, ["sigma", "nan", "finite"]),
    (lambda: dynamics.pgd(NAN, 0.5), ValueError, ["eta", "nan", "finite"]),
    (lambda: dynamics.gd(INF), ValueError, ["eta", "inf", "finite"]),
    (lambda: dynamics.gd(-0.1), ValueError, ["eta", "-0.1", ">= 0"]),
    (lambda: dynamics.gd([]), ValueError, ["eta", "(0,)"]),
    (lambda: dynamics.gd([[0.1]]), ValueError, ["eta", "(1, 1)"]),
    (lambda: dynamics.gd("0.1"), TypeError, ["eta", "'0.1'", "finite number"]),
    (lambda: dynamics.gd(None), TypeError, ["eta", "None", "finite number"]),
    (lambda: dynamics.gd(0.1, momentum=1.0), ValueError, ["momentum", "[0, 1)", "1.0"]),
    (lambda: dynamics.gd(0.1, momentum=-0.1), ValueError, ["momentum", "[0, 1)", "-0.1"]),
    (lambda: dynamics.correlated_pgd(0.1, 0.5, 1.5), ValueError, ["kappa", "[-1, 1]", "1.5"]),
    (lambda: dynamics.correlated_pgd(0.1, 0.5, NAN), ValueError, ["kappa", "[-1, 1]", "nan"]),
    (lambda: dynamics.anti_pgd(0.1, 0.5, first="frsh"), ValueError, ["first", "'fresh'", "'stationary'", "'frsh'"]),
    (lambda: dynamics.anti_pgd(0.1, 0.5, first=1), TypeError, ["first", "'fresh'", "1"]),
    (lambda: dynamics.pgd(0.1, 0.5, noise="gaussian"), TypeError, ["noise", "'gaussian'", "toylands.noise.gaussian"]),
    (lambda: dynamics.pgd(0.1, 0.5, noise=None), ValueError, ["noise", "None", "sigma", "0.5"]),
    (lambda: dynamics.pgd(0.1, 0.5, start_noise=-1), ValueError, ["start_noise", ">= 0", "-1"]),
    (lambda: dynamics.pgd(0.1, 0.5, start_noise=1.5), TypeError, ["start_noise", "integer", "1.5"]),
    (lambda: dynamics.pgd(0.1, 0.5, start_noise=5, stop_noise=4), ValueError, ["stop_noise", "4", "5"]),
    (lambda: dynamics.pgd(0.1, 0.5, color="red"), TypeError, ["color"]),
    (lambda: dynamics.gld(0.1, ASYMMETRIC), ValueError, ["covariance", "asymmetry", "[0, 1] = 0.5"]),
    (lambda: dynamics.gld(0.1, INDEFINITE), ValueError, ["covariance", "positive semidefinite", "-1"]),
    (lambda: dynamics.gld(-0.1, np.eye(2)), ValueError, ["eta", ">= 0", "-0.1"]),
    (lambda: dynamics.euler_maruyama(0.0, np.eye(2)), ValueError, ["time_step", "> 0", "0"]),
    (lambda: dynamics.euler_maruyama(0.1, INDEFINITE), ValueError, ["covariance", "positive semidefinite", "-1"]),
    (lambda: dynamics.exact_ornstein_uhlenbeck(NAN, np.eye(2)), ValueError, ["time_step", "nan", "> 0"]),
    (lambda: dynamics.exact_ornstein_uhlenbeck(0.1, [1.0]), ValueError, ["covariance", "matrix", "(1,)"]),
    (lambda: UpdateRule("x", 0.1, tl.noise.gaussian, NAN), ValueError, ["sigma", "nan"]),
    (lambda: dynamics.pgd(0.1, [0.5, 2e38], tl.noise.gaussian_float32), ValueError, ["sigma", "2.e+38", "2^127"]),
]

RECORDS = [
    (lambda: tl.record(), ValueError, ["record", "at least one observable"]),
    (lambda: tl.record("loss"), TypeError, ["record", "observables", "'loss'"]),
    (lambda: tl.record(VALLEY.loss, VALLEY.loss), ValueError, ["observables", "different names", "loss"]),
    (lambda: tl.record(VALLEY.loss, every=0), ValueError, ["every", ">= 1", "0"]),
    (lambda: tl.record(VALLEY.loss, every=1.5), TypeError, ["every", "integer", "1.5"]),
    (lambda: tl.record(VALLEY.loss, at=[-1]), ValueError, ["at", ">= 0", "-1"]),
    (lambda: tl.record(VALLEY.loss, at=[]), ValueError, ["at", "at least one step"]),
    (lambda: tl.record(VALLEY.loss, at=[0.5]), TypeError, ["at", "integer", "0.5"]),
    (lambda: tl.record(VALLEY.loss, every=2, at=[1]), ValueError, ["every", "at", "not both"]),
    (lambda: tl.exit_region(VALLEY.loss, below=2.0, above=1.0), ValueError, ["below = 2.0", "above = 1.0", "smaller"]),
    (lambda: tl.exit_region(VALLEY.loss, below=1.0, above=1.0), ValueError, ["below = 1.0", "above = 1.0", "smaller"]),
    (lambda: tl.exit_region(VALLEY.loss, below=NAN), ValueError, ["below", "nan"]),
    (lambda: tl.exit_region(VALLEY.loss), ValueError, ["below", "above", "finite"]),
    (lambda: tl.exit_region("loss", above=1.0), TypeError, ["observable", "'loss'"]),
    (lambda: tl.exit_region(VALLEY.loss, above="1"), TypeError, ["above", "'1'"]),
    (lambda: tl.precision("loss", 0.0), ValueError, ["half_width", "> 0", "0"]),
    (lambda: tl.precision("loss", 0.1, confidence=1.0), ValueError, ["confidence", "(0, 1)", "1.0"]),
    (lambda: tl.precision(3, 0.1), TypeError, ["observable", "3"]),
]


@pytest.mark.parametrize(("call", "kind", "words"), LANDSCAPES + RULES + RECORDS)
def test_wrong_values(call, kind, words):
    check(call, kind, *words)


# --- simulate ---------------------------------------------------------------------------------------------------------


def simulate(landscape=VALLEY, rule=None, **changed):
    """A good call, but for what is changed."""
    arguments = {"start": [1.0, 1.0, 0.5][: landscape.size], "steps": 10, "trajectories": 8, **changed}
    return tl.simulate(landscape, rule if rule is not None else dynamics.pgd(0.1, 0.1), **arguments)


SIMULATE = [
    ({"trajectories": 0}, ValueError, ["trajectories", ">= 1", "0"]),
    ({"trajectories": 10.0}, TypeError, ["trajectories", "integer", "10.0"]),
    ({"steps": 0}, ValueError, ["steps", ">= 1", "0"]),
    ({"steps": -5}, ValueError, ["steps", ">= 1", "-5"]),
    ({"steps": None}, TypeError, ["steps", "integer", "None"]),
    ({"start": [1.0, 2.0]}, ValueError, ["start", "(2,)", "(3,)", "(8, 3)"]),
    ({"start": np.ones((5, 3))}, ValueError, ["start", "(5, 3)", "(8, 3)"]),
    ({"start": 1.0}, ValueError, ["start", "()", "(3,)"]),
    ({"start": [1.0, NAN, 0.0]}, ValueError, ["start", "nan", "finite"]),
    ({"start": ["a", "b", "c"]}, TypeError, ["start", "'a'", "numbers"]),
    ({"start": [[1.0], [1.0, 2.0]]}, TypeError, ["start", "[1.0, 2.0]", "numbers"]),
    ({"start": [1j, 0, 0]}, TypeError, ["start", "1j", "numbers"]),
    ({"seed": -1}, ValueError, ["seed", "2**64 - 1", "-1"]),
    ({"seed": 2**64}, ValueError, ["seed", "2**64 - 1", str(2**64)]),
    ({"seed": 1.0}, TypeError, ["seed", "integer", "1.0"]),
    ({"threads": 0}, ValueError, ["threads", ">= 1", "0"]),
    ({"batch_blocks": 0}, ValueError, ["batch_blocks", ">= 1", "0"]),
    ({"time_limit": 0.0}, ValueError, ["time_limit", "> 0", "0"]),
    ({"time_limit": NAN}, ValueError, ["time_limit", "nan", "> 0"]),
    ({"divergence": -1.0}, ValueError, ["divergence", "> 0", "-1.0"]),
    ({"divergence": NAN}, ValueError, ["divergence", "nan", "> 0"]),
    ({"first_trajectory": 63}, ValueError, ["first_trajectory", "63", "multiple of 64"]),
    ({"first_trajectory": -64}, ValueError, ["first_trajectory", ">= 0", "-64"]),
    ({"landscape": WideningValley}, TypeError, ["landscape", "WideningValley", "toylands.landscapes"]),
    ({"landscape": "valley"}, TypeError, ["landscape", "'valley'", "toylands.landscapes"]),
    ({"rule": dynamics.pgd}, TypeError, ["rule", "pgd", "toylands.dynamics"]),
    ({"rule": 0.1}, TypeError, ["rule", "0.1", "toylands.dynamics"]),
    ({"record": VALLEY.loss}, TypeError, ["record", "loss", "tl.record"]),
    ({"record": tl.record(VALLEY.loss, at=[11])}, ValueError, ["at", "11", "steps = 10"]),
    ({"record": tl.record(PROCESS.sq_norm)}, ValueError, ["record", "WideningValley", "sq_norm_u", "sq_norm"]),
    ({"first_passage": VALLEY.loss}, TypeError, ["first_passage", "loss", "tl.exit_region"]),
    ({"first_passage": tl.exit_region(BOWL.loss, above=1.0)}, ValueError, ["first_passage", "WideningValley", "loss"]),
    ({"target": tl.precision("sq_norm", 0.1)}, ValueError, ["target", "sq_norm", "not recorded"]),
    ({"target": 0.1}, TypeError, ["target", "0.1", "tl.precision"]),
    ({"resume": "part.npz"}, TypeError, ["resume", "part.npz", "EnsembleResult"]),
    ({"rule": dynamics.pgd([0.1] * 9, 0.1)}, ValueError, ["eta", "9 values", "steps = 10"]),
    ({"rule": dynamics.pgd(0.1, [0.1] * 9)}, ValueError, ["sigma", "9 values", "steps = 10"]),
    ({"rule": dynamics.gld(0.1, np.eye(2))}, ValueError, ["covariance", "(2, 2)", "WideningValley", "3 coordinates"]),
    (
        {"rule": dynamics.exact_ornstein_uhlenbeck(0.1, np.eye(3))},
        ValueError,
        ["exact_ornstein_uhlenbeck", "QuadraticBowl", "WideningValley"],
    ),
    (
        {"landscape": BOWL, "rule": dynamics.exact_ornstein_uhlenbeck(0.1, np.eye(3))},
        ValueError,
        ["covariance", "(3, 3)", "2 coordinates"],
    ),
    ({"landscape": LinearRecurrence(2, [0.5] * 9)}, ValueError, ["rho", "9 values", "steps = 10"]),
]


@pytest.mark.parametrize(("changed", "kind", "words"), SIMULATE)
def test_wrong_arguments_of_simulate(changed, kind, words, monkeypatch):
    monkeypatch.setattr(ensemble, "build_kernel", lambda recipe: pytest.fail("compiled before the input was checked"))
    if isinstance(changed.get("landscape"), (str, type)):
        changed = {"start": [1.0, 1.0, 0.5], **changed}
        landscape = changed.pop("landscape")
        rule = dynamics.pgd(0.1, 0.1)
        check(lambda: tl.simulate(landscape, rule, steps=10, trajectories=8, **changed), kind, *words)
    else:
        check(lambda: simulate(**changed), kind, *words)


@pytest.mark.parametrize(("changed", "kind", "words"), [({"count": 0}, ValueError, ["count"]),
                                                        ({"every": 0}, ValueError, ["every"]),
                                                        ({"steps": 0}, ValueError, ["steps"]),
                                                        ({"start": [1.0]}, ValueError, ["start"])])  # fmt: skip
def test_wrong_arguments_of_sample_paths(changed, kind, words):
    arguments = {"start": [1.0, 1.0, 0.5], "steps": 10, "count": 2, **changed}
    check(lambda: tl.sample_paths(VALLEY, dynamics.pgd(0.1, 0.1), **arguments), kind, *words)


# --- results of runs --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run():
    return tl.simulate(PROCESS, dynamics.pgd(1.0, 0.1), start=[1.0, 0.0], steps=10, trajectories=100, seed=4)


OTHERS = [
    {"seed": 5},
    {"steps": 11},
    {"start": [1.0, 0.5]},
    {"divergence": 1e50},
    {"record": tl.record(PROCESS.sq_norm, every=2)},
    {"rule": dynamics.pgd(1.0, 0.2)},
    {"landscape": LinearRecurrence(2, 0.25)},
]


@pytest.mark.parametrize("changed", OTHERS, ids=lambda changed: next(iter(changed)))
def test_another_experiment_is_not_resumed(run, changed):
    arguments = {
        "landscape": PROCESS,
        "rule": dynamics.pgd(1.0, 0.1),
        "start": [1.0, 0.0],
        "steps": 10,
        "trajectories": 200,
        "seed": 4,
        **changed,
    }
    landscape, rule = arguments.pop("landscape"), arguments.pop("rule")
    check(lambda: tl.simulate(landscape, rule, resume=run, **arguments), ValueError, "resume", "another experiment")


def test_an_unknown_observable_names_the_known_ones(run):
    with pytest.raises(KeyError, match="sq_norm"):
        run["loss"]


def test_a_failed_save_leaves_no_file_behind(run, tmp_path, monkeypatch):
    run.save(tmp_path / "kept")
    before = (tmp_path / "kept.npz").read_bytes()

    def full_disk(file, **arrays):
        file.write(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full_disk)
    for name in ("kept", "new"):
        with pytest.raises(OSError, match="No space left"):
            run.save(tmp_path / name)
    with pytest.raises(OSError):
        run.save(tmp_path / "no such folder" / "run")
    assert [path.name for path in tmp_path.iterdir()] == ["kept.npz"]
    assert (tmp_path / "kept.npz").read_bytes() == before


def test_a_file_that_is_no_result_is_refused(tmp_path):
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(ValueError, match=r"text\.npz"):
        tl.load(tmp_path / "text.npz")
    with pytest.raises(OSError, match=r"missing\.npz"):
        tl.load(tmp_path / "missing.npz")


# --- what an import brings in -----------------------------------------------------------------------------------------


def test_import_is_lean():
    """The heavy libraries come in when they are needed, not before."""
    program = "import sys, toylands; print(*sorted(m for m in sys.modules if '.' not in m))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {"toylands", "numpy", "numba"} <= loaded
    assert not loaded & {"sympy", "matplotlib", "rich", "typer", "jinja2", "xarray", "torch", "theory"}
