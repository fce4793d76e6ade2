"""Let a request in: take its tokens, find out who asks, whether he may, and what for. No I/O.

Enters: what a request says of itself, from whichever server read it. Leaves: a principal and a checked query, or a refusal.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from fastdesk.model.identity import Principal
from fastdesk.observe.clock import Clock
from fastdesk.pipeline.masking import is_personal, must_mask
from fastdesk.protocol.codes import Rejection
from fastdesk.tenants.gate import Gate
from fastdesk.tenants.limits import Limits
from fastdesk.tenants.permissions import may
from fastdesk.transport.http.routes import PARTIES, Route

__all__ = ["Admission", "decode_body"]


class Admission:
    """Judge requests by their route."""

    def __init__(self, *, gate: Gate, limits: Limits, clock: Clock) -> None:
        self._gate = gate
        self._limits = limits
        self._clock = clock

    def admit(
        self, route: Route, bucket: str, bearer: str, query: Mapping[str, str]
    ) -> tuple[Principal | None, dict[str, Any]] | Rejection:
        """Take the tokens of a request from the bucket of its address; return who asks, and the checked query."""
        wait_ns = self._limits.take_address(bucket, self._clock.now_ns())
        if wait_ns:
            return Rejection("rate_limited", retry_after_ms=-(-wait_ns // 1_000_000))
        principal = self._identify(route, bearer)
        if principal is not None and not isinstance(principal, Principal):
            return principal
        values = _read_query(route, query)
        if not isinstance(values, dict):
            return values
        if principal is not None and must_mask(principal) and any(map(_is_personal, values.values())):
            # Whether a number is here must not be found out by asking for it.
            return Rejection("forbidden", "This needs the permission visitor.unmasked.")
        return principal, values

    def _identify(self, route: Route, bearer: str) -> Principal | Rejection | None:
        if not bearer:
            return None if route.access == "open" else Rejection("unauthenticated")
        principal = self._gate.principal_of(bearer, self._clock.now_ms())
        if not isinstance(principal, Principal):
            return None if route.access == "open" else principal
        if route.access == "open":
            return principal
        if route.access == "visitor":
            return (
                principal
                if principal.kind == "visitor"
                else Rejection("forbidden", "This address is for visitors.")
            )
        if principal.kind == "visitor":
            if route.access in PARTIES:
                return principal
            return Rejection("forbidden", "This address is for agents.")
        needed = PARTIES.get(route.access, route.access)
        if needed != "agent" and not may(principal, needed):
            return Rejection("forbidden", f"This needs the permission {needed}.")
        return principal


def decode_body(decoder: "msgspec.json.Decoder[Any]", raw: bytes) -> Any | Rejection:
    """Decode a body, or say in general words what is wrong with it."""
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as fault:
        return Rejection("invalid", _without_values(str(fault)))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Rejection("bad_request", "The body is not JSON.")


def _read_query(route: Route, query: Mapping[str, str]) -> dict[str, Any] | Rejection:
    values: dict[str, Any] = {}
    for wanted in route.query:
        text = query.get(wanted.name)
        if text is None:
            values[wanted.name] = wanted.default
        elif wanted.type is int:
            if (
                not text.isascii()
                or not text.isdigit()
                or len(text) > 16
                or not wanted.least <= int(text) <= wanted.most
            ):
                return Rejection(
                    "invalid", f"{wanted.name} is a number from {wanted.least} to {wanted.most}."
                )
            values[wanted.name] = int(text)
        elif wanted.type is bool:
            values[wanted.name] = text in ("1", "true", "yes")
        else:
            values[wanted.name] = text[:500]
    return values


def _without_values(explanation: str) -> str:
    head, quote, rest = explanation.partition("'")
    return (
        explanation if not quote or "Invalid value" not in head else head.rstrip() + rest.rpartition("'")[2]
    )


def _is_personal(value: Any) -> bool:
    return isinstance(value, str) and is_personal(value)
