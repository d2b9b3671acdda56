"""Dates of pages in the Jalali calendar, for who has chosen it."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import URLPattern
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from cryptopredict.pages.urls import urlpatterns
from system import calendars, formats
from system.calendars import Calendar
from tests.doors import client_of
from tests.factories import UserFactory
from tests.pages import market as making
from tests.pages import sectors
from tests.pages.html import page

NOWRUZ = datetime(2026, 3, 21, 9, 30, tzinfo=UTC)
"""The first day of 1405, as the observatory of Tehran has it."""


def jalali() -> Calendar:
    return Calendar.JALALI


@pytest.fixture
def reader() -> User:
    person: User = UserFactory(preferences={"calendar": "persian"})
    User.objects.filter(pk=person.pk).update(created_at=NOWRUZ)
    return person


@pytest.mark.parametrize(
    ("gregorian", "told"),
    [
        (date(2026, 3, 21), "1405-01-01"),
        (date(2025, 3, 20), "1403-12-30"),  # a leap year
        (date(2025, 3, 21), "1404-01-01"),
        (date(2026, 11, 22), "1405-09-01"),
        (date(2009, 1, 3), "1387-10-14"),
    ],
)
def test_days_by_the_almanac(gregorian: date, told: str) -> None:
    with calendars.telling_dates_in(jalali):
        assert calendars.plain_day(gregorian) == told
    assert calendars.plain_day(gregorian) == gregorian.isoformat()


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_a_day_follows_the_other(day: date) -> None:
    today, tomorrow = calendars.jalali(day), calendars.jalali(day + timedelta(days=1))
    assert today < tomorrow
    longest = 31 if today.month <= 6 else 30
    if today.day < 29:
        assert tomorrow == today._replace(day=today.day + 1)
    elif tomorrow.month != today.month:
        assert tomorrow.day == 1
        assert today.day == longest or today.month == 12


def test_how_they_are_written() -> None:
    with calendars.telling_dates_in(jalali):
        assert formats.day(NOWRUZ) == "1 Farvardin 1405"
        assert formats.minute(NOWRUZ) == "1405-01-01 09:30"
        assert formats.clock(NOWRUZ) == "1405-01-01 09:30 UTC"
        assert formats.months(date(2026, 11, 1), date(2026, 11, 30)) == "Aban – Azar 1405"
        assert formats.months(date(2026, 3, 1), date(2026, 3, 31)) == "Esfand 1404 – Farvardin 1405"
        with translation.override("fa"):
            assert formats.day(NOWRUZ) == "۱ فروردین ۱۴۰۵"
            assert formats.minute(NOWRUZ) == "۱۴۰۵-۰۱-۰۱ ۰۹:۳۰"
    assert formats.months(date(2026, 11, 1), date(2026, 11, 30)) == "November 2026"


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.booleans())
def test_months_follow_one_another_and_are_found_by_their_address(day: date, is_told: bool) -> None:
    with calendars.telling_dates_in(jalali if is_told else lambda: Calendar.GREGORIAN):
        first = calendars.month_start(day)
        after = calendars.next_month(first)
        assert first <= day < after
        assert 28 + is_told <= (after - first).days <= 31
        assert calendars.month_start(after - timedelta(days=1)) == first
        code = calendars.month_code(first)
        assert calendars.plain_day(first).endswith("-01")
    assert calendars.month_from(code) == (first, after), "whatever calendar is told where it is asked"


@pytest.mark.parametrize("code", ["", "2026", "2026-13", "1405-00", "1405-13", "0000-01", "2026-1", "9999-12x"])
def test_what_names_no_month(code: str) -> None:
    assert calendars.month_from(code) is None


@pytest.mark.django_db
def test_pages_tell_it_to_who_chose_it_and_to_nobody_else(reader: User) -> None:
    shown = page("/account", reader).one("html")
    assert shown.attributes["data-calendar"] == "persian"
    assert "1 Farvardin 1405" in shown.text
    other: User = UserFactory(preferences={"calendar": "that of the moon"})
    User.objects.filter(pk=other.pk).update(created_at=NOWRUZ)
    shown = page("/account", other).one("html")
    assert shown.attributes["data-calendar"] == "gregory"
    assert "21 Mar 2026" in shown.text
    assert page("/login").one("html").attributes["data-calendar"] == "gregory"


@pytest.mark.django_db
def test_files_and_the_api_keep_gregorian_dates(reader: User) -> None:
    market = making.make_market()
    making.add_record(market)
    sectors.add_members(sectors.sectors(market)["AI"], market)
    other: User = UserFactory()
    addresses = [str(one.pattern) for one in urlpatterns if isinstance(one, URLPattern)]
    files = [f"/{one}" for one in addresses if re.fullmatch(r"[a-z/-]+\.csv", one)]
    assert len(files) >= 5
    for path in [*files, "/api/v1/signals?limit=5", "/api/v1/assets"]:
        first, second = (client_of(one).get(path) for one in (reader, other))
        assert (first.status_code, first.getvalue()) == (200, second.getvalue()), path
