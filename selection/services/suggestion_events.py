"""What is told of suggestions, in the transaction that makes or ends them."""

from collections.abc import Collection

from selection.models import AISuggestion
from system.services.events import publish_all, publish_each

CREATED, EXPIRED = "suggestion.created", "suggestion.expired"


def announce_suggestions(topic: str, suggestion_ids: Collection[int]) -> None:
    """Tell admins of live suggestions for default lists, and owners of those for their own lists."""
    if not suggestion_ids:
        return
    owners = dict(
        AISuggestion.objects.filter(pk__in=suggestion_ids, watchlist__user__isnull=False).values_list(
            "pk", "watchlist__user"
        )
    )
    publish_all(topic, ({"suggestion_id": key} for key in suggestion_ids if key not in owners))
    publish_each(topic, ((owner, {"suggestion_id": key}) for key, owner in owners.items()))
