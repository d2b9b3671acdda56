"""The person and the admin of ``pages.py``: everything that a page can show of somebody, in the hundreds; and the pages
that they visit."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.urls import reverse

from accounts.models import User
from aimodels.models import AIModel, ModelJob
from assets.models import Asset
from benchmarks.pages_market import DAY, HOUR, NOW, TODAY
from cryptopredict.pages.sectors.address import address_of
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from sectors.models import Sector
from selection.models import AISuggestion, Portfolio, SuggestionOutcome, Watchlist, WatchlistAsset
from tests import factories
from tests.pages import every, holding
from tests.pages import market as making
from trading.models import AITradingSignal, Backtest, SignalAlert, TradeAction
from trading.services import NewEntry, record_trades, write_note

EMAIL, ADMIN = "person@example.org", "admin@example.org"
ENTRIES, HELD, NOTES = 300, 40, 60
LISTS, LISTED = 9, 23
"""As many as the settings of a new installation allow, with what is there already."""
ALERTS, FIRED, MESSAGES, DELIVERED, BACKTESTS, SESSIONS = 100, 300, 500, 200, 40, 2000
OPEN, DECIDED = 50, 300
STANDING, ENDED = 200, 300
MODELS, JOBS = 20, 60
BUILT_ELSEWHERE = {every.sectors_of, every.record_of}
"""What the market has by itself."""
D = Decimal


@dataclass(frozen=True)
class Visited:
    """A page.

    Attributes:
        visitor: who asks for it; None for a guest.
    """

    path: str
    visitor: User | None
    status: int = 200


def add_person(assets: Sequence[Asset]) -> None:
    """Both people, and what is theirs."""
    person = factories.UserFactory(email=EMAIL)
    reviewer = factories.AdminFactory(email=ADMIN)
    factories.TotpDeviceFactory.of(reviewer)  # an admin has a second factor, or is sent to make one
    factories.AIModelFactory(name="made", version="1")
    market = making.Market(
        asset=assets[-1],
        snapshot=MetricsSnapshot.objects.latest("snapshot_time"),
        regime=AIRegimeAnalysis.objects.latest("analysis_time"),
        tier=Watchlist.objects.filter(user=None).order_by("tier").first(),  # type: ignore[arg-type]
    )
    AITradingSignal.objects.filter(asset=market.asset, status="active").update(status="expired")
    WatchlistAsset.objects.filter(watchlist=market.tier, asset=market.asset).delete()
    for make in {one.make for one in every.EVERY} - BUILT_ELSEWHERE:
        make(market, person)
    add_trades(person, assets)
    add_lists(person, assets)
    add_suggestions(market.tier, assets, reviewer)
    add_signals(market, assets)
    add_messages(person, assets)
    add_backtests_and_models(person)
    add_sessions(person)


def add_trades(person: User, assets: Sequence[Asset]) -> None:
    """Purchases and smaller sales over a year, and what was written about some of them."""
    portfolio, dice = Portfolio.objects.get(pk=holding.NUMBER), random.Random(1)  # noqa: S311
    bought: dict[int, Decimal] = {}
    entries = []
    for number in range(ENTRIES):
        asset = assets[number % HELD]
        has = bought.get(asset.pk, D(0))
        sells = number >= 3 * HELD and dice.random() < 0.5
        quantity = (has / 3).quantize(D("1e-6")) if sells else D(dice.randint(1, 10))
        bought[asset.pk] = has - quantity if sells else has + quantity
        entries.append(
            NewEntry(
                asset, "sell" if sells else "buy", TODAY - (ENTRIES - number) * DAY, quantity=quantity,
                price=D(dice.randint(40, 60)), fee=D(1), venue=("binance", "kraken")[number % 2],
            )
        )  # fmt: skip
    record_trades(portfolio, entries, actor=person)
    for place, action in enumerate(TradeAction.objects.filter(portfolio_asset__portfolio=portfolio)[:NOTES]):
        write_note(action, actor=person, text="As planned.", tags=[f"tag{place % 7}"], followed_rules=place % 3 > 0)
    making_of = MetricsSnapshot.objects.latest("snapshot_time")
    for position in portfolio.positions.exclude(quantity=0).exclude(asset__symbol__in=("SOLID", assets[-1].symbol)):
        factories.PositionAnalysisFactory(
            portfolio_asset=position, metrics_snapshot=making_of, ai_model=AIModel.objects.get(name="made"),
            recommended_action="hold", analysis_data={"current_analysis": {"record": {}}, "missing": {}},
        )  # fmt: skip


def add_lists(person: User, assets: Sequence[Asset]) -> None:
    lists = [Watchlist.objects.get(pk=every.LIST)]
    lists += [factories.WatchlistFactory(user=person, name=f"List {n}") for n in range(LISTS)]
    known = set(lists[0].entries.values_list("asset_id", flat=True))
    WatchlistAsset.objects.bulk_create(
        WatchlistAsset(watchlist=one, asset=asset, sort_order=10 + place, added_by=person, last_modified_by=person)
        for one in lists
        for place, asset in enumerate(assets[:LISTED])
        if one is not lists[0] or asset.pk not in known
    )


def add_suggestions(tier: Watchlist, assets: Sequence[Asset], reviewer: User) -> None:
    """So many open ones in all, and others that were decided and judged."""
    made = factories.SuggestionFactory.build
    reasons = {"percentiles": {"trend": 0.9}, "place": 0.9, "among": 60, "measured": {"share": 0.6, "n": 40}}
    held = set(AISuggestion.objects.filter(status="pending").values_list("asset_id", flat=True))
    free = [asset for asset in assets if asset.pk not in held]
    rows = [
        made(watchlist=tier, asset=asset, reasoning=reasons)
        for asset in free[: OPEN - AISuggestion.objects.filter(status="pending").count()]
    ]
    rows += [
        made(
            watchlist=tier, asset=assets[n % len(assets)], reasoning=reasons, suggestion_type=("add", "remove")[n % 2],
            status=("approved", "rejected")[n // 2 % 2], reviewed_by=reviewer, reviewed_at=NOW - n * HOUR,
        )
        for n in range(DECIDED)
    ]  # fmt: skip
    AISuggestion.objects.bulk_create(rows)
    SuggestionOutcome.objects.bulk_create(
        SuggestionOutcome(
            suggestion_id=row.pk, suggestion_type=row.suggestion_type, direction=1,
            started_at=TODAY - 9 * DAY, ended_at=TODAY - 2 * DAY, timeframe="1d", excess_return=D(n % 7 - 3),
            scored_at=TODAY,
        )
        for n, row in enumerate(rows) if row.status != "pending"
    )  # fmt: skip


def add_signals(market: making.Market, assets: Sequence[Asset]) -> None:
    """Active ones with their progress, and others that have ended."""
    shared: dict[str, Any] = {
        "metrics_snapshot": market.snapshot, "ai_model": AIModel.objects.get(name="made"),
        "confluence_factors": [{"factor": "trend", "weight": 0.25}], "time_horizon_hours": 168,
        "expires_at": NOW + 5 * DAY, "ai_analysis": {"is_proven": True, "record": {"n": 12, "tested": 200}},
    }  # fmt: skip
    taken = set(AITradingSignal.objects.filter(status="active").values_list("asset_id", flat=True))
    free = [asset for asset in assets if asset.pk not in taken]
    for asset in free[:STANDING]:
        signal = factories.SignalFactory(asset=asset, **shared)
        factories.SignalTrackFactory(signal=signal, filled_at=NOW - DAY, known_at=NOW - HOUR)
    for number in range(ENDED):
        ended = factories.SignalFactory(asset=assets[number % len(assets)], status="executed", **shared)
        factories.SignalOutcomeFactory(
            signal=ended, ended_at=NOW - number * HOUR, filled_at=NOW - (number + 8) * HOUR,
            judged_at=NOW - number * HOUR,
        )  # fmt: skip


def add_messages(person: User, assets: Sequence[Asset]) -> None:
    """Alerts with what they told, and messages of every kind."""
    alerts = SignalAlert.objects.bulk_create(
        SignalAlert(
            user=person, asset=assets[n % len(assets)], alert_type="price_target", condition="above",
            trigger_value=D(1000), parameters={"rearm": "auto"}, last_checked=NOW - HOUR,
        )
        for n in range(ALERTS)
    )  # fmt: skip
    for number in range(FIRED):
        factories.FiringFactory(
            alert=alerts[number % ALERTS], number=1 + number // ALERTS, known_at=NOW - number * HOUR,
            fired_at=NOW - number * HOUR,
        )  # fmt: skip
    channel = person.channels.first() or factories.ChannelFactory(user=person)
    for number in range(MESSAGES):
        kind = ("alert", "signal", "system")[number % 3]
        message = factories.NotificationFactory(
            user=person, sent_at=NOW - number * HOUR, notification_type=kind, data={"asset_id": assets[0].pk}
        )
        if number < DELIVERED:
            factories.DeliveryFactory(notification=message, channel=channel, status="sent", sent_at=NOW, attempts=1)


def add_backtests_and_models(person: User) -> None:
    for number in range(BACKTESTS):
        making.add_backtest(person, name=f"Averages {number}")
    for number in range(MODELS):
        model = factories.AIModelFactory(name=f"tried_{number % 5}", version=f"v{number}", status="inactive")
        factories.ModelPerformanceFactory(model=model)
    ModelJob.objects.bulk_create(
        ModelJob(
            model=model, job_category="training", job_type="full", job_status="completed", started_at=NOW - n * HOUR,
            completed_at=NOW - n * HOUR + timedelta(minutes=9),
        )
        for n in range(JOBS)
    )  # fmt: skip


def add_sessions(person: User) -> None:
    """Of many people; ten of them this one's."""
    backend, agent = "django.contrib.auth.backends.ModelBackend", "Mozilla/5.0 (X11; Linux x86_64)"
    told = {"_auth_user_backend": backend, "_auth_user_hash": "0" * 64, "place": {"agent": agent}}
    whose = [person.pk if number < 10 else 10**6 + number for number in range(SESSIONS)]
    Session.objects.bulk_create(
        Session(
            session_key=f"{number:032x}",
            session_data=SessionStore().encode({"_auth_user_id": str(user)} | told),
            expire_date=NOW + 14 * DAY,
        )
        for number, user in enumerate(whose)
    )


