"""The first schema."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE conversation (
        tenant TEXT NOT NULL,
        id TEXT NOT NULL,
        site TEXT NOT NULL,
        visitor TEXT NOT NULL,
        state TEXT NOT NULL,
        mode TEXT NOT NULL,
        assignee TEXT,
        team TEXT,
        priority TEXT NOT NULL,
        opened_at BIGINT NOT NULL,
        active_at BIGINT NOT NULL,
        agent_read BIGINT NOT NULL,
        unread BIGINT DEFAULT 0 NOT NULL,
        last_seq BIGINT DEFAULT 0 NOT NULL,
        last_role TEXT DEFAULT '' NOT NULL,
        last_text TEXT DEFAULT '' NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (tenant, id)
    )
    """,
    "CREATE INDEX conversation_active ON conversation (tenant, state, mode, active_at)",
    "CREATE INDEX conversation_assignee ON conversation (tenant, assignee, state, mode) WHERE assignee IS NOT NULL",
    "CREATE INDEX conversation_team ON conversation (tenant, team, state, mode) WHERE team IS NOT NULL",
    "CREATE INDEX conversation_visitor ON conversation (tenant, visitor, opened_at)",
    """
    CREATE TABLE conversation_label (
        tenant TEXT NOT NULL,
        label TEXT NOT NULL,
        conversation TEXT NOT NULL,
        PRIMARY KEY (tenant, label, conversation)
    )
    """,
    """
    CREATE TABLE conversation_count (
        tenant TEXT NOT NULL,
        state TEXT NOT NULL,
        mode TEXT NOT NULL,
        assignee TEXT NOT NULL,
        team TEXT NOT NULL,
        number BIGINT NOT NULL,
        PRIMARY KEY (tenant, state, mode, assignee, team)
    )
     WITHOUT ROWID
    """,
    """
    CREATE TABLE label_count (
        tenant TEXT NOT NULL,
        label TEXT NOT NULL,
        state TEXT NOT NULL,
        number BIGINT NOT NULL,
        PRIMARY KEY (tenant, label, state)
    )
     WITHOUT ROWID
    """,
    "CREATE INDEX conversation_label_conversation ON conversation_label (tenant, conversation)",
    """
    CREATE TABLE event (
        position INTEGER NOT NULL,
        tenant TEXT NOT NULL,
        rev BIGINT NOT NULL,
        kind TEXT NOT NULL,
        seq BIGINT NOT NULL,
        previous BIGINT NOT NULL,
        length INTEGER NOT NULL,
        checksum BIGINT NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (position)
    )
    """,
    "CREATE INDEX event_tenant_rev ON event (tenant, rev)",
    """
    CREATE TABLE head (
        tenant TEXT NOT NULL,
        subject TEXT NOT NULL,
        position BIGINT NOT NULL,
        PRIMARY KEY (tenant, subject)
    )
     WITHOUT ROWID
    """,
    """
    CREATE TABLE purge (
        position BIGINT NOT NULL,
        subject TEXT NOT NULL,
        tenant TEXT NOT NULL,
        "before" BIGINT,
        rev BIGINT DEFAULT 0 NOT NULL,
        PRIMARY KEY (position, subject)
    )
    """,
    """
    CREATE TABLE record (
        tenant TEXT NOT NULL,
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        at BIGINT NOT NULL,
        made BIGINT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (tenant, kind, id)
    )
    """,
    """
    CREATE TABLE store (
        "key" TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY ("key")
    )
    """,
    """
    CREATE TABLE tenant (
        number INTEGER NOT NULL,
        id TEXT NOT NULL,
        rev BIGINT NOT NULL,
        apart BOOLEAN DEFAULT 0 NOT NULL,
        PRIMARY KEY (number),
        UNIQUE (id)
    )
    """,
    """
    CREATE TABLE visitor (
        tenant TEXT NOT NULL,
        id TEXT NOT NULL,
        site TEXT NOT NULL,
        identity TEXT,
        name TEXT NOT NULL,
        email TEXT NOT NULL,
        phone TEXT NOT NULL,
        last_seen BIGINT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (tenant, id)
    )
    """,
    "CREATE INDEX visitor_identity ON visitor (tenant, identity) WHERE identity IS NOT NULL",
    "CREATE INDEX visitor_seen ON visitor (tenant, last_seen)",
    "CREATE INDEX visitor_name ON visitor (tenant, name COLLATE NOCASE) WHERE name != ''",
    "CREATE INDEX visitor_email ON visitor (tenant, email COLLATE NOCASE) WHERE email != ''",
    "CREATE INDEX visitor_phone ON visitor (tenant, phone COLLATE NOCASE) WHERE phone != ''",
    "CREATE VIRTUAL TABLE search USING fts5"
    " (terms, content = '', detail = none, columnsize = 0, tokenize = 'ascii')",
    "INSERT INTO search (search, rank) VALUES ('automerge', 8)",
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
    "ANALYZE sqlite_schema",
    """
    INSERT INTO sqlite_stat1 VALUES
        ('event', 'event_tenant_rev', '1000000 100000 1'),
        ('head', 'head', '50000 10000 1'),
        ('conversation', 'sqlite_autoindex_conversation_1', '100000 10000 1'),
        ('conversation', 'conversation_active', '100000 10000 2500 800 1'),
        ('conversation', 'conversation_assignee', '50000 10000 500 100 50'),
        ('conversation', 'conversation_team', '50000 10000 2000 500 200'),
        ('conversation', 'conversation_visitor', '100000 10000 2 1'),
        ('conversation_label', 'sqlite_autoindex_conversation_label_1', '50000 5000 500 1'),
        ('conversation_label', 'conversation_label_conversation', '50000 5000 2'),
        ('visitor', 'sqlite_autoindex_visitor_1', '100000 10000 1'),
        ('visitor', 'visitor_identity', '10000 1000 1'),
        ('visitor', 'visitor_seen', '100000 10000 1'),
        ('visitor', 'visitor_name', '50000 10000 2'),
        ('visitor', 'visitor_email', '50000 10000 1'),
        ('visitor', 'visitor_phone', '50000 10000 1')
    """,
)


def upgrade() -> None:
    """Make every table."""
    for statement in STATEMENTS:
        op.execute(statement)
