"""The files that browsers get are what the source gives, small enough, and free of foreign hosts."""

import gzip
import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

WEB = Path(str(files("fastdesk") / "web"))
FRONTEND = Path(__file__).parents[2] / "frontend"
KB = 1024
FIRST_OPEN = ("widget.js", "embed.html", "assets/app.js", "assets/app.css", "assets/locales/zh-CN.json")
TEXTS = sorted(
    path for path in WEB.rglob("*") if path.suffix in {".html", ".js", ".css", ".json", ".svg", ".txt"}
)


def weight(*names: str) -> int:
    """Return the bytes on the wire, compressed with gzip."""
    return sum((WEB / (name + ".gz")).stat().st_size for name in names)


def test_the_visitor_pays_little() -> None:
    assert weight("widget.js") <= 4 * KB
    assert weight(*FIRST_OPEN) <= 45 * KB


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(WEB)))
def test_each_file_has_compressed_twins(path: Path) -> None:
    assert gzip.decompress(path.with_name(path.name + ".gz").read_bytes()) == path.read_bytes()
    assert path.with_name(path.name + ".br").stat().st_size < max(path.stat().st_size, 100)


@pytest.mark.parametrize("path", sorted(WEB.rglob("*.html")), ids=lambda path: str(path.relative_to(WEB)))
def test_pages_need_no_inline_script_or_style(path: Path) -> None:
    page = path.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page, re.IGNORECASE)


@pytest.mark.parametrize("name", ["widget.js", "assets/app.js", "assets/app.css", "assets/demo.js"])
def test_no_other_host_is_named(name: str) -> None:
    hosts = set(re.findall(r"https?://([\w.-]+)", (WEB / name).read_text()))
    assert hosts <= {"www.w3.org"}  # the name of SVG's namespace, never asked for


def test_the_licences_of_what_is_shipped_are_with_it() -> None:
    notices = (WEB / "THIRD_PARTY_NOTICES.txt").read_text()
    for name in ("preact", "@preact/signals", "@preact/signals-core"):
        assert f"\n{name} " in notices
    assert "Permission is hereby granted" in notices


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_committed_files_are_what_the_source_gives() -> None:
    if shutil.which("node") is None:
        pytest.skip("Node is not installed")
    if not (FRONTEND / "node_modules").is_dir():
        pytest.skip("the front end's packages are not installed (npm ci in frontend/)")
    check = subprocess.run(
        ["npm", "run", "-s", "check:same"], cwd=FRONTEND, capture_output=True, text=True, check=False
    )
    assert check.returncode == 0, check.stdout
