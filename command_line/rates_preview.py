"""What an import would change, for people and for programs."""

from typing import Any

from rich.table import Table

from command_line.show import console, money
from models import ChangeAct, Verdict
from services.rate_import.compare import Change
from services.rate_import.prepare_import import Prepared
from services.rate_import.terms import BLOCKED, NAME, PRICE

SHOWN_MAX = 15
REFUSED_SHOWN_MAX = 20
COUNTED = {
    "new": "new",
    "changed": "changed",
    "ended": "ended",
    "same": "the same",
    "jumps": "price jumps",
    "short_notice": "increases at short notice",
    "duplicates": "doubles merged",
    "past": "of the past only",
    "nothing_to_end": "ended already",
    "words_differ": "not what the sender calls them",
    "stay_blocked": "stay blocked",
    "kept_of_refused": "kept because their lines are refused",
    "remarks": "lines of text",
}


def show_preview(prepared: Prepared) -> None:
    preview = prepared.preview
    for note in prepared.facts.notes:
        console.print(note)
    held = ", ".join(f"{heading} = {what}" for heading, what in prepared.columns.by_heading().items())
    console.print(f"Columns: {held}")
    told = [f"{preview.counts[name]} {words}" for name, words in COUNTED.items() if preview.counts[name]]
    console.print(f"{preview.counts['lines']} lines: {', '.join(told) or 'nothing'}.")
    changes = _flagged_first(preview.changes)
    if changes:
        _show_changes(changes, prepared.currency)
    for refusal in preview.refused[:REFUSED_SHOWN_MAX]:
        console.print(f"  refused ({refusal.reason}) {refusal}")
    if len(preview.refused) > REFUSED_SHOWN_MAX:
        console.print(f"  and {len(preview.refused) - REFUSED_SHOWN_MAX} more")


def preview_json(prepared: Prepared) -> dict[str, Any]:
    facts, preview = prepared.facts, prepared.preview
    return {
        "file": facts.file_name,
        "sha256": facts.file_sha256,
        "mode": facts.comparing.mode,
        "applies_at": facts.comparing.applies_at.isoformat(),
        "columns": facts.columns,
        "notes": facts.notes,
        "counts": {name: count for name, count in sorted(preview.counts.items()) if count},
        "refusals": [
            {"line": refusal.line, "reason": refusal.reason, "sentence": refusal.sentence}
            for refusal in preview.refused
        ],
    }


def _flagged_first(changes: list[Change]) -> list[Change]:
    told = [change for change in changes if change.act is ChangeAct.BEGIN or change.verdict is Verdict.ENDED]
    return sorted(told, key=lambda change: (not change.is_jump, not change.is_short_notice, change.key))


def _show_changes(changes: list[Change], currency: str) -> None:
    table = Table("Code", "Destination", "", "Before", "After", "From", "", box=None)
    for change in changes[:SHOWN_MAX]:
        before = "" if change.price_before is None else money(change.price_before, currency)
        is_end = change.act is not ChangeAct.BEGIN
        after = "" if is_end else "blocked" if change.terms[BLOCKED] else money(change.terms[PRICE], currency)
        begins = (change.valid_until or change.valid_from) if is_end else change.valid_from
        flags = [word for word, is_so in (("jump", change.is_jump), ("short notice", change.is_short_notice)) if is_so]
        cells = (change.verdict.value, before, after, f"{begins:%Y-%m-%d %H:%M} UTC", ", ".join(flags))
        table.add_row(change.key[0], change.terms[NAME], *cells)
    console.print(table)
    if len(changes) > SHOWN_MAX:
        console.print(f"and {len(changes) - SHOWN_MAX} more")
