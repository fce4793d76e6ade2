"""The inverted index sums what a plain loop would sum."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdesk.knowledge import postings
from fastdesk.knowledge.postings import MAX_ROWS, Postings, pack, shift, unpack

Rows = list[dict[int, int]]
rows_of_features = st.lists(
    st.dictionaries(st.integers(0, 2**32 - 1) | st.integers(0, 5), st.integers(1, 300), max_size=6),
    max_size=8,
)


def numbers(values: list[int]) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def packed(rows: Rows) -> np.ndarray:
    cells = [(feature, number, count) for number, row in enumerate(rows) for feature, count in row.items()]
    return np.sort(pack(*(numbers([cell[place] for cell in cells]) for place in range(3))))


def build(rows: Rows) -> Postings:
    features, places, counts = unpack(packed(rows))
    return Postings.build(features, places, counts.astype(float), len(rows))


@given(rows_of_features, st.dictionaries(st.integers(0, 5), st.floats(0.5, 9), min_size=1))
def test_scores_are_sums_of_products(rows: Rows, query: dict[int, float]) -> None:
    built = build(rows)
    at, counts = built.find(numbers(list(query)))
    scores = built.score(at, counts, np.array(list(query.values())))
    expected = [sum(min(row.get(f, 0), 255) * weight for f, weight in query.items()) for row in rows]
    assert scores == pytest.approx(np.array(expected), rel=1e-6)


@given(rows_of_features)
def test_keys_tell_what_was_packed_in_order(rows: Rows) -> None:
    features, places, counts = unpack(packed(rows))
    found = list(zip(features.tolist(), places.tolist(), counts.tolist(), strict=True))
    assert found == sorted((f, n, min(c, 255)) for n, row in enumerate(rows) for f, c in row.items())


def test_shifted_keys_count_on_to_the_last_row() -> None:
    one = pack(numbers([7]), numbers([3]), numbers([1]))
    assert unpack(one + shift(numbers([MAX_ROWS - 4])))[1].tolist() == [MAX_ROWS - 1]


def test_a_costly_query_leaves_out_its_commonest_features(monkeypatch: pytest.MonkeyPatch) -> None:
    built = build([{1: 1, 2: 1}, {1: 1, 2: 1}, {1: 1, 3: 1}])
    at, counts = built.find(numbers([1, 2, 3]))
    monkeypatch.setattr(postings, "_MAX_POSTINGS", 3)
    assert built.score(at, counts, np.ones(3)).tolist() == [1, 1, 1]
    monkeypatch.setattr(postings, "_MAX_POSTINGS", 0)
    assert built.score(at, counts, np.ones(3)).tolist() == [0, 0, 1]
