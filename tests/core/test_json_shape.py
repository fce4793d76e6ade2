"""The native picker against the library's decoder: what it picks is there, and what is plain it picks."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fastdesk._core import JsonShape

SHAPE: dict[str, Any] = {"a": [{"b": str, "c": None}], "d": int, "e": {"f": str, "g": {}}}
NAMES = ["a", "b", "c", "d", "e", "f", "g", "h", ""]
TEXTS = st.text('ab"\\/\b\f\n\r\t\x00é你😀', max_size=6)
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**16), 10**16)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda parts: st.lists(parts, max_size=2) | st.dictionaries(st.sampled_from(NAMES), parts, max_size=4),
    max_leaves=8,
)
FITTING = st.fixed_dictionaries(
    {},
    optional={
        "a": st.tuples(
            st.fixed_dictionaries({}, optional={"b": st.none() | TEXTS, "c": st.none(), "h": ANYTHING})
        ),
        "d": st.none() | st.integers(-2, 10**15),
        "e": st.fixed_dictionaries({}, optional={"f": st.none() | TEXTS, "g": st.just({})}),
        "x": ANYTHING,
    },
)
WAYS = st.sampled_from(
    [
        {},
        {"indent": 1},
        {"separators": (",", ":")},
        {"ensure_ascii": False},
        {"separators": (" ,\t", "\r\n: ")},
    ]
)
DOCUMENTS = st.builds(lambda value, way: json.dumps(value, **way).encode(), FITTING | ANYTHING, WAYS)


class Refused(Exception):
    """The document is not of the shape."""


def by_loading(document: bytes) -> tuple[str | None, int | None, str | None] | None:
    """Pick slowly."""

    def fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        for name, _ in pairs:
            if [name for name, _ in pairs].count(name) > 1 and name in NAMES:
                return {"twice": pairs}
        return dict(pairs)

    def is_text(value: object) -> bool:
        return value is None or isinstance(value, str)

    try:
        # What is not wanted is not decoded, so it may be no text at all.
        whole = json.loads(document.decode(errors="replace"), object_pairs_hook=fields)
        element = whole.get("a", [{}])
        inner = whole.get("e", {})
        number = whole.get("d")
        if len(element) != 1 or not (number is None or type(number) is int):
            return None
        texts = element[0].get("b"), inner.get("f")
        if not all(map(is_text, texts)) or element[0].get("c") is not None or not isinstance(element, list):
            return None
    except (ValueError, AttributeError, TypeError, KeyError):
        return None
    return texts[0], number, texts[1]


def mutated(document: bytes, place: int, piece: bytes, keep: int) -> bytes:
    place %= len(document) + 1
    return document[:place] + piece + document[place + keep :]


PIECES = st.sampled_from(
    [b"", b" ", b'"', b"\\", b"\\u0041", b"\x00", b"\xff", b"{", b"}", b"[", b"]", b",", b":", b"0", b"-", b".5", b"e9", b"null",
     b"\n", b'"a":1,', b'"d":2,', b"tru", b"\xe4\xbd"]
)  # fmt: skip


@given(DOCUMENTS, st.lists(st.tuples(st.integers(0, 400), PIECES, st.integers(0, 2)), max_size=2))
@example(b'{"d":01}', [])
@example(b'{"d":-0}', [])
@example(b'{"d":1.0}', [])
@example(b'{"x":1.,"d":1}', [])
@example(b'{"x":"\\x","d":1}', [])
@example(b'{"d":1}x', [])
@example(b'{"d":1,}', [])
@example(b'{"d":1,"d":2}', [])
@example(b'{"e":{"f":"a"},"e":{"f":"b"}}', [])
@example(b'{"a":[{},{}]}', [])
@example(b'{"a":[]}', [])
@example(b'{"c":{"b":"x"}}', [])
@example(b"", [])
@example(b'{"d', [])
@example(b'{"a":[{"b":"\\', [])
def test_what_is_picked_is_there(document: bytes, changes: list[tuple[int, bytes, int]]) -> None:
    for change in changes:
        document = mutated(document, *change)
    picked = JsonShape(SHAPE).pick(document)
    if picked is not None:
        assert picked == by_loading(document)


@given(FITTING, WAYS)
def test_what_is_plain_is_picked(value: dict[str, Any], way: dict[str, Any]) -> None:
    document = json.dumps(value, **(way | {"ensure_ascii": False})).encode()
    number = value.get("d")
    if b"\\u" in document or (number is not None and not 0 <= number < 10**15):
        assert JsonShape(SHAPE).pick(document) is None
    else:
        assert JsonShape(SHAPE).pick(document) == by_loading(document) is not None


def test_no_text_that_is_none() -> None:
    for text in (b"\xff", b"\xed\xa0\x80", b"\n", b"\\q", b"\\u0041", b"a\x00b", b"\\n\xff"):
        assert JsonShape({"t": str}).pick(b'{"t":"' + text + b'"}') is None
    assert JsonShape({"t": str}).pick(rb'{"t":"\"\\\/\b\f\n\r\t"}') == ('"\\/\b\f\n\r\t',)


def test_depth_is_bounded() -> None:
    shape = JsonShape({"t": int})
    assert shape.pick(b'{"x":' + b"[" * 60 + b"]" * 60 + b',"t":1}') == (1,)
    assert shape.pick(b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b',"t":1}') is None


def test_shapes_that_are_none_are_refused() -> None:
    for wrong in ({"a": float}, {"a": []}, {"a": [str, str]}, {"a": (str,)}, {1: str}):
        with pytest.raises((ValueError, AttributeError)):
            JsonShape(wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="64"):
        JsonShape({str(number): str for number in range(65)})
    assert JsonShape({str(number): str for number in range(64)}).pick(b'{"63":"x"}') == (None,) * 63 + ("x",)
    with pytest.raises(TypeError):
        JsonShape({}).pick("{}")  # type: ignore[arg-type]
