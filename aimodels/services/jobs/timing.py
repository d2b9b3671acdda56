"""How long things may take, from the settings of the product."""

from dataclasses import dataclass
from datetime import timedelta

from system.services import setting

BEATS_A_LEASE = 4
"""Signs of life that fit into a lease at least: one or two may be late."""
LONGEST_DOUBLING = 20


@dataclass(frozen=True)
class Timing:
    """Seconds, and how many jobs run at a time.

    Attributes:
        lease: how long a job belongs to a worker that gives no sign of life.
        beat: from one sign of life to the next.
        grace: how long a job may take to stop when asked, before its process is ended.
        backoff, backoff_max: pause before the first retry, doubled for each further one up to the longest.
        running_max, heavy_max: jobs at a time, and how many of them may train or optimise.
    """

    lease: float
    beat: float
    grace: float
    backoff: float
    backoff_max: float
    running_max: int
    heavy_max: int

    def pause_before(self, retry: int) -> timedelta:
        """How long the retry of that number, from 1, waits."""
        return timedelta(seconds=min(self.backoff * 2 ** min(retry - 1, LONGEST_DOUBLING), self.backoff_max))


def timing() -> Timing:
    """The timing in force."""
    found = setting("model_jobs")
    return Timing(
        lease=found["lease_seconds"],
        beat=min(found["beat_seconds"], found["lease_seconds"] / BEATS_A_LEASE),
        grace=found["grace_seconds"],
        backoff=found["backoff_seconds"],
        backoff_max=found["backoff_max_seconds"],
        running_max=found["running_max"],
        heavy_max=found["heavy_max"],
    )
