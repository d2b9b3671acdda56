"""How often an alert would have fired, as the pages show it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext, ngettext

from cryptopredict.pages.alerts.kinds import kind_of_row
from cryptopredict.pages.alerts.words import measured
from cryptopredict.pages.graphs import Graph, Line
from system import formats
from trading.services.alerts.past import Once, Past, Watch, past_of

NEWEST = 10
"""So many of the times are listed."""


@dataclass(frozen=True)
class Trial:
    """The past of an alert.

    Attributes:
        finding: in a sentence.
        newest: the last times, newest first, each with what was measured.
    """

    past: Past
    finding: str
    newest: list[tuple[Once, str]]
    graph: Graph | None


def trial(watch: Watch, now: datetime) -> Trial:
    """What would have come of it."""
    past = past_of(watch, now)
    kind = kind_of_row(watch.alert_type, watch.condition).key
    newest = [(one, measured(kind, one.value)) for one in reversed(past.times[-NEWEST:])]
    return Trial(past, finding(past), newest, graph(watch, kind, past))


def finding(past: Past) -> str:
    """How often, since when."""
    if past.since is None or past.until is None:
        return gettext("Nothing is known yet of what it watches.")
    count = len(past.times)
    if not count:
        return gettext("It would not have fired since %(day)s.") % {"day": formats.day(past.since)}
    told = ngettext(
        "It would have fired once since %(day)s, last on %(last)s.",
        "It would have fired %(n)s times since %(day)s, last on %(last)s.",
        count,
    )
    last = formats.clock(past.times[-1].known_at)
    return told % {"n": formats.number(count), "day": formats.day(past.since), "last": last}


def graph(watch: Watch, kind: str, past: Past) -> Graph | None:
    """The series with its level, and the moments at which it would have fired."""
    if not past.ends:
        return None
    level = (float(watch.trigger_value), gettext("level")) if kind in ("price", "indicator") else None
    names = {"volume": gettext("Volume, USD"), "indicator": gettext("Indicator")}
    name = names.get(kind, gettext("Close, USD"))
    lines = [Line(name, past.values), Line(gettext("would have fired"), marks(past), "danger", "bars")]
    return Graph(
        "alert-past",
        finding(past),
        past.ends,
        lines[:1] if not past.times else lines,
        decimals=0 if kind == "volume" else formats.price_decimals(past.values[-1] or 1),
        level=level,
        note=gettext("Values at the close of candles."),
    )


def marks(past: Past) -> Sequence[float | None]:
    """The value at each moment at which it would have fired, nothing elsewhere."""
    fired = {one.known_at for one in past.times}
    return [value if end in fired else None for end, value in zip(past.ends, past.values, strict=True)]
