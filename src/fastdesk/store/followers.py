"""Forms of the events that may lag behind: the search index, and whatever other rooms count or index.

A follower reads table `event` in the background, in small transactions of its own, and keeps there how far it
has got. So it can be added later, or get a new version: then it is reset and reads the whole history again.
One that raises is put aside until the next start; the store goes on without it.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, Protocol

import structlog
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from fastdesk.store.database import Database
from fastdesk.store.reads import Positioned, positioned

__all__ = ["Follower", "Followers", "Positioned"]

_log = structlog.get_logger("fastdesk.store")

_STEP_EVENTS: Final = 128  # some 5 ms for the search index: what a read of new events waits for at most


class Follower(Protocol):
    """Keep a form of the events in tables of its own.

    `name` is unique and stays; a new `version` makes the follower begin again. Roll-ups for reports are meant
    to be made like this: `apply` adds an event to its day's row, `reset` empties the table.
    """

    name: str
    version: str

    def reset(self, connection: Connection) -> None:
        """Make the tables where they are missing, and empty them."""

    def apply(self, connection: Connection, events: Sequence[Positioned]) -> None:
        """Take the next events in; called once for each event, in order, and committed with the position."""

    def forget(self, connection: Connection, events: Sequence[Positioned]) -> None:
        """Remove what these events left, which are being removed themselves;

        called for events it has had only.
        """


class _Failed(Exception):
    """A follower has been put aside: what was written with it is rolled back."""


class Followers:
    """Bring the followers of each data base up to its table `event`."""

    def __init__(self, followers: Sequence[Follower]) -> None:
        self._followers = followers
        self._stands: dict[tuple[Database, str], int] = {}
        self._aside: set[str] = set()

    def step(self, database: Database) -> bool:
        """Let each follower take some events; False when there was nothing to take."""
        last = database.read(lambda connection: connection.execute(_LAST).scalar()) or 0
        return any([self._follow(database, together) for together in self._behind(database, last)])

    def _behind(self, database: Database, last: int) -> list[list[Follower]]:
        """Return the followers that are not at `last`; those that stand at the same position go together."""
        found: dict[int | str, list[Follower]] = {}
        for follower in self._followers:
            stand = self._stands.get((database, follower.name))
            if follower.name not in self._aside and (stand is None or stand < last):
                found.setdefault(follower.name if stand is None else stand, []).append(follower)
        return list(found.values())

    def forget(self, database: Database, connection: Connection, events: Sequence[Positioned]) -> None:
        """Tell the followers which events are being removed."""
        for follower in self._followers:
            stand = self._stand(database, connection, follower)
            had = [event for event in events if event[0] <= stand]
            if had and follower.name not in self._aside:
                follower.forget(connection, had)

    def _follow(self, database: Database, together: list[Follower]) -> bool:
        """Give followers that stand at the same position the next events, read once for all, in one transaction."""
        with suppress(_Failed), database.write_late() as connection:
            stands = [self._stand(database, connection, follower) for follower in together]
            after, events = _next(connection, stands[0])
            if after > stands[0]:
                for follower in together:
                    self._apply(connection, follower, events)
                    _write_stand(connection, follower, after)
        if self._aside.isdisjoint(follower.name for follower in together):
            self._stands.update({(database, follower.name): after for follower in together})
            return after > stands[0]
        return True  # nothing was kept: the others have to be asked again

    def _apply(self, connection: Connection, follower: Follower, events: Sequence[Positioned]) -> None:
        try:
            follower.apply(connection, events)
        except (DBAPIError, sqlite3.OperationalError):
            raise  # the disk's business, not the follower's
        except Exception as failure:  # the guard around other rooms' code
            self._aside.add(follower.name)
            _log.error("follower_put_aside", follower=follower.name, exc_info=failure)
            raise _Failed from failure

    def _stand(self, database: Database, connection: Connection, follower: Follower) -> int:
        """Return how far a follower is; one that is new here, or of a new version, is reset first."""
        known = self._stands.get((database, follower.name))
        if known is not None:
            return known
        found = connection.execute(_STAND, {"key": f"follower:{follower.name}"}).scalar() or ""
        version, _, position = found.partition(" ")
        if version == follower.version:
            return int(position)
        follower.reset(connection)
        _write_stand(connection, follower, 0)
        return 0


def _next(connection: Connection, after: int) -> tuple[int, list[Positioned]]:
    """Return the next events, whole rows of them, and the position of the last; `after` when there are none."""
    events: list[Positioned] = []
    with connection.execute(_NEXT, {"after": after, "limit": _STEP_EVENTS}) as rows:
        for row in rows:
            after = row.position
            if row.kind != "gone":
                events += positioned(row)
            if len(events) >= _STEP_EVENTS:
                break
    return after, events


_LAST: Final = text("SELECT max(position) FROM event")
_NEXT: Final = text(
    "SELECT position, kind, checksum, body FROM event WHERE position > :after ORDER BY position LIMIT :limit"
)
_STAND: Final = text("SELECT value FROM store WHERE key = :key")
_SET_STAND: Final = text(
    "INSERT INTO store (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)


def _write_stand(connection: Connection, follower: Follower, position: int) -> None:
    value = f"{follower.version} {position}"
    connection.execute(_SET_STAND, {"key": f"follower:{follower.name}", "value": value})
