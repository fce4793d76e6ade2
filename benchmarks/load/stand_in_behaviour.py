"""What a stand-in model does with a call: its answer, its timing and its fault, and what it has counted."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Fault = Literal[
    "none",
    "hang_accept",  # connections complete in the kernel, nobody accepts them
    "hang_request",  # accepted and read, never answered
    "hang_headers",  # half of the response's headers, then silence
    "hang_stream",  # silence after `fault_after` chunks
    "close",  # orderly end instead of an answer
    "reset",  # connection reset instead of an answer
    "status",  # HTTP status `status`, with Retry-After when `retry_after` is set
    "garbage",  # status 200, application/json, bytes that are no JSON
    "garbage_http",  # bytes that are no HTTP
    "html",  # status 200 with an HTML page, as captive portals and proxies send it
    "empty_choices",
    "null_content",
    "huge_body",  # `huge_bytes` of content
    "invalid_utf8",
    "cut",  # the connection ends after `fault_after` chunks (plain: bytes of the body)
    "drip",  # one byte of the response every `drip_gap_ms`
]


class Behaviour(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How calls are answered; the defaults are a healthy model that answers at once."""

    fault: Fault = "none"
    delay_ms: float = 0.0
    """From the whole request to the first byte of the answer."""
    delay_spread_ms: float = 0.0
    """Scale of an exponential part added to `delay_ms`: a long tail, as real models have one."""
    text: str = "The stand-in model answers {ref}."
    """The answer; `{ref}` becomes the first word `ref-…` of the last message, `{last}` that whole message."""
    chunks: int = 20
    """A streamed answer leaves in so many pieces, each in its own event and its own write."""
    chunk_gap_ms: float = 0.0
    status: int = 500
    retry_after: str | None = None
    fault_after: int = 0
    huge_bytes: int = 50_000_000
    drip_gap_ms: float = 10.0
    message: dict[str, Any] | None = None
    """Replaces the assistant message, for tool calls and refusals; a streamed answer brings it in one chunk."""
    prompt_tokens: int = 100
    completion_tokens: int = 20
    record: bool = False
    """Keep the last 1,000 requests for `StandInModel.requests`."""


class Recorded(msgspec.Struct, frozen=True):
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: str


class Counts(msgspec.Struct):
    """Totals since the start or the last reset; `open_*` and `in_flight` are of this moment."""

    calls: int = 0
    streams: int = 0
    faults: int = 0
    finished: int = 0
    abandoned: int = 0
    """Calls whose connection the caller closed before the answer was whole."""
    bad_requests: int = 0
    in_flight: int = 0
    in_flight_peak: int = 0
    connections: int = 0
    open_connections: int = 0
