"""The page about many assets and people follows from what was measured; the units start what there is."""

from pathlib import Path

import pytest
import yaml
from django.apps import apps

from aimodels.services import artefacts
from cryptopredict import scaling
from cryptopredict.backups import shelf
from cryptopredict.celery import QUEUES
from cryptopredict.environment import BASE_DIR
from cryptopredict.scaling import Constants
from cryptopredict.scaling.tables import FROM_RUNS, RANKINGS
from system.stores.artefacts import BACKTESTS

UNITS = BASE_DIR / "deploy" / "systemd"
TABLES = (
    *FROM_RUNS, RANKINGS, "external_api_logs", "api_request_logs", "user_activities", "audit_log", "row_changes",
    "row_change_links", "notifications", "portfolio_days", "trade_actions", "position_flows", "position_lots",
    "user_sessions",
)  # fmt: skip
GROWN = {"predictions": 3.0, RANKINGS: 0.01}
KNOWN = Constants(
    row_bytes=200.0, rows_a_second=20_000.0, layers_seconds=2.0, layers_growth=4.0, page_seconds=0.1,
    assets=100, weights=dict.fromkeys(TABLES, 100.0), runs={"1h": {"predictions": 2.0}, "1d": GROWN},
    call_worker=0.004, call_database=0.002, page_database=0.02, dearest_database=0.2, read_web=0.02,
    read_database=0.005,
)  # fmt: skip


def test_the_page_is_that_of_the_figures() -> None:
    assert scaling.PAGE.read_text() == scaling.page(), "run: manage.py scaling"


def test_the_sums_by_hand() -> None:
    assert scaling.rows_a_day(1) == pytest.approx(1440 + 288 + 96 + 24 + 6 + 1 + 1 / 7 + 12 / 365.25)
    good = 10 * 365
    kept = 1440 * 30 + (288 + 96) * 180 + 24 * 730 + (6 + 1 + 1 / 7 + 12 / 365.25) * good
    assert scaling.rows_kept(1) == pytest.approx(kept)
    assert [scaling.layers(number, KNOWN) for number in (500, 2000)] == pytest.approx([2.0, 8.0])
    largest = list(scaling.of_assets(KNOWN))[-1]
    calls = scaling.rows_a_day(10_000) / 86_400
    assert f"| {calls:,.1f} | {calls * 0.004:.2f} | {calls * 0.002:.2f} |" in largest
    assert f"| {kept * 10_000 * 200 / 1e9:,.0f} GB |" in largest
    archived = (1440 + 288 + 96 + 24) * 365 * 10_000 * 200 / 1e9
    assert f"| {archived:,.0f} GB |" in largest
    people = list(scaling.of_people(KNOWN))[-1]
    # 166.7 pages × (0.1 s + 2 × 0.02 s) / 0.7 = 33.3 cores; × (0.02 s + 2 × 0.005 s) = 5 of the database
    assert people == "| 100,000 | 5,000 | 166.7 | 34 | 272 | 5.00 | 5,000 | 500.0 |\n"


def test_partitions_are_counted_as_they_are_made_and_moved() -> None:
    """In the middle of June: 30 days of minutes lie in two months, 180 days of 5 and 15 in seven, two years of hours in
    25; days, weeks and months in eleven years, 4 hours in 121 months; three more of each stand ready."""
    live, archived = scaling.partitions_after(10)
    assert live == 2 + 2 * 7 + 25 + 121 + 3 * 11 + 8 * 3
    assert archived == 121 * 4 - (2 + 2 * 7 + 25)


def test_tables_that_grow_by_hand() -> None:
    found = {one.table: one for one in scaling.growing(KNOWN, 10, 1000)}
    assert found["predictions"].a_day == pytest.approx(10 * (2.0 * (24 + 6) + 3.0 * (1 + 1 / 7)))
    assert found["prediction_links"].a_day == found["prediction_scores"].a_day == found["predictions"].a_day
    assert found[RANKINGS].a_day == pytest.approx(1 + 1 / 7), "one of each run, and an hour leaves none"
    assert found[RANKINGS].weight == 10.0
    assert found["external_api_logs"].a_day == scaling.rows_a_day(10)
    logged = found["api_request_logs"]
    assert (logged.a_day, logged.days, logged.rows) == (1000 * 0.3 * 20 * 2, 90, 1000 * 0.3 * 20 * 2 * 90)
    assert logged.size == logged.rows * 100
    assert found["predictions"].days is None
    assert found["row_change_links"].days == found["row_changes"].days == pytest.approx(24 * 30.4)
    assert list(found) == sorted(found, key=lambda name: -found[name].size)


