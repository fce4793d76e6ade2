"""What stands in the log of a process, as a collector of logs reads it."""

import json
import subprocess
import sys
from typing import Any

import pytest

HEAD = """
import logging, structlog
from fastdesk.observe.logs import configure_logs
configure_logs({level!r}, {style!r})
log = structlog.get_logger("fastdesk.test")
"""


def printed(code: str, level: str = "info", style: str = "json") -> str:
    """Return what a process that runs this code writes to its error stream."""
    program = HEAD.format(level=level, style=style) + code
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert done.stdout == ""
    return done.stderr


def logged(code: str, level: str = "info") -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed(code, level).splitlines()]


def test_every_event_is_one_line_of_json_with_its_level_and_time() -> None:
    first, second = logged("log.info('came', visitor='小明\\n'); log.error('went', count=2)")
    assert (first["event"], first["level"], first["visitor"]) == ("came", "info", "小明\n")
    assert (second["event"], second["level"], second["count"]) == ("went", "error", 2)
    assert first["timestamp"].endswith("Z")


@pytest.mark.parametrize("style", ["json", "console"])
def test_texts_and_secrets_are_never_logged_whoever_passes_them(style: str) -> None:
    names = ("text", "token", "password", "secret", "api_key", "preview", "body")
    out = printed(f"log.info('oops', ok='fine', **dict.fromkeys({names}, 'canary'))", style=style)
    assert "canary" not in out
    assert "fine" in out
    assert all(name in out for name in names)


def test_a_failure_is_told_with_its_places_but_not_what_stood_in_variables() -> None:
    code = """
def answer(said):
    words = said.upper()
    raise ValueError("no answer")
try:
    answer("the canary sings")
except ValueError as failure:
    log.error("failed", exc_info=failure)
"""
    (line,) = logged(code)
    (failure,) = line["exception"]
    assert (failure["exc_type"], failure["exc_value"]) == ("ValueError", "no answer")
    assert [frame["name"] for frame in failure["frames"]] == ["<module>", "answer"]
    assert "canary" not in json.dumps(line).casefold()


def test_libraries_speak_in_the_same_form_and_from_the_same_level_on() -> None:
    code = "logging.getLogger('library').warning('slow'); logging.getLogger('library').info('chat'); log.info('no')"
    (line,) = logged(code, "warning")
    assert (line["event"], line["level"]) == ("slow", "warning")


def test_bytes_of_malformed_requests_are_not_logged_by_the_library_that_read_them() -> None:
    assert (
        printed("logging.getLogger('aiohttp.server').error('Error: b\"GET /?token=canary\"')", "debug") == ""
    )
