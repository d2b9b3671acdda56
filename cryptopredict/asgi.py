"""The ASGI application: see ``bridge``."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
streaming = get_asgi_application()

from django.conf import settings  # noqa: E402

from assets.api.remembered import RememberedCandles  # noqa: E402 - after Django is ready
from cryptopredict import live  # noqa: E402
from cryptopredict.bridge import Bridge  # noqa: E402
from cryptopredict.observing import tracing  # noqa: E402
from cryptopredict.observing.keeping import keep_recording  # noqa: E402
from cryptopredict.wsgi import application as http  # noqa: E402
from system.acting import nobody_acts_by_default  # noqa: E402


def begin() -> None:
    """From now on people are served."""
    nobody_acts_by_default()
    keep_recording()
    tracing.begin("web")


bridge = Bridge(
    http,
    websocket=live.application,
    asgi=streaming,
    streaming_paths=settings.WEB_STREAMING_PATHS,
    threads=settings.WEB_THREADS,
    largest_body=settings.WEB_LARGEST_BODY,
    begin=begin,
    end=tracing.end,
)
application = RememberedCandles(bridge, http)
