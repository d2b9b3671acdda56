"""What many assets and many people take: counted from what was measured (``docs/claims.json``, ``docs/scaling.json``)
and from the assumptions named here. No figure of the page is typed by hand.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connections

from assets.choices import Timeframe
from cryptopredict.environment import BASE_DIR
from system import configuration

CLAIMS = BASE_DIR / "docs" / "claims.json"
MEASURED = BASE_DIR / "docs" / "scaling.json"
PAGE = BASE_DIR / "docs" / "scaling.md"
TEMPLATE = BASE_DIR / "docs" / "scaling.in.md"
ASSETS = (60, 500, 2_000, 10_000)
PEOPLE = (100, 1_000, 10_000, 100_000)
DAY = 86_400
PERIODS = {"1m": 1440, "5m": 288, "15m": 96, "1h": 24, "4h": 6, "1d": 1, "1w": 1 / 7, "1M": 12 / 365.25}
"""Candles a day."""
KEPT_FOR_GOOD_DAYS = 10 * 365
"""Of what is never swept, ten years are counted."""
AT_ONCE = 0.05
"""Assumption: of all people, those who use it in the busiest hour."""
PAGES_A_MINUTE = 2
"""Assumption: pages that each of them opens."""
LIVE = 0.05
"""Assumption: of all people, those who have a page open that is told news."""
NEWS_A_MINUTE = 6
"""Assumption: what each open page is told."""
SHARE_OF_CORE = 0.7
"""No core is planned fuller."""
SAMPLE = 50_000


@dataclass(frozen=True)
class Constants:
    """What was measured.

    Attributes:
        row_bytes: a candle with its indexes.
        rows_a_second: candles that an import lands.
        layers_seconds: the layers over 500 assets, candles lifted.
        layers_growth: their cost for four times as many.
        page_seconds: processor time of the dearest page.
    """

    row_bytes: float
    rows_a_second: float
    layers_seconds: float
    layers_growth: float
    page_seconds: float

    @classmethod
    def read(cls) -> "Constants":
        claims = json.loads(CLAIMS.read_text())

        def claim(name: str) -> float:
            return float(re.sub(r"[^0-9.]", "", claims[name]["value"]))

        return cls(
            row_bytes=json.loads(MEASURED.read_text())["candle_bytes"],
            rows_a_second=claim("import-candles") / claim("import-seconds"),
            layers_seconds=claim("layers-all-seconds"),
            layers_growth=claim("layers-growth"),
            page_seconds=claim("pages-p95-cpu") / 1000,
        )


def kept_days() -> dict[str, float]:
    """For how many days candles stay, as a new installation has it."""
    ages = configuration.group("retention").default
    shared = {"5m": "price_5m_15m_days", "15m": "price_5m_15m_days"}
    return {
        timeframe: ages[shared.get(timeframe, f"price_{timeframe}_days")] or KEPT_FOR_GOOD_DAYS for timeframe in PERIODS
    }


def rows_a_day(assets: int) -> float:
    return assets * sum(PERIODS.values())


def rows_kept(assets: int) -> float:
    days = kept_days()
    return assets * sum(PERIODS[name] * days[name] for name in PERIODS)


def layers(assets: int, known: Constants) -> float:
    """Seconds of one run of the layers."""
    return known.layers_seconds * (assets / 500) ** (math.log(known.layers_growth) / math.log(4))


def of_assets(known: Constants) -> Iterator[str]:
    yield "| assets | candles a day | a second | ingest: share of a core | candles kept | on disk | layers, one run |\n"
    yield "|---|---|---|---|---|---|---|\n"
    for number in ASSETS:
        day, kept = rows_a_day(number), rows_kept(number)
        yield (
            f"| {number:,} | {day:,.0f} | {day / DAY:,.1f} | {day / known.rows_a_second / DAY:.2%} "
            f"| {kept / 1e6:,.0f} M | {kept * known.row_bytes / 1e9:,.0f} GB | {layers(number, known):,.1f} s |\n"
        )


def of_people(known: Constants) -> Iterator[str]:
    yield "| people | at once | pages a second | web processes | their connections | live pages | messages a second |\n"
    yield "|---|---|---|---|---|---|---|\n"
    for number in PEOPLE:
        pages = number * AT_ONCE * PAGES_A_MINUTE / 60
        processes = max(1, math.ceil(pages * known.page_seconds / SHARE_OF_CORE))
        yield (
            f"| {number:,} | {number * AT_ONCE:,.0f} | {pages:,.1f} | {processes} | {processes * THREADS} "
            f"| {number * LIVE:,.0f} | {number * LIVE * NEWS_A_MINUTE / 60:,.1f} |\n"
        )


THREADS = 8
"""``WEB_THREADS`` unless set; each keeps a connection."""


def page() -> str:
    """The page: its text with the tables and figures put in."""
    known = Constants.read()
    words = {
        "assets": "".join(of_assets(known)),
        "people": "".join(of_people(known)),
        "row_bytes": f"{known.row_bytes:,.0f}",
        "rows_a_second": f"{known.rows_a_second:,.0f}",
        "layers_seconds": f"{known.layers_seconds:g}",
        "layers_growth": f"{known.layers_growth:g}",
        "page_ms": f"{known.page_seconds * 1000:,.0f}",
        "timeframes": str(len(Timeframe.values)),
        "at_once": f"{AT_ONCE:.0%}",
        "pages_a_minute": str(PAGES_A_MINUTE),
        "live": f"{LIVE:.0%}",
        "news_a_minute": str(NEWS_A_MINUTE),
        "share": f"{SHARE_OF_CORE:.0%}",
        "years": str(KEPT_FOR_GOOD_DAYS // 365),
        "largest_gb": f"{rows_kept(ASSETS[-1]) * known.row_bytes / 1e9:,.0f}",
        "largest_month_gb": f"{ASSETS[-1] * 1440 * 30.4 * known.row_bytes / 1e9:,.0f}",
    }
    return re.sub(r"{(\w+)}", lambda found: words[found[1]], TEMPLATE.read_text())


def write() -> None:
    """Write the page; also after the claims, which it rests on, were measured anew."""
    PAGE.write_text(page())


def measure() -> dict[str, Any]:
    """Bytes of a candle with its indexes, of a table like that of the candles in the database at hand."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE scaling_sample"
            " (LIKE price_data INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)"
        )
        cursor.execute(
            "INSERT INTO scaling_sample (asset_id, timeframe, candle_time, open_price, high_price, low_price,"
            " close_price, volume, base_volume, trade_count, vwap, created_at, updated_at)"
            " SELECT n %% 50, '1m', '2024-01-01'::timestamptz + n / 50 * interval '1 minute', p, p + 1, p - 1, p,"
            " (random() * 1e7)::numeric(20, 2), (random() * 1e3)::numeric(20, 8), (random() * 1e4)::int, p,"
            " now(), now()"
            " FROM (SELECT n, (50000 + random() * 20000)::numeric(20, 8) p FROM generate_series(0, %s - 1) n) rows",
            [SAMPLE],
        )
        cursor.execute("SELECT pg_total_relation_size('scaling_sample')")
        size = cursor.fetchone()[0]
        cursor.execute("DROP TABLE scaling_sample")
        cursor.execute("SHOW server_version")
        version = str(cursor.fetchone()[0]).split(" ")[0]
    return {"candle_bytes": round(size / SAMPLE, 1), "rows": SAMPLE, "postgresql": version}
