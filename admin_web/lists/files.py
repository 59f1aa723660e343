"""Files that leave by a page: written whole before the first byte is sent, and never left on the disk."""

import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from flask import Response, current_app, flash, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.wsgi import wrap_file

from services.keys.key_file import KeyFile
from services.keys.pin_keys import KeysMissing
from services.series.export_series import ExportRefused, PinUnreadable
from services.store.encrypted_zip import ZipPasswordRefused
from services.store.sheet_writer import RowsMiscounted, SheetForm
from web_base.texts import translated

TYPES = {
    SheetForm.CSV.value: "text/csv; charset=utf-8",
    SheetForm.XLSX.value: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "zip": "application/zip",
}
REFUSED = (ExportRefused, KeysMissing, PinUnreadable, RowsMiscounted, ZipPasswordRefused)


def send(name: str, write: Callable[[Path], object]) -> Response:
    """`write` fills a file in a folder of our own that is gone before the answer begins: only its open handle is left,
    so that no PIN stays on the disk, whatever ends the process.
    """
    with tempfile.TemporaryDirectory(dir=current_app.config["SETTINGS"].state_dir) as folder:
        written = Path(folder) / "file"
        write(written)
        opened = written.open("rb")
    ending = name.rpartition(".")[2]
    response = Response(wrap_file(request.environ, opened), mimetype=TYPES[ending], direct_passthrough=True)
    response.content_length = os.fstat(opened.fileno()).st_size
    response.headers["Content-Disposition"] = f'attachment; filename="{_plain(name)}"'
    return response


def send_or_tell(page: str, name: str, write: Callable[[Path], object]) -> ResponseReturnValue:
    """What cannot be written is told on the page from which it was asked for."""
    try:
        return send(name, write)
    except REFUSED as refused:
        flash(translated(refused), "error")
        return redirect(page)


def pin_keys() -> KeyFile:
    """KeysMissing where there are none: only what opens PINs asks for them."""
    return KeyFile(current_app.config["SETTINGS"].keys_file)


def wanted_form() -> SheetForm:
    return SheetForm.XLSX if request.form.get("form") == SheetForm.XLSX.value else SheetForm.CSV


def _plain(name: str) -> str:
    """A name that no header and no file system misreads."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name)