def test_steps_by_hand() -> None:
    found = {one.ends: one for one in scaling.steps(KNOWN)}
    a_minute = scaling.rows_a_day(1) / 1440
    assert found["what one exchange answers to one address"].at.startswith(f"{6000 / 2 / a_minute:,.0f} assets")
    assert found["one worker of `ingest`"].at == f"{0.7 / (a_minute / 60 * 0.004):,.0f} assets"
    # 100 connections are 12 processes: 12 × 0.7 = 8.4 cores / 0.14 s a page = 60 pages a second = just 36,000
    assert found["connections"].at == "35,900 people"
    assert found["`api_request_logs` in memory"].at == f"{64e9 / (100 * 90 * 0.3 * 20 * 2):,.0f} people"
    ledger = 3 * 100 * 10_000 * (2.0 * 30 + 3.0 * (1 + 1 / 7)) * 365
    assert found["the disk, by forecasts with their links and scores"].at.startswith(f"{4e12 / ledger:,.1f} years")
    assert found["the database's processor, by reads"].at == "224,000 people"  # 16 × 0.7 cores / 0.03 s × 600
    assert found["one database that writes"].at == f"{16 * 0.7 / (a_minute / 60 * 0.002):,.0f} assets in all timeframes"


def test_every_table_of_the_page_is_there_and_weighed() -> None:
    known = Constants.read()
    tables = {one.table for one in scaling.growing(known, 1, 1)}
    assert tables <= {model._meta.db_table for model in apps.get_models()}
    assert min(known.weights[table] for table in tables) > 40
    assert known.runs["1d"]["predictions"] > 0
    assert 0 < known.call_database < known.call_worker < 1
    assert 0 < known.page_database < known.dearest_database


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_candle_is_weighed() -> None:
    found = scaling.measure()
    assert found["rows"] == scaling.SAMPLE
    assert 150 < found["candle_bytes"] < 400


def test_a_unit_for_every_part() -> None:
    units = {path.name: path.read_text() for path in UNITS.glob("*.service")}
    parts = ("web@", "worker@", "beat", "migrate")
    assert set(units) == {f"cryptopredict-{part}.service" for part in parts}
    for name, text in units.items():
        assert {"User=cryptopredict", "NoNewPrivileges=yes", "ProtectSystem=strict"} <= set(text.splitlines()), name
    told = scaling.PAGE.read_text()
    assert all(f"cryptopredict-worker@{queue}" in told for queue in QUEUES)
    compose = (BASE_DIR / "docker-compose.yml").read_text()
    assert all(f"--queues, {queue}]" in compose for queue in QUEUES)


def test_units_write_where_the_home_is() -> None:
    for path in UNITS.glob("*.service"):
        text = path.read_text()
        assert "Environment=CRYPTOPREDICT_HOME=/var/lib/cryptopredict\n" in text, path.name
        assert "StateDirectory=cryptopredict\n" in text, path.name


def test_containers_share_what_one_writes_and_another_reads() -> None:
    compose = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())
    written = {artefacts.model_store().name, shelf.shelf().name, BACKTESTS, "media"}
    places = {f"/srv/cryptopredict/{name}" for name in written}
    made = (BASE_DIR / "Dockerfile").read_text()
    assert all(place in made for place in places)  # with their owner, which a new volume takes over
    ours = {name: part for name, part in compose["services"].items() if part.get("image") == "cryptopredict"}
    assert ours.keys() == {"web", "beat", "migrate", *QUEUES}
    for name, part in ours.items():
        assert {volume.partition(":")[2] for volume in part["volumes"]} == places, name
        assert part["cap_drop"] == ["ALL"], name
    assert set(compose["volumes"]) >= {Path(place).name for place in places}
