"""Refusals over HTTP: `application/problem+json` (RFC 9457) with the code and message of the `error` frame."""

import json
from typing import Any, Final, NamedTuple

from aiohttp import web

from fastdesk.errors import Refused
from fastdesk.protocol.codes import CODES, HTTP_STATUS, Rejection

__all__ = ["Problem", "problem", "problem_of", "write_problem"]

MEDIA_TYPE: Final = "application/problem+json; charset=utf-8"


class Problem(NamedTuple):
    """An answer that tells of a refusal."""

    status: int
    body: bytes
    fields: dict[str, str]

    @property
    def response(self) -> web.Response:
        """Return it as the HTTP server wants it."""
        return web.Response(
            status=self.status, body=self.body, headers={**self.fields, "Content-Type": MEDIA_TYPE}
        )


def problem(code: str, message: str = "", **more: Any) -> web.Response:
    """Return the answer that tells a caller of a refusal; see `write_problem`."""
    return write_problem(code, message, **more).response


def write_problem(
    code: str,
    message: str = "",
    *,
    hint: str = "",
    retry_after_ms: int = 0,
    id: str | None = None,
    headers: dict[str, str] | None = None,
) -> Problem:
    """Write down a refusal."""
    status, sentence = CODES.get(code, CODES["internal"])
    body: dict[str, Any] = {
        "type": f"urn:fastdesk:{code}",
        "title": sentence,
        "status": status,
        "code": code,
        "message": message or sentence,
    }
    if hint:
        body["hint"] = hint
    if id is not None:
        body["id"] = id
    extra = dict(headers or {})
    if retry_after_ms:
        body["retry_after_ms"] = retry_after_ms
        extra["Retry-After"] = str(-(-retry_after_ms // 1000))
    if code == "unauthenticated":
        extra["WWW-Authenticate"] = "Bearer"
    return Problem(status, json.dumps(body, ensure_ascii=False).encode(), extra)


def problem_of(refusal: Rejection | Refused) -> Problem:
    """Return the answer for a refusal of the house."""
    if isinstance(refusal, Refused):
        code = refusal.code if refusal.code in HTTP_STATUS else "internal"
        return write_problem(code, refusal.message, hint=refusal.hint, retry_after_ms=refusal.retry_after_ms)
    return write_problem(refusal.code, refusal.sentence, retry_after_ms=refusal.retry_after_ms, id=refusal.id)
