"""A running Asterisk follows its trunk files: new carriers come, old ones go, and a call that is up feels nothing."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from telephony.apply_trunks import Target, TrunksNotApplied, apply_trunks, what_is_wrong
from telephony.boot import RunningAsterisk, boot
from telephony.configuration import platform_files, write_instance
from telephony.instance import InstanceSpec, Role, TlsPort
from telephony.known_senders import known_senders
from telephony.self_signed import self_signed
from telephony.trial import try_trunks
from telephony.trunk_changes import trunk_changes
from telephony.trunk_files import CARRIERS, render_trunk_files
from telephony.trunk_states import Reach, Registration, trunk_states
from telephony.trunks import GatewayLogin, GatewaySource, Transport, Trunk, TrunkPlan
from tests.asterisk_fixtures import ACCESS_NUMBER, Plant, free_tcp_port, free_udp_port
from tests.telephony.test_dialplan_calls import AGREEMENT_MS, carrier_ms, leg_ms, only, run_call, wait_until_talking
from tests.telephony.tiny_agi_server import TinyAgiServer, dial

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from telephony.program import AsteriskProgram

pytestmark = pytest.mark.asterisk

NOWHERE = "127.0.0.1"
SETTLE_AGREEMENT_MS = 500  # a carrier that counts two seconds on a busy machine
FULL = TrunkPlan(
    (
        Trunk("north.udp", NOWHERE, 9),
        Trunk("north.tcp", NOWHERE, 9, Transport.TCP, "us", "word", registers=True),
        Trunk("north.tls", NOWHERE, 9, Transport.TLS, shows_caller=False),
        Trunk("north.iax", NOWHERE, 9, Transport.IAX2, "us", "word", registers=True),
    ),
    (GatewayLogin("Shop.one", "s3cret", ("10.0.0.0/24",)),),
    (GatewaySource("account.1", ("10.1.0.0/16", "2001:db8::/32")),),
)


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> InstanceSpec:
    folder = tmp_path_factory.mktemp("follows")
    files = self_signed(folder / "tls", NOWHERE, datetime.now(UTC))
    return InstanceSpec(
        folder=folder / "platform",
        role=Role.PLATFORM,
        sip_port=free_udp_port(),
        sip_tcp=True,
        tls=TlsPort(free_tcp_port(), files.certificate, files.key),
        iax_port=free_udp_port(),
        ami_port=free_tcp_port(),
        rtp_first=25000,
        rtp_last=25998,
        prompts=folder / "prompts",
        spool=folder / "spool",
    )


@pytest.fixture(scope="module")
def running(spec: InstanceSpec, asterisk_program: AsteriskProgram) -> Iterator[RunningAsterisk]:
    running = boot(write_instance(spec, asterisk_program), asterisk_program, dies_with_parent=True)
    yield running
    running.stop()


def applied(running: RunningAsterisk, spec: InstanceSpec, plan: TrunkPlan) -> None:
    files = platform_files(replace(spec, trunks=plan))
    apply_trunks(Target(running.instance.etc, running.console), files, plan)


def test_every_kind_of_trunk_comes_and_goes_without_a_restart(running: RunningAsterisk, spec: InstanceSpec) -> None:
    applied(running, spec, FULL)
    assert what_is_wrong(running.console, FULL) == []
    assert {"10.1.0.0/16"} <= set(known_senders(running.console))
    assert "north.tcp" in running.console("pjsip show registrations")
    assert "sip:127.0.0.1:9;transport=tls" in running.console("pjsip show aor north.tls")
    endpoint = running.console("pjsip show endpoint north.tls")
    for line in ("send_pai                           : false", "rtp_timeout                        : 60"):
        assert line in endpoint
    assert "always" in next(line for line in endpoint.splitlines() if line.strip().startswith("timers "))
    assert "us" in running.console("iax2 show registry")
    states = {state.name: state for state in trunk_states(running.console, FULL.trunks)}
    for name in ("north.tcp", "north.iax"):
        assert states[name].reach is not Reach.ANSWERS
        assert states[name].registration in {Registration.TRYING, Registration.FAILED}
    assert states["north.udp"].registration is Registration.NONE
    fewer = TrunkPlan((Trunk("north.udp", NOWHERE, 10),))
    applied(running, spec, fewer)
    assert what_is_wrong(running.console, fewer, {"north.tcp", "north.tls", "Shop.one"}) == []
    assert "sip:127.0.0.1:10" in running.console("pjsip show aor north.udp")
    assert "10.1.0.0/16" not in known_senders(running.console)
    assert "10.1.0.0/16" not in running.console("pjsip show identifies")


def test_tls_and_tcp_listen_with_the_certificate(running: RunningAsterisk, spec: InstanceSpec) -> None:
    assert spec.tls is not None
    for port in (spec.sip_port, spec.tls.port):
        with socket.create_connection((NOWHERE, port), timeout=5):
            pass
    assert str(spec.tls.certificate) in running.console("pjsip show transport tls")


def test_files_that_asterisk_does_not_take_are_taken_back(running: RunningAsterisk, spec: InstanceSpec) -> None:
    good = TrunkPlan((Trunk("good.one", NOWHERE, 9),))
    applied(running, spec, good)
    plan = TrunkPlan((Trunk("good.one", NOWHERE, 9), Trunk("good.two", NOWHERE, 9)))
    files = platform_files(replace(spec, trunks=plan))
    broken = {
        **files,
        CARRIERS: files[CARRIERS].replace("[good.two](carrier)", "[good.two](carrier)\nno_such_thing = 1"),
    }
    with pytest.raises(TrunksNotApplied, match=r"lacks endpoint good\.two"):
        apply_trunks(Target(running.instance.etc, running.console), broken, plan)
    assert what_is_wrong(running.console, good, {"good.two"}) == []
    assert not trunk_changes(running.instance.etc, platform_files(replace(spec, trunks=good))).is_any


def test_a_trial_takes_good_files_and_refuses_a_broken_template(
    spec: InstanceSpec, asterisk_program: AsteriskProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    try_trunks(replace(spec, trunks=FULL), asterisk_program)
    monkeypatch.setattr("telephony.configuration.render_trunk_files", with_a_wrong_line)
    with pytest.raises(TrunksNotApplied, match="lacks endpoint"):
        try_trunks(replace(spec, trunks=FULL), asterisk_program)


def with_a_wrong_line(plan: TrunkPlan) -> dict[str, str]:
    files = render_trunk_files(plan)
    return {**files, CARRIERS: files[CARRIERS].replace("aors =", "no_such_thing = 1\naors =")}


def test_nothing_is_written_while_asterisk_is_down(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    with pytest.raises(TrunksNotApplied, match="start it first"):
        apply_trunks(Target(tmp_path / "etc", lambda _: ""), {CARRIERS: "x"}, FULL)
    assert list((tmp_path / "etc").iterdir()) == []


def test_a_call_that_is_up_goes_on_through_the_reload_and_its_seconds_are_exact(
    plant: Plant, server: TinyAgiServer
) -> None:
    etc = plant.platform.instance.etc
    before = {name: (etc / name).read_text() for name in render_trunk_files(TrunkPlan())}
    target = Target(etc, plant.platform.console)
    plan = TrunkPlan((Trunk("new.carrier", NOWHERE, 9),))
    files = {**before, CARRIERS: before[CARRIERS] + render_trunk_files(plan)[CARRIERS]}
    server.rounds = [dial("9999000070", "demo.second"), dial("9999000010", "demo.second")]
    try:
        with plant.phone.call(ACCESS_NUMBER) as call:
            wait_until_talking(plant)
            up = set(plant.channel_lines())
            apply_trunks(target, files, plan)
            assert "new.carrier" in plant.platform.console("pjsip show endpoints")
            assert len(plant.channel_lines()) == len(up) == 2
            assert call.wait_for_end(20) is not None
        plant.wait_until_idle()
    finally:
        apply_trunks(target, before, TrunkPlan())
    first, second = server.settled.values()
    assert 6_950 <= first.talk_ms <= 7_000 + AGREEMENT_MS
    (ours,) = leg_ms(plant, first.call_id)
    assert abs(first.talk_ms - ours) < AGREEMENT_MS
    assert second.dial_status == "ANSWER"
    server.settled.clear()
    server.settle_requests = 0
    server.rounds = [dial("9999000010", "demo.second")]
    run_call(plant)
    assert abs(only(server).talk_ms - carrier_ms(plant, "demo.second")) < AGREEMENT_MS


def test_a_dead_carrier_that_qualify_knows_costs_no_ring_time(plant: Plant, server: TinyAgiServer) -> None:
    server.rounds = [dial("9999000010", "demo.dead", "demo.second")]
    run_call(plant)
    settle = only(server)
    assert [(one.route, one.dial_status) for one in settle.tried] == [
        ("demo.dead", "CHANUNAVAIL"),
        ("demo.second", "ANSWER"),
    ]


IAX_CARRIER = """[general]
bindport = {port}
bindaddr = 127.0.0.1
allowguest = yes
requirecalltoken = no
calltokenoptional = 0.0.0.0/0.0.0.0
disallow = all
allow = ulaw
[guest]
type = user
context = demo-carries
requirecalltoken = no
"""


def test_ja_47_a_call_goes_out_by_iax2(plant: Plant, server: TinyAgiServer) -> None:
    port = free_udp_port()
    (plant.carrier.instance.etc / "iax.conf").write_text(IAX_CARRIER.format(port=port))
    plant.carrier.console("module load chan_iax2.so")
    etc = plant.platform.instance.etc
    before = {name: (etc / name).read_text() for name in render_trunk_files(TrunkPlan())}
    plan = TrunkPlan((Trunk("north.iax", NOWHERE, port, Transport.IAX2),))
    files = {**render_trunk_files(plan), CARRIERS: before[CARRIERS]}
    target = Target(etc, plant.platform.console)
    server.rounds = [dial("9999010020", "north.iax")]
    try:
        apply_trunks(target, files, plan)
        run_call(plant)
    finally:
        apply_trunks(target, before, TrunkPlan())
        plant.platform.console("module unload chan_iax2.so")
        plant.carrier.console("module unload chan_iax2.so")
    settle = only(server)
    assert (settle.route, settle.dial_status) == ("north.iax", "ANSWER")
    assert abs(settle.talk_ms - 2_000) < SETTLE_AGREEMENT_MS
    (ours,) = leg_ms(plant, settle.call_id)
    assert abs(settle.talk_ms - ours) < AGREEMENT_MS
