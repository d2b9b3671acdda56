"""``manage.py doctor``: one line per check, the remedy beside what is wrong, nothing started, nothing changed."""

import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone
from psycopg import sql

from assets.services import ensure_partitions_ahead
from cryptopredict import inspection
from cryptopredict.doctor import Finding, disk
from cryptopredict.inspection import BOOTSTRAP
from cryptopredict.running.address import listen
from system.services import change_setting, setting
from system.services.roles import grant_application_role
from tests.cryptopredict.installation import Installation
from tests.factories import AdminFactory, GapFactory, IngestStateFactory, UserFactory


def lines(result: "subprocess.CompletedProcess[str]") -> dict[str, str]:
    """Line of each check, by its name."""
    assert result.stderr == ""
    return {line[6:19].strip(): line for line in result.stdout.splitlines()}


def test_when_the_services_are_down(made: Installation) -> None:
    result = made.manage("doctor")
    found = lines(result)
    assert (result.returncode, list(found)) == (1, ["python", "home", "disk", "address", "services"])
    assert found["services"].startswith("WRONG")
    assert found["services"].endswith("start them: make up")
    made.assert_nothing_left()


def test_when_they_run(made: Installation) -> None:
    """It joins them; a database that nobody has migrated is the first thing that is wrong."""
    with made.holding(), listen("127.0.0.1", 0) as taken:
        taken.listen()
        made.variables["PORT"] = str(taken.getsockname()[1])
        found = lines(made.manage("doctor"))
        del made.variables["PORT"]
    assert found["services"].startswith("ok")
    assert found["redis"].startswith("ok")
    assert found["address"].startswith("WRONG")
    assert "is taken; end what uses it" in found["address"]
    assert found["database"].endswith("no migration has run; run: python manage.py migrate")
    assert "role" not in found


def test_when_settings_or_servers_are_wrong(here: Installation) -> None:
    here.variables = {"DATABASE_URL": "postgresql://me:x@127.0.0.1:1/db", "REDIS_URL": "redis://127.0.0.1:1/0"}
    found = lines(here.manage("doctor"))
    assert found["database"].endswith("cannot be reached; start it, or correct DATABASE_URL")
    assert found["redis"].endswith("cannot be reached; start it, or correct REDIS_URL")
    here.variables["SITE_URL"] = "nonsense"  # the first thing that stops it
    assert "SITE_URL must be" in lines(here.manage("doctor"))["settings"]


def test_when_the_home_cannot_be_used(here: Installation) -> None:
    here.home.touch()
    result = here.manage("doctor")
    assert result.returncode == 1
    assert lines(result)["home"].endswith("set CRYPTOPREDICT_HOME to a directory of yours")


def test_too_little_space(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cryptopredict.doctor.LEAST_FREE", 1 << 60)
    assert not disk(Path("/")).is_well


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_database_as_it_should_be() -> None:
    UserFactory(role="admin")
    ensure_partitions_ahead(timezone.now())
    found = {finding.name: finding for finding in inspection.findings()}
    assert [name for name, finding in found.items() if not finding.is_well and name != "static files"] == []
    assert list(found) == [
        *(
            "proxy",
            "redis",
            "database",
            "role",
            "owner",
            "grants",
            "fences",
            "audit",
            "partitions",
            "providers",
            "candles",
            "models",
            "backups",
            "log archive",
            "admin",
            "static files",
        )
    ]


def test_a_proxy_that_nobody_believes(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
    assert inspection.proxy().is_well
    settings.SITE_URL = "https://predict.example"
    assert "set FORWARDED_ALLOW_IPS" in inspection.proxy().remedy
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "127.0.0.1")
    assert inspection.proxy() == Finding("proxy", "127.0.0.1 is believed")


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_an_owner_who_owns_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where DATABASE_OWNER_URL is not set: the application's role is asked in its place."""
    assert inspection.owner().is_well
    used, owners = (connections[alias].settings_dict for alias in ("default", "owner"))
    with monkeypatch.context() as patch:
        for name in ("USER", "PASSWORD"):
            patch.setitem(owners, name, used[name])
        connections["owner"].close()
        finding = inspection.owner()
        patch.setitem(owners, "PASSWORD", "wrong")
        connections["owner"].close()
        refused = inspection.owner()
    connections["owner"].close()
    assert finding.text.startswith(f"{used['USER']} owns nothing (the tables are {owners['USER']}'s)")
    assert finding.remedy.startswith("set DATABASE_OWNER_URL for migrations and the worker of ingest")
    assert refused.remedy == "correct DATABASE_OWNER_URL"
    assert "wrong" not in refused.text


@pytest.mark.django_db
def test_a_fence_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "isolation_faults", lambda: ["diaries has no fence, and more: why", "another"])
    found = inspection.fences()
    assert found.text == "2 are not as meant: diaries has no fence, and more"
    assert "verify_isolation" in found.remedy


