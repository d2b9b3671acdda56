"""What a person did with signals and alerts, and which accounts they have at exchanges, without keys."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.core.files.storage import default_storage

from accounts.models import User
from system.selectors.plain_rows import plain_rows
from trading.models import (
    AlertFiring,
    ExchangeAccount,
    ExchangeRecord,
    ExecutionFill,
    PaperPortfolio,
    PaperTrade,
    Recommendation,
    RecommendationResponse,
    RiskProfile,
    SignalAlert,
    SignalExecution,
    TradeImport,
    TradeNote,
    TradeNoteVersion,
)
from trading.selectors.screenshots import own_screenshots, place_of

BLOCK = 2**16


def portable_part(user: User) -> Mapping[str, Iterable[dict[str, Any]]]:
    """Rows of the person, by the name of their file. Portfolios and journals are told apart from them."""
    of_portfolio = {"portfolio__user": user}
    return {
        "alerts": plain_rows(SignalAlert.objects.filter(user=user)),
        "alert_firings": plain_rows(AlertFiring.objects.filter(user=user)),
        "risk_profile": plain_rows(RiskProfile.objects.filter(user=user)),
        "executions": plain_rows(SignalExecution.objects.filter(user=user)),
        "execution_fills": plain_rows(ExecutionFill.objects.filter(execution__user=user)),
        "notes": plain_rows(TradeNote.objects.filter(trade_action__portfolio_asset__portfolio__user=user)),
        "note_versions": plain_rows(TradeNoteVersion.objects.filter(written_by=user)),
        "screenshots": plain_rows(own_screenshots(user)),
        "recommendations": plain_rows(Recommendation.objects.filter(user=user)),
        "paper_portfolios": plain_rows(PaperPortfolio.objects.filter(**of_portfolio)),
        "paper_trades": plain_rows(PaperTrade.objects.filter(paper__portfolio__user=user)),
        "recommendation_responses": plain_rows(RecommendationResponse.objects.filter(user=user)),
        "imports": plain_rows(TradeImport.objects.filter(**of_portfolio), without=("content",)),
        "exchange_accounts": plain_rows(ExchangeAccount.objects.filter(**of_portfolio), without=("sealed_key",)),
        "exchange_records": plain_rows(ExchangeRecord.objects.filter(account__portfolio__user=user)),
    }


def portable_pictures(user: User) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Pictures of the journal: the name of each, and its file piece by piece; without those whose file is gone."""
    for name in own_screenshots(user).order_by("pk").values_list("name", flat=True):
        if default_storage.exists(place_of(name)):
            yield name, _pieces(place_of(name))


def _pieces(place: str) -> Iterator[bytes]:
    with default_storage.open(place) as file:
        while piece := file.read(BLOCK):
            yield piece
