"""Paper portfolios: opened with a capital and rules, then following signals by themselves at the prices of tracking."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_DOWN, Decimal, localcontext
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from selection.choices import PositionType
from selection.compute.lots import EXACT
from selection.services.own_portfolios import create_portfolio
from system.choices import LIVE, AuditOperation
from system.exceptions import DomainError, InvalidInput
from system.services import record_change, setting
from trading.choices import ActionSource, ActionType, PaperRefusal
from trading.compute.paper import PLACES, coins
from trading.models import AITradingSignal, PaperPortfolio, PaperTrade, SignalOutcome, SignalTrack, TradeAction
from trading.services.journal import change_keeping, record_trade, us_dollar

CENT = Decimal("0.01")
LARGEST_CAPITAL = Decimal(10) ** 12
ENTER = {PositionType.LONG: ActionType.BUY, PositionType.SHORT: ActionType.SHORT}
LEAVE = {PositionType.LONG: ActionType.PARTIAL_SELL, PositionType.SHORT: ActionType.COVER}


@dataclass(frozen=True)
class PaperRules:
    """How a paper portfolio follows signals.

    Attributes:
        takes_unproven: those without a measured edge too.
        risk_pct: of the capital that the way to the stop costs, percent, above 0, at most 100.
        max_positions: most signals at once, 1 to 1000; each gets at most that part of the capital.
    """

    takes_unproven: bool = False
    risk_pct: Decimal = Decimal(1)
    max_positions: int = 10


@dataclass
class PaperBooked:
    """What following did: signals entered, left, and not followed by why."""

    entered: int = 0
    left: int = 0
    refused: Counter[str] = field(default_factory=Counter)


@transaction.atomic
def open_paper_portfolio(
    user: User, name: str, capital: Decimal, rules: PaperRules | None = None, *, now: datetime | None = None
) -> PaperPortfolio:
    """A portfolio of one's own that holds nothing but its capital in dollars, marked as paper; signals of runs from now
    on are followed.

    Raises:
        InvalidInput: a name, capital or rule that makes no sense.
        ConflictError: the person has a portfolio of this name.
    """
    chosen, at = rules or PaperRules(), now or timezone.now()
    _check(capital, chosen)
    portfolio = create_portfolio(name, actor=user, is_paper=True)
    portfolio = change_keeping(portfolio, actor=user, cash_asset=us_dollar())
    record_trade(
        portfolio,
        us_dollar(),
        actor=user,
        action_type=ActionType.DEPOSIT,
        executed_at=at,
        quantity=capital,
        price=Decimal(1),
        client_key="paper:capital",
    )
    paper = PaperPortfolio.objects.create(portfolio=portfolio, capital=capital, opened_at=at, **vars(chosen))
    record_change(paper, AuditOperation.INSERT, actor=user)
    return paper


@transaction.atomic
def stop_following(paper: PaperPortfolio, *, actor: User) -> PaperPortfolio:
    """No new signal is followed; those that are open are followed to their end."""
    held = PaperPortfolio.objects.select_for_update().get(pk=paper.pk, portfolio__user=actor)
    record_change(
        held, AuditOperation.UPDATE, actor=actor, old={"is_following": held.is_following}, new={"is_following": False}
    )
    held.is_following = False
    held.save(update_fields=["is_following", "updated_at"])
    return held


def follow_signals(as_of: datetime) -> PaperBooked:
    """Book what tracking has found of the live signals into every paper portfolio: entries at the price that filled
    them, exits at the price that ended them, in the order of time. The same again books nothing; two at once follow one
    another. No order is sent."""
    found = PaperBooked()
    for key in PaperPortfolio.objects.filter(portfolio__is_active=True).order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            paper = PaperPortfolio.objects.select_for_update(of=("self",)).filter(pk=key).first()
            if paper is not None:  # nobody deleted it meanwhile
                _follow(paper, as_of, found)
    return found


def _check(capital: Decimal, rules: PaperRules) -> None:
    if not capital.is_finite() or not 0 < capital < LARGEST_CAPITAL or capital != capital.quantize(CENT):
        raise InvalidInput(_("The capital is above 0, in dollars and whole cents."), field="capital")
    if not rules.risk_pct.is_finite() or not 0 < rules.risk_pct <= 100:
        raise InvalidInput(_("The risk of a trade is above 0 and at most 100 percent."), field="risk_pct")
    if not 1 <= rules.max_positions <= 1000:
        raise InvalidInput(_("At most 1 to 1000 signals are followed at once."), field="max_positions")


def _follow(paper: PaperPortfolio, as_of: datetime, found: PaperBooked) -> None:
    """Ends of what is open and new fills, by time; what ends and what begins at one moment: the end first."""
    open_trades = PaperTrade.objects.filter(paper=paper, entry__isnull=False, exit__isnull=True)
    ends = {
        one.signal_id: one
        for one in SignalOutcome.objects.filter(ended_at__lte=as_of, exit_price__isnull=False).filter(
            signal__in=open_trades.values("signal")
        )
    }
    waiting = {one.signal_id: one for one in open_trades.select_related("signal", "entry__portfolio_asset")}
    fills = _fills(paper, as_of)
    fresh = SignalOutcome.objects.filter(signal__in=[one.signal_id for one in fills], ended_at__lte=as_of)
    ends |= {one.signal_id: one for one in fresh if one.exit_price is not None}
    steps: list[tuple[datetime, int, int, Any]] = [(one.ended_at, 0, key, one) for key, one in ends.items()]
    steps += [(one.filled_at, 1, one.signal_id, one) for one in fills if one.filled_at is not None]
    for _at, kind, key, one in sorted(steps, key=lambda step: step[:3]):
        if kind == 1:
            trade = _enter(paper, one)
            if trade.refusal is None:
                waiting[key] = trade
                found.entered += 1
            else:
                found.refused[trade.refusal] += 1
        elif key in waiting:
            found.left += _leave(paper, waiting.pop(key), one)


def _fills(paper: PaperPortfolio, as_of: datetime) -> list[SignalTrack]:
    """Signals that were filled and that it has not looked at."""
    if not paper.is_following:
        return []
    tracks = SignalTrack.objects.filter(
        filled_at__isnull=False,
        filled_at__lt=as_of,
        known_at__lte=as_of,
        signal__series=LIVE,
        signal__run__as_of__gte=paper.opened_at,
    ).exclude(signal__in=PaperTrade.objects.filter(paper=paper).values("signal"))
    if not paper.takes_unproven:
        tracks = tracks.filter(signal__ai_analysis__is_proven=True)
    return list(tracks.select_related("signal__asset").order_by("filled_at", "signal_id"))


def _enter(paper: PaperPortfolio, track: SignalTrack) -> PaperTrade:
    signal, price, at = track.signal, track.fill_price, track.filled_at
    if price is None or at is None or signal.stop_loss is None:
        return _refused(paper, signal, PaperRefusal.NO_SIZE)
    if _open_at(paper, at) >= paper.max_positions:
        return _refused(paper, signal, PaperRefusal.FULL)
    quantity = coins(paper.capital, paper.risk_pct, paper.max_positions, price, signal.stop_loss, fee=_fee_share(at))
    if quantity is None:
        return _refused(paper, signal, PaperRefusal.NO_SIZE)
    kind = PositionType(signal.signal_type)
    try:
        entry = _book(paper, signal, ENTER[kind], at, quantity, price, "entry")
    except DomainError as refusal:
        return _refused(paper, signal, PaperRefusal.JOURNAL, str(refusal))
    return PaperTrade.objects.create(paper=paper, signal=signal, entry=entry, quantity=quantity)


def _leave(paper: PaperPortfolio, trade: PaperTrade, outcome: SignalOutcome) -> bool:
    """Book the exit. What the journal says against it, as when a person has sold the coins, is noted and it is tried
    again next time; False then."""
    kind, quantity, price = PositionType(trade.signal.signal_type), trade.quantity, outcome.exit_price
    if quantity is None or price is None:
        raise ValueError("only what was entered is left, at a price")
    before = trade.details
    try:
        trade.exit = _book(paper, trade.signal, LEAVE[kind], outcome.ended_at, quantity, price, "exit")
        trade.details = None
    except DomainError as refusal:
        trade.details = str(refusal)
    if trade.exit is not None or trade.details != before:
        trade.save(update_fields=["exit", "details", "updated_at"])
    return trade.exit is not None


def _book(
    paper: PaperPortfolio, signal: AITradingSignal, kind: ActionType, at: datetime, quantity: Decimal, price: Decimal,
    part: str,
) -> TradeAction:  # fmt: skip
    with localcontext(EXACT):
        fee = (quantity * price * _fee_share(at)).quantize(PLACES, ROUND_DOWN)
    return record_trade(
        paper.portfolio,
        signal.asset,
        actor=paper.portfolio.user,
        action_type=kind,
        executed_at=at,
        quantity=quantity,
        price=price,
        fee=fee,
        side=signal.signal_type,
        client_key=f"signal:{signal.pk}:{part}",
        remarks={"action_source": ActionSource.ALGORITHM, "ai_signal": signal},
    )


def _fee_share(at: datetime) -> Decimal:
    """Fees and slippage of one way, of the amount: half of what signals are counted with."""
    return Decimal(str(setting("signal_sizing", at)["cost_pct"])) / 200


def _open_at(paper: PaperPortfolio, at: datetime) -> int:
    """How many of its trades were open at a moment; one whose signal ended then is not, left or not."""
    trades = PaperTrade.objects.filter(paper=paper, entry__executed_at__lte=at)
    return trades.exclude(signal__outcome__ended_at__lte=at).count()


def _refused(paper: PaperPortfolio, signal: AITradingSignal, why: PaperRefusal, details: str = "") -> PaperTrade:
    return PaperTrade.objects.create(paper=paper, signal=signal, refusal=why, details=details or None)
