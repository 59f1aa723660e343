"""The simulator: a phone on the page that calls an access number; beside it what the platform does with the call."""

import re
import socket
from dataclasses import asdict
from pathlib import Path
from typing import Any

from flask import abort, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy import select

from admin_web.access import actor, get_signed, now
from admin_web.acts import require_token
from admin_web.page import ConsolePage
from admin_web.phones.browser_line import BrowserLines
from admin_web.phones.mor_steps import STEPS, step_states
from admin_web.phones.phone_line import Order, PhoneLine
from admin_web.phones.trace_events import Event, events_of, trace_of
from billing.rights import Right
from models import AccessNumber, CallRecord, IvrPlan, LedgerEntry, Wallet
from services.calls.running_charge import running_charge
from services.calls.try_call import Phone, TryRefused, note_tried_call
from services.store.settings import Settings
from web_base.database import fresh_session, read_session, write_session
from web_base.headers import allow_websocket
from web_base.texts import gettext, lazy_gettext, translated

CARRIERS = (
    ("answer:60", lazy_gettext("the first one answers, a minute of talk")),
    ("503,answer:65", lazy_gettext("the first one refuses, the second answers: 65 seconds")),
    ("answer", lazy_gettext("answered, talked until the time is up")),
    ("answer:20##,answer:60", lazy_gettext("answered, after 20 seconds ## for another number")),
    ("answer:7.hangup", lazy_gettext("answered, the caller hangs up after 7 seconds")),
    ("busy", lazy_gettext("busy")),
    ("noanswer", lazy_gettext("it rings, nobody answers")),
    ("404", lazy_gettext("there is no such number")),
    ("503", lazy_gettext("every carrier refuses")),
)
CALLER_ID = re.compile(r"\+?[0-9]{0,15}")
KEYS = re.compile(r"[0-9*#h]{1,40}")
CALLS_SHOWN_MAX = 10
REACH_SECONDS_MAX = 1.0
SIP_LIBRARY = "vendor/jssip.min.js"  # brought at set-up by npm (make assets)


class SimulatorPage(ConsolePage):
    """Off unless a setting switches it on: its calls spend the money of cards."""

    right = Right.TRY_CALLS
    is_of_all = True

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Simulator"), category="IVR", endpoint="simulator", url="/simulator")

    @expose("/")
    def index(self) -> str:
        settings = wanted()
        browser = self._browser(settings)
        numbers = read_session().execute(
            select(AccessNumber.number, IvrPlan.name, AccessNumber.is_enabled)
            .join(IvrPlan, IvrPlan.id == AccessNumber.ivr_plan_id)
            .order_by(AccessNumber.number)
        )
        return self.render(
            "console/simulator.html",
            is_on=settings.console_phone,
            server=f"{settings.fastagi_host}:{settings.fastagi_port}",
            server_is_up=answers(settings.fastagi_host, settings.fastagi_port),
            numbers=numbers.all(),
            carriers=CARRIERS,
            steps=STEPS,
            number=request.args.get("number", ""),
            browser=browser,
        )

    @expose("/call", methods=("POST",))
    def call(self) -> ResponseReturnValue:
        require_phone()
        try:
            number, caller = asked_for(Phone.TEXT)
            line().start(Order(number, caller, request.form.get("carriers", CARRIERS[0][0]), "en"))
        except TryRefused as refused:
            return jsonify(why=translated(refused)), 409
        return jsonify(why=None)

    @expose("/browser", methods=("POST",))
    def browser(self) -> ResponseReturnValue:
        """A line of Asterisk's websocket for one call of the browser itself."""
        require_phone()
        try:
            if browser_lines().origin() is None:
                raise TryRefused(gettext("The browser phone is switched off here."))  # noqa: TRY301 (told as any other)
            _, caller = asked_for(Phone.BROWSER)
            ticket = browser_lines().open(get_signed().operator.id, caller)
        except TryRefused as refused:
            return jsonify(why=translated(refused)), 409
        return jsonify(why=None, **asdict(ticket))

    @expose("/browser/end", methods=("POST",))
    def browser_end(self) -> ResponseReturnValue:
        require_phone()
        browser_lines().end(get_signed().operator.id)
        return jsonify(why=None)

    @expose("/press", methods=("POST",))
    def press(self) -> ResponseReturnValue:
        require_token()
        keys = request.form.get("keys", "")
        if not KEYS.fullmatch(keys):
            abort(400, gettext("Keys are 0-9, * and #."))
        return jsonify(is_up=line().press(keys))

    @expose("/news")
    def news(self) -> ResponseReturnValue:
        """What happened after the first `since` events, how far the call is, and its bill once it is settled."""
        since = request.args.get("since", 0, type=int)
        is_up, events = self._browser_state() if request.args.get("phone") == Phone.BROWSER else self._text_state()
        new = events[max(0, since) :]
        told: dict[str, Any] = {"events": new, "is_up": is_up, "steps": step_states(events)}
        running = unsettled(events) if is_up else []
        if running or any(event["kind"] == "settled" for event in new):
            with fresh_session():  # the moment of this request may be older than the settlement
                told["bill"] = bill([event["call_id"] for event in events if event["kind"] == "settled"], running)
        return jsonify(told)

    def _text_state(self) -> tuple[bool, list[Event]]:
        is_up = line().is_up  # before the events are read: the last one is among them when it is down
        return is_up, line().events()

    def _browser_state(self) -> tuple[bool, list[Event]]:
        lines, file = browser_lines(), wanted().trace_file
        lease = lines.lease(get_signed().operator.id)
        if lease is None:
            return False, []
        steps = [] if file is None else trace_of(file, lease.trace_offset, lease.caller)
        with fresh_session():  # the same: what the trace tells is in the database by now
            events = events_of(steps, lambda call_id: read_session().get(CallRecord, call_id))
        dialled = [event["call_id"] for event in events if event["kind"] == "dialling"]
        is_open = len(dialled) > sum(event["kind"] == "settled" for event in events)
        return lease.ended_at is None or (is_open and lines.is_settling(lease)), events

    def _browser(self, settings: Settings) -> bool:
        """Whether the page offers the browser phone; it may then reach the websocket."""
        origin = browser_lines().origin()
        if origin is None or not (settings.console_phone and library().exists()):
            return False
        browser_lines().sweep()
        allow_websocket(origin)
        return True


