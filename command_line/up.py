"""callingcard up: everything on this machine, with one real call as its proof."""

import signal
import time
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

import click

from command_line.call import place_call, trace_file
from command_line.demo.console_phone import phone_environment, with_browser_phone
from command_line.demo.instances import platform_spec, program, write_demo
from command_line.demo.login import demo_login
from command_line.demo.processes import Service, require_free_port
from command_line.errors import Failure
from command_line.init import initialise
from command_line.installation import now, settings, write_session
from command_line.prompts import build_prompts
from command_line.show import console, money
from command_line.trunk_plan import trunk_plan, write_spec
from ivr_prompts.language import languages
from services.store.settings import Settings
from telephony.boot import AsteriskDidNotBoot, RunningAsterisk, boot
from telephony.instance import Instance
from telephony.program import AsteriskProgram

LOOK_SECONDS = 0.5
STARTED = "watcher started"


@click.command()
@click.option("--once", is_flag=True, help="End after the call; the exit status tells whether it was right.")
def up(*, once: bool) -> None:
    """Start everything with the demo's data, place one real call, and stay up until Ctrl-C."""
    wanted = settings()
    require_free_port(wanted.fastagi_host, wanted.fastagi_port, "FastAGI", "CALLINGCARD_FASTAGI_PORT")
    require_free_port(wanted.console_host, wanted.console_port, "The console", "CALLINGCARD_CONSOLE_PORT")
    require_free_port(wanted.portal_host, wanted.portal_port, "The portal", "CALLINGCARD_PORTAL_PORT")
    made = initialise(wanted, demo=True)
    console.print(f"[bold]Callingcard[/] in {made['state_dir']}" + ("" if made["created"] else " (data kept)"))
    signal.signal(signal.SIGTERM, _stop)
    with ExitStack() as running:
        try:
            platform = _start(wanted, running)
            right = _prove(wanted)
            if not once:
                _invite(wanted, made["cards"], platform)
                _stay(running)
        except KeyboardInterrupt:
            console.print("Stopping ...")
            return
    if once and not right:
        raise SystemExit(1)


def _start(wanted: Settings, running: ExitStack) -> Instance:
    """Prompts, two Asterisks, the call server; whatever was started is stopped again in the opposite order."""
    build_prompts(wanted.prompts_dir, languages())
    asterisk = program(wanted)
    wanted, phone = with_browser_phone(wanted, asterisk)
    spec = platform_spec(wanted, trunk_plan())
    demo, platform = write_demo(wanted, asterisk), write_spec(spec, asterisk)
    wanted.spool_folder.mkdir(parents=True, exist_ok=True)
    for instance, name in ((demo, "demo phone and carriers"), (platform, "platform")):
        booted = _boot(instance, asterisk)
        running.callback(booted.stop)
        console.print(
            f"  Asterisk {asterisk.version} up: {name} (SIP {instance.sip_port}, {booted.boot_seconds:.1f} s)"
        )
    _start_fastagi(wanted, running)
    _start_watcher(wanted, running)
    _start_console(wanted, running)
    _start_portal(wanted, running)
    console.print(f"  Console's phone: {phone}")
    return platform


def _boot(instance: Instance, asterisk: AsteriskProgram) -> RunningAsterisk:
    try:
        return boot(instance, asterisk, dies_with_parent=True)
    except AsteriskDidNotBoot as failed:
        raise Failure(str(failed), "Set CALLINGCARD_SIP_PORT, CALLINGCARD_AMI_PORT or their demo twins") from failed


def _start_fastagi(wanted: Settings, running: ExitStack) -> None:
    trace = trace_file(wanted)
    trace.parent.mkdir(parents=True, exist_ok=True)
    trace.touch(mode=0o600)
    environment = {"CALLINGCARD_TRACE_FILE": str(trace)}
    service = Service("FastAGI", "fastagi", trace.with_name("fastagi.log"), environment)
    running.callback(service.stop)
    service.wait_for_port(wanted.fastagi_host, wanted.fastagi_port)
    console.print(f"  FastAGI up: {wanted.fastagi_host}:{wanted.fastagi_port}, log {_short(service.log)}")


def _start_watcher(wanted: Settings, running: ExitStack) -> None:
    service = Service("watcher", "fastagi.watcher", trace_file(wanted).with_name("watcher.log"), {})
    running.callback(service.stop)
    service.wait_for_line(STARTED)
    console.print(f"  Watcher up: a heartbeat every {wanted.watch_heartbeat_seconds} s, log {_short(service.log)}")


def _start_console(wanted: Settings, running: ExitStack) -> None:
    """The console, and the worker that makes what is ordered there."""
    logs = trace_file(wanted).parent
    worker = Service("worker", "command_line", logs / "worker.log", {}, ["worker"])
    running.callback(worker.stop)
    phone = phone_environment(wanted, trace_file(wanted))
    service = Service("console", "admin_web", logs / "console.log", phone)
    running.callback(service.stop)
    service.wait_for_port(wanted.console_host, wanted.console_port)
    console.print(f"  Console up: {_console_address(wanted)}, log {_short(service.log)}")


def _start_portal(wanted: Settings, running: ExitStack) -> None:
    service = Service("portal", "portal_web", trace_file(wanted).with_name("portal.log"), {})
    running.callback(service.stop)
    service.wait_for_port(wanted.portal_host, wanted.portal_port)
    console.print(f"  Portal up: {wanted.portal_address}, log {_short(service.log)}")


def _console_address(wanted: Settings) -> str:
    return f"http://{wanted.console_host}:{wanted.console_port}/"


def _prove(wanted: Settings) -> bool:
    console.print("\n[bold]One real call[/]")
    _, right = place_call(wanted)
    console.print("[green]The call was right.[/]" if right else "[red]The call was not right.[/]")
    return right


def _invite(wanted: Settings, cards: list[dict[str, object]], platform: Instance) -> None:
    """How to dial in by hand."""
    card = next(card for card in cards if card["series"] == 3)
    value = money(int(str(card["available_micros"])), str(card["currency"]))
    console.print("\n[bold]Call it yourself[/] with any SIP softphone on this machine:")
    console.print(
        f"  server 127.0.0.1:{wanted.sip_port} (UDP), user softphone, password {platform.secrets['softphone']}"
    )
    console.print("  dial 18005550100 (number and PIN), 18005550101 (PIN only), 18005550102 (Spanish)")
    console.print(
        f"  card {card['number']}, PIN {card['pin']}, {value}; call +370 60000042 or any number of the price list"
    )
    console.print("Without a phone: callingcard dial 18005550100, or the simulator of the console")
    with write_session() as session:
        name, password = demo_login(session, now())
    console.print(f"[bold]Console[/]: {_console_address(wanted)} as {name}, password {password}")
    console.print(
        f"[bold]Portal[/] of card holders: {wanted.portal_address} with card {card['number']}, PIN {card['pin']}"
    )
    console.print("Look: callingcard calls list, callingcard card show NUMBER, callingcard verify")
    console.print("\nUp. Ctrl-C stops everything.")


def _stay(running: ExitStack) -> None:
    del running
    while True:
        time.sleep(LOOK_SECONDS)


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
