"""What several commands share: wrong usage, files, JSON."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

import typer


def usage(message: str) -> NoReturn:
    """Say what was wrong with the command and exit with 2."""
    typer.echo(f"toylands: {message}", err=True)
    raise typer.Exit(2)


def check_files(files: dict[str, str | None]) -> None:
    from theory.reports.files import check_writable

    for option, path in files.items():
        if path is None or (path == "-" and option == "--json"):
            continue
        try:
            check_writable(path)
        except ValueError as error:
            usage(f"{option}: {error}")


def write_json(path: str, values: dict[str, Any]) -> None:
    """Write a JSON object to a file, or to standard output for ``-``."""
    import json

    from theory.reports.files import write_text

    text = json.dumps(values, indent=1) + "\n"
    if path == "-":
        sys.stdout.write(text)
    else:
        write_text(path, text)
