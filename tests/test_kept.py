"""Outcomes of derivations on disk: the same as a fresh run's, never those of other sources, never from elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fake_ledger import GOOD

from theory import sources
from theory.claims import registry
from theory.claims.claim import Claim, Effort, Verdict
from theory.judge import deriving, kept
from theory.judge.outcomes import Report
from theory.reports.html import to_html
from theory.reports.json import to_json
from theory.reports.table import summary_lines
from theory.verify import verify
from toylands.cli import main

QUICK = ("antipgd/C.6/footnote", "antipgd/Eq58/satisfied", "antipgd/Eq58/closed-interval", "antipgd/C.7/nu-range")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TOYLANDS_CACHE", str(tmp_path / "kept"))
    yield
    for function in (kept._surroundings, kept._sources_of, sources.imports):
        function.cache_clear()


def chosen() -> list[Claim]:
    """A few quick claims of the ledger, one of them corrected, none with an experiment to wait for."""
    claims = [claim for claim in registry.ledger() if claim.id in QUICK]
    assert len(claims) == len(QUICK)
    return claims


def run(fresh: bool = False, workers: int = 0) -> Report:
    """A quick run of them."""
    return verify(claims=chosen(), effort=Effort.QUICK, workers=workers, fresh=fresh)


def files(tmp_path: Path) -> list[Path]:
    """What is kept."""
    return sorted((tmp_path / "kept").glob("*.derivation"))


def told(report: Report) -> list[dict[str, object]]:
    """The report's entries without times and without where the derivation comes from."""
    entries, others = json.loads(to_json(report))["claims"], ("seconds", "derivation_from_disk", "experiments")
    return [{k: v for k, v in entry.items() if k not in others} for entry in entries]


@pytest.mark.parametrize("workers", [0, 1])
def test_the_second_run_says_the_same_and_that_it_read_it(tmp_path: Path, workers: int) -> None:
    first = run(workers=workers)
    assert first.kept == ()
    assert len(files(tmp_path)) == len(QUICK)
    second = run(workers=workers)
    assert len(second.kept) == len(QUICK)
    assert told(second) == told(first)
    assert [e.finding for e in second.entries] == [e.finding for e in first.entries]
    assert [e.checks for e in second.entries] == [e.checks for e in first.entries]
    assert {e.verdict for e in second.entries} >= {Verdict.PROVED, Verdict.CORRECTED}
    assert any("read from disk" in line and "--fresh" in line for line in summary_lines(second))
    assert json.loads(to_json(second))["derivations_from_disk"] == len(QUICK)
    assert to_html(second).count("run by an earlier run") == len(QUICK)
    third = run(fresh=True, workers=workers)
    assert third.kept == ()
    assert told(third) == told(first)


def test_nothing_is_derived_again(monkeypatch: pytest.MonkeyPatch) -> None:
    run()
    monkeypatch.setattr(deriving, "open_claim", lambda claim: pytest.fail(f"{claim.id} was derived again"))
    assert len(run().kept) == len(QUICK)
    with pytest.raises(pytest.fail.Exception, match="derived again"):
        run(fresh=True)


def test_searches_and_values_come_back_whole() -> None:
    """Through JSON and back, also for what no entry of the selection has."""
    for subject in (*chosen(), *GOOD):
        opened = deriving.open_claim(subject)
        back = kept._opened(json.loads(json.dumps(kept._plain(opened))))
        assert back.kept
        assert back.checks == opened.checks
        assert back.searches == opened.searches
        assert back.derivation is not None
        assert opened.derivation is not None
        assert back.derivation.proof == opened.derivation.proof
        assert back.derivation.counterexample == opened.derivation.counterexample
        assert {k: str(v) for k, v in opened.values.derived.items()} == back.values.derived  # type: ignore[union-attr]


