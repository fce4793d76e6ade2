"""Examine a machine and a data folder before trouble does."""

import os
import resource
import shutil
import socket
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Literal

from msgspec import Struct

from fastdesk.config import Settings

__all__ = ["Finding", "examine"]


class Finding(Struct, frozen=True):
    """One thing that was looked at, and what to do about it."""

    level: Literal["good", "warn", "bad"]
    what: str
    hint: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Return what was found, in the order of a start."""
    return [
        _folder(settings),
        _space(settings),
        _flush(settings),
        _port(settings),
        _descriptors(),
        _sqlite(),
        _model(settings),
    ]


def _folder(settings: Settings) -> Finding:
    path = settings.data
    if os.access(_standing(path), os.W_OK | os.X_OK):
        return Finding("good", f"The data folder {path} can be written.")
    return Finding(
        "bad",
        f"The data folder {path} cannot be written.",
        "Set FASTDESK_DATA, or change the folder's owner.",
    )


def _standing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that exists: a start makes those between."""
    return next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())


def _space(settings: Settings) -> Finding:
    free_gb = shutil.disk_usage(_standing(settings.data)).free / 1e9
    if free_gb < 1:
        return Finding(
            "bad", f"Only {free_gb:.1f} GB are free.", "A million messages take about half a gigabyte."
        )
    return Finding("good" if free_gb > 5 else "warn", f"{free_gb:.0f} GB are free.")


def _flush(settings: Settings) -> Finding:
    """Time the flush that stands before every acknowledgement."""
    path = _standing(settings.data) / f".fastdesk-doctor-{os.getpid()}"
    try:
        with path.open("wb") as file:
            times = []
            for _ in range(20):
                file.write(b"x" * 4096)
                file.flush()
                began = time.perf_counter_ns()
                os.fdatasync(file.fileno())
                times.append(time.perf_counter_ns() - began)
    except OSError as problem:
        return Finding("bad", f"The disk refuses a flush: {problem}.")
    finally:
        path.unlink(missing_ok=True)
    middle_ms = sorted(times)[10] / 1e6
    hint = (
        "Acknowledgements wait for it; a local SSD flushes in about a millisecond." if middle_ms > 10 else ""
    )
    return Finding("warn" if middle_ms > 10 else "good", f"A flush to disk takes {middle_ms:.1f} ms.", hint)


def _port(settings: Settings) -> Finding:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as problem:
            return Finding(
                "warn",
                f"Port {settings.port} is not free: {problem.strerror}.",
                "Perhaps the desk is running.",
            )
    return Finding("good", f"Port {settings.port} is free.")


def _descriptors() -> Finding:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    hint = "Raise it with `ulimit -n` or LimitNOFILE; each connection takes one." if soft < 10_000 else ""
    return Finding(
        "warn" if soft < 10_000 else "good", f"{soft} files can be open at a time (at most {hard}).", hint
    )


def _sqlite() -> Finding:
    version = sqlite3.sqlite_version_info
    if version < (3, 35):
        return Finding("bad", f"SQLite {sqlite3.sqlite_version} is too old.", "3.35 or newer is needed.")
    with closing(sqlite3.connect(":memory:")) as connection:
        options = {row[0] for row in connection.execute("PRAGMA compile_options")}
    if "ENABLE_FTS5" not in options:
        return Finding(
            "bad", "This SQLite has no full-text search (FTS5).", "Use a Python with a complete SQLite."
        )
    return Finding("good", f"SQLite {sqlite3.sqlite_version} with full-text search.")


def _model(settings: Settings) -> Finding:
    if settings.ai_api_key is None and settings.ai_base_url is None and settings.ai_provider != "echo":
        return Finding(
            "good",
            "No model is set: rules, flows and articles answer.",
            "Set OPENAI_API_KEY or FASTDESK_AI_BASE_URL.",
        )
    return Finding("good", f"Model {settings.ai_model} by {settings.ai_provider}.")
