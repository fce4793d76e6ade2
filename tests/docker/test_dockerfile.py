"""The Dockerfile's steps, walked in an empty folder where no container engine is needed; compose checked where its client is."""

import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text("utf-8")


def test_compose_file_is_valid() -> None:
    docker = shutil.which("docker")
    if (
        docker is None
        or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode
    ):
        pytest.skip("there is no docker compose client here")
    command = [docker, "compose", "-f", str(ROOT / "docker" / "compose.yml"), "config"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_runtime_is_slim_unprivileged_and_watched() -> None:
    runtime = DOCKERFILE.split("FROM ")[-1]
    assert "slim" in runtime.splitlines()[0]
    assert re.search(r"^USER fastdesk$", runtime, re.MULTILINE)
    assert "HEALTHCHECK" in runtime
    assert "gcc" not in runtime


@pytest.mark.slow
def test_steps_of_the_dockerfile_give_a_running_command(tmp_path: Path) -> None:
    source, wheels, home = tmp_path / "src", tmp_path / "wheels", tmp_path / "runtime"
    source.mkdir()
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE):
        *names, target = line.split()
        for name in names:
            origin = ROOT / name
            if origin.is_dir():
                ignore = shutil.ignore_patterns("*.so", "__pycache__")
                shutil.copytree(
                    origin,
                    source / target / origin.name if target == "./" else source / target,
                    ignore=ignore,
                )
            else:
                shutil.copy(origin, source / target)
    build = re.search(r"^RUN python (-m pip wheel .+)$", DOCKERFILE, re.MULTILINE)
    assert build is not None
    arguments = build[1].replace("/wheels", str(wheels)).split()
    subprocess.run([sys.executable, *arguments, "--quiet"], cwd=source, check=True, timeout=1200)
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    install = [
        str(python),
        "-m",
        "pip",
        "install",
        "-q",
        "--no-index",
        "--find-links",
        str(wheels),
        "fastdesk",
    ]
    subprocess.run(install, check=True, timeout=600)
    done = subprocess.run(
        [str(home / "bin" / "fastdesk"), "version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("fastdesk 0.")
    packaged = subprocess.run(
        [str(python), "-c", "import fastdesk, pathlib as p; print((p.Path(fastdesk.__file__).parent / 'web' / 'widget.js').exists())"],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    assert packaged.stdout.strip() == "True"
