"""The door of the palette."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cryptopredict.pages.palette.page import answer, found


@require_safe
@never_cache
def palette(request: HttpRequest) -> JsonResponse:
    """What fits the letters; it depends on who asks and in which language, so nobody keeps it."""
    return JsonResponse(answer(found(request, request.GET.get("q", ""))))
