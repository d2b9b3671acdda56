"""News as admins keep them, with the sectors that they are about."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from macro.models import NewsEvent
from macro.services import news_curation
from sectors.models import Sector
from sectors.services.news import tag_news
from system.exceptions import InvalidInput


@transaction.atomic
def enter_news(values: Mapping[str, Any], *, actor: Any) -> NewsEvent:
    """Keep an item that a person writes in; see ``macro.services.news_curation.enter_news``."""
    _require_sectors(values)
    return _tagged(news_curation.enter_news(values, actor=actor))


@transaction.atomic
def change_news(row: NewsEvent, changes: Mapping[str, Any], *, actor: Any) -> NewsEvent:
    """Correct an item from now on; see ``macro.services.news_curation.change_news``. Sectors that nobody has named
    follow the headline and the coins."""
    _require_sectors(changes)
    changed = news_curation.change_news(row, changes, actor=actor)
    said = (changed.raw_data or {}).get("curated", ())
    if "sector_ids" in said or (changed.title, changed.asset_ids) == (row.title, row.asset_ids):
        return changed
    NewsEvent.objects.filter(pk=row.pk).update(sector_ids=None)
    return _tagged(changed)


def _tagged(row: NewsEvent) -> NewsEvent:
    tag_news()
    row.refresh_from_db()
    return row


def _require_sectors(values: Mapping[str, Any]) -> None:
    wanted = set(values.get("sector_ids", ()))
    known = set(Sector.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    if absent := sorted(wanted - known):
        raise InvalidInput(_("There is no sector %(ids)s.") % {"ids": ", ".join(map(str, absent))}, field="sector_ids")
