"""What is said of the market and its sectors."""

from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from macro.choices import MarketRegime
from macro.models import AIRegimeAnalysis, MetricsSnapshot
from sectors.models import (
    AICrossSectorAnalysis,
    AISectorAnalysis,
    Sector,
    SectorHistory,
    SectorMapping,
    SectorRotationFlow,
)
from system.models import PipelineRun
from tests.factories.assets import AssetFactory
from tests.factories.base import moment
from tests.factories.models import AIModelFactory


class PipelineRunFactory(DjangoModelFactory):
    class Meta:
        model = PipelineRun

    timeframe = "1d"
    as_of = factory.Sequence(moment)


class MetricsSnapshotFactory(DjangoModelFactory):
    class Meta:
        model = MetricsSnapshot

    snapshot_time = factory.Sequence(moment)
    timeframe = "1d"
    btc_price_usd = Decimal("67234.5")


class AnalysisFactory(DjangoModelFactory):
    """What the analyses of all layers share."""

    class Meta:
        abstract = True

    metrics_snapshot = factory.SubFactory(MetricsSnapshotFactory)
    ai_model = factory.SubFactory(AIModelFactory)
    analysis_time = factory.SelfAttribute("metrics_snapshot.snapshot_time")


class RegimeFactory(AnalysisFactory):
    class Meta:
        model = AIRegimeAnalysis

    analysis_timeframe = "1d"
    current_regime = MarketRegime.BULL
    regime_confidence = Decimal("0.62")


class SectorFactory(DjangoModelFactory):
    class Meta:
        model = Sector

    coingecko_id = factory.Sequence(lambda n: f"local:sector-{n}")
    name = factory.Sequence(lambda n: f"Sector {n}")
    description = "A part of the market."


class SectorMappingFactory(DjangoModelFactory):
    class Meta:
        model = SectorMapping

    asset = factory.SubFactory(AssetFactory)
    sector = factory.SubFactory(SectorFactory)


class SectorHistoryFactory(DjangoModelFactory):
    class Meta:
        model = SectorHistory

    sector = factory.SubFactory(SectorFactory)
    timeframe = "1d"
    candle_time = factory.Sequence(moment)


class SectorAnalysisFactory(AnalysisFactory):
    class Meta:
        model = AISectorAnalysis

    sector = factory.SubFactory(SectorFactory)


class CrossSectorFactory(AnalysisFactory):
    class Meta:
        model = AICrossSectorAnalysis


class RotationFlowFactory(DjangoModelFactory):
    class Meta:
        model = SectorRotationFlow

    ai_cross_sector_analysis = factory.SubFactory(CrossSectorFactory)
    from_sector = factory.SubFactory(SectorFactory)
    to_sector = factory.SubFactory(SectorFactory)
    score = Decimal("0.72")
