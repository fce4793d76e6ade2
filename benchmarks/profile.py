"""A flame graph of the server under the plain-text load, with native frames."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import threading
from collections import Counter
from pathlib import Path

from rich.console import Console

from benchmarks.load.bench import Bench, Method
from benchmarks.load.desk import ANSWER, QUESTION
from benchmarks.report.flame import flame_graph, fold_perf, read_folded

_CONNECTIONS, _DEPTH = 64, 16
_PERF_HZ, _PY_SPY_HZ = 499, 200


def profile(out: Path, *, seconds: float, tool: str, console: Console) -> None:
    """Load a desk and write the flame graph.

    Args:
        tool: `perf` sees kernel and native frames, `py-spy` Python and native ones; `auto` prefers perf.

    Raises:
        RuntimeError: neither tool works here.
    """
    chosen = _choose(tool)
    method = Method(seconds=seconds + 2, repetitions=1)
    with Bench(method, console) as bench, bench.showing(f"Profiling with {chosen}"):
        desk = bench.desk()
        sessions = desk.sessions(_CONNECTIONS)
        stacks: list[Counter[str]] = []
        record = _record_perf if chosen == "perf" else _record_py_spy
        recorder = threading.Thread(
            target=lambda: stacks.append(record(desk.pid, seconds, bench.folder)), name="recorder"
        )
        recorder.start()
        report = bench.generate(
            "chat",
            desk.port,
            desk.pid,
            connections=_CONNECTIONS,
            depth=_DEPTH,
            sessions=sessions,
            text=QUESTION,
            expect=ANSWER,
        )
        recorder.join()
    if not stacks or not stacks[0]:
        raise RuntimeError(f"{chosen} recorded nothing; its own message is above")
    rate = report["repetitions"][0]["rate"]
    title = (
        f"fastdesk, plain text, {_CONNECTIONS} × {_DEPTH}, {rate:,.0f} messages/s while recorded by {chosen}"
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(flame_graph(stacks[0], title))
    console.print(f"{sum(stacks[0].values()):,} samples at {rate:,.0f} messages/s. Written to {out}")


def _choose(tool: str) -> str:
    if tool != "auto":
        return tool
    if (
        shutil.which("perf")
        and subprocess.run(
            ["perf", "record", "-o", "/dev/null", "--", "true"], capture_output=True, check=False
        ).returncode
        == 0
    ):
        return "perf"
    if shutil.which("py-spy") or importlib.util.find_spec("py_spy"):
        return "py-spy"
    raise RuntimeError("perf does not work here and py-spy is not installed; `pip install py-spy` brings it")


def _record_perf(pid: int, seconds: float, folder: Path) -> Counter[str]:
    recorded = folder / "perf.data"
    # The interpreter keeps no frame pointers, so stacks are unwound from debug records.
    command = [
        "perf",
        "record",
        "-q",
        "-F",
        str(_PERF_HZ),
        "--call-graph",
        "dwarf,16384",
        "-o",
        str(recorded),
    ]
    subprocess.run([*command, "-p", str(pid), "--", "sleep", str(seconds)], check=True)
    script = subprocess.run(
        ["perf", "script", "-i", str(recorded), "-F", "comm,ip,sym,dso"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    return fold_perf(script.stdout.splitlines())


def _record_py_spy(pid: int, seconds: float, folder: Path) -> Counter[str]:
    recorded = folder / "py-spy.txt"
    command = [
        "py-spy",
        "record",
        "--native",
        "--threads",
        "-r",
        str(_PY_SPY_HZ),
        "-f",
        "raw",
        "-o",
        str(recorded),
    ]
    subprocess.run(
        [*command, "-d", str(max(1, round(seconds))), "-p", str(pid)], check=True, capture_output=True
    )
    return read_folded(recorded.read_text().splitlines())
