"""Lines and windows: the JSON that is written quickly, and windows that grow, against ones that are made anew."""

from typing import Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdesk.ai.lines import ReadyLine, Window, ready_line
from fastdesk.ai.provider import Line
from fastdesk.ai.settings import AssistantSettings

MASK = AssistantSettings().mask
ROLES: st.SearchStrategy[Literal["user", "assistant"]] = st.sampled_from(("user", "assistant"))
TEXTS = st.text('ab1"\\/<>\n\x00\x1f é你😀', max_size=12)
LINES = st.builds(lambda role, text: ready_line(role, text, MASK), ROLES, TEXTS)


def newest(lines: list[ReadyLine], most: int, room: int) -> list[ReadyLine]:
    """Return the newest lines that fit, slowly."""
    kept: list[ReadyLine] = []
    for line in reversed(lines):
        if len(kept) == most or sum(each.tokens for each in kept) + line.tokens > room:
            break
        kept.insert(0, line)
    return kept


@given(ROLES, TEXTS)
def test_json_of_a_line_is_what_msgspec_writes(role: Literal["user", "assistant"], text: str) -> None:
    ready = ready_line(role, text, MASK)
    assert ready.encoded == b"," + msgspec.json.encode(ready.line)


def test_half_a_character_is_no_text() -> None:
    with pytest.raises(UnicodeEncodeError):
        ready_line("user", "\ud83d", MASK)


@given(st.lists(st.none() | LINES, max_size=30), st.integers(0, 12), st.integers(-5, 200))
def test_windows_that_grow_are_those_made_anew(story: list[ReadyLine | None], most: int, room: int) -> None:
    grown, lines = Window(), list[ReadyLine]()
    for line in story:
        if line is not None:
            grown.append(line)
            lines.append(line)
        elif lines:
            grown.drop_oldest()
            del lines[0]
        wanted = newest(lines, most, room)
        for window in (grown, Window(lines)):
            found, encoded = window.newest(most, room)
            assert found == [each.line for each in wanted]
            assert encoded == b"".join([each.encoded for each in wanted])
            assert len(window) == len(lines)


def test_a_window_stays_as_it_was_given() -> None:
    window = Window([ready_line("user", "一", MASK)])
    lines, encoded = window.newest(5, 100)
    window.append(ready_line("assistant", "二", MASK))
    window.drop_oldest()
    assert lines == [Line("user", "<visitor>一</visitor>")]
    assert encoded == b"," + msgspec.json.encode(lines[0])
