"""The source archive holds everything that the wheel is built of."""

import ast
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_the_source_archive_is_whole(tmp_path: Path) -> None:
    # A copy: what an earlier build has noted beside the sources would be packed again.
    copy, out = tmp_path / "copy", tmp_path / "out"
    unwanted = shutil.ignore_patterns("*.egg-info", "*.so", "__pycache__")
    shutil.copytree(ROOT / "src", copy / "src", ignore=unwanted)
    for name in ("setup.py", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    command = [sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", str(out), str(copy)]
    subprocess.run(command, check=True, capture_output=True, timeout=280)
    (archive,) = out.iterdir()
    with tarfile.open(archive) as packed:
        names = {name.partition("/")[2] for name in packed.getnames()}
    lists = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse((ROOT / "setup.py").read_text("utf-8")).body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id in ("NATIVE", "COMPILED")
    }
    wanted = {f"src/{name.replace('.', '/')}.pyx" for name in lists["NATIVE"]}
    wanted |= {f"src/fastdesk/{path}" for path in lists["COMPILED"]}
    wanted |= {
        "setup.py",
        "src/fastdesk/_core/inline_cache.h",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "src/fastdesk/web/widget.js",
    }
    assert wanted - names == set()
