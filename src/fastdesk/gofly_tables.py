"""The tables of a gofly installation, out of a MySQL dump, an SQLite file, or a folder of CSV files.

Enters: the path. Leaves: for each table its rows as texts by column, None where the data base had NULL.
"""

import csv
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from fastdesk.errors import FormatError

__all__ = ["Row", "Tables", "read_tables"]

Row = dict[str, str | None]
Tables = dict[str, list[Row]]

_WANTED: Final = ("user", "visitor", "message", "ipblack", "config", "reply_group", "reply_item")
_CREATE = re.compile(r"CREATE TABLE (?:IF NOT EXISTS )?`?(\w+)`?\s*\((.*?)\n\)", re.DOTALL | re.IGNORECASE)
_COLUMN = re.compile(r"^\s*`(\w+)`", re.MULTILINE)
_INSERT = re.compile(r"INSERT (?:IGNORE )?INTO `?(\w+)`?\s*(?:\(([^)]*)\))?\s*VALUES?\s*", re.IGNORECASE)
_TOKEN = re.compile(
    r"\s*(?:'((?:[^'\\]|\\.|'')*)'|(NULL)|([-+0-9.eExA-Fa-f]+)|([(),;]))", re.DOTALL | re.IGNORECASE
)
_ESCAPE = re.compile(r"\\(.)|''", re.DOTALL)
_ESCAPED: Final = {"n": "\n", "r": "\r", "t": "\t", "0": "", "Z": ""}


def read_tables(source: Path) -> Tables:
    """Return the tables that are there.

    Raises:
        FormatError: this is none of the three, or holds no visitors.
    """
    if source.is_dir():
        tables = {
            path.stem: list(_csv(path)) for path in sorted(source.glob("*.csv")) if path.stem in _WANTED
        }
    elif source.is_file() and _is_sqlite(source):
        tables = _sqlite(source)
    elif source.is_file():
        tables = _dump(source.read_text("utf-8", "replace"))
    else:
        raise FormatError(f"There is no file or folder {source}.")
    if "visitor" not in tables:
        raise FormatError(
            f"{source} holds no table of visitors.",
            hint="It is a MySQL dump, an SQLite file, or a folder with visitor.csv.",
        )
    return tables


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(15) == b"SQLite format 3"


def _csv(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            yield {
                name: None if value in (None, "NULL", "\\N") else value for name, value in row.items() if name
            }


def _sqlite(path: Path) -> Tables:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        names = {
            str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        return {name: list(_rows(connection, name)) for name in _WANTED if name in names}
    finally:
        connection.close()


def _rows(connection: sqlite3.Connection, table: str) -> Iterator[Row]:
    found = connection.execute(f'SELECT * FROM "{table}"')  # one of our own names
    columns = [column[0] for column in found.description]
    for values in found:
        yield {
            name: None if value is None else str(value) for name, value in zip(columns, values, strict=True)
        }


def _dump(text: str) -> Tables:
    columns = {
        made.group(1): _COLUMN.findall(made.group(2))
        for made in _CREATE.finditer(text)
        if made.group(1) in _WANTED
    }
    tables: Tables = {name: [] for name in columns}
    for insert in _INSERT.finditer(text):
        table, named = insert.group(1), insert.group(2)
        if table in _WANTED:
            names = [name.strip(" `\n") for name in named.split(",")] if named else columns.get(table, [])
            tables.setdefault(table, []).extend(_values(text, insert.end(), names))
    return tables


def _values(text: str, at: int, names: list[str]) -> Iterator[Row]:
    """Yield the rows of one INSERT, from its first parenthesis to its semicolon."""
    row: list[str | None] = []
    while (token := _TOKEN.match(text, at)) is not None:
        at = token.end()
        string, null, number, sign = token.groups()
        if sign == ";":
            return
        if sign == ")":
            if len(row) == len(names):
                yield dict(zip(names, row, strict=True))
            row = []
        elif string is not None:
            row.append(_ESCAPE.sub(_unescaped, string))
        elif null or number:
            row.append(None if null else number)


def _unescaped(found: "re.Match[str]") -> str:
    mark = found.group(1)
    return "'" if mark is None else _ESCAPED.get(mark, mark)
