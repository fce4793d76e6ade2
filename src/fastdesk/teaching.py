"""Read a folder that teaches a desk: rules.yaml, words.yaml, flows/*.yaml, articles/*.md, faq.csv."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from fastdesk.article_files import read_articles
from fastdesk.dialogue import parse_flow
from fastdesk.errors import FormatError
from fastdesk.model.ids import TenantId
from fastdesk.model.problem import Problem
from fastdesk.moderation.words import parse_word_lists
from fastdesk.rules import parse_rules
from fastdesk.tenants.records import Records

__all__ = ["read_folder", "teach"]


def teach(records: Records, tenant: TenantId, folder: Path, *, actor: str) -> int:
    """Write everything that a folder holds as records of a tenant; return how many.

    Raises:
        FormatError: names the file, the line and the reason; nothing has been written then.
    """
    taught = list(read_folder(folder))
    for kind, record in taught:
        records.put(tenant, kind, record, actor=actor, reason=folder.name)
    return len(taught)


def read_folder(folder: Path) -> Iterator[tuple[str, Struct]]:
    """Yield (kind, record) of every file that is there.

    Raises:
        FormatError: names the file, the line and the reason.
    """
    if not folder.is_dir():
        raise FormatError(f"There is no folder {folder}.")
    for name, kind, parse in (("rules.yaml", "rule", parse_rules), ("words.yaml", "words", parse_word_lists)):
        path = folder / name
        if path.is_file():
            for record in _right(path, parse(path.read_bytes())):
                yield kind, record
    for path in sorted((folder / "flows").glob("*.yaml")):
        if not path.stem.endswith(("_dialogues", ".dialogues")):
            flow = parse_flow(path.read_bytes())
            yield "flow", _right(path, flow if isinstance(flow, list) else [flow])[0]
    for path in (*sorted((folder / "articles").glob("*.md")), folder / "faq.csv"):
        if path.is_file():
            for article in _right(path, read_articles(path.name, path.read_bytes(), {"state": "published"})):
                yield "article", article


def _right(path: Path, parsed: list[Any]) -> list[Any]:
    if parsed and isinstance(parsed[0], Problem):
        raise FormatError(f"{path}: {parsed[0]}")
    return parsed
