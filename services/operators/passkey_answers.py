"""What an authenticator is asked and what it answers (WebAuthn): the library checks the answer, we the counter."""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    RegistrationCredential,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from services.operators.challenges import CHALLENGE_SECONDS_MAX
from services.operators.passkey_facts import PasskeyFacts
from services.store.site import Site

ANSWER_CHARACTERS_MAX = 16_384
PARTY = "Callingcard"
# What security keys, telephones and computers make; a key of another kind is not offered.
ALGORITHMS = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
# The password was entered before: the key proves that it is there and was pressed (docs/decisions/0035).
VERIFICATION = UserVerificationRequirement.DISCOURAGED
TIMEOUT_MS = CHALLENGE_SECONDS_MAX * 1_000
# What the library raises where bytes of an authenticator's answer are others than it expects: fuzzing found these.
BROKEN = (WebAuthnException, ValueError, LookupError, TypeError, AttributeError, UnsupportedAlgorithm)


class AnswerRefused(ValueError):
    """It is no answer of an authenticator to this challenge, of this host, by a key of this operator."""


@dataclass(frozen=True, slots=True)
class NewKey:
    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: list[str]


def registration_asked(site: Site, user: tuple[bytes, str], challenge: bytes, known: Sequence[PasskeyFacts]) -> str:
    """For navigator.credentials.create, as JSON; `user` is who the key is for: an id without meaning, and a name."""
    user_id, name = user
    options = generate_registration_options(
        rp_id=site.host,
        rp_name=PARTY,
        user_id=user_id,
        user_name=name,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED, user_verification=VERIFICATION
        ),
        exclude_credentials=[_described(one) for one in known],
        supported_pub_key_algs=ALGORITHMS,
    )
    return options_to_json(options)


def proof_asked(site: Site, challenge: bytes, known: Sequence[PasskeyFacts]) -> str:
    """For navigator.credentials.get, as JSON."""
    options = generate_authentication_options(
        rp_id=site.host,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        allow_credentials=[_described(one) for one in known],
        user_verification=VERIFICATION,
    )
    return options_to_json(options)


def registration_answer(text: str) -> tuple[RegistrationCredential, bytes]:
    """The answer read but not believed, and the challenge that it names."""
    try:
        answer = parse_registration_credential_json(_short(text))
        return answer, parse_client_data_json(answer.response.client_data_json).challenge
    except BROKEN as broken:
        raise AnswerRefused("What the browser sent is no answer of a security key.") from broken


def proof_answer(text: str) -> tuple[AuthenticationCredential, bytes]:
    """The answer read but not believed, and the challenge that it names."""
    try:
        answer = parse_authentication_credential_json(_short(text))
        return answer, parse_client_data_json(answer.response.client_data_json).challenge
    except BROKEN as broken:
        raise AnswerRefused("What the browser sent is no answer of a security key.") from broken


def checked_registration(answer: RegistrationCredential, challenge: bytes, site: Site) -> NewKey:
    """Any make of key will do, so that no certificate of its maker is asked for."""
    try:
        checked = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            supported_pub_key_algs=ALGORITHMS,
        )
    except BROKEN as refused:
        raise AnswerRefused("The security key was not accepted: it answered for another page or address.") from refused
    transports = [one.value for one in answer.response.transports or []]
    return NewKey(checked.credential_id, checked.credential_public_key, checked.sign_count, transports)


def checked_proof(answer: AuthenticationCredential, challenge: bytes, key: PasskeyFacts, site: Site) -> int:
    """What the key's counter says now. It is compared by `counter_went_back`, after the signature: the library would
    tell a forged answer and a copied key apart by the words of its sentence only.
    """
    try:
        checked = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=key.public_key,
            credential_current_sign_count=0,
        )
    except BROKEN as refused:
        raise AnswerRefused("The security key was not accepted.") from refused
    return checked.new_sign_count


def counter_went_back(stored: int, now: int) -> bool:
    """Of a key that counts (WebAuthn 7.2, step 22): another one like it was used meanwhile."""
    return (now > 0 or stored > 0) and now <= stored


def _short(text: str) -> str:
    if len(text) > ANSWER_CHARACTERS_MAX:
        raise ValueError("longer than any answer of an authenticator")
    return text


def _described(one: PasskeyFacts) -> PublicKeyCredentialDescriptor:
    known = {transport.value for transport in AuthenticatorTransport}
    transports = [AuthenticatorTransport(word) for word in one.transports if word in known]
    return PublicKeyCredentialDescriptor(id=one.credential_id, transports=transports or None)
