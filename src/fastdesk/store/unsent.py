"""Which files have been taken in and are borne by no message: a follower of the store, and what is read of it."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, text

from fastdesk.model.event import Put, Said
from fastdesk.model.file import KIND
from fastdesk.model.ids import TenantId
from fastdesk.store.followers import Positioned
from fastdesk.store.reads import decode_row

__all__ = ["Unsent", "read_unsent"]


class Unsent:
    """Follow the events into the list of files that nobody has sent yet."""

    name = "unsent"
    version = "1"

    def reset(self, connection: Connection) -> None:
        for statement in _TABLE:
            connection.exec_driver_sql(statement)

    def apply(self, connection: Connection, events: Sequence[Positioned]) -> None:
        for _, event in events:
            if isinstance(event, Put) and event.kind == KIND:
                if event.body is not None:
                    connection.execute(_ADD, {"tenant": event.tenant, "id": event.id, "at": event.at})
                else:
                    connection.execute(_DROP, {"tenant": event.tenant, "id": event.id})
            elif isinstance(event, Said) and event.extra is not None:
                file = event.extra.get("file")
                if isinstance(file, dict):
                    connection.execute(_DROP, {"tenant": event.tenant, "id": str(file.get("id", ""))})

    def forget(self, connection: Connection, events: Sequence[Positioned]) -> None:
        for _, event in events:
            if isinstance(event, Put) and event.kind == KIND:
                connection.execute(_DROP, {"tenant": event.tenant, "id": event.id})


def read_unsent(connection: Connection, tenant: TenantId, now_ms: int, age_ms: int) -> list[str]:
    """Return the ids of a tenant's files that no message has borne for so long.

    What the follower has not had yet may bear one: a file counts as old by the first event that it has not had.
    """
    if not connection.dialect.has_table(connection, "file_unsent"):
        return []
    ahead = connection.execute(_AHEAD).first()
    until_ms = now_ms if ahead is None else min(now_ms, decode_row(ahead)[0].at)
    rows = connection.execute(_OLD, {"tenant": tenant, "before": until_ms - age_ms})
    return [row.id for row in rows]


_TABLE: Final = (
    "DROP TABLE IF EXISTS file_unsent",
    "CREATE TABLE file_unsent (tenant TEXT NOT NULL, id TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (tenant, id))"
    " WITHOUT ROWID",
)
_ADD: Final = text("INSERT INTO file_unsent VALUES (:tenant, :id, :at) ON CONFLICT DO NOTHING")
_DROP: Final = text("DELETE FROM file_unsent WHERE tenant = :tenant AND id = :id")
_OLD: Final = text("SELECT id FROM file_unsent WHERE tenant = :tenant AND at < :before")
_AHEAD: Final = text(
    "SELECT position, checksum, body FROM event WHERE kind != 'gone' AND position >"
    " (SELECT CAST(substr(value, instr(value, ' ') + 1) AS INTEGER) FROM store WHERE key = 'follower:unsent')"
    " ORDER BY position LIMIT 1"
)