def require_phone() -> None:
    require_token()
    if not wanted().console_phone:
        abort(403, gettext("The console's phone is switched off here."))


def asked_for(phone: Phone) -> tuple[str, str]:
    """Access number and caller id of the form, noted in the audit log before anything is dialled."""
    number, caller = request.form.get("access_number", ""), caller_id(request.form.get("caller_id", ""))
    with write_session() as session:
        note_tried_call(session, number, caller, phone, actor(), now())
    return number, caller


def library() -> Path:
    return Path(str(current_app.static_folder)) / SIP_LIBRARY


def browser_lines() -> BrowserLines:
    return BrowserLines(wanted(), now())


def wanted() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def line() -> PhoneLine:
    return PhoneLine(wanted(), get_signed().operator.id)


def caller_id(text: str) -> str:
    """As the call server is told it; '' is withheld."""
    digits = text.replace(" ", "")
    if not CALLER_ID.fullmatch(digits):
        raise TryRefused(gettext("A caller id has at most 15 digits, with or without +; empty is withheld."))
    return digits


def answers(host: str, port: int) -> bool:
    """Somebody listens there."""
    try:
        socket.create_connection((host, port), timeout=REACH_SECONDS_MAX).close()
    except OSError:
        return False
    return True


def unsettled(events: list[Event]) -> list[str]:
    """The call that is dialled or talked now."""
    settled = {event["call_id"] for event in events if event["kind"] == "settled"}
    dialled = [event["call_id"] for event in events if event["kind"] == "dialling"]
    return [call_id for call_id in dialled[-1:] if call_id not in settled]


def bill(call_ids: list[str], running: list[str]) -> str:
    """The charge of each call line by line, its ledger rows and what the card has left, as a part of the page; above
    them what a call that is up costs so far.
    """
    session = read_session()
    so_far = [charge for call_id in running if (charge := running_charge(session, call_id, now()))]
    shown = "".join(render_template("console/phone_running.html", call=call) for call in so_far)
    calls = [record for call_id in call_ids[-CALLS_SHOWN_MAX:] if (record := session.get(CallRecord, call_id))]
    entries = {
        record.call_id: session.scalars(
            select(LedgerEntry).where(LedgerEntry.call_id == record.call_id).order_by(LedgerEntry.id)
        ).all()
        for record in calls
    }
    wallets = {record.wallet_id: session.get_one(Wallet, record.wallet_id) for record in calls}
    if so_far and not calls:
        return shown
    return shown + render_template("console/phone_bill.html", calls=calls, entries=entries, wallets=wallets)
