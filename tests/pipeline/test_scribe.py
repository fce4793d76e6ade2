"""Events of a conversation get their numbers here, and the conversation in memory stands as they say."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.hub.test_live import TENANT, live

from fastdesk.desk import changes
from fastdesk.hub.live import VISITOR, Live, sent_key
from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Event
from fastdesk.observe.clock import Clock as BaseClock
from fastdesk.observe.clock import SeededEntropy
from fastdesk.pipeline.scribe import Scribe
from fastdesk.tenants.revs import Revs


class Clock(BaseClock):
    """Half past, for ever."""

    def now_ns(self) -> int:
        return 0

    def now_ms(self) -> int:
        return 1_800_000

    def cpu_ns(self) -> int:
        return 0


class Paper:
    """What was written, with whom it came from."""

    accepting = True

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.origins: list[Any] = []

    def append(self, event: Event, origin: Any = None) -> None:
        self.events.append(event)
        self.origins.append(origin)


@pytest.fixture
def paper() -> Paper:
    return Paper()


@pytest.fixture
def scribe(paper: Paper) -> Scribe:
    return Scribe(store=paper, revs=Revs({TENANT: 40}), clock=Clock(), entropy=SeededEntropy(1))


def test_messages_are_counted_in_their_conversation_and_all_events_in_their_tenant(
    scribe: Scribe, paper: Paper
) -> None:
    talk = live(seq=7)
    said = scribe.say(talk, role="visitor", sender="v1", text="hello", id="message-1", origin="socket")
    noted = scribe.note(talk, kind="note", actor="li", text="look")
    again = scribe.say(talk, role="bot", sender="desk", text="hi")
    assert [event.rev for event in paper.events] == [41, 42, 43]
    assert (said.seq, again.seq, talk.seq) == (8, 9, 9)
    assert talk.durable_seq == 7, "written is not yet on disk"
    assert (paper.events, paper.origins) == ([said, noted, again], ["socket", None, None])


def test_a_peers_id_is_remembered_and_the_desks_own_messages_get_one(scribe: Scribe) -> None:
    talk = live()
    scribe.say(talk, role="visitor", sender="v1", text="hello", id="message-1")
    own = scribe.say(talk, role="bot", sender="desk", text="hi")
    assert (len(talk.sent), talk.sent.find(sent_key(VISITOR, "message-1"), "hello")) == (1, 1)
    assert own.id == "c1-2"
    scribe.say(talk, role="agent", sender="li", text="hello", id="message-1")
    assert len(talk.sent) == 2, "others' ids are not the visitor's"
    assert (talk.from_visitor, talk.from_agents) == (1, 1)


def test_the_time_is_now_unless_it_is_said(scribe: Scribe) -> None:
    assert scribe.say(live(), role="bot", sender="desk", text="a").at == 1_800_000
    assert scribe.say(live(), role="bot", sender="desk", text="a", at=5).at == 5


def test_a_change_stands_in_memory_before_its_followers_hear_of_it(scribe: Scribe, paper: Paper) -> None:
    talk, heard = live(), list[tuple[str, str]]()
    follow: Callable[[Live, Conversation], None] = lambda now, before: heard.append(  # noqa: E731
        (before.mode, now.conversation.mode)
    )
    scribe.followers.append(follow)
    change = changes.ask_for_person(talk.conversation, 5, "help")
    assert change is not None
    changed = scribe.change(talk, change, "visitor")
    assert heard == [("bot", "queued")]
    assert (changed.conversation, changed.reason) == (talk.conversation, "help")
    assert paper.events == [changed]


def test_notes_get_an_id_of_their_own_or_that_of_their_sender(scribe: Scribe) -> None:
    assert scribe.note(live(), kind="note", actor="li", text="x", id="note-0001").id == "note-0001"
    one, two = (scribe.note(live(), kind="note", actor="li", text="x").id for _ in range(2))
    assert (len(one), one != two) == (20, True)
