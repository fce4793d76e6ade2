"""What is known of a visitor: bounds, pages, and two records made one."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from fastdesk.desk.contacts import MAX_FIELDS, TRAIL, bounded, merge, see_page
from fastdesk.model.ids import SiteId, TenantId, VisitorId
from fastdesk.model.visitor import Visitor


def visitor(id: str = "v1", **fields: Any) -> Visitor:
    return Visitor(id=VisitorId(id), tenant=TenantId("t"), site=SiteId("s"), **fields)


def test_unknown_fields_are_kept_and_later_ones_win() -> None:
    assert bounded({"plan": "free", "cart": [1, 2]}, {"plan": "pro", "äöü 名": True}) == {
        "plan": "pro", "cart": [1, 2], "äöü 名": True,
    }  # fmt: skip


def test_a_field_is_taken_away_by_null() -> None:
    assert bounded({"plan": "free"}, {"plan": None}) == {}


def test_fields_are_bounded() -> None:
    many = {f"f{n}": n for n in range(500)}
    assert len(bounded(many)) == MAX_FIELDS
    assert bounded(dict(list(many.items())[:100]), {"f3": "changed"})["f3"] == "changed"
    assert bounded({"a": "x" * 5000, "b": ["y" * 5000], "n" * 101: 1, "": 1}) == {"a": "x" * 1000}


json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)  # fmt: skip


@given(st.dictionaries(st.text(), json))
def test_whatever_a_page_says_can_be_stored(fields: dict[str, Any]) -> None:
    kept = visitor(fields=bounded(fields))
    assert msgspec.json.decode(msgspec.json.encode(kept), type=Visitor) == kept


def test_a_trail_has_each_page_once_in_a_row_and_the_first_referrer() -> None:
    here = visitor()
    for n in range(30):
        here = see_page(here, f"/p{n}", "", f"https://ref/{n}", n)
        here = see_page(here, f"/p{n}", "again", "", n)
    assert [page.url for page in here.trail] == [f"/p{n}" for n in range(30 - TRAIL, 30)]
    assert here.referrer == "https://ref/0"


def test_what_one_knows_itself_stays_and_the_rest_comes_over() -> None:
    kept = visitor(
        name="Li", labels=("vip",), fields={"plan": "pro"}, note="calls often", first_seen=50, last_seen=60
    )
    other = visitor(
        "v2", name="L", email="li@shop.cn", labels=("vip", "new"), fields={"plan": "free", "size": 3}, note="likes tea",
        first_seen=10, last_seen=90, identity="c7",
    )  # fmt: skip
    one = merge(kept, other)
    assert (one.id, one.name, one.email, one.identity) == ("v1", "Li", "li@shop.cn", "c7")
    assert one.labels == ("vip", "new")
    assert one.fields == {"plan": "pro", "size": 3}
    assert one.note == "calls often\nlikes tea"
    assert (one.first_seen, one.last_seen) == (10, 90)
