"""Figures, times and icons in templates. What is unknown is a dash that tells its reason."""

import json
import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import cache
from typing import Any

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from aimodels.models import AIModel
from assets.models import Asset
from cryptopredict.pages import record_page, words
from cryptopredict.pages.asset_chart.chart import Forecast
from cryptopredict.pages.backtests import words as backtests
from cryptopredict.pages.graphs import Graph
from cryptopredict.pages.help.keys import Key, groups
from cryptopredict.pages.help.terms import TERMS
from cryptopredict.pages.portfolios import words as portfolio_words
from cryptopredict.pages.screener.rows import Spark
from cryptopredict.pages.sectors.address import address_of
from macro.choices import MarketRegime
from selection.choices import Factor, PositionType, RiskCategory
from system import formats
from trading.choices import SignalStatus

register = template.Library()
ICONS = settings.BASE_DIR / "static" / "vendor" / "tabler-icons"
FORMS: dict[str, Callable[[Any], str]] = {
    "price": formats.price,
    "amount": formats.amount,
    "dollars": formats.dollars,
    "percent": lambda value: formats.percent(value, signed=False),
    "change": formats.percent,
    "share": formats.share,
    "share1": lambda value: formats.share(value, 1),
    "share_signed": lambda value: formats.percent(100 * value),
    "probability": lambda value: formats.number(value, 2),
    "score": lambda value: formats.number(value, 3),
    "points100": lambda value: formats.number(100 * value, 1),
    "signed": lambda value: formats.number(value, 2, signed=True),
    "points": formats.points,
    "steps": lambda value: formats.number(value, 0, signed=True),
    "number": formats.number,
    "ratio": lambda value: formats.number(value, 1),
    "coins": formats.coins,
    "money": lambda value: formats.number(value, 2, signed=True),
    "share_points": lambda value: formats.points(value, 2, signed=False),
    "share_number": lambda value: formats.number(value, 2),
    "flow": lambda value: formats.percent(100 * value, 0),
}
"""How a figure may be shown, by name."""
WORDED = {"amount", "points", "share_points"}
"""Those that may end with a word; its letters must not be spaced like digits."""


MISSING = (None, "")


@register.simple_tag
def figure(value: Any, form: str, reason: str | None = None, title: str = "") -> SafeString:
    """A number, or a dash with the reason why there is none. A key that a JSON column lacks comes here as no text."""
    if value in MISSING:
        return unknown(reason)
    text = FORMS[form](value)
    if form == "amount":
        title = formats.number(value, 2)
    kind = kind_of(form)
    if title:
        return format_html('<span class="{}" title="{}">{}</span>', kind, title, text)
    return format_html('<span class="{}">{}</span>', kind, text)


def kind_of(form: str) -> str:
    """The classes of a figure."""
    return "num worded" if form in WORDED and formats.is_persian() else "num"


@register.simple_tag
def change(value: Any, form: str = "change", reason: str | None = None) -> SafeString:
    """A rise or fall: by sign, by arrow and by colour."""
    if value in MISSING:
        return unknown(reason)
    text = FORMS[form](value)
    # What is rounded to nothing neither rises nor falls.
    is_flat = all(unicodedata.digit(letter, 0) == 0 for letter in text)
    direction = "flat" if is_flat else "up" if value > 0 else "down"
    return format_html('<span class="{} {}">{}</span>', kind_of(form), direction, text)


@register.simple_tag
def live_price(asset: Asset) -> SafeString:
    """The present price of an asset; a script changes it in its place."""
    if asset.current_price is None:
        return unknown("no candles yet")
    return format_html('<span class="num" data-price="{}">{}</span>', asset.pk, formats.price(asset.current_price))


