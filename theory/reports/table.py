"""A report on a terminal: the table of verdicts, the mutants, the summary."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from theory.claims.claim import Verdict
from theory.claims.coverage import Coverage
from theory.judge.outcomes import Entry, ExperimentOutcome, Report
from theory.reports.digits import duration, percent, significant, with_error

STYLES = {
    Verdict.PROVED: "green",
    Verdict.SUPPORTED: "cyan",
    Verdict.CORRECTED: "yellow",
    Verdict.REFUTED: "magenta",
    Verdict.NOT_CHECKABLE: "dim",
    Verdict.INCONCLUSIVE: "bold red",
    Verdict.CONTRADICTED: "bold red",
}

NARROWEST = 100
"""Columns below which a claim is shown as a block of lines rather than as a row of a table."""

PIPED_WIDTH = 180
"""Columns where the output is no terminal."""


def print_report(report: Report, console: Console, *, mutants: bool = False, verbose: bool = False) -> None:
    """Print the table and the summary; every mutant and, if ``verbose``, every traceback in between."""
    if report.entries:
        wide = console.width >= NARROWEST
        console.print(verdict_table(report) if wide else _blocks(report))
    if mutants:
        console.print(mutant_table(report))
    for entry in report.entries:
        traces = [entry.trace, *(experiment.trace for experiment in entry.experiments)]
        for trace in filter(None, traces) if verbose else ():
            console.print(Text(f"{entry.claim.id}\n{trace}", style="red"))
    if report.coverage:
        console.print(coverage_table(report.coverage))
    console.print(Text("\n".join(summary_lines(report))))


def verdict_table(report: Report) -> Table:
    """One row a claim: statement, how it was derived, Monte Carlo against the closed form, what it caught, verdict."""
    table = Table(box=box.SIMPLE_HEAD, show_lines=False, padding=(0, 1), header_style="bold")
    table.add_column("claim", ratio=5, overflow="fold")
    table.add_column("statement", ratio=9)
    table.add_column("how derived", ratio=4)
    table.add_column("Monte Carlo against the closed form", ratio=10)
    table.add_column("catches", ratio=4)
    table.add_column("verdict", ratio=4)
    for entry in report.entries:
        first, *others = entry.experiments or (None,)
        words = (entry.claim.id, entry.claim.statement, entry.method)
        table.add_row(*map(Text, words), *_experiment_cells(first), verdict_text(entry))
        for experiment in others:
            table.add_row("", "", "", *_experiment_cells(experiment), "")
    return table


def _blocks(report: Report) -> Group:
    """The same for a narrow terminal: a few lines a claim."""
    blocks: list[RenderableType] = []
    for entry in report.entries:
        block = Text.assemble((entry.claim.id, "bold"), "  ", verdict_text(entry), "\n  ", entry.claim.statement)
        block.append(f"\n  derived: {entry.method}")
        for experiment in entry.experiments:
            block.append("\n  ").append(_experiment_line(experiment))
            block.append(f"; catches {_caught(experiment)}" if _caught(experiment) else "")
        blocks.append(block.append("\n"))
    return Group(*blocks)


def verdict_text(entry: Entry) -> Text:
    """The verdict; where it differs, the recorded one and the finding with it."""
    text = Text(str(entry.verdict), style=STYLES[entry.verdict])
    if not entry.agrees:
        text.append(f"\nrecorded: {entry.claim.recorded}\n", style="red").append(entry.finding, style="red")
    return text


def _experiment_cells(experiment: ExperimentOutcome | None) -> tuple[Text, Text]:
    return (Text(), Text()) if experiment is None else (_experiment_line(experiment), Text(_caught(experiment)))


def _experiment_line(experiment: ExperimentOutcome) -> Text:
    """The number of an experiment that fits worst."""
    comparison = experiment.worst
    if comparison is None:
        return Text(experiment.problem or "no numbers", style="red")
    estimate, stderr, expected = with_error(comparison.estimate, comparison.stderr, comparison.expected)
    relation = "against" if experiment.relation == "==" else experiment.relation
    error = f" ± {stderr}" if comparison.stderr > 0 else ""
    text = Text(f"{comparison.label}: {estimate}{error} {relation} {expected} (z {comparison.score:+.1f})")
    others = len(experiment.comparisons) - 1
    if others:
        text.append(f", worst of {others + 1}", style="dim")
    if comparison.rejected:
        text.stylize("red")
    return text


def _caught(experiment: ExperimentOutcome) -> str:
    """The smallest deviation that the comparison shown would have caught."""
    comparison = experiment.worst
    if comparison is None:
        return ""
    share = percent(comparison.relative_detectable)
    return f"{significant(comparison.detectable, 2)}" + (f" ({share})" if share else "")


def mutant_table(report: Report) -> Table:
    """Every mutant with the score that rejected it, or failed to."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), header_style="bold", title="Mutants", title_justify="left")
    for name in ("claim", "experiment", "mutant", "at"):
        table.add_column(name, overflow="fold")
    table.add_column("z", justify="right", no_wrap=True)
    table.add_column("needs", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for entry, experiment, mutant in report.mutants:
        outcome = Text("rejected", style="green") if mutant.rejected else Text("SURVIVES", style="bold red")
        texts = (entry.claim.id, experiment.name, mutant.name, mutant.label, f"{mutant.score:+.1f}")
        table.add_row(*(Text(t) for t in texts), Text(f"{experiment.critical:.1f}"), outcome)
    return table


def coverage_table(coverage: Sequence[Coverage]) -> Table:
    """Items of each paper, how many are judged by entries, how many carry a reason, and what is missing."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), header_style="bold", title="Coverage", title_justify="left")
    table.add_column("paper", overflow="fold")
    for name in ("items", "by entries", "with a reason", "percent", "entries"):
        table.add_column(name, justify="right", no_wrap=name != "with a reason")
    for one in coverage:
        numbers = (one.total, one.judged, one.reasoned, f"{one.percent:.1f}%", one.entries)
        table.add_row(one.paper, *map(str, numbers))
    return table


def summary_lines(report: Report) -> list[str]:
    """Counts by verdict, kill rate, whole-run false-alarm rate, comparisons, seed, time."""
    counts = ", ".join(f"{number} {verdict}" for verdict, number in report.counts.items()) or "none"
    lines = [f"{len(report.entries)} claims: {counts}"]
    if report.partial:
        lines.append(f"INTERRUPTED: {len(report.entries)} of {report.selected} claims were finished")
    rejected = sum(m.rejected for _, _, m in report.mutants)
    if report.mutants:
        lines.append(f"mutants rejected: {rejected} of {len(report.mutants)} (kill rate {report.kill_rate:.1%})")
    lines.append(
        f"{report.comparisons} comparisons; probability of any false alarm in the whole run at most {report.rate:g}"
    )
    effort = report.effort.name.lower()
    lines.append(f"seed {report.seed}, effort {effort}, {duration(report.seconds)}, toylands {report.version}")
    if report.kept:
        spent = duration(sum(entry.kept or 0.0 for entry in report.kept))
        lines.append(
            f"{len(report.kept)} derivations were read from disk, where an earlier run with the same sources and "
            f"versions left them after {spent}; --fresh runs them again"
        )
    for coverage in report.coverage:
        lines += coverage.problems()
    if report.differing:
        lines.append(f"{len(report.differing)} verdicts differ from the recorded ones:")
        lines += [f"  {e.claim.id}: {e.verdict}, recorded {e.claim.recorded}: {e.finding}" for e in report.differing]
    elif report.entries and not report.partial:
        lines.append("every verdict is the recorded one")
    return lines
