"""Tables that grow with assets or with people: rows a day, how long they stay, and what they weigh."""

from collections.abc import Iterator
from dataclasses import dataclass

from cryptopredict.scaling.market import ASSETS, FOR_GOOD_DAYS, PERIODS, RUNS, rows_a_day
from cryptopredict.scaling.measured import Constants
from cryptopredict.scaling.people import PEOPLE, READS_A_PAGE
from system import configuration
from system.retention import retention_rules

DAILY = 0.3
"""Assumption: of all people, those who come on a day."""
PAGES_A_DAY = 20
"""Assumption: pages that each of them opens on it."""
DEEDS_A_DAY = 2
"""Assumption: what each of them changes: an entry of a list, a position, a setting."""
CHANGES_A_DEED = 2
"""Assumption: rows that the database's audit notes for it."""
TRADES_A_DAY = 0.3
"""Assumption: trades that each of them enters or imports, on average."""
MESSAGES_A_DAY = 1
"""Assumption: notifications to each person, whether he comes or not."""
PORTFOLIOS = 1
"""Assumption: of each person, whose days are all counted once he looks."""
SESSION_DAYS = 60
"""A login rests and is swept: thirty days each (groups ``security`` and ``retention``)."""
RANKINGS = "asset_rankings"
"""One row of each run, with all assets in it: it weighs more the more there are, at most in proportion."""
FROM_RUNS = {
    "predictions": "predictions", "prediction_links": "predictions", "prediction_scores": "predictions",
}  # fmt: skip
"""Tables that grow with every run, and whose rows of a run they follow: a forecast has a link, and is scored once."""
MOVES_ON = {"user_activities"}
"""Whose old rows go to an archive, which nobody empties."""


@dataclass(frozen=True)
class Growing:
    """A table.

    Attributes:
        a_day: rows.
        days: how long they stay; None: for good.
        weight: bytes of a row.
    """

    table: str
    a_day: float
    days: float | None
    weight: float

    @property
    def rows(self) -> float:
        """That are there in the end, or after the years that are counted."""
        return self.a_day * (self.days or FOR_GOOD_DAYS)

    @property
    def size(self) -> float:
        """Bytes of these."""
        return self.rows * self.weight


def days_of(table: str) -> float | None:
    """How long rows of a table stay in a new installation; None: for good."""
    if table == "user_sessions":
        return SESSION_DAYS
    name = "row_changes" if table == "row_change_links" else table
    rule = next((one for one in retention_rules() if one.table == name), None)
    if rule is None or table in MOVES_ON or table == "notifications":
        return None
    age = configuration.group("retention").default[rule.setting]
    return float(age) * (30.4 if rule.setting.endswith("_months") else 1)


def of_a_run(table: str, known: Constants) -> float:
    """Rows that the runs of a day leave for one asset."""
    return sum(PERIODS[name] * known.runs[measured].get(table, 0.0) for name, measured in RUNS.items())


def growing(known: Constants, assets: int, people: int) -> list[Growing]:
    """All of them, the largest first."""
    active = people * DAILY
    deeds = active * DEEDS_A_DAY
    a_day = {table: assets * of_a_run(followed, known) for table, followed in FROM_RUNS.items()} | {
        "external_api_logs": rows_a_day(assets),
        "api_request_logs": active * PAGES_A_DAY * READS_A_PAGE,
        "user_activities": deeds,
        "audit_log": deeds,
        "row_changes": deeds * CHANGES_A_DEED,
        "row_change_links": deeds * CHANGES_A_DEED,
        "notifications": people * MESSAGES_A_DAY,
        "portfolio_days": people * PORTFOLIOS,
        "trade_actions": active * TRADES_A_DAY,
        "position_flows": active * TRADES_A_DAY,
        "position_lots": active * TRADES_A_DAY,
        "user_sessions": active,
    }
    found = [Growing(table, rows, days_of(table), known.weights[table]) for table, rows in a_day.items()]
    runs = of_a_run(RANKINGS, known) * known.assets
    found.append(Growing(RANKINGS, runs, days_of(RANKINGS), known.weights[RANKINGS] * assets / known.assets))
    return sorted(found, key=lambda one: -one.size)


def of_tables(known: Constants) -> Iterator[str]:
    yield "| table | rows a day | stay | rows then | bytes a row | on disk |\n|---|---|---|---|---|---|\n"
    for one in growing(known, ASSETS[-1], PEOPLE[-1]):
        stay = "for good" if one.days is None else f"{one.days:,.0f} days"
        yield (
            f"| `{one.table}` | {one.a_day:,.0f} | {stay} | {one.rows / 1e6:,.0f} M | {one.weight:,.0f} "
            f"| {one.size / 1e9:,.0f} GB |\n"
        )
