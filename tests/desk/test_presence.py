"""Presence from connections, idle time and the agent's word."""

import pytest

from fastdesk.desk.presence import GRACE_MS, presence_of
from fastdesk.model.routing import Presence

HERE = {"is_connected": True, "apart_ms": 0, "quiet_ms": 0, "idle_after_ms": 900_000}


@pytest.mark.parametrize(
    ("said", "change", "expected"),
    [
        ("online", {}, "online"),
        ("online", {"quiet_ms": 900_000}, "away"),
        ("online", {"quiet_ms": 10**9, "idle_after_ms": 0}, "online"),
        ("online", {"is_connected": False, "apart_ms": GRACE_MS - 1}, "online"),
        ("online", {"is_connected": False, "apart_ms": GRACE_MS}, "offline"),
        ("away", {}, "away"),
        ("away", {"is_connected": False, "apart_ms": GRACE_MS}, "offline"),
        ("offline", {}, "offline"),
    ],
)
def test_presence_is_found(said: Presence, change: dict[str, int], expected: Presence) -> None:
    assert presence_of(said, **{**HERE, **change}) == expected  # type: ignore[arg-type]
