"""The text of a PDF file, read in a process of its own: a hostile file can waste its own seconds and memory, no one else's.

Enters: the file on standard input. Leaves: JSON on standard output. Needs the package `pypdf` (extra `pdf`).
"""

import json
import resource
import subprocess
import sys
from typing import Final, NamedTuple

__all__ = ["PdfText", "read_pdf"]

MAX_PAGES: Final = 2_000
#: Time and memory that reading one file may take.
MAX_S: Final = 60
MAX_BYTES: Final = 2 << 30


class PdfText(NamedTuple):
    """A file's title and the text of each page; `problem` says why there is none."""

    title: str
    pages: list[str]
    problem: str = ""


def read_pdf(content: bytes) -> PdfText:
    """Return the text of a PDF file; takes a second or more: call it in a thread."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "fastdesk.article_pdf"], input=content, capture_output=True, timeout=MAX_S + 5, check=False
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return PdfText("", [], "the PDF file takes too long to read")
    try:
        title, pages, problem = json.loads(done.stdout)
    except ValueError:
        return PdfText("", [], "the PDF file cannot be read: it is damaged, or too large")
    return PdfText(title, pages, problem)


def _extract(content: bytes) -> PdfText:
    try:
        import pypdf
    except ImportError:
        return PdfText("", [], "reading PDF files needs the package pypdf: pip install 'fastdesk[pdf]'")
    import io

    try:
        reader = pypdf.PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            return PdfText("", [], "the PDF file is protected by a password")
        pages = [page.extract_text() or "" for page in reader.pages[:MAX_PAGES]]
        title = str((reader.metadata.title if reader.metadata else None) or "")
    except Exception as failure:  # the border to foreign code, which raises what it likes on damaged files
        return PdfText("", [], f"the PDF file cannot be read: {type(failure).__name__}")
    if not any(page.strip() for page in pages):
        return PdfText("", [], "the PDF file holds no text: it is perhaps a scan")
    return PdfText(title.strip(), pages)


def _main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_S, MAX_S))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_BYTES, MAX_BYTES))
    result = _extract(sys.stdin.buffer.read())
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    _main()
