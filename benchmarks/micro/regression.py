"""Has anything become slower? Instruction counts and ratios against a saved baseline; never absolute time.

An instruction count does not depend on who else uses the machine, a ratio of two times taken in turns hardly does.
"""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from benchmarks.micro.subjects import SUBJECTS, Run, Subject

BASELINE = Path(__file__).with_name("baseline.json")

_ROOT = Path(__file__).resolve().parents[2]
#: A counted operation takes fifty times as long.
_COUNTED_PART = 10
_TIMED_PART, _ROUNDS = 4, 9
#: What happens within this function of the interpreter is counted: it calls back, and nothing else here needs it.
_COUNTED_WITHIN = "PyNumber_InPlaceMatrixMultiply"
#: Counts repeat within 1 %; times on a busy machine do not, even in turns.
_COUNT_TOLERANCE, _TIME_TOLERANCE = 0.08, 0.5


class Figures(msgspec.Struct):
    """What was found of one subject; by name of the other way, "" is the desk's own.

    `instructions` are for one operation, empty where nothing could count them; `times_ns` the fastest of some rounds
    taken in turns: shown, and compared only as ratios, and only where nothing counts instructions.
    """

    instructions: dict[str, float]
    times_ns: dict[str, float]

    def leads(self, is_counted: bool) -> dict[str, float]:
        """Return how many times more the other ways cost, in instructions or in time."""
        costs = self.instructions if is_counted else self.times_ns
        return {name: cost / costs[""] for name, cost in costs.items() if name}


class Baseline(msgspec.Struct):
    """Figures of all subjects, and where they were found."""

    place: str
    subjects: dict[str, Figures]


class Regression(msgspec.Struct, frozen=True):
    """A figure that is worse than the baseline allows."""

    subject: str
    what: str
    before: float
    now: float


def measure(on_progress: Callable[[str, float], None] = lambda name, share: None) -> Baseline:
    """Measure all subjects: some minutes on all cores to count instructions, less than one to take times."""
    runs = [_runs(subject) for subject in SUBJECTS]
    ways = [(index, way) for index in range(len(SUBJECTS)) for way in runs[index]]
    counted: dict[tuple[int, str], float] = {}
    if shutil.which("valgrind"):
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # counts don't mind company
            for (index, way), count in zip(ways, pool.map(_instructions, ways), strict=True):
                counted[index, way] = count
                on_progress(f"instructions: {SUBJECTS[index].name}", len(counted) / len(ways))
    found = {}
    for index, subject in enumerate(SUBJECTS):
        on_progress(f"times: {subject.name}", index / len(SUBJECTS))
        instructions = {way: counted[index, way] for way in runs[index]} if counted else {}
        found[subject.name] = Figures(instructions, _times_ns(runs[index], subject.operations // _TIMED_PART))
    return Baseline(_place(), found)


def compare(before: Baseline, now: Baseline) -> list[Regression]:
    """Return what has become worse: ratios anywhere, counts of instructions where the baseline was taken."""
    worse = []
    for name, old in before.subjects.items():
        new = now.subjects.get(name)
        if new is None:
            continue
        is_counted = bool(old.instructions and new.instructions)
        if is_counted and now.place == before.place:
            was, is_now = old.instructions[""], new.instructions[""]
            if is_now > was * (1 + _COUNT_TOLERANCE):
                worse.append(Regression(name, "instructions", was, is_now))
        tolerance = _COUNT_TOLERANCE if is_counted else _TIME_TOLERANCE
        leads = old.leads(is_counted)
        for other, ratio in new.leads(is_counted).items():
            if other in leads and ratio < leads[other] * (1 - tolerance):
                worse.append(Regression(name, f"times cheaper than {other}", leads[other], ratio))
    return worse


def load_baseline() -> Baseline:
    """Return the saved baseline."""
    return msgspec.json.decode(BASELINE.read_bytes(), type=Baseline)


def save_baseline(baseline: Baseline) -> None:
    """Make these figures the ones to beat."""
    BASELINE.write_bytes(msgspec.json.format(msgspec.json.encode(baseline), indent=2) + b"\n")


def _place() -> str:
    return f"{platform.machine()}, CPython {sys.version_info.major}.{sys.version_info.minor}"


# Instructions.


def _instructions(what: tuple[int, str]) -> float:
    """Count the instructions of one operation, in a process of its own; what goes before the run is not counted."""
    index, way = what
    operations = SUBJECTS[index].operations // _COUNTED_PART
    counter = [
        "valgrind",
        "--tool=callgrind",
        "--callgrind-out-file=/dev/null",
        f"--toggle-collect={_COUNTED_WITHIN}",
    ]
    run = [sys.executable, "-m", "benchmarks.micro.regression", str(index), way, str(operations)]
    # Where strings fall in dicts is part of the count.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        [*counter, *run], cwd=_ROOT, env=environment, capture_output=True, text=True, check=True
    )
    found = re.search(r"Collected : (\d+)", done.stderr)
    if found is None or found[1] == "0":
        raise RuntimeError(f"valgrind counted nothing: {done.stderr[-300:]}")
    return round(int(found[1]) / operations, 1)


class _Counter:
    """`counter @= run` is counted."""

    def __imatmul__(self, run: Callable[[], None]) -> _Counter:
        run()
        return self


def _run_counted(index: str, way: str, operations: str) -> None:
    """Run a subject twice: the first times are not counted."""
    subject, count = SUBJECTS[int(index)], int(operations)
    run = (subject.others[way] if way else subject.desk)()
    run(count)
    counter = _Counter()
    counter @= lambda: run(count)


# Times.


def _runs(subject: Subject) -> dict[str, Run]:
    runs = {"": subject.desk()}
    for name, make in subject.others.items():
        with contextlib.suppress(ImportError):
            runs[name] = make()
    return runs


def _times_ns(runs: dict[str, Run], operations: int) -> dict[str, float]:
    """Time all ways in turns and return the fastest round of each, for one operation."""
    fastest = dict.fromkeys(runs, float("inf"))
    for _ in range(_ROUNDS):
        for name, run in runs.items():
            fastest[name] = min(fastest[name], _seconds(run, operations))
    return {name: round(seconds / operations * 1e9, 1) for name, seconds in fastest.items()}


def _seconds(run: Run, operations: int) -> float:
    started = time.perf_counter()
    run(operations)
    return time.perf_counter() - started


if __name__ == "__main__":
    _run_counted(*sys.argv[1:])
