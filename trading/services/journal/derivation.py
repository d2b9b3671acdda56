"""Positions from the journal: entries are lifted, booked and handed to the lots. The same at every time, whether one
position is derived or all of them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet, TextField
from django.db.models.functions import Cast

from accounts.models import User
from assets.choices import AssetType
from assets.models import Asset
from selection.choices import HoldingType
from selection.compute.lots import Effect, Posted, Terms, post
from selection.compute.marks import DOLLAR
from selection.models import Portfolio, PortfolioAsset
from selection.services import forget_values, land_positions
from selection.services.derived_rows import marks_of
from trading.choices import ActionType
from trading.compute.bookings import fills
from trading.compute.entries import Accounts, Entry
from trading.models import TradeAction
from trading.services.journal.levels import LEVELS, follow_levels

COLUMNS = (
    "id", "portfolio_asset_id", "portfolio_asset__asset_id", "action_type", "executed_at", "quantity", "asset_price",
    "fees_paid", "fee_asset_id", "fee_quantity", "settlement_asset_id", "settlement_quantity", "matches_id",
    "accepts_missing", "marks_text",
)  # fmt: skip
ZERO = Decimal(0)
REALIZED = """
UPDATE trade_actions a SET pnl_realized_usd = r.realized
FROM unnest(%(ids)s::bigint[], %(amounts)s::numeric[]) AS r(id, realized)
WHERE a.id = r.id AND a.pnl_realized_usd IS DISTINCT FROM r.realized
"""


@dataclass(frozen=True)
class Desk:
    """The positions of a portfolio and how they are kept."""

    portfolio: Portfolio
    positions: dict[int, PortfolioAsset]
    accounts: Accounts


def desk_of(portfolio: Portfolio) -> Desk:
    """All positions of a portfolio, whose row the caller has locked if it will write."""
    positions = {one.pk: one for one in portfolio.positions.select_related("asset").order_by("id")}
    spot: dict[int, int] = {}
    for position in positions.values():
        if is_spot(position):
            spot.setdefault(position.asset_id, position.pk)
    accounts = Accounts(
        {pk: _terms(position, portfolio) for pk, position in positions.items()},
        spot,
        frozenset(Asset.objects.filter(asset_type=AssetType.STABLECOIN).values_list("pk", flat=True)),
        portfolio.cash_asset_id,
        Asset.objects.filter(symbol=DOLLAR).values_list("pk", flat=True).first(),
    )
    return Desk(portfolio, positions, accounts)


def is_spot(position: PortfolioAsset) -> bool:
    """A position of coins that are owned: fees and payments in the coin go through it."""
    return position.asset_type != HoldingType.SHORT_POSITION and leverage_of(position) == 1


def leverage_of(position: PortfolioAsset) -> Decimal:
    """Leverage of a position; 1 = none."""
    return position.leverage_ratio or Decimal(1)


def _terms(position: PortfolioAsset, portfolio: Portfolio) -> Terms:
    """Dollars are all alike: their positions know an average cost and no lots."""
    if position.asset.asset_type == AssetType.STABLECOIN and is_spot(position):
        return Terms(has_lots=False)
    is_short = position.asset_type == HoldingType.SHORT_POSITION
    return Terms(portfolio.lot_method, is_short=is_short, leverage=leverage_of(position))


def derive(desk: Desk, touched: Collection[int], *, actor: User) -> datetime | None:
    """Derive positions anew, and those that hang together with them.

    Args:
        desk: the portfolio, whose row is locked.
        touched: positions whose entries have changed.
        actor: who changed them.
    Returns:
        The earliest moment at which anything changed; None if nothing did.
    Raises:
        ConflictError: the entries are impossible.
    """
    wanted = _together(desk, set(touched))
    positions = [desk.positions[pk] for pk in sorted(wanted)]
    booked = [fill for fill in fills(_entries(desk, wanted), desk.accounts) if fill.book in wanted]
    landed = land_positions(positions, booked, desk.accounts.terms, actor=actor)
    _note_realized(landed.posted.flows)
    follow_levels(positions, landed.posted.flows, _places(desk.portfolio), actor=actor)
    if landed.changed_from is not None:
        forget_values(desk.portfolio, since=landed.changed_from)
    return landed.changed_from


def posted_of(portfolio: Portfolio) -> Posted:
    """What the whole journal comes to, by the method that the portfolio names; nothing is written.

    Raises:
        ValueError: the entries are impossible.
    """
    desk = desk_of(portfolio)
    return post(fills(_entries(desk, set(desk.positions)), desk.accounts), desk.accounts.terms)


def _together(desk: Desk, touched: set[int]) -> set[int]:
    """The positions, and those that must be known to derive them: leveraged ones, whose settlement follows from their
    lots, and those that lots were carried from or to."""
    accounts = desk.accounts
    wanted = touched | {pk for pk, terms in accounts.terms.items() if terms.leverage != 1}
    pairs = set(
        _in_force(desk.portfolio)
        .filter(matches__isnull=False)
        .exclude(portfolio_asset=F("matches__portfolio_asset"))
        .values_list("portfolio_asset_id", "matches__portfolio_asset_id")
    )
    grown = True
    while grown:
        more = {pk for pair in pairs if wanted & set(pair) for pk in pair} - wanted
        wanted |= more
        grown = bool(more)
    return wanted


def _in_force(portfolio: Portfolio) -> QuerySet[TradeAction]:
    """Entries that no reversal has taken back."""
    entries = TradeAction.objects.filter(portfolio_asset__portfolio=portfolio, reversal__isnull=True)
    return entries.exclude(action_type=ActionType.REVERSAL)


def _entries(desk: Desk, wanted: set[int]) -> Iterable[Entry]:
    """Entries that touch the positions."""
    actions = _in_force(desk.portfolio).exclude(action_type__in=LEVELS)
    cash = desk.accounts.spot.get(desk.accounts.cash or 0)
    if cash not in wanted:
        assets = [asset for asset, position in desk.accounts.spot.items() if position in wanted]
        actions = actions.filter(
            Q(portfolio_asset__in=wanted) | Q(fee_asset__in=assets) | Q(settlement_asset__in=assets)
        )
    places = _places(desk.portfolio)
    for row in actions.annotate(marks_text=Cast("assumptions", TextField())).values_list(*COLUMNS):
        yield _entry(row, places)


def _entry(row: tuple[Any, ...], places: dict[int, int]) -> Entry:
    key, position, asset, kind, at, quantity, price, fee, fee_asset, fee_quantity, paid_in, paid, matches, *rest = row
    accepts_missing, assumptions = rest
    return Entry(
        key, places.get(key, key), position, asset, str(kind), at, quantity, price, fee or ZERO, fee_asset,
        fee_quantity or ZERO, paid_in, paid, matches, accepts_missing,
        frozenset(marks_of(assumptions)),
    )  # fmt: skip


def _places(portfolio: Portfolio) -> dict[int, int]:
    """Entry → the first one that it stands in for, by way of any in between."""
    corrections = TradeAction.objects.filter(portfolio_asset__portfolio=portfolio, corrects__isnull=False)
    places: dict[int, int] = {}
    for key, corrected in corrections.order_by("id").values_list("id", "corrects_id"):
        places[key] = places.get(corrected, corrected)
    return places


def _note_realized(flows: Iterable[Any]) -> None:
    """Write what each entry has realised into its row."""
    realized: dict[int, Decimal] = {}
    for flow in flows:
        if flow.fill.effect is not Effect.SETTLES and flow.leg in (0, 3):
            realized[flow.action_id] = realized.get(flow.action_id, ZERO) + flow.realized
    if realized:
        with connection.cursor() as cursor:
            cursor.execute(REALIZED, {"ids": list(realized), "amounts": list(realized.values())})
