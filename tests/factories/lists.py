"""Watchlists, suggestions and portfolios."""

from datetime import timedelta
from decimal import Decimal

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from selection.choices import Decision, HoldingType, SuggestionType, Tier, WatchlistType
from selection.models import (
    AIPortfolioAnalysis,
    AISuggestion,
    AIWatchlistAnalysis,
    AssetRanking,
    LotDisposal,
    ManualPrice,
    Portfolio,
    PortfolioAsset,
    PortfolioDay,
    PositionFlow,
    PositionLot,
    RankingOutcome,
    SuggestionOutcome,
    SuggestionReview,
    Watchlist,
    WatchlistAsset,
    WatchlistAssetHistory,
)
from tests.factories.analyses import AnalysisFactory
from tests.factories.assets import AssetFactory
from tests.factories.base import EPOCH
from tests.factories.people import AdminFactory, UserFactory


class WatchlistFactory(DjangoModelFactory):
    """A personal list."""

    class Meta:
        model = Watchlist

    name = factory.Sequence(lambda n: f"List {n}")
    user = factory.SubFactory(UserFactory)
    watchlist_type = WatchlistType.PERSONAL


class DefaultListFactory(WatchlistFactory):
    """The default list of tier 2."""

    user = None
    watchlist_type = WatchlistType.DEFAULT
    tier = Tier.TIER2


class EntryFactory(DjangoModelFactory):
    """An entry at the end of a list."""

    class Meta:
        model = WatchlistAsset

    watchlist = factory.SubFactory(WatchlistFactory)
    asset = factory.SubFactory(AssetFactory)
    sort_order = factory.LazyAttribute(lambda entry: entry.watchlist.entries.count() + 1)
    added_by = factory.SubFactory(UserFactory)
    last_modified_by = factory.SelfAttribute("added_by")


class ListedFactory(DjangoModelFactory):
    """An asset that is on the default list since ``valid_from``."""

    class Meta:
        model = WatchlistAssetHistory

    watchlist = factory.SubFactory(DefaultListFactory)
    asset = factory.SubFactory(AssetFactory)
    sort_order = 1


class RankingFactory(AnalysisFactory):
    class Meta:
        model = AIWatchlistAnalysis

    watchlist = factory.SubFactory(WatchlistFactory)


class AssetRankingFactory(AnalysisFactory):
    """A ranking of no assets, with equal weights."""

    class Meta:
        model = AssetRanking

    timeframe = "1d"
    candle_time = factory.LazyAttribute(lambda ranking: ranking.analysis_time - timedelta(days=1))
    asset_count = 0
    is_estimated = False
    moments = 0


class RankingOutcomeFactory(DjangoModelFactory):
    class Meta:
        model = RankingOutcome

    ranking = factory.SubFactory(AssetRankingFactory)
    horizon_hours = 168
    asset_count = 9
    rank_correlation = Decimal("0.1")
    momentum_rank_correlation = Decimal("0.05")
    measured_at = factory.SelfAttribute("ranking.analysis_time")


class SuggestionOutcomeFactory(DjangoModelFactory):
    class Meta:
        model = SuggestionOutcome

    suggestion_id = factory.Sequence(lambda n: n + 1)
    suggestion_type = SuggestionType.ADD
    direction = 1
    started_at = EPOCH
    ended_at = EPOCH + timedelta(days=7)
    timeframe = "1d"
    excess_return = Decimal("1.5")
    scored_at = EPOCH + timedelta(days=7)


class SuggestionFactory(DjangoModelFactory):
    """An open suggestion to put a coin on a list."""

    class Meta:
        model = AISuggestion

    watchlist = factory.SubFactory(WatchlistFactory)
    asset = factory.SubFactory(AssetFactory)
    suggestion_type = SuggestionType.ADD
    ai_layer = 3
    confidence_score = Decimal("0.71")
    reasoning = factory.LazyFunction(lambda: {"momentum_30d": 0.92})
    horizon_hours = 168
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=7))


class ReviewFactory(DjangoModelFactory):
    """A row of the history, without its effect; ``selection.services.review_suggestion`` decides."""

    class Meta:
        model = SuggestionReview

    suggestion = factory.SubFactory(SuggestionFactory)
    reviewer = factory.SubFactory(AdminFactory)
    decision = Decision.DEFER


class PortfolioFactory(DjangoModelFactory):
    class Meta:
        model = Portfolio

    user = factory.SubFactory(UserFactory)
    name = factory.Sequence(lambda n: f"Portfolio {n}")


class PositionFactory(DjangoModelFactory):
    """Two coins, bought at 80."""

    class Meta:
        model = PortfolioAsset

    portfolio = factory.SubFactory(PortfolioFactory)
    asset = factory.SubFactory(AssetFactory)
    asset_type = HoldingType.CRYPTO_ASSET
    quantity = Decimal(2)
    entry_price = Decimal(80)
    added_by = factory.SelfAttribute("portfolio.user")
    last_modified_by = factory.SelfAttribute("portfolio.user")


class FlowFactory(DjangoModelFactory):
    """Two coins, bought at 80, in a portfolio that does not track cash."""

    class Meta:
        model = PositionFlow

    position = factory.SubFactory(PositionFactory)
    action_id = factory.Sequence(lambda n: n + 1)
    place = factory.SelfAttribute("action_id")
    occurred_at = EPOCH
    quantity_change = Decimal(2)
    price = Decimal(80)
    cash_flow_usd = factory.LazyAttribute(lambda flow: -flow.quantity_change * flow.price)
    cost_change_usd = factory.LazyAttribute(lambda flow: -flow.cash_flow_usd)
    external_usd = factory.LazyAttribute(lambda flow: -flow.cash_flow_usd)


class LotFactory(DjangoModelFactory):
    """Two coins that are held still."""

    class Meta:
        model = PositionLot

    position = factory.SubFactory(PositionFactory)
    action_id = factory.Sequence(lambda n: n + 1)
    acquired_at = EPOCH
    quantity = Decimal(2)
    cost_usd = Decimal(160)


class DisposalFactory(DjangoModelFactory):
    """Two coins, bought at 80 and sold at 100 a day later."""

    class Meta:
        model = LotDisposal

    position = factory.SubFactory(PositionFactory)
    action_id = factory.Sequence(lambda n: n + 1)
    lot_action_id = 1
    acquired_at = EPOCH
    disposed_at = EPOCH + timedelta(days=1)
    quantity = Decimal(2)
    cost_usd = Decimal(160)
    proceeds_usd = Decimal(200)


class ManualPriceFactory(DjangoModelFactory):
    class Meta:
        model = ManualPrice

    portfolio = factory.SubFactory(PortfolioFactory)
    asset = factory.SubFactory(AssetFactory)
    priced_at = EPOCH
    price = Decimal(80)
    created_by = factory.SelfAttribute("portfolio.user")


class PortfolioDayFactory(DjangoModelFactory):
    """The first day of two coins, bought at 80."""

    class Meta:
        model = PortfolioDay

    portfolio = factory.SubFactory(PortfolioFactory)
    day = EPOCH.date()
    value_usd = Decimal(160)
    external_usd = Decimal(160)
    invested_usd = Decimal(160)
    unrealized_usd = Decimal(0)
    growth = Decimal(1)
    computed_at = EPOCH + timedelta(days=1)


class PortfolioAnalysisFactory(AnalysisFactory):
    class Meta:
        model = AIPortfolioAnalysis

    portfolio = factory.SubFactory(PortfolioFactory)