def test_other_sources_or_versions_are_other_outcomes(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = chosen()[0]
    module = registry.module_of(subject)
    assert module is not None
    before = kept.key(subject)
    used = sources.rests_on([module, *kept.JUDGE])
    assert {module, "theory.proof", "theory.claims.claim", "theory.judge.search", "theory.judge.agreement"} <= used
    unused = next(n for n in sources.TEXTS if n.startswith("theory.claims.anisotropic.eq") and n not in used)

    def key_with(change: str) -> str | None:
        for function in (kept._surroundings, kept._sources_of, sources.imports):
            function.cache_clear()
        with monkeypatch.context() as patch:
            patch.setitem(sources.TEXTS, change, sources.TEXTS[change] + b"\n# changed\n")
            return kept.key(subject)

    for name in (module, "theory.proof", "theory.judge.search", "theory.claims", "theory"):
        assert key_with(name) != before, name
    assert key_with(unused) == before
    for place, attribute in ((kept.sympy, "__version__"), (kept.sys, "version"), (kept.kernels, "SOURCES")):
        kept._surroundings.cache_clear()
        with monkeypatch.context() as patch:
            patch.setattr(place, attribute, "another")
            assert kept.key(subject) != before
    for function in (kept._surroundings, kept._sources_of, sources.imports):
        function.cache_clear()
    assert kept.key(subject) == before


def test_only_entries_of_the_ledger_are_kept(tmp_path: Path) -> None:
    subject = chosen()[0]
    assert kept.key(subject) is not None
    assert kept.key(replace(subject)) is None  # of the same id, but not the ledger's
    assert all(kept.key(own) is None for own in GOOD)
    verify(claims=GOOD, effort=Effort.QUICK)
    assert files(tmp_path) == []


def test_a_derivation_that_raised_is_not_kept(tmp_path: Path) -> None:
    subject = chosen()[0]
    kept.save(subject, deriving.Opened(None, error="the derivation raised"))
    assert files(tmp_path) == []


def test_a_module_that_does_not_parse_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = chosen()[0]
    monkeypatch.setitem(sources.TEXTS, "theory.proof", b"def (")
    sources.imports.cache_clear()
    assert kept.key(subject) is None


@pytest.mark.parametrize("damage", ["", "{", "null", '{"key": 1}', "swap"])
def test_damaged_files_are_derived_anew(tmp_path: Path, damage: str) -> None:
    first = run()
    texts = [path.read_text() for path in files(tmp_path)]
    for index, path in enumerate(files(tmp_path)):
        path.write_text(texts[index - 1] if damage == "swap" else damage)
    second = run()
    assert second.kept == ()
    assert told(second) == told(first)
    assert len(run().kept) == len(QUICK)


def test_a_folder_that_others_can_write_to_is_neither_read_nor_written(tmp_path: Path) -> None:
    run()
    (tmp_path / "kept").chmod(0o777)
    assert run().kept == ()
    for path in files(tmp_path):
        path.unlink()
    run()
    assert files(tmp_path) == []


def test_it_can_be_turned_off(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TOYLANDS_CACHE", "off")
    run()
    assert run().kept == ()
    assert files(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_no_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TOYLANDS_CACHE", str(tmp_path / "file" / "below"))
    assert [entry.agrees for entry in run().entries] == [True] * len(QUICK)


def test_old_outcomes_are_removed(tmp_path: Path) -> None:
    run()
    old, *others = files(tmp_path)
    long_ago = time.time() - kept.MONTH - 60
    os.utime(old, (long_ago, long_ago))
    kept.prune()
    assert files(tmp_path) == others


def test_fresh_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["verify", *QUICK, "--quick"]
    assert main(arguments) == 0
    capsys.readouterr()
    assert main(arguments) == 0
    assert f"{len(QUICK)} derivations were read from disk" in capsys.readouterr().out
    assert main([*arguments, "--fresh"]) == 0
    assert "read from disk" not in capsys.readouterr().out


# ---------------------------------------------------------------- what a module rests on


def test_what_python_imports_is_what_the_sources_say() -> None:
    """Every module of theory that importing and deriving a claim loads is among those that it is said to rest on."""
    script = """
import sys
from theory import sources
from theory.judge import kept
from theory.judge.deriving import open_claim
import theory.claims.antipgd.linear_recurrences_remark as remark
open_claim(remark.CLAIMS[0])
import theory.claims.anisotropic.eq13_euler as euler
loaded = {module for module in sys.modules if module.split(".")[0] == "theory"}
print(*sorted(loaded - sources.rests_on([remark.__name__, euler.__name__, *kept.JUDGE])))
"""
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, timeout=300)
    assert done.stdout.split() == []


def test_every_kind_of_import_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    inside = "def f():\n    from theory.judge import search\n    import theory.linear.second_moments\n"
    text = f"{inside}from .. import proof\n".encode()
    monkeypatch.setitem(sources.TEXTS, "theory.claims.new", text)
    sources.imports.cache_clear()
    found = sources.imports("theory.claims.new")
    assert {"theory.judge", "theory.judge.search", "theory.linear.second_moments", "theory", "theory.proof"} <= found
    assert "theory.linear" in sources.rests_on(["theory.claims.new"])
    with pytest.raises(KeyError):
        sources.rests_on(["theory.nothing"])
