"""What every installation has before anything else: made once, the same again changes nothing."""

from django.utils import timezone

from accounts.services import ensure_system_user
from aimodels.services import ensure_rules
from assets.services import ensure_partitions_ahead
from cryptopredict.rules import RULES
from cryptopredict.schedule import sync_schedule
from sectors.services import ensure_sectors
from selection.services import ensure_default_watchlists
from system.services import ensure_settings
from system.services.roles import grant_application_role


def bootstrap() -> dict[str, int]:
    """Database roles, partitions ahead, settings, the system user, sectors, default lists, rules and the schedule.

    Returns:
        How many of each were missing.
    """
    grant_application_role()
    made = {"partitions": ensure_partitions_ahead(timezone.now())}
    ensure_system_user()
    made["settings"] = ensure_settings()
    made["sectors"] = ensure_sectors()
    made["default lists"] = ensure_default_watchlists()
    for rules in RULES:
        ensure_rules(rules)
    made["schedules"] = sync_schedule()
    return made
