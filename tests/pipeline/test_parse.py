"""Stage 2: what of a visitor's message is refused, and what is put right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdesk.pipeline.parse import MAX_TEXT, check_message, parse
from fastdesk.protocol.codec import JSON
from fastdesk.protocol.codes import Rejection
from fastdesk.protocol.frames import Ping, Send


def sent(text: str = "hello", id: str = "message-1", kind: str = "text") -> Send:
    return Send(id, text, kind)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (sent(id="short"), "bad_id"),
        (sent(id="x" * 65), "bad_id"),
        (sent(id="with space"), "bad_id"),
        (sent(id="中文的消息标识符号"), "bad_id"),
        (sent("x" * (MAX_TEXT + 1)), "text_too_long"),
        (sent(""), "invalid"),
        (sent(" \t\n　"), "invalid"),
        (sent("\x00\x07"), "invalid"),
        (sent(kind="video"), "invalid"),
    ],
)
def test_what_is_wrong_is_refused_by_its_code(frame: Send, code: str) -> None:
    refusal = check_message(frame)
    assert isinstance(refusal, Rejection)
    assert refusal.code == code


def test_the_longest_text_and_a_file_without_words_are_taken() -> None:
    assert check_message(sent("中" * MAX_TEXT)) == sent("中" * MAX_TEXT)
    assert check_message(sent("", kind="file")) == sent("", kind="file")


def test_control_characters_go_and_lines_stay() -> None:
    assert check_message(sent("a\x00b\r\nc\rd\te\x7f\x1b")) == sent("ab\nc\nd\te")


@given(st.text(max_size=200))
def test_what_passes_has_no_control_characters_and_says_something(text: str) -> None:
    frame = check_message(sent(text))
    if isinstance(frame, Send):
        assert not any((sign < " " and sign not in "\t\n") or sign == "\x7f" for sign in frame.text)
        assert frame.text.strip()


def test_other_frames_pass_as_they_are() -> None:
    assert parse(JSON, b'{"t":"ping"}') == Ping()
    refusal = parse(JSON, b"{")
    assert isinstance(refusal, Rejection)
    assert refusal.code == "bad_frame"
