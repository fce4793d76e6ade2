"""One run of the suite: scenarios, others' echoes, the latency curve; then tables, JSON and plots."""

from __future__ import annotations

import datetime
from pathlib import Path

import msgspec
from rich.console import Console

from benchmarks.load import (
    assistant_scenarios,
    memory_scenarios,
    patience_scenarios,
    reading_scenarios,
    routing_scenarios,
    store_scenarios,
    text_scenarios,
    upkeep_scenarios,
)
from benchmarks.load.bench import Bench, Method
from benchmarks.load.curve import measure_curve
from benchmarks.load.machine import commit, describe_machine, is_in_memory, versions
from benchmarks.load.native import WrongAnswer
from benchmarks.load.others import measure_others
from benchmarks.load.results import Report, Row, save
from benchmarks.load.scenarios import Scenario, Skip
from benchmarks.load.server import ServerFailed
from benchmarks.report import figures, plots, tables

SCENARIOS = (
    *text_scenarios.SCENARIOS,
    *assistant_scenarios.SCENARIOS,
    *patience_scenarios.SCENARIOS,
    *upkeep_scenarios.SCENARIOS,
    *store_scenarios.SCENARIOS,
    *reading_scenarios.SCENARIOS,
    *routing_scenarios.SCENARIOS,
    *memory_scenarios.SCENARIOS,
)


def run_suite(
    scenarios: list[Scenario],
    method: Method,
    console: Console,
    command: str,
    *,
    with_others: bool,
    with_curve: bool,
) -> Report:
    """Run the scenarios in order and return all that was found; a failed one does not stop the rest."""
    with Bench(method, console) as bench:
        if is_in_memory(bench.folder):
            console.print(
                f"[yellow]{bench.folder} lies in memory: no flush reaches a disk, durable rows mean little."
            )
        machine = describe_machine(bench.folder)
        report = Report(
            made_at=datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
            command=command,
            commit=commit(),
            machine=machine,
            versions=versions(),
            method={
                name: value
                for name, value in msgspec.to_builtins(method, enc_hook=str).items()
                if value is not None
            },
        )
        for scenario in scenarios:
            row = _run(bench, scenario)
            report.rows.append(row)
            _say(console, row)
        if with_others:
            report.others = measure_others(bench)
        if with_curve:
            try:
                report.curves = [curve for curve in (measure_curve(bench),) if curve.points]
            except (ServerFailed, WrongAnswer, RuntimeError) as failure:
                console.print(f"[bold red]no latency curve[/]: {failure}")
    return report


def _run(bench: Bench, scenario: Scenario) -> Row:
    row = Row(key=scenario.key, group=scenario.group, title=scenario.title)
    with bench.showing(scenario.title):
        try:
            # What a burst has left to the store's background would count against the next row.
            bench.stop_desk()
            scenario.run(bench, row)
        except Skip as reason:
            row.skipped = str(reason)
        except Exception as failure:  # a border: one broken scenario must not take the others' results away
            row.failure = str(failure) or type(failure).__name__
    return row


def _say(console: Console, row: Row) -> None:
    rate = f"{figures.rate(row)}  {figures.latencies(row)} ms" if row.rate else ""
    console.print(f"[bold]{row.title}[/]  {rate}  {figures.outcome(row)}", highlight=False)


def write_results(report: Report, folder: Path) -> None:
    """Write JSON, Markdown and plots into the folder."""
    save(report, folder / "bench.json")
    (folder / "README.md").write_text(tables.markdown(report))
    (folder / "throughput.svg").write_text(plots.throughput(report))
    if report.curves:
        (folder / "latency.svg").write_text(plots.latency(report.curves))


def has_failed(report: Report) -> bool:
    """Whether a scenario got a wrong answer or no server; a missed goal is no failure."""
    return any(row.failure for row in report.rows)
