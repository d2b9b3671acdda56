"""What people do with their own account."""

import json
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.activities import record_activity
from accounts.services.login import NOBODY, Client, count_failure, require_unlocked
from accounts.services.people import check_columns, close_account, last_admin, lock_admins
from system.exceptions import InvalidInput

OWN = ("first_name", "last_name", "bio", "profile_picture_url", "timezone", "language", "preferences")
"""What people may change of their own account."""
LARGEST_PREFERENCES = 64 * 1024
"""Characters of preferences as JSON."""


@transaction.atomic
def change_profile(user: User, *, changes: Mapping[str, Any], replace: bool = False, client: Client = NOBODY) -> User:
    """Change the own account.

    Args:
        user: whose.
        changes: new values; preferences are merged key by key, and a key with null is removed.
        replace: what is not named goes back to its default, and preferences are as given.
        client: where the request came from.
    Raises:
        InvalidInput: a value does not fit.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    wanted = dict(changes)
    if replace:
        wanted = {
            column.name: column.get_default() for column in User._meta.concrete_fields if column.name in OWN
        } | wanted
    elif "preferences" in wanted:
        merged = {**(user.preferences or {}), **(wanted["preferences"] or {})}
        wanted["preferences"] = {name: value for name, value in merged.items() if value is not None}
    if len(json.dumps(wanted.get("preferences") or {})) > LARGEST_PREFERENCES:
        raise InvalidInput(_("Preferences hold at most 65,536 characters."), field="preferences")
    changed = [name for name, value in wanted.items() if getattr(user, name) != value]
    for name in changed:
        setattr(user, name, wanted[name])
    check_columns(user, changed)
    if changed:
        user.save(update_fields=[*changed, "updated_at"])
        record_activity(
            user, activity_type="profile", action="update", entity=user, details={"changed": sorted(changed)},
            ip_address=client.ip_address, user_agent=client.user_agent,
        )  # fmt: skip
    return user


def leave(user: User, *, password: str, client: Client = NOBODY) -> None:
    """Close the own account: it cannot be logged in to any more, and its sessions and tokens end.

    A wrong password counts as a wrong login: a stolen session must not be a way to guess it.

    Raises:
        InvalidInput: the password is wrong.
        LockedError: too many wrong ones.
        ConflictError: nobody would be left who can administer the product.
    """
    with transaction.atomic():
        admins = lock_admins()
        user = User.objects.select_for_update().get(pk=user.pk)
        require_unlocked(user)
        is_right = user.check_password(password)
        if is_right:
            if user.is_staff and admins <= {user}:
                raise last_admin()
            close_account(user, by=None)
            record_activity(
                user, activity_type="account", action="delete", entity=user,
                ip_address=client.ip_address, user_agent=client.user_agent,
            )  # fmt: skip
        else:
            count_failure(user, client)
    if not is_right:
        raise InvalidInput(_("The password is wrong."), field="password")
