"""Which invitation fits."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from fastdesk.desk.invitations import Looking, choose
from fastdesk.model.invitation import Invitation

HERE = Looking(
    site="shop", url="https://shop.example/pricing/pro?x=1", since=0, is_returning=False, is_open=True
)


def rule(**fields: Any) -> Invitation:
    return Invitation(**{"id": "i", "text": "Hello", **fields})


@pytest.mark.parametrize(
    ("fields", "fits"),
    [
        ({}, True),
        ({"enabled": False}, False),
        ({"site": "shop"}, True),
        ({"site": "blog"}, False),
        ({"page": "/pricing"}, True),
        ({"page": "/pricing/*x=1"}, True),
        ({"page": "/checkout"}, False),
        ({"seconds": 10}, True),
        ({"seconds": 11}, False),
        ({"returning": False}, True),
        ({"returning": True}, False),
        ({"only_open": True}, True),
    ],
)
def test_a_rule_fits_when_all_of_it_does(fields: dict[str, Any], fits: bool) -> None:
    assert (choose([rule(**fields)], HERE, 10_000) is not None) == fits


def test_outside_hours_a_rule_for_open_hours_is_silent() -> None:
    assert choose([rule(only_open=True)], replace(HERE, is_open=False), 10_000) is None


def test_nobody_is_invited_again_before_the_pause_is_over() -> None:
    invited = replace(HERE, invited_at=1)
    assert choose([rule()], invited, 24 * 3_600_000) is None
    assert choose([rule()], invited, 24 * 3_600_000 + 1) is not None


def test_the_first_that_fits_wins() -> None:
    chosen = choose([rule(id="a", page="/other"), rule(id="b"), rule(id="c")], HERE, 10_000)
    assert chosen is not None
    assert chosen.id == "b"


@pytest.mark.parametrize("wrong", [{"text": ""}, {"text": {"en": ""}}, {"seconds": -1}, {"more": 1}])
def test_a_rule_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"id": "i", "text": "Hello", **wrong}, Invitation)
