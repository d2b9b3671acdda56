"""Fetching the candles of one asset at once, because an admin asks for it."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from assets.choices import DEMO_SOURCE
from assets.compute import periods
from assets.models import Asset
from assets.services.collection import collect_candles
from assets.services.sources import source_of
from system.exceptions import ConflictError
from system.models import BackgroundTask
from system.services import order_work, setting
from system.services.background import IncompleteError

REFRESH = "assets.services.refresh_asset"
KIND = "ingest"
REST = timedelta(minutes=1)
"""No source has anything new so soon, and each call counts against its limits."""


def order_refresh(asset: Asset, *, actor: Any) -> BackgroundTask:
    """Ask for the candles that an asset lacks.

    Raises:
        ConflictError: none can be fetched; the text says why.
        TooSoon: they were fetched a moment ago.
    """
    _require_source(asset)
    return order_work(REFRESH, KIND, {"asset_id": asset.pk}, actor=actor, rest=REST)


def refresh_asset(order: BackgroundTask, now: datetime | None = None) -> None:
    """Fetch what an order asks for, up to the newest close of each timeframe that is collected. Repeatable.

    Args:
        order: gets what was stored, by timeframe.
        now: the present, if not the clock's.
    Raises:
        IncompleteError: some of it did not come.
        ConflictError: nothing can be fetched any more.
    """
    asset, moment = Asset.objects.filter(pk=order.task_params["asset_id"]).first(), now or timezone.now()
    if asset is None:
        raise IncompleteError("the asset is gone")
    _require_source(asset)
    told: dict[str, Any] = {}
    faults: list[str] = []
    for timeframe in setting("collection")["timeframes"]:
        done = collect_candles(timeframe, [asset.pk], periods.start(moment, timeframe))
        told[timeframe] = done.as_json()
        faults += [f"{timeframe}: {reason}" for reason in done.faults.values()]
    order.result_data = {"timeframes": told}
    if faults:
        raise IncompleteError("; ".join(faults))


def _require_source(asset: Asset) -> None:
    if asset.data_source == DEMO_SOURCE:
        raise ConflictError(_("The demo market is continued by the program itself."), code="demo_asset")
    if not asset.is_active:
        raise ConflictError(_("%(symbol)s is not tracked.") % {"symbol": asset.symbol}, code="asset_inactive")
    if not setting("collection")["enabled"]:
        raise ConflictError(
            _("Market data are not fetched from outside: the setting collection is off."), code="collection_off"
        )
    source = source_of(asset)
    if source is None:
        raise ConflictError(_("No source has candles of %(symbol)s.") % {"symbol": asset.symbol}, code="no_source")
    if source.name not in (asset.external_ids or {}):
        raise ConflictError(
            _("It is not known which pair %(symbol)s is at %(source)s.")
            % {"symbol": asset.symbol, "source": source.name},
            code="no_pair",
        )
