"""The roll-ups: a follower of the store that turns every event into counts per quarter of an hour, per hour and per day.

Three tables. `report_conversation` has the facts of each conversation, `report_count` the sums per dimension, key and span
of time (`size` in quarters of an hour, `bucket` the first of them), `report_unanswered` where a question stayed without an
answer. What is erased or too old leaves the first and the last; sums stay, for they are about nobody.
"""

from collections import defaultdict
from collections.abc import Sequence
from operator import add
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, text

from fastdesk.model.event import Changed, Noted, Said
from fastdesk.model.ids import ConversationId, TenantId
from fastdesk.reports.counters import BUCKET_MS, COUNTERS, PLACE, SIZES, Key, count, places
from fastdesk.reports.facts import RETURN_MS, Facts, Spent, handlers, is_missed
from fastdesk.store.followers import Positioned
from fastdesk.store.projections import execute_rows

__all__ = ["RollUps"]

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Facts).decode

_KINDS: Final = frozenset({"why", "rating", "spent"})  # of notes, that anything is counted of
_MESSAGES: Final = {
    "visitor": "from_visitors",
    "agent": "from_agents",
    "bot": "from_bots",
    "assistant": "from_bots",
}
_ROWS: Final = (64, 8, 1)  # rows in one statement; each has some forty values

Place = tuple[TenantId, ConversationId]
"""Tenant and conversation."""


class RollUps:
    """Follow the events into the tables that reports are read from."""

    name = "reports"
    version = "3"

    def reset(self, connection: Connection) -> None:
        for statement in _TABLES:
            connection.exec_driver_sql(statement)

    def apply(self, connection: Connection, events: Sequence[Positioned]) -> None:
        told = [event for _, event in events if _is_counted(event)]
        if told:
            step = _Step(connection, {_place(event) for event in told})
            for event in told:
                step.take(event)
            step.write()

    def forget(self, connection: Connection, events: Sequence[Positioned]) -> None:
        for _, event in events:
            if isinstance(event, Changed):
                whose = {"tenant": event.tenant, "id": event.conversation.id, "seq": 1 << 62}
            elif isinstance(event, Said):
                whose = {"tenant": event.tenant, "id": event.conversation, "seq": event.seq}
            else:
                continue
            connection.execute(_FORGET, whose)
            connection.execute(_FORGET_QUESTIONS, whose)


def _is_counted(event: object) -> bool:
    return isinstance(event, Said | Changed) or (isinstance(event, Noted) and event.kind in _KINDS)


def _place(event: Any) -> Place:
    id = event.conversation.id if isinstance(event, Changed) else event.conversation
    return event.tenant, id


