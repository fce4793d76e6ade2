"""A message that was here before is told from a new one, for ever."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.hub.test_live import live, said

from fastdesk._core import BloomFilter
from fastdesk.hub.live import VISITOR, Live, sent_key, sent_mark
from fastdesk.pipeline.parse import digest
from fastdesk.pipeline.repeats import KEEP, Repeat, Repeats, compare
from fastdesk.protocol.codes import Rejection
from fastdesk.protocol.frames import Send

SENDER = VISITOR


def repeats(expected: int = 10_000) -> Repeats:
    return Repeats(BloomFilter(expected, 0.001, bytes(16)))


def write(talk: Live, id: str, text: str = "hello") -> int:
    talk.seq += 1
    talk.sent[sent_key(SENDER, id)] = sent_mark(talk.seq, digest("text", text))
    return talk.seq


def test_a_known_id_gets_its_number_and_another_body_is_refused() -> None:
    seen, talk = repeats(), live()
    assert seen.find(talk, SENDER, Send("message-1", "hello")) is None
    write(talk, "message-1")
    assert seen.find(talk, SENDER, Send("message-1", "hello")) == Repeat(1)
    refusal = seen.find(talk, SENDER, Send("message-1", "other"))
    assert isinstance(refusal, Rejection)
    assert refusal.code == "id_reuse"
    assert seen.find(talk, "somebody else", Send("message-1", "hello")) is None


@settings(deadline=None, max_examples=20)
@given(st.integers(KEEP, 3 * KEEP), st.sampled_from([1, 100, 10_000]))
def test_an_old_id_is_never_taken_for_a_new_one(count: int, expected: int) -> None:
    seen, talk = repeats(expected), live()
    for number in range(count):
        write(talk, f"message-{number}")
        seen.trim(talk)
        assert len(talk.sent) <= KEEP
    for number in range(count):
        found = seen.find(talk, SENDER, Send(f"message-{number}", "hello"))
        assert found == Repeat(number + 1) or found == "unsure", "only the store may say that it is new"


def test_new_ids_of_a_long_conversation_rarely_cost_a_look_into_the_store() -> None:
    seen, talk = repeats(), live()
    for number in range(2 * KEEP):
        write(talk, f"message-{number}")
        seen.trim(talk)
    asked = [seen.find(talk, SENDER, Send(f"new-one-{number}", "hello")) for number in range(1000)]
    assert asked.count("unsure") < 20


def test_a_conversation_that_the_filter_never_knew_asks_the_store() -> None:
    seen, talk = repeats(), live(seq=5000)
    assert seen.find(talk, SENDER, Send("message-1", "hello")) == "unsure"
    seen.remember_older(talk, [said(1), said(2)])
    assert seen.find(talk, SENDER, Send("message-1", "hello")) is None
    assert seen.find(talk, SENDER, Send("m1", "hello")) == "unsure"
    seen.forget(talk)
    assert seen.find(talk, SENDER, Send("message-1", "hello")) == "unsure"


def test_a_stored_message_is_compared_with_the_one_that_came() -> None:
    assert compare(said(7), Send("m7", "7")) == Repeat(7)
    assert isinstance(compare(said(7), Send("m7", "8")), Rejection)


def test_notes_among_the_messages_do_not_make_old_ids_new() -> None:
    seen, talk = repeats(), live()
    for number in range(KEEP + 1):
        if number % 2:
            talk.sent[sent_key("agent", f"note-{number:06d}")] = sent_mark(0, 0)
        else:
            write(talk, f"message-{number}")
    seen.trim(talk)
    assert talk.sent_from == KEEP // 4 + 1
    assert seen.find(talk, SENDER, Send("message-0", "hello")) == "unsure"
