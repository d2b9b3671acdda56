"""What a backup is made of: sealed files, the manifest, which backups stay."""

import io
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cryptopredict import environment
from cryptopredict.backups import configuration, drilling, files, shelf
from cryptopredict.backups.encryption import PIECE, TAG, Key
from cryptopredict.backups.manifest import (
    NAME,
    SECRETS,
    Manifest,
    Stored,
    Table,
    marks_of,
    new_encryption,
    read_manifest,
)
from cryptopredict.backups.passphrase import passphrase_in
from cryptopredict.backups.restoring import Restored, restore_keys
from cryptopredict.keys import former_secret
from system.exceptions import InvalidInput, NoData

CHEAP = {"n": 1 << 4, "r": 8, "p": 1}
KEY = Key.of("correct horse battery", b"salt" * 4, CHEAP)
HEAD = 20
LENGTHS = (0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 7)


def in_pieces(text: bytes, length: int = 300_000) -> Iterable[bytes]:
    return (text[start : start + length] for start in range(0, len(text), length))


def sealed(text: bytes, name: str = "a") -> bytes:
    return b"".join(KEY.seal(name, in_pieces(text)))


def opened(text: bytes, name: str = "a", key: Key = KEY) -> bytes:
    return b"".join(key.open(name, io.BytesIO(text)))


