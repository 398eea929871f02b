"""The command line: exit codes, selections, files, errors that name what is allowed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sympy as sp
from fake_ledger import GOOD

from theory.claims import registry
from theory.claims.papers import PAPERS
from toylands.cli import main

FAKE = str(Path(__file__).with_name("fake_ledger.py"))

FALSE_CLAIM = """
from fake_ledger import *

CLAIMS = (claim("false", Verdict.PROVED, derived, printed=form(FALSE)), claim("raising", Verdict.PROVED, raising))
"""

INTERRUPTED = """
from fake_ledger import *

def stop(effort, seed):
    raise KeyboardInterrupt

CLAIMS = (GOOD[0], claim("stop", Verdict.PROVED, derived, experiments=(experiment(simulate=stop),)), GOOD[1])
"""

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _fake_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "ledger", lambda: GOOD)
    monkeypatch.setenv("COLUMNS", "180")


def run(capsys: Capture, *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    code = main(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_run_that_agrees(capsys: Capture) -> None:
    code, out, err = run(capsys, "verify", "--quick")
    assert code == 0
    for subject in GOOD:
        assert subject.id in out
        assert str(subject.recorded) in out
    assert "5 claims: 1 proved, 1 supported, 1 corrected, 1 refuted, 1 not checkable" in out
    assert "mutants rejected: 6 of 6 (kill rate 100.0%)" in out
    assert "false alarm in the whole run at most 0.0001" in out
    assert "every verdict is the recorded one" in out
    assert err == ""


def test_a_verdict_that_differs(capsys: Capture, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(FALSE_CLAIM)
    code, out, _ = run(capsys, "verify", "--quick", str(file))
    assert code == 1
    assert "2 verdicts differ from the recorded ones" in out
    assert "Traceback" not in out
    _, out, _ = run(capsys, "verify", "--quick", "--verbose", str(file))
    assert "ZeroDivisionError: no such limit" in out
    assert "Traceback" in out


def test_selections_and_the_seed(capsys: Capture) -> None:
    code, out, _ = run(capsys, "verify", "fake/true", "--quick", "--seed", "7")
    assert code == 0
    assert "1 claims: 1 proved" in out
    assert "seed 7, effort quick" in out
    assert run(capsys, "verify", FAKE, "--quick")[0] == 0


def test_mutants_are_listed(capsys: Capture) -> None:
    code, out, _ = run(capsys, "verify", "fake/true", "--quick", "--mutants")
    assert code == 0
    assert "rho for rho^2" in out
    assert out.count("rejected") >= 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["verify", "no/such/claim"], "no claim matches 'no/such/claim'"),
        (["verify", "fake/tru"], "similar: fake/true"),
        (["verify", "nothing.py"], "nothing.py: no such file"),
        (["verify", "--quick", "--thorough"], "exclude each other"),
        (["verify", "--seed", "-1"], "--seed must be an integer >= 0, got '-1'"),
        (["verify", "--seed", "x"], "--seed must be an integer >= 0, got 'x'"),
        (["verify", "--json", "/no/such/folder/out.json"], "there is no folder /no/such/folder"),
        (["verify", "--html", "."], "is a folder"),
        (["verify", "--nonsense"], "--nonsense"),
        (["claim"], "Missing argument"),
        (["claim", "rho=1"], "needs an id"),
        (["claim", "fake/true", "--at", "rho"], "name=number"),
        (["claim", "fake/true", "--at", "rho=1/0"], "denominator"),
        (["claim", "fake/true", "--at", "rho=__import__('os')"], "an integer, a fraction"),
        (["claim", "fake/true", "--at", "sigma=1"], "no symbol sigma in fake/true; the symbols are: k, rho"),
        (["claim", "fake/none"], "no claim matches"),
        (["list", "animals"], "animals"),
        (["list", "rules", "x"], "only claims"),
        (["citation", "x"], "antipgd, anisotropic"),
        (["dance"], "dance"),
    ],
)
def test_wrong_usage(capsys: Capture, arguments: list[str], message: str) -> None:
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert message in err
    assert out == ""


def test_nothing_is_written_on_wrong_usage(capsys: Capture, tmp_path: Path) -> None:
    assert run(capsys, "verify", "nope", "--json", str(tmp_path / "a.json"))[0] == 2
    assert list(tmp_path.iterdir()) == []


def test_all_reports_at_once(capsys: Capture, tmp_path: Path) -> None:
    files = {kind: tmp_path / f"report.{kind}" for kind in ("json", "junit", "html")}
    options = [part for kind, path in files.items() for part in (f"--{kind}", str(path))]
    assert run(capsys, "verify", "--quick", *options)[0] == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.html", "report.json", "report.junit"]
    report = json.loads(files["json"].read_text())
    assert [c["id"] for c in report["claims"]] == [c.id for c in GOOD]


def test_json_on_standard_output_is_alone_there(capsys: Capture) -> None:
    code, out, err = run(capsys, "verify", "--quick", "--json", "-")
    assert code == 0
    assert json.loads(out)["counts"]["proved"] == 1
    assert "fake/true" in err


def test_ctrl_c(capsys: Capture, tmp_path: Path) -> None:
    file, out_file = tmp_path / "mine.py", tmp_path / "out.json"
    file.write_text(INTERRUPTED)
    code, out, _ = run(capsys, "verify", "--quick", str(file), "--json", str(out_file))
    assert code == 130
    assert "INTERRUPTED: 1 of 3 claims were finished" in out
    report = json.loads(out_file.read_text())
    assert report["partial"] is True
    assert [c["id"] for c in report["claims"]] == ["mine.py:fake/true"]


def test_lists(capsys: Capture) -> None:
    code, out, _ = run(capsys, "list", "claims")
    assert code == 0
    assert len(out.splitlines()) == len(GOOD)
    assert out.splitlines()[0].split()[:2] == ["fake/true", "proved"]
    assert len(run(capsys, "list", "claims", "fake/re*")[1].splitlines()) == 1
    assert "anti_pgd" in run(capsys, "list", "rules")[1]
    assert "WideningValley" in run(capsys, "list", "landscapes")[1]
    assert "dataclass" not in run(capsys, "list", "observables")[1]


def test_a_claim_is_shown_whole(capsys: Capture) -> None:
    code, out, _ = run(capsys, "claim", "fake/corrected", "--at", "rho=1/3", "k=2")
    assert code == 0
    assert "at rho = 1/3, k = 2:" in out
    lines = {line.split("=")[0].strip(): line for line in out.splitlines() if "=" in line}
    assert sp.Rational(10, 9) == 1 + sp.Rational(1, 3) ** 2
    assert "10/9" in lines["printed left"]
    assert "= 1" in lines["printed right"]
    assert "10/9" in lines["derived right"]
    assert "why the printed form fails" in out
    assert "induction step" in out
    for words in (["fake/corrected", "rho=1/3", "k=2"], ["--at", "rho=1/3", "--at", "k=2", "fake/corrected"]):
        assert run(capsys, "claim", *words)[1] == out
    assert "at rho = 1/2, k = 3:" in run(capsys, "claim", "fake/corrected")[1]


INEQUALITY = """
import sympy as sp
from theory.claims.claim import Form
from theory.claims.conjecture import conjecture
x = sp.Symbol("x", real=True)
n = sp.Symbol("n", integer=True)
CLAIMS = [conjecture("bernoulli", "Bernoulli.", Form("1 + n x <= (1 + x)^n", left=1 + n * x, right=(1 + x) ** n,
                     relation="<="), domain={"x": sp.Interval(-1, 9), "n": sp.Range(1, 9)})]
