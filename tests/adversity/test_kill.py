"""The desk is killed in the middle of real dialogues and started again: nothing that was acknowledged is lost or doubled."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.running import EMAIL, PASSWORD, RunningDesk

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.data
def test_dialogues_survive_sigkill(own_desk: RunningDesk, crosswoz: Path) -> None:
    command = [
        sys.executable,
        str(ROOT / "examples" / "replay_dialogues.py"),
        "--base",
        own_desk.base,
        "--email",
        EMAIL,
    ]
    command += ["--password", PASSWORD, "--data", str(crosswoz), "--dialogues", "120", "--at-once", "30"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as replay:
        for _ in range(3):
            _wait_for_progress(own_desk)
            own_desk.kill()
            own_desk.start()
        output, _ = replay.communicate(timeout=240)
    assert replay.returncode == 0, output[-3000:]


def _wait_for_progress(desk: RunningDesk) -> None:
    """Return once a hundred more visitors' messages have been stored."""
    first = _stored(desk)
    deadline = time.monotonic() + 60
    while _stored(desk) < first + 120:
        assert time.monotonic() < deadline
        time.sleep(0.05)  # the other side is a foreign process


def _stored(desk: RunningDesk) -> int:
    status, metrics = desk.ask("GET", "/metrics")
    assert status == 200
    line = next(line for line in metrics.decode().splitlines() if line.startswith("fastdesk_messages_total"))
    return int(float(line.split()[-1]))
