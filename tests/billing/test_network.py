"""Addresses and subnets: JeraSoft's own examples, the hint for host bits, and the most specific of several."""

from __future__ import annotations

import pytest

from billing.network import AddressRefused, address_key, networks_from_text


def holds(network: str, address: str) -> bool:
    found = networks_from_text(network)[0]
    key = address_key(address)
    assert key is not None
    return found.first <= key <= found.last


def test_the_two_subnets_of_the_guide_are_taken() -> None:
    """JA-28: the two examples."""
    found = networks_from_text("10.0.0.0/24;200.200.200.208/28")
    assert [network.network for network in found] == ["10.0.0.0/24", "200.200.200.208/28"]
    assert holds("10.0.0.0/24", "10.0.0.255")
    assert not holds("10.0.0.0/24", "10.0.1.0")
    assert holds("200.200.200.208/28", "200.200.200.223")
    assert not holds("200.200.200.208/28", "200.200.200.207")


def test_host_bits_are_refused_with_the_right_subnet() -> None:
    """JA-28."""
    with pytest.raises(AddressRefused) as refused:
        networks_from_text("200.200.200.209/28")
    assert str(refused.value) == (
        "200.200.200.209/28 is an address inside a subnet, not the subnet: write 200.200.200.208/28 for all of it, or "
        "200.200.200.209 for this one address."
    )


def test_several_addresses_stand_between_semicolons_and_each_once() -> None:
    """JA-27."""
    found = networks_from_text(" 192.0.2.1 ;192.0.2.2;; 192.0.2.1/32 ")
    assert [network.network for network in found] == ["192.0.2.1", "192.0.2.2"]


def test_ipv6_is_known_in_every_spelling() -> None:
    assert holds("2001:DB8::/32", "2001:db8:ffff:0:0:0:0:1")
    assert networks_from_text("2001:0db8::1") == networks_from_text("2001:db8:0:0::1/128")


def test_an_ipv4_address_in_ipv6_form_is_the_ipv4_address() -> None:
    assert networks_from_text("::ffff:10.0.0.0/120") == networks_from_text("10.0.0.0/24")
    assert address_key("::ffff:192.0.2.7") == address_key("192.0.2.7")


def test_the_narrower_subnet_has_more_bits() -> None:
    wide, narrow, single = networks_from_text("10.0.0.0/8; 10.1.0.0/16; 10.1.2.3")
    assert wide.bits < narrow.bits < single.bits == 128


@pytest.mark.parametrize(
    "text",
    [
        "gateway.example.com",
        "10.0.0",
        "10.0.0.0/33",
        "300.1.1.1",
        "10.0.0.1-10.0.0.9",
        "0.0.0.0/0",
        "::/0",
        "::/64",
        "fe80::1%eth0",
        "10.0.0.0/255.0.255.0",
        "1.2.3.4\n[general]",
    ],
)
def test_what_is_no_gateway_is_refused(text: str) -> None:
    with pytest.raises(AddressRefused):
        networks_from_text(text)


@pytest.mark.parametrize("text", ["", "localhost", "10.0.0.0/24"])
def test_only_an_address_has_a_key(text: str) -> None:
    assert address_key(text) is None
