"""Reports: valid, complete, escaped, self-contained, written whole or not at all."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from fake_ledger import (
    FALSE,
    GOOD,
    TRUE,
    claim,
    derived,
    experiment,
    form,
    nan_estimates,
    predict,
    raising,
    simulate,
)
from rich.console import Console

from theory.claims.claim import Effort, Estimates, Form, Verdict
from theory.judge.outcomes import Report
from theory.reports import files
from theory.reports.digits import duration, with_error
from theory.reports.figure import experiment_svg
from theory.reports.html import _anchor, to_html
from theory.reports.json import to_json
from theory.reports.junit import to_junit
from theory.reports.mathsvg import MathRenderer
from theory.reports.plainmath import plain_math
from theory.reports.table import print_report
from theory.verify import verify

NASTY = "<script>alert('x')</script> & \"quotes\" \x07 ]]> [bold]"


def _decades(effort: Effort, seed: int) -> Estimates:
    values = np.array([1.0, 1e-3, 1e-6])
    noise = 1 + 0.001 * np.random.default_rng(seed).standard_normal(3)
    return Estimates(values * noise, values * 0.001, ("a", "b", NASTY), 1000)


BAD = (
    claim("differs", Verdict.PROVED, derived, printed=form(FALSE), statement=NASTY, reason=NASTY, place=NASTY),
    claim("raises", Verdict.PROVED, raising),
    claim("nan", Verdict.PROVED, derived, experiments=(experiment(simulate=nan_estimates),)),
    claim(
        "nasty",
        Verdict.PROVED,
        lambda: derived(form=Form(NASTY, r"\nosuchcommand{<b>}", None, TRUE)),
        experiments=(
            experiment(
                name=NASTY,
                simulate=_decades,
                expected=lambda: np.array([1.0, 1e-3, 1e-6]),
                mutants={NASTY: lambda: np.array([2.0, 1e-3, 1e-6])},
            ),
            experiment(name="bound", relation="<=", expected=predict(TRUE + 1), mutants={"half": predict(TRUE / 2)}),
        ),
    ),
)


@pytest.fixture(scope="module")
def report() -> Report:
    """A run with every kind of entry."""
    return verify(claims=(*GOOD, *BAD), effort=Effort.QUICK, seed=2)


def test_json(report: Report) -> None:
    found = json.loads(to_json(report), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert {"version", "seed", "effort", "false_alarm_rate", "kill_rate", "counts"} <= set(found)
    assert found["false_alarm_rate"] <= 1e-4
    assert found["exit_code"] == 1
    required = {
        "id", "paper", "place", "statement", "printed", "derived", "proof", "checks", "verdict", "reason",
        "recorded", "new", "note", "counterexample", "experiments",
    }  # fmt: skip
    for entry in found["claims"]:
        assert required <= set(entry)
    by_id = {entry["id"]: entry for entry in found["claims"]}
    corrected = by_id["fake/corrected"]
    assert corrected["verdict"] == "corrected"
    assert corrected["proof"]["complete"]
    assert all(step["holds"] for step in corrected["counterexample"]["steps"])
    assert corrected["example"]["printed"] == {"left": "21/16", "right": "7/6"}
    assert corrected["example"]["derived"] == {"right": "21/16"}
    assert corrected["experiments"][0]["printed_rejected"] is True
    assert corrected["experiments"][0]["comparisons"][0]["label"] == "k=1"
    assert {m["name"] for m in corrected["experiments"][0]["mutants"]} == {"rho for rho^2", "factor 2"}
    assert by_id["fake/refuted"]["derived"] is None
    assert "ZeroDivisionError" in by_id["fake/raises"]["traceback"]
    assert by_id["fake/nan"]["experiments"][0]["problem"] == "the estimate of k=2 is nan"
    assert found["kill_rate"] < 1  # the mutants of an experiment without numbers were not rejected


def test_junit(report: Report) -> None:
    root = ET.fromstring(to_junit(report))
    assert root.tag == "testsuites"
    cases = root.findall("testsuite/testcase")
    assert [c.get("name") for c in cases] == [e.claim.id for e in report.entries]
    assert int(root.get("tests", "")) == len(cases)
    assert int(root.get("failures", "")) == len(root.findall("testsuite/testcase/failure")) == 2
    assert int(root.get("errors", "")) == len(root.findall("testsuite/testcase/error")) == 1
    assert {p.get("name") for p in root.iter("property")} >= {"seed", "false_alarm_rate", "kill_rate"}


class _Strict(HTMLParser):
    """Checks that tags nest and that nothing outside the page is asked for."""

    VOID = frozenset({"meta", "br", "link", "img", "path", "circle", "use", "rect", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag opens."""
        assert tag not in {"script", "link", "img", "iframe", "object"}
        given = dict(attrs)
        assert not any(name.startswith("on") for name in given)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if given.get("href"):
            self.links.append(str(given["href"]))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """A tag closes."""
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Text in between."""
        self.text += data


def test_html(report: Report) -> None:
    page = to_html(report)
    parser = _Strict()
    parser.feed(page)
    assert parser.open == []
    assert len(set(parser.ids)) == len(parser.ids)
    assert all(link.startswith("#") and link[1:] in parser.ids for link in parser.links)
    assert not re.search(r"https?:|url\(|@import|src=", page)
    assert "<script" not in page
    assert "<b>" not in page
    assert files.printable(NASTY) in parser.text
    assert 'name="viewport"' in page
    order = [page.index(f'<article id="c-fake-{name}"') for name in ("differs", "corrected", "refuted", "true")]
    assert order == sorted(order)
    assert page.count('class="plot"') == sum(bool(e.comparisons) for n in report.entries for e in n.experiments)
    assert page.count('<svg class="formula"') >= 10
    assert "Why the printed form fails" in page


def test_verdicts_can_be_hidden_without_a_script(report: Report) -> None:
    page = to_html(report)
    for verdict in {entry.verdict for entry in report.entries}:
        number = sum(entry.verdict == verdict for entry in report.entries)
        assert page.count(f'id="show-{verdict.name}" checked') == 1
        rule = f"body:has(#show-{verdict.name}:not(:checked)) .is-{verdict.name} {{ display: none; }}"
        assert rule in page
        assert page.count(f'class="is-{verdict.name}"') == 2 * number  # the entry, and its line in the list
    assert "@supports not selector(body:has(a))" in page  # without :has, no boxes that do nothing


def test_false_claims_come_first_and_papers_follow(report: Report) -> None:
    page = to_html(report)
    headings = re.findall(r"<h2>(.*?)</h2>", page)
    assert headings == ["Verdicts that differ from the recorded ones", "Corrected and refuted claims", "fake"]
    false = page[page.index('<section id="false">') : page.index('<section id="paper-')]
    assert '<h3 class="paper">fake</h3>' in false
    assert false.count("<h4>Printed</h4>") >= 2
    assert "<h4>Corrected</h4>" in false
    assert len({_anchor(name) for name in ("a.b", "a-b", "a/b", "a b", "ä.b")}) == 5


def test_formulas_are_drawn_or_refused() -> None:
    renderer = MathRenderer()
    drawn = (
        r"\mathbb{E}\|w_{k+1}\|^2 \le \tfrac12 \operatorname{tr}(H\Sigma)\,t + \mathcal{O}(t^3)",
        r"\begin{aligned} a &= b \\ &= c \end{aligned}",
        r"\lim_{k\to\infty} \Bigl(\sum_{i=0}^{k-1} \prod_{j=i+1}^{k} \rho_j^2\Bigr) = \frac{2}{1+\rho}",
        r"\text{for all } \lVert w \rVert \ge 1, \; \kappa \ne \rho",
        r"e^{-2 H t} \succeq 0, \quad \left|x\right| \mid y",
    )
    for latex in drawn:
        svg = renderer.svg(latex, latex)
        assert svg is not None, latex
        ET.fromstring(svg)
    for latex in (r"\nosuchcommand", r"\frac{1}{", r"\begin{cases} a \\ b \end{cases}", ""):
        assert renderer.svg(latex, latex) is None
    assert re.search(r"[\d.]+em", renderer.svg("x", "<x>") or "")
    assert "&lt;x&gt;" in (renderer.svg("x", "<x>") or "")
    ET.fromstring(renderer.definitions())


def test_wide_formulas_are_broken_outside_braces() -> None:
    renderer = MathRenderer()
    term = r"\left(\prod_{j=0}^{k-1} A_j + B\right) w_{0}^{-1}"
    wide = renderer.svg("w = " + " + ".join([term] * 6), "wide")
    assert wide is not None
    assert wide.count("<g transform=\"translate(") >= 2 * 3
    assert float(re.findall(r'width="([0-9.]+)em"', wide)[0]) < 30
    unbreakable = renderer.svg(r"\left(" + " + ".join(["a_{k}"] * 40) + r"\right)", "one block")
    assert unbreakable is not None
    assert float(re.findall(r'width="([0-9.]+)em"', unbreakable)[0]) > 30


def test_plain_formulas_become_readable_and_stay_escaped() -> None:
    for text, wanted in {
        "eta_k -> 0 as n -> infinity": "η<sub>k</sub> → 0 as n → ∞",
        "|x|^(-1/2) != y^k": "|x|<sup>-1/2</sup> ≠ y<sup>k</sup>",
        "max_i |g_i|^2 <= 1": "max<sub>i</sub> |g<sub>i</sub>|<sup>2</sup> ≤ 1",
        "sum_j grad_i L, sqrt(x), the sum of both": "∑<sub>j</sub> ∇<sub>i</sub> L, √(x), the sum of both",
        "a < b & c": "a &lt; b &amp; c",
        "x^<script>": "x^&lt;script&gt;",
        "x_{<b>}": "x<sub>&lt;b&gt;</sub>",
        "my_claims.py, beta-smooth, piece": "my_claims.py, β-smooth, piece",
        "2^10 and w_{k+1}^2": "2<sup>10</sup> and w<sub>k+1</sub><sup>2</sup>",
    }.items():
        assert plain_math(text) == wanted, text
    assert not re.search(r"<(?!/?su[bp]>)", plain_math(NASTY + " x^{<b>} y_{<i>} <= z^(<u>)"))


def test_figures_hold_every_number(report: Report) -> None:
    for entry in report.entries:
        for outcome in entry.experiments:
            svg = experiment_svg(outcome)
            if not outcome.comparisons:
                assert svg == ""
                continue
            root = ET.fromstring(files.printable(svg))
            assert len(root.findall(".//circle")) == 2 * len(outcome.comparisons)
            assert "nan" not in svg
            assert (root.find(".//path[@class='printed']") is not None) == (outcome.printed_rejected is not None)


def test_deterministic_numbers_have_a_figure_without_scores() -> None:
    exact = experiment(
        simulate=lambda effort, seed: Estimates(np.array([0.5]), np.zeros(1), ("end",), 256),
        expected=lambda: np.array([0.5]),
        mutants={"off": lambda: np.array([0.25])},
    )
    (entry,) = verify(claims=[claim("exact", Verdict.PROVED, derived, experiments=(exact,))]).entries
    assert entry.agrees, entry.finding
    assert len(ET.fromstring(experiment_svg(entry.experiments[0])).findall(".//circle")) == 1


@pytest.mark.parametrize("width", [60, 100, 200])
def test_the_table_fits(report: Report, width: int) -> None:
    console = Console(width=width, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    print_report(report, console, mutants=True, verbose=True)
    text = console.export_text()
    assert max(map(len, text.splitlines())) <= width
    assert "SURVIVES" in text
    assert "recorded" in text


def test_digits_follow_the_error() -> None:
    assert with_error(0.123456, 0.00123, 0.12) == ("0.1235", "0.0012", "0.1200")
    assert with_error(0.5, 0.0, 0.5) == ("0.5", "0", "0.5")
    assert with_error(3.2e9, 1.4e6) == ("3.2000e+09", "0.0014e+09")
    assert with_error(0.0, 0.01) == ("0.000", "0.010")
    assert with_error(1.0, 0.0999) == ("1.00", "0.10")
    assert with_error(float("nan"), 1.0)[0] == "nan"
    assert duration(59.96) == "60.0 s"


def test_files_are_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    files.write_text(path, "old")
    files.write_text(path, "né")
    assert path.read_text(encoding="utf-8") == "né"

    def refuse(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(files.os, "replace", refuse)
    with pytest.raises(OSError, match="disk full"):
        files.write_text(path, "new")
    assert path.read_text(encoding="utf-8") == "né"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_an_interrupted_run_says_so(report: Report) -> None:
    from dataclasses import replace

    partial = replace(report, partial=True, selected=99, entries=report.entries[:1])
    assert "Interrupted: 1 of 99" in to_html(partial)
    assert json.loads(to_json(partial))["partial"] is True
    assert partial.exit_code == 130
    empty = replace(report, entries=())
    assert "0 claims" in to_html(empty)
    ET.fromstring(to_junit(empty))
    json.loads(to_json(empty))
    assert simulate(Effort.QUICK, 1).trajectories == 4992