class _Step:
    """The events of one step: facts are read once, changed in memory, and written once with what they add to the sums."""

    def __init__(self, connection: Connection, touched: set[Place]) -> None:
        self._connection = connection
        self._cursor: Any = connection.connection.cursor()
        self._facts: dict[Place, Facts] = {}
        self._sums: defaultdict[tuple[TenantId, Key], list[int]] = defaultdict(lambda: [0] * len(COUNTERS))
        self._questions: list[tuple[TenantId, int, ConversationId, int]] = []
        #: (opening, id) of the newest conversation of each visitor who opened one in this step.
        self._latest: dict[tuple[TenantId, str], tuple[int, str]] = {}
        by_tenant: defaultdict[TenantId, list[ConversationId]] = defaultdict(list)
        for tenant, id in sorted(touched):
            by_tenant[tenant].append(id)
        for tenant, ids in by_tenant.items():
            marks = ", ".join("?" * len(ids))
            rows = connection.exec_driver_sql(_READ.format(marks), (tenant, *ids))
            known = {row.id: row.body for row in rows}
            for id in ids:
                self._admit((tenant, id), known.get(id))

    def take(self, event: Any) -> None:
        """Count one event."""
        place = _place(event)
        facts = self._facts[place]
        if isinstance(event, Changed) and "opened" in event.what:
            self._note_return(place, event)
        facts.learn(event)
        if isinstance(event, Said):
            self._add_message(place, facts, event)
        if not isinstance(event, Changed):
            why = event.why if isinstance(event, Said) else event.body if event.kind == "why" else None
            if why is not None:
                self._add_why(place, facts, event.at, why)
            elif isinstance(event, Noted) and event.kind == "spent" and event.body is not None:
                self._add_spent(place, facts, event.at, event.body)

    def write(self) -> None:
        """Write facts and sums."""
        for place, facts in self._facts.items():
            self._add_all(place, facts, 1)
        connection = self._connection
        rows = [
            (tenant, id, facts.visitor, facts.opened_at, facts.last_seq, _encode(facts))
            for (tenant, id), facts in self._facts.items()
        ]
        execute_rows(connection, _WRITE, rows, sizes=_ROWS)
        sums = [
            (tenant, dimension, size, bucket, key, *values)
            for (tenant, dimension, size, bucket, key), values in self._in_spans().items()
            if any(values)
        ]
        execute_rows(connection, _ADD, sums, sizes=_ROWS)
        execute_rows(connection, _ASK, self._questions, sizes=_ROWS)

    def _in_spans(self) -> dict[tuple[TenantId, str, int, int, str], list[int]]:
        """Return the sums of each quarter of an hour, and what they come to in its hour and its day."""
        found: dict[tuple[TenantId, str, int, int, str], list[int]] = {}
        for (tenant, (dimension, key, bucket)), values in self._sums.items():
            if any(values):  # most of what is taken back is added again
                for size in SIZES:
                    place = (tenant, dimension, size, bucket - bucket % size, key)
                    known = found.get(place)
                    found[place] = values if known is None else list(map(add, known, values))
        return found

    def _admit(self, place: Place, body: bytes | None) -> None:
        """Take a conversation into this step: what it counted for until now is taken back, until `write` adds it again."""
        facts = self._facts[place] = Facts() if body is None else _decode(body)
        self._add_all(place, facts, -1)

    def _add_all(self, place: Place, facts: Facts, sign: int) -> None:
        tenant, sums = place[0], self._sums
        for key, counter, value in count(facts):
            sums[tenant, key][counter] += sign * value

    def _add(self, place: Place, where: list[tuple[str, str]], at: int, **counts: int) -> None:
        for dimension, key in where:
            values = self._sums[place[0], (dimension, key, at // BUCKET_MS)]
            for name, value in counts.items():
                values[PLACE[name]] += value

    def _add_message(self, place: Place, facts: Facts, said: Said) -> None:
        name = _MESSAGES.get(said.role)
        if name is not None:
            where = places(facts)
            self._add(
                place,
                [*where, ("agent", said.sender)] if name == "from_agents" else where,
                said.at,
                **{name: 1},
            )

    def _add_why(self, place: Place, facts: Facts, at: int, why: dict[str, Any]) -> None:
        where = places(facts)
        self._add(place, [("handler", name) for name in handlers(why)], at, from_bots=1)
        if is_missed(why):
            facts.unanswered += 1
            self._add(place, where, at, unanswered=1)
            self._questions.append((place[0], at, place[1], facts.asked_seq))
        self._add_spent(place, facts, at, why)

    def _add_spent(self, place: Place, facts: Facts, at: int, why: dict[str, Any]) -> None:
        where = places(facts)
        spent = Spent.of(why)
        if spent is None:
            return
        facts.spend(spent)
        if spent.model:
            where = [*where, ("model", spent.model)]
        if spent.trouble:
            where = [*where, ("trouble", spent.trouble)]
        self._add(
            place,
            where,
            at,
            calls=spent.calls,
            late=int(spent.trouble == "late"),
            tokens_in=spent.tokens_in,
            tokens_out=spent.tokens_out,
            cost_micro=spent.cost_micro,
            model_ms=spent.total_ms,
        )

    def _note_return(self, place: Place, opened: Changed) -> None:
        """When a visitor opens another conversation soon after one, the one before has not helped."""
        tenant, visitor = place[0], opened.conversation.visitor
        latest = self._latest.get((tenant, visitor)) or self._find_latest(tenant, visitor)
        self._latest[tenant, visitor] = max(latest, (opened.conversation.opened_at, place[1]))
        before = (tenant, ConversationId(latest[1]))
        if not latest[1] or before == place:
            return
        if before not in self._facts:
            row = self._cursor.execute(_ONE, before).fetchone()
            self._admit(before, None if row is None else row[0])
        facts = self._facts[before]
        if facts.last_at >= opened.at - RETURN_MS:
            facts.has_returned = True

    def _find_latest(self, tenant: TenantId, visitor: str) -> tuple[int, str]:
        # One of these for each new conversation: the driver's own cursor takes a tenth of the time.
        row = self._cursor.execute(_LATEST, (tenant, visitor)).fetchone()
        return (0, "") if row is None else (row[0], row[1])


_TABLES: Final = (
    "DROP TABLE IF EXISTS report_conversation",
    "DROP TABLE IF EXISTS report_count",
    "DROP TABLE IF EXISTS report_unanswered",
    "CREATE TABLE report_conversation (tenant TEXT NOT NULL, id TEXT NOT NULL, visitor TEXT NOT NULL,"
    " opened_at BIGINT NOT NULL, last_seq BIGINT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (tenant, id))",
    "CREATE INDEX report_conversation_opened ON report_conversation (tenant, opened_at)",
    "CREATE INDEX report_conversation_visitor ON report_conversation (tenant, visitor, opened_at)",
    "CREATE TABLE report_count (tenant TEXT NOT NULL, dimension TEXT NOT NULL, size BIGINT NOT NULL, bucket BIGINT NOT NULL,"
    " key TEXT NOT NULL, "
    + ", ".join(f"{name} BIGINT NOT NULL" for name in COUNTERS)
    + ", PRIMARY KEY (tenant, dimension, size, bucket, key)) WITHOUT ROWID",
    "CREATE TABLE report_unanswered (tenant TEXT NOT NULL, at BIGINT NOT NULL, conversation TEXT NOT NULL,"
    " seq BIGINT NOT NULL, PRIMARY KEY (tenant, at, conversation, seq)) WITHOUT ROWID",
    "CREATE INDEX report_unanswered_conversation ON report_unanswered (tenant, conversation, seq)",
)
_READ: Final = "SELECT id, body FROM report_conversation WHERE tenant = ? AND id IN ({})"
_ONE: Final = "SELECT body FROM report_conversation WHERE tenant = ? AND id = ?"
_LATEST: Final = (
    "SELECT opened_at, id FROM report_conversation WHERE tenant = ? AND visitor = ?"
    " ORDER BY opened_at DESC, id DESC LIMIT 1"
)
_WRITE: Final = (
    "INSERT INTO report_conversation VALUES {} ON CONFLICT (tenant, id) DO UPDATE SET visitor = excluded.visitor,"
    " opened_at = excluded.opened_at, last_seq = excluded.last_seq, body = excluded.body"
)
_ADD: Final = (
    "INSERT INTO report_count VALUES {} ON CONFLICT (tenant, dimension, size, bucket, key) DO UPDATE SET "
    + ", ".join(f"{name} = report_count.{name} + excluded.{name}" for name in COUNTERS)
)
_ASK: Final = "INSERT INTO report_unanswered VALUES {} ON CONFLICT DO NOTHING"
_FORGET: Final = text(
    "DELETE FROM report_conversation WHERE tenant = :tenant AND id = :id AND last_seq <= :seq"
)
_FORGET_QUESTIONS: Final = text(
    "DELETE FROM report_unanswered WHERE tenant = :tenant AND conversation = :id AND seq <= :seq"
)
