"""Loading Django without what takes long, and must not be there when the parent forks."""

import os

import django
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.apps import SimpleAdminConfig

from cryptopredict.admin_config import ProductAdminConfig


class LaterAdminConfig(ProductAdminConfig):
    """The admin without its pages: they bring in every service, and with them the numeric libraries."""

    def ready(self) -> None:
        SimpleAdminConfig.ready(self)


def load_models() -> None:
    """Make Django ready, apart from the admin's pages."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cryptopredict.settings")
    usual, later = (f"{config.__module__}.{config.__qualname__}" for config in (ProductAdminConfig, LaterAdminConfig))
    settings.INSTALLED_APPS = [later if name == usual else name for name in settings.INSTALLED_APPS]
    django.setup()


def load_pages() -> None:
    """In a child: the admin's pages, and with them everything else."""
    admin.autodiscover()
