"""A forecast that a person asked for: by the model that serves, kept and scored as every other, and never part of the
public record."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from math import ceil
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import record_activity
from aimodels.compute.panels import Features
from aimodels.models import AIModel, Prediction
from aimodels.services.ledger import Issue, of_model, rows_of
from aimodels.services.ledger_rows import LATER, NEVER
from aimodels.services.price_forecasts import Asked, Prices, asked, issues_of, say
from aimodels.services.price_models import PriceModels
from system.choices import AuditOperation
from system.exceptions import ConflictError, InvalidInput, NoData, TooSoon
from system.services import complete, record_change

AN_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Wish:
    """What is asked for.

    Attributes:
        asset_id: about what.
        hours: how far ahead.
        kind: price or direction.
        model_name: by whom; None = whoever serves.
        watchlist_id: the list that the person looks at.
        override: features by name that are given to the model instead of those of the market.
    """

    asset_id: int
    hours: int
    kind: str = "price"
    model_name: str | None = None
    watchlist_id: int | None = None
    override: Mapping[str, float] = field(default_factory=dict)


def forecast_wish(
    models: PriceModels,
    prices: Prices,
    features: Callable[[], Features],
    wish: Wish,
    *,
    context: Mapping[str, Any],
    user: User,
) -> Prediction:
    """Forecast one price over one horizon, as the pipeline would at this moment.

    Raises:
        NoData: the asset has too little history, or its candles are too old.
        ConflictError: the named model does not serve now, or is less sure than it has to be.
        InvalidInput: a feature is overridden that the model does not look at.
        TooSoon: the model has been asked often enough in this hour.
    """
    found = next(iter(asked(models, prices, wish.hours)))
    one = _of_asset(_by_name(found, wish.model_name), prices, wish)
    seen = None if one.version is None else _overridden(features(), one, wish.override)
    if one.version is None and wish.override:
        raise _not_looked_at(next(iter(wish.override)))
    (issue,) = issues_of(prices, one, say(one, seen), dict(context))
    if issue.target <= timezone.now():
        raise NoData(_("The candles of this asset are too old to forecast from."), code="no_forecast")
    return _keep(issue, one.model, models.layer, prices, wish, user)


def _by_name(one: Asked, name: str | None) -> Asked:
    if name in (None, one.model.name):
        return one
    if name == one.ruling.name:
        return replace(one, model=one.ruling, version=None)
    raise ConflictError(_("%(name)s does not serve now.") % {"name": name}, field="model_name", code="model_not_active")


def _of_asset(one: Asked, prices: Prices, wish: Wish) -> Asked:
    """The same with this asset's column alone."""
    columns = [place for place in one.columns.tolist() if prices.asset_ids[place] == wish.asset_id]
    if not columns:
        raise NoData(
            _("This asset has too little history for a forecast, or follows another price."), code="no_forecast"
        )
    return replace(one, columns=np.array(columns, dtype=np.int64))


def _overridden(seen: Features, one: Asked, override: Mapping[str, float]) -> Features:
    """The features with some of the asset's last ones replaced."""
    if not override:
        return seen
    known = () if one.version is None else one.version.direction.names
    values = seen.values.copy()
    for name, value in override.items():
        if name not in known:
            raise _not_looked_at(name)
        values[-1, one.columns, seen.names.index(name)] = value
    return replace(seen, values=values)


def _not_looked_at(name: str) -> InvalidInput:
    return InvalidInput(
        _("The model that serves does not look at %(name)s.") % {"name": name}, field=f"features_override.{name}"
    )


@transaction.atomic
def _keep(issue: Issue, model: AIModel, layer: int, prices: Prices, wish: Wish, user: User) -> Prediction:
    """Write the forecast into the ledger, in the name of who asked."""
    row = next((one for one in rows_of(issue) if one["prediction_type"] == wish.kind), None)
    if row is None:
        raise InvalidInput(_("This model forecasts no price."), field="prediction_type")
    locked = AIModel.objects.select_for_update().get(pk=model.pk)
    _require_rate(locked)
    if row["confidence_score"] < locked.min_confidence_threshold:
        words = {"sure": round(row["confidence_score"], 4), "least": locked.min_confidence_threshold}
        raise ConflictError(
            _("The model is sure to %(sure)s, and has to be to %(least)s.") % words, code="below_confidence"
        )
    values = row | of_model(model, layer) | {"as_of": prices.as_of, "user": user.pk, "watchlist": wish.watchlist_id}
    if wish.override:
        values["model_parameters"] = {**values["model_parameters"], "features_override": dict(wish.override)}
    columns, absent = complete(Prediction, values, NEVER | {"run": "asked for by a person"}, by_people=LATER)
    made = Prediction.objects.create(**columns, debug_info={"missing": absent})
    AIModel.objects.filter(pk=model.pk).update(last_prediction=prices.as_of, prediction_count=F("prediction_count") + 1)
    record_activity(user, activity_type="ai_interaction", action="ask_prediction", entity=made)
    return made


def _require_rate(model: AIModel) -> None:
    """No more than so many were asked for within an hour. The version's row is locked: nobody asks at the same time."""
    most, now = model.max_predictions_per_hour, timezone.now()
    if most is None:
        return
    recent = Prediction.objects.filter(ai_model=model, user__isnull=False, created_at__gt=now - AN_HOUR)
    times = list(recent.order_by("-created_at").values_list("created_at", flat=True)[:most])
    if len(times) == most:
        raise TooSoon(
            _("%(model)s answers %(most)s times an hour at most.") % {"model": model, "most": most},
            code="model_rate_limit",
            wait=ceil((times[-1] + AN_HOUR - now).total_seconds()),
        )


@transaction.atomic
def note_prediction(prediction: Prediction, notes: str | None, *, actor: User) -> Prediction:
    """Write a note on a forecast; what it says, and what came of it, stays as it is. The caller holds its row."""
    if prediction.notes != notes:
        old, prediction.notes = prediction.notes, notes
        prediction.save(update_fields=["notes", "updated_at"])
        record_change(prediction, AuditOperation.UPDATE, actor=actor, old={"notes": old}, new={"notes": notes})
    return prediction
