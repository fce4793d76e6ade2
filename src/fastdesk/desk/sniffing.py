"""What kind of file some bytes are, whatever their name says.

The signatures are those of the WHATWG MIME Sniffing standard (6.1, 6.2), and of the formats' own specifications.
"""

import re
import zipfile
from typing import BinaryIO, Final

__all__ = ["ENDINGS", "HEAD_BYTES", "UNKNOWN", "sniff", "sniff_archive"]

HEAD_BYTES: Final = 512
UNKNOWN: Final = "application/octet-stream"
_MAX_NAMES: Final = 10_000  # of an archive: a document has fewer

_SIGNATURES: Final = tuple(
    (re.compile(pattern, re.DOTALL), type)
    for pattern, type in (
        (rb"\x89PNG\r\n\x1a\n", "image/png"),
        (rb"\xff\xd8\xff", "image/jpeg"),
        (rb"GIF8[79]a", "image/gif"),
        (rb"RIFF....WEBPVP", "image/webp"),
        (rb"%PDF-", "application/pdf"),
        (rb"PK\x03\x04", "application/zip"),
        (rb"....ftyp(M4A|M4B)", "audio/mp4"),
        (rb"....ftyp(isom|iso2|mp4[12]|avc1|M4V|qt  |dash)", "video/mp4"),
        (rb"\x1aE\xdf\xa3", "video/webm"),
        (rb"OggS\x00", "audio/ogg"),
        (rb"ID3|\xff[\xfb\xf3\xf2]", "audio/mpeg"),
        (rb"#!AMR", "audio/amr"),
    )
)
#: What no text has: control characters other than white space and escape.
_NO_TEXT: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MARKS: Final = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")

_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_DOCUMENTS: Final = {
    "word/document.xml": _OFFICE + "wordprocessingml.document",
    "xl/workbook.xml": _OFFICE + "spreadsheetml.sheet",
    "ppt/presentation.xml": _OFFICE + "presentationml.presentation",
}

#: Endings that a file of a type may have; the first is added to a name with any other, which could make it a program.
ENDINGS: Final[dict[str, tuple[str, ...]]] = {
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg"),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
    "application/pdf": ("pdf",),
    "application/zip": ("zip",),
    _OFFICE + "wordprocessingml.document": ("docx",),
    _OFFICE + "spreadsheetml.sheet": ("xlsx",),
    _OFFICE + "presentationml.presentation": ("pptx",),
    "audio/mp4": ("m4a",),
    "video/mp4": ("mp4", "mov", "m4v"),
    "video/webm": ("webm",),
    "audio/ogg": ("ogg", "opus"),
    "audio/mpeg": ("mp3",),
    "audio/amr": ("amr",),
    "text/plain": ("txt", "log", "csv", "tsv", "md"),
}


def sniff(head: bytes) -> str:
    """Return the media type of a file that begins with these bytes, `UNKNOWN` for what is none of ours."""
    for pattern, type in _SIGNATURES:
        if pattern.match(head):
            return type
    if head and (head.startswith(_MARKS[:2]) or _NO_TEXT.search(head) is None):
        return "text/plain"
    return UNKNOWN


def sniff_archive(file: BinaryIO) -> str:
    """Return what a ZIP archive is: an office document, or just that; `UNKNOWN` when it is broken.

    Looks at the directory only; nothing is unpacked.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeDecodeError):
        return UNKNOWN
    if len(names) > _MAX_NAMES:
        return UNKNOWN
    return next((type for name, type in _DOCUMENTS.items() if name in names), "application/zip")
