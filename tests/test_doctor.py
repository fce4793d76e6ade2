"""What the doctor finds before a start, and that it leaves nothing behind."""

import socket
from pathlib import Path
from typing import Any

from fastdesk.config import Settings
from fastdesk.doctor import Finding, examine


def find(word: str, data: Path, **settings: Any) -> Finding:
    (found,) = [finding for finding in examine(Settings(data=data, **settings)) if word in finding.what]
    return found


def test_a_folder_is_looked_at_and_left_as_it_was(tmp_path: Path) -> None:
    assert find("data folder", tmp_path, port=0).level == "good"
    assert find("flush", tmp_path, port=0).level in ("good", "warn")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_a_start_would_make_is_good_however_deep(tmp_path: Path) -> None:
    deep = tmp_path / "srv" / "desk" / "data"
    assert find("data folder", deep, port=0).level == "good"
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = find(f"Port {port}", tmp_path, port=port)
    assert (found.level, found.hint) == ("warn", "Perhaps the desk is running.")
    assert find(f"Port {port}", tmp_path, port=port).level == "good"


def test_a_model_is_named_and_none_is_no_fault(tmp_path: Path) -> None:
    assert find("No model is set", tmp_path, port=0).level == "good"
    assert find("by echo", tmp_path, port=0, ai_provider="echo").level == "good"


def test_full_text_search_is_there(tmp_path: Path) -> None:
    assert find("SQLite", tmp_path, port=0).what.endswith("with full-text search.")
