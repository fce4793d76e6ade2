"""Write events of a conversation: gives the numbers, keeps the live state in step, hands the event to the store."""

from collections.abc import Callable
from typing import Any, Protocol

from fastdesk.desk.changes import Change
from fastdesk.hub.live import VISITOR, Live, body_of, sent_key
from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed, Event, Noted, Role, Said
from fastdesk.observe.clock import Clock, Entropy, new_id
from fastdesk.tenants.revs import Revs

__all__ = ["Appends", "Scribe"]


class Appends(Protocol):
    """The side of the store that the pipeline writes to."""

    accepting: bool

    def append(self, event: Event, origin: Any = None) -> None:
        """Put an event into the current batch; `origin` comes back with it once it is durable."""


class Scribe:
    """The only writer of conversations."""

    def __init__(
        self,
        *,
        store: Appends,
        revs: Revs,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._store = store
        self._revs = revs
        self._clock = clock
        self._entropy = entropy
        #: Told of each change, with the conversation as it stood before.
        self.followers: list[Callable[[Live, Conversation], None]] = []

    def say(
        self,
        live: Live,
        *,
        role: Role,
        sender: str,
        text: str,
        id: str = "",
        name: str = "",
        kind: str = "text",
        extra: dict[str, Any] | None = None,
        sources: list[dict[str, str]] | None = None,
        why: dict[str, Any] | None = None,
        at: int = 0,
        origin: Any = None,
    ) -> Said:
        """Append a message with the conversation's next `seq`, now when `at` does not say; the desk's take their id from it."""
        tenant, conversation = live.tenant, live.id
        seq = live.seq + 1
        said = Said(
            tenant, self._revs.next(tenant), at or self._clock.now_ms(), conversation, seq,
            id or f"{live.tail}-{seq}", role, sender, name, kind, text, extra, sources, why,
        )  # fmt: skip
        live.seq = seq
        if id:
            live.sent.put(sent_key(VISITOR if role == "visitor" else sender, id), body_of(kind, text), seq)
            live.count(said)
        self._store.append(said, origin)
        return said

    def note(
        self,
        live: Live,
        *,
        kind: str,
        actor: str,
        text: str,
        id: str = "",
        body: dict[str, Any] | None = None,
        origin: Any = None,
    ) -> Noted:
        """Append something that only agents see."""
        now_ms = self._clock.now_ms()
        conversation = live.conversation
        noted = Noted(
            conversation.tenant, self._revs.next(conversation.tenant), now_ms, conversation.id,
            id or new_id(now_ms, self._entropy), kind, actor, text, body,
        )  # fmt: skip
        self._store.append(noted, origin)
        return noted

    def change(self, live: Live, change: Change, actor: str, origin: Any = None) -> Changed:
        """Append a decision of `desk.changes` and let the live conversation stand as it says."""
        before = live.conversation
        conversation = live.conversation = change.conversation
        changed = Changed(
            conversation.tenant, self._revs.next(conversation.tenant), self._clock.now_ms(), conversation, change.what, actor,
            change.reason,
        )  # fmt: skip
        self._store.append(changed, origin)
        for follow in self.followers:
            follow(live, before)
        return changed
