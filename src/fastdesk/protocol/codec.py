"""Bytes to frames and back, in the two sub-protocols `fastdesk.v1.json` and `fastdesk.v1.msgpack`."""

import re
from typing import Final

import msgspec
from mypy_extensions import mypyc_attr

from fastdesk._core import JsonForm, StructFields
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

    def ack(self, said: Said, *, for_agents: bool = False) -> bytes:
        """Return the `ack` of a stored message."""
        return self.encode(Ack(said.id, said.seq, said.at, said.conversation if for_agents else None))

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

    def ack(self, said: Said, *, for_agents: bool = False) -> bytes:
        return (_AGENTS_ACK if for_agents else _ACK).write_struct(said)

    def message(self, said: Said, *, for_agents: bool = False) -> bytes:
        return (_AGENTS_MESSAGE if for_agents else _MESSAGE).write_struct(said)


_SEND: Final = JsonForm((b'{"t":"send","id":', b',"text":'), b"}")


def _form(pieces: dict[str, bytes], *, without: frozenset[str] = frozenset()) -> JsonForm:
    """Return the form of a frame that shows fields of a message, each behind its piece."""
    shown = {name: piece for name, piece in pieces.items() if name not in without}
    encode = msgspec.json.Encoder().encode
    encoders = {"extra": encode, "sources": encode, "why": encode}
    fields = StructFields(Said, tuple(shown), encoders=encoders, optional=("name",))
    return JsonForm(tuple(shown.values()), b"}", fields)


#: What only agents are told.
_FOR_AGENTS: Final = frozenset({"sender", "conversation", "rev", "why"})
_ACK_PIECES: Final = {
    "id": b'{"t":"ack","id":',
    "seq": b',"seq":',
    "at": b',"at":',
    "conversation": b',"conversation":',
}
_MESSAGE_PIECES: Final = {
    "seq": b'{"t":"message","seq":',
    "id": b',"id":',
    "role": b',"from":{"role":',
    "name": b',"name":',
    "sender": b',"id":',
    "text": b'},"text":',
    "kind": b',"kind":',
    "at": b',"at":',
    "extra": b',"extra":',
    "sources": b',"sources":',
    "conversation": b',"conversation":',
    "rev": b',"rev":',
    "why": b',"why":',
}
_ACK: Final = _form(_ACK_PIECES, without=_FOR_AGENTS)
_AGENTS_ACK: Final = _form(_ACK_PIECES)
_MESSAGE: Final = _form(_MESSAGE_PIECES, without=_FOR_AGENTS)
_AGENTS_MESSAGE: Final = _form(_MESSAGE_PIECES)


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
