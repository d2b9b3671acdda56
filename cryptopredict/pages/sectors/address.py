"""What the address of the sectors' page asks for, and the addresses that ask for something else."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.text import slugify

from cryptopredict.pages.market_page import RANGES
from sectors.models import Sector

CHANGES = ("24h", "7d", "30d")
"""Over which spans the change of a sector can be shown."""
USUAL_CHANGE = "7d"
USUAL_RANGE = "90d"
MOST_COMPARED = 4
USUAL_SORT = "rank"


def address_of(sector: Sector) -> str:
    """The part of a sector's address that names it: its name in small letters, else its key."""
    return slugify(sector.name, allow_unicode=True) or str(sector.pk)


@dataclass(frozen=True)
class Asked:
    """What is asked for.

    Attributes:
        at: as known then; None = now.
        change: key of ``CHANGES``.
        sort: column of the table, with ``-`` for falling.
        compare: names of sectors as addresses have them; empty leaves the choice to us.
        range: key of ``RANGES``.
    """

    at: datetime | None = None
    change: str = USUAL_CHANGE
    sort: str = USUAL_SORT
    compare: tuple[str, ...] = ()
    range: str = USUAL_RANGE

    @classmethod
    def read(cls, query: QueryDict) -> "Asked":
        """Of a query; what makes no sense is as if it were not there."""
        change, span = query.get("change", ""), query.get("range", "")
        return cls(
            at=moment(query.get("at", "")),
            change=change if change in CHANGES else USUAL_CHANGE,
            sort=query.get("sort") or USUAL_SORT,
            compare=tuple(dict.fromkeys(name for name in query.getlist("compare") if name)),
            range=span if span in RANGES else USUAL_RANGE,
        )

    def query(self, **changes: Any) -> str:
        """The query that asks for the same with some changes; what is usual is left out."""
        wanted, usual = replace(self, **changes), Asked()
        pairs: list[tuple[str, str]] = []
        if wanted.at is not None:
            pairs.append(("at", f"{wanted.at:%Y-%m-%dT%H:%M:%SZ}"))
        pairs += [
            (name, getattr(wanted, name))
            for name in ("change", "sort", "range")
            if getattr(wanted, name) != getattr(usual, name)
        ]
        pairs += [("compare", name) for name in wanted.compare]
        return urlencode(pairs)


def moment(text: str) -> datetime | None:
    """An ISO time with its zone; None for anything else."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def named(name: str) -> Sector | None:
    """The sector that an address names, however it is spelled; of several the one that was first."""
    every = list(Sector.objects.order_by("-is_active", "pk"))
    wanted = name.lower()
    by_name = next((one for one in every if slugify(one.name, allow_unicode=True) == wanted), None)
    return by_name or next((one for one in every if str(one.pk) == name), None)
