"""A part of an execution in the journal: checked against the limits, booked, and noted with its execution."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from assets.models import Asset
from selection.choices import HoldingType, PositionType
from selection.compute.lots import EXACT, exact
from selection.models import Portfolio
from system.exceptions import ConflictError
from trading.choices import ActionSource, ActionType, ExecutionStatus
from trading.compute.risk_limits import ZERO, Book, Check, Order, capital
from trading.models import ExecutionFill, RiskProfile, SignalExecution, TradeAction
from trading.selectors.limits import limits_of
from trading.selectors.risk_book import price_is_known, sector_of
from trading.selectors.standing import standing_now
from trading.services.executions.requests import CENTS, HUNDRED, SIZES
from trading.services.journal.booking import Recording, RefusedEntries
from trading.services.journal.entries import NewEntry
from trading.services.risk.checking import book_of, require_within


@dataclass(frozen=True)
class Part:
    """What is bought or sold short now.

    Attributes:
        price: dollars per coin.
        quantity: coins.
        fee: dollars; None = none.
        at: when.
        venue: exchange.
        key: key of the client, if this part has one of its own.
        request_hash: what was asked for under it.
    """

    price: Decimal
    quantity: Decimal
    at: datetime
    fee: Decimal | None = None
    venue: str = ""
    key: str | None = None
    request_hash: str | None = None

    @property
    def amount(self) -> Decimal:
        """Coins by price, dollars."""
        with localcontext(EXACT):
            return self.quantity * self.price


@dataclass(frozen=True)
class Admitted:
    """A part that keeps all limits."""

    part: Part
    order: Order
    book: Book | None
    checks: Sequence[Check]

    @property
    def capital(self) -> Decimal | None:
        """What shares are counted of, dollars."""
        return None if self.book is None else capital(self.book, self.order)


def admit(
    execution: SignalExecution, part: Part, profile: RiskProfile, portfolio: Portfolio | None, now: datetime
) -> Admitted:
    """Check a part against the limits.

    Args:
        execution: that it belongs to, with its stop and leverage; it need not be stored yet.
        part: the part.
        profile: the limits, whose row is locked.
        portfolio: that it goes into, locked; None while that is open.
        now: the present moment.
    Raises:
        ConflictError: no price of the asset is known.
        RiskLimit: limits are broken, or cannot be checked.
    """
    asset = execution.signal.asset
    if not price_is_known(asset.current_price, asset.last_price_update, now):
        message = _("No price of %(symbol)s is known that is not older than four days.") % {"symbol": asset.symbol}
        raise ConflictError(message, field="price", code="price_unknown")
    order = _order(execution, part, portfolio, now)
    book = None if portfolio is None else book_of(portfolio, profile, execution, now)
    return Admitted(part, order, book, require_within(limits_of(profile), book, order))


def book(execution: SignalExecution, admitted: Admitted, portfolio: Portfolio, *, user: User) -> ExecutionFill:
    """Write a part into the journal and note it with its execution, which is stored already.

    Raises:
        ConflictError: the journal does not allow it, for example for lack of cash.
    """
    number = execution.fills.count() + 1
    entries = _entries(execution, admitted, number)
    recording = Recording(portfolio, entries, user)
    try:
        booked = recording.record().actions[0]
    except RefusedEntries:
        raise recording.causes[min(recording.causes)] from None
    part = admitted.part
    fill = ExecutionFill.objects.create(
        execution=execution,
        trade_action=booked,
        number=number,
        client_key=part.key,
        request_hash=part.request_hash,
    )
    _follow(execution, admitted, booked)
    return fill


def filled(execution: SignalExecution) -> tuple[Decimal, Decimal]:
    """Dollars and coins of all parts that were booked, as the journal says it now: corrected ones as they stand,
    without those that were taken back."""
    amount = quantity = ZERO
    booked = standing_now(execution.fills.values_list("trade_action", flat=True))
    with localcontext(EXACT):
        for entry in booked.values():
            if entry is not None:
                amount += entry.asset_price * entry.quantity
                quantity += entry.quantity
    return amount, quantity


def _order(execution: SignalExecution, part: Part, portfolio: Portfolio | None, now: datetime) -> Order:
    asset, fee, stop = execution.signal.asset, part.fee or ZERO, execution.stop_price
    if stop is None:
        raise ConflictError(_("This execution has no stop."), field="stop_loss")
    with localcontext(EXACT):
        risk = part.quantity * abs(part.price - stop) + fee
    is_open = portfolio is not None and _is_open(portfolio, asset, execution)
    return Order(
        asset_id=asset.pk,
        sector=sector_of(asset.pk, now),
        amount=part.amount,
        risk=risk,
        fee=fee,
        leverage=execution.leverage,
        opens=not is_open,
    )


def _is_open(portfolio: Portfolio, asset: Asset, execution: SignalExecution) -> bool:
    """Whether the position that the part joins holds something already."""
    positions = portfolio.positions.filter(asset=asset, quantity__gt=0)
    is_short = Q(asset_type=HoldingType.SHORT_POSITION)
    of_side = positions.filter(is_short if execution.signal.signal_type == PositionType.SHORT else ~is_short)
    unlevered = Q(leverage_ratio=None) if execution.leverage == 1 else Q()
    return of_side.filter(Q(leverage_ratio=execution.leverage) | unlevered).exists()


def _entries(execution: SignalExecution, admitted: Admitted, number: int) -> list[NewEntry]:
    """The entry; a position that it opens gets the stop and target of the plan."""
    part, signal = admitted.part, execution.signal
    same: dict[str, Any] = {"side": signal.signal_type, "leverage": execution.leverage}
    levels: dict[str, Any] = {"stop_loss": execution.stop_price, "take_profit": execution.target_price}
    entry = NewEntry(
        signal.asset,
        ActionType.ENTRY,
        part.at,
        quantity=part.quantity,
        price=part.price,
        fee=part.fee,
        venue=part.venue or None,
        client_key=f"execution-{execution.pk}-{number}",
        remarks=_remarks(execution, admitted),
        **same,
        **levels,
    )
    if not admitted.order.opens:
        return [entry]
    stop = NewEntry(signal.asset, ActionType.MODIFY_SL, part.at, stop_loss=execution.stop_price, **same)
    if execution.target_price is None:
        return [entry, stop]
    return [
        entry,
        stop,
        NewEntry(signal.asset, ActionType.MODIFY_TP, part.at, take_profit=execution.target_price, **same),
    ]


def _remarks(execution: SignalExecution, admitted: Admitted) -> dict[str, Any]:
    whole = admitted.capital
    lost = share_pct(admitted.order.risk, whole, ROUND_CEILING)
    return {
        "action_source": ActionSource.AI_SIGNAL,
        "ai_signal": execution.signal,
        "capital_amount": None if whole is None else whole.quantize(CENTS, ROUND_HALF_EVEN, EXACT),
        "risk_percent": lost,
    }


def share_pct(part: Decimal, whole: Decimal | None, rounding: str = ROUND_HALF_EVEN) -> Decimal | None:
    """A part of the whole, percent with two places; None if the whole is unknown, or smaller than the part."""
    if whole is None:
        return None
    with localcontext(EXACT):
        share = (HUNDRED * part / whole).quantize(CENTS, rounding)
    return share if share <= HUNDRED else None


def _follow(execution: SignalExecution, admitted: Admitted, booked: TradeAction) -> None:
    """What the execution says once a part is booked; less than a cent that is left is nothing."""
    amount, quantity = filled(execution)
    planned = execution.position_size or amount
    with localcontext(EXACT):
        execution.execution_price = exact(amount / quantity)
        is_whole = planned - amount < CENTS
    execution.status = ExecutionStatus.FILLED if is_whole else ExecutionStatus.PARTIALLY_FILLED
    execution.executed_at = admitted.part.at
    execution.trade_action = execution.trade_action or booked
    execution.execution_details = (execution.execution_details or {}) | {
        "filled_usd": f"{amount.normalize(EXACT):f}",
        "quantity": f"{quantity.normalize(EXACT):f}",
        "checks": told(admitted.checks),
    }
    execution.save()


def told(checks: Sequence[Check]) -> list[dict[str, str]]:
    """Limits with their values, as they are kept with an execution."""
    rounded = []
    for one in checks:
        value = "" if one.value is None else f"{one.value.quantize(SIZES, ROUND_CEILING, EXACT).normalize(EXACT):f}"
        rounded.append({"rule": one.rule, "limit": f"{one.limit.normalize(EXACT):f}", "value": value})
    return rounded
