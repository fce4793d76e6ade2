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
    "conversation_count",
    "conversation_label",
    "event",
    "head",
    "label_count",
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

#: Every event as the journal has it, in rows that `feed` describes: a row has the position, rev and seq of its last event, and
#: its `body` is an array of them. Rows are only ever added at the end. What belongs together is linked: `previous` is the
#: position of the row before it about the same subject, from the newest, which `head` names, to the oldest. An index over
#: subjects would be touched at as many places as conversations are live, which measured more than twice the cost of all the
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
    Column("length", Integer, nullable=False),  # events in the row; 0 when they are gone
    Column("checksum", BigInteger, nullable=False),  # of the body
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
Index(
    "conversation_active",
    conversation.c.tenant,
    conversation.c.state,
    conversation.c.mode,
    conversation.c.active_at,
)
Index(
    "conversation_assignee",
    conversation.c.tenant,
    conversation.c.assignee,
    conversation.c.state,
    conversation.c.mode,
    sqlite_where=conversation.c.assignee.is_not(None),
)
Index(
    "conversation_team",
    conversation.c.tenant,
    conversation.c.team,
    conversation.c.state,
    conversation.c.mode,
    sqlite_where=conversation.c.team.is_not(None),
)
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

#: How many conversations there are of each kind; empty where there is no assignee or team.
conversation_count = Table(
    "conversation_count",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("state", Text, primary_key=True),
    Column("mode", Text, primary_key=True),
    Column("assignee", Text, primary_key=True),
    Column("team", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

#: How many conversations bear a label.
label_count = Table(
    "label_count",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("label", Text, primary_key=True),
    Column("state", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

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
for _name in ("name", "email", "phone"):
    Index(
        f"visitor_{_name}",
        visitor.c.tenant,
        visitor.c[_name].collate("NOCASE"),
        sqlite_where=visitor.c[_name] != text("''"),
    )

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

#: The words of messages and notes, by the event's position. It holds no text: only which word stands where. Its parts are merged
#: when there are 8 of a size, instead of 4: measured, writing it takes a seventh less, and no search takes longer.
SEARCH: Final = (
    "CREATE VIRTUAL TABLE search USING fts5"
    " (terms, content = '', detail = none, columnsize = 0, tokenize = 'ascii')",
    "INSERT INTO search (search, rank) VALUES ('automerge', 8)",
)

#: Keep the counts in step with the conversations and their labels. What happens to a conversation and its labels in one
#: transaction may happen in any order: a label counts with the state that its conversation has just then.
TRIGGERS: Final = (
    """
    CREATE TRIGGER conversation_made AFTER INSERT ON conversation BEGIN
      INSERT INTO conversation_count VALUES
        (new.tenant, new.state, new.mode, coalesce(new.assignee, ''), coalesce(new.team, ''), 1)
        ON CONFLICT DO UPDATE SET number = number + 1;
    END
    """,
    """
    CREATE TRIGGER conversation_changed AFTER UPDATE OF state, mode, assignee, team ON conversation
    WHEN old.state IS NOT new.state OR old.mode IS NOT new.mode OR old.assignee IS NOT new.assignee
      OR old.team IS NOT new.team
    BEGIN
      UPDATE conversation_count SET number = number - 1 WHERE tenant = old.tenant AND state = old.state
        AND mode = old.mode AND assignee = coalesce(old.assignee, '') AND team = coalesce(old.team, '');
      INSERT INTO conversation_count VALUES
        (new.tenant, new.state, new.mode, coalesce(new.assignee, ''), coalesce(new.team, ''), 1)
        ON CONFLICT DO UPDATE SET number = number + 1;
      UPDATE label_count SET number = number - 1
        WHERE old.state IS NOT new.state AND tenant = old.tenant AND state = old.state AND label IN
        (SELECT label FROM conversation_label WHERE tenant = old.tenant AND conversation = old.id);
      INSERT INTO label_count SELECT tenant, label, new.state, 1 FROM conversation_label
        WHERE old.state IS NOT new.state AND tenant = new.tenant AND conversation = new.id
        ON CONFLICT DO UPDATE SET number = number + 1;
    END
    """,
    """
    CREATE TRIGGER conversation_removed AFTER DELETE ON conversation BEGIN
      UPDATE conversation_count SET number = number - 1 WHERE tenant = old.tenant AND state = old.state
        AND mode = old.mode AND assignee = coalesce(old.assignee, '') AND team = coalesce(old.team, '');
    END
    """,
    """
    CREATE TRIGGER label_given AFTER INSERT ON conversation_label BEGIN
      INSERT INTO label_count SELECT new.tenant, new.label, state, 1 FROM conversation
        WHERE tenant = new.tenant AND id = new.conversation
        ON CONFLICT DO UPDATE SET number = number + 1;
    END
    """,
    """
    CREATE TRIGGER label_taken AFTER DELETE ON conversation_label BEGIN
      UPDATE label_count SET number = number - 1 WHERE tenant = old.tenant AND label = old.label
        AND state = (SELECT state FROM conversation WHERE tenant = old.tenant AND id = old.conversation);
    END
    """,
)

#: What SQLite's planner is told about the indexes: (table, index, rows, then rows for each further column of
#: a key). Fixed, so that a query has one plan for ever; without it, a condition on the tenant may look as
#: good as one on a conversation.
STATISTICS: Final = (
    ("event", "event_tenant_rev", "1000000 100000 1"),
    ("head", "head", "50000 10000 1"),
    ("conversation", "sqlite_autoindex_conversation_1", "100000 10000 1"),
    ("conversation", "conversation_active", "100000 10000 2500 800 1"),
    ("conversation", "conversation_assignee", "50000 10000 500 100 50"),
    ("conversation", "conversation_team", "50000 10000 2000 500 200"),
    ("conversation", "conversation_visitor", "100000 10000 2 1"),
    ("conversation_label", "sqlite_autoindex_conversation_label_1", "50000 5000 500 1"),
    ("conversation_label", "conversation_label_conversation", "50000 5000 2"),
    ("visitor", "sqlite_autoindex_visitor_1", "100000 10000 1"),
    ("visitor", "visitor_identity", "10000 1000 1"),
    ("visitor", "visitor_seen", "100000 10000 1"),
    ("visitor", "visitor_name", "50000 10000 2"),
    ("visitor", "visitor_email", "50000 10000 1"),
    ("visitor", "visitor_phone", "50000 10000 1"),
)


def _finish(target: MetaData, connection: Connection, **_: object) -> None:
    if connection.dialect.name == "sqlite":
        for statement in (*SEARCH, *TRIGGERS):
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("ANALYZE sqlite_schema")
        connection.exec_driver_sql("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", list(STATISTICS))


event_hooks.listen(metadata, "after_create", _finish)
