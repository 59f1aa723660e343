"""Whatever is sent in place of an authenticator's answer is refused, and breaks nothing."""

from __future__ import annotations

import contextlib
import json

from factories import NOW
from hypothesis import given, settings
from hypothesis import strategies as st
from soft_key import SoftKey
from webauthn.helpers import base64url_to_bytes

from services.operators.passkey_answers import (
    AnswerRefused,
    checked_proof,
    checked_registration,
    proof_answer,
    proof_asked,
    registration_answer,
    registration_asked,
)
from services.operators.passkey_facts import PasskeyFacts
from tests.services.operators.passkey_entry import (
    SITE,
)

WHOLE = json.loads(SoftKey().get(json.dumps({"challenge": "AAAA", "rpId": "localhost"})))
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*WHOLE, "x"]), inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*WHOLE]), ANYTHING).map(lambda made: json.dumps({**WHOLE, **made})) | st.text())
@settings(max_examples=300, deadline=None)
def test_whatever_a_browser_sends_is_an_answer_or_refused(text: str) -> None:
    for read in (registration_answer, proof_answer):
        with contextlib.suppress(AnswerRefused):
            read(text)


CHALLENGE = bytes(32)
KEY = SoftKey()
REGISTRATION = json.loads(KEY.create(registration_asked(SITE, (b"user", "Olga"), CHALLENGE, [])))
NEW = checked_registration(registration_answer(json.dumps(REGISTRATION))[0], CHALLENGE, SITE)
KNOWN = PasskeyFacts(1, NEW.credential_id, NEW.public_key, 0, [], "blue", NOW, None)
PROOF = json.loads(KEY.get(proof_asked(SITE, CHALLENGE, [KNOWN])))


@given(st.data())
@settings(max_examples=600, deadline=None)
def test_a_damaged_answer_proves_nothing_and_breaks_nothing(data: st.DataObject) -> None:
    """Some letters of one part are others: refused, unless they stand for the same bytes."""
    whole = json.loads(json.dumps(data.draw(st.sampled_from([REGISTRATION, PROOF]))))
    parts = sorted(part for part in whole["response"] if part != "transports")
    part = data.draw(st.sampled_from(parts))
    text = whole["response"][part]
    place, put = data.draw(st.integers(0, len(text) - 1)), data.draw(st.text("AQgz_-9", min_size=1, max_size=4))
    changed = text[:place] + put + text[place + len(put) :]
    whole["response"][part] = changed
    try:
        if "signature" in parts:
            checked_proof(proof_answer(json.dumps(whole))[0], CHALLENGE, KNOWN, SITE)
            assert base64url_to_bytes(changed) == base64url_to_bytes(text), part
        else:
            made = checked_registration(registration_answer(json.dumps(whole))[0], CHALLENGE, SITE)
            assert made.public_key
    except AnswerRefused:
        pass
