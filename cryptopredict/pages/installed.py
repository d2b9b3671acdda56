"""What a browser needs to keep the site as an app: its manifest, the worker that shows a page without a network, and
that page."""

import hashlib
import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, get_language_bidi, gettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

ICON_SIZES = (192, 512)
ACCENT, SURFACE = "#1d5bb8", "#f5f6f8"
"""As in ``tokens.css``, which a manifest cannot read."""


@require_safe
@cache_control(max_age=3600)
def manifest(_request: HttpRequest) -> JsonResponse:
    """The app, in the language of who installs it."""
    content: dict[str, Any] = {
        "id": "/",
        "name": "CryptoPredict",
        "short_name": "CryptoPredict",
        "description": gettext("State of the crypto market, with every forecast kept and scored."),
        "start_url": reverse("home"),
        "scope": "/",
        "display": "standalone",
        "lang": get_language(),
        "dir": "rtl" if get_language_bidi() else "ltr",
        "theme_color": ACCENT,
        "background_color": SURFACE,
        "icons": [
            {
                "src": static(f"img/icon-{size}{'-maskable' if purpose == 'maskable' else ''}.png"),
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": purpose,
            }
            for size in ICON_SIZES
            for purpose in ("any", "maskable")
        ],
        "shortcuts": [
            {"name": gettext("Market"), "url": reverse("market")},
            {"name": gettext("Assets"), "url": reverse("assets")},
            {"name": gettext("Record"), "url": reverse("record")},
        ],
    }
    return JsonResponse(content, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False})


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The script that answers while the server cannot be reached. It lies at the root, to see every page."""
    names = ["css/tokens.css", "css/app.css", "js/theme.js", "img/mark.svg"]
    if get_language_bidi():
        fonts = ("vazirmatn-arabic-wght-normal", "vazirmatn-latin-wght-normal")
        names += ["vendor/tabler/tabler.rtl.min.css", *(f"vendor/vazirmatn/{font}.woff2" for font in fonts)]
    else:
        names += ["vendor/tabler/tabler.min.css", "vendor/inter/inter-latin-wght-normal.woff2"]
    kept = [reverse("offline"), *map(static, names)]
    # Another list, another name: what was kept under the old one is thrown away.
    name = hashlib.sha256("\n".join([get_language(), *kept]).encode()).hexdigest()[:16]
    words = {"kept": json.dumps(kept), "name": json.dumps(f"offline-{name}")}
    return render(request, "pages/worker.js", words, content_type="text/javascript")


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """The page without a network; it is kept, so nothing in it is of its reader."""
    return render(request, "pages/offline.html")
