"""The rules of the house that no linter knows."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "fastdesk"
PYTHON = sorted(path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts)
NATIVE = sorted(SOURCE.rglob("*.pyx"))
SCRIPTS = sorted(path for path in (ROOT / "frontend" / "src").rglob("*.ts*") if "test" not in path.name)
CEILING = 400

#: What a name must not be made of: words that say nothing.
EMPTY_WORDS = re.compile(
    r"(?:^|_)(?:util|utils|helper|helpers|common|misc|manager|stuff)(?:_|$)", re.IGNORECASE
)


@pytest.mark.parametrize("path", [*PYTHON, *NATIVE, *SCRIPTS], ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_outgrows_its_room(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= CEILING


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(SOURCE)))
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert path.read_text("utf-8").startswith('"""')
    assert not EMPTY_WORDS.search(path.stem)


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(SOURCE)))
def test_stages_that_may_not_wait_do_not(path: Path) -> None:
    if path.parent.name == "pipeline" and path.stem in ("authenticate", "parse", "route"):
        text = path.read_text("utf-8")
        assert "await " not in text
        assert "async def" not in text


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(SOURCE)))
def test_whoever_catches_everything_says_which_border_it_is(path: Path) -> None:
    for line in path.read_text("utf-8").splitlines():
        if re.search(r"except (?:Base)?Exception\b", line) and path.name != "tasks.py":
            assert "#" in line or "BaseException" in line, line


def test_native_code_knows_no_business() -> None:
    for path in NATIVE:
        if path.parent.name == "_core":
            imports = [
                line
                for line in path.read_text("utf-8").splitlines()
                if re.match(r"\s*(c?import|from)\b.*fastdesk", line)
            ]
            assert all("fastdesk._core" in line for line in imports), path
        assert path.with_suffix(".pyi").exists(), f"{path.name} has no typed stub"


def test_importing_fastdesk_is_cheap() -> None:
    heavy = ("openai", "sqlalchemy", "pydantic", "rich", "aiohttp")
    code = f"import fastdesk, sys; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_project_speaks_only_of_itself() -> None:
    """No path of a machine it was built on stands in any tracked file."""
    tracked = (
        subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
        .stdout.decode()
        .split("\0")
    )
    foreign = re.compile("/" + "work/|/root" + "/")
    for name in filter(None, tracked):
        path = ROOT / name
        if (
            path.suffix in (".py", ".pyx", ".md", ".toml", ".ts", ".tsx", ".sh", ".c", ".yml", "")
            and path.is_file()
        ):
            text = path.read_text("utf-8", errors="ignore")
            assert not foreign.search(text), name
