"""Addresses behind proxies, and who counts as one."""

import pytest

from fastdesk.transport.peers import PeerTable, TrustedProxies, peer_key


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("somewhere", "somewhere"),
    ],
)
def test_one_peer_is_an_address_or_a_network_of_64_bits(address: str, key: str) -> None:
    assert peer_key(address) == key


@pytest.mark.parametrize(
    ("values", "visitor"),
    [
        ([], "10.0.0.1"),
        (["203.0.113.9"], "203.0.113.9"),
        (["1.1.1.1, 203.0.113.9"], "203.0.113.9"),
        (["1.1.1.1", "203.0.113.9, 10.0.0.7"], "203.0.113.9"),
        (["10.0.0.5, 10.0.0.7"], "10.0.0.5"),
        (["2001:db8::1"], "2001:db8::1"),
        (["[2001:db8::1]:4711"], "2001:db8::1"),
        (["203.0.113.9:4711"], "203.0.113.9"),
        (["::ffff:203.0.113.9"], "203.0.113.9"),
        (["203.0.113.9, unknown"], "10.0.0.1"),
        (["203.0.113.9, "], "10.0.0.1"),
    ],
)
def test_the_nearest_address_that_is_no_proxy_is_the_visitor(values: list[str], visitor: str) -> None:
    assert TrustedProxies(["10.0.0.0/8"]).visitor("10.0.0.1", values) == visitor


@pytest.mark.parametrize(
    ("values", "visitor"),
    [
        (["for=203.0.113.9;proto=https;by=10.0.0.1"], "203.0.113.9"),
        (["for=1.1.1.1, For=203.0.113.9"], "203.0.113.9"),
        (['proto=http; for="[2001:db8::1]:4711"'], "2001:db8::1"),
        (["for=_hidden"], "10.0.0.1"),
        (["proto=https"], "10.0.0.1"),
    ],
)
def test_the_standard_header_is_read_when_it_is_the_chosen_one(values: list[str], visitor: str) -> None:
    assert TrustedProxies(["10.0.0.0/8"], field="forwarded").visitor("10.0.0.1", values) == visitor


def test_a_stranger_may_write_what_it_likes() -> None:
    proxies = TrustedProxies(["10.0.0.0/8", "2001:db8::/32"])
    assert proxies.visitor("192.0.2.1", ["203.0.113.9"]) == "192.0.2.1"
    assert TrustedProxies().visitor("10.0.0.1", ["203.0.113.9"]) == "10.0.0.1"
    assert proxies.visitor("2001:db8::5", ["203.0.113.9"]) == "203.0.113.9"
    assert (bool(proxies), bool(TrustedProxies())) == (True, False)


def test_a_network_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        TrustedProxies(["nonsense"])


def test_the_table_counts_up_and_down_and_forgets() -> None:
    table = PeerTable(2)
    assert table.enter("2001:db8::1")
    assert table.enter("2001:db8::2")
    assert not table.enter("2001:db8::3")
    assert table.enter("2001:db8:0:1::1")
    table.leave("2001:db8::9")
    assert table.enter("2001:db8::3")
    for address in ("2001:db8::1", "2001:db8::1", "2001:db8:0:1::1"):
        table.leave(address)
    assert len(table) == 0


def test_no_limit_counts_nobody() -> None:
    table = PeerTable(0)
    assert all(table.enter("192.0.2.1") for _ in range(10))
    table.leave("192.0.2.1")
    assert len(table) == 0
