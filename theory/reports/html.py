"""A report as one HTML page that needs nothing else: no script, no style sheet, no picture from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

import jinja2
from markupsafe import Markup

from theory.claims.claim import Form, Verdict
from theory.claims.papers import PAPERS
from theory.judge.outcomes import Comparison, Entry, Report
from theory.reports.digits import duration, percent, significant, with_error
from theory.reports.figure import experiment_svg
from theory.reports.files import printable
from theory.reports.mathsvg import MathRenderer
from theory.reports.table import summary_lines

FIRST = (Verdict.CORRECTED, Verdict.REFUTED)
"""Verdicts that open the page."""


def to_html(report: Report) -> str:
    """The report as the text of an HTML file.

    It opens with the entries whose verdict is not the recorded one, if any, and the corrected and refuted claims; the
    others follow paper by paper.
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
        return Markup(drawn) if drawn is not None else Markup('<code class="formula">{}</code>').format(form.text)

    environment.globals.update(
        formula=formula,
        figure=lambda experiment: Markup(experiment_svg(experiment)),
        percent=percent,
        significant=significant,
        duration=duration,
        rounded=_rounded,
    )
    environment.filters["anchor"] = lambda claim_id: "c-" + "".join(c if c.isalnum() else "-" for c in claim_id)
    body = environment.get_template("claims.html").render(sections=_sections(report.entries))
    page = environment.get_template("page.html").render(
        report=report,
        summary=summary_lines(report),
        sections=_sections(report.entries),
        body=Markup(body),
        glyphs=Markup(renderer.definitions()),
    )
    return printable(page)


def _rounded(comparison: Comparison) -> tuple[str, ...]:
    """Estimate, standard error and prediction with the digits that the error supports; the printed one if any."""
    extra = () if comparison.printed is None else (comparison.printed,)
    return with_error(comparison.estimate, comparison.stderr, comparison.expected, *extra)


def _sections(entries: Sequence[Entry]) -> list[tuple[str, list[Entry]]]:
    """Titles and entries in the order of the page; every entry once."""
    differing = [entry for entry in entries if not entry.agrees]
    false = [entry for entry in entries if entry.agrees and entry.verdict in FIRST]
    rest = [entry for entry in entries if entry.agrees and entry.verdict not in FIRST]
    sections = [("Verdicts that differ from the recorded ones", differing), ("Corrected and refuted claims", false)]
    titles = {paper.id: paper.title for paper in PAPERS}
    for paper in dict.fromkeys(entry.claim.paper for entry in rest):
        sections.append((titles.get(paper, paper), [entry for entry in rest if entry.claim.paper == paper]))
    return [(title, chosen) for title, chosen in sections if chosen]
