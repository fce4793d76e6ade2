"""What the rest of the desk asks of a store, and the plain values that cross that border."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

import sqlalchemy
from msgspec import Struct

from fastdesk.model.conversation import Conversation, Priority, State
from fastdesk.model.event import Event, Said
from fastdesk.model.ids import AgentId, ConversationId, SiteId, TeamId, TenantId, VisitorId

__all__ = [
    "ConversationCounts",
    "ConversationPage",
    "ConversationQuery",
    "ConversationRow",
    "Entry",
    "Found",
    "FoundPage",
    "Origin",
    "Record",
    "SearchQuery",
    "Store",
    "StoreSettings",
    "VisitorPage",
    "VisitorQuery",
]

T = TypeVar("T")

Origin = Any
"""Whoever waits for an event; passed back untouched."""

Entry = tuple[Event, Origin | None]


class StoreSettings(Struct, frozen=True, kw_only=True):
    """Where the store lives and how far it may fall behind.

    `max_pending_bytes` bounds what is appended and not yet on disk, `max_lag_events` what is on disk and not
    yet in SQLite; over either, `Store.accepting` is False. A journal segment ends after `segment_bytes`.
    """

    data: Path
    durability: Literal["fsync", "os"] = "fsync"
    max_pending_bytes: int = 64 * 1024 * 1024
    segment_bytes: int = 64 * 1024 * 1024
    max_lag_events: int = 2_000_000
    readers: int = 2


class Record(Struct, frozen=True):
    """A stored record; `body` is the JSON text that was put, `at` the time of its last change."""

    tenant: TenantId
    kind: str
    id: str
    body: bytes
    at: int


class ConversationQuery(Struct, frozen=True, kw_only=True):
    """Which conversations are wanted; None means "any". `unassigned` asks for those without an assignee."""

    states: tuple[State, ...] = ()
    mode: Literal["bot", "queued", "human"] | None = None
    priority: Priority | None = None
    assignee: AgentId | None = None
    unassigned: bool = False
    #: Only where this agent is mentioned in a note.
    mentioned: AgentId | None = None
    team: TeamId | None = None
    label: str | None = None
    site: SiteId | None = None
    visitor: VisitorId | None = None
    #: Only where nothing has happened since this wall-clock millisecond.
    silent_since: int | None = None
    limit: int = 50
    cursor: str | None = None


class ConversationRow(Struct, frozen=True, kw_only=True):
    """A conversation with what a list shows of its messages and its visitor.

    `unread` counts the visitor's messages that no agent has seen; `visitor_name` is what they are called, by proof or by what
    the page said, empty where nobody knows.
    """

    conversation: Conversation
    last_seq: int = 0
    last_at: int = 0
    last_role: str = ""
    last_text: str = ""
    unread: int = 0
    visitor_name: str = ""


class ConversationPage(Struct, frozen=True):
    """One page, newest activity first; `cursor` asks for the next one, None after the last."""

    items: list[ConversationRow]
    cursor: str | None = None


class ConversationCounts(Struct, frozen=True, kw_only=True):
    """How many conversations there are; all but `states` count the ones that are not resolved."""

    states: dict[str, int] = {}
    modes: dict[str, int] = {}
    assignees: dict[str, int] = {}
    teams: dict[str, int] = {}
    labels: dict[str, int] = {}
    #: By the agent who is mentioned.
    mentions: dict[str, int] = {}
    unassigned: int = 0


class VisitorQuery(Struct, frozen=True, kw_only=True):
    """Which visitors are wanted; `text` is looked for at the start of name, e-mail, phone and identity.

    `words` are folded and must all occur somewhere in the record; the caller looks where. A page with words may be
    short, because only so many records are looked through for it; its cursor goes on.
    """

    site: SiteId | None = None
    text: str = ""
    words: tuple[str, ...] = ()
    label: str | None = None
    limit: int = 50
    cursor: str | None = None


class VisitorPage(Struct, frozen=True):
    """Visitors' JSON texts, last seen first; `cursor` asks for the next page, None after the last."""

    items: list[bytes]
    cursor: str | None = None


class SearchQuery(Struct, frozen=True, kw_only=True):
    """Words that must all occur in a message, and where to look; times are wall-clock milliseconds."""

    text: str
    conversation: ConversationId | None = None
    states: tuple[State, ...] = ()
    assignee: AgentId | None = None
    team: TeamId | None = None
    label: str | None = None
    site: SiteId | None = None
    visitor: VisitorId | None = None
    after: int | None = None
    before: int | None = None
    limit: int = 20
    cursor: str | None = None


class Found(Struct, frozen=True):
    """A message that was found; `highlights` are (start, end) offsets into its text, in characters."""

    said: Event
    highlights: list[tuple[int, int]]


class FoundPage(Struct, frozen=True):
    """Messages newest first; `cursor` asks for the next page, None after the last."""

    items: list[Found]
    cursor: str | None = None


