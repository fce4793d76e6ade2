"""The format of one journal file."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdesk.errors import StoreDamaged, StoreTooNew
from fastdesk.store.segment import (
    HEADER_SIZE,
    encode_header,
    encode_record,
    has_record_after,
    open_file,
    read_first_position,
    read_record,
    scan,
    segment_path,
    segment_paths,
)

BODIES = [msgspec.msgpack.encode(["said", number]) for number in range(3)]


@given(st.lists(st.lists(st.binary(max_size=300), min_size=1, max_size=5), max_size=5), st.integers(1, 2**62))
def test_scan_returns_what_was_encoded(batches: list[list[bytes]], first: int) -> None:
    content, position, expected = encode_header(first), first, []
    for batch in batches:
        bodies = [msgspec.msgpack.encode(body) for body in batch]
        content += encode_record(position, bodies)
        expected.append((position, batch))
        position += len(batch)
    found = [(at, msgspec.msgpack.decode(payload)) for at, _, payload in scan(content)]
    assert found == expected


def test_scan_stops_before_a_record_with_any_flipped_bit() -> None:
    start = encode_header(1) + encode_record(1, BODIES)
    record = encode_record(4, BODIES)
    for bit in range(len(record) * 8):
        flipped = bytearray(record)
        flipped[bit // 8] ^= 1 << bit % 8
        assert [position for position, _, _ in scan(start + flipped)] == [1], bit


def test_scan_stops_before_a_record_that_is_cut_anywhere() -> None:
    start = encode_header(1) + encode_record(1, BODIES)
    record = encode_record(4, BODIES)
    for size in range(len(record)):
        assert [position for position, _, _ in scan(start + record[:size])] == [1], size


def test_a_good_record_behind_a_bad_one_is_seen() -> None:
    first, second = encode_record(1, BODIES), encode_record(4, BODIES)
    bad = bytearray(first)
    bad[-1] ^= 1
    content = encode_header(1) + bad + second
    assert has_record_after(content, HEADER_SIZE)
    assert not has_record_after(content[:-1], HEADER_SIZE)
    assert not has_record_after(encode_header(1) + first, HEADER_SIZE)


def test_a_record_is_read_from_an_open_file(tmp_path: Path) -> None:
    path = segment_path(tmp_path, 1)
    file = open_file(path)
    record = encode_record(1, BODIES)
    file.write(encode_header(1), 0)
    file.write(record, HEADER_SIZE)
    file.sync()
    file.close()
    with path.open("rb") as reader:
        found = read_record(reader.fileno(), HEADER_SIZE)
        assert found is not None
        assert found[:2] == (1, HEADER_SIZE + len(record))
        assert msgspec.msgpack.decode(found[2]) == [["said", 0], ["said", 1], ["said", 2]]
        assert read_record(reader.fileno(), found[1]) is None
        assert read_record(reader.fileno(), HEADER_SIZE + 1) is None


def test_a_header_of_a_later_format_is_refused(tmp_path: Path) -> None:
    path = segment_path(tmp_path, 7)
    later = bytearray(encode_header(7))
    later[4] += 1
    with pytest.raises(StoreTooNew, match="format 2"):
        read_first_position(path, bytes(later))


@pytest.mark.parametrize("content", [b"x" * HEADER_SIZE, encode_header(8)])
def test_a_header_that_is_none_or_of_another_file_is_damage(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(StoreDamaged):
        read_first_position(segment_path(tmp_path, 7), content)


def test_a_file_that_ends_inside_its_header_has_no_position(tmp_path: Path) -> None:
    path = segment_path(tmp_path, 7)
    assert read_first_position(path, encode_header(7)[:-1]) is None
    assert read_first_position(path, encode_header(7)) == 7


def test_segments_are_listed_oldest_first(tmp_path: Path) -> None:
    for first in (900, 1, 10_000_000_000, 20):
        segment_path(tmp_path, first).touch()
    (tmp_path / "other").touch()
    assert [int(path.stem) for path in segment_paths(tmp_path)] == [1, 20, 900, 10_000_000_000]
