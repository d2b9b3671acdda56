"""Loading Django without what takes long, and must not be there when the parent forks."""

import os

import django
from django.contrib import admin


def load_models() -> None:
    """Make Django ready, apart from the admin's pages: they bring in every service, and so the numeric libraries."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
    django.setup()


def load_pages() -> None:
    """In a child: the admin's pages, and with them everything else."""
    admin.autodiscover()
