"""The WSGI application, for servers of that kind; it has no WebSockets."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
application = get_wsgi_application()
