"""What one peer is told, and when it is cut."""

from tests.hub.test_live import said
from tests.pipeline.sessions import Kept

from fastdesk.hub.session import MAX_ERRORS
from fastdesk.protocol.codes import Rejection


def test_an_agent_is_told_where_its_message_is_a_visitor_knows() -> None:
    session = Kept()
    session.acknowledge(said(3))
    session.watching = {}
    session.acknowledge(said(4))
    assert session.frames[0] == {"t": "ack", "id": "m3", "seq": 3, "at": 0}
    assert session.frames[1]["conversation"] == "c1"


def test_a_refusal_names_the_code_the_message_and_the_conversation() -> None:
    session = Kept()
    session.refuse(Rejection("rate_limited", id="message-1", retry_after_ms=250), "c1")
    (frame,) = session.frames
    assert (frame["code"], frame["id"], frame["retry_after_ms"], frame["conversation"]) == (
        "rate_limited",
        "message-1",
        250,
        "c1",
    )


def test_one_wrong_frame_too_many_cuts_the_peer() -> None:
    session = Kept()
    for _ in range(MAX_ERRORS):
        session.refuse(Rejection("bad_frame"))
    assert session.closes == []
    session.refuse(Rejection("bad_frame"))
    assert session.closes == [(1008, "too many errors")]
    assert session.frames[-1]["code"] == "too_many_errors"


def test_being_asked_to_wait_is_no_fault() -> None:
    session = Kept()
    for _ in range(3 * MAX_ERRORS):
        session.refuse(Rejection("rate_limited"))
    assert session.closes == []
