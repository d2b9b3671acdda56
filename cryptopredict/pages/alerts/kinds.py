"""The kinds of alerts as the page offers them: one form each."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext

from trading.choices import AlertCondition, AlertType


@dataclass(frozen=True)
class PageKind:
    """One kind.

    Attributes:
        key: in addresses.
        label: what it is called.
        explanation: when it fires, in a sentence.
        icon: beside the label.
        alert_type: of its rows.
    """

    key: str
    label: Callable[[], str]
    explanation: Callable[[], str]
    icon: str
    alert_type: str


KINDS = (
    PageKind(
        "price",
        lambda: gettext("Price"),
        lambda: gettext("Fires when the price of an asset reaches a level."),
        "coins",
        AlertType.PRICE_TARGET,
    ),
    PageKind(
        "change",
        lambda: gettext("Change"),
        lambda: gettext("Fires when the price has changed by a percentage within so many candles."),
        "trending-up",
        AlertType.PRICE_TARGET,
    ),
    PageKind(
        "volume",
        lambda: gettext("Volume"),
        lambda: gettext("Fires when much more is traded than is usual for the asset."),
        "chart-bar",
        AlertType.VOLUME_SPIKE,
    ),
    PageKind(
        "indicator",
        lambda: gettext("Indicator"),
        lambda: gettext("Fires when an indicator of an asset, such as its RSI, reaches a level."),
        "chart-line",
        AlertType.INDICATOR_LEVEL,
    ),
    PageKind(
        "signal",
        lambda: gettext("Signal"),
        lambda: gettext("Fires when a new signal is made for an asset."),
        "bulb",
        AlertType.SIGNAL_GENERATED,
    ),
    PageKind(
        "regime",
        lambda: gettext("State of the market"),
        lambda: gettext("Fires when the market is judged to have changed its state."),
        "activity",
        AlertType.REGIME_CHANGE,
    ),
    PageKind(
        "rotation",
        lambda: gettext("Sectors"),
        lambda: gettext("Fires when much of the capital that moves between sectors goes into or leaves one."),
        "refresh",
        AlertType.SECTOR_ROTATION,
    ),
)
BY_KEY = {one.key: one for one in KINDS}
USUAL = "price"


def kind_of_row(alert_type: str, condition: str) -> PageKind:
    """The kind of a row."""
    if alert_type == AlertType.PRICE_TARGET:
        return BY_KEY["change" if condition == AlertCondition.PERCENTAGE_CHANGE else "price"]
    return next(one for one in KINDS if one.alert_type == alert_type)
