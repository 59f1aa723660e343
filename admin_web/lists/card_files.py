"""Files of cards and vouchers as they leave the console: at once while they are short, else and as an encrypted ZIP by
the worker, to be taken once.
"""

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import BaseView
from sqlalchemy.orm import Session

from admin_web.access import actor, get_signed, now, zone
from admin_web.acts import carry_out, require_right
from admin_web.lists.files import REFUSED, pin_keys, send_or_tell
from billing.rights import Right
from services.jobs.ask_job import find_asked
from services.jobs.card_file import FileOf, FileOrder, card_file
from services.jobs.card_file_job import CARD_FILE, ask_card_file, export_key, is_sealed_by, seal_zip_password
from services.keys.key_file import KeyFile
from services.keys.permit import PermitRefused
from services.store.encrypted_zip import drawn_zip_password, usable_zip_password
from web_base.database import read_session, write_session
from web_base.texts import gettext, translated

AT_ONCE_MAX = {  # a second or two: beyond that a page does not wait
    FileOf.SERIES: 50_000,
    FileOf.VOUCHERS: 50_000,
    FileOf.SHEETS: 500,
}


def hand_out(view: BaseView, order: FileOrder, page: str) -> ResponseReturnValue:
    """What cannot be written is told on `page`, from which it was asked for."""
    try:
        file = card_file(read_session(), order)
        keys = pin_keys() if order.has_secrets else None
        if file.count > AT_ONCE_MAX[order.of] or _wants_zip(order):
            return _by_job(view, order, file.count, keys, page)
    except REFUSED as refused:
        flash(translated(refused), "error")
        return redirect(page)
    with write_session() as session:
        permit = file.permit(session, actor(), keys, now())
    if isinstance(permit, PermitRefused):
        abort(403, permit.sentence)
    return send_or_tell(
        page,
        order.file_name,
        lambda written: file.write(read_session(), written, permit, zone(), lambda _done, _total: None),
    )


def _wants_zip(order: FileOrder) -> bool:
    return order.has_secrets and "zip" in request.form


def _by_job(view: BaseView, order: FileOrder, count: int, keys: KeyFile | None, page: str) -> ResponseReturnValue:
    """A password that was drawn stands on this answer and nowhere else: the same form sent twice shows it once."""
    if order.has_secrets:
        require_right(Right.EXPORT_PINS)
    key = export_key(order, request.form.get("token", "")[:64])
    known = find_asked(read_session(), CARD_FILE, key)
    if known is not None:
        return redirect(url_for("jobpage.show", job_id=known))
    given = request.form.get("zip_password", "")
    password, sealed = None, None
    if keys is not None and _wants_zip(order):
        password = usable_zip_password(given) if given else drawn_zip_password()
        sealed = seal_zip_password(keys.current(), key, password)
    asked, mine = list[int](), list[bool]()

    def do(session: Session) -> str:
        asked.append(ask_card_file(session, order, count, get_signed().operator.id, key, sealed, actor(), now()))
        mine.append(sealed is not None and is_sealed_by(session, asked[0], sealed))
        if order.has_secrets:
            return gettext("The worker writes the file now. It can be taken once, within a day, with your password.")
        return gettext("The worker writes the file now. It can be taken once, within a day.")

    if not carry_out(do):
        return redirect(page)
    job = url_for("jobpage.show", job_id=asked[0])
    if given or not mine[0]:
        return redirect(job)
    return view.render("console/zip_password.html", password=password, job=job, name=order.file_name)
