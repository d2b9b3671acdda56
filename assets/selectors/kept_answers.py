"""Answers with candles that are kept for the next one who asks."""

from functools import cache

from django.conf import settings

from system.selectors.kept_answers import KeptAnswers


@cache
def kept_answers() -> KeptAnswers:
    """The ones of this process."""
    return KeptAnswers(
        settings.REDIS_URL, seconds=settings.CANDLE_CACHE_SECONDS, megabytes=settings.CANDLE_CACHE_MEGABYTES
    )
