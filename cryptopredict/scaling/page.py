"""The page: its text with the tables and figures put in."""

import re

from assets.choices import Timeframe
from cryptopredict.environment import BASE_DIR
from cryptopredict.scaling import people, steps, tables
from cryptopredict.scaling.market import (
    ASSETS,
    FOR_GOOD_YEARS,
    archived_a_year,
    of_assets,
    partitions_after,
    rows_a_day,
    rows_kept,
)  # fmt: skip
from cryptopredict.scaling.measured import Constants

PAGE = BASE_DIR / "docs" / "scaling.md"
TEMPLATE = BASE_DIR / "docs" / "scaling.in.md"


def page() -> str:
    """The page."""
    known, largest = Constants.read(), ASSETS[-1]
    live, archived = partitions_after(FOR_GOOD_YEARS)
    grown = tables.growing(known, largest, people.PEOPLE[-1])
    words = {
        "assets": "".join(of_assets(known)),
        "people": "".join(people.of_people(known)),
        "tables": "".join(tables.of_tables(known)),
        "steps": "".join(steps.of_steps(known)),
        "row_bytes": f"{known.row_bytes:,.0f}",
        "rows_a_second": f"{known.rows_a_second:,.0f}",
        "call_worker_ms": f"{known.call_worker * 1000:.1f}",
        "call_database_ms": f"{known.call_database * 1000:.1f}",
        "layers_seconds": f"{known.layers_seconds:g}",
        "layers_growth": f"{known.layers_growth:g}",
        "page_ms": f"{known.page_seconds * 1000:,.0f}",
        "page_database_ms": f"{known.page_database * 1000:.1f}",
        "dearest_database_ms": f"{known.dearest_database * 1000:.0f}",
        "read_ms": f"{known.read_web * 1000:.1f}",
        "read_database_ms": f"{known.read_database * 1000:.1f}",
        "timeframes": str(len(Timeframe.values)),
        "at_once": f"{people.AT_ONCE:.0%}",
        "pages_a_minute": str(people.PAGES_A_MINUTE),
        "reads_a_page": str(people.READS_A_PAGE),
        "live": f"{people.LIVE:.0%}",
        "news_a_minute": str(people.NEWS_A_MINUTE),
        "share": f"{people.SHARE_OF_CORE:.0%}",
        "years": str(FOR_GOOD_YEARS),
        "largest_gb": f"{rows_kept(largest) * known.row_bytes / 1e9:,.0f}",
        "largest_year_gb": f"{archived_a_year(largest) * known.row_bytes / 1e9:,.0f}",
        "minute_calls": f"{largest:,}",
        "calls_a_minute": f"{rows_a_day(largest) / 1440:,.0f}",
        "live_partitions": str(live),
        "archived_partitions": str(archived),
        "tables_gb": f"{sum(one.size for one in grown) / 1e9:,.0f}",
        "daily": f"{tables.DAILY:.0%}",
        "pages_a_day": str(tables.PAGES_A_DAY),
        "deeds_a_day": str(tables.DEEDS_A_DAY),
        "changes_a_deed": str(tables.CHANGES_A_DEED),
        "trades_a_day": f"{tables.TRADES_A_DAY:g}",
        "messages_a_day": str(tables.MESSAGES_A_DAY),
        "database_cores": str(steps.DATABASE_CORES),
        "memory_gb": f"{steps.MEMORY / 1e9:.0f}",
        "volume_tb": f"{steps.VOLUME / 1e12:.0f}",
    }
    return re.sub(r"{(\w+)}", lambda found: words[found[1]], TEMPLATE.read_text())


def write() -> None:
    """Write the page; also after the claims, which it rests on, were measured anew."""
    PAGE.write_text(page())
