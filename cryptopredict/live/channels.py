"""The live channels: who may listen, to what, and what each kind of event says."""

from dataclasses import dataclass

from accounts.services.live_access import Access
from accounts.services.notifications import DELIVERED
from aimodels.services.jobs.row import TOPIC as JOB_PROGRESS
from assets.services.quotes import TOPIC as PRICES
from system.rest.permissions import held_in

GUEST, USER, ADMIN = "guest", "user", "admin"
RUN_DONE, HEALTH = "pipeline.done", "system.health"


@dataclass(frozen=True)
class Channel:
    """One kind of connection.

    Args:
        name: as in the AsyncAPI document.
        auth: who may listen: guest = anyone, user = who is logged in, admin.
        parts: of the API that it shows, as scopes of tokens name them; a token has to be for each.
        topics: kinds of events that it tells.
        tells_state: each message is the whole present state, and it begins with one; else each is an event.
    """

    name: str
    auth: str
    parts: tuple[str, ...]
    topics: frozenset[str]
    tells_state: bool = False

    def is_open_to(self, access: Access) -> bool:
        """Whether somebody who is known may listen."""
        scopes = access.scopes
        if scopes and not all(held_in(scopes, part) for part in self.parts):
            return False
        return self.auth != ADMIN or self.is_led_by(access)

    def is_led_by(self, access: Access) -> bool:
        """Whether somebody is an admin here: so is he, and so is his token."""
        scopes = access.scopes
        return access.is_admin and (scopes is None or all("admin" in held_in(scopes, part) for part in self.parts))


DASHBOARD = Channel(
    "dashboard", USER, ("market", "account", "portfolio", "signals"), frozenset({RUN_DONE}), tells_state=True
)
PRICE = Channel("prices", GUEST, ("market",), frozenset({PRICES}), tells_state=True)
SIGNALS = Channel(
    "signals",
    USER,
    ("signals",),
    frozenset({"signal.created", "signal.updated", "signal.expired", "execution.updated", "alert.triggered"}),
)
STATUS = Channel("system_status", ADMIN, ("system",), frozenset({HEALTH}), tells_state=True)
SUGGESTIONS = Channel(
    "suggestions",
    ADMIN,
    ("lists",),
    frozenset({"suggestion.created", "suggestion.reviewed", "suggestion.expired"}),
)
JOBS = Channel("model_jobs", ADMIN, ("forecasts",), frozenset({JOB_PROGRESS}))
NOTIFICATIONS = Channel("notifications", USER, ("account",), frozenset({DELIVERED}))
