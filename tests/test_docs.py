"""Every public name is documented with an example that runs (the examples themselves run as doctests)."""

import inspect
import json
import re
from pathlib import Path

import pytest

import toylands as tl
from toylands import dynamics, landscapes, noise, testing
from toylands.cli import main

ROOT = Path(__file__).resolve().parent.parent
PUBLIC = [
    *(
        (tl, name)
        for name in ("simulate", "sample_paths", "record", "exit_region", "indicator", "moving_average", "precision")
    ),
    *((dynamics, name) for name in dynamics.__all__ if name != "UpdateRule"),
    *((landscapes, name) for name in landscapes.__all__ if not name.startswith("Landscape")),
    (noise, "Uniform"),
    (noise, "Discrete"),
    (testing, "assert_matches"),
]


@pytest.mark.parametrize(("module", "name"), PUBLIC, ids=[f"{m.__name__}.{n}" for m, n in PUBLIC])
def test_public_names_have_a_docstring_with_an_example(module, name):
    text = inspect.getdoc(getattr(module, name)) or ""
    assert len(text.splitlines()[0]) > 20
    assert ">>>" in text, f"{name} has no example"


def test_names_in_all_exist():
    for module in (tl, dynamics, landscapes):
        assert [n for n in module.__all__ if not hasattr(module, n)] == []


def test_readme_names_what_exists():
    text = (ROOT / "README.md").read_text()
    for word in set(re.findall(r"`((?:toylands|theory|notebooks|benchmarks)/[\w./-]*)`", text)):
        assert (ROOT / word).exists(), f"README names {word}"
    for call in set(re.findall(r"\btl\.(\w+(?:\.\w+)?)", text)):
        target = tl
        for part in call.split("."):
            assert hasattr(target, part), f"README uses tl.{call}"
            target = getattr(target, part)


def test_readme_python_runs():
    """The first tour block, at a size for a test."""
    block = re.search(r"```python\n(import toylands as tl\n.*?)```", (ROOT / "README.md").read_text(), re.S).group(1)
    small = block.replace("steps=200_000, trajectories=4096", "steps=2000, trajectories=64")
    small = small.replace('run.save("anti_pgd.npz")', "").replace("run.plot()", "")
    assert "steps=2000" in small
    space: dict = {}
    exec(compile(small, "README.md", "exec"), space)  # noqa: S102 - the project's own text
    assert space["run"].trajectories == 64


def test_readme_observables_run():
    """The block on observables, at a size for a test: all six are recorded."""
    block = re.search(r"### Measure\n.*?```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S).group(1)
    small = block.replace("steps=500, trajectories=1024", "steps=20, trajectories=64")
    assert "steps=20" in small
    space: dict = {}
    exec(compile(small, "README.md", "exec"), space)  # noqa: S102 - the project's own text
    assert len(list(space["run"])) == 6
    assert space["run"]["sq_norm_of[0]"].mean[0] == 1.0


def test_readme_guard_runs():
    """The block on guarding a constant is itself a test."""
    text = (ROOT / "README.md").read_text()
    block = re.search(r"```python\n(from toylands.testing import.*?)```", text, re.S).group(1)
    space: dict = {"tl": tl}
    exec(compile(block, "README.md", "exec"), space)  # noqa: S102 - the project's own text
    space["test_anti_pgd_limit"]()


OWN_CLAIMS = re.findall(r"```python\n((?:(?!```).)*?CLAIMS = .*?)```", (ROOT / "README.md").read_text(), re.S)


@pytest.mark.parametrize(("block", "verdicts"), [*zip(OWN_CLAIMS, (["supported"], ["supported", "refuted"]))])
def test_readme_claims_are_judged(block, verdicts, tmp_path, capsys):
    """The examples of claims of one's own: under 30 lines each, judged as the README says."""
    assert len(OWN_CLAIMS) == 2
    assert len(block.splitlines()) < 30
    file, out = tmp_path / "my_claims.py", tmp_path / "out.json"
    file.write_text(block)
    assert main(["verify", "--quick", str(file), "--json", str(out)]) == 0, capsys.readouterr().out
    judged = json.loads(out.read_text())["claims"]
    assert [entry["verdict"] for entry in judged] == verdicts
    assert all(entry["id"].startswith("my_claims.py:") for entry in judged)


def test_readme_claims_can_fail(tmp_path, capsys):
    """The same examples with a wrong constant and a wider domain exit with 1."""
    for number, (right, wrong) in enumerate((("2 / (1 + rho))", "3 / (1 + rho))"), ("sp.Rational(1, 2), 1)", "0, 1)"))):
        file = tmp_path / f"claims_{number}.py"
        assert right in OWN_CLAIMS[number]
        file.write_text(OWN_CLAIMS[number].replace(right, wrong))
        assert main(["verify", "--quick", str(file)]) == 1, capsys.readouterr().out