"""


def test_an_inequality_tells_both_sides_and_whether_it_holds(capsys: Capture, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(INEQUALITY)
    code, out, _ = run(capsys, "claim", str(file), "--at", "x=1/2", "n=2")
    assert code == 0
    assert "our statement left  = 2" in out
    assert "our statement right = 9/4  (about 2.25)" in out
    assert "our statement: left <= right holds here" in out
    assert "outside" not in out
    code, out, err = run(capsys, "claim", str(file), "--at", "x=-4", "n=3", "--json", "-")
    assert code == 0
    values = json.loads(out)["claims"][0]["values"]
    assert values["holds"] == {"printed": False, "derived": False}
    assert values["outside"] == ["x must lie in [-1, 9], got -4"]
    assert values["numbers"]["printed"] == {"left": -11.0, "right": -27.0}
    assert "outside the domain: x must lie in [-1, 9], got -4" in err
    assert "left <= right FAILS here" in err
    _, out, _ = run(capsys, "claim", str(file), "--at", "n=1/2")
    assert "n must lie in 1..8, got 1/2" in out
    _, out, _ = run(capsys, "claim", "fake/true", "--at", "rho=-1/2", "k=1/2")
    assert "outside the domain: k must be integer, got 1/2" in out
    assert "outside the domain: rho must be positive, got -1/2" in out


def test_own_files_have_ids_of_their_own(capsys: Capture, tmp_path: Path) -> None:
    files = [tmp_path / "a b.py", tmp_path / "c.py", tmp_path / "sub" / "c.py"]
    files[2].parent.mkdir()
    for file in files:
        file.write_text(INEQUALITY)
    code, out, _ = run(capsys, "verify", "--quick", str(files[0]), str(files[1]))
    assert code == 0
    assert "a_b.py:bernoulli" in out
    assert "c.py:bernoulli" in out
    code, _, err = run(capsys, "verify", str(files[1]), str(files[2]))
    assert code == 2
    assert "has to be renamed" in err
    files[1].write_text("raise SystemExit(0)")
    assert run(capsys, "verify", str(files[1]))[0] == 2


def test_a_claim_whose_derivation_raises_is_shown(capsys: Capture, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(FALSE_CLAIM)
    code, out, _ = run(capsys, "claim", str(file))
    assert code == 1
    assert "the derivation raised ZeroDivisionError: no such limit" in out
    assert "fake/false" in out


def test_citations(capsys: Capture) -> None:
    code, out, _ = run(capsys, "citation")
    assert code == 0
    assert out.count("@") == len(PAPERS)
    assert out.count("{") == out.count("}")
    assert run(capsys, "citation", "antipgd")[1].startswith("@inproceedings{antipgd,")


def test_version_and_help(capsys: Capture) -> None:
    assert run(capsys, "--version")[:2] == (0, "toylands 0.1.0\n")
    code, out, _ = run(capsys, "--help")
    assert code == 0
    for command in ("verify", "list", "claim", "citation"):
        assert command in out


def test_help_is_quick_and_light() -> None:
    """Help loads neither SymPy nor matplotlib; the time is a generous multiple of what it takes."""
    script = (
        "import sys; from toylands.cli import main; main(['--help']);"
        "sys.exit(any(m in sys.modules for m in ('sympy', 'matplotlib', 'scipy.stats', 'theory.verify')))"
    )
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, timeout=60)
    assert time.perf_counter() - started < 10
