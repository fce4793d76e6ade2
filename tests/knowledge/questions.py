"""Question sets the knowledge tests share: our own, and BANKING77 where it lies beside the project."""

import csv
from pathlib import Path

import pytest

from fastdesk.knowledge import AskedQuestion
from fastdesk.model.article import Article, ArticleId

HERE = Path(__file__).parent / "data"
BANKING77 = Path(__file__).parents[3] / "shared" / "data" / "banking77" / "train.csv"
PARAPHRASES = 40


def article(name: str, title: str, body: str = "", **fields: object) -> Article:
    return Article(id=ArticleId(name), title=title, body=body, **{"state": "published", **fields})


def read_faq(name: str) -> tuple[list[Article], list[AskedQuestion]]:
    """Read a set of FAQs: "[id] title", "- question to keep", "? question to ask", "@ question with no answer"."""
    articles: list[Article] = []
    asked: list[AskedQuestion] = []
    kept: list[str] = []
    current: tuple[str, str] | None = None

    def close() -> None:
        if current:
            articles.append(article(current[0], current[1], questions=tuple(kept)))
            kept.clear()

    for line in (HERE / name).read_text("utf-8").splitlines():
        mark, _, text = line.partition(" ")
        if mark.startswith("["):
            close()
            current = (mark.strip("[]"), text)
        elif mark == "-":
            kept.append(text)
        elif mark == "?" and current:
            asked.append(AskedQuestion(text, ArticleId(current[0])))
        elif mark == "@":
            asked.append(AskedQuestion(text, None))
    close()
    return articles, asked


def read_manual() -> tuple[list[Article], list[tuple[str, str, str]]]:
    """Read documents, and what should be found in them as (article, anchor, question)."""
    articles: list[Article] = []
    asked: list[tuple[str, str, str]] = []
    head: tuple[str, str] | None = None
    body: list[str] = []
    for line in (HERE / "manual.txt").read_text("utf-8").splitlines():
        if line.startswith("[") and "]" in line:
            name, _, title = line[1:].partition("] ")
            head, body = (name, title), []
        elif line == "===" and head:
            articles.append(article(*head, body="\n".join(body)))
            head = None
        elif line.startswith("? "):
            place, _, question = line[2:].partition(" ")
            name, _, anchor = place.partition("#")
            asked.append((name, anchor, question))
        elif head:
            body.append(line)
    return articles, asked


def read_banking77() -> dict[str, list[str]]:
    """Return the questions of each intent in the order of the file; skips the test where the file is absent."""
    if not BANKING77.exists():
        pytest.skip(f"BANKING77 is not beside the project ({BANKING77.parent.name}/{BANKING77.name})")
    intents: dict[str, list[str]] = {}
    with BANKING77.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            intents.setdefault(row["category"], []).append(row["text"])
    return intents