@pytest.mark.parametrize("length", LENGTHS)
def test_what_is_sealed_comes_back(length: int) -> None:
    text = (b"0123456789abcdef" * (length // 16 + 1))[:length]
    made = sealed(text)
    assert opened(made) == text
    assert len(made) == HEAD + length + TAG * max(1, -(-length // PIECE))
    if length > 16:
        assert text[:16] not in made
    assert made != sealed(text), "the same content looks different each time"


@pytest.mark.parametrize("place", [0, 5, HEAD, HEAD + PIECE + 3, -1])
def test_a_flipped_bit_is_found(place: int) -> None:
    made = bytearray(sealed(b"x" * (PIECE + 100)))
    made[place] ^= 1
    with pytest.raises(InvalidInput, match=r"a (cannot be opened|is no sealed file)"):
        opened(bytes(made))


def test_pieces_cannot_be_cut_off_or_exchanged() -> None:
    made = sealed(b"x" * PIECE + b"y" * PIECE + b"z")
    whole = PIECE + TAG
    first, second, rest = made[HEAD : HEAD + whole], made[HEAD + whole : HEAD + 2 * whole], made[HEAD + 2 * whole :]
    for changed in (first, first + second, second + first + rest, first + rest, b""):
        with pytest.raises(InvalidInput, match="cannot be opened"):
            opened(made[:HEAD] + changed)
    assert opened(made[:HEAD] + first + second + rest).endswith(b"z")


def test_another_name_or_passphrase_opens_nothing() -> None:
    other = Key.of("correct horse batterx", b"salt" * 4, CHEAP)
    for name, key in (("b", KEY), ("a", other)):
        with pytest.raises(InvalidInput, match="cannot be opened"):
            opened(sealed(b"text"), name, key)


def test_a_manifest_cannot_ask_for_a_key_that_takes_all_memory() -> None:
    with pytest.raises(InvalidInput, match="unusual cost"):
        Key.of("correct horse battery", b"s", {"n": 1 << 40, "r": 8, "p": 1})


def manifest(**changed: object) -> Manifest:
    made = Manifest(
        name="cryptopredict-20261122T000000Z",
        made_at=datetime(2026, 11, 22, tzinfo=UTC),
        product="1.0",
        postgres="18.4",
        migrations=("system.0001_initial",),
        tables={"users": Table(3, "12")},
        files={},
        marks=marks_of({"secret_key": "one"}),
    )
    return replace(made, **changed)  # type: ignore[arg-type]


def stored(folder: Path, made: Manifest, key: Key | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / NAME).write_text(made.sealed(key).text())
    return folder


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    made = manifest()
    assert read_manifest(stored(tmp_path / "b", made)) == made.sealed(None)


def test_a_changed_manifest_is_told(tmp_path: Path) -> None:
    folder = stored(tmp_path / "b", manifest())
    whole = (folder / NAME).read_text()
    (folder / NAME).write_text(whole.replace('"rows": 3', '"rows": 4'))
    with pytest.raises(InvalidInput, match="not as it was written"):
        read_manifest(folder)
    (folder / NAME).write_text(whole[:-30])
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_manifest(folder)
    (folder / NAME).write_text(json.dumps(json.loads(whole) | {"format": 2}))
    with pytest.raises(InvalidInput, match="newer program"):
        read_manifest(folder)
    (folder / NAME).unlink()
    with pytest.raises(InvalidInput, match="is no backup"):
        read_manifest(folder)


@pytest.mark.parametrize("name", ["../out", "/etc/passwd", "media/../../out", "a\\b"])
def test_a_manifest_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match="outside the backup"):
        read_manifest(stored(tmp_path / "b", manifest(files={name: Stored(1, "x")})))


def test_only_who_has_the_passphrase_makes_a_sealed_manifest(tmp_path: Path) -> None:
    made = manifest(encryption=new_encryption() | CHEAP)
    assert made.encryption is not None
    key = Key.of("correct horse battery", bytes.fromhex(made.encryption["salt"]), CHEAP)
    found = read_manifest(stored(tmp_path / "b", made, key))
    assert found.key("correct horse battery") == key
    for passphrase, words in ((None, "--passphrase-file"), ("another one than that", "another one")):
        with pytest.raises(InvalidInput, match=words):
            found.key(passphrase)
    forged = replace(found, tables={"users": Table(2, "12")})
    with pytest.raises(InvalidInput, match=f"{NAME} was changed"):
        forged.key("correct horse battery")


def test_marks_tell_keys_apart_without_telling_them() -> None:
    made = marks_of({"secret_key": "one", "token_pepper": "one"})
    assert made["secret_key"] != made["token_pepper"]
    assert marks_of({"secret_key": "one"}, made["salt"])["secret_key"] == made["secret_key"]
    assert marks_of({"secret_key": "two"}, made["salt"])["secret_key"] != made["secret_key"]


def backup_of_files(folder: Path) -> tuple[Path, Manifest]:
    folder.mkdir()
    kept = {name: files.put(folder, name, [name.encode()], None) for name in ("database.dump", "models/a.npz")}
    made = manifest(files=kept).sealed(None)
    stored(folder, made)
    return folder, made


def test_keys_come_with_those_that_an_exchange_has_replaced(settings: Any, tmp_path: Path) -> None:
    """A backup from between its two steps, put back where the second was made since: the present keys are the same."""
    settings.CRYPTOPREDICT_HOME = home = tmp_path / "home"
    for name in SECRETS:
        setattr(settings, name.upper(), f"present {name}")
    settings.SECRET_KEY_FALLBACKS, settings.SEALING_FALLBACKS = [], ["former sealing_secret"]
    stored = files.put(tmp_path, files.SECRETS, [configuration.secrets()], KEY)
    made = manifest(files={files.SECRETS: stored}, marks=marks_of(configuration.keys()))
    settings.SEALING_FALLBACKS = []
    folder, now = home / "secrets", datetime(2026, 11, 22, tzinfo=UTC)
    done = Restored(made)
    restore_keys(tmp_path, made, KEY, done, now)
    assert done.remarks == []
    assert [path.name for path in folder.iterdir()] == ["sealing_secret.former"]
    assert former_secret(home, "sealing_secret") == ["former sealing_secret"]

    # Where others are there, they stay beside it, the former ones of their own exchange too.
    for name, text in {"secret_key": "x", "secret_key.former": "y", "sealing_secret.former": "z"}.items():
        (folder / name).write_text(text)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS, settings.SEALING_FALLBACKS = "x", ["y"], ["z"]
    restore_keys(tmp_path, made, KEY, done, now)
    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        "secret_key": "present secret_key",
        "secret_key.before-20261122000000": "x",
        "secret_key.former.before-20261122000000": "y",
        "sealing_secret.former": "former sealing_secret",
        "sealing_secret.former.before-20261122000000": "z",
    }


def test_a_variable_that_hides_a_former_key_is_named(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CRYPTOPREDICT_HOME, settings.SEALING_FALLBACKS = tmp_path / "home", ["former sealing_secret"]
    stored = files.put(tmp_path, files.SECRETS, [configuration.secrets()], KEY)
    made = manifest(files={files.SECRETS: stored}, marks=marks_of(configuration.keys()))
    settings.SEALING_FALLBACKS = ["another"]
    monkeypatch.setenv("SEALING_SECRET_FORMER", "another")
    done = Restored(made)
    restore_keys(tmp_path, made, KEY, done, datetime(2026, 11, 22, tzinfo=UTC))
    assert done.remarks == ["Set SEALING_SECRET_FORMER to that of the backup: the variable wins over the file."]


def test_a_backup_says_how_the_installation_was_run_and_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = {
        "SITE_URL": "https://predict.example", "WAL_KEEP_DAYS": "30", "LOG_FORMAT": "json", "LOG_REQUESTS": "all",
        "PIPELINE_SHARED": "always", "DATABASE_POOLED": "true", "DATABASE_REPLICA_MAX_LAG": "3",
        "BACKUP_DIRECTORY": "s3://bucket/prefix", "PROVIDER_BINANCE_URL": "https://mirror.example",
    }  # fmt: skip
    hidden = {"METRICS_TOKEN": "token-of-metrics-which-is-long", "AWS_SECRET_ACCESS_KEY": "key-of-the-store"}
    ours = {"DATABASE_REPLICA_URL": "postgresql://u:secret-of-it@replica.example/x"}
    for name, text in (shown | hidden | ours).items():
        monkeypatch.setenv(name, text)
    told = json.loads(configuration.variables())
    assert shown.items() <= told["variables"].items()
    assert hidden.keys() <= set(told["set_but_secret"])
    assert not [text for text in (hidden | ours).values() if text in json.dumps(told)]
    assert hidden.items() <= json.loads(configuration.secrets())["variables"].items()


def test_nothing_leads_a_drill_to_the_installation_in_use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# no\nREDIS_URL=redis://other\nexport ODD_ONE=1\n#OFF=1\n")
    monkeypatch.setattr(environment, "BASE_DIR", tmp_path)
    present = {
        "PATH": "/usr/bin", "PYTHONPATH": "/x", "LD_PRELOAD": "libfaketime.so", "POSTGRES_PROGRAMS": "/y",
        "DATABASE_URL": "a", "DATABASE_REPLICA_URL": "b", "PGHOST": "c", "PROVIDER_X_KEY": "d", "WAL_ARCHIVE": "on",
        "METRICS_TOKEN": "e", "HTTPS_PROXY": "f", "AWS_SECRET_ACCESS_KEY": "g", "SEALING_SECRET_FORMER": "h",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "i", "ALLOWED_HOSTS": "j", "CRYPTOPREDICT_HOME": "k",
    }  # fmt: skip
    found = drilling.environment_of(tmp_path / "home", present)
    assert {name: text for name, text in found.items() if text} == {
        "PATH": "/usr/bin", "PYTHONPATH": "/x", "LD_PRELOAD": "libfaketime.so", "POSTGRES_PROGRAMS": "/y",
        "CRYPTOPREDICT_HOME": str(tmp_path / "home"), "ALLOWED_HOSTS": "127.0.0.1",
    }  # fmt: skip
    assert set(found) == {*present, "REDIS_URL", "ODD_ONE"}, "what is empty wins over the file"


def test_files_are_held_against_the_manifest(tmp_path: Path) -> None:
    folder, made = backup_of_files(tmp_path / "b")
    files.check_files(folder, made)
    dump = folder / "database.dump"
    assert dump.stat().st_mode & 0o777 == 0o600
    for spoil, words in (
        (lambda: dump.write_bytes(b"Database.dump"), "database.dump is not as it was written"),
        (lambda: dump.write_bytes(b"database.dum"), "12 bytes instead of 13"),
        (dump.unlink, "database.dump is missing"),
        ((folder / "models/b.npz").touch, "models/b.npz does not belong"),
    ):
        if not dump.exists():
            dump.write_bytes(b"database.dump")
        spoil()
        with pytest.raises(InvalidInput, match=words):
            files.check_files(folder, made)


def test_which_backups_stay() -> None:
    """One a day at noon for 100 days, and a second one in the evening of the last."""
    last = datetime(2026, 11, 22, 12, tzinfo=UTC)  # a Sunday
    names = [shelf.name_at(last - timedelta(days=days)) for days in range(100)] + [shelf.name_at(last.replace(hour=20))]
    kept = sorted(shelf.to_keep(names, {"keep_daily": 3, "keep_weekly": 2, "keep_monthly": 3}), reverse=True)
    assert [shelf.moment_of(name).strftime("%m-%d %H") for name in kept] == [
        "11-22 20", "11-21 12", "11-20 12",  # the last three days; the last is its week's and month's too
        "11-15 12",  # the last of the week before
        "10-31 12", "09-30 12",  # the last of the two months before
    ]  # fmt: skip
    assert shelf.to_keep([], {"keep_daily": 3, "keep_weekly": 2, "keep_monthly": 3}) == set()
    nothing = {"keep_daily": 0, "keep_weekly": 0, "keep_monthly": 0}
    assert shelf.to_keep(names, nothing) == {shelf.name_at(last.replace(hour=20))}, "the newest always stays"


def test_rotation_touches_nothing_but_backups(tmp_path: Path) -> None:
    moments = [datetime(2026, 11, day, tzinfo=UTC) for day in (20, 21, 22)]
    for moment in moments:
        stored(tmp_path / shelf.name_at(moment), manifest())
    strange = [tmp_path / "cryptopredict-mine", tmp_path / shelf.name_at(datetime(2020, 1, 1, tzinfo=UTC))]
    for path in strange:
        path.mkdir()  # no manifest in it: not a backup of ours, or one that is not whole
    gone = shelf.rotate(tmp_path, {"keep_daily": 2, "keep_weekly": 0, "keep_monthly": 0})
    assert gone == [shelf.name_at(moments[0])]
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in strange} | {
        shelf.name_at(moment) for moment in moments[1:]
    }
    assert shelf.newest_in(tmp_path).name == shelf.name_at(moments[2])
    with pytest.raises(NoData, match="There is no backup"):
        shelf.newest_in(tmp_path / "elsewhere")


def test_a_passphrase_is_long_and_readable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BACKUP_PASSPHRASE_FILE", raising=False)
    assert passphrase_in(None) is None
    place = tmp_path / "passphrase"
    with pytest.raises(InvalidInput, match="cannot be read"):
        passphrase_in(place)
    place.write_text("short\n")
    with pytest.raises(InvalidInput, match="shorter than 12"):
        passphrase_in(place)
    place.write_text("correct horse battery\n")
    monkeypatch.setenv("BACKUP_PASSPHRASE_FILE", str(place))
    assert passphrase_in(None) == "correct horse battery"
