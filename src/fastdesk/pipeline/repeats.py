"""Idempotency, second half of stage 2: was this message here before?

A conversation's recent ids stand in memory, in its `IdTable`. One that sorts behind all that came is new, as those of our own
clients are, which begin with the time. Others that no longer fit are in a Bloom filter (Bloom 1970): "surely new" spares the look
into the store, "perhaps seen" costs one. The filter never decides that a message is a repeat, so a false positive, or a saturated
filter, can never lose one.
"""

from typing import Final, Literal

from msgspec import Struct

from fastdesk._core import BloomFilter, IdTable
from fastdesk.hub.live import Live, body_of, sender_of, sent_key
from fastdesk.hub.session import Session
from fastdesk.model.event import Said
from fastdesk.model.ids import ConversationId, TenantId
from fastdesk.protocol.codes import Rejection
from fastdesk.protocol.frames import Send

__all__ = ["Repeat", "Repeats", "acknowledge_again", "compare"]

#: Ids kept for one conversation beside the filter.
KEEP: Final = 1024


class Repeat(Struct, frozen=True):
    """A message that was here before, with the number it has had since."""

    seq: int


def compare(said: Said, frame: Send) -> Repeat | Rejection:
    """Return the repeat of a stored message, or a refusal when its id stood for another body."""
    if (said.kind, said.text) != (frame.kind, frame.text):
        return Rejection("id_reuse", id=frame.id)
    return Repeat(said.seq)


def acknowledge_again(session: Session, live: Live, frame: Send, repeat: Repeat) -> None:
    """Give a repeated message its first number: at once, or together with the original when that is not on disk yet."""
    if repeat.seq > live.durable_seq:
        waiting = live.waiting = live.waiting or {}
        waiting.setdefault(repeat.seq, []).append(session)
        return
    first = next((said for said in live.recent or () if said.seq == repeat.seq), None)
    if first is None:
        conversation = live.conversation
        first = Said(
            conversation.tenant,
            0,
            0,
            conversation.id,
            repeat.seq,
            frame.id,
            "visitor",
            "",
            "",
            frame.kind,
            frame.text,
        )
    session.acknowledge(first)


class Repeats:
    """Tell new messages from repeated ones, for all conversations of a desk."""

    def __init__(self, filter: BloomFilter) -> None:
        self._filter = filter

    def table(self, tenant: TenantId, conversation: ConversationId) -> IdTable:
        """Return the table of a conversation that comes into memory."""
        return IdTable(self._filter, f"{tenant}\0{conversation}", KEEP)

    def find(self, live: Live, sender: str, frame: Send) -> Repeat | Rejection | Literal["unsure"] | None:
        """Return the repeat, a refusal, None for a surely new message, or "unsure" when only the store can tell."""
        found = live.sent.find(sent_key(sender, frame.id), body_of(frame.kind, frame.text))
        if found == 0:
            return None
        if found > 0:
            return Repeat(found)
        return Rejection("id_reuse", id=frame.id) if found == -1 else "unsure"

    def take_in(self, live: Live, stored: list[Said]) -> None:
        """Let a conversation that was read from the store know what was said in it, as far as it is here."""
        for said in stored:
            live.sent.put(sent_key(sender_of(said), said.id), body_of(said.kind, said.text), said.seq)
            live.count(said)
        if stored and stored[0].seq > 1:
            live.sent.miss_older()
