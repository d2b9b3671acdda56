"""What is drawn beside the candles: indicators, other assets, levels, past forecasts; their series and the file."""

import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import ANY
from urllib.parse import parse_qs, urlsplit

import pytest

from aimodels.models import PredictionScore
from assets.models import Asset
from assets.selectors.candles import candles
from assets.selectors.indicators import indicator_frame
from cryptopredict.pages.asset_chart import series as beside
from cryptopredict.pages.asset_chart.shown import STUDIES
from macro.selectors.levels import price_levels
from tests.conftest import ROOT
from tests.doors import client_of
from tests.factories import AssetFactory, PredictionFactory, add_candles
from tests.pages import market as making
from tests.pages.html import page
from tests.pages.test_asset import settings_of

pytestmark = pytest.mark.django_db
JUNE = datetime(2024, 6, 1, tzinfo=UTC)
STRETCH = {"timeframe": "1d", "from": "2024-06-20T00:00:00Z", "to": "2024-06-25T00:00:00Z"}
DAY = timedelta(days=1)


def rising(symbol: str = "BTC", days: int = 30) -> Asset:
    """Closes 1, 2, 3 … from the first of June on."""
    asset: Asset = AssetFactory(symbol=symbol, current_price=days)
    add_candles(asset, range(1, days + 1), first=JUNE)
    return asset


def series(**more: Any) -> dict[str, dict[str, float]]:
    """The series of the stretch: name → value by day."""
    answer = client_of().get("/assets/BTC/series.json", STRETCH | more)
    assert answer.status_code == 200
    return {
        one["name"]: {
            datetime.fromtimestamp(time, UTC).strftime("%d"): value
            for time, value in zip(one["times"], one["values"], strict=True)
        }
        for one in answer.json()["series"]
    }


def test_indicators_of_a_stretch_know_the_candles_before_it() -> None:
    rising()
    found = series(show="sma20")
    assert found == {"SMA_20": {"20": 10.5, "21": 11.5, "22": 12.5, "23": 13.5, "24": 14.5}}
    assert series(show=["bands", "rsi", "nonsense"]).keys() == {"BB_upper", "BB_middle", "BB_lower", "RSI_14"}
    assert set(series(show="rsi")["RSI_14"].values()) == {100.0}


def test_what_is_not_defined_yet_is_left_out() -> None:
    rising()
    assert series(show="sma50") == {"SMA_50": {}}


def test_closes_of_other_assets_stand_beside_with_their_holes() -> None:
    rising()
    other = AssetFactory(symbol="ETH")
    add_candles(other, [7, 8], first=JUNE + 20 * DAY)
    add_candles(other, [9], first=JUNE + 23 * DAY)
    assert series(compare=["eth, NONE", "BTC"]) == {"ETH_close": {"21": 7.0, "22": 8.0, "24": 9.0}}


def test_hidden_assets_are_neither_compared_nor_told_from_unknown_ones() -> None:
    rising()
    AssetFactory(symbol="GONE", is_active=False)
    shown = page("/assets/BTC", compare="GONE NEVER")
    assert shown.one("p", id="compare-error").text == "There is no asset GONE, NEVER."
    assert shown.one("input", id="compare").attributes["value"] == "GONE, NEVER"
    assert series(compare="GONE") == {}


def test_nothing_is_loaded_of_a_stretch_that_makes_no_sense() -> None:
    rising()
    assert client_of().get("/assets/BTC/series.json", STRETCH | {"from": "soon"}).status_code == 400
    assert client_of().get("/assets/NONE/series.json", STRETCH).status_code == 404
    assert series(show="sma20", to="2024-06-01T00:00:00Z") == {}
    assert client_of().get("/assets/BTC/series.json", STRETCH | {"timeframe": "1M", "show": "rsi"}).json() == {
        "series": [],
        "failed": [],
        "request_id": ANY,
    }


