"""Events as the journal and SQLite hold them: the arrays of `fastdesk.model.event` in MessagePack."""

from typing import Any, Final

import msgspec

from fastdesk._core import PackForm, StructFields, pack_plain_dict, unpack_head
from fastdesk.model.event import Event, Said
from fastdesk.model.ids import ConversationId, TenantId

__all__ = ["Gist", "decode_event", "encode_event", "gist_of"]

#: Reasons whose bytes are kept: a rule gives the same one each time it answers.
MAX_REASONS: Final = 256

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Event).decode
#: By `id`, with the reason itself, so that no other can have its id.
_reasons: Final[dict[int, tuple[dict[str, Any], bytes]]] = {}


def _encode_reason(why: dict[str, Any]) -> bytes:
    """Return the bytes of a reason; who makes one never changes it afterwards."""
    known = _reasons.get(id(why))
    if known is None:
        if len(_reasons) >= MAX_REASONS:
            _reasons.clear()
        known = _reasons[id(why)] = (why, pack_plain_dict(why) or _encode(why))
    return known[1]


_SAID: Final = PackForm(
    "said",
    StructFields(
        Said,
        Said.__struct_fields__,
        encoders={"extra": _encode, "sources": _encode, "why": _encode_reason},
    ),
)


def encode_event(event: Event) -> bytes:
    """Return the bytes of an event; raises UnicodeEncodeError for half a surrogate pair, TypeError for what has no form.

    Nearly all events are messages, so these have a way of their own; a test holds it against the general one.
    """
    return _SAID.write(event) if type(event) is Said else _encode(event)


class Gist:
    """What can be told of a message from the beginning of its bytes: all but its words."""

    __slots__ = ("at", "conversation", "rev", "role", "seq", "tenant")

    def __init__(
        self, tenant: TenantId, rev: int, at: int, conversation: ConversationId, seq: int, role: str
    ) -> None:
        self.tenant = tenant
        self.rev = rev
        self.at = at
        self.conversation = conversation
        self.seq = seq
        self.role = role


def decode_event(body: bytes) -> Event:
    """Return the event that has these bytes; raises msgspec.MsgspecError for what are none."""
    event: Event = _decode(body)
    return event


def gist_of(body: bytes) -> Gist | Event:
    """Return the gist of a message, any other event whole; raises msgspec.MsgspecError for what is none."""
    head: Any = unpack_head(body, "said", 7)
    if head is not None:
        return Gist(head[0], head[1], head[2], head[3], head[4], head[6])
    event: Any = decode_event(body)
    if type(event) is Said:  # written in a way that is not our own
        return Gist(event.tenant, event.rev, event.at, event.conversation, event.seq, event.role)
    return event  # type: ignore[no-any-return]
