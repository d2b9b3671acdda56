"""Which database alias does what. Both aliases are the same database, under two roles."""

from typing import Any


class OwnerMigrates:
    """The schema belongs to the owner's role; rows are read and written by the application's."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:  # noqa: ARG002
        return db == "owner"

    def allow_relation(self, obj1: Any, obj2: Any, **hints: Any) -> bool:  # noqa: ARG002
        return True
