"""Numbers and tables as text: estimates with the digits that their standard errors support."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from html import escape


def format_estimate(value: float, stderr: float) -> str:
    """Return ``value ± stderr`` with two digits of the error and as many of the value.

    Examples
    --------
    >>> format_estimate(12.34567, 0.0512), format_estimate(-1234567.0, 89.0), format_estimate(3.0, 0.0)
    ('12.346 ± 0.051', '(-1.234567 ± 0.000089)e+06', '3')
    """
    value, stderr = float(value), float(stderr)
    if stderr == 0.0 or not math.isfinite(value):
        return f"{value:.6g}"
    if not math.isfinite(stderr):
        return f"{value:.6g} ± ?"
    size = math.floor(math.log10(max(abs(value), stderr)))
    decimals = 1 - math.floor(math.log10(stderr))
    if -4 < size < 6 and decimals >= 0:
        return f"{value:.{decimals}f} ± {stderr:.{decimals}f}"
    places = max(0, decimals + size)
    number, error = (Decimal(x).scaleb(-size) for x in (value, stderr))
    return f"({number:.{places}f} ± {error:.{places}f})e{size:+03d}"


def shown_rows(n: int, most: int = 8) -> list[int | None]:
    """Return the indices of the rows of a long table that are shown; None stands for those left out."""
    if n <= most:
        return list(range(n))
    half = (most - 1) // 2
    return [*range(most - 1 - half), None, *range(n - half, n)]


def text_table(rows: Sequence[Sequence[str]], indent: str = "  ") -> str:
    """Return rows of cells as aligned text; the first column is flush left, the others flush right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
        cells[0] = row[0].ljust(widths[0])
        lines.append((indent + "  ".join(cells)).rstrip())
    return "\n".join(lines)


def html_table(caption: str, rows: Sequence[Sequence[str]], notes: Sequence[str] = ()) -> str:
    """Return rows of cells as an HTML table, everything escaped; the first row is the header."""
    parts = [f"<caption>{escape(caption)}</caption>"]
    for i, row in enumerate(rows):
        tag = "td" if i else "th"
        parts.append("<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in row) + "</tr>")
    return "<table>" + "".join(parts) + "</table>" + "".join(f"<p>{escape(note)}</p>" for note in notes)
