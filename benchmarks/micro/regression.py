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
#: Valgrind is fifty times slower, and its counts need no distance from noise.
_VALGRIND_PART = 10
_TIMED_PART, _ROUNDS = 4, 9
#: A start now and then does more than the others: byte code is written anew, a page comes late.
_COUNTED_ROUNDS = 3
#: Counts repeat within 1 %; times on a busy machine do not, even in turns.
_COUNT_TOLERANCE, _TIME_TOLERANCE = 0.08, 0.5


class Figures(msgspec.Struct):
    """What was found of one subject; by name of the other way, "" is the desk's own.

    `instructions` are for one operation, `times_ns` the fastest of some rounds taken in turns: shown, and compared
    only as ratios, and only where nothing counts instructions.
    """

    instructions: dict[str, float]
    times_ns: dict[str, float]

    def ratios(self) -> dict[str, float]:
        """Return how many times more the other ways cost, in instructions where they were counted."""
        costs = self.instructions or self.times_ns
        return {name: cost / costs[""] for name, cost in costs.items() if name}


class Baseline(msgspec.Struct):
    """Figures of all subjects, and where and how instructions were counted."""

    counted_on: str
    counted_with: str
    subjects: dict[str, Figures]


class Regression(msgspec.Struct, frozen=True):
    """A figure that is worse than the baseline allows."""

    subject: str
    what: str
    before: float
    now: float


def measure(on_progress: Callable[[str, float], None] = lambda name, share: None) -> Baseline:
    """Measure all subjects; takes about a minute with perf, a quarter of an hour with valgrind on two cores."""
    counter = _counter()
    found = {}
    for index, subject in enumerate(SUBJECTS):
        on_progress(subject.name, index / len(SUBJECTS))
        runs = _runs(subject)
        instructions = {name: _instructions(index, name, counter) for name in runs} if counter else {}
        found[subject.name] = Figures(instructions, _times_ns(runs, subject.operations // _TIMED_PART))
    return Baseline(_place(), counter or "", found)


def compare(before: Baseline, now: Baseline) -> list[Regression]:
    """Return what has become worse: ratios anywhere, counts where place and counter are those of the baseline."""
    same_counting = (before.counted_on, before.counted_with) == (now.counted_on, now.counted_with)
    tolerance = _COUNT_TOLERANCE if now.counted_with else _TIME_TOLERANCE
    worse = []
    for name, old in before.subjects.items():
        new = now.subjects.get(name)
        if new is None:
            continue
        if (
            same_counting
            and new.instructions
            and new.instructions[""] > old.instructions[""] * (1 + _COUNT_TOLERANCE)
        ):
            worse.append(Regression(name, "instructions", old.instructions[""], new.instructions[""]))
        ratios = new.ratios()
        for other, ratio in old.ratios().items():
            if other in ratios and ratios[other] < ratio * (1 - tolerance):
                worse.append(Regression(name, f"times cheaper than {other}", ratio, ratios[other]))
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


def _counter() -> str | None:
    """Return the tool that counts instructions here."""
    probe = ["perf", "stat", "-x,", "-e", "instructions:u", "true"]
    if shutil.which("perf"):
        done = subprocess.run(probe, capture_output=True, text=True, check=False)
        if done.returncode == 0 and done.stderr.split(",")[0].isdigit():
            return "perf"
    return "valgrind" if shutil.which("valgrind") else None


def _instructions(index: int, way: str, counter: str) -> float:
    """Return instructions for one operation."""
    operations = SUBJECTS[index].operations // (1 if counter == "perf" else _VALGRIND_PART)
    # Two lengths of a run: their difference is free of start-up, set-up and first times.
    short, long = operations // 10, operations + operations // 10
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # counts don't mind company
        rounds = [
            pool.submit(_count, index, way, length, counter) for length in (short, long) * _COUNTED_ROUNDS
        ]
        counts = [each.result() for each in rounds]
    return round((min(counts[1::2]) - min(counts[::2])) / (long - short), 1)


def _count(index: int, way: str, operations: int, counter: str) -> int:
    run = [sys.executable, "-m", "benchmarks.micro.regression", str(index), way, str(operations)]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    if counter == "perf":
        command = ["perf", "stat", "-x,", "-e", "instructions:u", *run]
        pattern = r"^(\d+),"
    else:
        command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *run]
        pattern = r"Collected : (\d+)"
    done = subprocess.run(command, cwd=_ROOT, env=environment, capture_output=True, text=True, check=True)
    found = re.search(pattern, done.stderr, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"{counter} counted nothing: {done.stderr[-300:]}")
    return int(found[1])


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


def _run_for_the_counter(index: str, way: str, operations: str) -> None:
    subject = SUBJECTS[int(index)]
    make = subject.others[way] if way else subject.desk
    make()(int(operations))


if __name__ == "__main__":
    _run_for_the_counter(*sys.argv[1:])
