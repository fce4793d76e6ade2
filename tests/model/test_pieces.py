"""Large objects are decoded to the same as in one go, however strings and lists are nested in them."""

import json

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fastdesk.model.pieces import decode_object

HARD = ["plain", 'quote " and \\ backslash', "[,]{,}", "炸药", "", "\u2028"]


@pytest.mark.parametrize(
    "item",
    [*HARD, {"text": 'a,"b', "allow": ["x,y", "]"]}, [1, [2, {"a": [3]}]], 12.5, None, True],
)
def test_a_long_list_is_what_it_is_in_one_go(item: object) -> None:
    body = {"id": "x", "words": [item, "filler " * 3] * 4_000, "short": [item], "level": "block"}
    assert decode_object(msgspec.json.encode(body)) == body


def test_spaces_between_do_not_matter() -> None:
    body = {"words": [f"word {number}" for number in range(10_000)]}
    assert decode_object(msgspec.json.format(msgspec.json.encode(body), indent=2)) == body


@pytest.mark.parametrize(
    "source", [b"", b"[]", b"{", b'{"a": [1,}', b'{"a": [' + b'"x" "y",' * 20_000 + b"1]}"]
)
def test_what_is_no_object_is_refused(source: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        decode_object(source)


def test_an_empty_piece_is_refused() -> None:
    with pytest.raises(msgspec.MsgspecError):
        decode_object(b'{"a": [' + b'"filler filler",' * 20_000 + b"]}")


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30), st.booleans())
@example('quote " and \\ backslash, tab\t, \x00 and \U0001f600', True)
def test_a_long_string_is_what_it_is_in_one_go(text: str, is_ascii: bool) -> None:
    body = {"text": text * (200_000 // len(text)), "id": "w"}
    assert decode_object(json.dumps(body, ensure_ascii=is_ascii).encode()) == body


@pytest.mark.parametrize("wrong", [b"\xff", b"\xe4\xb8", b"\\x", b"\\ud83d", b"\n"])
def test_a_long_string_with_a_fault_is_refused_as_in_one_go(wrong: bytes) -> None:
    source = b'{"text":"' + b"filler " * 20_000 + wrong + b' filler"}'
    with pytest.raises((msgspec.MsgspecError, UnicodeDecodeError)) as whole:
        msgspec.json.decode(source)
    with pytest.raises(whole.type):
        decode_object(source)
