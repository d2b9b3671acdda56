"""Entries of journals as a table: with what was planned, what came of them, and what was said of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Coalesce

from selection.selectors.visible import visible_portfolios
from trading.choices import ActionType
from trading.compute.trade_results import Plan, Result, result
from trading.models import TradeAction, TradeNote
from trading.selectors.journal_statistics import OPENING
from trading.selectors.trades import lives

FOLLOWED, BROKEN, UNSAID = "followed", "broken", "unsaid"
NEWEST, OLDEST, MOST, LEAST = "-time", "time", "-result", "result"
ORDERS = {
    NEWEST: ("-executed_at", "-pk"),
    OLDEST: ("executed_at", "pk"),
    MOST: (Coalesce(F("pnl_realized_usd"), Decimal(0)).desc(), "-executed_at", "-pk"),
    LEAST: (Coalesce(F("pnl_realized_usd"), Decimal(0)).asc(), "-executed_at", "-pk"),
}


@dataclass(frozen=True)
class Wanted:
    """Which entries. What is empty chooses nothing.

    Attributes:
        portfolio: its id; empty = the real ones.
        rules: ``followed``, ``broken`` or ``unsaid``.
        since, until: from a moment on, and before one.
        with_reversed: entries that were taken back, and the reversals, too.
    """

    portfolio: int | None = None
    symbol: str = ""
    kind: str = ""
    setup: str = ""
    tag: str = ""
    rules: str = ""
    since: datetime | None = None
    until: datetime | None = None
    with_reversed: bool = False


@dataclass(frozen=True)
class JournalRow:
    """An entry.

    Attributes:
        planned_r: profit at the target, in R; None without a stop and a target on their sides.
        result: what became of its coins; None where it brought none.
        note: the page that was written about it.
        pictures: how many it has.
        is_reversed: whether it was taken back.
    """

    action: TradeAction
    planned_r: Decimal | None
    result: Result | None
    note: TradeNote | None
    pictures: int
    is_reversed: bool

    @property
    def missing(self) -> str | None:
        """Why its R or profit is unknown, as a code."""
        return self.result.missing if self.result else None

    @property
    def is_opening(self) -> bool:
        """Whether it opened something or added to it."""
        return self.action.action_type in OPENING


def journal_entries(user: Any, wanted: Wanted, order: str = NEWEST) -> QuerySet[TradeAction]:
    """Own entries as asked for."""
    own = visible_portfolios(user)
    own = own.filter(pk=wanted.portfolio) if wanted.portfolio else own.filter(is_paper=False)
    found = TradeAction.objects.filter(portfolio_asset__portfolio__in=own)
    if not wanted.with_reversed:
        found = found.exclude(action_type=ActionType.REVERSAL).filter(reversal__isnull=True)
    said = {
        "portfolio_asset__asset__symbol": wanted.symbol,
        "action_type": wanted.kind,
        "primary_setup": wanted.setup,
    }
    found = found.filter(**{name: value for name, value in said.items() if value})
    if wanted.tag:
        found = found.filter(note__tags__contains=[wanted.tag])
    found = found.filter(_kept(wanted.rules))
    if wanted.since:
        found = found.filter(executed_at__gte=wanted.since)
    if wanted.until:
        found = found.filter(executed_at__lt=wanted.until)
    return found.order_by(*ORDERS.get(order, ORDERS[NEWEST]))


def _kept(rules: str) -> Q:
    return {
        FOLLOWED: Q(note__followed_rules=True),
        BROKEN: Q(note__followed_rules=False),
        UNSAID: Q(note__followed_rules__isnull=True),
    }.get(rules, Q())


def journal_rows(entries: QuerySet[TradeAction] | Sequence[TradeAction]) -> list[JournalRow]:
    """Entries with what belongs to them, in as many queries however many they are."""
    keys = [one.pk for one in entries]
    counted = TradeAction.objects.filter(pk__in=keys).annotate(pictures=Count("screenshots"))
    related = counted.select_related("portfolio_asset__asset", "portfolio_asset__portfolio", "note", "reversal",
                                     "fee_asset")  # fmt: skip
    found = related.in_bulk()
    came = lives([key for key in keys if found[key].action_type in OPENING])
    return [_row(found[key], result([came[key]]) if key in came else None) for key in keys]


def _row(action: TradeAction, came: Result | None) -> JournalRow:
    plan = _plan(action)
    return JournalRow(
        action,
        plan.reward if plan else None,
        came,
        getattr(action, "note", None),
        getattr(action, "pictures", 0),
        hasattr(action, "reversal"),
    )


def _plan(action: TradeAction) -> Plan | None:
    """Stop and target that were set with an entry; None where they do not lie around its price."""
    entry, stop, target = action.asset_price, action.stop_loss, action.take_profit
    if action.action_type not in OPENING or stop is None or target is None:
        return None
    return Plan(entry, stop, target) if (entry - stop) * (target - entry) > 0 else None


def tags_of(user: Any) -> list[str]:
    """Every tag of the own journal, the most used first."""
    notes = TradeNote.objects.filter(trade_action__portfolio_asset__portfolio__in=visible_portfolios(user))
    counts: dict[str, int] = {}
    rows: Iterable[list[str]] = notes.exclude(tags=[]).values_list("tags", flat=True)
    for tags in rows:
        for tag in tags:
            counts[tag] = counts.get(tag, 0) + 1
    return sorted(counts, key=lambda tag: (-counts[tag], tag))
