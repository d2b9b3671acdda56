"""What a person reads when an alert fires, in the language that the person has chosen."""

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import override

from macro.choices import MarketRegime
from selection.choices import PositionType
from system.formats import digits, number, price
from trading.choices import AlertCondition, AlertType
from trading.models import AlertFiring, SignalAlert
from trading.services.alerts.kinds import MULTIPLE


def told(firing: AlertFiring, alert: SignalAlert | None) -> tuple[str, str]:
    """Title and text of the message. The person's own words come first."""
    with override(firing.user.language):
        title, why = WORDS[AlertType(firing.alert_type)](firing)
        when = _("Known at %(time)s UTC.") % {"time": digits(f"{firing.known_at:%Y-%m-%d %H:%M}")}
        own = alert.message if alert else None
        return title, "\n".join(filter(None, (own, f"{why} {when}")))


def _symbol(firing: AlertFiring) -> str:
    return firing.asset.symbol if firing.asset else _("Market")


def _price(firing: AlertFiring) -> tuple[str, str]:
    if firing.condition == AlertCondition.PERCENTAGE_CHANGE:
        return _change(firing)
    values = {"symbol": _symbol(firing), "level": price(firing.threshold), "price": price(firing.value)}
    titles = {
        AlertCondition.ABOVE: _("%(symbol)s is above %(level)s"),
        AlertCondition.BELOW: _("%(symbol)s is below %(level)s"),
        AlertCondition.EQUALS: _("%(symbol)s has reached %(level)s"),
    }
    details = firing.details
    seen = _("The candle touched %(price)s.") if details.get("touch") else _("The candle closed at %(price)s.")
    return titles[AlertCondition(firing.condition)] % values, f"{seen % values} {_frame(firing)}"


def _change(firing: AlertFiring) -> tuple[str, str]:
    values = {
        "symbol": _symbol(firing),
        "change": number(firing.value, 2, signed=True),
        "window": firing.details["window"],
        "limit": number(firing.threshold, 2),
    }
    title = _("%(symbol)s: %(change)s %% in %(window)s candles") % values
    return title, f"{_('Your limit is %(limit)s %%.') % values} {_frame(firing)}"


def _volume(firing: AlertFiring) -> tuple[str, str]:
    details = firing.details
    values = {
        "symbol": _symbol(firing),
        "value": number(firing.value, 2),
        "window": details["window"],
        "limit": number(firing.threshold, 2),
    }
    text = (
        _("The volume is %(value)s times the median of %(window)s candles; your limit is %(limit)s.")
        if details["measure"] == MULTIPLE
        else _("The volume has a robust z-score of %(value)s among %(window)s candles; your limit is %(limit)s.")
    )
    return _("%(symbol)s: unusual volume") % values, f"{text % values} {_frame(firing)}"


def _indicator(firing: AlertFiring) -> tuple[str, str]:
    values = {
        "symbol": _symbol(firing),
        "indicator": firing.details["indicator"],
        "value": number(firing.value, 4),
        "level": number(firing.threshold, 4),
    }
    title = _("%(symbol)s: %(indicator)s is %(value)s") % values
    return title, f"{_('Your level is %(level)s.') % values} {_frame(firing)}"


def _signal(firing: AlertFiring) -> tuple[str, str]:
    values = {
        "symbol": _symbol(firing),
        "direction": PositionType(firing.details["direction"]).label,
        "confidence": number(100 * firing.value, 1),
        "limit": number(100 * firing.threshold, 1),
    }
    text = _("Its probability is %(confidence)s %%; your limit is %(limit)s %%.") % values
    return _("%(symbol)s: new signal, %(direction)s") % values, f"{text} {_frame(firing)}"


def _regime(firing: AlertFiring) -> tuple[str, str]:
    details = firing.details
    values = {
        "before": MarketRegime(details["from"]).label,
        "now": MarketRegime(details["to"]).label,
        "confidence": number(100 * firing.value, 0),
    }
    title = _("The market has changed: %(now)s") % values
    return title, f"{_('It was: %(before)s. Confidence %(confidence)s %%.') % values} {_frame(firing)}"


def _rotation(firing: AlertFiring) -> tuple[str, str]:
    details = firing.details
    values = {
        "sector": details["sector"],
        "share": number(100 * firing.value, 1),
        "limit": number(100 * firing.threshold, 1),
    }
    title = _("Capital leaves %(sector)s") if details["direction"] == "out" else _("Capital moves into %(sector)s")
    text = _("%(share)s %% of all that moved between sectors; your limit is %(limit)s %%.") % values
    return title % values, f"{text} {_frame(firing)}"


def _frame(firing: AlertFiring) -> str:
    return _("Candles: %(timeframe)s.") % {"timeframe": firing.timeframe}


WORDS: dict[AlertType, Callable[[AlertFiring], tuple[str, str]]] = {
    AlertType.PRICE_TARGET: _price,
    AlertType.VOLUME_SPIKE: _volume,
    AlertType.INDICATOR_LEVEL: _indicator,
    AlertType.SIGNAL_GENERATED: _signal,
    AlertType.REGIME_CHANGE: _regime,
    AlertType.SECTOR_ROTATION: _rotation,
}
