"""The package without its compiled corridor: what is compiled as it stands must behave as the file that stands there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import fastdesk

_SOURCE = Path(fastdesk.__file__).parent
_ROOT = Path(__file__).parents[1]


def copy_uncompiled(folder: Path) -> Path:
    """Copy the package, with the native core but none of the compiled Python, and return what goes on the path."""

    def compiled(where: str, names: list[str]) -> set[str]:
        if Path(where) == _SOURCE / "_core":
            return set()
        return {name for name in names if name.endswith(".so") or name in ("web", "__pycache__")}

    shutil.copytree(_SOURCE, folder / "fastdesk", ignore=compiled)
    return folder


def run_uncompiled(folder: Path, code: str) -> str:
    """Run Python code on such a copy, and return what it prints."""
    paths = os.pathsep.join((str(copy_uncompiled(folder)), str(_ROOT)))
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
