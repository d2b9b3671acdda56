"""Paths of the older documents: the same doors under another name, marked as deprecated (RFC 9745)."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path, resolve
from django.views.decorators.csrf import csrf_exempt

from selection.models import WatchlistAsset
from system.acting import for_everyone
from system.rest import IsAdmin

BASE = "/api/v1/"
DEPRECATED_SINCE = "@1793491200"
"""1 November 2026, when the present paths were fixed."""

ALIASES = {
    "users/profile": "users/me",
    "users/notifications": "users/me/notifications",
    "ui/notifications": "users/me/notifications",
    "notifications/<int:pk>/read": "users/me/notifications/{pk}/read",
    "ui/notifications/<int:pk>/read": "users/me/notifications/{pk}/read",
    "ui/notifications/<int:pk>": "users/me/notifications/{pk}",
    "layer1/market-regime": "macro/regime",
    "layer1/history": "macro/history",
    "layer1/sentiment": "macro/sentiment",
    "layer1/dominance": "macro/dominance",
    "layer1/regime-forecast": "macro/regime-forecast",
    "layer2/sectors": "sectors",
    "layer2/sectors/<int:pk>": "sectors/{pk}",
    "layer2/sectors/<int:pk>/history": "sectors/{pk}/history",
    "layer2/rotation": "sectors/rotation",
    "layer2/compare": "sectors/compare",
    "sectors/<int:pk>/cryptos": "sectors/{pk}/assets",
    "layer3/assets/<int:pk>/analysis": "assets/{pk}/analysis",
    "layer3/watchlists": "watchlists",
    "layer3/watchlists/<int:pk>": "watchlists/{pk}",
    "layer3/watchlists/<int:pk>/items": "watchlists/{pk}/items",
    "layer3/watchlists/<int:pk>/items/<int:item_id>": "watchlists/{pk}/items/{item_id}",
    "layer3/watchlists/bulk-actions": "watchlists/bulk-actions",
    "watchlist-items/<int:pk>": "watchlists/{watchlist}/items/{pk}",
    "layer3/suggestions": "suggestions",
    "layer3/suggestions/<int:pk>/review": "suggestions/{pk}/review",
    "admin/suggestions/queue": "suggestions/queue",
    "layer4/signals": "signals",
    "layer4/signals/<int:pk>": "signals/{pk}",
    "layer4/signals/<int:pk>/execute": "signals/{pk}/execute",
    "layer4/executions": "signals/executions",
    "ui/dashboard": "dashboard",
    "ui/layer-overview": "dashboard/layers",
    "ui/mobile/quick-stats": "dashboard/mobile/quick-stats",
    "ui/mobile/signal-cards": "dashboard/mobile/signal-cards",
    "ui/mobile/layer-cards": "dashboard/mobile/layer-cards",
    "system/models": "models",
    "admin/ai-models": "models",
    "system/models/<int:pk>/retrain": "models/{pk}/retrain",
    "admin/ai-models/<int:pk>/retrain": "models/{pk}/retrain",
    "layer4/performance": "signals/performance",
    "admin/config": "system/config",
    "admin/user-activities": "system/activities",
    "admin/system-health": "system/health",
    "user/<int:pk>/risk-profile": "users/{pk}/risk-profile",
}
"""Alias → canonical path."""
METHODS = {"notifications/<int:pk>/read": {"PUT": "POST"}}
"""Methods that an alias knows by another name."""
FOR_ADMINS = {"admin/system-health"}
"""What admins alone may ask for by the older name, though others may by the present one."""


@for_everyone()  # who asks is found out behind the canonical path
def list_of_entry(pk: int) -> dict[str, int]:
    """The list that an entry is on; 0, which none has, where there is no such entry."""
    found = WatchlistAsset.objects.filter(pk=pk).values_list("watchlist_id", flat=True).first()
    return {"watchlist": found or 0}


LOOKUPS: dict[str, Callable[..., dict[str, int]]] = {"watchlist-items/<int:pk>": list_of_entry}
"""What the canonical path names, and the alias does not."""


def alias(name: str, canonical: str) -> Callable[..., HttpResponseBase]:
    """A view that answers as the canonical path does."""
    methods, lookup, is_for_admins = METHODS.get(name, {}), LOOKUPS.get(name), name in FOR_ADMINS

    @csrf_exempt  # the view behind it checks for itself, by the way in which the caller logged in
    def view(request: HttpRequest, **ids: Any) -> HttpResponseBase:
        target = BASE + canonical.format(**ids, **(lookup(**ids) if lookup else {}))
        match = resolve(target)
        request.method = methods.get(request.method or "", request.method)
        door: Any = match.func
        if is_for_admins:
            door = door.cls.as_view(door.actions, **door.initkwargs, permission_classes=(IsAdmin,))
        response: HttpResponseBase = door(request, *match.args, **match.kwargs)
        response.headers["Deprecation"] = DEPRECATED_SINCE
        if methods and "Allow" in response.headers:
            response.headers["Allow"] = ", ".join([*methods, response.headers["Allow"]])
        if lookup is None or response.status_code != HTTPStatus.NOT_FOUND:  # which else would tell where a row belongs
            response.headers["Link"] = f'<{target}>; rel="canonical"'
        return response

    return view


urlpatterns: list[URLPattern] = [path(name, alias(name, canonical)) for name, canonical in ALIASES.items()]
