"""The schedule as a process of its own."""

from typing import Any

from django.core.management.base import BaseCommand

from cryptopredict.running import single


class Command(BaseCommand):
    help = (
        "Put tasks into the queues when their time comes, with servers of your own (DATABASE_URL, REDIS_URL). Of "
        "several one sends, the others wait to take over. `up` runs the same, and everything else."
    )
    requires_system_checks = []

    def handle(self, *_: Any, **__: Any) -> None:
        single.beat()
