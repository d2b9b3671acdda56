"""Time as the way out sees it. A simulation brings its own."""

import time


class Clock:
    """The real one. Workers on several machines agree on the time of Redis, so ``now`` is left to it."""

    def now(self) -> float | None:
        """Seconds since 1970 that budgets and bans are counted in; None: Redis says."""
        return None

    def monotonic(self) -> float:
        """Seconds that never go back, for lengths of time."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
