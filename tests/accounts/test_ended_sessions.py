"""Logins whose time is over do not stay for ever; those that open something do."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.module_loading import import_string

from accounts.models import UsedRefreshToken, UserSession
from accounts.services import open_session, refresh_session
from accounts.services.ended_sessions import forget_browser_sessions, forget_sessions
from system.retention import retention_rules
from system.services import setting
from system.services.retention import BATCH, old_rows
from tests.doors import client_of
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_the_sweep_takes_logins_whose_time_has_long_been_over() -> None:
    """Of a program that has exchanged its token, and of a browser; a day before the first it takes none."""
    user = UserFactory()
    living = refresh_session(open_session(user).refresh)
    client_of(user)
    kept = timedelta(days=setting("retention")["ended_sessions_days"])
    rules = [rule for rule in retention_rules() if rule.table in {"user_sessions", "django_session"}]
    ends = [living.session.expires_at, Session.objects.get().expire_date]
    for moment, gone in ((min(ends) + kept - DAY, 0), (max(ends) + kept + DAY, 1)):
        assert [old_rows(moment)[rule.table] for rule in rules] == [gone, gone]
        for rule in rules:
            age = setting("retention")[rule.setting]
            assert import_string(rule.archive or "")(rule.cutoff(moment, age), BATCH) == gone
    assert not UserSession.objects.exists()
    assert not UsedRefreshToken.objects.exists()
    assert not Session.objects.exists()


def test_at_most_a_batch_at_a_time_and_the_oldest_first() -> None:
    now = timezone.now()
    user = UserFactory()
    sessions = [open_session(user).session for _ in range(3)]
    for days, session in enumerate(sessions, 1):
        UserSession.objects.filter(pk=session.pk).update(expires_at=now - days * DAY)
        client_of(user)
    for days, row in enumerate(Session.objects.all(), 1):
        Session.objects.filter(pk=row.pk).update(expire_date=now - days * DAY)
    for forget, model in ((forget_sessions, UserSession), (forget_browser_sessions, Session)):
        assert [forget(now - 1.5 * DAY, 1) for _ in range(3)] == [1, 1, 0]
        assert model._default_manager.count() == 1
