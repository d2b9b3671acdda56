"""Which assets people see."""

from django.db.models import QuerySet

from assets.models import Asset


def visible_assets(*, everything: bool = False) -> QuerySet[Asset]:
    """Assets that are tracked and have data; ``everything`` adds the others, for admins."""
    return Asset.objects.all() if everything else Asset.objects.filter(is_active=True, is_supported=True)


def seen_by_all() -> str:
    """The same rule as a condition of SQL on ``assets``, for reads that are worth writing by hand."""
    return "assets.is_active AND assets.is_supported"
