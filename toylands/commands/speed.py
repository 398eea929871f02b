"""``toylands warmup`` and ``toylands bench``: compiling beforehand, and how fast the engine is here."""

from __future__ import annotations

from typing import Annotated

import typer

from toylands.commands.common import check_files, usage, write_json


def warmup(
    quick: Annotated[bool, typer.Option("--quick", help="Only PGD and Anti-PGD, with both kinds of noise.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Every rule and noise: takes a while.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only tell where the kernels are kept.")] = False,
) -> None:
    """Compile the kernels of the common rules on every landscape ahead of time and keep them on disk.

    Common are gd, pgd and anti-pgd with either kind of noise, sgd, label-noise-sgd, nso and gld-leading.

    Exit code: 0, or 1 if kernels cannot be kept.
    """
    if quick and everything:
        usage("--quick and --all exclude each other")
    from toylands.warmup import warmup as warm

    try:
        folder, kernels = warm(quick, everything, None if quiet else lambda kernel: typer.echo(kernel.line()))
    except RuntimeError as error:
        typer.echo(f"toylands: {error}", err=True)
        raise typer.Exit(1) from None
    compiled = sum(kernel.compiled for kernel in kernels)
    typer.echo(f"{len(kernels)} kernels, {compiled} of them compiled now, are kept in {folder}")


def bench(
    everything: Annotated[bool, typer.Option("--all", help="Every rule, not only Anti-PGD.")] = False,
    rounds: Annotated[
        int | None,
        typer.Option(
            metavar="INTEGER", help="Rounds of which the median is told, >= 1.", show_default="7, with --all 3"
        ),
    ] = None,
    json: Annotated[str | None, typer.Option(metavar="FILE", help="Write a JSON object; - is standard output.")] = None,
) -> None:
    """Measure 1e9 coordinate-steps a second of landscape x rule on all cores, and look at the compiled inner loops."""
    rounds = (3 if everything else 7) if rounds is None else rounds
    if rounds < 1:
        usage(f"--rounds must be an integer >= 1, got {rounds}")
    check_files({"--json": json})
    from toylands import bench as speed
    from toylands.machine import describe, line

    rows = speed.bench(everything, rounds, lambda text: typer.echo(text, err=True))
    lines = [line(describe()), "1e9 coordinate-steps/s, medians", *speed.table(rows)]
    typer.echo("\n".join(lines), err=json == "-")
    if json is not None:
        write_json(json, speed.as_dict(rows))
