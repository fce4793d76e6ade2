"""Who is compared: how each bare echo server is built, started and named, or why it cannot take part."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from benchmarks.load.native import built_folder, ws_echo_path

_HERE = Path(__file__).resolve().parent
_GO_PACKAGES = Path("/usr/share/gocode")


class Missing(Exception):
    """A contestant cannot take part; the message says what is not there."""


class Contestant(msgspec.Struct, frozen=True):
    """A bare echo server; `prepare` returns its command line, to which the port is added, and its version."""

    name: str
    prepare: Callable[[], tuple[list[str], str]]
    environment: dict[str, str] = {}


def _run(*command: str, cwd: Path | None = None, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Missing(
            f"`{' '.join(command)}` failed: {(done.stderr or done.stdout).strip().splitlines()[-1:]}"
        )
    return done.stdout.strip()


def _c_echo() -> tuple[list[str], str]:
    return [str(ws_echo_path())], _run("cc", "-dumpfullversion")


def _python_echo(file: str, *packages: str) -> Callable[[], tuple[list[str], str]]:
    def prepare() -> tuple[list[str], str]:
        try:
            versions = [f"{package} {importlib.metadata.version(package)}" for package in packages]
        except importlib.metadata.PackageNotFoundError as missing:
            raise Missing(f"the Python package {missing.name} is not installed") from missing
        return [sys.executable, str(_HERE / file)], ", ".join(versions)

    return prepare


def _node_ws() -> tuple[list[str], str]:
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise Missing("node and npm are not installed")
    folder = built_folder() / "node"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "ws_echo.js"):
        shutil.copy(_HERE / "node" / name, folder)
    wanted = msgspec.json.decode((folder / "package.json").read_bytes())["dependencies"]["ws"]
    installed = folder / "node_modules" / "ws" / "package.json"
    if not installed.exists() or msgspec.json.decode(installed.read_bytes())["version"] != wanted:
        _run("npm", "install", "--no-audit", "--no-fund", "--silent", cwd=folder)
    return ["node", str(folder / "ws_echo.js")], f"ws {wanted}, node {_run('node', '--version')}"


def _go_gorilla() -> tuple[list[str], str]:
    if shutil.which("go") is None:
        raise Missing("go is not installed")
    if not (_GO_PACKAGES / "src/github.com/gorilla/websocket").exists():
        raise Missing("gorilla/websocket is not installed (Debian: golang-github-gorilla-websocket-dev)")
    program = built_folder() / "gorilla_echo"
    source = str(_HERE / "go" / "gorilla_echo.go")
    _run(
        "go",
        "build",
        "-o",
        str(program),
        source,
        GO111MODULE="off",
        GOPATH=str(_GO_PACKAGES),
        GOFLAGS="-mod=",
    )
    package = "golang-github-gorilla-websocket-dev"
    version = (
        _run("dpkg-query", "-W", "-f", "${Version}", package) if shutil.which("dpkg-query") else "unknown"
    )
    return [str(program)], f"gorilla/websocket {version}, {_run('go', 'env', 'GOVERSION')}"


C_ECHO = Contestant("C epoll echo", _c_echo)
GO_ECHO = Contestant("Go gorilla echo", _go_gorilla, {"GOMAXPROCS": "1"})

CONTESTANTS = (
    C_ECHO,
    GO_ECHO,
    Contestant("picows echo", _python_echo("picows_echo.py", "picows", "uvloop")),
    Contestant("Node ws echo", _node_ws),
    Contestant("aiohttp echo", _python_echo("aiohttp_echo.py", "aiohttp", "uvloop")),
    Contestant("websockets echo", _python_echo("websockets_echo.py", "websockets", "uvloop")),
    Contestant(
        "Starlette echo", _python_echo("starlette_echo.py", "starlette", "uvicorn", "websockets", "uvloop")
    ),
)
