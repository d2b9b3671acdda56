"""What browsers and passkeys say to each other (WebAuthn): questions to put to them, and answers, checked.

The library is loaded with the first question: the program starts without it.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

PRODUCT = "CryptoPredict"
LONGEST_ID = 1023
"""Bytes of the name that a device gives its key."""
PATIENCE = 300_000
"""Milliseconds that a browser waits for a person."""
DEFAULT_PORTS = {"http": 80, "https": 443}
STUMBLES = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""What the library lets through about an answer that is not built as it expects."""


class UnfitAnswer(Exception):
    """What came back is no right answer to the question."""


@dataclass(frozen=True)
class Question:
    """What a browser is to ask a device for.

    Args:
        challenge: random bytes that will be signed.
        options: for ``navigator.credentials``, as JSON.
    """

    challenge: bytes
    options: str


@dataclass(frozen=True)
class NewKey:
    """A key that a device has made for us."""

    credential_id: str
    public_key: bytes
    sign_count: int
    is_backed_up: bool


@dataclass(frozen=True)
class Use:
    """A key was used: what its device counts, and whether it has recognised its owner."""

    sign_count: int
    is_backed_up: bool
    knows_its_owner: bool


def host() -> str | None:
    """The name that passkeys are bound to; None where browsers allow none: at an IP address, or without encryption."""
    site = urlsplit(settings.SITE_URL)
    name = site.hostname or ""
    try:
        ip_address(name)
    except ValueError:
        is_ours = site.scheme == "https" or name == "localhost" or name.endswith(".localhost")
        return name if name and is_ours else None
    return None


def origin() -> str:
    """How browsers call this site."""
    site = urlsplit(settings.SITE_URL)
    port = "" if site.port in {None, DEFAULT_PORTS[site.scheme]} else f":{site.port}"
    return f"{site.scheme}://{site.hostname}{port}"


def handle(person: int) -> bytes:
    """What a device calls a person: the same for all of theirs, and nothing that tells who it is."""
    return hmac.new(settings.TOKEN_PEPPER.encode(), f"passkeys of {person}".encode(), hashlib.sha256).digest()


def ask_to_register(person: int, name: str, known: Iterable[str]) -> Question:
    """Ask for a new key.

    Args:
        person: whose it will be.
        name: what the device shows.
        known: keys that the person has; their devices make no second one.
    """
    import webauthn
    from webauthn.helpers import structs

    options = webauthn.generate_registration_options(
        rp_id=host() or "",
        rp_name=PRODUCT,
        user_id=handle(person),
        user_name=name,
        timeout=PATIENCE,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.PREFERRED,
            user_verification=structs.UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=_named(known),
    )
    return Question(options.challenge, webauthn.options_to_json(options))


def read_registration(answer: Mapping[str, Any], challenge: bytes) -> NewKey:
    """The key of an answer.

    Raises:
        UnfitAnswer: it is none to this question.
    """
    import webauthn
    from webauthn.helpers import (
        bytes_to_base64url,
        decode_credential_public_key,
        decoded_public_key_to_cryptography,
    )
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        found = webauthn.verify_registration_response(
            credential=dict(answer),
            expected_challenge=challenge,
            expected_rp_id=host() or "",
            expected_origin=origin(),
        )
        # The library reads the numbers of a key, and finds out with its first use that they are none.
        decoded_public_key_to_cryptography(decode_credential_public_key(found.credential_public_key))
    except (WebAuthnException, *STUMBLES) as fault:
        raise UnfitAnswer(str(fault)) from fault
    if len(found.credential_id) > LONGEST_ID:
        raise UnfitAnswer("the name of the key is too long")
    return NewKey(
        bytes_to_base64url(found.credential_id),
        found.credential_public_key,
        found.sign_count,
        found.credential_backed_up,
    )


def ask_to_log_in(known: Iterable[str] = (), *, must_know_owner: bool) -> Question:
    """Ask for the use of a key.

    Args:
        known: one of these; none for whichever the device has for us.
        must_know_owner: the device has to recognise its owner, by a finger, a face or a PIN.
    """
    import webauthn
    from webauthn.helpers.structs import UserVerificationRequirement

    wish = UserVerificationRequirement.REQUIRED if must_know_owner else UserVerificationRequirement.PREFERRED
    options = webauthn.generate_authentication_options(
        rp_id=host() or "", timeout=PATIENCE, allow_credentials=_named(known), user_verification=wish
    )
    return Question(options.challenge, webauthn.options_to_json(options))


def read_login(answer: Mapping[str, Any], challenge: bytes, *, key: bytes, sign_count: int, person: int) -> Use:
    """The use of a key that an answer proves.

    Args:
        key: its public half.
        sign_count: as its device told last. One that has not gone up since was used by a copy.
        person: whose it is.
    Raises:
        UnfitAnswer: it proves nothing.
    """
    import webauthn
    from webauthn.helpers import parse_authentication_credential_json
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        credential = parse_authentication_credential_json(dict(answer))
        found = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=host() or "",
            expected_origin=origin(),
            credential_public_key=key,
            credential_current_sign_count=sign_count,
        )
    except (WebAuthnException, *STUMBLES) as fault:
        raise UnfitAnswer(str(fault)) from fault
    told = credential.response.user_handle
    if told and not hmac.compare_digest(told, handle(person)):
        raise UnfitAnswer("the key was made for somebody else")
    return Use(found.new_sign_count, found.credential_backed_up, found.user_verified)


def _named(known: Iterable[str]) -> list[Any]:
    from webauthn import base64url_to_bytes
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(name)) for name in known]
