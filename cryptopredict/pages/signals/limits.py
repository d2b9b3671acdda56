"""A person's limits in words: what each allows, and what a refused execution would have come to."""

from decimal import ROUND_CEILING, Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from system import formats
from trading.compute.own_size import EDGE
from trading.compute.risk_limits import PRICE, SECTOR, Check
from trading.services.risk.checking import INPUT

RULES: dict[str, tuple[str | Promise, str]] = {
    EDGE: (_("Worth of the plan by its measured chance"), "usd"),
    "max_position_size": (_("Largest position in one asset"), "usd"),
    "max_portfolio_risk": (_("Largest loss of one trade at its stop"), "share"),
    "max_open_positions": (_("Open positions"), "count"),
    "max_leverage": (_("Leverage"), "ratio"),
    "max_asset_pct": (_("Largest part in one asset"), "percent"),
    "max_sector_pct": (_("Largest part in one sector"), "percent"),
    "daily_loss_limit_pct": (_("Loss of the day"), "percent"),
    "daily_loss_limit_usd": (_("Loss of the day"), "usd"),
}
"""What each limit is called, and in what it is counted."""


def rule_name(rule: str) -> str:
    return str(RULES[rule][0]) if rule in RULES else rule


def told(rule: str, value: Decimal) -> str:
    """A value of a rule. It is rounded up, so that one above its limit never looks kept."""
    form = RULES[rule][1] if rule in RULES else ""
    if form == "usd":
        return f"{formats.number(value.quantize(Decimal('0.01'), ROUND_CEILING), 2)} USD"
    if form in {"share", "percent"}:
        percent = 100 * value if form == "share" else value
        return formats.percent(percent.quantize(Decimal("0.01"), ROUND_CEILING), 2, signed=False)
    return formats.number(value, 0 if form == "count" else 2)


def sentence(check: Check) -> str:
    """Why a limit refuses what is wanted."""
    words: dict[str, Any] = {"rule": rule_name(check.rule), "limit": told(check.rule, check.limit)}
    if check.value is not None:
        words["value"] = told(check.rule, check.value)
        if check.rule.startswith("daily_loss"):
            return gettext("%(rule)s: it is %(value)s, and from %(limit)s on you open nothing.") % words
        return gettext("%(rule)s: it would be %(value)s, your limit is %(limit)s.") % words
    reasons = {
        PRICE: gettext("%(rule)s (%(limit)s) cannot be checked: a price is unknown or older than four days."),
        SECTOR: gettext("%(rule)s (%(limit)s) cannot be checked: the sector of the asset is unknown."),
    }
    worth = gettext("%(rule)s (%(limit)s) cannot be checked: the worth of the portfolio is unknown or not above 0.")
    return reasons.get(check.unknown or "", worth) % words


def field_of(check: Check) -> str:
    """The input that one would change to keep a limit."""
    return INPUT.get(check.rule, "portfolio")
