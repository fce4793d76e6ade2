"""The walk of a message: what is refused, stored, answered and delivered, and in which order."""

import json
from collections.abc import AsyncIterator

import pytest
from tests.pipeline.conftest import Floor
from tests.pipeline.handlers import Says
from tests.plugins.assistant_world import TENANT

from fastdesk._core import BloomFilter, IdTable
from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed, Said
from fastdesk.model.visitor import Visitor
from fastdesk.model.word import Level, Word, WordList, WordListId
from fastdesk.protocol.codes import Rejection

VIRTUAL_TIME = True


class Watcher:
    """A plug-in that refuses shouting and keeps what it hears."""

    def __init__(self) -> None:
        self.stored: list[str] = []
        self.changed: list[tuple[str, ...]] = []

    def on_message(self, conversation: Conversation, visitor: Visitor, text: str) -> Rejection | None:
        return Rejection("invalid", "Do not shout.") if text.isupper() else None

    def on_stored(self, said: Said) -> None:
        self.stored.append(said.text)

    def on_changed(self, changed: Changed) -> None:
        self.changed.append(changed.what)


@pytest.fixture
def watcher() -> Watcher:
    return Watcher()


@pytest.fixture
def echo() -> Says:
    return Says("echo")


@pytest.fixture
async def floor(watcher: Watcher, echo: Says) -> AsyncIterator[Floor]:
    floor = Floor()
    floor.plugins = [("watcher", watcher), ("echo", echo)]
    await floor.start()
    yield floor
    await floor.stop()


async def test_a_message_and_its_answer_are_shown_once_they_are_on_disk(floor: Floor) -> None:
    visitor = await floor.visitor()
    shown = len(visitor.frames)
    floor.say(visitor, "hello")
    assert len(visitor.frames) == shown, "nothing before the commit"
    await floor.settle()
    assert [frame["t"] for frame in visitor.frames[shown:]] == ["ack", "message"]
    assert [said.text for said in await floor.said(visitor)] == ["hello", "echo"]


async def test_a_repeated_message_is_acknowledged_with_its_first_number_and_stored_once(floor: Floor) -> None:
    visitor = await floor.visitor()
    for _ in range(2):
        await floor.do(visitor, t="send", id="message-1", text="hello")
    await floor.do(visitor, t="send", id="message-1", text="other")
    assert [frame["seq"] for frame in visitor.of("ack")] == [1, 1]
    assert [frame["code"] for frame in visitor.of("error")] == ["id_reuse"]
    assert floor.engine.pipeline.messages == 1
    assert floor.engine.pipeline.refusals == {"id_reuse": 1}


async def test_what_is_said_while_the_store_is_asked_keeps_its_place(floor: Floor) -> None:
    visitor = await floor.visitor()
    await floor.ask(visitor, "hello")
    live = visitor.live
    assert live is not None
    # The filter has, by chance or from long ago, the ids of the first and the third message.
    live.sent = IdTable(BloomFilter(100, 1e-6, bytes(16)), live.id, 2)
    for id in ("n", "message-1", "message-3", "ma", "mb"):
        live.sent.put(id, "", 0)
    for number in range(1, 6):
        floor.engine.pipeline.accept(
            visitor, json.dumps({"t": "send", "id": f"message-{number}", "text": f"text {number}"}).encode()
        )
    assert live.seq == 2, "the first one waits for the store, and the others for it"
    await floor.settle()
    acked = [frame["id"] for frame in visitor.of("ack")][1:]
    assert acked == [f"message-{number}" for number in range(1, 6)]
    texts = [said.text for said in await floor.said(visitor) if said.role == "visitor"][1:]
    assert texts == [f"text {number}" for number in range(1, 6)]


async def test_a_conversation_is_opened_before_its_first_message_and_only_then(
    floor: Floor, watcher: Watcher
) -> None:
    visitor = await floor.visitor()
    await floor.ask(visitor, "hello")
    await floor.ask(visitor, "again")
    assert [what for what in watcher.changed if "opened" in what] == [("opened",)]
    assert visitor.live is not None
    events = await floor.store.history(TENANT, visitor.live.id, None, 100)
    first = [type(event) for event in sorted(events, key=lambda event: event.rev)][:2]
    assert first == [Changed, Said]


