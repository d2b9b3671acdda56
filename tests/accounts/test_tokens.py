"""Personal tokens: shown once, kept as a digest, ended by time, by hand and with the account."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import ApiToken
from accounts.services import authenticate_token, create_api_token, revoke_api_token
from accounts.services.secrets import digest
from system.exceptions import InvalidInput, NotAllowed
from system.models import AuditLog
from tests.factories import AdminFactory, TotpDeviceFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_a_token_is_kept_as_a_digest() -> None:
    token, secret = create_api_token(UserFactory(), name=" notebook ", scopes=["write", "read"])
    assert secret.startswith("cp_")
    assert len(secret) >= 43
    assert (token.name, token.prefix, token.scopes) == ("notebook", secret[:12], ["read", "write"])
    assert token.token_hash == digest(secret)
    stored = str(ApiToken.objects.values().get()) + str(AuditLog.objects.values().get())
    assert secret not in stored
    assert token.token_hash not in str(AuditLog.objects.get().new_values)


def test_without_scopes_it_reads() -> None:
    assert create_api_token(UserFactory(), name="n", scopes=[])[0].scopes == ["read"]


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("name", {"name": "  "}),
        ("name", {"name": "x" * 101}),
        ("scopes", {"scopes": ["root"]}),
        ("expires_at", {"expires_at": timezone.now() - timedelta(seconds=1)}),
        ("allowed_ips", {"allowed_ips": ["10.0.0.0/8"]}),
    ],
)
def test_wrong_values_are_named(field: str, given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        create_api_token(UserFactory(), **({"name": "n", "scopes": ["read"]} | given))
    assert refusal.value.field == field
    assert not ApiToken.objects.exists()


def test_the_scope_admin_is_for_admins() -> None:
    admin = TotpDeviceFactory(user=AdminFactory()).user
    assert create_api_token(admin, name="n", scopes=["admin"])[0].scopes == ["admin"]
    with pytest.raises(NotAllowed):
        create_api_token(UserFactory(), name="n", scopes=["admin"])


def test_an_inactive_account_gets_none() -> None:
    with pytest.raises(NotAllowed):
        create_api_token(UserFactory(is_active=False), name="n", scopes=["read"])


def test_authentication_finds_the_token_with_its_user() -> None:
    token, secret = create_api_token(UserFactory(), name="n", scopes=["read"])
    found = authenticate_token(secret, address="10.0.0.1")
    assert found == token
    assert authenticate_token(secret + "x", address="10.0.0.1") is None
    assert authenticate_token("", address="10.0.0.1") is None


@pytest.mark.parametrize("change", [{"revoked_at": timezone.now()}, {"expires_at": timezone.now()}])
def test_an_ended_token_opens_nothing(change: dict[str, object]) -> None:
    _token, secret = create_api_token(UserFactory(), name="n", scopes=["read"])
    ApiToken.objects.update(**change)
    assert authenticate_token(secret, address=None) is None


@pytest.mark.parametrize("change", [{"is_active": False}, {"deleted_at": timezone.now()}])
def test_a_token_ends_with_its_account(change: dict[str, object]) -> None:
    user = UserFactory()
    _token, secret = create_api_token(user, name="n", scopes=["read"])
    type(user).objects.filter(pk=user.pk).update(**change)
    assert authenticate_token(secret, address=None) is None


@pytest.mark.parametrize(
    ("allowed", "address", "opens"),
    [
        ([], None, True),
        (["10.0.0.1"], "10.0.0.1", True),
        (["10.0.0.1"], "10.0.0.2", False),
        (["10.0.0.1"], None, False),
        (["2001:DB8:0:0::1"], "2001:db8::1", True),
        (["10.0.0.1"], "unknown", False),
    ],
)
def test_a_token_works_from_its_addresses(allowed: list[str], address: str | None, opens: bool) -> None:
    _token, secret = create_api_token(UserFactory(), name="n", scopes=["read"], allowed_ips=allowed)
    assert (authenticate_token(secret, address=address) is not None) == opens


def test_use_is_noted_at_most_once_a_minute() -> None:
    token, secret = create_api_token(UserFactory(), name="n", scopes=["read"])
    authenticate_token(secret, address=None)
    first = ApiToken.objects.get().last_used_at
    assert first is not None
    authenticate_token(secret, address=None)
    assert ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(seconds=61))
    authenticate_token(secret, address=None)
    token.refresh_from_db()
    assert token.last_used_at is not None
    assert token.last_used_at >= first


def test_revoking_is_for_the_owner_and_admins_and_happens_once() -> None:
    owner = UserFactory()
    token, secret = create_api_token(owner, name="n", scopes=["read"])
    with pytest.raises(NotAllowed):
        revoke_api_token(token, actor=UserFactory())
    assert authenticate_token(secret, address=None) is not None
    ended = revoke_api_token(token, actor=owner).revoked_at
    assert authenticate_token(secret, address=None) is None
    assert revoke_api_token(token, actor=AdminFactory()).revoked_at == ended
    assert AuditLog.objects.filter(operation="UPDATE").count() == 1
