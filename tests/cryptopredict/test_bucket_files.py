"""Files of an installation in a bucket: models, pictures, exports and reports; there whole or not at all."""

import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import obstore
import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client
from django.utils import timezone
from PIL import Image

from accounts.services import Client as Caller
from accounts.services.people import close_account
from aimodels.compute.forecaster import say
from aimodels.models import AIModel
from aimodels.services.activation import activate
from aimodels.services.artefacts import keep_artefact, load_artefact
from aimodels.services.model_health import broken_versions, check_health
from aimodels.services.serving import forecaster_in_force
from cryptopredict import inspection
from cryptopredict.backups.bucket import Bucket
from cryptopredict.backups.making import make_backup, send_backup
from cryptopredict.backups.restoring import add_files, check
from cryptopredict.measuring import measure_health
from cryptopredict.orders import carry_out_analyses
from cryptopredict.portability.erasing import erase_person
from cryptopredict.portability.requests import KEPT, order_export, sweep_exports
from system.exceptions import InvalidInput, NoData, UnavailableError
from system.stores.artefacts import Artefacts, FilesAway, bucket, copies
from tests.aimodels.training_subjects import START, ready_version
from tests.buckets import FILES, Line, move_home, objects
from tests.conftest import ROOT
from tests.doors import API, client_of
from tests.factories import AdminFactory, BacktestFactory, TradeActionFactory, UserFactory
from tests.pages.html import read
from tests.system.test_pictures import file_of
from trading.models import TradeAction, TradeScreenshot
from trading.services import add_screenshot, remove_screenshot, sweep_screenshots
from trading.services.backtests import sweep_reports

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("files_bucket"), pytest.mark.long]
committed = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
"""For what other connections see."""
NAME, UNTIL = "made_direction_1d_24h", START + timedelta(days=300)
ARRAYS = {"means": np.array([[0.5, -1.25]]), "trees": np.arange(6, dtype=np.int32).reshape(2, 3)}
META = {"horizon": 60}


@pytest.fixture
def entry() -> TradeAction:
    found: TradeAction = TradeActionFactory()
    return found


def owner(entry: TradeAction) -> Any:
    return entry.portfolio_asset.portfolio.user


def add(entry: TradeAction, color: str = "red") -> TradeScreenshot:
    content = file_of(Image.new("RGB", (30, 20), color), "JPEG")
    return add_screenshot(entry, io.BytesIO(content), actor=owner(entry))


def here(settings: Any) -> set[str]:
    """Files in the home directory, but for copies."""
    home = Path(settings.CRYPTOPREDICT_HOME)
    found = {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}
    return {name for name in found if not name.startswith("cache/")}


def version_in_force() -> AIModel:
    model = ready_version(NAME, UNTIL)
    activate(model.pk, at=UNTIL, actor=None)
    return model


def change(bucket: Artefacts, place: str) -> bytes:
    """Somebody flips a bit; what was there."""
    content = bucket.read(place)
    obstore.put(bucket.store, place, bytes([content[0] ^ 1]) + content[1:])
    return content


