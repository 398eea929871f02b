"""``toylands list``: claims, landscapes, rules and observables, a line each."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Annotated

import typer

from toylands.commands.common import usage
from toylands.commands.ledger import select

if TYPE_CHECKING:
    from toylands.landscapes import Landscape


class Kind(str, enum.Enum):
    """What ``toylands list`` can list."""

    CLAIMS = "claims"
    LANDSCAPES = "landscapes"
    RULES = "rules"
    OBSERVABLES = "observables"


def list_(
    kind: Annotated[Kind, typer.Argument(help="What to list.")],
    patterns: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATTERNS",
            help="Of the claims, only these (as for verify). Of landscapes and observables, those of files of your own "
            "(FILE.py; they are run as Python).",
        ),
    ] = None,
) -> None:
    """List claims (id, recorded verdict, statement), landscapes, rules or observables, a line each."""
    if kind is Kind.CLAIMS:
        rows: list[tuple[str, ...]] = [(c.id, str(c.recorded), c.statement) for c in select(patterns or [])]
    else:
        rows = _public(kind, patterns or [])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)] if rows else []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths)]
        typer.echo("  ".join([*cells, row[-1]]))


def _public(kind: Kind, files: list[str]) -> list[tuple[str, ...]]:
    """Names and one line each of a part of the laboratory, or of files of the user's own."""
    from toylands import catalogue

    if files and (kind is Kind.RULES or not all(file.endswith(".py") for file in files)):
        usage(f"only claims can be selected, and .py files of landscapes of your own listed; got {' '.join(files)}")
    if kind is Kind.RULES:
        return [*catalogue.list_rules()]
    found = _own(files) if files else None
    if kind is Kind.LANDSCAPES:
        return [*catalogue.list_landscapes(found)]
    from toylands.commands.measured import FORMS

    return [*catalogue.list_observables(found), *FORMS]


def _own(files: list[str]) -> dict[str, Landscape]:
    """The landscapes of files of the user's own, as they come when nothing is set, by ``FILE.py:NAME``."""
    from toylands.commands.choices import build_landscape, choose_landscape
    from toylands.commands.own_file import load_landscapes

    try:
        names = [f"{file}:{name}" for file in files for name in load_landscapes(file)]
        return {name: build_landscape(choose_landscape(name), {}) for name in names}
    except (TypeError, ValueError) as error:
        usage(str(error))
