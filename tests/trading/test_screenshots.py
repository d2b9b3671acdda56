"""Pictures in the journal: cleaned, bounded, under random names, and there for their owner only."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from PIL import Image

from system.exceptions import ConflictError, InvalidInput, LimitExceeded, NotAllowed
from system.selectors.settings import setting
from system.services import change_setting
from tests.doors import client_of
from tests.factories import AdminFactory, TradeActionFactory, UserFactory
from tests.system.test_pictures import GPS, file_of, with_place
from trading.models import TradeAction, TradeScreenshot
from trading.services import add_screenshot, remove_screenshot, screenshots, sweep_screenshots

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def entry() -> TradeAction:
    found: TradeAction = TradeActionFactory()
    return found


def picture(color: str = "red", **options: Any) -> io.BytesIO:
    return io.BytesIO(file_of(Image.new("RGB", (30, 20), color), "JPEG", **options))


def add(entry: TradeAction, color: str = "red", **options: Any) -> TradeScreenshot:
    return add_screenshot(entry, picture(color, **options), actor=owner(entry))


def owner(entry: TradeAction) -> Any:
    return entry.portfolio_asset.portfolio.user


def files(media: Path) -> list[Path]:
    return sorted(path for path in media.rglob("*") if path.is_file())


def test_a_picture_comes_back_without_where_it_was_taken(entry: TradeAction, media: Path) -> None:
    row = add(entry, exif=with_place())
    answer = client_of(owner(entry)).get(f"/journal/screenshots/{row.name}")
    body = b"".join(answer)
    kept = Image.open(io.BytesIO(body))
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    assert (kept.size, dict(kept.getexif()), kept.getexif().get_ifd(GPS)) == ((20, 30), {}, {})
    assert (row.width, row.height, row.file_bytes) == (20, 30, len(body))
    assert answer["Cache-Control"].startswith("private")
    assert answer["X-Content-Type-Options"] == "nosniff"
    (file,) = files(media)
    assert (len(file.stem), file.stat().st_mode & 0o077) == (32, 0)


@pytest.mark.parametrize("stranger", [UserFactory, AdminFactory, lambda: None])
def test_a_foreign_picture_is_not_there(entry: TradeAction, stranger: Any) -> None:
    row = add(entry)
    answer = client_of(stranger()).get(f"/journal/screenshots/{row.name}")
    absent = client_of(stranger()).get(f"/journal/screenshots/{'0' * 32}.webp")
    assert (answer.status_code, absent.status_code) == (404, 404)


@pytest.mark.parametrize("name", ["../../secrets/x", "..%2f..%2fsecret_key", "a/b", ""])
def test_no_name_leads_out_of_the_directory(entry: TradeAction, name: str) -> None:
    assert client_of(owner(entry)).get(f"/journal/screenshots/{name}.webp").status_code == 404


def test_nobody_else_adds_or_removes(entry: TradeAction) -> None:
    with pytest.raises(NotAllowed):
        add_screenshot(entry, picture(), actor=AdminFactory())
    row = add(entry)
    with pytest.raises(NotAllowed):
        remove_screenshot(row, actor=UserFactory())


def test_as_many_as_are_allowed(entry: TradeAction, media: Path) -> None:
    change_setting("screenshots", setting("screenshots") | {"most_per_entry": 2, "most_per_person": 3}, actor=None)
    add(entry)
    with pytest.raises(ConflictError, match="already"):
        add(entry)
    add(entry, "blue")
    with pytest.raises(LimitExceeded):
        add(entry, "green")
    second = TradeActionFactory(portfolio_asset=entry.portfolio_asset)
    add(second)
    with pytest.raises(LimitExceeded):
        add(second, "green")
    assert len(files(media)) == TradeScreenshot.objects.count() == 3


def test_what_is_no_picture_leaves_nothing(entry: TradeAction, media: Path) -> None:
    with pytest.raises(InvalidInput):
        add_screenshot(entry, io.BytesIO(b"<script>"), actor=owner(entry))
    with pytest.raises(InvalidInput):
        add_screenshot(entry, picture(), actor=owner(entry), caption="x" * 201)
    assert files(media) == []


def test_a_row_that_cannot_be_written_leaves_no_file(
    entry: TradeAction, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: Any, **_options: Any) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr(screenshots, "record_change", broken)
    with pytest.raises(RuntimeError), transaction.atomic():
        add(entry)
    assert (files(media), TradeScreenshot.objects.count()) == ([], 0)


def test_a_file_goes_when_that_is_certain(
    entry: TradeAction, media: Path, django_capture_on_commit_callbacks: Any
) -> None:
    row = add(entry)
    with django_capture_on_commit_callbacks(execute=True):
        remove_screenshot(row, actor=owner(entry))
        assert len(files(media)) == 1
    assert (files(media), TradeScreenshot.objects.count()) == ([], 0)


def test_files_that_no_row_names_are_swept(entry: TradeAction, media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sweep_screenshots() == 0
    kept, gone = add(entry), add(entry, "blue")
    TradeScreenshot.objects.filter(pk=gone.pk).delete()  # as when a person is erased
    assert sweep_screenshots() == 0  # too young
    later = timezone.now() + timedelta(days=2)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    assert sweep_screenshots() == 1
    assert [path.name for path in files(media)] == [kept.name]
    assert default_storage.exists(f"screenshots/{kept.name[:2]}/{kept.name}")
