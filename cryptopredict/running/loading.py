"""Loading Django without what takes long, and must not be there when the parent forks."""

import os
import threading
from importlib import import_module

import django
from django.contrib import admin

LATE = ("scipy.optimize",)
"""Modules: most of a second, for the money-weighted return."""


def load_models() -> None:
    """Make Django ready, apart from the admin's pages: they bring in every service, and so the numeric libraries."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
    django.setup()


def load_pages() -> None:
    """In a child: the admin's pages, and with them everything else."""
    admin.autodiscover()


def load_late() -> None:
    """What few pages need and takes long: loaded beside the first answers, so that no page waits for it."""
    for name in LATE:
        import_module(name)


def begin_loading_late() -> None:
    """``load_late`` in a thread that nothing waits for."""
    threading.Thread(target=load_late, daemon=True, name="late loading").start()
