"""Cookies of a site that is reached by https."""

from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class HostMessageCookie(CookieStorage):
    """Words for the next page, in a cookie that a browser takes from this host only."""

    cookie_name = "__Host-messages"


class HostMessages(FallbackStorage):
    """In that cookie; what is too long for one in the session."""

    storage_classes = (HostMessageCookie, SessionStorage)
