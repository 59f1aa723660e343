"""The key file of a running installation: watched by servers, and replaced as a whole by a rotation."""

from pathlib import Path

from services.keys.pin_keys import KeysMissing, PinKeys, load_pin_keys, write_draft, write_through


class KeyFile:
    """The keys of a running server: a file that a rotation has replaced is read anew at the next look-up."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._read_as = _identity(file)
        self._keys = load_pin_keys(file)

    def current(self) -> PinKeys:
        """While the file is missing or damaged, the keys read before stay."""
        found = _identity(self.file)
        if found != self._read_as:
            try:
                self._keys, self._read_as = load_pin_keys(self.file), found
            except KeysMissing:
                return self._keys
        return self._keys


def replace_pin_keys(file: Path, keys: PinKeys) -> None:
    """Put these keys in the place of the file's: a power cut leaves the one file or the other, whole."""
    draft = write_draft(file, keys)
    try:
        draft.replace(file)
    except OSError:
        draft.unlink()
        raise
    write_through(file.parent)


def _identity(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
