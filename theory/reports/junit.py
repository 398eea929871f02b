"""A report as JUnit XML: one test case a claim, which fails where the verdict is not the recorded one."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from theory.judge.outcomes import Entry, Report
from theory.reports.digits import percent, significant, with_error
from theory.reports.files import printable


def to_junit(report: Report) -> str:
    """The report as the text of a JUnit XML file."""
    suites = ET.Element("testsuites", name="toylands verify")
    papers = dict.fromkeys(entry.claim.paper for entry in report.entries)
    for paper in papers:
        entries = [entry for entry in report.entries if entry.claim.paper == paper]
        suite = ET.SubElement(suites, "testsuite", _counts(paper, entries))
        if paper == next(iter(papers)):
            _properties(suite, report)
        for entry in entries:
            _case(suite, entry)
    totals = _counts("toylands verify", report.entries)
    suites.attrib.update({name: totals[name] for name in ("tests", "failures", "errors", "time")})
    ET.indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def _counts(name: str, entries: tuple[Entry, ...] | list[Entry]) -> dict[str, str]:
    errors = sum(bool(entry.trace) for entry in entries)
    return {
        "name": name,
        "tests": str(len(entries)),
        "failures": str(sum(not entry.agrees for entry in entries) - errors),
        "errors": str(errors),
        "skipped": "0",
        "time": f"{sum(entry.seconds for entry in entries):.3f}",
    }


def _properties(suite: ET.Element, report: Report) -> None:
    properties = ET.SubElement(suite, "properties")
    values = {
        "version": report.version,
        "seed": report.seed,
        "effort": report.effort.name.lower(),
        "false_alarm_rate": report.rate,
        "kill_rate": report.kill_rate,
        "comparisons": report.comparisons,
        "partial": report.partial,
    }
    for name, value in values.items():
        ET.SubElement(properties, "property", name=name, value=str(value))


def _case(suite: ET.Element, entry: Entry) -> None:
    claim = entry.claim
    case = ET.SubElement(
        suite, "testcase", classname=printable(claim.paper), name=printable(claim.id), time=f"{entry.seconds:.3f}"
    )
    if not entry.agrees:
        kind = "error" if entry.trace else "failure"
        message = printable(f"{entry.verdict}, recorded as {claim.recorded}: {entry.finding}")
        ET.SubElement(case, kind, message=message, type=str(entry.verdict)).text = printable(entry.trace or message)
    ET.SubElement(case, "system-out").text = printable("\n".join(_numbers(entry)))


def _numbers(entry: Entry) -> list[str]:
    lines = [f"{entry.verdict}: {entry.claim.statement}", f"derived by: {entry.method}", entry.finding]
    for experiment in entry.experiments:
        lines.append(f"{experiment.name}: {experiment.problem or experiment.relation}")
        for c in experiment.comparisons:
            estimate, stderr, expected = with_error(c.estimate, c.stderr, c.expected)
            caught = f"{significant(c.detectable)} ({percent(c.relative_detectable)})"
            lines.append(f"  {c.label}: {estimate} +- {stderr} against {expected}, z {c.score:+.2f}, catches {caught}")
        lines += [f"  mutant {m.name}: z {m.score:+.1f}, rejected {m.rejected}" for m in experiment.mutants]
    return lines
