"""The short way of messages against the general one of all events."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdesk.model.event import Noted, Put, Said
from fastdesk.model.ids import ConversationId, TenantId
from fastdesk.store.event_bytes import MOST, REVS, SPAN_MS, Stretch, decode_event, encode_event, stretch_of

TEXT = st.text(max_size=40)
FIELDS = st.none() | st.dictionaries(
    TEXT, TEXT | st.integers().filter(lambda n: abs(n) < 2**63) | st.none(), max_size=3
)
SAID = st.builds(
    Said,
    tenant=TEXT,
    rev=st.integers(0, 2**63 - 1),
    at=st.integers(0, 2**53),
    conversation=TEXT,
    seq=st.integers(0, 2**53),
    id=TEXT,
    role=st.sampled_from(["visitor", "agent", "bot", "assistant", "system"]),
    sender=TEXT,
    name=TEXT,
    kind=TEXT,
    text=TEXT,
    extra=FIELDS,
    sources=st.none() | st.lists(st.dictionaries(TEXT, TEXT, max_size=2), max_size=2),
    why=FIELDS,
)


@given(SAID)
def test_a_message_has_the_bytes_of_its_struct(said: Said) -> None:
    try:
        wanted = msgspec.msgpack.encode(said)
    except UnicodeEncodeError:
        with pytest.raises(UnicodeEncodeError):
            encode_event(said)
        return
    assert encode_event(said) == wanted


def told(piece: object) -> tuple[object, ...]:
    assert isinstance(piece, Stretch)
    return tuple(getattr(piece, name) for name in NAMES)


NAMES = (
    *("count", "tenant", "conversation", "first_rev", "first_at", "first_seq"),
    *("rev", "at", "seq", "asked"),
)


@given(SAID)
def test_a_stretch_of_one_message_is_what_its_bytes_say(said: Said) -> None:
    try:
        body = encode_event(said)
    except UnicodeEncodeError:
        return
    numbers = (said.rev, said.at, said.seq)
    expected = (1, said.tenant, said.conversation, *numbers, *numbers, int(said.role == "visitor"))
    longer = b"\xdc\x00\x0f" + body[1:]  # the same with a longer head
    assert told(stretch_of([body], 0)) == told(stretch_of([longer], 0)) == expected
    assert decode_event(body) == said


def message(rev: int, conversation: str = "c1", at: int = 5, role: str = "visitor") -> Said:
    chosen = ConversationId(conversation)
    return Said(TenantId("demo"), rev, at, chosen, 10 * rev, f"m{rev}", role, "v1", "", "text", "x")  # type: ignore[arg-type]


def stretches(events: list[Said]) -> list[tuple[object, ...]]:
    bodies, found, place = list(map(encode_event, events)), [], 0
    while place < len(bodies):
        found.append(told(stretch_of(bodies, place)))
        place += found[-1][0]  # type: ignore[operator]
    return found


def test_a_stretch_ends_with_its_conversation_its_second_and_its_row() -> None:
    talk = [message(1), message(2, role="bot"), message(3, at=5 + SPAN_MS - 1)]
    assert stretches(talk) == [(3, "demo", "c1", 1, 5, 10, 3, 5 + SPAN_MS - 1, 30, 2)]
    assert [each[0] for each in stretches([message(1), message(2, "c2"), message(3)])] == [1, 1, 1]
    assert [each[0] for each in stretches([message(1), message(2, at=5 + SPAN_MS)])] == [1, 1]
    assert [each[0] for each in stretches([message(1), message(2, at=4)])] == [1, 1]
    assert [each[0] for each in stretches([message(1), message(REVS), message(REVS + 1)])] == [2, 1]
    assert [each[0] for each in stretches(list(map(message, range(1, 41))))] == [MOST, MOST, 10]


def test_other_events_come_back_as_they_were() -> None:
    tenant = TenantId("demo")
    noted = Noted(tenant, 1, 2, ConversationId("c1"), "n", "note", "agent", "正文", {"mentions": ["a"]})
    for event in (noted, Put(tenant, 2, 3, "rule", "r", b"{}", "owner")):
        assert stretch_of([encode_event(event)], 0) == decode_event(encode_event(event)) == event
    with pytest.raises(msgspec.MsgspecError):
        stretch_of([b"\x91\xa4told"], 0)
