"""The page about many assets and people follows from what was measured; the units start what there is."""

from pathlib import Path

import pytest
import yaml

from aimodels.services import artefacts
from cryptopredict import scaling
from cryptopredict.backups import shelf
from cryptopredict.celery import QUEUES
from cryptopredict.environment import BASE_DIR
from cryptopredict.scaling import Constants
from trading.services.backtests import keeping

UNITS = BASE_DIR / "deploy" / "systemd"
KNOWN = Constants(200.0, 20_000.0, 2.0, 4.0, 0.1)


def test_the_page_is_that_of_the_figures() -> None:
    assert scaling.PAGE.read_text() == scaling.page(), "run: manage.py scaling"


def test_the_sums_by_hand() -> None:
    assert scaling.rows_a_day(1) == pytest.approx(1440 + 288 + 96 + 24 + 6 + 1 + 1 / 7 + 12 / 365.25)
    good = 10 * 365
    kept = 1440 * 30 + (288 + 96) * 180 + 24 * 730 + (6 + 1 + 1 / 7 + 12 / 365.25) * good
    assert scaling.rows_kept(1) == pytest.approx(kept)
    assert [scaling.layers(number, KNOWN) for number in (500, 2000)] == pytest.approx([2.0, 8.0])
    largest = list(scaling.of_assets(KNOWN))[-1]
    share = scaling.rows_a_day(10_000) / 20_000 / 86_400
    assert f"| {share:.2%} |" in largest
    assert f"| {kept * 10_000 * 200 / 1e9:,.0f} GB |" in largest
    people = list(scaling.of_people(KNOWN))[-1]
    assert people == "| 100,000 | 5,000 | 166.7 | 24 | 192 | 5,000 | 500.0 |\n"  # 166.7 × 0.1 s / 0.7 = 23.8 cores


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
    written = {artefacts.model_store().name, shelf.shelf().name, keeping.FOLDER, "media"}
    places = {f"/srv/cryptopredict/{name}" for name in written}
    made = (BASE_DIR / "Dockerfile").read_text()
    assert all(place in made for place in places)  # with their owner, which a new volume takes over
    ours = {name: part for name, part in compose["services"].items() if part.get("image") == "cryptopredict"}
    assert ours.keys() == {"web", "beat", "migrate", *QUEUES}
    for name, part in ours.items():
        assert {volume.partition(":")[2] for volume in part["volumes"]} == places, name
        assert part["cap_drop"] == ["ALL"], name
    assert set(compose["volumes"]) >= {Path(place).name for place in places}
