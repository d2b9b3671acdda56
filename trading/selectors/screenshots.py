"""Pictures of the journal and their files."""

from typing import Any

from django.db.models import QuerySet

from trading.models import TradeScreenshot

FOLDER = "screenshots"


def own_screenshots(user: Any) -> QuerySet[TradeScreenshot]:
    """Pictures in the journals of a person; those of others do not exist for them, admins or not."""
    return TradeScreenshot.objects.filter(trade_action__portfolio_asset__portfolio__user=user.pk)


def place_of(name: str) -> str:
    """Where the file of a picture lies, below the media directory."""
    return f"{FOLDER}/{name[:2]}/{name}"
