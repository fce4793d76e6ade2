"""A message that was here before is told from a new one, for ever."""

import pytest
from tests.hub.test_live import live, said

from fastdesk._core import BloomFilter
from fastdesk.hub.live import VISITOR, Live, body_of, sent_key
from fastdesk.model.ids import ConversationId, TenantId
from fastdesk.pipeline.repeats import KEEP, Repeat, Repeats, compare
from fastdesk.protocol.codes import Rejection
from fastdesk.protocol.frames import Send

TENANT, C1, C2 = TenantId("demo"), ConversationId("c1"), ConversationId("c2")


@pytest.fixture
def repeats() -> Repeats:
    return Repeats(BloomFilter(10_000, 0.001, bytes(16)))


def write(talk: Live, id: str, text: str = "hello") -> None:
    talk.seq += 1
    talk.sent.put(sent_key(VISITOR, id), body_of("text", text), talk.seq)


def test_a_known_id_gets_its_number_and_another_body_is_refused(repeats: Repeats) -> None:
    talk = live()
    assert repeats.find(talk, VISITOR, Send("message-1", "hello")) is None
    write(talk, "message-1")
    assert repeats.find(talk, VISITOR, Send("message-1", "hello")) == Repeat(1)
    for other in (Send("message-1", "other"), Send("message-1", "hello", kind="form")):
        refusal = repeats.find(talk, VISITOR, other)
        assert isinstance(refusal, Rejection)
        assert (refusal.code, refusal.id) == ("id_reuse", "message-1")
    assert repeats.find(talk, "somebody else", Send("message-1", "hello")) is None


def test_an_old_id_is_never_taken_for_a_new_one(repeats: Repeats) -> None:
    talk = live()
    for number in range(3 * KEEP):
        write(talk, f"message-{number:06d}")
    for number in range(3 * KEEP):
        found = repeats.find(talk, VISITOR, Send(f"message-{number:06d}", "hello"))
        is_recent = number >= 3 * KEEP - KEEP // 2
        assert found == Repeat(number + 1) or (found == "unsure" and not is_recent)
    assert repeats.find(talk, VISITOR, Send("message-9", "hello")) is None


def test_what_was_read_from_the_store_is_known_and_counted(repeats: Repeats) -> None:
    talk = live(seq=3)
    talk.sent = repeats.table(TENANT, C1)
    repeats.take_in(talk, [said(1), said(2), said(3)])
    assert repeats.find(talk, VISITOR, Send("m2", "2")) == Repeat(2)
    assert repeats.find(talk, VISITOR, Send("m9", "9")) is None
    assert (talk.from_visitor, talk.from_agents) == (3, 0)


def test_a_conversation_whose_beginning_was_not_read_asks_the_store(repeats: Repeats) -> None:
    talk = live(seq=5000)
    talk.sent = repeats.table(TENANT, C1)
    repeats.take_in(talk, [said(4999), said(5000)])
    assert repeats.find(talk, VISITOR, Send("message-1", "hello")) == "unsure"
    assert repeats.find(talk, VISITOR, Send("m5000", "5000")) == Repeat(5000)


def test_conversations_of_the_same_name_have_ids_of_their_own(repeats: Repeats) -> None:
    tables = [repeats.table(TENANT, C1), repeats.table(TenantId("other"), C1), repeats.table(TENANT, C2)]
    for number in range(2 * KEEP, 0, -1):
        tables[0].put(f"{number:06d}", "a", 1)
    for table in tables[1:]:
        for number in range(2 * KEEP):
            table.put(f"9{2 * KEEP - number:06d}", "a", 1)
    assert tables[0].find("002000", "a") == -2
    assert [table.find(f"{number:06d}", "a") for table in tables[1:] for number in range(100)].count(-2) < 5


def test_a_stored_message_is_compared_with_the_one_that_came() -> None:
    assert compare(said(7), Send("m7", "7")) == Repeat(7)
    assert isinstance(compare(said(7), Send("m7", "8")), Rejection)
