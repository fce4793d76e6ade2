"""What the numbers were taken on: processor, memory, kernel, disk, commit and versions."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import statistics
import subprocess
import time
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[2]
_PACKAGES = (
    "fastdesk",
    "uvloop",
    "picows",
    "msgspec",
    "aiohttp",
    "httptools",
    "openai",
    "Cython",
    "SQLAlchemy",
)


def describe_machine(data_folder: Path) -> dict[str, Any]:
    """Return the facts that a reader needs to judge the figures; takes about a second for the disk."""
    flush = sorted(_flush_times_ms(data_folder))
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "kernel": platform.release(),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", "unknown"),
        "file_system": _file_system(data_folder),
        "fdatasync_p50_ms": round(statistics.median(flush), 3),
        "fdatasync_p99_ms": round(flush[int(len(flush) * 0.99)], 3),
        "load_average": os.getloadavg()[0],
    }


def versions() -> dict[str, str]:
    """Return the versions that decide a result."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    compiler = shutil.which("cc")
    if compiler:
        found["cc"] = _output(compiler, "-dumpfullversion")
    return found


def commit() -> str:
    """Return the commit, with a mark when the tree has changes."""
    head = _output("git", "rev-parse", "--short=12", "HEAD")
    changed = _output(
        "git", "status", "--porcelain", "--untracked-files=no", "--", "src", "benchmarks", "setup.py"
    )
    return f"{head} with local changes" if changed else head or "unknown"


def is_in_memory(folder: Path) -> bool:
    """Whether a flush of this folder's files reaches no disk at all."""
    return _file_system(folder).startswith(("tmpfs", "ramfs"))


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _file_system(folder: Path) -> str:
    fields = _output("df", "--output=fstype,source", str(folder)).splitlines()
    return " on ".join(fields[-1].split()) if fields else "unknown"


def _flush_times_ms(folder: Path) -> list[float]:
    """Time 16 KiB appends with fdatasync: the floor under every durable acknowledgement."""
    path = folder / "flush-probe"
    block = os.urandom(16384)
    times = []
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    try:
        until = time.perf_counter() + 1
        while time.perf_counter() < until:
            os.write(file, block)
            started = time.perf_counter()
            os.fdatasync(file)
            times.append((time.perf_counter() - started) * 1000)
    finally:
        os.close(file)
        path.unlink()
    return times


def _output(*command: str) -> str:
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
