"""What is said about a run: which way it went, what its services did, and no secret of it."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector, CollectorRegistry

from cryptopredict.celery import QUEUES
from system.figures import TASKS
from tests.compose import engine, journey, reading
from tests.compose.project import SECRETS, TOKEN, new_project
from tests.compose.speaking import Speaker
from tests.compose.ways import Log, tail


@pytest.mark.parametrize(
    ("text", "found"),
    [("2.24.0\n", (2, 24)), ("v2.29.1-desktop.1", (2, 29)), ("1.29.2", (1, 29)), ("5.0.0", (5, 0))],
)
def test_versions_of_docker_compose(text: str, found: tuple[int, ...]) -> None:
    assert engine.version_of(text) == found


def test_docker_starts_the_file_under_a_name_of_its_own(tmp_path: Path) -> None:
    """An image of the operator's is not replaced, and nobody but this machine reaches the servers."""
    project = new_project(tmp_path / "project", "http://127.0.0.1:8000", engine.OUTSIDE, is_pooled=True)
    services = reading.services(project.file, project.told, *project.profiles)
    changed = engine.override(services)["services"]
    assert {name for name, part in changed.items() if part.get("image") == engine.IMAGE} == {
        name for name, service in services.items() if service.image == "cryptopredict"
    }
    published = {name: part["ports"] for name, part in changed.items() if "ports" in part}
    assert published == {"postgres": ["127.0.0.1::5432"], "valkey": ["127.0.0.1::6379"]}
    assert services["web"].environment["PROVIDER_BINANCE_URL"].startswith(f"http://{engine.OUTSIDE}:")


def row(**fields: Any) -> dict[str, Any]:
    """As Docker Compose writes it; what is not looked at is left out."""
    return {"Name": "p-web-1", "Service": "web", "State": "running", "Health": "", "ExitCode": 0} | fields


def test_containers_are_read_one_in_a_line() -> None:
    two = [row(), row(Name="p-web-2")]
    assert engine.rows("\n".join(map(json.dumps, two)) + "\n") == two


@pytest.mark.parametrize(
    ("fields", "ends", "well", "unwell"),
    [
        ({}, False, True, False),
        ({"Health": "healthy"}, False, True, False),
        ({"Health": "starting"}, False, False, False),
        ({"Health": "unhealthy"}, False, False, True),
        ({"State": "exited"}, False, False, True),
        ({"State": "restarting", "ExitCode": 1}, False, False, True),
        ({"State": "exited"}, True, True, False),
        ({"State": "exited", "ExitCode": 3}, True, False, True),
        ({}, True, False, False),
    ],
)
def test_whether_a_container_is_well(fields: dict[str, Any], ends: bool, well: bool, unwell: bool) -> None:
    assert engine.is_well(row(**fields), ends=ends) is well
    assert engine.is_unwell(row(**fields), ends=ends) is unwell


def test_no_secret_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = new_project(tmp_path / "project", "http://127.0.0.1:8000", "127.0.0.1", is_pooled=False)
    say = Speaker({str(tmp_path): "…"})
    say.hide(project.hidden)
    for name in (".env", "product.env"):
        say((project.folder / name).read_text())
    say(f"valkey-server --requirepass {project.told['REDIS_PASSWORD']} in {tmp_path}/volumes")
    told = capsys.readouterr().out
    written = {**project.told, **project.more}
    assert [name for name in (*SECRETS, TOKEN) if written[name] in told] == []
    assert "valkey-server --requirepass (REDIS_PASSWORD) in …/volumes" in told
    assert project.folder.stat().st_mode & 0o077 == 0


def test_a_fault_in_a_log_is_found_unless_there_is_a_reason() -> None:
    excused = 'ERROR:  insert or update on table "x" violates foreign key constraint "y"'
    logs = [
        Log("web-1", "web", "2026-11-23T10:00:00.000Z INFO fine\n2026-11-23T10:00:01.000Z ERROR broken\n"),
        Log("web-2", "web", excused),
        Log("beat-1", "beat", "Traceback (most recent call last):\n  in TERROR\n"),
        Log("postgres-1", "postgres", f"{excused}\nFATAL:  too many clients\n"),
    ]
    faults, passed_over = journey.faults_in(logs)
    assert faults == [
        "web-1: 2026-11-23T10:00:01.000Z ERROR broken",
        f"web-2: {excused}",
        "beat-1: Traceback (most recent call last):",
        "postgres-1: FATAL:  too many clients",
    ]
    assert list(passed_over.values()) == [1]


def test_tasks_are_counted_by_queue() -> None:
    done = {("send_events", "success"): 3, ("check_alerts", "success"): 1, ("run_pipeline", "failure"): 2}

    class Figures(Collector):
        def collect(self) -> Any:
            family = CounterMetricFamily(TASKS.name, TASKS.help, labels=TASKS.labels)
            for labels, number in done.items():
                family.add_metric(labels, number)
            yield family

    registry = CollectorRegistry()
    registry.register(Figures())
    found = journey.counted(generate_latest(registry).decode())
    assert found == {"success": Counter(notify=4), "failure": Counter(run_pipeline=2)}
    assert journey.QUEUE_OF["score_predictions"] == "models"
    assert set(journey.QUEUE_OF.values()) == set(QUEUES)


def test_the_end_of_a_log() -> None:
    assert tail("a\nb\nc\n", 2) == "b\nc"
