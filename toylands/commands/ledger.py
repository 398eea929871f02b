"""``toylands verify``, ``claim`` and ``citation``: the ledger."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from toylands.commands.common import check_files, usage, write_json

if TYPE_CHECKING:
    from rich.console import Console

    from theory.claims.claim import Claim, Derivation, Effort
    from theory.judge.outcomes import Report
    from theory.verify import Progress


def verify(
    patterns: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATTERNS",
            help="Ids (antipgd/C.5 means all below it), globs ('antipgd/*'), or .py files of your own that define "
            "CLAIMS (such a file is run as Python).",
            show_default="the whole ledger",
        ),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A quarter of the trajectories.")] = False,
    thorough: Annotated[bool, typer.Option("--thorough", help="Sixteen times the trajectories.")] = False,
    seed: Annotated[str, typer.Option(metavar="INTEGER", help="Seed of the whole run, at least 0.")] = "0",
    json: Annotated[str | None, typer.Option(metavar="FILE", help="Write a JSON object; - is standard output.")] = None,
    junit: Annotated[str | None, typer.Option(metavar="FILE", help="Write JUnit XML.")] = None,
    html: Annotated[str | None, typer.Option(metavar="FILE", help="Write one self-contained HTML page.")] = None,
    mutants: Annotated[bool, typer.Option("--mutants", help="Show every mutant and what rejected it.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show tracebacks of claims that raise.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run every derivation, whatever earlier runs left.")] = False,
) -> None:
    """Derive, simulate and judge every claim; compare the verdicts with the recorded ones.

    Exit code: 0 if every verdict is the recorded one, 1 if one differs, 2 on wrong usage, 130 if interrupted.

    Examples: toylands verify --quick; toylands verify antipgd/C.5 'anisotropic/*' --html report.html;
    toylands verify my_claims.py
    """
    if quick and thorough:
        usage("--quick and --thorough exclude each other")
    if not (seed.isascii() and seed.isdigit() and len(seed) < 40):
        usage(f"--seed must be an integer >= 0, got {seed!r}")
    files = {"--json": json, "--junit": junit, "--html": html}
    check_files(files)
    from theory.claims.claim import Effort

    effort = Effort.QUICK if quick else Effort.THOROUGH if thorough else Effort.DEFAULT
    claims = select(patterns or [])
    report = _run(claims, effort, int(seed), fresh)
    _print(report, to_stderr=json == "-", mutants=mutants, verbose=verbose)
    _write(report, files)
    raise typer.Exit(report.exit_code)


def select(patterns: Sequence[str]) -> tuple[Claim, ...]:
    from theory.claims.registry import ClaimFileError, UnknownClaimError, select

    try:
        return select(patterns)
    except (UnknownClaimError, ClaimFileError) as error:
        usage(str(error))


def _run(claims: tuple[Claim, ...], effort: Effort, seed: int, fresh: bool) -> Report:
    from theory.verify import verify as run

    with _progress() as progress:
        return run(effort=effort, seed=seed, claims=claims, progress=progress, fresh=fresh)


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """A progress bar on a terminal, nothing elsewhere."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    bar = Progress(*columns, console=console, transient=True)
    task = bar.add_task("")

    def advance(claim: Claim | None, done: int, total: int) -> None:
        bar.update(task, completed=done, total=total, description="" if claim is None else claim.id)
        bar.start()  # only now: the bar has a thread of its own, and other processes are forked before

    try:
        yield advance
    finally:
        bar.stop()


def _console(to_stderr: bool = False) -> Console:
    """A console as wide as the terminal, or wide enough for the table where the output is no terminal."""
    from rich.console import Console

    from theory.reports.table import PIPED_WIDTH

    console = Console(stderr=to_stderr)
    if console.is_terminal or "COLUMNS" in os.environ:
        return console
    return Console(stderr=to_stderr, width=PIPED_WIDTH)


