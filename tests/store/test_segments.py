"""The folder of journal segments: recovery above all."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fastdesk.errors import StoreDamaged, StoreTooNew
from fastdesk.model.event import Said
from fastdesk.store.batch import Batch
from fastdesk.store.event_bytes import decode_event
from fastdesk.store.segment import HEADER_SIZE, encode_header, segment_path, segment_paths
from fastdesk.store.segments import Segments

Encode = Callable[[object], bytes]
MakeSaid = Callable[..., Said]


def revs_in(batch: Batch) -> list[int]:
    return [decode_event(body).rev for body in batch.bodies]


def open_segments(folder: Path, fed: int = 0, *, segment_bytes: int = 1 << 20) -> Segments:
    segments = Segments(folder, sync=True, segment_bytes=segment_bytes)
    segments.recover(fed)
    return segments


def read_all(segments: Segments, after: int = 0, limit: int = 4096) -> list[int]:
    revs: list[int] = []
    while (batch := segments.read(after, segments.last, limit)) is not None:
        assert batch.first == after + 1
        assert len(batch.bodies) == len(batch.positions)
        revs += revs_in(batch)
        after = batch.last
    return revs


@pytest.fixture
def written(folder: Path, said: MakeSaid, encode: Encode) -> Path:
    """A journal of three records: positions 1–2, 3–5, 6."""
    segments = open_segments(folder)
    for revs in ((1, 2), (3, 4, 5), (6,)):
        segments.append([encode(said(rev)) for rev in revs])
    segments.close()
    return folder


def only_path(folder: Path) -> Path:
    (path,) = segment_paths(folder)
    return path


def test_what_was_appended_is_read_after_recovery(written: Path) -> None:
    segments = open_segments(written)
    assert segments.last == 6
    assert read_all(segments) == [1, 2, 3, 4, 5, 6]
    assert read_all(segments, limit=1) == [1, 2, 3, 4, 5, 6]
    assert read_all(segments, after=3) == [4, 5, 6]
    assert read_all(segments, after=1) == [2, 3, 4, 5, 6]
    segments.close()


def test_reading_stops_at_the_last_durable_position(written: Path) -> None:
    segments = open_segments(written)
    batch = segments.read(0, 2, 4096)
    assert batch is not None
    assert batch.last == 2
    assert segments.read(2, 2, 4096) is None
    segments.close()


def test_a_tail_torn_at_any_byte_is_cut_and_overwritten(
    written: Path, said: MakeSaid, encode: Encode, tmp_path: Path
) -> None:
    content = only_path(written).read_bytes()
    segments = open_segments(written)
    segments.append([encode(said(7, "the last one 最后"))])
    segments.close()
    longer = only_path(written).read_bytes()
    assert longer.startswith(content)
    for size in range(len(content), len(longer)):
        folder = tmp_path / str(size)
        folder.mkdir()
        path = folder / only_path(written).name
        path.write_bytes(longer[:size])
        segments = open_segments(folder)
        assert segments.last == 6
        assert path.stat().st_size == len(content)
        segments.append([encode(said(7))])
        assert read_all(segments) == [1, 2, 3, 4, 5, 6, 7]
        segments.close()
        shutil.rmtree(folder)


def test_a_flipped_bit_before_a_good_record_is_damage(written: Path) -> None:
    path = only_path(written)
    content = path.read_bytes()
    last_record = content.rindex(b"FDR1")
    for offset in range(HEADER_SIZE, last_record, 3):
        flipped = bytearray(content)
        flipped[offset] ^= 0x10
        path.write_bytes(flipped)
        with pytest.raises(StoreDamaged, match="bad record"):
            open_segments(written)
        assert path.read_bytes() == flipped, "a damaged journal is left as it is"


def test_a_flipped_bit_in_what_sqlite_has_read_is_damage(written: Path) -> None:
    path = only_path(written)
    flipped = bytearray(path.read_bytes())
    flipped[-1] ^= 1
    path.write_bytes(flipped)
    with pytest.raises(StoreDamaged, match="ends at position 5, though 6"):
        open_segments(written, fed=6)


def test_segments_end_at_their_size_and_are_trimmed_when_fed(
    folder: Path, said: MakeSaid, encode: Encode
) -> None:
    segments = open_segments(folder, segment_bytes=300)
    for rev in range(1, 21):
        segments.append([encode(said(rev))])
    firsts = [int(path.stem) for path in segment_paths(folder)]
    assert len(firsts) > 5
    assert read_all(segments) == list(range(1, 21))
    segments.trim(firsts[3] - 2)
    assert [int(path.stem) for path in segment_paths(folder)] == firsts[2:]
    segments.trim(firsts[3] - 1)
    assert [int(path.stem) for path in segment_paths(folder)] == firsts[3:]
    segments.trim(20)
    assert [int(path.stem) for path in segment_paths(folder)] == firsts[-1:]
    segments.close()
    segments = open_segments(folder, fed=20, segment_bytes=300)
    assert segments.last == 20
    segments.append([encode(said(21))])
    assert read_all(segments, after=20) == [21]
    segments.close()


def test_rotation_lets_everything_before_it_be_trimmed(folder: Path, said: MakeSaid, encode: Encode) -> None:
    segments = open_segments(folder)
    segments.rotate()
    assert len(segment_paths(folder)) == 1, "an empty segment needs no successor"
    segments.append([encode(said(1, "canary"))])
    segments.rotate()
    segments.trim(1)
    assert b"canary" not in only_path(folder).read_bytes()
    segments.append([encode(said(2))])
    assert read_all(segments, after=1) == [2]
    segments.close()
    assert open_segments(folder, fed=1).last == 2


def test_a_missing_segment_is_damage(folder: Path, said: MakeSaid, encode: Encode) -> None:
    segments = open_segments(folder, segment_bytes=300)
    for rev in range(1, 11):
        segments.append([encode(said(rev))])
    segments.close()
    segment_paths(folder)[2].unlink()
    with pytest.raises(StoreDamaged, match="has no position"):
        open_segments(folder)
    shutil.rmtree(folder)
    with pytest.raises(StoreDamaged, match="no segments"):
        open_segments(folder, fed=3)


def test_a_bad_record_in_an_earlier_segment_is_damage(folder: Path, said: MakeSaid, encode: Encode) -> None:
    segments = open_segments(folder, segment_bytes=300)
    for rev in range(1, 11):
        segments.append([encode(said(rev))])
    segments.close()
    path = segment_paths(folder)[1]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(StoreDamaged, match="bad record"):
        open_segments(folder)


def test_what_is_fed_is_not_looked_at(folder: Path, said: MakeSaid, encode: Encode) -> None:
    segments = open_segments(folder, segment_bytes=300)
    for rev in range(1, 11):
        segments.append([encode(said(rev))])
    segments.close()
    second = int(segment_paths(folder)[1].stem)
    segment_paths(folder)[0].write_bytes(b"")
    segments = open_segments(folder, fed=second - 1)
    assert segments.last == 10
    segments.close()


def test_a_segment_that_died_in_its_header_is_made_anew(
    written: Path, said: MakeSaid, encode: Encode
) -> None:
    for size in range(HEADER_SIZE):
        segment_path(written, 7).write_bytes(encode_header(7)[:size])
        segments = open_segments(written)
        assert segments.last == 6
        segments.close()
    segments = open_segments(written)
    segments.append([encode(said(7))])
    assert read_all(segments) == [1, 2, 3, 4, 5, 6, 7]
    segments.close()


def test_a_journal_of_a_later_program_is_refused(written: Path) -> None:
    path = only_path(written)
    content = bytearray(path.read_bytes())
    content[4] = 9
    path.write_bytes(content)
    with pytest.raises(StoreTooNew, match="format 9"):
        open_segments(written)


def test_text_that_looks_like_a_record_is_text(folder: Path, said: MakeSaid, encode: Encode) -> None:
    segments = open_segments(folder)
    segments.append([encode(said(1, "FDR1 FDR1\0\0\0\0"))])
    segments.append([encode(said(2, "FDR1" * 50))])
    segments.close()
    path = only_path(folder)
    path.write_bytes(path.read_bytes()[:-1])
    segments = open_segments(folder)
    assert segments.last == 1
    segments.close()
