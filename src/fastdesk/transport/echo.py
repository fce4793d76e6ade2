"""The echo: every message comes back through the production listener, for conformance and load tests."""

from collections.abc import Callable
from typing import Final

import structlog

from fastdesk._core import WsConnection, WsEndpoint, WsLimits

__all__ = ["ECHO_LIMITS", "echo_endpoint"]

_log = structlog.get_logger("fastdesk.echo")

#: Raised for suites that send messages of 16 MiB in fragments of 64 bytes, at their leisure.
ECHO_LIMITS: Final = WsLimits(
    max_message_bytes=32 * 1024 * 1024,
    max_fragments=1024 * 1024,
    max_pending_bytes=96 * 1024 * 1024,
    control_frames_per_s=100_000,
    message_timeout_s=120,
    write_stall_s=60,
    unclaimed_s=0,
    ping_after_s=3600,
    silence_s=7200,
)


def echo_endpoint(
    call_soon: Callable[[Callable[[], object]], object], limits: WsLimits = ECHO_LIMITS
) -> WsEndpoint:
    """Make an endpoint that sends every message back as it came."""
    return WsEndpoint(
        on_message=_echo,
        on_open=_ignore,
        on_close=_ignore_close,
        on_error=_log_error,
        call_soon=call_soon,
        limits=limits,
    )


def _echo(connection: WsConnection, payload: bytes, is_text: bool) -> None:
    if is_text:
        connection.send_text(payload)
    else:
        connection.send_binary(payload)


def _ignore(connection: WsConnection) -> None:
    pass


def _ignore_close(connection: WsConnection, code: int) -> None:
    pass


def _log_error(connection: WsConnection, failure: Exception) -> None:
    _log.error("echo_failed", error=type(failure).__name__, exc_info=failure)