class TestModels:
    @committed
    def test_another_process_with_an_empty_home_forecasts_the_same(self, settings: Any, tmp_path: Path) -> None:
        model = version_in_force()
        assert here(settings) == set()
        features = np.random.default_rng(3).normal(size=(5, 4))
        found = forecaster_in_force(NAME, UNTIL)
        assert found is not None
        meant = say(found[1], features, np.ones(5)).chances
        away = tmp_path / "away"
        away.mkdir()
        named = connections["default"].settings_dict
        host = named["OPTIONS"].get("host") or named["HOST"]
        address = f"postgresql://{named['USER']}:{quote(named['PASSWORD'])}@/{quote(named['NAME'])}?host={host}"
        variables = dict.fromkeys(("DATABASE_URL", "DATABASE_OWNER_URL"), address)
        variables |= {"CRYPTOPREDICT_HOME": str(away), "PYTHONPATH": str(ROOT), "ARTEFACTS_URL": FILES}
        arguments = [NAME, UNTIL.isoformat(), json.dumps(features.tolist())]
        told = subprocess.run(
            [sys.executable, str(ROOT / "tests/aimodels/forecaster_elsewhere.py"), *arguments],
            env=os.environ | variables, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert told.returncode == 0, told.stderr
        assert json.loads(told.stdout) == meant.tolist()
        (copy,) = (away / "cache/artefacts").iterdir()
        assert copy.name == (model.model_file_path or "").removesuffix(".npz")
        assert not (away / "models").exists()

    def test_a_copy_serves_while_the_bucket_is_away(self, files_bucket: Artefacts, line: Line, settings: Any) -> None:
        name = keep_artefact(ARRAYS, META)
        assert objects(files_bucket) == {f"models/{name}"}
        move_home(settings, settings.CRYPTOPREDICT_HOME.with_name("second"))
        load_artefact(name)
        line.left = 0
        arrays, meta = load_artefact(name)
        assert meta == META
        assert all(np.array_equal(arrays[key], ARRAYS[key]) for key in ARRAYS)
        with pytest.raises(FilesAway, match="ARTEFACTS_URL"):
            load_artefact(name, fresh=True)

    def test_a_changed_byte_is_refused_there_and_in_the_copy(self, files_bucket: Artefacts, settings: Any) -> None:
        name = keep_artefact(ARRAYS, META)
        copy = copies().path(name.removesuffix(".npz"))
        assert copy is not None
        copy.write_bytes(b"something else")
        assert load_artefact(name)[1] == META  # the copy is made anew
        assert hashlib.sha256(copy.read_bytes()).hexdigest() == copy.name
        content = change(files_bucket, f"models/{name}")
        assert load_artefact(name)[1] == META
        with pytest.raises(NoData, match="checksum differs"):
            load_artefact(name, fresh=True)
        move_home(settings, settings.CRYPTOPREDICT_HOME.with_name("second"))
        with pytest.raises(NoData, match="checksum differs"):
            load_artefact(name)
        assert copies().path(name.removesuffix(".npz")) is None  # nothing that is wrong is copied
        assert keep_artefact(ARRAYS, META) == name  # training it again mends it
        assert files_bucket.read(f"models/{name}") == content

    @pytest.mark.parametrize("name", [f"{'0' * 64}.npz", "", "..", "../media/x.webp"])
    def test_what_is_not_there_is_named_with_its_place(self, name: str) -> None:
        with pytest.raises(NoData, match=r"is not in s3://shelf/files/models; train it again"):
            load_artefact(name)

    def test_while_the_bucket_is_away_nothing_is_kept_and_no_rule_steps_in(
        self, files_bucket: Artefacts, line: Line, settings: Any
    ) -> None:
        model = version_in_force()
        before = objects(files_bucket)
        move_home(settings, settings.CRYPTOPREDICT_HOME.with_name("second"))
        line.left = 0
        with pytest.raises(FilesAway, match="ARTEFACTS_URL"):
            keep_artefact(ARRAYS, META)
        with pytest.raises(FilesAway, match="ARTEFACTS_URL"):
            forecaster_in_force(NAME, UNTIL)
        (broken,) = check_health(UNTIL)
        assert (broken.version, "ARTEFACTS_URL" in broken.reason) == (model.version, True)
        line.left = float("inf")
        assert (objects(files_bucket), here(settings)) == (before, set())
        assert broken_versions() == []
        assert forecaster_in_force(NAME, UNTIL) is not None
        files_bucket.delete(f"models/{model.model_file_path}")
        (broken,) = broken_versions()  # a copy here is no help to other machines
        assert "is not in s3://shelf/files/models" in broken.reason

    def test_what_comes_back_as_something_else_is_not_kept(self, files_bucket: Artefacts, line: Line) -> None:
        line.spoil = lambda piece: piece.replace(b"NUMPY", b"NUMPI")
        with pytest.raises(UnavailableError, match="came back as something else"):
            keep_artefact(ARRAYS, META)
        assert objects(files_bucket) == set()


class TestPictures:
    @committed
    def test_the_owner_sees_it_and_nobody_else_and_it_goes_with_the_person(
        self, files_bucket: Artefacts, entry: TradeAction, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row, removed = add(entry), add(entry, "blue")
        path = f"/journal/screenshots/{row.name}"
        answer = client_of(owner(entry)).get(path)
        body = b"".join(answer)
        assert (answer.status_code, answer["Content-Type"], answer["Content-Length"]) == (
            200, "image/webp", str(row.file_bytes),
        )  # fmt: skip
        assert hashlib.sha256(body).hexdigest() == row.sha256
        for stranger in (UserFactory(), AdminFactory(), None):
            assert client_of(stranger).get(path).status_code == 404
        assert here(settings) == set()
        assert not (settings.CRYPTOPREDICT_HOME / "cache").exists()  # of people no copies are kept
        remove_screenshot(removed, actor=owner(entry))
        place = f"media/screenshots/{row.name[:2]}/{row.name}"
        assert objects(files_bucket) == {place}

        person = owner(entry)
        close_account(person, by=None)
        erase_person(person)
        assert sweep_screenshots() == 0  # too young
        later = timezone.now() + timedelta(days=2)
        monkeypatch.setattr("django.utils.timezone.now", lambda: later)
        assert sweep_screenshots() == 1
        assert objects(files_bucket) == set()

    def test_while_the_bucket_is_away_none_is_taken_and_pages_say_so(
        self, files_bucket: Artefacts, entry: TradeAction, line: Line
    ) -> None:
        row = add(entry)
        line.left = 0
        with pytest.raises(FilesAway, match="ARTEFACTS_URL"):
            add(entry, "blue")
        assert TradeScreenshot.objects.get() == row
        answer = client_of(owner(entry)).get(f"/journal/screenshots/{row.name}")
        assert (answer.status_code, answer["Retry-After"]) == (503, "30")
        assert "ARTEFACTS_URL" in answer.content.decode()
        line.left = float("inf")
        assert len(objects(files_bucket)) == 1
        files_bucket.delete(f"media/screenshots/{row.name[:2]}/{row.name}")
        assert client_of(owner(entry)).get(f"/journal/screenshots/{row.name}").status_code == 404


def test_an_export_holds_the_pictures_and_is_fetched_by_its_person_for_a_day(
    files_bucket: Artefacts, entry: TradeAction, settings: Any
) -> None:
    row, person = add(entry), owner(entry)
    order = order_export(person, client=Caller())
    assert carry_out_analyses() == 1
    order.refresh_from_db()
    name = (order.result_data or {})["file"]
    assert f"media/exports/{name}" in objects(files_bucket)
    assert here(settings) == set()
    state = f"{API}users/me/export/{order.pk}"
    assert client_of(UserFactory()).get(f"{state}/file").status_code == 404
    assert client_of(person).get(state).json()["url"].endswith("/file")
    for path in (f"{state}/file", f"/account/data/export/{order.pk}"):
        answer: Any = client_of(person).get(path)
        content = b"".join(answer.streaming_content)
        assert len(content) == int(answer["Content-Length"]) == (order.result_data or {})["bytes"]
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            picture = package.read(f"trading/screenshots/{row.name}")
        assert hashlib.sha256(picture).hexdigest() == row.sha256
    assert sweep_exports(timezone.now() + KEPT - timedelta(hours=1)) == 0
    assert sweep_exports(timezone.now() + KEPT + timedelta(hours=1)) == 1
    assert f"media/exports/{name}" not in objects(files_bucket)
    assert client_of(person).get(f"{state}/file").status_code == 404


def test_a_large_file_is_sent_in_parts_and_is_whole_or_not_there(
    files_bucket: Artefacts, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("system.stores.artefacts.PART", 6 << 20)
    content = os.urandom(1 << 20) * 13
    pieces = (content[at : at + 99_999] for at in range(0, len(content), 99_999))
    files_bucket.write("media/large", pieces, len(content))
    with files_bucket.open("media/large") as file:
        assert file.read() == content
    assert here(settings) == set()

    def broken() -> Iterator[bytes]:
        yield content
        raise UnavailableError("the source is gone")

    with pytest.raises(UnavailableError, match="the source is gone"):
        files_bucket.write("media/half", broken(), 2 * len(content))
    assert objects(files_bucket) == {"media/large"}


class TestBackups:
    @committed
    def test_they_hold_the_files_which_go_back_where_they_are_meant_to_lie(
        self, files_bucket: Artefacts, entry: TradeAction, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """From one bucket into another, and back from there."""
        monkeypatch.setattr("system.stores.artefacts.PART", 6 << 20)
        names = {f"models/{keep_artefact(ARRAYS, META)}", "models/large.npz"}
        obstore.put(files_bucket.store, "models/large.npz", os.urandom(7 << 20))
        row = add(entry)
        names.add(f"media/screenshots/{row.name[:2]}/{row.name}")
        obstore.put(files_bucket.store, "media/exports/x.zip", b"of a person, for a day")
        was = {name: files_bucket.read(name) for name in names}
        shelf = Bucket("s3://shelf/backups")
        with shelf.fetched(send_backup(shelf), settings.CRYPTOPREDICT_HOME.parent) as found:
            manifest, key = check(found, None)
            assert set(manifest.files) == names | {"database.dump", "configuration.json"}
            for one in objects(files_bucket):
                files_bucket.delete(one)
            add_files(found, manifest, key)
            assert {name: files_bucket.read(name) for name in objects(files_bucket)} == was
            assert here(settings) == set()
            settings.ARTEFACTS_URL = ""  # and without a bucket they come back to the disk
            add_files(found, manifest, key)
        assert here(settings) == names
        assert all((settings.CRYPTOPREDICT_HOME / name).read_bytes() == was[name] for name in names)

    @committed
    def test_a_bucket_that_is_away_makes_no_backup(self, line: Line, tmp_path: Path) -> None:
        keep_artefact(ARRAYS, META)
        line.left = 0
        with pytest.raises(FilesAway, match="ARTEFACTS_URL"):
            make_backup(tmp_path / "shelf")
        assert [*(tmp_path / "shelf").iterdir()] == []


class TestMoving:
    def made_here(self, settings: Any, entry: TradeAction) -> dict[str, bytes]:
        """An installation from before there was a bucket; its files."""
        bucket, storages = settings.ARTEFACTS_URL, settings.STORAGES
        settings.ARTEFACTS_URL = ""
        settings.STORAGES = storages | {"default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}}
        keep_artefact(ARRAYS, META)
        add(entry)
        settings.ARTEFACTS_URL, settings.STORAGES = bucket, storages
        report = settings.CRYPTOPREDICT_HOME / "backtests/7/trades.csv"
        report.parent.mkdir(parents=True)
        report.write_text("symbol\nBTC\n")
        return {name: (settings.CRYPTOPREDICT_HOME / name).read_bytes() for name in here(settings)}

    def moved(self, *options: str) -> str:
        told = StringIO()
        call_command("move_artefacts", *options, stdout=told)
        return told.getvalue()

    def test_everything_goes_up_once(self, files_bucket: Artefacts, entry: TradeAction, settings: Any) -> None:
        was = self.made_here(settings, entry)
        assert len(was) == 3
        assert self.moved("--keep").startswith("copied 3 files")
        assert {name: files_bucket.read(name) for name in objects(files_bucket)} == was
        assert here(settings) == was.keys()
        assert "moved 0 files (0.0 MB); 3 were there already; 0 stay" in self.moved()
        assert here(settings) == set()
        assert "moved 0 files (0.0 MB); 0 were there already; 0 stay" in self.moved()
        (model,) = (name for name in was if name.startswith("models/"))
        assert load_artefact(Path(model).name)[1] == META
        picture = TradeScreenshot.objects.get()
        assert client_of(owner(entry)).get(f"/journal/screenshots/{picture.name}").status_code == 200

    def test_what_is_damaged_stays_and_is_named(
        self, files_bucket: Artefacts, entry: TradeAction, settings: Any
    ) -> None:
        was = self.made_here(settings, entry)
        (model,) = (name for name in was if name.startswith("models/"))
        (picture,) = (name for name in was if name.startswith("media/"))
        (settings.CRYPTOPREDICT_HOME / model).write_bytes(b"changed")
        obstore.put(files_bucket.store, picture, b"damaged there")  # here is what its row says
        obstore.put(files_bucket.store, "backtests/7/trades.csv", b"another")  # nobody knows which is right
        with pytest.raises(CommandError, match="2 files were not moved"):
            self.moved()
        assert here(settings) == {model, "backtests/7/trades.csv"}
        assert files_bucket.read(picture) == was[picture]
        assert files_bucket.read("backtests/7/trades.csv") == b"another"
        assert objects(files_bucket) == {picture, "backtests/7/trades.csv"}

    def test_broken_off_it_goes_on_where_it_was(
        self, files_bucket: Artefacts, entry: TradeAction, settings: Any, line: Line
    ) -> None:
        was = self.made_here(settings, entry)

        def cut(piece: bytes) -> bytes:
            if b"PUT /shelf/files/media" in piece:
                raise ConnectionError("the line is cut")
            return piece

        line.spoil = cut
        with pytest.raises(FilesAway):
            self.moved()
        line.spoil = bytes
        there = objects(files_bucket)
        assert {name.partition("/")[0] for name in there} == {"models"}
        assert here(settings) == was.keys() - there
        assert "moved 2 files" in self.moved()
        assert {name: files_bucket.read(name) for name in objects(files_bucket)} == was

    def test_without_a_bucket_nothing_is_moved(self, settings: Any) -> None:
        settings.ARTEFACTS_URL = ""
        with pytest.raises(InvalidInput, match="ARTEFACTS_URL is not set"):
            self.moved()


@committed
def test_who_asks_how_it_stands_is_told(line: Line, client: Client) -> None:
    admin = client_of(AdminFactory())
    version_in_force()
    assert client.get("/readyz").json() == {"status": "ok"}
    assert (found := inspection.files()) is not None
    assert (found.is_well, found.text) == (True, "lie in s3://shelf/files, which answers")
    row = measure_health(timezone.now())
    assert (row.api_status or {})["files"] == "healthy"
    card = read(admin.get("/admin/")).one("section", id="card-files")
    assert (card.attributes["data-state"], FILES in card.text) == ("well", True)

    line.left = 0
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()) == (
        200, {"status": "ok", "degraded": {"files": "cannot be reached (ARTEFACTS_URL)"}},
    )  # fmt: skip
    findings = {one.name: one for one in inspection.findings()}
    assert not findings["files"].is_well
    assert "correct ARTEFACTS_URL" in findings["files"].remedy
    assert "models" not in findings  # nobody can say
    row = measure_health(timezone.now() + timedelta(seconds=60))
    assert (row.api_status or {})["files"] == "error"
    home = read(admin.get("/admin/"))
    assert home.one("section", id="card-files").attributes["data-state"] == "act"
    assert "The bucket of the files does not answer" in home.text


def test_a_bucket_that_does_not_exist_is_called_so(settings: Any) -> None:
    settings.ARTEFACTS_URL = "s3://nowhere/files"
    there = bucket()
    assert there is not None
    assert there.fault() == "there is no such bucket"
    for act in (lambda: there.read("models/x"), lambda: there.write("models/x", [b"x"], 1)):
        with pytest.raises(FilesAway) as told:
            act()
        assert told.value.reason == "there is no such bucket"


def test_reports_of_backtests_are_read_and_swept_where_they_lie(
    files_bucket: Artefacts, line: Line, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = UserFactory()
    row = BacktestFactory(created_by=user)
    row.report = f"backtests/{row.pk}"
    row.save()
    client = client_of(user)
    path = f"/backtests/{row.pk}/trades.csv"
    assert client.get(path).status_code == 404
    for content in (b"symbol\nBTC\n", b"symbol\nETH\n"):
        files_bucket.write(f"{row.report}/trades.csv", [content], len(content))
        assert b"".join(client.get(path)) == content  # the copy of the first is not taken for the second
    line.left = 0
    assert client.get(path).status_code == 503
    assert here(settings) == set()

    line.left = float("inf")
    row.delete()  # as when a person is erased
    assert sweep_reports() == 0  # too young
    later = timezone.now() + timedelta(days=2)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    assert sweep_reports() == 1
    assert objects(files_bucket) == set()
