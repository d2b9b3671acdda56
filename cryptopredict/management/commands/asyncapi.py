"""Writes the AsyncAPI document of the live channels into docs/api/."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Write docs/api/asyncapi.yaml, the document of the live channels, from the serializers."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        from cryptopredict.live.document import text

        path = settings.BASE_DIR / "docs" / "api" / "asyncapi.yaml"
        path.write_text(text())
        self.stdout.write(f"{path.relative_to(settings.BASE_DIR)} is written.")
