"""A flame graph of the server under the plain-text load, with native frames."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console

from benchmarks.load.bench import Bench, Method
from benchmarks.load.desk import ANSWER, QUESTION
from benchmarks.report.flame import flame_graph, fold_perf, read_folded

_CONNECTIONS, _DEPTH = 64, 16
_PERF_HZ, _PY_SPY_HZ = 499, 200


def profile(out: Path, *, seconds: float, tool: str, console: Console) -> None:
    """Load a desk and write a flame graph with each tool, one after the other.

    Args:
        out: the SVG to write; the name of the tool is put before its suffix.
        tool: `perf` sees kernel and native frames, `py-spy` Python and native ones; `auto` takes all that work.

    Raises:
        RuntimeError: no tool works here.
    """
    recorders = {"perf": _record_perf, "py-spy": _record_py_spy}
    with Bench(Method(seconds=seconds + 2, repetitions=1), console) as bench:
        for chosen in _choose(tool):
            path = out.with_name(f"{out.stem}-{chosen}{out.suffix}")
            with bench.showing(f"Profiling with {chosen}"):
                stacks, rate = _record_under_load(bench, recorders[chosen], seconds)
            if not stacks:
                raise RuntimeError(f"{chosen} recorded nothing")
            title = f"fastdesk, plain text, {_CONNECTIONS} × {_DEPTH}, {rate:,.0f} messages/s under {chosen}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(flame_graph(stacks, title))
            console.print(f"{sum(stacks.values()):,} samples at {rate:,.0f} messages/s. Written to {path}")


def _record_under_load(
    bench: Bench, record: Callable[[int, float, Path], Counter[str]], seconds: float
) -> tuple[Counter[str], float]:
    desk = bench.desk()
    sessions = desk.sessions(_CONNECTIONS)
    with ThreadPoolExecutor(1) as beside:
        recording = beside.submit(record, desk.pid, seconds, bench.folder)
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
        return recording.result(), report["repetitions"][0]["rate"]


def _choose(tool: str) -> list[str]:
    if tool != "auto":
        return [tool]
    found = []
    probe = ["perf", "record", "-q", "-o", "/dev/null", "--", "true"]
    if shutil.which("perf") and subprocess.run(probe, capture_output=True, check=False).returncode == 0:
        found.append("perf")
    if _py_spy() is not None:
        found.append("py-spy")
    if not found:
        raise RuntimeError(
            "perf does not work here and py-spy is not installed; `pip install py-spy` brings it"
        )
    return found


def _py_spy() -> str | None:
    beside = Path(sys.executable).with_name("py-spy")
    return str(beside) if beside.exists() else shutil.which("py-spy")


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
    program = _py_spy()
    if program is None:
        raise RuntimeError("py-spy is not installed; `pip install py-spy` brings it")
    command = [
        program,
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
