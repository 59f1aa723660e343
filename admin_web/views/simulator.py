"""The simulator: a phone on the page that calls an access number; beside it what the platform does with the call."""

import re
import socket
from typing import Any

from flask import abort, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy import select

from admin_web.access import actor, get_signed, now
from admin_web.acts import require_token
from admin_web.database import read_session, write_session
from admin_web.mor_steps import STEPS, step_states
from admin_web.page import ConsolePage
from admin_web.phone_line import Order, PhoneLine
from admin_web.texts import gettext, lazy_gettext
from billing.rights import Right
from models import AccessNumber, CallRecord, IvrPlan, LedgerEntry, Wallet
from services.calls.try_call import Phone, TryRefused, note_tried_call
from services.store.settings import Settings

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


class SimulatorPage(ConsolePage):
    """Off unless a setting switches it on: its calls spend the money of cards."""

    right = Right.TRY_CALLS
    is_of_all = True

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Simulator"), category="IVR", endpoint="simulator", url="/simulator")

    @expose("/")
    def index(self) -> str:
        settings = wanted()
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
        )

    @expose("/call", methods=("POST",))
    def call(self) -> ResponseReturnValue:
        require_token()
        if not wanted().console_phone:
            abort(403, gettext("The console's phone is switched off here."))
        try:
            order = Order(
                request.form.get("access_number", ""),
                caller_id(request.form.get("caller_id", "")),
                request.form.get("carriers", CARRIERS[0][0]),
                "en",
            )
            with write_session() as session:
                note_tried_call(session, order.access_number, order.caller_id, Phone.TEXT, actor(), now())
            line().start(order)
        except TryRefused as refused:
            return jsonify(why=str(refused)), 409
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
        is_up = line().is_up  # before the events are read: the last one is among them when it is down
        events = line().events()
        new = events[max(0, since) :]
        told: dict[str, Any] = {"events": new, "is_up": is_up, "steps": step_states(events)}
        if any(event["kind"] == "settled" for event in new):
            told["bill"] = bill([event["call_id"] for event in events if event["kind"] == "settled"])
        return jsonify(told)


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


def bill(call_ids: list[str]) -> str:
    """The charge of each call line by line, its ledger rows and what the card has left, as a part of the page."""
    session = read_session()
    calls = [record for call_id in call_ids[-CALLS_SHOWN_MAX:] if (record := session.get(CallRecord, call_id))]
    entries = {
        record.call_id: session.scalars(
            select(LedgerEntry).where(LedgerEntry.call_id == record.call_id).order_by(LedgerEntry.id)
        ).all()
        for record in calls
    }
    wallets = {record.wallet_id: session.get_one(Wallet, record.wallet_id) for record in calls}
    return render_template("console/phone_bill.html", calls=calls, entries=entries, wallets=wallets)
