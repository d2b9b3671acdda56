"""What a person did with signals and alerts, and which accounts they have at exchanges, without keys."""

from collections.abc import Iterable, Mapping
from typing import Any

from accounts.models import User
from system.selectors.plain_rows import plain_rows
from trading.models import (
    AlertFiring,
    ExchangeAccount,
    ExchangeRecord,
    ExecutionFill,
    Recommendation,
    RecommendationResponse,
    RiskProfile,
    SignalAlert,
    SignalExecution,
    TradeImport,
)


def portable_part(user: User) -> Mapping[str, Iterable[dict[str, Any]]]:
    """Rows of the person, by the name of their file. Portfolios and journals are told apart from them."""
    of_portfolio = {"portfolio__user": user}
    return {
        "alerts": plain_rows(SignalAlert.objects.filter(user=user)),
        "alert_firings": plain_rows(AlertFiring.objects.filter(user=user)),
        "risk_profile": plain_rows(RiskProfile.objects.filter(user=user)),
        "executions": plain_rows(SignalExecution.objects.filter(user=user)),
        "execution_fills": plain_rows(ExecutionFill.objects.filter(execution__user=user)),
        "recommendations": plain_rows(Recommendation.objects.filter(user=user)),
        "recommendation_responses": plain_rows(RecommendationResponse.objects.filter(user=user)),
        "imports": plain_rows(TradeImport.objects.filter(**of_portfolio), without=("content",)),
        "exchange_accounts": plain_rows(ExchangeAccount.objects.filter(**of_portfolio), without=("sealed_key",)),
        "exchange_records": plain_rows(ExchangeRecord.objects.filter(account__portfolio__user=user)),
    }
