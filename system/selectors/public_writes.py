"""Whole answers that are the same for everybody, kept for as long as nothing is written that they are read from.

``public_writes`` is a sequence that moves with every statement that writes one of those tables, before it writes
(``system.sql.public_write``). An answer is kept under the number that was read before its rows were, and only if no
writer was at work then: whoever reads the same number later would read the same rows. What depends on the clock, such
as the news of the last days, holds for the minute in which it was asked for.
"""

from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.utils import timezone

from system.selectors.kept_answers import KeptAnswers

MEGABYTES = 16
STATE = "SELECT tableoid::bigint, last_value FROM public_writes"
# The lock that writers share cannot be had while one of them is at work; own unwritten changes are nobody else's.
IS_SETTLED = """
SELECT pg_current_xact_id_if_assigned() IS NULL
       AND CASE WHEN pg_try_advisory_lock(%s) THEN pg_advisory_unlock(%s) ELSE false END
"""


class PublicState(NamedTuple):
    """The sequence, and the number of the newest write."""

    sequence: int
    write: int

    @property
    def version(self) -> str:
        """Names what the rows are in this minute; the same nowhere else, should two databases use one Redis."""
        return f"{connection.settings_dict['NAME']}:{self.sequence}:{self.write}:{timezone.now():%Y%m%d%H%M}"


def public_state() -> PublicState:
    """How far what everybody sees has been written."""
    with connection.cursor() as cursor:
        cursor.execute(STATE)
        return PublicState(*cursor.fetchone())


def is_settled(state: PublicState) -> bool:
    """Whether everything that was written up to now can be seen, by everybody."""
    with connection.cursor() as cursor:
        cursor.execute(IS_SETTLED, [state.sequence, state.sequence])
        found: bool = cursor.fetchone()[0]
    return found


@cache
def kept_lists() -> KeptAnswers:
    """The ones of this process."""
    return KeptAnswers(settings.REDIS_URL, seconds=settings.LIST_CACHE_SECONDS, megabytes=MEGABYTES, name="kept_lists")
