"""Events as the journal and SQLite hold them: the arrays of `fastdesk.model.event` in MessagePack."""

from typing import Final

import msgspec

from fastdesk._core import pack_row
from fastdesk.model.event import Event, Said

__all__ = ["encode_event"]

_encode: Final = msgspec.msgpack.Encoder().encode


def encode_event(event: Event) -> bytes:
    """Return the bytes of an event; raises UnicodeEncodeError for half a surrogate pair, TypeError for what has no form.

    Nearly all events are messages, so these have a way of their own; a test holds it against the general one.
    """
    if type(event) is not Said:
        return _encode(event)
    extra, sources, why = event.extra, event.sources, event.why
    return pack_row(
        (
            "said",
            event.tenant,
            event.rev,
            event.at,
            event.conversation,
            event.seq,
            event.id,
            event.role,
            event.sender,
            event.name,
            event.kind,
            event.text,
            None if extra is None else _encode(extra),
            None if sources is None else _encode(sources),
            None if why is None else _encode(why),
        )
    )