def _print(report: Report, *, to_stderr: bool, mutants: bool, verbose: bool) -> None:
    from theory.reports.table import print_report

    print_report(report, _console(to_stderr), mutants=mutants, verbose=verbose)


def _write(report: Report, files: dict[str, str | None]) -> None:
    """Write the files that were asked for, each whole or not at all."""
    from theory.reports.files import write_text
    from theory.reports.json import to_json
    from theory.reports.junit import to_junit

    def to_html(report: Report) -> str:
        from theory.reports.html import to_html as render

        return render(report)

    writers: dict[str, Callable[[Report], str]] = {"--json": to_json, "--junit": to_junit, "--html": to_html}
    for option, path in files.items():
        if path is None:
            continue
        text = writers[option](report)
        if path == "-" and option == "--json":
            sys.stdout.write(text)
            continue
        try:
            write_text(path, text)
        except OSError as error:
            typer.echo(f"toylands: {option} {path}: {error}", err=True)
            raise typer.Exit(1) from error


def claim(
    words: Annotated[
        list[str],
        typer.Argument(metavar="ID [NAME=NUMBER]", help="A claim, and values of its symbols.", show_default=False),
    ],
    at: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=NUMBER...", help="Values: integers, fractions a/b, decimals. Others: the example."),
    ] = None,
    json: Annotated[str | None, typer.Option(metavar="FILE", help="Write a JSON object; - is standard output.")] = None,
) -> None:
    """Show a claim whole, with the printed and the derived form evaluated exactly at a point.

    Of an inequality, both sides and whether it holds there. A point outside the claim's domain is evaluated all the
    same, and said to be outside.

    Example: toylands claim antipgd/C.5 --at rho=1/2 k=2
    """
    from theory.judge.points import parse_point
    from theory.reports.entry import claim_lines
    from theory.reports.json import values_object
    from theory.verify import evaluate, known_symbols

    check_files({"--json": json})
    patterns = [word for word in words if "=" not in word]
    if not patterns:
        usage("claim needs an id; `toylands list claims` shows all")
    try:
        point = parse_point([*(at or []), *(word for word in words if "=" in word)])
    except ValueError as error:
        usage(str(error))
    chosen = [(each, *_derived(each)) for each in select(patterns)]
    known = {each.id: known_symbols(each, derivation) for each, derivation, _ in chosen}
    everywhere = set().union(*known.values())
    if set(point) - everywhere:
        names = ", ".join(sorted(set(point) - everywhere))
        usage(f"no symbol {names} in {', '.join(known)}; the symbols are: {', '.join(sorted(everywhere)) or 'none'}")
    objects = []
    for index, (each, derivation, problem) in enumerate(chosen):
        own = {name: value for name, value in point.items() if name in known[each.id]}
        values = None if derivation is None else evaluate(each, own, derivation)
        lines = claim_lines(each, derivation, values, problem)
        typer.echo(("\n" if index else "") + "\n".join(lines), err=json == "-")
        objects.append(values_object(each, derivation, values, problem))
    if json is not None:
        write_json(json, {"claims": objects})
    if any(problem for _, _, problem in chosen):
        raise typer.Exit(1)


def _derived(claim: Claim) -> tuple[Derivation | None, str]:
    """The derivation of a claim, or what went wrong."""
    try:
        return claim.derive(), ""
    except Exception as error:
        return None, f"the derivation raised {type(error).__name__}: {error}"


def citation(
    papers: Annotated[
        list[str] | None, typer.Argument(metavar="PAPERS", help="Short ids, e.g. antipgd.", show_default="all")
    ] = None,
) -> None:
    """Print the BibTeX of the papers whose claims the ledger holds."""
    from theory.claims.papers import PAPERS

    known = {paper.id: paper for paper in PAPERS}
    unknown = [paper for paper in papers or [] if paper not in known]
    if unknown:
        usage(f"no paper {', '.join(unknown)}; the papers are: {', '.join(known)}")
    typer.echo("\n\n".join(known[paper].bibtex() for paper in papers or known))
