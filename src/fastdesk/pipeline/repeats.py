"""Idempotency, second half of stage 2: was this message here before?

A conversation's recent ids stand exactly in memory. Ids that no longer fit, or were never loaded, are in a Bloom filter
(Bloom 1970): "surely new" spares the look into the store, "perhaps seen" costs one. The filter never decides that a message
is a repeat, so a false positive, or a saturated filter, can never lose one.
"""

from itertools import islice
from typing import Final, Literal

from msgspec import Struct

from fastdesk._core import BloomFilter
from fastdesk.hub.live import Live, sender_of, sent_key, sent_mark, sent_seq
from fastdesk.hub.session import Session
from fastdesk.model.event import Said
from fastdesk.pipeline.parse import digest
from fastdesk.protocol.codes import Rejection
from fastdesk.protocol.frames import Send

__all__ = ["Repeat", "Repeats", "acknowledge_again", "compare"]

#: Exact ids kept for one conversation; about 250 bytes each.
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
        self._covered: dict[str, int] = {}

    def find(self, live: Live, sender: str, frame: Send) -> Repeat | Rejection | Literal["unsure"] | None:
        """Return the repeat, a refusal, None for a surely new message, or "unsure" when only the store can tell."""
        key = sent_key(sender, frame.id)
        known = live.sent.get(key)
        if known is not None:
            seq = sent_seq(known)
            is_same = known == sent_mark(seq, digest(frame.kind, frame.text))
            return Repeat(seq) if is_same else Rejection("id_reuse", id=frame.id)
        if live.sent_from == 1:
            return None
        covered = self._covered.get(live.id)
        if covered is None or self._filter.generation - covered > 1:
            return "unsure"  # the filter has forgotten, or never knew, the older ids of this conversation
        return "unsure" if (live.id, key) in self._filter else None

    def remember_older(self, live: Live, older: list[Said]) -> None:
        """Put the ids of a long conversation's older messages into the filter, so that new ones pass without a look-up."""
        self._covered[live.id] = self._filter.generation
        for said in older:
            self._filter.add((live.id, sent_key(sender_of(said), said.id)))

    def trim(self, live: Live) -> None:
        """Move the older half of a conversation's exact ids into the filter once there are too many."""
        if len(live.sent) <= KEEP:
            return
        if live.sent_from == 1:
            self._covered[live.id] = self._filter.generation
        sent, add = live.sent, self._filter.add
        for key in tuple(islice(sent, KEEP // 2)):
            seq = sent_seq(sent.pop(key))
            if seq >= live.sent_from:  # a note's is 0
                live.sent_from = seq + 1
            add((live.id, key))

    def forget(self, live: Live) -> None:
        """Drop what is kept of a conversation that leaves memory; its ids in the filter fade with its generations."""
        self._covered.pop(live.id, None)