async def test_a_veto_names_the_message_that_it_refuses(floor: Floor, watcher: Watcher) -> None:
    visitor = await floor.visitor()
    await floor.do(visitor, t="send", id="message-1", text="HELLO")
    (error,) = visitor.of("error")
    assert (error["code"], error["message"], error["id"]) == ("invalid", "Do not shout.", "message-1")
    assert watcher.stored == []


async def test_the_word_filter_blocks_masks_and_calls_a_person(floor: Floor, echo: Says) -> None:
    levels: dict[str, Level] = {"curse": "block", "secret": "mask", "lawyer": "handoff"}
    for word, level in levels.items():
        floor.put(TENANT, "words", WordList(id=WordListId(word), level=level, words=(Word(word),)))
    await floor.settle()
    visitor = await floor.visitor()
    await floor.do(visitor, t="send", id="message-1", text="a curse")
    assert (visitor.of("error")[-1]["code"], visitor.of("error")[-1]["id"]) == ("blocked_text", "message-1")
    await floor.ask(visitor, "my secret")
    assert [said.text for said in await floor.said(visitor)] == ["my ******", "echo"]
    await floor.ask(visitor, "my lawyer")
    assert floor.conversation(visitor).mode == "queued"
    assert visitor.texts == ["echo"], "the bot is silent where a person is wanted"
    assert echo.asked == 1, "no handler is asked then"
    assert [note.body["level"] for note in await floor.notes(visitor, "why") if note.body] == [
        "block",
        "mask",
        "handoff",
    ]


async def test_a_masked_message_that_is_sent_again_is_the_same_one(floor: Floor) -> None:
    floor.put(TENANT, "words", WordList(id=WordListId("w"), level="mask", words=(Word("secret"),)))
    await floor.settle()
    visitor = await floor.visitor()
    for text in ("my secret", "my secret", "my other secret"):
        await floor.do(visitor, t="send", id="message-1", text=text)
    live = visitor.live
    assert live is not None
    live.sent = floor.engine.rooms.repeats.table(TENANT, live.id)
    live.sent.miss_older()
    for text in ("my secret", "my other secret"):  # now the store is asked
        await floor.do(visitor, t="send", id="message-1", text=text)
        await floor.settle()
    assert [frame["seq"] for frame in visitor.of("ack")] == [1, 1, 1]
    assert [frame["code"] for frame in visitor.of("error")] == ["id_reuse", "id_reuse"]


async def test_what_a_full_disk_cannot_take_is_to_be_sent_again(floor: Floor) -> None:
    visitor = await floor.visitor()
    floor.store.accepting = False
    await floor.do(visitor, t="send", id="message-1", text="hello")
    (error,) = visitor.of("error")
    assert (error["code"], error["id"], error["retry_after_ms"]) == ("retry_later", "message-1", 1000)
    floor.store.accepting = True
    await floor.do(visitor, t="send", id="message-1", text="hello")
    assert visitor.of("ack")[-1]["seq"] == 1


async def test_a_message_wakes_what_was_set_aside(floor: Floor) -> None:
    li = await floor.hire("li")
    visitor = await floor.visitor()
    await floor.ask(visitor, "hello")
    await floor.do(li, t="snooze", conversation=floor.conversation(visitor).id, until=0)
    assert floor.conversation(visitor).state == "snoozed"
    await floor.ask(visitor, "back again")
    assert floor.conversation(visitor).state == "open"


async def test_visitors_are_told_of_what_concerns_them_only(floor: Floor) -> None:
    li = await floor.hire("li")
    visitor = await floor.visitor()
    await floor.ask(visitor, "hello")
    id, told = floor.conversation(visitor).id, len(visitor.of("status"))
    await floor.do(li, t="label", conversation=id, add=["vip"])
    await floor.do(li, t="note", conversation=id, id="note-0001", text="a good one")
    assert len(visitor.of("status")) == told
    await floor.do(li, t="take", conversation=id)
    assert visitor.of("status")[-1]["state"] == "assigned"
    assert [note.text for note in await floor.notes(visitor, "note")] == ["a good one"]


async def test_what_is_no_frame_is_counted_and_refused(floor: Floor) -> None:
    visitor = await floor.visitor()
    floor.engine.pipeline.accept(visitor, b"{")
    await floor.do(visitor, t="hello", token="x")
    await floor.do(visitor, t="take", conversation="c1")
    assert [frame["code"] for frame in visitor.of("error")] == ["bad_frame", "bad_frame", "forbidden"]
    assert floor.engine.pipeline.refusals == {"bad_frame": 2, "forbidden": 1}
