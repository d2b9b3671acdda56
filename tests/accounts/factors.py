"""Logging in with a second factor, in tests."""

import base64
from typing import Any

import pyotp
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.services.reauthentication import LOGGED_IN_AT
from tests.doors import API, client_of
from tests.factories import (
    PASSWORD,
    TOTP_SECRET,
)

MFA = API + "users/me/mfa"


def code(secret: bytes = TOTP_SECRET, later: int = 0) -> str:
    return pyotp.TOTP(base64.b32encode(secret).decode()).at(timezone.now(), counter_offset=later)


def post(path: str, client: Client | None = None, **body: Any) -> Any:
    return (client or Client()).post(API + path, body, "application/json")


def fresh(user: User) -> Client:
    """A browser in which somebody has just logged in."""
    client = client_of(user)
    session = client.session
    session[LOGGED_IN_AT] = timezone.now().isoformat()
    session.save()
    return client


def login(user: User) -> Any:
    return post("auth/login", email=user.email, password=PASSWORD)


def bearer(access: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {access}"})
