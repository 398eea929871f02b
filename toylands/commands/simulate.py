"""``toylands simulate``: any landscape under any rule, from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from toylands.commands.common import check_files, usage, write_json

if TYPE_CHECKING:
    from toylands.dynamics import UpdateRule
    from toylands.landscapes import Landscape
    from toylands.results import EnsembleResult

STEPS, TRAJECTORIES, SHOWN = 1000, 1024, 6


def simulate(
    landscape: Annotated[
        str,
        typer.Argument(
            metavar="LANDSCAPE",
            help="A name (`toylands list landscapes`; two-basins or TwoBasins), or a landscape of your own, FILE.py or "
            "FILE.py:NAME (such a file is run as Python).",
        ),
    ],
    rule: Annotated[
        str, typer.Argument(metavar="RULE", help="A name (`toylands list rules`; gld-eigvec or gld_eigvec).")
    ],
    steps: Annotated[
        int | None, typer.Option(min=0, help="Updates a trajectory.", show_default=f"suggested, else {STEPS}")
    ] = None,
    trajectories: Annotated[int, typer.Option(min=1, help="How many, at most if there is a target.")] = TRAJECTORIES,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the run; equal seeds mean equal noise.")] = 0,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="A parameter of the landscape or of the rule, e.g. --set dim=100 --set noise=gaussian "
            "--set rho=1/2 --set covariance='[[1,0],[0,2]]'. landscape.NAME or rule.NAME where both know the name.",
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBERS",
            help="Starting point: one number for all coordinates, or all, 1,2.5.",
            show_default="suggested, else 0.1",
        ),
    ] = None,
    record: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OBSERVABLE",
            help="What to measure; may be repeated. A name (`toylands list observables`), or e.g. 'loss>=2', "
            "'sq_norm_of(0:50)', 'moving_average(loss,100)', FILE.py:NAME (such a file is run as Python).",
            show_default="what costs little",
        ),
    ] = None,
    every: Annotated[
        int | None, typer.Option(min=1, help="Steps between two measurements.", show_default="about 100 of them")
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            metavar="OBSERVABLE=WIDTH",
            help="Stop once the mean's 95% confidence interval at the last measurement is no wider than +-WIDTH, "
            "however often it is looked at.",
        ),
    ] = None,
    time_limit: Annotated[float | None, typer.Option(metavar="SECONDS", help="Stop after that.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Default: as many as the process may use.")] = None,
    save: Annotated[str | None, typer.Option(metavar="FILE", help="Keep everything, for tl.load (.npz).")] = None,
    plot: Annotated[
        str | None, typer.Option(metavar="FILE", help="Draw means and error bands (png, pdf, svg).")
    ] = None,
    json: Annotated[str | None, typer.Option(metavar="FILE", help="Write a JSON object; - is standard output.")] = None,
) -> None:
    """Simulate an ensemble on any landscape under any rule; print means with standard errors.

    What is not set is what the landscape suggests (`suggested()`), else a small value; the first lines printed tell.

    Exit code: 0, 2 on wrong usage, 130 if interrupted.

    Examples:

    toylands simulate two-basins gld-eigvec --steps 500 --trajectories 2000 --plot escape.png

    toylands simulate widening-valley anti-pgd --set dim=100 --set noise=gaussian --record hessian_trace

    toylands simulate two-basins gld-diag --record hessian_top_eigenvalue --record 'moving_average(loss>=2,50)'

    toylands simulate linear-recurrence pgd --set rho=0.9 --target sq_norm=1e-6 --trajectories 1000000

    toylands simulate my_landscape.py:Hyperbola anti-pgd
    """
    _check_outputs(save, plot, json)
    arguments, heading = _prepare(landscape, rule, set_ or [], steps, start, record or [], every)
    arguments |= {"seed": seed, "threads": threads}
    wanted = _target(target, arguments["landscape"])
    compiling = _first_call(arguments)
    arguments |= {"trajectories": trajectories, "time_limit": time_limit, "target": wanted}
    result = _checked(arguments)
    text = "\n".join([*heading, *summary(result, arguments["landscape"].size, compiling)])
    typer.echo(text, err=json == "-")
    _keep(result, save, plot, json)
    if result.end_condition == "interrupted":
        raise typer.Exit(130)


def _check_outputs(save: str | None, plot: str | None, json: str | None) -> None:
    check_files({"--save": save, "--plot": plot, "--json": json})
    if plot is None:
        return
    from matplotlib.backend_bases import FigureCanvasBase

    known = FigureCanvasBase.get_supported_filetypes()
    if Path(plot).suffix[1:].lower() not in known:
        usage(f"--plot: {plot} must end in one of {', '.join('.' + each for each in sorted(known))}")


def _prepare(
    landscape: str, rule: str, pairs: list[str], steps: int | None, start: str | None, names: list[str],
    every: int | None,
) -> tuple[dict[str, Any], list[str]]:  # fmt: skip
    """The arguments of `toylands.simulate` that decide what is compiled, and lines that tell them."""
    import numpy as np

    from toylands.commands import choices
    from toylands.commands.measured import read_observable
    from toylands.observables import record

    try:
        chosen, named = choices.choose_landscape(landscape), choices.choose_rule(rule)
        of_landscape, of_rule = choices.read_settings(pairs, chosen, named)
        built = choices.build_landscape(chosen, of_landscape)
        update, origins = choices.build_rule(named, of_rule, built)
        point = choices.read_start(start, built)
        told = {each.name: each for each in (read_observable(name, built) for name in names)}
        recorded = record(*(told or built.observables).values(), every=every)
    except (TypeError, ValueError) as error:
        usage(str(error))
    total = choices.suggestions(built).get("steps", STEPS) if steps is None else steps
    arguments = {"landscape": built, "rule": update, "start": point, "steps": total, "record": recorded}
    shown = np.array2string(point, threshold=6, edgeitems=3, precision=4, separator=", ")
    return arguments, [
        f"landscape  {chosen.name}{_told(of_landscape)}, {built.size} coordinates{_form(built)}",
        f"rule       {update.name} {_settings(update, origins)}",
        f"start      {' '.join(shown.split())}",
    ]


def _told(values: dict[str, Any]) -> str:
    return "".join(f" {key}={value}" for key, value in values.items())


def _form(landscape: Landscape) -> str:
    """How functions of the user's own are run, since one of the ways is slow."""
    forms = getattr(landscape, "forms", None)
    return "" if forms is None else "; " + ", ".join(f"{role}: {form}" for role, form in forms.items())


