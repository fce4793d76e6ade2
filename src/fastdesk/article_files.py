"""Articles out of files: Markdown with a heading of YAML, tables (CSV) with one question and answer a row, HTML, PDF.

Enters: a file's name and bytes. Leaves: articles, or everything that is wrong with its line. An article keeps its id from
one import to the next, so that importing again replaces it.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import Final

from fastdesk.article_html import PageText, read_html
from fastdesk.article_pdf import read_pdf
from fastdesk.knowledge import AskedQuestion
from fastdesk.model.article import Article, ArticleId
from fastdesk.model.document import Node, decode, nearest, read_document
from fastdesk.model.problem import Problem

__all__ = ["decode_text", "read_articles", "read_page", "read_questions"]

#: How the columns of a table may be called, beside the names of an article's fields.
_COLUMNS: Final = {
    "question": "title", "answer": "body", "similar": "questions", "url": "source",
    "编号": "id", "问题": "title", "标题": "title", "答案": "body", "回答": "body", "相似问题": "questions",
    "语言": "language", "标签": "labels", "可见": "audience", "来源": "source",
}  # fmt: skip
_FIELDS: Final = (
    "id",
    "title",
    "body",
    "questions",
    "language",
    "audience",
    "labels",
    "source",
    "state",
)
_MANY: Final = ("questions", "audience", "labels")
_FRONT = re.compile(r"\A---[ \t]*\n(.*?\n)---[ \t]*(?:\n|\Z)", re.DOTALL)
_HEADING = re.compile(r"^#[ \t]+(.+?)[ \t]*#*[ \t]*$", re.MULTILINE)


def read_articles(name: str, content: bytes, defaults: dict[str, object]) -> list[Article] | list[Problem]:
    """Read the articles of a file; `defaults` are fields that an article has when the file does not say.

    Args:
        name: the file's; its ending says what it is (`.md`, `.txt`, `.csv`, `.html`, `.pdf`), and its stem names an article.
        content: text in UTF-8, or GB 18030 as Chinese spreadsheets write it. A PDF file takes a second or more.
        defaults: such as `audience` and `state`.
    """
    path = PurePath(name)
    if path.suffix.lower() == ".pdf":
        return _read_all(_pdf(path.stem, content), defaults)
    readers = {
        ".md": _markdown,
        ".markdown": _markdown,
        ".txt": _markdown,
        ".csv": _table,
        ".html": _html,
        ".htm": _html,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        hint = "known are .md, .txt, .csv, .html and .pdf"
        return [Problem(message=f"'{path.suffix}' is no kind of file that is read", hint=hint)]
    text = decode_text(content)
    return [text] if isinstance(text, Problem) else _read_all(reader(path.stem, text), defaults)


def read_page(url: str, html: str, defaults: dict[str, object]) -> list[Article] | list[Problem]:
    """Read the article of a web page; its address is its source and names it."""
    node = _page_node(read_html(html, url), _hash(url), url)
    return _read_all([node], {**defaults, "source": url[:2_000]})


def _read_all(nodes: Iterable[Node | Problem], defaults: dict[str, object]) -> list[Article] | list[Problem]:
    read = [each if isinstance(each, Problem) else _article(each, defaults) for each in nodes]
    problems = [one for one in read if isinstance(one, Problem)]
    return problems or [one for one in read if isinstance(one, Article)]


def read_questions(content: bytes, known: set[ArticleId]) -> list[AskedQuestion] | list[Problem]:
    """Read a table of `question` and `article`, the id of the article that should answer; empty for none.

    Args:
        content: the CSV file.
        known: ids of the articles there are; another one is a problem.
    """
    text = decode_text(content)
    if isinstance(text, Problem):
        return [text]
    asked: list[AskedQuestion] = []
    problems: list[Problem] = []
    for line, row in _rows(text):
        if "question" not in row or "article" not in row:
            return [Problem(message="the table needs the columns question and article", line=1)]
        article = ArticleId(row["article"])
        if not row["question"]:
            problems.append(Problem(message="the question is empty", line=line))
        elif article and article not in known:
            hint = nearest(article, sorted(known))
            problems.append(Problem(message=f"there is no article '{article}'", hint=hint, line=line))
        else:
            asked.append(AskedQuestion(row["question"], article or None))
    return problems or asked


def _markdown(stem: str, text: str) -> Iterator[Node | Problem]:
    text = text.replace("\r\n", "\n")
    front = _FRONT.match(text)
    held: dict[str, Node] = {}
    if front is not None:
        document = read_document(
            "\n" + front.group(1)
        )  # the empty line stands for the dashes: lines stay right
        if isinstance(document, Problem):
            yield document
            return
        if not isinstance(document.value, dict):
            yield Problem(message="between the dashes stand fields, such as title: …", line=2)
            return
        held = {name: _written(node) for name, node in document.value.items()}
    body = text[front.end() :] if front is not None else text
    if not body.strip():
        yield Problem(message="the article has no text")
        return
    heading = _HEADING.search(body)
    held.setdefault("id", Node(_id(stem)))
    held.setdefault("title", Node(heading.group(1) if heading is not None else stem))
    held["body"] = Node(body.strip())
    yield Node(held, 1)


def _html(stem: str, text: str) -> Iterator[Node | Problem]:
    yield _page_node(read_html(text), stem, stem)


def _page_node(page: PageText, stem: str, otherwise: str) -> Node | Problem:
    if not page.markdown:
        return Problem(
            message="the page holds no text",
            hint="pages that are made by scripts in the browser cannot be read",
        )
    held: dict[str, Node] = {"id": Node(_id(stem)), "title": Node((page.title or otherwise)[:300])}
    if re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", page.language):
        held["language"] = Node(page.language)
    held["body"] = Node(page.markdown)
    return Node(held)


def _pdf(stem: str, content: bytes) -> Iterator[Node | Problem]:
    found = read_pdf(content)
    if found.problem:
        yield Problem(message=found.problem)
        return
    body = "\n\n".join(page.strip() for page in found.pages if page.strip())
    yield Node({"id": Node(_id(stem)), "title": Node((found.title or stem)[:300]), "body": Node(body)})


def _table(stem: str, text: str) -> Iterator[Node | Problem]:
    for line, row in _rows(text):
        held = {_COLUMNS.get(column, column): value for column, value in row.items() if value}
        strangers = [column for column in held if column not in _FIELDS]
        if "" in strangers:
            yield Problem(
                message="the row has more cells than there are columns",
                hint="an answer with a comma stands in quotes",
                line=line,
            )
            continue
        if strangers:
            hint = nearest(strangers[0], [*_FIELDS, *_COLUMNS])
            yield Problem(message=f"there is no column '{strangers[0]}'", hint=hint, line=1)
            return
        missing = [column for column in ("title", "body") if column not in held]
        if missing:
            yield Problem(
                message=f"the {'question' if missing[0] == 'title' else 'answer'} is missing", line=line
            )
            continue
        node: dict[str, Node] = {"id": Node(_id(stem, held["title"]), line)}
        for column, value in held.items():
            parts = [Node(part.strip(), line) for part in value.split("|") if part.strip()]
            node[column] = Node(parts if column in _MANY else value, line)
        yield Node(node, line)


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Give each row by its columns' names with the line that it begins on; empty rows are left out."""
    reader = csv.reader(io.StringIO(text, newline=""))
    columns = [column.strip().lower() for column in next(reader, [])]
    line = reader.line_num + 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            named = [*columns, *[""] * (len(cells) - len(columns))]
            yield line, {column: cell.strip() for column, cell in zip(named, cells, strict=False)}
        line = reader.line_num + 1


def _article(node: Node, defaults: dict[str, object]) -> Article | Problem:
    given = Node.of({name: value for name, value in defaults.items() if name not in node.value})
    article = decode(Node({**given.value, **node.value}, node.line), Article)
    if isinstance(article, Article) and _id(article.id) != article.id:
        hint = "1 to 64 of A-Z, a-z, 0-9, _, . and -"
        return Problem(message=f"'{article.id}' is no id", hint=hint, line=node.line_at(["id"]))
    return article


def _written(node: Node) -> Node:
    """Give scalars as they were written: the title 2026 is a text."""
    if isinstance(node.value, list):
        return Node([_written(item) for item in node.value], node.line)
    return node if isinstance(node.value, dict) else Node(node.text, node.line)


def _id(stem: str, question: str = "") -> str:
    """Return an id that is the same at each import: the stem where it can be one, with the question's hash."""
    name = stem if re.fullmatch(r"[A-Za-z0-9_.\-]{1,64}", stem) else _hash(stem)
    return f"{name[:51]}-{_hash(question)}" if question else name


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def decode_text(content: bytes) -> str | Problem:
    """Return the text of a file in UTF-8 or GB 18030."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return Problem(message="the file is in no known encoding", hint="save it as UTF-8")
