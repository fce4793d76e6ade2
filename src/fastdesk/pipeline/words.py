"""The tenants' word filters, in force within a second of a change."""

from typing import Literal

from fastdesk.model.ids import TenantId
from fastdesk.model.word import WordList
from fastdesk.moderation import Verdict, WordFilter
from fastdesk.observe.tasks import Tasks
from fastdesk.tenants.compiled import Compiled
from fastdesk.tenants.records import Records

__all__ = ["WordFilters"]


def _build(gathered: object, before: WordFilter | None) -> WordFilter | None:
    words = WordFilter.compile(gathered)  # type: ignore[arg-type]
    return words if isinstance(words, WordFilter) else None


class WordFilters:
    """Check texts against the lists of their tenant."""

    def __init__(self, *, records: Records, tasks: Tasks) -> None:
        self.filters: Compiled[WordFilter] = Compiled(
            "word filter", ("words",), records=records, tasks=tasks, build=_build, empty=WordFilter.EMPTY,
            gather=lambda tenant: tuple(records.all(WordList, tenant, "words")),
        )  # fmt: skip

    def check(self, tenant: str, text: str, side: Literal["input", "output"]) -> Verdict:
        """Return what the tenant's lists say of a text."""
        return self.filters.of(TenantId(tenant)).check(text, side)
