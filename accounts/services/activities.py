"""What people did."""

from datetime import datetime
from typing import Any

from django.db import connection, models, transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce

from accounts.models import User, UserActivity

WORDS = {
    "ai_suggestions": "suggestion",
    "ai_trading_signals": "signal",
    "ai_models": "model",
    "predictions": "prediction",
    "system_config": "config",
    "notification_channels": "channel",
}
"""What people call a row of a table, where that is not the name of its model."""
ARCHIVE = """
WITH moved AS (
    DELETE FROM user_activities
    WHERE id IN (
        SELECT id FROM user_activities WHERE created_at < %s ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
    RETURNING id, user_id, session_id, activity_type, entity_type, entity_id, action, details, ip_address, user_agent,
              created_at)
INSERT INTO user_activities_archive (id, user_id, session_id, activity_type, entity_type, entity_id, action, details,
                                     ip_address, user_agent, created_at, archived_at)
SELECT moved.*, now() FROM moved
"""


def record_activity(
    user: User,
    *,
    activity_type: str,
    action: str,
    entity: models.Model | None = None,
    details: dict[str, Any] | None = None,
    ip_address: str | None = None,
    user_agent: str | None = None,
) -> UserActivity:
    """Keep what a person did, in the transaction of the deed.

    Args:
        user: who acted.
        activity_type: kind of activity, e.g. ``login``, ``admin_action``, ``watchlist_update``.
        action: what was done, e.g. ``create``.
        entity: the row acted upon, if there is one.
        details: more about it; never a secret.
        ip_address: address of the client.
        user_agent: browser or client, as it named itself.
    """
    return UserActivity.objects.create(
        user=user,
        activity_type=activity_type,
        action=action,
        entity_type=WORDS.get(entity._meta.db_table, entity._meta.model_name) if entity is not None else None,
        entity_id=entity.pk if entity is not None else None,
        details=details or {},
        ip_address=ip_address,
        user_agent=user_agent,
    )


@transaction.atomic
def record_login(user: User, *, ip_address: str | None = None, user_agent: str | None = None) -> UserActivity:
    """Count a successful login of the pages and keep its time and place."""
    User.objects.filter(pk=user.pk).update(login_count=Coalesce(F("login_count"), Value(0)) + 1)
    return record_activity(user, activity_type="login", action="login", ip_address=ip_address, user_agent=user_agent)


def archive_activities(cutoff: datetime, batch: int) -> int:
    """Move the oldest activities from before ``cutoff`` to the archive, in one statement.

    Returns:
        How many moved, at most ``batch``.
    """
    with connection.cursor() as cursor:
        cursor.execute(ARCHIVE, [cutoff, batch])
        return int(cursor.rowcount)
