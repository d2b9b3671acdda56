"""Sums over forecasts: always what counting gives, whatever becomes of the forecasts."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, connections, transaction

from aimodels.models import AIModel, Prediction, PredictionScore, PredictionSum
from aimodels.selectors import Chosen, Part, forecast_record, records_by
from aimodels.selectors.listed import kinds
from aimodels.selectors.recounted import Differing, differing_sums
from aimodels.selectors.reliability import reliability
from aimodels.services import score_predictions
from assets.choices import DEMO_SOURCE, Market
from assets.models import Asset
from tests.aimodels.ledger_rows import AS_OF, DAY, correct, forecasts, write
from tests.factories import AIModelFactory, AssetFactory, PredictionFactory, UserFactory, add_candles

pytestmark = pytest.mark.django_db


def direction(asset: Asset, chance: float, **columns: object) -> Prediction:
    said = {"probability_up": chance, "naive_probability_up": 0.5}
    made: Prediction = PredictionFactory(
        asset=asset, prediction_type="direction", predicted_price=None, predicted_value=said,
        input_price=Decimal(100), **({"as_of": AS_OF} | columns),
    )  # fmt: skip
    return made


def interval(asset: Asset, low: float, high: float, **columns: object) -> Prediction:
    middle = (low + high) / 2
    levels = {"0.05": low, "0.25": middle - 1, "0.5": middle, "0.75": middle + 1, "0.95": high}
    said = {"quantiles": levels, "naive_quantiles": levels}
    made: Prediction = PredictionFactory(
        asset=asset, input_price=Decimal(100), predicted_value=said, **({"as_of": AS_OF} | columns)
    )
    return made


@pytest.fixture
def risen() -> Asset:
    """From 100 to 110 in a day."""
    asset = AssetFactory()
    add_candles(asset, [100, 110], first=AS_OF - DAY)
    return asset


def total(*names: str) -> list[object]:
    rows = PredictionSum.objects.values(*names)
    return [sum(row[name] for row in rows) for name in names]


def one_by_one(chosen: Chosen) -> Chosen:
    """The same choice, which the sums do not know."""
    return replace(chosen, asset_ids=list(Asset.objects.values_list("pk", flat=True)))


def test_by_hand(risen: Asset) -> None:
    direction(risen, 0.6)
    direction(risen, 0.2, prediction_horizon=48, target_datetime=AS_OF + DAY)
    interval(risen, 105, 115)
    assert total("issued", "scored", "n", "brier") == [3, 0, 0, 0]
    score_predictions(AS_OF + DAY)
    assert total("issued", "late", "scored", "n", "hits", "rises") == [3, 0, 3, 2, 1, 2]
    assert total("brier", "brier_naive", "chance") == [Decimal("0.8"), Decimal("0.5"), Decimal("0.8")]
    assert total("n_intervals", "in_interval_90", "in_interval_50") == [1, 1, 1]
    assert set(PredictionSum.objects.values_list("bin", flat=True)) == {None, 4, 12}
    assert [(one.middle, one.forecast, one.observed, one.n) for one in reliability()] == [
        (0.225, 0.2, 1.0, 1),
        (0.625, 0.6, 1.0, 1),
    ]
    assert differing_sums() == []


def test_a_correction_takes_back_what_was_said_before(risen: Asset) -> None:
    direction(risen, 0.6)
    interval(risen, 105, 115)
    score_predictions(AS_OF + DAY)
    for price, seconds in ((80, 5), (90, 10)):
        correct(risen, price, after=seconds)
        assert score_predictions(datetime.now(UTC) + timedelta(hours=1)).revised == 2
        assert differing_sums() == []
    assert total("scored", "n", "hits", "rises", "brier", "chance") == [2, 1, 0, 0, Decimal("0.36"), Decimal("0.6")]
    assert total("n_intervals", "in_interval_90") == [1, 0]


def test_late_forecasts_count_apart(risen: Asset) -> None:
    direction(risen, 0.6, created_at=AS_OF + DAY)
    direction(risen, 0.7, created_at=AS_OF + DAY, series="replay-x")
    score_predictions(AS_OF + DAY)
    assert total("issued", "late", "scored", "n") == [1, 1, 1, 1]
    assert forecast_record(Chosen("replay-x")).n == 1
    assert differing_sums() == []


def test_what_a_person_asks_for_is_in_no_sum(risen: Asset) -> None:
    asked = direction(risen, 0.6, user=UserFactory())
    score_predictions(AS_OF + DAY)
    assert not PredictionSum.objects.exists()
    Prediction.objects.filter(pk=asked.pk).update(user=None)
    assert total("issued", "scored", "n") == [1, 1, 1]
    assert differing_sums() == []


def test_an_asset_takes_its_forecasts_to_another_market(risen: Asset) -> None:
    direction(risen, 0.6)
    score_predictions(AS_OF + DAY)
    assert forecast_record(Chosen(market=Market.REAL)).n == 1
    Asset.objects.filter(pk=risen.pk).update(data_source=DEMO_SOURCE)
    assert forecast_record(Chosen(market=Market.REAL)).n == 0
    assert forecast_record(Chosen(market=Market.DEMO)).n == 1
    assert differing_sums() == []


def test_an_asset_that_is_shown_no_longer_stays_in_the_record(risen: Asset) -> None:
    direction(risen, 0.6)
    score_predictions(AS_OF + DAY)
    Asset.objects.filter(pk=risen.pk).update(is_active=False)
    assert forecast_record(Chosen(market=Market.REAL)).n == 1


def test_kinds_are_those_of_the_systems_live_forecasts(risen: Asset) -> None:
    direction(risen, 0.6, market_conditions="Bull", prediction_horizon=168)
    direction(risen, 0.6, prediction_horizon=24)
    direction(risen, 0.6, user=UserFactory(), prediction_horizon=1)
    direction(risen, 0.6, series="replay-x", prediction_horizon=2)
    direction(risen, 0.6, layer_source=2, prediction_horizon=3)
    found = kinds(3)
    assert (found.horizons, found.regimes) == ([24, 168], ["Bull"])
    assert len(found.models) == 2


@pytest.mark.parametrize("seed", range(2))
def test_sums_are_what_counting_gives(seed: int) -> None:
    """Forecasts of all kinds are issued, scored and corrected in any order, again and again."""
    dice = random.Random(seed)  # noqa: S311
    coins = [AssetFactory(data_source=source) for source in ("binance", "binance", DEMO_SOURCE)]
    people = [None, None, None, UserFactory()]
    for coin in coins:
        add_candles(coin, [dice.randint(80, 120) for _day in range(12)], first=AS_OF - DAY)
    for step in range(12):
        for forecast in range(4):
            model = AIModelFactory(name=dice.choice(("rules_a", "rules_b")), version=f"{step}.{forecast}")
            hours = dice.choice((24, 48))
            as_of = AS_OF + dice.randrange(8) * DAY
            make = dice.choice((lambda coin, **said: direction(coin, dice.random(), **said),
                                lambda coin, **said: interval(coin, 90, dice.randint(101, 120), **said)))  # fmt: skip
            make(
                dice.choice(coins), ai_model=model, prediction_horizon=hours, as_of=as_of,
                user=dice.choice(people), series=dice.choice(("live", "live", f"replay-{step}")),
                created_at=as_of + dice.choice((0, 0, 0, 4)) * DAY,
                market_conditions=dice.choice((None, "Bull", "Bear")),
            )  # fmt: skip
        if step % 3 == 1:
            correct(dice.choice(coins), dice.randint(10, 79), after=step)
        score_predictions(datetime.now(UTC) + timedelta(hours=1) if step % 2 else AS_OF + step * DAY)
        if step == 7:
            Prediction.objects.filter(user=people[3]).update(user=None)
            Asset.objects.filter(pk=coins[0].pk).update(data_source=DEMO_SOURCE)
        assert differing_sums() == []
    parts = (Part.WHOLE, Part.HORIZON, Part.MODEL, Part.REGIME, Part.MONTH)
    for chosen in (
        Chosen(), Chosen(market=Market.DEMO), Chosen(market=Market.REAL, regime="Bull"), Chosen(model="rules_a"),
        Chosen(since=AS_OF + 2 * DAY, until=AS_OF + 5 * DAY, horizon_hours=24, layer=3),
    ):  # fmt: skip
        found = records_by(parts, chosen)
        assert found[Part.WHOLE][""].n
        assert found == records_by(parts, one_by_one(chosen))
        assert reliability(chosen) == reliability(one_by_one(chosen))


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_wrong_sum_is_found_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody but the owner could make one, with the guard asleep."""
    asset = Asset.objects.using("owner").create(symbol="OWN", name="Own", asset_type="crypto")
    model = AIModel.objects.using("owner").create(
        name="m", version="1", architecture="rules", model_type="asset", training_data_timeframe="1d",
        target_variable="return",
    )  # fmt: skip
    write(forecasts(model, asset, 2), "owner")
    assert differing_sums("owner") == []
    with connections["owner"].cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE prediction_sums DISABLE TRIGGER trg_prediction_sums_write_once")
        cursor.execute("UPDATE prediction_sums SET issued = 2 WHERE as_of = %s", [AS_OF])
    assert differing_sums("owner") == [Differing("m", 24, AS_OF, "real")]
    with pytest.raises(SystemExit):
        call_command("verify_ledger", database="owner")
    assert "BAD: sums of real, 24 h from 2024-06-10" in capsys.readouterr().out


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO prediction_sums SELECT * FROM prediction_sums",
        "UPDATE prediction_sums SET hits = hits + 1",
        "DELETE FROM prediction_sums",
        "TRUNCATE prediction_sums",
    ],
)
def test_nobody_writes_them_but_the_ledger(risen: Asset, statement: str) -> None:
    direction(risen, 0.6)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert total("issued") == [1]
    assert not PredictionScore.objects.exists()
