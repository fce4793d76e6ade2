"""Fixtures that several rooms' tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.running import RunningDesk

SHARED = Path(__file__).parents[2] / "shared"


def pytest_report_header() -> str:
    """Say which loop and which build of the native core is under test."""
    import Cython

    import fastdesk._core

    build = "checked" if "checked" in fastdesk._core.__file__ else "fast"
    return f"fastdesk: native core {build}, Cython {Cython.__version__}"


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    """Return a running desk with a rule "hello" that all tests of the run share."""
    running = RunningDesk(tmp_path_factory.mktemp("desk") / "data", LIMITS="off").start()
    try:
        running.rule("hello", exact=["hello"], reply="Hello, visitor!")
        while not _is_in_force(running):
            pass  # a rule is in force within a second
        yield running
    finally:
        running.close()


def _is_in_force(running: RunningDesk) -> bool:
    token = running.visitor()["token"]
    running.ask("POST", "/v1/messages", {"id": "is-it-there", "text": "hello"}, token)
    _, polled = running.ask("GET", "/v1/events?after=0", None, token)
    return any(frame.get("text") == "Hello, visitor!" for frame in polled["events"])


@pytest.fixture
def own_desk(tmp_path: Path) -> Iterator[RunningDesk]:
    """Return a running desk of the test's own, which it may kill."""
    running = RunningDesk(tmp_path / "data", LIMITS="off").start()
    try:
        yield running
    finally:
        running.close()


@pytest.fixture(scope="session")
def crosswoz() -> Path:
    """Return the zip of Chinese dialogues, or skip where it is not."""
    path = SHARED / "data" / "crosswoz" / "val.json.zip"
    if not path.exists():
        pytest.skip("the CrossWOZ dialogues are not beside this checkout")
    return path
