"""``toylands list``: claims, landscapes, rules and observables, a line each."""

from __future__ import annotations

import enum
from typing import Annotated

import typer

from toylands.commands.common import usage
from toylands.commands.ledger import select


class Kind(str, enum.Enum):
    """What ``toylands list`` can list."""

    CLAIMS = "claims"
    LANDSCAPES = "landscapes"
    RULES = "rules"
    OBSERVABLES = "observables"


def list_(
    kind: Annotated[Kind, typer.Argument(help="What to list.")],
    patterns: Annotated[
        list[str] | None, typer.Argument(metavar="PATTERNS", help="Of the claims, only these (as for verify).")
    ] = None,
) -> None:
    """List claims (id, recorded verdict, statement), landscapes, rules or observables, a line each."""
    if kind is Kind.CLAIMS:
        rows: list[tuple[str, ...]] = [(c.id, str(c.recorded), c.statement) for c in select(patterns or [])]
    elif patterns:
        usage(f"only claims can be selected, got {' '.join(patterns)}")
    else:
        rows = _public(kind)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)] if rows else []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths)]
        typer.echo("  ".join([*cells, row[-1]]))


def _public(kind: Kind) -> list[tuple[str, ...]]:
    """Names and one line each of a part of the laboratory."""
    from toylands import catalogue

    listing = {
        Kind.LANDSCAPES: catalogue.list_landscapes,
        Kind.RULES: catalogue.list_rules,
        Kind.OBSERVABLES: catalogue.list_observables,
    }
    return [*listing[kind]()]
