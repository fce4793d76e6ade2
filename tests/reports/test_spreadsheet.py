"""One row per conversation for spreadsheets."""

import csv
import io
from datetime import UTC

from tests.reports.conftest import Talk
from tests.reports.test_facts import facts_of

from fastdesk.reports.spreadsheet import HEADER, rows_of, write_rows


def test_a_row_has_a_cell_for_every_heading() -> None:
    talk = (
        Talk()
        .open()
        .say("visitor")
        .say("bot")
        .queue()
        .after(2)
        .take("a1")
        .say("agent", "a1")
        .after(3)
        .resolve()
        .rate(4)
    )
    page = write_rows([HEADER, *rows_of([("c1", facts_of(talk))], UTC)]).decode()
    (row,) = csv.DictReader(io.StringIO(page))
    assert row["conversation"] == "c1"
    assert row["opened"] == "2025-11-24T10:00:00+00:00"
    assert row["wait_ms"] == "120000"
    assert row["rating"] == "4"
    assert row["outcome"] == "escalated"
    assert row["replied_by"] == "a1"


def test_an_invitation_that_nobody_answered_is_no_row() -> None:
    assert list(rows_of([("c1", facts_of(Talk().open().say("bot")))], UTC)) == []


def test_a_text_is_never_a_formula() -> None:
    assert write_rows([["=HYPERLINK(1)", "+1", "plain", 5]]) == b"'=HYPERLINK(1),'+1,plain,5\r\n"
