"""Alerts on what live runs concluded: new signals, another regime, capital that moves."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Notification
from tests import factories as make
from tests.factories.base import clock_at
from tests.trading.alerting import CLOSE, DAY, NOW, alert, fires, regimes
from trading.choices import AlertType
from trading.models import AlertFiring, SignalAlert
from trading.services import check_alerts

pytestmark = pytest.mark.django_db


def signal(asset: Any, *, proven: bool = True, as_of: datetime = CLOSE, **values: Any) -> Any:
    run = make.PipelineRunFactory(timeframe="1h", as_of=as_of, series=values.get("series", "live"))
    with clock_at(NOW - timedelta(seconds=1)):
        return make.SignalFactory(asset=asset, run=run, ai_analysis={"is_proven": proven}, **values)


@pytest.mark.parametrize(
    ("values", "parameters", "expected"),
    [
        ({}, {}, True),
        ({"confidence_score": Decimal("0.49")}, {}, False),
        ({"proven": False}, {}, False),
        ({"proven": False}, {"unproven": True}, True),
        ({}, {"direction": "short"}, False),
        ({}, {"direction": "long"}, True),
        ({"series": "replay"}, {}, False),
        ({"as_of": NOW - DAY}, {}, False),
        ({"status": "expired"}, {}, False),
    ],
)
def test_new_signals(values: dict[str, Any], parameters: dict[str, Any], expected: bool) -> None:
    asset = make.AssetFactory()
    made = signal(asset, **values)
    one = alert(asset, 0.5, alert_type=AlertType.SIGNAL_GENERATED, parameters=parameters)
    found = fires(one)
    assert (found is not None) is expected
    if found is not None:
        assert (found.value, found.details["signal_id"]) == (Decimal("0.58"), made.pk)


def test_signals_for_somebody_elses_portfolio_make_nothing_fire() -> None:
    asset, owner = make.AssetFactory(), make.UserFactory()
    signal(asset, portfolio_analysis=make.PortfolioAnalysisFactory(portfolio__user=owner))
    theirs = alert(asset, 0.5, alert_type=AlertType.SIGNAL_GENERATED)
    assert fires(theirs) is None
    assert fires(alert(asset, 0.5, alert_type=AlertType.SIGNAL_GENERATED, user=owner)) is not None


def test_signals_that_were_there_before_make_nothing_fire() -> None:
    asset = make.AssetFactory()
    signal(asset)
    alert(asset, 0.5, alert_type=AlertType.SIGNAL_GENERATED, armed_at=NOW - timedelta(microseconds=1))
    assert check_alerts(NOW).unjudged == {"nothing new since it was armed": 1}


def about_market(kind: str, limit: float, **values: Any) -> SignalAlert:
    make.AssetFactory()
    return alert(None, limit, alert_type=kind, armed_at=NOW - DAY, **values)


@pytest.mark.parametrize(
    ("words", "parameters", "expected"),
    [
        (("Bull", "Bear"), {}, True),
        (("Bull", "Bull"), {}, False),
        (("Bull", "Bear"), {"to": ["Bear"]}, True),
        (("Bull", "Sideways"), {"to": ["Bear"]}, False),
        (("Bull", "Bear"), {"from": ["Bull"], "to": ["Bear"]}, True),
        (("Sideways", "Bear"), {"from": ["Bull"]}, False),
        (("Bear",), {}, False),
        (("Bull", "Bear", "Bear"), {}, False),  # it was like that when the alert was armed
    ],
)
def test_another_regime(words: tuple[str, ...], parameters: dict[str, Any], expected: bool) -> None:
    regimes(*words)
    found = fires(about_market(AlertType.REGIME_CHANGE, 0.6, parameters=parameters))
    assert (found is not None) is expected
    if found is not None:
        assert (found.details["from"], found.details["to"]) == (words[-2], words[-1])
        assert Notification.objects.get().title.startswith("The market has changed")


def test_regimes_of_replays_weak_ones_and_old_ones_make_nothing_fire() -> None:
    regimes("Bull", "Bear", series="replay")
    one = about_market(AlertType.REGIME_CHANGE, 0.6)
    assert check_alerts(NOW).unjudged == {"nothing is known": 1}
    regimes("Bull", "Bear", until=NOW - 3 * DAY)
    assert check_alerts(NOW).unjudged == {"stale": 1}
    regimes("Bull", "Bear")
    SignalAlert.objects.filter(pk=one.pk).update(trigger_value=Decimal("0.63"))
    assert check_alerts(NOW).fired == 0
    SignalAlert.objects.filter(pk=one.pk).update(trigger_value=Decimal("0.62"))
    assert check_alerts(NOW).fired == 1


@pytest.mark.parametrize(("armed", "expected"), [(4, ("Bull", "Bear", 2)), (2, ("Bear", "Bull", 1)), (1, None)])
def test_a_regime_between_two_looks_is_not_missed(armed: int, expected: tuple[str, str, int] | None) -> None:
    regimes("Bull", "Bull", "Bear", "Bull", "Bull")
    one = about_market(AlertType.REGIME_CHANGE, 0.6)
    SignalAlert.objects.filter(pk=one.pk).update(armed_at=NOW - armed * DAY)
    found = fires(one)
    midnight = NOW.replace(hour=0, minute=0, second=0)
    told = found and (found.details["from"], found.details["to"], (midnight - found.known_at).days)
    assert told == expected


def test_capital_that_moved_between_two_looks() -> None:
    lending, other = make.SectorFactory.create_batch(2)
    midnight = NOW.replace(hour=0, minute=0, second=0)
    for number, share in enumerate(("0.10", "0.60", "0.20")):
        when = midnight - number * DAY
        across = make.CrossSectorFactory(metrics_snapshot__snapshot_time=when, analysis_time=when, timeframe="1d")
        make.RotationFlowFactory(
            ai_cross_sector_analysis=across, from_sector=other, to_sector=lending, score=Decimal(share)
        )
    one = about_market(AlertType.SECTOR_ROTATION, 0.5)
    assert fires(one) is None  # armed after it
    SignalAlert.objects.filter(pk=one.pk).update(armed_at=NOW - 2 * DAY)
    found = fires(one)
    assert found is not None
    assert (found.value, found.known_at) == (Decimal("0.60"), midnight - DAY)


def test_capital_that_moves() -> None:
    when = NOW.replace(hour=0, minute=0, second=0)
    across = make.CrossSectorFactory(metrics_snapshot__snapshot_time=when, timeframe="1d")
    gaming, lending, other = make.SectorFactory.create_batch(3)
    for out_of, into, share in ((gaming, lending, "0.30"), (other, lending, "0.25"), (lending, other, "0.10")):
        make.RotationFlowFactory(
            ai_cross_sector_analysis=across, from_sector=out_of, to_sector=into, score=Decimal(share)
        )
    about = {
        "into lending": about_market(AlertType.SECTOR_ROTATION, 0.55, parameters={"sector": lending.pk}),
        "more": about_market(AlertType.SECTOR_ROTATION, 0.56, parameters={"sector": lending.pk}),
        "out of gaming": about_market(
            AlertType.SECTOR_ROTATION, 0.3, parameters={"sector": gaming.pk, "direction": "out"}
        ),
        "into gaming": about_market(AlertType.SECTOR_ROTATION, 0.01, parameters={"sector": gaming.pk}),
        "anywhere": about_market(AlertType.SECTOR_ROTATION, 0.5),
    }
    check_alerts(NOW)
    fired = {name for name, one in about.items() if AlertFiring.objects.filter(alert=one).exists()}
    assert fired == {"into lending", "out of gaming", "anywhere"}
    assert AlertFiring.objects.get(alert=about["anywhere"]).details["sector"] == lending.name
