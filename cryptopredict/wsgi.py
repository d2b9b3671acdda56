"""The WSGI application, for servers of that kind; it has no WebSockets."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
django = get_wsgi_application()

from assets.api.direct import DirectCandles  # noqa: E402 - after Django is ready
from cryptopredict.api.middleware import request_id  # noqa: E402

application = DirectCandles(django, request_id)
