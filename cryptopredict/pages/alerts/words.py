"""An alert in a sentence, in the language of the reader."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.choices import ChannelKind
from assets.choices import Timeframe
from cryptopredict.pages import words
from cryptopredict.pages.alerts.fields import indicator_name, pause_words
from macro.choices import MarketRegime
from selection.choices import PositionType
from system import formats
from trading.choices import AlertCondition
from trading.models import SignalAlert
from trading.services.alerts.kinds import AUTO

SIDES: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "price": {
        AlertCondition.ABOVE: lambda: _("%(symbol)s at or above %(level)s USD"),
        AlertCondition.BELOW: lambda: _("%(symbol)s at or below %(level)s USD"),
        AlertCondition.EQUALS: lambda: _("%(symbol)s reaches %(level)s USD"),
    },
    "crossing": {
        AlertCondition.ABOVE: lambda: _("%(symbol)s crosses %(level)s USD upwards"),
        AlertCondition.BELOW: lambda: _("%(symbol)s crosses %(level)s USD downwards"),
        AlertCondition.EQUALS: lambda: _("%(symbol)s crosses %(level)s USD"),
    },
    "indicator": {
        AlertCondition.ABOVE: lambda: _("%(indicator)s of %(symbol)s at or above %(level)s"),
        AlertCondition.BELOW: lambda: _("%(indicator)s of %(symbol)s at or below %(level)s"),
        AlertCondition.EQUALS: lambda: _("%(indicator)s of %(symbol)s reaches %(level)s"),
    },
    "indicator crossing": {
        AlertCondition.ABOVE: lambda: _("%(indicator)s of %(symbol)s crosses %(level)s upwards"),
        AlertCondition.BELOW: lambda: _("%(indicator)s of %(symbol)s crosses %(level)s downwards"),
        AlertCondition.EQUALS: lambda: _("%(indicator)s of %(symbol)s crosses %(level)s"),
    },
    "change": {
        "up": lambda: _("%(symbol)s rises by %(level)s within %(window)s candles"),
        "down": lambda: _("%(symbol)s falls by %(level)s within %(window)s candles"),
        "either": lambda: _("%(symbol)s moves by %(level)s within %(window)s candles"),
    },
    "volume": {
        "z": lambda: _("Volume of %(symbol)s %(level)s deviations above the median of %(window)s candles"),
        "multiple": lambda: _("Volume of %(symbol)s %(level)s times the median of %(window)s candles"),
    },
    "signal": {
        "any": lambda: _("New signal for %(symbol)s, probability from %(level)s"),
        PositionType.LONG: lambda: _("New signal to buy %(symbol)s, probability from %(level)s"),
        PositionType.SHORT: lambda: _("New signal to sell %(symbol)s, probability from %(level)s"),
    },
    "rotation": {
        "in": lambda: _("At least %(level)s of the moving capital goes into %(sector)s"),
        "out": lambda: _("At least %(level)s of the moving capital leaves %(sector)s"),
    },
}


def sentence(alert: SignalAlert, kind: str, parameters: Mapping[str, Any], sectors: Mapping[int, str]) -> str:
    """What it watches.

    Args:
        alert: with its asset.
        kind: key of the page's kind.
        parameters: complete.
        sectors: names by id.
    """
    if kind == "regime":
        return regime(parameters)
    level, sector = alert.trigger_value, parameters.get("sector")
    levels: dict[str, Callable[[], str]] = {
        "price": lambda: formats.price(level),
        "indicator": lambda: formats.number(level, decimals(level, 4)),
        "change": lambda: formats.percent(level, decimals(level), signed=False),
        "volume": lambda: formats.number(level, decimals(level)),
    }
    values = {
        "symbol": alert.asset.symbol if alert.asset else "",
        "window": formats.number(parameters.get("window", 0)),
        "indicator": indicator_name(parameters.get("indicator", "")),
        "level": levels.get(kind, lambda: formats.share(level))(),
        "sector": words.named(words.SECTORS, sectors.get(sector, "?")) if sector else _("any sector"),
    }
    if kind in ("price", "indicator"):
        side = {"price": "crossing", "indicator": "indicator crossing"}[kind] if parameters["cross"] else kind
        return SIDES[side][AlertCondition(alert.condition)]() % values
    return SIDES[kind][parameters["measure" if kind == "volume" else "direction"]]() % values


def decimals(value: Decimal, most: int = 2) -> int:
    """As many as it has, up to a limit."""
    exponent = round(value, most).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def regime(parameters: Mapping[str, Any]) -> str:
    """Between which states."""
    into, out_of = (
        formats.listed([str(MarketRegime(one).label) for one in parameters[side]]) for side in ("to", "from")
    )
    if into and out_of:
        return _("The market goes from %(from)s to %(to)s") % {"from": out_of, "to": into}
    if into:
        return _("The market turns to %(to)s") % {"to": into}
    if out_of:
        return _("The market leaves %(from)s") % {"from": out_of}
    return _("The market changes its state")


def measured(kind: str, value: Decimal | float) -> str:
    """A value that an alert of a kind compares, in its unit."""
    match kind:
        case "price":
            return formats.price(value)
        case "change":
            return formats.percent(value, 2)
        case "volume":
            return formats.number(value, 2)
        case "indicator":
            return formats.price(value)
        case _:
            return formats.share(value, 1)


def how(alert: SignalAlert, kind: str, parameters: Mapping[str, Any]) -> list[str]:
    """What else it was told, in few words each."""
    told = []
    if "timeframe" in parameters:
        told.append(_("candles of %(timeframe)s") % {"timeframe": Timeframe(parameters["timeframe"]).label})
    if parameters.get("touch"):
        told.append(_("a touch is enough"))
    if kind == "regime" and alert.trigger_value:
        told.append(_("confidence from %(level)s") % {"level": formats.share(alert.trigger_value)})
    if parameters.get("unproven"):
        told.append(_("also without proven skill"))
    if parameters["rearm"] == AUTO:
        told.append(_("arms itself again"))
    if alert.cooldown_minutes:
        told.append(_("pause of %(span)s") % {"span": pause_words(alert.cooldown_minutes)})
    if parameters["urgent"]:
        told.append(_("urgent"))
    if alert.notification_method:
        labels = dict(ChannelKind.choices)
        method = labels.get(alert.notification_method, alert.notification_method)
        told.append(_("also by %(channel)s") % {"channel": method})
    return told
