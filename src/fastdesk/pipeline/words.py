"""The tenants' word filters, in force within a second of a change."""

import time
from typing import Literal

import structlog

from fastdesk.model.ids import TenantId
from fastdesk.model.word import WordList
from fastdesk.moderation import CLEAN, Verdict, WordFilter
from fastdesk.observe.tasks import Tasks
from fastdesk.tenants.compiled import Compiled
from fastdesk.tenants.records import Records

__all__ = ["WordFilters"]

_log = structlog.get_logger("fastdesk.words")


def _build(gathered: object, before: WordFilter | None) -> WordFilter:
    words, problems = WordFilter.salvage(gathered, breathe=_breathe)  # type: ignore[arg-type]
    for problem in problems:
        _log.error("word_list_left_out", problem=str(problem))
    return words


def _breathe() -> None:
    """Let the loop run: a list of 100,000 words takes a second to build, and the interpreter's lock with it."""
    time.sleep(0.0005)


class WordFilters:
    """Check texts against the lists of their tenant."""

    def __init__(self, *, records: Records, tasks: Tasks) -> None:
        self.filters: Compiled[WordFilter] = Compiled(
            "word filter", ("words",), records=records, tasks=tasks, build=_build, empty=WordFilter.EMPTY,
            gather=lambda tenant: tuple(records.all(WordList, tenant, "words")),
        )  # fmt: skip

    def check(self, tenant: str, text: str, side: Literal["input", "output"]) -> Verdict:
        """Return what the tenant's lists say of a text."""
        words = self.filters.built(TenantId(tenant))
        return CLEAN if words is None or not words.size else words.check(text, side)
