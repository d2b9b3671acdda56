"""The archive of the log under the passphrase of the backups: sealed file by file, opened again, damage found."""

import gzip
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cryptopredict.backups.sealed import CLOSED, HEAD, Opener, Sealing
from cryptopredict.embedded import log_sealer, wal
from cryptopredict.embedded.errors import ServicesError
from cryptopredict.embedded.log_sealer import READY, LogSealer
from cryptopredict.embedded.places import Account, Places
from cryptopredict.embedded.sealer import Keeper, name_in
from cryptopredict.embedded.wal import SEALING, Archive
from cryptopredict.environment import BASE_DIR
from system.exceptions import ConflictError, InvalidInput
from tests.cryptopredict.installation import wait_for
from tests.cryptopredict.moments import replaced

PASSPHRASE = "walnuts before noon, please"
NAME = "000000010000000000000003"
SEALED_NAME = f"{NAME}.gz.sealed"
CONTENT = b"the plain words of somebody" * 100 + bytes(200_000) + os.urandom(3000)
WRITTEN = 1_700_000_000


@pytest.fixture(scope="module")
def keeper() -> Keeper:
    """One for all: its key is dear."""
    return Keeper(PASSPHRASE)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    made = Archive(tmp_path / "7001")
    made.segments.mkdir(parents=True)
    return made


def written(folder: Path, content: bytes = CONTENT, name: str = NAME) -> Path:
    """A file of the log, as the server has it."""
    (folder / "pg_wal").mkdir(exist_ok=True)
    path = folder / "pg_wal" / name
    path.write_bytes(content)
    os.utime(path, (WRITTEN, WRITTEN))
    return path


def opened(path: Path, opener: Opener) -> bytes:
    pieces = opener.open(name_in(path.parent, path.name.removesuffix(".sealed")), path)
    return gzip.decompress(b"".join(pieces))


def test_a_file_is_kept_sealed_once_and_never_replaced(keeper: Keeper, archive: Archive, tmp_path: Path) -> None:
    source = written(tmp_path)
    keeper.keep(source, archive.segments)
    (kept,) = archive.segments.iterdir()
    assert kept.name == SEALED_NAME
    sealed = kept.read_bytes()
    assert b"plain words" not in sealed
    assert len(sealed) < len(CONTENT) / 10, "it is compressed before"
    assert (kept.stat().st_mtime, kept.stat().st_mode & 0o777) == (WRITTEN, 0o600)
    assert opened(kept, Opener(PASSPHRASE)) == CONTENT, "the passphrase alone opens it"
    keeper.keep(source, archive.segments)
    Keeper(PASSPHRASE).keep(source, archive.segments)
    assert kept.read_bytes() == sealed, "the same again is well, and changes nothing"
    with pytest.raises(ConflictError, match="is there with another content"):
        keeper.keep(written(tmp_path, b"another"), archive.segments)
    assert [path.read_bytes() for path in archive.segments.iterdir()] == [sealed]


def test_what_was_kept_as_it_is_stays_so(keeper: Keeper, archive: Archive, tmp_path: Path) -> None:
    """It came again after a crash in which the product was started with a passphrase."""
    source, plain = written(tmp_path), archive.segments / f"{NAME}.gz"
    plain.write_bytes(gzip.compress(CONTENT))
    keeper.keep(source, archive.segments)
    assert [*archive.segments.iterdir()] == [plain]
    plain.write_bytes(gzip.compress(b"another"))
    with pytest.raises(ConflictError, match="is there with another content"):
        keeper.keep(source, archive.segments)


