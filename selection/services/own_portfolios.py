"""Portfolios are made by their owners; what they hold follows from the journal."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import record_activity
from selection.models import Portfolio
from system.choices import AuditOperation
from system.exceptions import ConflictError, InvalidInput, NotAllowed
from system.services import record_change

LONGEST_NAME = 100


@transaction.atomic
def create_portfolio(name: str, *, actor: User, is_paper: bool = False, is_public: bool = False) -> Portfolio:
    """An empty portfolio, a real one or one on paper.

    Raises:
        InvalidInput: no name, or one that is too long.
        ConflictError: the person has a portfolio of this name.
    """
    name = _name(name)
    User.objects.select_for_update().get(pk=actor.pk)
    _require_free(name, actor.pk)
    portfolio = Portfolio.objects.create(user=actor, name=name, is_paper=is_paper, is_public=is_public)
    record_activity(actor, activity_type="portfolio_update", action="create", entity=portfolio, details={"name": name})
    record_change(portfolio, AuditOperation.INSERT, actor=actor, new={"name": name})
    return portfolio


@transaction.atomic
def change_portfolio(
    portfolio: Portfolio, *, actor: User, name: str | None = None, is_public: bool | None = None
) -> Portfolio:
    """Change what a portfolio is called, and whether it may be shared; None leaves it. Equal values change nothing.

    Raises:
        NotAllowed: not their portfolio.
        InvalidInput: no name, or one that is too long.
        ConflictError: the owner has a portfolio of this name, or it has been deleted.
    """
    portfolio = _locked(portfolio, actor)
    wanted = {"name": None if name is None else _name(name), "is_public": is_public}
    new = {key: value for key, value in wanted.items() if value is not None and getattr(portfolio, key) != value}
    if "name" in new:
        _require_free(str(new["name"]), portfolio.user_id)
    _change(portfolio, new, actor, "update")
    return portfolio


@transaction.atomic
def delete_portfolio(portfolio: Portfolio, *, actor: User) -> None:
    """Take a portfolio out of use. Its journal stays, and goes with the account of its owner.

    Raises:
        NotAllowed: not their portfolio.
        ConflictError: it has been deleted already.
    """
    _change(_locked(portfolio, actor), {"is_active": False}, actor, "delete")


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InvalidInput(_("A portfolio needs a name of at most 100 characters."), field="name")
    return name


def _require_free(name: str, owner_id: int) -> None:
    if Portfolio.objects.filter(user=owner_id, name=name, is_active=True).exists():
        raise ConflictError(_("You have a portfolio of this name already."), field="name", code="name_taken")


def _locked(portfolio: Portfolio, actor: User) -> Portfolio:
    """The portfolio, locked behind its owner: a name is given to one at a time."""
    if portfolio.user_id != actor.pk and not actor.is_staff:
        raise NotAllowed(_("This is not your portfolio."))
    User.objects.select_for_update().get(pk=portfolio.user_id)
    found = Portfolio.objects.select_for_update().get(pk=portfolio.pk)
    if not found.is_active:
        raise ConflictError(_("%(name)s has been deleted.") % {"name": found.name}, code="portfolio_deleted")
    return found


def _change(portfolio: Portfolio, new: Mapping[str, Any], actor: User, action: str) -> None:
    if not new:
        return
    old = {key: getattr(portfolio, key) for key in new}
    for key, value in new.items():
        setattr(portfolio, key, value)
    portfolio.save(update_fields=[*new, "updated_at"])
    record_activity(actor, activity_type="portfolio_update", action=action, entity=portfolio, details=dict(new))
    record_change(portfolio, AuditOperation.UPDATE, actor=actor, old=old, new=dict(new))
