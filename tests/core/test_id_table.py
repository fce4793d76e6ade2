"""`IdTable` against a dict of all ids that ever came."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fastdesk._core import BloomFilter, IdTable

KEY = bytes(range(16))
NEW, OTHER_BODY, UNSURE = 0, -1, -2


def table(keep: int = 8, expected: int = 10_000) -> IdTable:
    return IdTable(BloomFilter(expected, 0.001, KEY), "c1", keep)


IDS = st.integers(0, 60).map(lambda number: f"id-{number:03d}")
BODIES = st.sampled_from(["a", "b", "中文", ""])


@given(st.lists(st.tuples(IDS, BODIES), max_size=120), st.integers(2, 20), IDS, BODIES)
@example([(f"id-{number:03d}", "a") for number in range(40)], 5, "id-060", "a")
@example([(f"id-{number:03d}", "a") for number in (*range(9, 0, -1), *range(10, 30))], 4, "id-005", "a")
@example([], 2, "id-001", "a")
def test_nothing_that_came_is_ever_new(steps: list[tuple[str, str]], keep: int, id: str, body: str) -> None:
    ids = table(keep)
    came: dict[str, tuple[str, int]] = {}
    for number, (each, content) in enumerate(steps, 1):
        ids.put(each, content, number)
        came[each] = (content, number)
        assert ids.find(each, content) == number
        assert len(ids) <= keep
    for each, (content, number) in came.items():
        assert (each in ids) is (ids.find(each, content) == number)
        assert ids.find(each, content) in (number, UNSURE)
        assert ids.find(each, content + "!") in (OTHER_BODY, UNSURE)
    found = ids.find(id, body)
    if id not in came:
        assert found in (NEW, UNSURE)
        assert found == NEW or len(came) > keep
        if not came or id > max(came):
            assert found == NEW, "it sorts behind all"


def test_ids_in_order_need_no_filter() -> None:
    bloom = BloomFilter(10, 0.001, KEY)
    ids = IdTable(bloom, "c1", 8)
    for number in range(10_000):
        assert ids.find(f"id-{number:06d}", "a") == NEW
        ids.put(f"id-{number:06d}", "a", number + 1)
    assert bloom.generation == bloom.fill_ratio == 0
    assert ids.find("id-000001", "a") == ids.find("id-000001x", "a") == UNSURE
    assert ids.find("id-009999", "a") == 10_000


def test_the_last_half_is_known_exactly() -> None:
    ids = table(keep=16)
    for number in range(1000):
        ids.put(f"id-{number * 7919 % 1000}", "a", number + 1)
    for number in range(1000 - 8, 1000):
        assert ids.find(f"id-{number * 7919 % 1000}", "a") == number + 1


def test_new_ids_without_an_order_rarely_cost_a_look_into_the_store() -> None:
    ids = table(keep=64)
    for number in range(2000):
        ids.put(f"{number * 7919 % 10_000:05d}", "a", number + 1)
    asked = [ids.find(f"{number * 7919 % 10_000:05d}x", "a") for number in range(2000, 3000)]
    assert asked.count(UNSURE) < 20


def test_a_filter_that_has_turned_twice_says_nothing_about_old_ids() -> None:
    bloom = BloomFilter(20, 0.001, KEY)
    ids, others = IdTable(bloom, "c1", 2), IdTable(bloom, "c2", 2)
    for id in ("9", "1", "2", "3"):
        ids.put(id, "a", 1)
    assert ids.find("1", "a") == UNSURE
    while bloom.generation < 2:
        others.put("9", "a", 1)
        others.put(f"1-{bloom.fill_ratio}", "a", 1)
        others.put(f"0-{bloom.fill_ratio}", "a", 1)
    assert ids.find("1", "a") == ids.find("4", "a") == UNSURE
    assert ids.find("91", "a") == NEW


def test_tables_of_other_names_share_a_filter_and_no_ids() -> None:
    bloom = BloomFilter(10_000, 0.001, KEY)
    one, other = IdTable(bloom, "c1", 2), IdTable(bloom, "c2", 2)
    for number in range(200):
        one.put(f"{199 - number:03d}", "a", 1)
    other.put("999", "a", 1)
    other.put("998", "a", 1)
    other.put("997", "a", 1)
    other.put("996", "a", 1)
    assert [other.find(f"{number:03d}", "a") for number in range(200)].count(UNSURE) < 5


def test_what_nobody_can_name_makes_all_unsure() -> None:
    ids = table()
    ids.put("b", "x", 7)
    ids.miss_older()
    assert (ids.find("b", "x"), ids.find("a", "x"), ids.find("c", "x")) == (7, UNSURE, UNSURE)


def test_an_id_that_comes_again_stands_for_its_last_body() -> None:
    ids = table()
    ids.put("b", "x", 1)
    ids.put("b", "y", 2)
    assert (len(ids), ids.find("b", "x"), ids.find("b", "y")) == (1, OTHER_BODY, 2)


def test_memory_is_bounded_and_none_while_it_is_empty() -> None:
    ids = table(keep=1024)
    empty = ids.bytes_used
    assert empty < 200
    for number in range(5000):
        ids.put(f"{number}", "a", 1)
    assert ids.bytes_used - empty == 1024 * 20
    assert len(ids) <= 1024


def test_wrong_bounds_and_types_are_refused() -> None:
    bloom = BloomFilter(10, 0.1, KEY)
    for keep in (-1, 0, 1, (1 << 15) + 1):
        with pytest.raises(ValueError, match="keep"):
            IdTable(bloom, "c1", keep)
    for number in (-1, 1 << 32):
        with pytest.raises(OverflowError):
            table().put("a", "b", number)
    for call in (
        lambda: IdTable(None, "c1", 8),  # type: ignore[arg-type]
        lambda: IdTable(bloom, None, 8),  # type: ignore[arg-type]
        lambda: table().put(b"a", "b", 1),  # type: ignore[arg-type]
        lambda: table().find("a", None),  # type: ignore[arg-type]
    ):
        with pytest.raises(TypeError):
            call()
