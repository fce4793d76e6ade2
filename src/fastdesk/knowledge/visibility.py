"""Which articles an asker may see, decided before anything is ranked."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from fastdesk.model.article import EVERYONE, Article

__all__ = ["Visibility"]


class Visibility:
    """Answers for all articles at once: they share few audiences and languages."""

    def __init__(self, articles: Sequence[Article]) -> None:
        numbers: dict[tuple[frozenset[str], str], int] = {}
        kinds = ((frozenset(article.audience), _primary(article.language)) for article in articles)
        self._kind_of = np.array([numbers.setdefault(kind, len(numbers)) for kind in kinds], dtype=np.int64)
        self._kinds = tuple(numbers)

    def seen_by(self, audience: Collection[str], language: str | None) -> NDArray[np.bool_]:
        """Return for each article whether it may be seen.

        Args:
            audience: labels the asker holds besides `everyone`.
            language: when given, articles of other languages are left out; those of none stay.
        """
        held = {EVERYONE, *audience}
        wanted = None if language is None else {"", _primary(language)}
        seen = [
            not held.isdisjoint(kind) and (wanted is None or spoken in wanted) for kind, spoken in self._kinds
        ]
        return np.array(seen, dtype=np.bool_)[self._kind_of]


def _primary(language: str) -> str:
    return language.replace("_", "-").partition("-")[0].lower()