@pytest.mark.django_db
def test_no_admin() -> None:
    assert inspection.admin() == Finding(
        "admin", "there is none", "open the link that make up prints, within 30 minutes"
    )


@pytest.mark.django_db
class TestMarketData:
    def collect(self) -> None:
        change_setting("collection", {**setting("collection"), "enabled": True}, actor=AdminFactory())

    def test_gaps_are_a_fault_of_what_is_collected(self) -> None:
        GapFactory()
        GapFactory(asset__data_source="demo")
        assert inspection.candles().text == "0 fetches are not complete, 1 gaps are open, as the files left them"
        IngestStateFactory(status="failed", error="no answer")
        self.collect()
        finding = inspection.candles()
        assert finding.text == "1 fetches are not complete, 1 gaps are open"
        assert finding.remedy.endswith("gaps --repair")

    def test_a_source_that_has_banned_us_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "off" in inspection.providers().text
        self.collect()
        assert inspection.providers().is_well
        until = timezone.now() + timedelta(hours=1)
        states = [replace(state, banned_until=until) for state in inspection.provider_states()[:1]]
        monkeypatch.setattr(inspection, "provider_states", lambda: states)
        assert states[0].name in inspection.providers().text
        assert not inspection.providers().is_well


@pytest.mark.django_db
def test_missing_partitions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection.timezone, "now", lambda: datetime(2100, 5, 1, tzinfo=UTC))
    finding = inspection.partitions()
    assert (finding.remedy, "price_1m_y2100m05" in finding.text) == (BOOTSTRAP, True)


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
@pytest.mark.parametrize("statement", ["REVOKE SELECT ON assets FROM {}", "GRANT UPDATE ON audit_log TO {}"])
def test_grants_that_are_not_as_meant(statement: str) -> None:
    role = sql.Identifier(connections["default"].settings_dict["USER"])
    try:
        with connections["owner"].cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(role))
        assert inspection.grants().remedy == BOOTSTRAP
    finally:
        grant_application_role()
    assert inspection.grants().is_well


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_role_that_may_too_much() -> None:
    """As when one role was given for both."""
    role = sql.Identifier(connections["default"].settings_dict["USER"])
    with connections["owner"].cursor() as cursor:
        cursor.execute(sql.SQL("GRANT CREATE ON SCHEMA public TO {}").format(role))
        try:
            assert "DATABASE_OWNER_URL" in inspection.role().remedy
        finally:
            cursor.execute(sql.SQL("REVOKE CREATE ON SCHEMA public FROM {}").format(role))
    assert inspection.role().is_well


def test_static_files(settings: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    settings.STATIC_ROOT = tmp_path_factory.mktemp("home") / "static"
    assert inspection.static().text == "have not been collected"
    settings.STATIC_ROOT.mkdir()
    (settings.STATIC_ROOT / "staticfiles.json").touch()
    assert inspection.static().is_well
    settings.STATIC_ROOT.with_suffix(".stamp").write_text("of an older version")
    assert inspection.static().text == "are out of date"
