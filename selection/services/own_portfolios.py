"""Portfolios are made by their owners; what they hold follows from the journal."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import record_activity
from selection.models import Portfolio
from system.choices import AuditOperation
from system.exceptions import ConflictError, InvalidInput
from system.services import record_change

LONGEST_NAME = 100


@transaction.atomic
def create_portfolio(name: str, *, actor: User, is_paper: bool = False) -> Portfolio:
    """An empty portfolio, a real one or one on paper.

    Raises:
        InvalidInput: no name, or one that is too long.
        ConflictError: the person has a portfolio of this name.
    """
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InvalidInput(_("A portfolio needs a name of at most 100 characters."), field="name")
    User.objects.select_for_update().get(pk=actor.pk)
    if Portfolio.objects.filter(user=actor, name=name, is_active=True).exists():
        raise ConflictError(_("You have a portfolio of this name already."), field="name")
    portfolio = Portfolio.objects.create(user=actor, name=name, is_paper=is_paper)
    record_activity(actor, activity_type="portfolio_update", action="create", entity=portfolio, details={"name": name})
    record_change(portfolio, AuditOperation.INSERT, actor=actor, new={"name": name})
    return portfolio
