"""Parts of pages, and the functions behind them that tests break."""

from collections.abc import Callable
from dataclasses import dataclass, field

from accounts.models import User
from aimodels.models import AIModel
from macro.models import AIRegimeAnalysis
from tests.factories import GapFactory, IngestStateFactory, ModelJobFactory, SuggestionFactory
from tests.pages import every, holding
from tests.pages import market as making

Market = making.Market


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
            "data_quality.page.run_chip": ("How fresh the data are",),
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
