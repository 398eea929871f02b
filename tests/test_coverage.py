"""Every numbered item of every paper is an entry or carries a reason."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from fake_ledger import GOOD, claim, derived
from rich.console import Console

from theory.claims import coverage, registry
from theory.claims.claim import Effort, Verdict
from theory.claims.papers import PAPERS
from theory.reports.html import to_html
from theory.reports.json import to_json
from theory.reports.table import print_report
from theory.verify import verify

INDEX = {
    "Eq. 1": ("fake/true",),
    "Eqs. 2-3, first line": ("fake/corrected", "fake/refuted"),
    "Theorem 1": ("fake/supported",),
    "Eq. 4": "A definition.",
    "Remark 2": ("fake/words",),
}
NEW = claim("beyond", Verdict.PROVED, derived, new=True)


@pytest.mark.parametrize("paper", [paper.id for paper in PAPERS])
def test_every_paper_has_a_complete_index(paper: str) -> None:
    found = coverage.of_paper(paper, registry.ledger())
    assert found is not None, f"{paper} has no index"
    assert found.complete, found.problems()
    assert found.percent == 100


def test_the_ledger_has_at_least_150_entries() -> None:
    assert len(registry.ledger()) >= 150


def test_a_complete_index() -> None:
    found = coverage.hold_against("fake", INDEX, 4, [*GOOD, NEW])
    assert found.complete
    assert (found.judged, found.reasoned, found.total, found.entries, found.percent) == (4, 1, 5, 6, 100)
    assert found.problems() == ()


def test_what_is_missing_is_told() -> None:
    for index, count, claims, message in (
        (INDEX, 5, GOOD, "numbered equations in no item: 5"),
        (INDEX, 4, GOOD[:4], "ids that the ledger does not have: fake/words"),
        ({**INDEX, "Remark 2": "Prose."}, 4, GOOD, "entries that the index does not name: fake/words"),
        ({**INDEX, "Eq. 4": " "}, 4, GOOD, "items with neither an entry nor a reason: Eq. 4"),
        (INDEX, None, GOOD, "the index does not say how many numbered equations there are"),
        ({**INDEX, "Eq. 4": ()}, 4, GOOD, "items with neither an entry nor a reason: Eq. 4"),
        ({}, 0, (), None),
    ):
        found = coverage.hold_against("fake", index, count, claims)
        assert not found.complete
        assert message is None or found.problems() == (f"fake: {message}",)
        assert found.percent < 100 or found.unnamed or not found.counted


def test_names_of_items_give_the_numbers_of_equations() -> None:
    for name, numbers in {
        "Eq. 12": {12}, "Eq 7": {7}, "Eq5": {5}, "Eqs. 14-16, display": {14, 15, 16}, "Eq. 3, 5 and 9": {3, 5, 9},
        "Eq. 1 to Eq. 3": {1, 2, 3}, "Eq. 11–12": {11, 12}, "Proposition 3": set(), "Table 2 (Eq. 4)": set(),
        "Eq. 22, with d = 3": {22},
    }.items():  # fmt: skip
        assert coverage.equations(name) == numbers, name


def test_coverage_is_told_of_whole_papers_only(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = tuple(replace(c, id=c.id.replace("fake", "antipgd"), paper="antipgd") for c in GOOD)
    index = {k: tuple(i.replace("fake", "antipgd") for i in v) if isinstance(v, tuple) else v for k, v in INDEX.items()}
    monkeypatch.setattr(registry, "ledger", lambda: ledger)
    monkeypatch.setattr(
        coverage, "of_paper", lambda paper, claims: coverage.hold_against(paper, index, 5, claims)
    )
    assert coverage.of_selection(ledger[:3]) == ()
    assert coverage.of_selection(GOOD) == ()
    report = verify(claims=ledger, effort=Effort.QUICK)
    (found,) = report.coverage
    assert found.missing == (5,)
    told = json.loads(to_json(report))["coverage"][0]
    assert (told["items"], told["by_entries"], told["with_a_reason"], told["complete"]) == (6, 4, 1, False)
    assert told["index"][0] == {"item": "Eq. 1", "entries": ["antipgd/true"], "reason": None}
    console = Console(width=120, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    print_report(report, console)
    text = console.export_text()
    assert "83.3%" in text
    assert "antipgd: numbered equations in no item: 5" in text
    page = to_html(report)
    assert "83.3%" in page
    assert "A definition." in page


def test_a_mistake_inside_an_index_is_no_missing_index(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> None:
        raise ModuleNotFoundError("No module named 'nonsense'", name="nonsense")

    monkeypatch.setattr(coverage.importlib, "import_module", broken)
    with pytest.raises(ModuleNotFoundError, match="nonsense"):
        coverage.of_paper("antipgd", ())
