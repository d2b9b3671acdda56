"""One-time passwords that a telephone shows (TOTP, RFC 6238, with SHA-1 as every app knows it)."""

import hashlib
import hmac
import struct

STEP = 30
"""Seconds that a code is shown."""
DIGITS = 6


def step_at(seconds: float) -> int:
    """Number of the step that a moment, in seconds since 1970, lies in."""
    return int(seconds // STEP)


def code_at(secret: bytes, step: int, *, digits: int = DIGITS) -> str:
    """The code of a step.

    Args:
        secret: shared with the telephone, 16 bytes or more.
        step: see ``step_at``.
        digits: of the code.
    Source: RFC 4226, 5.3 (truncation); RFC 6238.
    """
    mac = hmac.new(secret, struct.pack(">Q", step), hashlib.sha1).digest()
    offset = mac[-1] & 0x0F
    number = struct.unpack(">I", mac[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}d}"


def matching_step(secret: bytes, code: str, now: int, *, after: int | None, drift: int = 1) -> int | None:
    """The step whose code was typed, near the present one; None for a wrong code.

    Args:
        secret: shared with the telephone.
        code: as it was typed.
        now: the present step.
        after: steps up to this one have been used, and a code works once.
        drift: how many steps the clocks may differ.
    """
    found = None
    for step in range(now - drift, now + drift + 1):
        is_right = hmac.compare_digest(code_at(secret, step).encode(), code.encode())
        if is_right and (after is None or step > after):
            found = step
    return found
