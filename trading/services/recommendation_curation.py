"""Recommendations that admins write and change by hand."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from system.choices import LIVE
from system.exceptions import InvalidInput, NoData, NotAllowed
from system.json_values import json_fault
from system.services import change_row, create_row
from trading.models import Recommendation

OBJECTS = ("recommendation_payload", "outcome_result")


@transaction.atomic
def create_recommendation(values: Mapping[str, Any], *, actor: User) -> Recommendation:
    """Advise a person, or everybody.

    Args:
        values: columns by name; without ``user_id`` it is for everybody.
        actor: an admin.
    Raises:
        NotAllowed: no admin.
        InvalidInput: a value breaks a rule of the table, or a target is named in part only.
    """
    _require_admin(actor)
    _require_sense(values)
    advice = Recommendation(series=LIVE, **values)
    _require_target(advice)
    return create_row(advice, actor=actor)


@transaction.atomic
def change_recommendation(recommendation_id: int, changes: Mapping[str, Any], *, actor: User) -> Recommendation:
    """Change an advice, or record what came of it; its state is changed by reviews and answers only.

    Raises:
        NotAllowed: no admin.
        NoData: there is none of this number.
        InvalidInput: a value breaks a rule of the table.
    """
    _require_admin(actor)
    _require_sense(changes)
    found = Recommendation.objects.filter(pk=recommendation_id, series=LIVE).first()
    if found is None:
        raise NoData(_("There is no such recommendation."), code="not_found")
    changed = change_row(found, actor=actor, changes=changes)
    _require_target(changed)
    return changed


def _require_admin(actor: User) -> None:
    if not actor.is_staff:
        raise NotAllowed(_("An advice is written by an admin."))


def _require_sense(values: Mapping[str, Any]) -> None:
    for name in OBJECTS:
        if fault := json_fault(values.get(name)):
            raise InvalidInput(fault, field=name)


def _require_target(advice: Recommendation) -> None:
    if (advice.target_entity_type is None) != (advice.target_entity_id is None):
        raise InvalidInput(_("A target is a kind and an id."), field="target_entity_id")
