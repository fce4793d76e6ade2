"""Events on their way into SQLite: consecutive events of the journal enter, rows of table `event` leave.

A row costs what it costs, however many events it holds. So what was said in a conversation goes into one row as far as it came
in one step: a message and its answer at least, and all of a burst. For that, events of the same second about other conversations
change places; a record stays where it is, and nothing passes it, because it may say what is to be removed.

What a reader may rely on: the events of a row are about one subject, in order, and have the positions up to the row's own; they
are at most `MOST`, and their revs and times lie less than `REVS` and `SPAN_MS` apart.
"""

from collections.abc import Iterable
from typing import Any, Final

from fastdesk._core import checksum
from fastdesk.model.event import Changed, Event, Put
from fastdesk.model.ids import TenantId
from fastdesk.store.batch import Batch
from fastdesk.store.breath import BREATH, breathe
from fastdesk.store.event_bytes import MOST, REVS, SPAN_MS, Stretch, count_of, decode_event

__all__ = ["Feed", "Key", "Run", "encode_bodies", "puts_of", "subject_of"]

_PREVIEW_CHARACTERS: Final = 200

Key = tuple[TenantId, str]
"""A tenant and a subject: what an event is about."""


def subject_of(event: Event) -> str:
    """Return what an event is about, unique within its tenant."""
    if isinstance(event, Put):
        return f"{event.kind}:{event.id}"
    return event.conversation.id if isinstance(event, Changed) else event.conversation


def puts_of(batch: Batch) -> list[Put]:
    """Return the records among events."""
    return [piece for piece in batch.pieces if type(piece) is Put]


def encode_bodies(bodies: list[bytes]) -> bytes:
    """Return what a row holds of encoded events, up to `MOST`: a MessagePack array."""
    return b"".join([bytes([0x90 | len(bodies)]), *bodies])


class Run:
    """What was said in one conversation in a row, or one event of another kind."""

    __slots__ = ("asked", "bodies", "first_rev", "first_seq", "is_said", "key", "last", "position")

    def __init__(self, key: Key, piece: Stretch | Event, bodies: list[bytes]) -> None:
        self.key = key
        self.is_said = isinstance(piece, Stretch)
        self.first_rev = piece.first_rev if isinstance(piece, Stretch) else piece.rev
        self.first_seq = piece.first_seq if isinstance(piece, Stretch) else 0
        self.last = piece
        self.bodies = bodies
        self.position = 0
        self.asked = 0  # messages of the visitor

    def asked_after(self, seq: int) -> int:
        """Count the visitor's messages behind a seq."""
        if self.first_seq > seq:
            return self.asked
        said: list[Any] = list(map(decode_event, self.bodies))
        return sum([each.role == "visitor" and each.seq > seq for each in said])


class Feed:
    """Consecutive events of one data base as `runs`; those that nobody said stand in `others` as well, with their positions."""

    __slots__ = ("_about", "heads", "known", "others", "runs")

    def __init__(self, batch: Batch, known: dict[Key, int] | None = None) -> None:
        #: Positions of the last rows about subjects before these events, as far as somebody remembers them; and after them.
        self.known: dict[Key, int] = known if known is not None else {}
        self.heads: dict[Key, int] = {}
        self.runs: list[Run] = []
        self.others: list[tuple[int, Event]] = []
        #: What may still change places, by tenant and subject: two dicts, so that no key has to be made of both.
        self._about: dict[str, dict[str, list[Run]]] = {}
        since = place = turn = 0
        bodies = batch.bodies
        for piece in batch.pieces:
            if place >= turn:
                breathe()
                turn += BREATH
            began, end = piece.first_at if isinstance(piece, Stretch) else piece.at, place + count_of(piece)
            if began < since or piece.at - since >= SPAN_MS:
                self._put_together()
                since = began
            if isinstance(piece, Stretch):
                self._say(piece, bodies[place:end])
            else:
                self._take(subject_of(piece), piece, bodies[place:end])
                if type(piece) is Put:
                    self._put_together()
            place = end
        self._put_together()
        self._number(batch)

    def _number(self, batch: Batch) -> None:
        positions, size = batch.positions, 0
        for run in self.runs:
            size += len(run.bodies)
            run.position = positions[size - 1]
            self.heads[run.key] = run.position
            if not isinstance(run.last, Stretch):
                self.others.append((run.position, run.last))

    def _say(self, stretch: Stretch, bodies: list[bytes]) -> None:
        subjects = self._about.get(stretch.tenant)
        runs = subjects.get(stretch.conversation) if subjects is not None else None
        run = runs[-1] if runs is not None else None
        if (
            run is not None
            and run.is_said
            and len(run.bodies) + len(bodies) <= MOST
            and stretch.rev - run.first_rev < REVS
        ):
            run.last = stretch
            run.bodies += bodies
        else:
            run = self._take(stretch.conversation, stretch, bodies)
        run.asked += stretch.asked

    def _take(self, subject: str, piece: Stretch | Event, bodies: list[bytes]) -> Run:
        run = Run((piece.tenant, subject), piece, bodies)
        self._about.setdefault(piece.tenant, {}).setdefault(subject, []).append(run)
        return run

    def _put_together(self) -> None:
        for subjects in self._about.values():
            for runs in subjects.values():
                self.runs += runs
        self._about.clear()

    def unknown(self) -> list[Key]:
        """Return the subjects of which nobody remembers a row."""
        return [key for key in self.heads if key not in self.known]

    def rows(self, found: Iterable[tuple[TenantId, str, int]]) -> list[tuple[Any, ...]]:
        """Return the rows of table `event`, linked to the last ones before them: those of `unknown` that were found, and the known."""
        before: dict[Key, int] = {(tenant, subject): position for tenant, subject, position in found}
        known = self.known
        rows: list[tuple[Any, ...]] = []
        for number, run in enumerate(self.runs):
            if number % BREATH == 0:
                breathe()
            last: Any = run.last
            kind, seq = ("said", last.seq) if run.is_said else (last.__struct_config__.tag, 0)
            body = encode_bodies(run.bodies)
            key, length = run.key, len(run.bodies)
            previous = before[key] if key in before else known.get(key, 0)
            # The driver looks for an adapter of bytes, each time in vain; of bytearray it doesn't.
            content = checksum(body), bytearray(body)
            rows.append((run.position, key[0], last.rev, kind, seq, previous, length, *content))
            before[key] = run.position
        return rows

    def spoken(self, read: dict[Key, int]) -> list[tuple[Any, ...]]:
        """Return of each conversation in which something was said: tenant, id, time, seq, role and beginning of the last message,
        and how many of the visitor's the agent has not read, who has up to seq `read`.
        """
        last: dict[Key, bytes] = {}
        unread: dict[Key, int] = {}
        for run in self.runs:
            if run.is_said:
                last[run.key] = run.bodies[-1]
                unread[run.key] = unread.get(run.key, 0) + run.asked_after(read.get(run.key, 0))
        rows: list[tuple[Any, ...]] = []
        for key, body in last.items():
            said: Any = decode_event(body)
            rows.append((*key, said.at, said.seq, said.role, said.text[:_PREVIEW_CHARACTERS], unread[key]))
        return rows

    def revs(self) -> dict[TenantId, int]:
        """Return the highest rev of each tenant."""
        revs: dict[TenantId, int] = {}
        for run in self.runs:
            rev = run.last.rev
            if rev > revs.get(run.key[0], 0):
                revs[run.key[0]] = rev
        return revs
