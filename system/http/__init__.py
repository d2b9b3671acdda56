"""The way out: every request to somebody else's server goes through here.

Bounded in time and size, to a pinned address that is not ours, within the provider's budget that all workers share,
never while the provider has banned us, and each attempt leaves a row in ``external_api_logs``.
"""

from system.http.answers import Answer
from system.http.client import Client, client
from system.http.clock import Clock
from system.http.errors import BadAnswer, Banned, NoAnswer, NoBudget, Refused
from system.http.registry import Budget, Provider, provider, providers, register_provider

__all__ = [
    "Answer",
    "BadAnswer",
    "Banned",
    "Budget",
    "Client",
    "Clock",
    "NoAnswer",
    "NoBudget",
    "Provider",
    "Refused",
    "client",
    "provider",
    "providers",
    "register_provider",
]
