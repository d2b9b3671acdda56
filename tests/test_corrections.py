"""A candle that is corrected later changes nothing that was known before."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.db import connections
from django.utils import timezone

from assets.models import Asset, CandleRevision, PriceData
from assets.services import store_batch
from cryptopredict.bootstrap import bootstrap
from cryptopredict.importing import import_files
from cryptopredict.pipeline import run_pipeline
from tests.business import business_rows, differences
from tests.market_files import own_market
from tests.pipeline_runs import AS_OF

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def correct_the_last_days() -> int:
    """Every source says now that the last five closes were higher by a tenth; how many candles that concerns."""
    since = AS_OF - timedelta(days=5)
    candles = PriceData.objects.filter(timeframe="1d", candle_time__gte=since, candle_time__lt=AS_OF)
    names = ("open_price", "high_price", "low_price", "close_price", "base_volume")
    rows = [
        (asset, time, str(first), str(high + close), str(low), str(close + close / 10), str(coins), None, None)
        for asset, time, first, high, low, close, coins in candles.values_list("asset_id", "candle_time", *names)
    ]
    schema: dict[str, Any] = {
        "asset_id": pl.Int64,
        "candle_time": pl.Datetime("us", "UTC"),
        **dict.fromkeys(("open", "high", "low", "close", "volume", "quote_volume"), pl.String),
        "trade_count": pl.Int64,
    }
    return store_batch("1d", pl.DataFrame(rows, schema=schema, orient="row")).changed


def test_an_old_moment_reads_as_it_did_then(tmp_path: Path) -> None:
    bootstrap()
    import_files(own_market(tmp_path / "own"), timezone.now(), lambda _file: None)
    run_pipeline(AS_OF, "1d")
    rows = business_rows()
    assert correct_the_last_days() >= 5 * Asset.objects.filter(asset_type="crypto").count() > 0
    run_pipeline(AS_OF, "1d")
    assert differences(rows, business_rows()) == []
    forget_what_was_corrected()
    run_pipeline(AS_OF, "1d")
    assert differences(rows, business_rows()), "the correction is too small to be seen"


def forget_what_was_corrected() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("DELETE FROM candle_revisions")
    assert not CandleRevision.objects.exists()
