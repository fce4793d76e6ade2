"""The short way of messages against the general one of all events."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdesk.model.event import Noted, Put, Said
from fastdesk.model.ids import ConversationId, TenantId
from fastdesk.store.event_bytes import Gist, decode_event, encode_event, gist_of

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


@given(SAID)
def test_the_gist_of_a_message_is_what_its_bytes_say(said: Said) -> None:
    try:
        body = encode_event(said)
    except UnicodeEncodeError:
        return
    gist = gist_of(body)
    longer = gist_of(b"\xdc\x00\x0f" + body[1:])  # the same with a longer head
    assert isinstance(gist, Gist)
    assert isinstance(longer, Gist)
    names = ("tenant", "rev", "at", "conversation", "seq", "role")
    assert [getattr(gist, name) for name in names] == [getattr(said, name) for name in names]
    assert [getattr(longer, name) for name in names] == [getattr(said, name) for name in names]
    assert decode_event(body) == said


def test_other_events_come_back_as_they_were() -> None:
    tenant = TenantId("demo")
    noted = Noted(tenant, 1, 2, ConversationId("c1"), "n", "note", "agent", "正文", {"mentions": ["a"]})
    for event in (noted, Put(tenant, 2, 3, "rule", "r", b"{}", "owner")):
        assert gist_of(encode_event(event)) == decode_event(encode_event(event)) == event
    with pytest.raises(msgspec.MsgspecError):
        gist_of(b"\x91\xa4told")
