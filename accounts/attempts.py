"""How often somebody may try a password or a code at one account, wherever the tries come from."""

from hashlib import sha256

from system.rest.throttles import LOGIN, spend


def passwords_of(email: str) -> str:
    """What tries of passwords at an account are counted under; an address without an account counts alike."""
    return f"account:{sha256(email.strip().lower().encode()).hexdigest()}"


def codes_of(user_id: int) -> str:
    """What tries of codes at an account are counted under: apart, or the first step would use up the second's."""
    return f"codes:{user_id}"


def count_password(email: str) -> None:
    """Count a try of a password.

    Raises:
        Throttled: there were too many in the last minute.
    """
    spend(LOGIN, passwords_of(email))


def count_code(user_id: int | None) -> None:
    """Count a try of a code; one that is meant for nobody counts nowhere.

    Raises:
        Throttled: there were too many in the last minute.
    """
    if user_id is not None:
        spend(LOGIN, codes_of(user_id))
