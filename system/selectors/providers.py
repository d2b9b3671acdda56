"""Where we stand with every outside source: for pages, the doctor and whoever plans work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import redis
from django.conf import settings
from django.utils import timezone

from system.http.gate import key, server
from system.http.policy import policy
from system.http.registry import Provider, providers
from system.masking import masked
from system.models import ExternalApiLog

LastCall = tuple[datetime, int | None]
"""When, and what was answered."""


@dataclass(frozen=True)
class ProviderState:
    """One outside source.

    Args:
        limit: weight that its first budget allows per window; None without a budget.
        used: what of it is used or promised in the present window; None if Redis is down.
        window_seconds: length of that window.
        banned_until: closed to us until then.
        last_call, last_status: the newest call and its answer; status 0 = no answer.
        last_error, last_error_at: what went wrong most recently, if anything did in the last two weeks.
    """

    name: str
    url: str
    has_key: bool
    limit: float | None
    used: float | None
    window_seconds: float | None
    banned_until: datetime | None
    last_call: datetime | None
    last_status: int | None
    last_error: str | None
    last_error_at: datetime | None

    @property
    def used_pct(self) -> float | None:
        """Used part of the budget, in percent."""
        return None if self.used is None or not self.limit else 100 * self.used / self.limit

    @property
    def is_banned(self) -> bool:
        """Whether calling it is of no use now."""
        return self.banned_until is not None and self.banned_until > timezone.now()


def provider_states() -> list[ProviderState]:
    """Every known provider, by name."""
    known = providers()
    last = last_calls([one.name for one in known])
    return [_state(one, last.get(one.name)) for one in known]


def provider_state(one: Provider) -> ProviderState:
    """Where we stand with one of them."""
    return _state(one, last_calls([one.name]).get(one.name))


def last_calls(names: Sequence[str]) -> dict[str, LastCall]:
    """The newest call of each provider that was ever called: one query, that looks up each of them in the index."""
    newest = [
        ExternalApiLog.objects.filter(api_provider=name)
        .order_by("-created_at")
        .values_list("api_provider", "created_at", "response_status")[:1]
        for name in names
    ]
    if not newest:
        return {}
    first, *others = newest
    return {name: (at, status) for name, at, status in (first.union(*others, all=True) if others else first)}


def _state(one: Provider, last: LastCall | None) -> ProviderState:
    kept = shared_state(one.name)
    budgets = policy(one).budgets
    banned_until = moment((kept or {}).get("banned_until"))
    return ProviderState(
        name=one.name,
        url=one.url,
        has_key=bool(one.key),
        limit=budgets[0].limit if budgets else None,
        used=None if kept is None else used_now(kept, budgets[0].per.total_seconds() if budgets else 60.0),
        window_seconds=budgets[0].per.total_seconds() if budgets else None,
        banned_until=banned_until if banned_until and banned_until > timezone.now() else None,
        last_call=last[0] if last else None,
        last_status=last[1] if last else None,
        last_error=masked((kept or {}).get("error", "")) or None,
        last_error_at=moment((kept or {}).get("error_at")),
    )


@dataclass(frozen=True)
class Fault:
    """What the workers know to be wrong with a source: closed to us until then, or when it last failed."""

    banned_until: datetime | None
    at: datetime | None


def last_fault(name: str) -> Fault | None:
    """The same of one provider, without a look into the log of calls; None if nothing was noted or Redis is down."""
    kept = shared_state(name) or {}
    banned_until = moment(kept.get("banned_until"))
    found = Fault(
        banned_until if banned_until and banned_until > timezone.now() else None, moment(kept.get("error_at"))
    )
    return found if found.banned_until or found.at else None


def shared_state(name: str) -> dict[str, Any] | None:
    """What the workers share about a provider; None if Redis is down."""
    try:
        return dict(server(settings.REDIS_URL).hgetall(key(name)))
    except redis.exceptions.RedisError:
        return None


def used_now(kept: dict[str, Any], window: float) -> float:
    """Weight used or promised in the present window."""
    present, newest = int(timezone.now().timestamp() // window), int(float(kept.get("window", 0)))
    if newest == present:
        return float(kept.get("used", 0))
    return float(kept.get("used_before", 0)) if newest == present + 1 else 0.0


def moment(seconds: str | None) -> datetime | None:
    return datetime.fromtimestamp(float(seconds), UTC) if seconds else None
