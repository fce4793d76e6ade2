"""The settings as people read them: every one is there, no secret is, and the file to begin with can be used."""

import tomllib
from pathlib import Path

import pytest

from fastdesk.config import PREFIX, Settings
from fastdesk.config_page import render_markdown, render_rows, render_toml

NAMES = list(Settings.model_fields)


def test_every_setting_is_shown_with_its_value_and_meaning() -> None:
    rows = {name: (value, meaning) for name, value, meaning in render_rows(Settings(port=81, echo=True))}
    assert list(rows) == [PREFIX + name.upper() for name in NAMES]
    assert all(meaning for _, meaning in rows.values())
    assert rows["FASTDESK_PORT"][0] == "81"
    assert rows["FASTDESK_ECHO"][0] == "true"
    assert rows["FASTDESK_SECRET"][0] == "-"


def test_no_secret_is_shown() -> None:
    secret = "correct-horse-battery-staple-9f2c71aa"
    settings = Settings(secret=secret, admin_password=secret)  # type: ignore[arg-type]
    rows = {name: value for name, value, _ in render_rows(settings)}
    assert rows["FASTDESK_SECRET"] == rows["FASTDESK_ADMIN_PASSWORD"] == "(set)"
    assert secret not in str(rows)


def test_the_page_has_a_row_of_four_cells_for_each_setting() -> None:
    rows = [line for line in render_markdown().splitlines() if line.startswith(f"| `{PREFIX}")]
    assert [row.split("`")[1] for row in rows] == [PREFIX + name.upper() for name in NAMES]
    for row in rows:
        assert row.replace("\\|", "").count("|") == 5, row


def test_the_file_to_begin_with_changes_nothing() -> None:
    assert tomllib.loads(render_toml()) == {}


@pytest.mark.parametrize(
    "name", [name for name, field in Settings.model_fields.items() if field.default is not None]
)
def test_each_line_of_the_file_says_the_default_once_its_mark_is_taken_off(name: str, tmp_path: Path) -> None:
    (line,) = [line for line in render_toml().splitlines() if line.startswith(f"#{name} = ")]
    given = tomllib.loads(line.removeprefix("#"))
    assert getattr(Settings(**given), name) == Settings.model_fields[name].default
