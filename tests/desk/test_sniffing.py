"""A file is what its bytes are."""

import io
import zipfile

import pytest

from fastdesk.desk.sniffing import ENDINGS, UNKNOWN, sniff, sniff_archive

OFFICE = "application/vnd.openxmlformats-officedocument."


@pytest.mark.parametrize(
    ("head", "type"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"%PDF-1.7", "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (b"\x00\x00\x00\x18ftypisom", "video/mp4"),
        (b"\x00\x00\x00\x18ftypM4A ", "audio/mp4"),
        (b"ID3\x04", "audio/mpeg"),
        ("您好".encode(), "text/plain"),
        ("您好".encode("gb18030"), "text/plain"),
        (b"\xff\xfeh\x00i\x00", "text/plain"),
        (b"<script>alert(1)</script>", "text/plain"),
        (b"MZ\x90\x00\x03\x00", UNKNOWN),
        (b"\x7fELF\x02\x01", UNKNOWN),
        (b" \x89PNG\r\n\x1a\n", UNKNOWN),
        (b"", UNKNOWN),
    ],
)
def test_the_first_bytes_tell(head: bytes, type: str) -> None:
    assert sniff(head) == type
    assert type == UNKNOWN or type in ENDINGS


@pytest.mark.parametrize(
    ("name", "type"),
    [
        ("word/document.xml", OFFICE + "wordprocessingml.document"),
        ("xl/workbook.xml", OFFICE + "spreadsheetml.sheet"),
        ("ppt/presentation.xml", OFFICE + "presentationml.presentation"),
        ("anything.txt", "application/zip"),
    ],
)
def test_a_document_is_known_by_what_its_archive_holds(name: str, type: str) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, "x")
    assert sniff_archive(file) == type


def test_a_broken_archive_is_nothing() -> None:
    assert sniff_archive(io.BytesIO(b"PK\x03\x04" + b"\x00" * 100)) == UNKNOWN