class Store(Protocol):
    """Keep every event for good and find it again.

    `append` and everything async is called in the loop; nothing here blocks it. Reads see all that was
    appended for what they read, also what is not yet in SQLite: they wait for it.
    """

    epoch: str
    accepting: bool
    on_commit: Callable[[list[Entry]], None]
    on_fatal: Callable[[str], None]

    def append(self, event: Event, origin: Origin | None = None) -> None:
        """Take an event; `on_commit` is called in the loop once it is on disk, in the order of the appends.

        Raises TypeError or UnicodeEncodeError, and takes nothing, when the event can't be encoded.
        """

    async def start(self) -> None:
        """Open, recover what a crash left, and be ready. Raises StoreError and its children."""

    async def stop(self) -> None:
        """Write and project everything that was appended, then close."""

    def revs(self) -> dict[TenantId, int]:
        """Return the highest rev of each tenant as it stood after `start`."""

    def figures(self) -> dict[str, float]:
        """Return what to watch: events on disk, bytes that wait for it, events that wait for SQLite."""

    async def commit(self, event: Event) -> None:
        """Append and return once it is on disk."""

    async def durable_now(self) -> None:
        """Return once everything appended so far is on disk. Raises StoreError when it never will be."""

    async def settle(self, *, followers: bool = False) -> None:
        """Return once everything appended so far stands in SQLite;

        with `followers`, also in the search index.
        """

    async def records(self, kind: str, tenant: TenantId | None = None) -> list[Record]:
        """Return the records of a kind in the order of their making, of one tenant or of all."""

    async def record(self, tenant: TenantId, kind: str, id: str) -> Record | None:
        """Return one record as it was last put, None when there is none."""

    async def conversation(self, tenant: TenantId, id: ConversationId) -> Conversation | None:
        """Return a conversation as it stands now."""

    async def conversation_row(self, tenant: TenantId, id: ConversationId) -> ConversationRow | None:
        """Return a conversation with its last message and counters."""

    async def latest_conversation(
        self, tenant: TenantId, site: SiteId, visitor: VisitorId
    ) -> Conversation | None:
        """Return the visitor's newest conversation on that site."""

    async def said(
        self, tenant: TenantId, conversation: ConversationId, after: int = 0, limit: int = 1000
    ) -> list[Said]:
        """Return messages with a seq above `after`, by seq."""

    async def last_said(self, tenant: TenantId, conversation: ConversationId, limit: int) -> list[Said]:
        """Return the newest messages, by seq."""

    async def find_said(
        self, tenant: TenantId, conversation: ConversationId, sender: str, id: str
    ) -> Said | None:
        """Return the message that `sender` sent under `id`."""

    async def history(
        self, tenant: TenantId, conversation: ConversationId, before: int | None, limit: int
    ) -> list[Event]:
        """Return the newest events of a conversation with a rev below `before`, by rev."""

    async def since(self, tenant: TenantId, rev: int, limit: int) -> list[Event]:
        """Return the tenant's events after `rev`, by rev.

        A gap after `rev` means that those were forgotten.
        """

    async def conversations(self, tenant: TenantId, query: ConversationQuery) -> ConversationPage:
        """Return one page of the tenant's conversations."""

    async def count(self, tenant: TenantId, query: ConversationQuery) -> int:
        """Count the conversations that a query asks for; its limit and cursor don't matter."""

    async def counts(self, tenant: TenantId, *, fresh: bool = True) -> ConversationCounts:
        """Count the tenant's conversations; without `fresh` as `run` does it, for what may be a moment old."""

    async def visitor(self, tenant: TenantId, id: VisitorId) -> bytes | None:
        """Return a visitor's JSON text."""

    async def visitors_by_identity(self, tenant: TenantId, site: SiteId, identity: str) -> list[bytes]:
        """Return the visitors that bear a proven identity, last seen first."""

    async def visitors(self, tenant: TenantId, query: VisitorQuery) -> VisitorPage:
        """Return one page of the tenant's visitors."""

    async def search(self, tenant: TenantId, query: SearchQuery) -> FoundPage:
        """Find messages by their words; those of the last seconds may be missing."""

    async def run(
        self,
        query: Callable[[sqlalchemy.Connection], T],
        tenant: TenantId | None = None,
        *,
        fresh: bool = True,
    ) -> T:
        """Run a read of another room, behind all other reads: it may take long. The connection can't write.

        What a follower keeps lags behind anyway, and needs no `fresh` rows.
        """

    async def erase(
        self, tenant: TenantId, visitor: VisitorId, *, rev: int, at: int, actor: str, reason: str = ""
    ) -> None:
        """Remove a visitor and all that was said with them from the disk;

        an event of its own, under `rev`.
        """

    async def forget_before(
        self,
        tenant: TenantId,
        before_ms: int,
        audit_before_ms: int = 0,
        *,
        rev: int,
        at: int,
        actor: str,
        reason: str = "",
    ) -> None:
        """Remove a tenant's older messages and notes, and its older audit log, from the disk; 0 keeps all.

        An event of its own, under `rev`.
        """
