"""Who may call a provider, and when: the budget and the bans that all workers share through Redis."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import redis
from django.conf import settings

from system.exceptions import InvalidInput
from system.http import scripts
from system.http.clock import Clock
from system.http.errors import Banned, NoBudget
from system.http.registry import Budget

FIRST_BAN_SECONDS = 60.0
"""When a provider refuses without saying for how long; doubled with every refusal after the end of the last."""
LONGEST_BAN_SECONDS = 7 * 24 * 3600.0
"""What a provider says is obeyed up to here: a nonsense header must not close it for ever."""
OUTAGE_SECONDS, OUTAGE_LOOK_SECONDS = 10.0, 0.2
"""So long may Redis be gone, within the caller's patience, and so often is it looked for."""
SHORTEST_SLEEP_SECONDS = 0.001
"""What Redis tells is rounded: the rest of a microsecond would be waited for without an end."""
SLACK = 0.02
"""Windows count as this much longer, and by at least a tenth of a second: calls are some time on their way."""


@cache
def server(address: str) -> Any:
    """The Redis of that address. It answers within two seconds or counts as down."""
    return redis.Redis.from_url(address, socket_timeout=2, socket_connect_timeout=1, decode_responses=True)


@dataclass(frozen=True)
class Gate:
    """The gate to one provider."""

    name: str
    budgets: Sequence[Budget]
    clock: Clock

    @property
    def window(self) -> float:
        """Seconds of the first budget's window, whose use is counted."""
        return self.budgets[0].per.total_seconds() if self.budgets else 60.0

    def enter(self, weight: float, patience: float) -> bool:
        """Wait for this call's turn.

        Args:
            weight: what the call costs.
            patience: seconds that the caller would wait.
        Returns:
            Whether the provider has refused us since its last good answer.
        Raises:
            Banned: the provider is closed for longer.
            NoBudget: the turn comes later, or Redis is down and nobody knows what is used.
            InvalidInput: the budget never has room for such a call.
        """
        end = self.clock.monotonic() + patience
        outage_end = min(end, self.clock.monotonic() + OUTAGE_SECONDS)
        while True:
            try:
                what, seconds, moment, streak = self._take(weight, max(0.0, end - self.clock.monotonic()))
            except NoBudget:  # Redis is down: a restart is no reason to give up what the caller would wait for anyway
                if self.clock.monotonic() >= outage_end:
                    raise
                self.clock.sleep(OUTAGE_LOOK_SECONDS)
                continue
            if what == "go" and seconds == 0:
                return streak
            if self.clock.monotonic() + seconds > end:
                raise self._too_late(what, seconds, moment)
            self.clock.sleep(max(seconds, SHORTEST_SLEEP_SECONDS))
            if what == "go" and self.closed_for() == 0:
                return streak

    def closed_for(self) -> float:
        """Seconds until the provider may be called again; 0 = it may."""
        return float(self._run(scripts.BANNED)[0])

    def close(self, seconds: float | None, reason: str, *, status: int | None = None) -> Banned:
        """The provider has refused us: nobody calls it for so long (a growing time, if it does not say).

        Returns:
            The error for whoever made the call.
        """
        named = "" if seconds is None else seconds
        answer = self._run(scripts.BAN, named, FIRST_BAN_SECONDS, LONGEST_BAN_SECONDS, reason)
        return self.banned(float(answer[0]), float(answer[1]), reason, status)

    def settle(self, told: float | None) -> None:
        """There was a good answer; ``told`` is what the provider says is used of the present window."""
        first = label(self.budgets[0]) if self.budgets else "none"
        self._run(scripts.SETTLE, "" if told is None else told, self.window, first)

    def fault(self, reason: str) -> None:
        """Keep why the last call failed, for whoever looks."""
        self._run(scripts.FAULT, reason)

    def banned(self, seconds: float, moment: float, reason: str = "", status: int | None = None) -> Banned:
        until = datetime.fromtimestamp(moment, UTC)
        said = f": {reason}" if reason else ""
        text = f"{self.name} is closed to us until {until:%Y-%m-%d %H:%M:%S} UTC{said}."
        return Banned(text, until=until, seconds=seconds, status=status)

    def _take(self, weight: float, patience: float) -> tuple[str, float, float, bool]:
        arguments: list[str | float] = []
        for budget in self.budgets:
            cost = 1.0 if budget.calls else weight
            if cost > budget.limit:
                raise InvalidInput(
                    f"A call of weight {cost:g} never fits the budget with {self.name}, which is {budget.limit:g}."
                )
            seconds = budget.per.total_seconds()
            arguments += [label(budget), budget.limit, seconds + max(seconds * SLACK, 0.1), cost]
        what, wait, moment, streak = self._run(scripts.TAKE, patience, weight, self.window, scripts.SHARE, *arguments)
        return what, max(0.0, float(wait)), float(moment), int(streak) > 0

    def _too_late(self, what: str, seconds: float, moment: float) -> Banned | NoBudget:
        if what == "banned":
            return self.banned(seconds, moment)
        return NoBudget(f"The budget with {self.name} has room again in {seconds:.0f} s.", seconds=seconds)

    def _run(self, script: str, *arguments: str | float) -> Any:
        now = self.clock.now()
        try:
            run = server(settings.REDIS_URL).register_script(script)
            return run(keys=[key(self.name)], args=["" if now is None else now, *arguments])
        except redis.exceptions.RedisError as error:
            raise NoBudget(
                f"Redis does not answer, so nobody knows how much of the budget with {self.name} is used."
            ) from error


def label(budget: Budget) -> str:
    """Name of a budget inside the provider's state."""
    return f"{'calls' if budget.calls else 'weight'}/{budget.per.total_seconds():g}"


def key(name: str) -> str:
    """Where Redis keeps a provider's state."""
    return f"outgoing:{name}"
