"""The command line: ``toylands simulate``, ``verify``, ``list``, ``claim``, ``citation``, ``warmup``, ``bench``.

The commands are in `toylands.commands`. Everything heavy is imported inside them, so that help comes at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from toylands._version import __version__
from toylands.commands import ledger, listing, simulate, speed

app = typer.Typer(
    name="toylands",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A laboratory for the theory of noisy gradient descent: theorems derived, simulated and judged.",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code: 0, 1 (a verdict differs), 2 (wrong usage), 130 (interrupted).

    Parameters
    ----------
    argv : sequence of str, default the arguments of the process
        Without the program's name.

    Examples
    --------
    >>> main(["--version"])
    toylands 0.1.0
    0
    """
    try:
        app(args=None if argv is None else list(argv), prog_name="toylands")
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    return 0


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"toylands {__version__}")
        raise typer.Exit


@app.callback()
def _toylands(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


for _command in (
    simulate.simulate,
    listing.list_,
    ledger.verify,
    ledger.claim,
    ledger.citation,
    speed.warmup,
    speed.bench,
):
    app.command(_command.__name__.rstrip("_"))(_command)
