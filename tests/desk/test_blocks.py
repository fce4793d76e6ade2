"""Who is kept out."""

import ipaddress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdesk.desk.blocks import Blocks
from fastdesk.model.block import Block


def blocks(*given: dict[str, object]) -> Blocks:
    return Blocks(msgspec.convert({"id": f"b{n}", **each}, Block) for n, each in enumerate(given))


@pytest.mark.parametrize(
    ("range_", "inside", "outside"),
    [
        ("203.0.113.7", "203.0.113.7", "203.0.113.8"),
        ("203.0.113.0/24", "203.0.113.255", "203.0.114.0"),
        ("203.0.113.9/24", "203.0.113.1", "203.0.112.1"),
        ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
        ("2001:db8::1", "2001:db8::1", "2001:db8::2"),
        ("203.0.113.0/24", "::ffff:203.0.113.4", "::ffff:203.0.114.4"),
    ],
)
def test_addresses_are_blocked_by_range(range_: str, inside: str, outside: str) -> None:
    found = blocks({"address": range_})
    assert found.is_blocked("v1", inside, 5)
    assert not found.is_blocked("v1", outside, 5)


def test_a_block_ends_when_its_time_is_over() -> None:
    found = blocks({"visitor": "v1", "until": 10}, {"address": "203.0.113.7", "until": 20})
    assert found.is_blocked("v1", "", 9)
    assert not found.is_blocked("v1", "", 10)
    assert found.is_blocked("v2", "203.0.113.7", 19)
    assert not found.is_blocked("v2", "203.0.113.7", 20)


def test_of_two_blocks_the_longer_one_counts() -> None:
    found = blocks({"visitor": "v1"}, {"visitor": "v1", "until": 10})
    assert found.is_blocked("v1", "", 10**15)


@pytest.mark.parametrize("address", ["", "loopback", "not an address", "203.0.113", "1.2.3.4/8"])
def test_what_is_no_address_is_not_blocked(address: str) -> None:
    assert not blocks({"address": "203.0.113.0/24"}).is_blocked("v1", address, 5)


@pytest.mark.parametrize(
    "wrong",
    [{}, {"visitor": "v1", "address": "203.0.113.7"}, {"address": "0.0.0.0/0"}, {"address": "::/0"}, {"address": "shop"},
     {"visitor": "v1", "until": -1}, {"visitor": "v1", "other": 1}],
)  # fmt: skip
def test_a_block_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"id": "b", **wrong}, Block)


@given(st.ip_addresses(v=4), st.integers(8, 32), st.ip_addresses(v=4))
def test_ranges_agree_with_the_standard_library(
    address: ipaddress.IPv4Address, prefix: int, other: ipaddress.IPv4Address
) -> None:
    network = ipaddress.ip_network(f"{address}/{prefix}", strict=False)
    assert blocks({"address": str(network)}).is_blocked("v", str(other), 1) == (other in network)
