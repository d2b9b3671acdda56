"""What a static file says of itself to a browser. Apart from ``static_files``, for the settings to load it."""

from collections.abc import MutableMapping

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; sandbox"
)
"""For a file that is opened by itself: a picture may draw itself, and nothing runs."""


def with_policy(headers: MutableMapping[str, str], _path: str, _url: str) -> None:
    """Static files are served before the policy of the pages is made."""
    headers["Content-Security-Policy"] = POLICY
