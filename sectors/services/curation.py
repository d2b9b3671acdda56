"""Sectors and their members as admins keep them. What changes of a membership holds from then on; the past stays."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from assets.models import Asset
from sectors.models import Sector, SectorMapping
from sectors.services.index_assets import rename_index
from sectors.services.membership import after, lock_memberships
from system.choices import AuditOperation
from system.exceptions import ConflictError, InvalidInput
from system.services import change_row, create_row, record_change

LONGEST_ID = 100


@transaction.atomic
def create_sector(*, actor: Any, values: Mapping[str, Any]) -> Sector:
    """A sector that an admin adds; without a category of CoinGecko it is known here only (``local:<name>``).

    Raises:
        ConflictError: another sector has the name or the category.
        InvalidInput: a value that a sector cannot have.
    """
    given = {"coingecko_id": f"local:{slugify(values['name'], allow_unicode=True)}"[:LONGEST_ID]} | dict(values)
    _check(given)
    return create_row(Sector(**given), actor=actor)


@transaction.atomic
def change_sector(sector: Sector, *, actor: Any, changes: Mapping[str, Any]) -> Sector:
    """What a sector says of itself; its index stays the same one under another category. Equal values change nothing.

    Raises:
        ConflictError: another sector has the name or the category.
        InvalidInput: a value that a sector cannot have.
    """
    _check(changes, sector)
    changed = change_row(sector, actor=actor, changes=changes)
    rename_index(sector, changed)
    return changed


def deactivate_sector(sector: Sector, *, actor: Any) -> Sector:
    """Track a sector no longer. Its members and its past stay."""
    return change_row(sector, actor=actor, changes={"is_active": False})


def _check(values: Mapping[str, Any], sector: Sector | None = None) -> None:
    others = Sector.objects.exclude(pk=sector.pk) if sector else Sector.objects.all()
    if "name" in values and others.filter(name=values["name"]).exists():
        raise ConflictError(_("Another sector has this name."), field="name", code="name_taken")
    if "coingecko_id" in values and others.filter(coingecko_id=values["coingecko_id"]).exists():
        raise ConflictError(_("Another sector is this category."), field="coingecko_id", code="category_taken")


@transaction.atomic
def add_member(
    sector: Sector, asset_id: int, *, actor: Any, is_primary: bool = False, weight: Decimal = Decimal(1)
) -> SectorMapping:
    """Put an asset into a sector. Its first membership of all holds since ever, any other from now on. A primary one
    takes the flag from the asset's former primary sector.

    Raises:
        InvalidInput: there is no such asset.
        ConflictError: it is a member already.
    """
    lock_memberships()
    if not Asset.objects.filter(pk=asset_id).exists():
        raise InvalidInput(_("There is no such asset."), field="asset_id")
    before = list(SectorMapping.objects.select_for_update().filter(asset=asset_id).order_by("pk"))
    current = [mapping for mapping in before if mapping.valid_to is None]
    taken = ConflictError(_("The asset is a member of this sector already."), field="asset_id", code="already_member")
    if any(mapping.sector_id == sector.pk for mapping in current):
        raise taken
    now = after(timezone.now(), before)
    if is_primary:
        _take_flag(current, now, actor)
    made = SectorMapping(asset_id=asset_id, sector=sector, is_primary_sector=is_primary, weight=weight)
    made.valid_from = now if before else None
    try:
        with transaction.atomic():
            return create_row(made, actor=actor)
    except IntegrityError:
        raise taken from None


@transaction.atomic
def change_member(
    mapping: SectorMapping, *, actor: Any, is_primary: bool | None = None, weight: Decimal | None = None
) -> SectorMapping:
    """Change a membership from now on: the old one ends and a new one begins. Equal values change nothing.

    Raises:
        ConflictError: it has ended.
    """
    mapping = _present(mapping)
    flag = mapping.is_primary_sector if is_primary is None else is_primary
    share = mapping.weight if weight is None else weight
    if (flag, share) == (mapping.is_primary_sector, mapping.weight):
        return mapping
    current = SectorMapping.objects.select_for_update().filter(asset=mapping.asset_id, valid_to=None).order_by("pk")
    others = [one for one in current if one.pk != mapping.pk]
    now = after(timezone.now(), [mapping, *others])
    if flag:
        _take_flag(others, now, actor)
    return _continued(mapping, now, actor, is_primary_sector=flag, weight=share)


@transaction.atomic
def remove_member(mapping: SectorMapping, *, actor: Any) -> None:
    """End a membership now.

    Raises:
        ConflictError: it has ended.
    """
    mapping = _present(mapping)
    _end(mapping, after(timezone.now(), [mapping]), actor)


def _present(mapping: SectorMapping) -> SectorMapping:
    """A membership as it is now, with nobody else at work on any."""
    lock_memberships()
    found = SectorMapping.objects.select_for_update().get(pk=mapping.pk)
    if found.valid_to is not None:
        raise ConflictError(_("This membership has ended."), code="membership_ended")
    return found


def _take_flag(current: list[SectorMapping], now: datetime, actor: Any) -> None:
    for mapping in current:
        if mapping.is_primary_sector:
            _continued(mapping, now, actor, is_primary_sector=False, weight=mapping.weight)


def _continued(mapping: SectorMapping, now: datetime, actor: Any, **values: Any) -> SectorMapping:
    """The same membership with other values from a moment on."""
    _end(mapping, now, actor)
    fresh = SectorMapping(asset_id=mapping.asset_id, sector_id=mapping.sector_id, valid_from=now, **values)
    return create_row(fresh, actor=actor)


def _end(mapping: SectorMapping, now: datetime, actor: Any) -> None:
    mapping.valid_to = now
    mapping.save(update_fields=["valid_to", "updated_at"])
    record_change(mapping, AuditOperation.UPDATE, actor=actor, old={"valid_to": None}, new={"valid_to": now})
