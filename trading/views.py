"""Files that the pages of layer 4 show."""

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from system.pictures import MEDIA_TYPE, SUFFIX
from system.stores.doors import needs_files
from trading.selectors.screenshots import own_screenshots, place_of


@require_safe
@needs_files
def screenshot(request: HttpRequest, name: str) -> FileResponse:
    """A picture of the own journal. What is not one's own is not there, for visitors too."""
    if not request.user.is_authenticated:
        raise Http404
    found = get_object_or_404(own_screenshots(request.user), name=f"{name}{SUFFIX}")
    try:
        file = default_storage.open(place_of(found.name))
    except FileNotFoundError:
        raise Http404 from None
    answer = FileResponse(file, content_type=MEDIA_TYPE)
    answer.headers["Cache-Control"] = "private, max-age=86400, immutable"
    answer.headers["Content-Disposition"] = "inline"
    return answer
