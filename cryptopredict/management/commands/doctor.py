"""What is wrong with this installation. ``manage.py`` runs it before Django is loaded, which may be what is wrong."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from cryptopredict import doctor


class Command(BaseCommand):
    help = "Check the installation, one line per check with the remedy. Exit status 1 if anything is wrong."
    requires_system_checks = []

    def handle(self, *_: Any, **__: Any) -> None:
        sys.exit(doctor.main())
