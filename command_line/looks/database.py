"""What the database says: that it answers, its ledger, and whether watcher and worker are at their work."""

from datetime import timedelta

from sqlalchemy.orm import Session

from command_line.errors import Failure
from command_line.installation import now, read_session
from command_line.symptom import Symptom
from services.calls.call_alarms import count_open_alarms
from services.live.live_report import asterisk_states
from services.money.note_verification import last_verification
from services.money.verify_ledger import verify_ledger
from services.store.settings import Settings

PROOF_AGE_MAX = timedelta(hours=2)  # the worker proves it every hour
DATABASE, LEDGER, WATCHER, WORKER = "database", "ledger", "watcher", "worker"


def look_at_database(_wanted: Settings) -> list[Symptom]:
    """Without an answer nothing else is known."""
    try:
        with read_session() as session:
            return [
                Symptom(DATABASE, "answers, with this release's schema"),
                _ledger(session),
                _watcher(session),
                _worker(session),
            ]
    except Failure as failed:
        blind = [
            Symptom(what, "not known without the database", "See the database above") for what in (LEDGER, WATCHER)
        ]
        return [Symptom(DATABASE, failed.message, failed.cure or "callingcard init"), *blind]


def _ledger(session: Session) -> Symptom:
    """By the worker's last proof; without a fresh one it is proved now."""
    proof = last_verification(session)
    is_fresh = proof is not None and now() - proof.at < PROOF_AGE_MAX
    breaches = proof.breaches if proof is not None and is_fresh else len(verify_ledger(session))
    if breaches:
        cure = "callingcard verify shows the evidence; change nothing by hand: docs/reliability.md tells what next"
        return Symptom(LEDGER, f"{breaches} broken invariants", cure)
    when = f"by the proof of {proof.at:%Y-%m-%d %H:%M} UTC" if proof is not None and is_fresh else "proved just now"
    return Symptom(LEDGER, f"verifies, {when}")


def _watcher(session: Session) -> Symptom:
    asterisks, alarms = asterisk_states(session), count_open_alarms(session)
    if not asterisks or all(asterisk.is_silent for asterisk in asterisks):
        return Symptom(WATCHER, "no watcher runs: a settlement that gets lost is not repaired", "callingcard watch")
    ill = [asterisk for asterisk in asterisks if not asterisk.is_up]
    if ill:
        told = "; ".join(f"{asterisk.name} {asterisk.says}" for asterisk in ill)
        return Symptom(WATCHER, told, "Start that Asterisk, or correct its table in CALLINGCARD_ASTERISKS_FILE")
    if alarms:
        return Symptom(WATCHER, f"{alarms} calls to look at", "callingcard calls alarms")
    return Symptom(WATCHER, "; ".join(f"{asterisk.name} {asterisk.says}" for asterisk in asterisks))


def _worker(session: Session) -> Symptom:
    proof = last_verification(session)
    if proof is None or now() - proof.at >= PROOF_AGE_MAX:
        since = "yet" if proof is None else f"since {proof.at:%Y-%m-%d %H:%M} UTC"
        told = f"it has not proved the ledger {since}: fees, expiry and ordered cards wait too"
        return Symptom(WORKER, told, "callingcard worker")
    return Symptom(WORKER, "proves the ledger every hour")
