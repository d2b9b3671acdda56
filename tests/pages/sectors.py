"""Sectors as the pages show them: analysed, with tails, flows, indexes, members and forecasts."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from assets.choices import AssetType
from assets.models import Asset
from sectors.models import AICrossSectorAnalysis, Sector
from sectors.rules import SECTOR_PRICES
from sectors.selectors.indexes import SOURCE
from sectors.services.across import ARROW
from tests import factories
from tests.pages import market as making

DAY = timedelta(days=1)
FLOWS = {("DeFi", "AI"): 0.5, ("DeFi", "Layer 1"): 0.25, ("Gaming", "AI"): 0.25}


def tail(strength: float, momentum: float, days: int = 3) -> list[dict[str, Any]]:
    """Points of the rotation graph, a day apart, the last one today."""
    names = {
        (True, True): "leading",
        (True, False): "weakening",
        (False, True): "improving",
        (False, False): "declining",
    }
    return [
        {
            "time": f"{making.TODAY - back * DAY:%Y-%m-%dT%H:%M:%SZ}",
            "strength": strength - 0.1 * back,
            "momentum": momentum,
            "quadrant": names[strength - 0.1 * back > 0, momentum > 0],
        }
        for back in range(days - 1, -1, -1)
    ]


def index_of(sector: Sector | None, closes: list[float]) -> Asset:
    """The index asset of a sector or, without one, of the whole market, with daily levels up to today."""
    key = f"sector:{sector.coingecko_id}" if sector else "total"
    asset: Asset = factories.AssetFactory(
        symbol=f"I{sector.pk if sector else 0}-INDEX", asset_type=AssetType.INDEX, is_supported=False,
        external_ids={SOURCE: key}, data_source=SOURCE,
    )  # fmt: skip
    factories.add_candles(asset, closes, timeframe="1d", first=making.TODAY - len(closes) * DAY)
    return asset


def analysed(made: making.Market, name: str, rank: int, **columns: Any) -> Sector:
    """A sector with its analysis on the market's snapshot; the comparison of all knows its rank."""
    sector: Sector = Sector.objects.filter(name=name).first() or factories.SectorFactory(name=name)
    data = {
        "performance_metrics": {"breadth": 0.5, "members": 2, "members_with_market_cap": 2,
                                "outlook_record": {"n": 48, "hits": 30, "weeks": 7}},
        "rotation_graph": tail(1.0, 0.5),
        "rationale": [{"evidence": "momentum", "value": 0.6, "speaks_for": "rise"},
                      {"evidence": "net_inflow", "value": -0.25, "speaks_for": "fall"}],
        "missing": {"tvl_total": "no source", "active_users": "no source"},
        **columns.pop("data", {}),
    }  # fmt: skip
    values: dict[str, Any] = {
        "sector_market_cap": Decimal(1000),
        "sector_volume_24h": Decimal(10),
        "sector_dominance_pct": Decimal("12.5"),
        "performance_24h_pct": Decimal("0.5"),
        "performance_7d_pct": Decimal(10 - rank),
        "performance_30d_pct": Decimal(-4),
        "relative_strength_score": Decimal("0.6"),
        "momentum_score": Decimal("0.42"),
        "rotation_inflow_score": Decimal("0.5"),
        "rotation_outflow_score": Decimal("0.2"),
        "ai_sector_outlook": "Bullish",
    } | columns
    factories.SectorAnalysisFactory(metrics_snapshot=made.snapshot, sector=sector, analysis_data=data, **values)
    comparison = compared(made)
    ranking = comparison.sector_performance_ranking or []
    week = values["performance_7d_pct"]
    place = {"sector": name, "rank": rank, "return_7d": None if week is None else float(week)}
    comparison.sector_performance_ranking = [*ranking, place]
    comparison.save()
    return sector


def compared(made: making.Market) -> AICrossSectorAnalysis:
    """The comparison of all sectors on the market's snapshot."""
    found = AICrossSectorAnalysis.objects.filter(metrics_snapshot=made.snapshot).first()
    return found or factories.CrossSectorFactory(metrics_snapshot=made.snapshot)


def add_flows(made: making.Market, flows: Mapping[tuple[str, str], float] = FLOWS, moved: float = 2.0) -> None:
    """What moved, as shares of all that did."""
    comparison = compared(made)
    comparison.sector_rotation_flows = {ARROW.join(pair): share for pair, share in flows.items()}
    comparison.analysis_data = {
        "rotation_signals": {"basis": "market_cap", "horizon_hours": 168.0, "moved_points": moved}
    }
    comparison.correlation_matrix = {"DeFi": {"DeFi": 1.0, "AI": 0.8}, "AI": {"AI": 1.0, "DeFi": 0.8}}
    comparison.save()


def sectors(made: making.Market) -> dict[str, Sector]:
    """Four sectors with everything."""
    found = {
        "AI": analysed(made, "AI", 1, sector_market_cap=Decimal(4000)),
        "DeFi": analysed(made, "DeFi", 2, sector_market_cap=Decimal(3000), data={"rotation_graph": tail(-1.0, 0.5)}),
        "Layer 1": analysed(made, "Layer 1", 3, sector_market_cap=Decimal(2000),
                            data={"rotation_graph": tail(0.5, -1.0)}),
        "Gaming": analysed(made, "Gaming", 4, data={"rotation_graph": []}),
    }  # fmt: skip
    add_flows(made)
    for place, sector in enumerate(found.values()):
        index_of(sector, [50 + day * (3 - place) for day in range(40)])
    index_of(None, [200 + day for day in range(40)])
    return found


def add_members(sector: Sector, made: making.Market) -> None:
    """Bitcoin and another coin, three times as large."""
    Asset.objects.filter(pk=made.asset.pk).update(
        market_cap=100, price_change_percentage_7d=Decimal(5), total_volume=Decimal(7)
    )
    other = factories.AssetFactory(
        symbol="BIG", market_cap=Decimal(300), price_change_percentage_7d=Decimal(-2), current_price=Decimal(3)
    )
    factories.SectorMappingFactory(asset=made.asset, sector=sector)
    factories.SectorMappingFactory(asset=other, sector=sector)


def add_forecast(asset: Asset, **columns: Any) -> None:
    """An open forecast of an index, a day ahead."""
    making_columns = {
        "asset": asset,
        "as_of": making.TODAY,
        "prediction_horizon": 24,
        "layer_source": SECTOR_PRICES.layer,
        "input_price": Decimal(100),
        "ai_model": making.rules("sector_rules_24"),
    } | columns
    chances = {"probability_up": 0.58, "naive_probability_up": 0.5}
    levels = {"0.05": 90, "0.25": 97, "0.5": 100, "0.75": 103, "0.95": 110}
    factories.PredictionFactory(
        prediction_type="direction", predicted_price=None, predicted_value=chances, **making_columns
    )
    factories.PredictionFactory(prediction_type="price", predicted_value={"quantiles": levels}, **making_columns)
