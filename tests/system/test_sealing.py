"""Sealed secrets open only with the secret of the environment, for what they were sealed for, unchanged."""

import base64
from typing import Any

import pytest

from system.exceptions import ConflictError
from system.sealing import seal, unseal

SEALED = {"purpose": "exchange key", "owner": "7"}


def test_what_is_sealed_opens_and_does_not_show() -> None:
    text = seal("my-secret-key", **SEALED)
    assert unseal(text, **SEALED) == "my-secret-key"
    assert "my-secret-key" not in text
    assert b"my-secret-key" not in base64.urlsafe_b64decode(text.removeprefix("v1:"))
    assert seal("my-secret-key", **SEALED) != text, "the same secret twice looks different"


@pytest.mark.parametrize("change", [{"purpose": "something else"}, {"owner": "8"}])
def test_another_row_or_purpose_cannot_open_it(change: dict[str, str]) -> None:
    with pytest.raises(ConflictError, match="SEALING_SECRET"):
        unseal(seal("my-secret-key", **SEALED), **SEALED | change)


def test_another_secret_cannot_open_it(settings: Any) -> None:
    text = seal("my-secret-key", **SEALED)
    settings.SEALING_SECRET = "another"
    with pytest.raises(ConflictError) as error:
        unseal(text, **SEALED)
    assert error.value.code == "sealed_otherwise"


@pytest.mark.parametrize("spoil", [lambda text: text[:-6] + "AAAAA=", lambda text: "v0" + text[2:], lambda _text: ""])
def test_what_was_changed_does_not_open(spoil: Any) -> None:
    with pytest.raises(ConflictError):
        unseal(spoil(seal("my-secret-key", **SEALED)), **SEALED)
