"""Write docs/features.md out of tools/features.yaml; refuse a row that names a test which is not there."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "features.md"
TABLE = ROOT / "tools" / "features.yaml"
HEAD = """# What it does

Each row is a thing that people expect of a customer-service desk, and the tests that state it. The page is written by
`python tools/write_features.py`; a test of the house fails when it is stale, or when a test that it names does not exist. A row
without a test is one that the desk does not do yet, or that nothing proves.
"""


class Row(NamedTuple):
    """One row; tests are (file, name), the name "" for a file as a whole."""

    number: int
    does: str
    tests: list[tuple[str, str]]


def read_rows() -> Iterator[tuple[str, list[Row]]]:
    """Yield each section with its rows."""
    for section in yaml.safe_load(TABLE.read_text("utf-8")):
        yield (
            section["section"],
            [Row(row[0], row[1], [_test(each) for each in row[2]]) for row in section["rows"]],
        )


def _test(reference: str) -> tuple[str, str]:
    place, _, name = reference.rpartition(".")
    folder, _, file = place.rpartition("/")
    place = f"{folder}/" if folder else ""
    return f"tests/{place}test_{file}.py", "" if name == "*" else f"test_{name}"


def missing_tests() -> list[str]:
    """Return what the table names and the tests do not have."""
    missing = []
    for _, rows in read_rows():
        for row in rows:
            for file, name in row.tests:
                path = ROOT / file
                text = path.read_text("utf-8") if path.is_file() else ""
                if not text or (name and not re.search(rf"^(?:async )?def {name}\(", text, re.MULTILINE)):
                    missing.append(f"row {row.number}: {file}::{name}")
    return missing


def render() -> str:
    """Return the page."""
    parts = [HEAD]
    proved = total = 0
    for section, rows in read_rows():
        lines = [f"\n## {section}\n", "| # | does | stated by |", "| --- | --- | --- |"]
        for row in rows:
            total += 1
            proved += bool(row.tests)
            lines.append(f"| {row.number} | {row.does} | {_cell(row)} |")
        parts.append("\n".join(lines) + "\n")
    parts.insert(1, f"\n{proved} of {total} rows have a test.\n")
    return "".join(parts)


def _cell(row: Row) -> str:
    if not row.tests:
        return "*not yet*"
    return "<br>".join(
        f"[{name.removeprefix('test_').replace('_', ' ') or Path(file).stem}](../{file})"
        for file, name in row.tests
    )


def main(arguments: list[Any]) -> int:
    """Write the page, or with --check say whether it is right."""
    missing = missing_tests()
    if missing:
        sys.stderr.write("There are no such tests:\n" + "\n".join(missing) + "\n")
        return 1
    if "--check" in arguments:
        return int(PAGE.read_text("utf-8") != render())
    PAGE.write_text(render(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
