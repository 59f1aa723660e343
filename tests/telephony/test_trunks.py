"""What carriers and gateways become in Asterisk's files, and that no value of the database can write other lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from telephony.trunk_changes import mark_read, trunk_changes, without_secrets
from telephony.trunk_files import CARRIERS, GATEWAYS, IAX_CARRIERS, IAX_REGISTRATIONS, MODULES, render_trunk_files
from telephony.trunks import GatewayLogin, GatewaySource, Transport, Trunk, TrunkPlan, TrunkRefused, check_plan

if TYPE_CHECKING:
    from pathlib import Path


def test_a_trunk_becomes_an_endpoint_and_a_qualified_address() -> None:
    text = render_trunk_files(TrunkPlan((Trunk("north.1", "sip.example.net", 5070),)))[CARRIERS]
    assert "[north.1](carrier)\naors = north.1\n" in text
    assert "[north.1](carrier-address)\ncontact = sip:sip.example.net:5070\n" in text
    assert "auth" not in text


@pytest.mark.parametrize(
    ("transport", "contact"),
    [
        (Transport.TCP, r"sip:10.0.0.9:5060\;transport=tcp"),
        (Transport.TLS, r"sip:10.0.0.9:5061\;transport=tls"),
    ],
)
def test_ja_47_each_protocol_has_its_port_and_its_transport(transport: Transport, contact: str) -> None:
    text = render_trunk_files(TrunkPlan((Trunk("north.1", "10.0.0.9", transport=transport),)))[CARRIERS]
    assert f"transport = {transport}\n" in text
    assert f"contact = {contact}\n" in text


def test_v_38_a_carrier_that_wants_it_gets_a_registration_and_a_login() -> None:
    trunk = Trunk("north.1", "10.0.0.9", login="us", secret="s3:c/r@t", registers=True)
    text = render_trunk_files(TrunkPlan((trunk,)))[CARRIERS]
    assert "outbound_auth = north.1\n" in text
    assert "type = registration\n" in text
    assert "client_uri = sip:us@10.0.0.9:5060\n" in text
    assert "username = us\npassword = s3:c/r@t\n" in text


def test_v_35_a_carrier_that_is_to_see_no_caller_gets_no_asserted_identity() -> None:
    hidden = render_trunk_files(TrunkPlan((Trunk("north.1", "10.0.0.9", shows_caller=False),)))[CARRIERS]
    assert "send_pai = no\ntrust_id_outbound = no\n" in hidden


def test_ja_28_gateways_are_let_in_by_their_subnets_and_by_login() -> None:
    plan = TrunkPlan(
        logins=(GatewayLogin("Shop.one", "secret", ("10.0.0.0/24",)),),
        sources=(GatewaySource("account.7", ("10.0.0.0/24", "200.200.200.208/28")),),
    )
    text = render_trunk_files(plan)[GATEWAYS]
    assert (
        "[account.7]\ntype = identify\nendpoint = gateways\nmatch = 10.0.0.0/24\nmatch = 200.200.200.208/28\n" in text
    )
    assert "[Shop.one](gateway)\nidentify_by = username,auth_username\nauth = Shop.one\naors = Shop.one\n" in text
    assert "deny = 0.0.0.0/0\ndeny = ::/0\npermit = 10.0.0.0/24\n" in text


def test_ja_29_a_carrier_known_by_its_login_is_dialled_where_it_registered() -> None:
    plan = TrunkPlan(
        (Trunk("field.gsm", "", found_as="gsm-7"),),
        (GatewayLogin("gsm-7", "secret", may_call=False, takes_calls=True),),
    )
    files = render_trunk_files(plan)
    assert "[field.gsm](carrier)\naors = gsm-7\n" in files[CARRIERS]
    assert "contact" not in files[CARRIERS]
    assert "aors = gsm-7\ncontext = reject\n[gsm-7](gateway-carrier-address)\n" in files[GATEWAYS]
    with pytest.raises(TrunkRefused, match="neither a host"):
        Trunk("field.gsm", "10.0.0.9", found_as="gsm-7")


def test_an_iax2_carrier_is_a_peer_and_only_then_the_module_is_loaded() -> None:
    trunk = Trunk("north.1", "10.0.0.9", transport=Transport.IAX2, login="us", secret="word", registers=True)
    files = render_trunk_files(TrunkPlan((trunk,)))
    assert "[north.1](iax-carrier)\nhost = 10.0.0.9\nport = 4569\nusername = us\nsecret = word\n" in files[IAX_CARRIERS]
    assert "register => us:word@10.0.0.9:4569\n" in files[IAX_REGISTRATIONS]
    assert "load = chan_iax2.so" in files[MODULES]
    assert "load" not in render_trunk_files(TrunkPlan())[MODULES]


@pytest.mark.parametrize(
    ("name", "host", "port"),
    [
        ("a-b", "h", 5060),
        ("softphone", "h", 5060),
        ("gateways", "h", 5060),
        ("", "h", 5060),
        ("a]\n[b", "h", 5060),
        ("a", "h\nx", 5060),
        ("a", "", 5060),
        ("a", "h;x", 5060),
        ("a", "h", 0),
        ("a", "h", 70000),
    ],
)
def test_a_trunk_that_would_write_other_lines_is_refused(name: str, host: str, port: int) -> None:
    with pytest.raises(TrunkRefused, match="trunk"):
        Trunk(name, host, port)


@pytest.mark.parametrize("secret", ["", "a b", "a;b", "a\nb", "a[b", "a]b", 'a"b', "a\\b", "x" * 81, "é"])
def test_a_password_that_asterisks_files_cannot_hold_is_refused(secret: str) -> None:
    with pytest.raises(TrunkRefused, match="password"):
        Trunk("a", "h", login="us", secret=secret, registers=True)
    with pytest.raises(TrunkRefused, match="password"):
        GatewayLogin("shop", secret)


@pytest.mark.parametrize("login", ["", "a b", "a;b", "a\nb", "[a", "15550100", "gateways", "-a"])
def test_a_login_that_is_no_word_or_could_be_a_number_is_refused(login: str) -> None:
    with pytest.raises(TrunkRefused):
        GatewayLogin(login, "secret")


@pytest.mark.parametrize("network", ["10.0.0.1/24", "10.0.0", "example.net", "10.0.0.1\nx", "", "0x7f.1"])
def test_an_address_that_is_none_is_refused(network: str) -> None:
    with pytest.raises(TrunkRefused):
        GatewaySource("account.1", (network,))


def test_all_that_is_wrong_between_trunks_is_told_at_once() -> None:
    plan = TrunkPlan(
        (Trunk("one", "h"), Trunk("one", "i"), Trunk("two", "j", transport=Transport.TLS)),
        sources=(GatewaySource("account.1", ("127.0.0.0/8",)),),
    )
    with pytest.raises(TrunkRefused) as refused:
        check_plan(plan, ["127.0.0.1"], [Transport.UDP])
    double, shared, without = refused.value.sentences
    assert "named one" in double
    assert "127.0.0.0/8" in shared
    assert "serves no tls" in without


def test_what_would_change_is_told_without_a_password(tmp_path: Path) -> None:
    etc = tmp_path / "etc"
    etc.mkdir()
    before = render_trunk_files(TrunkPlan((Trunk("one", "h", login="us", secret="first"),)))
    for name, text in before.items():
        (etc / name).write_text(text)
    assert trunk_changes(etc, before).is_unread
    mark_read(etc, before)
    assert not trunk_changes(etc, before).is_any
    after = render_trunk_files(TrunkPlan((Trunk("one", "h", login="us", secret="second"),)))
    (change,) = trunk_changes(etc, after).files
    assert "-password = (secret)\n+password = (new secret)" in change.diff
    assert "first" not in change.diff + without_secrets(before[CARRIERS])
    assert "second" not in change.diff + without_secrets(after[CARRIERS])
