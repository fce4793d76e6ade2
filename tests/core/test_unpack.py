"""What is read of MessagePack against a general decoder."""

from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fastdesk._core import RunReader, split_array

EDGES = [0, 1, 127, 128, 255, 256, 2**16 - 1, 2**16, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**64 - 1]
EDGES += [-1, -32, -33, -127, -128, -129, -(2**15), -(2**15) - 1, -(2**31), -(2**31) - 1, -(2**63)]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=70)
PLAIN = TEXT | st.integers(-(2**63), 2**64 - 1) | st.sampled_from(EDGES)
OTHER = (
    st.none() | st.booleans() | st.floats() | st.binary(max_size=9) | st.lists(st.integers(0, 9), max_size=2)
)


READER = RunReader("said", alike=(0, 3), numbers={1: 9, 2: 99}, counted=(4, "v"))


def look(packed: bytes) -> tuple[str, str, int, int, bool] | None:
    """Look at a row the general way."""
    try:
        row = msgspec.msgpack.decode(packed)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if not isinstance(row, list) or not 6 <= len(row) < 16 or row[0] != "said":
        return None
    if [type(each) for each in row[1:6]] != [str, int, int, str, str]:
        return None
    if max(row[2], row[3]) >= 2**63:
        return None
    return row[1], row[4], row[2], row[3], row[5] == "v"


def expected(rows: list[bytes], begin: int, most: int) -> tuple[Any, ...] | None:
    """Read a run the general way."""
    looks = list(map(look, rows[begin : begin + most]))
    first = looks[0]
    if first is None:
        return None
    run: list[tuple[str, str, int, int, bool]] = []
    for each in looks:
        if each is None or each[:2] != first[:2]:
            break
        if not (0 <= each[2] - first[2] <= 9 and 0 <= each[3] - first[3] <= 99):
            break
        run.append(each)
    return len(run), *first[:4], *run[-1][2:4], sum(each[4] for each in run)


ROW = st.tuples(
    st.sampled_from(["said", "said", "said", "x"]),
    st.sampled_from(["a", "a", "中", "x" * 40]),
    st.integers(0, 15) | st.sampled_from(EDGES),
    st.integers(0, 120) | st.sampled_from(EDGES),
    st.just("c1") | PLAIN,
    st.sampled_from(["v", "b", "vv", ""]) | OTHER,
    st.lists(PLAIN | OTHER, max_size=12),
)


@given(st.lists(ROW, min_size=1, max_size=20), st.integers(1, 20), st.data())
def test_a_run_is_what_a_general_decoder_reads(rows: list[Any], most: int, data: st.DataObject) -> None:
    packed = [msgspec.msgpack.encode([*row[:-1], *row[-1]]) for row in rows]
    begin = data.draw(st.integers(0, len(packed) - 1))
    assert READER.read(packed, begin, most) == expected(packed, begin, most)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_row_or_none(packed: bytes) -> None:
    good = msgspec.msgpack.encode(["said", "a", 1, 2, "c1", "v"])
    for row in (packed, b"\x9f\xa4said" + packed, good[: len(packed)], good[:7] + packed):
        told = READER.read([row, good], 0, 2)
        assert told is None or told[0] in (1, 2)
    assert READER.read([good, packed], 0, 2) is not None


def test_a_row_that_is_cut_off_is_none() -> None:
    good = msgspec.msgpack.encode(["said", "a", 300, 70_000, "c" * 300, "v", None])
    end = len(good) - 1  # what stands behind is not looked at
    assert READER.read([good[:end]], 0, 1) == (1, "a", "c" * 300, 300, 70_000, 300, 70_000, 1)
    assert all(READER.read([good[:size]], 0, 1) is None for size in range(end))


@pytest.mark.parametrize("kind", range(256))
def test_every_kind_of_value_is_told_apart(kind: int) -> None:
    reader = RunReader("t", alike=(), numbers={}, counted=(1, "no"))
    row = b"\x93\xa1t" + bytes([kind]) + b"\x00" * 300
    is_number = kind < 0x80 or kind >= 0xE0 or 0xCC <= kind <= 0xD3
    is_text = 0xA0 <= kind < 0xC0 or 0xD9 <= kind <= 0xDB
    assert reader.read([row], 0, 1) is None, "what follows it is no text"
    size = 1 << (kind & 3) if 0xCC <= kind <= 0xD3 else kind & 31 if 0xA0 <= kind < 0xC0 else 0
    size = 1 << (kind - 0xD9) if 0xD9 <= kind <= 0xDB else size
    row = b"\x93\xa1t" + bytes([kind]) + b"\x00" * size + b"\xa2no"
    assert (reader.read([row], 0, 1) == (1, 1)) is (is_number or is_text)


def test_texts_that_come_again_are_the_same_and_never_another() -> None:
    reader = RunReader("t", alike=(0,), numbers={}, counted=(1, ""))
    texts = [f"{number:03d}-same-end" for number in range(600)]
    for text in (*texts, *texts, "x" * 64, "x" * 65, "ü", ""):
        assert reader.read([msgspec.msgpack.encode(["t", text, ""])], 0, 1) == (1, text, 1)
    twice = [reader.read([msgspec.msgpack.encode(["t", "again and again", ""])], 0, 1) for _ in range(2)]
    assert twice[0] is not None
    assert twice[1] is not None
    assert twice[0][1] is twice[1][1]


def test_a_text_that_is_none_is_no_row_and_wrong_questions_raise() -> None:
    assert READER.read([b"\x96\xa4said\xa2\xff\xff\x01\x02\xa1c\xa1v"], 0, 1) is None
    for begin in (-1, 1):
        with pytest.raises(IndexError):
            READER.read([b""], begin, 1)
    for row in (None, "text", 1):
        with pytest.raises(TypeError):
            READER.read([row], 0, 1)  # type: ignore[list-item]
    for wrong in ({"alike": (0, 0)}, {"alike": (4,)}, {"alike": (14,)}, {"alike": (-1,)}):
        with pytest.raises(ValueError, match="place"):
            RunReader("t", **{"numbers": {1: 1}, "counted": (4, "v"), **wrong})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="31 bytes"):
        RunReader("t" * 32, alike=(), numbers={}, counted=(0, ""))


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
