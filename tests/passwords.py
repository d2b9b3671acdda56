"""Passwords of tests: hashed as ever, but once instead of a million times."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class Quick(PBKDF2PasswordHasher):
    """What was hashed as in production is understood too."""

    iterations = 1
