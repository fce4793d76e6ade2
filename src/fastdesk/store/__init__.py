"""The store: what happened, kept for good.

Enter: events, appended in the loop. Leave: the same events once they are on disk, in order; and whatever is
asked for. Read `sqlite.py` first (the whole walk), then `journal.py`, `projector.py`, `projections.py`. No
other room touches a file.
"""

from fastdesk.store.embedded import embedded_store
from fastdesk.store.followers import Follower, Positioned
from fastdesk.store.memory import MemoryDisk, MemoryJournal, memory_store
from fastdesk.store.protocol import (
    ConversationCounts,
    ConversationPage,
    ConversationQuery,
    ConversationRow,
    Entry,
    Found,
    FoundPage,
    Origin,
    Record,
    SearchQuery,
    Store,
    StoreSettings,
    VisitorPage,
    VisitorQuery,
)
from fastdesk.store.sqlite import SqliteStore

__all__ = [
    "ConversationCounts",
    "ConversationPage",
    "ConversationQuery",
    "ConversationRow",
    "Entry",
    "Follower",
    "Found",
    "FoundPage",
    "MemoryDisk",
    "MemoryJournal",
    "Origin",
    "Positioned",
    "Record",
    "SearchQuery",
    "SqliteStore",
    "Store",
    "StoreSettings",
    "VisitorPage",
    "VisitorQuery",
    "embedded_store",
    "memory_store",
]
