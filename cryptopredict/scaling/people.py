"""What many people take."""

import math
from collections.abc import Iterator

from cryptopredict.scaling.measured import Constants

PEOPLE = (100, 1_000, 10_000, 100_000)
AT_ONCE = 0.05
"""Assumption: of all people, those who use it in the busiest hour."""
PAGES_A_MINUTE = 2
"""Assumption: pages that each of them opens."""
READS_A_PAGE = 2
"""Assumption: requests to the API that the scripts of a page, or a program in its place, make."""
LIVE = 0.05
"""Assumption: of all people, those who have a page open that is told news."""
NEWS_A_MINUTE = 6
"""Assumption: what each open page is told."""
SHARE_OF_CORE = 0.7
"""No core is planned fuller."""
THREADS = 8
"""``WEB_THREADS`` unless set; each keeps a connection."""


def pages_a_second(people: int) -> float:
    """In the busiest hour."""
    return people * AT_ONCE * PAGES_A_MINUTE / 60


def database_cores(people: int, known: Constants) -> float:
    """What their pages and requests take of the database in the busiest hour."""
    return pages_a_second(people) * (known.page_database + READS_A_PAGE * known.read_database)


def processes(people: int, known: Constants) -> int:
    """Web processes, a core each: pages counted by the dearest, requests by the mean."""
    busy = pages_a_second(people) * (known.page_seconds + READS_A_PAGE * known.read_web)
    return max(1, math.ceil(busy / SHARE_OF_CORE))


def of_people(known: Constants) -> Iterator[str]:
    yield "| people | at once | pages a second | web processes | their connections | cores of the database "
    yield "| live pages | messages a second |\n|---|---|---|---|---|---|---|---|\n"
    for number in PEOPLE:
        web, news = processes(number, known), number * LIVE * NEWS_A_MINUTE / 60
        yield (
            f"| {number:,} | {number * AT_ONCE:,.0f} | {pages_a_second(number):,.1f} | {web} | {web * THREADS} "
            f"| {database_cores(number, known):,.2f} | {number * LIVE:,.0f} | {news:,.1f} |\n"
        )