def _settings(rule: UpdateRule, origins: dict[str, str]) -> str:
    """What the rule is made of, and which of it nobody set."""
    import numpy as np

    made: dict[str, Any] = {}
    for key, value in rule.describe().items():
        made |= _flat(key, value)
    parts = [f"{key}={value}" if np.size(value) <= 6 else f"{key}=..." for key, value in made.items() if key != "name"]
    unset: dict[str, list[str]] = {}
    for key, origin in origins.items():
        if origin != "set":
            unset.setdefault(origin, []).append(key)
    told = "; ".join(f"{origin}: {', '.join(keys)}" for origin, keys in unset.items())
    return ", ".join(parts) + (f"  ({told})" if told else "")


def _flat(key: str, value: Any) -> dict[str, Any]:
    """A setting that has settings of its own as several: ``covariance.rank``."""
    if not isinstance(value, dict):
        return {key: value}
    return {f"{key}.{part}": x for name, inner in value.items() for part, x in _flat(name, inner).items()}


def _target(text: str | None, landscape: Landscape) -> Any:
    if text is None:
        return None
    from toylands.commands.measured import read_observable
    from toylands.statistics.confidence import Precision

    name, _, width = text.rpartition("=")
    try:
        return Precision(read_observable(name, landscape).name, float(width))
    except (TypeError, ValueError) as error:
        usage(f"--target must be OBSERVABLE=WIDTH with WIDTH > 0, got {text!r}: {error}")


def _first_call(arguments: dict[str, Any]) -> float:
    """Compile or load the kernel in a run of one step, so that its time is told apart; how long that took."""
    return float(_checked({**arguments, "steps": 1, "trajectories": 1}).elapsed)


def _checked(arguments: dict[str, Any]) -> EnsembleResult:
    from numba.core.errors import NumbaError

    from toylands.ensemble import simulate as run

    try:
        return run(**arguments)
    except (TypeError, ValueError) as error:
        usage(str(error))
    except NumbaError as error:
        usage(f"Numba cannot compile {type(arguments['landscape']).__name__}:\n{error}")


def summary(result: EnsembleResult, size: int, compiling: float) -> list[str]:
    """How the run went, and means with standard errors at a few steps, the last one among them.

    Examples
    --------
    >>> import toylands as tl
    >>> valley = tl.landscapes.WideningValley(dim=3)
    >>> run = tl.simulate(valley, tl.dynamics.gd(0.1), start=[1.0, 1.0, 1.0, 0.1], steps=10, trajectories=64)
    >>> print(summary(run, valley.size, 1.0)[0].split(" in ")[0])
    run        10 steps x 64 trajectories, seed 0, ended by trajectories
    """
    import numpy as np

    from toylands.results.summary import format_estimate, text_table

    lost = int(result.diverged.max(initial=0))
    done = result.trajectories * result.steps_total * size
    rate = f", {done / result.elapsed:.2g} coordinate-steps/s" if lost == 0 else ""  # lost ones may not run to the end
    rows = [["step", *result]]
    for i in np.unique(np.linspace(0, len(result.steps) - 1, SHOWN).round().astype(int)):
        series = [result[name] for name in result]
        rows.append([str(result.steps[i]), *(format_estimate(each.mean[i], each.stderr[i]) for each in series)])
    return [
        f"run        {result.steps_total} steps x {result.trajectories} trajectories, seed {result.seed}, ended by "
        f"{result.end_condition} in {result.elapsed:.3g} s{rate} (kernel ready after {compiling:.3g} s)",
        "",
        text_table(rows),
        "",
        f"  mean ± standard error of {result.trajectories - lost} trajectories; {lost} diverged",
        *(f"  warning: {line}" for line in result.warning.splitlines()),
    ]


def _keep(result: EnsembleResult, save: str | None, plot: str | None, json: str | None) -> None:
    """Write the files that were asked for."""
    try:
        if save is not None:
            typer.echo(f"saved {result.save(save)}", err=json == "-")
        if plot is not None:
            draw(result).savefig(plot)
            typer.echo(f"drew {plot}", err=json == "-")
        if json is not None:
            write_json(json, result.to_dict())
    except OSError as error:
        typer.echo(f"toylands: {error}", err=True)
        raise typer.Exit(1) from error


def draw(result: EnsembleResult) -> Any:
    """A figure with a panel for each observable: mean and error band over the steps."""
    from matplotlib.figure import Figure

    from toylands.plots.bands import plot_panels

    names = list(result)
    figure = Figure(figsize=(6.4, 1.2 + 2.4 * len(names)), layout="constrained")
    plot_panels(result, figure.subplots(len(names), 1, sharex=True, squeeze=False).ravel())
    figure.suptitle(f"{result.landscape['name']} x {result.rule['name']}, {result.trajectories} trajectories")
    return figure
