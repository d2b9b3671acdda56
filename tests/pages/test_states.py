"""The states of every part of every page, forced: nothing is there, its source is down, its data is old, it breaks.

What is slow, and what cannot be fetched once the page is open, needs a browser: ``tests/browser/test_states.py``.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.template import Context, Template
from django.test import Client

from accounts.models import User
from aimodels.models import AIModel
from assets.models import Asset
from cryptopredict.pages.parts import failures, part
from macro.models import AIRegimeAnalysis
from system.http.gate import key, server
from system.models import PipelineRun
from tests.conftest import ROOT
from tests.factories import (
    AdminFactory,
    GapFactory,
    IngestStateFactory,
    ModelJobFactory,
    SuggestionFactory,
    UserFactory,
)
from tests.pages import every, holding
from tests.pages import market as making
from tests.pages.html import Element, browser, page, read
from trading.models import Backtest

pytestmark = pytest.mark.django_db
PAGES = "cryptopredict.pages"
Market = making.Market


def titles(shown: Element) -> list[str]:
    """What the parts that failed are called."""
    return [one.attributes["aria-label"] for one in shown.every("section", data_broken="")]


# -- empty ------------------------------------------------------------------------------------------------------------
NOTHING = {
    "/": "The market has not been analysed yet",
    "/market": "The market has not been analysed yet",
    "/sectors": "The market has not been analysed yet",
    "/assets": "There is none yet; import candles:",
    "/record": "The market has not been analysed yet",
    "/signals": "The market has not been analysed yet",
    "/watchlists": "Make the first one.",
    "/portfolios": "portfolio",
    "/journal": "as soon as something has been entered",
    "/journal/calendar": "Nothing was realised in this month",
    "/journal/statistics": "0 closed trades",
    "/alerts": "alert",
    "/notifications": "Here stands what you are told",
    "/notifications/deliveries": "message",
    "/models": "No model is registered yet",
    "/backtests": "backtest",
    "/suggestions": "The market has not been analysed yet",
    "/data-quality": "There is no data yet",
}
"""What each page says on an installation where nothing has happened: what belongs there."""


@pytest.mark.parametrize("path", NOTHING)
def test_on_an_empty_installation_a_page_says_what_belongs_there(path: str) -> None:
    shown = page(path, AdminFactory() if path == "/models" else UserFactory())
    assert NOTHING[path] in shown.text
    assert titles(shown) == []
    assert "None" not in shown.one("main").text.split()
    assert "nan" not in shown.one("main").text.casefold().split()
    # and what brings it: a command, a button or a form.
    assert [one for name in ("code", "form", "a") for one in shown.one("main").every(name)]


def test_every_page_of_its_own_is_looked_at_empty_or_needs_something() -> None:
    whole = {one.path.split("?")[0] for one in every.EVERY if one.status == 200}
    of_something = {path for path in whole if any(letter.isdigit() for letter in path)}
    forms = {"/login", "/help", "/portfolios/new", "/backtests/new", "/assets/BTC", "/sectors/ai"}
    account = {path for path in whole if path.startswith("/account")}
    assert whole - of_something - forms - account == set(NOTHING)


# -- old, and from a source that is down ------------------------------------------------------------------------------
OLD = ("/", "/market", "/sectors", "/record", "/assets", "/assets/BTC", f"/signals/{every.SIGNAL}", "/data-quality")


def aged(market: Market) -> None:
    """Nothing came for ten days."""
    long = timedelta(days=10)
    Asset.objects.update(last_price_update=making.NOW - long)
    AIRegimeAnalysis.objects.update(analysis_time=market.regime.analysis_time - long)
    PipelineRun.objects.update(as_of=making.TODAY - long)


@pytest.fixture
def old() -> Market:
    """The market of all pages, ten days later."""
    made = every.market()
    every.signal_of(made, UserFactory())
    every.sectors_of(made, UserFactory())
    aged(made)
    return made


@pytest.mark.parametrize("path", OLD)
def test_old_data_is_called_stale_on_every_page(old: Market, path: str) -> None:
    shown = page(path)
    (whole,) = shown.every("summary", data_worst="")
    assert whole.attributes["data-state"] == "stale"
    assert "stale" in whole.text


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("/", "1d"),
        ("/market", "1d"),
        ("/assets/BTC", "Binance"),
        (f"/signals/{every.SIGNAL}", "Binance"),
        ("/data-quality", "Prices: Binance"),
    ],
)
def test_the_part_itself_says_that_it_is_old(old: Market, path: str, label: str) -> None:
    main = page(path).one("main")
    stale = [one for name in ("span", "li") for one in main.every(name, data_state="stale")]
    assert label in [one.every("span")[1].text.removesuffix(" late stale") for one in stale]


def test_a_fresh_market_is_called_stale_nowhere() -> None:
    every.market()
    for path in ("/", "/market", "/assets/BTC"):
        assert not page(path).every("span", data_state="stale"), path


@pytest.fixture
def noted() -> Iterator[Callable[..., None]]:
    """What the workers note about the source of prices."""
    kept, name = server(settings.REDIS_URL), key("binance")
    kept.delete(name)

    def note(**values: datetime) -> None:
        kept.hset(name, mapping={what: moment.timestamp() for what, moment in values.items()})

    yield note
    kept.delete(name)


@pytest.mark.parametrize("path", OLD)
def test_a_source_that_is_down_is_named_where_its_data_is_shown(
    old: Market, noted: Callable[..., None], path: str
) -> None:
    noted(error_at=making.NOW)
    told = "Binance did not answer as it should when it was asked last"
    shown = page(path)
    lists = shown.every("ul", cls="freshness-list")
    assert told in lists[0].text
    if path in {"/assets/BTC", f"/signals/{every.SIGNAL}"}:
        assert told in shown.one("main").one("span", cls="fault").text
    noted(banned_until=datetime.now(UTC) + timedelta(hours=1))
    assert "Binance is closed to us until" in page(path).every("ul", cls="freshness-list")[0].text


def test_a_source_is_not_blamed_for_what_was_mended_or_is_fresh(old: Market, noted: Callable[..., None]) -> None:
    noted(error_at=making.NOW - timedelta(days=11))
    assert not page("/").every("span", cls="fault")
    noted(error_at=making.NOW)
    Asset.objects.update(last_price_update=making.NOW)
    assert not [one for one in page("/").every("span", cls="fault") if "Binance" in one.text]


# -- a part that breaks -----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Breaking:
    """A page, and each function behind it with the parts that fail with it.

    Attributes:
        make: what the page shows besides the market; gives the address.
        parts: titles by function.
    """

    path: str
    parts: dict[str, tuple[str, ...]]
    make: Callable[[Market, User], str | None] = field(default=lambda _market, _reader: None)


def analogues_of(market: Market, _reader: User) -> None:
    data = making.REGIME_DATA | {
        "analogues": [{"time": making.TODAY.isoformat(), "similarity": 0.9, "followed_pct": {"7": 1.5}}]
    }
    AIRegimeAnalysis.objects.filter(pk=market.regime.pk).update(analysis_data=data)


def portfolio_of(market: Market, reader: User) -> None:
    holding.make(market, reader)


def model_of(market: Market, _reader: User) -> str:
    making.add_record(market)
    return f"/models/{AIModel.objects.get(name='scored_rules').pk}"


def backtest_of(_market: Market, reader: User) -> str:
    return f"/backtests/{making.add_backtest(reader).pk}"


def faults_of(market: Market, _reader: User) -> None:
    GapFactory(asset=market.asset)
    IngestStateFactory(asset=market.asset, status="partial", rejected=3)


def jobs_of(_market: Market, _reader: User) -> None:
    ModelJobFactory()


def list_of(market: Market, reader: User) -> str:
    SuggestionFactory(watchlist=market.tier)
    return f"/watchlists/{market.tier.pk}"


CANDLES = "Candles"
WHY = "Why? From the signal down to the candles"
BROKEN = (
    Breaking(
        "/",
        {
            "home.page.regime_card": ("Market now",),
            "home.page.kpis": ("Key figures",),
            "home.page.ranked_sectors": ("What changed since you were here", "Leading sectors"),
            "home.page.suggestion_card": ("Open suggestions",),
            "home.page.signal_card": ("Newest signals",),
            "home.page.record_card": ("How good are we?",),
            "home.page.portfolio_card": ("Your portfolios",),
            "home.page.changes_card": ("What changed since you were here",),
        },
    ),
    Breaking(
        "/market",
        {
            "market_page.regime_card": ("Market now", "What comes next"),
            "market_page.kpis": ("Key figures",),
            "market_page.price_graph": ("How it came here",),
            "market_page.probability_graph": ("How it came here",),
            "market_page.histories": ("How it came here",),
            "market_page.regime_forecast": ("What comes next",),
            "market_page.analogue": ("When it looked like this before",),
            "market_page.outside": ("The world outside",),
            "market_page.quality": ("Data quality",),
        },
        analogues_of,
    ),
    Breaking(
        "/sectors",
        {
            "sectors.overview.map_card": ("Size and change",),
            "sectors.overview.rotation_card": ("Rotation",),
            "sectors.overview.ordered": ("All sectors",),
            "sectors.overview.flow_card": ("Where capital went",),
            "sectors.overview.compare_card": ("Compare up to four",),
        },
        every.sectors_of,
    ),
    Breaking(
        "/sectors/ai",
        {
            "sectors.sector.figures": ("Key figures",),
            "sectors.sector.index_graph": ("Over time",),
            "sectors.sector.histories": ("Over time",),
            "sectors.sector.map_card": ("Size and change",),
            "sectors.sector.membership.best_and_worst": ("Leaders and laggards",),
            "sectors.sector.membership.ordered": ("Members",),
            "sectors.sector.membership.members": ("Size and change", "Leaders and laggards", "Members"),
            "sectors.sector.forecast_card": ("Key figures", "Forecasts of the index"),
            "sectors.sector.reasons": ("Why?",),
        },
        every.sectors_of,
    ),
    Breaking(
        "/assets/BTC",
        {
            "asset.chart": (CANDLES,),
            "asset.with_record": (CANDLES, "Open forecasts"),
            "asset.price_levels": (CANDLES,),
            "asset.forecast_list": ("Forecasts and what came",),
            "asset.standing": ("Against its sector",),
            "asset.indicators": (CANDLES, "Indicators"),
            "asset.news_of": ("News",),
            "asset.chains": (CANDLES, "Signals"),
            "asset.gaps_of": ("Data",),
        },
    ),
    Breaking(
        "/record",
        {
            "record_page.reliability": ("What was said, and how often it came",),
            "record_page.skill_graph": ("Over time",),
            "record_page.coverage_graph": ("Over time",),
            "record_page.by_horizon": ("By horizon",),
            "record_page.by_regime": ("By state of the market",),
            "record_page.listed": ("Every forecast, the newest first",),
        },
        every.record_of,
    ),
    Breaking(
        f"/signals/{every.SIGNAL}",
        {
            "signals.detail.path": ("What has become of it", "Moment by moment"),
            "signals.detail.factors": ("What speaks for it",),
            "signals.detail.rules": ("It is over when",),
            "signals.detail.ranked": (WHY,),
            "signals.detail.alike": ("Signals like this one, and what came of them",),
            "signals.detail.latest": ("Signals like this one, and what came of them",),
            "signals.detail.executions": ("What you did with it",),
        },
        every.signal_of,
    ),
    Breaking(
        f"/portfolios/{holding.NUMBER}",
        {
            "portfolios.overview.figures": ("Worth now",),
            "portfolios.overview.curves": ("How it did",),
            "portfolios.overview.ring": ("What it consists of",),
            "portfolios.overview.targets": ("Where it is to go",),
            "portfolios.overview.rule_lines": ("X-ray",),
            "portfolios.overview.further": ("Further figures",),
        },
        portfolio_of,
    ),
    Breaking("/models", {"models.page.jobs_to_watch": ("Work on models",)}, jobs_of),
    Breaking(
        "",
        {
            "models.page.gates": ("May it serve?",),
            "models.page.folds": ("Walk-forward folds",),
            "models.page.trials_of": ("Variants that were tried, the newest first",),
            "models.page.activations_of": ("When which version served",),
            "models.page.skill_graph": ("In use, all versions of this name",),
            "models.page.reliability": ("What was said, and how often it came",),
        },
        model_of,
    ),
    Breaking(
        "",
        {
            "backtests.page.equity_graph": ("Over time",),
            "backtests.page.falls_graph": ("Over time",),
            "backtests.page.study_rows": ("More than luck?",),
            "backtests.page.words_of": ("What it assumes",),
        },
        backtest_of,
    ),
    Breaking(
        "/suggestions",
        {
            "suggestions.page.month_graph": ("Over time",),
            "suggestions.page.groups": ("By decision",),
            "suggestions.page.suggestion_lines": ("Suggestions",),
        },
    ),
    Breaking(
        "/data-quality",
        {
            "data_quality.page.troubles": ("Data quality",),
            "data_quality.page.run_chip": ("Up to when they know",),
            "data_quality.page.gap_remedy": ("Gaps in the candles",),
            "data_quality.page.gap_counts": ("Data quality", "Gaps in the candles"),
            "data_quality.page.fetch_remedy": ("Fetches",),
            "data_quality.page.provider_states": ("Data quality", "Outside sources"),
            "data_quality.page.completeness_graph": ("How much the snapshots know",),
            "data_quality.page.stores": ("Partitions and archive (seen by admins)",),
        },
        faults_of,
    ),
    Breaking(
        "",
        {
            "watchlists.page.suggested": ("Suggested changes",),
            "watchlists.page.stays": ("Who came and who went",),
            "watchlists.page.changes": ("Last changes",),
        },
        list_of,
    ),
)


def breaks(*_given: Any, **_named: Any) -> Any:
    raise KeyError("a fault that templates take for an unknown variable")


@pytest.mark.parametrize("wanted", BROKEN, ids=lambda one: next(iter(one.parts)).rpartition(".")[0])
def test_a_part_that_breaks_says_so_and_leaves_the_others(
    wanted: Breaking, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    admin = AdminFactory()
    path = wanted.make(every.market(), admin) or wanted.path
    whole = page(path, admin)
    assert titles(whole) == []
    sections = len(whole.one("main").every("section"))
    for name, failing in wanted.parts.items():
        caplog.clear()
        with monkeypatch.context() as patch:
            patch.setattr(f"{PAGES}.{name}", breaks)
            shown = page(path, admin, broken=True)
        assert titles(shown) == list(failing), name
        # Where the whole part had parts of its own, or there was none to see, the number of cards differs by those.
        assert len(shown.one("main").every("section")) >= sections - 3 * len(failing), name
        for one in shown.every("section", data_broken=""):
            assert "could not be loaded" in one.text
            (again,) = one.every("a")
            assert (again.text, again.attributes["href"]) == ("Try again", path)
            assert one.one("code").text, "the request id, as the log has it"
            assert one.one("code").text in caplog.text
        kept = [record for record in caplog.records if record.levelno == logging.ERROR]
        assert len(kept) == len(failing), name
        assert all("a fault" in str(record.exc_info) or record.exc_info for record in kept)
        assert "a fault that templates take for an unknown variable" in caplog.text


def test_every_part_of_the_pages_can_fail_by_itself() -> None:
    """Cards that are put in with ``include`` would take the page with them."""
    known = {one.rpartition(".")[0] for page_ in BROKEN for one in page_.parts}
    assert len(known) == len(BROKEN)
    for name in ("home", "market", "asset", "sectors", "sector", "record", "signal", "portfolio", "model", "backtest",
                 "data_quality"):  # fmt: skip
        text = (ROOT / "templates" / "pages" / f"{name}.html").read_text(encoding="utf-8")
        for line in text.splitlines():
            if "span-" in line and "{% include" in line:
                assert "head.html" in line or "execute_form" in line, (name, line)


@pytest.mark.parametrize("path", ["/assets", "/signals", "/journal", "/alerts", "/notifications", "/watchlists",
                                  "/portfolios", "/backtests"])  # fmt: skip
def test_a_page_of_one_part_answers_with_the_page_of_errors(
    path: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = {
        "/assets": "screener.views.screener",
        "/signals": "signals.views.signals_page",
        "/journal": "journal.table.journal_page",
        "/alerts": "alerts.views.alerts_page",
        "/notifications": "inbox.views.inbox",
        "/watchlists": "watchlists.views.lists_page",
        "/portfolios": "portfolios.views.list_page",
        "/backtests": "backtests.views.own_backtests",
    }
    reader = UserFactory()
    client: Client = browser(reader)
    client.raise_request_exception = False
    monkeypatch.setattr(f"{PAGES}.{made[path]}", breaks)
    response = client.get(path)
    assert response.status_code == 500
    shown = read(response)
    assert shown.one("h1").text == "Something broke on our side"
    assert shown.one("a", cls="primary").text == "Try again"
    assert response["X-Request-ID"] in shown.text
    assert response["X-Request-ID"] in caplog.text


# -- the tag itself ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("fault", [Http404, PermissionDenied])
def test_answers_about_the_whole_page_are_no_faults_of_a_part(fault: type[Exception]) -> None:
    def refuses() -> None:
        raise fault

    template = Template('{% load parts %}{% part "components/mark.svg" "Mark" with a=1 %}{{ b }}')
    assert "<svg" in template.render(Context())
    part = Template('{% load parts %}{% part name "Mark" %}')
    with pytest.raises(fault):
        part.render(Context({"name": Refusing(refuses)}))


class Refusing:
    """A template that refuses."""

    def __init__(self, act: Callable[[], None]) -> None:
        self.act = act

    def render(self, _context: Context) -> str:
        self.act()
        return ""


def test_what_a_broken_part_had_named_is_not_known_after_it() -> None:
    def breaks_inside() -> None:
        raise ValueError("inside")

    text = '{% load parts %}{% part name "Mark" with mine=1 %}[{{ mine }}]'
    shown = Template(text).render(Context({"name": Refusing(breaks_inside)}))
    assert shown.endswith("[]")
    assert "Mark" in shown


def test_a_condition_does_not_take_what_has_failed_for_nothing() -> None:
    failed = part(breaks)
    shown = Template('{% load parts %}{% part name "Mark" %}').render(
        Context({"name": Template("{% if one or other %}some{% else %}none{% endif %}"), "one": failed, "other": None})
    )
    assert "none" not in shown
    assert "could not be loaded" in shown
    assert failures.get() is None


def test_the_backtest_of_another_is_still_not_found() -> None:
    theirs: Backtest = making.add_backtest(UserFactory())
    assert browser(UserFactory()).get(f"/backtests/{theirs.pk}").status_code == 404
