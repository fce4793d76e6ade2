"""One scenario from the command line to the written results, against the real desk."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from benchmarks.load.results import load

ROOT = Path(__file__).resolve().parents[2]


def run_suite(*arguments):
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=250)


@pytest.mark.slow
@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="server and generator need a core each")
def test_a_run_checks_every_answer_and_writes_its_results(tmp_path):
    done = run_suite(
        "run", "plain-64", "polling", "agents", "import",
        *("--seconds", "0.3", "--repetitions", "1", "--out", str(tmp_path)),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    report = load(tmp_path / "bench.json")
    assert [row.key for row in report.rows] == ["plain-64", "polling", "agents", "import"]
    for row in report.rows[:3]:
        assert row.rate is not None, row.title
        assert row.raw[0]["checked_messages"] > 0
    assert report.rows[0].echo_rate
    assert report.machine["fdatasync_p50_ms"] > 0
    assert "Plain text, WebSocket, 64 connections" in (tmp_path / "README.md").read_text()
    ET.fromstring((tmp_path / "throughput.svg").read_text())


def test_an_unknown_scenario_is_refused_with_the_known_names():
    done = run_suite("run", "nonsense")
    assert done.returncode == 2
    assert "plain-64" in done.stderr + done.stdout
