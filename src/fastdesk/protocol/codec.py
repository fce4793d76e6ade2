"""Bytes to frames and back, in the two sub-protocols `fastdesk.v1.json` and `fastdesk.v1.msgpack`."""

import re
from typing import Any, Final

import msgspec
from mypy_extensions import mypyc_attr

from fastdesk._core import JsonForm
from fastdesk.model.event import Said
from fastdesk.protocol.codes import Rejection
from fastdesk.protocol.frames import (
    MAX_ID,
    MAX_TEXT,
    MIN_ID,
    Ack,
    Author,
    Error,
    Inbound,
    Message,
    Outbound,
    Send,
)

__all__ = ["JSON", "MSGPACK", "SUBPROTOCOLS", "Codec", "message_frame", "refusal_frame"]

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

    def ack(self, said: Said, conversation: str | None = None) -> bytes:
        """Return the `ack` of a stored message."""
        return self.encode(Ack(said.id, said.seq, said.at, conversation))

    def message(self, said: Said, *, for_agents: bool = False) -> bytes:
        """Return the `message` frame of a stored message."""
        return self.encode(message_frame(said, for_agents=for_agents))


class JsonCodec(Codec):
    """The JSON codec, with a short way for the three frames that make up nearly all traffic.

    What they look like stands in `frames`; a test holds both ways against each other.
    """

    def decode(self, payload: bytes) -> Inbound | Rejection:
        plain = _SEND.read(payload)
        if plain is not None and MIN_ID <= len(plain[0]) <= MAX_ID and len(plain[1]) <= MAX_TEXT:
            return Send(plain[0], plain[1])
        return super().decode(payload)

    def ack(self, said: Said, conversation: str | None = None) -> bytes:
        shown: Any = said  # compiled, its numbers go on as the objects that they are
        return _ACK.write((shown.id, shown.seq, shown.at, conversation))

    def message(self, said: Said, *, for_agents: bool = False) -> bytes:
        shown: Any = said
        extra, sources, why = shown.extra, shown.sources, shown.why if for_agents else None
        return _MESSAGE.write(
            (
                shown.seq,
                shown.id,
                shown.role,
                shown.name or None,
                shown.sender if for_agents else None,
                shown.text,
                shown.kind,
                shown.at,
                None if extra is None else self._encode(extra),
                None if sources is None else self._encode(sources),
                shown.conversation if for_agents else None,
                shown.rev if for_agents else None,
                None if why is None else self._encode(why),
            )
        )


_SEND: Final = JsonForm((b'{"t":"send","id":', b',"text":'), b"}")
_ACK: Final = JsonForm((b'{"t":"ack","id":', b',"seq":', b',"at":', b',"conversation":'), b"}")
_MESSAGE: Final = JsonForm(
    (
        b'{"t":"message","seq":', b',"id":', b',"from":{"role":', b',"name":', b',"id":', b'},"text":', b',"kind":', b',"at":',
        b',"extra":', b',"sources":', b',"conversation":', b',"rev":', b',"why":',
    ),
    b"}",
)  # fmt: skip


def message_frame(said: Said, *, for_agents: bool = False) -> Message:
    """Return the frame of a stored message; agents are told conversation, rev and sender as well."""
    if for_agents:
        author = Author(said.role, said.name, said.sender)
        conversation, rev, why = said.conversation, said.rev, said.why
    else:
        author, conversation, rev, why = Author(said.role, said.name), None, None, None
    return Message(
        said.seq,
        said.id,
        author,
        said.text,
        said.kind,
        said.at,
        said.extra,
        said.sources,
        conversation,
        rev,
        why,
    )


def _explain(problem: Exception) -> str:
    """Name the fault without repeating what was sent: but for an invalid value, msgspec names types and paths only."""
    if isinstance(problem, msgspec.ValidationError):
        return f"This is not a frame of the protocol: {_QUOTED_VALUE.sub('Invalid value', str(problem))}"
    return ""


JSON = JsonCodec(
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
