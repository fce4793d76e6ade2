"""Read a folder that teaches a desk: rules.yaml, words.yaml, flows/*.yaml, articles/*.md, faq.csv."""

import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml
from msgspec import Struct

from fastdesk.dialogue import parse_flow
from fastdesk.errors import FormatError
from fastdesk.model.article import Article, ArticleId
from fastdesk.model.ids import TenantId
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
    for path in sorted((folder / "articles").glob("*.md")):
        yield "article", _article(path)
    if (folder / "faq.csv").is_file():
        for record in _pairs(folder / "faq.csv"):
            yield "article", record


def _right(path: Path, parsed: list[Any]) -> list[Any]:
    if parsed and type(parsed[0]).__name__ == "Problem":
        raise FormatError(f"{path}: {parsed[0]}")
    return parsed


def _article(path: Path) -> Article:
    """Read Markdown with a head of YAML between two lines of dashes."""
    text = path.read_text("utf-8")
    head: Any = {}
    if text.startswith("---\n") and "\n---\n" in text:
        front, _, text = text[4:].partition("\n---\n")
        try:
            head = yaml.safe_load(front)
        except yaml.YAMLError as fault:
            raise FormatError(f"{path}: the head is not YAML: {fault}.") from fault
    fields = {"id": path.stem, "title": path.stem, "state": "published", **(head or {}), "body": text.strip()}
    try:
        return msgspec.convert(fields, Article)
    except msgspec.ValidationError as fault:
        raise FormatError(f"{path}: {fault}.") from fault


def _pairs(path: Path) -> Iterator[Article]:
    """Read questions and answers: the columns question, answer, language and questions (paraphrases between bars)."""
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            question, answer = (row.get("question") or "").strip(), (row.get("answer") or "").strip()
            if not question or not answer:
                raise FormatError(f"{path}, line {number}: a question and an answer are needed.")
            more = tuple(part.strip() for part in (row.get("questions") or "").split("|") if part.strip())
            id = ArticleId("faq-" + hashlib.sha256(question.encode()).hexdigest()[:12])
            language = (row.get("language") or "").strip()
            yield Article(
                id=id, title=question, body=answer, questions=more, language=language, state="published"
            )