def test_without_the_sealer_nothing_sealed_is_taken_for_missing(
    keeper: Keeper, archive: Archive, tmp_path: Path
) -> None:
    """The other way round: it cannot be compared, and a second one beside it could be another."""
    keeper.keep(written(tmp_path), archive.segments)
    script = SEALING.with_name("archive.sh")
    command = ["/bin/sh", str(script), f"pg_wal/{NAME}", NAME, str(archive.segments)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "start with BACKUP_PASSPHRASE_FILE until it is archived" in done.stderr
    assert len([*archive.segments.iterdir()]) == 1


@pytest.mark.parametrize("place", [1, 5, 20, HEAD.size - 1, HEAD.size + 3, HEAD.size + 30, -20, -1])
def test_a_flipped_bit_is_found(keeper: Keeper, archive: Archive, tmp_path: Path, place: int) -> None:
    keeper.keep(written(tmp_path), archive.segments)
    kept = archive.segments / SEALED_NAME
    content = bytearray(kept.read_bytes())
    content[place] ^= 1
    kept.write_bytes(content)
    with pytest.raises(InvalidInput, match=r"is damaged|its first bytes were changed"):
        opened(kept, keeper.opener)


def test_a_file_that_is_cut_or_in_anothers_place_is_not_opened(
    keeper: Keeper, archive: Archive, tmp_path: Path
) -> None:
    keeper.keep(written(tmp_path), archive.segments)
    kept = archive.segments / SEALED_NAME
    content = kept.read_bytes()
    for cut in (content[:10], content[: HEAD.size + 4], content[:-1]):
        kept.write_bytes(cut)
        with pytest.raises(InvalidInput, match="is damaged"):
            opened(kept, keeper.opener)
    kept.write_bytes(content)
    for other in (archive.segments / SEALED_NAME.replace("3.gz", "4.gz"), tmp_path / "7002" / "wal" / SEALED_NAME):
        other.parent.mkdir(parents=True, exist_ok=True)
        other.write_bytes(content)
        with pytest.raises(InvalidInput, match="is damaged: it is not as it was sealed"):
            opened(other, keeper.opener)


def test_the_passphrase_has_to_be_the_right_one(archive: Archive) -> None:
    kept = archive.segments / "a"
    kept.write_bytes(b"".join(Sealing(PASSPHRASE).seal("a", [b"text"])))
    with pytest.raises(InvalidInput, match="is sealed; name its passphrase with --passphrase-file"):
        list(CLOSED.open("a", kept))
    with pytest.raises(InvalidInput, match="is sealed with another passphrase"):
        list(Opener("walnuts after noon").open("a", kept))
    assert b"".join(Opener("walnuts after noon", PASSPHRASE).open("a", kept)) == b"text", "one of them is enough"
    assert (Opener(PASSPHRASE).opens(kept), Opener("walnuts after noon").opens(kept)) == (True, False)


@pytest.fixture
def questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the sealer is asked; begun as the supervisor begins it, under the user of the servers."""
    monkeypatch.setenv("BACKUP_PASSPHRASE_FILE", str(passphrase(tmp_path)))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(BASE_DIR), os.environ.get("PYTHONPATH", "")]))
    here = Places(tmp_path)
    here.__dict__.update(run=tmp_path / "run", account=Account("us", os.geteuid(), os.getegid()))
    for folder in (here.run, here.logs):
        folder.mkdir()
    sealer = LogSealer(here)
    process = sealer.start()
    try:
        wait_for(lambda: sealer.answers() or process.poll() is not None, 30, sealer.log.read_text)
        assert process.poll() is None, sealer.log.read_text()
        yield log_sealer.questions(here)
    finally:
        process.kill()
        process.wait()


def passphrase(folder: Path) -> Path:
    path = folder / "passphrase"
    path.write_text(PASSPHRASE)
    return path


def asked(folder: Path, archive: Archive, questions: Path) -> "subprocess.CompletedProcess[str]":
    """What PostgreSQL is told of a file, by the command that it is started with."""
    archive.root.mkdir(parents=True, exist_ok=True)
    (archive.root / SEALING.name).write_bytes(SEALING.read_bytes())
    command = archive.options(questions)["archive_command"]
    said = replaced(command, {"%p": f"pg_wal/{NAME}", "%f": NAME, "%%": "%"})
    return subprocess.run(["/bin/sh", "-c", said], cwd=folder, capture_output=True, text=True, check=False)


def test_the_servers_command_has_it_sealed(questions: Path, tmp_path: Path) -> None:
    """In a directory with a blank, a quote and a per cent sign."""
    archive = Archive(tmp_path / "o'ne 50%f" / "7001")
    archive.segments.mkdir(parents=True)
    written(tmp_path)
    for _again in range(2):
        done = asked(tmp_path, archive, questions)
        assert (done.returncode, done.stderr) == (0, "")
    assert opened(archive.segments / SEALED_NAME, Opener(PASSPHRASE)) == CONTENT
    written(tmp_path, b"another")
    refused = asked(tmp_path, archive, questions)
    assert refused.returncode == 1
    assert "is there with another content; it stays" in refused.stderr
    gone = Archive(tmp_path / "7003")
    assert "No such file or directory" in asked(tmp_path, gone, questions).stderr
    assert {path.name for path in questions.iterdir()} == {READY}, "no question stays, and no answer"
    assert [path.name for path in archive.segments.iterdir()] == [SEALED_NAME]


def test_a_command_that_is_not_answered_gives_up(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL tries again, and does not give up archiving."""
    monkeypatch.setattr(wal, "PATIENCE_SECONDS", 1)
    written(tmp_path)
    (tmp_path / "questions").mkdir()
    done = asked(tmp_path, archive, tmp_path / "questions")
    assert (done.returncode, [*(tmp_path / "questions").iterdir()]) == (1, [])
    assert "the sealer of the log does not answer" in done.stderr


def test_it_ends_with_whoever_began_it(tmp_path: Path) -> None:
    """Whoever that is: also after it has become another user, which clears what the kernel was told."""
    (tmp_path / "questions").mkdir()
    code = (
        "import subprocess, sys, os, time;"
        "print(subprocess.Popen([*sys.argv[1:], str(os.getpid())]).pid, flush=True); time.sleep(60)"
    )
    sealer = [sys.executable, "-P", "-m", "cryptopredict.embedded.sealer", str(tmp_path / "questions")]
    variables = os.environ | {"BACKUP_PASSPHRASE_FILE": str(passphrase(tmp_path)), "PYTHONPATH": str(BASE_DIR)}
    command = [sys.executable, "-c", code, *sealer, str(os.geteuid()), str(os.getegid())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=variables, text=True) as parent:
        assert parent.stdout is not None
        number = int(parent.stdout.readline())
        wait_for((tmp_path / "questions" / READY).exists, 30)
        parent.send_signal(signal.SIGKILL)
    wait_for(lambda: not is_running(number), 10)


def is_running(number: int) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_passphrase_that_cannot_be_used_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = Places(tmp_path)
    here.__dict__["run"] = tmp_path
    here.logs.mkdir()
    place = tmp_path / "passphrase"
    monkeypatch.setenv("BACKUP_PASSPHRASE_FILE", str(place))
    with pytest.raises(ServicesError, match="cannot be read"):
        LogSealer(here).start()
    place.write_text("short")
    with pytest.raises(ServicesError, match="shorter than 12 characters"):
        LogSealer(here).start()


def test_a_segment_takes_less_than_a_second(keeper: Keeper, archive: Archive, tmp_path: Path) -> None:
    """Of the processor, so that a busy machine does not fail this; half of the segment compresses badly."""
    source = written(tmp_path, os.urandom(1 << 23) + bytes(1 << 23))
    begun = time.process_time()
    keeper.keep(source, archive.segments)
    assert time.process_time() - begun < 1


def test_neither_settings_nor_models_are_loaded_for_it() -> None:
    code = "import sys, cryptopredict.embedded.sealer; print({'django.conf', 'django.db', 'numpy'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], cwd=BASE_DIR, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
