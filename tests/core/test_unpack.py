"""What is read of MessagePack against a general decoder."""

from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fastdesk._core import split_array, unpack_head

EDGES = [0, 1, 127, 128, 255, 256, 2**16 - 1, 2**16, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**64 - 1]
EDGES += [-1, -32, -33, -127, -128, -129, -(2**15), -(2**15) - 1, -(2**31), -(2**31) - 1, -(2**63)]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=70)
PLAIN = TEXT | st.integers(-(2**63), 2**64 - 1) | st.sampled_from(EDGES)
OTHER = (
    st.none() | st.booleans() | st.floats() | st.binary(max_size=9) | st.lists(st.integers(0, 9), max_size=2)
)


def expected(packed: bytes, tag: str, count: int) -> tuple[Any, ...] | None:
    """Read the same values the general way."""
    try:
        row = msgspec.msgpack.decode(packed)
    except msgspec.DecodeError:
        return None
    if not isinstance(row, list) or not count < len(row) < 16 or row[0] != tag:
        return None
    head = tuple(row[1 : count + 1])
    return head if all(type(each) in (str, int) for each in head) else None


@given(st.lists(PLAIN | OTHER, max_size=17), st.sampled_from(["said", "x"]), st.integers(0, 8))
@example(EDGES[:14], "said", 14)
@example(EDGES[10:], "said", 14)
@example(["中" * 10, "é" * 16, "x" * 31, "x" * 32, "x" * 255, "x" * 256, "x" * 65_536], "said", 7)
def test_it_is_what_a_general_decoder_reads(values: list[Any], tag: str, count: int) -> None:
    packed = msgspec.msgpack.encode([tag, *values])
    assert unpack_head(packed, "said", count) == expected(packed, "said", count)


@given(st.lists(PLAIN, min_size=1, max_size=8), st.data())
def test_what_is_cut_off_is_not_read(values: list[Any], data: st.DataObject) -> None:
    packed = msgspec.msgpack.encode(["said", *values])
    end = data.draw(st.integers(0, len(packed) - 1))
    assert unpack_head(packed[:end], "said", len(values)) is None


@given(st.binary(max_size=60), st.integers(0, 14))
def test_any_bytes_are_read_or_left(packed: bytes, count: int) -> None:
    for bytes_ in (packed, b"\x9f\xa4said" + packed):
        try:
            values = unpack_head(bytes_, "said", count)
        except UnicodeDecodeError:
            continue
        assert values is None or len(values) == count


@pytest.mark.parametrize("kind", range(256))
def test_every_kind_of_value_is_told_apart(kind: int) -> None:
    packed = b"\x92\xa1t" + bytes([kind]) + b"\x00" * 300
    head = unpack_head(packed, "t", 1)
    is_number = kind < 0x80 or kind >= 0xE0 or 0xCC <= kind <= 0xD3
    is_text = 0xA0 <= kind < 0xC0 or 0xD9 <= kind <= 0xDB
    assert (head is not None) is (is_number or is_text)


def test_texts_that_come_again_are_the_same_and_never_another() -> None:
    texts = [f"{number:03d}-same-end" for number in range(600)]
    for text in (*texts, *texts, "x" * 64, "x" * 65, "ü", ""):
        assert unpack_head(msgspec.msgpack.encode(["t", text]), "t", 1) == (text,)
    twice = [unpack_head(msgspec.msgpack.encode(["t", "again and again"]), "t", 1) for _ in range(2)]
    assert twice[0] is not None
    assert twice[1] is not None
    assert twice[0][0] is twice[1][0]


def test_a_text_that_is_none_and_a_wrong_count_raise() -> None:
    with pytest.raises(UnicodeDecodeError):
        unpack_head(b"\x92\xa1t\xa2\xff\xff", "t", 1)
    with pytest.raises(ValueError, match="-1 values"):
        unpack_head(b"\x91\xa1t", "t", -1)


ANY = st.recursive(
    PLAIN
    | OTHER
    | st.just(msgspec.msgpack.Ext(5, b"1234"))
    | st.binary(max_size=20).map(lambda b: msgspec.msgpack.Ext(1, b)),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(TEXT, inner, max_size=20),
    max_leaves=30,
)


@given(st.lists(ANY, max_size=40))
@example([])
@example([1] * 15)
@example([1] * 16)
@example([[1] * 70_000, dict.fromkeys(map(str, range(70_000)), 1), "x" * 70_000, b"x" * 70_000])
@example([msgspec.msgpack.Ext(1, b"x" * size) for size in (0, 1, 2, 4, 8, 16, 17, 255, 256, 65_536)])
def test_an_array_is_split_where_its_elements_end(elements: list[Any]) -> None:
    each = [msgspec.msgpack.encode(element) for element in elements]
    assert split_array(msgspec.msgpack.encode(elements)) == each
    long = b"\xdd" + len(each).to_bytes(4, "big") + b"".join(each)
    assert split_array(long) == each
    assert split_array(long + b"\x00") is None
    assert split_array(long[:-1]) is None


@given(
    st.binary(max_size=60),
    st.sampled_from([b"", b"\x93", b"\xdc\x00\x02", b"\xdd\x00\x00\x00\x03", b"\xdd\xff\xff\xff\xff"]),
)
@example(b"\xc1", b"\x91")
@example(b"\xdf\xff\xff\xff\xff", b"\x91")
@example(b"\xdd\xff\xff\xff\xff" * 8, b"\x91")
@example(b"\xc6\xff\xff\xff\xff", b"\x91")
def test_any_bytes_are_split_or_left(rest: bytes, head: bytes) -> None:
    elements = split_array(head + rest)
    if elements is not None:
        assert (head + rest).endswith(b"".join(elements))
        assert all(split_array(b"\x91" + element) == [element] for element in elements)
    else:
        with pytest.raises(msgspec.DecodeError):
            msgspec.msgpack.decode(head + rest, type=list[msgspec.Raw])
