"""The thread behind the loop: events of the journal in, rows of SQLite out, on a disk and with its commits.

One operation is a visitor's message and its answer. A step takes 2,048 events, which is what a desk under load leaves between
two steps; the visitors take turns at random.
"""

from __future__ import annotations

import atexit
import random
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import cycle, islice, pairwise
from pathlib import Path

from benchmarks.load.desk import ANSWER, QUESTION
from fastdesk._core import index_terms
from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed, Event, Said
from fastdesk.model.folding import fold
from fastdesk.model.ids import ConversationId, SiteId, TenantId, VisitorId
from fastdesk.store.batch import Batch
from fastdesk.store.databases import FileDatabases
from fastdesk.store.event_bytes import encode_event
from fastdesk.store.projector import Projector

_TENANT, _SITE = TenantId("demo"), SiteId("demo")
_AT_MS = 1_767_225_600_000
_STEP_EVENTS = 2048
_MESSAGES = 24 * _STEP_EVENTS // 2  # then they come again
_PER_SECOND = 20_000


class _Tape:
    """A journal that says the same over and over."""

    def __init__(self, conversations: int) -> None:
        self.bodies = [encode_event(event) for event in (*_opened(conversations), *_said(conversations))]
        self.first = conversations
        self.last = conversations

    def read(self, after: int, limit: int) -> Batch | None:
        size = min(limit, _STEP_EVENTS, self.last - after)
        if size <= 0:
            return None
        start = after if after < self.first else self.first + (after - self.first) % (2 * _MESSAGES)
        bodies = self.bodies[start : start + size]
        return Batch(range(after + 1, after + 1 + len(bodies)), bodies)

    def trim(self, fed: int) -> None:
        pass


def _id(number: int) -> ConversationId:
    return ConversationId(f"01jq2m{number * 7919 % 1_000_003:06d}v9x3k7n8p4r6t")


def _opened(conversations: int) -> Iterator[Event]:
    for rev in range(1, conversations + 1):
        now = Conversation(
            id=_id(rev - 1), tenant=_TENANT, site=_SITE, visitor=VisitorId(f"v{rev}"), opened_at=_AT_MS
        )
        yield Changed(_TENANT, rev, _AT_MS, now, ("opened",), "desk")


def _said(conversations: int) -> Iterator[Event]:
    rng, seqs = random.Random(6), [0] * conversations
    for number in range(_MESSAGES):
        chosen, at = rng.randrange(conversations), _AT_MS + 1000 * number // _PER_SECOND
        rev, seq = conversations + 2 * number + 1, seqs[chosen] + 1
        seqs[chosen] += 2
        said = _TENANT, at, _id(chosen)
        yield _message(said, rev, seq, "visitor", QUESTION.format(n=number))
        yield _message(said, rev + 1, seq + 1, "bot", ANSWER)


def _message(said: tuple[TenantId, int, ConversationId], rev: int, seq: int, role: str, text: str) -> Said:
    tenant, at, conversation = said
    id = f"018f3a5c-0001-7abc-8def-{rev:012d}"
    return Said(tenant, rev, at, conversation, seq, id, role, role, "", "text", text)  # type: ignore[arg-type]


def projecting_run(conversations: int) -> Callable[[int], None]:
    """Return the projecting of messages that come in so many conversations."""
    folder = tempfile.mkdtemp(prefix="fastdesk-micro-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    tape = _Tape(conversations)
    projector = Projector(tape, FileDatabases(Path(folder), readers=1), ())  # type: ignore[arg-type]
    projector.start()

    def run(count: int) -> None:
        tape.last += 2 * count
        while projector.step():
            pass

    while projector.step():  # the conversations are open
        pass
    return run


# What the search index is told of a message.

_TEXTS = [fold(text) for number in range(100) for text in (QUESTION.format(n=number), ANSWER)]


def terms_run() -> Callable[[int], None]:
    """Return the cutting of texts as the desk does it."""

    def run(count: int) -> None:
        for text in islice(cycle(_TEXTS), count):
            index_terms(text, "1x")

    return run


def terms_by_pattern() -> Callable[[int], None]:
    """Return the same with a pattern, sets and a join."""
    pattern = re.compile("([\u3400-\u9fff\uf900-\ufaff]+)|([^\\W_\u3400-\u9fff\uf900-\ufaff]+)")

    def run(count: int) -> None:
        for text in islice(cycle(_TEXTS), count):
            found: set[str] = set()
            for chinese, word in pattern.findall(text):
                if chinese:
                    found.update(chinese)
                    found.update(map("".join, pairwise(chinese)))
                else:
                    found.add(word[:64])
                    found.update(word[:size] for size in range(3, min(len(word), 9)))
            " ".join(["1x" + term for term in found])

    return run