def test_one_indicator_that_fails_takes_nothing_else_with_it(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    rising()
    add_candles(AssetFactory(symbol="ETH"), [7, 8], first=JUNE + 20 * DAY)
    AssetFactory(symbol="SOL")

    def frame(*given: Any, **more: Any) -> Any:
        assert "RSI_14" not in given[4], "no RSI today"
        return indicator_frame(*given, **more)

    def read(asset_id: int, *given: Any) -> Any:
        assert Asset.objects.get(pk=asset_id).symbol != "SOL", "no SOL today"
        return candles(asset_id, *given)

    monkeypatch.setattr(beside, "indicator_frame", frame)
    monkeypatch.setattr(beside, "candles", read)
    wanted: dict[str, Any] = {"show": ["sma20", "rsi"], "compare": "ETH SOL"}
    told = client_of().get("/assets/BTC/series.json", STRETCH | wanted).json()
    assert told["failed"] == ["rsi", "SOL"]
    assert told["request_id"]
    assert series(**wanted) == {
        "SMA_20": {"20": 10.5, "21": 11.5, "22": 12.5, "23": 13.5, "24": 14.5},
        "RSI_14": {},
        "ETH_close": {"21": 7.0, "22": 8.0},
        "SOL_close": {},
    }
    assert {"no RSI today", "no SOL today"} <= {str(one.exc_info[1]).split("\n")[0] for one in caplog.records}
    file = client_of().get("/assets/BTC/candles.csv", STRETCH | wanted).content.decode().splitlines()
    assert file[0].endswith("SMA_20,RSI_14,ETH_close,SOL_close")
    assert file[2].endswith(",11.5,,7.0,")


def test_panes_have_their_room_before_they_are_drawn() -> None:
    rising()
    assert page("/assets/BTC").one("div", id="chart").attributes["data-panes"] == "0"
    shown = page("/assets/BTC", show=["sma20", "rsi", "macd"])
    assert shown.one("div", id="chart").attributes["data-panes"] == "2"
    panes = sum(not study.is_over for study in STUDIES)
    sheet = (ROOT / "static" / "css" / "asset.css").read_text()
    assert [f'[data-panes="{number}"]' in sheet for number in range(1, panes + 2)] == [*[True] * panes, False]


def test_the_choice_stands_in_the_address_and_the_file_has_it() -> None:
    rising()
    AssetFactory(symbol="ETH")
    shown = page("/assets/BTC", show=["sma20", "levels", "x"], compare="ETH", zone="local")
    told = settings_of(shown)
    assert (told["shown"], told["compared"], told["zone"]) == (["sma20", "levels"], ["ETH"], "local")
    ticked = [box.attributes["value"] for box in shown.every("input", name="show") if "checked" in box.attributes]
    assert ticked == ["sma20"]  # levels are not offered: the price only rose
    tab = shown.one("a", aria_current="true", title="1 day").attributes["href"]
    assert parse_qs(urlsplit(tab).query) == {
        "timeframe": ["1d"],
        "show": ["sma20", "levels"],
        "compare": ["ETH"],
        "zone": ["local"],
    }
    href = shown.one("a", id="chart-csv").attributes["href"]
    head, *rows = csv.reader(client_of().get(href).content.decode().splitlines())
    assert head[-2:] == ["SMA_20", "ETH_close"]
    assert rows[18][-2:] == ["", ""]
    assert rows[19][-2:] == ["10.5", ""]


def test_key_levels_are_where_the_price_turned() -> None:
    asset = AssetFactory(symbol="BTC", current_price=105)
    wave = [*range(100, 120), *range(120, 100, -1)] * 4
    add_candles(asset, wave, first=making.TODAY - timedelta(days=len(wave)))
    levels = price_levels(asset.pk, "1d", making.NOW)
    assert [(round(level.price, 1), level.tests, level.is_support) for level in levels] == [
        (99.0, 3, True),
        (121.2, 4, False),
    ]
    told = settings_of(page("/assets/BTC"))["levels"]
    assert isinstance(told, list)
    assert [one["price"] for one in told] == [level.price for level in levels]
    assert price_levels(asset.pk, "1M", making.NOW) == []
    assert price_levels(asset.pk, "1h", making.NOW) == []


def test_there_are_no_levels_of_a_price_that_stood_still_or_has_little_history() -> None:
    still, young = AssetFactory(symbol="A"), AssetFactory(symbol="B")
    add_candles(still, [5] * 40, first=making.TODAY - timedelta(days=40), high_price=5, low_price=5)
    add_candles(young, range(1, 20), first=making.TODAY - timedelta(days=19))
    assert price_levels(still.pk, "1d", making.NOW) == []
    assert price_levels(young.pk, "1d", making.NOW) == []


def past(asset: Asset, back: int, actual: int, *, inside: bool, **columns: Any) -> None:
    """A scored forecast of a day's price that fell due some days ago."""
    due = making.TODAY - timedelta(days=back)
    values = {
        "asset": asset,
        "prediction_type": "price",
        "as_of": due - DAY,
        "predicted_value": {"quantiles": {"0.05": 90, "0.25": 95, "0.5": 100, "0.75": 105, "0.95": 110}},
        "is_realized": True,
        "actual_price": Decimal(actual),
        "evaluated_at": due,
    } | columns
    forecast = PredictionFactory(**values)
    PredictionScore.objects.create(
        prediction=forecast,
        actual_price=Decimal(actual),
        timeframe="1d",
        candle_time=due - DAY,
        log_return=0.0,
        in_interval_90=inside,
    )


def test_past_forecasts_stand_at_the_candle_they_were_for_beside_what_came() -> None:
    asset = AssetFactory(symbol="BTC", current_price=100)
    add_candles(asset, [100] * 20, first=making.TODAY - timedelta(days=20))
    past(asset, 3, 120, inside=False)
    past(asset, 5, 101, inside=True)
    past(asset, 40, 101, inside=True)
    past(asset, 4, 101, inside=True, prediction_horizon=72)
    past(asset, 6, 101, inside=True, created_at=making.NOW)
    shown = page("/assets/BTC")
    told = settings_of(shown)["past"]
    assert isinstance(told, list)
    assert [one["time"] for one in told] == [
        (making.TODAY - timedelta(days=back)).strftime("%Y-%m-%dT00:00:00Z") for back in (6, 4)
    ]
    assert told[0]["quantiles"]["0.95"] == 110
    assert "over 24 h in this stretch: 1 of 2 prices came to lie inside" in shown.text
