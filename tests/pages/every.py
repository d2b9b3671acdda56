"""Every page, with what has to be there so that it shows something in all its parts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from accounts.models import User
from aimodels.models import AIModel
from sectors.models import AICrossSectorAnalysis
from selection.models import Watchlist
from selection.services import add_to_watchlist
from tests.factories import (
    AIModelFactory,
    AssetFactory,
    EntryFactory,
    ExecutionFactory,
    PortfolioFactory,
    SignalTrackFactory,
    SuggestionFactory,
    UserFactory,
    WatchlistFactory,
    add_candles,
)
from tests.pages import alerts, holding, messages
from tests.pages import market as making
from tests.pages import sectors as sectoring
from trading.models import AITradingSignal, Backtest, SignalAlert

SIGNAL, LIST, ENTRY, ALERT, BACKTEST, OTHER, MODEL = range(900_001, 900_008)
"""Keys of the signal, of the list, and of the other things whose pages are shown."""
CLOSES = [60000 + 1000 * (day % 7) + 60 * day for day in range(120)]


def nothing(_market: making.Market, _reader: User) -> None:
    """For pages that need no more than a market."""


@dataclass(frozen=True)
class Shown:
    """A page.

    Attributes:
        path: its address.
        make: what it shows besides the market of ``market``; the reader is who is logged in.
        needs_login: whether it is somebody's own.
        needs_admin: whether it is for admins alone.
        status: it answers with.
    """

    path: str
    make: Callable[[making.Market, User], None] = nothing
    needs_login: bool = False
    needs_admin: bool = False
    status: int = 200

    @property
    def who(self) -> str:
        """Who opens it."""
        return "admin" if self.needs_admin else "reader" if self.needs_login else "visitor"


def signal_of(market: making.Market, reader: User) -> None:
    """A proven plan that was entered, and of which the reader has executed a part. Made once for all its pages."""
    if AITradingSignal.objects.filter(pk=SIGNAL).exists():
        return
    signal = making.add_signal(
        market,
        pk=SIGNAL,
        ai_analysis={"is_proven": True, "record": {"n": 12, "tested": 200}},
        entry_price=67000,
        target_price=71000,
        stop_loss=65000,
        time_horizon_hours=168,
        signal_quality="high",
        risk_management={"max_position_size_pct": 4.5},
        invalidation_criteria=[{"condition": {"close": "below", "price": 65500}, "rule": "carrying_level"}],
    )
    SignalTrackFactory(
        signal=signal, filled_at=making.TODAY, fill_price=67000, mfe_price=69000, mfe_at=making.TODAY, mae_price=66000,
        mae_at=making.TODAY,
    )  # fmt: skip
    ExecutionFactory(signal=signal, user=reader, portfolio=PortfolioFactory(user=reader, name="Mine"))


def list_of(market: making.Market, reader: User) -> None:
    """An own list with a suggestion, and the list of the tier with an entry. Made once for all its pages."""
    if Watchlist.objects.filter(pk=LIST).exists():
        return
    mine = WatchlistFactory(pk=LIST, user=reader, name="Mine", wants_suggestions=True)
    add_to_watchlist(mine, market.asset, actor=reader, notes="held")
    add_to_watchlist(mine, AssetFactory(symbol="SOL"), actor=reader, position_type="short")
    SuggestionFactory(watchlist=mine, reasoning={"percentiles": {"trend": 0.9}, "measured": {"share": 0.6, "n": 40}})
    EntryFactory(watchlist=market.tier, asset=market.asset)
    EntryFactory(pk=ENTRY, watchlist=mine, asset=AssetFactory(symbol="ADA"))


def record_of(market: making.Market, _reader: User) -> None:
    making.add_record(market)


def sectors_of(market: making.Market, _reader: User) -> None:
    if not AICrossSectorAnalysis.objects.filter(sector_rotation_flows__has_key="DeFi→AI").exists():
        sectoring.add_members(sectoring.sectors(market)["AI"], market)


def alert_of(market: making.Market, reader: User) -> None:
    if not SignalAlert.objects.filter(pk=ALERT).exists():
        alerts.add_alert(market, reader, pk=ALERT)


def backtest_of(_market: making.Market, reader: User) -> None:
    """Two that can be compared. Made once for all their pages."""
    for number in (BACKTEST, OTHER):
        if not Backtest.objects.filter(pk=number).exists():
            making.add_backtest(reader, name=f"Averages {number}", pk=number)


def model_of(_market: making.Market, _reader: User) -> None:
    if not AIModel.objects.filter(pk=MODEL).exists():
        AIModelFactory(pk=MODEL, name="shown_rules")


def at_work(_market: making.Market, reader: User) -> None:
    """The start page with all its cards, which can be arranged."""
    reader.preferences = {**(reader.preferences or {}), "dashboard_mode": "professional"}
    reader.save(update_fields=["preferences"])


EVERY = (
    Shown("/"),
    Shown("/?arrange=1", at_work, needs_login=True),
    Shown("/market"),
    Shown("/sectors", sectors_of),
    Shown("/sectors/ai", sectors_of),
    Shown("/record", record_of),
    Shown("/signals", signal_of),
    Shown("/signals?view=table&proof=all", signal_of),
    Shown(f"/signals/{SIGNAL}", signal_of, needs_login=True),
    Shown("/watchlists", list_of, needs_login=True),
    Shown(f"/watchlists/{LIST}", list_of, needs_login=True),
    Shown(f"/watchlists/{LIST}/entries/{ENTRY}", list_of, needs_login=True),
    Shown("/assets"),
    Shown("/assets?column=sector&column=trend&column=top&cap_min=x&sector=1"),
    Shown("/assets/BTC"),
    Shown("/assets/BTC?show=sma20&show=rsi&show=macd&show=past&compare=NONE&zone=local"),
    Shown("/portfolios", holding.make, needs_login=True),
    Shown("/portfolios/new", needs_login=True),
    *(
        Shown(f"/portfolios/{holding.NUMBER}{part}", holding.make, needs_login=True)
        for part in (
            "",
            "/lots",
            "/gains",
            "/venues",
            "/explain/twr",
            "/settings",
            "/entries/new",
            "/entries/new?kind=transfer",
            "/prices/new",
            "/import",
            f"/import/{holding.NUMBER}",
            f"/positions/{holding.NUMBER}",
        )
    ),
    Shown("/journal", holding.make, needs_login=True),
    Shown("/journal/calendar", holding.make, needs_login=True),
    Shown("/journal/statistics", holding.make, needs_login=True),
    Shown(f"/journal/{holding.NUMBER}", holding.make, needs_login=True),
    Shown(f"/journal/{holding.NUMBER}/correct", holding.make, needs_login=True),
    Shown("/models", needs_admin=True),
    Shown(f"/models/{MODEL}", model_of, needs_admin=True),
    Shown("/backtests", backtest_of, needs_login=True),
    Shown(f"/backtests/{BACKTEST}", backtest_of, needs_login=True),
    Shown(f"/backtests/compare?id={BACKTEST}&id={OTHER}", backtest_of, needs_login=True),
    Shown("/backtests/new", needs_login=True),
    Shown("/suggestions"),
    Shown("/data-quality"),
    Shown("/help"),
    Shown("/login"),
    Shown("/password/forgot"),
    Shown("/offline"),
    Shown("/alerts?new=price", alerts.add_every, needs_login=True),
    Shown(f"/alerts/{ALERT}", alert_of, needs_login=True),
    Shown("/notifications", messages.add_messages, needs_login=True),
    Shown("/notifications/deliveries", needs_login=True),
    Shown("/account", needs_login=True),
    Shown("/account/security", messages.add_logins, needs_login=True),
    Shown("/account/second-factor", needs_login=True),
    Shown("/account/notifications", needs_login=True),
    Shown("/account/tokens", needs_login=True),
    Shown("/account/drafts", messages.add_drafts, needs_login=True),
    Shown("/account/data", needs_login=True),
    Shown("/review", list_of, needs_admin=True),
    Shown("/setup/data", needs_admin=True),
    Shown("/nowhere", status=404),
)


def market(candles: list[int] = CLOSES) -> making.Market:
    """A market with something in every card of the first page and of its asset's."""
    made = making.make_market()
    add_candles(made.asset, candles, first=making.TODAY - timedelta(days=len(candles)))
    making.add_sector(made, "Layer 1", 1)
    making.add_signal(made)
    making.add_suggestion(made)
    making.add_forecast(made)
    return made


def make_all() -> User:
    """Everything that any page shows.

    Returns:
        Whose own it is.
    """
    made, reader = market(), UserFactory()
    for one in EVERY:
        one.make(made, reader)
    return reader
