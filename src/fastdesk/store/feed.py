"""Events on their way into SQLite: consecutive events of the journal enter, rows of table `event` leave.

A row costs what it costs, however many events it holds. So what was said in a conversation goes into one row as far as it came
in one step: a message and its answer at least, and all of a burst. For that, events of the same second about other conversations
change places; a record stays where it is, and nothing passes it, because it may say what is to be removed.

What a reader may rely on: the events of a row are about one subject, in order, and have the positions up to the row's own; they
are at most `MOST`, and their revs and times lie less than `REVS` and `SPAN_MS` apart.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from fastdesk._core import checksum
from fastdesk.model.event import Changed, Event, Put, Said
from fastdesk.model.ids import TenantId

__all__ = ["MOST", "REVS", "SPAN_MS", "Feed", "Key", "Run", "encode_bodies", "puts_of", "subject_of"]

MOST: Final = 15
"""Events of a row: a MessagePack array of so many begins with one byte."""
REVS: Final = 1024
SPAN_MS: Final = 1000

_PREVIEW_CHARACTERS: Final = 200

Key = tuple[TenantId, str]
"""A tenant and a subject: what an event is about."""


def subject_of(event: Event) -> str:
    """Return what an event is about, unique within its tenant."""
    if isinstance(event, Put):
        return f"{event.kind}:{event.id}"
    return event.conversation.id if isinstance(event, Changed) else event.conversation


def puts_of(events: list[Event]) -> list[Put]:
    """Return the records among events."""
    return [event for event in events if type(event) is Put]


def encode_bodies(bodies: list[bytes]) -> bytes:
    """Return what a row holds of encoded events, up to `MOST`: a MessagePack array."""
    return b"".join([bytes([0x90 | len(bodies)]), *bodies])


class Run:
    """What was said in one conversation in a row, or one event of another kind."""

    __slots__ = ("asked", "bodies", "events", "is_said", "key", "position")

    def __init__(self, key: Key, event: Event, body: bytes, is_said: bool) -> None:
        self.key = key
        self.is_said = is_said
        self.events: list[Any] = [event]
        self.bodies = [body]
        self.position = 0
        self.asked = 0  # messages of the visitor

    def asked_after(self, seq: int) -> int:
        """Count the visitor's messages behind a seq."""
        if self.events[0].seq > seq:
            return self.asked
        return sum([event.role == "visitor" and event.seq > seq for event in self.events])


class Feed:
    """Consecutive events of one data base as `runs`; those that nobody said stand in `others` as well, with their positions."""

    __slots__ = ("_about", "_since", "others", "runs")

    def __init__(self, positions: Sequence[int], events: Sequence[Event], bodies: Sequence[bytes]) -> None:
        self.runs: list[Run] = []
        self.others: list[tuple[int, Event]] = []
        self._about: dict[Key, list[Run]] = {}  # what may still change places
        self._since = 0
        for place in range(len(events)):
            event: Any = events[place]
            at = event.at
            if not 0 <= at - self._since < SPAN_MS:
                self._put_together()
                self._since = at
            if type(event) is Said:
                self._say((event.tenant, event.conversation), event, bodies[place])
            else:
                run = Run((event.tenant, subject_of(event)), event, bodies[place], False)
                self._about.setdefault(run.key, []).append(run)
                if type(event) is Put:
                    self._put_together()
        self._put_together()
        place = -1
        for run in self.runs:
            place += len(run.events)
            run.position = positions[place]
            if not run.is_said:
                self.others.append((run.position, run.events[0]))

    def _say(self, key: Key, event: Any, body: bytes) -> None:
        about = self._about.get(key)
        if about is None:
            run = Run(key, event, body, True)
            self._about[key] = [run]
        else:
            run = about[-1]
            if run.is_said and len(run.events) < MOST and event.rev - run.events[0].rev < REVS:
                run.events.append(event)
                run.bodies.append(body)
            else:
                run = Run(key, event, body, True)
                about.append(run)
        if event.role == "visitor":
            run.asked += 1

    def _put_together(self) -> None:
        for runs in self._about.values():
            self.runs += runs
        self._about.clear()

    def heads(self) -> dict[Key, int]:
        """Return the position of the last row about each subject."""
        return {run.key: run.position for run in self.runs}

    def rows(self, known: Iterable[tuple[TenantId, str, int]]) -> list[tuple[Any, ...]]:
        """Return the rows of table `event`, linked to those that are `known` as the last before them: tenant, subject, position."""
        before: dict[Key, int] = {(tenant, subject): position for tenant, subject, position in known}
        rows: list[tuple[Any, ...]] = []
        for run in self.runs:
            last = run.events[-1]
            kind, seq = ("said", last.seq) if run.is_said else (last.__struct_config__.tag, 0)
            body = encode_bodies(run.bodies)
            previous, length = before.get(run.key, 0), len(run.bodies)
            # The driver looks for an adapter of bytes, each time in vain; of bytearray it doesn't.
            content = checksum(body), bytearray(body)
            rows.append((run.position, run.key[0], last.rev, kind, seq, previous, length, *content))
            before[run.key] = run.position
        return rows

    def spoken(self, read: dict[Key, int]) -> list[tuple[Any, ...]]:
        """Return of each conversation in which something was said: tenant, id, time, seq, role and beginning of the last message,
        and how many of the visitor's the agent has not read, who has up to seq `read`.
        """
        last: dict[Key, Any] = {}
        unread: dict[Key, int] = {}
        for run in self.runs:
            if run.is_said:
                last[run.key] = run.events[-1]
                unread[run.key] = unread.get(run.key, 0) + run.asked_after(read.get(run.key, 0))
        return [
            (*key, said.at, said.seq, said.role, said.text[:_PREVIEW_CHARACTERS], unread[key])
            for key, said in last.items()
        ]

    def revs(self) -> dict[TenantId, int]:
        """Return the highest rev of each tenant."""
        revs: dict[TenantId, int] = {}
        for run in self.runs:
            rev = run.events[-1].rev
            if rev > revs.get(run.key[0], 0):
                revs[run.key[0]] = rev
        return revs
