"""How the login page finds out who somebody is."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts.models import User
from accounts.services import Client, verified_user
from system.exceptions import LockedError, NotAllowed, NotAuthenticated


class PasswordBackend(ModelBackend):
    """E-mail address and password, with the same count of failures and the same lock as the API."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **_kwargs: Any,
    ) -> User | None:
        if username is None or password is None:
            return None
        client = Client() if request is None else Client.of(request)
        try:
            return verified_user(username, password, client=client)
        except NotAuthenticated:
            return None
        except (LockedError, NotAllowed) as refusal:
            if request is not None:
                request.login_refusal = str(refusal)  # type: ignore[attr-defined]
            raise PermissionDenied(str(refusal)) from refusal
