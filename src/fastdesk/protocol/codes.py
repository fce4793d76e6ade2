"""Codes of refusals and close frames: part of the wire, never reused."""

from msgspec import Struct

__all__ = [
    "CLOSE_GOING_AWAY",
    "CLOSE_POLICY",
    "CLOSE_RESTART",
    "CLOSE_TRY_LATER",
    "CODES",
    "HTTP_STATUS",
    "Rejection",
]

#: code → (HTTP status, sentence for a person). The sentence may be replaced by a more precise one.
CODES: dict[str, tuple[int, str]] = {
    "bad_frame": (400, "This is not a frame of the protocol."),
    "bad_request": (400, "The request is not well formed."),
    "bad_id": (400, "A message id is 8 to 64 characters of A-Z, a-z, 0-9, _ and -."),
    "id_reuse": (409, "This message id was used before with another content."),
    "text_too_long": (413, "The text is too long."),
    "too_large": (413, "The request is too large."),
    "unauthenticated": (401, "Sign in first: the token is missing, wrong or expired."),
    "forbidden": (403, "You may not do this."),
    "origin_refused": (403, "This web site is not allowed to use the desk."),
    "blocked": (403, "This visitor is blocked."),
    "not_found": (404, "There is no such thing here."),
    "method_not_allowed": (405, "This address does not take that method."),
    "upgrade_required": (426, "This address speaks WebSocket, version 13."),
    "conflict": (409, "Somebody else was faster."),
    "quota_full": (413, "There is no room for more files."),
    "file_type": (415, "Files of this kind are not taken."),
    "blocked_text": (422, "This text may not be sent here."),
    "invalid": (422, "A value is not acceptable."),
    "rate_limited": (429, "Too many requests: please wait a moment."),
    "too_many_errors": (429, "Too many wrong frames on this connection."),
    "form_first": (409, "Please fill in the form first."),
    "hello_first": (401, "The first frame must be hello with a token."),
    "closed": (409, "The conversation is closed."),
    "retry_later": (503, "The desk cannot store this now: try again in a moment."),
    "overloaded": (503, "The desk is very busy: try again in a moment."),
    "shutting_down": (503, "The desk is restarting: connect again in a moment."),
    "internal": (500, "Something went wrong inside the desk."),
}

HTTP_STATUS = {code: status for code, (status, _) in CODES.items()}

CLOSE_GOING_AWAY = 1001
CLOSE_POLICY = 1008
CLOSE_RESTART = 1012
CLOSE_TRY_LATER = 1013


class Rejection(Struct, frozen=True):
    """An expected refusal: a value, because it is part of the day's work.

    `id` names the refused message where there is one; `retry_after_ms` is 0 when waiting does not help.
    """

    code: str
    message: str = ""
    id: str | None = None
    retry_after_ms: int = 0

    @property
    def sentence(self) -> str:
        """Return the sentence for a person."""
        return self.message or CODES[self.code][1]
