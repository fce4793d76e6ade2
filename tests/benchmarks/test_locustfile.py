"""Locust loads a running desk headless: every kind of visitor and the agents do their work, nothing fails."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.load.desk import AGENT_PASSWORD, Desk

if importlib.util.find_spec("locust") is None:  # importing it would patch this process's sockets
    pytest.skip("locust is not installed (dependency group bench)", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    with Desk(
        tmp_path_factory.mktemp("desk"), core=None, settings={"DEMO": str(ROOT / "examples" / "shop")}
    ) as running:
        yield running


def run_locust(desk, *options, **environment):
    """Run Locust headless and return its statistics by name."""
    command = [sys.executable, "-m", "locust", "-f", "benchmarks/locustfile.py", "--headless", "--json"]
    chosen = {"DESK_THINK_S": "0.4", **environment}
    done = subprocess.run(
        [*command, "--host", f"http://127.0.0.1:{desk.port}", *options],
        cwd=ROOT,
        env={**os.environ, **chosen},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-3000:]
    return {entry["name"]: entry for entry in json.loads(done.stdout)}


@pytest.mark.slow
def test_visitors_and_agents_meet(desk):
    desk.add_agent("locust@example.com")
    stats = run_locust(
        desk,
        *("-u", "20", "-r", "20", "-t", "12s"),
        DESK_AGENT_EMAIL="locust@example.com",
        DESK_AGENT_PASSWORD=AGENT_PASSWORD,
    )
    for name in ("connect", "ack", "reply", "/v1/messages", "/v1/events", "queue", "agent's word"):
        assert stats[name]["num_requests"] > 0, name
    assert sum(entry["num_failures"] for entry in stats.values()) == 0


@pytest.mark.slow
def test_the_ramp_decides_how_many_come(desk):
    stats = run_locust(desk, DESK_RAMP_S="5", DESK_PEAK="12")
    assert stats["connect"]["num_requests"] > 2
    assert sum(entry["num_failures"] for entry in stats.values()) == 0
