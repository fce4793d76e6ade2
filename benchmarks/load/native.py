"""Build and run the native programs of the suite: the generator, the C echo, the fast model."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_BENCHMARKS = Path(__file__).resolve().parents[1]
_BUILT = _BENCHMARKS.parent / "build" / "benchmarks"
_FLAGS = ["-O2", "-std=gnu11", "-Wall", "-Wextra"]


class WrongAnswer(Exception):
    """The generator has stopped a run at a lost, wrong, duplicate or out-of-order answer."""


def built_folder() -> Path:
    """Return where compiled programs lie: in `build/`, out of the way of git."""
    return _BUILT


def generator_path() -> Path:
    """Return the generator, compiled anew when its sources have changed."""
    return _compiled("generator", sorted((_BENCHMARKS / "load" / "generator").glob("*.[ch]")))


def ws_echo_path() -> Path:
    """Return the bare C echo server, compiled anew when its source has changed."""
    return _compiled("ws_echo", [_BENCHMARKS / "compare" / "ws_echo.c"])


def fast_model_path() -> Path:
    """Return the stand-in model for load tests, compiled anew when its source has changed."""
    return _compiled("fast_model", [_BENCHMARKS / "load" / "fast_model.c"])


def _compiled(name: str, sources: Sequence[Path]) -> Path:
    program = _BUILT / name
    newest = max(source.stat().st_mtime for source in sources)
    if program.exists() and program.stat().st_mtime > newest:
        return program
    compiler = os.environ.get("CC") or shutil.which("cc")
    if compiler is None:
        raise RuntimeError("a C compiler (cc) is needed to build the load generator")
    _BUILT.mkdir(parents=True, exist_ok=True)
    # Built beside and renamed: another run may be starting the program at this moment.
    fresh = _BUILT / f"{name}.{os.getpid()}"
    parts = [str(source) for source in sources if source.suffix == ".c"]
    subprocess.run([compiler, *_FLAGS, "-o", str(fresh), *parts], check=True)
    fresh.replace(program)
    return program


def generator_command(mode: str, port: int, **options: Any) -> list[str]:
    """Return the command line of one run; options are named as in its ``--help``."""
    command = [str(generator_path()), "--mode", mode, "--port", str(port)]
    for name, value in options.items():
        if value is None or value is False:
            continue
        command.append("--" + name.replace("_", "-"))
        if value is not True:
            command.append(str(value))
    return command


def read_result(output: bytes) -> dict[str, Any]:
    """Return the generator's report.

    Raises:
        WrongAnswer: when the run was stopped. A run in which the generator was the limit is returned, with
            ``valid`` false.
    """
    lines = output.splitlines()
    if not lines:
        raise WrongAnswer("the generator ended without a report")
    result: dict[str, Any] = json.loads(lines[-1])
    if not result["valid"] and "repetitions" not in result:
        raise WrongAnswer(result["failure"])
    return result


def run_generator(mode: str, port: int, **options: Any) -> dict[str, Any]:
    """Run the generator to its end and return its report; see `read_result`."""
    done = subprocess.run(generator_command(mode, port, **options), stdout=subprocess.PIPE, check=False)
    return read_result(done.stdout)
