"""One row per conversation for spreadsheets, as CSV."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Any, Final

from fastdesk.reports.facts import Facts

__all__ = ["HEADER", "rows_of", "write_rows"]

HEADER: Final = (
    "conversation", "visitor", "site", "channel", "team", "agent", "labels", "state", "opened", "first_answer", "wanted_person",
    "first_reply", "replied_by", "wait_ms", "resolved", "resolved_by", "ended_by", "reopened", "rating", "outcome",
    "handoff_reasons", "from_visitor", "from_agents", "from_bot", "unanswered", "model_calls", "tokens_in", "tokens_out",
    "cost_micro",
)  # fmt: skip

#: With these a spreadsheet takes a text for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def rows_of(conversations: Iterable[tuple[str, Facts]], zone: tzinfo) -> Iterator[list[Any]]:
    """Give the cells of each conversation in the order of `HEADER`; times are those of `zone`."""

    def at(moment: int) -> str:
        return datetime.fromtimestamp(moment // 1000, zone).isoformat() if moment else ""

    for id, facts in conversations:
        if not facts.is_talk:
            continue
        yield [
            id, facts.visitor, facts.site, facts.channel, facts.team, facts.assignee, " ".join(facts.labels), facts.state,
            at(facts.opened_at), at(facts.answered_at), at(facts.wanted_at),
            at(facts.replied_at), facts.replied_by, sum(length for _, length in facts.waits),
            at(facts.resolved_at), facts.resolved_by, facts.ended_by, len(facts.reopened),
            facts.ratings[-1][1] if facts.ratings else "", facts.outcome,
            " ".join(reason for _, reason in facts.handoffs),
            facts.from_visitor, sum(number for _, number in facts.agents.values()), facts.from_bot, facts.unanswered,
            facts.calls, facts.tokens_in, facts.tokens_out, facts.cost_micro,
        ]  # fmt: skip


def write_rows(rows: Iterable[Sequence[Any]]) -> bytes:
    """Return rows as CSV in UTF-8; a text that a spreadsheet would take for a formula begins with an apostrophe."""
    page = io.StringIO()
    csv.writer(page).writerows([_harmless(cell) for cell in row] for row in rows)
    return page.getvalue().encode()


def _harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
