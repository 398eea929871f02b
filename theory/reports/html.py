"""A report as one HTML page that needs nothing else: no script, no style sheet, no picture from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jinja2
from markupsafe import Markup

from theory.claims.claim import Form, Verdict
from theory.claims.coverage import Coverage
from theory.claims.papers import PAPERS
from theory.judge.outcomes import Comparison, Entry, Report
from theory.reports.digits import duration, percent, significant, with_error
from theory.reports.figure import experiment_svg
from theory.reports.files import printable
from theory.reports.mathsvg import MathRenderer
from theory.reports.plainmath import plain_math
from theory.reports.table import summary_lines

FIRST = (Verdict.CORRECTED, Verdict.REFUTED)
"""Verdicts that open the page."""


@dataclass(frozen=True)
class Group:
    """Entries of one paper within a section, with the paper's coverage where the section is the paper's own."""

    title: str
    entries: tuple[Entry, ...]
    coverage: Coverage | None = None


@dataclass(frozen=True)
class Section:
    """A heading of the page and what stands under it."""

    anchor: str
    title: str
    groups: tuple[Group, ...]

    @property
    def size(self) -> int:
        """Number of entries."""
        return sum(len(group.entries) for group in self.groups)


def to_html(report: Report) -> str:
    """The report as the text of an HTML file.

    It opens with the entries whose verdict is not the recorded one, if any, and the corrected and refuted claims; the
    others follow paper by paper. Check boxes hide verdicts; they need no script, only a style sheet.
    """
    renderer = MathRenderer()
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("theory", "reports"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )

    def formula(form: Form) -> Markup:
        drawn = renderer.svg(form.latex, form.text) if form.latex else None
        return Markup(drawn if drawn is not None else f'<span class="formula">{plain_math(form.text)}</span>')

    environment.globals.update(
        formula=formula,
        figure=lambda experiment: Markup(experiment_svg(experiment)),
        percent=percent,
        significant=significant,
        duration=duration,
        rounded=_rounded,
    )
    environment.filters["anchor"] = _anchor
    environment.filters["mathematics"] = lambda text: Markup(plain_math(text))
    environment.globals["known"] = {entry.claim.id for entry in report.entries}
    sections = _sections(report)
    body = environment.get_template("claims.html").render(sections=sections)
    page = environment.get_template("page.html").render(
        report=report,
        summary=summary_lines(report),
        sections=sections,
        verdicts=[(verdict, report.counts[str(verdict)]) for verdict in Verdict if str(verdict) in report.counts],
        body=Markup(body),
        glyphs=Markup(renderer.definitions()),
    )
    return printable(page)


def _rounded(comparison: Comparison) -> tuple[str, ...]:
    """Estimate, standard error and prediction with the digits that the error supports; the printed one if any."""
    extra = () if comparison.printed is None else (comparison.printed,)
    return with_error(comparison.estimate, comparison.stderr, comparison.expected, *extra)


def _anchor(claim_id: str) -> str:
    """The claim's place on the page; different for different ids."""
    return "c-" + "".join(c if c.isascii() and c.isalnum() else "-" if c == "/" else f"_{ord(c):x}" for c in claim_id)


def _sections(report: Report) -> list[Section]:
    """The sections in the order of the page; every entry once."""
    coverage = {found.paper: found for found in report.coverage}
    differing = [entry for entry in report.entries if not entry.agrees]
    false = [entry for entry in report.entries if entry.agrees and entry.verdict in FIRST]
    rest = [entry for entry in report.entries if entry.agrees and entry.verdict not in FIRST]
    sections = [
        Section("differing", "Verdicts that differ from the recorded ones", _by_paper(differing)),
        Section("false", "Corrected and refuted claims", _by_paper(false)),
    ]
    for paper in dict.fromkeys(entry.claim.paper for entry in report.entries):
        own = tuple(entry for entry in rest if entry.claim.paper == paper)
        sections.append(Section(f"paper-{_anchor(paper)}", _title(paper), (Group("", own, coverage.get(paper)),)))
    return [section for section in sections if section.size or any(group.coverage for group in section.groups)]


def _by_paper(entries: Sequence[Entry]) -> tuple[Group, ...]:
    papers = dict.fromkeys(entry.claim.paper for entry in entries)
    return tuple(Group(_title(p), tuple(entry for entry in entries if entry.claim.paper == p)) for p in papers)


def _title(paper: str) -> str:
    return {known.id: known.title.replace("{", "").replace("}", "") for known in PAPERS}.get(paper, paper)
