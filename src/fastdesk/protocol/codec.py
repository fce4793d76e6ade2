"""Bytes to frames and back, in the two sub-protocols `fastdesk.v1.json` and `fastdesk.v1.msgpack`."""

import re
from typing import Final

import msgspec
from mypy_extensions import mypyc_attr

from fastdesk.protocol.codes import Rejection
from fastdesk.protocol.frames import Error, Inbound, Outbound

__all__ = ["JSON", "MSGPACK", "SUBPROTOCOLS", "Codec", "refusal_frame"]

#: msgspec raises more than its own errors: bad UTF-8 and deep nesting have classes of their own.
_UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_QUOTED_VALUE: Final = re.compile(r"Invalid value '.*'", re.DOTALL)


@mypyc_attr(allow_interpreted_subclasses=True)
class Codec:
    """Encode and decode frames of one sub-protocol; both directions are bounded by the transport's size limits."""

    def __init__(
        self,
        name: str,
        *,
        is_text: bool,
        decoder: "msgspec.json.Decoder[Inbound] | msgspec.msgpack.Decoder[Inbound]",
        encoder: msgspec.json.Encoder | msgspec.msgpack.Encoder,
    ) -> None:
        self.name = name
        self.is_text = is_text
        self._decode = decoder.decode
        self._encode = encoder.encode

    def decode(self, payload: bytes) -> Inbound | Rejection:
        """Return the frame in `payload`, or why there is none; never raises on what a peer sent."""
        try:
            return self._decode(payload)
        except _UNREADABLE as problem:
            return Rejection("bad_frame", _explain(problem))

    def encode(self, frame: Outbound) -> bytes:
        """Return the bytes of `frame`."""
        return self._encode(frame)


def _explain(problem: Exception) -> str:
    """Name the fault without repeating what was sent: but for an invalid value, msgspec names types and paths only."""
    if isinstance(problem, msgspec.ValidationError):
        return f"This is not a frame of the protocol: {_QUOTED_VALUE.sub('Invalid value', str(problem))}"
    return ""


JSON = Codec(
    "fastdesk.v1.json", is_text=True, decoder=msgspec.json.Decoder(Inbound), encoder=msgspec.json.Encoder()
)
MSGPACK = Codec(
    "fastdesk.v1.msgpack",
    is_text=False,
    decoder=msgspec.msgpack.Decoder(Inbound),
    encoder=msgspec.msgpack.Encoder(),
)
SUBPROTOCOLS: Final = {codec.name: codec for codec in (JSON, MSGPACK)}


def refusal_frame(refusal: Rejection, conversation: str | None = None) -> Error:
    """Return the `error` frame that tells a peer of `refusal`."""
    return Error(refusal.code, refusal.sentence, refusal.id, refusal.retry_after_ms or None, conversation)
