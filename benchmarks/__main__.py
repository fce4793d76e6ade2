"""``python -m benchmarks``: run, read and repeat the measurements."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.load.bench import Method
from benchmarks.load.results import load
from benchmarks.load.scenarios import choose
from benchmarks.profile import profile as record
from benchmarks.report.figures import number
from benchmarks.report.tables import micro_table, print_tables
from benchmarks.run import SCENARIOS, has_failed, run_suite, write_results

_RESULTS = Path(__file__).resolve().parent / "results"
_SCRATCH = Path(__file__).resolve().parents[1] / "build" / "benchmarks" / "results"

app = typer.Typer(
    help="Measure the desk on this machine and set it beside the published figures and others' bare echoes. "
    "The server runs on one core and the load generator on another: two quiet cores are needed. "
    "Start with [bold]run --quick[/]; docs/benchmarks.md explains what the figures mean.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    add_completion=False,
)


@app.command()
def run(
    only: Annotated[
        list[str] | None, typer.Argument(help="Scenarios or groups to run, see `list`; all when left out.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="The main scenarios in under two minutes.")] = False,
    seconds: Annotated[float | None, typer.Option(help="Length of each repetition; 2, quick 1.")] = None,
    repetitions: Annotated[int, typer.Option(min=1, max=50, help="Repetitions of each scenario.")] = 3,
    server_core: Annotated[int, typer.Option(help="Core of the server.")] = 0,
    generator_core: Annotated[int, typer.Option(help="Core of the generator and the stand-in model.")] = 1,
    data_root: Annotated[
        Path | None, typer.Option(help="Where data folders are made: a real disk; ./build when left out.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the results; benchmarks/results for a whole run, else ./build."),
    ] = None,
) -> None:
    """Run scenarios, print the tables, write JSON, Markdown and plots.

    A lost, wrong, duplicate or misplaced answer fails the run (status 1). A goal that is missed does not.

    Examples: [bold]run --quick[/] · [bold]run plain-64 polling[/] · [bold]run assistant --repetitions 5[/]
    """
    console = _console()
    try:
        scenarios = choose(SCENARIOS, only=only or [], quick=quick)
    except ValueError as unknown:
        raise typer.BadParameter(str(unknown)) from unknown
    method = Method(
        server_core=server_core,
        generator_core=generator_core,
        warm_up_s=0.5 if quick else 1.0,
        seconds=seconds or (1.0 if quick else 2.0),
        repetitions=repetitions,
        quick=quick,
        data_root=data_root,
    )
    whole = not only and not quick
    command = shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]])
    report = run_suite(scenarios, method, console, command, with_others=whole, with_curve=whole)
    folder = out or (_RESULTS if whole else _SCRATCH)
    write_results(report, folder)
    console.print()
    print_tables(report, console)
    console.print(f"Written to {folder}")
    raise typer.Exit(1 if has_failed(report) else 0)


@app.command("list")
def list_scenarios() -> None:
    """Show all scenarios with the names that `run` takes."""
    table = Table("Scenario", "Group", "What", "In --quick")
    for scenario in SCENARIOS:
        table.add_row(scenario.key, scenario.group, scenario.title, "yes" if scenario.quick else "")
    _console().print(table)


@app.command()
def show(
    file: Annotated[Path, typer.Argument(help="A bench.json.")] = _RESULTS / "bench.json",
) -> None:
    """Print the tables of a stored result and write its Markdown and plots anew."""
    report = load(file)
    write_results(report, file.parent)
    print_tables(report, _console())


@app.command()
def profile(
    out: Annotated[Path, typer.Option(help="The SVG to write.")] = _SCRATCH / "flame.svg",
    seconds: Annotated[float, typer.Option(help="How long to record.")] = 5.0,
    tool: Annotated[str, typer.Option(help="perf, py-spy, or auto: perf where it works.")] = "auto",
) -> None:
    """Write a flame graph of the server under the plain-text load, native frames included."""
    record(out, seconds=seconds, tool=tool, console=_console())


@app.command()
def micro(
    save: Annotated[bool, typer.Option("--save", help="Make these figures the baseline.")] = False,
) -> None:
    """Compare single structures and stages with the saved baseline.

    Fails (status 1) when one needs more instructions than before, or when its lead over the naive or usual way has
    shrunk. Times are shown but decide nothing.
    """
    from benchmarks.micro import regression

    console = _console()
    with console.status("measuring") as status:
        now = regression.measure(lambda name, share: status.update(f"{share:.0%}  {name}"))
    console.print(micro_table(now))
    if save:
        regression.save_baseline(now)
        console.print(f"Saved to {regression.BASELINE}")
        return
    worse = regression.compare(regression.load_baseline(), now)
    for one in worse:
        console.print(
            f"[bold red]worse[/] {one.subject}: {one.what} {number(one.before)} → {number(one.now)}"
        )
    if not worse:
        counted = any(each.instructions for each in now.subjects.values())
        by_what = "" if counted else ", as far as times tell: there is no valgrind to count instructions"
        console.print(f"Nothing is worse than the baseline{by_what}.")
    raise typer.Exit(1 if worse else 0)


def _console() -> Console:
    """Return a console; into a file or a pipe it writes wide, so that no table is cut."""
    console = Console()
    return console if console.is_terminal else Console(width=180)


if __name__ == "__main__":
    app()
