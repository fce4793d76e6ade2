"""The frames of the wire: their names, their bounds, and that nobody can put one in another's place."""

from typing import Any, get_args

import msgspec
import pytest

from fastdesk.protocol import frames
from fastdesk.protocol.frames import (
    Author,
    ConversationFrame,
    Inbound,
    Message,
    Outbound,
    Presence,
    TypingFrame,
)

IN, OUT = get_args(Inbound), get_args(Outbound)
C = {"conversation": "c1"}
#: A frame of each kind that a peer may send, with the longest values that are taken.
GOOD: list[dict[str, Any]] = [
    {"t": "hello", "token": "x" * 4096, "epoch": "e" * 64, "after": 0},
    {"t": "send", "id": "x" * 64, "text": "字" * 16384, "kind": "form", "extra": {"form": "f", "values": {}}},
    {"t": "typing", "on": True, "preview": "x" * 2000},
    {"t": "read", "seq": 2**53},
    {"t": "rate", "score": 5, "comment": "x" * 2000},
    {"t": "human", "reason": "x" * 200},
    {"t": "end"},
    {"t": "stop", "turn": "t1"},
    {"t": "page", "url": "https://shop.example/" + "x" * 1900, "title": "x" * 300, "referrer": ""},
    {"t": "track", "name": "cart", "props": {"total": 5}},
    {"t": "ping"},
    {"t": "watch", **C, "after": 3},
    {"t": "unwatch", **C},
    {"t": "take", **C, "force": True},
    {"t": "assign", **C, "agent": "a1", "team": None},
    {"t": "transfer", **C, "team": "t1", "note": "because"},
    {"t": "note", **C, "id": "note-0001", "text": "…"},
    {"t": "resolve", **C},
    {"t": "reopen", **C},
    {"t": "snooze", **C, "until": 0},
    {"t": "label", **C, "add": ["vip"], "remove": []},
    {"t": "priority", **C, "priority": "urgent"},
    {"t": "bot", **C, "on": False},
    {"t": "presence", "state": "away"},
    {"t": "copilot", **C, "turn": "t1", "task": "draft"},
    {"t": "whisper", **C, "text": "x" * 4000},
]
BAD: list[dict[str, Any]] = [
    {"t": "nonsense"},
    {"token": "no tag"},
    {"t": "welcome", "epoch": "e"},
    {"t": "hello", "token": "x" * 4097},
    {"t": "hello", "token": "x", "after": -1},
    {"t": "send", "id": "short", "text": "x"},
    {"t": "send", "id": "x" * 65, "text": "x"},
    {"t": "send", "id": "x" * 8, "text": "x" * 16385},
    {"t": "send", "id": "x" * 8, "text": None},
    {"t": "send", "id": "x" * 8, "text": "x", "extra": []},
    {"t": "read", "seq": 2**53 + 1},
    {"t": "read", "seq": 1.5},
    {"t": "rate", "score": 0},
    {"t": "rate", "score": 6},
    {"t": "typing", "on": "yes"},
    {"t": "take"},
    {"t": "take", "conversation": ""},
    {"t": "assign", "conversation": "x" * 65},
    {"t": "priority", **C, "priority": "highest"},
    {"t": "presence", "state": "invisible"},
    {"t": "copilot", **C, "turn": "t1", "task": "obey"},
    {"t": "whisper", **C, "text": ""},
    {"t": "page", "url": "x" * 2001},
]


def test_every_kind_that_may_come_in_is_tried_here() -> None:
    assert {frame["t"] for frame in GOOD} == {each.__struct_config__.tag for each in IN}


@pytest.mark.parametrize("frame", GOOD, ids=lambda frame: frame["t"])
def test_a_frame_within_its_bounds_is_taken_in_both_sub_protocols(frame: dict[str, Any]) -> None:
    for wire in (msgspec.json, msgspec.msgpack):
        read = wire.decode(wire.encode(frame), type=Inbound)
        assert type(read).__struct_config__.tag == frame["t"]
        sent = {name: value for name, value in frame.items() if value is not None}
        again = wire.decode(wire.encode(read))
        assert {name: sent[name] for name in again} == again, "what equals its default is left out"


@pytest.mark.parametrize("frame", BAD, ids=str)
def test_a_frame_out_of_bounds_is_none(frame: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(frame), type=Inbound)


def test_unknown_fields_are_ignored_so_that_newer_peers_may_say_more() -> None:
    assert msgspec.json.decode(
        b'{"t": "presence", "state": "away", "mood": "fine"}', type=Inbound
    ) == Presence("away")


@pytest.mark.parametrize("side", [IN, OUT])
def test_no_two_frames_of_a_side_share_a_name(side: tuple[Any, ...]) -> None:
    tags = [each.__struct_config__.tag for each in side]
    assert len(tags) == len(set(tags))


def test_every_frame_is_frozen_and_named_to_the_outside() -> None:
    for each in (*IN, *OUT):
        assert each.__struct_config__.frozen
        assert each.__name__ in frames.__all__


def test_names_that_are_words_of_python_are_plain_on_the_wire() -> None:
    typing = msgspec.to_builtins(TypingFrame(Author("visitor"), True))
    assert typing == {"t": "typing", "from": {"role": "visitor"}, "on": True}
    assert "is" in ConversationFrame.__struct_encode_fields__


def test_what_only_agents_are_told_is_left_out_where_it_is_not_given() -> None:
    said = msgspec.to_builtins(Message(1, "m", Author("bot", "Tea"), "hi", "text", 5))
    assert said == {
        "t": "message",
        "seq": 1,
        "id": "m",
        "from": {"role": "bot", "name": "Tea"},
        "text": "hi",
        "kind": "text",
        "at": 5,
    }
