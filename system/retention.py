"""Registry of the tables whose old rows go away.

Every app registers its rules in ``AppConfig.ready``. Ages are fields of the settings group ``retention``.
"""

import calendar
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class RetentionRule:
    """Rows of one table stay for an age.

    Args:
        table: its name; it has a column ``id`` that counts up.
        column: time that the age counts from; a row without it stays.
        setting: field of the group ``retention``; its name ends with the unit, ``_days`` or ``_months``.
        archive: dotted name of what moves at most so many rows that are older than a moment to the archive, or deletes
            those that nothing needs any more, in one transaction, and returns how many; without it, all are deleted. A
            name, because rules are registered before services may be imported.
    """

    table: str
    column: str
    setting: str
    archive: str | None = None

    def cutoff(self, now: datetime, age: int) -> datetime:
        """Rows from before this moment are old."""
        return months_before(now, age) if self.setting.endswith("_months") else now - timedelta(days=age)


_rules: dict[str, RetentionRule] = {}


def register_retention(rule: RetentionRule) -> None:
    """Make a rule known. A table has one."""
    if rule.table in _rules:
        raise ValueError(f"the retention of {rule.table} is registered twice")
    _rules[rule.table] = rule


def retention_rules() -> list[RetentionRule]:
    """All known rules, by table."""
    return [_rules[table] for table in sorted(_rules)]


def months_before(moment: datetime, months: int) -> datetime:
    """The same time of the same day, so many calendar months before; the last day of a month that is too short."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)
