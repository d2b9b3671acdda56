"""Withdrawals and deposits that may be one transfer between own venues: proposed, never joined without a person."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import QuerySet

from selection.choices import HoldingType
from selection.models import Portfolio
from trading.compute.entries import ARRIVING, LEAVING
from trading.models import TradeAction

LONGEST = timedelta(hours=24)
"""From what was sent to its arrival."""
EARLIEST = timedelta(minutes=-10)
"""Venues' clocks differ: it may seem to arrive before it was sent by so much."""
OWNED = (HoldingType.CRYPTO_ASSET, HoldingType.STABLECOIN)
"""Positions that coins are moved between; leveraged ones and debts are not."""
MOST_LOST = Decimal("0.05")
"""Share that the way may cost, besides the fee that was booked."""


@dataclass(frozen=True)
class Proposal:
    """Two entries that may be the halves of one transfer.

    Attributes:
        sent: a withdrawal, or a transfer out without another half.
        arrived: a deposit, or a transfer in without another half.
        has_same_id: both venues name the same transaction.
        is_only: neither of the two fits any other entry.
    """

    sent: TradeAction
    arrived: TradeAction
    has_same_id: bool
    is_only: bool

    @property
    def is_sure(self) -> bool:
        """The same transaction, which nothing else fits."""
        return self.has_same_id and self.is_only

    @property
    def lost(self) -> Decimal:
        """Coins that did not arrive."""
        return self.sent.quantity - self.arrived.quantity


def transfer_proposals(portfolio: Portfolio) -> list[Proposal]:
    """Coins that left one venue and soon arrived at another, the surest first; no entry stands in two proposals.

    Of the same coin, at most a day apart, with no more than was sent and no less than 95 % of it. The same transaction
    goes before the smallest loss, that before the shortest time.
    """
    fitting = sorted(
        _fitting(_movements(portfolio)),
        key=lambda pair: (
            not _same_id(*pair),
            _share_lost(*pair),
            pair[1].executed_at - pair[0].executed_at,
            pair[0].pk,
            pair[1].pk,
        ),
    )
    fits = Counter(half.pk for pair in fitting for half in pair)
    found, taken = [], set[int]()
    for sent, arrived in fitting:
        if not taken & {sent.pk, arrived.pk}:
            is_only = fits[sent.pk] == fits[arrived.pk] == 1
            found.append(Proposal(sent, arrived, _same_id(sent, arrived), is_only))
            taken |= {sent.pk, arrived.pk}
    return found


def free_halves(portfolio: Portfolio, kinds: Iterable[str]) -> QuerySet[TradeAction]:
    """Entries of some kinds that are without another half and still count."""
    return TradeAction.objects.filter(
        portfolio_asset__portfolio=portfolio,
        action_type__in=kinds,
        matches__isnull=True,
        matched_by__isnull=True,
        reversal__isnull=True,
    )


def _movements(portfolio: Portfolio) -> list[TradeAction]:
    """Coins that came or went and may be halves; oldest first."""
    entries = free_halves(portfolio, ARRIVING | LEAVING).filter(portfolio_asset__asset_type__in=OWNED)
    return list(entries.select_related("portfolio_asset__asset").order_by("executed_at", "pk"))


def _fitting(halves: list[TradeAction]) -> Iterator[tuple[TradeAction, TradeAction]]:
    """Every pair that may be one transfer; only what lies near in time is compared."""
    arrivals: dict[int, list[TradeAction]] = defaultdict(list)
    for half in halves:
        if half.action_type in ARRIVING:
            arrivals[half.portfolio_asset.asset_id].append(half)
    for sent in halves:
        if sent.action_type in LEAVING:
            there = arrivals[sent.portfolio_asset.asset_id]
            first = bisect_left(there, sent.executed_at + EARLIEST, key=lambda half: half.executed_at)
            for arrived in there[first:]:
                if arrived.executed_at > sent.executed_at + LONGEST:
                    break
                is_other_venue = sent.venue != arrived.venue or not sent.venue
                if is_other_venue and 0 <= _share_lost(sent, arrived) <= MOST_LOST:
                    yield sent, arrived


def _share_lost(sent: TradeAction, arrived: TradeAction) -> Decimal:
    return (sent.quantity - arrived.quantity) / sent.quantity


def _same_id(sent: TradeAction, arrived: TradeAction) -> bool:
    """The venue's word before the id of the transaction tells which way it went."""
    one, other = ((half.external_id or "").rpartition(":")[2] for half in (sent, arrived))
    return bool(one) and one == other
