"""Write the dashboard for Grafana anew."""

from typing import Any

from django.core.management.base import BaseCommand

from cryptopredict.observing import dashboard


class Command(BaseCommand):
    help = "Write docs/monitoring/grafana.json from its description in the program."

    def handle(self, *_args: Any, **_options: Any) -> None:
        dashboard.FILE.write_text(dashboard.text())
        self.stdout.write(f"{dashboard.FILE.name} written.")
