"""The echo endpoint."""

from types import SimpleNamespace
from typing import Any

from tests.core.wire import BINARY, CLOSE, CONTINUATION, TEXT, Line, build

from fastdesk.transport.echo import ECHO_LIMITS, echo_endpoint


async def test_every_message_comes_back_as_it_came() -> None:
    scheduled: list[Any] = []
    line = Line(beside=SimpleNamespace(endpoint=echo_endpoint(scheduled.append)))  # type: ignore[arg-type]
    line.feed(build(TEXT, "é".encode(), fin=False) + build(CONTINUATION, b"!") + build(BINARY, b"\xff"))
    assert line.sent() == [(TEXT, "é!".encode()), (BINARY, b"\xff")]
    line.feed(build(TEXT, b"\xff"))
    assert line.sent()[0][0] == CLOSE
    line.lose()
    assert len(line.endpoint) == 0


async def test_its_limits_are_those_of_a_conformance_suite() -> None:
    assert ECHO_LIMITS.max_message_bytes == 32 * 1024 * 1024
    assert ECHO_LIMITS.max_pending_bytes > 2 * ECHO_LIMITS.max_message_bytes
    assert ECHO_LIMITS.unclaimed_s == 0
