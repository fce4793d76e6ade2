"""The tables: scenarios beside the published figures, goals, other makers' echoes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmarks.load.results import Report, Row
from benchmarks.report import figures
from benchmarks.report.figures import number

if TYPE_CHECKING:
    from benchmarks.micro.regression import Baseline

Cells = list[list[str]]

_SCENARIO_COLUMNS: tuple[tuple[str, Callable[[Row], str]], ...] = (
    ("Scenario", lambda row: row.title),
    ("Load", lambda row: row.load or "–"),
    ("Published, 4 cores", figures.published),
    ("Here, 1 core (range)", figures.rate),
    ("p50 / p99 / p99.9 ms", figures.latencies),
    ("Times published", figures.times_published),
    ("Of C echo", figures.share_of_echo),
    ("CPU µs (C echo)", figures.cpu),
    ("Ack after", lambda row: row.durability or "–"),
    ("Generator", figures.generator),
)
_OTHER_COLUMNS: tuple[tuple[str, Callable[[Row], str]], ...] = (
    ("Server", lambda row: row.title),
    ("Load", lambda row: row.load),
    ("Rate (range)", figures.rate),
    ("p50 / p99 / p99.9 ms", figures.latencies),
    ("Server CPU µs", figures.cpu),
    ("Version", lambda row: str(row.facts.get("version", "–"))),
)
#: What a terminal of fewer columns than `_WIDE` has no room for.
_ONLY_WIDE = frozenset({"Load", "Published, 4 cores", "Ack after", "Generator", "Version"})
_WIDE = 150
_GOAL_COLUMNS = ("Scenario", "Figure", "Here", "At least", "Aim", "")
_VERDICT_STYLES = {
    "aim reached": "bold green",
    "reached": "green",
    "MISSED": "bold red",
    "not measured": "yellow",
}


def scenario_cells(report: Report) -> Cells:
    """Return a line for each scenario that moved messages."""
    return [[cell(row) for _, cell in _SCENARIO_COLUMNS] for row in report.rows if row.rate]


def goal_cells(report: Report) -> Cells:
    """Return a line for each goal."""
    lines = []
    for row in report.rows:
        for goal in row.goals:
            bars = figures.bar(goal, goal.at_least), figures.bar(goal, goal.aim)
            verdict = figures.VERDICTS[goal.verdict]
            lines.append([row.title, goal.what, figures.measured(goal), *bars, verdict])
    return lines


def trouble_cells(report: Report) -> Cells:
    """Return a line for each row without figures: skipped with its reason, or failed with the wrong answer."""
    return [
        [row.title, figures.outcome(row)]
        for row in (*report.rows, *report.others)
        if row.skipped or row.failure or (row.generator_bound and row in report.rows)
    ]


def fact_cells(report: Report) -> Cells:
    """Return a line for each further fact."""
    return [
        [row.title, name, value if isinstance(value, str) else figures.number(value)]
        for row in report.rows
        for name, value in row.facts.items()
    ]


def other_cells(report: Report) -> Cells:
    """Return a line for each bare echo server and load."""
    return [[cell(row) for _, cell in _OTHER_COLUMNS] for row in report.others if row.rate]


def _tables(report: Report) -> list[tuple[str, Sequence[str], Cells]]:
    return [
        ("The desk", [name for name, _ in _SCENARIO_COLUMNS], scenario_cells(report)),
        ("Goals", _GOAL_COLUMNS, goal_cells(report)),
        ("Facts", ("Scenario", "Fact", "Value"), fact_cells(report)),
        ("Skipped or failed", ("Scenario", "Why"), trouble_cells(report)),
        ("Bare echo servers", [name for name, _ in _OTHER_COLUMNS], other_cells(report)),
    ]


def print_tables(report: Report, console: Console) -> None:
    """Print all tables, with the verdicts in colour."""
    for title, columns, lines in _tables(report):
        if not lines:
            continue
        shown = [at for at, name in enumerate(columns) if console.width >= _WIDE or name not in _ONLY_WIDE]
        table = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
        for at in shown:
            table.add_column(columns[at])
        for line in lines:
            table.add_row(*(Text(line[at], style=_VERDICT_STYLES.get(line[at], "")) for at in shown))
        console.print(table)
    disturbed = sum(row.is_disturbed for row in report.rows)
    if disturbed:
        console.print(
            f"~ {disturbed} rows were disturbed: other processes took over 5 % of the server's core."
        )


def micro_table(found: Baseline) -> Table:
    """Return one line for each subject and way of doing it."""
    table = Table(
        "Subject", "Way", "Instructions", "Fastest ns", "Times the desk's", title="Micro benchmarks"
    )
    for name, subject in found.subjects.items():
        ratios = subject.leads(bool(subject.instructions))
        for way, nanoseconds in subject.times_ns.items():
            count, ratio = subject.instructions.get(way), ratios.get(way)
            cells = (
                number(count and round(count)),
                number(round(nanoseconds)),
                number(ratio) if ratio else "",
            )
            table.add_row("" if way else name, way or "the desk", *cells)
    return table


def markdown(report: Report) -> str:
    """Return the whole report as Markdown; the plots stand beside the file."""
    parts = [
        "# Benchmark results",
        "",
        f"Taken {report.made_at} at commit `{report.commit}` with `{report.command}`.",
        "What is measured, how, and the limits of it: [docs/benchmarks.md](../../docs/benchmarks.md).",
        "",
        *_facts_of("Machine", report.machine),
        *_facts_of("Versions", report.versions),
        *_facts_of("Method", report.method),
    ]
    for title, columns, lines in _tables(report):
        if lines:
            parts += ["", f"## {title}", "", *_markdown_table(columns, lines)]
    if any(row.is_disturbed for row in report.rows):
        parts += ["", "~ marks a row in which other processes took over 5 % of the server's core."]
    parts += ["", "![Throughput](throughput.svg)"]
    if report.curves:
        parts += ["", "![Latency over load](latency.svg)"]
    return "\n".join(parts) + "\n"


def _facts_of(title: str, facts: dict[str, Any]) -> list[str]:
    listed = "; ".join(f"{name.replace('_', ' ')} {value}" for name, value in facts.items())
    return [f"- {title}: {listed}"]


def _markdown_table(columns: Sequence[str], lines: Cells) -> list[str]:
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    return [line(columns), line(["---"] * len(columns)), *map(line, lines)]
