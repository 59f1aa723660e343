"""Words of notices: what happens to a code, and whether calls to it are blocked, in English and Spanish."""

from enum import StrEnum
from functools import lru_cache
from typing import Final

from services.rate_import.headings import plain
from services.rate_import.refusals import CellRefused, Reason


class ChangeWord(StrEnum):
    """What the sender says of a line; DELETED ends the code's rate, CLOSED blocks its calls, the others are checked."""

    NEW = "new"
    INCREASE = "increase"
    DECREASE = "decrease"
    SAME = "same"
    DELETED = "deleted"
    CLOSED = "closed"
    CHANGED = "changed"


WORDS: Final[dict[ChangeWord, str]] = {
    ChangeWord.NEW: "new, added, addition, add, new code, new destination, new rate, code added, nuevo, nueva, alta, "
    "agregado, anadido, n",
    ChangeWord.INCREASE: "increase, increased, rate increase, price increase, up, raise, i, inc, aumento, incremento, "
    "subida, sube, aumenta, alza, increases",
    ChangeWord.DECREASE: "decrease, decreased, rate decrease, price decrease, down, reduction, reduced, d, dec, "
    "disminucion, baja de precio, rebaja, reduccion, decremento, decreases, bajada",
    ChangeWord.SAME: "same, no change, unchanged, current, not changed, nochange, existing, c, s, no changes, active, "
    "sin cambio, sin cambios, igual, vigente, actual, activo, activa, open, abierto, enabled, ok, available",
    ChangeWord.DELETED: "deleted, delete, removed, remove, discontinued, ended, end, code removed, code deleted, "
    "expired, withdrawn, deletion, baja, eliminado, eliminada, borrado, retirado, suprimido",
    ChangeWord.CLOSED: "closed, close, blocked, block, barred, not available, unavailable, suspended, n a, "
    "no service, not supported, cerrado, cerrada, bloqueado, bloqueada, no disponible, suspendido",
    ChangeWord.CHANGED: "changed, change, modified, modification, update, updated, rate change, modificado, cambio, "
    "modificacion, actualizado",
}
KNOWN: Final = {word.strip(): change for change, words in WORDS.items() for word in words.split(",")}
YES: Final = frozenset({"1", "true", "yes", "y", "t", "si", "s", "x", "blocked", "bloqueado", "closed", "cerrado"})
NO: Final = frozenset({"0", "false", "no", "n", "f", "open", "active", "activo", "abierto", ""})


@lru_cache(maxsize=10_000)
def change_word(cell: str) -> ChangeWord | None:
    """None for a remark that is no such word."""
    return KNOWN.get(plain(cell))


def flag(cell: str, name: str) -> bool:
    word = plain(cell)
    if word not in YES | NO:
        raise CellRefused(Reason.WORD, f"{name}: {cell[:30]!r} is neither yes nor no.")
    return word in YES
