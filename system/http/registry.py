"""Who may be asked. Apps register their providers in ``AppConfig.ready``; the environment says where they are."""

import re
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

NAME = re.compile(r"[a-z][a-z0-9_]{1,49}")


@dataclass(frozen=True)
class Budget:
    """What a provider allows in any window of a length of time.

    Args:
        limit: sum of the weights of all calls in a window.
        per: length of the window.
        calls: counts calls, whatever their weight.
    """

    limit: float
    per: timedelta
    calls: bool = False


@dataclass(frozen=True)
class Provider:
    """An outside source.

    Args:
        name: as in logs and in the names of variables: lower case, digits, underscores.
        base_url: where it is, unless ``PROVIDER_<NAME>_URL`` says otherwise.
        budgets: what it allows; an admin may set others (``outgoing.budgets``).
        key_header: header that carries ``PROVIDER_<NAME>_KEY``; without one the key is not sent.
        hosts: further hosts that absolute addresses may name, while the base is the provider's own.
        used_header: header of its answers that tells how much of the first budget's present window is used.
    """

    name: str
    base_url: str
    budgets: tuple[Budget, ...] = ()
    key_header: str | None = None
    hosts: tuple[str, ...] = ()
    used_header: str | None = None

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is no name of a provider")

    @property
    def url(self) -> str:
        """Where it is asked."""
        return (self._configured("url") or self.base_url).rstrip("/")

    @property
    def further_hosts(self) -> tuple[str, ...]:
        """A server that stands in for the provider stands in for all of its hosts."""
        return () if self._configured("url") else self.hosts

    @property
    def key(self) -> str:
        """Its key, or nothing."""
        return self._configured("key")

    def _configured(self, part: str) -> str:
        configured: dict[str, dict[str, str]] = settings.PROVIDERS
        return configured.get(self.name, {}).get(part, "")


_providers: dict[str, Provider] = {}


def register_provider(new: Provider) -> None:
    """Make a provider known. Two cannot share a name; the same one twice is one."""
    if _providers.setdefault(new.name, new) != new:
        raise ValueError(f"provider {new.name} is registered twice")


def provider(name: str) -> Provider:
    """The provider of that name.

    Raises:
        KeyError: nobody registered it.
    """
    return _providers[name]


def is_registered(name: str) -> bool:
    """Whether a provider is one of the product's, and no program or feed that somebody has entered."""
    return name in _providers


def providers() -> list[Provider]:
    """All known providers, by name."""
    return [_providers[name] for name in sorted(_providers)]
