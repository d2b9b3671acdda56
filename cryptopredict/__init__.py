"""The composition root: the only package that knows every app."""

import sys

__version__ = "0.1.0"

# The client of Redis would load the figures of OpenTelemetry, and with them its SDK, into every process, wherever that
# is installed: 3 MB that nobody looks at. Python takes a module that stands as None for one that is not there.
sys.modules.setdefault("opentelemetry.sdk.metrics", None)  # type: ignore[arg-type]
