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
from fastdesk.transport.http.routes import PARTIES, Query, Route

__all__ = ["Admission", "Turnstile", "decode_body"]


class Admission:
    """Judge requests; each route has a turnstile of its own."""

    def __init__(self, *, gate: Gate, limits: Limits, clock: Clock) -> None:
        self.gate = gate
        self.limits = limits
        self.clock = clock


class Turnstile:
    """Let the requests of one route in. What is the same for all of them is read from the route once."""

    def __init__(self, route: Route, admission: Admission) -> None:
        self._gate = admission.gate
        self._limits = admission.limits
        self._clock = admission.clock
        self._access = route.access
        self._parameters = [_Parameter(wanted) for wanted in route.query]

    def admit(
        self, bucket: str, bearer: str, query: Mapping[str, str]
    ) -> tuple[Principal | None, dict[str, Any]] | Rejection:
        """Take the tokens of a request from the bucket of its address; return who asks, and the checked query."""
        wait_ns = self._limits.take_address(bucket, self._clock.now_ns())
        if wait_ns:
            return Rejection("rate_limited", retry_after_ms=-(-wait_ns // 1_000_000))
        principal = self._identify(bearer)
        if principal is not None and not isinstance(principal, Principal):
            return principal
        values: dict[str, Any] = {}
        for parameter in self._parameters:
            value = parameter.read(query.get(parameter.name))
            if type(value) is Rejection:
                return value
            values[parameter.name] = value
        if (
            values
            and principal is not None
            and must_mask(principal)
            and any(map(_is_personal, values.values()))
        ):
            # Whether a number is here must not be found out by asking for it.
            return Rejection("forbidden", "This needs the permission visitor.unmasked.")
        return principal, values

    def _identify(self, bearer: str) -> Principal | Rejection | None:
        access = self._access
        if not bearer:
            return None if access == "open" else Rejection("unauthenticated")
        principal = self._gate.principal_of(bearer, self._clock.now_ms())
        if not isinstance(principal, Principal):
            return None if access == "open" else principal
        if access == "open":
            return principal
        if access == "visitor":
            return (
                principal
                if principal.kind == "visitor"
                else Rejection("forbidden", "This address is for visitors.")
            )
        if principal.kind == "visitor":
            if access in PARTIES:
                return principal
            return Rejection("forbidden", "This address is for agents.")
        needed = PARTIES.get(access, access)
        if needed != "agent" and not may(principal, needed):
            return Rejection("forbidden", f"This needs the permission {needed}.")
        return principal


class _Parameter:
    """A parameter of the query string, ready to be read."""

    def __init__(self, wanted: Query) -> None:
        self.name = wanted.name
        self._default = wanted.default
        self._is_number = wanted.type is int
        self._is_switch = wanted.type is bool
        self._least = wanted.least
        self._most = wanted.most

    def read(self, text: str | None) -> Any | Rejection:
        """Return the value that a text stands for."""
        if text is None:
            return self._default
        if self._is_number:
            if len(text) <= 16 and text.isdigit() and text.isascii():
                number = int(text)
                if self._least <= number <= self._most:
                    return number
            return Rejection("invalid", f"{self.name} is a number from {self._least} to {self._most}.")
        return text in ("1", "true", "yes") if self._is_switch else text[:500]


def decode_body(decoder: "msgspec.json.Decoder[Any]", raw: bytes) -> Any | Rejection:
    """Decode a body, or say in general words what is wrong with it."""
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as fault:
        return Rejection("invalid", _without_values(str(fault)))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Rejection("bad_request", "The body is not JSON.")


def _without_values(explanation: str) -> str:
    head, quote, rest = explanation.partition("'")
    return (
        explanation if not quote or "Invalid value" not in head else head.rstrip() + rest.rpartition("'")[2]
    )


def _is_personal(value: Any) -> bool:
    return isinstance(value, str) and is_personal(value)
