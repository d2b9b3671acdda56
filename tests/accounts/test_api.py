"""The own account through the API."""

import pytest

from accounts.models import User
from tests.doors import answer, client_with_token
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_the_own_profile_hides_what_is_ours() -> None:
    user = UserFactory(first_name="Ada", last_name="Lovelace", notes="about her", subscription_plan="pro")
    row = answer("users/me", user)
    assert (row["id"], row["email"], row["full_name"]) == (user.pk, user.email, "Ada Lovelace")
    assert (row["is_premium"], row["account_balance"], row["role"]) == (True, "0", "public")
    hidden = ["password", "notes", "is_superuser", "failed_login_attempts", "deleted_at", "reset_password_token"]
    assert not set(hidden) & row.keys()
    columns = {column.name for column in User._meta.concrete_fields}
    assert columns - row.keys() == {
        *hidden,
        "reset_password_expires",
        "email_verification_token",
        "email_verification_expires",
        "lockout_expires",
        "deleted_by",
        "referred_by",
    }


def test_a_token_reads_it_too() -> None:
    user = UserFactory()
    assert client_with_token(user, "read").get("/api/v1/users/me").json()["id"] == user.pk
