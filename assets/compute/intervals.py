"""Half-open intervals of time."""

from collections.abc import Iterable
from datetime import datetime

Interval = tuple[datetime, datetime]


def subtract(whole: Interval, parts: Iterable[Interval]) -> list[Interval]:
    """What is left of ``whole`` without ``parts``, in order.

    Args:
        whole: ``[begin, end)``.
        parts: ``[begin, end)`` each; they may overlap and reach beyond ``whole``.
    """
    left, (begin, end) = [], whole
    for first, last in sorted(parts):
        if last <= begin or first >= end:
            continue
        if first > begin:
            left.append((begin, first))
        begin = max(begin, last)
    if begin < end:
        left.append((begin, end))
    return left