@register.simple_tag
def live_change(asset: Asset) -> SafeString:
    """The change of its price in 24 hours, the same way."""
    shown = change(asset.price_change_percentage_24h, "change", "no price of that moment")
    if asset.price_change_percentage_24h is None:
        return shown
    # The mark of its place goes into the tag that is there.
    return format_html('<span data-price-change="{}" {}', asset.pk, mark_safe(shown.removeprefix("<span ")))  # noqa: S308


@register.simple_tag
def unknown(reason: str | None = None) -> SafeString:
    """The dash; its reason shows on hover and on focus, and is read out."""
    why = words.reason(reason) if reason else gettext("not known yet")
    return format_html(
        '<span class="unknown" role="img" tabindex="0" aria-label="{}" data-reason="{}">–</span>',
        gettext("unknown: %(reason)s") % {"reason": why},
        why,
    )


@register.simple_tag
def ago(moment: datetime | str | None, reason: str | None = None) -> SafeString:
    """A time by its distance from now; the exact one in UTC is in the title. A script keeps it true. What a template
    finds in nothing comes here as no text."""
    if not isinstance(moment, datetime):
        return unknown(reason)
    return format_html(
        '<time datetime="{}" title="{}" data-relative>{}</time>',
        moment.isoformat(),
        formats.clock(moment),
        formats.relative(moment, timezone.now()),
    )


@register.simple_tag
def at(moment: datetime) -> SafeString:
    """An exact time in UTC."""
    return format_html('<time class="num" datetime="{}">{}</time>', moment.isoformat(), formats.clock(moment))


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon beside words that say the same; it is hidden from screen readers."""
    return format_html(
        '<svg class="icon icon-{}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{}</svg>',
        name,
        shapes(name),
    )


@cache
def shapes(name: str) -> SafeString:
    """The drawing inside an icon's file, without its invisible frame."""
    drawing = (ICONS / f"{name}.svg").read_text(encoding="utf-8")
    paths = re.findall(r"<(?:path|circle|rect|line|polyline|ellipse)[^>]*/>", drawing)
    return mark_safe("".join(path for path in paths if 'stroke="none"' not in path))  # noqa: S308 - a file of ours


@register.simple_tag
def skill(value: float) -> str:
    """Skill against a naive forecast, in percent with its sign."""
    return formats.percent(100 * value)


@register.simple_tag
def skill_end(value: float) -> str:
    """One end of the interval of a skill; the percent sign stands with the skill."""
    return formats.number(100 * value, 1, signed=True)


@register.filter
def sector(name: str) -> str:
    """The name of a sector in the language."""
    return words.named(words.SECTORS, name)


register.filter("sector_address", address_of)


@register.filter
def quadrant(name: str | None) -> str:
    """Where a sector stands in the rotation graph, in the language."""
    return words.named(words.QUADRANTS, name) if name else ""


@register.filter
def whole(value: float) -> str:
    """A whole number, thousands separated."""
    return formats.number(value)


@register.filter
def listed(names: list[str]) -> str:
    """Some words in a row."""
    return formats.listed(names)


@register.filter
def to_come(graphs: Iterable[Graph]) -> list[str]:
    """What graphs without a line would show."""
    return [str(graph.finding) for graph in graphs if graph.is_empty]


@register.filter
def regime(name: str) -> str:
    """A state of the market, in the language."""
    return str(MarketRegime(name).label)


@register.filter
def factor(name: str) -> str:
    """What speaks for a signal, in the language."""
    return words.named(words.FACTORS, name)


@register.filter
def ranking_factor(name: str) -> str:
    """What assets are ranked by, in the language."""
    return str(Factor(name).label) if name in Factor.values else name


@register.filter
def source(name: str) -> str:
    """Where prices come from, in the language."""
    return words.named(words.SOURCES, name)


@register.filter
def model(version: AIModel | str) -> SafeString:
    """A model version by its name, apart from the direction of the words around it."""
    name = version if isinstance(version, str) else f"{version.name} {version.version}"
    return format_html('<bdi dir="ltr">{}</bdi>', name)


register.filter("outcome", record_page.outcome)


