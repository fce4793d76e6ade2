"""What came back from an HTTP call that a rule or a flow asked for."""

import msgspec

__all__ = ["CallAnswer"]


class CallAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Hold the answer of an endpoint, or why there is none.

    `status` is 0 when no answer came; `error` then says `timeout`, `refused`, `private_address`, `too_large`,
    `not_json` or `unreachable`. `body` is the decoded JSON value.
    """

    status: int = 0
    body: object = None
    error: str = ""

    @property
    def ok(self) -> bool:
        """Say whether a JSON answer with a 2xx status came in time."""
        return not self.error and 200 <= self.status < 300
