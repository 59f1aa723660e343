"""Files that operators upload: into the state directory under a name of our own, readable by this installation only."""

import os
import secrets
from pathlib import Path

from flask import current_app
from werkzeug.datastructures import FileStorage

FOLDER = "uploads"
FILE_MODE, FOLDER_MODE = 0o600, 0o700


def keep_upload(uploaded: FileStorage) -> Path:
    folder: Path = current_app.config["SETTINGS"].state_dir.resolve() / FOLDER
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    file = folder / secrets.token_hex(16)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    with os.fdopen(handle, "wb") as opened:
        uploaded.save(opened)
    return file
