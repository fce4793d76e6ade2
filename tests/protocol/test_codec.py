"""Frames in both sub-protocols: what goes in comes out, and nothing that a peer sends raises."""

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fastdesk.model.event import Said
from fastdesk.protocol.codec import JSON, MSGPACK, SUBPROTOCOLS, Codec, message_frame, refusal_frame
from fastdesk.protocol.codes import CODES, HTTP_STATUS, Rejection
from fastdesk.protocol.frames import Ack, Author, Inbound, Message, Send

CODECS = [JSON, MSGPACK]
TEXTS = st.text(max_size=60).filter(lambda text: text.isprintable())
MESSAGES = st.builds(
    Message,
    seq=st.integers(1, 2**53),
    id=TEXTS,
    from_=st.builds(Author, role=st.sampled_from(["visitor", "agent", "bot"]), name=TEXTS),
    text=TEXTS,
    kind=st.just("text"),
    at=st.integers(0, 2**53),
    extra=st.none() | st.dictionaries(TEXTS, TEXTS | st.integers(0, 9), max_size=3),
)


PLAIN = st.text(max_size=40)
FIELDS = st.none() | st.dictionaries(PLAIN, PLAIN | st.integers(0, 9) | st.none(), max_size=3)
SAID = st.builds(
    Said,
    tenant=PLAIN,
    rev=st.integers(1, 2**53),
    at=st.integers(0, 2**53),
    conversation=PLAIN,
    seq=st.integers(1, 2**53),
    id=PLAIN,
    role=st.sampled_from(["visitor", "agent", "bot", "assistant", "system"]),
    sender=PLAIN,
    name=PLAIN | st.just(""),
    kind=st.sampled_from(["text", "image", "file", "form"]),
    text=PLAIN,
    extra=FIELDS,
    sources=st.none() | st.lists(st.dictionaries(PLAIN, PLAIN, max_size=2), max_size=2),
    why=FIELDS,
)


def encoded(codec: Codec, value: object) -> bytes:
    return msgspec.json.encode(value) if codec.is_text else msgspec.msgpack.encode(value)


@pytest.mark.parametrize("codec", CODECS)
@given(message=MESSAGES)
def test_a_frame_of_the_desk_reads_as_what_it_was(codec: Codec, message: Message) -> None:
    decoded = (msgspec.json if codec.is_text else msgspec.msgpack).decode(codec.encode(message), type=Message)
    assert decoded == message


@pytest.mark.parametrize("codec", CODECS)
@given(id=st.text(min_size=8, max_size=64), text=st.text(max_size=200))
def test_a_message_comes_out_as_it_was_sent(codec: Codec, id: str, text: str) -> None:
    try:
        payload = encoded(codec, {"t": "send", "id": id, "text": text})
    except UnicodeEncodeError:
        return  # half of a surrogate pair has no bytes
    assert codec.decode(payload) == Send(id, text)


@pytest.mark.parametrize("codec", CODECS)
@given(payload=st.binary(max_size=200))
@example(b"")
@example(b"[" * 100_000)
@example(b'{"t":"send","id":"12345678","text":"\xff"}')
@example(b"\x92" * 100_000)
def test_whatever_a_peer_sends_is_a_frame_or_a_refusal(codec: Codec, payload: bytes) -> None:
    decoded = codec.decode(payload)
    assert isinstance(decoded, Inbound | Rejection)
    if isinstance(decoded, Rejection):
        assert decoded.code == "bad_frame"


@pytest.mark.parametrize("codec", CODECS)
def test_a_refusal_does_not_repeat_what_was_sent(codec: Codec) -> None:
    for wrong in (
        {"t": "secret-word"},
        {"t": "send", "id": 5, "text": "secret-word"},
        {"t": "rate", "score": "secret-word"},
    ):
        refusal = codec.decode(encoded(codec, wrong))
        assert isinstance(refusal, Rejection)
        assert "secret-word" not in refusal.sentence


def test_fields_that_say_nothing_are_left_out() -> None:
    assert JSON.encode(Ack("m1", 3, 5)) == b'{"t":"ack","id":"m1","seq":3,"at":5}'


def test_a_refusal_carries_code_sentence_and_wait() -> None:
    frame = refusal_frame(Rejection("rate_limited", id="m1", retry_after_ms=250), "c1")
    assert (frame.code, frame.id, frame.retry_after_ms, frame.conversation) == (
        "rate_limited",
        "m1",
        250,
        "c1",
    )
    assert frame.message == CODES["rate_limited"][1]
    assert refusal_frame(Rejection("blocked")).retry_after_ms is None


def test_every_code_has_a_status_and_a_sentence() -> None:
    assert set(HTTP_STATUS) == set(CODES)
    assert all(400 <= status < 600 and sentence.endswith(".") for status, sentence in CODES.values())
    assert set(SUBPROTOCOLS) == {"fastdesk.v1.json", "fastdesk.v1.msgpack"}


@pytest.mark.parametrize("codec", CODECS)
@given(said=SAID, for_agents=st.booleans())
def test_the_short_ways_write_what_the_frames_say(codec: Codec, said: Said, for_agents: bool) -> None:
    conversation = said.conversation if for_agents else None
    frames = Ack(said.id, said.seq, said.at, conversation), message_frame(said, for_agents=for_agents)
    try:
        wanted = tuple(encoded(codec, frame) for frame in frames)
    except UnicodeEncodeError:
        return  # half of a surrogate pair is stored nowhere
    written = codec.ack(said, for_agents=for_agents), codec.message(said, for_agents=for_agents)
    assert written == wanted


@given(
    id=st.text(max_size=70) | st.just("0123456789"),
    text=st.text(max_size=60) | st.integers(16380, 16390).map(lambda size: "中" * size),
)
@example("1234567", "short id")
@example("0" * 65, "long id")
@example("01234567", "line\nbreak")
def test_the_short_way_reads_what_the_decoder_reads(id: str, text: str) -> None:
    try:
        payload = msgspec.json.encode({"t": "send", "id": id, "text": text})
    except UnicodeEncodeError:
        return
    try:
        wanted: object = msgspec.json.decode(payload, type=Inbound)
    except msgspec.ValidationError:
        wanted = "bad_frame"
    found = JSON.decode(payload)
    assert (found.code if isinstance(found, Rejection) else found) == wanted