def visits() -> list[Visited]:
    """Every page."""
    person, reviewer = User.objects.get(email=EMAIL), User.objects.get(email=ADMIN)
    found = [Visited(own_path(one.path), visitor_of(one, person, reviewer), one.status) for one in every.EVERY]
    found += [replace(one, visitor=person) for one in found if one.path in ("/", "/assets", "/assets/BTC", "/signals")]
    found += [Visited(path, person) for path in single_rows(person)]
    tiers = [f"/watchlists/{one.pk}" for one in Watchlist.objects.filter(user=None)]
    model = f"/models/{AIModel.objects.filter(status='active').order_by('name')[0].pk}"
    found += [Visited(path, reviewer) for path in ("/", "/review", model, "/models/jobs", *tiers, *admin_pages())]
    return found


def visitor_of(shown: every.Shown, person: User, reviewer: User) -> User | None:
    """Whoever may see it, and has most to see."""
    if shown.needs_admin:
        return reviewer
    return person if shown.needs_login else None


def own_path(path: str) -> str:
    """Sectors of this market have other names than those of the tests."""
    return path.replace("/sectors/ai", f"/sectors/{address_of(Sector.objects.order_by('name')[0])}")


def single_rows(person: User) -> Iterator[str]:
    """Addresses of rows, fragments and files, as the pages link them."""
    portfolio = f"/portfolios/{holding.NUMBER}"
    position = Portfolio.objects.get(pk=holding.NUMBER).positions.exclude(quantity=0)[0]
    entry = Watchlist.objects.get(pk=every.LIST).entries.all()[0]
    alert = SignalAlert.objects.filter(user=person)[0]
    backtests = Backtest.objects.filter(created_by=person).order_by("-pk")[:2]
    yield from ("/record.csv", "/assets.csv", "/sectors.csv", "/sectors/rotation.csv", "/sectors/flows.csv")
    yield from ("/signals.csv", "/suggestions.csv", "/data-quality/gaps.csv", "/alerts.csv", "/alerts/firings.csv")
    yield from ("/journal.csv", "/journal/calendar.csv", "/journal/statistics.csv", "/notifications/deliveries.csv")
    stretch = f"timeframe=1d&from={TODAY - 365 * DAY:%Y-%m-%dT%H:%M:%SZ}&to={TODAY:%Y-%m-%dT%H:%M:%SZ}"
    yield from (f"/assets/BTC/candles.csv?{stretch}", f"/assets/BTC/series.json?{stretch}&show=sma20&show=rsi")
    yield from ("/palette", "/palette?q=gen")
    yield own_path("/sectors/ai/members.csv")
    yield f"/watchlists/{every.LIST}.csv"
    yield f"/watchlists/{every.LIST}/entries/{entry.pk}"
    yield from (f"{portfolio}/{name}.csv" for name in ("positions", "lots", "gains", "venues", "explain/twr"))
    yield f"{portfolio}/positions/{position.pk}"
    yield from (f"/alerts/{alert.pk}", "/notifications/unread")
    yield from (f"/backtests/{backtests[0].pk}", "/backtests/compare?" + "&".join(f"id={one.pk}" for one in backtests))
    yield from (
        "/account/notifications",
        "/account/channels/add/telegram",
        "/account/drafts",
        "/account/second-factor",
        "/password/forgot",
    )


def admin_pages() -> Iterator[str]:
    """The admin's home and its lists."""
    yield reverse("admin:index")
    for model in apps.get_models():
        if not admin.site.is_registered(model):
            continue
        yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
