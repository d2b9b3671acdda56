"""The small world that the examples are about: Sara with her portfolio and lists, Ada who curates, three coins."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from accounts.services import ensure_system_user
from assets.models import Asset
from system.services import change_setting, ensure_settings, setting
from tests import factories as make

PASSWORD = "walnuts before noon, please"
"""Sara's, and nobody else's: an example that is sent to another installation signs nobody in there."""
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass
class World:
    """Who asks, and what about.

    Attributes:
        person: Sara, to whom all that is private belongs.
        newcomer: Omid, who registered a minute ago and has nothing.
        keys: of the rows in the paths, by the path up to them, as ``test_api_permissions`` names them.
        rows: what examples have to name, by a word.
    """

    person: User
    admin: User
    newcomer: User
    keys: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.now = timezone.now().replace(minute=0, second=0, microsecond=0)
        self.today = self.now.replace(hour=0)

    def of(self, who: str) -> User | None:
        """One of the people by name; a visitor is nobody."""
        return None if who == "visitor" else getattr(self, who)

    def key(self, word: str) -> int:
        """The key of a row that has a word."""
        found: int = self.rows[word].pk
        return found

    @property
    def bitcoin(self) -> Asset:
        found: Asset = self.rows["bitcoin"]
        return found


def made_world() -> World:
    """The whole world."""
    from tests.cryptopredict.examples import advice_rows, market_rows, own_rows, system_rows

    ensure_system_user()
    ensure_settings()
    admin = make.AdminFactory(first_name="Ada", last_name="Admin", email="ada@example.com")
    change_setting("collection", {**setting("collection"), "enabled": True}, actor=admin)
    world = World(
        person=make.UserFactory(
            first_name="Sara", last_name="Karimi", email="sara@example.com", timezone="Asia/Tehran", is_verified=True,
            password=make.hashed_once(PASSWORD),
            bio="Holds for years, trades little.",
        ),
        admin=admin,
        newcomer=make.UserFactory(first_name="Omid", email="omid@example.com"),
    )  # fmt: skip
    world.keys["users/{id}"] = world.person.pk
    for part in (market_rows, advice_rows, own_rows, system_rows):
        part.add(world)
    return world
