"""Events as the journal and SQLite hold them: the arrays of `fastdesk.model.event` in MessagePack."""

from typing import Any, Final

import msgspec

from fastdesk._core import pack_plain_dict, pack_row
from fastdesk.model.event import Event, Said

__all__ = ["encode_event"]

#: Reasons whose bytes are kept: a rule gives the same one each time it answers.
MAX_REASONS: Final = 256

_encode: Final = msgspec.msgpack.Encoder().encode
#: By `id`, with the reason itself, so that no other can have its id.
_reasons: Final[dict[int, tuple[dict[str, Any], bytes]]] = {}


def encode_event(event: Event) -> bytes:
    """Return the bytes of an event; raises UnicodeEncodeError for half a surrogate pair, TypeError for what has no form.

    Nearly all events are messages, so these have a way of their own; a test holds it against the general one.
    """
    if type(event) is not Said:
        return _encode(event)
    said: Any = event  # compiled, its numbers go on as the objects that they are
    extra, sources, why = said.extra, said.sources, said.why
    return pack_row(
        (
            "said",
            said.tenant,
            said.rev,
            said.at,
            said.conversation,
            said.seq,
            said.id,
            said.role,
            said.sender,
            said.name,
            said.kind,
            said.text,
            None if extra is None else _encode(extra),
            None if sources is None else _encode(sources),
            None if why is None else _encode_reason(why),
        )
    )


def _encode_reason(why: dict[str, Any]) -> bytes:
    """Return the bytes of a reason; who makes one never changes it afterwards."""
    known = _reasons.get(id(why))
    if known is None:
        if len(_reasons) >= MAX_REASONS:
            _reasons.clear()
        known = _reasons[id(why)] = (why, pack_plain_dict(why) or _encode(why))
    return known[1]
