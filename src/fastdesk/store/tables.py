"""The tables of one SQLite file, as SQLAlchemy describes them; PostgreSQL takes the same."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    false,
    text,
)
from sqlalchemy import event as event_hooks

__all__ = [
    "conversation",
    "conversation_label",
    "event",
    "head",
    "metadata",
    "purge",
    "record",
    "store",
    "tenant",
    "visitor",
]

metadata = MetaData()

#: Single values of the store: epoch, fed position.
store = Table("store", metadata, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

#: The tenants that ever had an event: a small number for indexes, the highest rev (it outlives the events),
#: and whether the rows stand in a file of their own.
tenant = Table(
    "tenant",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("rev", BigInteger, nullable=False),
    Column("apart", Boolean, nullable=False, server_default=false()),
)

#: Every event by its position in the journal; `body` is the event as the journal has it. Rows are only ever
#: added at the end. What belongs together is linked: `previous` is the position of the event before it about
#: the same subject, from the newest, which `head` names, to the oldest. An index over subjects would be
#: touched at as many places as conversations are live, which measured more than twice the cost of all the
#: rest (docs/decisions/006-linked-events.md).
event = Table(
    "event",
    metadata,
    Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("tenant", Text, nullable=False),
    Column("rev", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),  # said, noted, changed, put, or gone: its content was removed
    Column("seq", BigInteger, nullable=False),  # of what was said, else 0
    Column("previous", BigInteger, nullable=False),  # 0 for the first
    Column("checksum", BigInteger, nullable=False),  # CRC-32 of the body
    Column("body", LargeBinary, nullable=False),
)
Index("event_tenant_rev", event.c.tenant, event.c.rev)

#: The position of the newest event about each subject: a conversation's id, or kind and id of a record as
#: `visitor:v1`.
head = Table(
    "head",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

#: Every conversation as its last `Changed` says (`body`), and what its messages add.
conversation = Table(
    "conversation",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("visitor", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("assignee", Text),
    Column("team", Text),
    Column("priority", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("active_at", BigInteger, nullable=False),  # of the last message, or of the opening
    Column("agent_read", BigInteger, nullable=False),
    Column("unread", BigInteger, nullable=False, server_default=text("0")),
    Column("last_seq", BigInteger, nullable=False, server_default=text("0")),
    Column("last_role", Text, nullable=False, server_default=text("''")),
    Column("last_text", Text, nullable=False, server_default=text("''")),
    Column("body", LargeBinary, nullable=False),
)
Index("conversation_active", conversation.c.tenant, conversation.c.state, conversation.c.active_at)
Index("conversation_visitor", conversation.c.tenant, conversation.c.visitor, conversation.c.opened_at)

#: Labels, and `@ID` for each agent who is mentioned in a note: no label begins with that sign.
conversation_label = Table(
    "conversation_label",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("label", Text, primary_key=True),
    Column("conversation", Text, primary_key=True),
)
Index("conversation_label_conversation", conversation_label.c.tenant, conversation_label.c.conversation)

visitor = Table(
    "visitor",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("identity", Text),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    Column("body", Text, nullable=False),  # JSON
)
Index("visitor_identity", visitor.c.tenant, visitor.c.identity, sqlite_where=visitor.c.identity.is_not(None))
Index("visitor_seen", visitor.c.tenant, visitor.c.last_seen)

#: Every other record: sites, agents, rules, articles …
record = Table(
    "record",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("made", BigInteger, nullable=False),  # position of the first event: the order of their making
    Column("body", Text, nullable=False),  # JSON
)

#: What is being removed from table `event`, in small steps: all events about a subject, or what was said
#: before a time.
purge = Table(
    "purge",
    metadata,
    Column("position", BigInteger, primary_key=True),  # of the event that asks for it; later ones stay
    Column("subject", Text, primary_key=True),  # as in `head`; empty when `before` tells
    Column("tenant", Text, nullable=False),
    Column("before", BigInteger),
    Column(
        "rev", BigInteger, nullable=False, server_default=text("0")
    ),  # what is behind us of a tenant's events
)

#: The words of messages and notes, by the event's position. It holds no text: only which word stands where.
SEARCH: Final = (
    "CREATE VIRTUAL TABLE search USING fts5"
    " (terms, content = '', detail = none, columnsize = 0, tokenize = 'ascii')"
)

#: What SQLite's planner is told about the indexes: (table, index, rows, then rows for each further column of
#: a key). Fixed, so that a query has one plan for ever; without it, a condition on the tenant may look as
#: good as one on a conversation.
STATISTICS: Final = (
    ("event", "event_tenant_rev", "1000000 100000 1"),
    ("head", "head", "50000 10000 1"),
    ("conversation", "sqlite_autoindex_conversation_1", "100000 10000 1"),
    ("conversation", "conversation_active", "100000 10000 2500 1"),
    ("conversation", "conversation_visitor", "100000 10000 2 1"),
    ("conversation_label", "sqlite_autoindex_conversation_label_1", "50000 5000 500 1"),
    ("conversation_label", "conversation_label_conversation", "50000 5000 2"),
    ("visitor", "sqlite_autoindex_visitor_1", "100000 10000 1"),
    ("visitor", "visitor_identity", "10000 1000 1"),
    ("visitor", "visitor_seen", "100000 10000 1"),
)


def _finish(target: MetaData, connection: Connection, **_: object) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(SEARCH)
        connection.exec_driver_sql("ANALYZE sqlite_schema")
        connection.exec_driver_sql("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", list(STATISTICS))


event_hooks.listen(metadata, "after_create", _finish)
