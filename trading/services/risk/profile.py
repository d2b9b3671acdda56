"""The limits that a person sets for themselves, and what they are exposed to."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import jsonschema
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import record_activity
from selection.models import AIPortfolioAnalysis, Portfolio
from system.choices import LIVE
from system.exceptions import InvalidInput, NotAllowed
from system.json_values import json_fault
from system.read_only import Kept, writing
from system.services import change_row
from trading.compute.risk_limits import total
from trading.models import RiskProfile
from trading.rules import RISK_RULES
from trading.selectors.risk_book import UNCLASSIFIED, PortfolioBook, portfolio_books

LIMITS = ("max_position_size", "max_portfolio_risk", "risk_rules")
"""What a person sets; the rest is computed."""


def risk_profile(user: User) -> RiskProfile:
    """The limits of a person, with the defaults at the first call."""
    found = RiskProfile.objects.filter(user=user).first()
    if found is None:
        with writing(Kept.LIMITS):
            found = RiskProfile.objects.get_or_create(user=user)[0]
    return found


@transaction.atomic
def change_limits(user: User, *, actor: User, **changes: Any) -> RiskProfile:
    """Change limits; they hold for what is executed from now on.

    Args:
        user: whose.
        actor: who changes them.
        changes: ``max_position_size`` (dollars), ``max_portfolio_risk`` (0-1), ``risk_rules``; None = no limit.
    Raises:
        NotAllowed: not their limits.
        InvalidInput: a limit that there is not, or a value that makes no sense.
    """
    if user.pk != actor.pk and not actor.is_staff:
        raise NotAllowed(_("These are not your limits."))
    unknown = sorted(changes.keys() - set(LIMITS))
    if unknown:
        raise InvalidInput(_("%(field)s cannot be changed here.") % {"field": unknown[0]}, field=unknown[0])
    for name in changes.keys() - {"risk_rules"}:
        value = changes[name]
        if isinstance(value, Decimal) and not value.is_finite():
            raise InvalidInput(_("%(field)s is out of range.") % {"field": name}, field=name)
    if "risk_rules" in changes:
        changes["risk_rules"] = changes["risk_rules"] or {}
        check_rules(changes["risk_rules"])
    found = change_row(risk_profile(user), actor=actor, changes=changes)
    record_activity(actor, activity_type="risk_limits", action="update", entity=found, details={"limits": [*changes]})
    return found


def check_rules(rules: Any) -> None:
    """
    Raises:
        InvalidInput: a rule that there is not, or a value that makes no sense; names the field.
    """
    if fault := json_fault(rules):
        raise InvalidInput(fault, field="risk_rules")
    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(RISK_RULES).iter_errors(rules))
    if error is not None:
        name = ".".join(["risk_rules", *map(str, error.absolute_path)])
        raise InvalidInput(f"{name}: {error.message}", field=name)


@transaction.atomic
def refresh_exposure(user: User, *, now: datetime | None = None) -> RiskProfile:
    """Count anew what a person is exposed to in all their real portfolios, and what it risks."""
    moment = now or timezone.now()
    profile = RiskProfile.objects.select_for_update().get(pk=risk_profile(user).pk)
    real = Portfolio.objects.filter(user=user, is_active=True, is_paper=False)
    portfolios = list(real.order_by("pk").values_list("pk", flat=True))
    books = portfolio_books(portfolios, moment)
    profile.current_exposure = exposure(list(books.values()))
    profile.risk_metrics = _metrics(portfolios)
    profile.last_calculated = moment
    profile.save(update_fields=["current_exposure", "risk_metrics", "last_calculated", "updated_at"])
    return profile


def exposure(books: Sequence[PortfolioBook]) -> dict[str, Any]:
    """``total_usd``, ``by_asset`` and ``by_sector``, dollars as text; null where a price is unknown."""
    by_asset: dict[str, list[Decimal | None]] = defaultdict(list)
    by_sector: dict[str, list[Decimal | None]] = defaultdict(list)
    for book in books:
        for one in book.held:
            by_asset[book.symbols[one.asset_id]].append(one.exposure)
            by_sector[one.sector or UNCLASSIFIED].append(one.exposure)
    whole = total(amount for amounts in by_asset.values() for amount in amounts)
    return {
        "total_usd": _text(whole),
        "by_asset": {name: _text(total(amounts)) for name, amounts in sorted(by_asset.items())},
        "by_sector": {name: _text(total(amounts)) for name, amounts in sorted(by_sector.items())},
        "open_positions": sum(len(book.held) for book in books),
        "unknown": sorted(name for name, amounts in by_asset.items() if total(amounts) is None),
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"


def _metrics(portfolio_ids: Sequence[int]) -> dict[str, Any]:
    """What the newest analyses say, by portfolio, and the largest of each figure."""
    analyses = AIPortfolioAnalysis.objects.filter(portfolio__in=portfolio_ids, series=LIVE)
    newest = analyses.order_by("portfolio", "-analysis_time", "-pk").distinct("portfolio")
    found = {str(row.portfolio_id): _figures(row) for row in newest}
    largest: dict[str, Any] = {}
    for name in ("var_95", "volatility", "drawdown"):
        known = [figures[name] for figures in found.values() if figures[name] is not None]
        largest[name] = max(known, key=Decimal, default=None)
    return largest | {"portfolios": found}


def _figures(row: AIPortfolioAnalysis) -> dict[str, Any]:
    risk = (row.analysis_data or {}).get("risk") or {}
    losses = ((risk.get("losses") or {}).get("historical") or {}).get("95") or {}
    return {
        "var_95": losses.get("var"),
        "volatility": risk.get("annual_volatility"),
        "drawdown": None if row.max_drawdown_pct is None else str(row.max_drawdown_pct),
        "as_of": row.analysis_time.isoformat(),
    }
