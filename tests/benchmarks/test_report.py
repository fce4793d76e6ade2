"""Goals are judged rightly, figures are written readably, Markdown and SVG are well-formed."""

import xml.etree.ElementTree as ET
from collections import Counter

import pytest
from benchmarks.load.results import Curve, CurvePoint, Report, Row, Spread, fill_from_repetitions, load, save
from benchmarks.load.scenarios import choose, less, more
from benchmarks.report import figures, plots, tables
from benchmarks.report.flame import flame_graph, fold_perf, read_folded
from benchmarks.run import SCENARIOS, write_results


def latency(milliseconds):
    return {"p50_ms": milliseconds, "p99_ms": milliseconds * 3, "p99_9_ms": milliseconds * 9}


def repetition(rate, milliseconds, **more_fields):
    return {
        "rate": rate,
        "messages": 1000 if rate else 0,
        "latency": latency(milliseconds),
        "server_cpu_us": 1e6 / rate,
        "generator_share": 0.5,
        "server_waited": 0.0,
        **more_fields,
    }


@pytest.fixture
def report():
    row = Row(key="a", group="text", title="Plain <text> | 64", load="64 × 1", durability="fsync")
    fill_from_repetitions(
        row,
        {"valid": True, "repetitions": [repetition(30_000, 2), repetition(10_000, 4), repetition(20_000, 3)]},
    )
    row.published_rate, row.published_ms = 12_000, 8.0
    row.echo_rate, row.echo_cpu_us = 40_000, 6.5
    row.goals = [more("rate", "/s", 20_000, 15_000, 30_000), less("p99", "ms", 9.0, 8)]
    row.facts["polls"] = 1.5
    skipped = Row(key="b", group="text", title="Absent", skipped="no such thing here")
    other = Row(key="c", group="others", title="Echo & more", load="64 × 1", facts={"version": "1.2"})
    fill_from_repetitions(other, {"valid": True, "repetitions": [repetition(40_000, 1)]})
    curve = Curve("Curve", [CurvePoint(rate, rate, 0.5, 2.0, 9.0 + rate / 1000) for rate in (1000, 12000)])
    return Report(
        made_at="2026-01-01 00:00 UTC",
        command="python -m benchmarks run",
        commit="abc",
        machine={"cores": 2},
        versions={"python": "3.11"},
        method={"seconds": 2},
        rows=[row, skipped],
        others=[other],
        curves=[curve],
    )


@pytest.mark.parametrize(
    ("goal", "verdict"),
    [
        (more("", "", 10, 5, 10), "aim"),
        (more("", "", 9.9, 5, 10), "reached"),
        (more("", "", 4.9, 5, 10), "missed"),
        (less("", "", 4, 8, 4), "aim"),
        (less("", "", 8, 8, 4), "reached"),
        (less("", "", 8.1, 8), "missed"),
        (more("", "", None, 5), "unknown"),
    ],
)
def test_goals_are_judged_in_their_direction(goal, verdict):
    assert goal.verdict == verdict


def test_repetitions_become_median_and_range(report):
    row = report.rows[0]
    assert row.rate == Spread(20_000, 10_000, 30_000)
    assert row.p99_ms == Spread(9, 6, 12)
    assert row.share_of_echo == 0.5
    assert not row.is_disturbed
    disturbed = Row(key="", group="", title="")
    fill_from_repetitions(
        disturbed, {"valid": True, "repetitions": [repetition(1, 1), repetition(1, 1, server_waited=0.2)]}
    )
    assert disturbed.is_disturbed


def test_a_rate_that_the_generator_limits_is_a_lower_bound_and_not_valid():
    row = Row(key="", group="", title="", goals=[more("", "", 10, 5)])
    fill_from_repetitions(row, {"valid": False, "repetitions": [repetition(5, 1)]})
    assert figures.rate(row).startswith("≥ 5/s")
    assert figures.outcome(row).startswith("NOT VALID")


def test_a_repetition_without_any_answer_has_no_latency():
    row = Row(key="", group="", title="")
    fill_from_repetitions(
        row, {"valid": True, "repetitions": [repetition(5, 1), {**repetition(1, 0), "messages": 0}]}
    )
    assert row.p50_ms is None


def test_one_missed_goal_decides_the_outcome(report):
    assert figures.outcome(report.rows[0]) == "MISSED"
    assert figures.outcome(report.rows[1]) == "skipped: no such thing here"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "–"),
        (36000, "36,000"),
        (1234.5, "1,234"),
        (123.4, "123"),
        (12.34, "12.3"),
        (1.234, "1.23"),
        (0.0123, "0.012"),
    ],
)
def test_numbers_have_three_digits(value, written):
    assert figures.number(value) == written


def test_results_survive_storing(report, tmp_path):
    save(report, tmp_path / "x" / "bench.json")
    assert load(tmp_path / "x" / "bench.json") == report


def test_markdown_has_every_row_and_no_broken_cell(report):
    text = tables.markdown(report)
    assert "20,000/s (10,000–30,000)" in text
    assert "Plain <text> \\| 64" in text
    assert "no such thing here" in text
    assert "Echo & more" in text
    for line in text.splitlines():
        if line.startswith("| Plain"):
            assert line.replace("\\|", "").count("|") >= 4


def test_plots_are_well_formed(report, tmp_path):
    write_results(report, tmp_path)
    for name in ("throughput.svg", "latency.svg"):
        root = ET.fromstring((tmp_path / name).read_text())
        assert root.tag.endswith("svg")
    words = "".join(ET.fromstring(plots.throughput(report)).itertext())
    assert "Plain <text> | 64" in words
    assert "40,000" in words


def test_perf_stacks_are_folded_outermost_first():
    script = [
        "python ",
        "\t7f01 inner+0x10 (/usr/lib/libc.so)",
        "\t7f02 outer (/usr/bin/python)",
        "",
        "python ",
        "\tffff tcp_sendmsg ([kernel.kallsyms])",
        "\t7f02 outer (/usr/bin/python)",
        "",
    ]
    assert fold_perf(script) == Counter({"python;outer;inner": 1, "python;outer;tcp_sendmsg_[k]": 1})


def test_flame_graph_gives_each_frame_its_share():
    stacks = read_folded(["main;<listcomp> 3", "main;send_[k] 1"])
    words = list(ET.fromstring(flame_graph(stacks, "Title & more")).itertext())
    assert "main: 100.0 %" in words
    assert "<listcomp>: 75.0 %" in words
    assert "send_[k]: 25.0 %" in words


def test_scenarios_are_chosen_by_key_or_group():
    assert [scenario.key for scenario in choose(SCENARIOS, only=["plain-64"], quick=False)] == ["plain-64"]
    assert {scenario.group for scenario in choose(SCENARIOS, only=["assistant"], quick=True)} == {"assistant"}
    assert all(scenario.quick for scenario in choose(SCENARIOS, only=[], quick=True))
    with pytest.raises(ValueError, match="no scenario or group nonsense"):
        choose(SCENARIOS, only=["nonsense"], quick=False)


def test_every_scenario_has_its_own_key():
    keys = [scenario.key for scenario in SCENARIOS]
    assert len(set(keys)) == len(keys)
