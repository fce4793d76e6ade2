"""Events as the journal and SQLite hold them: the arrays of `fastdesk.model.event` in MessagePack."""

from typing import Any, Final

import msgspec

from fastdesk._core import PackForm, RunReader, StructFields, pack_plain_dict
from fastdesk.model.event import Event, Said
from fastdesk.model.ids import ConversationId, TenantId

__all__ = ["MOST", "REVS", "SPAN_MS", "Stretch", "count_of", "decode_event", "encode_event", "stretch_of"]

MOST: Final = 15
"""Events of a row of SQLite: a MessagePack array of so many begins with one byte."""
REVS: Final = 1024
SPAN_MS: Final = 1000

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


def _place(name: str) -> int:
    return Said.__struct_fields__.index(name)


_SAID: Final = PackForm(
    "said",
    StructFields(
        Said,
        Said.__struct_fields__,
        encoders={"extra": _encode, "sources": _encode, "why": _encode_reason},
    ),
)
_STRETCHES: Final = RunReader(
    "said",
    alike=(_place("tenant"), _place("conversation")),
    numbers={_place("rev"): REVS - 1, _place("at"): SPAN_MS - 1, _place("seq"): 1 << 62},
    counted=(_place("role"), "visitor"),
)


def encode_event(event: Event) -> bytes:
    """Return the bytes of an event; raises UnicodeEncodeError for half a surrogate pair, TypeError for what has no form.

    Nearly all events are messages, so these have a way of their own; a test holds it against the general one.
    """
    return _SAID.write(event) if type(event) is Said else _encode(event)


class Stretch:
    """What was said in one conversation in a row: what can be told of it without its words.

    `count` messages, `asked` of them the visitor's; `first_rev`, `first_at` and `first_seq` are those of the first one, `rev`, `at`
    and `seq` those of the last.
    """

    __slots__ = (
        "asked", "at", "conversation", "count", "first_at", "first_rev", "first_seq", "rev", "seq", "tenant",
    )  # fmt: skip

    def __init__(self, told: tuple[Any, ...]) -> None:
        self.count: int = told[0]
        self.tenant: TenantId = told[1]
        self.conversation: ConversationId = told[2]
        self.first_rev: int = told[3]
        self.first_at: int = told[4]
        self.first_seq: int = told[5]
        self.rev: int = told[6]
        self.at: int = told[7]
        self.seq: int = told[8]
        self.asked: int = told[9]


def count_of(piece: Stretch | Event) -> int:
    """Return how many events a piece of a batch is."""
    return piece.count if isinstance(piece, Stretch) else 1


def decode_event(body: bytes) -> Event:
    """Return the event that has these bytes; raises msgspec.MsgspecError for what are none."""
    event: Event = _decode(body)
    return event


def stretch_of(bodies: list[bytes], begin: int) -> Stretch | Event:
    """Return what was said in a row from `begin` on, any other event whole; raises msgspec.MsgspecError for what is none."""
    told = _STRETCHES.read(bodies, begin, MOST)
    if told is not None:
        return Stretch(told)
    event: Any = decode_event(bodies[begin])
    if type(event) is Said:  # written in a way that is not our own
        numbers = event.rev, event.at, event.seq
        return Stretch((1, event.tenant, event.conversation, *numbers, *numbers, event.role == "visitor"))
    return event  # type: ignore[no-any-return]