@register.simple_tag
def keys(forecasts: list[Forecast]) -> SafeString:
    """The numbers in the ledger of some forecasts."""
    numbers = " ".join(f"#{formats.digits(str(key))}" for one in forecasts for key in one.forecast.ids)
    return format_html('<span class="num wrap">{}</span>', numbers)


@register.filter
def risk_category(value: str) -> str:
    """A risk category, in the language."""
    return str(RiskCategory(value).label)


@register.filter
def explained_input(name: str) -> str:
    """An input of an explained figure, in the language."""
    return words.named(portfolio_words.INPUTS, name)


@register.filter
def explained_unit(name: str) -> str:
    """The unit of such an input, in the language."""
    return words.named(portfolio_words.UNITS, name)


@register.filter
def portfolio_rule(code: str) -> str:
    """What a portfolio was looked through by, in short."""
    return words.named(portfolio_words.RULES, code)


@register.filter
def exactly(value: Any) -> str:
    """A number with all its digits, as it was counted with; words stay words."""
    if isinstance(value, str):
        return value
    text = f"{formats.exact(value).normalize():f}"
    return formats.localized(text).replace("-", formats.MINUS)


@register.filter
def why(code: str | None) -> str:
    """Why a figure of a portfolio or of a trade is unknown."""
    return portfolio_words.reason(code or "unknown") or ""


@register.filter
def entry_kind(code: str) -> str:
    """A kind of journal entry, as people name what they did."""
    return words.named(portfolio_words.KINDS, code)


@register.filter
def signal_status(value: str) -> str:
    """State of a signal, in the language."""
    return str(SignalStatus(value).label)


@register.filter
def direction(value: str) -> str:
    """Long or short, in the language."""
    return str(PositionType(value).label)


@register.simple_tag
def interval(quantiles: dict[str, float], low: str, high: str) -> SafeString:
    """The prices between which a share of the outcomes is expected."""
    if low not in quantiles or high not in quantiles:
        return unknown()
    ends = (formats.estimate(quantiles[low]), formats.estimate(quantiles[high]))
    return format_html('<span class="num">{} – {}</span>', *ends)


@register.simple_tag
def spark_words(line: Spark) -> str:
    """What a small line shows, for who cannot see it."""
    return gettext("30 days: %(change)s, from %(low)s to %(high)s USD") % {
        "change": formats.percent(line.change),
        "low": formats.price(min(line.known)),
        "high": formats.price(max(line.known)),
    }


@register.filter
def digits(value: Any) -> str:
    """Digits of a label in those of the language."""
    return formats.digits(str(value))


@register.filter
def span(hours: int) -> str:
    """A length of time, given in hours."""
    return formats.span(hours)


@register.filter
def provider(name: str) -> str:
    """An outside source in the language."""
    return words.provider(name)


@register.filter
def backtest_fault(sentence: str) -> str:
    """Why a backtest has failed."""
    return backtests.told(sentence)


@register.filter
def day(moment: datetime) -> str:
    """A date."""
    return formats.day(moment)


@register.filter
def plain_day(moment: date) -> str:
    """A date in figures."""
    return formats.plain_day(moment)


@register.filter
def minute(moment: datetime) -> str:
    """A time in figures, exact to the minute."""
    return formats.minute(moment)


@register.simple_tag
def distances() -> str:
    """The words for distances in time, for the script that keeps them true."""
    return json.dumps(formats.distances(), ensure_ascii=False)


@register.simple_tag
def key_groups() -> list[tuple[str, list[Key]]]:
    """Keys of every page, by where they work."""
    return groups()


@register.inclusion_tag("components/explain.html")
def explain(key: str) -> dict[str, Any]:
    """The popover of a word of the glossary, once on a page.

    Raises:
        KeyError: a word that the glossary lacks.
    """
    term = TERMS[key]
    return {"key": key, "term": key, "label": term.label, "explanation": term.explanation, "completeness": None}
